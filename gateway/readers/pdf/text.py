"""One PDF page to pieces of text with font, size, colour and place, by pdfium's page objects (ISO 32000-1 §9).

Pieces are found in form XObjects too, with the matrices of all enclosing forms multiplied in; crop box and /Rotate are
applied. Pieces that a reader of the page cannot see are marked, never left out. pdfium believes /ActualText; where a
page has it, both readings are taken, because a text that is shown and a text that is copied may differ.
"""

from __future__ import annotations

import ctypes
import math
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import ReadStatus
from gateway.readers.base import Budget, ReadError
from gateway.readers.pdf.api import (
    OBJECT_FORM,
    OBJECT_IMAGE,
    OBJECT_PATH,
    OBJECT_SHADING,
    OBJECT_TEXT,
    Matrix,
    PdfiumDocument,
    Quad,
    Rect,
    pdfium,
)
from gateway.readers.pdf.geometry import display_matrix, map_box, multiply
from gateway.readers.pdf.page import Affine, Annotation, Box, Fill, Font, PageContent, Picture, Piece, Unseen
from gateway.readers.pdf.visible import judge_visibility
from gateway.text.fonts import is_symbol, legacy_font

LIMIT_OBJECTS = 200_000
"""Page objects of one page; honest drawings have some ten thousand."""
LIMIT_CHARACTERS = 2_000_000
SAMPLES = 4
_OFFSET = int.from_bytes(os.urandom(4), "big")
LIMIT_FORM_DEPTH = 12
LIMIT_FILLS = 1500
"""Painted areas of a page that are kept as possible backgrounds or covers."""
LIMIT_FRAMES = 400
LIMIT_FIGURES = 4000
_RECTANGLE = 6
"""Segments that a rectangle has at most."""
_MANY_SEGMENTS = 40
"""Segments from which one wide path may be a word or a line; the letter Ế has some sixty, but is not wide."""
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
    lying_fonts: frozenset[str] = frozenset()
    """Fonts whose map contradicts their glyphs: what they show is unknown until the page is looked at."""


