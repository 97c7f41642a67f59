r"""Sheets in SYLK (.slk), which Excel, LibreOffice Calc and Gnumeric open and save: one record a line, fields behind `;`.

There is no standard; what is understood is what these programs write (Microsoft Multiplan, "Symbolic Link"): `C` records
set a cell, `;Y6;X1` its row and column, `;K"text"` its value, `;E` its formula, `;A` its note. A semicolon within a value
is doubled, `ESC : ` and `ESC N` spell control characters and accents. Lines of other records are given as hidden text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from gateway.model import Origin, Role
from gateway.readers.base import Budget, Reading, Source
from gateway.readers.excel.xlsx_values import formula_kind
from gateway.readers.numerals import cell_name
from gateway.readers.ole.report import Report, assemble
from gateway.readers.ooxml.sink import Place, Sink
from gateway.readers.plain import decode, has_sylk_macros

_ESCAPE: Final = re.compile(r"\x1b(?:(?P<high>[ -/])(?P<low>[0-?])|N(?P<accent>[ABCDH])(?P<letter>[A-Za-z]))")
_ACCENTS: Final = {"A": "\u0300", "B": "\u0301", "C": "\u0302", "D": "\u0303", "H": "\u0308"}
_FIELD: Final = re.compile(r"[^;]*(?:;;[^;]*)*")
_LAYOUT: Final = frozenset({"B", "E", "F", "ID", "O", "W"})
"""Records of size, format, options and windows: no words of a person."""
_LARGEST: Final = 1 << 20


def read(source: Source, budget: Budget) -> Reading:
    """Read a SYLK sheet: cells as runs; never fails but by LIMIT and TIMEOUT."""
    budget.take_bytes(len(source.data))
    sink, report = Sink(budget), Report()
    decoded = decode(source.data, source.charset)
    if decoded.lossy:
        report.note("charset")
    for text in (decoded.text, decoded.alternative):
        sheet = _Sheet(sink)
        for line in re.split(r"[\r\n]+", text):
            sheet.take(line)
    if has_sylk_macros(source.data):
        sink.warn("macro", "")
    return assemble(source, sink, report, kind="slk")


class _Sheet:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._row = self._column = 1

    def take(self, line: str) -> None:
        """Take one record; row and column stay those of the record before where it names none."""
        kind, *fields = _fields(line)
        for field in fields:
            if field[:1] in {"X", "Y"} and field[1:].isdecimal() and kind in {"C", "F"}:
                number = min(int(field[1:8]), _LARGEST)
                if field[0] == "X":
                    self._column = number
                else:
                    self._row = number
        if kind != "C":
            if kind not in _LAYOUT:
                self._sink.put_line(_unescaped(line), Place("", Role.FIELD, Origin.HIDDEN))
            return
        locator = f"cell:{cell_name(max(self._row - 1, 0), max(self._column - 1, 0))}"
        for field in fields:
            text = _unescaped(field[1:])
            if len(text) > 1 and text[0] == text[-1] == '"':
                text = text[1:-1]
            match field[:1]:
                case "K":
                    self._sink.put_line(text, Place(locator, Role.CELL))
                case "A":
                    self._sink.put_line(text, Place(locator, Role.COMMENT))
                case "X" | "Y":
                    continue
                case other:
                    self._sink.put_line(text, Place(locator, Role.FIELD, Origin.HIDDEN))
                    if other == "E" and (acts := formula_kind(text)) is not None:
                        self._sink.warn(acts, locator)


def _fields(line: str) -> list[str]:
    """Cut a record at its single semicolons."""
    found, position = [], 0
    while position <= len(line):
        match = _FIELD.match(line, position)
        if match is None:
            break
        found.append(match.group().replace(";;", ";"))
        position = match.end() + 1
    return found


def _unescaped(text: str) -> str:
    def turned(match: re.Match[str]) -> str:
        if match["accent"]:
            return match["letter"] + _ACCENTS[match["accent"]]
        return chr((ord(match["high"]) & 15) << 4 | ord(match["low"]) & 15)

    return unicodedata.normalize("NFC", _ESCAPE.sub(turned, text)) if "\x1b" in text else text
