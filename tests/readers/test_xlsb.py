"""Binary workbooks give what the same workbook in XML gives, and what LibreOffice reads of them."""

import io
import struct
import zipfile
from functools import partial
from pathlib import Path

import pytest

from gateway.documents.readers.base import Reading
from gateway.documents.readers.excel import tokens
from gateway.documents.readers.excel.xls_records import rk_number
from gateway.documents.readers.sniff import sniff
from gateway.model import Origin, ReadStatus, Role, Run
from gateway.model.formats import XLSB
from tests.readers.ooxml_support import package
from tests.readers.xlsb_support import (
    cell,
    font,
    formula,
    record,
    row,
    sheet,
    string_token,
    styles,
    text,
    workbook,
)
from tests.support.corpus import CORPUS
from tests.support.libreoffice import convert, needs_libreoffice
from tests.support.reading import reading_of

LOOKS = styles(
    [font("Calibri", 11), font("Times New Roman", 14, "C00000", 700), font("Arial", 9, "FFFFFF")],
    [(0, 0, 0), (0, 1, 0), (0, 2, 0), (164, 0, 0)],
    [(164, '"Số "0')],
)
RICH = b"\x01" + text("Độ MẬT cao") + struct.pack("<IHHHH", 2, 3, 1, 6, 0)
FIRST = sheet(
    row(
        0,
        cell(7, 0, struct.pack("<I", 0), 1),
        cell(7, 1, struct.pack("<I", 1)),
        cell(2, 2, struct.pack("<I", 42 << 2 | 2)),
        cell(5, 3, struct.pack("<d", 2.5), 3),
    )
    + row(4, cell(6, 1, text("Hàng ẩn")), hidden=True)
    + row(
        5,
        cell(8, 0, text("Tờ trình") + b"\0\0" + formula(string_token("Lời trong công thức"))),
        cell(4, 1, b"\x01"),
        cell(3, 2, b"\x2a"),
        cell(6, 3, text("Trắng"), 2),
        cell(6, 6, text("Cột ẩn")),
    ),
    before=record(0x0186) + record(0x3C, struct.pack("<IIIIH", 6, 6, 2000, 0, 1)) + record(0x0187),
    after=record(
        0x01DF,
        struct.pack("<H", 0) + text("&CĐầu trang") + text("&LCuối trang") + b"".join(text(None) for _ in range(4)),
    )
    + record(0x01E0),
)
SECOND = sheet(row(2, cell(6, 1, text("Ô ở tờ hai"))))
STRINGS = record(0x13, b"\0" + text("Cộng hoà <xã hội> & chủ nghĩa")) + record(0x13, RICH)
NAMES = record(
    0x27,
    struct.pack("<IBI", 0, 0, 0xFFFFFFFF)
    + text("Ten_rieng")
    + formula(string_token("Lời của tên"))
    + text("Ghi chú tên"),
)
COMMENTS = (
    record(0x0274) + record(0x0276) + record(0x0278, text("Người viết")) + record(0x0277) + record(0x0279)
    + record(0x027B, struct.pack("<IIIII", 0, 1, 1, 2, 2) + bytes(16)) + record(0x027D, b"\0" + text("Lời bình"))
    + record(0x027C) + record(0x027A) + record(0x0275)
)  # fmt: skip
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
BOOK = workbook(
    [("Tờ một", 0, FIRST), ("Tờ hai", 1, SECOND)],
    strings=STRINGS,
    looks=LOOKS,
    names=NAMES,
    more={
        "xl/comments1.bin": COMMENTS,
        "xl/worksheets/_rels/sheet1.bin.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{LINK}" Target="../comments1.bin"/></Relationships>'
        ),
    },
)


def read(data: bytes) -> Reading:
    assert sniff(data, "a.xlsb").primary == XLSB.media_type
    return reading_of(data, "a.xlsb")


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    reading = read(BOOK)
    assert (reading.document.status, reading.document.format) == (ReadStatus.OK, "xlsb")
    return {run.text: run for run in reading.document.runs}


