"""Content of a PDF page, in points from the upper left corner of the page as displayed.

What a page has by the thousand is a struct that the cyclic collector need not look at: none of them can be in a cycle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from msgspec import Struct

Affine = tuple[float, float, float, float, float, float]
"""a, b, c, d, e, f of ISO 32000-1 §8.3.3."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points, y downwards."""


class Unseen(Enum):
    """Why a reader of the page does not see a piece of text."""

    INVISIBLE_MODE = "invisible"
    """Text rendering mode 3 or 7: the usual text layer over a scan."""
    TRANSPARENT = "transparent"
    SAME_COLOUR = "same-colour"
    """The colour of what is behind it."""
    COVERED = "covered"
    """Something opaque was painted over it later."""
    OFF_PAGE = "off-page"
    TINY = "tiny"
    LAYER_OFF = "layer-off"
    ACTUAL_TEXT = "actual-text"
    """Words of an /ActualText that differ from the glyphs shown."""


@dataclass(frozen=True, slots=True)
class Font:
    """A font resource as a page uses it."""

    name: str | None
    """Base font name without subset prefix, None when it has none (Type 3)."""
    bold: bool
    legacy: bool
    """A font of TCVN3, VNI and their like, whose codes are no Unicode."""
    symbol: bool
    meant: frozenset[str] | None = field(default=None, compare=False, repr=False)
    """The letters that its map gives where the codes are numbers of glyphs, None elsewhere."""
    sure: frozenset[str] | None = field(default=None, compare=False, repr=False)
    """The letters that need not be doubted wherever they are once they have been found to mean themselves; None is all."""


class Piece(Struct, gc=False):
    """One text object: what one show operator drew."""

    text: str
    box: Box
    angle: int
    """Direction of writing in degrees counter-clockwise, 0 to 359; 0 is ordinary horizontal text."""
    origin: tuple[float, float]
    """Start of the baseline."""
    size: float
    """Font size in points as displayed."""
    font: Font
    colour: str | None
    order: int
    """Painting order within the page."""
    length: float | None = None
    """Extent along the baseline, for slanting text only; else the box shows it."""
    background: str | None = None
    unseen: Unseen | None = None
    struck: bool = False
    """A line is drawn through it."""


class Fill(Struct, frozen=True, gc=False):
    """A painted rectangle or picture, as far as it matters to what is visible."""

    box: Box
    colour: str | None
    """None for a picture."""
    order: int
    opaque: bool


FINE_DPI = 600.0
LEGIBLE_PX = 40
"""Pixels across the smallest picture that shows a word."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image object on the page."""

    box: Box
    width_px: int
    height_px: int
    order: int
    drawn: bool | None = True
    """pdfium can draw it; of another one other viewers may show something all the same. None if that would take too long to ask."""

    @property
    def is_legible(self) -> bool:
        """Whether it is large enough to show a word."""
        return min(self.width_px, self.height_px) >= LEGIBLE_PX

    @property
    def is_fine(self) -> bool:
        """Whether a page drawn at 200 dpi does not show what letters it may hold: a scan of few centimetres."""
        inches = (self.box[2] - self.box[0]) / 72, (self.box[3] - self.box[1]) / 72
        return self.is_legible and self.width_px * self.height_px > FINE_DPI**2 * inches[0] * inches[1]


@dataclass(frozen=True, slots=True)
class Annotation:
    """Place and subtype (FPDF_ANNOT_*) of an annotation."""

    box: Box
    subtype: int
    drawn: bool = True
    """It has a look, or is never seen; without one each viewer draws it as it likes."""
    signature: bool = False
    """The widget of a signature field: what it draws is the look of a signature, in any font and colour."""
    name: str = ""
    """The name by which viewers know a stamp without a look."""


@dataclass(frozen=True, slots=True)
class Left:
    """Ink of a page that its text does not explain."""

    keep: frozenset[int] = frozenset()
    """Text objects that are drawn with it, by `Piece.order`."""
    areas: tuple[Box, ...] = ()
    """Its place."""
    cut: tuple[Box, ...] = ()
    """Text of which only some letters are seen, whatever it says."""


@dataclass(slots=True)
class PageContent:
    """Everything that the line builder and the scan reader want to know of a page."""

    number: int
    width: float
    height: float
    pieces: list[Piece] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    frames: list[Box] = field(default_factory=list)
    """Rectangles that could be the border of a stamp."""
    fills: list[Fill] = field(default_factory=list)
    paints: list[tuple[Box, int]] = field(default_factory=list)
    """Other objects that may hide text below them, and their painting order."""
    annotations: list[Annotation] = field(default_factory=list)
    curves: int = 0
    """Drawn shapes that are no rectangles."""
    drawings: int = 0
    """Whatever is drawn or painted and is no text, no long rule and no plain area."""
    strokes: list[Box] = field(default_factory=list)
    """Straight lines that are no longer than those of letters."""
    left: Left | None = None
    """Ink that no text explains; None where there is none, and where it was not looked for."""
    characters: int = 0
    unmapped: int = 0
    """Characters whose font gives them no meaning in Unicode."""
    blind: set[int] = field(default_factory=set)
    """Text objects that have some, by `Piece.order`."""
    gaps: set[int] = field(default_factory=set)
    """Text objects of which some letters are not seen, by `Piece.order`."""
    objects: int = 0
