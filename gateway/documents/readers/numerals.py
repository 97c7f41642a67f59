"""Numbers written in files by others, taken only where they can be meant; and columns of sheets, which letters name."""

from __future__ import annotations

from functools import lru_cache


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


def cell_name(row: int, column: int) -> str:
    """Return the reference of a cell, rows and columns counted from 0: `B3`."""
    return f"{column_letters(column)}{row + 1}"
