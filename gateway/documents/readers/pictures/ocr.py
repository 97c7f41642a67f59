"""Words in pictures by Tesseract's C library with Vietnamese data, loaded once before the sandbox closes.

A child can neither start a program nor open a file, so the library and its language data are loaded by `warm_up` in
the zygote and inherited. Debian packages: libtesseract5, tesseract-ocr-vie. Where they are missing nothing is read, and
`status` tells `gateway doctor` why.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import ctypes.util
import functools
import os
import queue
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LANGUAGE = "vie"
_LIBRARIES = ("libtesseract.so.5", "libtesseract.so.4", "libtesseract.so")
_DATA = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")
_LSTM_ONLY = 1
HANDLES = min(os.cpu_count() or 1, 4)
"""Recognisers of a process: so many threads can read at once."""


class Layout(IntEnum):
    """Layout that Tesseract should expect (PageSegMode)."""

    BLOCK = 6
    LINE = 7
    SPARSE = 11


@dataclass(frozen=True, slots=True)
class Word:
    """One word as Tesseract read it; pixels of the picture given."""

    text: str
    confidence: float
    """0 to 100."""
    left: int
    top: int
    width: int
    height: int
    line: tuple[int, int, int]
    """Block, paragraph and line number: words with the same value are in one line."""


def placed(word: Word, scale: float) -> Word:
    """Return a word with its place in a picture that was enlarged by `scale` before it was read."""
    left, top, width, height = (round(value / scale) for value in (word.left, word.top, word.width, word.height))
    return replace(word, left=left, top=top, width=max(width, 1), height=max(height, 1))


@dataclass(frozen=True, slots=True)
class Status:
    """Availability of OCR, for `gateway doctor`."""

    available: bool
    detail: str
    """Version and data folder, or what is missing and how to get it."""


class _Silence:
    """Keeps what a C library prints on its `stderr` away from ours, while in the `with` block.

    Tesseract reports every diacritic. It could log to a file instead, but would open it inside the sandbox; a stream in
    memory needs none. Threads may be in the block at once.
    """

    def __init__(self) -> None:
        libc = ctypes.CDLL(None)
        libc.fmemopen.restype, libc.fmemopen.argtypes = (
            ctypes.c_void_p,
            (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p),
        )
        self._stderr = ctypes.c_void_p.in_dll(libc, "stderr")
        self._ours = self._stderr.value
        self._sink = libc.fmemopen(None, 65536, b"w")
        self._inside = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._sink:
                self._stderr.value = self._sink

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._stderr.value = self._ours


class Tesseract:
    """A few recognisers, of which each thread takes one as long as it needs it."""

    def __init__(self, library: ctypes.CDLL, data: str, handles: int = 1) -> None:
        self._library = library
        _declare(library)
        self._silence = _Silence()
        self._idle: queue.LifoQueue[int] = queue.LifoQueue()
        for _ in range(handles):
            self._idle.put(self._begun(data))

    def _begun(self, data: str) -> int:
        library = self._library
        handle: int = library.TessBaseAPICreate()
        # Tesseract parses numbers of its data by locale; "C" is what it was built for.
        if library.TessBaseAPIInit2(handle, data.encode(), LANGUAGE.encode(), _LSTM_ONLY) != 0:
            library.TessBaseAPIDelete(handle)
            raise OSError(f"tesseract has no usable data for {LANGUAGE} in {data}")
        # No debug_file: Tesseract would open it at its first message, which the sandbox forbids, and crash on null.
        for name, value in ((b"tessedit_do_invert", b"0"), (b"user_defined_dpi", b"200")):
            library.TessBaseAPISetVariable(handle, name, value)
        return handle

    def words(
        self, grey: npt.NDArray[np.uint8], layout: Layout, dpi: int, *, limit_s: float | None = None
    ) -> list[Word]:
        """Read an 8-bit grey picture; an empty list when there is nothing.

        `limit_s` is processor time of the calling thread, which Tesseract asks for between words: it is kept to within
        the time of one word, and what comes beyond it is TimeoutError.
        """
        import numpy as np

        if grey.ndim != 2 or min(grey.shape) < 8:
            return []
        handle = self._idle.get()
        try:
            table = self._recognised(handle, np.ascontiguousarray(grey), layout, dpi, limit_s)
        finally:
            self._idle.put(handle)
        return list(_words(table))

    def _recognised(
        self, handle: int, pixels: npt.NDArray[np.uint8], layout: Layout, dpi: int, limit_s: float | None
    ) -> str:
        """Return Tesseract's table of words."""
        height, width = pixels.shape
        library = self._library
        library.TessBaseAPISetPageSegMode(handle, int(layout))
        library.TessBaseAPISetImage(handle, pixels.ctypes.data, width, height, 1, width)
        library.TessBaseAPISetSourceResolution(handle, dpi)
        end = time.thread_time() + limit_s if limit_s is not None else float("inf")
        is_late = _CANCEL(lambda _this, _words: time.thread_time() > end)
        monitor = library.TessMonitorCreate() if limit_s is not None else None
        if monitor is not None:
            library.TessMonitorSetCancelFunc(monitor, is_late)
        try:
            with self._silence:
                if library.TessBaseAPIRecognize(handle, monitor) != 0:
                    if time.thread_time() > end:
                        raise TimeoutError
                    return ""
                address = library.TessBaseAPIGetTsvText(handle, 0)
            if not address:
                return ""
            try:
                return ctypes.string_at(address).decode("utf-8", "replace")
            finally:
                library.TessDeleteText(address)
        finally:
            if monitor is not None:
                library.TessMonitorDelete(monitor)
            library.TessBaseAPIClear(handle)

    def warm_up(self, grey: npt.NDArray[np.uint8]) -> None:
        """Have each recogniser read a line."""
        for handle in [self._idle.get() for _ in range(self._idle.qsize())]:
            self._recognised(handle, grey, Layout.LINE, 200, None)
            self._idle.put(handle)

    def close(self) -> None:
        """Free the recognisers that are idle."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._library.TessBaseAPIDelete(self._idle.get_nowait())


_CANCEL = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_int)
"""TessCancelFunc: whether to stop, from its own argument and the number of words."""


def _declare(library: ctypes.CDLL) -> None:
    handle, text, integer = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures: dict[str, tuple[Any, ...]] = {
        "TessVersion": (text,),
        "TessBaseAPICreate": (handle,),
        "TessBaseAPIDelete": (None, handle),
        "TessBaseAPIInit2": (integer, handle, text, text, integer),
        "TessBaseAPISetVariable": (integer, handle, text, text),
        "TessBaseAPISetPageSegMode": (None, handle, integer),
        "TessBaseAPISetImage": (None, handle, handle, integer, integer, integer, integer),
        "TessBaseAPISetSourceResolution": (None, handle, integer),
        "TessMonitorCreate": (handle,),
        "TessMonitorDelete": (None, handle),
        "TessMonitorSetCancelFunc": (None, handle, _CANCEL),
        "TessBaseAPIRecognize": (integer, handle, handle),
        "TessBaseAPIGetTsvText": (handle, handle, integer),
        "TessBaseAPIClear": (None, handle),
        "TessDeleteText": (None, handle),
    }
    for name, (result, *arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments


_TWICE = re.compile("Ậ[ÂA]|[ÂA]Ậ")
"""One letter that is read with its dot and again without it: no word has both."""


def _words(table: str) -> Iterator[Word]:
    """Parse Tesseract's TSV: level page block par line word left top width height conf text."""
    for row in table.splitlines():
        cells = row.split("\t")
        if len(cells) != 12 or cells[0] != "5" or not cells[11].strip():
            continue
        block, paragraph, line = int(cells[2]), int(cells[3]), int(cells[4])
        left, top, width, height = (int(cell) for cell in cells[6:10])
        yield Word(
            _TWICE.sub("Ậ", cells[11].strip()), float(cells[10]), left, top, width, height, (block, paragraph, line)
        )


