"""Presentations by python-pptx."""

import io
from collections.abc import Callable

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.accuracy.shapes import LETTER, Slot, Writing, one_piece, picture
from tests.support.octets import file_of


def _deck(put: Callable[[object, object, Writing], None]) -> Callable[[Writing], bytes]:
    def make(writing: Writing) -> bytes:
        deck = Presentation()
        page = deck.slides.add_slide(deck.slide_layouts[1])
        page.shapes.title.text = "Báo cáo kết quả công tác"
        page.placeholders[1].text = "\n".join(LETTER[10:14])
        put(deck, page, writing)
        return file_of(deck)

    return make


def _fill(frame, writing: Writing, *, colour: RGBColor | None = None) -> None:
    paragraph = frame.paragraphs[0]
    for run in list(paragraph.runs):
        run._r.getparent().remove(run._r)
    for piece in writing.pieces:
        run = paragraph.add_run()
        run.text = piece
        if writing.font:
            run.font.name = writing.font
        if colour is not None:
            run.font.color.rgb = colour


def _textbox(page, left: float = 1.0, top: float = 5.0):
    return page.shapes.add_textbox(Inches(left), Inches(top), Inches(3), Inches(1))


def _cell(deck, page, writing: Writing) -> None:
    shape = page.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(6), Inches(1))
    shape.table.cell(1, 1).text = "125"
    _fill(shape.table.cell(0, 0).text_frame, writing)


def _hidden(deck, page, writing: Writing) -> None:
    other = deck.slides.add_slide(deck.slide_layouts[6])
    other._element.set("show", "0")
    _fill(_textbox(other).text_frame, writing)


def _group(deck, page, writing: Writing) -> None:
    group = page.shapes.add_group_shape()
    inner = group.shapes.add_group_shape()
    _fill(inner.shapes.add_textbox(Inches(1), Inches(1), Inches(3), Inches(1)).text_frame, writing)


def _alternative(deck, page, writing: Writing) -> None:
    image = page.shapes.add_picture(io.BytesIO(picture()), 0, 0)
    image._element.nvPicPr.cNvPr.set("descr", writing.text)


def _master(deck, page, writing: Writing) -> None:
    for shape in deck.slide_master.placeholders:
        if shape.placeholder_format.type is not None and "FOOTER" in str(shape.placeholder_format.type):
            _fill(shape.text_frame, writing)


def _chart(deck, page, writing: Writing) -> None:
    data = CategoryChartData()
    data.categories = ["Quý I", "Quý II"]
    data.add_series("Hồ sơ", (3, 4))
    chart = page.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(4), Inches(3), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = writing.text


def _property(deck, page, writing: Writing) -> None:
    deck.core_properties.title = writing.text


def _invisible(deck, page, writing: Writing) -> None:
    shape = _textbox(page)
    shape._element.nvSpPr.cNvPr.set("hidden", "1")
    _fill(shape.text_frame, writing)


SLOTS: tuple[Slot, ...] = (
    *(Slot("pptx", place, _deck(put), "python-pptx") for place, put in (
        ("title", lambda _, page, writing: _fill(page.shapes.title.text_frame, writing)),
        ("text box", lambda _, page, writing: _fill(_textbox(page).text_frame, writing)),
        ("table cell", _cell),
        ("notes", lambda _, page, writing: _fill(page.notes_slide.notes_text_frame, writing)),
        ("hidden slide", _hidden), ("shape in a group", _group),
        ("white text", lambda _, page, writing: _fill(_textbox(page).text_frame, writing, colour=RGBColor(255, 255, 255))),
        ("outside the slide", lambda _, page, writing: _fill(_textbox(page, left=-6.0).text_frame, writing)),
        ("hidden shape", _invisible),
        ("layout", lambda deck, _, writing: _fill(deck.slide_layouts[1].placeholders[0].text_frame, writing)),
        ("footer of the master", _master),
    )),
    *(Slot("pptx", place, _deck(put), "python-pptx", one_piece) for place, put in (
        ("alternative text", _alternative), ("title of a chart", _chart), ("property: title", _property),
    )),
)  # fmt: skip
