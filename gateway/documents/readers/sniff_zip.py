"""Recognition of zip-based formats: Office, OpenDocument, signed containers, archives."""

from __future__ import annotations

import re
from typing import Final

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.containers.zip_directory import survey
from gateway.documents.readers.containers.zip_headers import Entry
from gateway.documents.readers.containers.zip_streams import inflate
from gateway.model.formats import DOCX, FORMATS, PPTX, XLSB, XLSX, Container

ZIP: Final = "application/zip"
IWORK: Final = "application/vnd.apple.iwork"
_IWORK: Final = {"Index/Document.iwa", "Document.iwa"}
"""Members of Pages, Numbers and Keynote of 2013 and later, which only those programs read."""
_SMALL: Final = 1 << 20
_LIMIT_TABLES: Final = 8
"""Tables of content types that are looked at; a package with two is refused by its reader."""
_MIMETYPES: Final = {
    kind: row.media_type
    for row in FORMATS
    if row.container in {Container.ODF, Container.ASIC}
    for kind in row.media_types
}
"""Values of the member `mimetype`, templates included, and the type each is read as."""
_MAIN_PARTS: Final[tuple[tuple[re.Pattern[bytes], str], ...]] = (
    (
        re.compile(
            rb"wordprocessingml\.(?:document|template)\.main\+xml|word\.(?:document|template)\.macroEnabled",
            re.IGNORECASE,
        ),
        DOCX.media_type,
    ),
    (re.compile(rb"ms-excel\.sheet\.binary\.macroEnabled\.main", re.IGNORECASE), XLSB.media_type),
    (
        re.compile(
            rb"spreadsheetml\.(?:sheet|template)\.main\+xml|ms-excel\.(?:sheet|template|addin)\.macroEnabled\.main",
            re.IGNORECASE,
        ),
        XLSX.media_type,
    ),
    (
        re.compile(
            rb"presentationml\.(?:presentation|slideshow|template)\.main\+xml"
            rb"|ms-powerpoint\.(?:presentation|slideshow|template|addin)\.macroEnabled\.main",
            re.IGNORECASE,
        ),
        PPTX.media_type,
    ),
)
_DEFAULT: Final = re.compile(rb"""<(?:[\w.-]+:)?Default\b(?P<attributes>[^<>]*)>""")
_EXTENSION: Final = re.compile(rb"""\bExtension\s*=\s*["']([^"']*)["']""")
_PART_NAME: Final = re.compile(rb"""\bPartName\s*=\s*["']/([^"']*)["']""")
_FOLDERS: Final = (
    ("word/document", DOCX.media_type),
    ("xl/workbook.bin", XLSB.media_type),
    ("xl/workbook", XLSX.media_type),
    ("ppt/presentation", PPTX.media_type),
)


def zip_types(data: bytes) -> tuple[str, ...]:
    """Return the types of a zip; `application/zip` when nothing more is known."""
    budget = Budget(limit_bytes=16 * _SMALL)
    try:
        entries = survey(data, budget).entries
    except ReadError:
        return (ZIP,)
    kinds: dict[str, None] = {}
    names, tables = {entry.name.lower().lstrip("/") for entry in entries}, 0
    for entry in entries:
        name = entry.name.lower()
        if name == "[content_types].xml" and tables < _LIMIT_TABLES:
            tables += 1
            kinds.update(dict.fromkeys(_ooxml(_content(data, entry, budget), names)))
        elif name == "mimetype":
            mimetype = _content(data, entry, budget)[:200].decode("ascii", "replace").strip()
            if mimetype in _MIMETYPES:
                kinds[_MIMETYPES[mimetype]] = None
    if not kinds and any(
        re.fullmatch(r"meta-inf/[^/]*signature[^/]*\.(?:xml|p7s)", entry.name.lower()) for entry in entries
    ):
        kinds["application/vnd.etsi.asic-e+zip"] = None
    if not kinds and any(entry.name == "META-INF/manifest.xml" for entry in entries):
        kinds.update(dict.fromkeys(_odf_without_mimetype(data, entries, budget)))
    return tuple(kinds) or ((IWORK,) if _IWORK & {entry.name for entry in entries} else (ZIP,))


def stored_member_at(data: bytes, position: int) -> bool:
    """Return whether a position is the first byte of a member that is not compressed."""
    try:
        entries = survey(data, Budget()).entries
    except ReadError:
        return False
    return any(entry.data == position and entry.method == 0 for entry in entries)


def _ooxml(content_types: bytes, names: set[str]) -> list[str]:
    """Types of the main parts that [Content_Types].xml names; by folder when it names none."""
    if content_types.startswith((b"\xff\xfe", b"\xfe\xff")):
        content_types = content_types.decode("utf-16", "replace").encode()
    content_types = _without_idle_defaults(content_types, names)
    found = [kind for pattern, kind in _MAIN_PARTS if pattern.search(content_types)]
    if not found:
        found = [kind for folder, kind in _FOLDERS if any(name.startswith(folder) for name in names)]
        if XLSB.media_type in found:
            found = [XLSB.media_type]
    return found


def _without_idle_defaults(content_types: bytes, names: set[str]) -> bytes:
    """Leave out the defaults for extensions of no member, or only of members with an override (ECMA-376 part 2 §10.1.2).

    SheetJS declares `bin` to be a binary workbook in every file that it writes, also in those that hold none.
    """

    def kept(match: re.Match[bytes]) -> bytes:
        extension = _EXTENSION.search(match["attributes"])
        if extension is None or b"&" in extension[1]:
            return match.group()
        return match.group() if extension[1].decode("utf-8", "replace").lower() in used else b""

    overridden = {name.decode("utf-8", "replace").lower() for name in _PART_NAME.findall(content_types)}
    used = {name.rpartition(".")[2] for name in names - overridden}
    return _DEFAULT.sub(kept, content_types)


def _odf_without_mimetype(data: bytes, entries: list[Entry], budget: Budget) -> list[str]:
    """The root media type in the manifest (ODF 1.3 part 2 §3.2) of a package that lacks its mimetype file."""
    for entry in entries:
        if entry.name == "META-INF/manifest.xml":
            manifest = _content(data, entry, budget)
            return [
                kind
                for mimetype, kind in _MIMETYPES.items()
                if f'"{mimetype}"'.encode() in manifest and "oasis" in mimetype
            ][:1]
    return []


def _content(data: bytes, entry: Entry, budget: Budget) -> bytes:
    """Return a small member's content, empty when it cannot be read."""
    if entry.encrypted or entry.data < 0 or entry.compressed > _SMALL:
        return b""
    try:
        return inflate(data[entry.data : entry.data + entry.compressed], entry.method, entry.size, budget)
    except ReadError:
        return b""
