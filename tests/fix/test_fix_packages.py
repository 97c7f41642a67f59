"""`gateway fix` on workbooks and OpenDocument texts: what is fixed, what keeps its look, what stays byte for byte, what is refused."""

import io
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Font, PatternFill

from gateway.fix import RefusedError, fix, refusal
from gateway.fix.package import rewritten
from gateway.fix.xml_spans import Part
from gateway.model import Document, Language, Origin, Role
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.typography import examine
from tests.fix.test_fix import LEGACY, docx, paragraph
from tests.support.cases import examples
from tests.support.cost import least_cost
from tests.support.legacy_letters import encode
from tests.support.libreoffice import convert, needs_libreoffice
from tests.support.octets import file_of, members, zipped
from tests.support.opendocument import face, opendocument, style
from tests.support.reading import document_of as read
from tests.support.reading import lines
from tests.text.letters import CELLS, SENTENCES


def workbook(fill: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None]) -> bytes:
    """A workbook with shared strings."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    fill(book, book.add_worksheet("Một"))
    book.close()
    return target.getvalue()


def words(document: Document, *roles: Role) -> list[str]:
    shown = [run for run in document.runs if run.origin is Origin.TEXT and run.role in roles]
    return [text for text in lines(shown) if text.strip()]


@pytest.mark.parametrize(("charset", "font"), LEGACY)
def test_a_legacy_workbook_becomes_unicode_times_new_roman_and_black(charset, font):
    def fill(book, sheet):
        plain, red = book.add_format({"font_name": font}), book.add_format({"font_name": font, "font_color": "red"})
        for row, cell in enumerate(CELLS):
            sheet.write(row, 0, encode(cell, charset), red if row % 3 else plain)
        sheet.write_rich_string("B1", plain, encode("Quyết ", charset), red, encode("định số", charset), plain)
        sheet.write_formula("B2", '=A1&" x"', plain, encode(CELLS[0], charset) + " x")
        sheet.set_header(f'&L&"{font},Bold"{encode("Ủy ban nhân dân", charset)}&R&KFF0000&P')

    data = workbook(fill)
    fixed = fix(data)
    document = read(fixed.data, "a.xlsx")
    report = examine(document)
    assert words(document, Role.CELL)[:2] == [CELLS[0], "Quyết định số"]
    assert {*CELLS, "Quyết định số", f"{CELLS[0]} x"} <= set(words(document, Role.CELL))
    assert any("Ủy ban nhân dân" in text for text in words(document, Role.HEADER))
    assert (report.font_share, report.black_share, report.legacy_letters) == (1, 1, 0)
    before, after = members(data), members(fixed.data)
    changed = {name for name in before if before[name] != after[name]}
    assert list(before) == list(after)
    assert changed == {"xl/sharedStrings.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"}
    assert fix(fixed.data).data == fixed.data


@pytest.mark.parametrize(
    ("fonts", "code", "after"),
    [
        ([".VnTime"], '#,##0 "®ång"', '#,##0 "đồng"'),
        ([".VnTime", "Arial"], r"#,##0\ ®", r"#,##0\ đ"),
        (["Arial"], '#,##0 "®"', '#,##0 "®"'),
        ([".VnTime"], "#,##0 [$₫-42A]", "#,##0 [$₫-42A]"),
        ([".VnTime"], "_-* #,##0 [$€-1]_-;0 _€", "_-* #,##0 [$€-1]_-;0 _€"),
        ([".VnTimeH"], "General;[Red]dd/mm", "General;[Red]dd/mm"),
    ],
)
def test_words_beside_numbers_change_with_the_font_that_shows_them(fonts, code, after):
    def fill(book, sheet):
        for row, font in enumerate(fonts):
            sheet.write(row, 0, 1234, book.add_format({"font_name": font, "num_format": code}))

    fixed = openpyxl.load_workbook(io.BytesIO(fix(workbook(fill)).data)).active
    assert (fixed["A1"].number_format, fixed["A1"].font.name) == (after, "Times New Roman")


@pytest.mark.parametrize("style", ["-99", "99"])
def test_a_style_that_there_is_not_says_nothing_of_a_number(style):
    def fill(book, sheet):
        sheet.write(0, 0, 1234, book.add_format({"num_format": '0 "®"'}))
        sheet.write(1, 0, "qu¶n lý", book.add_format({"font_name": ".VnTime"}))

    parts, sheet = members(workbook(fill)), "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b's="1"', b's="%b"' % style.encode())
    assert b"0 &quot;\xc2\xae&quot;" in members(fix(zipped(parts)).data)["xl/styles.xml"]


def test_strings_inside_cells_and_capital_fonts_are_fixed():
    book = openpyxl.Workbook()
    book.active["A1"] = "qu¶n lý"
    book.active["A1"].font = Font(name=".VnTimeH")
    document = read(fix(file_of(book)).data, "a.xlsx")
    assert words(document, Role.CELL) == ["QUẢN LÝ"]


def test_light_letters_on_a_filled_ground_and_links_keep_their_colour():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A3"] = "trắng trên xanh", "đỏ trên giấy", "liên kết"
    sheet["A1"].font = Font(name="Arial", color="FFFFFFFF")
    sheet["A1"].fill = PatternFill("solid", fgColor="FF000080")
    sheet["A2"].font = Font(name="Arial", color="FFFF0000")
    sheet["A3"].font = Font(name="Times New Roman", color=openpyxl.styles.colors.Color(theme=10))
    target = file_of(book)
    looks = {run.text: (run.font, run.colour) for run in read(fix(target).data, "a.xlsx").runs}
    assert looks["trắng trên xanh"] == ("Times New Roman", "FFFFFF")
    assert looks["đỏ trên giấy"][1] in ("auto", "000000")
    assert looks["liên kết"] == ("Times New Roman", "0000FF")


def test_a_workbook_in_order_is_returned_as_it_is():
    def fill(book, sheet):
        sheet.write("A1", "Độc lập", book.add_format({"font_name": "Times New Roman"}))

    once = fix(workbook(fill)).data
    assert fix(once).data is once


def test_words_that_formulas_tables_or_macros_compare_with_are_not_half_converted():
    def formula(book, sheet):
        for row, cell in enumerate(CELLS):
            sheet.write(row, 0, encode(cell, Charset.TCVN3), book.add_format({"font_name": ".VnTime"}))
        sheet.write_formula("B1", f'=IF(A1="{encode("Họ và tên", Charset.TCVN3)}",1,2)')

    def table(book, sheet):
        heads = [{"header": encode("Đơn vị", Charset.TCVN3)}, {"header": "x"}]
        sheet.add_table("A1:B3", {"columns": heads, "data": [[encode(cell, Charset.TCVN3), 1] for cell in CELLS[:2]]})
        for row, cell in enumerate(CELLS):
            sheet.write(row + 5, 0, encode(cell, Charset.TCVN3), book.add_format({"font_name": ".VnTime"}))

    plain = workbook(
        lambda book, sheet: sheet.write(
            "A1", encode("Đơn vị", Charset.TCVN3), book.add_format({"font_name": ".VnTime"})
        )
    )
    with_macros = zipped(members(plain) | {"xl/vbaProject.bin": b"x"})
    for data in (workbook(formula), workbook(table), with_macros):
        with pytest.raises(RefusedError) as refused:
            fix(data)
        assert refused.value.cause == "sheet-bound"
        assert "UniKey" in refusal(refused.value, Language.VI)
    assert fix(plain).tally.converted[Charset.TCVN3] == 1


def test_one_string_that_two_fonts_read_in_two_ways_is_refused():
    def fill(book, sheet):
        for row, font in enumerate((".VnTime", "Times New Roman")):
            sheet.write(row, 0, "Hµ Néi", book.add_format({"font_name": font}))
            sheet.write(row, 1, "Độc lập tự do hạnh phúc", book.add_format({"font_name": "Times New Roman"}))

    with pytest.raises(RefusedError) as refused:
        fix(workbook(fill))
    assert refused.value.cause == "sheet-fonts"


@pytest.mark.parametrize(("charset", "font"), LEGACY)
def test_a_legacy_opendocument_text_becomes_unicode_times_new_roman_and_black(charset, font):
    automatic = style("P1", 'style:font-name="F1"', parent="Old") + style("T1", 'fo:color="#ff0000"', family="text")
    body = "".join(f'<text:p text:style-name="P1">{encode(s, charset)}</text:p>' for s in SENTENCES)
    body += f'<text:p text:style-name="Old">{encode("quyết", charset)}<text:s/><text:span text:style-name="T1">{encode("định", charset)}</text:span></text:p>'
    data = opendocument(
        "text",
        body,
        automatic=automatic,
        faces=face("F1", f"&apos;{font}&apos;", ' style:font-family-generic="swiss" style:font-charset="x-symbol"'),
        common=style("Old", 'style:font-name="F1" fo:color="#0000ff" style:use-window-font-color="false"'),
        **{"Pictures/a.png": b"\x89PNG", "meta.xml": b"<m/>"},
    )
    fixed = fix(data)
    document = read(fixed.data, "a.odt")
    report = examine(document)
    assert words(document, Role.BODY) == [*SENTENCES, "quyết định"]
    assert (report.font_share, report.black_share, report.legacy_letters) == (1, 1, 0)
    before, after = members(data), members(fixed.data)
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == {"content.xml", "styles.xml"}
    assert fix(fixed.data).data == fixed.data


def test_stamps_links_symbols_and_unused_faces_of_an_opendocument_text_stay():
    automatic = "".join(
        (
            style("P1", 'style:font-name="T" fo:color="#ff0000"'),
            style("T2", 'style:font-name="W"', family="text"),
            style("T3", 'fo:color="#000080"', family="text"),
            style(
                "P4",
                'style:font-name="T" fo:color="#00ff00"><loext:char-complex-color loext:theme-type="accent1"/></style:text-properties><!--',
            ).replace("/></style:style>", "--></style:style>"),
        )
    )
    body = (
        '<text:p text:style-name="P1">HỎA TỐC</text:p><text:p>ký <text:span text:style-name="T2">a</text:span></text:p>'
        '<text:p><text:a xlink:href="http://a.vn"><text:span text:style-name="T3">liên kết</text:span></text:a></text:p>'
        '<text:p text:style-name="P4">chữ xanh</text:p>'
    )
    faces = face("T", "Times New Roman") + face("W", "Wingdings") + face("S", "SimSun")
    after = members(fix(opendocument("text", body, automatic=automatic, faces=faces)).data)["content.xml"].decode()
    assert 'fo:color="#ff0000"' in after
    assert 'fo:color="#000080"' in after
    assert "#00ff00" not in after
    assert "char-complex-color" not in after
    assert 'svg:font-family="Wingdings"' in after
    assert 'svg:font-family="SimSun"' in after


@pytest.mark.parametrize(
    ("parts", "cause"),
    [
        ({"META-INF/documentsignatures.xml": b"<s/>"}, "signed"),
        ({"META-INF/manifest.xml": b"<manifest:manifest><manifest:encryption-data/></manifest:manifest>"}, "encrypted"),
        ({"content.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}, "damaged"),
        ({"content.xml": b"<a><b></a>"}, "damaged"),
        ({"content.xml": '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16")}, "damaged"),
    ],
)
def test_what_cannot_be_changed_safely_is_refused(parts, cause):
    with pytest.raises(RefusedError) as refused:
        fix(opendocument("text", "<text:p>a</text:p>", **parts))
    assert refused.value.cause == cause


@examples(60)
@given(
    st.text(alphabet="<>/=\"'& abcrtsvix:0123\u00b5\u00e9", max_size=60),
    st.sampled_from(["content", "sheet", "strings"]),
)
def test_any_content_is_fixed_or_refused(text, where):
    if where == "content":
        data = opendocument("text", f"<text:p>{text}</text:p>")
    else:
        sheet = text if where == "sheet" else '<row><c t="s" s="0"><v>0</v></c></row>'
        strings = text if where == "strings" else "<si><t>a</t></si>"
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        parts = {
            "xl/workbook.xml": f'<workbook xmlns="{space}"/>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}"><sheetData>{sheet}</sheetData></worksheet>',
            "xl/sharedStrings.xml": f'<sst xmlns="{space}">{strings}</sst>',
            "xl/styles.xml": f'<styleSheet xmlns="{space}"><fonts><font><name val="Arial"/></font></fonts><cellXfs><xf fontId="0"/></cellXfs></styleSheet>',
        }
        data = zipped({name: content.encode() for name, content in parts.items()})
    try:
        fixed = fix(data)
    except RefusedError:
        return
    assert zipfile.is_zipfile(io.BytesIO(fixed.data))


@pytest.mark.system
@needs_libreoffice
def test_libreoffice_reads_what_was_fixed(tmp_path):
    def fill(book, sheet):
        for row, cell in enumerate(CELLS):
            sheet.write(row, 0, encode(cell, Charset.VNI), book.add_format({"font_name": "VNI-Times"}))

    body = "".join(f'<text:p text:style-name="P1">{encode(s, Charset.TCVN3)}</text:p>' for s in SENTENCES)
    text = opendocument("text", body, automatic=style("P1", 'style:font-name="F1"'), faces=face("F1", ".VnTime"))
    (tmp_path / "a.xlsx").write_bytes(fix(workbook(fill)).data)
    (tmp_path / "b.odt").write_bytes(fix(text).data)
    for kind, name in (("csv:Text - txt - csv (StarCalc):44,34,76", "a.xlsx"), ("txt:Text (encoded):UTF8", "b.odt")):
        convert([tmp_path / name], kind, tmp_path)
    assert (tmp_path / "a.csv").read_text("utf-8").split("\n")[: len(CELLS)] == list(CELLS)
    assert (tmp_path / "b.txt").read_text("utf-8-sig").strip().split("\n") == list(SENTENCES)


def test_the_parts_of_an_element_are_found_however_they_are_written():
    data = b"""<?p <a>?><!-- <a> --><a b="x>color='red' y" color='#ff0000'><b /><![CDATA[<b>]]>&#38;lt;</a>"""
    part = Part(data)
    place = part.attribute(part.root, "color")
    assert place is not None
    assert data[place.value : place.value_end] == b"#ff0000"
    assert [data[part.span(one).start : part.span(one).end] for one in part.iter()] == [data[21:], b"<b />"]


