"""One picture of a page to runs: its stamps, and the words of the lines that may contain a mark.

Every page gets the stamp finder. Lines are found first (`lines`); running prose is not read, the rest is, line by line, by
Tesseract, and all of the page when a line gives a mark. Words are read from the red channel, where red stamps and seals
over the text are as good as gone; what is written in red comes from the stamp finder. A page on its side or on
its head is turned first. docs/decisions/0016-pages-by-their-lines.md
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from msgspec import structs

from gateway.documents.readers.base import Budget, PageReading, next_block
from gateway.documents.readers.pictures import (
    column,
    detected,
    halftone,
    hollow,
    line_words,
    lines,
    loose,
    ocr,
    shapes,
    stamp,
    stamp_unread,
)
from gateway.documents.readers.pictures.dark_ink import darkness
from gateway.documents.readers.pictures.likeness import Likeness, likeness, writing
from gateway.documents.readers.pictures.page_runs import PageView, large_runs, line_runs, stamp_runs
from gateway.documents.readers.pictures.proportion import in_proportion
from gateway.documents.readers.pictures.rectangles import Pixels, red_of, resized, without_colour
from gateway.documents.readers.pictures.stamp_ink import Ink
from gateway.documents.readers.pictures.stamp_words import MARKS, VOCABULARY
from gateway.model import Document, Role
from gateway.vietnamese.marks import Strength, find_in_document

HEAD = 0.36
"""Share of a first page from the top that bears the components of Decree 30/2020 down to the summary: all of it is read."""
SKEWED = 0.07
"""Rise of the lines from which the stamp finder gets the page turned straight, too."""
PRINT, FINE = 14.0, 0.8
"""Usual height of lines of print at `lines.DPI`, and of what share of it the print of a picture of unknown width is too fine for
its guessed width: a screen shows pages reduced."""
LEAST_SIDE = 64
"""Pixels; a narrower picture gets paper at its edges, for nothing can be brought down to an eighth of it."""
OCR_DPI, LEAST_REDUCED = 200.0, 0.9
"""Resolution to which finer pictures are reduced, and from which share of their own they stay as they are."""
SHORTEST_DPI = 110.0
"""Pictures of less are enlarged before Tesseract reads them."""
SHORT = 12.0
"""Heights of a line up to which it is read, twice as many where its letters are larger than print; of a longer one are, below
the head, words with the shape of MẬT and those beside."""
CROWD, MOST = 900.0, 7000.0
"""Letters from which on short lines without such a word are not read either, and beyond which a page is not read in full."""
MOST_PHOTO = 1500.0
"""Letters that are read of a picture that looks like no page."""
FEW_LINES = 30
"""Lines of a picture that may be a word or two, read or not."""
SAMPLE, SHOWN = 3, 20.0
"""Lines of prose that show whether a page can be read that has no others, and heights of the first that are read before them."""
LIMIT_SPARSE_S = 2.5
"""Processor time. A texture (grass, gravel, noise) is thousands of would-be letters; a picture of words is read well
before that."""
POOR_CONFIDENCE, SURE, LEAST_WORDS = 55.0, 80.0, 4
"""Of words of three letters and more: what a page is legible with; and what a line is read surely with."""


def examine(pixels: Pixels, view: PageView, budget: Budget) -> PageReading:
    """Read a BGR picture of a page, turned upright as far as its lines of text show how; a few letters as print sets them, too.

    What is finer than Tesseract and the stamp finder want is reduced before anything looks at it.
    """
    if (scale := OCR_DPI / view.dpi) < LEAST_REDUCED:
        pixels = resized(pixels, scale)
        view = replace(view, dpi=OCR_DPI, points_per_pixel=view.points_per_pixel / scale)
    plain = without_colour(pixels)
    reading, found = _examine(pixels, plain, view, budget)
    if max(len(reading.runs), found) > FEW_LINES or ocr.engine() is None:
        return reading
    height, width = (side * view.points_per_pixel for side in pixels.shape[:2])
    shown = column.figure(pixels, plain)
    for word in (column.as_row(shown), in_proportion(shown)):
        if word is not None:
            first = max(view.first_block, next_block(reading.runs))
            more, _ = _examine(word, without_colour(word), replace(view, first_block=first), budget)
            runs = (structs.replace(run, bbox_pt=(0.0, 0.0, width, height)) for run in more.runs)
            reading = replace(reading, runs=(*reading.runs, *runs))
    return reading


def _examine(pixels: Pixels, plain: Pixels, view: PageView, budget: Budget) -> tuple[PageReading, int]:
    """Read a picture as it is, and count its lines; `plain` is the same as one plane where it has no colour."""
    height, width = pixels.shape[:2]
    if min(height, width) < LEAST_SIDE:
        wider = ((0, max(LEAST_SIDE - height, 0)), (0, max(LEAST_SIDE - width, 0)), (0, 0))
        pixels = np.pad(pixels, wider, constant_values=255)
        plain = without_colour(pixels)
    engine = ocr.engine()
    if engine is None:
        reading = _reading(pixels, _stamps(plain, view.dpi, budget.end_s)[0], [], view)
        grey = red_of(pixels)
        return replace(reading, doubtful=writing(lines.sheet(grey, view.dpi).ink).is_page), 0
    began = time.thread_time()
    head = HEAD if view.page == 1 and not view.locator else 0.0
    page = _Page(pixels, plain, view.dpi, head, engine)
    seen = writing(page.sheet.ink)
    page.photo = photo = not seen.is_page
    if view.guessed and not photo and (share := max(page.sheet.usual / PRINT, 0.5)) < FINE:
        view = replace(view, guessed=False)
        far = _examine(pixels, plain, view, budget)
        if any(run.role is not Role.BODY and run.text in MARKS for run in far[0].runs):
            return far
        view = replace(view, dpi=share * view.dpi, points_per_pixel=view.points_per_pixel / share)
        return _examine(pixels, plain, view, budget)
    if budget.words_left_s(photo=photo) <= 0:
        return replace(_reading(pixels, _stamps(plain, view.dpi, budget.end_s)[0], [], view), doubtful=not photo), 0
    turns = (1, 3, 0, 2) if seen.on_its_side else (0, 2, 1, 3)
    if turns[0] and not photo:
        page = _Page(_turned(pixels, turns[0]), _turned(plain, turns[0]), view.dpi, head, engine)
    page.read_doubtful()
    if not page.is_upright and not photo:
        # Lines of equal words make columns too; only words that are read show which way a page lies.
        for turn in turns[1:]:
            other = _Page(_turned(pixels, turn), _turned(plain, turn), view.dpi, head, engine)
            other.read_sample()
            if other.text.legible:
                page = other
                page.read_doubtful()
                break
    stamps, solid = _stamps(page.plain, view.dpi, budget.end_s)
    if not page.is_upright and not photo and not any(one.text in VOCABULARY for one in stamps):
        for across in (-1, 1):  # on its head, in mirror writing
            turned = np.ascontiguousarray(page.plain[::-1, ::across])
            others, filled = _stamps(turned, view.dpi, budget.end_s)
            found = [one for one in others if one.text in VOCABULARY]
            if found:
                page.pixels, page.plain = np.ascontiguousarray(page.pixels[::-1, ::across]), turned
                stamps, solid = found, filled
                break
    stamps = page.settle(stamps)
    page.read_what_is_asked(stamps, view)
    reading = _reading(page.pixels, stamps, page.words, view)
    reading = replace(reading, whole_page=page.is_whole, doubtful=page.is_limited and not photo)
    if not photo:
        large = large_runs(page.plain, solid, stamps, view, view.first_block + len(reading.runs))
        reading = replace(reading, runs=(*reading.runs, *large))
    budget.spend_words(time.thread_time() - began, photo=photo)
    budget.check_time()  # a search that was cut short has not seen all
    return reading, page.patches


def _turned(pixels: Pixels, quarters: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, quarters)) if quarters else pixels


def _reading(pixels: Pixels, stamps: list[stamp.Stamp], words: list[ocr.Word], view: PageView) -> PageReading:
    framed = [item for item in stamps if item.framed]
    runs = list(stamp_runs(pixels, stamps, view))
    runs += line_runs(words, pixels, stamps, view, view.first_block + len(runs))
    return PageReading(tuple(runs), len(framed), sum(1 for one in framed if one.text is None))


class _Page:
    """A picture that may be upright, and what has been read of it."""

    def __init__(self, pixels: Pixels, plain: Pixels, dpi: float, head: float, engine: ocr.Tesseract) -> None:
        self.pixels, self.plain, self._dpi, self._head = pixels, plain, dpi, head
        self.photo = False
        """It looks like no page."""
        self._engine = engine
        sheet = lines.sheet(red_of(plain), dpi, head=head)
        if sheet.turn is not None and abs(sheet.slope) > SKEWED:
            size, white = (pixels.shape[1], pixels.shape[0]), (255, 255, 255)
            straight = cv2.warpAffine(pixels, sheet.turn, size, flags=cv2.INTER_LINEAR, borderValue=white)
            self.pixels, sheet = np.asarray(straight, np.uint8), replace(sheet, turn=None)
            self.plain = without_colour(self.pixels)
        self.sheet = sheet
        self._done: dict[int, line_words.ReadLine] = {}
        """Lines that were read, by their place in the sheet's."""
        self._letters = 0.0
        self._words: list[ocr.Word] | None = None
        """Those of `_done` in reading order, None when they must be put in order again."""
        self._sparse: list[ocr.Word] | None = None
        """Words of the whole picture, where its lines are not found."""
        self.is_limited = self.sheet.crowded
        """Something was left unread that a mark may be in."""

    @property
    def patches(self) -> int:
        """Number of its lines and other patches."""
        return len(self.sheet.lines)

    @property
    def words(self) -> list[ocr.Word]:
        """Words read so far, in reading order; pixels of the picture."""
        if self._words is None:
            self._words = line_words.in_order(list(self._done.values()), self.sheet.usual)
        return self._sparse or self._words

    @property
    def text(self) -> _Text:
        """Quality of the reading."""
        return _weigh(self.words)

    @property
    def is_upright(self) -> bool:
        """Whether what was read of it, or one line with as many words of two letters, shows that it is upright."""
        lines = (_weigh(line.words, 2) for line in self._done.values())
        return self.text.legible or any(line.words >= LEAST_WORDS and line.confidence > SURE for line in lines)

    @property
    def is_whole(self) -> bool:
        """Whether nothing that may contain a mark is unread."""
        return not self.is_limited and (self.text.legible or (self.text.words < LEAST_WORDS and self._sparse is None))

    def read_sample(self) -> None:
        """Read the longest lines, of a long one first its beginning, until they show that the picture is upright and can be read."""
        found = self.sheet.lines
        longest = sorted(range(len(found)), key=lambda number: -found[number].width)[:SAMPLE]
        for line in [found[number] for number in longest[:1] if found[number].width > SHOWN * self.sheet.usual]:
            found.append(replace(line, right=line.left + int(SHOWN * self.sheet.usual)))
            longest.insert(0, len(found) - 1)
        for number in longest:
            if not self.text.legible:
                self._read([number])

    def read_doubtful(self) -> None:
        """Read the lines that may contain a mark."""
        sheet = self.sheet
        found = list(enumerate(sheet.lines))
        doubtful = [number for number, line in found if not line.prose and self._is_short(line)]
        crowded = sum(line_words.cost(sheet.lines[number]) for number in doubtful) > CROWD
        looked_at = {number for number in doubtful if crowded or sheet.lines[number].last}
        looked_at = {number for number in looked_at if not self._is_apart(sheet.lines[number])}
        long = [number for number, line in found if line.prose or not self._is_short(line)]
        asked = [*looked_at, *long]
        words = dict(zip(asked, shapes.suspects(sheet.grey, [sheet.lines[n] for n in asked], sheet.scale), strict=True))
        doubtful = [number for number in doubtful if number not in looked_at or words[number]]
        for number in long:
            line = sheet.lines[number]
            sheet.lines.extend(replace(line, left=left, right=right, prose=False) for left, right in words[number])
        doubtful += range(len(found), len(sheet.lines))
        self._read(doubtful)
        if self.text.words < LEAST_WORDS:
            self.read_sample()
        if self.text.words < LEAST_WORDS:
            self._read_sparse()

    def _is_short(self, line: lines.Line) -> bool:
        """Return whether a line is read as a whole, not only where it has a word with the shape of MẬT."""
        usual = self.sheet.usual
        short = SHORT * (2 if line.height > lines.TALL_PRINT * usual else 1)
        return self._is_apart(line) or line.width < short * usual

    def _is_apart(self, line: lines.Line) -> bool:
        """Return whether a line is read whatever its words look like: it is in the head, or is no line of print, or its letters stand apart."""
        sheet = self.sheet
        is_head = line.top < self._head * sheet.grey.shape[0] / sheet.scale
        return line.kind is not lines.Kind.LINE or is_head or lines.is_spaced(sheet, line)

    def _read_sparse(self) -> None:
        """Read a picture as a whole that has ink like letters and hardly a line of them."""
        kind = likeness(darkness(self.pixels), self._dpi)
        if kind is Likeness.PICTURE:
            return
        self._sparse = []
        if kind is Likeness.WORDS:
            try:
                words = self._sparse_words()
            except TimeoutError:
                self.is_limited = True
                return
            if _weigh(words).weight > self.text.weight:
                self._sparse = words

    def _sparse_words(self) -> list[ocr.Word]:
        """Return the words of all of the picture, enlarged where it is coarse; TimeoutError after `LIMIT_SPARSE_S`."""
        grey, scale = red_of(self.pixels), 1.0
        if self._dpi < SHORTEST_DPI:
            scale = min(2.0, OCR_DPI / max(self._dpi, 1.0))
            grey = resized(grey, scale)
        words = self._engine.words(grey, ocr.Layout.SPARSE, int(self._dpi * scale), limit_s=LIMIT_SPARSE_S)
        return [ocr.placed(word, scale) for word in words]

    def settle(self, stamps: list[stamp.Stamp]) -> list[stamp.Stamp]:
        """Settle doubtful boxes by the words of the page, and add what letters outside of lines say."""
        ends = [line for line in self._unread() if line.last]
        known = [*self.words, *line_words.stand_ins(self.sheet, ends)]
        stamps = loose.settle(self.plain, self.sheet, stamps, known)
        if not stamps:
            return stamps
        if any(one.text is None or (one.text in MARKS and one.ink is not Ink.RED) for one in stamps):
            self.read_all()
        words = [*self.words, *line_words.stand_ins(self.sheet, self._unread())]
        red = red_of(self.pixels)  # red ink was looked at
        stamps = [replace(one, text=None) if self._is_doubtful(one, words) else one for one in stamps]
        return [one for one in stamps if not stamp_unread.is_explained(one, words, red)]

    def _is_doubtful(self, box: stamp.Stamp, words: Sequence[ocr.Word]) -> bool:
        """Return whether another word than a mark, spoilt by print that the box was stamped on, may be one."""
        middle, size = (
            ((box.left + box.right) / 2, (box.top + box.bottom) / 2),
            (box.right - box.left, box.bottom - box.top),
        )
        return stamp_unread.is_doubtful(box, words) and detected.is_possible(self.pixels, (middle, size, 0.0))

    def _unread(self) -> list[lines.Line]:
        """Return the lines that were not read because they cannot contain a mark."""
        return [
            line
            for number, line in enumerate(self.sheet.lines)
            if line.kind is lines.Kind.LINE and not self._is_done(number)
        ]

    def read_what_is_asked(self, stamps: list[stamp.Stamp], view: PageView) -> None:
        """Read the whole page when something on it resembles a mark: the lines around it decide."""
        runs = _reading(self.pixels, stamps, self.words, view).runs
        seen = Document(part="", format="image", pages=1, runs=runs)
        if any(mark.strength is not Strength.NOTED for mark in find_in_document(seen)):
            self.read_all()

    def read_all(self) -> None:
        """Read what has not been read."""
        self._read(range(len(self.sheet.lines)))

    def _is_done(self, number: int) -> bool:
        """Return whether a line was read, by itself or in a longer one."""
        line = self.sheet.lines[number]
        return number in self._done or any(_holds(self.sheet.lines[other], line) for other in self._done)

    def _read(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            line = self.sheet.lines[number]
            if self._is_done(number):
                continue
            self._letters += line_words.cost(line)
            if self._letters > (MOST_PHOTO if self.photo else MOST):
                self.is_limited = True
                return
            for part in [other for other in self._done if _holds(line, self.sheet.lines[other])]:
                del self._done[part]
            self._words = None
            self._done[number] = line_words.read(self._engine, self.sheet, line)


def _holds(one: lines.Line, other: lines.Line) -> bool:
    """Return whether a line is part of another one."""
    return one.left <= other.left and other.right <= one.right and one.top <= other.top and other.bottom <= one.bottom


@dataclass(frozen=True, slots=True)
class _Text:
    """Quality of the reading of words."""

    words: int
    """Words of three letters and more."""
    confidence: float

    @property
    def weight(self) -> float:
        return self.words * self.confidence

    @property
    def legible(self) -> bool:
        return self.words >= LEAST_WORDS and self.confidence > POOR_CONFIDENCE


def _weigh(words: Sequence[ocr.Word], letters: int = 3) -> _Text:
    long = [word for word in words if sum(ch.isalpha() for ch in word.text) >= letters]
    return _Text(len(long), sum(word.confidence for word in long) / len(long) if long else 0.0)


def _stamps(pixels: Pixels, dpi: float, deadline: float) -> tuple[list[stamp.Stamp], Pixels]:
    """Return the stamps of a page, grey or BGR, without a mark also those of its dots and hollow letters, and the page with these filled."""
    found, solid = stamp.find(pixels, dpi, deadline=deadline), hollow.solid(pixels, dpi)
    if solid is not pixels and not any(one.text in MARKS for one in found):
        found += stamp.find_words(solid, dpi)
    if not any(one.text in MARKS for one in found) and (other := halftone.smoothed(pixels, dpi)) is not pixels:
        found += stamp.find(other, dpi, deadline=deadline)
    return found, solid
