"""Letters below one another are laid side by side, whatever their size."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers.pictures import column, ocr
from gateway.documents.readers.pictures.rectangles import Pixels
from tests.readers import scans
from tests.support.ocr import needs_ocr


def below_one_another(letters: str, size: int) -> Pixels:
    font = ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[0]), size)
    paper = Image.new("RGB", (2 * size, 2 * size * len(letters)), "white")
    for place, letter in enumerate(letters):
        ImageDraw.Draw(paper).text((size, 2 * size * place + size), letter, "black", font, anchor="mm")
    return scans.bgr(paper)


@needs_ocr
@pytest.mark.parametrize("size", [30, 60, 90, 240, 700])
def test_a_column_is_read_as_a_row_as_high_as_print(size: int) -> None:
    row = column.as_row(column.figure(below_one_another("MẬT", size)))
    assert row is not None
    assert row.shape[0] < 8 * column.PRINT
    engine = ocr.engine()
    assert engine is not None
    said = engine.words(np.ascontiguousarray(row[:, :, 1]), ocr.Layout.LINE, 200)
    assert "".join(word.text for word in said) == "MẬT"


def test_a_row_of_letters_is_no_column() -> None:
    assert column.as_row(column.figure(below_one_another("MẬT", 60).transpose(1, 0, 2))) is None
