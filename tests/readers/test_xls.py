"""Excel workbooks before 2007: every place of a workbook, every dialect, and what is damaged."""

import io
import struct

import pytest
from PIL import Image

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.excel import xls
from gateway.documents.readers.ole.writer import write_compound
from gateway.model import Origin, ReadStatus, Role
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.marks import find_in_document
from tests.readers.ole_support import atom, biff, globals_of, record, short, workbook
from tests.support.corpus import CORPUS, needs_corpus, rows
from tests.support.legacy_letters import decode, encode
from tests.support.libreoffice import converted, needs_libreoffice
from tests.support.reading import seen, unread


def read(data: bytes):
    return xls.read(Source(data=data, part="1"), Budget())


def runs(*records, before=(), state=0, name="Bảng"):
    return read(workbook([(name, state, records)], before=before)).document.runs


def label(text: str, row: int = 6, column: int = 1, style: int = 0) -> bytes:
    return record(0x204, struct.pack("<HHH", row, column, style) + short(text, octets=2))


def font(name: str, *, colour: int = 0x7FFF, size: int = 220) -> bytes:
    return record(0x31, struct.pack("<HHHHHBBBB", size, 0, colour, 400, 0, 0, 0, 0, 0) + short(name))


def style(number_of_font: int, *, form: int = 0, pattern: int = 0, fore: int = 64) -> bytes:
    return record(0xE0, struct.pack("<HHHHHIIH", number_of_font, form, 0, 0, 0, 0, pattern << 26, fore | 65 << 7))


def texts(found, role=Role.CELL):
    return [run.text for run in found if run.role is role]


FIRST = record(0xFD, struct.pack("<HHHI", 0, 0, 0, 0))
"""A cell that shows the first shared string."""
_TABLE = b"\x01\0\0\0\x01\0\0\0"
_PALETTE = record(0x92, struct.pack("<H", 56) + bytes((1, 2, 3, 0)) * 56)
_RICH = _TABLE + struct.pack("<HBH", 6, 9, 1) + "TỐIMẬT".encode("utf-16-le") + struct.pack("<HH", 3, 1)
_FORMAT = record(0x41E, struct.pack("<H", 200) + short('"MẬT "0', octets=2))
_SHORT = struct.pack("<HHHIHIH", 0, 0, 0, 5 << 2 | 2, 0, 1234 << 2 | 3, 1)
READ = {
    "sheet and reference": ([label("TỐI MẬT")], (), "text locator", [("TỐI MẬT", "cell:Bảng!B7")]),
    "look by the style": (
        [label("X")], (font("Arial"), font("Times New Roman", colour=10, size=260), style(1, pattern=1, fore=13)),
        "font size_pt colour background", [("Times New Roman", 13, "FF0000", "FFFF00")]),
    "a palette of the file": ([label("X")], (font("Arial", colour=10), _PALETTE, style(0)), "colour", ["010203"]),
    "numbers of fonts leave out the fourth": ([label("X")], (*map(font, "abcdef"), style(5)), "font", ["e"]),
    "a rich string is cut where its fonts change": (
        [FIRST], (font("Arial"), font("Cambria"), style(0), record(0xFC, _RICH)), "text font", [("TỐI", "Arial"), ("MẬT", "Cambria")]),
    "a continued string may change its width": (
        [FIRST], (record(0xFC, _TABLE + struct.pack("<HB", 5, 0) + b"MA"), record(0x3C, b"\x01" + "ẬTx".encode("utf-16-le"))),
        "text", ["MAẬTx"]),
    "a string that no cell shows": (
        [], (record(0xFC, b"\0\0\0\0\x01\0\0\0" + short("MẬT", octets=2)),), "text origin", [("MẬT", Origin.HIDDEN)]),
    "words of a number format": (
        [record(0x203, struct.pack("<HHHd", 0, 0, 0, 5))], (font("Arial"), _FORMAT, style(0, form=200)), "text", ["MẬT 5"]),
    "numbers in short forms": (
        [record(0xBD, _SHORT), record(0x27E, struct.pack("<HHHI", 1, 0, 0, 0x40590000))], (), "text", ["5", "12.34", "100"]),
    "white letters": ([label("MẬT")], (font("Arial", colour=9), style(0)), "origin", [Origin.HIDDEN]),
}  # fmt: skip
"""Records of a sheet and those before it; which attributes its cells then have."""


