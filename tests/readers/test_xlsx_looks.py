"""What table styles and conditional formats make of a cell's letters and ground."""

from __future__ import annotations

import shutil

import openpyxl
import pytest
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule, DifferentialStyle, FormulaRule, Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.table import Table, TableStyleInfo

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.conditions import Test as Condition
from gateway.documents.readers.conditions import constant, holds
from gateway.documents.readers.excel import xls
from gateway.documents.readers.excel.overlays import Area, Box, Change, Overlays, boxes
from gateway.documents.readers.excel.overlays import Rule as Format
from gateway.documents.readers.ooxml.sink import Face
from gateway.model import Document, Origin
from gateway.vietnamese.typography import examine
from tests.readers.ooxml_support import convert, read, read_any
from tests.readers.test_xlsx import S, find, saved, workbook

RED = Font(color="FFC00000")
WHITE_ON_BLUE = (Font(color="FFFFFFFF"), PatternFill(bgColor="FF1F4E78"))


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


def near(colour: str | None, wanted: str | None) -> bool:
    """Equal but for one step of each channel: Excel rounds between colour spaces."""
    if colour is None or wanted is None:
        return colour is wanted
    return all(abs(a - b) <= 1 for a, b in zip(bytes.fromhex(colour), bytes.fromhex(wanted), strict=True))


def run(document: Document, text: str):
    return next(each for each in document.runs if each.text == text)


@pytest.mark.parametrize(
    ("style", "head", "ground", "body"),
    [
        ("TableStyleLight1", "000000", None, "000000"),
        ("TableStyleLight2", "366092", None, "366092"),
        ("TableStyleLight9", "FFFFFF", "4F81BD", "000000"),
        ("TableStyleLight16", "000000", None, "000000"),
        ("TableStyleMedium2", "FFFFFF", "4F81BD", "000000"),
        ("TableStyleMedium9", "FFFFFF", "4F81BD", "000000"),
        ("TableStyleMedium16", "FFFFFF", "4F81BD", "000000"),
        ("TableStyleMedium23", "000000", "DCE6F1", "000000"),
        ("TableStyleDark2", "FFFFFF", "000000", "FFFFFF"),
        ("TableStyleDark9", "FFFFFF", "C0504D", "000000"),
        ("NoSuchStyle", "000000", None, "000000"),
    ],
)
def test_built_in_table_styles_colour_head_and_body(style: str, head: str, ground: str | None, body: str) -> None:
    document = table(style)
    assert near(run(document, "Họ tên").colour, head)
    assert near(run(document, "Họ tên").background, ground)
    assert near(run(document, "Bình").colour, body)
    assert run(document, "Họ tên").origin is Origin.TEXT


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
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@NUMBER_FORMATS
def test_a_number_format_colours_the_same_texts_of_the_old_format(code: str, colour: str, tmp_path) -> None:
    formatted(code).save(tmp_path / "a.xlsx")
    convert([tmp_path / "a.xlsx"], "xls", tmp_path)
    runs = xls.read(Source(data=(tmp_path / "a.xls").read_bytes(), part="1"), Budget()).document.runs
    found = next(each for each in runs if "Văn thư" in each.text).colour
    assert found == colour or (found, colour) == ("auto", "000000")


def test_stripes_and_end_columns_are_those_that_the_table_shows() -> None:
    document = table("TableStyleMedium9", showFirstColumn=True)
    assert run(document, "An").colour == "FFFFFF"
    assert near(run(document, "Văn thư").background, "B8CCE4")
    assert near(run(document, "Kế toán").background, "DCE6F1")


def test_a_colour_of_the_cell_itself_wins_over_the_table() -> None:
    document = table("TableStyleMedium2", header=RED)
    assert run(document, "Họ tên").colour == "C00000"
    assert run(document, "Họ tên").background == "4F81BD"
    white = table("TableStyleMedium2", header=Font(color="FFFFFFFF"))
    assert run(white, "Họ tên").origin is Origin.TEXT


