r"""OLE compound files that are not documents: embedded objects, packages, and unknown ones (MS-CFB, MS-OLEDS).

An object embedded in an Office file stands in a compound file of its own: a packaged file in `\1Ole10Native`, an Office
file in `Package`, one of LibreOffice in `package_stream`, others in `CONTENTS`, and the picture that is shown in its place
in `\2OlePres000` or `\3EPRINT`. What is found is handed on, and so is any file under another name; a stream that is
neither known nor empty makes the object UNSUPPORTED, because something in it was not read.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from gateway.documents.readers.base import Budget, Member, Reading, Source
from gateway.documents.readers.containers import Contents
from gateway.documents.readers.loose_words import loose_runs
from gateway.documents.readers.ole.compound import CUT_SHORT, Compound
from gateway.documents.readers.ole.controls import shown_by_octets
from gateway.documents.readers.ole.objects import is_file, native_member
from gateway.documents.readers.ole.octets import u32
from gateway.documents.readers.ole.properties import PROPERTY_STREAMS, read_properties
from gateway.documents.readers.pictures.dib import bitmap
from gateway.documents.readers.pictures.metafile import is_metafile
from gateway.documents.readers.sink import Place, Sink
from gateway.model import ActiveContent, ReadStatus, Role

_NATIVE: Final = "\x01ole10native"
_CONTENT: Final = frozenset({"package", "contents", "content", "embeddedodf", "package_stream"})
_PLUMBING: Final = frozenset({
    "\x01ole", "\x01compobj", "\x03objinfo", "\x03linkinfo", "\x03ocxname", "\x03print", "\x03accessobjsitedata", "props9",
    "properties_stream",
})  # fmt: skip
"""Class ids, link sources, settings of printers and of LibreOffice."""
_SHOWN: Final = ("\x01olepres", "\x02olepres", "\x03eprint", "\x03meta")
"""The cached picture that the document shows in place of the object."""
_BY_NUMBER: Final = 0xFFFFFFFE
"""From here on the clipboard format of a presentation is a number, not the length of a name."""
_DIB: Final = 8
"""The format of a bitmap."""
_PRESENTATION_HEADER: Final = 28
"""Bytes of aspect, index, flags, two extents and size behind the target device."""
_BESIDE_THE_PICTURE: Final = {"contentsv30": 32, "richeditflags": 32, "\x03mailstream": 32, "equation native": 1 << 16}
"""Streams that say nothing beyond the picture shown, by their largest size: a few numbers of Photo Editor and of the editor
of mails, and formulas of Equation Editor and MathType."""
_STREAM_LIMIT: Final = 5000


def read(source: Source, budget: Budget) -> Reading:
    """Return what is embedded, and the words of the property sets."""
    contents, sink = Contents(source, "ole", budget), Sink(budget)
    compound = Compound(source.data, budget)
    with contents.filling():
        for path in compound.streams[:_STREAM_LIMIT]:
            _stream(contents, compound, path, sink)
        if len(compound.streams) > _STREAM_LIMIT:
            contents.fault(ReadStatus.LIMIT, "files")
    for fault in compound.faults:
        if fault != CUT_SHORT:
            contents.fault(ReadStatus.MALFORMED, fault)
    contents.runs = sink.runs
    return contents.reading()


def _stream(contents: Contents, compound: Compound, path: tuple[str, ...], sink: Sink) -> None:
    name = path[-1].lower()
    if name in _PLUMBING:
        return
    if any(storage.lower() in ("vba", "macros", "_vba_project_cur") for storage in path[:-1]):
        if not contents.active:
            contents.active.append(ActiveContent("macro"))
        return
    data = compound.read(*path)
    if name in PROPERTY_STREAMS:
        read_properties(data, sink)
    elif name.startswith(_SHOWN):
        if picture := shown_picture(data):
            contents.add(Member(name="picture", data=picture, relation="image"))
    elif name == _NATIVE:
        contents.add(native_member(data, "package", ""))
    elif name == "contents" and (shown := shown_by_octets(data)) is not None:
        sink.put_line(shown, Place("field", Role.FIELD))
    elif name in _CONTENT or is_file(data):
        contents.add(Member(name=path[-1], data=data, relation="embedded"))
    elif data.strip(b"\0"):
        if len(data) > _BESIDE_THE_PICTURE.get(name, 0):
            contents.fault(ReadStatus.UNSUPPORTED, "ole-stream")
        sink.runs += (structs.replace(run, block=sink.open_block()) for run in loose_runs(data))


def shown_picture(data: bytes) -> bytes:
    r"""Return the drawing of a presentation stream (MS-OLEDS 2.3.4, 2.3.5), empty when it holds none."""
    if is_metafile(data):
        return data  # \3EPRINT and \3META hold nothing else
    named = u32(data, 0)
    at = 4 + (4 if named >= _BY_NUMBER else named)
    at += u32(data, at) + _PRESENTATION_HEADER
    size = u32(data, at - 4)
    drawing = data[at : at + size]
    return bitmap(drawing) if drawing and named >= _BY_NUMBER and u32(data, 4) == _DIB else drawing