@pytest.mark.parametrize("title", READ)
def test_cells_are_read_with_their_look(title):
    records, before, names, expected = READ[title]
    assert seen([run for run in runs(*records, before=before) if run.role is Role.CELL], names) == expected


@pytest.mark.parametrize("cut", range(11, 24))
def test_a_shared_string_may_go_on_in_the_next_record_at_any_letter(cut):
    letters = "TUYỆT MẬT"
    whole = b"\x01\0\0\0\x01\0\0\0" + struct.pack("<HB", len(letters), 1)
    room = (cut - 11) // 2
    first = whole + letters[:room].encode("utf-16-le")
    second = b"\x01" + letters[room:].encode("utf-16-le")
    before = (record(0xFC, first), record(0x3C, second))
    assert texts(runs(record(0xFD, struct.pack("<HHHI", 0, 0, 0, 0)), before=before)) == [letters]


def test_the_text_of_a_formula_and_its_constants_are_read():
    value = b"\0" * 6 + b"\xff\xff"
    tokens = b"\x17" + short("MẬ") + b"\x17" + short("T") + b"\x08"
    cell = struct.pack("<HHH", 0, 0, 0) + value + struct.pack("<HI", 0, 0) + len(tokens).to_bytes(2, "little") + tokens
    found = runs(record(0x06, cell), record(0x207, short("MẬT", octets=2)))
    assert texts(found) == ["MẬT"]
    assert [(run.text, run.origin) for run in found if run.role is Role.FIELD] == [("MẬT", Origin.HIDDEN)]


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["https://x.vn/", "TỐI MẬT", b"\x42\x02\x67\x01"], "https://x.vn/TỐI MẬT\nhttps://x.vn/\nTỐI MẬT"),
        (["MẬT", b"\x0b", "Công văn", b"\x42\x02\x01\x00"], "Công văn"),
        (["a", "TUY", "ỆT", b"\x08"], "aTUYỆT\na\nTUYỆT"),
    ],
)
def test_an_argument_of_a_formula_is_a_line_of_its_own(tokens: list[str | bytes], words: str):
    """As programs that compute nothing write them: the cell holds no text yet."""
    code = b"".join(token if isinstance(token, bytes) else b"\x17" + short(token) for token in tokens)
    cell = struct.pack("<HHHdHIH", 0, 0, 0, 0.0, 0, 0, len(code)) + code
    assert [run.text for run in runs(record(0x06, cell)) if run.role is Role.FIELD] == [words]


@pytest.mark.parametrize(
    ("tokens", "uncertain"),
    [
        (b"\x17" + short("TỐI MẬT ONG") + b"\x1e\x07\0\x42\x02\x73\0", True),  # LEFT("TỐI MẬT ONG",7)
        (b"\x44" + b"\0" * 4 + b"\x17" + short("ẬT") + b"\x08", True),  # A1&"ẬT"
        (b"\x17" + short("Tổng: ") + b"\x25" + b"\0" * 8 + b"\x19\x10\0\0\x08", False),  # "Tổng: "&SUM(A1:B2)
        (b"\x25" + b"\0" * 8 + b"\x17" + short("MẬT") + b"\x41\x5a\x01", False),  # COUNTIF(A1:B2,"MẬT")
    ],
)
@pytest.mark.parametrize("shared", [False, True])
def test_a_number_saved_for_a_formula_that_makes_words_is_no_value(tokens: bytes, uncertain: bool, shared: bool):
    """As LibreOffice, xlwt and POI save what they have not computed."""
    own = b"\x01\0\0\0\0" if shared else tokens
    cell = record(0x06, struct.pack("<HHHdHIH", 0, 0, 0, 0.0, 0, 0, len(own)) + own)
    common = record(0x4BC, struct.pack("<HHBBHH", 0, 5, 0, 0, 6, len(tokens)) + tokens)
    document = read(workbook([("A", 0, (cell, *((common,) if shared else ())))])).document
    assert ("look-formula" in {one.kind for one in document.active_content}) is uncertain
    assert "MẬT" not in [run.text for run in document.runs]


