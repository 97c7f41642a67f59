"""Picture files to Document: properties as runs, and what the stamp finder and Tesseract read in each frame.

Sizes are checked from the header before anything is decoded. A picture that could not be read in full stays in
`image_pages` without being in `read_pages`; pictures too small for legible words are in neither.
"""

from __future__ import annotations

import functools
import hashlib
import io
import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from gateway.documents.readers.base import Budget, PageReading, ReadError, Reading, Source, next_block, spoken
from gateway.documents.readers.parallel import in_order
from gateway.documents.readers.pictures import thumbnail
from gateway.documents.readers.pictures.frames import SMALLEST, Frame, Frames, frame_count
from gateway.documents.readers.rows import holds_a_mark
from gateway.documents.readers.sniff_pictures import still_brand
from gateway.model import Document, Image, ReadStatus, Role, Run
from gateway.vietnamese.normal import skeleton

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image as Picture

PAGE_WIDTH_INCHES, HIGHEST_INCHES = 8.27, 35.0
"""Width of A4, and height of three pages, as high as which no picture is shown."""
SHEET = 1.38, 1.45
"""Proportions of a sheet of paper: a picture that has them shows one, and nothing around it."""
HIGHEST_SCREEN = 2.4
"""Height of the screen of a phone held upright, in its widths."""
RELATION = "image"
"""Role of a picture in the document that shows it."""
_FORMATS = (
    "JPEG", "PNG", "TIFF", "GIF", "BMP", "WEBP", "DIB", "JPEG2000", "PCX", "DCX", "PPM", "XBM", "XPM", "SGI", "QOI", "ICNS", "AVIF", "TGA",
    "ICO", "SUN", "MSP", "PIXAR", "PCD", "FLI", "FITS", "DDS",
)  # fmt: skip
_EXIF_TEXT = {
    270: "ImageDescription", 271: "Make", 272: "Model", 285: "PageName", 305: "Software", 315: "Artist",
    33432: "Copyright", 37510: "UserComment", 40091: "XPTitle", 40092: "XPComment", 40093: "XPAuthor",
    40094: "XPKeywords", 40095: "XPSubject",
}  # fmt: skip
_TAG = re.compile(r"<[^<>]{0,4000}>")


def read(source: Source, budget: Budget) -> Reading:
    """Read a picture, once an attachment; MALFORMED when it cannot be decoded, LIMIT for what is too large."""
    import PIL.Image

    warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
    digest = hashlib.sha256(source.data).hexdigest()
    inches = budget.shown_inches.get(digest, math.inf) if source.relation == RELATION else math.inf
    known = budget.pictures.get((digest, source.relation, inches))
    if known is not None:
        return Reading(structs.replace(known, part=source.part, filename=source.filename))
    with _open(source) as picture:
        document = _read_frames(picture, source, digest, budget, inches=inches)
    if document.status is ReadStatus.OK and document.image_pages == document.read_pages and not document.doubtful_pages:
        budget.pictures[digest, source.relation, inches] = document
    return Reading(document)


def _open(source: Source) -> Picture:
    import PIL.Image
    from PIL import UnidentifiedImageError

    formats: tuple[str, ...] = _FORMATS
    data = source.data
    if source.detected_type == "image/heic" or data[4:8] == b"ftyp":
        _heif()
        formats = (*_FORMATS, "HEIF")
        # Decoders go by the first brand alone, which may be that of any container.
        data = data[:8] + (still_brand(data) or data[8:12]) + data[12:]
    try:
        return PIL.Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError:
        raise ReadError(ReadStatus.MALFORMED, "image") from None
    except PIL.Image.DecompressionBombError:
        raise ReadError(ReadStatus.LIMIT, "image-pixels") from None
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, MemoryError):
        raise ReadError(ReadStatus.MALFORMED, "image") from None


def _heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()


