"""Presentations: slides, notes, masters, and where letters take their look from."""

from copy import deepcopy

import pytest
from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.util import Inches, Pt

from gateway.documents.readers.base import Reading
from gateway.model import Origin, Role
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers.ooxml_support import read
from tests.support.octets import file_of
from tests.support.reading import find

MARK = "TUYỆT MẬT"
_BULLET = "{http://schemas.openxmlformats.org/drawingml/2006/main}buAutoNum"


def saved(deck: object) -> Reading:
    return read(file_of(deck))


def slide(deck: object, layout: int = 1) -> object:
    return deck.slides.add_slide(deck.slide_layouts[layout])  # type: ignore[attr-defined]


def test_placeholders_inherit_from_layout_master_and_theme() -> None:
    deck = Presentation()
    page = slide(deck)
    page.shapes.title.text = "Tiêu đề"
    page.placeholders[1].text = "Nội dung"
    reading = saved(deck)
    title, body = find(reading, "Tiêu đề"), find(reading, "Nội dung")
    assert (title.role, title.font, title.size_pt, title.colour) == (Role.HEADING, "Calibri", 44.0, "000000")
    assert (body.role, body.font, body.size_pt, body.page, body.locator) == (Role.BODY, "Calibri", 32.0, 1, "slide:1")
    assert reading.document.pages == 1


def test_levels_have_sizes_of_their_own() -> None:
    deck = Presentation()
    frame = slide(deck).placeholders[1].text_frame
    frame.text = "một"
    second = frame.add_paragraph()
    second.text, second.level = "hai", 1
    reading = saved(deck)
    assert (find(reading, "một").size_pt, find(reading, "hai").size_pt) == (32.0, 28.0)


def test_direct_formatting_wins() -> None:
    deck = Presentation()
    run = slide(deck).shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame.paragraphs[0].add_run()
    run.text = MARK
    run.font.name, run.font.size, run.font.bold = "Times New Roman", Pt(14), True
    run.font.color.rgb = RGBColor(0xC0, 0, 0)
    seen = find(saved(deck), MARK)
    assert (seen.role, seen.font, seen.size_pt, seen.bold, seen.colour) == (
        Role.TEXTBOX,
        "Times New Roman",
        14.0,
        True,
        "C00000",
    )


def test_theme_colours_with_brightness_are_resolved() -> None:
    deck = Presentation()
    run = slide(deck).shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame.paragraphs[0].add_run()
    run.text = "x1"
    run.font.color.theme_color = MSO_THEME_COLOR.ACCENT_1
    run.font.color.brightness = -0.25
    assert find(saved(deck), "x1").colour == "376092"


def test_letters_in_a_filled_shape_take_the_ink_of_its_style() -> None:
    deck = Presentation()
    shape = slide(deck).shapes.add_shape(1, 0, 0, Inches(2), Inches(1))
    shape.text_frame.text = MARK
    seen = find(saved(deck), MARK)
    assert (seen.colour, seen.background, seen.boxed, seen.origin) == ("FFFFFF", "4F81BD", True, Origin.TEXT)


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize(
    ("words", "apart", "sizes", "covered", "marked"),
    [
        (("BẢO", "MẬT"), 0.0, (40, 40), False, False),
        (("MẬT", "KHẨU"), 0.0, (40, 40), False, False),
        (("MẬT", "ĐỘ KHẨN"), 0.0, (40, 40), False, True),
        (("TỐI", "MẬT"), 0.0, (40, 40), False, True),
        (("BẢO", "MẬT"), 3.0, (40, 40), False, True),
        (("BẢO", "MẬT"), 0.0, (40, 28), False, True),
        (("BẢO", "MẬT"), 0.0, (40, 40), True, True),
    ],
)
def test_two_boxes_side_by_side_or_below_one_another_are_one_phrase(
    words: tuple[str, str], apart: float, sizes: tuple[int, int], covered: bool, marked: bool, down: bool
) -> None:
    deck = Presentation()
    shapes = slide(deck, 6).shapes  # type: ignore[attr-defined]
    at = 1 + apart + (0.8 if down else 1.6)
    places = ((1, 1), (1, at) if down else (at, 1))
    for word, size, (left, top) in zip(words, sizes, places, strict=True):
        box = shapes.add_textbox(Inches(left), Inches(top), Inches(1.5), Inches(0.7))
        box.text_frame.text = word
        box.text_frame.paragraphs[0].runs[0].font.size = Pt(size)
    if covered:
        shapes.add_shape(1, Inches(1), Inches(1), Inches(1), Inches(0.7))
    found = find_in_document(saved(deck).document)
    assert any(mark.strength is not Strength.NOTED for mark in found) is marked


@pytest.mark.parametrize(
    ("bullets", "words", "shown"),
    [
        ('<a:buAutoNum type="alphaUcPeriod" startAt="13"/>', "ẬT", "M. ẬT"),
        ('<a:buAutoNum type="romanLcParenBoth" startAt="4"/>', "Mục", "(iv) Mục"),
        ('<a:buAutoNum type="arabicPeriod" startAt="13"/>', "Mục", "Mục"),
        ('<a:buFont typeface="Arial"/><a:buChar char="M"/>', "ẬT", "M ẬT"),
        ('<a:buFont typeface="Wingdings"/><a:buChar char="q"/>', "Mục", "Mục"),
        ('<a:buFont typeface="Courier New"/><a:buChar char="o"/>', "Mục", "Mục"),
        ("<a:buNone/>", "Mục", "Mục"),
    ],
)
def test_letters_of_a_list_stand_before_its_items(bullets: str, words: str, shown: str) -> None:
    deck = Presentation()
    frame = slide(deck).placeholders[1].text_frame  # type: ignore[attr-defined]
    frame.text = words
    properties = frame.paragraphs[0]._p.get_or_add_pPr()
    for child in etree.fromstring(f'<a xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">{bullets}</a>'):
        properties.append(child)
    assert find(saved(deck), words).text == shown


