"""The files of a report: as an office writes them, and whatever is in a name stays text."""

import csv
import io
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import docx as word
import msgspec
import openpyxl
import pikepdf
import pytest

import gateway.report
from gateway.engine.schema import Words
from gateway.model import Language, Unit
from gateway.report import proof
from gateway.report.figures import Gap
from gateway.report.labels import labels, unit_id
from gateway.report.month import Month
from gateway.report.page import Foot, Head, Octets, Share, Tenths, shown
from gateway.report.pdf_child import _SAMPLE
from gateway.report.plain import number as in_csv
from gateway.report.render import Format, render
from gateway.report.write import write
from gateway.texts.catalogue import product_texts
from gateway.vietnamese.margins import margin_faults
from gateway.vietnamese.official import State, recognise
from gateway.vietnamese.official_kinds import Kind
from gateway.vietnamese.typography import examine
from gateway.vietnamese.typography_report import TypographyRules
from tests.report.files import POLICIES, lines, read, rendered
from tests.report.support import Found, Office, box, directory, report
from tests.support.cases import slow

HOSTILE = (
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1", "<b>x</b>&amp;", "<para><font color='red'>", "]]>", "{office}",
    "a\nb\r\nc", "\u202eexe.doc", "\x1b[31mred", "\ufffe", "x" * 3000, "1e5", "[month=2026-11 records=1-2 directory=none made=2026-12-20T01:00:00+00:00",
    "http://a.vn", "%s%d", "Phòng  Nội vụ\u200b",
)  # fmt: skip


def test_a_word_document_is_a_draft_of_a_report_in_the_form_of_decree_30(counted):
    document = read(rendered(counted, Format.DOCX, persons=True), Format.DOCX)
    found = recognise(document)
    assert (found.kind, found.state, found.number) == (Kind.BAO_CAO, State.DRAFT, "/BC")
    assert {"national-name", "motto", "recipients"} <= set(found.evidence)
    looks = examine(document, TypographyRules())
    assert looks.letters > 2000
    assert (looks.times_letters, looks.black_letters, looks.legacy_letters) == (looks.letters, looks.letters, 0)
    assert margin_faults(document) == ()
    annex = [run.text for run in document.runs if run.text.startswith(("Phụ lục", "TÌNH HÌNH SỬ DỤNG", "(Kèm theo"))]
    assert [text[:9] for text in annex] == ["Phụ lục", "TÌNH HÌNH", "(Kèm theo"]
    assert annex[2].endswith(" của Văn phòng UBND)")
    assert {run.size_pt for run in document.runs if len(run.text) > 100} == {13.0}


def test_a_word_document_says_nothing_of_the_program_that_made_it(counted):
    properties = word.Document(io.BytesIO(rendered(counted, Format.DOCX))).core_properties
    assert (properties.author, properties.last_modified_by, properties.comments) == ("", "", "")
    assert properties.created.year == 2026
    with zipfile.ZipFile(io.BytesIO(rendered(counted, Format.DOCX))) as archive:
        assert not [name for name in archive.namelist() if "thumbnail" in name]


@pytest.mark.slow
@pytest.mark.parametrize("form", list(Format))
def test_every_format_has_every_number(counted, form):
    text = " ".join(lines(rendered(counted, form, persons=True), form))
    made = report(counted)
    for words in ("Tư pháp", "nv0@a.vn", made.basis.head, "unit="):
        assert words in text
    total = {Format.JSON: '"mails": 45', Format.CSV: ",Cộng,45,66,"}.get(
        form, "Cộng | 45 | 66" if form is not Format.PDF else "Cộng 45 66"
    )
    assert total in text


def test_a_workbook_holds_numbers_and_charts_of_its_own_and_no_formula(counted):
    octets = rendered(counted, Format.XLSX)
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        names = archive.namelist()
        sheets = [archive.read(name) for name in names if name.startswith("xl/worksheets/sheet")]
    assert sum(name.startswith("xl/charts/chart") for name in names) == 4
    assert not any(b"<f>" in sheet for sheet in sheets)
    book = openpyxl.load_workbook(io.BytesIO(octets))
    rows = list(book["3. Thư đã chuyển"].iter_rows(values_only=True))
    assert rows[-1][1:4] == ("Cộng", 45, 66)
    assert rows[2][7] == 1.0
    words = [cell for (cell,) in book.worksheets[0].iter_rows(values_only=True)]
    named = {number for text in words if "của Phụ lục" in text for number in re.findall(r"\d+", text)}
    assert named <= {title.partition(".")[0] for title in book.sheetnames}, "the words name tables that there are"
    assert max(map(len, book.sheetnames)) <= 31


