"""Encoded words of header fields to text (RFC 2047, RFC 2231 §5), in linear time.

Reads what mail clients really write: a letter cut between two words, blanks inside a Q word, words inside quotes and
parameters, unknown charsets. What is no encoded word is kept as written.
"""

from __future__ import annotations

import binascii
import re

from gateway.mime import charsets
from gateway.mime.transfer import from_digits

# Each class stops at the next `?`, so every byte is visited a bounded number of times.
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([BbQq])\?([^?]*)\?=")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_ODD = re.compile(rb"=(?:[=\r\n]|\Z)")
"""Equals signs that the decoder of bodies treats as more than themselves."""
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def header_text(value: str) -> str:
    """Return `value` with its encoded words decoded, for people and for the search of marks."""
    if "=?" not in value:
        return value
    pieces: list[str] = []
    charset, data = "", bytearray()
    end = 0
    for match in _WORD.finditer(value):
        gap = value[end : match.start()]
        label = match[1].partition("*")[0].lower()
        # RFC 2047 §6.2: white space between two encoded words does not count.
        if gap and (not data or not gap.isspace()):
            pieces += (charsets.decode(bytes(data), charset), gap)
            data.clear()
        if label != charset:
            pieces.append(charsets.decode(bytes(data), charset))
            data.clear()
        charset = label
        data += _word_bytes(match[2], match[3])
        end = match.end()
    pieces += (charsets.decode(bytes(data), charset), value[end:])
    return "".join(pieces)


def has_encoded_word(value: str) -> bool:
    """Return whether `value` holds an encoded word."""
    return "=?" in value and _WORD.search(value) is not None


def in_unknown_charset(value: str) -> bool:
    """Return whether an encoded word is in a charset that is not known here."""
    return any(charsets.codec_of(match[1].partition("*")[0]) is None for match in _WORD.finditer(value))


def _word_bytes(encoding: str, text: str) -> bytes:
    """Return the bytes of one encoded word; junk in base64 is skipped."""
    raw = text.encode("utf-8")
    if encoding in "Qq":
        if _ODD.search(raw) is None:
            return binascii.a2b_qp(raw, header=True)
        return _HEX.sub(lambda found: bytes.fromhex(found[1].decode()), raw.replace(b"_", b" "))
    return from_digits(_NOT_BASE64.sub(b"", raw))
