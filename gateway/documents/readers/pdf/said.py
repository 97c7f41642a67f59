"""Words of /ActualText in content streams that pdfium does not give: letters beyond the basic plane (ISO 32000-1 §14.9.4).

pdfium reads the property lists of marked content, but loses the surrogates of their UTF-16 strings, and mathematical bold
letters, which anybody can copy from the page, with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LIMIT_SAID = 2000
"""Strings of one content stream that are looked at."""
_SAID = re.compile(
    rb"/ActualText\s*(?:<(?P<digits>[0-9A-Fa-f\s]{8,8000})>|\((?P<literal>(?:\xfe\xff|\\376\\377)(?:[^\\()]|\\[\s\S]){1,4000})\))"
)
_BACKSLASH = re.compile(rb"\\([0-7]{1,3}|\r\n|[\s\S])")
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
_BASIC_PLANE = "\uffff"


def said_beyond_basic_plane(content: bytes) -> Iterator[str]:
    """Yield the /ActualText strings of a content stream that have letters beyond the basic plane."""
    for number, found in enumerate(_SAID.finditer(content)):
        if number >= LIMIT_SAID:
            return
        digits = found["digits"]
        raw = _from_digits(digits) if digits is not None else unescaped(found["literal"])
        if raw[:2] != b"\xfe\xff":
            continue
        text = raw[2:].decode("utf-16-be", "replace")
        if max(text, default="") > _BASIC_PLANE:
            yield text


def unescaped(literal: bytes) -> bytes:
    """Return the octets of a literal string between its brackets (ISO 32000-1 §7.3.4.2)."""
    if b"\\" not in literal:
        return literal

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes((int(code, 8) & 0xFF,)) if code.isdigit() else _CONTROL.get(code, code)

    return _BACKSLASH.sub(plain, literal)


def _from_digits(digits: bytes) -> bytes:
    """Return the octets of a hexadecimal string; a missing last digit is 0 (§7.3.4.3)."""
    digits = b"".join(digits.split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
