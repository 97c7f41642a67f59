"""Annotations of a PDF page: where they stand and what they are (ISO 32000-1 §12.5)."""

from __future__ import annotations

import ctypes

from gateway.documents.readers.pdf.api import Rect, pdfium
from gateway.documents.readers.pdf.geometry import display_matrix, map_box
from gateway.documents.readers.pdf.marks import utf16
from gateway.documents.readers.pdf.page import Annotation

LIMIT_ANNOTATIONS = 5000


def annotations_of(page: int) -> list[Annotation]:
    """Return the annotations of a loaded page."""
    api = pdfium()
    display = display_matrix(page)
    found = []
    for position in range(min(api.FPDFPage_GetAnnotCount(page), LIMIT_ANNOTATIONS)):
        annotation = api.FPDFPage_GetAnnot(page, position)
        if not annotation:
            continue
        rect = Rect()
        api.FPDFAnnot_GetRect(annotation, ctypes.byref(rect))
        box = map_box(display, rect.left, rect.bottom, rect.right, rect.top)
        subtype, drawn = api.FPDFAnnot_GetSubtype(annotation), bool(api.FPDFAnnot_HasKey(annotation, b"AP"))
        found.append(Annotation(box, subtype, drawn=drawn, signature=_is_signature(annotation)))
        api.FPDFPage_CloseAnnot(annotation)
    return found


def _is_signature(annotation: int) -> bool:
    """Whether an annotation is the widget of a signature field (ISO 32000-1 §12.7.4.5); the entry is merged into it."""
    value = (ctypes.c_ushort * 8)()
    octets = pdfium().FPDFAnnot_GetStringValue(annotation, b"FT", value, ctypes.sizeof(value))
    return utf16(bytes(value), min(octets, ctypes.sizeof(value))) == "Sig"
