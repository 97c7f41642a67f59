"""Text bodies of DrawingML with the look of their letters (ECMA-376 Part 1 §21.1.2): slides, notes, shapes on sheets.

A layer is what one list style or run property element sets; layers are merged weakest first. Latin letters, Vietnamese
ones included, take the `a:latin` face, East Asian ones `a:ea`; `+mn-lt` and the like name the theme's fonts. Text that
was given out is emptied in the tree, so that the owner can see at the end what nobody has read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.documents.readers.numerals import numeral, signed, whole
from gateway.documents.readers.ooxml.colours import drawing_colour
from gateway.documents.readers.ooxml.drawingml import paragraph_text, write_signs
from gateway.documents.readers.ooxml.parts import shown_branch
from gateway.documents.readers.ooxml.theme import NO_THEME, FontSet, Theme
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, take
from gateway.documents.readers.placed import Line, line_of
from gateway.documents.readers.sink import Face, Place, Sink, by_script, capitals
from gateway.vietnamese.fonts import shows_signs

_AUTOMATIC: Final = re.compile(r"(alpha|roman)(Uc|Lc)(ParenBoth|ParenR|Period|Plain)")
_KINDS: Final = {
    "alphaUc": "upperLetter", "alphaLc": "lowerLetter", "romanUc": "upperRoman", "romanLc": "lowerRoman",
}  # fmt: skip
_ROUND: Final = "o"
"""What Office draws its hollow round bullet with."""
_A_ROUND: Final = {"ParenBoth": "({})", "ParenR": "{})", "Period": "{}.", "Plain": "{}"}


def bullet_layer(properties: Element) -> dict[str, Any]:
    """Return what an `a:pPr` or `a:lvl1pPr` says of the bullet of its paragraphs."""
    layer: dict[str, Any] = {}
    for child in properties:
        match NAMES[child.tag]:
            case "a:buNone" | "a:buBlip":
                layer["bullet"] = ""
            case "a:buChar":
                layer["bullet"] = child.get("char") or ""
            case "a:buAutoNum":
                layer["bullet"] = (child.get("type") or "", whole(child.get("startAt"), 1))
            case "a:buFont":
                layer["bullet_font"] = child.get("typeface") or ""
            case "a:buFontTx":
                layer["bullet_font"] = ""
            case _:
                continue
    return layer


class Bullets:
    """Counts the items of the lists of a text body."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[object, int]] = {}
        """The bullet of the last item of each level, and its number."""

    def label(self, level: int, layer: Mapping[str, Any]) -> str:
        """Count a paragraph and return the letters before it, with a space; empty for signs and digits."""
        bullet = layer.get("bullet", "")
        last, count = self._counts.get(level, ("", 0))
        count = count + 1 if bullet == last else 0
        self._counts = {other: one for other, one in self._counts.items() if other < level} | {level: (bullet, count)}
        if isinstance(bullet, str):
            is_sign = (
                bullet == _ROUND or not any(map(str.isalpha, bullet)) or shows_signs(layer.get("bullet_font") or "")
            )
            return "" if is_sign else f"{bullet} "
        kind, start = bullet
        found = _AUTOMATIC.fullmatch(kind)
        if found is None:
            return ""
        return _A_ROUND[found[3]].format(numeral(start + count, _KINDS[found[1] + found[2]])) + " "


Layer = Mapping[str, Any]
"""`latin`, `ea`, `size`, `colour`, `opacity`, `bold`, `struck`, `align`, `bullet`, `bullet_font`, as far as set."""
Levels = Sequence[Layer]
"""Nine layers, one a list level."""

NO_LEVELS: Final[Levels] = ({},) * 9
_LEVEL: Final = re.compile(r"^a:lvl([1-9])pPr$")
_MOST_LINES, _LONGEST_LINE = 4, 16
"""Paragraphs of a box that are one phrase, and letters of each."""
_HLINK: Final = {"a:hlinkClick", "a:hlinkMouseOver"}
DEFAULT_SIZE_PT: Final = 18.0
_MAP: Final = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}


