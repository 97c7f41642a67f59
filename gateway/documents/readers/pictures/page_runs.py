"""Runs of the words on a picture of a page, placed in points: stamps, lines, large words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from msgspec import structs

from gateway.documents.readers.pictures import detected, ocr, stamp, watermark
from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.documents.readers.pictures.spots import is_framed
from gateway.documents.readers.pictures.stamp_ink import Ink
from gateway.documents.readers.pictures.stamp_words import MARKS, VOCABULARY, folded
from gateway.model import Origin, Role, Run

Box = tuple[float, float, float, float]
ROWS, COLUMNS, CELL_WORDS = 3, 3, 6
"""Lines of so many parts apart, of at most so many words each, that make a table of a page."""
LINE = 1.5
"""Heights of a word in capitals, with its signs, that its line is high."""
_LETTERS = frozenset(folded(mark) for mark in MARKS)
LEAST_CONFIDENCE = 30.0
"""Words below are noise: seals, signatures, specks."""


@dataclass(frozen=True, slots=True)
class PageView:
    """Transformation of pixels of a picture into places of a page."""

    page: int
    dpi: float
    points_per_pixel: float
    first_block: int = 0
    locator: str = ""
    """Locator of the picture when it is no page, empty otherwise."""
    guessed: bool = False
    """Whether the resolution is guessed by the shape of the picture."""


def large_runs(
    pixels: Pixels, solid: Pixels, stamps: list[stamp.Stamp], view: PageView, first_block: int
) -> Iterator[Run]:
    """Yield the large words under or over the print of a page, also in hollow letters, without MẬT of a phrase that was read."""
    phrases = [(one.left + one.right, one.top + one.bottom, one) for one in stamps if "\n" in (one.text or "")]
    for block, words in enumerate(watermark.read(pixels, solid, view.dpi), first_block):
        left, top, right, bottom = (2 * side for side in words.box)
        within = (left < x < right and top < y < bottom < top + 6 * (one.bottom - one.top) for x, y, one in phrases)
        if words.text == MARKS[0] and any(within):
            continue
        yield _run(words.text, words.box, pixels, view, block, Role.WATERMARK)


def stamp_runs(pixels: Pixels, stamps: Iterable[stamp.Stamp], view: PageView) -> Iterator[Run]:
    """Yield the stamps that were read."""
    block = view.first_block
    for item in stamps:
        if item.text is None:
            continue
        role = Role.STAMP if item.framed or item.text in VOCABULARY else Role.BODY
        box = item.left, item.top, item.right, item.bottom
        run = _run(item.text.replace("\n", " "), box, pixels, view, block, role)
        yield structs.replace(run, colour=_ink_colour(pixels, item), boxed=True if item.framed else None)
        block += 1


def line_runs(
    words: list[ocr.Word], pixels: Pixels, stamps: list[stamp.Stamp], view: PageView, first_block: int
) -> list[Run]:
    """Return one run for each line of words, without those that belong to a stamp that was read."""
    lines: dict[tuple[int, int, int], list[ocr.Word]] = {}
    for word in words:
        if word.confidence >= LEAST_CONFIDENCE and not _in_stamp(word, stamps):
            lines.setdefault(word.line, []).append(word)
    runs: list[Run] = []
    parted = [list(_parts(line)) for line in lines.values()]
    in_row = [len(parts) >= COLUMNS and max(map(len, parts)) <= CELL_WORDS for parts in parted]
    is_table = sum(in_row) >= ROWS
    roles = [Role.CELL if row and is_table else Role.BODY for row in in_row]
    for part, role in ((part, role) for parts, role in zip(parted, roles, strict=True) for part in parts):
        left, top = min(w.left for w in part), min(w.top for w in part)
        right, bottom = max(w.left + w.width for w in part), max(w.top + w.height for w in part)
        text = " ".join(word.text for word in part)
        is_level = role is Role.BODY and text.upper() in MARKS
        if (
            role is Role.BODY
            and not is_level
            and not text.isascii()  # TUYET MAT is written without signs
            and folded(text) in _LETTERS
            and _is_another(pixels, (left, top, right, bottom))
        ):
            continue
        run = _run(text, (left, top, right, bottom), pixels, view, first_block + len(runs), role)
        framed = is_level and is_framed(pixels, left, top, right, bottom)
        runs.append(structs.replace(run, boxed=True) if framed else run)
    return runs


def _is_another(pixels: Pixels, box: tuple[int, int, int, int]) -> bool:
    """Return whether a line with the letters of a mark but other diacritics is really another word, not a misread mark."""
    left, top, right, bottom = box
    size = float(right - left), LINE * (bottom - top)
    return detected.is_another([pixels], (((left + right) / 2, (top + bottom) / 2), size, 0.0))


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


def _in_stamp(word: ocr.Word, stamps: list[stamp.Stamp]) -> bool:
    x, y = word.left + word.width / 2, word.top + word.height / 2
    return any(
        item.left <= x <= item.right and item.top <= y <= item.bottom
        for item in stamps
        if item.text is not None and (item.ink is Ink.RED or "\n" in item.text)
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


def _run(text: str, box: Box, pixels: Pixels, view: PageView, block: int, role: Role) -> Run:
    """Return words in a box of the picture, at its place in points, located by the same tokens as the PDF reader gives to text."""
    left, top, right, bottom = (round(value * view.points_per_pixel, 1) for value in box)
    place = view.locator or f"page:{view.page}"
    height, width = (max(side * view.points_per_pixel, 1.0) for side in pixels.shape[:2])
    y = (top + bottom) / 2
    if y < height / 3:
        place += "," + ("top-left", "top", "top-right")[min(max(int(1.5 * (left + right) / width), 0), 2)]
    elif y > 0.9 * height:
        place += ",bottom"
    return Run(
        text=text,
        block=block,
        page=view.page,
        bbox_pt=(left, top, right, bottom),
        locator=place,
        role=role,
        origin=Origin.OCR,
    )
