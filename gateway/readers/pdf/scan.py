"""Pages of a PDF that must be looked at as a picture: scans, stamps that are images or drawings, unmapped text."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.model import Image, Run
from gateway.readers.base import Budget
from gateway.readers.pdf.api import PdfiumDocument, pdfium
from gateway.readers.pdf.drawn import drawn_words, has_letters, line_around, type3_words
from gateway.readers.pdf.page import Box, PageContent, Picture
from gateway.readers.pdf.rendering import FPDF_ANNOT, render

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PICTURE_SHARE = 0.5
"""Share of a page under pictures from which, with few letters, the page is a picture."""
FEW_LETTERS = 200
"""Visible letters that a scan may have on top (stamps of the registry, signature panels)."""
UNMAPPED = 3
"""Characters without meaning from which a page is looked at: the shortest mark has three letters, a stray icon one."""
CURVES = 60
"""Drawn shapes from which a page with few letters may be text turned into outlines."""
DPI = 200
WHOLE_PAGES = 4
"""Pages of a document that are read as a whole, at about a second each; of others the stamps and the upper part."""
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
    """The whole page was read, not only its stamps and its upper part."""
    doubtful: bool = False
    """Something on it looks like the words of a document, and nobody read any of it."""


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


class ScanReader:
    """Renders pages and has them read."""

    def __init__(self, document: PdfiumDocument, budget: Budget) -> None:
        self._document, self._budget = document, budget
        self._whole = 0
        """Pages that were read as a whole."""
        self._seen = False
        """A page that is a picture was looked at."""
        self._known: set[bytes] = set()
        """Parts of pages that were read: the same logo stands on every page."""

    def read(self, look: PageLook, first_block: int) -> ScanResult | None:
        """Look at one page; None when it cannot be rendered."""
        from gateway.readers.pictures import regions, stamp_page

        rendered = self.render(look.number - 1)
        if rendered is None:
            return None
        pixels, dpi, scale = rendered
        wish = stamp_page.Wish.STAMPS
        if look.is_picture or look.unmapped:
            wish = stamp_page.Wish.WHOLE if self._whole < WHOLE_PAGES else stamp_page.Wish.BAND
        view = stamp_page.PageView(page=look.number, dpi=dpi, points_per_pixel=scale, first_block=first_block)
        parts = regions.RegionReading(regions.Outcome.READ)
        if look.regions:
            pixel_boxes = [[_scaled(box, 1 / scale) for box in region] for region in look.regions]
            parts = regions.read(pixels, view, pixel_boxes, self._known, self._budget)
            if parts.outcome is regions.Outcome.KNOWN and wish is stamp_page.Wish.STAMPS:
                return ScanResult()  # the letterhead of another page
            view = dataclasses.replace(view, first_block=first_block + len(parts.runs))
        reading = stamp_page.examine(pixels, view, wish, self._budget)
        self._whole += reading.whole_page
        # The first page bears the mark of a document; more pages than time allows are merely unread.
        doubtful = reading.doubtful and not self._seen
        self._seen = self._seen or look.is_picture
        doubtful = doubtful or (look.drawn and parts.outcome is regions.Outcome.UNREAD and not reading.whole_page)
        runs = [*parts.runs, *reading.runs]
        return ScanResult(runs, reading.boxes, reading.unread, reading.whole_page, doubtful)

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
