"""One PDF page to pieces of text with font, size, colour and place, by pdfium's page objects (ISO 32000-1 §9).

Pieces are found in form XObjects too, with the matrices of all enclosing forms multiplied in; crop box and /Rotate are
applied. Pieces that a reader of the page cannot see are marked, never left out. pdfium believes /ActualText; where a
page has it, both readings are taken, because a text that is shown and a text that is copied may differ.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.pdf.annotations import annotations_of
from gateway.documents.readers.pdf.api import (
    OBJECT_FORM,
    OBJECT_IMAGE,
    OBJECT_PATH,
    OBJECT_SHADING,
    OBJECT_TEXT,
    PdfiumDocument,
    pdfium,
)
from gateway.documents.readers.pdf.claims import Claims
from gateway.documents.readers.pdf.columns import BATCH, Columns, Handles, Look
from gateway.documents.readers.pdf.geometry import display_matrix, length_of, map_box
from gateway.documents.readers.pdf.glyphs import Glyphs, PageText, count_unmapped, known_letters
from gateway.documents.readers.pdf.interleaved import part
from gateway.documents.readers.pdf.left import SHOWN, is_picture, left_over
from gateway.documents.readers.pdf.looks import LEGACY_CODES, Looks
from gateway.documents.readers.pdf.marks import Marks
from gateway.documents.readers.pdf.page import Affine, Box, Font, PageContent, Piece, Unseen
from gateway.documents.readers.pdf.rendering import LIMIT_PIXELS, Part, give_looks, render, switched_off
from gateway.documents.readers.pdf.seen import look_again, suspects
from gateway.documents.readers.pdf.shapes import Shapes, has_clip
from gateway.documents.readers.pdf.structure import Structure
from gateway.documents.readers.pdf.ticks import offers_levels, put_boxes
from gateway.documents.readers.pdf.visible import judge_visibility, surface
from gateway.documents.readers.pictures.outlines import product
from gateway.model import ReadStatus

LIMIT_OBJECTS = 200_000
"""Page objects of one page; honest drawings have some ten thousand."""
LIMIT_FORM_DEPTH = 12
DPI = 200
"""Resolution of a page that is read as a picture."""
_BOXED = (OBJECT_PATH, OBJECT_SHADING)


class _Batch(NamedTuple):
    """Objects that are no forms, in painting order."""

    handles: Handles
    kinds: list[int]
    matrix: Affine
    """From their container to the page as displayed."""
    veiled: bool
    """A clip, mask or layer of their container may hide some."""


class PageReader:
    """Reads the pages of one open document."""

    def __init__(self, document: PdfiumDocument, budget: Budget, structure: Structure) -> None:
        self._api = pdfium()
        self._document = document
        self._budget = budget
        self._structure = structure
        self._columns = Columns()
        self._marks = Marks()
        self._looks = Looks(structure.fonts)
        self._glyphs = Glyphs(self._looks)
        self._claims = Claims()
        self._shapes = Shapes(self._looks, tiles=structure.tiles)

    def read(self, index: int) -> PageContent:
        """Read the page with that index from 0, without its annotations, whose places are noted."""
        page = self._load(index)
        try:
            content = self._walk(page, index + 1, 0)
            if self._api.FPDFPage_GetAnnotCount(page):
                content.annotations = annotations_of(page)
                if offers_levels(content):
                    with PdfiumDocument(self._document.data, self._structure.password) as copy:
                        PageReader(copy, self._budget, self._structure).tick(index, content)
            return content
        finally:
            self._api.FPDF_ClosePage(page)

    def read_annotations(self, index: int) -> PageContent:
        """Read what annotations and form fields draw on the page, and only that.

        The page is flattened in memory, so that appearance streams become page content: use a document of its own.
        """
        page, before = self._flattened(index)
        try:
            return self._walk(page, index + 1, before) if before is not None else PageContent(index + 1, 0.0, 0.0)
        finally:
            self._api.FPDF_ClosePage(page)

    def tick(self, index: int, content: PageContent) -> None:
        """Put boxes before the options of a page as its annotations and form fields tick them; they become page content."""
        page, own = self._flattened(index)
        try:
            handles = [handle for batch in self._batches(page, 0, own) for handle in batch.handles]
            put_boxes(page, content, handles, printed=self._structure.printed)
        finally:
            self._api.FPDF_ClosePage(page)

    def _flattened(self, index: int) -> tuple[int, int | None]:
        """Load a page with what annotations and form fields draw behind the objects that it has; return how many these are, too.

        None when there is nothing to draw, or it cannot be done.
        """
        page = self._load(index)
        if self._api.FPDFPage_GetAnnotCount(page) == 0:
            return page, None
        before: int = self._api.FPDFPage_CountObjects(page)
        give_looks(page)
        flattened = self._api.FPDFPage_Flatten(page, 0)
        self._api.FPDF_ClosePage(page)
        return self._load(index), before if flattened == 1 else None  # FLATTEN_SUCCESS

    def _load(self, index: int) -> int:
        page: int | None = self._api.FPDF_LoadPage(self._document.handle, index)
        if not page:
            raise ReadError(ReadStatus.MALFORMED, "pdf-page")
        return page

    def _walk(self, page: int, number: int, first: int) -> PageContent:
        api = self._api
        content = PageContent(number, api.FPDF_GetPageWidthF(page), api.FPDF_GetPageHeightF(page))
        if api.FPDFPage_CountObjects(page) > LIMIT_OBJECTS:
            raise ReadError(ReadStatus.LIMIT, "pdf-objects")
        batches, total, text_objects = [], 0, 0
        for batch in self._batches(page, first):
            batches.append(batch)
            total += len(batch.handles)
            text_objects += batch.kinds.count(OBJECT_TEXT)
            if total > LIMIT_OBJECTS:
                raise ReadError(ReadStatus.LIMIT, "pdf-objects")
        actual = self._structure.actual_text
        text = self._glyphs.read(page, text_objects, relabelled=actual)
        content.characters = text.characters
        for batch in batches:
            self._budget.check_time()
            self._add_batch(page, content, text, batch)
        if actual:
            self._take_glyph_reading(page, content, batches)
        handles = [handle for batch in batches for handle in batch.handles]
        judge_visibility(content)
        within = [batch.veiled for batch in batches for _ in batch.handles]
        veils = api.FPDFPageObj_HasTransparency
        hidden = suspects(content, lambda one: within[one.order - 1] or bool(veils(handles[one.order - 1])))
        if hidden:
            self._budget.check_time()
            look_again(page, content, hidden, handles, printed=self._structure.printed)
        part(page, content, handles)
        if first or api.FPDFPage_GetAnnotCount(page) == 0:
            put_boxes(page, content, handles, printed=self._structure.printed)
        if self._structure.ink and (first or not is_picture(content)):
            self._budget.check_time()
            base = self._columns.objects(api.FPDFPage_GetObject, page, 0, first)
            printed = self._structure.printed
            content.left = left_over(
                page, content, _numbered(batches), base, self._looks, self._claims, printed=printed
            )
        return content

    def draw(
        self, index: int, keep: frozenset[int] | None, views: Sequence[tuple[float, Box | None]], *, annotations: bool
    ) -> list[Part]:
        """Draw a page, without its own text but for what is to `keep`, once for each view: a resolution in dpi and an area, or all.

        The resolution is lower than asked where all of the page would be too large; empty when the page is bare, and nothing
        of an area beside it. With annotations the page is flattened in memory: it is the last that is asked of it. pdfium's own
        way of drawing annotations leaves out form fields, and so the pictures of signatures.
        """
        page, own = self._flattened(index) if annotations else (self._load(index), None)
        try:
            width, height = self._api.FPDF_GetPageWidthF(page), self._api.FPDF_GetPageHeightF(page)
            if width <= 0 or height <= 0:
                return []
            objects = _numbered(self._batches(page, 0, own)) if keep is not None else []
            kept = keep or frozenset()
            texts = (item for order, (item, kind) in enumerate(objects, 1) if kind == OBJECT_TEXT and order not in kept)
            drawn = []
            with switched_off(texts):
                for asked, area in views:
                    largest = surface(area) if area and asked > DPI else width * height
                    scale = min(max(asked / 72, 2 * SHOWN / max(width, height)), (LIMIT_PIXELS / largest) ** 0.5)
                    size, dpi = (max(int(width * scale), 1), max(int(height * scale), 1)), scale * 72
                    left, top, right, bottom = (int(side * dpi / 72) for side in area) if area else (0, 0, *size)
                    part = max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])
                    if part[0] < part[2] and part[1] < part[3]:
                        pixels = render(page, size, part, printed=self._structure.printed)
                        drawn.append(Part(pixels, dpi, (72 * part[0] / dpi, 72 * part[1] / dpi)))
            return drawn
        finally:
            self._api.FPDF_ClosePage(page)

    def cannot_draw(self, index: int, orders: Sequence[int]) -> bool:
        """Return whether one of the images of a page, by their painting order, cannot be drawn."""
        page = self._load(index)
        try:
            objects = _numbered(self._batches(page, 0))
            return not all(self._shapes.can_draw(page, objects[order - 1][0]) for order in orders)
        finally:
            self._api.FPDF_ClosePage(page)

    def _add_batch(self, page: int, content: PageContent, text: PageText, batch: _Batch) -> None:
        """Add the objects of a batch; what they are is asked kind by kind, their painting order is kept in numbers."""
        handles, kinds, matrix, _ = batch
        first = content.objects + 1
        content.objects += len(handles)
        if kinds.count(OBJECT_TEXT) == len(kinds):
            self._add_pieces(content, text, handles, range(first, first + len(handles)), matrix)
            return
        numbered = list(zip(handles, kinds, range(first, first + len(handles)), strict=True))
        words = [(handle, order) for handle, kind, order in numbered if kind == OBJECT_TEXT]
        self._add_pieces(content, text, [handle for handle, _ in words], [order for _, order in words], matrix)
        boxes = self._columns.bounds([handle for handle, kind, _ in numbered if kind in _BOXED])
        for handle, kind, order in numbered:
            if kind == OBJECT_PATH:
                self._shapes.add_path(content, handle, map_box(matrix, *next(boxes)), matrix, order)
            elif kind == OBJECT_SHADING:
                content.paints.append((map_box(matrix, *next(boxes)), order))
                content.drawings += 1
            elif kind == OBJECT_IMAGE:
                inner = next(self._columns.matrices([handle]))
                self._shapes.add_picture(page, content, handle, product(inner, matrix), order)

    def _batches(self, page: int, first: int, last: int | None = None) -> Iterator[_Batch]:
        """Yield the objects of a page between two numbers, those of forms too."""
        api = self._api
        places = range(first, api.FPDFPage_CountObjects(page) if last is None else last)
        return self._container(page, places, display_matrix(page), 0, veiled=self._structure.veils)

    def _container(
        self, container: int, places: range, matrix: Affine, depth: int, *, veiled: bool
    ) -> Iterator[_Batch]:
        api, columns = self._api, self._columns
        get = api.FPDFFormObj_GetObject if depth else api.FPDFPage_GetObject
        for start in places[::BATCH]:
            self._budget.check_time()
            handles = columns.objects(get, container, start, min(start + BATCH, places.stop))
            kinds = columns.kinds(handles)
            begin = 0
            forms = [place for place, kind in enumerate(kinds) if kind == OBJECT_FORM] if OBJECT_FORM in kinds else []
            for position in forms:
                yield _Batch(handles[begin:position], kinds[begin:position], matrix, veiled)
                begin = position + 1
                if depth >= LIMIT_FORM_DEPTH:
                    raise ReadError(ReadStatus.LIMIT, "pdf-forms")
                form = handles[position]
                inner = product(next(columns.matrices([form])), matrix)
                within = range(max(api.FPDFFormObj_CountObjects(form), 0))
                hides = veiled or bool(api.FPDFPageObj_HasTransparency(form)) or has_clip(form)
                yield from self._container(form, within, inner, depth + 1, veiled=hides)
            yield _Batch(handles[begin:], kinds[begin:], matrix, veiled)

    def _add_pieces(
        self, content: PageContent, text: PageText, handles: Handles, orders: Sequence[int], outer: Affine
    ) -> None:
        """Add the text objects that show a text. This runs for each of them, so it looks up rather than calls."""
        texts, doubtful, layers = text.texts, text.doubtful, self._structure.off_layers
        if not all(map(texts.__contains__, handles)):
            shown = [(handle, order) for handle, order in zip(handles, orders, strict=True) if handle in texts]
            handles, orders = [handle for handle, _ in shown], [order for _, order in shown]
        if not handles:
            return
        styles, style_of, append = self._looks.styles, self._looks.style, content.pieces.append
        p, q, r, s, t, u = outer
        upright = q == r == 0 and p > 0 and s < 0
        for handle, order, (look, fount, mode) in zip(handles, orders, self._columns.looks(handles), strict=True):
            a, b, c, d, e, f, x0, y0, x1, y1, size, paint = look
            font, colour, unseen = styles.get((fount, paint, mode)) or style_of(handle, fount, paint, mode)
            if upright and b == c == 0 and a > 0 and d > 0:
                angle, height = 0, abs(size * d * s)
                box, origin = (x0 * p + t, y1 * s + u, x1 * p + t, y0 * s + u), (e * p + t, f * s + u)
            else:
                angle, box, origin, height = self._turned(handle, look, outer)
            words = texts[handle]
            if handle in doubtful:
                words, missing = self._known_words(content, handle, text, font)
                if missing:
                    content.blind.add(order)
            if unseen is None and layers and self._marks.text(handle, "OC", b"Name") in layers:
                unseen = Unseen.LAYER_OFF
            if words:
                length = length_of(handle, outer) if angle % 90 else None
                append(Piece(words, box, angle, origin, height, font, colour, order, length, None, unseen))

    def _turned(self, handle: int, look: Look, outer: Affine) -> tuple[int, Box, tuple[float, float], float]:
        """Return angle, box, origin and size of text that is turned or mirrored, or on a turned page."""
        a, b, c, d, e, f = product(look[:6], outer)
        # y points down on the display, so a positive b turns clockwise.
        angle = 0 if b == 0 and a > 0 else round(math.degrees(math.atan2(-b, a))) % 360
        return angle, map_box(outer, *next(self._columns.bounds([handle]))), (e, f), abs(look[10]) * math.hypot(c, d)

    def _known_words(self, content: PageContent, handle: int, page_text: PageText, font: Font) -> tuple[str, int]:
        """Return what a doubtful text says for sure, and how many of its characters are codes without meaning."""
        # pdfium marks a hyphen at the end of a line as U+FFFE, and names some 8-bit codes by their glyph.
        text = page_text.texts[handle]
        text = text.translate(LEGACY_CODES) if font.legacy else text.replace("\ufffe", "-")
        missing = page_text.unmapped.get(handle, 0)
        if font.meant is not None and not page_text.relabelled:
            known = "".join(ch for ch in text if ch in font.meant)
            missing, text = max(missing, len(text) - len(known)), known
        self._count_unmapped(content, text, font, missing)
        return (known_letters(text, missing) if missing and not font.legacy else text), missing

    def _count_unmapped(self, content: PageContent, text: str, font: Font, unmapped: int) -> None:
        unmapped = max(unmapped, count_unmapped(text))
        if font.name in self._structure.fonts.lying:
            unmapped = max(unmapped, len(text.strip()))
        if unmapped and not (font.symbol and len(text.strip()) <= 2):
            content.unmapped += unmapped

    def _take_glyph_reading(self, page: int, content: PageContent, batches: list[_Batch]) -> None:
        """Take the glyphs' meaning where it differs from /ActualText, as it is displayed; keep the other beside."""
        relabelled = self._drop_actual_text(batches)
        if not relabelled:
            return
        shown = self._glyphs.read(page)
        said = [piece for piece in content.pieces if piece.order in relabelled]
        meant = "".join(shown.texts.get(handle, "") for handle in relabelled.values())
        if (
            any(handle in shown.unmapped for handle in relabelled.values())
            or count_unmapped(meant)
            or _letters("".join(piece.text for piece in said)) == _letters(meant)
        ):
            return  # the glyphs mean nothing by themselves, which is what /ActualText is for; or nothing differs
        for piece in said:
            piece.unseen = Unseen.ACTUAL_TEXT
        first = 1
        for handles, _, matrix, _ in batches:
            orders = [order for order in range(first, first + len(handles)) if order in relabelled]
            self._add_pieces(content, shown, [relabelled[order] for order in orders], orders, matrix)
            first += len(handles)

    def _drop_actual_text(self, batches: list[_Batch]) -> dict[int, int]:
        """Take /ActualText from the text objects that have it; return their handles by painting order."""
        found, order = {}, 0
        for handles, kinds, *_ in batches:
            for handle, kind in zip(handles, kinds, strict=True):
                order += 1
                if kind == OBJECT_TEXT and self._marks.drop_actual_text(handle):
                    found[order] = handle
        return found


def _numbered(batches: Iterable[_Batch]) -> list[tuple[int, int]]:
    """Return handles and kinds of all objects in painting order, the first of which has the number 1."""
    return [item for batch in batches for item in zip(batch.handles, batch.kinds, strict=True)]


def _letters(text: str) -> str:
    """Return what makes two readings the same: base letters and digits, however the marks are encoded."""
    return "".join(ch for ch in unicodedata.normalize("NFKD", text) if ch.isalnum())
