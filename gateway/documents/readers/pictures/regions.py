"""Words in parts of a page: letters drawn as shapes, pictures between paragraphs, patterns.

Each part is turned into black ink on white by its own paper, so that white letters on red and pale ones on grey are read
as well; all parts are then read together, as they stand, and the rest of the page is left out. Slanting groups, as
watermarks are, are turned upright first.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.base import Budget
from gateway.documents.readers.pictures import ocr, stamp_page
from gateway.documents.readers.pictures.likeness import Likeness, likeness
from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.model import Run

Region = Sequence[tuple[float, float, float, float]]
"""Boxes that belong together, in pixels: left, top, right, bottom."""

LEAST_CONTRAST = 24
MAIN_SPREAD, LEAST_SPECK = 28, 0.02
INKED = 90
"""Level of ink, of 255, that belongs to a letter for sure."""
LIMIT_S = 2.0
"""Processor time for the parts of one page."""
LEAST_GLYPHS, TALLEST = 3, 3.0
"""Letters and inches; watermarks are large."""
SLANT = 9.0
"""Degrees from which a group of letters is turned before it is read."""
LARGE = 0.35
"""Inches; larger letters are read apart and smaller, for Tesseract knows letters of the size of print best."""
LIMIT_APART = 6
PRINT_PIXELS = 60
EDGE, MARGIN = 3, 12
"""Pixels around a region that belong to it, and of paper around what is read."""
LEAST_S = 0.1


class Outcome(Enum):
    """What became of the parts of a page."""

    READ = "read"
    """Read, or nothing in them looks like letters."""
    KNOWN = "known"
    """The same parts were read on another page."""
    UNREAD = "unread"
    """Something like letters, and no time or no recogniser to read it."""


@dataclass(frozen=True, slots=True)
class RegionReading:
    """What the parts of a page say."""

    outcome: Outcome
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Ink to be read at one go."""

    ink: Pixels
    left: int
    top: int
    layout: ocr.Layout


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a page must be read."""

    parts: tuple[Part, ...]
    known: bool
    """The same was cut out of another page."""


def read(parts: Parts, pixels: Pixels, view: stamp_page.PageView, budget: Budget) -> RegionReading:
    """Read the words in parts of a BGR page."""
    if parts.known:
        return RegionReading(Outcome.KNOWN)
    runs: list[Run] = []
    end = time.thread_time() + LIMIT_S
    for part in parts.parts:
        lines = _lines(part, pixels, view, len(runs), end, budget)
        if lines is None:
            return RegionReading(Outcome.UNREAD, tuple(runs))
        runs += lines
    return RegionReading(Outcome.READ, tuple(runs))


def cut_out(pixels: Pixels, dpi: float, regions: Iterable[Region], known: set[bytes]) -> Parts:
    """Return what must be read: the ink of all regions as it stands on the page, and groups of large or slanting letters.

    `known` remembers all the ink, also what does not look like words.
    """
    digest = hashlib.blake2b(digest_size=16)
    ink = np.zeros(pixels.shape[:2], np.uint8)
    parts: list[Part] = []
    for region in regions:
        place = _place(region, ink.shape)
        if place is None:
            continue
        left, top, right, bottom = place
        part = _ink(pixels[top:bottom, left:right])
        if len(region) > 1:
            part = np.where(_mask(region, place), part, 0).astype(np.uint8)
            large = sum(box[3] - box[1] for box in region) / len(region) > LARGE * dpi
            part = _main_colour(part) if large else part
            upright = _upright(part, level_too=large) if len(parts) < LIMIT_APART else None
            if upright is not None:
                parts.append(Part(upright, left, top, ocr.Layout.BLOCK))
                digest.update(part.tobytes())
                continue
        np.maximum(ink[top:bottom, left:right], part, out=ink[top:bottom, left:right])
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) and len(columns):
        top, bottom = max(int(rows[0]) - EDGE, 0), int(rows[-1]) + EDGE
        left, right = max(int(columns[0]) - EDGE, 0), int(columns[-1]) + EDGE
        cut = np.ascontiguousarray(ink[top:bottom, left:right])
        digest.update(repr(cut.shape).encode() + cut.tobytes())
        if likeness(cut, dpi, least=LEAST_GLYPHS, tallest=TALLEST) is Likeness.WORDS:
            parts.insert(0, Part(cut, left, top, ocr.Layout.SPARSE))
    is_known = digest.digest() in known
    known.add(digest.digest())
    return Parts(tuple(parts), is_known)


def _lines(
    part: Part, pixels: Pixels, view: stamp_page.PageView, blocks: int, end: float, budget: Budget
) -> list[Run] | None:
    """Read one part, None when no time or no recogniser is there."""
    words = _recognised(part, view, end, budget)
    if words is None:
        return None
    return stamp_page.line_runs(words, 1.0, pixels, [], view, view.first_block + blocks)


def _recognised(part: Part, view: stamp_page.PageView, end: float, budget: Budget) -> list[ocr.Word] | None:
    """Return the words of ink with their places on the page."""
    engine = ocr.engine()
    limit_s = min(budget.words_left_s(), end - time.thread_time())
    if engine is None or limit_s < LEAST_S:
        return None
    scale = _scale(view.dpi)
    if part.layout is ocr.Layout.BLOCK:
        scale = min(scale, PRINT_PIXELS / part.ink.shape[0])
    picture = 255 - np.pad(part.ink, MARGIN)
    if scale != 1.0:
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method), np.uint8)
    began = time.thread_time()
    try:
        words = engine.words(np.ascontiguousarray(picture), part.layout, int(view.dpi * scale), limit_s=limit_s)
    except TimeoutError:
        return None
    finally:
        budget.spend_words(time.thread_time() - began)
    return [_moved(word, scale, part.left - MARGIN, part.top - MARGIN) for word in words]


def _scale(dpi: float) -> float:
    """Return how to scale for reading: small pictures are enlarged, fine ones reduced."""
    return min(max(stamp_page.OCR_DPI / max(dpi, 1.0), 0.3), 2.0)


def _moved(word: ocr.Word, scale: float, left: int, top: int) -> ocr.Word:
    """Return a word with its place on the page."""
    return ocr.Word(
        word.text,
        word.confidence,
        int(word.left / scale) + left,
        int(word.top / scale) + top,
        max(int(word.width / scale), 1),
        max(int(word.height / scale), 1),
        word.line,
    )


def _place(region: Region, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Return the frame of a region within the page, None when nothing of it is there."""
    left = max(int(min(box[0] for box in region)) - EDGE, 0)
    top = max(int(min(box[1] for box in region)) - EDGE, 0)
    right = min(int(max(box[2] for box in region)) + EDGE + 1, shape[1])
    bottom = min(int(max(box[3] for box in region)) + EDGE + 1, shape[0])
    return (left, top, right, bottom) if right - left >= 6 and bottom - top >= 6 else None


