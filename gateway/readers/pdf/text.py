"""One PDF page to pieces of text with font, size, colour and place, by pdfium's page objects (ISO 32000-1 §9).

Pieces are found in form XObjects too, with the matrices of all enclosing forms multiplied in; crop box and /Rotate are
applied. Pieces that a reader of the page cannot see are marked, never left out. pdfium believes /ActualText; where a
page has it, both readings are taken, because a text that is shown and a text that is copied may differ.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from gateway.model import ReadStatus
from gateway.readers.base import Budget, ReadError
from gateway.readers.pdf.annotations import annotations_of
from gateway.readers.pdf.api import (
    OBJECT_FORM,
    OBJECT_IMAGE,
    OBJECT_PATH,
    OBJECT_SHADING,
    OBJECT_TEXT,
    PdfiumDocument,
    pdfium,
)
from gateway.readers.pdf.columns import BATCH, Columns, Handles
from gateway.readers.pdf.fonts import FontFacts
from gateway.readers.pdf.geometry import display_matrix, length_of, map_box, multiply
from gateway.readers.pdf.glyphs import PageText, count_unmapped, known_letters, read_page_text
from gateway.readers.pdf.looks import Looks
from gateway.readers.pdf.marks import Marks
from gateway.readers.pdf.page import Affine, Box, Font, PageContent, Piece, Unseen
from gateway.readers.pdf.shapes import Shapes
from gateway.readers.pdf.visible import judge_visibility

LIMIT_OBJECTS = 200_000
"""Page objects of one page; honest drawings have some ten thousand."""
LIMIT_BLIND = 400
"""Places of letters without meaning that are kept for looking at."""
LIMIT_FORM_DEPTH = 12
_BOXED = (OBJECT_PATH, OBJECT_SHADING)
_STROKED, _INVISIBLE = (1, 5), (3, 7)
"""Text rendering modes (ISO 32000-1 §9.3.6)."""
_Look = tuple[Affine, Box, tuple[float], tuple[int, int, int, int], int | None, int]
"""Matrix, bounds, font size, fill colour, font handle and rendering mode of a text object, as pdfium gives them."""


@dataclass(frozen=True, slots=True)
class TextOptions:
    """What the structural pass found out and the page walk needs."""

    off_layers: frozenset[str] = frozenset()
    actual_text: frozenset[int] | None = frozenset()
    """Pages, from 1, whose content has /ActualText; None when it may be any."""
    tiles: bool = False
    """The file has tiling patterns; pdfium gives the colour of an area filled with one as if it were plain."""
    fonts: FontFacts = field(default_factory=FontFacts)
    """What a font shows whose map is a lie, or has a gap, is unknown until the page is looked at."""


class PageReader:
    """Reads the pages of one open document."""

    def __init__(self, document: PdfiumDocument, budget: Budget, options: TextOptions) -> None:
        self._api = pdfium()
        self._document = document
        self._budget = budget
        self._options = options
        self._columns = Columns()
        self._marks = Marks()
        self._looks = Looks(options.fonts)
        self._shapes = Shapes(self._looks, tiles=options.tiles)

    def read(self, index: int) -> PageContent:
        """Read the page with that index from 0, without its annotations, whose places are noted."""
        page = self._load(index)
        try:
            content = self._walk(page, index + 1, 0)
            if self._api.FPDFPage_GetAnnotCount(page):
                content.annotations = annotations_of(page)
            return content
        finally:
            self._api.FPDF_ClosePage(page)

    def read_annotations(self, index: int) -> PageContent:
        """Read what annotations and form fields draw on the page, and only that.

        The page is flattened in memory, so that appearance streams become page content: use a document of its own.
        """
        page = self._load(index)
        before = self._api.FPDFPage_CountObjects(page)
        flattened = self._api.FPDFPage_Flatten(page, 0)
        self._api.FPDF_ClosePage(page)
        if flattened != 1:  # FLATTEN_SUCCESS; nothing to do and failure are both "draws nothing"
            return PageContent(index + 1, 0.0, 0.0)
        page = self._load(index)
        try:
            return self._walk(page, index + 1, before)
        finally:
            self._api.FPDF_ClosePage(page)

    def _load(self, index: int) -> int:
        page: int | None = self._api.FPDF_LoadPage(self._document.handle, index)
        if not page:
            raise ReadError(ReadStatus.MALFORMED, "pdf-page")
        return page

    def _walk(self, page: int, number: int, first: int) -> PageContent:
        api = self._api
        content = PageContent(number, api.FPDF_GetPageWidthF(page), api.FPDF_GetPageHeightF(page))
        display = display_matrix(page)
        if api.FPDFPage_CountObjects(page) > LIMIT_OBJECTS:
            raise ReadError(ReadStatus.LIMIT, "pdf-objects")
        batches, text_objects = [], 0
        for batch in self._batches(page, display, first):
            batches.append(batch)
            content.objects += len(batch[0])
            text_objects += batch[1].count(OBJECT_TEXT)
            if content.objects > LIMIT_OBJECTS:
                raise ReadError(ReadStatus.LIMIT, "pdf-objects")
        text = read_page_text(page, text_objects)
        content.objects = 0
        content.characters = text.characters
        actual = self._options.actual_text is None or number in self._options.actual_text
        text.relabelled = actual
        relabelled: list[tuple[int, int]] = []
        for handles, kinds, matrix in batches:
            self._budget.check_time()
            looks = self._attributes([handle for handle in handles if handle in text.texts])
            boxes = self._columns.bounds(
                [handle for handle, kind in zip(handles, kinds, strict=True) if kind in _BOXED]
            )
            for handle, kind in zip(handles, kinds, strict=True):
                content.objects += 1
                if kind == OBJECT_TEXT:
                    before = len(content.pieces)
                    if handle in text.texts:
                        self._add_piece(content, handle, text, next(looks), matrix)
                    elif handle in text.unmapped:
                        content.unmapped += text.unmapped[handle]
                    if actual and self._marks.drop_actual_text(handle):
                        relabelled.append((handle, before if len(content.pieces) > before else -1))
                elif kind == OBJECT_PATH:
                    self._shapes.add_path(content, handle, map_box(matrix, *next(boxes)))
                elif kind == OBJECT_IMAGE:
                    self._shapes.add_picture(content, handle, multiply(next(self._columns.matrices([handle])), matrix))
                elif kind == OBJECT_SHADING:
                    self._shapes.add_shading(content, map_box(matrix, *next(boxes)))
        if relabelled:
            self._take_glyph_reading(page, content, relabelled, display)
        judge_visibility(content)
        return content

    def _batches(self, page: int, display: Affine, first: int) -> Iterator[tuple[Handles, list[int], Affine]]:
        """Yield handles and types of objects that are no forms, with their matrix to page display, in painting order."""
        api = self._api
        return self._container(api.FPDFPage_GetObject, page, range(first, api.FPDFPage_CountObjects(page)), display, 0)

    def _container(
        self, get: Callable[[int, int], int | None], container: int, places: range, matrix: Affine, depth: int
    ) -> Iterator[tuple[Handles, list[int], Affine]]:
        api, columns = self._api, self._columns
        for start in places[::BATCH]:
            self._budget.check_time()
            handles = columns.objects(get, container, start, min(start + BATCH, places.stop))
            kinds = columns.kinds(handles)
            begin = 0
            for position in [place for place, kind in enumerate(kinds) if kind == OBJECT_FORM]:
                yield handles[begin:position], kinds[begin:position], matrix
                begin = position + 1
                if depth >= LIMIT_FORM_DEPTH:
                    raise ReadError(ReadStatus.LIMIT, "pdf-forms")
                form = handles[position]
                inner = multiply(next(columns.matrices([form])), matrix)
                within = range(max(api.FPDFFormObj_CountObjects(form), 0))
                yield from self._container(api.FPDFFormObj_GetObject, form, within, inner, depth + 1)
            yield handles[begin:], kinds[begin:], matrix

    def _attributes(self, handles: Handles) -> Iterator[_Look]:
        """Yield what each text object looks like, as pdfium tells it."""
        columns = self._columns
        return zip(
            columns.matrices(handles),
            columns.bounds(handles),
            columns.sizes(handles),
            columns.fill_colours(handles),
            columns.fonts(handles),
            columns.modes(handles),
            strict=True,
        )

    def _add_piece(self, content: PageContent, handle: int, page_text: PageText, look: _Look, outer: Affine) -> None:
        matrix, bounds, (size,), colours, font_handle, mode = look
        text = page_text.texts[handle]
        font = self._looks.font(font_handle)
        if not text.isascii():
            # pdfium marks a hyphen at the end of a line as U+FFFE, and names some 8-bit codes by their glyph.
            text = text.translate(_LEGACY_CODES) if font.legacy else text.replace("\ufffe", "-")
        missing = page_text.unmapped.get(handle, 0)
        if font.meant is not None and not font.meant.issuperset(text) and not page_text.relabelled:
            known = "".join(ch for ch in text if ch in font.meant)
            missing, text = max(missing, len(text) - len(known)), known
        if missing or page_text.suspicious or self._options.fonts.lying:
            self._count_unmapped(content, text, font, missing)
        if missing and not font.legacy:
            text = known_letters(text, missing)
        a, b, c, d, e, f = matrix
        p, q, r, s, t, u = outer
        if b == c == q == r == 0:
            # Upright text on an upright page, as nearly all is.
            origin = (e * p + t, f * s + u)
            left, bottom, right, top = bounds
            box = (left * p + t, top * s + u, right * p + t, bottom * s + u)
            if p < 0 or s > 0:
                box = map_box(outer, *bounds)
            height = abs(size * d * s)
            angle = 0 if a * p >= 0 else 180
        else:
            a, b, c, d, e, f = multiply(matrix, outer)
            origin = (e, f)
            box = map_box(outer, *bounds)
            height = abs(size) * math.hypot(c, d)
            # y points down on the display, so a positive b turns clockwise.
            angle = 0 if b == 0 and a > 0 else round(math.degrees(math.atan2(-b, a))) % 360
        if mode in _STROKED:
            colour, alpha = self._looks.colour(self._api.FPDFPageObj_GetStrokeColor, handle)
        else:
            colour, alpha = self._looks.named(colours)
        if missing and mode not in _INVISIBLE and len(content.blind) < LIMIT_BLIND:
            content.blind.append(box)
        if not text:
            return
        unseen = None
        if mode in _INVISIBLE:
            unseen = Unseen.INVISIBLE_MODE
        elif alpha < 8:
            unseen = Unseen.TRANSPARENT
        elif self._options.off_layers and self._marks.text(handle, "OC", b"Name") in self._options.off_layers:
            unseen = Unseen.LAYER_OFF
        piece = Piece(text, box, angle, origin, height, font, colour, content.objects, None, None, unseen)
        if angle % 90:
            piece.length = length_of(handle, outer)
        content.pieces.append(piece)

    def _count_unmapped(self, content: PageContent, text: str, font: Font, unmapped: int) -> None:
        unmapped = max(unmapped, count_unmapped(text))
        if font.name in self._options.fonts.lying:
            unmapped = max(unmapped, len(text.strip()))
        if unmapped and not (font.symbol and len(text.strip()) <= 2):
            content.unmapped += unmapped

    def _take_glyph_reading(
        self, page: int, content: PageContent, relabelled: list[tuple[int, int]], display: Affine
    ) -> None:
        """Where glyphs and /ActualText differ, the glyphs' own meaning is what is shown; the other is kept beside."""
        shown = read_page_text(page)
        said = "".join(content.pieces[i].text for _, i in relabelled if i >= 0)
        meant = "".join(shown.texts.get(handle, "") for handle, _ in relabelled)
        if (
            any(handle in shown.unmapped for handle, _ in relabelled)
            or count_unmapped(meant)
            or _letters(said) == _letters(meant)
        ):
            return  # the glyphs mean nothing by themselves, which is what /ActualText is for; or nothing differs
        for i in {i for _, i in relabelled if i >= 0}:
            content.pieces[i].unseen = Unseen.ACTUAL_TEXT
        wanted = {handle for handle, _ in relabelled if handle in shown.texts}
        for handles, _, matrix in self._batches(page, display, 0):
            here = [handle for handle in handles if handle in wanted]
            for handle, look in zip(here, self._attributes(here), strict=True):
                self._add_piece(content, handle, shown, look, matrix)


def _letters(text: str) -> str:
    """Return what makes two readings the same: base letters and digits, however the marks are encoded."""
    return "".join(ch for ch in unicodedata.normalize("NFKD", text) if ch.isalnum())


_LEGACY_CODES = {0xFFFE: "\xad", 0x2212: "\xad", 0x2219: "\xb7", 0x3BC: "\xb5", 0x2C9: "\xaf", 0x2206: "\xc6"}
"""What pdfium makes of 8-bit codes that Latin fonts use for these glyphs, back to the codes."""
