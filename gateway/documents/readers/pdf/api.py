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

_I, _U, _F = ctypes.c_int, ctypes.c_uint, ctypes.c_float


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


_QUICK = frozenset({
    "FPDF_GetPageWidthF", "FPDF_GetPageHeightF", "FPDF_GetPageBoundingBox", "FPDFPage_GetRotation", "FPDFPage_CountObjects",
    "FPDFPage_GetObject", "FPDFFormObj_GetObject", "FPDFPageObj_GetType", "FPDFPageObj_GetMatrix", "FPDFPageObj_GetBounds",
    "FPDFPageObj_GetRotatedBounds", "FPDFPageObj_GetFillColor", "FPDFPageObj_GetStrokeColor", "FPDFTextObj_GetFont",
    "FPDFTextObj_GetFontSize", "FPDFTextObj_GetTextRenderMode", "FPDFText_GetTextObject", "FPDFText_HasUnicodeMapError",
    "FPDFPath_GetDrawMode", "FPDFPath_CountSegments", "FPDFPageObj_CountMarks",
})  # fmt: skip
"""Functions that only look something up: they keep the interpreter's lock, which costs less than giving it back.

They take addresses and indices. ctypes takes an `int` for a pointer twice as fast as for an `int`, and every 64-bit calling
convention passes both in the same register.
"""


def _keep_freed_memory() -> None:
    """Let glibc keep freed memory for the next page: pdfium allocates some hundred KiB for the text of each.

    Returning it to the system each time costs a third of the time that the text takes (mallopt(3)).
    """
    with contextlib.suppress(AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        mallopt(_M_TRIM_THRESHOLD, 64 << 20)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


class Pdfium:
    """pdfium's functions as attributes, named and declared as in its headers, with addresses for pointers."""

    def __init__(self) -> None:
        _keep_freed_memory()
        # Loading pypdfium2 also initialises the library, once for the process.
        import pypdfium2  # noqa: F401
        from pypdfium2_raw import bindings

        self._bindings: Any = bindings

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Make a function when it is first asked for."""
        declared = getattr(self._bindings, name)
        result, *arguments = map(_plain, (declared.restype, *declared.argtypes))
        if name in _QUICK:
            prototype = ctypes.PYFUNCTYPE(result, *[ctypes.c_void_p] * len(arguments))
        else:
            prototype = ctypes.CFUNCTYPE(result, *arguments)
        function: Callable[..., Any] = prototype((name, self._bindings._libs["pdfium"]))  # noqa: SLF001 - it has no public name
        setattr(self, name, function)
        return function


def _plain(kind: Any) -> Any:
    return ctypes.c_void_p if kind is not None and issubclass(kind, ctypes._Pointer) else kind  # noqa: SLF001 - nor has this


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
        self.data = data
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
