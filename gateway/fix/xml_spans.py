"""XML parts as elements with their byte spans, for menders that splice instead of serialising again.

A document type declaration and anything but UTF-8 is refused; nothing external is ever read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.ooxml.xml import Element, clark, parse
from gateway.fix.tally import RefusedError

_TAG: Final = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?P<ends>/?)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(?P<empty>/?)>", re.DOTALL
)
_ATTRIBUTE: Final = re.compile(
    rb"(?<!\s)\s++(?:[^\s=:]+:)?(?P<local>[^\s=:]+)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')"
)
_LIMIT_ELEMENTS: Final = 4_000_000
Edit = tuple[int, int, bytes]
"""Start, end and new content of a span of bytes; edits never overlap."""


class Span(NamedTuple):
    """Bytes of an element: its start tag, what is inside, its end tag; `<a/>` has nothing behind its start tag."""

    start: int
    inner: int
    close: int
    end: int


class Written(NamedTuple):
    """An attribute as the tag writes it: spans of bytes."""

    start: int
    """Its offset, the blank before it included."""
    value: int
    """Offset of its value, inside the quotes."""
    value_end: int
    end: int


class Part:
    """One part, and the edits that fix it; raises `RefusedError` for anything but plain UTF-8 XML."""

    def __init__(self, data: bytes) -> None:
        _refuse_other_encodings(data)
        try:
            self.root = parse(data)
        except ReadError as error:
            raise RefusedError("damaged", error.reason) from None
        self.data = data
        self.edits: list[Edit] = []
        self._elements = [*self.root.iter()]
        spans = _spans(data)
        if len(spans) != len(self._elements):
            raise RefusedError("damaged", "xml")
        self._spans: dict[Element, Span] = dict(zip(self._elements, spans, strict=True))

    def iter(self, *names: str) -> Iterator[Element]:
        """Yield the elements of some short names, all without any, in document order."""
        return iter(self.root.iter(*map(clark, names)) if names else self._elements)

    def span(self, element: Element) -> Span:
        """Return the bytes of an element."""
        return self._spans[element]

    def content(self, element: Element) -> tuple[int, int, str]:
        """Return the span inside an element and its text, empty when it has child elements."""
        span = self._spans[element]
        return span.inner, span.close, "" if len(element) else element.text or ""

    def prefix(self, element: Element) -> bytes:
        """Return the namespace prefix of an element with its colon, as the file writes it."""
        return b"%b:" % element.prefix.encode() if element.prefix else b""

    def attribute(self, element: Element, local: str) -> Written | None:
        """Return the spans of an attribute, by its name without prefix; None when it is absent."""
        start, inner, _, _ = self._spans[element]
        each = _ATTRIBUTE.finditer(self.data[start:inner])  # whole: a value may hold what looks like another
        found = next((one for one in each if one["local"] == local.encode()), None)
        if found is None:
            return None
        group = "double" if found["double"] is not None else "single"
        return Written(*(start + at for at in (found.start(), *found.span(group), found.end())))

    def replace(self, element: Element, content: bytes = b"") -> None:
        """Replace an element."""
        span = self._spans[element]
        self.edits.append((span.start, span.end, content))

    def set_value(self, element: Element, local: str, value: str) -> bool:
        """Change the value of an attribute; return whether there is one."""
        if (place := self.attribute(element, local)) is not None:
            self.edits.append((place.value, place.value_end, value.encode()))
        return place is not None

    def drop(self, element: Element, local: str) -> None:
        """Remove an attribute."""
        if (place := self.attribute(element, local)) is not None:
            self.edits.append((place.start, place.end, b""))

    def fixed(self) -> bytes:
        """Return the bytes with every edit put in."""
        return spliced(self.data, self.edits)


def spliced(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the bytes with every edit put in."""
    pieces: list[bytes] = []
    last = 0
    for start, end, content in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        pieces += (data[last:start], content)
        last = end
    return b"".join((*pieces, data[last:]))


def _spans(data: bytes) -> list[Span]:
    """Return the spans of the elements of well-formed XML, in document order."""
    found: list[Span] = []
    opened: list[int] = []
    for tag in _TAG.finditer(data):
        start, end = tag.span()
        if tag["ends"] is None:
            continue
        if tag["ends"]:
            number = opened.pop()
            found[number] = found[number]._replace(close=start, end=end)
            continue
        if len(found) >= _LIMIT_ELEMENTS:
            raise RefusedError("damaged", "size")
        if not tag["empty"]:
            opened.append(len(found))
        found.append(Span(start, end, end, end))
    return found


def _refuse_other_encodings(data: bytes) -> None:
    """Raise `RefusedError` for XML that is not in UTF-8."""
    head = data[:200]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        b"encoding" in head and not re.search(rb"encoding\s*=\s*[\"'](?i:utf-8|us-ascii)[\"']", head)
    ):
        raise RefusedError("damaged", "encoding")