@functools.cache
def _load() -> tuple[Tesseract | None, Status]:
    """Load library and data once for the process and its children."""
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # before libgomp comes in: threads cost more than they bring
    library = _open_library()
    if library is None:
        return None, Status(available=False, detail="libtesseract is not installed: apt install libtesseract5")
    data = _data_folder()
    if data is None:
        return None, Status(available=False, detail=f"no {LANGUAGE}.traineddata: apt install tesseract-ocr-{LANGUAGE}")
    try:
        engine = Tesseract(library, data, HANDLES)
    except (OSError, AttributeError) as error:
        return None, Status(available=False, detail=str(error))
    atexit.register(engine.close)
    version = library.TessVersion().decode("ascii", "replace")
    return engine, Status(available=True, detail=f"tesseract {version}, {data}/{LANGUAGE}.traineddata")


def _open_library() -> ctypes.CDLL | None:
    for name in (*_LIBRARIES, ctypes.util.find_library("tesseract")):
        if name:
            with contextlib.suppress(OSError):
                return ctypes.CDLL(name)
    return None


def _data_folder() -> str | None:
    prefix = os.environ.get("TESSDATA_PREFIX")
    folders = ((prefix, f"{prefix}/tessdata") if prefix else ()) + _DATA
    return next((folder for folder in folders if Path(folder, f"{LANGUAGE}.traineddata").is_file()), None)


def engine() -> Tesseract | None:
    """Return the recogniser, None when the library or its data is missing."""
    return _load()[0]


def status() -> Status:
    """Return whether words in pictures can be read, and if not, what to install."""
    return _load()[1]


def warm_up() -> Status:
    """Load everything and recognise one small picture, so that children need no file and no lazy set-up."""
    recogniser, found = _load()
    if recogniser is not None:
        import numpy as np

        blank = np.full((40, 200), 255, np.uint8)
        blank[10:30, 20:26] = 0
        recogniser.warm_up(blank)
    return found