class DrawingPalette:
    """Theme fonts and colours as the colour map of a master (or its override) names them."""

    def __init__(self, theme: Theme = NO_THEME, mapping: Mapping[str, str] | None = None) -> None:
        self.theme = theme
        self.mapping: Mapping[str, str] = mapping or _MAP

    def scheme(self, name: str) -> str | None:
        """Return RRGGBB of a scheme colour."""
        mapped = self.mapping.get(name) or _MAP.get(name, name)
        return self.theme.colours.get(mapped)

    def font(self, face: str) -> str:
        """Return the face of a name or of a theme reference such as `+mj-lt`."""
        if not face.startswith("+"):
            return face
        fonts: FontSet = self.theme.major if face.startswith("+mj") else self.theme.minor
        return fonts.face(face[-2:]) or fonts.face()


def run_layer(element: Element | None, palette: DrawingPalette) -> dict[str, Any]:
    """Return what an `a:rPr`, `a:defRPr` or `a:endParaRPr` sets."""
    layer: dict[str, Any] = {}
    if element is None:
        return layer
    if size := whole(element.get("sz")):
        layer["size"] = size / 100
    if baseline := element.get("baseline"):
        layer["raised"] = signed(baseline.rstrip("%")) / (100 if baseline.endswith("%") else 100_000)
    bold = element.get("b")
    if bold is not None:
        layer["bold"] = bold in {"1", "true"}
    if (strike := element.get("strike")) is not None:
        layer["struck"] = strike != "noStrike"
    capitals = element.get("cap")
    if capitals is not None:
        layer["capitals"] = capitals in {"all", "small"}
    for child in element:
        name = NAMES[child.tag]
        match name:
            case "a:latin" | "a:ea":
                face = (child.get("typeface") or "").strip()
                if face:
                    layer[name[2:]] = palette.font(face)
            case "a:solidFill" | "a:gradFill" | "a:pattFill":
                found = drawing_colour(child, palette.scheme)
                if found is not None:
                    layer["colour"], layer["opacity"] = found
            case "a:noFill":
                layer["opacity"] = 0.0
            case _ if name in _HLINK:
                layer["link"] = True
            case _:
                continue
    return layer


def list_levels(element: Element | None, palette: DrawingPalette) -> Levels:
    """Return the nine levels of a list style element (`a:lstStyle`, `p:bodyStyle` ...)."""
    if element is None or not len(element):
        return NO_LEVELS
    default: Layer = {}
    levels: dict[int, Layer] = {}
    for child in element:
        name = NAMES[child.tag]
        match = _LEVEL.match(name)
        layer = bullet_layer(child) | ({"align": align} if (align := child.get("algn")) else {})
        for setting in child.iterchildren(clark("a:defRPr")):
            layer |= run_layer(setting, palette)
        if match:
            levels[int(match.group(1)) - 1] = layer
        elif name == "a:defPPr":
            default = layer
    return tuple({**default, **levels.get(index, {})} for index in range(9))


def merged_levels(*stack: Levels) -> Levels:
    """Return levels merged, weakest first."""
    wanted = [levels for levels in stack if levels is not NO_LEVELS]
    if len(wanted) == 1:
        return wanted[0]
    merged: list[Layer] = []
    for index in range(9):
        layer: dict[str, Any] = {}
        for levels in wanted:
            layer.update(levels[index])
        merged.append(layer)
    return tuple(merged)


