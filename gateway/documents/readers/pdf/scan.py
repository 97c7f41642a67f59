"""Pages of a PDF that must be looked at as a picture: scans, stamps that are images or drawings, unmapped text."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.documents.readers.base import Budget
from gateway.documents.readers.parallel import in_order
from gateway.documents.readers.pdf.api import PdfiumDocument, pdfium
from gateway.documents.readers.pdf.drawn import drawn_words, has_letters, line_around, type3_words
from gateway.documents.readers.pdf.page import Box, PageContent, Picture
from gateway.documents.readers.pdf.rendering import FPDF_ANNOT, render
from gateway.model import Image, Run

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gateway.documents.readers.pictures import regions

PICTURE_SHARE = 0.5
"""Share of a page under pictures from which, with few letters, the page is a picture."""
FEW_LETTERS = 200
"""Visible letters that a scan may have on top (stamps of the registry, signature panels)."""
UNMAPPED = 3
"""Characters without meaning from which a page is looked at: the shortest mark has three letters, a stray icon one."""
CURVES = 60
"""Drawn shapes from which a page with few letters may be text turned into outlines."""
DPI = 200
LIMIT_REGIONS = 400
LIMIT_PIXELS = 12_000_000
"""Pixels of a rendered page; A4 at 200 dpi has 3.9 million, A3 7.7."""


@dataclass(frozen=True, slots=True)
class PageLook:
    """What about a page asks for a look at it as a picture."""

    number: int
    is_picture: bool
    unmapped: int
    suspicious: bool
    """Pictures or red drawings beside real text: a stamp may be among them."""
    images: tuple[Image, ...] = ()
    regions: tuple[tuple[Box, ...], ...] = ()
    """Parts of a page of text whose words no text object gives: drawn letters, pictures, patterns; in points."""
    drawn: bool = False
    """Some of them are drawn figures that stand together as letters do."""

    @property
    def wanted(self) -> bool:
        """Whether the page should be rendered at all."""
        return self.is_picture or self.suspicious or self.unmapped > 0 or bool(self.regions)


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What looking at one page gave."""

    runs: list[Run] = field(default_factory=list)
    boxes: int = 0
    unread: int = 0
    whole_page: bool = False
    """Nothing was left unread in which a mark may stand."""
    doubtful: bool = False
    """Something on it looks like the words of a document, and was not read."""


def look_at(content: PageContent) -> PageLook:
    """Decide from its objects how a page must be looked at."""
    letters = (
        sum(sum(1 for ch in piece.text if ch.isalpha()) for piece in content.pieces if piece.unseen is None)
        if content.pictures or content.curves >= CURVES
        else FEW_LETTERS
    )
    area = max(content.width * content.height, 1.0)
    shares = [_visible_area(picture, content) / area for picture in content.pictures]
    covered = min(sum(shares), 1.0)
    picture = letters < FEW_LETTERS and (covered >= PICTURE_SHARE or content.curves >= CURVES)
    images = tuple(
        Image(
            locator=f"page:{content.number}",
            page=content.number,
            width_px=item.width_px,
            height_px=item.height_px,
            page_share=round(min(share, 1.0), 3),
        )
        for item, share in zip(content.pictures[:200], shares, strict=False)
    )
    suspicious = bool(content.red_paths) or any(_stamp_like(item) for item in content.pictures)
    unmapped = content.unmapped if content.unmapped >= UNMAPPED else 0
    regions, drawn = ((), False) if picture else _regions(content)
    return PageLook(content.number, picture, unmapped, suspicious, images, regions, drawn)


def _regions(content: PageContent) -> tuple[tuple[tuple[Box, ...], ...], bool]:
    """Return the parts of a page that may show words, and whether some are figures that stand together as letters do."""
    words = drawn_words(content.figures)
    others = [item.box for item in content.pictures if _stamp_like(item)]
    others += [*content.patches, *type3_words(content.pieces)]
    if content.unmapped < UNMAPPED:
        others += [line_around(box, content.pieces) for box in content.blind]
    return (*words, *((box,) for box in others[:LIMIT_REGIONS])), any(has_letters(group) for group in words)


def with_annotations(look: PageLook, drawn: PageContent) -> PageLook:
    """Add to a look at a page what its annotations draw: a stamp that is put on in a viewer is one of them."""
    regions, words = _regions(drawn)
    suspicious = bool(drawn.red_paths) or any(_stamp_like(item) for item in drawn.pictures)
    return dataclasses.replace(
        look,
        suspicious=look.suspicious or suspicious,
        regions=(*look.regions, *regions),
        drawn=look.drawn or words,
    )


