"""Legacy Vietnamese letters to Unicode, by the tables of `legacy_tables`; `legacy_evidence` detects the charset.

Text comes as readers give it: as the Unicode characters of Latin-1 or Windows-1252 bytes, or as symbol-font characters
U+F020 to U+F0FF.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from gateway.vietnamese.legacy_tables import CP1252_CHARACTERS, TABLES, Charset

_PUNCTUATED: Final = "\x85\x91\x92\x93\x94\x95\x96\x97\x99"
"""Windows-1252 quotes, dashes, dots: letters of a legacy charset only among capitals, else what they look like."""


@cache
def _translation(charset: Charset) -> dict[int, str]:
    return {ord(form): letter for form, letter in TABLES[charset].items() if len(form) == 1}


@cache
def sequences(charset: Charset) -> re.Pattern[str] | None:
    """Return the forms of more than one character, longest first, None for a single-byte charset."""
    forms = sorted((form for form in TABLES[charset] if len(form) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, forms))) if forms else None


@cache
def _bytes_shown() -> dict[int, str]:
    """Return the table from shown characters back to Latin-1: Windows-1252 signs and symbol-font letters."""
    table = {ord(shown): byte for shown, byte in CP1252_CHARACTERS.items() if byte not in _PUNCTUATED}
    table |= {0xF000 + byte: chr(byte) for byte in range(0x20, 0x100)}
    # What PDF makers write for the glyph names of 0xAD (hyphen, minus), 0xB5 and 0xB7.
    table |= {0x2212: "\xad", 0x03BC: "\xb5", 0x2219: "\xb7"}
    return table


_SIGNS: Final = {shown: byte for shown, byte in CP1252_CHARACTERS.items() if byte in _PUNCTUATED}
_SIGN_BOTH: Final = re.compile("(?<=[A-Z\x80-\xff])[{}](?=[A-Z\x80-\xff])".format("".join(_SIGNS)))
_SIGN_EITHER: Final = re.compile(
    "(?<=[A-Z\x80-\xff])[{0}](?=[A-Z\x80-\xff])|(?<=[A-Z])[{0}]|[{0}](?=[A-Z])".format("".join(_SIGNS))
)


def convert(text: str, charset: Charset, *, capitals: bool = False) -> str:
    """Read `text` as letters of `charset` and return Unicode in NFC; what the charset does not know stays."""
    if charset is Charset.UNICODE:
        return text
    if charset is not Charset.VIQR:
        text = text.translate(_bytes_shown())
        signs = _SIGN_BOTH if charset is Charset.TCVN3 else _SIGN_EITHER
        if any(sign in text for sign in _SIGNS):
            text = signs.sub(lambda match: _SIGNS[match[0]], text)
    table = TABLES[charset]
    if (forms := sequences(charset)) is not None:
        # Two passes would read the output of the first again: mark what was written.
        pieces: list[str] = []
        last = 0
        for match in forms.finditer(text):
            pieces += (text[last : match.start()].translate(_translation(charset)), table[match[0]])
            last = match.end()
        pieces.append(text[last:].translate(_translation(charset)))
        text = "".join(pieces)
    else:
        text = text.translate(_translation(charset))
    text = unicodedata.normalize("NFC", text)
    if capitals:
        return text.upper()
    if charset in (Charset.TCVN3, Charset.VPS):
        # One code serves both cases of most letters: the neighbours tell which ("MËT" is MẬT, "Hµ" stays Hà).
        return _CAPITAL_WORD.sub(lambda match: match[0].upper(), text)
    return text


# Every letter in one way only, and never given back: two ways for each would be 2^n ways for a word of n capitals.
_CAPITAL_WORD: Final = re.compile(r"(?<![^\W\d_])(?=[^\W\d_]*[A-Z][^\W\d_]*[A-Z])[^\W\d_a-z]++(?![^\W\d_])")
