"""Workbooks: every sheet and what is around it, with the look of every cell."""

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from gateway.documents.readers.base import Budget, Reading, Source
from gateway.documents.readers.excel.formulas import formula_kind, formula_words
from gateway.documents.readers.excel.xlsx_headers import header_lines
from gateway.documents.readers.excel.xlsx_values import show_number, show_text
from gateway.documents.readers.ooxml.reader import read as read_ooxml
from gateway.documents.readers.ooxml.theme import NO_THEME
from gateway.documents.readers.sink import NO_FACE
from gateway.model import Origin, ReadStatus, Role
from tests.readers.ooxml_support import package, read, relationships
from tests.support.octets import file_of
from tests.support.reading import find

MARK = "TUYỆT MẬT"
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def saved(book: openpyxl.Workbook) -> Reading:
    return read(file_of(book))


def workbook(sheet: str, *, strings: str = "", styles: str = "", more: dict[str, str | bytes] | None = None) -> bytes:
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": f'<workbook {S}><sheets><sheet name="Tờ 1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(
            {
                "rId1": ("worksheet", "worksheets/sheet1.xml"),
                "rId2": ("sharedStrings", "sharedStrings.xml"),
                "rId3": ("styles", "styles.xml"),
            }
        ),
        "xl/worksheets/sheet1.xml": f"<worksheet {S}>{sheet}</worksheet>",
        "xl/sharedStrings.xml": f"<sst {S}>{strings}</sst>",
        "xl/styles.xml": f"<styleSheet {S}>{styles}</styleSheet>",
        **(more or {}),
    }
    return package(parts)


def test_cells_have_font_size_colour_and_place() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Danh sách"
    sheet["B7"] = "Uỷ ban"
    sheet["B7"].font = Font(name="Times New Roman", size=13, bold=True, color="FFC00000")
    sheet["B7"].fill = PatternFill("solid", fgColor="FFFFFF00")
    sheet["C7"] = 42
    run = find(saved(book), "Uỷ ban")
    assert (run.font, run.size_pt, run.bold, run.colour, run.background) == (
        "Times New Roman",
        13.0,
        True,
        "C00000",
        "FFFF00",
    )
    assert (run.locator, run.role, run.origin) == ("cell:Danh sách!B7", Role.CELL, Origin.TEXT)
    assert find(saved(book), "42").locator == "cell:Danh sách!C7"


def test_rich_strings_keep_the_look_of_each_piece() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = CellRichText("đầu ", TextBlock(InlineFont(rFont="Arial", b=True, color="FFFF0000"), "giữa"))
    reading = saved(book)
    middle, start = find(reading, "giữa"), find(reading, "đầu")
    assert (middle.font, middle.bold, middle.colour, middle.block) == ("Arial", True, "FF0000", start.block)
    assert start.font == "Calibri"


def test_hidden_sheets_rows_columns_and_letters_are_hidden() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row, text in enumerate(("seen", "row", "white"), 1):
        sheet.cell(row, 1, text)
    sheet["C1"] = "column"
    sheet["D1"] = "format"
    sheet["D1"].number_format = ";;;"
    sheet["E1"], sheet["A4"] = "thin column", "thin row"
    sheet.column_dimensions["E"].width, sheet.row_dimensions[4].height = 0.1, 1.5
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["C"].hidden = True
    sheet["A3"].font = Font(color="FFFFFFFF")
    for state in ("hidden", "veryHidden"):
        other = book.create_sheet(state)
        other["A1"] = f"on {state}"
        other.sheet_state = state
    reading = saved(book)
    assert find(reading, "seen").origin is Origin.TEXT
    for text in ("row", "column", "thin row", "thin column", "white", "format", "on hidden", "on veryHidden"):
        assert find(reading, text).origin is Origin.HIDDEN, text


def test_white_on_dark_is_seen() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "x1"
    book.active["A1"].font = Font(color="FFFFFFFF")
    book.active["A1"].fill = PatternFill("solid", fgColor="FF1F4E78")
    assert find(saved(book), "x1").origin is Origin.TEXT


