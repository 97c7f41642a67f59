"""Vertical text set side by side, since line recognition does not read columns."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.documents.readers.pictures.spots import runs

CONTRAST = 16
"""Difference from the paper that makes ink."""
LEAST, MOST = 3, 12
"""Letters of a column; the shortest mark has three."""
PRINT = 60.0
"""Pixels to which higher letters are reduced."""
SIGN = 0.45
"""Height of signs above or below a letter, in heights of letters."""
WIDEST, ASIDE, BETWEEN = 1.7, 0.5, 0.25
"""Width of a letter, its sideways offset, and the distance at which letters are set, in heights of letters."""


class Figure(NamedTuple):
    """A BGR picture of a few letters."""

    pixels: Pixels
    paper: npt.NDArray[np.float64]
    """What is usual at its edges."""
    ink: npt.NDArray[np.bool_]
    """What differs from that."""


def figure(pixels: Pixels, plain: Pixels | None = None) -> Figure:
    """Separate ink from paper in a BGR picture; `plain` is the same as one plane where it has no colour."""
    paper = np.median(np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])), axis=0)
    seen = pixels if plain is None else plain
    usual = np.rint(paper[: 1 if seen.ndim == 2 else 3])
    near = cv2.inRange(seen, usual - CONTRAST, usual + CONTRAST)
    return Figure(pixels, paper, near == 0)


def as_row(shown: Figure) -> Pixels | None:
    """Return the letters of a picture in a row; None when it shows anything but one column of letters."""
    pixels, paper, ink = shown
    bands = runs(np.any(ink, axis=1))
    if not LEAST <= len(bands) <= 3 * MOST:
        return None
    high = max(bottom - top for top, bottom in bands)
    letters = [band for band in bands if band[1] - band[0] > SIGN * high]
    if not LEAST <= len(letters) <= MOST:
        return None
    spans = _with_signs(letters, bands)
    sides = [np.flatnonzero(ink[top:bottom].any(axis=0)) for top, bottom in spans]
    middles = np.array([(side[0] + side[-1]) / 2 for side in sides])
    if max(side[-1] - side[0] for side in sides) > WIDEST * high or np.ptp(middles) > 2 * ASIDE * high:
        return None
    scale = min(PRINT / high, 1.0)
    glyphs = [
        _reduced(pixels[top:bottom, side[0] : side[-1] + 1], scale)
        for (top, bottom), side in zip(spans, sides, strict=True)
    ]
    signs = max(letter[0] - span[0] for letter, span in zip(letters, spans, strict=True))
    rises = [round(scale * (letter[1] - span[0])) for letter, span in zip(letters, spans, strict=True)]
    high = round(scale * high)
    gap = int(BETWEEN * high) + 1
    above = round(scale * signs) + high + gap
    shape = above + 2 * high, sum(glyph.shape[1] - 1 + gap for glyph in glyphs) + gap, 3
    row = np.full(shape, paper.astype(np.uint8), np.uint8)
    x = gap
    for glyph, rise in zip(glyphs, rises, strict=True):
        start = above - rise
        row[start : start + glyph.shape[0], x : x + glyph.shape[1]] = glyph[: row.shape[0] - start]
        x += glyph.shape[1] - 1 + gap
    return np.pad(row, ((high, high), (high, high), (0, 0)), mode="edge")


def _reduced(glyph: Pixels, scale: float) -> Pixels:
    """Return a letter at the height of print: a row of letters as high as a page would take gigabytes."""
    if scale == 1:
        return glyph
    size = max(round(scale * glyph.shape[1]), 1), max(round(scale * glyph.shape[0]), 1)
    return np.asarray(cv2.resize(glyph, size, interpolation=cv2.INTER_AREA), np.uint8)


def _with_signs(letters: list[tuple[int, int]], bands: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return from where to where each letter goes with the signs that are nearer to it than to another."""
    spans = [list(letter) for letter in letters]
    for top, bottom in bands:
        gaps = [max(letter[0] - bottom, top - letter[1], 0) for letter in letters]
        nearest = spans[int(np.argmin(gaps))]
        nearest[0], nearest[1] = min(nearest[0], top), max(nearest[1], bottom)
    return [(top, bottom) for top, bottom in spans]
