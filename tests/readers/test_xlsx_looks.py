"""Looks of cells: own colours stay, and on a sheet where a table style or a condition may give a ground no letters are called unseen."""

import openpyxl
import pytest
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule, DifferentialStyle, FormulaRule, Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.table import Table, TableStyleInfo

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.excel import xls
from gateway.model import Document, Origin
from tests.readers.ooxml_support import read, read_any
from tests.readers.test_xlsx import S, saved, workbook
from tests.support.libreoffice import convert, needs_libreoffice
from tests.support.reading import find

RED = Font(color="FFC00000")
WHITE = Font(color="FFFFFFFF")
BLUE = PatternFill(bgColor="FF1F4E78")
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/table" Target="../tables/table1.xml"/></Relationships>'
)


def table(style: str, *, header: Font | None = None, **flags: bool) -> Document:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (("Họ tên", "Chức vụ"), ("An", "Văn thư"), ("Bình", "Kế toán"), ("Cường", "Thủ quỹ")):
        sheet.append(row)
    for cell in sheet[1]:
        if header is not None:
            cell.font = header
    area = Table(displayName="Bang1", ref="A1:B4")
    area.tableStyleInfo = TableStyleInfo(name=style, showRowStripes=True, **flags)
    sheet.add_table(area)
    return saved(book).document


def run(document: Document, text: str):
    return next(each for each in document.runs if each.text == text)


@pytest.mark.parametrize("style", ["TableStyleMedium2", "TableStyleDark9", "Kiểu riêng"])
def test_letters_of_a_table_are_seen_on_any_ground_and_keep_a_colour_of_their_own(style: str) -> None:
    shown = run(table(style, header=WHITE), "Họ tên")
    assert (shown.colour, shown.origin) == (None, Origin.TEXT)
    assert run(table(style, header=RED), "Họ tên").colour == "C00000"
    assert run(table(style), "Họ tên").colour == "000000"


def test_white_letters_of_a_table_without_a_style_are_hidden() -> None:
    table_part = f'<table {S} ref="A1:A3"/>'
    styles = (
        "<fonts><font><name val='Arial'/></font><font><name val='Arial'/><color rgb='FFFFFFFF'/></font></fonts>"
        "<cellXfs><xf fontId='0'/><xf fontId='1'/></cellXfs>"
    )
    cells = "<sheetData><row r='1'><c r='A1' s='1' t='inlineStr'><is><t>Đầu bảng</t></is></c></row></sheetData>"
    for part, origin in (
        (table_part, Origin.HIDDEN),
        (table_part.replace("/>", '><tableStyleInfo name="a"/></table>'), Origin.TEXT),
    ):
        more = {"xl/worksheets/_rels/sheet1.xml.rels": RELATIONS, "xl/tables/table1.xml": part}
        assert find(read(workbook(cells, styles=styles, more=more)), "Đầu bảng").origin is origin


NUMBER_FORMATS = pytest.mark.parametrize(
    ("code", "colour"),
    [
        ("General;General;General;[Red]@", "FF0000"),
        ('[blue]"Mã "@', "0000FF"),
        ("#,##0;[Red]-#,##0", "000000"),
        ("[Red]General", "000000"),
        ("@", "000000"),
    ],
)


def formatted(code: str) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    cell = book.active["A1"]
    cell.value, cell.number_format, cell.font = "Văn thư", code, Font(color="FF000000")
    return book


@NUMBER_FORMATS
def test_a_number_format_colours_the_texts_that_its_section_shows(code: str, colour: str) -> None:
    runs = saved(formatted(code)).document.runs
    assert next(each for each in runs if "Văn thư" in each.text).colour == colour


@pytest.mark.slow
@pytest.mark.system
@needs_libreoffice
@NUMBER_FORMATS
def test_a_number_format_colours_the_same_texts_of_the_old_format(code: str, colour: str, tmp_path) -> None:
    formatted(code).save(tmp_path / "a.xlsx")
    convert([tmp_path / "a.xlsx"], "xls", tmp_path)
    runs = xls.read(Source(data=(tmp_path / "a.xls").read_bytes(), part="1"), Budget()).document.runs
    found = next(each for each in runs if "Văn thư" in each.text).colour
    assert found == colour or (found, colour) == ("auto", "000000")


