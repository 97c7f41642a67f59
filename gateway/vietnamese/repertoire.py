"""Eight-bit encoding of the common Vietnamese repertoire: a byte a character, or none for the whole text.

The letters of Vietnamese, ASCII, the combining marks and ordinary signs are less than 256, so that a charset of our own
holds them all. In bytes a text is folded, searched and cut by single instructions of C. The values of the bytes mean
nothing outside this process; only this module knows them.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Callable, Iterable
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
    """Return one byte for each character, None when a character is beyond the repertoire."""
    try:
        return codecs.charmap_encode(text, "strict", _CHARSET)[0]
    except UnicodeEncodeError:
        return None


def shown(common: bytes, table: str) -> str:
    """Return bytes as characters of a `table`, one for one."""
    return codecs.charmap_decode(common, "strict", table)[0]


def table(show: Callable[[str], str]) -> str:
    """Return the table that shows each character of the repertoire as another."""
    return "".join(map(show, REPERTOIRE)).ljust(256, "\ufffe")


def composed(common: bytes) -> bool:
    """Return whether an encoded text is surely in NFC: it has no combining mark."""
    return not any(map(common.__contains__, _MARKS))


def numbers(characters: Iterable[str]) -> bytes:
    """Return the bytes of characters of the repertoire."""
    return bytes(map(REPERTOIRE.index, characters))


_MARKS: Final = tuple(numbers(_COMBINING))
