"""Hits: the level a line states, its strength, and the look of its letters."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from gateway.vietnamese.marks.words import Level, Spelling


class Place(Enum):
    """Where a line stands, as far as that changes what its words mean."""

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


class Strength(Enum):
    """How sure a mark is."""

    NOTED = "noted"
    """Worth recording, not acting on: circulation stamps, column heads, options nobody chose."""
    SUSPECTED = "suspected"
    MARKED = "marked"

    @property
    def rank(self) -> int:
        """Order of certainty."""
        return ("noted", "suspected", "marked").index(self.value)


class Hit(NamedTuple):
    """What a line was found to say."""

    level: Level
    strength: Strength
    form: str
    """Evidence code of the form: `stamp-line`, `label`, `bracketed`, `auxiliary` ..."""
    spelling: Spelling = Spelling.EXACT
    exposed: bool = False
    """A bare `MẬT` that a broken title could have left: the lines around must be asked."""


class Look(NamedTuple):
    """What is known of the letters of a line beside their words."""

    place: Place
    red: bool = False
    boxed: bool = False
    in_window: bool = False
    """In box 10a of Decree 30/2020, where the stamp belongs."""
    ocr: bool = False

    @property
    def stands_out(self) -> bool:
        """Whether the letters look or stand like a stamp, wherever they are."""
        return self.red or self.boxed or self.in_window or self.place is Place.BOX
