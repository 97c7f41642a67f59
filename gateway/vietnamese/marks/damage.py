"""Levels with letters lost or replaced by other characters: `TỐ1 MẬT`, `TUYỆT M4T`, `T?i m?t`, `T[]i mật`.

A digit for a letter that it looks like, a question mark for what a charset could not say, a bracket for what OCR could not
read: a person fills the gap. Only the vowels may be gone, and the two last letters of each word for signs that they look
like, so that what is left is enough to know the level by. What is filled in is never certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.vietnamese.marks.words import Case, bare, case_of

DAMAGED: Final = "damaged-letters"
"""Evidence that letters of a level were lost or made of other signs."""
_SIGN: Final = r"[^\w\s]{1,3}"
_LOST: Final = rf"(?:{_SIGN}|[0-9]|[^a-z\W\d_])"
"""A vowel that is gone: signs, a digit, or a letter that has no base."""
_T: Final = "[t7]"
_FIRST: Final = rf"(?:{_T}(?:o|{_LOST})[i1l!|]|(?P<highest>{_T}u[y\xa5](?:e|{_LOST}){_T}))"
_LAST: Final = rf"m(?:a|{_LOST}){_T}"
_LEVEL: Final = re.compile(rf"(?<![^\W_]){_FIRST}[\W_]{{0,3}}{_LAST}(?![^\W_])")
_LABELLED: Final = re.compile(rf"(?:(?<=mat:)|(?<=mat: ))m{_LOST}t(?![^\W_])")
_WHOLE: Final = re.compile(r"(?:toi|tuyet)[\W_]*mat")
_LETTERS: Final = re.compile(r"[^\W\d_]")
POSSIBLE: Final = re.compile(r"m(?:[a4][\W_]{0,3}7|4[t7]|[^\w\s]{0,3}[t7])(?![a-z0-9])")
"""Skeletons of a damaged `mật`; most often they are other words."""
_BEFORE: Final = re.compile(r"(?:[t7]?(?:[o0-9]|[^\w\s]{0,3})[i1l!|]|[t7]?uy?(?:[e0-9]|[^\w\s]{0,3})[t7]?)[\W_]{0,4}$")
_AROUND: Final = 16


def may_be_damaged(plain: str, found: re.Match[str]) -> bool:
    """Return whether `tối` or `tuyệt`, whole or damaged, or a label is before what may be a damaged `mật`."""
    before = plain[max(0, found.start() - _AROUND) : found.start()]
    return _BEFORE.search(before) is not None or before.rstrip().endswith("mat:")


def damaged(text: str) -> Iterator[tuple[str, None, str]]:
    """Yield a canonical text as another reading of it, each damaged level in the case of its letters; nothing where all are whole."""
    plain = bare(text)
    pieces: list[str] = []
    last = 0
    for found in sorted((*_LEVEL.finditer(plain), *_LABELLED.finditer(plain)), key=re.Match.start):
        if found.start() < last or _WHOLE.fullmatch(found[0]):
            continue
        pieces += [text[last : found.start()], _level(found, text[found.start() : found.end()])]
        last = found.end()
    if pieces:
        yield "".join((*pieces, text[last:])), None, DAMAGED


def _level(found: re.Match[str], written: str) -> str:
    """Return the level that a damaged one is, in its case."""
    level = "mật" if found.re is _LABELLED else ("tuyệt mật" if found["highest"] else "tối mật")
    match case_of("".join(_LETTERS.findall(written))):
        case Case.CAPITALS:
            return level.upper()
        case Case.TITLE:
            return level.capitalize()
        case Case.SMALL:
            return level
