"""Cells of rows as they are written, by regular expression or from elements, in one shape (ECMA-376 Part 1 §18.3.1.4)."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.excel.xlsx_strings import Rich, parse_rich, plain_string
from gateway.documents.readers.numerals import column_letters, column_of
from gateway.documents.readers.ooxml.flat import LESS_THAN
from gateway.documents.readers.ooxml.xml import Element, clark, take, texts

_V, _F, _IS, _C = clark("s:v"), clark("s:f"), clark("s:is"), clark("s:c")
_HIDDEN_ROW: Final = re.compile(r"""\s(?:hidden="(?:1|true)"|ht="[01](?:\.\d*)?")""")
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")

Cell = tuple[str, str, str, str, str, str, "str | Rich"]
"""Reference, number of the style, type, formula, value, plain inline string, each empty when absent; then a rich inline
string, or in cells taken from text the tag of a row that begins or ends here, for which all else is empty."""

_GRAMMAR: Final = r"""
<{p}c\ r="([A-Z]{{1,3}}[0-9]{{1,7}})"(?:\ s="([0-9]{{1,6}})")?(?:\ t="([A-Za-z]{{1,9}})")?
(?:/>|>
  (?:<{p}f(?:\ [^<>]*)?(?:/>|>([^<]*)</{p}f>))?
  (?:<{p}v>([^<]*)</{p}v>|<{p}v/>|<{p}is><{p}t(?:\ xml:space="preserve")?>([^<]*)</{p}t></{p}is>)?
</{p}c>)
|({row}|.+)
"""
_ROW_TAG: Final = r"""<{p}row(?:\ (?!xmlns)[\w:]+="[^"<>]*")*\ ?/?>|</{p}row>"""


@functools.cache
def _grammar(prefix: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    tag = _ROW_TAG.format(p=prefix)
    return re.compile(_GRAMMAR.format(p=prefix, row=tag), re.DOTALL | re.VERBOSE), re.compile(tag, re.VERBOSE)


def flat_cells(text: str, prefix: str) -> list[Cell] | None:
    """Return the cells and row tags of whole rows, None when they hold anything that is not in the usual form."""
    grammar, row_tag = _grammar(prefix)
    cells: list[Cell] = grammar.findall(text)
    # Text that matches nothing is taken, with all after it, as a row tag: nothing can be skipped.
    if cells and not row_tag.fullmatch(str(cells[-1][-1])):
        return None
    if LESS_THAN in text:
        return [tuple(field.replace(LESS_THAN, "<") for field in cell) for cell in cells]  # type: ignore[misc, union-attr]
    return cells


def conceals(tag: str) -> bool:
    """Return whether the start tag of a row hides it."""
    return _HIDDEN_ROW.search(tag) is not None


def position(reference: str) -> tuple[int, int]:
    """Row and column from 0 of a cell reference, -1 for what it does not name."""
    match = _REFERENCE.match(reference)
    return (int(match[2]) - 1, column_of(match[1], -1)) if match else (-1, -1)


class TreeCells:
    """The cells of one row element, whose words are taken out of it."""

    def __init__(self, row: Element, number: int) -> None:
        self._row = row
        self._number = number

    def __iter__(self) -> Iterator[Cell]:
        """Yield every cell that is not empty."""
        column = -1
        for cell in self._row:
            if cell.tag != _C:
                continue
            column, reference = self._place(cell.get("r"), column)
            formula = value = inline = ""
            rich: Rich | str = ""
            for child in cell:
                tag = child.tag
                if tag == _V:
                    value = take(child)
                elif tag == _F:
                    formula = take(child)
                elif tag == _IS:
                    plain = plain_string(child)
                    if plain is None:
                        rich = parse_rich(child)
                    else:
                        inline = plain
                    take(child)
            if formula or value or inline or rich:
                yield reference, cell.get("s") or "", cell.get("t") or "", formula, value, inline, rich

    def _place(self, reference: str | None, before: int) -> tuple[int, str]:
        column = column_of(reference, before + 1)
        if reference is None or not _REFERENCE.fullmatch(reference):
            reference = f"{column_letters(column)}{self._number}"
        return column, reference

    def left_over(self) -> list[str]:
        """Text of the row, and after it, outside any cell; complete after iterating."""
        behind = self._row.tail
        found = [behind] if behind and not behind.isspace() else []
        return found + [text for _, text in texts(self._row)]
