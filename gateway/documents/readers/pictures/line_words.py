"""Lines of a page to words by Tesseract, one call a line, so that no short row is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures import ocr
from gateway.documents.readers.pictures.lines import Kind, Line, Sheet
from gateway.documents.readers.pictures.proportion import from_cells, stretch_of
from gateway.documents.readers.pictures.rectangles import Pixels, level

READ_DPI = 200.0
COARSEST = 130.0
"""Resolution from which Tesseract gets the pixels as they are."""
AROUND = 0.45, 0.3
"""Heights of a line above it, where marks on capitals stand, and below it."""
POOR = 50.0
"""Confidence of Tesseract, of 100, below which the words of a line may be letters in cells."""
EDGE = 8
"""Pixels of paper around what is read."""
LARGE_ROWS = 72
"""Rows to which large letters are reduced."""
APART = 3.0
"""Heights of a line that part two groups of rows."""
STAND_IN = 4
"""Heights of a line that a word is wide on the mean."""
WHITE, LEAST_SPAN = 0.94, 24.0
"""Share of the level of the paper that becomes white, and the least span of levels that is stretched to black and white."""
GRAIN = 16
"""Levels of grey by which some pixels differ where anything is written: a bar of one shade is none."""
RATIO = 2.2
"""Heights of letters that one column of a line has, about: what reading costs is counted in letters."""

_Cut = tuple[Pixels, float, float, tuple[float, float]]


def cost(line: Line) -> float:
    """Return about how many letters there is room for in a patch: what Tesseract's time grows with."""
    height = max(line.height, 8)
    rows = max(height / 16, 1.0) if line.kind in (Kind.BLOCK, Kind.INVERSE) else 1.0
    return RATIO * line.width * rows / min(height, 16 * rows)


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line and its words, with places in the page that its sheet was made of."""

    line: Line
    words: tuple[ocr.Word, ...]


def read(engine: ocr.Tesseract, sheet: Sheet, line: Line) -> ReadLine:
    """Read one line, or one block of lines; of a line that is read poorly the letters in its cells, if it has some."""
    words = _words(engine, sheet, line, _crop(sheet, line))
    if line.kind is Kind.LINE and not (words and all(word.confidence >= POOR for word in words)):
        around = replace(line, top=max(line.top - line.height, 0), bottom=line.bottom + line.height, kind=Kind.BLOCK)
        part, left, top, scale = _crop(sheet, around)
        if part.size and (letters := from_cells(part)) is not None:
            scale = scale[0] * letters.shape[1] / part.shape[1], scale[1]
            words = _words(engine, sheet, line, (letters, left, top, scale))
    return ReadLine(line, words)


def _words(engine: ocr.Tesseract, sheet: Sheet, line: Line, cut: _Cut) -> tuple[ocr.Word, ...]:
    picture, left, top, scale = cut
    if not picture.size:
        return ()
    layout = ocr.Layout.BLOCK if line.kind in (Kind.BLOCK, Kind.INVERSE) else ocr.Layout.LINE
    back = cv2.invertAffineTransform(sheet.turn) if sheet.turn is not None else None
    words = engine.words(np.pad(picture, EDGE, constant_values=255), layout, int(READ_DPI))
    left, top = left - EDGE / scale[0], top - EDGE / scale[1]
    return tuple(_placed(word, left, top, scale, back) for word in words)


def stand_ins(sheet: Sheet, lines: Sequence[Line]) -> list[ocr.Word]:
    """Return placeholder words for lines of prose that need not be read, so that their places count as explained."""
    back = cv2.invertAffineTransform(sheet.turn) if sheet.turn is not None else None
    k, found = sheet.scale, []
    for number, line in enumerate(lines):
        width, height = round(k * STAND_IN * line.height), round(k * line.height)
        for left in range(round(k * line.left), round(k * line.right), max(width, 1)):
            word = ocr.Word("prose", 100.0, 0, 0, min(width, round(k * line.right) - left), height, (-1, number, 0))
            found.append(_placed(word, left, k * line.top, (1.0, 1.0), back))
    return found


def in_order(lines: Sequence[ReadLine], usual: float) -> list[ocr.Word]:
    """Return all words in reading order; those of one row have the same `line`, but for columns beside each other."""
    ordered: list[ocr.Word] = []
    for number, row in enumerate(_in_order(lines, usual)):
        for one in row:
            is_line = one.line.kind in (Kind.LINE, Kind.LARGE)
            ordered += [
                replace(word, line=(number, 0, 0) if is_line else (number, *word.line[1:])) for word in one.words
            ]
    return ordered


def _in_order(lines: Sequence[ReadLine], usual: float) -> Iterator[list[ReadLine]]:
    """Yield rows from top to bottom; of two columns side by side, first the left one, then the right one."""
    rows = _rows(lines)
    start = 0
    while start < len(rows):
        end = _band(rows, start, usual)
        columns = [row[0] for row in rows[start:end] if len(row) == 2]
        labels = sum(bool(one.words) and one.words[-1].text.endswith(":") for one in columns)
        if end - start < 2 or 2 * labels >= len(columns):
            yield from rows[start:end]
        else:
            middle = max(one.line.right for one in columns)
            for is_left in (True, False):
                yield from ([part] for row in rows[start:end] for part in row if (part.line.left < middle) is is_left)
        start = end


def _rows(lines: Sequence[ReadLine]) -> list[list[ReadLine]]:
    rows: list[list[ReadLine]] = []
    own = [one for one in lines if not any(_is_accent(one.line, other.line) for other in lines)]
    for one in sorted(own, key=lambda item: item.line.top + item.line.bottom):
        last, line = rows[-1][0].line if rows else None, one.line
        shared = min(last.bottom, line.bottom) - max(last.top, line.top) if last else 0
        if last and 2 * shared > min(last.height, line.height) and 0.5 * last.height < line.height < 2 * last.height:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda item: item.line.left) for row in rows]


def _is_accent(small: Line, large: Line) -> bool:
    """Return whether a line is the accent of a large letter of another one, detached from it."""
    over = large.left <= small.left and small.right <= large.right and small.right - small.left < large.height
    return over and 2 * small.height < large.height and abs(small.bottom - large.top) < 0.4 * large.height


def _band(rows: list[list[ReadLine]], start: int, usual: float) -> int:
    """Return the end of the rows in the same two columns."""
    if len(rows[start]) != 2:
        return start + 1
    left, right = rows[start][0].line.right, rows[start][1].line.left
    end = start + 1
    while end < len(rows) and len(rows[end]) <= 2:
        row = [one.line for one in rows[end]]
        lefts = [left, *(part.right for part in row if part.left < left)]
        rights = [right, *(part.left for part in row if part.left >= left)]
        far = row[0].top - rows[end - 1][0].line.bottom > APART * usual
        if far or len(lefts) > 2 or len(rights) > 2 or max(lefts) >= min(rights):
            break
        left, right = max(lefts), min(rights)
        end += 1
    return end


def _crop(sheet: Sheet, line: Line) -> _Cut:
    """Return a line as black on white, the corner of that in the page turned straight, and how much wider and higher it was made."""
    k, grey = sheet.scale, sheet.grey
    inverse = line.kind is Kind.INVERSE
    side = -4 if inverse else 4
    above, below = (-3, -3) if inverse else (max(int(share * min(line.height, 30)), 3) for share in AROUND)
    top, left = int(max(line.top - above, 0) * k), int(max(line.left - side, 0) * k)
    part = grey[top : int((line.bottom + below) * k), left : int((line.right + side) * k)]
    if not part.size:
        return part, left, top, (1.0, 1.0)
    part = 255 - part if inverse else part
    black, white = float(np.min(part)), level(part, 75)
    if float(np.max(part)) - black < GRAIN:
        return part[:0], left, top, (1.0, 1.0)
    levels = (np.arange(256) - black) * (255 / max(WHITE * white - black, LEAST_SPAN))
    part = np.asarray(cv2.LUT(part, np.clip(levels, 0, 255).astype(np.uint8)), np.uint8)
    dpi = k * 100.0
    scale = 1.0 if dpi >= COARSEST else READ_DPI / dpi
    if line.kind is Kind.LARGE:
        scale = min(scale, LARGE_ROWS / part.shape[0])
    wide = scale * (stretch_of(part) if line.kind in (Kind.LINE, Kind.LARGE) else 1.0)
    if (wide, scale) != (1.0, 1.0):
        method = cv2.INTER_AREA if min(wide, scale) < 1 else cv2.INTER_CUBIC
        part = np.asarray(cv2.resize(part, None, fx=wide, fy=scale, interpolation=method), np.uint8)
    return part, left, top, (wide, scale)


def _placed(
    word: ocr.Word, left: float, top: float, scale: tuple[float, float], back: npt.NDArray[np.float64] | None
) -> ocr.Word:
    """Return a word of a crop with its place in the page as it was before it was turned straight."""
    width, height = word.width / scale[0], word.height / scale[1]
    x, y = word.left / scale[0] + left + width / 2, word.top / scale[1] + top + height / 2
    if back is not None:
        x, y = (float(value) for value in back @ np.array((x, y, 1.0)))
    place = round(x - width / 2), round(y - height / 2), max(round(width), 1), max(round(height), 1)
    return ocr.Word(word.text, word.confidence, *place, word.line)