def test_cells_have_place_and_look(runs: dict[str, Run]) -> None:
    run = runs["Cộng hoà <xã hội> & chủ nghĩa"]
    assert (run.locator, run.role, run.origin) == ("cell:Tờ một!A1", Role.CELL, Origin.TEXT)
    assert (run.font, run.size_pt, run.colour, run.bold) == ("Times New Roman", 14.0, "C00000", True)
    assert (runs["MẬT"].bold, runs["Độ "].bold, runs["MẬT"].block) == (True, False, runs["Độ "].block)
    assert {runs[value].locator[-2:] for value in ("42", "Số 2.5", "TRUE", "#N/A")} == {"C1", "D1", "B6", "C6"}


def test_what_is_hidden_is_reported(runs: dict[str, Run]) -> None:
    for words in ("Hàng ẩn", "Cột ẩn", "Trắng", "Lời trong công thức", "Lời của tên", "Ô ở tờ hai"):
        assert runs[words].origin is Origin.HIDDEN, words
    assert runs["Ô ở tờ hai"].locator == "cell:Tờ hai!B3"
    assert runs["Tờ trình"].origin is Origin.TEXT


def test_what_is_around_the_cells_is_read(runs: dict[str, Run]) -> None:
    assert runs["Đầu trang"].role is Role.HEADER
    assert runs["Cuối trang"].role is Role.FOOTER
    assert (runs["Lời bình"].role, runs["Lời bình"].locator) == (Role.COMMENT, "cell:Tờ một!C2")
    assert {"Người viết", "Ten_rieng", "Ghi chú tên", "Tờ một", "Tờ hai"} <= set(runs)


def test_a_cell_without_a_column_follows_the_one_before() -> None:
    def after(kind: int, value: bytes = b"") -> bytes:
        return record(kind, struct.pack("<I", 1) + value)

    cells = (
        cell(6, 2, text("một")), after(0x11, text("MẬT")), after(0x0C), after(0x12, struct.pack("<I", 0)), cell(1, 8, b""),
        after(0x0D, struct.pack("<I", 42 << 2 | 2)), after(0x10, struct.pack("<d", 2.5)), after(0x3D, b"\0" + text("hai")),
    )  # fmt: skip
    reading = read(
        workbook([("T", 0, sheet(row(0, *cells) + row(1, after(0x11, text("đầu")))))], strings=STRINGS, looks=LOOKS)
    )
    found = {run.locator: run.text for run in reading.document.runs if run.locator.startswith("cell:")}
    assert (found["cell:T!C1"], found["cell:T!D1"], found["cell:T!A2"]) == ("một", "MẬT", "đầu")
    assert (found["cell:T!J1"], found["cell:T!K1"], found["cell:T!L1"]) == ("42", "2.5", "hai")
    assert found["cell:T!F1"].startswith("Cộng hoà")


def test_comments_in_records_are_read_under_the_content_type_of_comments_in_xml() -> None:
    """As SheetJS declares them."""
    declared = b'"application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"'
    with zipfile.ZipFile(io.BytesIO(BOOK)) as opened:
        parts = {name: opened.read(name) for name in opened.namelist()}
    types = parts["[Content_Types].xml"]
    parts["[Content_Types].xml"] = types.replace(b'"application/vnd.ms-excel.comments"', declared)
    assert parts["[Content_Types].xml"] != types
    document = read(package(parts)).document
    assert document.status is ReadStatus.OK
    assert any(run.text == "Lời bình" and run.role is Role.COMMENT for run in document.runs)


def test_settings_of_a_printer_are_no_records() -> None:
    name, kind = (
        "xl/printerSettings/printerSettings1.bin",
        "openxmlformats-officedocument.spreadsheetml.printerSettings",
    )
    book = workbook(
        [("T", 0, SECOND)], more={name: "\\\\MAY-IN\\HP2".encode("utf-16-le") + bytes(40) + b"\x81\xff\xff"}
    )
    with zipfile.ZipFile(io.BytesIO(book)) as opened:
        parts = {each: opened.read(each) for each in opened.namelist()}
    declared = f'<Override PartName="/{name}" ContentType="application/vnd.{kind}"/></Types>'.encode()
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", declared)
    assert read(package(parts)).document.status is ReadStatus.OK


