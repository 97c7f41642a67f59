"""Fields of a PDF form that were filled in after signing, against the page that was signed.

Its author may let a form be filled in (docs/decisions/0018), and difference analysis keeps each field in its place. But a field
may have been prepared so that what it shows replaces what was signed: hidden until then, or lying over signed words (Mainka et
al., Shadow Attacks, NDSS 2021), be they text, a scan, outlines, a note or another field.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.pdf.api import PdfiumDocument
from gateway.documents.readers.pdf.rendering import LIMIT_PIXELS, render
from gateway.documents.signatures.pdf_objects import entry, pages, references
from gateway.documents.signatures.wall import LIMIT, LibraryFault

_Box = tuple[float, float, float, float]
_UNSEEN: Final = 1 | 2 | 32
_ASIDE: Final = 8 | 16
"""Flags of an annotation (ISO 32000-2 table 167): Invisible, Hidden and NoView; NoZoom and NoRotate, by which it leaves its rectangle."""
_READ_ONLY: Final = 1
_BUTTON: Final = 1 << 16
"""Flags of a read-only field, and of a push button (ISO 32000-2 tables 227 and 229)."""
_DEEPEST: Final = 32
_LIMIT: Final = 2000
_LONGEST: Final = 4000
_INSET: Final = 1.0
"""Points that a field may lap over the words beside it."""
_SILENT: Final = frozenset({"/Link", "/Popup"})
_EMPTY: Final = (None, "", "/Off")
_SMALL: Final = 4
"""Pixels, of 100 to the inch, up to which ink is a dot or dash."""
_TICK: Final = (3, 14)
"""Widest and lowest line that parts two boxes of a field."""


def replaces_what_was_signed(reader: PdfFileReader, revision: int, signed: bytes, names: Collection[str]) -> bool:
    """Return whether one of the filled fields was hidden or shown only then, was not to be filled in, or is over words of the page.

    In doubt it is so.
    """
    old, new = reader.get_historical_resolver(revision), reader
    before = {reference: widget for reference, widget, _ in widgets(old)}
    held = list(widgets(new))
    filled = [(reference, widget) for reference, widget, name in held if name in names]
    if len(filled) > _LIMIT or not {name for _, _, name in held}.issuperset(names):
        return True
    if any(_is_none_to_fill(before.get(reference), widget) for reference, widget in filled):
        return True
    places = _places_of(old)
    covered: dict[int, list[Any]] = {}
    for reference, widget in filled:
        if _is_hidden(widget):
            continue
        if reference not in places or _lies_over_another(old, reference, places):
            return True
        covered.setdefault(places[reference][0], []).append(entry(widget, "/Rect", ()))
    try:
        with PdfiumDocument(signed) as document:
            return any(_has_words(document, page, rectangles) for page, rectangles in covered.items())
    except ReadError:
        return True


def widgets(resolver: HistoricalResolver | PdfFileReader) -> Iterator[tuple[Any, Any, str]]:
    """Yield reference, dictionary and qualified name of the field of every widget of a form; LibraryFault beyond 20,000 nodes."""
    form = entry(resolver.root, "/AcroForm", {})
    stack = [(one, "") for one in references(form, "/Fields")]
    for _ in range(_LIMIT * 10):
        if not stack:
            return
        reference, above = stack.pop()
        field = reference.get_object()
        if not isinstance(field, generic.DictionaryObject):
            continue
        own = entry(field, "/T")
        name = above if own is None else f"{above}.{own}" if above else str(own)
        kids = references(field, "/Kids")
        stack += [(kid, name) for kid in kids]
        if not kids:
            yield reference.reference, field, name
    raise LibraryFault(LIMIT, "fields")


def _is_none_to_fill(before: Any, after: Any) -> bool:
    """Return whether a widget came, went, is drawn elsewhere, or belongs to a push button or to a read-only field that says something.

    A read-only box without a tick says so; what the form reckons from other fields may change.
    """
    if before is None or _is_hidden(before) != _is_hidden(after) or int(entry(after, "/F", 0)) & _ASIDE:
        return True
    flags = int(_inherited(before, "/Ff", 0))
    is_button = _inherited(before, "/FT", "") == "/Btn"
    says = bool(flags & _READ_ONLY) and (is_button or _inherited(before, "/V", None) not in _EMPTY)
    return (is_button and bool(flags & _BUTTON)) or (says and "/C" not in _inherited(before, "/AA", {}))


def _inherited(field: Any, key: str, default: Any) -> Any:
    """An entry of a field or of a field above it (ISO 32000-2 §12.7.4.1)."""
    for _ in range(_DEEPEST):
        if key in field:
            return field[key]
        field = entry(field, "/Parent", {})
    return default


def _is_hidden(widget: Any) -> bool:
    return bool(int(entry(widget, "/F", 0)) & _UNSEEN)


def _places_of(resolver: HistoricalResolver) -> dict[Any, tuple[int, Any]]:
    """Number from 0 of the page of each annotation, and its rectangle; the page is of those the first 2,000."""
    numbered = enumerate(islice(pages(resolver.root["/Pages"]), _LIMIT))
    return {
        one.reference: (number, entry(one.get_object(), "/Rect", ()))
        for number, (_, page) in numbered
        for one in references(page, "/Annots")
    }


def _lies_over_another(old: HistoricalResolver, own: Any, places: dict[Any, tuple[int, Any]]) -> bool:
    """Return whether a note, a stamp or a field that says something shares its place."""
    number, sides = places[own]
    near = (one for one, (page, other) in places.items() if page == number and one != own and _meet(sides, other))
    return any(_says_something(old(one)) for one in near)


def _meet(one: Any, other: Any) -> bool:
    if len(one) != 4 or len(other) != 4:
        return True
    lows = [max(min(one[i], one[i + 2]), min(other[i], other[i + 2])) for i in (0, 1)]
    highs = [min(max(one[i], one[i + 2]), max(other[i], other[i + 2])) for i in (0, 1)]
    return all(float(high) - float(low) > 2 * _INSET for low, high in zip(lows, highs, strict=True))


def _says_something(annotation: Any) -> bool:
    kind = entry(annotation, "/Subtype", "/Widget")
    if _is_hidden(annotation) or kind in _SILENT:
        return False
    return kind != "/Widget" or _inherited(annotation, "/V", None) not in _EMPTY


def _has_words(document: PdfiumDocument, number: int, rectangles: list[Any]) -> bool:
    """Return whether letters or digits of a page are within a rectangle, as text or as ink that is more than dots and rules."""
    api = document.api
    page = api.FPDF_LoadPage(document.handle, number)
    if not page or any(len(sides) != 4 for sides in rectangles):
        return True
    try:
        boxes = [_inner(sides) for sides in rectangles]
        return _has_text(document, page, boxes) or _has_ink(document, page, boxes)
    finally:
        api.FPDF_ClosePage(page)


def _inner(sides: Any) -> _Box:
    """Left, bottom, right and top of a rectangle, without its margin."""
    across, up = sorted(map(float, (sides[0], sides[2]))), sorted(map(float, (sides[1], sides[3])))
    return across[0] + _INSET, up[0] + _INSET, across[1] - _INSET, up[1] - _INSET


def _has_text(document: PdfiumDocument, page: int, boxes: list[_Box]) -> bool:
    api = document.api
    text = api.FPDFText_LoadPage(page)
    buffer = (ctypes.c_ushort * _LONGEST)()
    found = ""
    for left, bottom, right, top in boxes:
        count = api.FPDFText_GetBoundedText(text, left, top, right, bottom, ctypes.addressof(buffer), _LONGEST)
        found += bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
    api.FPDFText_ClosePage(text)
    return any(character.isalnum() for character in found)


def _has_ink(document: PdfiumDocument, page: int, boxes: list[_Box]) -> bool:
    import cv2
    import numpy as np

    from gateway.documents.readers.pdf.geometry import display_matrix, map_box
    from gateway.documents.readers.pictures.lines import DPI, without_rules
    from gateway.documents.readers.pictures.spots import spots

    measures = (document.api.FPDF_GetPageWidthF(page), document.api.FPDF_GetPageHeightF(page))
    size = (max(1, round(measures[0] * DPI / 72)), max(1, round(measures[1] * DPI / 72)))
    if size[0] * size[1] > LIMIT_PIXELS:
        return True
    grey = np.asarray(cv2.cvtColor(render(page, size), cv2.COLOR_BGR2GRAY), np.uint8)
    for box in boxes:
        left, top, right, bottom = (max(round(one * DPI / 72), 0) for one in map_box(display_matrix(page), *box))
        part = grey[top:bottom, left:right]
        if min(part.shape) > _SMALL:
            labels, found = spots(without_rules(part)[0])
            if any(_is_letter(labels, number, *row) for number, row in enumerate(found[:, :4].tolist(), 1)):
                return True
    return False


def _is_letter(labels: Any, number: int, left: int, top: int, width: int, height: int) -> bool:
    """Return whether a spot of ink is more than a dot, a dash, a tick or an empty box with its corners."""
    if height <= _SMALL or (width <= _TICK[0] and height >= _TICK[1]):
        return False
    part = labels[top : top + height, left : left + width] == number
    edges = (part[:2].any(0), part[-2:].any(0), part[:, :2].any(1), part[:, -2:].any(1))
    return bool(part[3:-3, 3:-3].any() or not all(edge.all() for edge in edges))