class TextBody:
    """Gives out text bodies."""

    def __init__(self, sink: Sink, palette: DrawingPalette) -> None:
        self._sink = sink
        self._palette = palette
        self._bullets = Bullets()
        self.lines: list[Line] = []
        """The paragraphs that were given out."""

    def read(self, body: Element, levels: Levels, place: Place, background: str | None = None) -> None:
        """Give every paragraph of a `txBody`, with `levels` as what the letters inherit."""
        own = NO_LEVELS
        self._bullets = Bullets()
        scale = 1.0
        found = [len(paragraph_text(one)) for one in body if NAMES[one.tag] == "a:p"]
        is_phrase = 1 < len(found) <= _MOST_LINES and all(0 < length <= _LONGEST_LINE for length in found)
        block = self._sink.open_block() if is_phrase else 0  # BẢO above MẬT on a poster
        for child in body:
            match NAMES[child.tag]:
                case "a:lstStyle":
                    own = list_levels(child, self._palette)
                case "a:bodyPr":
                    scale = _font_scale(child)
                case "a:p":
                    self._paragraph(child, merged_levels(levels, own), scale, place, background, block=block)
                case _:
                    continue

    def _paragraph(
        self, paragraph: Element, levels: Levels, scale: float, place: Place, background: str | None, *, block: int
    ) -> None:
        level = 0
        parted = bool(block)
        align = ""
        bullet: Layer = {}
        line = Line(size=DEFAULT_SIZE_PT)
        stack = list(reversed(paragraph))
        while stack:
            element = stack.pop()
            name = NAMES[element.tag]
            properties: Element | None = None
            pieces: list[str] = []
            match name:
                case "a:pPr":
                    level = min(8, whole(element.get("lvl"), digits=2))
                    align = element.get("algn") or ""
                    bullet = bullet_layer(element)
                    continue
                case "a:r" | "a:fld" | "m:r":
                    for part in element:
                        part_name = NAMES[part.tag]
                        if part_name == "a:rPr":
                            properties = part
                        elif part_name in {"a:t", "m:t"}:
                            pieces.append(take(part))
                case "a:br":
                    pieces.append("\n")
                case "a:tab":
                    pieces.append("\t")
                case "a:t" | "m:t":
                    pieces.append(take(element))
                case "mc:AlternateContent":
                    shown, _ = shown_branch(element)
                    stack.extend(reversed(shown) if shown is not None else ())
                    continue
                case _:
                    write_signs(element)
                    stack.extend(reversed(element))
                    continue
            text = "".join(pieces)
            if not text:
                continue
            block = block or self._sink.open_block()
            layer = {**levels[level], **run_layer(properties, self._palette)}
            layer["size"] = layer.get("size", DEFAULT_SIZE_PT) * scale
            label = "" if line.text else self._bullets.label(level, {**levels[level], **bullet})
            self._put(f"\n{label}{text}" if parted else label + text, layer, block, place, background)
            parted = False
            new = line_of(text, layer["size"])
            width, size = line.width + new.width, max(line.size, new.size)
            line = Line(line.text + text, width, size, align or layer.get("align", "l"), block)
        self.lines.append(line)

    def _put(self, text: str, layer: Layer, block: int, place: Place, background: str | None) -> None:
        colour = layer.get("colour") or self._palette.scheme("tx1")
        size = layer["size"]
        bold = bool(layer.get("bold"))
        latin = layer.get("latin") or self._palette.theme.minor.face() or None
        text = capitals(text, latin) if layer.get("capitals") else text
        where = place._replace(link=True) if layer.get("link") else place
        unseen = layer.get("opacity", 1.0) < 0.05 or (background is not None and colour == background)
        where = where.shown(hidden=unseen, struck=layer.get("struck", False))
        if layer.get("link"):
            colour = self._palette.scheme("hlink") or colour
        face = Face(latin, size, colour, background, bold, layer.get("raised", 0.0))
        for piece, look in by_script(text, face, layer.get("ea")):
            self._sink.put(piece, block, where, look)


def _font_scale(element: Element) -> float:
    fit = element.find(clark("a:normAutofit"))
    value = ("" if fit is None else fit.get("fontScale") or "").rstrip("%")
    scale = float(value) if value.replace(".", "", 1).isdecimal() else 100.0
    return scale / (100.0 if scale <= 100 else 100_000.0)
