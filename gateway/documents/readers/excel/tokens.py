"""Parsed formulas of binary workbooks (MS-XLS 2.5.198, MS-XLSB 2.5.97) as text; cells and names as `A1`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from gateway.documents.readers.ole.objects import wide_strings
from gateway.documents.readers.ole.octets import u8, u16, wide

_STRING, _ATTRIBUTES, _SMALL_NUMBER, _FUNCTION, _CALL = 0x17, 0x19, 0x1E, 0x21, 0x22
_OPERATORS: Final = dict(enumerate("+ - * / ^ & < <= = >= > <> ~ , :".split(), 0x03))  # noqa: SIM905
_SIGNS: Final = {0x12: "+{}", 0x13: "-{}", 0x14: "{}%", 0x15: "({})"}
_NOTHING: Final = frozenset({0x26, 0x27, 0x28, 0x29, 0x2E, 0x2F})
"""Tokens that say what is needed to compute others."""
_MISSING, _NUMBERS = 0x16, frozenset({0x1D, 0x1F})
_CHOOSE, _SUM = 0x04, 0x10
_FUNCTIONS: Final = {
    int(number): (name, int(count or -1))
    for number, name, count in re.findall(
        r"(\d+)([A-Z][^/\s]*)/?(\d*)",
        """0COUNT 1IF 2ISNA/1 3ISERROR/1 4SUM 5AVERAGE 6MIN 7MAX 8ROW 9COLUMN 10NA/0 13DOLLAR 14FIXED 24ABS/1 25INT/1 27ROUND/2 28LOOKUP
        29INDEX 30REPT/2 31MID/3 32LEN/1 33VALUE/1 34TRUE/0 35FALSE/0 36AND 37OR 38NOT/1 39MOD/2 48TEXT/2 64MATCH 65DATE/3 66TIME/3
        67DAY/1 68MONTH/1 69YEAR/1 70WEEKDAY 71HOUR/1 72MINUTE/1 73SECOND/1 74NOW/0 76ROWS/1 77COLUMNS/1 78OFFSET 82SEARCH 100CHOOSE
        101HLOOKUP 102VLOOKUP 109LOG 111CHAR/1 112LOWER/1 113UPPER/1 114PROPER/1 115LEFT 116RIGHT 117EXACT/2 118TRIM/1 119REPLACE/4
        120SUBSTITUTE 121CODE/1 124FIND 126ISERR/1 127ISTEXT/1 128ISNUMBER/1 129ISBLANK/1 130T/1 131N/1 140DATEVALUE/1 141TIMEVALUE/1
        148INDIRECT 162CLEAN/1 169COUNTA 183PRODUCT 190ISNONTEXT/1 197TRUNC 198ISLOGICAL/1 212ROUNDUP/2 213ROUNDDOWN/2 216RANK
        219ADDRESS 220DAYS360/2 221TODAY/0 227MEDIAN 228SUMPRODUCT 285FLOOR/2 288CEILING/2 325LARGE/2 326SMALL/2 336CONCATENATE
        337POWER/2 344SUBTOTAL 345SUMIF 346COUNTIF/2 347COUNTBLANK/1 351DATEDIF/3 354ROMAN 359HYPERLINK 480IFERROR/2 481COUNTIFS
        482SUMIFS 483AVERAGEIF 484AVERAGEIFS""",
    )
}
"""Names of the usual functions, and how many arguments they have where their number is fixed (2.5.198.17)."""


ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip


class Form(NamedTuple):
    """Formula encoding of a version of Excel."""

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


_UNKNOWN: Final = "UNKNOWN"
_LIMIT: Final = 1 << 14
"""Octets of a formula that Excel takes."""


def formula_of(tokens: bytes, form: Form) -> str:
    """Return a formula: `"a"&UPPER(A1)`; only its constants where the tokens between them are unknown."""
    stack: list[str] = []
    at = 0
    while at < len(tokens):
        token, at = tokens[at], at + 1
        if token == _ATTRIBUTES:  # blanks, jumps, and a sum of one argument
            if u8(tokens, at) & _SUM:
                _call(stack, "SUM", 1)
            at += 3 + (2 * (u16(tokens, at + 1) + 1) if u8(tokens, at) & _CHOOSE else 0)
            continue
        if token == _STRING:
            text, at = form.text(tokens, at)
            stack.append(_quoted(text))
            continue
        token = token if token < 0x20 else token & 0x1F | 0x20
        size = form.sizes.get(token) if at < _LIMIT else None
        if size is None:
            # The start of the next token is unknown, so anything that looks like words is read.
            stack += [_quoted(text) for text in wide_strings(tokens[at:])]
            break
        if token in _OPERATORS:
            right, left = _pop(stack), _pop(stack)
            stack.append(f"{left}{_OPERATORS[token]}{right}")
        elif token in _SIGNS:
            stack.append(_SIGNS[token].format(_pop(stack)))
        elif token == _FUNCTION:
            _call(stack, *_FUNCTIONS.get(u16(tokens, at), (_UNKNOWN, len(stack))))
        elif token == _CALL:
            _call(stack, _FUNCTIONS.get(u16(tokens, at + 1) & 0x7FFF, (_UNKNOWN, 0))[0], u8(tokens, at) & 0x7F)
        elif token not in _NOTHING:
            number = str(u16(tokens, at)) if token == _SMALL_NUMBER else "1" if token in _NUMBERS else "A1"
            stack.append("" if token == _MISSING else number)
        at += size
    return ",".join(stack)


def _pop(stack: list[str]) -> str:
    return stack.pop() if stack else ""


def _call(stack: list[str], name: str, count: int) -> None:
    """Put a function in place of its arguments."""
    first = max(0, len(stack) - count)
    stack[first:] = [f"{name}({','.join(stack[first:])})"]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
