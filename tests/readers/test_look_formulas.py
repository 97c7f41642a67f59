"""What a sheet shows by formula and format: read where the value or the format says it, else *cannot tell*."""

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font
from openpyxl.styles.differential import DifferentialStyle

from gateway.documents.readers import plain
from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.excel.formulas import is_uncertain, is_unclear
from gateway.documents.readers.excel.xlsx_values import format_words, show_number, show_text
from gateway.documents.readers.word import rtf
from gateway.model import Document
from gateway.vietnamese.marks import find_in_document
from tests.readers.ooxml_support import read, word
from tests.support.octets import file_of

UNCLEAR = (
    'MID("xMzẬyT",2,1)&MID("xMzẬyT",4,1)', 'SUBSTITUTE("MQT","Q","Ậ")',
    'VLOOKUP(2,{1,"a";2,"M"},2)&HLOOKUP(1,{1,2;"Ậ","x"},2)', '"M"&B1&"T"', "A1&B1&C1", "CONCATENATE(A1,B1,C1)",
    "CHAR(60+17)&A2", 'UPPER("mật")', 'TEXT(60,"mmmmm")&"ẬT"', "ROMAN(1000)", '_xlfn.TEXTJOIN("",TRUE,A1:C1)',
    "BASE(29,36)", "ĐổiSố(A1)", 'of:=REPT("M";1)',
)  # fmt: skip
CLEAR = (
    "SUM(A1:A9)*1.1", 'IF(A1>5,"Đạt","Không đạt")', 'IFERROR(VLOOKUP(A2,Sheet2!$A$1:$C$90,3,FALSE),"")', 'A2&" "&B2',
    '"Tổng cộng: "&SUM(B2:B9)&" đồng"', '"M"&"Ậ"&"T"', "UNICHAR(77)&UNICHAR(7852)&CHAR(84)",
    'TEXT(TODAY(),"dd/mm/yyyy")', '"Ngày "&TEXT(A1,"dd/mm/yyyy")', "INDEX(B2:B90,MATCH(D1,A2:A90,0))",
    "of:=SUM([.B1:.B4])", "TRIM(A5)", "DOLLAR(A5)", "'Thu & chi'!B5", "Bang[Thu&chi]", "of:=['Thu&chi'.B5]*2",
    'of:="Tổng: "&SUM([.B1:.B4])',
)  # fmt: skip


def saved(book: openpyxl.Workbook) -> Document:
    return read(file_of(book)).document


def kinds(document: Document) -> set[str]:
    return {one.kind for one in document.active_content}


@pytest.mark.parametrize("formula", UNCLEAR)
def test_a_formula_that_makes_words_is_unclear(formula):
    assert is_unclear(formula)


@pytest.mark.parametrize("formula", CLEAR)
def test_a_formula_of_numbers_and_whole_cells_is_clear(formula):
    assert not is_unclear(formula)


@pytest.mark.parametrize(
    ("formula", "uncertain"),
    [
        ('MID("xMẬTx",2,3)', True),
        ('IF(A1>1,LEFT("MẬTx",3),REPT("M",1)&"ẬT")', True),
        ('of:=+("M"&LEFT("ẬTx";2))', True),
        ('IFERROR(_xlfn.TEXTJOIN("",TRUE,A1:C1),"")', True),
        ('_xlfn.IFS(A1=1,LEFT(B1,2),TRUE,MID("xMẬTx",2,3))', True),
        ("_xlfn.IFS(LEFT(B1,2),1,LEFT(B1,3),ABS(B2))", False),
        ("_xlfn.SWITCH(A1,1,LEFT(B1,2),RIGHT(B1,2))", True),
        ("_xlfn.SWITCH(A1,1,LEFT(B1,2),0)", False),
        ("_xlfn.LET(_xlpm.x,1,LEFT(B1,2))", True),
        ("_xlfn.LET(_xlpm.x,LEFT(B1,2),LEN(_xlpm.x))", False),
        ("DOLLAR(A1)", False),
        ('LEFT(A1,2)=LEFT("12x",2)', False),
        ('SUMPRODUCT(--(LEFT(A1:A9,2)="12"),B1:B9)', False),
        ('IF(A1>1,MID("xMẬTx",2,3),0)', False),
        ('LEN(SUBSTITUTE(A1,"a",""))', False),
        ('"Tổng: "&SUM(C1:C3)', False),
        ("'Thu & chi'!B5+CONVERT(1,A1,A2)", False),
    ],
)
def test_a_number_saved_for_a_formula_that_makes_text_is_not_its_value(formula, uncertain):
    assert is_uncertain(formula, saved=True, number=True) is uncertain


