"""Latin text without diacritics."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_MARKS: Final = re.compile("[\u0300-\u034e\u0350-\u036f]+")
_FURTHER: Final = re.compile("[\u0483-\u1fff\u20d0-\u20ff\u2cef-\U0010ffff]")
"""Ranges of combining marks that belong to no Latin letter."""

_PLAIN = {
    ord(letter): plain
    for letters, plain in (
        ("đ", "d"), ("Đ", "D"), ("“”„«»", '"'), ("‘’‚", "'"), ("–—−‐‑", "-"), ("…", "..."), ("•·", "-"),
        ("×", "x"), ("≥", ">="), ("≤", "<="), ("→", "->"), ("›", ">"), ("\u00a0", " "), ("©", "(c)"), ("°", " do"),
    )
    for letter in letters
}  # fmt: skip


def unmarked(text: str) -> str:
    """Return text decomposed and without combining marks; đ, which has none, stays."""
    if text.isascii():
        return text
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    if _FURTHER.search(bare):
        bare = "".join([letter for letter in bare if not unicodedata.combining(letter)])
    return bare


def to_ascii(text: str) -> str:
    """Return Vietnamese and other Latin text without diacritics, đ as d; what has no plain form becomes `?`."""
    if text.isascii():
        return text
    return unmarked(text.translate(_PLAIN)).encode("ascii", "replace").decode("ascii")
