"""XML walked with the byte positions of its tags, for menders that splice instead of writing anew.

A document type declaration and anything but UTF-8 is refused; nothing external is ever read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.parsers import expat

from gateway.fix.tally import RefusedError

_TAG: Final = re.compile(rb"<[^<>\"']*(?:\"[^\"]*\"[^<>\"']*|'[^']*'[^<>\"']*)*>")
_STRETCH: Final = re.compile(r"<!\[CDATA\[(.*?)\]\]>|<!--.*?-->|<\?.*?\?>|([^<]+)", re.DOTALL)
_REFERENCE: Final = re.compile(r"&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(\w{2,4}));")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ATTRIBUTE: Final = re.compile(
    rb"\s+(?:[^\s=:]+:)?(?P<local>[^\s=:]+)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')"
)
_LIMIT_EVENTS: Final = 8_000_000


class Tag(NamedTuple):
    """A start or end tag; an empty element gives both, the second without extent."""

    name: str
    """Namespace, a blank, local name."""
    attributes: dict[str, str]
    start: int
    end: int
    opens: bool


def walk(data: bytes) -> Iterator[Tag]:
    """Yield the tags of a part in document order; raise `RefusedError` for what is no plain UTF-8 XML."""
    _refuse_other_encodings(data)
    found: list[Tag] = []
    open_tags: list[Tag] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(name: str, attributes: dict[str, str]) -> None:
        place = parser.CurrentByteIndex
        if len(found) > _LIMIT_EVENTS:
            raise RefusedError("damaged", "size")
        found.append(Tag(name, attributes, place, _end_of(data, place), opens=True))
        open_tags.append(found[-1])

    def end(name: str) -> None:
        begun = open_tags.pop()
        if data.startswith(b"/>", begun.end - 2):
            found.append(Tag(name, {}, begun.end, begun.end, opens=False))
        else:
            place = parser.CurrentByteIndex
            found.append(Tag(name, {}, place, _end_of(data, place), opens=False))

    def doctype(*_: object) -> None:
        raise RefusedError("damaged", "doctype")

    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError):
        raise RefusedError("damaged", "xml") from None
    yield from found


def _refuse_other_encodings(data: bytes) -> None:
    """Raise `RefusedError` for XML that is not in UTF-8."""
    head = data[:200]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        b"encoding" in head and not re.search(rb"encoding\s*=\s*[\"'](?i:utf-8|us-ascii)[\"']", head)
    ):
        raise RefusedError("damaged", "encoding")


def _end_of(data: bytes, start: int) -> int:
    """Return where the tag that begins at a place ends."""
    found = _TAG.match(data, start)
    if found is None:
        raise RefusedError("damaged", "xml")
    return found.end()


def text_of(data: bytes, start: int, end: int) -> str:
    """Return the text of a span between tags, that of CDATA sections with it."""
    raw = data[start:end].decode("utf-8", "replace")
    return "".join(one[1] or _REFERENCE.sub(_letter, one[2] or "") for one in _STRETCH.finditer(raw))


def _letter(reference: re.Match[str]) -> str:
    """Return the letter that a reference stands for; each is turned once."""
    hexadecimal, decimal, name = reference.groups()
    return _NAMED.get(name, reference[0]) if name else chr(int(hexadecimal, 16) if hexadecimal else int(decimal))


class Piece(NamedTuple):
    """A text between tags or in an attribute, as a span of bytes."""

    start: int
    end: int
    text: str
    font: str | None = None
    """The font that its run says, None for the one around."""


class Written(NamedTuple):
    """An attribute as the tag writes it: spans of bytes."""

    start: int
    """Its offset, the blank before it included."""
    value: int
    """Offset of its value, inside the quotes."""
    value_end: int
    end: int


def written(data: bytes, tag: Tag, local: bytes) -> Written | None:
    """Return where an attribute stands in a tag, by its name without prefix; None when it is not there."""
    attributes = _ATTRIBUTE.finditer(data[tag.start : tag.end])  # each whole: a value may hold what looks like another
    found = next((one for one in attributes if one["local"] == local), None)
    if found is None:
        return None
    group = "double" if found["double"] is not None else "single"
    places = (found.start(), found.start(group), found.end(group), found.end())
    return Written(*(tag.start + place for place in places))