def test_a_string_that_cells_of_many_formats_show_is_judged_once_a_font():
    def fill(book, sheet):
        sheet.write_rich_string("A1", *[part for _ in range(500) for part in (book.add_format({"bold": True}), "chữ ")])
        for number in range(1, 500):
            sheet.write_string(
                number, 0, "x", book.add_format({"indent": number % 250, "align": ("left", "right")[number // 250]})
            )

    data = workbook(fill)
    sheet = members(data)["xl/worksheets/sheet1.xml"]
    shown = re.sub(rb"<v>\d+</v>", b"<v>0</v>", sheet)
    assert least_cost(lambda: fix(zipped(members(data) | {"xl/worksheets/sheet1.xml": shown})), 1) < 2


def test_a_part_of_too_many_tags_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr("gateway.fix.xml_spans._LIMIT_TAGS", 2)
    assert Part(b"<r a='1'/>").root.get("a") == "1"
    with pytest.raises(RefusedError, match="too_large"):
        Part(b"<r><x/></r")


@pytest.mark.parametrize("limit", ["_LIMIT_BYTES", "_LIMIT_FILES"])
def test_a_package_beyond_a_limit_is_too_large_and_not_damaged(monkeypatch, limit):
    monkeypatch.setattr(f"gateway.fix.package.{limit}", 3)
    with pytest.raises(RefusedError) as refused:
        fix(docx(paragraph("Chào", "Arial")))
    assert refused.value.cause == "too_large"


def test_a_package_keeps_its_comment_with_the_parts_that_are_not_changed():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.comment = "Bản lưu của phòng".encode()
        package.writestr("a.xml", b"<a/>")
        package.writestr("b.xml", b"<b/>")
    with zipfile.ZipFile(io.BytesIO(rewritten(target.getvalue(), {"b.xml": b"<c/>"}))) as package:
        assert package.comment.decode() == "Bản lưu của phòng"
        assert [package.read(name) for name in ("a.xml", "b.xml")] == [b"<a/>", b"<c/>"]


@pytest.mark.parametrize("method", [None, 97])
def test_a_package_with_a_picture_that_cannot_be_read_is_refused(method: int | None):
    picture = bytes(range(256)) * 20
    data = bytearray(docx(paragraph("Chào", "Arial"), extra={"word/media/a.png": picture}))
    assert fix(bytes(data)).tally.fonts
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        entry = package.getinfo("word/media/a.png")
    if method is None:
        data[entry.header_offset + 30 + len(entry.filename) + 2] ^= 0xFF
    else:
        data[entry.header_offset + 8] = data[data.rfind(b"PK\x01\x02", 0, data.rfind(b"word/media/a.png")) + 10] = (
            method
        )
    with pytest.raises(RefusedError) as refused:
        fix(bytes(data))
    assert refused.value.cause == "damaged"


def test_a_blank_picture_that_was_packed_to_nearly_nothing_is_copied():
    data = docx(paragraph("Chào", "Arial"), extra={"word/media/a.bmp": bytes(3 << 20)})
    assert members(fix(data).data)["word/media/a.bmp"] == bytes(3 << 20)