def test_words_of_the_number_format_of_a_chart_are_shown():
    before = (record(0x41E, struct.pack("<H", 200) + short('"MẬT"', octets=2)),)
    assert "MẬT" in texts(runs(record(0x104E, struct.pack("<H", 200)), before=before), Role.TEXTBOX)
    assert not texts(runs(record(0x104E, struct.pack("<H", 4)), before=before), Role.TEXTBOX)


def test_pictures_behind_the_cells_and_in_headers_are_handed_on():
    core = struct.pack("<IHHHH", 12, 2, 2, 1, 24) + bytes(16)
    picture = b"\x89PNG\r\n\x1a\n" + bytes(20)
    drawing = atom(0xF01E, bytes(17) + picture, instance=0x6E0)
    sheet = (record(0xE9, struct.pack("<HHI", 9, 1, len(core)) + core), record(0x866, bytes(14) + drawing))
    behind, head = read(workbook([("Bảng", 0, sheet)])).members
    assert Image.open(io.BytesIO(behind.data)).size == (2, 2)
    assert head.data == picture


@pytest.mark.parametrize(
    ("records", "state"),
    [
        ((label("MẬT"),), 1),
        ((label("MẬT"),), 2),
        ((record(0x208, struct.pack("<HHHHHHHH", 6, 0, 1, 255, 0, 0, 0x20, 0)), label("MẬT")), 0),
        ((record(0x7D, struct.pack("<HHHHH", 1, 1, 2000, 0, 1)), label("MẬT")), 0),
    ],
)
def test_hidden_sheets_rows_and_columns_say_so(records, state):
    assert [run.origin for run in runs(*records, state=state) if run.role is Role.CELL] == [Origin.HIDDEN]


def box(number: int, text: str) -> tuple[bytes, ...]:
    common = struct.pack("<HHHH", 0x15, 0x12, 0x19, number) + bytes(14)
    head = struct.pack("<HHIHHHI", 0, 0, 0, 0, len(text), 16, 0)
    return (
        record(0x5D, common),
        record(0x1B6, head),
        record(0x3C, b"\x01" + text.encode("utf-16-le")),
        record(0x3C, struct.pack("<HHIHHI", 0, 0, 0, len(text), 0, 0)),
    )


@pytest.mark.parametrize(
    ("words", "marked"), [(("MẬT", "ONG"), False), (("BẢO", "MẬT"), False), (("TỐI", "MẬT"), True)]
)
def test_lines_of_a_text_box_are_one_phrase(words: tuple[str, str], marked: bool):
    document = read(workbook([("A", 0, box(1, "\n".join(words)))])).document
    assert bool(find_in_document(document)) is marked


def test_headers_notes_and_text_boxes_have_their_roles():
    note = record(0x1C, struct.pack("<HHHH", 2, 3, 0, 1) + short("người", octets=2))
    found = runs(
        record(0x14, short("&CĐẦU", octets=2)),
        record(0x15, short("&LCUỐI", octets=2)),
        *box(1, "GHI"),
        *box(2, "HỘP"),
        note,
    )
    assert [(run.text, run.role, run.locator) for run in found if run.role is not Role.NAME] == [
        ("ĐẦU", Role.HEADER, "header:1"),
        ("CUỐI", Role.FOOTER, "footer:1"),
        ("GHI", Role.COMMENT, "cell:Bảng!D3"),
        ("người", Role.PROPERTY, "cell:Bảng!D3"),
        ("HỘP", Role.TEXTBOX, "sheet:Bảng,textbox:1"),
    ]


def test_the_comment_of_a_defined_name_is_read():
    letters = "MẬT".encode("utf-16-le")
    comment = record(0x894, struct.pack("<H10xHH", 0x894, 3, 3) + b"\0ten" + b"\x01" + letters)
    assert [(run.text, run.locator) for run in runs(before=(comment,)) if run.role is Role.NAME][:1] == [
        ("MẬT", "name:ten")
    ]


def test_defined_names_and_their_constants_are_read():
    tokens = b"\x17" + short("MẬT")
    name = (
        struct.pack("<HBBHHHBBBB", 0, 0, 3, len(tokens), 0, 0, 0, 0, 0, 0)
        + b"\x01"
        + "ten".encode("utf-16-le")
        + tokens
    )
    assert {run.text for run in runs(before=(record(0x18, name),))} >= {"ten", "MẬT"}


