"""Numbers and lengths from files, accepted only in plausible ranges; columns and list items numbered by letters."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final

_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MOST: Final = 32_000
POINTS: Final = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4, "pc": 12.0, "pi": 12.0, "px": 0.75}
"""Of each unit of length."""
_LENGTH: Final = re.compile(r"\s*(-?(?:\d{1,9}(?:\.\d{1,15})?|\.\d{1,15}))(pt|in|cm|mm|p[cix])?")
_LIMIT_COLUMNS: Final = 16_384


def whole(value: str | None, default: int = 0, *, digits: int = 8) -> int:
    """Return a number of at most that many decimal digits; the default for a sign, a longer one or anything else."""
    return int(value) if value and len(value) <= digits and value.isdecimal() else default


def hexadecimal(value: str | None, default: int = 0) -> int:
    """Return a number of hexadecimal digits, the default for anything else."""
    try:
        return int(value or "", 16)
    except ValueError:
        return default


def number(value: str | None) -> float:
    """Return a number, 0 for none and for what is no number."""
    try:
        found = float(value or 0)
    except ValueError:
        return 0.0
    return found if math.isfinite(found) else 0.0


def length_pt(value: str | None, bare_pt: float | None = None) -> float | None:
    """Return points of a length, to a hundredth; a number without a unit counts `bare_pt` each. None for what is no length."""
    match = _LENGTH.match(value or "")
    unit = None if match is None else POINTS[match[2]] if match[2] else bare_pt
    return None if match is None or unit is None else round(float(match[1]) * unit, 2)


def signed(value: str) -> int:
    """Return the whole part of a number with or without a sign, 0 of anything else."""
    digits = value.partition(".")[0]
    return -whole(digits[1:], digits=10) if digits.startswith("-") else whole(digits, digits=10)


@lru_cache(maxsize=4096)
def column_letters(column: int) -> str:
    """Return the letters of a column, counted from 0: `A`, `Z`, `AA`."""
    letters = ""
    rest = column + 1
    while rest > 0:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def column_of(reference: str | None, default: int) -> int:
    """Column from 0 of a cell reference."""
    column = 0
    for letter in reference or "":
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
        if column > _LIMIT_COLUMNS:
            return default
    return column - 1 if column else default


def cell_name(row: int, column: int) -> str:
    """Return the reference of a cell, rows and columns counted from 0: `B3`."""
    return f"{column_letters(column)}{row + 1}"


def speaks(sign: str) -> bool:
    """Return whether the sign before an item of a list is words, or a capital that may begin the one behind it."""
    return sign.isupper() or sum(letter.isalpha() for letter in sign) > 1


def numeral(value: int, kind: str) -> str:
    """Return the label of an item of a list, in a format of Word (ECMA-376-1 §17.18.59)."""
    if not 0 < value < _MOST:
        return str(value)
    match kind:
        case "lowerLetter" | "upperLetter":
            # After z come aa, bb, cc.
            letters = chr(97 + (value - 1) % 26) * min((value - 1) // 26 + 1, 64)
            return letters.upper() if kind == "upperLetter" else letters
        case "lowerRoman" | "upperRoman":
            digits = []
            for worth, digit in _ROMAN:
                count, value = divmod(value, worth)
                digits.append(digit * count)
            roman = "".join(digits)
            return roman.upper() if kind == "upperRoman" else roman
        case "decimalZero":
            return f"{value:02d}"
        case "none" | "bullet":
            return ""
        case _:
            return str(value)