def _read_frames(picture: Picture, source: Source, digest: str, budget: Budget, *, inches: float) -> Document:
    small = source.relation == thumbnail.RELATION and frame_count(picture) == 1
    small = small and max(picture.size) <= thumbnail.LARGEST and digest not in budget.shown_inches
    runs = list(_properties(picture))
    images: list[Image] = []
    shown: list[int] = []
    read_pages: list[int] = []
    doubtful: list[int] = []
    frames = Frames(picture, budget)
    looks: dict[int, PageReading] = {}
    look_at = functools.partial(_look, budget=budget, small=small, inches=inches)
    for frame, look in in_order(frames, look_at, budget.threads):
        looks[frame.number] = look
        if max(frame.size) >= SMALLEST:
            shown.append(frame.number)
            like = looks[frame.like] if frame.like else look
            read_pages.extend([frame.number] if like.whole_page else [])
            doubtful.extend([frame.number] if like.doubtful else [])
            block = next_block(runs)
            runs.extend(structs.replace(run, block=run.block + block) for run in look.runs)
        searched = frame.pixels is not None and not small
        images.append(
            Image(
                locator=f"picture:{frame.number}",
                page=frame.number,
                width_px=frame.size[0],
                height_px=frame.size[1],
                sha256=digest,
                red_boxes=look.boxes if searched else None,
                unread_boxes=look.unread if searched else None,
            )
        )
    shown.extend(range(len(looks) + 1, frames.count + 1))
    status, reason = frames.problem or (ReadStatus.OK, "")
    return Document(
        part=source.part,
        filename=source.filename,
        format="image",
        status=status,
        reason=reason,
        pages=frames.count,
        image_pages=tuple(shown),
        read_pages=tuple(read_pages),
        doubtful_pages=tuple(doubtful),
        runs=tuple(runs),
        images=tuple(images),
    )


def _look(frame: Frame, budget: Budget, *, small: bool, inches: float) -> tuple[Frame, PageReading]:
    """Read a frame that is shown so wide; of a `small` one, the thumbnail of a document, nothing but large words."""
    look = PageReading()
    if frame.pixels is None:
        return frame, look
    for ground in (frame.pixels, frame.light):
        if ground is not None:
            look = _search(look, frame.number, ground, budget, inches, small=small)
    if small:
        # Frames are cells and shapes of the page, and words seen in them are its fine print; large words are lines.
        runs = (run for run in look.runs if run.role is not Role.STAMP and not _is_said(run, budget.said))
        look = PageReading(tuple(runs), whole_page=True)
    return frame, look


def _is_said(run: Run, said: frozenset[str]) -> bool:
    """Return whether most words of a line are words of the document."""
    words = skeleton(spoken([run])).split()
    return 2 * sum(word in said for word in words) > len(words)


def _search(
    look: PageReading,
    number: int,
    pixels: npt.NDArray[np.uint8],
    budget: Budget,
    inches: float,
    *,
    small: bool,
) -> PageReading:
    """Return what was read of a frame, with one view of it.

    Where MẬT may have been misread in a cut-out of unknown width, its stamps are read at the least width, too.
    """
    from gateway.documents.readers.pictures import page_runs, stamp_page
    from gateway.documents.readers.pictures.stamp_words import MARKS

    dpi, is_page, cut_out = pixels.shape[1] / _width(pixels, inches), _page_width(pixels) is not None, pixels
    pixels = _with_margin(pixels, 50 if is_page else 4)
    is_guess = inches == math.inf and not SHEET[0] < max(cut_out.shape[:2]) / min(cut_out.shape[:2]) < SHEET[1]
    view = page_runs.PageView(number, dpi, 72 / dpi, next_block(look.runs), guessed=is_guess)
    found = stamp_page.examine(pixels, view, budget)
    least = thumbnail.LETTER * view.points_per_pixel if small else 0.0
    runs = [run for run in found.runs if run.bbox_pt is None or run.bbox_pt[3] - run.bbox_pt[1] >= least]
    read = PageReading(
        (*look.runs, *runs),
        max(look.boxes, found.boxes),
        max(look.unread, found.unread),
        look.whole_page or found.whole_page,
        look.doubtful or found.doubtful,
    )
    if (
        is_page
        or small
        or inches != math.inf
        or not holds_a_mark(spoken(runs))
        or any(run.text in MARKS for run in runs)
    ):
        return read
    closer = _search(read, number, cut_out, budget, 0.0, small=small)
    stamps = (run for run in closer.runs[len(read.runs) :] if run.role is Role.STAMP)
    return replace(closer, runs=(*read.runs, *stamps))


