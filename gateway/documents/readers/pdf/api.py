"""The few pdfium functions that the PDF reader calls once for each object, with integers as handles.

pypdfium2's own bindings return pointer objects, which cost more than the call itself when a page has thousands of
text objects. Here a handle is the address as an `int` (0 or None for null), which is also a fast dictionary key.
pdfium is not thread-safe and a hostile file can kill it: call only in the child, one document at a time.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
from collections.abc import Callable
from typing import Any, Self

from gateway.documents.readers.base import ReadError
from gateway.model import ReadStatus

OBJECT_TEXT, OBJECT_PATH, OBJECT_IMAGE, OBJECT_SHADING, OBJECT_FORM = 1, 2, 3, 4, 5

_H, _I, _U, _F = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint, ctypes.c_float
_PI = ctypes.POINTER(_I)


class Rect(ctypes.Structure):
    """FS_RECTF."""

    _fields_ = (("left", _F), ("top", _F), ("right", _F), ("bottom", _F))


class Quad(ctypes.Structure):
    """FS_QUADPOINTSF: the corners of a turned box, counter-clockwise from the lower left one."""

    _fields_ = tuple((f"{axis}{number}", _F) for number in (1, 2, 3, 4) for axis in "xy")


class ImageFacts(ctypes.Structure):
    """FPDF_IMAGEOBJ_METADATA."""

    _fields_ = (
        ("width", _U), ("height", _U), ("dpi_x", _F), ("dpi_y", _F), ("bits_per_pixel", _U), ("colours", _I), ("marked", _I),
    )  # fmt: skip


_QUICK = frozenset(
    [
        "FPDF_GetPageWidthF",
        "FPDF_GetPageHeightF",
        "FPDF_GetPageBoundingBox",
        "FPDFPage_GetRotation",
        "FPDFPage_CountObjects",
        "FPDFPage_GetObject",
        "FPDFFormObj_GetObject",
        "FPDFPageObj_GetType",
        "FPDFPageObj_GetMatrix",
        "FPDFPageObj_GetBounds",
        "FPDFPageObj_GetRotatedBounds",
        "FPDFPageObj_GetFillColor",
        "FPDFPageObj_GetStrokeColor",
        "FPDFTextObj_GetFont",
        "FPDFTextObj_GetFontSize",
        "FPDFTextObj_GetTextRenderMode",
        "FPDFText_GetTextObject",
        "FPDFText_HasUnicodeMapError",
        "FPDFPath_GetDrawMode",
        "FPDFPath_CountSegments",
        "FPDFPageObj_CountMarks",
    ]
)
"""Functions that only look something up: they keep the interpreter's lock, which costs less than giving it back."""
_N = ctypes.c_void_p
"""An index. ctypes takes an `int` for a pointer twice as fast as for an `int`, and every 64-bit calling convention
passes both in the same register."""

