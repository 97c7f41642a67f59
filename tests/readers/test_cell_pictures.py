"""Words made of cells, by one sign in each or by their colour, are read; lists of attendance are no words."""

import openpyxl
import pptx
import pytest
from openpyxl.styles import PatternFill
from PIL import Image, ImageDraw, ImageFont
from pptx.dml.color import RGBColor
from pptx.util import Emu

from gateway.documents.readers import plain, text_art
from gateway.documents.readers.base import Budget, Reading, Source
from gateway.documents.readers.odf import reader as odf
from gateway.documents.readers.pictures import image
from gateway.documents.readers.word import rtf
from gateway.vietnamese.marks import find_in_document
from tests.readers.ooxml_support import read as docx
from tests.readers.ooxml_support import word
from tests.readers.test_joined_pictures import FONT
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of
from tests.support.opendocument import content, package
from tests.support.reading import reading_of

pytestmark = pytest.mark.slow


def grid(word: str) -> list[list[bool]]:
    font = ImageFont.truetype(FONT, 24)
    printed = Image.new("1", (round(font.getlength(word)) + 4, 36), 1)
    ImageDraw.Draw(printed).text((2, 2), word, 0, font)
    return [[not printed.getpixel((column, row)) for column in range(printed.width)] for row in range(printed.height)]


def sheet(cells: list[list[bool]]) -> Reading:
    book = openpyxl.Workbook()
    for row, line in enumerate(cells, 3):
        for column, inked in enumerate(line, 2):
            if inked:
                book.active.cell(row, column, "x")
    return reading_of(file_of(book))


def values(cells: list[list[bool]]) -> Reading:
    lines = "\n".join(",".join("1" if inked else "0" for inked in line) for line in cells)
    return plain.read(Source(data=lines.encode(), part="1", filename="a.csv", declared_type="text/csv"), Budget())


def open_sheet(cells: list[list[bool]]) -> Reading:
    style = (
        '<style:style style:name="B" style:family="table-cell"><style:table-cell-properties fo:background-color="#c00000"/>'
        "</style:style>"
    )
    empty, painted = "<table:table-cell/>", '<table:table-cell table:style-name="B"/>'
    lines = ("".join(painted if inked else empty for inked in line) for line in cells)
    rows = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    body = content(f'<table:table table:name="S">{rows}</table:table>', style, "spreadsheet")
    data = package({"content.xml": body})
    return reading_of(data)


def word_table(cells: list[list[bool]], *, ground: bool = False) -> Reading:
    def shade(inked: bool) -> str:
        fill = "C00000" if inked else "4472C4" if ground else ""
        return f'<w:tcPr><w:shd w:val="clear" w:fill="{fill}"/></w:tcPr>' if fill else ""

    rows = ("".join(f"<w:tc>{shade(inked)}<w:p/></w:tc>" for inked in line) for line in cells)
    table = "".join(f"<w:tr>{row}</w:tr>" for row in rows)
    return docx(word(f"<w:tbl>{table}</w:tbl>"))


def painted_ground(cells: list[list[bool]]) -> Reading:
    return word_table(cells, ground=True)


def left_open(cells: list[list[bool]]) -> Reading:
    return word_table([[not inked for inked in line] for line in cells])


def slide_table(cells: list[list[bool]]) -> Reading:
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    side = Emu(90_000)
    table = shapes.add_table(len(cells), len(cells[0]), 0, 0, side * len(cells[0]), side * len(cells)).table
    for row, line in enumerate(cells):
        for column, inked in enumerate(line):
            fill = table.cell(row, column).fill
            fill.solid()
            fill.fore_color.rgb = RGBColor.from_string("000000" if inked else "FFFFFF")
    return reading_of(file_of(deck))


def text_table(cells: list[list[bool]]) -> Reading:
    style = (
        '<style:style style:name="B" style:family="table-cell"><style:table-cell-properties fo:background-color="#c00000"/>'
        "</style:style>"
    )
    painted = '<table:table-cell table:style-name="B"/>'
    lines = ("".join(painted if inked else "<table:table-cell/>" for inked in line) for line in cells)
    rows = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    data = package({"content.xml": content(f"<table:table>{rows}</table:table>", style)})
    return odf.read(Source(data=data, part="1"), Budget())


def rich_table(cells: list[list[bool]]) -> Reading:
    rows = ""
    for line in cells:
        ends = (("\\clcbpat1" if inked else "") + f"\\cellx{90 * n}" for n, inked in enumerate(line, 1))
        rows += "\\trowd" + "".join(ends) + "\\intbl" + "\\cell" * len(line) + "\\row "
    data = f"{{\\rtf1\\ansi{{\\colortbl;\\red192\\green0\\blue0;}}{rows}\\pard Trang\\par}}".encode()
    return rtf.read(Source(data=data, part="1"), Budget())


def found(reading: Reading) -> bool:
    pictures = [member for member in text_art.with_text_art(reading).members if member.relation == "image"]
    sources = (Source(data=member.data, part="1", relation="image") for member in pictures)
    return any(find_in_document(image.read(source, Budget()).document) for source in sources)


MADE = [word_table, open_sheet, sheet, values, painted_ground, left_open, slide_table, text_table, rich_table]


def below_many(cells: list[list[bool]]) -> Reading:
    """Below 60,000 cells of another colour, which stand in other rows."""
    tall = [[True] * 60 for _ in range(1000)] + [[False]] * 3
    book = openpyxl.Workbook()
    for number, (line, colour) in enumerate(
        [*((line, "FF4472C4") for line in tall), *((line, "FF000000") for line in cells)], 1
    ):
        for column, inked in enumerate(line, 2):
            if inked:
                book.active.cell(number, column).fill = PatternFill("solid", fgColor=colour)
    return reading_of(file_of(book))


def after_others(cells: list[list[bool]]) -> Reading:
    """In the first of six sheets of which the others have more signs."""
    book = openpyxl.Workbook()
    for sheet, lines in enumerate(
        [cells, *[[[(row + column) % 3 > 0 for column in range(60)] for row in range(60)]] * 5]
    ):
        for row, line in enumerate(lines, 3):
            for column, inked in enumerate(line, 2):
                if inked:
                    (book.worksheets[sheet:] or [book.create_sheet()])[0].cell(row, column, "x")
    return reading_of(file_of(book))


@needs_ocr
@pytest.mark.parametrize("made", [*MADE, below_many, after_others])
def test_a_word_made_of_cells_is_read_however_many_others_there_are(made):
    assert found(made(grid("MẬT")))
    assert not found(made(grid("KẾT")))


@needs_ocr
@pytest.mark.parametrize("made", MADE)
def test_a_list_of_attendance_is_no_word(made):
    assert not found(made([[(row * 7 + day * 3) % 11 > 2 and day % 7 < 5 for day in range(31)] for row in range(20)]))
