r"""OLE compound files that are no document of their own: embedded objects, packages, and what nobody knows (MS-CFB, MS-OLEDS).

An object embedded in an Office file stands in a compound file of its own: a packaged file in `\1Ole10Native`, an Office
file in `Package`, one of LibreOffice in `package_stream`, others in `CONTENTS`, and the picture that is shown in its place
in `\2OlePres000` or `\3EPRINT`. What is found is handed on, and so is any file under another name; a stream that is
neither known nor empty makes the object UNSUPPORTED, because something in it was not read.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from msgspec import structs

from gateway import mime
from gateway.documents.readers.base import Budget, Member, Reading, Source
from gateway.documents.readers.containers import Contents
from gateway.documents.readers.loose_words import loose_runs
from gateway.documents.readers.ole.file import open_ole
from gateway.documents.readers.ole.objects import is_file
from gateway.documents.readers.ole.octets import u32
from gateway.documents.readers.pictures.metafile import is_metafile
from gateway.model import ActiveContent, ReadStatus, Role, Run

_NATIVE: Final = "\x01ole10native"
_CONTENT: Final = frozenset({"package", "contents", "content", "embeddedodf", "package_stream"})
_PLUMBING: Final = frozenset({
    "\x01ole", "\x01compobj", "\x03objinfo", "\x03linkinfo", "\x03ocxname", "\x03print", "\x03accessobjsitedata", "props9",
    "properties_stream",
})  # fmt: skip
"""Class ids, link sources, settings of printers and of LibreOffice."""
_SHOWN: Final = ("\x01olepres", "\x02olepres", "\x03eprint", "\x03meta")
"""The cached picture that the document shows in place of the object."""
_PROPERTY_SETS: Final = frozenset({"\x05summaryinformation", "\x05documentsummaryinformation"})
_BY_NUMBER: Final = 0xFFFFFFFE
"""From here on the clipboard format of a presentation is a number, not the length of a name."""
_PRESENTATION_HEADER: Final = 28
"""Bytes of aspect, index, flags, two extents and size behind the target device."""
_BESIDE_THE_PICTURE: Final = {"contentsv30": 32, "richeditflags": 32, "\x03mailstream": 32, "equation native": 1 << 16}
"""Streams that say nothing beyond the picture shown, by their largest size: a few numbers of Photo Editor and of the editor
of mails, and formulas of Equation Editor and MathType."""
_STREAM_LIMIT: Final = 5000


def read(source: Source, budget: Budget) -> Reading:
    """Return what is embedded, and the words of the property sets."""
    contents = Contents(source, "ole", budget)
    runs: list[Run] = []
    with open_ole(source.data) as ole, contents.filling():
        paths = ole.listdir(streams=True, storages=False)
        for path in paths[:_STREAM_LIMIT]:
            _stream(contents, ole, path, runs)
        if len(paths) > _STREAM_LIMIT:
            contents.fault(ReadStatus.LIMIT, "files")
    reading = contents.reading()
    return Reading(structs.replace(reading.document, runs=tuple(runs)), reading.members)


def _stream(contents: Contents, ole: Any, path: list[str], runs: list[Run]) -> None:
    name = path[-1].lower()
    if name in _PLUMBING:
        return
    if any(storage.lower() in ("vba", "macros", "_vba_project_cur") for storage in path[:-1]):
        if not contents.active:
            contents.active.append(ActiveContent("macro"))
        return
    try:
        data: bytes = ole.openstream(path).read()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001
        # Library wall: a stream whose sectors are damaged ends in an OSError or an arithmetic error of olefile.
        contents.fault(ReadStatus.MALFORMED, "ole-stream")
        return
    contents.budget.take_bytes(len(data))
    if name in _PROPERTY_SETS:
        runs += _property_runs(data)
    elif name.startswith(_SHOWN):
        if (picture := shown_picture(data)) is not None:
            contents.add(Member(name="picture", data=picture, relation="image"))
    elif name == _NATIVE:
        _native(contents, data)
    elif name in _CONTENT or is_file(data):
        contents.add(Member(name=path[-1], data=data, relation="embedded"))
    elif data.strip(b"\0"):
        if len(data) > _BESIDE_THE_PICTURE.get(name, 0):
            contents.fault(ReadStatus.UNSUPPORTED, "ole-stream")
        runs += (structs.replace(run, block=len(runs) + run.block) for run in loose_runs(data))


def _native(contents: Contents, data: bytes) -> None:
    """Take the packaged file out of its wrapper; an odd wrapper is handed on whole."""
    package = packaged_file(data)
    if package is None:
        contents.add(Member(name="native", data=data[4:], relation="embedded"))
        return
    name, content = package
    contents.add(Member(name=name or "package", data=content, relation="embedded"))


def packaged_file(data: bytes) -> tuple[str, bytes] | None:
    r"""Return name and content of an OLE package (the `\1Ole10Native` stream), None when it is none."""
    position = 6
    texts: list[bytes] = []
    for _ in range(2):
        end = data.find(b"\0", position, position + 1024)
        if end < 0:
            return None
        texts.append(data[position:end])
        position = end + 1
    if position + 8 > len(data):
        return None
    (length,) = struct.unpack_from("<I", data, position + 4)
    position += 8 + length
    if length > 4096 or position + 4 > len(data):
        return None
    (size,) = struct.unpack_from("<I", data, position)
    content = data[position + 4 : position + 4 + size]
    if len(content) != size:
        return None
    label = mime.decode_charset(texts[0] or texts[1], "windows-1258").replace("\\", "/").rpartition("/")[2]
    return label, content


def shown_picture(data: bytes) -> bytes | None:
    r"""Return the drawing of a presentation stream (MS-OLEDS 2.3.4, 2.3.5), None when it holds none."""
    if is_metafile(data):
        return data  # \3EPRINT and \3META hold nothing else
    named = u32(data, 0)
    at = 4 + (4 if named >= _BY_NUMBER else named)
    at += u32(data, at) + _PRESENTATION_HEADER
    size = u32(data, at - 4)
    drawing = data[at : at + size]
    return drawing if is_metafile(drawing) else None


def _property_runs(data: bytes) -> list[Run]:
    """Return the strings of a property set stream (MS-OLEPS), found by their types; numbers and dates are passed over."""
    runs: list[Run] = []
    if len(data) < 48 or data[:2] != b"\xfe\xff":
        return runs
    (start,) = struct.unpack_from("<I", data, 44)
    if start + 8 > len(data):
        return runs
    (count,) = struct.unpack_from("<I", data, start + 4)
    for number in range(min(count, 200)):
        entry = start + 8 + 8 * number
        if entry + 8 > len(data):
            break
        identifier, offset = struct.unpack_from("<II", data, entry)
        text = _property_text(data, start + offset)
        if text and text.strip():
            runs.append(Run(text=text, block=len(runs), role=Role.PROPERTY, locator=f"property:{identifier}"))
    return runs


def _property_text(data: bytes, position: int) -> str | None:
    if position + 8 > len(data):
        return None
    kind, length = struct.unpack_from("<II", data, position)
    match kind & 0xFFFF:
        case 0x1E:
            return mime.decode_charset(data[position + 8 : position + 8 + length].rstrip(b"\0"), None)
        case 0x1F:
            return data[position + 8 : position + 8 + 2 * length].decode("utf-16-le", "replace").rstrip("\0")
        case _:
            return None
