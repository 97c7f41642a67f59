"""A file that was touched is told from the one that the log gives."""

import io
import json
from datetime import datetime

import docx as word
import openpyxl
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import RGBColor
from msgspec import structs

from gateway.model import VIETNAM
from gateway.report import proof
from gateway.report.labels import labels
from gateway.report.render import Format, render
from tests.report.files import POLICIES, lines, rendered, verified
from tests.report.support import Office, report
from tests.report.test_count import sixty
from tests.support.cases import first_quick
from tests.support.libreoffice import convert
from tests.support.octets import file_of


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("wanted", [{}, {"persons": True, "unit": "Nội vụ", "least_mailboxes": 7}])
@pytest.mark.slow
def test_a_file_is_what_the_log_gives(counted, form, wanted):
    assert verified(counted, rendered(counted, form, **wanted), form) == proof.Differences()


async def test_a_report_made_early_is_verified_later(tmp_path, monkeypatch):
    office = await Office.open(tmp_path, monkeypatch)
    await sixty(office)
    made = report(tmp_path, now=datetime(2026, 11, 30, 23, 59, 59, 5, tzinfo=VIETNAM))
    octets = render(made, labels(made, POLICIES, None), Format.CSV)
    await office.at(30, 23, 59).sends("noivu")
    await office.close()
    assert verified(tmp_path, octets, Format.CSV) == proof.Differences()
    assert report(tmp_path).total.sent.mails == made.total.sent.mails + 1


def test_a_machine_of_a_cluster_says_that_it_counts_alone_and_other_reports_are_as_they_were(counted):
    for form in (Format.CSV, Format.JSON):
        alone, whole = rendered(counted, form, node="binhtan-1").decode(), rendered(counted, form).decode()
        assert ("language=vi node=binhtan-1 unit=" in alone, "node" in whole) == (True, False)
        assert verified(counted, alone.encode(), form) == verified(counted, whole.encode(), form) == proof.Differences()
    assert "CHỈ TÍNH MỘT MÁY của cụm, binhtan-1" in rendered(counted, Format.CSV, node="binhtan-1").decode("utf-8-sig")


def edited(octets: bytes, change) -> bytes:
    document = word.Document(io.BytesIO(octets))
    change(document)
    return file_of(document)


def cell_text(cell, text: str) -> None:
    cell.paragraphs[0].runs[0].text = text


def deleted(paragraph) -> None:
    """Delete the words of a paragraph as a change that is tracked."""
    change = OxmlElement("w:del")
    for name, value in (("id", "1"), ("author", "x"), ("date", "2026-12-01T00:00:00Z")):
        change.set(qn(f"w:{name}"), value)
    run = paragraph.runs[0]._r
    run.addprevious(change)
    change.append(run)
    run.find(qn("w:t")).tag = qn("w:delText")


def test_what_an_office_fills_in_is_listed_and_no_fault(counted):
    def fill(document) -> None:
        head, foot = document.tables[:2]
        cell_text(head.cell(1, 0), "Số: 123/BC-VP")
        cell_text(head.cell(1, 1), "Bình Tân, ngày 02 tháng 12 năm 2026")
        foot.cell(0, 1).add_paragraph("Nguyễn Văn An")
        foot.cell(0, 0).add_paragraph("- Sở Khoa học và Công nghệ;")
        annexed = next(one for one in document.paragraphs if one.text.startswith("(Kèm theo"))
        annexed.runs[0].text = "(Kèm theo Báo cáo số 123/BC-VP ngày 02 tháng 12 năm 2026)"
        document.add_paragraph("Xin trân trọng cảm ơn.")

    found = verified(counted, edited(rendered(counted, Format.DOCX), fill), Format.DOCX)
    assert (found.missing, found.added) == ((), ())
    assert any("123/BC-VP" in line for line in found.words)
    assert "Xin trân trọng cảm ơn." in found.words


