"""Excel workbooks (SpreadsheetML, ISO/IEC 29500-1 §18) to Document: every sheet, hidden ones too, and other parts.

Reads XLSX, XLSM, XLTX and XLTM. Binary workbooks (XLSB) come as `xlsb.BinaryPackage`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.excel.xlsx_controls import Choice, Controls, entry, row_of
from gateway.documents.readers.excel.xlsx_drawings import read_drawing
from gateway.documents.readers.excel.xlsx_sheet import Book, Sheet, attribute_words, comment_lines
from gateway.documents.readers.excel.xlsx_strings import SharedStrings
from gateway.documents.readers.excel.xlsx_styles import DEFAULT_FACE, Styles
from gateway.documents.readers.ooxml.parts import Parts, Step
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, holds_words, texts
from gateway.documents.readers.sink import Place
from gateway.model import Origin, Role

_CALCULATED: Final = ("fullCalcOnLoad", "forceFullCalc")
_ID: Final = clark("r:id")
_WORDY_KINDS: Final = ("table", "pivot", "slicer", "timeline", "querytable", "connections", "revision", "metadata")


def _books(parts: Parts) -> None:
    for main in parts.mains("wordprocessingml", "presentationml", "ms-word", "ms-powerpoint"):
        _Workbook(parts, main).read()


class _Workbook:
    def __init__(self, parts: Parts, main: str) -> None:
        self._parts = parts
        self._sink = parts.sink
        self._main = main
        self._names: dict[str, str] = {}
        self._choices: list[tuple[Choice, str, Origin]] = []
        """Choices from lists, each with the name and origin of its sheet."""
        strings = next(iter(parts.unread(main, "sharedStrings")), None)
        self._book = Book(
            parts.sink,
            parts,
            Styles(parts.first(main, "styles"), parts.theme(main)),
            SharedStrings(None if strings is None else parts.package.read(strings), parts.sink.budget),
        )

    def read(self) -> None:
        """Walk all sheets, then the other parts."""
        root = self._parts.take(self._main)
        number = 0
        self._book.recalculated = any(
            each.get(name) in {"1", "true"} for each in root.iter(clark("s:calcPr")) for name in _CALCULATED
        )
        self._sink.put_lines(self._book.styles.conditional_words, Place("part:styles", Role.CELL))
        for element in root.iter():
            match NAMES[element.tag]:
                case "s:workbookPr":
                    self._book.since_1904 = element.get("date1904") in {"1", "true"}
                case "s:definedName":
                    self._name(element)
                case "s:sheet":
                    number += 1
                    with self._sink.part():
                        self._sheet(element, number)
                case _:
                    continue
        for owner, text in texts(root):
            if holds_words(text) and NAMES[owner.tag] != "s:definedName":
                self._hidden(text, "part:workbook")
        self._chosen()
        self._left_over_strings()

    def _chosen(self) -> None:
        """Give what is chosen from lists, as the value of the cells on which they stand, with the words of their row as its label."""
        said = dict.fromkeys((entry(choice, sheet, self._names) for choice, sheet, _ in self._choices), "")
        labels = dict.fromkeys(((sheet, row_of(choice.cell)) for choice, sheet, _ in self._choices), "")
        for run in self._sink.runs if self._choices else ():
            sheet, _, cell = run.locator.removeprefix("cell:").rpartition("!")
            if run.locator in said:
                said[run.locator] += run.text
            if (sheet, row_of(cell)) in labels:
                labels[sheet, row_of(cell)] += f"{run.text} "
        for choice, sheet, origin in self._choices:
            words = said[entry(choice, sheet, self._names)]
            label = labels[sheet, row_of(choice.cell)]
            if choice.sign and words:
                self._sink.put_line(choice.sign + words, Place(f"sheet:{sheet}", Role.TEXTBOX, origin))
                continue
            self._sink.put_line(choice.sign + words, Place(f"cell:{sheet}!{choice.cell}", Role.CELL, origin))
            self._sink.put_line(words, Place(f"field:{label}", Role.FIELD, Origin.HIDDEN))

    def _name(self, element: Element) -> None:
        name, formula = element.get("name") or "", "".join(element.itertext())
        place = Place(f"name:{name}", Role.NAME, Origin.HIDDEN)
        self._names[name] = formula
        if not name.startswith("_xlnm."):
            self._sink.put_line(name, place)
        self._sink.put_line(element.get("comment") or "", place)
        self._sink.formula(formula, place)

    def _sheet(self, element: Element, number: int) -> None:
        name = element.get("name") or ""
        origin = Origin.HIDDEN if element.get("state") in {"hidden", "veryHidden"} else Origin.TEXT
        self._sink.put_line(name, Place(f"sheet:{name}", Role.NAME, origin))
        stored = self._parts.target(self._main, element.get(_ID))
        if stored is None or stored in self._parts.seen:
            return
        self._parts.seen.add(stored)
        data = self._parts.package.read(stored)
        coloured = b"onditionalFormatting" in data or self._has_styled_table(stored)
        Sheet(self._book, name=name, number=number, origin=origin, coloured=coloured).read(data)
        controls = Controls(self._parts, stored)
        self._choices += ((choice, name, origin) for choice in controls.choices)
        for drawing in self._parts.unread(stored, "drawing"):
            place = Place(f"sheet:{name}", Role.TEXTBOX, origin)
            read_drawing(self._parts, drawing, place, self._book.styles.theme, controls)
        for kind in ("comments", "threadedComment"):
            for comments in self._parts.by_kind(stored, kind):
                for reference, rich in comment_lines(self._parts.take(comments)):
                    place = Place(f"cell:{name}!{reference}", Role.COMMENT, origin)
                    if not reference:
                        place = Place(f"sheet:{name}", Role.COMMENT, Origin.HIDDEN)
                    block = self._sink.open_block()
                    for text, look in rich.pieces:
                        face = DEFAULT_FACE if look is None else self._book.styles.face(look, DEFAULT_FACE)
                        self._sink.put(text, block, place, face)
                    self._sink.put_line(rich.phonetic, place._replace(origin=Origin.HIDDEN))

    def _has_styled_table(self, sheet: str) -> bool:
        found = False
        for name in self._parts.by_kind(sheet, "table"):
            with self._sink.part():
                found |= any(NAMES[child.tag] == "s:tableStyleInfo" for child in self._parts.root(name))
        return found

    def _left_over_strings(self) -> None:
        for rich in self._book.strings.unused():
            self._hidden(f"{rich.text} {rich.phonetic}".strip(), "part:sharedStrings")
        for text in self._book.strings.stray:
            self._hidden(text, "part:sharedStrings")

    def _hidden(self, text: str, locator: str) -> None:
        self._sink.put_line(text, Place(locator, Role.CELL, Origin.HIDDEN))


def _wordy_parts(parts: Parts) -> None:
    """Read tables, pivot caches, slicers and external links: parts with words in attributes."""
    for name in parts.package.names:
        kind = parts.package.content_type(name)
        if name in parts.seen or not kind.endswith("xml"):
            continue
        if "externallink" in kind:
            _external_link(parts, name)
        elif any(word in kind.rpartition(".")[2] or word in name.casefold() for word in _WORDY_KINDS):
            place = Place(f"part:{name}", Role.CELL, Origin.HIDDEN)
            parts.sink.put_lines(_words(parts.take(name)), place)


def _words(root: Element) -> Iterator[str]:
    for element in root.iter():
        yield from attribute_words(element)
    for _, text in texts(root):
        yield text


def _external_link(parts: Parts, name: str) -> None:
    """Cached cells of another workbook, and DDE links."""
    sink, root = parts.sink, parts.take(name)
    place = Place(f"part:{name}", Role.CELL, Origin.HIDDEN)
    for element in root.iter():
        match NAMES[element.tag]:
            case "s:ddeLink":
                sink.warn("dde", place.locator)
            case "s:oleLink":
                sink.warn("external-object", place.locator)
            case "s:sheetName":
                sink.put_line(element.get("val") or "", place)
            case _:
                continue
    for _, text in texts(root):
        if holds_words(text):
            sink.put_line(text, place)


STEPS: Final[tuple[Step, ...]] = (_books, _wordy_parts)
"""Parts of a package that this module reads; `ooxml.rest` reads the others."""