def test_dde_links_and_macro_sheets_are_active_content():
    link = record(0x1AE, struct.pack("<H", 0) + short("cmd\x03/c calc", octets=2))
    document = read(workbook([("a", 0, ())], before=(link,))).document
    assert {active.kind for active in document.active_content} == {"dde"}
    macro = record(0x809, struct.pack("<HHHHII", 0x600, 0x40, 0, 0, 0, 0)) + record(0x0A, b"")
    document = read(
        write_compound({("Workbook",): globals_of() + macro, ("_VBA_PROJECT_CUR", "VBA", "dir"): b"x"})
    ).document
    assert {active.kind for active in document.active_content} == {"macro"}


def test_old_dialects_keep_legacy_letters_one_for_one_octet():
    octets = encode("Tối Mật", Charset.TCVN3).encode("cp1252")
    names = record(0x31, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + b"\7.VnTime")
    cell = record(0x204, struct.pack("<HHHH", 0, 0, 0, len(octets)) + octets)
    stream = globals_of(names, version=0x0500) + biff(cell, version=0x0500)
    (run,) = [run for run in read(write_compound({("Book",): stream})).document.runs if run.role is Role.CELL]
    assert (decode(run.text, run.font).text, run.font) == ("Tối Mật", ".VnTime")


def test_the_first_record_of_a_file_alone_says_how_its_words_are_written():
    """Excel 97 and later save for Excel 95 with sheets that begin as their own do."""
    cell = record(0x204, struct.pack("<HHHH", 0, 0, 0, 12) + b"TUYET MAT so")
    stream = globals_of(version=0x0500) + biff(cell, version=0x0600)
    assert "TUYET MAT so" in texts(read(write_compound({("Book",): stream})).document.runs)


def test_a_second_workbook_for_old_versions_is_hidden_text():
    data = write_compound(
        {("Workbook",): globals_of() + biff(label("mới")), ("Book",): globals_of() + biff(label("MẬT"))}
    )
    found = [(run.text, run.origin) for run in read(data).document.runs if run.role is Role.CELL]
    assert found == [("mới", Origin.TEXT), ("MẬT", Origin.HIDDEN)]


def test_a_stream_that_ends_early_is_partial():
    document = read(write_compound({("Workbook",): globals_of() + biff(label("MẬT"))[:-4]})).document
    assert (document.status, document.reason) == (ReadStatus.PARTIAL, "no-end")
    assert texts(document.runs) == ["MẬT"]


def test_what_is_no_workbook_is_malformed():
    for data in (write_compound({("x",): b"y"}), write_compound({("Workbook",): b"hello there"})):
        assert unread(read, data)[0] is ReadStatus.MALFORMED


SMALL = workbook(
    [("Bảng", 0, (label("MẬT"), record(0xFD, struct.pack("<HHHI", 0, 0, 0, 0)), record(0x14, short("&CX", octets=2))))],
    before=(font("Arial"), style(0), record(0xFC, b"\x01\0\0\0\x01\0\0\0" + short("TỐI", octets=2))),
)


LABELLED = [row for row in rows("vietnam") if row["file"].endswith(".xls")]


@needs_corpus
@pytest.mark.parametrize("line", LABELLED, ids=lambda line: line["file"])
def test_every_text_cell_that_xlrd_finds_is_found_with_its_font(line):
    xlrd = pytest.importorskip("xlrd")
    data = (CORPUS / line["file"]).read_bytes()
    book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    expected = {}
    for sheet in book.sheets():
        for row in range(sheet.nrows):
            for column in range(sheet.row_len(row)):
                if sheet.cell_type(row, column) == xlrd.XL_CELL_TEXT and sheet.cell_value(row, column).strip():
                    style_of = book.xf_list[sheet.cell_xf_index(row, column)]
                    place = f"cell:{sheet.name}!{xlrd.cellname(row, column)}"
                    expected[place] = (sheet.cell_value(row, column), book.font_list[style_of.font_index].name)
    found: dict[str, list] = {}
    for run in read(data).document.runs:
        if run.role is Role.CELL:
            found.setdefault(run.locator, []).append(run)
    for place, (text, face) in expected.items():
        assert "".join(run.text for run in found[place]) == text
        assert found[place][0].font == face or len(found[place]) > 1