def _width(pixels: npt.NDArray[np.uint8], inches: float) -> float:
    """Return how wide a picture may be in inches: a page, or a cut-out that may be no more than a stamp.

    A picture shown `inches` wide has that width, but at least that of a cut-out, since a recipient can enlarge it.
    Infinity means that the width is unknown.
    """
    if (page := _page_width(pixels)) is not None:
        return min(max(inches, PAGE_WIDTH_INCHES), page)
    large, little = (PAGE_WIDTH_INCHES, 4.0) if pixels.shape[1] >= 900 else (4.0, 1.9)
    widest: float = HIGHEST_INCHES * pixels.shape[1] / pixels.shape[0]
    return min(max(inches, little), large, widest)


def _page_width(pixels: npt.NDArray[np.uint8]) -> float | None:
    """Return how wide a picture in the proportions of a page, or of a phone that shows one, is, None for another."""
    height, width = pixels.shape[:2]
    ratio = height / width
    if 1.15 <= ratio <= HIGHEST_SCREEN and width >= 450:
        return PAGE_WIDTH_INCHES
    return 11.69 if 0.55 <= ratio <= 0.87 and width >= 600 else None


def _with_margin(pixels: npt.NDArray[np.uint8], share: int) -> npt.NDArray[np.uint8]:
    """Put paper around a picture, that share of each side: a cut-out may be all ink, and nothing shows then what paper is."""
    import numpy as np

    above, beside = (max(side // share, 8) for side in pixels.shape[:2])
    return np.pad(pixels, ((above, above), (beside, beside), (0, 0)), constant_values=255)


def _properties(picture: Picture) -> Iterator[Run]:
    """Yield the words in EXIF, XMP, PNG text chunks and comments."""
    block = 0
    texts: list[tuple[str, str]] = []
    for key, value in picture.info.items():
        text = _text(value)
        if text and str(key) not in ("exif", "icc_profile", "dpi", "photoshop"):
            texts.append((str(key), _TAG.sub(" ", text) if "<" in text else text))
    try:
        exif = picture.getexif()
        entries = [*exif.items(), *exif.get_ifd(0x8769).items()]
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, AttributeError):
        entries = []
    for tag, value in entries:
        if tag in _EXIF_TEXT and (text := _text(value, wide=40091 <= tag <= 40095)):
            texts.append((_EXIF_TEXT[tag], text))
    for key, text in texts:
        shown = text.strip().strip("\0").strip()
        if any(ch.isalpha() for ch in shown):
            name = key[:40]
            yield Run(text=shown, block=block, locator=f"property:{name}", role=Role.PROPERTY)
            block += 1


def _text(value: object, *, wide: bool = False) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple) and wide and all(isinstance(item, int) for item in value):
        value = bytes(item & 0xFF for item in value)
    if isinstance(value, bytes):
        if wide:
            return value.decode("utf-16-le", "replace")
        for mark, charset in ((b"UNICODE\0", "utf-16-be"), (b"ASCII\0\0\0", "latin-1")):
            if value.startswith(mark):
                return value[8:].decode(charset, "replace")
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return None
    return None


def warm_up() -> None:
    """Load Pillow's decoders and the stamp finder, so that children need no file for them."""
    import PIL.Image
    import PIL.ImageChops
    import PIL.ImageDraw
    import PIL.ImageFont
    import PIL.ImageOps

    from gateway.documents.readers.pictures import stamp

    PIL.Image.init()
    _heif()
    stamp.warm_up()
