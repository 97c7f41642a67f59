"""Boxes to tick that a page or its annotations only draw, or shows as letters of a font of signs: the chosen option is a mark, an offered one is none."""

import io
from collections.abc import Callable, Iterator

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from reportlab.pdfgen.canvas import Canvas

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader
from gateway.model import Document, Run
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers import pdfs

OPTIONS = ("Thường", "Mật", "Tối mật", "Tuyệt mật")
Draw = Callable[[Canvas, float, float, float, bool], None]
Write = Callable[[Canvas, float, float, str], None]
Annotate = Callable[[pikepdf.Pdf, float, float], pikepdf.Dictionary]


def stopped(document: Document) -> bool:
    return any(mark.strength is not Strength.NOTED for mark in find_in_document(document))


def crossed(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.rect(x, y, 9, 9)
    if chosen:
        canvas.line(x, y, x + 9, y + 9)
        canvas.line(x, y + 9, x + 9, y)


def dotted(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.circle(x + 5, y + 4, 5)
    if chosen:
        canvas.circle(x + 5, y + 4, 2.5, fill=1)


def filled(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.rect(x, y, 9, 9, fill=int(chosen))


def lettered(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.rect(x, y, 9, 9)
    canvas.drawString(x + 2, y + 1, "x" if chosen else "")


def signed(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.setFont("ZapfDingbats", 12)
    canvas.drawString(x, y, "✘" if chosen else "❏")


def bulleted(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.circle(x + 5, y + 4, 2, fill=1)


def numbered(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.drawString(x, y, "1." if chosen else "2.")


def in_cell(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.rect(x - 16, y - 5, 88, 20)
    crossed(canvas, x, y, end, chosen)


def in_table(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.line(x - 20, y + 15 if chosen else y - 5, x + 90, y + 15 if chosen else y - 5)
    canvas.line(x + 10, y + 15, x + 10, y - 5)
    if chosen:
        canvas.line(x + 10, y, x + 90, y)


def shaded(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.setFillGray(0.6 if chosen else 0.9)
    canvas.rect(x + 5, y - 5, 80, 20, fill=1)
    canvas.setFillGray(0)


def ruled(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.setLineWidth(2.0 if chosen else 0.5)
    canvas.line(x + 8, y - 10, x + 8, y + 20)
    canvas.line(x - 40, y - 5, x + 90, y - 5)


def behind(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    crossed(canvas, end + 4, y, end, chosen)


def circled(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    if chosen:
        canvas.ellipse(x + 6, y - 7, end + 8, y + 16)


def encircled(canvas: Canvas, x: float, y: float, end: float, chosen: bool) -> None:
    canvas.rect(x + 8, y - 5, end - x, 18)


def by_letters(canvas: Canvas, x: float, y: float, words: str) -> None:
    for letter in words:
        canvas.drawString(x, y, letter)
        x += canvas.stringWidth(letter)


def laid_out(draw: Draw, chosen: str, *, downwards: bool, write: Write = Canvas.drawString) -> bytes:
    def page(canvas: Canvas) -> None:
        write(canvas, 72, 500, "Độ mật:")
        for option, x, y in places(downwards=downwards):
            canvas.setFont("Serif", 12)
            draw(canvas, x, y, x + 14 + canvas.stringWidth(option), option == chosen)
            canvas.setFont("Serif", 12)
            write(canvas, x + 14, y, option)
        write(canvas, 72, 300, "Các phòng, ban xác định độ mật")

    return pdfs.page(page)


def places(*, downwards: bool) -> Iterator[tuple[str, float, float]]:
    for number, option in enumerate(OPTIONS):
        yield (option, 140, 500 - 20 * number) if downwards else (option, 140 + 90 * number, 500)


def document(data: bytes) -> Document:
    return reader.read(Source(data=data, part="1"), Budget()).document


def form(draw: Draw, chosen: str, *, downwards: bool) -> Document:
    return document(laid_out(draw, chosen, downwards=downwards))


@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("draw", [crossed, dotted, filled, lettered, signed, in_cell, behind, circled])
def test_the_option_with_another_drawn_box_than_the_others_is_chosen(draw: Draw, downwards: bool) -> None:
    assert stopped(form(draw, "Mật", downwards=downwards))
    assert stopped(form(draw, "Tối mật", downwards=downwards))
    assert not stopped(form(draw, "Thường", downwards=downwards))
    assert not stopped(form(draw, "", downwards=downwards))


@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("draw", [bulleted, numbered, ruled, in_table, shaded, encircled])
def test_bullets_numbers_and_rules_before_levels_choose_none(draw: Draw, downwards: bool) -> None:
    assert not stopped(form(draw, "Mật", downwards=downwards))


@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("draw", [crossed, lettered, behind, circled])
def test_words_that_are_drawn_letter_by_letter_are_options_too(draw: Draw, downwards: bool) -> None:
    def is_stopped(chosen: str) -> bool:
        return stopped(document(laid_out(draw, chosen, downwards=downwards, write=by_letters)))

    assert [is_stopped(chosen) for chosen in ("Mật", "Tối mật", "Thường", "")] == [True, True, False, False]


def ink(file: pikepdf.Pdf, x: float, y: float) -> pikepdf.Dictionary:
    stroke = [x + 1, y + 5, x + 4, y + 1, x + 9, y + 10]
    return Dictionary(Subtype=Name.Ink, Rect=[x, y, x + 10, y + 11], InkList=[stroke], C=[0, 0, 0])


def typed(file: pikepdf.Pdf, x: float, y: float) -> pikepdf.Dictionary:
    place = [x - 2, y - 2, x + 12, y + 13]
    return Dictionary(Subtype=Name.FreeText, Rect=place, Contents="X", DA="/Helv 11 Tf 0 g")


def ticked_field(file: pikepdf.Pdf, x: float, y: float) -> pikepdf.Dictionary:
    cross = b"1 1 m 8 8 l 1 8 m 8 1 l S"
    states = {
        f"/{state}": file.make_stream(drawn, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
        for state, drawn in (("Yes", cross), ("Off", b" "))
    }
    look = Dictionary(N=Dictionary(states))
    return Dictionary(
        Subtype=Name.Widget, FT=Name.Btn, T="o", V=Name.Yes, AS=Name.Yes, AP=look, Rect=[x, y, x + 9, y + 9]
    )


def ring(file: pikepdf.Pdf, x: float, y: float) -> pikepdf.Dictionary:
    return Dictionary(Subtype=Name.Circle, Rect=[x + 6, y - 7, x + 62, y + 16], C=[1, 0, 0])


@pytest.mark.parametrize(("tick", "boxes"), [(ink, True), (typed, True), (ticked_field, True), (ring, False)])
def test_what_annotations_and_fields_tick_is_chosen(tick: Annotate, boxes: bool) -> None:
    def is_stopped(chosen: str) -> bool:
        file = pikepdf.open(io.BytesIO(laid_out(crossed if boxes else circled, "", downwards=False)))
        made = [tick(file, x, y) for option, x, y in places(downwards=False) if option == chosen]
        for annotation in made:
            annotation.update({"/Type": Name.Annot, "/F": 4})
        file.pages[0].Annots = Array(map(file.make_indirect, made))
        out = io.BytesIO()
        file.save(out)
        return stopped(document(out.getvalue()))

    assert [is_stopped(chosen) for chosen in ("Tối mật", "Thường", "")] == [True, False, False]


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