def _visible_area(picture: Picture, content: PageContent) -> float:
    left, top, right, bottom = picture.box
    width = min(right, content.width) - max(left, 0.0)
    height = min(bottom, content.height) - max(top, 0.0)
    return max(width, 0.0) * max(height, 0.0)


def _stamp_like(picture: Picture) -> bool:
    """Whether a picture is large enough to show a legible stamp."""
    left, top, right, bottom = picture.box
    return right - left >= 24 and bottom - top >= 9


def _scaled(box: Box, by: float) -> Box:
    left, top, right, bottom = box
    return left * by, top * by, right * by, bottom * by


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page as pixels, with what of it must be read."""

    look: PageLook
    pixels: npt.NDArray[np.uint8]
    dpi: float
    points_per_pixel: float
    parts: regions.Parts | None = None


class ScanReader:
    """Renders pages and has them read."""

    def __init__(self, document: PdfiumDocument, budget: Budget) -> None:
        self._document, self._budget = document, budget
        self._known: set[bytes] = set()
        """Parts of pages that were read: the same logo stands on every page."""

    def read(self, looks: Iterable[PageLook]) -> Iterator[tuple[PageLook, ScanResult | None]]:
        """Look at pages, as many at a time as the budget has threads; None for one that cannot be rendered.

        Blocks of runs are counted from 0 on each page.
        """
        sheets = (self._sheet(look) for look in looks)
        yield from in_order(sheets, self._read, self._budget.threads)

    def _sheet(self, look: PageLook) -> tuple[PageLook, _Sheet | None]:
        """Render a page; in the thread that called, because pdfium knows only one."""
        from gateway.documents.readers.pictures import regions

        self._budget.check_time()
        rendered = self.render(look.number - 1)
        if rendered is None:
            return look, None
        pixels, dpi, scale = rendered
        parts = None
        if look.regions:
            boxes = [[_scaled(box, 1 / scale) for box in region] for region in look.regions]
            parts = regions.cut_out(pixels, dpi, boxes, self._known)
        return look, _Sheet(look, pixels, dpi, scale, parts)

    def _read(self, item: tuple[PageLook, _Sheet | None]) -> tuple[PageLook, ScanResult | None]:
        look, sheet = item
        if sheet is None:
            return look, None
        from gateway.documents.readers.pictures import regions, stamp_page

        wish = stamp_page.Wish.WORDS if look.is_picture or look.unmapped else stamp_page.Wish.STAMPS
        view = stamp_page.PageView(page=look.number, dpi=sheet.dpi, points_per_pixel=sheet.points_per_pixel)
        parts = regions.RegionReading(regions.Outcome.READ)
        if sheet.parts is not None:
            parts = regions.read(sheet.parts, sheet.pixels, view, self._budget)
            if parts.outcome is regions.Outcome.KNOWN and wish is stamp_page.Wish.STAMPS:
                return look, ScanResult()  # the letterhead of another page
            view = dataclasses.replace(view, first_block=len(parts.runs))
        reading = stamp_page.examine(sheet.pixels, view, wish, self._budget)
        doubtful = look.drawn and parts.outcome is regions.Outcome.UNREAD and not reading.whole_page
        runs = [*parts.runs, *reading.runs]
        return look, ScanResult(runs, reading.boxes, reading.unread, reading.whole_page, reading.doubtful or doubtful)

    def render(self, index: int) -> tuple[npt.NDArray[np.uint8], float, float] | None:
        """Return a page as BGR pixels, its resolution in dpi, and points for a pixel."""
        api = pdfium()
        page = api.FPDF_LoadPage(self._document.handle, index)
        if not page:
            return None
        try:
            width, height = api.FPDF_GetPageWidthF(page), api.FPDF_GetPageHeightF(page)
            if width <= 0 or height <= 0:
                return None
            scale = min(DPI / 72, (LIMIT_PIXELS / (width * height)) ** 0.5)
            pixels = render(page, (max(int(width * scale), 1), max(int(height * scale), 1)), flags=FPDF_ANNOT)
        finally:
            api.FPDF_ClosePage(page)
        return pixels, scale * 72, 1 / scale