def test_nested_formulas_cost_no_more_than_a_few():
    assert is_uncertain("IF(A1," * 9000 + '"M"&LEFT(A1)', saved=True, number=True) is False


@pytest.mark.parametrize(("formula", "reported"), [(UNCLEAR[0], True), (CLEAR[1], False)])
def test_a_workbook_without_the_value_of_such_a_formula_is_cannot_tell(formula, reported):
    book = openpyxl.Workbook()
    book.active["B4"] = f"={formula}"
    assert ("look-formula" in kinds(saved(book))) is reported


@pytest.mark.parametrize(
    ("cell", "reported"),
    [
        (f"={UNCLEAR[1]}", True),
        ('=IF(A1>5;"Đạt";"Không")', False),
        ("Tổng", False),
        ("+ Kinh tế & Xã hội", False),
        ("@Net & Telecom", False),
        ("=> xem A & B", False),
        ("+A1&B1", True),
        ("=data!A1&'x y'.B2", True),
        ("=A:A&B:B", True),
    ],
)
def test_a_csv_is_a_sheet_too(cell, reported):
    quoted = cell.replace('"', '""')
    data = f'tên,số\n"{quoted}",5\n'.encode()
    document = plain.read(Source(data=data, part="1", filename="a.csv"), Budget()).document
    assert ("look-formula" in kinds(document)) is reported


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        ("46100", 'mmmmm"ẬT"', "MẬT"),
        ("0", '"M"#"Ậ"#"T"', "MẬT"),
        ("5", '[>100]0;"MẬT"', "MẬT"),
        ("1", '[=1]"Có";[=0]"Không"', "Có"),
        ("0", '[=1]"Có";[=0]"Không"', "Không"),
        ("46100.5", "hh:mm AM/PM", "12:00 PM"),
        ("0.0208333333", "mm:ss", "29:59"),
        ("46100", "dddd, d mmmm yyyy", "Thursday, 19 March 2026"),
        ("912345678", "0000-000-000", "--912345678"),
        ("-5", "0;(0)", "(5)"),
        ("-5", "0", "-5"),
    ],
)
def test_a_format_puts_its_letters_where_it_says(value, code, shown):
    assert show_number(value, code).text == shown


def test_a_text_is_placed_where_its_format_says():
    assert show_text("Ậ", '0;0;0;"M"@"T"').text == "MẬT"


def test_a_word_that_a_condition_seeks_is_not_shown():
    book = openpyxl.Workbook()
    rule = Rule(
        type="containsText", operator="containsText", text="MẬT", dxf=DifferentialStyle(font=Font(color="C00000"))
    )
    rule.formula = ['NOT(ISERROR(SEARCH("MẬT",A1)))', 'A1="TUYỆT MẬT"']
    book.active.conditional_formatting.add("A1:A9", rule)
    assert not list(find_in_document(saved(book)))


def test_formats_of_charts_and_conditions_are_read():
    assert format_words('"M"\\Ậ"T"') == ["MẬT"]
    assert format_words("dd/mm/yyyy;@") == []
    book = openpyxl.Workbook()
    sheet = book.active
    for row in range(1, 4):
        sheet.append([row, row * 2])
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3))
    chart.y_axis.number_format = '"TỐI "\\M"ẬT"'
    sheet.add_chart(chart, "D2")
    assert [mark.level.value for mark in find_in_document(saved(book))] == ["toi_mat"]


