"""Hits: the level a line states, its strength, and the look of its letters."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from gateway.vietnamese.marks.words import Level, Spelling


class Place(Enum):
    """Position of a line, as far as it changes the meaning of its words."""

    BODY = "body"
    CELL = "cell"
    EDGE = "edge"
    """Page header or footer."""
    BOX = "box"
    """Stamp, text box, frame."""
    WATERMARK = "watermark"
    PROPERTY = "property"
    """Document property, sheet name, layer, bookmark."""
    ASIDE = "aside"
    """Comment, note, form field, alternative text."""
    SUBJECT = "subject"
    FILENAME = "filename"

    @property
    def is_text(self) -> bool:
        """Return whether running text is there."""
        return self in (Place.BODY, Place.CELL, Place.ASIDE)


class Strength(Enum):
    """Certainty of a mark."""

    NOTED = "noted"
    """Worth recording, not acting on: circulation stamps, column heads, options not chosen."""
    SUSPECTED = "suspected"
    MARKED = "marked"

    @property
    def rank(self) -> int:
        """Order of certainty."""
        return ("noted", "suspected", "marked").index(self.value)


class Hit(NamedTuple):
    """A mark found in a line."""

    level: Level
    strength: Strength
    form: str
    """Evidence code of the form: `stamp-line`, `label`, `bracketed`, `auxiliary` ..."""
    spelling: Spelling = Spelling.EXACT
    exposed: bool = False
    """A bare `MẬT` that a broken title could have left: the lines around must be asked."""

    @property
    def gravity(self) -> tuple[int, int]:
        """Order of severity: how sure it is, then the level."""
        return self.strength.rank, self.level.rank


def most_severe(hits: Iterable[Hit | None]) -> Hit | None:
    """Return the most severe hit, the first of several, None when there is none."""
    return max((hit for hit in hits if hit is not None), key=lambda hit: hit.gravity, default=None)


class Look(NamedTuple):
    """Properties of the letters of a line."""

    place: Place
    red: bool = False
    boxed: bool = False
    in_window: bool = False
    """In box 10a of Decree 30/2020, where the stamp belongs."""
    ocr: bool = False

    @property
    def stands_out(self) -> bool:
        """Return whether the letters look or are placed like a stamp, wherever they are."""
        return self.red or self.boxed or self.in_window or self.place is Place.BOX

    @property
    def is_stamped(self) -> bool:
        """Return whether they stand out, or are where stamps and labels are and no running text."""
        return self.stands_out or self.place in (Place.EDGE, Place.WATERMARK, Place.PROPERTY)
