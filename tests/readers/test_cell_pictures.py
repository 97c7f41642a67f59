"""Words made of cells, by one sign in each or by their colour, are read; lists of attendance are no words."""

from __future__ import annotations

import io

import pytest

pytest.importorskip("PIL")
pytest.importorskip("cv2")

import openpyxl
from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers import plain, text_art
from gateway.documents.readers.base import Budget, Reading, Source
from gateway.documents.readers.pictures import image, ocr
from gateway.documents.readers.registry import reader_for
from gateway.documents.readers.sniff import sniff
from gateway.vietnamese.marks import find_in_document
from tests.readers.test_joined_pictures import FONT
from tests.readers.test_odf import content, package

needs_ocr = pytest.mark.skipif(not ocr.status().available, reason=ocr.status().detail)


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
    out = io.BytesIO()
    book.save(out)
    kind = sniff(out.getvalue()).primary
    return reader_for(kind)(Source(data=out.getvalue(), part="1", detected_type=kind), Budget())  # type: ignore[misc]


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
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return reader_for(kind)(Source(data=data, part="1", detected_type=kind), Budget())  # type: ignore[misc]


def found(reading: Reading) -> bool:
    pictures = [member for member in text_art.with_text_art(reading).members if member.relation == "image"]
    sources = (Source(data=member.data, part="1", relation="image") for member in pictures)
    return any(find_in_document(image.read(source, Budget()).document) for source in sources)


@needs_ocr
@pytest.mark.parametrize("made", [sheet, values, open_sheet])
def test_a_word_made_of_cells_is_read(made):
    assert found(made(grid("MẬT")))
    assert not found(made(grid("KẾT")))


@needs_ocr
@pytest.mark.parametrize("made", [sheet, values, open_sheet])
def test_a_list_of_attendance_is_no_word(made):
    assert not found(made([[(row * 7 + day * 3) % 11 > 2 and day % 7 < 5 for day in range(31)] for row in range(20)]))
