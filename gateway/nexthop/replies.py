"""Replies of the next hop, parsed strictly (RFC 5321 §4.2), and its capabilities (RFC 5321 §4.1.1.1); no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from msgspec import Struct

LINE_LIMIT_BYTES = 4096
REPLY_LIMIT_BYTES = 32 << 10
"""Limit for all lines of one reply; a real EHLO reply is below 2 KiB."""

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r\n\0]*))?")


class MalformedReplyError(Exception):
    """Malformed SMTP reply; the text names the fault, never the bytes."""


class HopReply(Struct, frozen=True):
    """One reply."""

    code: int
    lines: tuple[str, ...]
    """Text of each line, without code."""

    def __str__(self) -> str:
        return f"{self.code} {' '.join(self.lines)}"

    @property
    def positive(self) -> bool:
        """2yz: done."""
        return 200 <= self.code < 300

    @property
    def negative(self) -> bool:
        """4yz or 5yz: refused."""
        return self.code >= 400


@lru_cache(64)
def _read_line(line: bytes) -> tuple[int, str, bool]:
    """Return code and text of a line, and whether another follows; cached, for most replies are the same."""
    match = _LINE.fullmatch(line, 0, len(line) - 2) if line.endswith(b"\r\n") else None
    if match is None or len(line) > LINE_LIMIT_BYTES:
        raise MalformedReplyError("not a reply line")
    return int(match[1]), (match[3] or b"").decode(errors="replace"), match[2] == b"-"


class ReplyParser:
    """Incremental parser of replies."""

    def __init__(self) -> None:
        self._buffer = b""
        self._code = 0
        self._lines: list[str] = []
        self._size = 0

    @property
    def pending(self) -> bool:
        """Return whether a reply has begun but not ended."""
        return bool(self._buffer or self._lines)

    def feed(self, data: bytes) -> list[HopReply]:
        """Return the replies completed by `data`; MalformedReplyError."""
        data = self._buffer + data
        replies: list[HopReply] = []
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._take_line(data[start : end + 1], replies)
            start = end + 1
        self._buffer = data[start:]
        if len(self._buffer) > LINE_LIMIT_BYTES:
            raise MalformedReplyError("reply line too long")
        return replies

    def _take_line(self, line: bytes, replies: list[HopReply]) -> None:
        code, text, goes_on = _read_line(line)
        self._size += len(line)
        if self._lines and code != self._code:
            raise MalformedReplyError("code changes within a reply")
        if self._size > REPLY_LIMIT_BYTES:
            raise MalformedReplyError("reply too long")
        self._code = code
        self._lines.append(text)
        if not goes_on:
            replies.append(HopReply(code, tuple(self._lines)))
            self._lines = []
            self._size = 0


@dataclass(frozen=True)
class Capabilities:
    """Capabilities in a reply to EHLO."""

    keywords: frozenset[str] = field(default_factory=frozenset)
    """EHLO keywords, upper case."""
    auth: frozenset[str] = field(default_factory=frozenset)
    """SASL mechanisms, upper case."""
    size_bytes: int = 0
    """Its SIZE limit; 0 when it gives none."""

    @classmethod
    def parse(cls, reply: HopReply) -> Capabilities:
        """Return the capabilities in a positive reply to EHLO; malformed lines are skipped."""
        keywords: set[str] = set()
        auth: set[str] = set()
        size = 0
        for line in reply.lines[1:]:
            words = line.upper().replace("AUTH=", "AUTH ", 1).split()  # old Exchange wrote AUTH=LOGIN
            if not words or not words[0].isascii():
                continue
            keywords.add(words[0])
            if words[0] == "AUTH":
                auth.update(words[1:])
            if words[0] == "SIZE" and len(words) > 1 and words[1].isascii() and words[1].isdigit():
                size = int(words[1][:20])
        return cls(frozenset(keywords), frozenset(auth), size)