def conditional(value: object, rule: object, where: str = "A1:A9", font: Font | None = None):
    book = openpyxl.Workbook()
    book.active["A1"] = value
    if font is not None:
        book.active["A1"].font = font
    book.active.conditional_formatting.add(where, rule)
    return run(saved(book).document, str(value))


def text_rule(kind: str, text: str) -> Rule:
    return Rule(type=kind, operator=kind, text=text, dxf=DifferentialStyle(font=RED))


RULES = (
    CellIsRule(operator="equal", formula=['"đúng hạn"'], font=RED),
    text_rule("containsText", "HẠN"),
    FormulaRule(formula=["$B1>3"], fill=BLUE),
    FormulaRule(formula=["TRUE"], font=WHITE, fill=BLUE),
    ColorScaleRule(start_type="min", start_color="FFFF0000", end_type="max", end_color="FF00FF00"),
)


@pytest.mark.parametrize("rule", RULES)
def test_letters_on_a_sheet_with_a_condition_are_not_called_unseen(rule: Rule) -> None:
    perhaps = conditional("Tổng cộng", rule, font=WHITE)
    assert (perhaps.colour, perhaps.origin) == (None, Origin.TEXT)
    assert conditional("Tổng cộng", rule, font=RED).colour == "C00000"
    assert conditional("Tổng cộng", rule).colour == "000000"
    assert conditional("Tổng cộng", rule, where="B1:C9", font=WHITE).origin is Origin.TEXT


def test_rules_of_the_newer_extension_are_read() -> None:
    extension = (
        '<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
        '<x14:conditionalFormattings><x14:conditionalFormatting><x14:cfRule type="expression" priority="1"><xm:f>TRUE</xm:f>'
        '<x14:dxf><font><color rgb="FFC00000"/></font></x14:dxf></x14:cfRule><xm:sqref>A1:A5</xm:sqref>'
        "</x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>"
    )
    cells = (
        "<sheetData><row r='1'><c r='A1' t='inlineStr'><is><r><rPr><color rgb='FFFFFFFF'/></rPr><t>mở rộng</t></r></is></c></row>"
        "</sheetData>"
    )
    assert find(read(workbook(cells + extension)), "mở rộng").origin is Origin.TEXT
    assert find(read(workbook(cells)), "mở rộng").origin is Origin.HIDDEN


def test_a_broken_table_part_hides_no_cell() -> None:
    cells = "<sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>còn đây</t></is></c></row></sheetData>"
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": RELATIONS,
        "xl/tables/table1.xml": "<table",
    }
    assert find(read(workbook(cells, more=parts)), "còn đây")


@pytest.mark.system
@pytest.mark.slow
@needs_libreoffice
def test_conditions_that_libreoffice_saves_in_other_formats_leave_colours(tmp_path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row, text in enumerate(("Quá hạn", "Đúng hạn", "Tổng hợp", "Bên ngoài"), 1):
        sheet.cell(row, 1, text)
    sheet.conditional_formatting.add("A1:A2", CellIsRule(operator="equal", formula=['"Quá hạn"'], font=RED))
    sheet.conditional_formatting.add("A3", FormulaRule(formula=["$B$1>3"], font=RED))
    book.save(tmp_path / "a.xlsx")
    convert([tmp_path / "a.xlsx"], "ods", tmp_path)
    convert([tmp_path / "a.xlsx"], "xls", tmp_path)
    opened = read_any(tmp_path / "a.ods").document
    colours = {each.text: each.colour for each in opened.runs if each.locator.startswith("cell:")}
    assert colours == dict.fromkeys(("Quá hạn", "Đúng hạn", "Tổng hợp", "Bên ngoài"), "000000")
    source = Source(data=(tmp_path / "a.xls").read_bytes(), part="1", detected_type="application/vnd.ms-excel")
    old = {each.text: each.colour for each in xls.read(source, Budget()).document.runs if each.text in colours}
    assert set(old.values()) <= {"auto", "000000"}