def test_table_styles_of_the_workbook_are_followed() -> None:
    styles = (
        "<fonts><font><name val='Times New Roman'/><color rgb='FF000000'/></font></fonts>"
        "<cellXfs><xf fontId='0'/></cellXfs>"
        "<dxfs><dxf><font><color rgb='FFFFFFFF'/></font><fill><patternFill patternType='solid'><bgColor rgb='FF203864'/>"
        "</patternFill></fill></dxf></dxfs>"
        "<tableStyles><tableStyle name='Kiểu 1'><tableStyleElement type='headerRow' dxfId='0'/></tableStyle></tableStyles>"
    )
    cells = "<sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>Đầu bảng</t></is></c></row></sheetData>"
    reading = read(
        workbook(
            cells,
            styles=styles,
            more={
                "xl/worksheets/_rels/sheet1.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
                'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/table" Target="../tables/table1.xml"/></Relationships>',
                "xl/tables/table1.xml": f'<table {S} ref="A1:A3"><tableStyleInfo name="Kiểu 1"/></table>',
            },
        )
    )
    assert find(reading, "Đầu bảng").colour == "FFFFFF"
    assert find(reading, "Đầu bảng").background == "203864"


def conditional(value: object, rule: object, where: str = "A1:A9", font: Font | None = None):
    book = openpyxl.Workbook()
    book.active["A1"] = value
    if font is not None:
        book.active["A1"].font = font
    book.active.conditional_formatting.add(where, rule)
    return run(saved(book).document, str(value))


def text_rule(kind: str, text: str) -> Rule:
    return Rule(type=kind, operator=kind, text=text, dxf=DifferentialStyle(font=RED))


@pytest.mark.parametrize(
    ("rule", "colour"),
    [
        (CellIsRule(operator="equal", formula=['"quá hạn"'], font=RED), "C00000"),
        (CellIsRule(operator="equal", formula=['"đúng hạn"'], font=RED), "000000"),
        (CellIsRule(operator="greaterThan", formula=["5"], font=RED), None),
        (CellIsRule(operator="equal", formula=["$B$1"], font=RED), None),
        (text_rule("containsText", "HẠN"), "C00000"),
        (text_rule("beginsWith", "đúng"), "000000"),
        (FormulaRule(formula=["TRUE"], font=RED), "C00000"),
        (FormulaRule(formula=["0"], font=RED), "000000"),
        (FormulaRule(formula=["$B1>3"], font=RED), None),
        (Rule(type="duplicateValues", dxf=DifferentialStyle(font=RED)), None),
        (FormulaRule(formula=["$B1>3"], fill=PatternFill(bgColor="FFFFFF00")), "000000"),
        (ColorScaleRule(start_type="min", start_color="FFFF0000", end_type="max", end_color="FF00FF00"), "000000"),
    ],
)
def test_a_conditional_colour_is_told_where_the_cell_decides_and_unknown_elsewhere(rule: Rule, colour) -> None:
    assert conditional("Quá hạn", rule).colour == colour


def test_a_cell_outside_the_range_of_a_rule_keeps_its_look() -> None:
    assert conditional("Quá hạn", FormulaRule(formula=["TRUE"], font=RED), where="B1:C9").colour == "000000"


def test_a_rule_that_colours_a_ground_shows_letters_that_were_white() -> None:
    font, fill = WHITE_ON_BLUE
    shown = conditional("Tổng cộng", FormulaRule(formula=["TRUE"], font=font, fill=fill))
    assert (shown.colour, shown.background, shown.origin) == ("FFFFFF", "1F4E78", Origin.TEXT)
    perhaps = conditional("Tổng cộng", FormulaRule(formula=["B1>3"], fill=fill), font=font)
    assert (perhaps.colour, perhaps.origin) == (None, Origin.TEXT)


def test_nobody_is_blamed_for_a_colour_that_cannot_be_told() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "Danh sách cán bộ, công chức"
    book.active["A1"].font = Font(name="Times New Roman", color="FF000000")
    book.active.conditional_formatting.add("A1:Z99", FormulaRule(formula=["ISBLANK(B1)"], font=RED))
    assert examine(saved(book).document).black_share == 1


