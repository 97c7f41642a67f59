"""Workbooks by openpyxl and as raw SpreadsheetML, and tables of comma-separated values."""

import csv
import io
from collections.abc import Callable

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from tests.accuracy.shapes import Slot, Writing, attribute, one_piece, plain_letters, xml
from tests.support.octets import file_of, zipped

ROWS = (
    ("STT", "Nội dung", "Số lượng"),
    (1, "Hồ sơ tiếp nhận trong tháng", 125),
    (2, "Hồ sơ giải quyết đúng hạn", 120),
    (3, "Hồ sơ đang giải quyết", 5),
)
_CELL_LIMIT = 30


def _book(fill: Callable[[openpyxl.Workbook, Writing], None], *, shift: int = 3) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "Số liệu"
        for number, row in enumerate(ROWS):
            for column, value in enumerate(row):
                sheet.cell(shift + number, 1 + column, value)
        fill(book, writing)
        return file_of(book)

    return make


def _cell(book: openpyxl.Workbook, writing: Writing, **font: object) -> None:
    cell = book.active["A1"]
    cell.value = writing.text
    cell.data_type = "s"
    if writing.font or font:
        cell.font = Font(name=writing.font or "Times New Roman", **font)


def _rich(book: openpyxl.Workbook, writing: Writing) -> None:
    blocks = [TextBlock(InlineFont(rFont=writing.font or "Times New Roman"), piece) for piece in writing.pieces]
    book.active["A1"] = CellRichText(*blocks)


def _other_sheet(state: str) -> Callable[[openpyxl.Workbook, Writing], None]:
    def fill(book: openpyxl.Workbook, writing: Writing) -> None:
        sheet = book.create_sheet("Phụ lục")
        sheet["B2"] = writing.text
        if writing.font:
            sheet["B2"].font = Font(name=writing.font)
        sheet.sheet_state = state

    return fill


def _hidden(book: openpyxl.Workbook, writing: Writing) -> None:
    book.active["F9"] = writing.text
    book.active.column_dimensions["F"].hidden = True


def _margin(which: str, side: str) -> Callable[[openpyxl.Workbook, Writing], None]:
    def fill(book: openpyxl.Workbook, writing: Writing) -> None:
        getattr(getattr(book.active, which), side).text = writing.text
        book.active.HeaderFooter.differentFirst = which.startswith("first")
        book.active.HeaderFooter.differentOddEven = which.startswith("even")

    return fill


def _name(book: openpyxl.Workbook, writing: Writing) -> None:
    name = DefinedName("ghi_chu", attr_text=f'"{writing.text}"')
    book.defined_names["ghi_chu"] = name


def _comment(book: openpyxl.Workbook, writing: Writing) -> None:
    book.active["B2"].comment = Comment(writing.text, "văn thư")


def _prompt(book: openpyxl.Workbook, writing: Writing) -> None:
    rule = DataValidation(type="list", formula1='"Có,Không"', allow_blank=True)
    rule.promptTitle, rule.prompt, rule.showInputMessage = "Ghi chú", writing.text, True
    rule.add("C9")
    book.active.add_data_validation(rule)


def _chart(book: openpyxl.Workbook, writing: Writing) -> None:
    chart = BarChart()
    chart.title = writing.text
    chart.add_data(Reference(book.active, min_col=3, min_row=3, max_row=6), titles_from_data=True)
    book.active.add_chart(chart, "F3")


def _format(book: openpyxl.Workbook, writing: Writing) -> None:
    book.active["A1"] = 1
    book.active["A1"].number_format = f'"{writing.text}"'


def _title(book: openpyxl.Workbook, writing: Writing) -> None:
    book.properties.title = writing.text


def _property(name: str) -> Callable[[openpyxl.Workbook, Writing], None]:
    return lambda book, writing: book.custom_doc_props.append(StringProperty(name=name, value=writing.text))


def _formula(book: openpyxl.Workbook, writing: Writing) -> None:
    book.active["A1"] = f'="{writing.text}"'