def test_words_in_records_that_nobody_knows_are_given_as_hidden() -> None:
    strange = sheet(row(0), after=record(0x0999, b"\x07\x00" + text("Ký tự lạ trong bản ghi")))
    found = read(workbook([("T", 0, strange)])).document.runs
    assert any("Ký tự lạ" in run.text and run.origin is Origin.HIDDEN for run in found)


def test_a_cut_record_is_malformed_and_the_other_sheets_are_read() -> None:
    document = read(workbook([("A", 0, FIRST[:60]), ("B", 0, SECOND)])).document
    assert (document.status, document.reason) == (ReadStatus.MALFORMED, "xlsb")
    assert any(run.text == "Ô ở tờ hai" for run in document.runs)


def test_a_table_that_promises_more_than_it_has_ends_soon() -> None:
    huge = b"\x01" + text("a") + struct.pack("<I", 0xFFFFFFFF)
    assert read(workbook([("A", 0, SECOND)], strings=record(0x13, huge))).document.status is ReadStatus.OK


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (42 << 2 | 2, 42.0),
        (4250 << 2 | 3, 42.5),
        ((-7 << 2 | 2) & 0xFFFFFFFF, -7.0),
        (0x3FF00000, 1.0),
        (0x40590001, 1.0),
    ],
)
def test_compressed_numbers(value: int, number: float) -> None:
    assert rk_number(value) == number


def test_words_of_formulas() -> None:
    words = partial(tokens.formula_of, form=tokens.XLSB)
    char = b"\x1e\x4d\x00\x41\x6f\x00"
    assert words(string_token('TUY"ỆT ') + char + b"\x08" + string_token("ẬT") + b"\x08") == '"TUY""ỆT "&CHAR(77)&"ẬT"'
    arguments = string_token("https://x.vn/") + string_token("TỐI MẬT") + b"\x42\x02\x67\x01"  # HYPERLINK
    assert words(arguments) == 'HYPERLINK("https://x.vn/","TỐI MẬT")'
    assert words(b"\x1e\x01\x00" + string_token("MẬT") + b"\x19\x40\x00\x01\x0b") == '1="MẬT"'
    assert "MẬT MÃ" in words(b"\x3f" + string_token("MẬT MÃ"))
    assert "MẬT MÃ" in words(b"\x1e\x01\x00" * 6000 + string_token("MẬT MÃ"))  # longer than Excel takes


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus of real files beside the repository")
@pytest.mark.parametrize(
    ("name", "words", "place"),
    [
        ("embedded-simple-2007", "This spreadsheet contains an embedded object", "cell:Tabelle1!A1"),
        ("excel4_sample_macro", "This is a sample Excel 4 macro", "cell:Macro1!A1"),
    ],
)
def test_workbooks_of_excel(name: str, words: str, place: str) -> None:
    reading = read((CORPUS / "active-content" / f"oletools__{name}.xlsb").read_bytes())
    assert any((run.text, run.locator) == (words, place) for run in reading.document.runs)
    kinds = {each.kind for each in reading.document.active_content}
    assert kinds & {"macro", "ole-object"}


@pytest.mark.slow
@needs_libreoffice
def test_libreoffice_reads_the_same(tmp_path: Path) -> None:
    source = tmp_path / "a.xlsb"
    source.write_bytes(BOOK)
    filters = "csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false,false,false,-1"
    convert([source], filters, tmp_path)
    made = "".join(path.read_text() for path in tmp_path.glob("*.csv"))
    ours = "".join(run.text for run in read(BOOK).document.runs)
    shown = [word for line in made.splitlines() for word in line.split("\t") if word]
    assert "Ô ở tờ hai" in shown
    assert [word for word in shown if word not in ours and not word.startswith(("#", "Số"))] == []


def test_words_of_a_conditional_number_format_are_shown() -> None:
    code = '[Red]"MẬT";;'.encode("utf-16-le")
    format_code = struct.pack("<HHH", 0x26, len(code) + 6, len(code) // 2) + code
    look = record(0x01FB, struct.pack("<IHHHH", 0x8000, 2, 0x29, 6, 170) + format_code)
    found = read(workbook([("T", 0, sheet(row(0)))], looks=LOOKS + look)).document.runs
    assert any("MẬT" in run.text and run.origin is Origin.TEXT for run in found)
