"""Files and words written as digits in text: base64 (RFC 4648 §4, §5) and hexadecimal.

People paste them, scripts and mail programs turn them back. What comes out counts only when it is a file of a known
format or text: keys, certificates, hashes and tokens are neither. Every pattern walks the text once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.mime.transfer import from_digits, looks_like_file

_LINE_LEAD: Final = re.compile(rb"\n[ \t>|]{1,40}")
"""Prefixes of lines in replies and indented blocks, after the line break at which the search resumes."""
_LISTED_LINE: Final = re.compile(rb'(?:\[|\\n",)[ \t]{0,20}(?:\r?\n[ \t]{0,80})?"(?=[A-Za-z0-9+/]{4})')
"""Between the lines of a file that JSON holds as a list of strings, as notebooks do (nbformat)."""
_SPELT_BREAK: Final = re.compile(
    rb'(?:"|\\n)(?=[A-Za-z0-9+/]{16,998}\\n)|\\n(?<=[A-Za-z0-9+/]{16}\\n)(?=[A-Za-z0-9+/])'
)
"""The same in one string: before each line that a break, spelt out, ends, and before the last."""
_BASE64_BLOCK: Final = re.compile(
    rb"^(?:[A-Za-z0-9+/_-]{16,998}[ \t]{0,20}\r?\n)+(?:[A-Za-z0-9+/_-]{1,998}={0,2})?", re.MULTILINE
)
_BASE64_TOKEN: Final = re.compile(rb"(?<![A-Za-z0-9+/_=-])(?:[A-Za-z0-9+/_-]{12,}={0,2}|[A-Za-z0-9+/_-]{6,11}={1,2})")
_HEX_RUN: Final = re.compile(rb"(?<![0-9A-Za-z])(?:(?:[0-9A-Fa-f]{12,}[ \t]{0,20}\r?\n)+[0-9A-Fa-f]*|[0-9A-Fa-f]{12,})")
_HEX_PAIRS: Final = re.compile(
    rb"(?<![0-9A-Za-z])(?:(?:0[xX])?[0-9A-Fa-f]{2}(?:[ \t]{0,2},?\r?\n|[ \t]?[,:;-][ \t]{0,2}|[ \t]{1,2})){6,}"
    rb"(?:(?:0[xX])?[0-9A-Fa-f]{2})?"
)
_HEX_BETWEEN: Final = b" \t\r\n,:;-"
_MANY_DIGITS: Final = re.compile(rb"[0-9A-Fa-f ,:;\-\txX\r\n]{20,}")
_CONTROLS: Final = bytes(octet for octet in range(32) if octet not in b"\t\r\n\f")
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_HEAD: Final = 4096
_MARKS: Final = (b"\xff", b"\xfe")
_FIRST_LINES: Final = 3
_LIMIT_TAKEN: Final = 200
_CHANCE: Final = (b"BM", b"MZ", b"\x1f\x8b", b"BZh", b"\xff\xd8\xff", b"RIFF", b"From:", b"Content-")
"""Beginnings that short digits may have by chance, or that tell little."""


def _shape(members: bytes) -> bytes:
    """Return the table that shows these bytes as `A` and all others as blanks."""
    return bytes(ord("A") if octet in members else ord(" ") for octet in range(256))


_ALPHABET: Final = _shape(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-")
_DIGITS: Final = _shape(b"0123456789abcdefABCDEF ,:;-\txX\r\n")


def _has_run(text: bytes, table: bytes, length: int) -> bool:
    """Return whether so many bytes of a table follow one another: a tenth of what a regular expression takes over prose."""
    return b"A" * length in text.translate(table)


def without_leads(text: bytes) -> bytes:
    """Return the text without the signs of quotation and the indent of its lines."""
    return _LINE_LEAD.sub(b"\n", b"\n" + text)[1:]


def octets_in(text: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Yield (offset, kind, bytes) of files and texts encoded in digits; lines of a block are not yielded again."""
    taken: list[tuple[int, int]] = []
    if b"\\n" in text:
        text = _SPELT_BREAK.sub(b"\n", _LISTED_LINE.sub(b"\n", text))
    if b"=" in text or _has_run(text, _ALPHABET, 12):
        for find in (_base64_blocks, _base64_tokens):
            yield from _taken("base64", find(text), taken)
    yield from _taken("hex", _hexadecimal(text), taken)


def _taken(
    kind: str, found: Iterator[tuple[int, int, bytes]], taken: list[tuple[int, int]]
) -> Iterator[tuple[int, str, bytes]]:
    """Yield what is a file or text and is not within what another finder took."""
    known = tuple(taken)
    for start, end, data in found:
        if not (is_file(data) or as_text(data) is not None):
            continue
        if not any(first <= start and end <= last for first, last in known):
            if len(taken) < _LIMIT_TAKEN:
                taken.append((start, end))
            yield start, kind, data


