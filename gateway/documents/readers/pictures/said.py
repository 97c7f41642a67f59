"""Context of a detected word in its line: the mark that it belongs to, or another phrase."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gateway.documents.readers.pictures import ocr
from gateway.documents.readers.pictures.stamp_words import MARKS, folded
from gateway.vietnamese.marks.scanned import distance
from gateway.vietnamese.syllables import is_syllable

SIZE = 24
"""Pixels of capitals that Tesseract is given."""
TWO_LETTERS = 1.8
"""Heights that a word of two letters is wide at least."""
NEAR_SPACE, FAR_SPACE, WIDE_SPACE, SPACED = 1.2, 3.4, 2.2, 2.2
"""Heights of the widest space between two words of a line, of spaced words, of letters, and of a word that is spaced."""
CLEAR, READ = 75.0, 45.0
"""Confidence of Tesseract, of 100, from which a word is what it says, and from which it is read at all."""
BESIDE_A_MARK = {"KHAN", "HOA", "TOC", "THUONG", "BAN", "SAO", "Y", "LUC", "DU", "THAO", "DEN", "HEN", "GIO"}
"""Bare words of stamps beside a mark without changing it: KHẨN, HỎA TỐC, BẢN SAO, SAO LỤC, DỰ THẢO, ĐẾN."""
FIRST = {folded(mark.split()[0]): mark for mark in MARKS[1:]}
LONGEST = folded(MARKS[2].split()[0])
SHORT, OTHER, PARTLY = folded(MARKS[0]), "-", "~"
NO_MARK = frozenset(("", OTHER, PARTLY))
NO_FIRST = (folded("TÚI"), folded("THỊ"))
"""TÚI MẬT, SỎI MẬT and THỊ MẬT, as women are called, are no misread TỐI MẬT."""
DOT, CIRCUMFLEX, BREVE = "\N{COMBINING DOT BELOW}", "\N{COMBINING CIRCUMFLEX ACCENT}", "\N{COMBINING BREVE}"
OTHER_SIGNS = frozenset((BREVE, "\N{COMBINING ACUTE ACCENT}", "\N{COMBINING GRAVE ACCENT}", "\N{COMBINING TILDE}"))
"""Signs that make another word of the same letters: MẶT, MẤT, MÁT."""


def joined(words: Sequence[ocr.Word]) -> list[ocr.Word]:
    """Return the words of a line from left to right, adjacent single letters joined to one word."""
    result: list[ocr.Word] = []
    for word in sorted((one for one in words if folded(one.text)), key=lambda one: one.left):
        last = result[-1] if result else None
        if last is not None and len(folded(word.text)) == 1 and len(folded(last.text)) in (1, 2):
            gap = word.left - last.left - last.width
            if gap < WIDE_SPACE * SIZE:
                width, height = word.left + word.width - last.left, max(word.height, last.height)
                text, confidence = last.text + word.text, min(last.confidence, word.confidence)
                result[-1] = replace(last, text=text, confidence=confidence, width=width, height=height)
                continue
        result.append(word)
    return result


def said_by(words: Sequence[ocr.Word], middle: float, *, sure: bool = False, framed: bool = False) -> str:
    """Return the mark, or the longer line, that words say around a place; `OTHER` for another word, empty when illegible.

    `PARTLY`: it ends in ẬT, and what is before makes no syllable, as in a picture that is cut through the M.

    Where both looks are `sure` of the word, other signs were misread, but for the breve of MẶT, which they do not know, and
    where a mark was read in a frame around it, other letters too.
    """
    place = next((n for n, one in enumerate(words) if one.left - 4 <= middle <= one.left + one.width + 4), None)
    if place is None:
        return ""
    own = words[place]
    letters = folded(own.text)
    if own.confidence >= CLEAR and not _is_capital(own.text):
        return OTHER if letters == SHORT or not sure else ""
    signs = set(unicodedata.normalize("NFD", own.text))
    is_other = bool(signs & OTHER_SIGNS) or (DOT in signs and CIRCUMFLEX not in signs)
    is_other = is_other and letters == SHORT and (BREVE in signs or not sure)
    # First words that may be there, and how far what was read is from each.
    is_first = letters.endswith(SHORT) and letters[: -len(SHORT)] not in NO_FIRST
    first = {start: 0 for start in FIRST if is_first and letters.startswith(start[:2])}
    spaced = own.width > SPACED * own.height
    before, after = (list(_beside(words, place, step, FAR_SPACE if spaced else NEAR_SPACE)) for step in (-1, 1))
    last = words[place - 1] if place and distance(letters, SHORT) <= 1 else None
    near = last is not None and own.left - last.left - last.width <= (FAR_SPACE if spaced else NEAR_SPACE) * SIZE
    beside = folded(last.text) if last is not None and near else ""
    for start in FIRST:
        # One letter of either word may be misread, of a long one two: THỊ MAI is no TỐI MẬT.
        off, most = distance(beside, start) + distance(letters, SHORT), 1 if len(start) < 4 else 2
        ends = (
            beside[:1] == start[:1] and (beside[-1:] == start[-1:] or len(start) - off > 3) and beside not in NO_FIRST
        )
        if beside.endswith(start) or (ends and off <= most):
            first.setdefault(start, 0 if beside.endswith(start) else off)
    if is_other and LONGEST not in first and (OTHER_SIGNS & signs or not first):
        if own.confidence >= CLEAR:
            return OTHER
        if last is not None and last.text.upper() != MARKS[1].split()[0]:
            first.clear()  # TÔI MẤT
    read_beside = last is not None and beside in first and last.confidence >= READ
    if first and (read_beside or own.confidence >= READ):
        return FIRST[min(first, key=lambda start: (first[start], start))]
    if letters != SHORT or (OTHER_SIGNS & signs and is_other):
        if own.text.endswith(MARKS[0][1:]) and not is_syllable(own.text):
            return PARTLY
        is_other = len(letters) >= 3 and own.confidence >= CLEAR
        return OTHER if is_other and not (sure and framed) else ""
    if own.confidence < READ or not _is_capital(own.text):
        return ""
    others = [one for one in (*before, *after) if folded(one.text) not in BESIDE_A_MARK]
    others = [one for one in others if len(folded(one.text)) >= 2 or one.width > TWO_LETTERS * SIZE]
    alike = [one for one in others if one.confidence >= READ or one.height > 0.5 * own.height]
    if others and not alike:
        return ""
    if alike:
        return " ".join([*(one.text for one in reversed(before)), MARKS[0], *(one.text for one in after)])
    return MARKS[0]


def _beside(words: Sequence[ocr.Word], place: int, step: int, space: float) -> Iterator[ocr.Word]:
    """Yield the words in capitals that go on from one to the left or right."""
    last = words[place]
    for word in words[place + step :: step] if place + step >= 0 else ():
        gap = word.left - last.left - last.width if step > 0 else last.left - word.left - word.width
        if gap > space * SIZE or not _is_capital(word.text):
            return
        yield word
        last = word


def _is_capital(text: str) -> bool:
    return sum(ch.isupper() for ch in text) * 2 > sum(ch.isalpha() for ch in text)