def test_items_of_a_list_are_counted_by_level() -> None:
    deck = Presentation()
    frame = slide(deck).placeholders[1].text_frame  # type: ignore[attr-defined]
    frame.text = "một\nhai\ntrong\nba"
    for paragraph, level in zip(frame.paragraphs, (0, 0, 1, 0), strict=True):
        paragraph.level = level
        etree.SubElement(paragraph._p.get_or_add_pPr(), _BULLET, type="alphaLcParenR")
    document = saved(deck)
    assert [find(document, word).text.strip() for word in ("một", "hai", "trong", "ba")] == [
        "a) một",
        "b) hai",
        "a) trong",
        "c) ba",
    ]


def test_tables_notes_charts_groups_and_descriptions_are_read() -> None:
    deck = Presentation()
    page = slide(deck, 6)
    table = page.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
    table.cell(0, 1).text = "ô tiêu đề"
    table.cell(1, 0).text = "ô thường"
    page.notes_slide.notes_text_frame.text = "ghi chú người nói"
    data = CategoryChartData()
    data.categories = ["danh mục"]
    data.add_series("chuỗi số", (1.0,))
    page.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(3), Inches(3), data)
    group = page.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "trong nhóm"
    box = page.shapes.add_textbox(0, 0, Inches(1), Inches(1))
    box._element.nvSpPr.cNvPr.set("descr", "mô tả ảnh")
    reading = saved(deck)
    head = find(reading, "ô tiêu đề")
    assert (head.role, head.locator, head.bold, head.colour) == (
        Role.CELL,
        "slide:1,table:1,row:1,column:2",
        True,
        "FFFFFF",
    )
    assert find(reading, "ô thường").colour == "000000"
    assert (find(reading, "ghi chú người nói").role, find(reading, "ghi chú người nói").locator) == (
        Role.NOTE,
        "slide:1",
    )
    assert find(reading, "danh mục").page == 1
    assert find(reading, "chuỗi số").role is Role.CELL
    assert find(reading, "trong nhóm").origin is Origin.TEXT
    assert find(reading, "mô tả ảnh").role is Role.ALT_TEXT


def test_hidden_slides_and_prompts_are_hidden_but_master_text_is_seen() -> None:
    deck = Presentation()
    slide(deck)
    second = slide(deck)
    second.shapes.title.text = "slide ẩn"
    second._element.set("show", "0")
    master = deck.slide_master.shapes._spTree
    layout = deck.slide_layouts[1].placeholders[0]
    layout.text_frame.text = "lời nhắc"
    box = slide(deck).shapes.add_textbox(0, 0, Inches(1), Inches(1))
    box.text_frame.text = MARK
    master.append(deepcopy(box._element))
    box._element.getparent().remove(box._element)
    reading = saved(deck)
    assert find(reading, "slide ẩn").origin is Origin.HIDDEN
    assert find(reading, "lời nhắc").origin is Origin.HIDDEN
    assert find(reading, MARK).origin is Origin.TEXT
    assert find(reading, MARK).locator.startswith("master:")
    assert reading.document.pages == 3


@pytest.mark.parametrize(("on", "shown"), [("", {"layout", "master"}), ("slide", set()), ("layout", {"layout"})])
def test_shapes_below_a_slide_are_seen_unless_it_or_its_layout_hides_them(on: str, shown: set[str]) -> None:
    deck = Presentation()
    one = slide(deck)
    layers = {"slide": one, "layout": one.slide_layout, "master": deck.slide_master}
    for words in ("layout", "master"):
        box = one.shapes.add_textbox(0, 0, Inches(1), Inches(1))
        box.text_frame.text = words
        layers[words].shapes._spTree.append(box._element)
    if on:
        layers[on]._element.set("showMasterSp", "0")
    reading = saved(deck)
    assert {words for words in ("layout", "master") if find(reading, words).origin is Origin.TEXT} == shown


@pytest.mark.parametrize("hidden", ["0", "1"])
def test_what_is_in_a_hidden_group_is_hidden(hidden: str) -> None:
    deck = Presentation()
    group = slide(deck).shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = MARK
    group._element.nvGrpSpPr.cNvPr.set("hidden", hidden)
    assert find(saved(deck), MARK).origin is (Origin.HIDDEN if hidden == "1" else Origin.TEXT)


@pytest.mark.parametrize(
    ("action", "kind"), [("ppaction://program?file=cmd.exe", "launch"), ("ppaction://macro?name=x", "macro")]
)
def test_actions_that_start_something_are_reported(action: str, kind: str) -> None:
    deck = Presentation()
    run = slide(deck).shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.paragraphs[0].add_run()
    run.text = "bấm"
    run.hyperlink.address = "https://x.test"
    run._r.rPr.find("{http://schemas.openxmlformats.org/drawingml/2006/main}hlinkClick").set("action", action)
    reading = saved(deck)
    assert kind in {each.kind for each in reading.document.active_content}
    assert find(reading, "bấm").link is True