@pytest.mark.parametrize(
    "change",
    first_quick([
        lambda document: cell_text(document.tables[4].cell(1, 2), "15"),
        lambda document: cell_text(document.tables[4].cell(1, 1), "Tư pháp"),
        lambda document: document.tables[4]._tbl.remove(document.tables[4].rows[2]._tr),
        lambda document: document.paragraphs[6].runs[0].__setattr__("text", "2. Thư đã chuyển: 999."),
        lambda document: document.add_paragraph("Không có vi phạm nào trong 12 tháng."),
        lambda document: cell_text(document.tables[0].cell(0, 1), "9 vi phạm"),
        lambda document: document.tables[-1].add_row(),
        lambda document: document.tables[4].cell(1, 2).paragraphs[0].runs[0].font.__setattr__("hidden", True),
        lambda document: document.tables[4].cell(1, 2).paragraphs[0].runs[0].font.color.__setattr__("rgb", RGBColor(255, 255, 255)),
        lambda document: deleted(document.tables[4].cell(1, 2).paragraphs[0]),
    ]),
)  # fmt: skip
def test_a_touched_figure_row_or_unit_is_found_in_a_word_document(counted, change):
    octets = rendered(counted, Format.DOCX)
    touched = edited(octets, change)
    found = verified(counted, touched, Format.DOCX)
    if lines(touched, Format.DOCX) == lines(octets, Format.DOCX):
        assert found == proof.Differences()  # an empty row says nothing
    else:
        assert found.missing or found.added


@pytest.mark.slow
def test_a_touched_number_is_found_in_the_other_formats(counted):
    table = rendered(counted, Format.CSV).replace(b"45,66", b"46,66")
    assert verified(counted, table, Format.CSV).missing
    values = json.loads(rendered(counted, Format.JSON))
    values["report"]["total"]["sent"]["mails"] = 46
    assert verified(counted, json.dumps(values, indent=2, ensure_ascii=False).encode(), Format.JSON).missing
    book = openpyxl.load_workbook(io.BytesIO(rendered(counted, Format.XLSX)))
    book["3. Thư đã chuyển"]["C2"] = 15
    found = verified(counted, file_of(book), Format.XLSX)
    assert [line for line in found.added if "Nội vụ | 15 |" in line]
    made = report(counted)
    forged = structs.replace(made, total=structs.replace(made.total, sent=structs.replace(made.total.sent, mails=46)))
    octets = render(forged, labels(forged, POLICIES, None), Format.PDF)
    assert "46" in verified(counted, octets, Format.PDF).added


@pytest.mark.system
@pytest.mark.parametrize("form", [Format.DOCX, Format.XLSX])
def test_a_file_that_another_program_saved_again_is_the_same(counted, tmp_path, form):
    source = tmp_path / f"a.{form.value}"
    source.write_bytes(rendered(counted, form, persons=True))
    convert([source], form.value, tmp_path / "out")
    assert verified(counted, (tmp_path / "out" / source.name).read_bytes(), form) == proof.Differences()


@pytest.mark.parametrize(
    "text",
    ["", "[month=2026-11]", "[month=2026-11 records=1-2 directory=none made=2026-12-20 weights=1/1/1 least=5 persons=no language=vi unit=]",
     "[month=2026-13 records=1-2 directory=none made=2026-12-20T01:00:00+00:00 weights=1/1/1 least=5 persons=no language=vi unit=]",
     "[month=2026-11 records=a:1-2,a:1-2 directory=none made=2026-12-20T01:00:00+00:00 weights=1/1/1 least=5 persons=no language=vi unit=]",
     "[month=2026-11 records=a:1-2,b directory=none made=2026-12-20T01:00:00+00:00 weights=1/1/1 least=5 persons=no language=vi unit=]",
     "[month=2026-11 records=a:1-2 directory=b:1 made=2026-12-20T01:00:00+00:00 weights=1/1/1 least=5 persons=no language=vi unit=]",
     "[month=2026-11 records=a:1-2 directory=1 made=2026-12-20T01:00:00+00:00 weights=1/1/1 least=5 persons=no language=vi unit=]",
     "[month=2026-11 records=1-2 directory=a:1 made=2026-12-20T01:00:00+00:00 weights=1/1/1 least=5 persons=no language=vi unit=]",
     "[month=2026-11 records=1-2 directory=none made=9999-99-99T99:99:99+00:00 weights=1/1/1 least=5 persons=no language=vi unit=]"],
)  # fmt: skip
def test_parameters_that_make_no_sense_are_none(text):
    assert proof.asked([text]) is None


def test_a_long_file_is_compared_in_time():
    original = [f"dòng {number}" for number in range(300)]
    assert proof.compare(original, ["0"] * 200_000) == proof.Differences(("dòng 0",), ("0",))
    words = ["0"] * 20_000
    touched = [*words]
    touched[5] = touched[19_000] = "1"
    assert proof.compare(words, touched) == proof.Differences(("0", "0"), ("1", "1"))