def _filtered(book: openpyxl.Workbook, writing: Writing) -> None:
    book.active["A1"] = writing.text
    book.active.row_dimensions[1].hidden = True


def _sheet_title(book: openpyxl.Workbook, writing: Writing) -> None:
    book.active.title = writing.text


def _fits(writing: Writing) -> bool:
    """A sheet name is short and has no brackets or the like."""
    return one_piece(writing) and 0 < len(writing.text) <= _CELL_LIMIT and not set(writing.text) & set("[]*?:/\\'")


_S = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_T = "application/vnd.openxmlformats-officedocument.spreadsheetml."


def _raw(sheet: str, strings: str = "", *, extra: dict[str, str] | None = None, relations: str = "") -> bytes:
    """A workbook of one sheet as raw XML."""
    rows = "".join(
        f'<row r="{3 + n}"><c r="A{3 + n}" t="inlineStr"><is><t>{row[1]}</t></is></c></row>'
        for n, row in enumerate(ROWS)
    )
    return zipped({
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_T}sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_T}worksheet+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_T}sharedStrings+xml"/>'
            '<Override PartName="/xl/drawings/drawing1.xml" ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/>'
            "</Types>"
        ),
        "_rels/.rels": _related(f'<Relationship Id="a" Type="{_R}officeDocument" Target="xl/workbook.xml"/>'),
        "xl/workbook.xml": f'<workbook {_S}><sheets><sheet name="Tờ 1" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _related(
            f'<Relationship Id="a" Type="{_R}worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="b" Type="{_R}sharedStrings" Target="sharedStrings.xml"/>'
        ),
        "xl/worksheets/sheet1.xml": f"<worksheet {_S}>{sheet.replace('ROWS', rows)}</worksheet>",
        "xl/worksheets/_rels/sheet1.xml.rels": _related(relations),
        "xl/sharedStrings.xml": f"<sst {_S}>{strings}</sst>",
        **(extra or {}),
    })  # fmt: skip


def _related(rows: str) -> str:
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def _inline(writing: Writing) -> bytes:
    pieces = "".join(f'<r><t xml:space="preserve">{xml(piece)}</t></r>' for piece in writing.pieces)
    return _raw(f'<sheetData><row r="1"><c r="A1" t="inlineStr"><is>{pieces}</is></c></row>ROWS</sheetData>')


def _phonetic(writing: Writing) -> bytes:
    strings = f'<si><t>Ghi chú</t><rPh sb="0" eb="1"><t>{xml(writing.text)}</t></rPh></si>'
    return _raw('<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row>ROWS</sheetData>', strings)


def _box(writing: Writing) -> bytes:
    runs = "".join(f"<a:r><a:t>{xml(piece)}</a:t></a:r>" for piece in writing.pieces)
    corners = "".join(
        f"<xdr:{end}><xdr:col>{n}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{n}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:{end}>"
        for end, n in (("from", 4), ("to", 8))
    )
    drawing = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:twoCellAnchor>{corners}<xdr:sp><xdr:nvSpPr>'
        '<xdr:cNvPr id="2" name="Hộp 1"/><xdr:cNvSpPr txBox="1"/></xdr:nvSpPr><xdr:spPr><a:xfrm><a:off x="0" y="0"/>'
        '<a:ext cx="900000" cy="300000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr>'
        f"<xdr:txBody><a:bodyPr/><a:p>{runs}</a:p></xdr:txBody></xdr:sp><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
    )
    return _raw(
        '<sheetData>ROWS</sheetData><drawing r:id="d"/>', extra={"xl/drawings/drawing1.xml": drawing},
        relations=f'<Relationship Id="d" Type="{_R}drawing" Target="../drawings/drawing1.xml"/>',
    )  # fmt: skip


