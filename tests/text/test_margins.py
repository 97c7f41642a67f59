"""Margins that word processors state and that lines of a PDF show, on both sides of the rule."""

from random import Random

import pytest
from docx import Document as WordDocument
from docx.enum.section import WD_SECTION
from docx.shared import Mm
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Document, PageSetup, Run
from gateway.vietnamese.margins import margin_faults
from tests.support.libreoffice import converted, needs_libreoffice
from tests.support.octets import file_of
from tests.support.reading import document_of
from tests.text.letters import SENTENCES

MM = 72 / 25.4
WORDS = [first + second for first in "bcdghk" for second in "aeiouy"]
SIDES = ("top", "bottom", "left", "right")


def word(*margins: tuple[float, float, float, float], header: str = "", copies: int = 4) -> bytes:
    """A document on A4 with a section for each set of margins (top, bottom, left, right, in millimetres)."""
    document, chosen = WordDocument(), Random(7)
    for number, amounts in enumerate(margins):
        section = document.sections[0] if not number else document.add_section(WD_SECTION.NEW_PAGE)
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.header_distance = section.footer_distance = Mm(5)
        for side, amount in zip(SIDES, amounts, strict=True):
            setattr(section, f"{side}_margin", Mm(amount))
        section.header.paragraphs[0].text = header
        words = " ".join(SENTENCES).split()
        for _ in range(copies * len(SENTENCES)):
            document.add_paragraph(" ".join(chosen.choices(words, k=chosen.randint(20, 70)))).alignment = 3
    return file_of(document)


def amounts(setup: PageSetup) -> list[float]:
    return [round((getattr(setup, f"{side}_pt") or 0) / MM, 1) for side in SIDES]


def test_sections_of_a_word_document_are_distinguished() -> None:
    document = document_of(word((20, 25, 30, 15), (20, 25, 30, 15), (10, 10, 25, 25)))
    assert [amounts(setup) for setup in document.setups] == [[20, 25, 30, 15], [10, 10, 25, 25]]
    assert [setup.locator for setup in document.setups] == ["section:1", "section:3"]
    assert [(fault.side, fault.found, fault.locator) for fault in margin_faults(document)] == [
        (side, found, "section:3") for side, found in zip(SIDES, ("10", "10", "25", "25"), strict=True)
    ]


@pytest.mark.parametrize(
    ("page", "margins"),
    [
        (rb"\paperw11906\paperh16838\margl1701\margr851\margt1134\margb1134", [20, 20, 30, 15]),
        (rb"\margl1701\margr851\margt1134\margb1134\sectd\marglsxn1984\gutter0 ", [20, 20, 35, 15]),
        (rb"\paperw11906\paperh16838", [25.4, 25.4, 31.7, 31.7]),
        (rb"\margl1134\gutter567 ", [25.4, 25.4, 30, 31.7]),
        (rb"\margt-1134", [20, 25.4, 31.7, 31.7]),
    ],
)
def test_margins_of_rtf_are_those_of_the_section_or_the_document(page: bytes, margins: list[float]) -> None:
    document = document_of(rb"{\rtf1\ansi" + page + rb"{\header Trang 2\par}N\'f4i dung\par}")
    assert [amounts(setup) for setup in document.setups] == [margins]


def test_each_section_of_rtf_has_its_own() -> None:
    text = rb"{\rtf1\margl1701\margr851\margt1134\margb1134\sectd M\sect\sectd\marglsxn567 H\par}"
    assert [amounts(setup)[2] for setup in document_of(text).setups] == [30, 10]


@pytest.mark.system
@pytest.mark.slow
@needs_libreoffice
def test_every_format_that_libreoffice_writes_says_the_same(tmp_path) -> None:
    source = tmp_path / "a.docx"
    source.write_bytes(word((20, 25, 30, 15), header="Trang"))
    for kind in ("odt", "doc", "rtf", "pdf"):
        document = document_of(converted(source, kind))
        assert margin_faults(document) == (), kind
        if kind != "pdf":
            assert amounts(document.setups[0]) == [20, 25, 30, 15], kind
    source.write_bytes(word((20, 25, 20, 30)))
    faults = margin_faults(document_of(converted(source, "pdf")))
    assert {fault.side: round(float(fault.found)) for fault in faults} == {"left": 20, "right": 30}
    for top, bottom in ((12, 12), (33, 45)):
        source.write_bytes(word((top, bottom, 30, 15), copies=12))
        faults = margin_faults(document_of(converted(source, "pdf")))
        assert {fault.side for fault in faults} == {"top", "bottom"}
        for fault, amount in zip(faults, (top, bottom), strict=True):
            assert amount - 0.5 <= float(fault.found) <= amount + 13


