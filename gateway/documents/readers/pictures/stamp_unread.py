"""Doubtful boxes settled by the words of the page: print under a stamp, and print mistaken for a stamp."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gateway.documents.readers.pictures import ocr
from gateway.documents.readers.pictures.dark_ink import darkness
from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.documents.readers.pictures.stamp import Stamp
from gateway.documents.readers.pictures.stamp_ink import Ink
from gateway.documents.readers.pictures.stamp_words import MARKS, OTHERS, VOCABULARY, WEAK, WHOLE_SURE, folded
from gateway.vietnamese.marks.scanned import distance

READ_WELL = 70.0
"""Confidence of Tesseract, of 100, from which a word says what it says."""
LETTERS = 3
LEAST_INK = 40
"""Of 255: ink that counts, darker than its paper by so much."""
ALIKE = 0.7
"""How high a word is at least beside another in letters as large; signs above and below count."""
FILLED = 0.4
"""Share of the width of a box that words fill which explain it."""
BLOCK_LINES = 4
"""Lines in a box that are more than a stamp is high enough to lie on: a card, a form."""
SENTENCE, QUOTES = 4, frozenset('“”"«»')
"""Words in small letters that make a sentence of a line, and signs around what it quotes."""
SPACE, WIDE_SPACE, CROSSING = 0.6, 1.0, 0.3
"""Of the height of a word: more is no space between two words of a line, and of one in letters all as wide; so much of a word
beyond a side is no frame."""
FRAME_SHARE, LEFT_OVER = (0.2, 0.08), 0.3
"""Shares of the height and width of a box in which its frame may run, and of the ink within that words may leave over."""
OTHER_WORDS = frozenset(folded(word) for word in VOCABULARY if word not in MARKS)


def is_explained(box: Stamp, words: Sequence[ocr.Word], grey: Pixels) -> bool:
    """Return whether words of the grey page that were read well say of a doubtful box what it is, and that is no mark.

    Red ink is not among the words of a page, and a mark that is beyond doubt needs none. Words that go on
    outside the box, or leave much of the ink in it over, are print that a stamp is on.
    """
    if box.text is not None and (box.text not in MARKS or box.ink is Ink.RED):
        return False
    inside = [word for word in words if word.confidence >= READ_WELL and _is_in(box, word)]
    text = "".join(word.text for word in inside)
    said = folded(text)
    if box.text is None and said.endswith(folded(MARKS[0])) and _goes_on(inside, words, SPACE):
        return True  # SỎI MẬT, BẢO MẬT: judged as a line of the page
    if box.text in MARKS and not box.framed and _is_in_sentence(box, words):
        return True
    if box.text == MARKS[0] and not box.framed and said == folded(MARKS[0]):
        # MẬT KHẨU is judged as a line of the page, too; where MẬT is by print in small letters, only a doubtful one is.
        sure = box.score >= WHOLE_SURE
        if _goes_on(inside, [one for one in words if not sure or _is_as_large(one, inside[0])], WIDE_SPACE):
            return True
    if box.text is not None and box.score >= WHOLE_SURE:
        return False
    is_loose = max((len(folded(word.text)) for word in inside), default=0) < 2  # single letters are no word
    if is_loose or len(said) < LETTERS or sum(word.width for word in inside) < FILLED * (box.right - box.left):
        return False
    is_block = box.text is None and len({word.line for word in inside}) >= BLOCK_LINES
    if not is_block and (_runs_through(box, words) or _share_left_over(box, inside, grey) > LEFT_OVER):
        return False
    if 2 * sum(ch.islower() for ch in text) > len(text):
        return True
    like_a_mark = said.endswith(folded(MARKS[0])) or min(distance(said, folded(mark)) for mark in MARKS) <= 1
    return not like_a_mark or said in OTHER_WORDS


def is_doubtful(box: Stamp, words: Sequence[ocr.Word]) -> bool:
    """Return whether a box was stamped on print that spoils its letters, so that another word than a mark may be none."""
    return box.framed and box.text in OTHERS and box.score < WEAK and _runs_through(box, words)


def _runs_through(box: Stamp, words: Sequence[ocr.Word]) -> bool:
    """Return whether a line of print goes on across the side of a box: the box was stamped on it."""
    inside = [word for word in words if _is_in(box, word)]
    well = [word for word in words if word.confidence >= READ_WELL]
    if any(
        word.left < box.left - CROSSING * word.height or word.left + word.width > box.right + CROSSING * word.height
        for word in well
        if _is_in(box, word)
    ):
        return True
    return _goes_on(inside, well, SPACE)


def _goes_on(inside: Sequence[ocr.Word], words: Sequence[ocr.Word], space: float) -> bool:
    """Return whether a line of which a box holds some words goes on beside them, a space further."""
    return any(
        other.line == one.line
        and other not in inside
        and max(other.left - one.left - one.width, one.left - other.left - other.width) < space * other.height
        for one in inside
        for other in words
        if other.confidence >= READ_WELL
    )


def _is_in_sentence(box: Stamp, words: Sequence[ocr.Word]) -> bool:
    """Return whether a line in small letters, as large as a mark, quotes it or goes on before and behind it."""
    own = [word for word in words if _is_in(box, word)]
    said = "".join(word.text for word in own)
    if not own or distance(folded(said), folded(box.text or "")) > 1:
        return False
    line = [one for one in words if one.line == own[0].line]
    small = [one.height for one in line if one.text[:1].islower()]
    sides = ([one for one in line if (one.left > own[0].left) is behind] for behind in (False, True))
    goes_on = max(small, default=0) > ALIKE * own[0].height and all(_goes_on(own, side, WIDE_SPACE) for side in sides)
    return len(small) >= SENTENCE and (goes_on or not QUOTES.isdisjoint(said))


def _is_as_large(word: ocr.Word, other: ocr.Word) -> bool:
    """Return whether a word is set in capitals about as high as another's."""
    return folded(word.text).isalpha() and word.text.isupper() and ALIKE < word.height / other.height < 1 / ALIKE


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
