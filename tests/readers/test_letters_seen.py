"""Letters that are struck out, or squeezed to a line, are not what a paragraph says; in every format that can do so."""

import io

import docx
import pptx
import pytest
import xlsxwriter
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from pptx.util import Emu

from gateway.vietnamese.marks import Strength, find_in_document
from tests.support.cases import first_quick
from tests.support.octets import file_of
from tests.support.opendocument import content, package
from tests.support.reading import document_of

Piece = tuple[str, bool]
"""Words, and whether they are struck out or squeezed."""
SHOWN: dict[str, list[Piece]] = {
    "mat": [("BẢO ", True), ("MẬT", False)],
    "toi_mat": [("TỐI ", False), ("ƯU BẢO ", True), ("MẬT", False)],
    "tuyet_mat": [("TUYỆT ", False), ("ĐỐI BẢO ", True), ("MẬT", False)],
}
INNOCENT: list[list[Piece]] = [
    [("BẢO MẬT", False), (" CŨ", True)],
    [("BẢN CŨ ", True), ("KẾT QUẢ BẢO MẬT", False)],
    [("BẢO ", False), ("MẬT", False)],
]


def of_word(pieces: list[Piece], change: str = "w:strike") -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph()
    for text, changed in pieces:
        run = paragraph.add_run(text)
        setting = OxmlElement(change)
        if change == "w:w":
            setting.set(qn("w:val"), "1" if changed else "90")
        else:
            setting.set(qn("w:val"), str(int(changed)))
        run._r.get_or_add_rPr().append(setting)
    return file_of(document)


def struck_twice(pieces: list[Piece]) -> bytes:
    return of_word(pieces, "w:dstrike")


def squeezed(pieces: list[Piece]) -> bytes:
    return of_word(pieces, "w:w")


def of_slides(pieces: list[Piece]) -> bytes:
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    paragraph = shapes.add_textbox(Emu(0), Emu(0), Emu(4_000_000), Emu(900_000)).text_frame.paragraphs[0]
    for text, changed in pieces:
        run = paragraph.add_run()
        run.text = text
        run._r.get_or_add_rPr().set("strike", "sngStrike" if changed else "noStrike")
    return file_of(deck)


def of_sheets(pieces: list[Piece]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    formats = [book.add_format({"font_strikeout": changed, "font_size": 14}) for _, changed in pieces]
    words = [part for (text, _), look in zip(pieces, formats, strict=True) for part in (look, text)]
    book.add_worksheet().write_rich_string(0, 0, *words)
    book.close()
    return out.getvalue()


def of_open_text(pieces: list[Piece], setting: str = 'style:text-line-through-style="solid"') -> bytes:
    style = f'<style:style style:name="S" style:family="text"><style:text-properties {setting}/></style:style>'
    spans = "".join(
        f'<text:span text:style-name="{"S" if changed else "T"}">{text}</text:span>' for text, changed in pieces
    )
    return package({"content.xml": content(f"<text:p>{spans}</text:p>", style)})


def squeezed_open_text(pieces: list[Piece]) -> bytes:
    return of_open_text(pieces, 'style:text-scale="2%"')


def rich(pieces: list[Piece], change: str = "strike") -> bytes:
    def written(text: str) -> str:
        return "".join(letter if letter.isascii() else f"\\u{ord(letter)}?" for letter in text)

    words = "".join("{\\b" + (f"\\{change} " if changed else " ") + written(text) + "}" for text, changed in pieces)
    return f"{{\\rtf1\\ansi {words}\\par}}".encode()


def squeezed_rich(pieces: list[Piece]) -> bytes:
    return rich(pieces, "charscalex1")


MADE = [
    of_word, struck_twice, squeezed, of_slides, of_sheets, of_open_text, squeezed_open_text, rich, squeezed_rich,
]  # fmt: skip


def levels(data: bytes) -> set[str]:
    return {mark.level.value for mark in find_in_document(document_of(data)) if mark.strength is not Strength.NOTED}


@pytest.mark.parametrize("made", first_quick(MADE), ids=lambda made: made.__name__)
def test_words_around_struck_and_squeezed_letters_are_what_a_paragraph_says(made):
    for level, pieces in SHOWN.items():
        assert levels(made(pieces)) == {level}


@pytest.mark.parametrize("made", first_quick(MADE), ids=lambda made: made.__name__)
def test_other_words_beside_struck_and_squeezed_letters_are_no_mark(made):
    for pieces in INNOCENT:
        assert not levels(made(pieces))
