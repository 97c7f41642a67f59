"""The common repertoire in eight bits: an octet for each character of Vietnamese text, or none for the whole text.

The letters of Vietnamese, ASCII, the combining marks and ordinary signs are less than 256, so that a charset of our own
holds them all. In octets a text is folded, searched and cut by single instructions of C. The values of the octets mean
nothing outside this process; only `octets` and `table` know them.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Callable
from itertools import product
from typing import Final

_TONES: Final = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_VOWELS: Final = "".join(unicodedata.normalize("NFC", base + tone) for base, tone in product("aăâeêioôơuưy", _TONES))
VIETNAMESE: Final = "".join(letter for letter in f"{_VOWELS}đ{_VOWELS.upper()}Đ" if not letter.isascii())
"""The 134 letters that ASCII has not, as one character each (TCVN 6909:2001)."""
_COMBINING: Final = "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323"
_SIGNS: Final = "\xa0°²·×–—‘’“”•…₫"
REPERTOIRE: Final = "\0\t\n" + "".join(map(chr, range(0x20, 0x7F))) + VIETNAMESE + _COMBINING + _SIGNS
_CHARSET: Final = codecs.charmap_build(REPERTOIRE.ljust(256, "\ufffe"))


def octets(text: str) -> bytes | None:
    """Return one octet for each character, None when a character is beyond the repertoire."""
    try:
        return codecs.charmap_encode(text, "strict", _CHARSET)[0]
    except UnicodeEncodeError:
        return None


def table(show: Callable[[str], str]) -> tuple[bytes, bytes]:
    """Return what `bytes.translate` takes to show each character as one of Latin-1, and the octets of those shown as nothing."""
    shown = {number: show(character) for number, character in enumerate(REPERTOIRE)}
    as_octets = bytes(ord(shown.get(number) or "\0") for number in range(256))
    return as_octets, bytes(number for number, character in shown.items() if not character)
