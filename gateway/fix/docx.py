"""Word documents fixed by splicing bytes into the parts that hold text; all other parts are copied as they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final
from xml.sax.saxutils import escape

from gateway.documents.readers.containers.zip import Zip
from gateway.fix.docx_runs import WordRun, scan
from gateway.fix.docx_styles import Inherited, Styles, colour_of
from gateway.fix.letters import mended, stamps
from gateway.fix.package import Edit, spliced
from gateway.fix.tally import TIMES, Tally
from gateway.model import Run
from gateway.vietnamese.colour import is_black
from gateway.vietnamese.fonts import is_symbol, is_times_new_roman

_TEXT_PARTS: Final = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes|comments|numbering)\.xml")

_SCRIPTS: Final = (b"ascii", b"hAnsi", b"cs")


def mend_docx(package: Zip, names: Collection[str]) -> tuple[dict[str, bytes], Tally]:
    """Return the text parts of a Word document as they must be, and what was changed."""
    styles = Styles(
        *(package.read(name) if name in names else b"" for name in ("word/styles.xml", "word/theme/theme1.xml"))
    )
    tally = Tally()
    parts = {name: mend_part(package.read(name), styles, tally) for name in names if _TEXT_PARTS.fullmatch(name)}
    return parts, tally


def mend_part(data: bytes, styles: Styles, tally: Tally) -> bytes:
    """Return one part with letters in Unicode, Times New Roman and automatic colour."""
    runs = scan(data)
    looks = [
        styles.look(
            direct=Inherited(styles.font_of(run.font_attributes), colour_of(run.colour_attributes)),
            character=run.style,
            paragraph=run.paragraph_style,
        )
        for run in runs
    ]
    placed = (
        ((piece.start, piece.end), Run(text=piece.text, block=run.paragraph, font=look.font))
        for run, look in zip(runs, looks, strict=True)
        for piece in run.pieces
    )
    changed = dict(mended(placed, tally))
    edits = [(*place, escape(text, {'"': "&quot;"}).encode("utf-8")) for place, text in changed.items()]
    stamped = stamps((run.paragraph, run.text) for run in runs)
    for run, look in zip(runs, looks, strict=True):
        if run.label and run.fonts is None and not any((piece.start, piece.end) in changed for piece in run.pieces):
            continue  # looks as its paragraphs do
        edits.extend(_look_edits(run, look, tally, stamp=run.paragraph in stamped, styles=styles))
    return spliced(data, edits)


def _look_edits(run: WordRun, look: Inherited, tally: Tally, *, stamp: bool, styles: Styles) -> Iterator[Edit]:
    if not any(map(str.isalpha, run.text)) or (look.font is not None and is_symbol(look.font)):
        return
    font = _needs_font(run, look, tables=styles.tables_set_fonts)
    by_table = styles.tables_set_colours and run.in_table and run.colour is None
    colour = not stamp and not run.link and (by_table or not is_black(look.colour))
    tally.fonts += font
    tally.colours += colour
    prefix, times = run.prefix, TIMES.encode()
    fonts = b"<%brFonts" % prefix + b"".join(b' %b%b="%b"' % (prefix, one, times) for one in _SCRIPTS) + b"/>"
    black = b'<%bcolor %bval="auto"/>' % (prefix, prefix)
    inserted = b""
    if font and run.fonts is not None:
        yield *run.fonts, fonts
    elif font:
        inserted += fonts
    if colour and run.colour is not None:
        yield *run.colour, black
    elif colour:
        inserted += black
    if not inserted:
        return
    if run.properties is None:
        yield run.tag_end, run.tag_end, b"<%brPr>%b</%brPr>" % (prefix, inserted, prefix)
    elif run.properties_empty:
        yield *run.properties, b"<%brPr>%b</%brPr>" % (prefix, inserted, prefix)
    else:
        place = run.style_end if run.style_end is not None else run.properties[1]
        yield place, place, inserted


def _needs_font(run: WordRun, look: Inherited, *, tables: bool) -> bool:
    """Return whether a run must be given the font: another one, an unknown one, or what a table may give it."""
    if look.font is None or not is_times_new_roman(look.font):
        return True
    ascii_font = run.font_attributes.get("ascii")
    if ascii_font is not None and not is_times_new_roman(ascii_font):
        return True
    return tables and run.in_table and run.fonts is None
