"""Marks that were read from a box or line of coloured ink, looked at again in what stands around them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from gateway.documents.readers.pictures import ocr
from gateway.documents.readers.pictures.rectangles import Pixels, Rectangle
from gateway.documents.readers.pictures.stamp_ink import Candidate, Ink, upright
from gateway.documents.readers.pictures.stamp_words import MARKS, Reading, folded

FRAMED_SURE = 0.8
"""Score from which a mark in a frame needs no second look."""
WHOLE_SURE = 0.86
"""Correlation of a mark of two words from which it is believed whatever lies beside it."""
SHORT_SURE = 0.95
"""The same of the short mark, which Mật in a table is more like."""
LINE_CONFIDENCE = 50.0
PRINT_EDGE = 12
"""Pixels of white around what Tesseract is given."""
STAMP_NEIGHBOURS = ("KHẨN", "HỎA TỐC", "THƯỢNG KHẨN", "BẢN SAO", "SAO Y", "SAO LỤC", "DỰ THẢO", "ĐẾN", "HẸN GIỜ")
"""Stamps that stand beside a mark without changing it."""


def confirmed(
    inks: Mapping[Ink, Pixels], readings: list[tuple[Candidate, Reading]], dpi: float
) -> list[tuple[Candidate, Reading]]:
    """Look again at marks that are not framed beyond doubt: the end of a longer coloured line is no mark.

    BẢO MẬT, BÍ MẬT NHÀ NƯỚC, PHÁP LUẬT: cut from such a heading, the last letters look like a stamp.
    """
    engine = ocr.engine()
    results = []
    for candidate, reading in readings:
        doubtful = not candidate.framed or reading.score < FRAMED_SURE
        ink = inks.get(candidate.ink)
        if reading.text in MARKS and doubtful and engine is not None and ink is not None:
            height = candidate.rectangle[1][1]
            for strip in _strips(ink, candidate.rectangle):
                words = engine.words(as_print(strip), ocr.Layout.LINE, int(dpi))
                instead = _longer_line(words, reading.text)
                if instead or _is_legible(words):
                    break
            sure = WHOLE_SURE if reading.text in MARKS[1:] else SHORT_SURE
            if not instead and not candidate.framed and reading.score < sure:
                box = upright(ink, candidate.rectangle, 0.15 * height)
                instead = _small_letters(engine.words(as_print(box), ocr.Layout.LINE, int(dpi)))
            if instead:
                results.append((replace(candidate, framed=False), replace(reading, text=instead)))
                continue
        results.append((candidate, reading))
    return results


def _strips(ink: Pixels, rectangle: Rectangle) -> Iterator[Pixels]:
    """Yield the line around a word, then what lies on one side of it: a logo on the other would spoil the reading."""
    (x, y), (width, height), angle = rectangle
    yield upright(ink, ((x, y), (width + 6 * height, 1.15 * height), angle))
    slope = math.radians(angle)
    for side in (1, -1):
        along = side * 1.5 * height
        middle = (x + along * math.cos(slope), y + along * math.sin(slope))
        yield upright(ink, (middle, (width + 3.4 * height, 1.3 * height), angle))


def _is_legible(words: list[ocr.Word]) -> bool:
    return bool(words) and sum(word.confidence for word in words) / len(words) >= LINE_CONFIDENCE


def _longer_line(words: list[ocr.Word], mark: str) -> str:
    """Return the line that a mark is only a part of, empty when the mark stands alone or beside other stamps."""
    if not _is_legible(words):
        return ""
    letters = "".join(folded(word.text) for word in words)
    for other in sorted((folded(word) for word in STAMP_NEIGHBOURS), key=len, reverse=True):
        letters = letters.removeprefix(other).removesuffix(other)
    if len(letters) < len(folded(mark)) + 2 or letters in {folded(word) for word in MARKS}:
        return ""
    return " ".join(word.text for word in words)


def _small_letters(words: list[ocr.Word]) -> str:
    """Return what words say that are in small letters for the most part, as Mật in a table; empty for capitals."""
    text = " ".join(word.text for word in words if word.confidence >= LINE_CONFIDENCE)
    letters = [ch for ch in text if ch.isalpha()]
    return text if len(letters) >= 3 and 2 * sum(ch.islower() for ch in letters) > len(letters) else ""


def as_print(ink: Pixels) -> Pixels:
    """Return ink as black on white with full contrast."""
    top = max(float(np.percentile(ink, 98)), 1.0)
    picture = 255 - np.clip(ink.astype(np.float32) * (255 / top), 0, 255)
    return np.pad(picture.astype(np.uint8), PRINT_EDGE, constant_values=255)
