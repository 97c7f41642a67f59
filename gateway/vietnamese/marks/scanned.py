"""Marks in inexact OCR of stamps."""

from __future__ import annotations

from typing import Final

from gateway.vietnamese.marks.hits import Hit, Strength
from gateway.vietnamese.marks.lexicon import words
from gateway.vietnamese.marks.words import Spelling, bare, level_of
from gateway.vietnamese.normal import run_together

_NOISE_TARGETS: Final = (("tuyetmat", 2), ("toimat", 1), ("mat", 1))
_STAMPS_OF_OTHERS: Final = (
    "khan", "hoatoc", "thuongkhan", "den", "congvanden", "saoy", "saoluc", "banchinh", "bansao", "trichsao", "duthao", "gap",
)  # fmt: skip
_NOISE_OF_TWO_WORDS: Final = (("tuyetmat", 1), ("toimat", 1))
_OTHER_WORDS: Final = words("another_word", "framed")
_ALIKE: Final = ("tifjyp", "ilj", "ocgqd", "mnhwr", "arhe", "efbc", "uvy", "yvx")
"""Capitals that OCR takes for one another; other letters make another word, as in TÚI MẬT and ĐÔI MẮT."""
_DIGITS_AS_LETTERS: Final = str.maketrans("01457|!", "oiastii")


def distance(left: str, right: str) -> int:
    """Return the edit distance of two short strings."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def scanned_stamp(text: str, *, boxed: bool = True) -> Hit | None:
    """Find what OCR made of a secrecy stamp that it did not read exactly: any in a box, of two words without one."""
    squeezed = run_together(bare(text).translate(_DIGITS_AS_LETTERS))
    if not 2 <= len(squeezed) <= 12 or squeezed in _OTHER_WORDS:
        return None
    for target, limit in _NOISE_TARGETS if boxed else _NOISE_OF_TWO_WORDS:
        far = distance(squeezed, target)
        if far > limit or (target == "mat" and len(squeezed) < 3):
            continue
        if any(distance(squeezed, other) <= far for other in _STAMPS_OF_OTHERS):
            return None
        if not boxed and _is_another(squeezed, target):
            return None
        return Hit(level_of(target), Strength.SUSPECTED, "stamp-line", Spelling.NOISY)
    return None


def _is_another(read: str, target: str) -> bool:
    """Return whether letters of a mark replace ones that they are not confused with."""
    pairs = ((a, b) for a, b in zip(read, target, strict=False) if a != b)
    return len(read) == len(target) and not all(any({a, b} <= set(group) for group in _ALIKE) for a, b in pairs)
