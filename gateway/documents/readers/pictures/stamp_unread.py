"""Marks in the dark ink that reading a page left over: stamps over print, and beside it, without a frame of their own.

Tesseract garbles a stamp that lies over a line or slants, and says so by its confidence. Where ink of the size of a
stamp is in no word that was read well, the words of the marks are looked for by correlation.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import cv2
import numpy as np

from gateway.documents.readers.pictures import ocr
from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.documents.readers.pictures.stamp import Stamp
from gateway.documents.readers.pictures.stamp_confirm import PRINT_EDGE, STAMP_NEIGHBOURS, WHOLE_SURE, as_print
from gateway.documents.readers.pictures.stamp_ink import Ink, darkness, upright
from gateway.documents.readers.pictures.stamp_search import ACCEPT, Hit, search
from gateway.documents.readers.pictures.stamp_words import CLEAR, MARKS, OTHERS, VOCABULARY, WEAK, distance, folded

WORK_DPI = 150.0
READ_WELL, SHORT_WELL = 70.0, 88.0
"""Confidence of Tesseract, of 100, from which a word is taken out of what is left over; that of one or two letters."""
LETTERS = 3
LEAST_INK = 40
"""Of 255: ink that counts, darker than its paper by so much."""
LEAST_WIDTH, LEAST_HEIGHT = 0.3, 0.13
WIDEST, HIGHEST = 6.5, 1.5
"""Inches of a patch of ink that may hold a mark and the print that it lies over."""
LINE = 0.55
"""Inches to which a stamp that is a little turned is high; higher patches are looked at last."""
LONG_LINE = 0.4
"""Inches from which a straight line is no stroke of a letter."""
DENSEST = 0.6
"""Share of a patch under ink from which it is a picture or a bar."""
MARGIN, BEFORE = 0.13, 1.1
"""Inches around a patch, and how wide the first word of a mark is at most."""
BESIDE, HIGHER, BETWEEN = 4.0, 1.3, 0.9
"""Heights of a short word beside it that are read with it, its own height with room, and the widest space of a line."""
LIMIT_PATCHES, LIMIT_S = 10, 0.6
FILLED = 0.4
"""Share of the width of a box that words fill which explain it."""
BLOCK_LINES = 4
"""Lines in a box that are more than a stamp is high enough to lie on: a card, a form."""
SPACE, CROSSING = 0.6, 0.3
"""Of the height of a word: more is no space between two words of a line; so much of a word beyond a side is no frame."""
FRAME_SHARE, LEFT_OVER = (0.2, 0.08), 0.3
"""Shares of the height and width of a box in which its frame may run, and of the ink within that words may leave over."""
OTHER_WORDS = frozenset(folded(word) for word in VOCABULARY if word not in MARKS)
GARBLED, GARBLED_WORDS = ((MARKS[1], 1), (MARKS[2], 2)), 4
"""Marks of two words with how many of their letters may be wrong, and into how many words they may fall apart."""
READ_ROUGHLY, CLEARLY_OTHER = 50.0, 5
"""Confidence of a word read from a patch alone, and letters of a line that says something else than a mark."""


def find(
    grey: Pixels, dpi: float, words: Sequence[ocr.Word], known: Sequence[Stamp], *, deadline: float
) -> list[Stamp]:
    """Return marks in a grey page beside its `words`, with places in its pixels; those of `known` are left out.

    A stamp without text is one that is like a mark but for letters that touch it.
    """
    scale = min(1.0, WORK_DPI / dpi)
    work = dpi * scale
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    ink = darkness(np.asarray(small, np.uint8))
    rest = _left_over(ink, words, known, scale)
    end = time.thread_time() + LIMIT_S
    found: list[Stamp] = []
    for place in _patches(_without_lines(rest, work), work):
        if time.process_time() > deadline or time.thread_time() > end:
            break
        # The first word of a mark may have been read well: what stands before the last is looked at when that is found.
        if search(*_cut(ink, place, 0.0, work), work) is None:
            continue
        patch, left, top = _cut(ink, place, BEFORE, work)
        hit = search(patch, left, top, work)
        if hit is None or any(_holds(stamp, hit, scale) for stamp in found):
            continue
        text, other = _judged(hit, patch, ink, work)
        if not other:
            found.append(_stamp(hit, text, scale))
    return found


def _left_over(ink: Pixels, words: Sequence[ocr.Word], known: Sequence[Stamp], scale: float) -> Pixels:
    """Return the ink that is in no word and no stamp that was read well."""
    rest = np.asarray(cv2.threshold(ink, LEAST_INK, 255, cv2.THRESH_BINARY)[1], np.uint8)
    garbled = _garbled(words)
    boxes = [(one.left, one.top, one.right, one.bottom) for one in known if one.text is not None]
    for number, word in enumerate(words):
        letters = sum(ch.isalnum() for ch in word.text)
        sure = word.confidence >= (READ_WELL if letters >= LETTERS else SHORT_WELL)
        if letters and sure and number not in garbled:
            boxes.append((word.left, word.top, word.left + word.width, word.top + word.height))
    for box in boxes:
        left, top, right, bottom = (int(value * scale) for value in box)
        rest[max(top - 1, 0) : bottom + 2, max(left - 1, 0) : right + 2] = 0
    return rest


def _garbled(words: Sequence[ocr.Word]) -> set[int]:
    """Return the places in `words` that together say a mark of two words but for a letter or two.

    Tesseract may be sure of each of them, and they may stand in one line with words of another column.
    """
    found: set[int] = set()
    for first, start in enumerate(words):
        said, text = "", ""
        for last in range(first, min(first + GARBLED_WORDS, len(words))):
            if words[last].line != start.line:
                break
            text += words[last].text
            said = folded(text)
            if sum(ch.isupper() for ch in text) * 2 >= len(text) and any(
                said != folded(mark) and distance(said, folded(mark)) <= wrong for mark, wrong in GARBLED
            ):
                found.update(range(first, last + 1))
    return found


def is_explained(box: Stamp, words: Sequence[ocr.Word], grey: Pixels) -> bool:
    """Whether words of the grey page that were read well say of a doubtful box what it is, and that is no mark.

    Red ink is not among the words of a page, and a mark that is beyond doubt needs none. Words that go on
    outside the box, or leave much of the ink in it over, are print that a stamp lies on. A dark word without a frame that
    was read well where it stands is judged as part of its line.
    """
    if box.text is not None and box.ink is Ink.DARK and not box.framed:
        well = (word for word in words if word.confidence >= READ_WELL and _is_in(box, word))
        if any(folded(word.text).endswith(folded(MARKS[0])) for word in well):
            return True
    if box.text is not None and (box.text not in MARKS or box.ink is Ink.RED or box.score >= WHOLE_SURE):
        return False
    inside = [word for word in words if word.confidence >= READ_WELL and _is_in(box, word)]
    text = "".join(word.text for word in inside)
    said = folded(text)
    if len(said) < LETTERS or sum(word.width for word in inside) < FILLED * (box.right - box.left):
        return False
    is_block = len({word.line for word in inside}) >= BLOCK_LINES
    if not is_block and (_runs_through(box, words) or _share_left_over(box, inside, grey) > LEFT_OVER):
        return False
    if 2 * sum(ch.islower() for ch in text) > len(text):
        return True
    like_a_mark = said.endswith(folded(MARKS[0])) or min(distance(said, folded(mark)) for mark in MARKS) <= 1
    return not like_a_mark or said in OTHER_WORDS


def is_doubtful(box: Stamp, words: Sequence[ocr.Word]) -> bool:
    """Whether a box was stamped on print that spoils its letters, so that another word than a mark may be none."""
    return box.framed and box.text in OTHERS and box.score < WEAK and _runs_through(box, words)


def _runs_through(box: Stamp, words: Sequence[ocr.Word]) -> bool:
    """Whether a line of print goes on across the side of a box: the box was stamped on it."""
    inside = [word for word in words if _is_in(box, word)]
    well = [word for word in words if word.confidence >= READ_WELL]
    if any(
        word.left < box.left - CROSSING * word.height or word.left + word.width > box.right + CROSSING * word.height
        for word in well
        if _is_in(box, word)
    ):
        return True
    return any(
        other.line == one.line
        and not _is_in(box, other)
        and max(other.left - one.left - one.width, one.left - other.left - other.width) < SPACE * other.height
        for one in inside
        for other in well
    )


def _share_left_over(box: Stamp, words: Sequence[ocr.Word], grey: Pixels) -> float:
    """Return how much of the ink within a box is in none of the words; its frame is left out."""
    top, left, bottom, right = (max(round(value), 0) for value in (box.top, box.left, box.bottom, box.right))
    around = bottom - top
    corner_y, corner_x = max(top - around, 0), max(left - around, 0)
    ink = darkness(np.ascontiguousarray(grey[corner_y : bottom + around, corner_x : right + around]))
    mask = ink > LEAST_INK
    rest = mask.copy()
    for word in words:
        y, x = word.top - corner_y, word.left - corner_x
        rest[max(y - 1, 0) : y + word.height + 1, max(x - 1, 0) : x + word.width + 1] = False
    rows, columns = (int(FRAME_SHARE[0] * (bottom - top)), int(FRAME_SHARE[1] * (right - left)))
    inner = (
        slice(top - corner_y + rows, bottom - corner_y - rows),
        slice(left - corner_x + columns, right - corner_x - columns),
    )
    return float(rest[inner].sum()) / max(float(mask[inner].sum()), 1.0)


def _is_in(box: Stamp, word: ocr.Word) -> bool:
    x, y = word.left + word.width / 2, word.top + word.height / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def _without_lines(mask: Pixels, dpi: float) -> Pixels:
    """Return ink without long straight lines: frames and tables would join what stands in them."""
    reach = int(LONG_LINE * dpi)
    for shape in ((1, reach), (reach, 1)):
        lines = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
        mask = np.asarray(cv2.subtract(mask, lines), np.uint8)
    return mask


def _patches(rest: Pixels, dpi: float) -> list[tuple[int, int, int, int]]:
    """Return where ink of the size of letters is left over: left, top, right, bottom."""
    joined = cv2.dilate(rest, np.ones((max(1, int(0.04 * dpi)), max(3, int(0.1 * dpi))), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for x, y, width, height, _ in stats[1:count]:
        if not (LEAST_WIDTH * dpi < width < WIDEST * dpi and LEAST_HEIGHT * dpi < height < HIGHEST * dpi):
            continue
        inked = float((rest[y : y + height, x : x + width] > 0).mean())
        if not 0.02 < inked < DENSEST:
            continue
        # Seals and signatures are higher than a line of letters, and cost more.
        order = (height > LINE * dpi, -inked * width * height)
        found.append((order, (int(x), int(y), int(x + width), int(y + height))))
    return [place for _, place in sorted(found)[:LIMIT_PATCHES]]


def _cut(ink: Pixels, place: tuple[int, int, int, int], before: float, dpi: float) -> tuple[Pixels, int, int]:
    """Return a place of a page with its surroundings, `before` inches more on its left, and the corner of that."""
    left, top, right, bottom = place
    margin = int(MARGIN * dpi)
    left, top = max(left - margin - int(before * dpi), 0), max(top - margin, 0)
    return np.ascontiguousarray(ink[top : bottom + margin, left : right + margin]), left, top


def _judged(hit: Hit, patch: Pixels, ink: Pixels, dpi: float) -> tuple[str | None, bool]:
    """Return the mark that a patch of a page's ink bears, None when in doubt, and whether it plainly says something else."""
    if hit.word != MARKS[0]:
        return (hit.word if hit.score >= ACCEPT else None), False
    if hit.score < ACCEPT:  # letters one by one in the boxes of a form come close to the short word
        return None, True
    engine = ocr.engine()
    words = engine.words(as_print(patch), ocr.Layout.BLOCK, int(dpi)) if engine is not None else []
    lines: dict[tuple[int, int, int], str] = {}
    for word in words:
        if word.confidence >= READ_ROUGHLY:
            lines[word.line] = lines.get(word.line, "") + word.text
    said = {folded(line) for line in lines.values() if line.isupper()}
    for mark in MARKS[:0:-1]:
        if folded(mark) in said:
            return mark, False
    if _is_part(hit, ink, dpi):
        return None, True
    if folded(hit.word) in said:
        return hit.word, False
    if hit.alone:  # but for Mật in a table
        small = any(folded(word.text) == folded(hit.word) and not word.text.isupper() for word in words)
        return hit.word, small
    if any(folded(hit.word) in folded(line) for line in lines.values()):
        return None, True  # BẢO MẬT, MẬT ĐỘ
    return None, any(len(folded(line)) >= CLEARLY_OTHER for line in lines.values())


