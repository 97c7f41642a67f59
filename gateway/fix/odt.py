"""OpenDocument texts mended by splices in `content.xml` and `styles.xml`; all other parts stay as they are.

Fonts are changed where they are declared, so that no style has to be: each face that letters use is declared as Times New
Roman. Colours of styles become automatic, but for styles that links, stamps and signatures wear.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from gateway.fix.odt_styles import FO, STYLE, SVG, TEXT, Look, Styles
from gateway.fix.package import Edit, spliced
from gateway.fix.tally import TIMES, Tally
from gateway.fix.xml_spans import Tag, text_of, walk, written
from gateway.model import Role, Run
from gateway.text.colour import is_black
from gateway.text.convert import repair_runs
from gateway.text.fonts import is_symbol, is_times_new_roman
from gateway.text.typography import is_stamp

_PARTS: Final = ("styles.xml", "content.xml")
_GAPS: Final = frozenset({f"{TEXT}s", f"{TEXT}tab", f"{TEXT}line-break"})
_PARAGRAPHS: Final = frozenset({f"{TEXT}p", f"{TEXT}h"})
_LINKS: Final = ("Internet", "Visited")
"""How the names of the styles of links begin."""
_THEME_COLOUR: Final = "char-complex-color"

Worn = set[tuple[str, str, str]]
"""Styles by scope, family and name."""


class _Piece(NamedTuple):
    start: int
    end: int
    text: str
    block: int
    font: str | None


def mend_odt(package: zipfile.ZipFile, names: Collection[str]) -> tuple[dict[str, bytes], Tally]:
    """Return the parts of a text document as they must be, and what was changed."""
    data = {name: package.read(name) for name in _PARTS if name in names}
    tags = {name: list(walk(content)) for name, content in data.items()}
    styles, tally = Styles(), Tally()
    properties = {name: list(styles.add(name, each)) for name, each in tags.items()}
    used = {tag.attributes.get(f"{STYLE}font-name", "") for said in properties.values() for tag, _ in said}
    worn: Worn = set()
    edits: dict[str, list[Edit]] = {}
    for name, each in tags.items():
        pieces = _pieces(name, data[name], each, styles, worn)
        edits[name] = [*_texts(pieces, tally), *_faces(data[name], each, used, tally)]
    for name, said in properties.items():
        blackened: set[int] = set()
        for tag, look in said:
            edits[name] += _own_font(data[name], tag, tally)
            if black := list(_colour(data[name], tag, look, worn, tally)):
                edits[name] += black
                blackened.add(tag.start)
        edits[name] += _theme_colours(blackened, tags[name])
    return {name: spliced(content, edits[name]) for name, content in data.items() if edits[name]}, tally


def _pieces(name: str, data: bytes, tags: list[Tag], styles: Styles, worn: Worn) -> list[_Piece]:
    """Return the stretches of text between tags with their fonts; note the styles that keep their colour."""
    pieces: list[_Piece] = []
    path: list[tuple[str, str | None]] = []
    """Open elements with the font inside them."""
    open_blocks: list[int] = []
    dressed: dict[int, list[Look]] = {}
    count, last, in_link = 0, 0, 0
    for tag in tags:
        if open_blocks and path[-1][0].startswith(TEXT) and tag.start > last:
            text = text_of(data, last, tag.start)
            if text:
                pieces.append(_Piece(last, tag.start, text, open_blocks[-1], path[-1][1]))
        last = max(last, tag.end)
        if not tag.opens:
            in_link -= tag.name == f"{TEXT}a"
            path.pop()
            if tag.name in _PARAGRAPHS:
                open_blocks.pop()
            continue
        if tag.name in _PARAGRAPHS:
            count += 1
            open_blocks.append(count)
        in_link += tag.name == f"{TEXT}a"
        if tag.name in _GAPS and open_blocks:
            pieces.append(_Piece(last, last, " ", open_blocks[-1], path[-1][1]))
        font = path[-1][1] if path else None
        if (style := tag.attributes.get(f"{TEXT}style-name")) and tag.name.startswith(TEXT):
            family = "paragraph" if tag.name in _PARAGRAPHS else "text"
            font = styles.font(name, family, style) or font
            looks = list(styles.chain(name, family, style))
            if in_link and family == "text":
                worn.update((look.scope, look.family, look.name) for look in looks)
            if open_blocks:
                dressed.setdefault(open_blocks[-1], []).extend(looks)
        path.append((tag.name, font))
    words: dict[int, list[str]] = {}
    for piece in pieces:
        words.setdefault(piece.block, []).append(piece.text)
    for block, texts in words.items():
        if is_stamp("".join(texts), Role.BODY):
            worn.update((look.scope, look.family, look.name) for look in dressed.get(block, ()))
    return pieces


def _texts(pieces: list[_Piece], tally: Tally) -> Iterator[Edit]:
    """Yield the texts that were legacy or decomposed; those of one paragraph are judged together."""
    repaired = repair_runs([Run(text=piece.text, block=piece.block, font=piece.font) for piece in pieces])
    for piece, after in zip(pieces, repaired, strict=True):
        if after.charset is not None and piece.end > piece.start and not (piece.font and is_symbol(piece.font)):
            tally.count(after.charset)
            yield piece.start, piece.end, escape(after.text).encode("utf-8")


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
        family = tag.attributes.get(f"{SVG}font-family", "").strip("'\" ")
        place = written(data, tag, b"font-family")
        if tag.attributes.get(f"{STYLE}name") not in used or place is None or not _is_other(family):
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
    if place is not None and family and _is_other(family):
        tally.fonts += 1
        yield place.value, place.value_end, TIMES.encode()


def _is_other(family: str) -> bool:
    return bool(family) and not is_times_new_roman(family) and not is_symbol(family)


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
