"""Fields and keywords as word processors show them (ECMA-376-1 §17.16.17, MS-DOC 2.9.78)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

BY_DEFAULT: Final = 25
"""Result of an unchanged field; then its default counts."""


def shown_value(code: str, entries: Sequence[str], chosen: int) -> str:
    """Return the ticked or empty box of a FORMCHECKBOX, the chosen entry of a FORMDROPDOWN, nothing for another code."""
    kind = code.strip().rpartition(".")[2].upper()
    if kind.startswith("FORMCHECKBOX"):
        return "☒" if chosen else "☐"
    return entries[chosen] if kind.startswith("FORMDROPDOWN") and chosen < len(entries) else ""


def keyword_line(words: Sequence[str]) -> str:
    """Return keywords in one line.

    LibreOffice and Gnumeric split the keywords of a Word or Excel file at their blanks, so that `mật` of `mật độ` is
    alone; where no keyword has a blank, they are joined by blanks again.
    """
    words = [word.strip() for word in words]
    return (", " if any(" " in word for word in words) else " ").join(words)
