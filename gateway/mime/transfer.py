"""Encoded bodies to bytes (RFC 2045 §6.7, §6.8): the strict reading, its defects, and what lenient readers make of it.

Sound base64 is decoded in one pass over the buffer and only counted for soundness. Anything else takes the slow way, on
which every reading that a known decoder produces is computed, so that no reader sees what was not looked at.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

import pybase64

from gateway.model import Ambiguity, Part, TransferEncoding

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_ALPHABET = bytes(sorted(set(range(256)) - set(_ALPHABET)))
_NOT_ALPHABET_OR_PAD = bytes(sorted(set(_NOT_ALPHABET) - {ord("=")}))
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_PADDING = re.compile(rb"=+")
_QP_BAD = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*(?:\r?\n|\Z))")
_QP_PADDED = re.compile(rb"=[ \t]+(?=\r?\n|\Z)")
"""A soft line break with blanks behind it, which do not count (RFC 2045 §6.7, rule 3)."""
_BASE64_FIRST_LINE = re.compile(rb"\s*[A-Za-z0-9+/]{4,}={0,2}[ \t]*(?:\r?\n|\Z)")
_LIMIT_CHUNKS = 100_000
_STEP = 64 << 10
_LONGEST_LINE = 1000
_HARMLESS = frozenset({"base64-missing-padding"})
_WORDS = frozenset({"", "text/plain", "text/html"})


@dataclass(frozen=True)
class DecodedBody:
    """The body of a leaf part."""

    data: bytes
    """The reading of most programs."""
    defects: tuple[str, ...] = ()
    """Stable codes: `base64-junk`, `base64-padding`, `base64-length`, `base64-missing-padding`, `qp-escape`,
    `base64-undeclared`."""
    alternatives: tuple[bytes, ...] = ()
    """Other readings, each different from `data`; all of them are to be looked at."""

    def ambiguities(self, part: Part) -> tuple[Ambiguity, ...]:
        """Return the defects that let two readers see different bytes."""
        # Words with a stray `=` show the same words in every reader; a file would not be the same file.
        words = part.declared_type in _WORDS and part.filename is None
        return tuple(
            Ambiguity(code, part.path)
            for code in self.defects
            if code not in _HARMLESS and not (words and code == "qp-escape")
        )


def decode_body(content: bytes | memoryview | mmap, part: Part) -> DecodedBody:
    """Return the decoded body of a leaf `part` of the message in `content`."""
    with memoryview(content) as view, view[part.offset : part.offset + part.length] as body:
        return decode(body, part.encoding)


def decode(body: bytes | memoryview, encoding: TransferEncoding) -> DecodedBody:
    """Return the decoded form of an encoded body."""
    match encoding:
        case TransferEncoding.BASE64:
            return _base64(body)
        case TransferEncoding.QUOTED_PRINTABLE:
            return _quoted_printable(bytes(body))
        case TransferEncoding.SEVEN_BIT | TransferEncoding.EIGHT_BIT | TransferEncoding.BINARY:
            return _identity(bytes(body))


def decoded_slices(content: bytes | mmap, part: Part) -> Iterator[bytes | None]:
    """Yield the decoded body of a part slice by slice while it is base64 as encoders write it, None where it is not.

    Together the slices are what `decode_body` would return, without defects.
    """
    start, end = part.offset, part.offset + part.length
    line = content[start : start + _LONGEST_LINE].find(b"\r\n") + 2
    if part.encoding is not TransferEncoding.BASE64 or line < 6 or (line - 2) % 4:
        yield None
        return
    step = _STEP // line * line
    with memoryview(content) as view:
        for at in range(start, end, step):
            with view[at : min(at + step, end)] as body:
                decoded = _base64(body)
            last = at + step >= end
            yield None if decoded.defects or (len(decoded.data) % 3 and not last) else decoded.data


def _base64(body: bytes | memoryview) -> DecodedBody:
    try:
        data = pybase64.b64decode(body)
    except binascii.Error:
        return _sloppy_base64(bytes(body))
    tail = bytes(body[-16:]).translate(None, b"\r\n")
    padding = len(tail) - len(tail.rstrip(b"="))
    if padding <= 2:
        # Any other byte counts as a digit, so that the digits do not add up, and the slow way looks closer.
        for newlines in (_line_ends_at_stride, _count_newlines):
            digits = len(body) - newlines(body)
            if digits % 4 == 0 and len(data) == digits // 4 * 3 - padding:
                return DecodedBody(data)
    return _sloppy_base64(bytes(body))


def _line_ends_at_stride(body: bytes | memoryview) -> int:
    """Count the bytes of line ends in the places where encoders put them: CRLF after lines of one length, and at the end."""
    tail = bytes(body[-16:])
    end = len(body) - (len(tail) - len(tail.rstrip(b"\r\n")))
    width = bytes(body[:_LONGEST_LINE]).find(b"\r\n")
    if width < 1:
        return len(body) - end
    stops = bytes(body[width : end : width + 2]), bytes(body[width + 1 : end : width + 2])
    return len(body) - end + stops[0].count(b"\r") + stops[1].count(b"\n")


def _count_newlines(body: bytes | memoryview) -> int:
    """Count CR and LF, each of its own (a lone one must not make up for junk), without a copy of the whole."""
    pieces = (bytes(body[at : at + _STEP]) for at in range(0, len(body), _STEP))
    return sum(piece.count(b"\r") + piece.count(b"\n") for piece in pieces)


def _sloppy_base64(raw: bytes) -> DecodedBody:
    """Decode base64 that breaks RFC 2045 in every way a reader does."""
    text = raw.translate(None, b" \t\r\n")
    defects = []
    if text.translate(None, _ALPHABET + b"="):
        defects.append("base64-junk")
    symbols = text.translate(None, _NOT_ALPHABET_OR_PAD)
    body = symbols.rstrip(b"=")
    if b"=" in body or len(symbols) - len(body) > 2:
        defects.append("base64-padding")
    if len(body) % 4 == 1:
        defects.append("base64-length")
    elif len(symbols) % 4 and "base64-padding" not in defects:
        defects.append("base64-missing-padding")
    *first, last = _PADDING.split(symbols, maxsplit=_LIMIT_CHUNKS)
    chunks = [from_digits(chunk) for chunk in (*first, last.translate(None, b"="))]
    readings = [
        b"".join(chunks),  # each padded chunk on its own, junk skipped
        chunks[0],  # stops at the first padding
        _as_binascii(raw),
        from_digits(symbols.translate(None, b"=")),  # padding skipped like junk
        from_digits(_PADDING.split(text, maxsplit=1)[0].translate(_URL_SAFE).translate(None, _NOT_ALPHABET)),
        _until_junk(text),
    ]
    if defects:
        readings.append(raw)  # for a reader that does not decode what it finds unsound
    distinct = [reading for reading in dict.fromkeys(readings) if reading] or [b""]
    return DecodedBody(distinct[0], tuple(defects), tuple(distinct[1:]))


def from_digits(digits: bytes) -> bytes:
    """Decode a run of base64 digits; a lone last digit carries no byte."""
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _as_binascii(raw: bytes) -> bytes:
    """Decode as CPython's binascii does: a padding that does not end a group is skipped; nothing when it refuses."""
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        return b""


