"""Words of a poster in one text box, and what a chart copies of its sheet: one phrase, values of a table; a stamp stays one."""

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches, Pt

from gateway.documents.readers.base import Budget
from gateway.documents.readers.ooxml.drawingml import plain_text, put_plain
from gateway.documents.readers.ooxml.xml import NAMESPACES, parse
from gateway.documents.readers.sink import Place, Sink
from gateway.model import Document, Role
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers.ooxml_support import read
from tests.support.octets import file_of

RED, BLUE = RGBColor(200, 20, 30), RGBColor(20, 40, 160)


def _slide():
    deck = pptx.Presentation()
    return deck, deck.slides.add_slide(deck.slide_layouts[6])


def _strengths(deck):
    found = find_in_document(read(file_of(deck)).document)
    return [one.level for one in found if one.strength is not Strength.NOTED]


def _boxed(*words, colours=(), sizes=()):
    deck, slide = _slide()
    frame = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(5), Inches(3)).text_frame
    frame.text = words[0]
    for word in words[1:]:
        frame.add_paragraph().text = word
    for number, paragraph in enumerate(frame.paragraphs):
        for run in paragraph.runs:
            run.font.size = Pt(sizes[number] if sizes else 44)
            run.font.color.rgb = colours[number] if colours else RED
    return _strengths(deck)


@pytest.mark.parametrize("words", [
    ("BẢO", "MẬT"), ("BÍ", "MẬT", "NHÀ NƯỚC"), ("MẬT", "ONG"), ("MẬT", "KHẨU"), ("CAM KẾT", "BẢO", "MẬT"), ("BẢO\vMẬT",),
])  # fmt: skip
def test_lines_of_a_box_that_are_alike_are_one_phrase(words):
    assert _boxed(*words) == []


@pytest.mark.parametrize(("words", "colours", "sizes"), [
    (("TỐI", "MẬT"), (), ()),
    (("TUYỆT", "MẬT"), (), ()),
    (("KẾ HOẠCH", "MẬT"), (), ()),
    (("MẬT", "KẾ HOẠCH"), (), ()),
    (("BẢO", "MẬT"), (BLUE, RED), ()),
    (("BẢO", "MẬT"), (), (8, 44)),
    (("MẬT",), (), ()),
])  # fmt: skip
def test_a_mark_in_a_box_stays_one(words, colours, sizes):
    assert _boxed(*words, colours=colours, sizes=sizes) != []


def test_a_word_in_another_box_is_of_another_phrase():
    deck, slide = _slide()
    for number, word in enumerate(("BẢO", "MẬT")):
        box = slide.shapes.add_textbox(Inches(1 + 5 * number), Inches(1 + 4 * number), Inches(3), Inches(1))
        box.text_frame.text = word
    assert _strengths(deck) != []


@pytest.mark.parametrize(
    ("words", "marked"),
    [(("Gan", "Mật", "Tụy"), False), (("GAN", "MẬT", "TỤY"), False), (("Kế hoạch", "MẬT", "A2"), True),
     (("Gan", "TUYỆT MẬT"), True), (("Gan", "x", "y", "z", "t", "MẬT"), True)],
)  # fmt: skip
def test_a_box_among_boxes_of_organs_or_goods_is_one_of_them(words, marked):
    deck, slide = _slide()
    for number, word in enumerate(words):
        box = slide.shapes.add_textbox(Inches(1 + 2 * (number % 4)), Inches(1 + number), Inches(1.5), Inches(0.5))
        box.text_frame.text = word
    assert (_strengths(deck) != []) is marked


def _charted(categories, series="Sản lượng"):
    deck, slide = _slide()
    data = CategoryChartData()
    data.categories = categories
    data.add_series(series, range(len(categories)))
    slide.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(1), Inches(1), Inches(6), Inches(4), data)
    return _strengths(deck)


@pytest.mark.parametrize(
    "categories", [("Mật", "Sáp ong", "Phấn hoa"), ("Gan", "Mật", "Tụy"), ("Quý I", "Mật", "Đường")]
)
def test_a_value_of_a_chart_is_one_of_a_table(categories):
    assert _charted(categories) == []


@pytest.mark.parametrize(
    ("nodes", "marked"),
    [
        (("Gan", "Mật", "Tụy"), False), (("GAN", "MẬT", "TỤY"), False), (("Tiếp nhận", "Đóng dấu mật", "Phát hành"), False),
        (("BẢO", "MẬT"), False), (("Kế hoạch", "MẬT"), True), (("Tuyệt mật",), True), (("KẾ HOẠCH", "TUYỆT MẬT", "2026"), True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["dgm:pt", "dsp:sp"])
def test_the_nodes_of_a_diagram_are_values_of_a_list(kind, nodes, marked):
    spaces = " ".join(f'xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("dgm", "dsp", "a"))
    said = "".join(f"<{kind}><a:p><a:r><a:t>{node}</a:t></a:r></a:p></{kind}>" for node in nodes)
    sink = Sink(Budget())
    put_plain(parse(f"<dgm:x {spaces}>{said}</dgm:x>".encode()), sink, Place("slide:1", Role.TEXTBOX))
    found = find_in_document(Document(part="1", format="pptx", runs=tuple(sink.runs)))
    assert any(one.strength is not Strength.NOTED for one in found) is marked


@pytest.mark.parametrize("words", ["Tối mật", "Mật ong"])
def test_a_category_of_a_newer_chart_is_a_value_too(words):
    categories = f'<cx:strDim><cx:lvl><cx:pt idx="0">{words}</cx:pt></cx:lvl></cx:strDim>'
    numbers = '<cx:numDim><cx:lvl><cx:pt idx="0">7</cx:pt></cx:lvl></cx:numDim>'
    chart = f'<cx:chartSpace xmlns:cx="{NAMESPACES["cx"]}">{categories}{numbers}<cx:v>Quý IV</cx:v></cx:chartSpace>'
    assert [*plain_text(parse(chart.encode()))] == [(words, True), ("Quý IV", False)]


def test_the_header_of_a_printed_chart_is_read_without_its_codes():
    header = '<c:oddHeader>&amp;L&amp;8BẢO MẬT&amp;C&amp;"Arial,Bold"MẬT</c:oddHeader>'
    chart = f'<c:chartSpace xmlns:c="{NAMESPACES["c"]}"><c:headerFooter>{header}</c:headerFooter></c:chartSpace>'
    assert [words for words, _ in plain_text(parse(chart.encode()))] == ["BẢO MẬT", "MẬT"]


@pytest.mark.parametrize("word", ["MẬT", "TỐI MẬT", "TUYỆT MẬT"])
def test_a_level_in_capitals_in_a_chart_is_a_mark(word):
    assert _charted(("Quý I", word, "Quý II")) != []
