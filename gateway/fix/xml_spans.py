"""XML parts as elements with their byte spans, for fixers that splice instead of serialising again.

A document type declaration and anything but UTF-8 is refused; nothing external is ever read.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.ooxml.xml import Element, clark, parse
from gateway.fix.tally import RefusedError

_TAG: Final = re.compile(
    rb"<(?:!--.*?--|!\[CDATA\[.*?\]\]|\?.*?\?|(?P<tag>[^<>\"'!?]++)(?:\"[^\"]*+\"[^<>\"']*+|'[^']*+'[^<>\"']*+)*+)>",
    re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(
    rb"(?<!\s)\s++(?:[^\s=:]+:)?(?P<local>[^\s=:]+)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')"
)
_LIMIT_TAGS: Final = 8_000_000
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
        if data.count(b"<") > _LIMIT_TAGS:
            raise RefusedError("too_large")
        try:
            self.root = parse(data)
        except ReadError as error:
            raise RefusedError.unread(error, error.reason) from None
        self.data = data
        self.edits: list[Edit] = []

    def iter(self, *names: str) -> Iterator[Element]:
        """Yield the elements of some short names, all without any, in document order."""
        return iter(self.root.iter(*map(clark, names)))

    @cached_property
    def _numbers(self) -> dict[Element, int]:
        """Number of each element; found when a span is first asked for, most sheets are never changed."""
        return {element: number for number, element in enumerate(self.root.iter())}

    @cached_property
    def _offsets(self) -> array[int]:
        offsets = _spans(self.data)
        if len(offsets) != len(self._numbers) * len(Span._fields):
            raise RefusedError("damaged", "xml")
        return offsets

    def span(self, element: Element) -> Span:
        """Return the bytes of an element."""
        at = self._numbers[element] * len(Span._fields)
        return Span(*self._offsets[at : at + len(Span._fields)])

    def content(self, element: Element) -> tuple[int, int, str]:
        """Return the span inside an element and its text, empty when it has child elements."""
        span = self.span(element)
        return span.inner, span.close, "" if len(element) else element.text or ""

    def prefix(self, element: Element) -> bytes:
        """Return the namespace prefix of an element with its colon, as the file writes it."""
        return b"%b:" % element.prefix.encode() if element.prefix else b""

    def attribute(self, element: Element, local: str) -> Written | None:
        """Return the spans of an attribute, by its name without prefix; None when it is absent."""
        start, inner, _, _ = self.span(element)
        each = _ATTRIBUTE.finditer(self.data[start:inner])  # whole: a value may hold what looks like another
        found = next((one for one in each if one["local"] == local.encode()), None)
        if found is None:
            return None
        group = "double" if found["double"] is not None else "single"
        return Written(*(start + at for at in (found.start(), *found.span(group), found.end())))

    def replace(self, element: Element, content: bytes = b"") -> None:
        """Replace an element."""
        span = self.span(element)
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


def _spans(data: bytes) -> array[int]:
    """Return the spans of the elements of well-formed XML, one after the other, in document order."""
    found = array("Q")
    opened: list[int] = []
    for tag in _TAG.finditer(data):
        name = tag["tag"]
        if name is None:
            continue
        start, end = tag.span()
        if name.startswith(b"/"):
            at = opened.pop()
            found[at + 2], found[at + 3] = start, end
            continue
        if not data.endswith(b"/", start, end - 1):
            opened.append(len(found))
        found.extend((start, end, end, end))
    return found


def _refuse_other_encodings(data: bytes) -> None:
    """Raise `RefusedError` for XML that is not in UTF-8."""
    head = data[:200]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        b"encoding" in head and not re.search(rb"encoding\s*=\s*[\"'](?i:utf-8|us-ascii)[\"']", head)
    ):
        raise RefusedError("damaged", "encoding")
