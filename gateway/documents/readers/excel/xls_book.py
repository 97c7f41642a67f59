"""Workbook level of an Excel binary file: strings, styles, constants of formulas."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.documents.readers.excel.xls_formula import literals
from gateway.documents.readers.excel.xls_records import Dialect, Text
from gateway.documents.readers.excel.xls_styles import Styles
from gateway.documents.readers.excel.xlsx_styles import CellStyle
from gateway.documents.readers.excel.xlsx_styles import Styles as HeaderStyles
from gateway.documents.readers.excel.xlsx_values import formula_words
from gateway.documents.readers.ooxml.sink import Face, Place, Sink
from gateway.documents.readers.ooxml.theme import NO_THEME
from gateway.model import Origin, Role


@dataclass
class Book:
    """State shared by all sheets of a workbook."""

    sink: Sink
    dialect: Dialect
    styles: Styles = field(default_factory=Styles)
    shared: list[Text] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    since_1904: bool = False
    literals: set[str] = field(default_factory=set)
    """Constants of formulas that were given already."""

    def formula(self, tokens: bytes, locator: str) -> None:
        """Give the constants of a formula once."""
        words = formula_words(literals(tokens, self.dialect)).replace("\0", ", ")
        if any(letter.isalpha() for letter in words) and words not in self.literals:
            self.literals.add(words)
            self.sink.put_line(words, Place(locator, Role.FIELD, Origin.HIDDEN))


class HeaderBase(HeaderStyles):
    """Stands in for the styles of an OOXML workbook where headers are read."""

    def __init__(self, face: Face) -> None:
        super().__init__(None, NO_THEME)
        self._face = face

    def cell(self, index: str) -> CellStyle:  # noqa: ARG002 - headers have the look of the workbook's first font
        """Return the look of the workbook's first font."""
        return CellStyle(self._face)
