"""Vietnamese typed with the input method off: Telex (`MAAJT`, `baor maatj`) and VNI (`MA65T`)."""

from __future__ import annotations

import re
import unicodedata
from itertools import permutations
from typing import Final

TYPED_AT: Final = "a(?:{})(?![a-z0-9])".format(
    "|".join("".join(keys) for last in ("aj", "65") for keys in permutations((*last, "t")))
)
"""Pattern of what follows the M of a typed MẬT: the keys of shape and tone are behind the vowel or behind the word."""
_WORD: Final = re.compile(r"[^\W_]{2,12}")
_TONES: Final = dict(zip("sfrxj12345", "\u0301\u0300\u0309\u0303\u0323" * 2, strict=True))
_SHAPES: Final = {
    "6": ("aeo", "\u0302"), "7": ("ou", "\u031b"), "8": ("a", "\u0306"), "w": ("aou", "\u031b"),
    "a": ("a", "\u0302"), "e": ("e", "\u0302"), "o": ("o", "\u0302"),
}  # fmt: skip
"""Keys that change a vowel: which ones, and the mark that they set; `aw` sets the breve."""


def as_meant(text: str) -> str:
    """Return the text with every word as the input method would have made it of the same keys."""
    return _WORD.sub(lambda word: _meant(word[0]), text)


def _meant(word: str) -> str:
    letters: list[str] = []
    tone = ""
    for key in word:
        small = key.lower()
        bases, mark = _SHAPES.get(small, ("", ""))
        at = next((n for n in range(len(letters) - 1, -1, -1) if letters[n].lower() in tuple(bases)), -1)
        if small in _TONES and any(letter[0].lower() in "aeiouy" for letter in letters):
            tone = _TONES[small]
        elif at >= 0:
            letters[at] += "\u0306" if small == "w" and letters[at] in "aA" else mark
        elif small in "d9" and letters and letters[0] in "dD":
            letters[0] = "đ" if letters[0] == "d" else "Đ"
        else:
            letters.append(key)
    return unicodedata.normalize("NFC", _toned("".join(letters), tone))


def _toned(word: str, tone: str) -> str:
    """Set the tone on the vowel that has a mark, else on the last but one of an open word, on the last of a closed one."""
    letters = list(unicodedata.normalize("NFC", word))
    first = 2 if word[:2].lower() in ("qu", "gi") and len(letters) > 2 else 0
    vowels = [n for n in range(first, len(letters)) if unicodedata.normalize("NFD", letters[n])[0].lower() in "aeiouy"]
    if not (tone and vowels):
        return "".join(letters)
    marked = [n for n in vowels if not letters[n].isascii()]
    open_word = vowels[-1] == len(letters) - 1
    at = marked[-1] if marked else vowels[-2] if open_word and len(vowels) > 1 else vowels[-1]
    letters[at] += tone
    return "".join(letters)