@pytest.mark.slow
def test_a_pdf_brings_all_its_fonts(counted):
    with pikepdf.open(io.BytesIO(rendered(counted, Format.PDF))) as document:
        fonts = {str(font.BaseFont): font for page in document.pages for font in page.Resources.Font.values()}
        assert len(fonts) == 4
        assert all("LiberationSerif" in name and "/FontFile2" in font.FontDescriptor for name, font in fonts.items())


@pytest.mark.parametrize("gaps", [8, 12])
def test_no_page_ends_within_the_parameters_of_a_pdf(counted, gaps):
    made, unit = report(counted), "Phòng Văn hóa và Thông tin " * 9
    wanted = msgspec.structs.replace(made.wanted, unit=unit)
    made = msgspec.structs.replace(made, wanted=wanted, gaps=(Gap("no_directory"),) * gaps)
    found = proof.asked(lines(render(made, labels(made, POLICIES, None), Format.PDF), Format.PDF))
    assert (found.wanted.unit, found.again.last) == (unit, made.basis.last)


def test_the_child_that_draws_reaches_neither_files_nor_network():
    probe = """
import os, socket, sys
import gateway.report.pdf_child as child
drawn = []
def draw(page):
    drawn.append(page)
    attempts = (lambda: open('/etc/hostname'), lambda: socket.socket(), lambda: os.fork(), lambda: os.listdir('/'),
                lambda: os.kill(os.getppid(), 0))
    answers = []
    for attempt in attempts if len(drawn) == 2 else ():
        try:
            attempt()
        except OSError as error:
            answers.append(type(error).__name__)
        else:
            answers.append('done')
    return ' '.join(answers).encode()
child.draw = draw
sys.exit(child.main())
"""
    done = subprocess.run(
        [sys.executable, "-c", probe],
        input=msgspec.msgpack.encode(_SAMPLE),
        capture_output=True,
        timeout=300,
        check=True,
    )
    assert done.stdout.split() == [b"PermissionError"] * 5


async def hostile(data, monkeypatch):
    office = await Office.open(data, monkeypatch)
    boxes = [box(f"m{number}", unit) for number, unit in enumerate(HOSTILE)]
    names = [Unit(id=unit, name=f"tên {unit}" if number % 2 else "") for number, unit in enumerate(HOSTILE)]
    listed = directory("d1", *boxes, units=names)
    await office.lists(listed)
    for number in range(len(HOSTILE)):
        await office.at(3).sends(
            f"m{number}", Found(f"{'<b>'[number % 3]}.=rule", file="x"), files=[("=1+1.docx", "x")]
        )
    await office.at(3).sends("=cmd@b.vn", Found("a.b"), login="+login")
    await office.close()
    made = report(data, persons=True)
    return made, labels(made, POLICIES, listed)


@pytest.mark.parametrize("form", [slow(form) if form is Format.PDF else form for form in Format])
async def test_hostile_names_stay_text(tmp_path, monkeypatch, form):
    made, names = await hostile(tmp_path, monkeypatch)
    octets = render(made, names, form)
    found = lines(octets, form)
    text = " ".join(found)
    assert "tên +cmd|' /C calc'!A0" in text or form is Format.JSON
    assert "<b>x" in text.replace("\\u003c", "<") or form is Format.PDF
    assert proof.asked(found) is not None
    assert (proof.asked(found).again.first, proof.asked(found).again.last) == (made.basis.first, made.basis.last)
    for bad in ("\u202e", "\x1b", "\u200b"):
        assert bad not in text
    if form is Format.CSV:
        cells = [cell for row in csv.reader(io.StringIO(octets.decode("utf-8-sig"))) for cell in row]
        assert not [
            cell
            for cell in cells
            if cell.startswith(("=", "+", "@", "\t", "＝")) or (cell[:1] == "-" and not cell[1:2].isspace())
        ]
        assert "'=1+1" in cells
    if form is Format.XLSX:
        book = openpyxl.load_workbook(io.BytesIO(octets))
        kinds = {
            cell.value: cell.data_type
            for sheet in book
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }
        assert (kinds["=1+1"], kinds["tên +cmd|' /C calc'!A0"], kinds["1e5" if "1e5" in kinds else "tên 1e5"]) == (
            "s",
            "s",
            "s",
        )
        assert not any(cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row)


