"""Latin text without diacritics, for places that carry ASCII only."""

from __future__ import annotations

import unicodedata

_PLAIN = {
    ord(letter): plain
    for letters, plain in (
        ("đ", "d"), ("Đ", "D"), ("“”„«»", '"'), ("‘’‚", "'"), ("–—−‐‑", "-"), ("…", "..."), ("•·", "-"),
        ("×", "x"), ("≥", ">="), ("≤", "<="), ("→", "->"), ("›", ">"), ("\u00a0", " "), ("©", "(c)"), ("°", " do"),
    )
    for letter in letters
}  # fmt: skip


def to_ascii(text: str) -> str:
    """Return Vietnamese and other Latin text without diacritics, đ as d; what has no plain form becomes `?`."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    kept = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return kept.encode("ascii", "replace").decode("ascii")
