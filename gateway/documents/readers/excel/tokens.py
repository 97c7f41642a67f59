"""Parsed formulas of binary workbooks (MS-XLS 2.5.198, MS-XLSB 2.5.97), said as formulas in letters as far as they hold words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from gateway.documents.readers.ole.objects import wide_strings
from gateway.documents.readers.ole.octets import u8, u16, wide

_JOIN, _STRING, _ATTRIBUTES, _SMALL_NUMBER, _FUNCTION = 0x08, 0x17, 0x19, 0x1E, 0x21
_COMPARISONS: Final = range(0x09, 0x0F)
_CHOOSE: Final = 4
_CHAR: Final = 111


class Form(NamedTuple):
    """How a version of Excel writes formulas."""

    sizes: Mapping[int, int]
    """Bytes of each Ptg behind its first."""
    text: Callable[[bytes, int], tuple[str, int]]
    """Returns the constant at a position, and where it ends."""


def _biff8_text(tokens: bytes, at: int) -> tuple[str, int]:
    count, double = u8(tokens, at), u8(tokens, at + 1) & 1
    octets = tokens[at + 2 : at + 2 + count * (1 + double)]
    return wide(octets) if double else octets.decode("latin-1"), at + 2 + len(octets)


def _xlsb_text(tokens: bytes, at: int) -> tuple[str, int]:
    end = at + 2 + 2 * u16(tokens, at)
    return wide(tokens[at + 2 : end]), end


BIFF8: Final = Form({
    0x01: 4, 0x02: 4, 0x1C: 1, 0x1D: 1, 0x1E: 2, 0x1F: 8, 0x20: 7, 0x21: 2, 0x22: 3, 0x23: 4, 0x24: 4, 0x25: 8, 0x26: 6,
    0x27: 6, 0x28: 6, 0x29: 2, 0x2A: 4, 0x2B: 8, 0x2C: 4, 0x2D: 8, 0x2E: 2, 0x2F: 2, 0x39: 6, 0x3A: 6, 0x3B: 10, 0x3C: 6,
    0x3D: 10, **dict.fromkeys(range(0x03, 0x17), 0),
}, _biff8_text)  # fmt: skip
XLSB: Final = Form({
    0x01: 4, 0x18: 13, 0x1C: 1, 0x1D: 1, 0x1E: 2, 0x1F: 8, 0x20: 14, 0x21: 2, 0x22: 3, 0x23: 4, 0x24: 6, 0x25: 12, 0x26: 6,
    0x27: 6, 0x28: 6, 0x29: 2, 0x2A: 6, 0x2B: 12, 0x2C: 6, 0x2D: 12, 0x39: 6, 0x3A: 8, 0x3B: 14, 0x3C: 8, 0x3D: 14,
    **dict.fromkeys(range(0x03, 0x17), 0),
}, _xlsb_text)  # fmt: skip
_BIFF5_SIZES: Final = {
    **BIFF8.sizes,
    0x23: 14, 0x24: 3, 0x25: 6, 0x2A: 3, 0x2B: 6, 0x2C: 3, 0x2D: 6, 0x39: 24, 0x3A: 17, 0x3B: 20, 0x3C: 17, 0x3D: 20,
}  # fmt: skip


def biff5(decode: Callable[[bytes], str]) -> Form:
    """Return the form of Excel 5 and 95, whose letters have a code page."""

    def text(tokens: bytes, at: int) -> tuple[str, int]:
        octets = tokens[at + 1 : at + 1 + u8(tokens, at)]
        return decode(octets), at + 1 + len(octets)

    return Form(_BIFF5_SIZES, text)


def formula_of(tokens: bytes, form: Form) -> str:
    """Return the constants of a formula and letters made by number, as a formula: `"a"&"b"&CHAR(77)`.

    Operators stand behind both of their operands, so what follows a constant tells whether it is joined to the one before
    or compared.
    """
    said: list[tuple[str, str]] = []
    at, number, last = 0, 0, False
    while at < len(tokens):
        token, at = tokens[at], at + 1
        if token == _ATTRIBUTES:  # blanks and jumps stand between a constant and its operator
            at += 3 + (2 * (u16(tokens, at + 1) + 1) if u8(tokens, at) & _CHOOSE else 0)
            continue
        if last and (token == _JOIN or token in _COMPARISONS):
            said[-1] = ("&" if token == _JOIN else "<>", said[-1][1])
        last = token == _STRING
        if last:
            text, at = form.text(tokens, at)
            said.append((",", _quoted(text)))
            continue
        token = token if token < 0x20 else token & 0x1F | 0x20
        size = form.sizes.get(token)
        if size is None:
            # Nobody knows where the next token begins, so anything that looks like words is taken.
            said += [(",", _quoted(text)) for text in wide_strings(tokens[at:])]
            break
        if token == _SMALL_NUMBER:
            number = u16(tokens, at)
        elif token == _FUNCTION and u16(tokens, at) == _CHAR:
            said.append((",", f"CHAR({number})"))
            last = True
        at += size
    return "".join(f"{before}{piece}" for before, piece in said).lstrip(",&")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
