"""Colours of OOXML: hexadecimal, preset names, tint and shade, DrawingML transforms (ECMA-376 Part 1 §20.1.2.3).

A colour is RRGGBB in capitals, `auto` where Word and Excel choose black on light and white on dark.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Callable
from typing import Final

from gateway.documents.readers.ooxml.xml import Element

AUTO: Final = "auto"
WHITE: Final = "FFFFFF"
_HEX: Final = re.compile(r"^#?(?:[0-9A-Fa-f]{2})?([0-9A-Fa-f]{6})$")
_DARK: Final = 62
"""Luminance at or below which automatic letters turn white (LibreOffice `Color::IsDark`; Word behaves alike)."""

_PRESETS_TEXT: Final = """
aliceBlue F0F8FF antiqueWhite FAEBD7 aqua 00FFFF aquamarine 7FFFD4 azure F0FFFF beige F5F5DC bisque FFE4C4
black 000000 blanchedAlmond FFEBCD blue 0000FF blueViolet 8A2BE2 brown A52A2A burlyWood DEB887 cadetBlue 5F9EA0
chartreuse 7FFF00 chocolate D2691E coral FF7F50 cornflowerBlue 6495ED cornsilk FFF8DC crimson DC143C cyan 00FFFF
darkBlue 00008B darkCyan 008B8B darkGoldenrod B8860B darkGray A9A9A9 darkGrey A9A9A9 darkGreen 006400 darkKhaki BDB76B
darkMagenta 8B008B darkOliveGreen 556B2F darkOrange FF8C00 darkOrchid 9932CC darkRed 8B0000 darkSalmon E9967A
darkSeaGreen 8FBC8F darkSlateBlue 483D8B darkSlateGray 2F4F4F darkSlateGrey 2F4F4F darkTurquoise 00CED1
darkViolet 9400D3 deepPink FF1493 deepSkyBlue 00BFFF dimGray 696969 dimGrey 696969 dodgerBlue 1E90FF firebrick B22222
floralWhite FFFAF0 forestGreen 228B22 fuchsia FF00FF gainsboro DCDCDC ghostWhite F8F8FF gold FFD700 goldenrod DAA520
gray 808080 grey 808080 green 008000 greenYellow ADFF2F honeydew F0FFF0 hotPink FF69B4 indianRed CD5C5C indigo 4B0082
ivory FFFFF0 khaki F0E68C lavender E6E6FA lavenderBlush FFF0F5 lawnGreen 7CFC00 lemonChiffon FFFACD lightBlue ADD8E6
lightCoral F08080 lightCyan E0FFFF lightGoldenrodYellow FAFAD2 lightGray D3D3D3 lightGrey D3D3D3 lightGreen 90EE90
lightPink FFB6C1 lightSalmon FFA07A lightSeaGreen 20B2AA lightSkyBlue 87CEFA lightSlateGray 778899
lightSlateGrey 778899 lightSteelBlue B0C4DE lightYellow FFFFE0 lime 00FF00 limeGreen 32CD32 linen FAF0E6
magenta FF00FF maroon 800000 mediumAquamarine 66CDAA mediumBlue 0000CD mediumOrchid BA55D3 mediumPurple 9370DB
mediumSeaGreen 3CB371 mediumSlateBlue 7B68EE mediumSpringGreen 00FA9A mediumTurquoise 48D1CC mediumVioletRed C71585
midnightBlue 191970 mintCream F5FFFA mistyRose FFE4E1 moccasin FFE4B5 navajoWhite FFDEAD navy 000080 oldLace FDF5E6
olive 808000 oliveDrab 6B8E23 orange FFA500 orangeRed FF4500 orchid DA70D6 paleGoldenrod EEE8AA paleGreen 98FB98
paleTurquoise AFEEEE paleVioletRed DB7093 papayaWhip FFEFD5 peachPuff FFDAB9 peru CD853F pink FFC0CB plum DDA0DD
powderBlue B0E0E6 purple 800080 red FF0000 rosyBrown BC8F8F royalBlue 4169E1 saddleBrown 8B4513 salmon FA8072
sandyBrown F4A460 seaGreen 2E8B57 seaShell FFF5EE sienna A0522D silver C0C0C0 skyBlue 87CEEB slateBlue 6A5ACD
slateGray 708090 slateGrey 708090 snow FFFAFA springGreen 00FF7F steelBlue 4682B4 tan D2B48C teal 008080
thistle D8BFD8 tomato FF6347 turquoise 40E0D0 violet EE82EE wheat F5DEB3 white FFFFFF whiteSmoke F5F5F5
yellow FFFF00 yellowGreen 9ACD32
windowText 000000 window FFFFFF btnFace F0F0F0 btnText 000000 highlight 0078D7 highlightText FFFFFF
menuText 000000 infoText 000000 infoBk FFFFE1 captionText 000000 buttonFace F0F0F0 buttonText 000000 grayText 6D6D6D
"""
_WORDS: Final = _PRESETS_TEXT.split()
_PRESETS: Final = {name.lower(): value for name, value in zip(_WORDS[::2], _WORDS[1::2], strict=True)}


def hex_colour(value: str | None) -> str | None:
    """Return RRGGBB of `RRGGBB`, `AARRGGBB` or `#RRGGBB`; None for anything else."""
    match = _HEX.match(value.strip()) if value else None
    return match.group(1).upper() if match else None


def named_colour(value: str | None) -> str | None:
    """Return RRGGBB of a preset or system colour name, abbreviations `dk`, `lt`, `med` included; None when unknown."""
    if not value:
        return None
    name = value.lower()
    known = _PRESETS.get(name)
    if known is None:
        for short, full in (("dk", "dark"), ("lt", "light"), ("med", "medium")):
            if name.startswith(short):
                return _PRESETS.get(full + name[len(short) :])
    return known


def is_dark(rgb: str) -> bool:
    """Whether automatic letters on this background are white."""
    red, green, blue = _bytes(rgb)
    return (blue * 29 + green * 151 + red * 76) >> 8 <= _DARK


def automatic(background: str | None) -> str:
    """Return the colour of automatic letters: white on dark, else `auto`."""
    return WHITE if background is not None and is_dark(background) else AUTO


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


def mixed(front: str, back: str, share: float) -> str:
    """Return the colour between two, `share` (0 to 1) of the front: pattern fills in per cent."""
    pairs = zip(_bytes(front), _bytes(back), strict=True)
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


def number(value: str | None) -> float:
    """Return a number of XML, 0 for none."""
    try:
        return float(value or 0)
    except ValueError:
        return 0.0


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