def test_words_around_the_cells_are_read() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Tên tờ"
    sheet["A1"] = '="kết "&"quả"'
    sheet["A2"].comment = Comment("ghi chú", "x")
    sheet.oddHeader.center.text = "đầu trang"
    sheet.oddHeader.center.font = "Arial,Bold"
    sheet.evenFooter.left.text = "chân trang"
    validation = DataValidation(type="list", formula1='"chọn một,chọn hai"', prompt="lời nhắc", promptTitle="tựa")
    validation.add("B1")
    sheet.add_data_validation(validation)
    book.defined_names["ten_goi"] = DefinedName("ten_goi", attr_text='"hằng số"')
    reading = saved(book)
    assert find(reading, "kết quả").role is Role.FIELD
    assert (find(reading, "ghi chú").role, find(reading, "ghi chú").locator) == (Role.COMMENT, "cell:Tên tờ!A2")
    header = find(reading, "đầu trang")
    assert (header.role, header.font, header.bold, header.origin) == (Role.HEADER, "Arial", True, Origin.TEXT)
    assert (find(reading, "chân trang").role, find(reading, "chân trang").origin) == (Role.FOOTER, Origin.HIDDEN)
    assert find(reading, "Tên tờ").role is Role.NAME
    for text in ("lời nhắc", "tựa", "chọn một", "ten_goi", "hằng số"):
        assert find(reading, text).origin is Origin.HIDDEN, text


@pytest.mark.parametrize(
    ("part", "root", "shown"),
    [
        ("xl/timelines/timeline1", '<timelines><timeline caption="{}"/></timelines>', True),
        ("xl/pivotTables/pivotTable1", '<pivotTableDefinition grandTotalCaption="{}"/>', True),
        ("xl/pivotTables/pivotTable1", '<pivotTableDefinition><pivotField subtotalCaption="{}"/></pivotTableDefinition>', True),
        ("xl/pivotTables/pivotTable1", '<pivotTableDefinition><filter/><pivotFilter stringValue1="{}"/></pivotTableDefinition>', False),
        ("xl/worksheets/sheet1", '<worksheet xmlns="{{S}}"><autoFilter><filter val="{}"/></autoFilter></worksheet>', False),
        ("xl/worksheets/sheet1", '<worksheet xmlns="{{S}}"><conditionalFormatting><cfRule text="{}"/></conditionalFormatting></worksheet>', False),
    ],
)  # fmt: skip
def test_captions_in_attributes_are_read_and_what_cells_are_compared_with_is_not(
    part: str, root: str, shown: bool
) -> None:
    xml = root.format(MARK).replace("{S}", S.split('"')[1])
    words = {run.text for run in read(workbook("", more={f"{part}.xml": xml})).document.runs}
    assert (MARK in words) is shown


def test_strings_that_no_cell_shows_are_still_read() -> None:
    strings = f"<si><t>shown</t></si><si><t>{MARK}</t></si><si><t>漢</t><rPh><t>phonetic</t></rPh></si>"
    sheet = '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>2</v></c></row></sheetData>'
    reading = read(workbook(sheet, strings=strings))
    assert find(reading, "shown").origin is Origin.TEXT
    assert find(reading, MARK).origin is Origin.HIDDEN
    assert find(reading, "phonetic").origin is Origin.HIDDEN


@pytest.mark.parametrize(
    "cell",
    [
        f"<c t='inlineStr'><is><t>{MARK}</t></is></c>",
        "<c t='inlineStr'><is><r><t>TUYỆT </t></r><r><rPr><b/></rPr><t>MẬT</t></r></is></c>",
        f"<c t='str'><v>{MARK}</v></c>",
        f"<c t='e'><v>{MARK}</v></c>",
        f"<c><v>{MARK}</v></c>",
        f"<c><unknown>{MARK}</unknown></c>",
        f"<c>{MARK}</c>",
        f"<other>{MARK}</other>",
    ],
)
def test_text_in_any_form_of_cell_is_read(cell: str) -> None:
    runs = read(workbook(f"<sheetData><row>{cell}</row></sheetData>")).document.runs
    assert MARK in "".join(run.text for run in runs)


