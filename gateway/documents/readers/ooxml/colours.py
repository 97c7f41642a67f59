"""Colours of OOXML: hexadecimal, preset names, tint and shade, DrawingML transforms (ECMA-376 Part 1 §20.1.2.3).

A colour is RRGGBB in capitals, `auto` where Word and Excel choose black on light and white on dark.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Callable
from typing import Final

from PIL import ImageColor

from gateway.documents.readers.numerals import number
from gateway.documents.readers.ooxml.xml import Element
from gateway.vietnamese.colour import is_dark

AUTO: Final = "auto"
WHITE: Final = "FFFFFF"
_HEX: Final = re.compile(r"^#?(?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})$")

_SYSTEM: Final = {
    "windowtext": "000000", "window": "FFFFFF", "btnface": "F0F0F0", "btntext": "000000", "highlight": "0078D7",
    "highlighttext": "FFFFFF", "menutext": "000000", "infotext": "000000", "infobk": "FFFFE1", "captiontext": "000000",
    "buttonface": "F0F0F0", "buttontext": "000000", "graytext": "6D6D6D",
}  # fmt: skip
PRESETS: Final = _SYSTEM | {name: bytes(ImageColor.getrgb(name)).hex().upper() for name in ImageColor.colormap}
"""RRGGBB by the names of CSS and SVG, and of colours of the system, in small letters."""


def hex_colour(value: str | None) -> str | None:
    """Return RRGGBB of `RRGGBB`, `AARRGGBB` or `#RRGGBB`; None for anything else."""
    match = _HEX.match(value.strip()) if value else None
    return match.group(1).upper() if match else None


def named_colour(value: str | None) -> str | None:
    """Return RRGGBB of a preset or system colour name, abbreviations `dk`, `lt`, `med` included; None when unknown."""
    if not value:
        return None
    name = value.lower()
    known = PRESETS.get(name)
    if known is None:
        for short, full in (("dk", "dark"), ("lt", "light"), ("med", "medium")):
            if name.startswith(short):
                return PRESETS.get(full + name[len(short) :])
    return known


def automatic(background: str | None) -> str:
    """Return the colour of automatic letters: white on dark, else `auto`."""
    return WHITE if is_dark(background) else AUTO


def with_luminance(rgb: str, *, times: float, plus: float = 0.0) -> str:
    """Return the colour with its HSL luminance scaled and shifted: Word's themeTint and themeShade, Excel's tint."""
    red, green, blue = (part / 255 for part in _bytes(rgb))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    return _join(colorsys.hls_to_rgb(hue, min(1.0, max(0.0, light * times + plus)), saturation))


def excel_tint(rgb: str, tint: float) -> str:
    """Return a colour with Excel's tint from -1 (black) to 1 (white) (ECMA-376 Part 1 §18.3.1.15)."""
    if not tint:
        return rgb
    return with_luminance(rgb, times=1 + tint) if tint < 0 else with_luminance(rgb, times=1 - tint, plus=tint)


def mixed(front: str | None, back: str | None, share: float) -> str:
    """Return the colour between two, `share` (0 to 1) of the front: pattern fills in per cent, of black on white unless said."""
    pairs = zip(_bytes(front or "000000"), _bytes(back or WHITE), strict=True)
    return "".join(f"{round(a * share + b * (1 - share)):02X}" for a, b in pairs)


Scheme = Callable[[str], str | None]
"""Looks up a scheme colour name (`tx1`, `accent2`, `phClr`)."""


def drawing_colour(holder: Element, scheme: Scheme) -> tuple[str, float] | None:
    """Return (RRGGBB, opacity 0 to 1) of the first colour element below `holder`, None when there is none.

    Works by local names, so it reads `a:` and Word's `w14:` fills alike.
    """
    for child in holder:
        tag = child.tag
        if not isinstance(tag, str):
            continue
        local = tag.rpartition("}")[2]
        base = _base(local, child, scheme)
        if base is not None:
            return _transformed(base, child)
        if local in {"gs", "gsLst", "solidFill", "gradFill", "fgClr"}:
            found = drawing_colour(child, scheme)
            if found is not None:
                return found
    return None


def _base(local: str, element: Element, scheme: Scheme) -> str | None:
    match local:
        case "srgbClr":
            return hex_colour(_value(element))
        case "schemeClr":
            return scheme(_value(element) or "")
        case "sysClr":
            return hex_colour(element.get("lastClr")) or named_colour(_value(element))
        case "prstClr":
            return named_colour(_value(element))
        case "scrgbClr":
            return _join(tuple(_linear(_share(element.get(part))) for part in "rgb"))
        case "hslClr":
            hue = number(element.get("hue")) / 21_600_000
            return _join(colorsys.hls_to_rgb(hue, _share(element.get("lum")), _share(element.get("sat"))))
        case _:
            return None


def _transformed(base: str, element: Element) -> tuple[str, float]:
    rgb, opacity = base, 1.0
    for change in element:
        tag = change.tag
        if not isinstance(tag, str):
            continue
        share = _share(_value(change))
        match tag.rpartition("}")[2]:
            case "lumMod":
                rgb = with_luminance(rgb, times=share)
            case "lumOff":
                rgb = with_luminance(rgb, times=1.0, plus=share)
            case "shade":
                rgb = _mixed_linear(rgb, share, 0.0)
            case "tint":
                rgb = _mixed_linear(rgb, share, 1 - share)
            case "alpha":
                # Word's w14:alpha states transparency, DrawingML's opacity; they differ in namespace only.
                opacity = 1 - share if "/word/" in tag else share
            case "inv":
                rgb = "".join(f"{255 - part:02X}" for part in _bytes(rgb))
            case "gray":
                red, green, blue = _bytes(rgb)
                rgb = f"{round(0.3 * red + 0.59 * green + 0.11 * blue):02X}" * 3
            case _:
                continue
    return rgb, opacity


def _value(element: Element) -> str | None:
    """`val` with or without namespace (`w14:val`)."""
    plain: str | None = element.get("val")
    if plain is not None:
        return plain
    for name, value in element.items():
        if name.endswith("}val"):
            return str(value)
    return None


def _share(value: str | None) -> float:
    """A percentage as `50000` (thousandths of a per cent) or `50%` (Strict), as 0 to 1."""
    if value and value.endswith("%"):
        return number(value[:-1]) / 100
    return number(value) / 100_000


def _linear(share: float) -> float:
    """SRGB value of a linear share."""
    share = min(1.0, max(0.0, share))
    return 12.92 * share if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055


def _mixed_linear(rgb: str, times: float, plus: float) -> str:
    """Scale and shift in linear light, as PowerPoint does for tint and shade."""
    light = ((part / 255) for part in _bytes(rgb))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in light)
    return _join(tuple(_linear(part * times + plus) for part in linear))


def _bytes(rgb: str) -> tuple[int, int, int]:
    return int(rgb[0:2], 16), int(rgb[2:4], 16), int(rgb[4:6], 16)


def _join(parts: tuple[float, ...]) -> str:
    return "".join(f"{round(min(1.0, max(0.0, part)) * 255):02X}" for part in parts)
