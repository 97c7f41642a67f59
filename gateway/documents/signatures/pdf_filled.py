"""Fields of a PDF form that were filled in after signing, against the page that was signed.

Its author may let a form be filled in (docs/decisions/0018), and difference analysis keeps each field in its place. But a field
may have been prepared so that what it shows replaces what was signed: hidden until then, or lying over signed words (Mainka et
al., Shadow Attacks, NDSS 2021).
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
from gateway.documents.signatures.pdf_objects import entry, pages

_UNSEEN: Final = 1 | 2 | 32
"""Flags Invisible, Hidden and NoView of an annotation (ISO 32000-2 table 167)."""
_LIMIT: Final = 2000
_LONGEST: Final = 4000
_INSET: Final = 1.0
"""Points that a field may lap over the words beside it."""


def replaces_what_was_signed(reader: PdfFileReader, revision: int, signed: bytes, names: Collection[str]) -> bool:
    """Return whether one of the filled fields was hidden or shown only then, or lies over words of the page.

    What cannot be told is so.
    """
    old, new = reader.get_historical_resolver(revision), reader
    before = {reference: widget for reference, widget, _ in _widgets(old)}
    filled = [(reference, widget) for reference, widget, name in _widgets(new) if name in names]
    if len(filled) > _LIMIT or any(_comes_or_goes(before.get(reference), widget) for reference, widget in filled):
        return True
    pages = _pages_of(old)
    places: list[tuple[int, Any]] = []
    for reference, widget in filled:
        if _is_hidden(widget):
            continue
        if reference not in pages:
            return True
        places.append((pages[reference], entry(widget, "/Rect", ())))
    try:
        with PdfiumDocument(signed) as document:
            return any(_has_words(document, page, sides) for page, sides in places)
    except ReadError:
        return True


def _widgets(resolver: HistoricalResolver | PdfFileReader) -> Iterator[tuple[Any, Any, str]]:
    """Yield reference, dictionary and qualified name of the field of every widget of a form."""
    form = entry(resolver.root, "/AcroForm", {})
    stack = [(one, "") for one in _references(form, "/Fields")]
    for _ in range(_LIMIT * 10):
        if not stack:
            return
        reference, above = stack.pop()
        field = reference.get_object()
        if not isinstance(field, generic.DictionaryObject):
            continue
        own = entry(field, "/T")
        name = above if own is None else f"{above}.{own}" if above else str(own)
        kids = _references(field, "/Kids")
        stack += [(kid, name) for kid in kids]
        if not kids:
            yield reference.reference, field, name


def _references(holder: Any, key: str) -> list[Any]:
    held = entry(holder, key, ())
    found = [held.raw_get(index) for index in range(len(held))] if isinstance(held, generic.ArrayObject) else []
    return [one for one in found if isinstance(one, generic.IndirectObject)]


def _comes_or_goes(before: Any, after: Any) -> bool:
    return before is None or _is_hidden(before) != _is_hidden(after)


def _is_hidden(widget: Any) -> bool:
    return bool(int(entry(widget, "/F", 0)) & _UNSEEN)


def _pages_of(resolver: HistoricalResolver) -> dict[Any, int]:
    """Numbers from 0 of the pages that annotations stand on."""
    numbered = enumerate(islice(pages(resolver.root["/Pages"]), _LIMIT))
    return {one.reference: number for number, (_, page) in numbered for one in _references(page, "/Annots")}


def _has_words(document: PdfiumDocument, number: int, sides: Any) -> bool:
    """Whether letters or digits of a page stand within a rectangle."""
    if len(sides) != 4:
        return True
    across, up = sorted(map(float, (sides[0], sides[2]))), sorted(map(float, (sides[1], sides[3])))
    api = document.api
    page = api.FPDF_LoadPage(document.handle, number)
    if not page:
        return True
    text = api.FPDFText_LoadPage(page)
    buffer = (ctypes.c_ushort * _LONGEST)()
    count = api.FPDFText_GetBoundedText(
        text, across[0] + _INSET, up[1] - _INSET, across[1] - _INSET, up[0] + _INSET, ctypes.addressof(buffer), _LONGEST
    )
    api.FPDFText_ClosePage(text)
    api.FPDF_ClosePage(page)
    return any(character.isalnum() for character in bytes(buffer)[: 2 * count].decode("utf-16-le", "replace"))
