"""Slides fixed by splices: letters in Unicode, fonts Times New Roman, colours those of text, wherever they are said.

Fonts and colours are changed at their source - run, list style, placeholder, master, theme - so that no run has to be given
any. Letters keep their colour where black might not be read: on a ground that is dark or unknown, and light letters, which
must have something dark behind them. Links, stamps and signatures keep theirs too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final, Protocol
from xml.sax.saxutils import escape

from gateway.documents.readers.containers.zip import Zip
from gateway.fix.letters import is_other, mended, stamps
from gateway.fix.package import Edit, spliced
from gateway.fix.pptx_colours import Palette
from gateway.fix.pptx_fonts import Deck
from gateway.fix.pptx_shapes import A, Fill, Shape, Slide, scan
from gateway.fix.tally import TIMES, Tally
from gateway.fix.xml_spans import Tag, walk, written
from gateway.model import Role, Run
from gateway.vietnamese.colour import is_black

_THEMES: Final = re.compile(r"ppt/theme/[^/]+\.xml")
_TEXTS: Final = re.compile(
    r"ppt/(?:presentation|(?:slides|slideLayouts|slideMasters|notesSlides|notesMasters|handoutMasters|charts|diagrams)/[^/]+)\.xml"
)
_THEME_FONTS: Final = (f"{A}majorFont", f"{A}minorFont")
_LEAVINGS: Final = (b"panose", b"pitchFamily", b"charset")
"""Attributes of a font element that describe the old font."""


def mend_pptx(package: Zip, names: Collection[str]) -> tuple[dict[str, bytes], Tally]:
    """Return the parts of a presentation as they must be, and what was changed."""
    data = {name: package.read(name) for name in names if _TEXTS.fullmatch(name) or _THEMES.fullmatch(name)}
    tags = {name: list(walk(content)) for name, content in data.items()}
    slides = {name: scan(data[name], each) for name, each in tags.items() if not _THEMES.fullmatch(name)}
    deck = Deck(package, names, slides, tags)
    tally = Tally()
    edits: dict[str, list[Edit]] = {}
    for name, each in tags.items():
        if name in slides:
            edits[name] = edits_of(name, data[name], each, slides[name], deck, tally)
        else:
            edits[name] = list(font_edits(data[name], each, tally, theme=True))
    return {name: spliced(content, edits[name]) for name, content in data.items() if edits[name]}, tally


class Around(Protocol):
    """Properties that the shapes of a part inherit."""

    def palette(self, name: str) -> Palette:
        """Return the colours of a part."""

    def font(self, name: str, shape: Shape, face: str | None, level: int) -> str | None:
        """Return the family of letters of a shape, of which their run says a face or nothing."""


def edits_of(name: str, data: bytes, tags: list[Tag], slide: Slide, around: Around, tally: Tally) -> list[Edit]:
    """Return what makes the letters of one part what they must be."""
    return [
        *font_edits(data, tags, tally, theme=False),
        *_texts(name, slide, around, tally),
        *_colours(slide, around.palette(name), tally),
    ]


def font_edits(data: bytes, tags: list[Tag], tally: Tally, *, theme: bool) -> Iterator[Edit]:
    """Yield the names of Latin fonts; in a theme those of headings and bodies, for Vietnamese script too."""
    holder = ""
    for tag in tags:
        if tag.name in _THEME_FONTS:
            holder = tag.name if tag.opens else ""
        wanted = tag.name == f"{A}latin" or (theme and tag.attributes.get("script") == "Viet")
        if not tag.opens or not wanted or (theme and not holder):
            continue
        face = tag.attributes.get("typeface", "")
        place = written(data, tag, b"typeface")
        if place is None or face.startswith("+") or not is_other(face):
            continue
        tally.fonts += 1
        yield place.value, place.value_end, TIMES.encode()
        for attribute in _LEAVINGS:
            left = written(data, tag, attribute)
            if left is not None:
                yield left.start, left.end, b""


def _texts(name: str, slide: Slide, around: Around, tally: Tally) -> Iterator[Edit]:
    """Yield the texts that were legacy or decomposed; those of one paragraph are judged together."""
    placed = (
        (piece, Run(text=piece.text, block=piece.paragraph, font=around.font(name, shape, piece.face, piece.level)))
        for shape in slide.shapes
        for piece in shape.pieces
    )
    for piece, text in mended(placed, tally):
        yield piece.start, piece.end, escape(text).encode("utf-8")


def _colours(slide: Slide, palette: Palette, tally: Tally) -> Iterator[Edit]:
    """Yield the fills of letters that become the colour of text."""
    ground = palette.ground(slide.ground)
    for shape in slide.shapes:
        filled = shape.ground is not None and shape.ground.kind != "noFill"
        behind = palette.colour(shape.ground) if filled and shape.ground is not None else ground
        stamped = stamps(((piece.paragraph, piece.text) for piece in shape.pieces), Role.TEXTBOX)
        for fill in shape.letters:
            colour = palette.colour(fill)
            if fill.link or fill.paragraph in stamped or (colour is not None and is_black(colour)):
                continue
            if not palette.readable(colour, behind):
                tally.kept += 1
                continue
            tally.colours += 1
            yield fill.start, fill.end, _black(fill, palette)


def _black(fill: Fill, palette: Palette) -> bytes:
    """Return the fill of letters in the colour of text, which stays readable when the theme is changed for a dark one."""
    prefix = fill.prefix
    named = b'schemeClr val="tx1"' if palette.text_is_black else b'srgbClr val="000000"'
    return b"<%bsolidFill><%b%b/></%bsolidFill>" % (prefix, prefix, named, prefix)