@needs_libreoffice
@pytest.mark.system
@pytest.mark.slow
def test_marks_in_every_place_of_a_file_by_libreoffice_are_found(tmp_path):
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "dấu-sheet"
    sheet["B7"] = "dấu-cell"
    sheet["B7"].font = Font(name="Times New Roman", size=14, color="FFFF0000")
    sheet["A9"] = "dấu-row"
    sheet.row_dimensions[9].hidden = True
    sheet["A3"] = '="dấu-"&"formula"'
    sheet["E5"].comment = Comment("dấu-comment", "ai")
    sheet.oddHeader.center.text = "dấu-header"
    sheet.oddFooter.left.text = "dấu-footer"
    book.create_sheet("ẩn")["A1"] = "dấu-hidden"
    book["ẩn"].sheet_state = "hidden"
    book.properties.title = "dấu-property"
    book.save(tmp_path / "a.xlsx")
    found = {run.text: run for run in read(converted(tmp_path / "a.xlsx", "xls")).document.runs}
    assert {text: found[text].role for text in found if text.startswith("dấu")} == {
        "dấu-sheet": Role.NAME, "dấu-cell": Role.CELL, "dấu-row": Role.CELL, "dấu-formula": Role.CELL,
        "dấu-comment": Role.COMMENT, "dấu-header": Role.HEADER, "dấu-footer": Role.FOOTER, "dấu-hidden": Role.CELL,
        "dấu-property": Role.PROPERTY,
    }  # fmt: skip
    assert found["dấu-hidden"].origin is found["dấu-row"].origin is Origin.HIDDEN
    assert (found["dấu-cell"].font, found["dấu-cell"].size_pt, found["dấu-cell"].colour) == (
        "Times New Roman",
        14,
        "FF0000",
    )


def test_a_sheet_within_another_record_is_read_where_the_list_of_sheets_says():
    bound = record(0x85, bytes(6) + short("Bảng"))
    at = len(globals_of(bound)) + 4
    bound = record(0x85, struct.pack("<IH", at, 0) + short("Bảng"))
    stream = globals_of(bound) + record(0x0FFF, biff(label("MẬT")))
    assert texts(read(write_compound({("Workbook",): stream})).document.runs) == ["MẬT"]


CODE = short('"MẬT";;', octets=2)
LOOK = struct.pack("<IHH", 1 << 25, 1, 2 + len(CODE)) + CODE
LATER = bytes(12)
"""The header of a record of newer versions."""


@pytest.mark.parametrize(
    "condition",
    [
        record(0x1B1, struct.pack("<BBHH", 2, 0, 0, 0) + LOOK),
        record(0x87A, LATER + struct.pack("<BBHHI", 2, 0, 0, 0, len(LOOK)) + LOOK),
        record(0x87B, LATER + bytes(13) + b"\1" + struct.pack("<I", len(LOOK)) + LOOK),
        record(0x88D, LATER + struct.pack("<HHHHHHH", 0, 0, 2, 5, 8, 0, 0) + struct.pack("<HH", 0x26, 4 + len(CODE)) + CODE),
    ],
    ids=["CF", "CF12", "CFEx", "DXF"],
)  # fmt: skip
def test_words_of_a_conditional_number_format_are_shown(condition: bytes):
    assert texts(runs(condition)) == ["MẬT"]


def test_a_condition_of_newer_versions_may_colour_its_cells_and_shows_no_word_that_it_seeks():
    ranges = struct.pack("<HH8xHHHHH", 1, 0, 1, 6, 6, 1, 1)
    white = label("MẬT", style=1)
    before = (font("Arial"), font("Arial", colour=9), style(0), style(1))
    look = struct.pack("<IH", 1 << 26, 0)
    condition = record(0x87A, LATER + struct.pack("<BBHHI", 2, 0, 0, 0, len(look)) + look)
    cells = runs(white, record(0x879, LATER + ranges), condition, before=before)
    assert [run.colour for run in cells if run.role is Role.CELL] == [None]
    words = b"\x17" + short("TỐI MẬT")
    formula = record(0x87A, LATER + struct.pack("<BBHHIH", 2, 0, len(words), 0, 0, 0) + words)
    assert "TỐI MẬT" not in [run.text for run in runs(formula)]