def page(*spans: tuple[float, float]) -> Document:
    runs = tuple(
        Run(text="chữ", block=number, page=1, bbox_pt=(left * MM, 20.0 * number, right * MM, 20.0 * number + 12))
        for number, (left, right) in enumerate(spans)
    )
    setup = PageSetup(locator="page:1", width_pt=210 * MM, height_pt=297 * MM)
    return Document(part="1", format="pdf", runs=runs, setups=(setup,))


def test_lines_of_a_pdf_show_margins_only_where_many_agree() -> None:
    assert margin_faults(page(*[(30.2, 192.0)] * 30)) == ()
    assert {fault.side for fault in margin_faults(page(*[(20.0, 192.0)] * 30))} == {"left"}
    # ragged lines say nothing of the right margin, and a few that stand out nothing of the left one
    assert margin_faults(page(*[(30.0, 100.0 + 3 * number) for number in range(30)])) == ()
    assert margin_faults(page(*[(30.0, 192.0)] * 30, *[(8.0, 50.0)] * 4)) == ()
    assert margin_faults(page(*[(60.0, 120.0)] * 6)) == ()


def column(first: float, last: float, *more: tuple[float, str], count: int = 1) -> Document:
    """Pages whose lines stand from `first` to `last` millimetres from the top; `more` are lines by place and words."""
    runs: list[Run] = []
    for number in range(1, count + 1):
        steps = [(first + (last - 4 - first) * line / 29, f"dòng {WORDS[line]} {WORDS[number]}") for line in range(30)]
        for place, text in (*steps, *((place, text.format(number)) for place, text in more)):
            box = (30 * MM, place * MM, 192 * MM, (place + 4) * MM)
            runs.append(Run(text=text, block=len(runs), page=number, bbox_pt=box))
    setups = tuple(
        PageSetup(locator=f"page:{number}", width_pt=210 * MM, height_pt=297 * MM) for number in range(1, count + 1)
    )
    return Document(part="1", format="pdf", runs=tuple(runs), setups=setups)


@pytest.mark.parametrize(
    ("document", "faults"),
    [
        (column(21, 275, count=3), {}),
        (column(12, 275, count=3), {"top": "12"}),
        (column(35, 275, count=3), {"top": "35"}),
        (column(21, 287, count=2), {"bottom": "10"}),
        (column(21, 240, count=4), {"bottom": "57"}),
        # one full page may have ended early, the last one always may
        (column(21, 240, count=2), {}),
        (column(21, 287), {}),
        # a letter of one page shows the margin by its head only
        (column(12, 275), {}),
        (column(17, 275, (12, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")), {"top": "12"}),
        (column(28, 275, (24, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")), {}),
        # page numbers, running heads and stamps stand in the margin, and may push the text inwards
        (column(21, 275, (10, "{}"), (288, "Trang {}/3"), count=3), {}),
        (column(21, 275, (10, "Báo cáo năm, trang {}"), count=3), {}),
        (column(21, 275, (8, "Ký bởi: Văn phòng"), count=3), {}),
        (column(31, 275, (20, "{}"), count=3), {}),
        (column(21, 240, (255, "- {} -"), count=4), {}),
    ],
)
def test_lines_of_a_pdf_show_the_margins_above_and_below(document: Document, faults: dict[str, str]) -> None:
    assert {fault.side: fault.found for fault in margin_faults(document)} == faults


def test_another_paper_and_a_page_across() -> None:
    letter = PageSetup(locator="section:1", width_pt=612.0, height_pt=792.0)
    across = PageSetup(locator="section:2", width_pt=842.0, height_pt=595.0, left_pt=10.0)
    document = Document(part="1", format="docx", setups=(letter, across))
    assert [(fault.side, fault.found) for fault in margin_faults(document)] == [("paper", "216 x 279")]


@given(st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False, width=32)] * 2), max_size=40))
def test_any_lines_can_be_measured(spans: list[tuple[float, float]]) -> None:
    margin_faults(page(*spans))
