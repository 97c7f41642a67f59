"""One picture of a page to runs: its stamps, the upper part that names an official document, or all of its words.

Every page gets the stamp finder. Words are read by Tesseract from the red channel, where red stamps and seals over the
text are as good as gone; what is written in red comes from the stamp finder. A page that lies on its side or on its
head is turned first.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

import cv2
import numpy as np

from gateway.model import Origin, Role, Run
from gateway.readers.base import Budget
from gateway.readers.pictures import halftone, ocr, stamp, stamp_unread, watermark
from gateway.readers.pictures.likeness import Likeness, likeness, writing
from gateway.readers.pictures.rectangles import Pixels
from gateway.readers.pictures.skew import straightened
from gateway.readers.pictures.stamp_ink import Ink, darkness
from gateway.readers.pictures.stamp_words import MARKS, VOCABULARY

BAND = 0.32
"""Share of a page from the top that bears the components of Decree 30/2020 down to the summary."""
LEAST_SIDE = 64
"""Pixels; a narrower picture gets paper at its edges, for nothing can be brought down to an eighth of it."""
OCR_DPI = 200.0
SHORTEST_DPI = 110.0
"""Pictures of less are enlarged before Tesseract reads them."""
SECONDS_FULL = 3.0
"""Time that must be left for reading a whole page; it takes about one second."""
SECONDS_BAND = 1.5
SECONDS_PHOTO, LIMIT_PHOTO_S = 0.3, 1.5
"""Time that must be left for a picture that looks like no page, and the most that goes into one."""
LIMIT_SPARSE_S = 2.5
"""A texture (grass, gravel, noise) is thousands of would-be letters; a picture of words is read well before that."""
POOR_CONFIDENCE = 55.0
UPENDED = 1.3
"""Height to width from which a word stands on end."""
ROWS, COLUMNS, CELL_WORDS = 3, 3, 6
"""Lines of so many parts apart, of at most so many words each, that make a table of a page."""
LEAST_CONFIDENCE = 30.0
"""Words below are noise: seals, signatures, specks."""


class Wish(Enum):
    """How much of a page shall be read."""

    STAMPS = "stamps"
    BAND = "band"
    """Stamps and the words of the upper part."""
    WHOLE = "whole"
    """Stamps and all words, as far as time allows."""


@dataclass(frozen=True, slots=True)
class PageView:
    """How pixels of a picture become places of a page."""

    page: int
    dpi: float
    points_per_pixel: float
    first_block: int = 0
    locator: str = ""
    """Locator of the picture when it is no page, empty otherwise."""


@dataclass(frozen=True, slots=True)
class PageReading:
    """What a page says as far as it was read."""

    runs: tuple[Run, ...] = ()
    boxes: int = 0
    """Framed boxes of stamp shape with letters in them."""
    unread: int = 0
    whole_page: bool = False
    doubtful: bool = False
    """It looks like a page of words, and nobody read any of them."""


def examine(pixels: Pixels, view: PageView, wish: Wish, budget: Budget) -> PageReading:
    """Read a BGR picture of a page, turned upright as far as its lines of text show how."""
    height, width = pixels.shape[:2]
    if min(height, width) < LEAST_SIDE:
        wider = ((0, max(LEAST_SIDE - height, 0)), (0, max(LEAST_SIDE - width, 0)), (0, 0))
        pixels = np.pad(pixels, wider, constant_values=255)
    if wish is Wish.STAMPS or ocr.engine() is None:
        reading = _examine_upright(pixels, view, Wish.STAMPS, budget)[0]
        return reading if wish is Wish.STAMPS else replace(reading, doubtful=writing(pixels).is_page)
    seen = writing(pixels)
    photo = not seen.is_page
    pixels = straightened(pixels)
    best, most, upright = PageReading(), -1.0, pixels
    first, second = ((1, 3), (0, 2)) if seen.on_its_side else ((0, 2), (1, 3))
    sideways = False
    for turn in (*first, *second):
        # Lines of equal words make columns too; only the words that are read show such a mistake.
        if turn in second and not sideways:
            break
        turned = np.ascontiguousarray(np.rot90(pixels, turn)) if turn else pixels
        reading, text = _examine_upright(turned, view, wish, budget, photo=photo)
        sideways = sideways or text.sideways
        weight = 0.0 if text.sideways else text.weight
        if weight > most:
            best, most, upright = reading, weight, turned
        if text.legible and not text.sideways:
            break
        if seconds_left(budget, photo=photo) < SECONDS_FULL:
            # What a page says that lies on its side or head is not known before it was turned the right way.
            best = replace(best, doubtful=best.doubtful or not photo, whole_page=best.whole_page and photo)
            break
    budget.check_time()  # a search that was cut short has not seen all
    if photo or seconds_left(budget) < SECONDS_BAND / 2:
        return best
    return replace(best, runs=(*best.runs, *_large_runs(upright, view, view.first_block + len(best.runs))))


def _large_runs(pixels: Pixels, view: PageView, first_block: int) -> Iterator[Run]:
    """Yield the large words under or over the print of a page."""
    for block, words in enumerate(watermark.read(pixels, view.dpi), first_block):
        box = _to_points(words.box, view)
        place = _locate(box, pixels, view)
        yield Run(
            text=words.text,
            block=block,
            page=view.page,
            bbox_pt=box,
            locator=place,
            role=Role.WATERMARK,
            origin=Origin.OCR,
        )


@dataclass(frozen=True, slots=True)
class _Text:
    """How well words were read."""

    words: int
    """Words of three letters and more, along the rows."""
    confidence: float
    sideways: bool = False
    """Most words run along the columns: Tesseract reads those too, but the stamp finder does not."""

    @property
    def weight(self) -> float:
        return self.words * self.confidence

    @property
    def legible(self) -> bool:
        return self.words >= 4 and self.confidence > POOR_CONFIDENCE


def _examine_upright(
    pixels: Pixels, view: PageView, wish: Wish, budget: Budget, *, photo: bool = False
) -> tuple[PageReading, _Text]:
    stamps = _stamps(pixels, view.dpi, budget.end_s)
    whole, text = False, _Text(0, 0.0)
    words: list[ocr.Word] = []
    scale = 1.0
    doubtful = wish is not Wish.STAMPS and not photo
    left_s = seconds_left(budget, photo=photo)
    if wish is not Wish.STAMPS and left_s > (SECONDS_PHOTO if photo else SECONDS_BAND):
        began = time.thread_time()
        whole = wish is Wish.WHOLE and (photo or left_s > SECONDS_FULL)
        rows = pixels.shape[0] if whole else max(int(pixels.shape[0] * BAND), 1)
        try:
            words, scale = _words(pixels[:rows], view.dpi, limit_s=left_s if photo else left_s - SECONDS_BAND / 2)
            text = _weigh(words)
            doubtful = False
            if text.sideways:
                whole = False
            elif text.words < 4 and (kind := likeness(darkness(pixels[:rows]), view.dpi)) is not Likeness.PICTURE:
                if kind is Likeness.WORDS:
                    limit_s = max(min(LIMIT_SPARSE_S, seconds_left(budget, photo=photo) - SECONDS_BAND / 2), 0.0)
                    words, scale = _words(pixels[:rows], view.dpi, ocr.Layout.SPARSE, limit_s=limit_s)
                    text = _weigh(words)
                # Ink like letters that cannot be made out is unread; a picture without any has nothing to read.
                whole = whole and text.legible
            else:
                whole = whole and (text.legible or text.words < 4)
        except TimeoutError:
            whole = False
        if text.legible and not photo and not text.sideways:
            stamps = _with_unread(pixels[:rows], view.dpi, words, scale, stamps, budget.end_s)
        budget.spend_words(time.thread_time() - began, photo=photo)
    framed = [item for item in stamps if item.framed]
    runs = list(_stamp_runs(pixels, stamps, view))
    runs += line_runs(words, scale, pixels, stamps, view, view.first_block + len(runs))
    return PageReading(tuple(runs), len(framed), sum(1 for s in framed if s.text is None), whole, doubtful), text


def _with_unread(
    pixels: Pixels, dpi: float, words: list[ocr.Word], scale: float, stamps: list[stamp.Stamp], deadline: float
) -> list[stamp.Stamp]:
    """Settle doubtful boxes by the words of their page, and look for marks in what no word explains."""
    placed = [ocr.placed(word, scale) for word in words]
    red = np.ascontiguousarray(pixels[:, :, 2])  # red ink is as good as gone in it, and was looked at
    stamps = [replace(one, text=None) if stamp_unread.is_doubtful(one, placed) else one for one in stamps]
    stamps = [one for one in stamps if not stamp_unread.is_explained(one, placed, red)]
    if any(one.text in MARKS for one in stamps):
        return stamps
    return [*stamps, *stamp_unread.find(red, dpi, placed, stamps, deadline=deadline)]


def _stamps(pixels: Pixels, dpi: float, deadline: float) -> list[stamp.Stamp]:
    """Return the stamps of a page; of dots, which are no lines, only those that can be read when they are smoothed."""
    found = stamp.find(pixels, dpi, deadline=deadline)
    if any(one.text in VOCABULARY for one in found):
        return found
    smooth = halftone.smoothed(pixels, dpi)
    if smooth is pixels:
        return found
    return [*found, *(one for one in stamp.find(smooth, dpi, deadline=deadline) if one.text in VOCABULARY)]


def seconds_left(budget: Budget, *, photo: bool = False) -> float:
    """Return the processor time that may go into reading words of a page, or of a picture that does not look like one."""
    return min(budget.words_left_s(photo=photo), LIMIT_PHOTO_S if photo else float("inf"))


def _words(
    pixels: Pixels, dpi: float, layout: ocr.Layout = ocr.Layout.PAGE, *, limit_s: float
) -> tuple[list[ocr.Word], float]:
    """Return the words of a picture and how much it was enlarged for reading; TimeoutError after the limit."""
    engine = ocr.engine()
    if engine is None:
        return [], 1.0
    grey = np.ascontiguousarray(pixels[:, :, 2])  # red channel: red ink is white there
    scale = 1.0
    if dpi > 1.15 * OCR_DPI:
        scale = OCR_DPI / dpi
    elif dpi < SHORTEST_DPI:
        scale = min(2.0, OCR_DPI / max(dpi, 1.0))
    if scale != 1.0:
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=method), np.uint8)
    return engine.words(grey, layout, int(dpi * scale), limit_s=limit_s), scale


def _weigh(words: list[ocr.Word]) -> _Text:
    long = [word for word in words if sum(ch.isalpha() for ch in word.text) >= 3]
    level = [word.confidence for word in long if word.height <= UPENDED * word.width]
    # Boxes of short words in a blurred or slanting line are as high as wide; words of four letters tell for sure.
    longer = [word for word in long if sum(ch.isalpha() for ch in word.text) >= 4]
    upended = sum(word.height > UPENDED * word.width for word in longer)
    sideways = len(longer) >= 4 and 2 * upended >= len(longer)
    return _Text(len(level), sum(level) / len(level) if level else 0.0, sideways)


def _stamp_runs(pixels: Pixels, stamps: Iterable[stamp.Stamp], view: PageView) -> Iterator[Run]:
    block = view.first_block
    for item in stamps:
        if item.text is None:
            continue
        box = _to_points((item.left, item.top, item.right, item.bottom), view)
        is_stamp = item.framed or item.text in VOCABULARY
        yield Run(
            text=item.text,
            block=block,
            colour=_ink_colour(pixels, item),
            page=view.page,
            bbox_pt=box,
            locator=_locate(box, pixels, view),
            role=Role.STAMP if is_stamp else Role.BODY,
            origin=Origin.OCR,
            boxed=True if item.framed else None,
        )
        block += 1


def line_runs(
    words: list[ocr.Word],
    scale: float,
    pixels: Pixels,
    stamps: list[stamp.Stamp],
    view: PageView,
    first_block: int,
) -> list[Run]:
    """Return one run for each line of words, without those that belong to a stamp that was read."""
    lines: dict[tuple[int, int, int], list[ocr.Word]] = {}
    for word in words:
        if word.confidence >= LEAST_CONFIDENCE and not _in_stamp(word, scale, stamps):
            lines.setdefault(word.line, []).append(word)
    runs: list[Run] = []
    parted = [list(_parts(line)) for line in lines.values()]
    in_row = [len(parts) >= COLUMNS and max(map(len, parts)) <= CELL_WORDS for parts in parted]
    is_table = sum(in_row) >= ROWS
    roles = [Role.CELL if row and is_table else Role.BODY for row in in_row]
    for part, role in ((part, role) for parts, role in zip(parted, roles, strict=True) for part in parts):
        left, top = min(w.left for w in part) / scale, min(w.top for w in part) / scale
        right = max(w.left + w.width for w in part) / scale
        bottom = max(w.top + w.height for w in part) / scale
        box = _to_points((left, top, right, bottom), view)
        runs.append(
            Run(
                text=" ".join(word.text for word in part),
                block=first_block + len(runs),
                page=view.page,
                bbox_pt=box,
                locator=_locate(box, pixels, view),
                role=role,
                origin=Origin.OCR,
            )
        )
    return runs


def _parts(line: list[ocr.Word]) -> Iterator[list[ocr.Word]]:
    """Part a line where two columns were read as one."""
    part = [line[0]]
    for word in line[1:]:
        previous = part[-1]
        if word.left - (previous.left + previous.width) > 2.2 * max(word.height, previous.height):
            yield part
            part = []
        part.append(word)
    yield part


def _in_stamp(word: ocr.Word, scale: float, stamps: list[stamp.Stamp]) -> bool:
    x, y = (word.left + word.width / 2) / scale, (word.top + word.height / 2) / scale
    return any(
        item.ink is Ink.RED and item.text is not None and item.left <= x <= item.right and item.top <= y <= item.bottom
        for item in stamps
    )


def _ink_colour(pixels: Pixels, item: stamp.Stamp) -> str | None:
    """Return the colour of a stamp's ink as RRGGBB: that of its strongest pixels."""
    part = pixels[max(int(item.top), 0) : int(item.bottom) + 1, max(int(item.left), 0) : int(item.right) + 1]
    if not part.size:
        return None
    flat = part.reshape(-1, 3).astype(np.int16)
    match item.ink:
        case Ink.RED:
            strength = flat[:, 2] - flat[:, :2].max(axis=1)
        case Ink.BLUE:
            strength = flat[:, 0] - flat[:, 1:].min(axis=1)
        case Ink.DARK:
            strength = 255 - flat.max(axis=1)
    strongest = flat[strength >= np.percentile(strength, 92)]
    blue, green, red = (int(value) for value in strongest.mean(axis=0))
    return f"{red:02X}{green:02X}{blue:02X}"


def _to_points(box: tuple[float, float, float, float], view: PageView) -> tuple[float, float, float, float]:
    left, top, right, bottom = (round(value * view.points_per_pixel, 1) for value in box)
    return left, top, right, bottom


def _locate(box: tuple[float, float, float, float], pixels: Pixels, view: PageView) -> str:
    """Return the same tokens as the PDF reader gives to text."""
    place = view.locator or f"page:{view.page}"
    height, width = pixels.shape[0] * view.points_per_pixel, pixels.shape[1] * view.points_per_pixel
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    if y < height / 3:
        return f"{place},{('top-left', 'top', 'top-right')[min(max(int(3 * x / max(width, 1.0)), 0), 2)]}"
    return f"{place},bottom" if y > 0.9 * height else place