def _digit_lines(text: bytes) -> Iterator[tuple[int, int]]:
    """Yield the spans of neighbouring lines that hold many digits and separators in a row; prose has few."""
    span: tuple[int, int] | None = None
    if not _has_run(text, _DIGITS, 20):
        return
    for many in _MANY_DIGITS.finditer(text):
        start, end = text.rfind(b"\n", 0, many.start()) + 1, text.find(b"\n", many.end() - 1)
        end = len(text) if end < 0 else end + 1
        if span is not None and start <= span[1]:
            span = span[0], max(end, span[1])
            continue
        if span is not None:
            yield span
        span = start, end
    if span is not None:
        yield span


def is_file(data: bytes) -> bool:
    """Return whether bytes are a file of a known format, and not only begin so by chance."""
    if not looks_like_file(data) or (data.startswith(_CHANCE) and len(data) < 400):
        return False
    # Two letters begin a line of any long key now and then; the header of a program is mostly zeros.
    return not data.startswith(b"MZ") or data.count(0, 2, 64) >= 16 or b"PE\0\0" in data[:1024]


def as_text(data: bytes) -> str | None:
    """Return bytes as text in UTF-8 or UTF-16, None when they are none."""
    if data[:1] not in _MARKS and b"\0" not in data[:_HEAD]:
        try:  # what is no UTF-8 need not be looked at: most digits are keys and sums
            text = data.decode()
        except UnicodeDecodeError:
            return None
        return text if _charset(data[:_HEAD]) else None
    charset = _charset(data[:_HEAD])
    if charset is None:
        return None
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return None


def _charset(head: bytes) -> str | None:
    """Return the charset in which bytes begin as text, None when they do not; a letter cut at the end is forgiven."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        charset = "utf-16"
    elif b"\0" in head:
        low, high = head[1::2].count(0), head[0::2].count(0)
        if 3 * max(low, high) <= len(head) or low == high:
            return None
        charset = "utf-16-le" if low > high else "utf-16-be"
    elif len(head.translate(None, _CONTROLS)) * 50 < len(head) * 49:
        return None
    else:
        charset = "utf-8"
    shown = head.decode(charset, "replace").rstrip("\ufffd")
    unprintable = sum(not letter.isprintable() and letter not in "\t\r\n\f\ufeff" for letter in shown)
    letters = sum(letter.isalpha() for letter in shown)
    return charset if letters >= 3 and (unprintable + shown.count("\ufffd")) * 50 <= len(shown) else None


def _base64_blocks(text: bytes) -> Iterator[tuple[int, int, bytes]]:
    if not _has_run(text, _ALPHABET, 16):
        return
    for found in _BASE64_BLOCK.finditer(text):
        # A line of one long word may be right above the digits.
        start = found.start()
        for _ in range(_FIRST_LINES):
            if _is_something(text[start : min(start + _HEAD, found.end())]):
                yield start, found.end(), _decoded64(text[start : found.end()].translate(None, b" \t\r\n"))
                break
            start = text.find(b"\n", start, found.end()) + 1
            if start == 0:
                break


def _base64_tokens(text: bytes) -> Iterator[tuple[int, int, bytes]]:
    for found in _BASE64_TOKEN.finditer(text):
        if found.end() - found.start() < _HEAD or _is_something(found[0][:_HEAD]):
            yield found.start(), found.end(), _decoded64(found[0])


def _is_something(digits: bytes) -> bool:
    """Return whether, by its beginning, base64 may be worth decoding."""
    head = _decoded64(digits.translate(None, b" \t\r\n"))
    return looks_like_file(head) or _charset(head) is not None


def _decoded64(digits: bytes) -> bytes:
    """Decode digits of either alphabet, piece by piece where there is padding within."""
    return b"".join(map(from_digits, digits.translate(_URL_SAFE).split(b"=")))


def _hexadecimal(text: bytes) -> Iterator[tuple[int, int, bytes]]:
    spans = list(_digit_lines(text))
    for found in (one for form in (_HEX_RUN, _HEX_PAIRS) for span in spans for one in form.finditer(text, *span)):
        digits = found[0].replace(b"0x", b"").replace(b"0X", b"").translate(None, _HEX_BETWEEN)
        digits = digits[: len(digits) // 2 * 2]
        head = bytes.fromhex(digits[: _HEAD // 2].decode())
        if looks_like_file(head) or _charset(head) is not None:
            yield found.start(), found.end(), bytes.fromhex(digits.decode())