def _mask(region: Region, place: tuple[int, int, int, int]) -> npt.NDArray[np.bool_]:
    """Return which pixels of a region's frame belong to its boxes."""
    left, top, right, bottom = place
    mask = np.zeros((bottom - top, right - left), bool)
    for box in region:
        rows = slice(max(int(box[1]) - top - 1, 0), max(int(box[3]) - top + 2, 0))
        columns = slice(max(int(box[0]) - left - 1, 0), max(int(box[2]) - left + 2, 0))
        mask[rows, columns] = True
    return mask


def _ink(part: Pixels) -> Pixels:
    """Return how far each pixel is from the paper of its part, stretched to full contrast; nothing for an even area."""
    edge = np.concatenate((part[0], part[-1], part[:, 0], part[:, -1]))
    paper = np.median(edge, axis=0)
    ink = np.abs(part.astype(np.int16) - paper.astype(np.int16)).max(axis=2)
    strong = float(np.percentile(ink, 99.5))
    if strong < LEAST_CONTRAST:
        strong = float(ink.max())
        if strong < LEAST_CONTRAST:
            return np.zeros(part.shape[:2], np.uint8)
    return np.asarray(np.clip(ink.astype(np.float32) * (255 / strong), 0, 255), np.uint8)


def _main_colour(ink: Pixels) -> Pixels:
    """Return the ink that most of a group of large letters has, without the print that crosses it."""
    levels = np.bincount(ink[ink > LEAST_CONTRAST].ravel() >> 3, minlength=32)
    main = 8 * int(np.argmax(levels)) + 4
    kept = (np.abs(ink.astype(np.int16) - main) < MAIN_SPREAD) * np.uint8(255)
    joined = cv2.morphologyEx(kept, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    # The least part of a large letter is a dot below; what is smaller was left over by print.
    return np.where((areas > LEAST_SPECK * areas.max())[labels], joined, 0).astype(np.uint8)


def _upright(ink: Pixels, *, level_too: bool) -> Pixels | None:
    """Return a slanting line turned so that it reads from left to right, None when it lies level or is no line."""
    points = cv2.findNonZero((ink > INKED).astype(np.uint8))
    if points is None or len(points) < 20:
        return None
    (x, y), (width, height), angle = cv2.minAreaRect(points)
    if width < height:
        width, height, angle = height, width, angle - 90
    angle = (angle + 90) % 180 - 90
    if abs(angle) < SLANT:
        return ink if level_too else None
    if width < 1.8 * height:
        return None
    turn = cv2.getRotationMatrix2D((x, y), angle, 1.0)
    columns, rows = int(width) + 8, int(height) + 8
    turn[0, 2] += columns / 2 - x
    turn[1, 2] += rows / 2 - y
    return np.asarray(cv2.warpAffine(ink, turn, (columns, rows)), np.uint8)