def test_theme_and_indexed_colours_and_tints_are_resolved() -> None:
    styles = (
        '<fonts><font><name val="A"/><sz val="11"/><color theme="1"/></font><font><name val="B"/><color theme="4" tint="-0.25"/></font>'
        '<font><color indexed="10"/></font><font><color auto="1"/></font></fonts><fills><fill/><fill><patternFill '
        'patternType="solid"><fgColor indexed="8"/></patternFill></fill></fills><cellXfs>'
        + "".join(f'<xf fontId="{font}" fillId="{fill}"/>' for font, fill in ((0, 0), (1, 0), (2, 0), (3, 1)))
        + "</cellXfs>"
    )
    row = "".join(f'<c s="{i}" t="str"><v>cell{i}</v></c>' for i in range(4))
    runs = [
        run
        for run in read(workbook(f"<sheetData><row>{row}</row></sheetData>", styles=styles)).document.runs
        if run.role is Role.CELL
    ]
    assert [run.colour for run in runs] == ["000000", "2F5597", "FF0000", "FFFFFF"]
    assert runs[3].background == "000000"


def test_shapes_on_sheets_have_look_and_place() -> None:
    xdr = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
    drawing = (
        f'<xdr:wsDr xmlns:xdr="{xdr}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:twoCellAnchor>'
        "<xdr:from><xdr:col>1</xdr:col></xdr:from><xdr:sp><xdr:nvSpPr><xdr:cNvPr id='2' name='TextBox 1' descr='mô tả'/>"
        "</xdr:nvSpPr><xdr:spPr/><xdr:txBody><a:bodyPr/><a:p><a:r><a:rPr sz='1400' b='1'><a:solidFill><a:srgbClr "
        f"val='C00000'/></a:solidFill><a:latin typeface='Arial'/></a:rPr><a:t>{MARK}</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
        "</xdr:twoCellAnchor></xdr:wsDr>"
    )
    more = {
        "xl/worksheets/_rels/sheet1.xml.rels": relationships({"rId1": ("drawing", "../drawings/drawing1.xml")}),
        "xl/drawings/drawing1.xml": drawing,
    }
    reading = read(workbook("<sheetData/>", more=more))
    run = find(reading, MARK)
    assert (run.font, run.size_pt, run.colour, run.bold) == ("Arial", 14.0, "C00000", True)
    assert (run.role, run.locator, run.boxed) == (Role.TEXTBOX, "sheet:Tờ 1", True)
    assert find(reading, "mô tả").role is Role.ALT_TEXT
    style = "<xdr:style><a:fillRef idx='1'><a:srgbClr val='4472C4'/></a:fillRef><a:fontRef idx='minor'><a:srgbClr val='FFFFFF'/></a:fontRef></xdr:style>"  # fmt: skip
    more["xl/drawings/drawing1.xml"] = drawing.replace("<xdr:spPr/>", f"<xdr:spPr/>{style}")
    assert find(read(workbook("<sheetData/>", more=more)), MARK).background == "4472C4"


def test_vml_with_unclosed_tags_is_read_all_the_same() -> None:
    vml = f"<xml xmlns:v='urn:schemas-microsoft-com:vml'><v:shape><v:textbox><div>{MARK}<br>x</div></v:textbox></v:shape></xml>"
    reading = read(workbook("<sheetData/>", more={"xl/drawings/vmlDrawing1.vml": vml}))
    assert reading.document.status is ReadStatus.OK
    assert MARK in find(reading, MARK).text


def test_repeated_long_strings_are_charged() -> None:
    strings = f"<si><t>{'x' * 100_000}</t></si>"
    cells = "".join(f'<c r="A{i}" t="s"><v>0</v></c>' for i in range(1, 1000))
    data = workbook(f"<sheetData><row>{cells}</row></sheetData>", strings=strings)
    reading = read_ooxml(Source(data=data, part="1"), Budget(limit_bytes=10_000_000))
    assert (reading.document.status, reading.document.reason) == (ReadStatus.LIMIT, "bytes")


def test_a_binary_workbook_is_unsupported() -> None:
    parts = {"xl/workbook.xml": b"\x83\x01\x00"}
    data = package(parts, types={"xl/workbook.xml": "application/vnd.ms-excel.sheet.binary.macroEnabled.main"})
    assert read(data).document.status in {ReadStatus.UNSUPPORTED, ReadStatus.MALFORMED}


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        ("45000", "dd/mm/yyyy", "15/03/2023"),
        ("0.5", "hh:mm", "12:00"),
        ("3", '"MẬT "0', "MẬT 3"),
        ("3", '0" đồng"', "3 đồng"),
        ("-3", '0;"âm"', "âm"),
        ("0", '0;-0;"không"', "không"),
        ("0.25", "0%", "25%"),
        ("1234567890123456", "General", "1.23456789012346e+15"),
        ("5", "[$₫-42A]0", "₫5"),
        ("x", "0", "x"),
    ],
)
def test_numbers_show_the_words_of_their_format(value: str, code: str, shown: str) -> None:
    assert show_number(value, code).text == shown


