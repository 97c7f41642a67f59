"""Control words of RTF 1.9.1: those that begin groups or denote a character, and those that change the look or encoding of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gateway.documents.readers.ole.octets import code_page
from gateway.documents.readers.word.docx_format import NARROWEST
from gateway.documents.readers.word.rtf_runs import NO_GROUND, Ground, State, Writer
from gateway.documents.readers.word.rtf_tables import CODE_PAGES
from gateway.model import Role

TEXT_DESTINATIONS: Final = {
    "header": Role.HEADER, "headerl": Role.HEADER, "headerr": Role.HEADER, "headerf": Role.HEADER,
    "footer": Role.FOOTER, "footerl": Role.FOOTER, "footerr": Role.FOOTER, "footerf": Role.FOOTER,
    "ftnsep": Role.NOTE, "ftnsepc": Role.NOTE, "ftncn": Role.NOTE, "aftnsep": Role.NOTE, "aftnsepc": Role.NOTE, "aftncn": Role.NOTE,
    "footnote": Role.NOTE, "annotation": Role.COMMENT, "shptxt": Role.TEXTBOX, "dptxbxtext": Role.TEXTBOX,
    "fldinst": Role.FIELD, "formfield": Role.FIELD, "ffdeftext": Role.FIELD, "ffhelptext": Role.FIELD,
    "bkmkstart": Role.NAME, "title": Role.PROPERTY, "subject": Role.PROPERTY, "author": Role.PROPERTY,
    "manager": Role.PROPERTY, "company": Role.PROPERTY, "operator": Role.PROPERTY, "category": Role.PROPERTY,
    "keywords": Role.PROPERTY, "comment": Role.PROPERTY, "doccomm": Role.PROPERTY, "hlinkbase": Role.PROPERTY,
    "propname": Role.PROPERTY, "staticval": Role.PROPERTY, "atnid": Role.PROPERTY, "atnauthor": Role.PROPERTY,
    "template": Role.PROPERTY, "docvar": Role.PROPERTY, "sn": Role.PROPERTY, "sv": Role.ALT_TEXT,
    "mnum": Role.BODY, "mden": Role.BODY, "mlim": Role.BODY,
}  # fmt: skip
SILENT: Final = frozenset({
    "stylesheet", "listtable", "listoverridetable", "rsidtbl", "generator", "themedata", "colorschememapping",
    "latentstyles", "datastore", "xmlnstbl", "mmathPr", "pgptbl", "revtbl", "filetbl", "fchars", "lchars", "wgrffmtfilter",
    "listname", "panose", "nonshppict", "blipuid", "picprop", "bkmkend", "atrfstart", "atrfend", "atnref", "atndate",
    "creatim", "revtim", "printim", "buptim", "expandedcolortbl", "defchp", "defpap", "oldcprops", "oldpprops",
    "passwordhash", "protusertbl", "writereservhash", "userprops", "factoidname", "objclass", "objname", "objtime",
    "leveltext", "levelnumbers", "pntext", "pntxta", "pntxtb", "pnseclvl", "fontemb", "fontfile", "background", "info", "pict", "shppict", "shpinst", "sp", "shp", "shprslt", "field", "object",
    "result", "fldrslt", "userpropsentry", "listtext", "do", "upr", "ud", "objalias", "objsect",
})  # fmt: skip
"""Destinations whose own text is no words; those in the second half carry words only in groups inside them."""
UNSEEN: Final = frozenset({
    "xe", "tc", "tcn", "txe", "rxe", "yxe", "falt", "private", "gridtbl", "ffname", "ffformat", "ffstattext", "ffentrymcr",
    "ffexitmcr", "protstart", "protend", "mvf", "mvfmf", "mvfml", "mvtof", "mvtol", "ebcstart", "ebcend", "linkval", "hl",
    "hlloc", "hlsrc", "hlfr", "lsdlockedexcept", "nextfile", "mhtmltag", "pntxta", "pntxtb", "nonesttables",
})  # fmt: skip
"""Destinations of words that no page shows, whether or not they say that readers may ignore them."""
CARRIERS: Final = frozenset({"mmath", "moMath", "moMathPara", "background", "shppict", "shpinst", "shp", "shprslt", "field", "object", "result", "fldrslt",
                              "do", "upr", "ud", "listtext", "pntext"})  # fmt: skip
"""Groups that pass the surrounding destination on to what they hold."""
SYMBOLS: Final = {
    "tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ",
    "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "softline": "\n", "zwj": "", "zwnj": "",
}  # fmt: skip
SPECIALS: Final = {b"~": "\u00a0", b"_": "-", b"-": "", b"{": "{", b"}": "}", b"\\": "\\", b"\t": "\t"}


def _set(**changes: object) -> Callable[[Writer, int | None], None]:
    """Return a handler that changes fields of the state; a callable takes the number."""

    def handler(writer: Writer, value: int | None) -> None:
        values = {name: change(value) if callable(change) else change for name, change in changes.items()}
        writer.state = replace(writer.state, **values)  # type: ignore[arg-type]

    return handler


def _switch(value: int | None) -> bool:
    return value != 0


def _number(value: int | None) -> int:
    return value or 0


def _reset_paragraph(writer: Writer, _value: int | None) -> None:
    writer.state = replace(writer.state, in_table=False, ground=NO_GROUND, dropped=False, line_pt=0.0)
    writer.borders.clear()


def _begin_row(writer: Writer, _value: int | None) -> None:
    writer.row_grounds, writer.cell_ground = [], NO_GROUND


def _define_cell(writer: Writer, _value: int | None) -> None:
    writer.row_grounds.append(writer.cell_ground)
    writer.cell_ground = NO_GROUND


def _ground(place: str, side: str) -> Callable[[Writer, int | None], None]:
    """Return a handler that changes a side of what is behind letters, their paragraph or the next cell."""

    def handler(writer: Writer, value: int | None) -> None:
        before: Ground = writer.cell_ground if place == "cell_ground" else getattr(writer.state, place)
        ground = before._replace(**{side: value or 0})
        if place == "cell_ground":
            writer.cell_ground = ground
        else:
            _set(**{place: ground})(writer, value)

    return handler


def _box(writer: Writer, _value: int | None) -> None:
    writer.borders |= {"brdrt", "brdrb", "brdrl", "brdrr"}


def _default(name: str, value_of: Callable[[int | None], object]) -> Callable[[Writer, int | None], None]:
    """Return a handler that changes what holds where the text says nothing."""
    return lambda writer, value: setattr(writer, name, value_of(value))


_OF_LETTERS: Final = (
    "font", "size_half_pt", "colour", "background", "bold", "hidden", "deleted", "caps", "struck", "narrow", "raised_half_pt",
)  # fmt: skip
r"""What `\plain` puts back."""
CONTROLS: Final[dict[str, Callable[[Writer, int | None], None]]] = {
    "f": _set(font=_number),
    "fs": _set(size_half_pt=lambda value: value or 24),
    "cf": _set(colour=_number),
    "cb": _ground("background", "back"),
    "highlight": _ground("background", "back"),
    "chcbpat": _ground("background", "back"),
    "chcfpat": _ground("background", "front"),
    "chshdng": _ground("background", "share"),
    "b": _set(bold=_switch),
    "v": _set(hidden=_switch),
    "caps": _set(caps=_switch),
    "scaps": _set(caps=_switch),
    "deleted": _set(deleted=_switch),
    "strike": _set(struck=_switch),
    "striked": _set(struck=_switch),
    "charscalex": _set(narrow=lambda value: (100 if value is None else value) <= NARROWEST),
    "up": _set(raised_half_pt=lambda value: 6 if value is None else value),
    "dn": _set(raised_half_pt=lambda value: -6 if value is None else -value),
    "super": _set(raised_half_pt=6),
    "sub": _set(raised_half_pt=-6),
    "nosupersub": _set(raised_half_pt=0),
    "uc": _set(skip=_number),
    "plain": _set(**{name: getattr(State(), name) for name in _OF_LETTERS}),
    "sl": _set(line_pt=lambda value: max(-(value or 0), 0) / 20),
    "dropcapt": _set(dropped=_switch),
    "pard": _reset_paragraph,
    "intbl": _set(in_table=True),
    "trowd": _begin_row,
    "cellx": _define_cell,
    "clcbpat": _ground("cell_ground", "back"),
    "clcfpat": _ground("cell_ground", "front"),
    "clshdng": _ground("cell_ground", "share"),
    "cbpat": _ground("ground", "back"),
    "cfpat": _ground("ground", "front"),
    "shading": _ground("ground", "share"),
    "box": _box,
    "deff": _default("default_font", lambda value: value),
    "ansicpg": _default("default_page", lambda value: code_page(value or 1252) or "cp1252"),
    "mac": _default("default_page", lambda _: "mac_roman"),
    "pc": _default("default_page", lambda _: "cp437"),
    "pca": _default("default_page", lambda _: "cp850"),
}
assert CODE_PAGES[163] == "cp1258"
