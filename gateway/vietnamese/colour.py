"""Colours of letters as people see them: black within tolerance, red ink, white and hidden letters.

Decree 30/2020 asks for black letters; printers and programs write black in many ways (`auto`, 000000, the four-colour
black 231F20, a dark theme colour), and none of them is a fault. Colours are `auto` or RRGGBB.
"""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache
from typing import Final

_RGB: Final = re.compile(r"[0-9A-F]{6}")
_BLACK_MAX: Final = 0x2D
"""Brightest channel that still reads as black: covers the printing blacks 231F20, 1D1D1B and 2B2A29."""
_BLACK_SPREAD: Final = 0x10
"""Greatest difference of channels in a black: a dark navy or bottle green is a colour."""


@lru_cache(maxsize=1024)
def channels(colour: str | None) -> tuple[int, int, int] | None:
    """Return red, green and blue, None for `auto`, unknown, or what is no colour."""
    if colour is None or _RGB.fullmatch(colour.upper()) is None:
        return None
    value = int(colour, 16)
    return value >> 16, value >> 8 & 0xFF, value & 0xFF


@lru_cache(maxsize=1024)
def is_black(colour: str | None) -> bool:
    """Return whether letters of this colour read as black; `auto` and an unknown colour do."""
    rgb = channels(colour)
    return rgb is None or (max(rgb) <= _BLACK_MAX and max(rgb) - min(rgb) <= _BLACK_SPREAD)


@lru_cache(maxsize=1024)
def is_red(colour: str | None) -> bool:
    """Return whether letters of this colour read as red stamp ink."""
    rgb = channels(colour)
    return rgb is not None and rgb[0] >= 150 and rgb[0] * 2 >= max(rgb[1], rgb[2]) * 3 and rgb[0] - max(rgb[1:]) >= 70


@lru_cache(maxsize=4096)
def distance(one: str, other: str) -> int:
    """Return how much two colours, RRGGBB, differ in the most different channel."""
    return max(abs(left - right) for left, right in zip(bytes.fromhex(one), bytes.fromhex(other), strict=True))


def is_invisible(colour: str | None, background: str | None) -> bool:
    """Return whether letters cannot be seen on their background (white paper when none is known)."""
    paper = background if background is not None and channels(background) else "FFFFFF"
    return colour is not None and channels(colour) is not None and distance(colour, paper) <= 0x18


def is_dark(background: str | None) -> bool:
    """Return whether a background is so dark that automatic letters show white on it (LibreOffice `Color::IsDark`; Word behaves alike)."""
    found = brightness(background)
    return found is not None and found <= 62


def brightness(colour: str | None) -> int | None:
    """Return how bright a colour is to the eye, 0 to 255; None for `auto` or unknown."""
    rgb = channels(colour)
    return (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]) // 1000 if rgb is not None else None


_HUES: Final = (
    (15, "red"),
    (42, "orange"),
    (68, "yellow"),
    (165, "green"),
    (195, "cyan"),
    (262, "blue"),
    (330, "purple"),
)
"""Greatest angle on the colour circle, in degrees, that a name reaches to; beyond the last it is red again."""


def hue(colour: str | None) -> str:
    """Return the name that people have for a colour: `black`, `white`, `grey`, `red`, `blue` ..., empty for none."""
    rgb = channels(colour)
    if rgb is None:
        return ""
    angle, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in rgb))
    if is_black(colour):
        return "black"
    if lightness > 0.95:
        return "white"
    if saturation < 0.12:
        return "grey"
    return next((name for limit, name in _HUES if angle * 360 <= limit), "red")
