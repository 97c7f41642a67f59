"""Byte range of a PDF signature (ISO 32000-2 §12.8.1), computed from the bytes of the file.

What a library reads from the objects is believed only when the bytes agree: `/ByteRange [0 a b c]` must leave out exactly
the hexadecimal string of `/Contents`, begin at the first byte of the file and end with a revision of it. Everything
else (a wider gap, a range moved, a second gap) is how content is smuggled past a signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.documents.signatures.algorithms import Content

_HEX_STRING = re.compile(rb"<[0-9A-Fa-f\s]*>\Z")
_WHITE = b"\x00\t\n\x0c\r "
_END_OF_REVISION = re.compile(rb"startxref[\x00\t\n\x0c\r ]*(\d{1,12})[\x00\t\n\x0c\r ]*%%EOF[\x00\t\n\x0c\r ]*\Z")


class RangeFault(Exception):  # noqa: N818 - describes the file, not an error of ours
    """The byte range cannot be that of an honest signature; the text is a stable problem code."""


@dataclass(frozen=True)
class SignedRange:
    """A byte range that is well formed."""

    gap_start: int
    """Offset of `<`."""
    gap_end: int
    """Offset after `>`."""
    end: int
    """Offset after the last signed byte."""
    contents: bytes
    """The decoded hexadecimal string, with its padding."""

    def content(self, data: bytes) -> Content:
        """Return the signed bytes of the file."""
        view = memoryview(data)
        return Content((view[: self.gap_start], view[self.gap_end : self.end]))


def read_range(data: bytes, numbers: Sequence[object]) -> SignedRange:
    """Check `/ByteRange` against the file; RangeFault with the reason when it does not hold."""
    if len(numbers) != 4 or not all(isinstance(number, int) for number in numbers):
        raise RangeFault("byte-range-form")
    first, length, second, rest = (int(str(number)) for number in numbers)
    if first != 0 or length <= 0 or second <= length or rest <= 0:
        raise RangeFault("byte-range-form")
    if second + rest > len(data):
        raise RangeFault("byte-range-beyond-file")
    gap = data[length:second]
    if not _HEX_STRING.match(gap):
        raise RangeFault("byte-range-gap")
    digits = re.sub(rb"\s+", b"", gap[1:-1])
    if len(digits) % 2:
        digits += b"0"  # ISO 32000-2 §7.3.4.3
    return SignedRange(length, second, second + rest, bytes.fromhex(digits.decode("ascii")))


def reaches_end(data: bytes, signed: SignedRange) -> bool:
    """Return whether nothing but white space follows the signed bytes."""
    return not data[signed.end :].strip(_WHITE)


def final_startxref(data: bytes, signed: SignedRange) -> int | None:
    """Return the startxref value that the signed bytes end with, None when they do not end like a revision."""
    match = _END_OF_REVISION.search(data[max(0, signed.end - 1024) : signed.end])
    return int(match.group(1)) if match else None


def has_foreign_tail(data: bytes, structure_end: int) -> bool:
    """Return whether anything but white space follows the last revision, whose cross-reference ends at `structure_end`."""
    marker = data.find(b"%%EOF", structure_end)
    if marker < 0:
        return False  # a missing marker is a defect of the writer; nothing is hidden after it
    return bool(data[marker + 5 :].strip(_WHITE))
