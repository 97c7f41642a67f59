"""The frames of a picture file, decoded one after the other: checked by size first, upright, on white.

Light ink on transparency is given too, as dark ink.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.documents.readers.base import Budget, ReadError
from gateway.model import ReadStatus

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image as Picture

LIMIT_PIXELS = 120_000_000
LIMIT_FRAMES = 500
WORK_PIXELS = 12_000_000
"""A larger frame is reduced before it is looked at; A4 at 300 dpi has 8.7 million pixels."""
_ORIENTATION = 0x0112
"""The EXIF tag (TIFF 6.0 §8)."""
SMALLEST = 36
"""Pixels of the longer side below which no words can be read: bullets, icons, tracking pixels."""
OBLONG = (0.4, 2.5)
"""Greatest aspect ratio of pixels; beyond, the numbers are a mistake."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a file, decoded."""

    number: int
    size: tuple[int, int]
    pixels: npt.NDArray[np.uint8] | None = None
    """BGR on white; None when it is too small for words, or `like` another."""
    light: npt.NDArray[np.uint8] | None = None
    """Ink that is lost on white, as dark ink."""
    like: int = 0
    """The number of an earlier frame with the same pixels."""


class Frames:
    """The frames of a file, decoded one after the other; ends early when one cannot be."""

    def __init__(self, picture: Picture, budget: Budget) -> None:
        self._picture, self._budget = picture, budget
        self.count = frame_count(picture)
        self.problem: tuple[ReadStatus, str] | None = (
            (ReadStatus.LIMIT, "frames") if self.count > LIMIT_FRAMES else None
        )

    def __iter__(self) -> Iterator[Frame]:
        seen: dict[bytes, int] = {}
        for number in range(1, min(self.count, LIMIT_FRAMES) + 1):
            try:
                yield self._decoded(number, seen)
            except ReadError as error:
                if number == 1:
                    raise
                status = error.status if error.status is not ReadStatus.MALFORMED else ReadStatus.PARTIAL
                self.problem = (status, error.reason)
                return

    def _decoded(self, number: int, seen: dict[bytes, int]) -> Frame:
        size = _select(self._picture, number - 1)
        if max(size) < SMALLEST:
            return Frame(number, size)
        self._budget.allow_pages(1)
        pixels, light = _pixels(self._picture, self._budget)
        if self.count > 1:
            digest = hashlib.blake2b(pixels.data, digest_size=16)
            digest.update(light.data if light is not None else b"")
            like = seen.setdefault(digest.digest(), number)
            if like != number:
                return Frame(number, size, like=like)
        return Frame(number, size, pixels, light)


def frame_count(picture: Picture) -> int:
    """Count frames; an animation's frames are one picture in motion, but each may show other words."""
    try:
        return int(getattr(picture, "n_frames", 1))
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError):
        return 1


def _select(picture: Picture, index: int) -> tuple[int, int]:
    """Go to a frame and return its size, checked."""
    try:
        if index:
            picture.seek(index)
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, MemoryError):
        raise ReadError(ReadStatus.MALFORMED, "image-frame") from None
    width, height = picture.size
    if width * height > LIMIT_PIXELS:
        raise ReadError(ReadStatus.LIMIT, "image-pixels")
    return width, height


def _pixels(picture: Picture, budget: Budget) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8] | None]:
    """Decode the selected frame to BGR on white, upright by its EXIF orientation; then what is lost on white, as dark ink."""
    import PIL.Image
    from PIL import ImageOps

    width, height = picture.size
    budget.check_time()  # which bounds many pictures; the pixels of each are let go
    try:
        if picture.format == "JPEG" and width * height > WORK_PIXELS:
            picture.draft("RGB", (width // 2, height // 2))
        picture.load()
        # Without an orientation Pillow would copy the picture for nothing.
        frame = ImageOps.exif_transpose(picture) if picture.getexif().get(_ORIENTATION, 1) != 1 else picture
        if frame.mode == "F" or (frame.mode == "I" and picture.format == "TIFF"):
            raise ReadError(ReadStatus.UNSUPPORTED, "image-depth")  # each viewer has its own idea of black and white
        if frame.mode in ("I", "I;16"):
            frame = frame.point(lambda value: value * (1 / 256)).convert("L")
        light: Picture | None = None
        if frame.mode in ("RGBA", "LA", "PA") or "transparency" in frame.info:
            solid = frame.convert("RGBA")
            frame = _on_white(solid)
            light = _on_white(_negative(solid)) if _has_light_ink(solid) else None
        frame = frame if frame.mode == "RGB" else frame.convert("RGB")
        if (stretch := _stretch(picture)) != 1:
            size = round(frame.width / min(stretch, 1)), round(frame.height * max(stretch, 1))
            frame = frame.resize(size, PIL.Image.Resampling.BICUBIC)
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, MemoryError, AttributeError):
        raise ReadError(ReadStatus.MALFORMED, "image-data") from None
    if frame.width * frame.height > WORK_PIXELS:
        shrink = (WORK_PIXELS / (frame.width * frame.height)) ** 0.5
        frame = frame.resize((max(int(frame.width * shrink), 1), max(int(frame.height * shrink), 1)))
    if light is not None:
        light = light.convert("RGB").resize(frame.size)
    return _bgr(frame), None if light is None else _bgr(light)


def _bgr(frame: Picture) -> npt.NDArray[np.uint8]:
    import cv2
    import numpy as np

    return np.asarray(cv2.cvtColor(np.asarray(frame, np.uint8), cv2.COLOR_RGB2BGR), np.uint8)


def _on_white(solid: Picture) -> Picture:
    import PIL.Image

    ground = PIL.Image.new("RGBA", solid.size, (255, 255, 255, 255))
    ground.alpha_composite(solid)
    return ground


def _negative(solid: Picture) -> Picture:
    """Turn the colours around and leave the transparency: light letters on any dark ground become dark ones on white."""
    from PIL import ImageChops

    colours, alpha = solid.convert("RGB"), solid.getchannel("A")
    turned = ImageChops.invert(colours)
    turned.putalpha(alpha)
    return turned


def _has_light_ink(solid: Picture) -> bool:
    """Return whether some of what is seen is so light that white paper swallows it, and some of the paper shows through."""
    import numpy as np

    alpha = np.asarray(solid.getchannel("A"))
    grey = np.asarray(solid.convert("L"))
    seen = alpha > 64
    return bool((grey[seen] > 190).sum() > 50 and (~seen).mean() > 0.02)


def _stretch(picture: Picture) -> float:
    """Return how much higher than wide a pixel is: a fax of standard resolution has 204 by 98 dots an inch (ITU-T T.4)."""
    try:
        across, down = (float(value) for value in picture.info.get("dpi", (1, 1)))
    except (TypeError, ValueError):
        return 1.0
    ratio = across / down if across > 0 and down > 0 else 1.0
    return ratio if OBLONG[0] <= ratio <= OBLONG[1] and not 0.95 < ratio < 1.05 else 1.0