def test_texts_show_the_words_of_their_format() -> None:
    assert show_text("a", '0;0;0;"nhãn "@').text == "nhãn a"
    assert show_text("a", ";;;").hidden
    assert show_text("a", "@").text == "a"


@pytest.mark.parametrize(
    ("formula", "words", "kind"),
    [
        ('"TUYỆT"&" "&"MẬT"', "TUYỆT MẬT", None),
        ("UNICHAR(77)&UNICHAR(7852)&CHAR(84)", "MẬT", None),
        ('IF(A1="x","một ""hai""","")', 'một "hai"', None),
        ('COUNTIFS(C:C,"MẬT",D:D,"*"&"TỐI MẬT"&"*")', "", None),
        ('IF(ISNUMBER(SEARCH("MẬT",A1)),1,0)', "", None),
        ('VLOOKUP("MẬT",A1:B9,2,0)&LOOKUP(1,{1,"M"})', "M", None),
        ('SUMIF(A:A,"x",B:B)&"MẬT"', "MẬT", None),
        ("IF(MATCH(1,'a('!A:A,0)>0,\"MẬT\",0)", "MẬT", None),
        ("IF(MATCH(\"MẬT\",'a)'!A:A,0)>0,1,0)", "", None),
        ('HYPERLINK("https://x.vn/","TỐI MẬT")', "https://x.vn/TỐI MẬT\nhttps://x.vn/\nTỐI MẬT", None),
        ('of:=IF([.B1]="MẬT";"TUY"&"ỆT";"")', "TUYỆT", None),
        ('of:="MẬT"', "MẬT", None),
        ('IF(\'a"\'!A1=1,"MẬT","x")', "MẬTx\nMẬT\nx", None),
        ('IF(T[\'#"]=1,"MẬT","x")', "MẬTx\nMẬT\nx", None),
        ("cmd|'/c calc'!A0", "", "dde"),
        ('WEBSERVICE("https://x.test")', "https://x.test", "external-object"),
        ("SUM(A1:B2)", "", None),
    ],
)
def test_formulas_give_their_literals(formula: str, words: str, kind: str | None) -> None:
    assert (formula_words(formula), formula_kind(formula)) == (words, kind)


@pytest.mark.parametrize(
    ("formula", "value", "words"),
    [
        ('IF(A1>1,"MẬT","Thường")', "Thường", ""),
        ('IF(A1>1,"MẬT","")', "", ""),
        ('of:=CHOOSE([.A1];"Thường";"MẬT")', "MẬT", ""),
        ('IF(A1>1,"MẬT","Thường")', "khác", "MẬTThường\nMẬT\nThường"),
        ('IF(A1>1,"MẬT","Thường")', None, "MẬTThường\nMẬT\nThường"),
        ('IF(A1="",B1,"MẬT")', "", "MẬT"),
        ('IF(_xlfn.RANDARRAY ()<2,"MẬT","")', "", "MẬT"),
        ('IF(\'TODAY ()\'!A1,"MẬT","")', "", ""),
        ('IF(A1,"M"&"ẬT","")', "", "MẬT"),
        ('HYPERLINK("","MẬT")', "", "MẬT"),
    ],
)
def test_of_the_words_that_a_formula_may_choose_the_saved_one_is_shown(
    formula: str, value: str | None, words: str
) -> None:
    assert formula_words(formula, value) == words


def test_header_codes_are_parsed_into_sections_and_looks() -> None:
    code = '&Ltrái&C&"Times New Roman,Bold"&14MẬT&KFF0000 đỏ&R&A && &P'
    sections = list(header_lines(code, NO_FACE, NO_THEME, sheet="Tờ"))
    assert [[text for text, _ in section] for section in sections] == [["trái"], ["MẬT", " đỏ"], ["Tờ", " ", "&", " "]]
    mark, red = sections[1][0][1], sections[1][1][1]
    assert (mark.font, mark.bold, mark.size_pt, red.colour) == ("Times New Roman", True, 14.0, "FF0000")
