"""Dictionaries of a PDF that name one key twice with two values (ISO 32000-2 §7.3.7): each viewer chooses one.

Some take the first, as pyHanko does, others the last, so that one page has two contents. The bytes are read here, since no
library reports the entry that it dropped; a key that comes twice with one value is only untidy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

_TOKEN = re.compile(
    rb"<<|>>|[\[\]]|/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*|\((?:[^()\\]|\\[\x00-\xff])*\)|\(|<[0-9A-Fa-f\s]*>|%[^\r\n]*"
)
"""Delimiters of dictionaries, and tokens that may contain them; numbers and references are between."""
_PARENTHESIS = re.compile(rb"\\[\x00-\xff]|[()]")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_MAX_DEPTH = 200
_MAX_OBJECTS = 200_000


@dataclass
class _Open:
    """A dictionary or array that was begun; keys belong to dictionaries only."""

    is_dictionary: bool
    key: bytes = b""
    start: int = 0
    """Offset of the value of `key`."""
    seen: dict[bytes, bytes] = field(default_factory=dict)

    def close(self, raw: bytes, end: int) -> bool:
        """End the value of the key at hand; True when the key has another value already."""
        if not self.key:
            return False
        value = b" ".join(raw[self.start : end].split())
        key, self.key = self.key, b""
        return self.seen.setdefault(key, value) != value


def is_doubled(data: bytes, reader: PdfFileReader, revision: int) -> bool:
    """Return whether an object that a revision writes, or its trailer, gives one key two values; also with over 200,000 objects."""
    info = reader.xrefs.get_xref_container_info(revision)
    section = reader.xrefs.get_xref_data(revision)
    places = dict(section.standard_xrefs)
    if section.hybrid is not None:
        places.update(section.hybrid.xref_data.standard_xrefs)
    if len(places) > _MAX_OBJECTS or any(has_two_values(data, place) for _, place in places.values()):
        return True
    if has_two_values(data, info.start_location):
        return (
            True  # the dictionary of a cross-reference stream, or the trailer behind a table, which has no signs of one
        )
    resolver = reader.get_historical_resolver(revision)
    return any(_is_stream_doubled(resolver(one)) for one in reader.xrefs.object_streams_used_in(revision))


def _is_stream_doubled(stream: Any) -> bool:
    """The same of the objects in an object stream, whose head may name one number twice as well (§7.5.7)."""
    octets, start = bytes(stream.data), int(stream["/First"])
    numbers = octets[:start].split()[: 2 * int(stream["/N"]) : 2]
    return len(numbers) != len(set(numbers)) or has_two_values(octets, start, whole=True)


def has_two_values(raw: bytes, start: int = 0, *, whole: bool = False) -> bool:
    """Return whether the dictionary that comes first from `start` on, or one inside it, gives one key two values.

    `whole` says to go on to the end, for many objects in a row.
    """
    stack: list[_Open] = []
    for begin, end, token in _tokens(raw, start):
        inner = stack[-1] if stack else None
        if token in {b"<<", b"["}:
            stack.append(_Open(token == b"<<"))
            if len(stack) > _MAX_DEPTH:
                return True  # some programs give up on it, others go on
        elif token in {b">>", b"]"}:
            if inner is not None and inner.is_dictionary and inner.close(raw, begin):
                return True
            if stack:
                stack.pop()
            if not stack and not whole:
                return False
        elif inner is not None and inner.is_dictionary:
            if inner.key and not raw[inner.start : begin].strip(b"\0\t\n\f\r "):
                continue  # the value is a name itself
            if inner.close(raw, begin):
                return True
            inner.key, inner.start = _plain(token), end
        elif inner is None and not whole:
            return False  # an object that is a name
    return False


def _tokens(raw: bytes, position: int) -> Iterator[tuple[int, int, bytes]]:
    while match := _TOKEN.search(raw, position):
        position = match.end()
        token = match[0]
        if token == b"(":
            position = _end_of_string(raw, position)
        elif token[:1] not in b"(%" and (token[:1] != b"<" or token == b"<<"):
            yield match.start(), position, token


def _end_of_string(raw: bytes, position: int) -> int:
    """End of a string with parentheses inside."""
    depth = 1
    for match in _PARENTHESIS.finditer(raw, position):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return len(raw)


def _plain(name: bytes) -> bytes:
    return _ESCAPED.sub(lambda one: bytes((int(one[1], 16),)), name) if b"#" in name else name
