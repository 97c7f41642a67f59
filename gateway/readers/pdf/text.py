"""One PDF page to pieces of text with font, size, colour and place, by pdfium's page objects (ISO 32000-1 §9).

Pieces are found in form XObjects too, with the matrices of all enclosing forms multiplied in; crop box and /Rotate are
applied. Pieces that a reader of the page cannot see are marked, never left out. pdfium believes /ActualText; where a
page has it, both readings are taken, because a text that is shown and a text that is copied may differ.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from gateway.model import ReadStatus
from gateway.readers.base import Budget, ReadError
from gateway.readers.pdf.api import (
    OBJECT_FORM,
    OBJECT_IMAGE,
    OBJECT_PATH,
    OBJECT_SHADING,
    OBJECT_TEXT,
    PdfiumDocument,
    Quad,
    Rect,
    pdfium,
)
from gateway.readers.pdf.columns import BATCH, NO_COLOUR, Columns, Handles
from gateway.readers.pdf.fonts import FontFacts
from gateway.readers.pdf.geometry import display_matrix, map_box, multiply
from gateway.readers.pdf.glyphs import PageText, count_unmapped, known_letters, read_page_text
from gateway.readers.pdf.marks import Marks, utf16
from gateway.readers.pdf.page import Affine, Annotation, Box, Fill, Font, PageContent, Picture, Piece, Unseen
from gateway.readers.pdf.visible import judge_visibility
from gateway.text.fonts import is_symbol, legacy_font

LIMIT_OBJECTS = 200_000
"""Page objects of one page; honest drawings have some ten thousand."""
LIMIT_BLIND = 400
"""Places of letters without meaning that are kept for looking at."""
LIMIT_FORM_DEPTH = 12
LIMIT_FILLS = 1500
"""Painted areas of a page that are kept as possible backgrounds or covers."""
LIMIT_FRAMES = 400
LIMIT_FIGURES = 4000
_RECTANGLE = 6
"""Segments that a rectangle has at most."""
_MANY_SEGMENTS = 40
"""Segments from which one wide path may be a word or a line; the letter Ế has some sixty, but is not wide."""
LIMIT_COLOURS = 4096
_BOXED = (OBJECT_PATH, OBJECT_SHADING)
_STROKED, _INVISIBLE = (1, 5), (3, 7)
"""Text rendering modes (ISO 32000-1 §9.3.6)."""
_Look = tuple[Affine, Box, tuple[float], tuple[int, int, int, int], int | None, int]
"""Matrix, bounds, font size, fill colour, font handle and rendering mode of a text object, as pdfium gives them."""
_NO_FONT = Font(None, bold=False, legacy=False, symbol=False)
_FRAME_WIDTH, _FRAME_HEIGHT = (24.0, 300.0), (9.0, 90.0)
"""Points; the stamps of Decree 30/2020 and Circular 24/2020 are 20 x 8 to 40 x 13 mm, and people draw larger ones."""


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


class _Scratch:
    """Output arguments of C calls, allocated once."""

    def __init__(self) -> None:
        self.colour = (ctypes.c_uint * 4)()
        start = ctypes.addressof(self.colour)
        self.colour_places = (start, start + 4, start + 8, start + 12)
        self.fill, self.stroke = ctypes.c_int(), ctypes.c_int()
        self.width, self.height = ctypes.c_uint(), ctypes.c_uint()
        self.name = ctypes.create_string_buffer(2048)
        self.name_address = ctypes.addressof(self.name)


class PageReader:
    """Reads the pages of one open document."""

    def __init__(self, document: PdfiumDocument, budget: Budget, options: TextOptions) -> None:
        self._api = pdfium()
        self._document = document
        self._budget = budget
        self._options = options
        self._fonts: dict[int, Font] = {}
        self._columns = Columns()
        self._marks = Marks()
        self._colours: dict[tuple[int, int, int, int], tuple[str | None, int]] = {NO_COLOUR: (None, 255)}
        self._scratch = _Scratch()

    def read(self, index: int) -> PageContent:
        """Read the page with that index from 0, without its annotations, whose places are noted."""
        page = self._load(index)
        try:
            content = self._walk(page, index + 1, 0)
            if self._api.FPDFPage_GetAnnotCount(page):
                content.annotations = self._annotations(page)
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
            looks = self._looks([handle for handle in handles if handle in text.texts])
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
                    self._add_path(content, handle, map_box(matrix, *next(boxes)))
                elif kind == OBJECT_IMAGE:
                    self._add_picture(content, handle, matrix)
                elif kind == OBJECT_SHADING:
                    box = map_box(matrix, *next(boxes))
                    if len(content.patches) < LIMIT_FIGURES:
                        content.patches.append(box)
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

    def _looks(self, handles: Handles) -> Iterator[_Look]:
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

    def _length(self, handle: int, matrix: Affine) -> float | None:
        """Return how long slanting text is along its baseline."""
        quad = Quad()
        if not self._api.FPDFPageObj_GetRotatedBounds(handle, ctypes.byref(quad)):
            return None
        a, b, c, d, _, _ = matrix
        x, y = quad.x2 - quad.x1, quad.y2 - quad.y1
        return math.hypot(a * x + c * y, b * x + d * y)

    def _colour(self, get: Callable[..., int], handle: int) -> tuple[str | None, int]:
        """Return RRGGBB (None for patterns) and opacity 0 to 255."""
        scratch = self._scratch
        if not get(handle, *scratch.colour_places):
            return None, 255
        return self._named(tuple(scratch.colour))

    def _named(self, colour: tuple[int, int, int, int]) -> tuple[str | None, int]:
        known = self._colours.get(colour)
        if known is None:
            red, green, blue, alpha = colour
            known = f"{red:02X}{green:02X}{blue:02X}", alpha
            if len(self._colours) < LIMIT_COLOURS:
                self._colours[colour] = known
        return known

    def _font(self, font_handle: int | None) -> Font:
        if not font_handle:
            return _NO_FONT
        font = self._fonts.get(font_handle)
        if font is None:
            scratch = self._scratch
            length = self._api.FPDFFont_GetBaseFontName(font_handle, scratch.name_address, len(scratch.name))
            name = None
            if 1 < length <= len(scratch.name):
                raw = scratch.name.raw[: length - 1]
                name = _without_subset_prefix(raw.decode("utf-8", "replace"))
            bold = bool(name and "bold" in name.lower()) or self._api.FPDFFont_GetWeight(font_handle) >= 600
            legacy = bool(name) and legacy_font(name or "") is not None
            symbol = bool(name) and is_symbol(name or "")
            meant = self._options.fonts.meant.get(name or "")
            font = self._fonts[font_handle] = Font(name or None, bold=bold, legacy=legacy, symbol=symbol, meant=meant)
        return font

    def _add_piece(self, content: PageContent, handle: int, page_text: PageText, look: _Look, outer: Affine) -> None:
        matrix, bounds, (size,), colours, font_handle, mode = look
        text = page_text.texts[handle]
        font = self._fonts.get(font_handle or 0) or self._font(font_handle)
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
            colour, alpha = self._colour(self._api.FPDFPageObj_GetStrokeColor, handle)
        else:
            colour, alpha = self._colours.get(colours) or self._named(colours)
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
            piece.length = self._length(handle, outer)
        content.pieces.append(piece)

    def _count_unmapped(self, content: PageContent, text: str, font: Font, unmapped: int) -> None:
        unmapped = max(unmapped, count_unmapped(text))
        if font.name in self._options.fonts.lying:
            unmapped = max(unmapped, len(text.strip()))
        if unmapped and not (font.symbol and len(text.strip()) <= 2):
            content.unmapped += unmapped

    def _add_path(self, content: PageContent, handle: int, box: Box) -> None:
        width, height = box[2] - box[0], box[3] - box[1]
        if width < 3 or height < 3:
            return
        api, scratch = self._api, self._scratch
        if not api.FPDFPath_GetDrawMode(handle, scratch.fill, scratch.stroke):
            return
        frame = _FRAME_WIDTH[0] <= width <= _FRAME_WIDTH[1] and _FRAME_HEIGHT[0] <= height <= _FRAME_HEIGHT[1]
        segments = api.FPDFPath_CountSegments(handle)
        if segments > _RECTANGLE:
            places = content.patches if segments >= _MANY_SEGMENTS and width > 1.5 * height else content.figures
            if len(places) < LIMIT_FIGURES:
                places.append(box)
        if scratch.fill.value:
            colour, alpha = self._colour(api.FPDFPageObj_GetFillColor, handle)
            rectangle = segments <= _RECTANGLE
            if (
                rectangle
                and (self._options.tiles or colour is None or self._is_cut_out(handle))
                and len(content.patches) < LIMIT_FIGURES
            ):
                content.patches.append(box)
            if rectangle and len(content.fills) < LIMIT_FILLS:
                content.fills.append(Fill(box, colour, content.objects, opaque=alpha > 250))
            frame = frame and (rectangle or not _is_red(colour))
            if not rectangle:
                content.curves += 1
                content.red_paths += _is_red(colour)
        elif scratch.stroke.value and _is_red(self._colour(api.FPDFPageObj_GetStrokeColor, handle)[0]):
            content.red_paths += 1
        if frame and scratch.stroke.value and len(content.frames) < LIMIT_FRAMES:
            content.frames.append(box)

    def _add_picture(self, content: PageContent, handle: int, outer: Affine) -> None:
        api, scratch = self._api, self._scratch
        box = map_box(multiply(next(self._columns.matrices([handle])), outer), 0.0, 0.0, 1.0, 1.0)
        api.FPDFImageObj_GetImagePixelSize(handle, scratch.width, scratch.height)
        content.pictures.append(Picture(box, scratch.width.value, scratch.height.value, content.objects))
        if len(content.figures) < LIMIT_FIGURES:
            content.figures.append(box)
        if len(content.fills) < LIMIT_FILLS:
            opaque = not api.FPDFPageObj_HasTransparency(handle)
            content.fills.append(Fill(box, None, content.objects, opaque=opaque))

    def _is_cut_out(self, handle: int) -> bool:
        """Whether a clipping path that is no rectangle decides what is seen of an object: the letters may be that path."""
        clip = self._api.FPDFPageObj_GetClipPath(handle)
        paths = self._api.FPDFClipPath_CountPaths(clip) if clip else 0
        return any(
            self._api.FPDFClipPath_CountPathSegments(clip, position) > _RECTANGLE
            for position in range(min(max(paths, 0), 16))
        )

    def _annotations(self, page: int) -> list[Annotation]:
        api = self._api
        display = display_matrix(page)
        found = []
        for position in range(min(api.FPDFPage_GetAnnotCount(page), 5000)):
            annotation = api.FPDFPage_GetAnnot(page, position)
            if not annotation:
                continue
            rect = Rect()
            api.FPDFAnnot_GetRect(annotation, ctypes.byref(rect))
            box = map_box(display, rect.left, rect.bottom, rect.right, rect.top)
            found.append(Annotation(box, api.FPDFAnnot_GetSubtype(annotation), _is_signature(annotation)))
            api.FPDFPage_CloseAnnot(annotation)
        return found

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
            for handle, look in zip(here, self._looks(here), strict=True):
                self._add_piece(content, handle, shown, look, matrix)


def _is_red(colour: str | None) -> bool:
    if colour is None:
        return False
    red, green, blue = int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16)
    return red >= 120 and red - max(green, blue) >= 60


def _without_subset_prefix(name: str) -> str:
    if len(name) > 7 and name[6] == "+" and name[:6].isupper():
        return name[7:]
    return name


def _letters(text: str) -> str:
    """Return what makes two readings the same: base letters and digits, however the marks are encoded."""
    return "".join(ch for ch in unicodedata.normalize("NFKD", text) if ch.isalnum())


_LEGACY_CODES = {0xFFFE: "\xad", 0x2212: "\xad", 0x2219: "\xb7", 0x3BC: "\xb5", 0x2C9: "\xaf", 0x2206: "\xc6"}
"""What pdfium makes of 8-bit codes that Latin fonts use for these glyphs, back to the codes."""


def _is_signature(annotation: int) -> bool:
    """Whether an annotation is the widget of a signature field (ISO 32000-1 §12.7.4.5); the entry is merged into it."""
    value = (ctypes.c_ushort * 8)()
    octets = pdfium().FPDFAnnot_GetStringValue(annotation, b"FT", value, ctypes.sizeof(value))
    return utf16(bytes(value), min(octets, ctypes.sizeof(value))) == "Sig"