def test_the_rule_of_most_weight_decides_and_may_stop_the_others() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "chữ"
    sheet.conditional_formatting.add("A1", FormulaRule(formula=["TRUE"], font=Font(color="FF008000"), stopIfTrue=True))
    sheet.conditional_formatting.add("A1:A2", FormulaRule(formula=["TRUE"], font=RED))
    assert run(saved(book).document, "chữ").colour == "008000"


def test_rules_of_the_newer_extension_are_read() -> None:
    extension = (
        '<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
        '<x14:conditionalFormattings><x14:conditionalFormatting><x14:cfRule type="expression" priority="1"><xm:f>TRUE</xm:f>'
        '<x14:dxf><font><color rgb="FFC00000"/></font></x14:dxf></x14:cfRule><xm:sqref>A1:A5</xm:sqref>'
        "</x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>"
    )
    cells = "<sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>mở rộng</t></is></c></row></sheetData>"
    assert find(read(workbook(cells + extension)), "mở rộng").colour == "C00000"


@pytest.mark.parametrize(
    ("kind", "operands", "value", "held"),
    [
        ("between", ("1", "5"), 3.0, True),
        ("between", ("5", "1"), 3.0, True),
        ("notBetween", ("1", "5"), 7.0, True),
        ("lessThan", ("10%",), 0.05, True),
        ("greaterThanOrEqual", ("5",), 5.0, True),
        ("notEqual", ('"a"',), "A", False),
        ("equal", ("1",), True, False),
        ("equal", ('"say ""no"""',), 'Say "NO"', True),
        ("lessThan", ("NOW()",), 3.0, None),
        ("endsWith", ('"5"',), 15.0, True),
        ("unheard of", ("1",), 1.0, None),
        ("between", ("1",), 1.0, None),
    ],
)
def test_conditions_are_true_false_or_unknown(kind, operands, value, held) -> None:
    assert holds(Condition(kind, tuple(constant(each) for each in operands)), value) is held


def test_ranges_are_read_in_every_form() -> None:
    assert list(boxes("B2 $A$1:C3 D:E 4:6 nonsense! A1:")) == [
        Box(1, 1, 1, 1),
        Box(0, 0, 2, 2),
        Box(0, 3, 1_048_575, 4),
        Box(3, 0, 5, 16_383),
        Box(0, 0, 0, 0),
    ]


def test_too_many_areas_cost_little_and_blame_nobody() -> None:
    rule = Format(Condition("expression", (True,)), Change("FF0000"))
    many = Overlays(Area(Box(row, 0, 1_000_000, 9), rule=rule) for row in range(200_000))
    assert many.face(Face("Arial", 11, "FF0000"), 5, 5, lambda: "a", own=True).colour is None


def test_a_broken_table_part_hides_no_cell() -> None:
    cells = "<sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>còn đây</t></is></c></row></sheetData>"
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/table" Target="../tables/table1.xml"/></Relationships>',
        "xl/tables/table1.xml": "<table",
    }
    assert find(read(workbook(cells, more=parts)), "còn đây")


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_conditions_that_libreoffice_saves_in_other_formats_are_followed_or_unknown(tmp_path) -> None:
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
    # OpenDocument cells whose colour cannot be told are given as automatic ones.
    assert colours == {"Quá hạn": "C00000", "Đúng hạn": "000000", "Tổng hợp": "auto", "Bên ngoài": "000000"}
    source = Source(data=(tmp_path / "a.xls").read_bytes(), part="1", detected_type="application/vnd.ms-excel")
    old = {each.text: each.colour for each in xls.read(source, Budget()).document.runs if each.text in colours}
    assert old == {"Quá hạn": None, "Đúng hạn": None, "Tổng hợp": None, "Bên ngoài": old["Bên ngoài"]}
    assert old["Bên ngoài"] in {"auto", "000000"}
