"""Letters that shapes, pictures and cells show together are read in what LibreOffice saves as DOC, RTF, XLS, PPT, ODS and ODP."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import docx
import numpy as np
import openpyxl
import pytest

from gateway.documents.readers.base import Budget
from gateway.documents.readers.ole.art import properties, records
from tests.readers import test_drawn_letters as outlines
from tests.readers import test_drawn_strokes as strokes
from tests.readers import test_joined_pictures as pictures
from tests.readers.ole_support import atom
from tests.support.libreoffice import converted, needs_libreoffice
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of


def of_lines(letters: str) -> bytes:
    return strokes.slide(strokes.MARK if letters == "MẬT" else strokes.OTHER)


def on_slide(letters: str) -> bytes:
    return pictures.slides([(page, 3 + 3.4 * number, 3) for number, page in enumerate(pictures.letters(letters))])


def turned(letters: str) -> bytes:
    return pictures.slides([(pictures.ImageOps.flip(pictures.drawn(letters)), 3, 3)], upside_down=True)


def mirrored(letters: str) -> bytes:
    document = docx.Document()
    run = document.add_paragraph().add_run()
    picture = run.add_picture(io.BytesIO(pictures.png(pictures.ImageOps.mirror(pictures.drawn(letters)))))
    picture._inline.graphic.graphicData.pic.spPr.xfrm.set("flipH", "1")
    return file_of(document)


def below(letters: str) -> bytes:
    return pictures.sheet(list(zip(pictures.halves(pictures.drawn(letters), across=False), ("B2", "B9"), strict=True)))


def signs(letters: str) -> bytes:
    book = openpyxl.Workbook()
    shown = np.argwhere(np.array(pictures.drawn(letters, (440, 210), (40, 20)).convert("L").resize((44, 21))) < 128)
    for row, column in shown.tolist():
        book.active.cell(row + 1, column + 1, "█")
    return file_of(book)


def on_sheet(letters: str) -> bytes:
    return pictures.sheet(list(zip(pictures.halves(pictures.drawn(letters)), ("B2", "G2"), strict=True)))


@needs_libreoffice
@needs_ocr
@pytest.mark.system
@pytest.mark.slow
@pytest.mark.parametrize("is_mark", [True, False])
@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (outlines.slide, "pptx:ppt"),
        (outlines.text, "docx:doc"),
        (of_lines, "pptx:ppt"),
        (on_slide, "pptx:ppt"),
        (on_sheet, "xlsx:xls"),
        (mirrored, "docx:doc"),
        (mirrored, "docx:rtf"),
        (turned, "pptx:odp"),
        (below, "xlsx:ods"),
        (signs, "xlsx:ods"),
    ],
    ids=[
        "freeforms of PPT",
        "freeform of DOC",
        "lines of PPT",
        "pictures of PPT",
        "pictures of XLS",
        "turned in DOC",
        "turned in RTF",
        "ODP",
        "ODS",
        "cells of ODS",
    ],
)
def test_letters_are_read_where_they_stand(
    made: Callable[[str], bytes], kind: str, tmp_path: Path, *, is_mark: bool
) -> None:
    new, old = kind.split(":")
    source = tmp_path / f"a.{new}"
    source.write_bytes(made("MẬT" if is_mark else "XẬT"))
    assert pictures.found(converted(source, old)) is is_mark


@pytest.mark.parametrize("counts_head", [True, False])
def test_an_array_may_count_its_head_or_not(*, counts_head: bool) -> None:
    points = struct.pack("<HHH4i", 2, 2, 8, 1, 2, 3, 4)
    name = "Tên".encode("utf-16-le")
    size = len(points) - (0 if counts_head else 6)
    entries = struct.pack("<HIHI", 0x8145, size, 0x8380, len(name))
    (record,) = records(data := atom(0xF00B, entries + points + name, instance=2), Budget())
    assert properties(data, record) == {0x145: points, 0x380: name}
