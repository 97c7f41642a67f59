"""Excel 2003 XML (SpreadsheetML 2003, root `ss:Workbook`) into the sink: cells with their looks, comments, headers, names."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from lxml import etree

from gateway.model import Origin, ReadStatus, Role
from gateway.readers.base import ReadError
from gateway.readers.excel.xlsx_headers import header_lines
from gateway.readers.excel.xlsx_styles import Styles as HeaderStyles
from gateway.readers.excel.xlsx_values import formula_kind, formula_words, show_number, show_text
from gateway.readers.numerals import column_letters, whole
from gateway.readers.ooxml.colours import AUTO, automatic, hex_colour, named_colour
from gateway.readers.ooxml.sink import Face, Place, Sink
from gateway.readers.ooxml.theme import NO_THEME
from gateway.readers.ooxml.xml import Element
from gateway.text.colour import is_invisible

SPREADSHEET: Final = "urn:schemas-microsoft-com:office:spreadsheet"
_S: Final = f"{{{SPREADSHEET}}}"
_X: Final = "{urn:schemas-microsoft-com:office:excel}"
_O: Final = "{urn:schemas-microsoft-com:office:office}"
_H: Final = "{http://www.w3.org/TR/REC-html40}"
_LIMIT_NODES: Final = 4_000_000
_LIMIT_DEPTH: Final = 32


class _Style(NamedTuple):
    face: Face = Face("Arial", 10.0, AUTO, None, bold=False)
    code: str = ""


def read_workbook(root: Element, sink: Sink) -> None:
    """Put everything of an Excel 2003 XML workbook into the sink."""
    _Workbook(root, sink).read()


class _Workbook:
    def __init__(self, root: Element, sink: Sink) -> None:
        self._root = root
        self._sink = sink
        self._count = 0
        self._styles = {each.get(_S + "ID") or "": each for each in root.iterfind(f"{_S}Styles/{_S}Style")}
        self._known: dict[str, _Style] = {}

    def read(self) -> None:
        """Read properties, names, sheets, links, in this order."""
        number = 0
        for child in self._root:
            match child.tag:
                case t if t == _S + "Styles":
                    continue
                case t if t == _S + "Worksheet":
                    number += 1
                    self._sheet(child, number)
                case t if t == _S + "Names":
                    self._names(child)
                case t if t in {_O + "DocumentProperties", _O + "CustomDocumentProperties"}:
                    for each in child:
                        name = str(each.tag).rpartition("}")[2]
                        if any(letter.isalpha() for letter in each.text or "") and name not in {"Created", "LastSaved"}:
                            self._sink.put_line(each.text or "", Place(f"property:{name}", Role.PROPERTY))
                case _:
                    self._other(child, Place("workbook", Role.FIELD, Origin.HIDDEN))

    def _tick(self) -> None:
        self._count += 1
        if self._count % 4096 == 0:
            self._sink.budget.check_time()
        if self._count > _LIMIT_NODES:
            raise ReadError(ReadStatus.LIMIT, "xml-nodes")

    def _style(self, name: str | None) -> _Style:
        name = name or "Default"
        known = self._known.get(name)
        if known is not None:
            return known
        chain: list[Element] = []
        current: str | None = name
        while current and len(chain) < _LIMIT_DEPTH and (element := self._styles.get(current)) is not None:
            chain.append(element)
            current = element.get(_S + "Parent")
        if chain and chain[-1].get(_S + "ID") != "Default" and "Default" in self._styles:
            chain.append(self._styles["Default"])
        face, code = _Style()
        for element in reversed(chain):
            face, code = _styled(element, face, code)
        if face.colour == AUTO:
            face = face._replace(colour=automatic(face.background))
        self._known[name] = _Style(face, code)
        return self._known[name]

    def _sheet(self, sheet: Element, number: int) -> None:
        name = sheet.get(_S + "Name") or f"Sheet{number}"
        options = sheet.find(_X + "WorksheetOptions")
        visible = options.findtext(_X + "Visible") if options is not None else None
        origin = Origin.HIDDEN if visible in {"SheetHidden", "SheetVeryHidden"} else Origin.TEXT
        self._sink.put_line(name, Place(f"sheet:{name}", Role.NAME, origin))
        for child in sheet:
            match child.tag:
                case t if t == _S + "Table":
                    self._table(child, name, origin)
                case t if t == _S + "Names":
                    self._names(child)
                case t if t == _X + "WorksheetOptions":
                    self._headers(child, name, number, origin)
                case _:
                    self._other(child, Place(f"sheet:{name}", Role.FIELD, Origin.HIDDEN))

    def _table(self, table: Element, sheet: str, origin: Origin) -> None:
        hidden_columns: set[int] = set()
        column = row = 0
        for child in table:
            self._tick()
            if child.tag == _S + "Column":
                column = _index(child, column)
                span = min(whole(child.get(_S + "Span"), 0), 16384)
                if child.get(_S + "Hidden") == "1" or child.get(_S + "Width") == "0":
                    hidden_columns.update(range(column, column + span + 1))
                column += span
            elif child.tag == _S + "Row":
                row = _index(child, row)
                hidden = child.get(_S + "Hidden") == "1" or child.get(_S + "Height") == "0"
                self._row(child, row, sheet, Origin.HIDDEN if hidden else origin, hidden_columns)
                row += min(whole(child.get(_S + "Span"), 0), 1 << 20)

    def _row(self, row: Element, number: int, sheet: str, origin: Origin, hidden_columns: set[int]) -> None:
        column = 0
        for cell in row:
            self._tick()
            if cell.tag != _S + "Cell":
                continue
            column = _index(cell, column)
            place = Place(f"cell:{sheet}!{column_letters(column - 1)}{number}", Role.CELL, origin)
            if column in hidden_columns:
                place = place.hidden()
            self._cell(cell, place, cell.get(_S + "StyleID") or row.get(_S + "StyleID"))
            column += min(whole(cell.get(_S + "MergeAcross"), 0), 16384)

    def _cell(self, cell: Element, place: Place, style: str | None) -> None:
        look = self._style(style)
        formula = cell.get(_S + "Formula") or ""
        if formula:
            kind = formula_kind(formula)
            if kind is not None:
                self._sink.warn(kind, place.locator)
            self._sink.put_line(formula_words(formula), place._replace(role=Role.FIELD).hidden())
        for name in ("HRef", "HRefScreenTip"):
            self._sink.put_line(
                cell.get(_S + name) or cell.get(_X + name) or "", place._replace(role=Role.FIELD).hidden()
            )
        for child in cell:
            if child.tag == _S + "Data":
                self._data(child, place, look)
            elif child.tag == _S + "Comment":
                note = place._replace(role=Role.COMMENT)
                self._sink.put_line(child.get(_S + "Author") or "", note._replace(role=Role.PROPERTY).hidden())
                for data in child:
                    self._pieces(data, note, self._style("Default").face)
            else:
                self._other(child, place._replace(role=Role.FIELD).hidden())

    def _data(self, data: Element, place: Place, look: _Style) -> None:
        if len(data):
            self._pieces(data, place, look.face)
            return
        text = data.text or ""
        if data.get(_S + "Type") == "Number":
            shown, concealed = show_number(text, look.code)
        else:
            shown, concealed = show_text(text, look.code)
        if concealed or is_invisible(look.face.colour, look.face.background):
            place = place.hidden()
        if shown:
            self._sink.put(shown, self._sink.open_block(), place, look.face)

    def _pieces(self, data: Element, place: Place, face: Face) -> None:
        """Give text with the HTML marks around its stretches."""
        block, faces = self._sink.open_block(), [face]
        for event, node in etree.iterwalk(data, events=("start", "end")):
            self._tick()
            if event == "start":
                if node is not data:
                    faces.append(_marked(node, faces[-1]))
                text: str | None = node.text
            else:
                if node is not data:
                    faces.pop()
                text = node.tail if node is not data else None
            if text:
                hidden = is_invisible(faces[-1].colour, faces[-1].background)
                self._sink.put(text, block, place.hidden() if hidden else place, faces[-1])

    def _headers(self, options: Element, sheet: str, number: int, origin: Origin) -> None:
        for each in options.iter(_X + "Header", _X + "Footer"):
            kind, role = ("header", Role.HEADER) if each.tag == _X + "Header" else ("footer", Role.FOOTER)
            for section in header_lines(each.get(_X + "Data") or "", HeaderStyles(None, NO_THEME), sheet=sheet):
                block = self._sink.open_block()
                for text, face in section:
                    self._sink.put(text, block, Place(f"{kind}:{number}", role, origin), face)

    def _names(self, names: Element) -> None:
        for each in names:
            name = each.get(_S + "Name") or ""
            place = Place(f"name:{name}", Role.NAME, Origin.HIDDEN)
            self._sink.put_line(name, place)
            self._sink.put_line(formula_words(each.get(_S + "RefersTo") or ""), place)

    def _other(self, element: Element, place: Place) -> None:
        """Vocabulary of other applications: its words, and links that would be followed."""
        for node in element.iter():
            self._tick()
            local = str(node.tag).rpartition("}")[2]
            if local == "SupBook":
                path = node.findtext(_X + "Path") or ""
                self._sink.warn(
                    "dde" if "|" in path or node.find(f".//{_X}DDE") is not None else "external-object", "link:1"
                )
            elif local.lower() in {"olelink", "ddelink"}:
                self._sink.warn("dde", "link:1")
            for text in (node.text, node.tail if node is not element else None, *_wordy(node)):
                if text and any(letter.isalpha() for letter in text):
                    self._sink.put_line(text.strip(), place)


def _wordy(node: Element) -> list[str]:
    return [value for value in node.attrib.values() if not value.isascii() or " " in value]


def _styled(element: Element, face: Face, code: str) -> tuple[Face, str]:
    for child in element:
        match child.tag:
            case t if t == _S + "Font":
                colour = child.get(_S + "Color")
                face = face._replace(
                    font=child.get(_S + "FontName") or face.font,
                    size_pt=_number(child.get(_S + "Size"), face.size_pt),
                    colour=(hex_colour(colour) or AUTO) if colour else face.colour,
                    bold=child.get(_S + "Bold") == "1" if child.get(_S + "Bold") else face.bold,
                )
            case t if t == _S + "Interior":
                if child.get(_S + "Pattern") not in {None, "None"}:
                    face = face._replace(background=hex_colour(child.get(_S + "Color")))
            case t if t == _S + "NumberFormat":
                code = child.get(_S + "Format") or ""
            case _:
                continue
    return face, "" if code in {"General", "General Number", "@", "Fixed", "Standard", "Percent"} else code


def _marked(node: Element, face: Face) -> Face:
    local = str(node.tag).rpartition("}")[2]
    if local == "B":
        return face._replace(bold=True)
    if local != "Font":
        return face
    values: dict[str, Any] = {str(name).rpartition("}")[2]: value for name, value in node.attrib.items()}
    colour = values.get("Color")
    return face._replace(
        font=values.get("Face") or face.font,
        size_pt=_number(values.get("Size"), face.size_pt),
        colour=(hex_colour(colour) or named_colour(colour) or face.colour) if colour else face.colour,
    )


def _number(value: str | None, default: float | None) -> float | None:
    try:
        return float(value) if value else default
    except ValueError:
        return default


def _index(element: Element, before: int) -> int:
    return whole(element.get(_S + "Index"), before + 1)
