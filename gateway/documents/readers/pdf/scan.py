"""Pages of a PDF that are read as a picture: scans, unmapped text, and ink that no text explains."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec import structs

from gateway.documents.readers.base import Budget, PageReading, next_block
from gateway.documents.readers.parallel import in_order
from gateway.documents.readers.pdf import left
from gateway.documents.readers.pdf.page import FINE_DPI, Box, Left, PageContent, Picture
from gateway.documents.readers.pdf.runs import Zones
from gateway.documents.readers.pdf.text import DPI
from gateway.documents.readers.pdf.visible import contains, cut_by, overlaps, surface
from gateway.model import Image, Run

if TYPE_CHECKING:
    from gateway.documents.readers.pdf.rendering import Part
    from gateway.documents.readers.pdf.text import PageReader

UNMAPPED = 3
"""Characters without meaning from which all of a page is read: the shortest mark has three letters, a stray icon one."""
MARGIN = 12.0
"""Points of paper around what is read apart."""
PAPER = 255
LIMIT_LISTED = 200
"""Pictures of a page that are listed one by one."""
LEAST_DPI = 50.0
"""Lowest resolution that a page is read at: one too large to be drawn finer (A0 twice) is looked at from farther away."""
LIMIT_FINE = 3_900_000
"""Pixels that are drawn of a small and fine picture: A4 at 200 dpi."""


@dataclass(frozen=True, slots=True)
class PageLook:
    """Reasons to look at a page as a picture."""

    number: int
    is_picture: bool
    unmapped: int
    images: tuple[Image, ...] = ()
    left: Left | None = None
    """Ink that no text explains."""
    zones: Zones = field(kw_only=True)
    """Names of the places of the page."""
    annotations: bool = False
    """Some of that ink is in annotations."""
    pictures: tuple[Picture, ...] = ()
    lacks_pictures: bool = False
    """It came out white, and one of them cannot be drawn."""

    def dpi_of(self, area: Box | None = None) -> float:
        """Return the resolution at which the page, or an area of it, is drawn; above `DPI` where its pictures are small and fine."""
        shown = [one for one in self.pictures if area is None or overlaps(area, one.box)]
        points = sum(surface(one.box) for one in shown)
        pixels = min(sum(one.width_px * one.height_px for one in shown), LIMIT_FINE)
        own = 72 * (pixels / points) ** 0.5 if points > 0 else 0.0
        if area is not None:
            own = min(own, 72 * (LIMIT_FINE / surface(area)) ** 0.5)
        return own if own > FINE_DPI else DPI

    @property
    def is_whole(self) -> bool:
        """All of the page is read, its text too."""
        return self.is_picture or self.unmapped > 0

    @property
    def wanted(self) -> bool:
        """Whether the page should be rendered at all."""
        return self.is_whole or self.left is not None


def look_at(content: PageContent) -> PageLook:
    """Decide from its objects how a page must be looked at."""
    place = f"page:{content.number}"
    images = tuple(
        Image(locator=place, page=content.number, width_px=one.width_px, height_px=one.height_px)
        for one in content.pictures[:LIMIT_LISTED]
    )
    unmapped = content.unmapped if content.unmapped >= UNMAPPED else 0
    pictures = tuple(content.pictures)
    is_picture = left.is_picture(content)
    return PageLook(content.number, is_picture, unmapped, images, content.left, zones=Zones(content), pictures=pictures)


def with_annotations(look: PageLook, drawn: PageContent, page: PageContent) -> PageLook:
    """Add to a look at a page what its annotations draw, a stamp that is put on in a viewer, and the words that they may hide."""
    cut, beneath = cut_by(page, drawn)
    if drawn.left is None and not cut:
        return look
    own, more = look.left or Left(), drawn.left or Left()
    boxes = tuple(piece.box for piece in cut)
    left = Left(own.keep | beneath, (*own.areas, *more.areas, *boxes), own.cut + boxes)
    return dataclasses.replace(look, left=left, annotations=True)


def _placed(run: Run, part: Part, look: PageLook) -> Run:
    """Return a run of a part of a page at its place on the page."""
    x, y = part.corner
    left, top, right, bottom = run.bbox_pt or (0.0, 0.0, 0.0, 0.0)
    box = left + x, top + y, right + x, bottom + y
    return structs.replace(run, bbox_pt=box, locator=look.zones.locate(box))


class ScanReader:
    """Renders pages and has them read."""

    def __init__(self, pages: PageReader, budget: Budget) -> None:
        self._pages, self._budget = pages, budget
        self._known: set[bytes] = set()
        """Ink that was read on another page: the same logo is on all of them."""

    def read(self, looks: Iterable[PageLook]) -> Iterator[tuple[PageLook, PageReading | None]]:
        """Look at pages, as many at a time as the budget has threads; None for one that cannot be rendered.

        Blocks of runs are counted from 0 on each page.
        """
        yield from in_order(map(self._sheet, looks), self._read, self._budget.threads)

    def _sheet(self, look: PageLook) -> tuple[PageLook, list[Part] | None]:
        """Render a page, in the thread that called, because pdfium knows only one; without what was read before."""
        self._budget.check_time()
        if look.is_whole or look.left is None:
            parts = self._pages.draw(look.number - 1, None, [(look.dpi_of(), None)], annotations=True)
            return (self._asked(look, parts), parts) if parts else (look, None)
        views = [(look.dpi_of(area), area) for area in _outermost(look.left.areas)]
        closer = [(dpi, _with_margin(area, MARGIN * DPI / dpi)) for dpi, area in views]
        drawn = self._pages.draw(look.number - 1, look.left.keep, closer, annotations=look.annotations)
        parts = [part for part in drawn if (part.pixels < PAPER).any() and self._is_new(part)]
        return self._asked(look, parts), parts

    def _asked(self, look: PageLook, parts: list[Part]) -> PageLook:
        """Ask of a page that came out white whether pdfium can draw the pictures of which that takes long."""
        orders = [one.order for one in look.pictures if one.drawn is None and one.is_legible]
        if not orders or any((part.pixels < PAPER).any() for part in parts):
            return look
        return dataclasses.replace(look, lacks_pictures=self._pages.cannot_draw(look.number - 1, orders))

    def _is_new(self, part: Part) -> bool:
        digest = hashlib.blake2b(part.pixels.data, digest_size=16).digest()
        known = digest in self._known
        self._known.add(digest)
        return not known

    def _read(self, item: tuple[PageLook, list[Part] | None]) -> tuple[PageLook, PageReading | None]:
        look, parts = item
        if parts is None:
            return look, None
        result = PageReading(whole_page=look.is_whole, doubtful=look.lacks_pictures)
        for part in parts:
            result = self._with(part, look, result)
        return look, result

    def _with(self, part: Part, look: PageLook, before: PageReading) -> PageReading:
        """Return what was read before with what a part of the page says."""
        from gateway.documents.readers.pictures import page_runs, stamp_page

        locator = "" if look.is_whole else f"page:{look.number}"
        dpi = min(max(part.dpi, LEAST_DPI), DPI)
        view = page_runs.PageView(look.number, dpi, 72 / part.dpi, next_block(before.runs), locator)
        late = not look.is_whole and self._budget.words_left_s() <= 0
        reading = stamp_page.examine(part.pixels, view, self._budget)
        runs = reading.runs if look.is_whole else (_placed(run, part, look) for run in reading.runs)
        return PageReading(
            (*before.runs, *runs),
            before.boxes + reading.boxes,
            before.unread + reading.unread,
            reading.whole_page,
            before.doubtful or reading.doubtful or (late and left.has_letters(part.pixels)),
        )


def _outermost(areas: Iterable[Box]) -> list[Box]:
    """Return the areas in no other."""
    found: list[Box] = []
    for area in sorted(areas, key=lambda one: (one[0] - one[2]) * (one[3] - one[1])):
        if not any(contains(one, area) for one in found):
            found.append(area)
    return found


def _with_margin(area: Box, margin: float) -> Box:
    """Return an area with some paper around it."""
    return max(area[0] - margin, 0.0), max(area[1] - margin, 0.0), area[2] + margin, area[3] + margin
