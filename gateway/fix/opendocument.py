"""OpenDocument texts, sheets and slides fixed by splices in `content.xml` and `styles.xml`; all other parts stay as they are.

Fonts are changed where they are declared, so that no style has to be: each face that letters use is declared as Times New
Roman. Colours of styles become automatic, but for styles that links, stamps and signatures wear.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final
from xml.sax.saxutils import escape

from gateway.documents.readers.containers.zip import Zip
from gateway.fix.letters import is_other, mended
from gateway.fix.odf_sheets import refuse_bound_words
from gateway.fix.odf_styles import DRAW, FO, OFFICE, STYLE, Look, Styles, face_of
from gateway.fix.odf_texts import Piece, Worn, pieces_of
from gateway.fix.package import Edit, spliced
from gateway.fix.tally import PALE, TIMES, RefusedError, Tally
from gateway.fix.xml_spans import Tag, walk, written
from gateway.model import Run
from gateway.vietnamese.colour import brightness, is_black

_PARTS: Final = ("styles.xml", "content.xml")
_LINKS: Final = ("Internet", "Visited")
"""Prefix of the names of link styles."""
_DRAWN: Final = ("presentation", "drawing")
_PICTURES: Final = frozenset({"gradient", "bitmap", "hatch"})
_THEME_COLOUR: Final = "char-complex-color"


def mend_open_document(package: Zip, names: Collection[str], *, computes: bool) -> tuple[dict[str, bytes], Tally]:
    """Return the parts of a document and of the objects in it as they must be, and what was changed.

    One that computes with its words is refused (`RefusedError`) where its formulas hold letters of the old code; an
    object that cannot be fixed stays as it is.
    """
    parts, tally = _mended(package, names, "", computes=computes)
    for folder in sorted(name.removesuffix("content.xml") for name in names if name.endswith("/content.xml")):
        try:
            inner, found = _mended(package, names, folder, computes=True)
        except RefusedError:
            continue
        parts |= inner
        tally.add(found)
    return parts, tally


def _mended(package: Zip, names: Collection[str], folder: str, *, computes: bool) -> tuple[dict[str, bytes], Tally]:
    data = {folder + name: package.read(folder + name) for name in _PARTS if folder + name in names}
    tags = {name: list(walk(content)) for name, content in data.items()}
    drawn = any(tag.name == f"{OFFICE}{kind}" for each in tags.values() for tag in each for kind in _DRAWN)
    picture = drawn and any(_is_picture(tag) for each in tags.values() for tag in each)
    styles, tally = Styles(), Tally()
    properties = {name: list(styles.add(name, each)) for name, each in tags.items()}
    used = {tag.attributes.get(f"{STYLE}font-name", "") for said in properties.values() for tag, _ in said}
    worn: Worn = set()
    edits: dict[str, list[Edit]] = {}
    for name, each in tags.items():
        pieces = pieces_of(name, data[name], each, styles, worn)
        edits[name] = [*_texts(pieces, tally), *_faces(data[name], each, used, tally)]
    if computes and tally.converted:
        refuse_bound_words(tags.values(), names, next(iter(tally.converted)))
    for name, said in properties.items():
        blackened: set[int] = set()
        for tag, look in said:
            edits[name] += _own_font(data[name], tag, tally)
            if drawn and _kept(tag, picture=picture):
                tally.kept += 1
            elif black := list(_colour(data[name], tag, look, worn, tally)):
                edits[name] += black
                blackened.add(tag.start)
        edits[name] += _theme_colours(blackened, tags[name])
    return {name: spliced(content, edits[name]) for name, content in data.items() if edits[name]}, tally


def _texts(pieces: list[Piece], tally: Tally) -> Iterator[Edit]:
    """Yield the texts that were legacy or decomposed; those of one paragraph are judged together."""
    placed = ((piece, Run(text=piece.text, block=piece.block, font=piece.font)) for piece in pieces)
    for piece, text in mended(placed, tally):
        yield piece.start, piece.end, escape(text, {'"': "&quot;", "'": "&apos;"} if piece.quoted else {}).encode()


def _faces(data: bytes, tags: list[Tag], used: Collection[str], tally: Tally) -> Iterator[Edit]:
    """Yield what makes the declared faces that letters use Times New Roman; embedded font files no longer belong to them."""
    changed: Tag | None = None
    for tag in tags:
        if tag.name != f"{STYLE}font-face":
            continue
        if not tag.opens:
            if changed is not None and tag.start > changed.end:
                yield changed.end, tag.start, b""
            changed = None
            continue
        family = face_of(tag)
        place = written(data, tag, b"font-family")
        if tag.attributes.get(f"{STYLE}name") not in used or place is None or not is_other(family):
            continue
        changed = tag
        tally.fonts += 1
        yield place.value, place.value_end, TIMES.encode()
        generic, charset = written(data, tag, b"font-family-generic"), written(data, tag, b"font-charset")
        if generic is not None:
            yield generic.value, generic.value_end, b"roman"
        if charset is not None:
            yield charset.start, charset.end, b""  # a legacy font that called itself a symbol font


def _own_font(data: bytes, tag: Tag, tally: Tally) -> Iterator[Edit]:
    """Yield the family that a style names without a declared face."""
    family = tag.attributes.get(f"{FO}font-family", "").strip("'\" ")
    place = written(data, tag, b"font-family")
    if place is not None and is_other(family):
        tally.fonts += 1
        yield place.value, place.value_end, TIMES.encode()


def _is_picture(tag: Tag) -> bool:
    """Return whether a page style fills pages with what has no one colour, on which automatic letters turn out black."""
    return tag.name == f"{STYLE}drawing-page-properties" and tag.attributes.get(f"{DRAW}fill") in _PICTURES


def _kept(tag: Tag, *, picture: bool) -> bool:
    """Return whether the letters of a slide keep their colour: light ones, and all over pages filled with pictures."""
    colour = tag.attributes.get(f"{FO}color", "").removeprefix("#").upper()
    return not is_black(colour) and (picture or (brightness(colour) or 0) >= PALE)


def _colour(data: bytes, tag: Tag, look: Look | None, worn: Worn, tally: Tally) -> Iterator[Edit]:
    """Yield what makes the colour of a style automatic: black on paper, white on a dark ground."""
    colour = tag.attributes.get(f"{FO}color", "").removeprefix("#").upper()
    automatic = tag.attributes.get(f"{STYLE}use-window-font-color") == "true"
    if look is not None and (
        (look.scope, look.family, look.name) in worn or look.name.startswith(_LINKS) or look.parent.startswith(_LINKS)
    ):
        return
    place = written(data, tag, b"color")
    if automatic or place is None or is_black(colour):
        return
    tally.colours += 1
    old = written(data, tag, b"use-window-font-color")
    if old is not None:
        yield old.start, old.end, b""
    quote = data[place.value - 1 : place.value]
    yield place.start, place.end, b" %buse-window-font-color=%btrue%b" % (_prefix(data, tag), quote, quote)


def _prefix(data: bytes, tag: Tag) -> bytes:
    """Return the prefix of the style namespace, with its colon: that of the element itself."""
    name = data[tag.start + 1 : tag.end].split(None, 1)[0].rstrip(b"/>")
    return name.rpartition(b":")[0] + b":" if b":" in name else b""


def _theme_colours(blackened: Collection[int], tags: list[Tag]) -> Iterator[Edit]:
    """Yield the references to colours of the theme inside the text properties, by their place, that became black."""
    holder: Tag | None = None
    opened: Tag | None = None
    for tag in tags:
        if tag.name == f"{STYLE}text-properties":
            holder = tag if tag.opens and tag.start in blackened else None
        elif tag.name.endswith(f" {_THEME_COLOUR}") and holder is not None:
            if tag.opens:
                opened = tag
            elif opened is not None:
                yield opened.start, max(opened.end, tag.end), b""
