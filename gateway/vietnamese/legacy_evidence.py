"""Detects the legacy charset of a text by its font and by what its letters spell in each reading.

Each reading is measured by how many words are possible Vietnamese syllables (`syllables`); a legacy font breaks ties.
Without such a font the words must prove it alone, and other languages write signs that some reading turns into
syllables (Norwegian `på`, French `«`, micro and pound signs). So signs without a letter and quotation marks prove
nothing, one word repeated proves as much as one word, and a text most of whose words no Vietnamese could have written,
the unmarked ones included, is not certain to be Vietnamese whatever its marked words spell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

from gateway.vietnamese.fonts import legacy_font
from gateway.vietnamese.legacy_codes import convert
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.syllables import is_syllable

UNICODE_ONLY: Final = re.compile(
    "[\u0102\u0103\u0110\u0111\u0128\u0129\u0168\u0169\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]"
)
"""Vietnamese letters that no 8-bit charset shows."""
HIGH: Final = re.compile(
    "[\x80-\xff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201e\u2020-\u2026\u2030\u2039\u203a\u20ac\u2122\u2212\u2219\u03bc\uf020-\uf0ff\x01-\x06\x10-\x1f]"
)
"""Characters that bytes of a legacy charset decode to."""
_EIGHT_BIT: Final = (Charset.TCVN3, Charset.VNI, Charset.VISCII, Charset.CP1258, Charset.VPS, Charset.BKHCM2)
_TOKEN: Final = re.compile(r"[^\s!-@\[-`{-~]+")
_SIGNS: Final = re.compile(
    "[\xa1-\xbf\xd7\xf7\u03bc\u2013-\u2026\u2030\u2039\u203a\u20ac\u2122\u2212\u2219\uf0b7\uf0a7]+"
)
"""Signs of every language; the letters among them (`\xaa`, `\xb5`, `\xba`) are units and ordinals when they are alone."""
_QUOTED: Final = re.compile(r"(?<!\w)\xab([^\xab\xbb]{1,300})\xbb(?!\w)")
_PLAIN_WORD: Final = re.compile(r"(?<![^\W_])(?=[A-Za-z]*[a-z])[A-Za-z]{2,}(?![^\W_])")
_SAMPLE_TOKENS: Final = 400
_SAMPLE_PLAIN: Final = 1200
_SURE: Final = 4
"""Words that a reading must make for certainty, `_DISTINCT` different ones by letters that it changed."""
_DISTINCT: Final = 3
_FOREIGN: Final = 1
"""So many times as many words as the reading makes may be foreign; half of a bilingual text is."""


def judge(text: str, font: str | None = None, *, hint: Charset | None = None) -> tuple[Charset, bool]:
    """Return the charset that `text` is written in and whether that is certain; UNICODE when in doubt.

    `hint` is what neighbouring text in the same font was found to be; it decides where the text itself cannot.
    """
    if text.isascii() and not HIGH.search(text):
        return (Charset.UNICODE, False)
    legacy = legacy_font(font) if font else None
    if legacy is None:
        return _judge_by_words(text, hint=hint)
    tokens = _tokens(text)
    if not any(convert(token, legacy.charset) != token for token in tokens):
        return (Charset.UNICODE, _score(tokens, Charset.UNICODE) > 0)
    as_is = _score(tokens, Charset.UNICODE)
    mine = _score(tokens, legacy.charset, capitals=legacy.capitals)
    if mine > as_is:
        return (legacy.charset, mine * 2 >= len(tokens))
    if as_is > mine:
        return (Charset.UNICODE, True)
    other, sure = _judge_by_words(text, hint=None)
    if other is not Charset.UNICODE and sure:
        return (other, True)
    if UNICODE_ONLY.search(text):
        return (Charset.UNICODE, False)
    if hint is not None:
        return (hint, False)
    return (Charset.UNICODE if as_is else legacy.charset, False)


def _judge_by_words(text: str, *, hint: Charset | None) -> tuple[Charset, bool]:
    """Decide without help of the font: most words must be wrong as written and right in one other reading."""
    text = _QUOTED.sub(r" \1 ", text)
    tokens = [token for token in _tokens(text) if _SIGNS.fullmatch(token) is None]
    if not tokens:
        return (Charset.UNICODE, False)
    total, as_is = len(tokens), _score(tokens, Charset.UNICODE)
    if hint is not None and hint is not Charset.UNICODE and (read := _score(tokens, hint)) and read >= as_is:
        return (hint, True)
    if as_is * 2 > total:
        return (Charset.UNICODE, True)
    best, valid = Charset.UNICODE, 0
    for charset in _EIGHT_BIT:
        score = _score(tokens, charset)
        if score > valid:
            best, valid = charset, score
    unicode_words = sum(UNICODE_ONLY.search(token) is not None for token in tokens)
    if valid < 3 * unicode_words:
        return (Charset.UNICODE, False)  # letters that only Unicode has: some other cause
    if valid >= 2 and valid * 10 >= total * 6 and valid >= as_is * 2:
        return (best, valid >= _SURE and _is_sure(text, tokens, best, valid))
    return (Charset.UNICODE, False)


def _is_sure(text: str, tokens: Sequence[str], charset: Charset, valid: int) -> bool:
    """Return whether enough different words speak for a reading and the words around them could be Vietnamese.

    A word that is the same in both readings speaks for neither, nor does a lone letter (`ø20`).
    """
    speaking = {
        token.lower()
        for token in tokens
        if len(token) > 1 and _is_word(token, charset, capitals=False) and convert(token, charset) != token
    }
    if len(speaking) < _DISTINCT:
        return False
    plain = islice((match[0] for match in _PLAIN_WORD.finditer(text)), _SAMPLE_PLAIN)
    foreign = len(tokens) - valid + sum(not is_syllable(word) for word in plain)
    return foreign <= _FOREIGN * valid


def _tokens(text: str) -> list[str]:
    """Return the words with at least one letter beyond ASCII, the only ones that distinguish encodings."""
    words = (match[0] for match in _TOKEN.finditer(text))
    return list(islice((word for word in words if not word.isascii() or HIGH.search(word)), _SAMPLE_TOKENS))


@lru_cache(maxsize=32_768)
def _is_word(token: str, charset: Charset, *, capitals: bool) -> bool:
    shown = convert(token, charset, capitals=capitals)
    parts = re.split(r"[\u2010-\u2026\u00ab\u00bb\u00b7\u00a0/]+", shown.strip("“”‘’«»…•–—·´¨"))
    parts = [part for part in parts if part]
    return bool(parts) and all(is_syllable(part) for part in parts)


def _score(tokens: Sequence[str], charset: Charset, *, capitals: bool = False) -> int:
    return sum(_is_word(token, charset, capitals=capitals) for token in tokens)