def table(writing: Writing, *, encoding: str = "utf-8-sig", delimiter: str = ",", label: bool = False) -> bytes:
    """Comma-separated values with the mark in a cell."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["Độ mật", writing.text] if label else [writing.text, "", ""])
    writer.writerows(ROWS)
    return out.getvalue().encode(encoding)


def _quotable(writing: Writing) -> bool:
    """What may stand in a quoted string of a formula or list."""
    return one_piece(writing) and not set(writing.text) & set("\",&'“”")


SLOTS: tuple[Slot, ...] = (
    Slot("xlsx", "cell", _book(_cell), "openpyxl", lambda m: len(m.pieces) == 1),
    Slot("xlsx", "rich text of a cell", _book(_rich), "openpyxl"),
    Slot("xlsx", "white text", _book(lambda b, m: _cell(b, m, color="FFFFFFFF")), "openpyxl", lambda m: len(m.pieces) == 1),
    Slot("xlsx", "second sheet", _book(_other_sheet("visible")), "openpyxl", lambda m: len(m.pieces) == 1),
    Slot("xlsx", "hidden sheet", _book(_other_sheet("hidden")), "openpyxl", lambda m: len(m.pieces) == 1),
    Slot("xlsx", "very hidden sheet", _book(_other_sheet("veryHidden")), "openpyxl", lambda m: len(m.pieces) == 1),
    Slot("xlsx", "hidden column", _book(_hidden), "openpyxl", one_piece),
    Slot("xlsx", "hidden row", _book(_filtered), "openpyxl", one_piece),
    Slot("xlsx", "sheet name", _book(_sheet_title), "openpyxl", _fits),
    *(Slot("xlsx", f"{word} {side}", _book(_margin(which, side)), "openpyxl", _quotable)
      for which, word in (("oddHeader", "header"), ("oddFooter", "footer"), ("firstHeader", "first header"), ("evenFooter", "even footer"))
      for side in ("left", "center")),
    Slot("xlsx", "defined name", _book(_name), "openpyxl", _quotable),
    Slot("xlsx", "comment", _book(_comment), "openpyxl", one_piece),
    Slot("xlsx", "prompt of a cell", _book(_prompt), "openpyxl", one_piece),
    Slot("xlsx", "title of a chart", _book(_chart), "openpyxl", one_piece),
    Slot("xlsx", "number format", _book(_format), "openpyxl", _quotable),
    Slot("xlsx", "formula", _book(_formula), "openpyxl", _quotable),
    Slot("xlsx", "property: title", _book(_title), "openpyxl", one_piece),
    Slot("xlsx", "property of one's own", _book(_property("Phân loại")), "openpyxl", one_piece),
    Slot("xlsx", "MSIP label", _book(_property("MSIP_Label_5b0cf1b2-3d0e-4f0a-9a39-0d6d2a4d6f10_Name")), "openpyxl", one_piece),
    Slot("xlsx", "inline text", _inline, accepts=plain_letters),
    Slot("xlsx", "phonetic text", _phonetic, accepts=one_piece),
    Slot("xlsx", "string that no cell shows", lambda m: _raw("<sheetData>ROWS</sheetData>", f"<si><t>{xml(m.text)}</t></si>"), accepts=one_piece),
    Slot("xlsx", "value of a formula", lambda m: _raw(
        f'<sheetData><row r="1"><c r="A1" t="str"><f>B1</f><v>{xml(m.text)}</v></c></row>ROWS</sheetData>'), accepts=one_piece),
    Slot("xlsx", "text box", _box, accepts=plain_letters),
    Slot("xlsx", "tip of a link", lambda m: _raw(
        f'<sheetData>ROWS</sheetData><hyperlinks><hyperlink ref="A3" location="B1" tooltip={attribute(m.text)}/></hyperlinks>'), accepts=one_piece),
    Slot("csv", "cell", table, accepts=one_piece),
    Slot("csv", "cell, semicolons", lambda m: table(m, delimiter=";"), accepts=one_piece),
    Slot("csv", "cell, UTF-16", lambda m: table(m, encoding="utf-16", delimiter="\t"), accepts=one_piece),
    Slot("csv", "label and cell", lambda m: table(m, label=True), accepts=one_piece),
)  # fmt: skip