@pytest.mark.parametrize(
    ("cells", "found"),
    [("TẬM", True), ("ẬTM", True), ("IỐTMẬT", True), ("TMA", False), ("ABC", False)],
)
def test_letters_of_a_level_in_neighbouring_cells_are_suspected_in_any_order(cells, found):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.sheet_view.rightToLeft = True
    for column, letter in enumerate(cells, 1):
        sheet.cell(4, column, letter)
    assert bool(find_in_document(saved(book))) is found


@pytest.mark.parametrize(
    ("codes", "marked"),
    [
        (("SYMBOL 77", "SYMBOL 7852 \\u", "SYMBOL 0x54"), True),
        (("EQ \\o(M)", "SYMBOL 7852", "EQ T"), True),
        (("EQ \\o(M)", "EQ \\o(Â,.)", "EQ T"), True),
        (("MACROBUTTON NoMacro TUYỆT", "GOTOBUTTON x MẬT"), True),
        (('EQ \\* jc2 \\* "Font:Times New Roman" \\* hps14 \\o\\ad(\\s\\up 13(TỐI MẬT),Kế hoạch)',), True),
        (("EQ \\* jc0 \\o(\\s\\up 12(M),-)", "EQ \\o(\\s\\up 12(Ậ),-)", "EQ \\o(\\s\\up 12(T),-)"), True),
        (("EQ \\* jc0 \\o(\\s\\up 12(.),M)", "EQ \\o(\\s\\up 12(.),Ậ)", "EQ \\o(\\s\\up 12(.),T)"), True),
        (("EQ \\* jc0 \\o(\\s\\up 12(V),-)", "EQ \\o(\\s\\up 12(Ậ),-)", "EQ \\o(\\s\\up 12(T),-)"), False),
        (("EQ \\o\\ac(○,M)", "EQ \\o\\ac(□,Ậ)", "EQ \\o\\ac(○,T)"), True),
        (("EQ \\* jc2 \\o\\ad(\\s\\up 13(CẬP NHẬT),Kế hoạch)", "EQ \\o\\ac(○,1)"), False),
        (("DATE \\@ \"'M'\"", "SYMBOL 7852", "TIME \\@ 'T'"), True),
        (("SYMBOL 183 \\f Symbol", "PAGE", "EQ \\f(1,2)"), False),
        (("DATE \\@ \"'ngày' dd 'tháng' MM\"", "MACROBUTTON a [BẢO MẬT]", "EQ \\o(o,.)"), False),
    ],
)
def test_letters_that_a_field_spells_are_read_in_their_place(codes, marked):
    begin, end = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>', '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    for result in ("", '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t></w:t></w:r>'):
        fields = "".join(f"{begin}<w:r><w:instrText>{code}</w:instrText></w:r>{result}{end}" for code in codes)
        assert bool(find_in_document(read(word(f"<w:p>{fields}</w:p>")).document)) is marked
    fields = "".join(f"{{\\field{{\\*\\fldinst {code}}}{{\\fldrslt}}}}" for code in map(rich_text, codes))
    source = Source(data=f"{{\\rtf1\\ansi {fields}\\par}}".encode(), part="1")
    assert bool(find_in_document(rtf.read(source, Budget()).document)) is marked


def rich_text(words: str) -> str:
    escaped = words.replace("\\", "\\\\")
    return "".join(letter if letter.isascii() else f"\\u{ord(letter)}?" for letter in escaped)


def test_a_field_with_a_result_shows_its_result():
    code = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DATE \\@ &quot;&apos;ậ&apos;&quot;</w:instrText></w:r>'
    shown = '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>á</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    body = f"<w:p><w:r><w:t>M</w:t></w:r>{code}{shown}<w:r><w:t>T</w:t></w:r></w:p>"
    assert not find_in_document(read(word(body)).document)
