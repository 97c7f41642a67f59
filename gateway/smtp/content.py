"""End-of-data reader without I/O: where the content ends and its faults (RFC 5321 §2.3.8, §4.1.1.4, §4.5.2).

The only end of data is CRLF "." CRLF. A bare CR, a bare LF or NUL anywhere in the content is a defect that the front
end refuses once the true end is seen: the next hop might take it for an end of data ("SMTP smuggling",
CVE-2023-51764 and its kin), so it must never travel. The reader keeps at most four bytes back between two calls.
"""

from __future__ import annotations

import io
import re
from enum import Enum

_LINE_DOT = re.compile(rb"\r\n\.")
_END = b"\r\n.\r\n"
_MAY_BEGIN_END = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")


class ContentDefect(Enum):
    """Why a content must not be relayed."""

    BARE_NEWLINE = "bare newline"
    """CR without LF, or LF without CR."""
    NUL = "nul"
    LONG_LINE = "long line"


class DataReader:
    """Finds the end of one content in a stream of bytes, in pieces of any size."""

    def __init__(self, line_limit_bytes: int) -> None:
        self.defect: ContentDefect | None = None
        """The first defect seen; the search for the end goes on regardless."""
        self.eight_bit = False
        """Whether a byte above 127 was seen; needs 8BITMIME (RFC 6152) at the next hop."""
        self._line_limit = line_limit_bytes
        self._held = b"\r\n"  # a first line that is a lone dot ends the data too
        self._virtual = len(self._held)
        self._line = -len(self._held)  # bytes of the line that is open

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """Take bytes; return content with dot-stuffing undone and, once the end is seen, what follows it, else None."""
        if self._held:
            data = self._held + data
        after: bytes | None = None
        # Base64 has no dot at all, which one search for a dot finds faster than a search for lines.
        dot = _LINE_DOT.search(data) if b"." in data else None
        end = -1 if dot is None else data.find(_END, dot.start())
        if end >= 0:
            after = data[end + len(_END) :]
            chunk = data[: end + 2]
            self._held = b""
        else:
            self._held = next((suffix for suffix in _MAY_BEGIN_END if data.endswith(suffix)), b"")
            chunk = data[: len(data) - len(self._held)] if self._held else data
        if not chunk:
            return b"", after
        if dot is not None:
            chunk = chunk.replace(b"\r\n.", b"\r\n")
        if self.defect is None:
            self._examine(chunk)
        if self._virtual:
            chunk = chunk[self._virtual :]
            self._virtual = 0
        return chunk, after

    def _examine(self, chunk: bytes) -> None:
        """Set `defect` and `eight_bit`. A chunk never ends between CR and LF, so it shows all line ends as they are."""
        if not self.eight_bit and not chunk.isascii():
            self.eight_bit = True
        if b"\0" in chunk:
            self.defect = ContentDefect.NUL
            return
        ends = io.IncrementalNewlineDecoder(None, translate=False)
        ends.decode(chunk.decode("latin-1"), final=True)
        if ends.newlines not in (None, "\r\n"):
            self.defect = ContentDefect.BARE_NEWLINE
            return
        start = -self._line
        while len(chunk) - start > self._line_limit:
            newline = chunk.rfind(b"\n", max(start, 0), max(start + self._line_limit, 0))
            if newline < 0:
                self.defect = ContentDefect.LONG_LINE
                return
            start = newline + 1
        last = chunk.rfind(b"\n", max(start, 0))
        self._line = len(chunk) - (last + 1 if last >= 0 else start)
