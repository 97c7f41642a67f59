"""Report of a mark: level, strength, place, and codes of what decided; never its words."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from msgspec import Struct

from gateway.model import Origin, Role
from gateway.vietnamese.marks.hits import Strength
from gateway.vietnamese.marks.layout import Line
from gateway.vietnamese.marks.words import Level, Spelling


class Mark(Struct, frozen=True):
    """One secrecy mark, or what may be one."""

    level: Level
    strength: Strength
    evidence: tuple[str, ...]
    """Codes of what decided, the form first; never words of the document."""
    locator: str = ""
    """As `Run.locator`; empty for subjects and file names."""
    page: int | None = None

    @property
    def gravity(self) -> tuple[int, int]:
        """Order of severity: how sure it is, then the level."""
        return self.strength.rank, self.level.rank


def most_severe_first(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return marks in the order of their severity."""
    return tuple(sorted(marks, key=lambda mark: mark.gravity, reverse=True))


UNJUDGED: Final = "unjudged"
"""Evidence that there are more lines that could be a mark than were judged."""
SPELLING_CODES: Final = {
    Spelling.ASCII: ("unaccented",),
    Spelling.NOISY: ("noisy-letters",),
    Spelling.OTHER_WORD: ("noisy-letters",),
}
_ROLE_CODES: Final = {
    Role.HEADER: "header", Role.FOOTER: "footer", Role.NOTE: "note", Role.TEXTBOX: "textbox",
    Role.WATERMARK: "watermark", Role.STAMP: "stamp", Role.COMMENT: "comment", Role.PROPERTY: "property",
    Role.CELL: "cell", Role.FIELD: "field", Role.NAME: "name", Role.ALT_TEXT: "alt-text",
}  # fmt: skip


def look_codes(line: Line) -> tuple[str, ...]:
    """Return what a line's look adds to the evidence."""
    look = line.look
    run = line.runs[0]
    codes = {
        _ROLE_CODES.get(run.role, ""): run.role in _ROLE_CODES,
        "red": look.red,
        "boxed": look.boxed,
        "bold": any(run.bold for run in line.runs),
        "top-left": look.in_window,
        "split-runs": any(left.block == right.block for left, right in pairwise(line.runs)),
        run.origin.value: run.origin is not Origin.TEXT,
    }
    return tuple(code for code, shown in codes.items() if shown)