def test_numbers_are_read_as_viet_nam_writes_them():
    vi, en = Language.VI, Language.EN
    assert shown(38263, vi) == "38.263"
    assert shown(38263, en) == "38,263"
    assert [shown(Share(part, whole), vi) for part, whole in ((1, 3), (2, 3), (1, 2000), (0, 5), (3, 3), (0, 0))] == [
        "33,3%", "66,7%", "0,1%", "0,0%", "100,0%", "–",
    ]  # fmt: skip
    assert (shown(Tenths(933), vi), shown(Octets(1_250_000_000), vi), shown(Octets(49_999), vi)) == (
        "93,3",
        "1.250,0",
        "0,0",
    )
    assert shown(None, vi) == "–"


def test_a_csv_has_the_numbers_that_are_read():
    cells = [Share(part, whole) for whole in range(1, 40) for part in range(whole + 1)]
    cells += [Octets(size) for size in range(0, 2_000_000, 50_000)]
    assert [float(shown(cell, Language.EN).rstrip("%")) for cell in cells] == [in_csv(cell) for cell in cells]


def test_names_and_law_are_those_of_the_last_day_of_the_month(counted):
    for month, above, office in (
        (Month(2025, 6), "UBND quận Bình Tân", "Văn phòng UBND quận Bình Tân"), (Month(2025, 7), "UBND", "Văn phòng UBND"),
    ):  # fmt: skip
        names = labels(report(counted, month), POLICIES, None)
        assert (names.above, names.office, names.law) == (above, office, "QĐ 7600/QĐ-UBND")
        assert names.articles == tuple(f"QĐ 7600/QĐ-UBND, Điều {number}" for number in (10, 11, 12))


def test_a_unit_is_called_by_its_name_or_its_id_and_none_means_all():
    listed = directory("d1", units=[Unit(id="p-nv", name="Phòng Nội vụ"), Unit(id="Văn thư")])
    called = ("Phòng Nội vụ", "phong  noi vu", "p-nv", "", " ", "Văn thư")
    assert [unit_id(words, listed) for words in called] == ["p-nv", "p-nv", "p-nv", "", " ", "Văn thư"]
    assert unit_id("x", None) == "x"


def test_names_of_the_policy_file_stand_in_the_head_and_foot(counted):
    said = {
        "place": "Bình Tân", "report_to": "Sở A; Thường trực UBND;", "report_signer": "Phó Văn phòng", "authority": "Ủy ban", "office": "Văn phòng",
    }  # fmt: skip
    names = {key: (Words(vi=words, en="x"),) for key, words in said.items()}
    made = report(counted)
    page = write(made, labels(made, replace(POLICIES, names=names), None))
    head = next(block for block in page.blocks if isinstance(block, Head))
    foot = next(block for block in page.blocks if isinstance(block, Foot))
    assert (head.above, head.office) == ("ỦY BAN", "VĂN PHÒNG")
    assert head.date.startswith("Bình Tân, ngày")
    assert (foot.recipients, foot.signer) == (("Sở A", "Thường trực UBND", "Lưu: VT."), "PHÓ VĂN PHÒNG")


def test_a_report_crosses_to_another_process_as_values(counted):
    made = report(counted, persons=True)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=type(made)) == made


def test_every_gap_has_words():
    source = "".join(path.read_text("utf-8") for path in Path(gateway.report.__file__).parent.glob("*.py"))
    assert set(re.findall(r'Gap\((?:"\w+" if .* else )?"(\w+)"', source)) | {
        "pruned",
        "pending",
        "held",
        "unknown",
    } == set(product_texts("report")["gap"])


@pytest.mark.parametrize("language", list(Language))
def test_every_heading_and_every_table_has_words_in_both_languages(counted, language):
    made = report(counted, persons=True)
    page = write(made, labels(made, POLICIES, None, language), language)
    assert "?" not in "".join(str(block) for block in page.blocks)


@pytest.mark.slow
def test_a_long_table_begins_below_the_head_of_its_annex(counted):
    made = report(counted)
    many = tuple(msgspec.structs.replace(made.units[0], unit=f"Phường {number}") for number in range(80))
    made = msgspec.structs.replace(made, units=many)
    with pikepdf.open(io.BytesIO(render(made, labels(made, POLICIES, None), Format.PDF))) as document:
        drawn = [
            sum(1 for op in pikepdf.parse_content_stream(page) if str(op.operator) == "Tj") for page in document.pages
        ]
    assert min(drawn[2:-1]) > 100, "no page has a heading alone"