_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "FPDF_LoadMemDocument64": (_H, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p),
    "FPDF_CloseDocument": (None, _H),
    "FPDF_GetLastError": (ctypes.c_ulong,),
    "FPDF_GetPageCount": (_I, _H),
    "FPDF_LoadPage": (_H, _H, _I),
    "FPDF_ClosePage": (None, _H),
    "FPDF_GetPageWidthF": (_F, _H),
    "FPDF_GetPageHeightF": (_F, _H),
    "FPDF_GetPageBoundingBox": (_I, _H, ctypes.POINTER(Rect)),
    "FPDFPage_GetRotation": (_I, _H),
    "FPDFPage_CountObjects": (_I, _H),
    "FPDFPage_GetObject": (_H, _H, _N),
    "FPDFPage_Flatten": (_I, _H, _I),
    "FPDFPage_GetAnnotCount": (_I, _H),
    "FPDFPage_GetAnnot": (_H, _H, _I),
    "FPDFPage_CloseAnnot": (None, _H),
    "FPDFAnnot_HasKey": (_I, _H, ctypes.c_char_p),
    "FPDFAnnot_GetSubtype": (_I, _H),
    "FPDFAnnot_GetFlags": (_I, _H),
    "FPDFAnnot_SetFlags": (_I, _H, _I),
    "FPDFAnnot_GetObjectCount": (_I, _H),
    "FPDFAnnot_GetRect": (_I, _H, ctypes.POINTER(Rect)),
    "FPDFAnnot_GetStringValue": (ctypes.c_ulong, _H, ctypes.c_char_p, ctypes.POINTER(ctypes.c_ushort), ctypes.c_ulong),
    "FPDFFormObj_CountObjects": (_I, _H),
    "FPDFFormObj_GetObject": (_H, _H, _N),
    "FPDFPageObj_GetType": (_I, _H),
    "FPDFPageObj_GetMatrix": (_I, _H, _H),
    "FPDFPageObj_GetBounds": (_I, _H, _H, _H, _H, _H),
    "FPDFPageObj_GetRotatedBounds": (_I, _H, _H),
    "FPDFPageObj_GetFillColor": (_I, _H, _H, _H, _H, _H),
    "FPDFPageObj_GetStrokeColor": (_I, _H, _H, _H, _H, _H),
    "FPDFPageObj_SetIsActive": (_I, _H, _I),
    "FPDFPageObj_HasTransparency": (_I, _H),
    "FPDFPageObj_GetClipPath": (_H, _H),
    "FPDFClipPath_CountPaths": (_I, _H),
    "FPDFClipPath_CountPathSegments": (_I, _H, _I),
    "FPDFClipPath_GetPathSegment": (_H, _H, _I, _I),
    "FPDFPathSegment_GetPoint": (_I, _H, ctypes.POINTER(_F), ctypes.POINTER(_F)),
    "FPDFPageObj_CountMarks": (_I, _H),
    "FPDFPageObj_GetMark": (_H, _H, ctypes.c_ulong),
    "FPDFPageObj_RemoveMark": (_I, _H, _H),
    "FPDFPageObjMark_GetName": (_I, _H, _H, ctypes.c_ulong, ctypes.POINTER(ctypes.c_ulong)),
    "FPDFPageObjMark_GetParamStringValue": (
        _I, _H, ctypes.c_char_p, _H, ctypes.c_ulong, ctypes.POINTER(ctypes.c_ulong),
    ),
    "FPDFPath_GetDrawMode": (_I, _H, _PI, _PI),
    "FPDFPath_CountSegments": (_I, _H),
    "FPDFPath_GetPathSegment": (_H, _H, _I),
    "FPDFPageObj_GetDashCount": (_I, _H),
    "FPDFPageObj_GetDashArray": (_I, _H, ctypes.POINTER(_F), ctypes.c_size_t),
    "FPDFTextObj_GetFont": (_H, _H),
    "FPDFTextObj_GetFontSize": (_I, _H, _H),
    "FPDFTextObj_GetTextRenderMode": (_I, _H),
    "FPDFFont_GetBaseFontName": (ctypes.c_size_t, _H, _H, ctypes.c_size_t),
    "FPDFFont_GetWeight": (_I, _H),
    "FPDFFont_GetIsEmbedded": (_I, _H),
    "FPDFImageObj_GetImageFilter": (ctypes.c_ulong, _H, _I, ctypes.c_char_p, ctypes.c_ulong),
    "FPDFImageObj_GetImageMetadata": (_I, _H, _H, ctypes.POINTER(ImageFacts)),
    "FPDFText_LoadPage": (_H, _H),
    "FPDFText_ClosePage": (None, _H),
    "FPDFText_CountChars": (_I, _H),
    "FPDFText_GetText": (_I, _H, _I, _I, _H),
    "FPDFText_GetBoundedText": (_I, _H, *(ctypes.c_double,) * 4, _H, _I),
    "FPDFText_GetTextObject": (_H, _H, _N),
    "FPDFText_HasUnicodeMapError": (_I, _H, _N),
    "FPDFBitmap_CreateEx": (_H, _I, _I, _I, _H, _I),
    "FPDFBitmap_Destroy": (None, _H),
    "FPDFBitmap_FillRect": (_I, _H, _I, _I, _I, _I, ctypes.c_ulong),
    "FPDF_RenderPageBitmap": (None, _H, _H, _I, _I, _I, _I, _I, _I),
}  # fmt: skip


def _keep_freed_memory() -> None:
    """Let glibc keep freed memory for the next page: pdfium takes and frees some hundred KiB for the text of each.

    Given back to the system and taken anew, they cost a third of the time that the text takes (mallopt(3)).
    """
    with contextlib.suppress(AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        mallopt(_M_TRIM_THRESHOLD, 64 << 20)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


class Pdfium:
    """pdfium's functions as attributes, named as in its headers."""

    def __init__(self) -> None:
        _keep_freed_memory()
        # Loading pypdfium2 also initialises the library, once for the process.
        import pypdfium2  # noqa: F401
        from pypdfium2_raw import bindings

        library = bindings._libs["pdfium"]  # noqa: SLF001 - the loaded shared object has no public name
        for name, (result, *arguments) in _SIGNATURES.items():
            prototype = (ctypes.PYFUNCTYPE if name in _QUICK else ctypes.CFUNCTYPE)(result, *arguments)
            setattr(self, name, prototype((name, library)))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        # Only for the type checker: every function is set as an instance attribute.
        raise AttributeError(name)


@functools.cache
def pdfium() -> Pdfium:
    """Load and initialise pdfium once; call it in the zygote so that children inherit it."""
    return Pdfium()


class PdfiumDocument:
    """An open document; closes with the `with` block. The bytes stay referenced as long as it is open."""

    ERROR_PASSWORD = 4
    ERROR_SECURITY = 5

    def __init__(self, data: bytes, password: str | None = None) -> None:
        self.api = pdfium()
        self._data = data
        self.handle = self.api.FPDF_LoadMemDocument64(data, len(data), password.encode() if password else None)
        if not self.handle:
            match self.api.FPDF_GetLastError():
                case self.ERROR_PASSWORD:
                    raise ReadError(ReadStatus.ENCRYPTED, "password")
                case self.ERROR_SECURITY:
                    raise ReadError(ReadStatus.ENCRYPTED, "security-handler")
                case _:
                    raise ReadError(ReadStatus.MALFORMED, "pdf-syntax")
        self.page_count: int = self.api.FPDF_GetPageCount(self.handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.FPDF_CloseDocument(self.handle)
