"""Numbers written in files by others, taken only where they can be meant; columns and list items, which letters name."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MOST: Final = 32_000
_LIMIT_COLUMNS: Final = 16_384


def whole(value: str | None, default: int = 0, *, digits: int = 8) -> int:
    """Return a number of at most that many decimal digits; the default for a sign, a longer one or anything else."""
    return int(value) if value and len(value) <= digits and value.isdecimal() else default


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
