"""Every object that the bytes of a PDF hold, of all revisions, referenced or not (ISO 32000-1 §7.3.10, §7.5.7).

The cross-reference table says which objects count; it is not believed alone. All `N G obj` are found by their keyword,
object streams are expanded, and the table only decides whether an object is *current*. Streams are inflated within the
budget, so this pass also finds decompression bombs before a renderer meets them.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.containers.zip_streams import salvaged
from gateway.model import ReadStatus

LIMIT_OBJECTS = 500_000
LIMIT_PIXELS = 120_000_000
"""Pixels of one image; A3 at 600 dpi has 70 million."""

_HEADER = re.compile(rb"(\d{1,10})[\s\0]+(\d{1,5})[\s\0]*\Z")
_SECTION = re.compile(rb"xref(?:(?<!startxref)|(?!\s+-?\d+\s+%%EOF))((?:[-+.\d\s\0nf]|%[^\r\n]*)*+)")
_SUBSECTION = re.compile(rb"(\d{1,10}) (\d{1,10})(?! [nf])(?!\S)")
_HEADER_LENGTH = 256
"""Bytes before `obj` that are searched for the numbers of an object, among blanks and comments."""
_COMMENT = re.compile(rb"%[^\r\n]*[\r\n]")
"""A comment, or a per cent sign in a string, which hides nothing where no header is left without it."""
_STREAM = re.compile(rb"stream(?:\r\n|\n|\r)?")
_FILTER = re.compile(rb"/(?:Filter|F)\s*(\[[^\]]{0,400}\]|/[A-Za-z0-9]{1,20})")
_INTEGER = {
    key: re.compile(rb"/" + key + rb"\s+(\d{1,10})(?!\d|\s+\d+\s+R)")
    for key in (b"N", b"First", b"Width", b"Height", b"Length")
}
OUTSIDE = re.compile(rb"/(?:F|#46|(?:R|#52)(?:e|#65)(?:f|#66))\s*(?:\(|<|\d+\s+\d+\s+R)")
OUTSIDE_KEYS = frozenset({"/F", "/Ref"})
"""Entries of a stream whose data, or the page that is shown for it, are in another file (ISO 32000-1 §7.3.8.2, §8.10.4)."""
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_NAME = re.compile(rb"/([A-Za-z0-9]+)")


@dataclass(frozen=True, slots=True)
class RawObject:
    """One object as stored in the file."""

    number: int
    generation: int
    head: bytes
    """The object without stream data; `#xx` in names is undone in `names`."""
    stream: bytes | memoryview | None
    current: bool
    """The cross-reference table points to it; otherwise it is superseded or was never referenced."""
    offset: int

    @property
    def names(self) -> bytes:
        """The head with escaped names written plainly."""
        return plain_names(self.head)


def plain_names(written: bytes) -> bytes:
    """Return what is written with escaped names written plainly, for searches by key."""
    return _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), written) if b"#" in written else written


@dataclass(frozen=True, slots=True)
class Table:
    """The cross-reference table: offset of each object number, and its object stream if it is in one."""

    offsets: dict[int, int]
    containers: dict[int, int]


def scan_objects(data: bytes, table: Table | None, budget: Budget) -> Iterator[RawObject]:
    """Yield all objects in file order; without a table the last object of a number counts as current."""
    found = list(find_objects(data))
    if len(found) > LIMIT_OBJECTS:
        raise ReadError(ReadStatus.LIMIT, "pdf-objects")
    last = {number: start for start, _, number, _ in found}
    offsets = _settled(table, {start for start, *_ in found}, last)
    whole = memoryview(data)
    for position, (start, body, number, generation) in enumerate(found):
        if position & 0xFF == 0:
            budget.check_time()
        end = found[position + 1][0] if position + 1 < len(found) else len(data)
        head, stream = _split(data, whole, body, end)
        raw = RawObject(number, generation, head, stream, offsets.get(number) == start, start)
        yield raw
        if stream is not None and b"/ObjStm" in head:
            yield from _expand(raw, table, budget)


def sections_differ(data: bytes) -> bool:
    """Return whether a section of a cross-reference table lists one object at two places: some viewers show the first, some the last."""
    return any(contradicts(found[1]) for found in _SECTION.finditer(data))


def contradicts(section: bytes) -> bool:
    """Return whether the rows of a section (ISO 32000-1 §7.5.4), without keywords, have two for one object that differ.

    So does a number that not all viewers read, such as `+5` or `5.0`.
    """
    tokens = _COMMENT.sub(b" ", section).replace(b"\0", b" ").split()
    position, seen = 0, dict[int, list[bytes]]()
    while position + 1 < len(tokens):
        head = b" ".join(tokens[position : position + 3])
        if (found := _SUBSECTION.match(head)) is None:
            return not head.translate(None, b"+-.0123456789 ")
        first, rows = int(found[1]), 3 * int(found[2])
        position += 2
        for row in range(position, min(position + rows, len(tokens)), 3):
            place = tokens[row : row + 3]
            if seen.setdefault(first + (row - position) // 3, place) != place:
                return True
        position += rows
    return False


def _settled(table: Table | None, starts: set[int], last: dict[int, int]) -> dict[int, int]:
    """Return the current offset of each number; offsets that hit no object are corrected or not believed."""
    if table is None:
        return last
    offsets: dict[int, int] = {}
    for number, offset in table.offsets.items():
        if offset in starts:
            offsets[number] = offset
        elif number in last:
            offsets[number] = last[number]
    return offsets


def find_objects(data: bytes, start: int = 0) -> Iterator[tuple[int, int, int, int]]:
    """Yield start, end of the keyword, number and generation of every `N G obj` from `start` on, listed or not."""
    position = data.find(b"obj", start)
    while position >= 0:
        if data[position - 3 : position] != b"end":
            head = data[max(start, position - _HEADER_LENGTH) : position]
            bare = _COMMENT.sub(lambda comment: b" " * len(comment[0]), head) if b"%" in head else head
            header = _HEADER.search(bare) or _HEADER.search(head)
            if header is not None:
                yield position - len(head) + header.start(), position + 3, int(header[1]), int(header[2])
        position = data.find(b"obj", position + 3)


def _split(data: bytes, whole: memoryview, body: int, end: int) -> tuple[bytes, memoryview | None]:
    """Part an object into head and stream data."""
    close = data.find(b"endobj", body, end)
    keyword = _stream_keyword(data, body, end)
    if keyword is None:
        return data[body : close if close >= 0 else end], None
    start, content = keyword
    head = data[body:start]
    length = integer(head, b"Length")
    if length is not None and data[content + length : content + length + 11].lstrip()[:9] == b"endstream":
        return head, whole[content : content + length]
    finish = data.rfind(b"endstream", content, end)
    finish = finish if finish >= 0 else end
    if data[finish - 2 : finish] == b"\r\n":
        finish -= 2
    elif data[finish - 1 : finish] in (b"\n", b"\r"):
        finish -= 1
    return head, whole[content : max(finish, content)]


def _stream_keyword(data: bytes, body: int, end: int) -> tuple[int, int] | None:
    """Return where the keyword `stream` begins and where the data after it begins."""
    position = data.find(b"stream", body, end)
    while position >= 0:
        if data[position - 3 : position] != b"end" and data[body:position].rstrip().endswith(b">>"):
            match = _STREAM.match(data, position)
            return position, match.end() if match else position + 6
        position = data.find(b"stream", position + 6, min(end, body + 65536))
    return None


def _expand(container: RawObject, table: Table | None, budget: Budget) -> Iterator[RawObject]:
    """Yield the objects of an object stream (§7.5.7)."""
    content = inflate(container, budget)
    count, first = integer(container.head, b"N"), integer(container.head, b"First")
    if content is None or count is None or first is None or count > LIMIT_OBJECTS:
        return
    numbers = content[:first].split()[: 2 * count]
    try:
        pairs = [(int(numbers[i]), int(numbers[i + 1])) for i in range(0, len(numbers) - 1, 2)]
    except ValueError:
        return
    for position, (number, offset) in enumerate(pairs):
        end = first + pairs[position + 1][1] if position + 1 < len(pairs) else len(content)
        current = container.current and (table is None or table.containers.get(number) == container.number)
        yield RawObject(number, 0, content[first + offset : end], None, current, container.offset)


def integer(head: bytes, key: bytes) -> int | None:
    """Return a direct integer of a dictionary, None when it is absent or indirect."""
    match = _INTEGER[key].search(head)
    return int(match[1]) if match else None


def filters(head: bytes) -> tuple[bytes, ...]:
    """Return the names of the filters of a stream dictionary, in order of decoding."""
    match = _FILTER.search(head)
    return tuple(_NAME.findall(match[1])) if match else ()


def check_image(raw: RawObject) -> None:
    """Raise LIMIT `image-pixels` for an image that no honest scanner makes."""
    width, height = integer(raw.head, b"Width") or 0, integer(raw.head, b"Height") or 0
    if width * height > LIMIT_PIXELS:
        raise ReadError(ReadStatus.LIMIT, "image-pixels")


def inflate(raw: RawObject, budget: Budget) -> bytes | None:
    """Decode a stream within the budget; None when it has none, or a filter that is not for text."""
    return decoded(bytes(raw.stream), filters(raw.names), budget) if raw.stream is not None else None


def decoded(data: bytes, names: Iterable[bytes], budget: Budget) -> bytes | None:
    """Return data without those filters; None with one that is not for text."""
    for name in names:
        match name:
            case b"FlateDecode" | b"Fl":
                data = salvaged(data.lstrip(b"\r\n"), budget)
            case b"ASCIIHexDecode" | b"AHx":
                data = _ascii_hex(data)
            case b"ASCII85Decode" | b"A85":
                data = _ascii85(data)
            case b"LZWDecode" | b"LZW" | b"RunLengthDecode" | b"RL":
                data = _rare(name, data, budget)
            case b"Crypt":
                continue
            case _:
                return None
    return data


def _ascii_hex(data: bytes) -> bytes:
    digits = re.sub(rb"[^0-9A-Fa-f]", b"", data.partition(b">")[0])
    return binascii.unhexlify(digits + b"0" * (len(digits) % 2))


def _ascii85(data: bytes) -> bytes:
    """Decode ASCII base-85 (§7.4.3); nothing of what is not in it. The library's own decoder goes letter by letter."""
    import numpy as np

    letters = data.strip().removeprefix(b"<~").partition(b"~")[0].translate(None, b" \t\r\n\0\x0c")
    letters = letters.replace(b"z", b"!!!!!")
    missing = -len(letters) % 5
    digits = np.frombuffer(letters + b"u" * missing, np.uint8).astype(np.int64) - ord("!")
    if not digits.size or np.any((digits < 0) | (digits > 84)):
        return b""
    words = digits.reshape(-1, 5) @ np.array([85**4, 85**3, 85**2, 85, 1])
    if words.max() >> 32:
        return b""
    return bytes(words.astype(">u4").tobytes()[: 4 * len(words) - missing])


def _rare(name: bytes, data: bytes, budget: Budget) -> bytes:
    """LZW and run length by pypdf, which has limits of its own."""
    from pypdf import filters as pypdf_filters
    from pypdf.errors import LimitReachedError, PyPdfError

    try:
        if name in (b"LZWDecode", b"LZW"):
            result = pypdf_filters.LZWDecode.decode(data)
        else:
            result = pypdf_filters.RunLengthDecode.decode(data)
    except LimitReachedError:
        raise ReadError(ReadStatus.LIMIT, "ratio") from None
    except (PyPdfError, ValueError, IndexError):
        return b""
    budget.take_bytes(len(result))
    return result if isinstance(result, bytes) else result.encode("latin-1", "replace")