def _until_junk(text: bytes) -> bytes:
    """Decode up to the first byte that is no base64 digit."""
    match = re.match(rb"[A-Za-z0-9+/]*", text)
    return from_digits(match[0]) if match else b""


def _quoted_printable(raw: bytes) -> DecodedBody:
    tidy = _QP_PADDED.sub(b"=", raw)
    data = binascii.a2b_qp(tidy)
    defects = ["qp-escape"] if _QP_BAD.search(raw) else []
    alternatives = _undeclared(raw)
    if alternatives:
        defects.append("base64-undeclared")
    if tidy != raw:
        alternatives.append(binascii.a2b_qp(raw))  # for a reader that takes no such line for joined
    if "qp-escape" in defects:
        alternatives.append(binascii.a2b_qp(_QP_BAD.sub(b"", tidy)))
    if defects:
        alternatives.append(raw)
    return DecodedBody(data, tuple(defects), tuple(other for other in dict.fromkeys(alternatives) if other != data))


def _identity(raw: bytes) -> DecodedBody:
    alternatives = _undeclared(raw)
    return DecodedBody(raw, ("base64-undeclared",) if alternatives else (), tuple(alternatives))


def _undeclared(raw: bytes) -> list[bytes]:
    """Decode a body that is base64 from end to end though its header does not say so; else return nothing.

    Readers that take another of two Content-Transfer-Encoding fields, or an unknown one, would decode it.
    """
    if len(raw) < 40 or not _BASE64_FIRST_LINE.match(raw):
        return []
    text = raw.translate(None, b" \t\r\n")
    body = text.rstrip(b"=")
    if body.translate(None, _ALPHABET + b"=") or len(body) % 4 == 1:
        return []
    data = from_digits(body.translate(None, b"="))
    # Words without blanks are base64 digits too: only what decodes to a file or to text counts.
    return [data] if looks_like_file(data) or looks_like_text(data) else []


_MAGIC = (
    b"%PDF-", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd", b"MSCF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"RIFF",
    b"<?xml", b"<html", b"<!DOCTYPE", b"MZ", b"\x7fELF", b"\x78\x9f\x3e\x22", b"%!PS", b"MIME-Version",
    b"Content-", b"From:", b"Received:", b"\xef\xbb\xbf", b"Salted__", b"age-encryption", b"bplist00", b"SQLite format",
    b"\xe4\x52\x5c\x7b", b"\0\1\0\0Standard ", b"AC10", b"AT&TFORM", b"8BPS", b"ITSF", b"\0\0\0\x0cjP  ", b"LZIP", b"xar!", b"MSWIM\0",
    b"\x04\x22\x4d\x18", b"!<arch>",
)  # fmt: skip
_CMS = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
"""The content types of CMS (RFC 5652 §3), which a `SEQUENCE` begins with."""
_FIRST = frozenset({*(magic[:1] for magic in _MAGIC), b" ", b"\t", b"\r", b"\n", b"\x0b", b"\x0c"})
_PRINTABLE = bytes(range(32, 127)) + b"\t\r\n" + bytes(range(128, 256))


def looks_like_file(data: bytes) -> bool:
    """Return whether the bytes begin as a known file format does."""
    known = data[:1] in _FIRST and data[:64].lstrip().startswith(_MAGIC)
    return known or data[4:8] == b"ftyp" or data[257:262] == b"ustar" or (data[:1] == b"0" and _CMS in data[:40])


def looks_like_text(data: bytes) -> bool:
    """Return whether the bytes are UTF-8 text of some length."""
    if len(data) < 24 or data[:4096].translate(None, _PRINTABLE):
        return False
    try:
        data[:4096].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > 4090
    return True
