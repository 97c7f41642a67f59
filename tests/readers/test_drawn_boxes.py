"""Boxes to tick that a page only draws, or shows as letters of a font of signs: the chosen option is a mark, an offered one is none."""

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader
from gateway.model import Document, Run
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers import pdfs

OPTIONS = ("Thường", "Mật", "Tối mật", "Tuyệt mật")
Draw = Callable[[Canvas, float, float, bool], None]


def stopped(document: Document) -> bool:
    return any(mark.strength is not Strength.NOTED for mark in find_in_document(document))


def crossed(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.rect(x, y, 9, 9)
    if chosen:
        canvas.line(x, y, x + 9, y + 9)
        canvas.line(x, y + 9, x + 9, y)


def dotted(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.circle(x + 5, y + 4, 5)
    if chosen:
        canvas.circle(x + 5, y + 4, 2.5, fill=1)


def filled(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.rect(x, y, 9, 9, fill=int(chosen))


def lettered(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.rect(x, y, 9, 9)
    canvas.drawString(x + 2, y + 1, "x" if chosen else "")


def signed(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.setFont("ZapfDingbats", 12)
    canvas.drawString(x, y, "✘" if chosen else "❏")


def bulleted(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.circle(x + 5, y + 4, 2, fill=1)


def numbered(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.drawString(x, y, "1." if chosen else "2.")


def in_cell(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.rect(x - 16, y - 5, 88, 20)
    crossed(canvas, x, y, chosen)


def in_table(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.line(x - 20, y + 15 if chosen else y - 5, x + 90, y + 15 if chosen else y - 5)
    canvas.line(x + 10, y + 15, x + 10, y - 5)
    if chosen:
        canvas.line(x + 10, y, x + 90, y)


def shaded(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.setFillGray(0.6 if chosen else 0.9)
    canvas.rect(x + 5, y - 5, 80, 20, fill=1)
    canvas.setFillGray(0)


def ruled(canvas: Canvas, x: float, y: float, chosen: bool) -> None:
    canvas.setLineWidth(2.0 if chosen else 0.5)
    canvas.line(x + 8, y - 10, x + 8, y + 20)
    canvas.line(x - 40, y - 5, x + 90, y - 5)


def form(draw: Draw, chosen: str, *, downwards: bool) -> Document:
    def page(canvas: Canvas) -> None:
        canvas.drawString(72, 500, "Độ mật:")
        for number, option in enumerate(OPTIONS):
            x, y = (140, 500 - 20 * number) if downwards else (140 + 90 * number, 500)
            draw(canvas, x, y, option == chosen)
            canvas.setFont("Serif", 12)
            canvas.drawString(x + 14, y, option)

    return reader.read(Source(data=pdfs.page(page), part="1"), Budget()).document


@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("draw", [crossed, dotted, filled, lettered, signed, in_cell])
def test_the_option_with_another_drawn_box_than_the_others_is_chosen(draw: Draw, downwards: bool) -> None:
    assert stopped(form(draw, "Mật", downwards=downwards))
    assert stopped(form(draw, "Tối mật", downwards=downwards))
    assert not stopped(form(draw, "Thường", downwards=downwards))
    assert not stopped(form(draw, "", downwards=downwards))


@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("draw", [bulleted, numbered, ruled, in_table, shaded])
def test_bullets_numbers_and_rules_before_levels_choose_none(draw: Draw, downwards: bool) -> None:
    assert not stopped(form(draw, "Mật", downwards=downwards))


SIGNS = [
    ("Wingdings", "\uf0fe", "\uf0a8"), ("Wingdings", "\uf0fc", "\uf0a8"), ("Wingdings", "\uf0a4", "\uf0a1"), ("Wingdings", "\uf06e", "\uf06f"),
    ("Wingdings", "þ", "o"), ("Wingdings 2", "R", "£"), ("Wingdings 2", "T", "£"), ("Webdings", "a", "c"), ("Webdings", "r", "c"),
    ("ZapfDingbats", "4", "o"), ("Arial", "✔", "☐"), ("Arial", "√", "□"), ("Arial", "⦿", "○"), ("Arial", "🗹", "☐"), ("Arial", "[X]", "[]"),
    ("Arial", "(•)", "( )"), ("Arial", "[*]", "[ ]"), ("Arial", "(●)", "(○)"), ("Arial", "[x]", "[_]"), ("Arial", "[x]", "   "),
]  # fmt: skip


@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize(("font", "tick", "box"), SIGNS)
def test_a_letter_of_a_font_of_signs_is_the_box_that_it_shows(font: str, tick: str, box: str, downwards: bool) -> None:
    def written(chosen: str) -> Document:
        runs = [Run(text="Độ mật: ", font="Arial")]
        for number, option in enumerate(OPTIONS, 1):
            block = number if downwards else 0
            runs.append(Run(text=tick if option == chosen else box, font=font, block=block))
            runs.append(Run(text=f" {option}   ", font="Arial", block=block))
        return Document(part="1", format="docx", runs=tuple(runs))

    assert (stopped(written("Mật")), stopped(written("Tối mật"))) == (True, True)
    assert (stopped(written("Thường")), stopped(written(""))) == (False, False)