def _is_part(hit: Hit, ink: Pixels, dpi: float) -> bool:
    """Whether what was found is plainly another word, or one of a line of capitals: NHẤT, MẶT TRƯỚC, MẶT TRẬN."""
    engine = ocr.engine()
    if engine is None:
        return False
    centre, (width, height), angle = hit.rectangle
    strip = upright(ink, (centre, (width + 2 * BESIDE * height, HIGHER * height), angle))
    words = [word for word in engine.words(as_print(strip), ocr.Layout.LINE, int(dpi)) if folded(word.text)]
    middle = strip.shape[1] / 2 + PRINT_EDGE
    own = next((word for word in words if word.left <= middle <= word.left + word.width), None)
    if own is None or own.confidence < READ_ROUGHLY or not own.text.isupper():
        return False
    if own.confidence >= CLEAR and distance(folded(own.text), folded(hit.word)) > 1:
        return True
    stamps = {folded(part) for word in STAMP_NEIGHBOURS for part in word.split()}
    first = {folded(word.split()[0]) for word in MARKS}
    return any(
        word.text.isupper()
        and word.confidence >= READ_ROUGHLY
        and folded(word.text) not in stamps
        and min(distance(folded(word.text), one) for one in first) > 1
        and max(word.left - own.left - own.width, own.left - word.left - word.width) < BETWEEN * height
        for word in words
        if word is not own
    )


def _holds(stamp: Stamp, hit: Hit, scale: float) -> bool:
    x, y = (value / scale for value in hit.rectangle[0])
    return stamp.left <= x <= stamp.right and stamp.top <= y <= stamp.bottom


def _stamp(hit: Hit, text: str | None, scale: float) -> Stamp:
    points = cv2.boxPoints(hit.rectangle) / scale
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return Stamp(
        float(left), float(top), float(right), float(bottom), text, Ink.DARK, text is None, round(hit.score, 3)
    )
