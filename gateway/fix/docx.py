"""Word documents fixed by splicing bytes into the parts with text; all other parts are copied unchanged."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.ooxml.theme import NO_THEME, parse_theme
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, parse
from gateway.documents.readers.word.docx_format import VAL, Properties, parse_run_properties
from gateway.documents.readers.word.docx_palette import Palette
from gateway.documents.readers.word.docx_styles import StyleSheet
from gateway.fix.letters import Piece, fix_pieces, stamps
from gateway.fix.tally import TIMES, Tally
from gateway.fix.xml_spans import Part
from gateway.vietnamese.colour import is_black
from gateway.vietnamese.fonts import is_symbol, is_times_new_roman

_TEXT_PARTS: Final = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes|comments|numbering)\.xml")
_SCRIPTS: Final = (b"ascii", b"hAnsi", b"cs")
_PROPERTIES, _FONTS, _COLOUR, _STYLE = map(clark, ("w:rPr", "w:rFonts", "w:color", "w:rStyle"))
_PARAGRAPH, _TABLE, _LINK, _LABEL = map(clark, ("w:p", "w:tbl", "w:hyperlink", "w:lvlText"))
_TEXTS: Final = clark("w:t"), clark("w:delText")
_PARAGRAPH_STYLE: Final = f"{clark('w:pPr')}/{clark('w:pStyle')}"
_KIND: Final = f"{clark('w:numFmt')}[@{VAL}='bullet']"
_OF_TABLES: Final = f"{clark('w:style')}[@{clark('w:type')}='table']"


class _WordRun(NamedTuple):
    """A `w:r`, or the `w:lvl` of a label of lists, and what its letters look like."""

    element: Element
    block: int
    own: Properties
    font: str | None
    colour: str | None
    pieces: list[Piece]
    """Contents of each `w:t` and `w:delText`, or the value of a `w:lvlText`."""

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


class _Styles:
    """The style sheet of a document; what its table styles give is not followed."""

    def __init__(self, package: Zip, names: Collection[str]) -> None:
        sheet, theme = (
            parse(package.read(name)) if name in names else None
            for name in ("word/styles.xml", "word/theme/theme1.xml")
        )
        self._palette = Palette(NO_THEME if theme is None else parse_theme(theme))
        self._sheet = StyleSheet(sheet, self._palette, lambda *_: None)
        of_tables = [
            parse_run_properties(each)
            for style in (() if sheet is None else sheet.iterfind(_OF_TABLES))
            for each in style.iter(_PROPERTIES)
        ]
        self.tables_set_fonts = any({"ascii", "hAnsi"} & each.keys() for each in of_tables)
        self.tables_set_colours = any(not is_black(self._colour(each)) for each in of_tables)

    def look(self, own: Properties, paragraph_style: str | None) -> tuple[str | None, str | None]:
        """Return the font that Vietnamese letters of a run take and their colour, None where nothing says one."""
        said = {**self._sheet.inherited(None, paragraph_style, own.get("rStyle")), **own}
        slot = said.get("hAnsi") or said.get("ascii")
        return None if slot is None else self._palette.font(slot, ""), self._colour(said)

    def _colour(self, said: Properties) -> str | None:
        return self._palette.colour(*said["colour"]) if "colour" in said else None


def fix_docx(package: Zip, names: Collection[str]) -> tuple[dict[str, bytes], Tally]:
    """Return the text parts of a Word document as they must be, and what was changed."""
    styles, tally = _Styles(package, names), Tally()
    parts = {name: Part(package.read(name)) for name in names if _TEXT_PARTS.fullmatch(name)}
    for part in parts.values():
        _fix(part, styles, tally)
    return {name: part.fixed() for name, part in parts.items()}, tally


def _fix(part: Part, styles: _Styles, tally: Tally) -> None:
    """Set letters in Unicode, Times New Roman and automatic colour."""
    runs = list(_runs(part, styles))
    changed = fix_pieces(part, (piece for run in runs for piece in run.pieces), tally)
    stamped = stamps((run.block, run.text) for run in runs)
    for run in runs:
        is_label = NAMES[run.element.tag] == "w:lvl"
        if is_label and not {"ascii", "hAnsi"} & run.own.keys() and changed.isdisjoint(run.pieces):
            continue  # looks as its paragraphs do
        _set_look(part, run, styles, tally, stamp=run.block in stamped)


def _runs(part: Part, styles: _Styles) -> Iterator[_WordRun]:
    blocks = {
        element: (number, element.find(_PARAGRAPH_STYLE if NAMES[element.tag] == "w:p" else clark("w:pStyle")))
        for number, element in enumerate(part.iter("w:p", "w:lvl"), 1)
    }
    for element in part.iter("w:r", "w:lvl"):
        is_run = NAMES[element.tag] == "w:r"
        holder = next(element.iterancestors(_PARAGRAPH), None) if is_run else element
        block, style = blocks.get(holder, (0, None))
        properties = element.find(_PROPERTIES)
        own = {} if properties is None else parse_run_properties(properties)
        look = styles.look(own, None if style is None else style.get(VAL))
        if is_run:
            pieces = [Piece(*part.content(one), block, look[0]) for one in element.iterchildren(*_TEXTS)]
        else:
            label: Element = element.find(_LABEL) if element.find(_KIND) is None else None
            place = None if label is None else part.attribute(label, "val")
            said = (
                None if place is None else Piece(place.value, place.value_end, label.get(VAL, ""), block, look[0], True)
            )
            pieces = [] if said is None else [said]
        yield _WordRun(element, block, own, *look, pieces)


def _set_look(part: Part, run: _WordRun, styles: _Styles, tally: Tally, *, stamp: bool) -> None:
    if not any(map(str.isalpha, run.text)) or (run.font is not None and is_symbol(run.font)):
        return
    element, set_by_table = run.element, styles.tables_set_fonts or styles.tables_set_colours
    in_table = set_by_table and next(element.iterancestors(_TABLE), None) is not None
    by_table = styles.tables_set_colours and in_table and "colour" not in run.own
    font = _needs_font(run, by_table=styles.tables_set_fonts and in_table)
    colour = not stamp and (by_table or not is_black(run.colour)) and next(element.iterancestors(_LINK), None) is None
    if not font and not colour:
        return
    tally.fonts += font
    tally.colours += colour
    properties, prefix, times, inserted = element.find(_PROPERTIES), part.prefix(element), TIMES.encode(), b""
    fonts = b"<%brFonts" % prefix + b"".join(b' %b%b="%b"' % (prefix, one, times) for one in _SCRIPTS) + b"/>"
    black = b'<%bcolor %bval="auto"/>' % (prefix, prefix)
    for wanted, name, content in ((font, _FONTS, fonts), (colour, _COLOUR, black)):
        old = None if properties is None else properties.find(name)
        if wanted and old is not None:
            part.replace(old, content)
        elif wanted:
            inserted += content
    if not inserted:
        return
    if properties is None:
        place = part.span(element)[1 if NAMES[element.tag] == "w:r" else 2]
        part.edits.append((place, place, b"<%brPr>%b</%brPr>" % (prefix, inserted, prefix)))
    elif part.span(properties).inner == part.span(properties).end:
        part.replace(properties, b"<%brPr>%b</%brPr>" % (prefix, inserted, prefix))
    else:
        style = properties.find(_STYLE)
        place = part.span(properties).inner if style is None else part.span(style).end
        part.edits.append((place, place, inserted))


def _needs_font(run: _WordRun, *, by_table: bool) -> bool:
    """Return whether a run must be given the font: another one, an unknown one, or what a table may give it."""
    named = run.own.get("ascii", (None, None))[1]
    others = [font for font in (run.font or "", named) if font is not None]
    return not all(map(is_times_new_roman, others)) or (by_table and not {"ascii", "hAnsi"} & run.own.keys())
