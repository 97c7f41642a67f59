"""Cells of an OpenDocument sheet: whose style they wear, and where their words stand a second time.

A cell compares with others and with the words of formulas: a workbook whose formulas, conditions, filters, pivot tables or
macros hold letters of the old code is refused, since half a conversion would change what it computes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from gateway.fix.odf_styles import STYLE, TABLE
from gateway.fix.tally import RefusedError
from gateway.fix.xml_spans import Tag
from gateway.vietnamese.legacy_evidence import judge
from gateway.vietnamese.legacy_tables import Charset

_CALC: Final = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_BOUND: Final = {
    f"{TABLE}table-cell": (f"{TABLE}formula",),
    f"{TABLE}covered-table-cell": (f"{TABLE}formula",),
    f"{TABLE}content-validation": (f"{TABLE}condition",),
    f"{TABLE}named-expression": (f"{TABLE}expression",),
    f"{TABLE}filter-condition": (f"{TABLE}value",),
    f"{TABLE}filter-set-item": (f"{TABLE}value",),
    f"{TABLE}data-pilot-field": (f"{TABLE}source-field-name",),
    f"{TABLE}data-pilot-member": (f"{TABLE}name",),
    f"{STYLE}map": (f"{STYLE}condition",),
    f"{_CALC}condition": (f"{_CALC}value",),
}
"""Elements with the attributes that hold words of cells once more."""
_MACROS: Final = re.compile(r"(?:Basic|Scripts)/.*\.(?:xml|py|js|bsh)$")
_LIMIT_COLUMNS: Final = 16_384
_SHEET_REFERENCE: Final = re.compile(r"\$?'[^']*'\.")
_REPEATED: Final = f"{TABLE}number-columns-repeated"


class Grid:
    """The default styles of the columns and rows of the tables that are open."""

    def __init__(self) -> None:
        self._columns: list[str] = []
        self._row = ""
        self._column = 0

    def style(self, tag: Tag) -> str:
        """Take a start tag of a table; return the style that a cell wears, empty for anything else."""
        match tag.name.removeprefix(TABLE):
            case "table":
                self._columns, self._row, self._column = [], "", 0
            case "table-column":
                room = _LIMIT_COLUMNS - len(self._columns)
                style = tag.attributes.get(f"{TABLE}default-cell-style-name", "")
                self._columns += [style] * min(room, _repeated(tag))
            case "table-row":
                self._row, self._column = tag.attributes.get(f"{TABLE}default-cell-style-name", ""), 0
            case "table-cell" | "covered-table-cell":
                place, self._column = self._column, self._column + _repeated(tag)
                own = tag.attributes.get(f"{TABLE}style-name", "") or self._row
                return own or (self._columns[place] if place < len(self._columns) else "")
        return ""


def _repeated(tag: Tag) -> int:
    number = tag.attributes.get(_REPEATED, "1")
    return min(int(number), _LIMIT_COLUMNS) if number.isascii() and number.isdecimal() and len(number) < 9 else 1


def refuse_bound_words(parts: Iterable[Iterable[Tag]], names: Collection[str], charset: Charset) -> None:
    """Refuse a file whose formulas, conditions, filters or macros hold letters of the old code as well."""
    for part in parts:
        for tag in part:
            for attribute in _BOUND.get(tag.name, ()):
                words = _SHEET_REFERENCE.sub("", tag.attributes.get(attribute, ""))  # sheets keep their names
                if not words.isascii() and judge(words, hint=charset)[0] is not Charset.UNICODE:
                    raise RefusedError("sheet-bound", words[:60])
    macro = next(filter(_MACROS.match, names), None)
    if macro is not None:
        raise RefusedError("sheet-bound", macro)
