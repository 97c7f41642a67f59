"""The largest file of a content that is too large to be kept, found by its delimiters alone (RFC 2046 §5.1.1)."""

from __future__ import annotations

import re
from mmap import mmap

from msgspec import Struct

from gateway.mime.delimiters import find_delimiter
from gateway.mime.parser import parse
from gateway.model import TransferEncoding

_LIMIT_DELIMITERS = 10_000
_LIMIT_HEADER_BYTES = 8 << 10
_DELIMITER = b"\r\n--"
_ENDING = re.compile(r"\.([a-z0-9]{1,5})\Z", re.IGNORECASE)
_DECODED = 57 / 78
"""Bytes of a file in those of a line of base64 with its line end."""


class LargestFile(Struct, frozen=True):
    """The largest file of a mail without its name, which may be secret."""

    ending: str
    """As `.zip`."""
    size_bytes: int
    """About, decoded."""


class Parts:
    """The parts of a content that goes by: the largest that ended, and the one that goes on."""

    def __init__(self) -> None:
        self._size = self._begin = self._count = 0
        self._header = b""
        """First bytes of the part, up to a limit."""
        self._edge = b""
        """The last bytes, with which a delimiter may begin."""
        self._largest = (0, b"")
        """Its size and beginning; read only when it is asked for, as parts may be many."""

    def feed(self, data: bytes | mmap) -> None:
        """Take what comes next."""
        if len(self._header) < _LIMIT_HEADER_BYTES:
            self._header += data[: _LIMIT_HEADER_BYTES - len(self._header)]
        before = self._size - len(self._edge)
        joined = self._edge + data if self._edge else data
        self._size = before + len(joined)
        found = find_delimiter(joined, _DELIMITER, 0, len(joined))
        while found >= 0 and self._count < _LIMIT_DELIMITERS:
            end = before + found
            self._largest, self._begin = max(self._largest, (end - self._begin, self._header)), end
            self._header = joined[found : found + _LIMIT_HEADER_BYTES]
            self._count += 1
            found = find_delimiter(joined, _DELIMITER, found + 1, len(joined))
        self._edge = joined[len(joined) - len(_DELIMITER) + 1 :] if len(joined) >= len(_DELIMITER) else bytes(joined)

    def largest_file(self) -> LargestFile | None:
        """Return the largest part so far; None when its file name names no format."""
        size, header = max(self._largest, (self._size - self._begin, self._header))
        begin = header.find(b"\r\n", 2) + 2 if header.startswith(_DELIMITER) else 0
        end = header.find(b"\r\n\r\n", begin)
        part = parse(header[begin:end] + b"\r\n\r\n").root if end >= 0 else None
        ending = _ENDING.search(part.filename or "") if part is not None else None
        if part is None or ending is None:
            return None
        decoded = int(size * _DECODED) if part.encoding is TransferEncoding.BASE64 else size
        return LargestFile(ending[0].lower(), decoded)
