"""Property sets of OLE files (MS-OLEPS): summary, document summary and custom properties as runs.

All strings are read, whatever their property number; custom properties (MSIP labels among them) have their names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.documents.readers.fields import keyword_line
from gateway.documents.readers.ole.compound import Compound, Path, embedded_member
from gateway.documents.readers.ole.octets import code_page, narrow, u16, u32, wide
from gateway.documents.readers.sink import Place, Sink
from gateway.model import Origin, Role

PROPERTY_STREAMS: Final = frozenset({"\x05summaryinformation", "\x05documentsummaryinformation"})
_MACROS: Final = frozenset({"macros", "vba", "_vba_project_cur"})
_SUMMARY: Final = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
_DOCUMENT: Final = bytes.fromhex("02d5cdd59c2e1b10939708002b2cf9ae")
_SUMMARY_NAMES: Final = {
    2: "Title", 3: "Subject", 4: "Author", 5: "Keywords", 6: "Comments", 7: "Template", 8: "LastAuthor", 18: "Application",
}  # fmt: skip
_DOCUMENT_NAMES: Final = {
    2: "Category", 3: "PresentationTarget", 13: "TitlesOfParts", 14: "Manager", 15: "Company", 26: "ContentType",
    27: "ContentStatus", 28: "Language",
}  # fmt: skip
_UNSAID: Final = frozenset({
    "Application", "PresentationTarget", "PresentationFormat", "Language", "AppVersion", "_PID_GUID", "9", "DocSecurity",
})  # fmt: skip
"""Written by the program, not by its user."""
_PAGES: Final = 14


def read_beside(compound: Compound, sink: Sink, is_object: Callable[[Path], bool]) -> int | None:
    """Read the other streams of a document: property sets, objects in storages of their own; note macros. Return the stated pages."""
    pages = None
    for path in compound.streams:
        if len(path) == 1 and path[0].lower() in PROPERTY_STREAMS:
            pages = read_properties(compound.read(*path), sink) or pages
    for storage in compound.storages:
        name = storage[-1]
        if name.lower() in _MACROS:
            if _MACROS.isdisjoint(map(str.lower, storage[:-1])):
                sink.warn("macro", f"stream:{name}")
        elif is_object(storage) and (member := embedded_member(compound, storage, f"object:{name.lstrip('_')}")):
            sink.warn("external-object" if name.lower().startswith("lnk") else "ole-object", member.locator)
            sink.members.append(member)
    return pages


def read_properties(data: bytes, sink: Sink) -> int | None:
    """Put every string of a property set stream into the sink; return the number of pages if it is stated."""
    pages: int | None = None
    if u16(data, 0) != 0xFFFE:
        return None
    for number in range(min(u32(data, 24), len(data) // 20)):
        kind = data[28 + 20 * number : 44 + 20 * number]
        sink.budget.check_time()
        section = data[u32(data, 44 + 20 * number) :]
        section = section[: u32(section, 0)]
        names = _SUMMARY_NAMES if kind == _SUMMARY else _DOCUMENT_NAMES if kind == _DOCUMENT else {}
        stated = _section(section, names, sink)
        if kind == _SUMMARY:
            pages = stated or pages
    return pages


def _section(section: bytes, names: dict[int, str], sink: Sink) -> int | None:
    offsets = {
        u32(section, 8 + 8 * n): u32(section, 12 + 8 * n) for n in range(min(u32(section, 4), len(section) // 8))
    }
    page = u16(section, offsets[1] + 4) if 1 in offsets else 1252
    codec = "utf-16-le" if page == 1200 else code_page(page) or "cp1252"
    custom = _dictionary(section, offsets[0], codec) if 0 in offsets else {}
    pages = None
    for identifier, offset in offsets.items():
        sink.budget.check_time()
        if identifier in {0, 1} or not 0 < offset < len(section):
            continue
        name = custom.get(identifier) or names.get(identifier) or str(identifier)
        if names is _SUMMARY_NAMES and identifier == _PAGES and u16(section, offset) == 3:
            pages = u32(section, offset + 4) or None
        if name in _UNSAID:
            continue
        origin = Origin.TEXT if identifier in names or identifier in custom else Origin.HIDDEN
        place = Place(f"property:{name}", Role.PROPERTY, origin)
        found = _strings(section, offset, codec)
        sink.put_lines([keyword_line(found)] if name == "Keywords" else found, place)
        if identifier in custom and not name.startswith("_PID_"):
            sink.put_line(name, place)
    return pages


def _decoded(octets: bytes, codec: str) -> str:
    if codec == "utf-16-le":
        return wide(octets).split("\0", 1)[0]
    octets = octets.split(b"\0", 1)[0]
    return narrow(octets) if codec == "cp1252" else octets.decode(codec, "replace")


def _dictionary(section: bytes, at: int, codec: str) -> dict[int, str]:
    names: dict[int, str] = {}
    count, at = u32(section, at), at + 4
    for _ in range(count):
        identifier, length = u32(section, at), u32(section, at + 4)
        at += 8
        size = length * 2 if codec == "utf-16-le" else length
        if at + size > len(section):
            break
        names[identifier] = _decoded(section[at : at + size], codec)
        at += size + (-size % 4 if codec == "utf-16-le" else 0)
    return names


def _strings(section: bytes, at: int, codec: str) -> list[str]:
    """Return the strings of a typed value: VT_LPSTR, VT_LPWSTR, VT_BSTR, VT_BLOB, vectors of them."""
    kind, at = u16(section, at), at + 4
    if kind & 0x1000:
        count, at = u32(section, at), at + 4
    else:
        count = 1
    found: list[str] = []
    for _ in range(count):
        item = kind & 0xFFF
        if item == 12:  # VT_VARIANT: heading pairs alternate strings and numbers
            item, at = u16(section, at), at + 4
        size = u32(section, at)
        if item == 31:
            found.append(wide(section[at + 4 : at + 4 + 2 * size]).split("\0", 1)[0])
            at += 4 + 2 * size + (-2 * size % 4)
        elif item in {30, 8}:
            found.append(_decoded(section[at + 4 : at + 4 + size], codec))
            at += 4 + size + (-size % 4 if codec == "utf-16-le" or not kind & 0x1000 else 0)
        elif item in {2, 3, 11, 19, 4}:
            at += 4
        else:
            if item in {65, 70}:  # VT_BLOB: a link base, or hyperlinks with their targets
                found.append(
                    " ".join(part for part in wide(section[at + 4 : at + 4 + size]).split("\0") if len(part) > 3)
                )
            break
        if at > len(section):
            break
    return [text for text in found if any(letter.isalnum() for letter in text)]
