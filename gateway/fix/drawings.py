"""Letters of DrawingML fixed: shapes and tables of slides, text boxes, charts and diagrams of workbooks and Word documents.

Those of workbooks and documents follow the theme where they say no font, so the theme's fonts are changed with them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.colours import drawing_colour
from gateway.documents.readers.ooxml.drawingml_text import NO_LEVELS, DrawingPalette, Levels, list_levels, merged_levels
from gateway.documents.readers.ooxml.theme import NO_THEME, parse_theme
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.powerpoint.pptx_slide import Template, placeholder
from gateway.fix.letters import Piece, fix_pieces, is_other, stamps
from gateway.fix.tally import PALE, TIMES, Tally
from gateway.fix.xml_spans import Part
from gateway.model import Role
from gateway.vietnamese.colour import brightness, is_black

_DRAWINGS: Final = re.compile(r"(?:xl|word)/(?:drawings|charts|diagrams)/[^/]+\.xml")
_THEME: Final = re.compile(r"(?:xl|word)/theme/theme\d*\.xml")
_LETTERS: Final = ("a:rPr", "a:defRPr", "a:endParaRPr")
_FILLS: Final = {f"a:{kind}Fill" for kind in ("no", "solid", "grad", "blip", "patt", "grp")}
_SHAPES: Final = tuple(f"{{*}}{kind}" for kind in ("sp", "cxnSp", "graphicFrame", "tc"))
_PARAGRAPH, _LATIN, _FILL_STYLE = map(clark, ("a:p", "a:latin", "a:fillRef"))
_LINK, _LEVEL, _LOOK, _CACHE = map(clark, ("a:hlinkClick", "a:pPr", "a:rPr", "c:strCache"))
_LIGHT: Final = 140
"""Brightness from which on black is read on a ground."""
_LEAVINGS: Final = ("panose", "pitchFamily", "charset")
"""Attributes of a font element that describe the old font."""


def fix_drawings(package: Zip, names: Collection[str], tally: Tally) -> dict[str, bytes]:
    """Return the drawings with letters, fixed, and the theme whose fonts they follow."""
    parts = {name: Part(package.read(name)) for name in names if _DRAWINGS.fullmatch(name)}
    parts = {
        name: part
        for name, part in parts.items()
        if any(map(str.isalpha, "".join(each.text or "" for each in part.iter("a:t", "c:v"))))
    }
    themes = {name: Part(package.read(name)) for name in names if parts and _THEME.fullmatch(name)}
    theme = next(iter(themes.values()), None)
    template = Template(DrawingPalette(NO_THEME if theme is None else parse_theme(theme.root)))
    for part in parts.values():
        fix_shapes(part, template, template.palette.scheme("bg1") or "FFFFFF", tally)
    if theme is not None:
        set_fonts(theme, tally, theme=True)
    return {name: part.fixed() for name, part in (parts | themes).items() if part.edits}


def set_fonts(part: Part, tally: Tally, *, theme: bool) -> None:
    """Change the names of Latin fonts; in a theme those of headings and bodies, for Vietnamese script too."""
    for holder in part.iter("a:majorFont", "a:minorFont") if theme else [part.root]:
        for font in holder.iter(_LATIN, *([clark("a:font")] if theme else [])):
            face = font.get("typeface", "")
            wanted = NAMES[font.tag] == "a:latin" or font.get("script") == "Viet"
            if wanted and not face.startswith("+") and is_other(face) and part.set_value(font, "typeface", TIMES):
                tally.fonts += 1
                for attribute in _LEAVINGS:
                    part.drop(font, attribute)


def fix_shapes(part: Part, template: Template, ground: str | None, tally: Tally) -> None:
    """Fix the letters of one part; `ground` is the colour behind them, None where it is unknown."""
    set_fonts(part, tally, theme=False)
    blocks = {element: number for number, element in enumerate(part.iter("a:p", "c:v"), 1)}
    pieces = list(_pieces(part, template, blocks))
    fix_pieces(part, pieces, tally)
    stamped = stamps(((piece.block, piece.text) for piece in pieces), Role.TEXTBOX)
    for look in part.iter(*_LETTERS):
        paragraph = next(look.iterancestors(_PARAGRAPH), None)
        for fill in look if look.find(_LINK) is None and blocks.get(paragraph) not in stamped else ():
            if NAMES[fill.tag] in _FILLS - {"a:noFill"}:
                _blacken(part, fill, template.palette, ground, tally)


def _blacken(part: Part, fill: Element, palette: DrawingPalette, ground: str | None, tally: Tally) -> None:
    """Give letters the colour of text, which stays readable when the theme is changed for a dark one."""
    colour, shape = colour_of(fill, palette), next(fill.iterancestors(*_SHAPES), part.root)
    if colour is not None and is_black(colour):
        return
    if (brightness(_behind(shape, palette, ground)) or 0) < _LIGHT or (brightness(colour) or 0) >= PALE:
        tally.kept += 1
        return
    tally.colours += 1
    text = palette.scheme("tx1")
    named = b'schemeClr val="tx1"' if text is not None and is_black(text) else b'srgbClr val="000000"'
    prefix = part.prefix(fill)
    part.replace(fill, b"<%bsolidFill><%b%b/></%bsolidFill>" % (prefix, prefix, named, prefix))


def colour_of(fill: Element, palette: DrawingPalette) -> str | None:
    """Return RRGGBB of a plain fill or of a reference to one of the theme, None for any other."""
    found = drawing_colour(fill, palette.scheme) if NAMES[fill.tag].endswith(("solidFill", "Ref")) else None
    return found[0] if found else None


def _behind(shape: Element, palette: DrawingPalette, ground: str | None) -> str | None:
    """Return the colour behind the letters of a shape or cell, that of the slide where it has none of its own."""
    for holder in shape.iterchildren("{*}spPr", "{*}tcPr"):
        for fill in holder:
            if NAMES[fill.tag] in _FILLS:
                return ground if NAMES[fill.tag] == "a:noFill" else colour_of(fill, palette)
    styled = shape.find(f"{{*}}style/{_FILL_STYLE}")
    return ground if styled is None or styled.get("idx", "0") == "0" else colour_of(styled, palette)


def _pieces(part: Part, template: Template, blocks: dict[Element, int]) -> Iterator[Piece]:
    """Yield the texts of a part, labels of charts and line ends too, with the font that each has."""
    known: dict[Element, Levels] = {}
    for element in part.iter("a:t", "m:t", "a:br", "c:v"):
        name, run = NAMES[element.tag], element.getparent()
        paragraph = element if name == "c:v" else next(element.iterancestors(_PARAGRAPH), None)
        if name == "c:v" and next(element.iterancestors(_CACHE), None) is None:
            continue
        shape = next(element.iterancestors(*_SHAPES), part.root)
        if shape not in known:
            known[shape] = _levels(shape, template)
        settings = None if paragraph is None else paragraph.find(_LEVEL)
        level = 0 if settings is None else min(whole(settings.get("lvl"), digits=1), 8)
        own = run.find(f"{_LOOK}/{_LATIN}")
        face = (own.get("typeface") if own is not None else "") or known[shape][level].get("latin") or "+mn-lt"
        start, end, text = part.content(element)
        start, text = (end, "\n") if name == "a:br" else (start, text)
        yield Piece(start, end, text, blocks.get(paragraph, 0), template.palette.font(face) or None)


def _levels(shape: Element, template: Template) -> Levels:
    """Return what the letters of a shape inherit by level."""
    kind, index = placeholder(shape)
    inherited = template.find(kind, index) if kind is not None else NO_LEVELS
    styles = [list_levels(each, template.palette) for each in shape.iterfind(f"{{*}}txBody/{clark('a:lstStyle')}")]
    return merged_levels(template.text_style(kind), inherited, *styles)
