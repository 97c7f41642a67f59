"""Annotations of a PDF page: their kinds and places (ISO 32000-1 §12.5)."""

from __future__ import annotations

import ctypes

from gateway.documents.readers.pdf.api import Rect, pdfium
from gateway.documents.readers.pdf.geometry import display_matrix, map_box
from gateway.documents.readers.pdf.marks import utf16
from gateway.documents.readers.pdf.page import Annotation
from gateway.documents.readers.pdf.rendering import give_looks

_HIDDEN = 2
"""The flag of an annotation that no viewer shows."""
LINK_SUBTYPE, _STAMP, _LINES = 2, 13, frozenset({4, 7, 8})
"""FPDF_ANNOT_LINK, _STAMP; _LINE, _POLYGON and _POLYLINE, of which letters can be made."""
_SAFE = frozenset({0, 1, 2, 3, 9, 10, 11, 12, 14, 16, 17, 18, 20, 22, 23}) | _LINES
"""Kinds that show nothing without a look of their own but an icon, a line, or words that are read as such."""
_SAFE_STAMPS = frozenset(
    ["", "Approved", "AsIs", "Departmental", "Draft", "Experimental", "Expired", "Final", "ForComment", "ForPublicRelease",
     "NotApproved", "NotForPublicRelease", "Sold"]
)  # fmt: skip
"""Names of stamps that viewers draw in words of their own, none of which is a level (ISO 32000-1 §12.5.6.12)."""
_SMALL = 3.0
"""Points across a link too small to click: its border is there to be seen."""
_LEAST_LETTERS = 3


def cannot_be_told(annotations: list[Annotation]) -> bool:
    """Return whether viewers draw some annotations of a page each in its own way, and words may come of it."""
    dots = sum(
        a.subtype == LINK_SUBTYPE and max(a.box[2] - a.box[0], a.box[3] - a.box[1]) <= _SMALL for a in annotations
    )
    lines = sum(a.subtype in _LINES and not a.drawn for a in annotations)
    return max(dots, lines) >= _LEAST_LETTERS or any(
        not a.drawn and (a.name not in _SAFE_STAMPS if a.subtype == _STAMP else a.subtype not in _SAFE)
        for a in annotations
    )


def annotations_of(page: int) -> list[Annotation]:
    """Return the annotations of a loaded page, after pdfium has drawn those without a look that it can draw."""
    api = pdfium()
    display = display_matrix(page)
    give_looks(page)
    found = []
    for position in range(api.FPDFPage_GetAnnotCount(page)):
        annotation = api.FPDFPage_GetAnnot(page, position)
        if not annotation:
            continue
        rect = Rect()
        api.FPDFAnnot_GetRect(annotation, ctypes.byref(rect))
        box = map_box(display, rect.left, rect.bottom, rect.right, rect.top)
        subtype, drawn = api.FPDFAnnot_GetSubtype(annotation), bool(api.FPDFAnnot_HasKey(annotation, b"AP"))
        if subtype == _STAMP:
            drawn = api.FPDFAnnot_GetObjectCount(annotation) > 0
        drawn = drawn or bool(api.FPDFAnnot_GetFlags(annotation) & _HIDDEN)
        signature = _name(annotation, b"FT") == "Sig"  # the entry is merged into the widget (ISO 32000-1 §12.7.4.5)
        name = _name(annotation, b"Name") if subtype == _STAMP else ""
        found.append(Annotation(box, subtype, drawn=drawn, signature=signature, name=name))
        api.FPDFPage_CloseAnnot(annotation)
    return found


def _name(annotation: int, key: bytes) -> str:
    """Return a name that an annotation has under a key, as much of it as names of the standard have letters."""
    value = (ctypes.c_ushort * 32)()
    octets = pdfium().FPDFAnnot_GetStringValue(annotation, key, value, ctypes.sizeof(value))
    return utf16(bytes(value), min(octets, ctypes.sizeof(value)))
