"""Likeness of ink to written words, by counting connected components; Tesseract needs seconds for the same answer.

Letters have neighbours of their height, a letter's distance away, on one line. Of the spots of ink of a written
page, upright or on its side, more than half have such a neighbour; of grass, crowds, roofs and leaves, less than a
quarter.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.documents.readers.pictures.spots import spots

MANY_GLYPHS = 40
"""Spots of the size of letters from which a picture must have words."""
TALLEST = 0.3
"""Inches of a letter of running text."""
MANY_SPOTS = 15_000
"""Spots of ink on a picture beyond which it is a texture unless a good part of them are letters; a page has 1500."""


SMALLEST = 4
"""Pixels of the longer side of a letter, at the resolution at which lines are looked for."""
LEAST_CHAINED, LEAST_SHARE = 8, 0.4
LIMIT_ASKED, LIMIT_SPOTS = 500, 6000


class Likeness(Enum):
    """Appearance of spots of ink."""

    PICTURE = "picture"
    """Too few of the size of letters for words."""
    WORDS = "words"
    TEXTURE = "texture"
    """A grain of countless spots; Tesseract would look for lines among them for ten seconds and more."""


def likeness(ink: Pixels, dpi: float) -> Likeness:
    """Count spots of ink of the size of letters, and all spots: on a page of words most are letters."""
    mask = cv2.threshold(ink, 50, 255, cv2.THRESH_BINARY)[1]
    _, _, widths, heights, _ = spots(mask, least=MANY_GLYPHS)[1].T / dpi
    glyphs = int(((heights > 0.05) & (heights < TALLEST) & (widths > 0.015) & (widths < 1.2 * TALLEST)).sum())
    if glyphs < MANY_GLYPHS:
        return Likeness.PICTURE
    return Likeness.TEXTURE if len(heights) > max(MANY_SPOTS, 6 * glyphs) else Likeness.WORDS


class Writing(NamedTuple):
    """Share of a picture's ink that is arranged in lines as letters are, 0 to 1."""

    rows: float
    columns: float
    """Along the columns: letters of a page on its side."""

    @property
    def is_page(self) -> bool:
        """It looks like a page or a screen of words, and not like a photo or drawing of things."""
        return max(self.rows, self.columns) >= LEAST_SHARE

    @property
    def on_its_side(self) -> bool:
        """The lines run along the columns."""
        return self.columns > self.rows


def writing(ink: Pixels) -> Writing:
    """Look for lines of letters in a mask of ink without rules (`lines.Sheet.ink`)."""
    found = spots(ink)[1]
    width, height = found[:, 2], found[:, 3]
    letter = (np.minimum(width, height) >= 2) & (np.maximum(width, height) >= SMALLEST)
    letter &= np.maximum(width, height) <= 0.07 * max(ink.shape)
    boxes = found[letter][:LIMIT_SPOTS, :4].astype(np.float32)
    return Writing(_chained(boxes), _chained(boxes[:, [1, 0, 3, 2]]))


def _chained(boxes: npt.NDArray[np.float32]) -> float:
    """Return the share of spots with a neighbour to the right on their line and of about their height."""
    if len(boxes) < LEAST_CHAINED:
        return 0.0
    boxes = boxes[np.argsort(boxes[:, 1] + boxes[:, 3])]
    left, width, height = boxes[:, 0], boxes[:, 2], boxes[:, 3]
    right, bottom = left + width, boxes[:, 1] + height
    asked = np.linspace(0, len(boxes) - 1, min(len(boxes), LIMIT_ASKED)).astype(int)
    first = np.searchsorted(bottom, bottom[asked] - 0.35 * height[asked], side="right")
    last = np.searchsorted(bottom, bottom[asked] + 0.35 * height[asked])
    counts = last - first
    one = np.repeat(asked.astype(np.int32), counts)
    other = np.arange(len(one), dtype=np.int32) - np.repeat(
        (np.cumsum(counts) - counts - first).astype(np.int32), counts
    )
    tall, near, gap = height[one], height[other], left[other] - right[one]
    beside = (gap > -0.3 * tall) & (gap < 1.2 * tall) & (near > 0.55 * tall) & (near < 1.8 * tall) & (other != one)
    chained = len(np.unique(one[beside]))
    return chained / len(asked) if chained >= LEAST_CHAINED else 0.0
