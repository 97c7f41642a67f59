"""Scanned pages and stamps that stand as pictures in files of an office, through the whole gateway."""

import asyncio
import io
import random

import pytest

from tests.accuracy import wall
from tests.readers import scan_makers, scans
from tests.support.ocr import needs_stamps
from tests.support.octets import file_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system,
    needs_stamps,
]


def _docx(picture: bytes) -> bytes:
    import docx
    from docx.shared import Cm

    document = docx.Document()
    document.add_paragraph("Kính gửi các phòng, ban, đơn vị thuộc quận.")
    document.add_picture(io.BytesIO(picture), width=Cm(16))
    return file_of(document)


def _xlsx(picture: bytes) -> bytes:
    import openpyxl
    from openpyxl.drawing.image import Image

    book = openpyxl.Workbook()
    book.active["A1"] = "Danh mục văn bản"
    book.active.add_image(Image(io.BytesIO(picture)), "B3")
    return file_of(book)


def _pptx(picture: bytes) -> bytes:
    import pptx
    from pptx.util import Cm

    slides = pptx.Presentation()
    slides.slides.add_slide(slides.slide_layouts[6]).shapes.add_picture(
        io.BytesIO(picture), Cm(1), Cm(1), height=Cm(17)
    )
    return file_of(slides)


def _odt(picture: bytes) -> bytes:
    from odf.draw import Frame, Image
    from odf.opendocument import OpenDocumentText
    from odf.text import P

    document = OpenDocumentText()
    paragraph, frame = P(), Frame(width="16cm", height="22cm", anchortype="paragraph")
    suffix, kind = ("png", "image/png") if picture.startswith(b"\x89PNG") else ("jpg", "image/jpeg")
    place = document.addPicture(f"page.{suffix}", kind, picture)
    frame.addElement(Image(href=place, type="simple", show="embed", actuate="onLoad"))
    paragraph.addElement(frame)
    document.text.addElement(paragraph)
    return file_of(document)


MAKERS = {"docx": _docx, "xlsx": _xlsx, "pptx": _pptx, "odt": _odt}


def _page(mark: str | None, other: str | None = None) -> bytes:
    sheet = scan_makers.Sheet(seed=5, machine="scanner jpeg", mark=mark, other=other, place="left", dpi=150)
    return scan_makers.make(sheet)[1]


def _stamp(words: str) -> bytes:
    from PIL import Image

    drawn = scans.text_stamp(words, random.Random(3), 3, (200, 20, 30))
    flat = Image.new("RGB", drawn.size, "white")
    flat.paste(drawn, (0, 0), drawn)
    return file_of(flat, "PNG")


def test_pictures_in_office_files_are_read_for_stamps() -> None:
    pictures = {
        "toi_mat": _page("TỐI MẬT"),
        "mat": _stamp("MẬT"),
        "letter": _page(None, "HỎA TỐC"),
        "urgent": _stamp("THƯỢNG KHẨN"),
    }
    files = [(f"{name}.{kind}", make(data)) for kind, make in MAKERS.items() for name, data in pictures.items()]
    with wall.gateway() as judge:
        outcomes = asyncio.run(wall.outcomes(judge, files, per_mail=4, at_once=1))
    for (name, _), outcome in zip(files, outcomes, strict=True):
        expected = name.split(".")[0]
        if expected in ("toi_mat", "mat"):
            assert (outcome.rule, outcome.level) == ("marked", expected), (name, outcome)
        else:
            assert outcome.rule is None, (name, outcome)