class _Scratch:
    """Output arguments of C calls, allocated once."""

    def __init__(self) -> None:
        self.matrix = Matrix()
        self.matrix_ref = ctypes.byref(self.matrix)
        self.edges = tuple(ctypes.c_float() for _ in range(4))
        self.colour = tuple(ctypes.c_uint() for _ in range(4))
        self.size = ctypes.c_float()
        self.fill, self.stroke = ctypes.c_int(), ctypes.c_int()
        self.width, self.height = ctypes.c_uint(), ctypes.c_uint()
        self.length = ctypes.c_ulong()
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
        texts, unmapped = self._texts(page, content)
        actual = self._options.actual_text is None or number in self._options.actual_text
        relabelled: list[tuple[int, int]] = []
        for handle, kind, matrix in self._objects(page, display, first):
            content.objects += 1
            if content.objects & 0x3FF == 0:
                self._budget.check_time()
            if content.objects > LIMIT_OBJECTS:
                raise ReadError(ReadStatus.LIMIT, "pdf-objects")
            if kind == OBJECT_TEXT:
                text = texts.get(handle)
                if text:
                    self._add_piece(content, handle, text, matrix, unmapped.get(handle, 0))
                elif handle in unmapped:
                    content.unmapped += unmapped[handle]
                if actual and self._drop_actual_text(handle):
                    relabelled.append((handle, len(content.pieces) - 1 if text else -1))
            elif kind == OBJECT_PATH:
                self._add_path(content, handle, matrix)
            elif kind == OBJECT_IMAGE:
                self._add_picture(content, handle, matrix)
            elif kind == OBJECT_SHADING and len(content.patches) < LIMIT_FIGURES:
                content.patches.append(self._box(handle, matrix))
        if relabelled:
            self._take_glyph_reading(page, content, relabelled, display)
        judge_visibility(content)
        return content

    def _texts(self, page: int, content: PageContent) -> tuple[dict[int, str], dict[int, int]]:
        """Return by handle the text of each text object, and how many of its characters have no Unicode mapping.

        pdfium can also be asked for one object at a time, but then it walks all characters of the page again for each.
        The characters of one object are contiguous, so its end is found by galloping and bisection.
        """
        api = self._api
        text_page = api.FPDFText_LoadPage(page)
        if not text_page:
            raise ReadError(ReadStatus.MALFORMED, "pdf-text")
        try:
            count = api.FPDFText_CountChars(text_page)
            if count <= 0:
                return {}, {}
            if count > LIMIT_CHARACTERS:
                raise ReadError(ReadStatus.LIMIT, "pdf-characters")
            buffer = ctypes.create_string_buffer(2 * count + 64)
            address = ctypes.addressof(buffer)
            length = api.FPDFText_GetText(text_page, 0, count, address) - 1
            whole = buffer.raw[: 2 * max(length, 0)].decode("utf-16-le", "surrogatepass")
            direct = len(whole) == count
            texts: dict[int, str] = {}
            unmapped: dict[int, int] = {}
            ranges = list(self._ranges(text_page, count, whole if direct else ""))
            for start, end, handle in ranges:
                if direct:
                    text = whole[start:end]
                else:
                    length = api.FPDFText_GetText(text_page, start, end - start, address) - 1
                    text = ctypes.string_at(address, 2 * max(length, 0)).decode("utf-16-le", "surrogatepass")
                texts[handle] = texts[handle] + text if handle in texts else text
            if self._has_gap(text_page, ranges):
                error = api.FPDFText_HasUnicodeMapError
                for start, end, handle in ranges:
                    if missing := sum(1 for i in range(start, end) if error(text_page, i) == 1):
                        unmapped[handle] = unmapped.get(handle, 0) + missing
            content.characters += count
            return texts, unmapped
        finally:
            api.FPDFText_ClosePage(text_page)

    def _ranges(self, text_page: int, count: int, whole: str) -> Iterator[tuple[int, int, int]]:
        """Yield first character, end and handle of each text object."""
        owner = self._api.FPDFText_GetTextObject
        start = 0
        while start < count:
            handle = owner(text_page, start)
            if not handle:  # a line end that pdfium made up
                start += 1
                continue
            # Most objects reach to the line end that pdfium puts after them.
            high = whole.find("\r", start) if whole else -1
            high = high if high > start else count
            if owner(text_page, high - 1) == handle and (high == count or owner(text_page, high) != handle):
                low = high - 1
            else:
                low, high, step = start, start + 1, 8
                while high < count and owner(text_page, high) == handle:
                    low, high, step = high, min(count, high + step), step * 2
            while high - low > 1:
                middle = (low + high) // 2
                if owner(text_page, middle) == handle:
                    low = middle
                else:
                    high = middle
            yield start, high, handle
            start = high

    def _has_gap(self, text_page: int, ranges: list[tuple[int, int, int]]) -> bool:
        """Whether some character of a page has no meaning in Unicode.

        Asking for each character costs as much as all the rest. Four of each text object are asked, at places that a
        file cannot know: a word that means nothing throughout is always found.
        """
        error = self._api.FPDFText_HasUnicodeMapError
        for start, end, _ in ranges:
            length = end - start
            quarter = max(length // SAMPLES, 1)
            for position in range(min(length, SAMPLES)):
                if error(text_page, start + (_OFFSET + position * quarter) % length) == 1:
                    return True
        return False

    def _objects(self, page: int, display: Affine, first: int) -> Iterator[tuple[int, int, Affine]]:
        """Yield handle, type and matrix to page display of every object that is no form, in painting order."""
        api = self._api
        kind_of = api.FPDFPageObj_GetType
        stack: list[tuple[int, int, int, Affine]] = []
        container, position, count, matrix = page, first, api.FPDFPage_CountObjects(page), display
        get = api.FPDFPage_GetObject
        while True:
            if position >= count:
                if not stack:
                    return
                container, position, count, matrix = stack.pop()
                get = api.FPDFFormObj_GetObject if stack else api.FPDFPage_GetObject
                continue
            handle = get(container, position)
            position += 1
            if not handle:
                continue
            kind = kind_of(handle)
            if kind != OBJECT_FORM:
                yield handle, kind, matrix
                continue
            if len(stack) >= LIMIT_FORM_DEPTH:
                raise ReadError(ReadStatus.LIMIT, "pdf-forms")
            stack.append((container, position, count, matrix))
            matrix = multiply(self._matrix(handle), matrix)
            container, position, count = handle, 0, api.FPDFFormObj_CountObjects(handle)
            get = api.FPDFFormObj_GetObject

    def _matrix(self, handle: int) -> Affine:
        scratch = self._scratch
        if not self._api.FPDFPageObj_GetMatrix(handle, scratch.matrix_ref):
            return (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        m = scratch.matrix
        return (m.a, m.b, m.c, m.d, m.e, m.f)

    def _box(self, handle: int, matrix: Affine) -> Box:
        left, bottom, right, top = self._scratch.edges
        if not self._api.FPDFPageObj_GetBounds(handle, left, bottom, right, top):
            return (0.0, 0.0, 0.0, 0.0)
        return map_box(matrix, left.value, bottom.value, right.value, top.value)

    def _length(self, handle: int, matrix: Affine) -> float | None:
        """Return how long slanting text is along its baseline."""
        quad = Quad()
        if not self._api.FPDFPageObj_GetRotatedBounds(handle, ctypes.byref(quad)):
            return None
        a, b, c, d, _, _ = matrix
        x, y = quad.x2 - quad.x1, quad.y2 - quad.y1
        return math.hypot(a * x + c * y, b * x + d * y)

    def _colour(self, get: object, handle: int) -> tuple[str | None, int]:
        """Return RRGGBB (None for patterns) and opacity 0 to 255."""
        red, green, blue, alpha = self._scratch.colour
        if not get(handle, red, green, blue, alpha):  # type: ignore[operator]
            return None, 255
        return f"{red.value:02X}{green.value:02X}{blue.value:02X}", alpha.value

    def _font(self, handle: int) -> Font:
        font_handle = self._api.FPDFTextObj_GetFont(handle)
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
            font = self._fonts[font_handle] = Font(name or None, bold=bold, legacy=legacy, symbol=symbol)
        return font

    def _add_piece(self, content: PageContent, handle: int, text: str, outer: Affine, unmapped: int) -> None:
        api, scratch = self._api, self._scratch
        font = self._font(handle)
        if not text.isascii():
            # pdfium marks a hyphen at the end of a line as U+FFFE, and names some 8-bit codes by their glyph.
            text = text.translate(_LEGACY_CODES) if font.legacy else text.replace("\ufffe", "-")
        if not (text.isascii() and text.isprintable()):
            unmapped = max(unmapped, _count_unmapped(text))
        if font.name in self._options.lying_fonts:
            unmapped = max(unmapped, len(text.strip()))
        if unmapped and not (font.symbol and len(text.strip()) <= 2):
            content.unmapped += unmapped
        a, b, c, d, e, f = multiply(self._matrix(handle), outer)
        size = scratch.size
        api.FPDFTextObj_GetFontSize(handle, size)
        height = abs(size.value) * math.hypot(c, d)
        # y points down on the display, so a positive b turns clockwise.
        angle = 0 if b == 0 and a > 0 else round(math.degrees(math.atan2(-b, a))) % 360
        mode = api.FPDFTextObj_GetTextRenderMode(handle)
        colour, alpha = self._colour(
            api.FPDFPageObj_GetStrokeColor if mode in (1, 5) else api.FPDFPageObj_GetFillColor, handle
        )
        unseen = None
        if mode in (3, 7):
            unseen = Unseen.INVISIBLE_MODE
        elif alpha < 8:
            unseen = Unseen.TRANSPARENT
        elif self._options.off_layers and self._mark_text(handle, "OC", b"Name") in self._options.off_layers:
            unseen = Unseen.LAYER_OFF
        box = self._box(handle, outer)
        piece = Piece(text, box, angle, (e, f), height, font, colour, content.objects, unseen=unseen)
        if angle % 90:
            piece.length = self._length(handle, outer)
        content.pieces.append(piece)

    def _add_path(self, content: PageContent, handle: int, outer: Affine) -> None:
        box = self._box(handle, outer)
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
        box = map_box(multiply(self._matrix(handle), outer), 0.0, 0.0, 1.0, 1.0)
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

    def _mark_text(self, handle: int, name: str, key: bytes) -> str | None:
        """Return a text parameter of the marked-content sequence of that tag around an object."""
        for mark, tag in self._marks(handle):
            if tag == name:
                return self._parameter(mark, key)
        return None

    def _marks(self, handle: int) -> Iterator[tuple[int, str]]:
        api, scratch = self._api, self._scratch
        for position in range(min(max(api.FPDFPageObj_CountMarks(handle), 0), 64)):
            mark = api.FPDFPageObj_GetMark(handle, position)
            if mark and api.FPDFPageObjMark_GetName(mark, scratch.name_address, len(scratch.name), scratch.length):
                yield mark, _utf16(scratch.name.raw, scratch.length.value)

    def _parameter(self, mark: int, key: bytes) -> str | None:
        scratch = self._scratch
        done = self._api.FPDFPageObjMark_GetParamStringValue(
            mark, key, scratch.name_address, len(scratch.name), scratch.length
        )
        return _utf16(scratch.name.raw, min(scratch.length.value, len(scratch.name))) if done else None

    def _drop_actual_text(self, handle: int) -> bool:
        """Remove the marks of an object that carry /ActualText; tell whether there was one."""
        api = self._api
        count = api.FPDFPageObj_CountMarks(handle)
        marks = [api.FPDFPageObj_GetMark(handle, position) for position in range(min(max(count, 0), 64))]
        carrying = [mark for mark in marks if mark and self._parameter(mark, b"ActualText") is not None]
        for mark in carrying:
            api.FPDFPageObj_RemoveMark(handle, mark)
        return bool(carrying)

    def _take_glyph_reading(
        self, page: int, content: PageContent, relabelled: list[tuple[int, int]], display: Affine
    ) -> None:
        """Where glyphs and /ActualText differ, the glyphs' own meaning is what is shown; the other is kept beside."""
        shown, unmapped = self._texts(page, PageContent(content.number, content.width, content.height))
        said = "".join(content.pieces[i].text for _, i in relabelled if i >= 0)
        meant = "".join(shown.get(handle, "") for handle, _ in relabelled)
        if (
            any(handle in unmapped for handle, _ in relabelled)
            or _count_unmapped(meant)
            or _letters(said) == _letters(meant)
        ):
            return  # the glyphs mean nothing by themselves, which is what /ActualText is for; or nothing differs
        for i in {i for _, i in relabelled if i >= 0}:
            content.pieces[i].unseen = Unseen.ACTUAL_TEXT
        handles = {handle for handle, _ in relabelled}
        for handle, kind, matrix in self._objects(page, display, 0):
            if kind == OBJECT_TEXT and handle in handles and (text := shown.get(handle)):
                self._add_piece(content, handle, text, matrix, 0)


def _is_red(colour: str | None) -> bool:
    if colour is None:
        return False
    red, green, blue = int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16)
    return red >= 120 and red - max(green, blue) >= 60


def _without_subset_prefix(name: str) -> str:
    if len(name) > 7 and name[6] == "+" and name[:6].isupper():
        return name[7:]
    return name


def _utf16(raw: bytes, length: int) -> str:
    return raw[: max(length - 2, 0)].decode("utf-16-le", "replace")


def _letters(text: str) -> str:
    """Return what makes two readings the same: base letters and digits, however the marks are encoded."""
    return "".join(ch for ch in unicodedata.normalize("NFKD", text) if ch.isalnum())


_UNMAPPED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd\uffff\ue000-\uf01f\uf100-\uf8ff]")
"""Controls, replacement and private-use characters; U+F020 to U+F0FF are the 8-bit codes of symbol fonts."""
_LEGACY_CODES = {0xFFFE: "\xad", 0x2212: "\xad", 0x2219: "\xb7", 0x3BC: "\xb5", 0x2C9: "\xaf", 0x2206: "\xc6"}
"""What pdfium makes of 8-bit codes that Latin fonts use for these glyphs, back to the codes."""


def _count_unmapped(text: str) -> int:
    """Count characters that stand for no letter."""
    return len(_UNMAPPED.findall(text))


def _is_signature(annotation: int) -> bool:
    """Whether an annotation is the widget of a signature field (ISO 32000-1 §12.7.4.5); the entry is merged into it."""
    value = (ctypes.c_ushort * 8)()
    octets = pdfium().FPDFAnnot_GetStringValue(annotation, b"FT", value, ctypes.sizeof(value))
    return _utf16(bytes(value), min(octets, ctypes.sizeof(value))) == "Sig"
