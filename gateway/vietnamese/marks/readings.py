"""Alternative readings of a line: another charset, UTF-8 read as Windows-1252, escapes, backwards.

A mark in legacy letters without a font that names them is found by how `mật` looks when its bytes are misread; only then
is the line read again in that charset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from gateway.vietnamese.confusables import seen_as
from gateway.vietnamese.escapes import may_be_escaped, unescape
from gateway.vietnamese.legacy_codes import convert
from gateway.vietnamese.legacy_tables import CP1252_CHARACTERS, TABLES, Charset
from gateway.vietnamese.normal import is_decomposed, is_unusual
from gateway.vietnamese.typed import TYPED_AT, as_meant

M_OF_SIGNS: Final = (
    "|V|",
    "|v|",
    "|\\/|",
    "/\\/\\",
    "/V\\",
    "/v\\",
    "|VI",
    "IV|",
    "(V)",
    "[V]",
    "]V[",
    "IVI",
    "lVl",
    "1V1",
    "^^",
)
T_OF_SIGNS: Final = ("7", "+", "†", "‡", "┬", "丅", "-|-", "'|'", "`|`", "¯|¯", "][")
"""Signs and letters that together look as one letter."""


def _any(signs: Iterable[str]) -> str:
    return "|".join(map(re.escape, signs))


def _after(signs: Iterable[str]) -> str:
    """Return a pattern that looks back over one letter for any of the signs."""
    return "|".join(f"(?<={re.escape(sign)}.)" for sign in signs)


@cache
def _misread_letters() -> dict[Charset, set[str]]:
    """Return, by charset, how `ậ` shows when its bytes are read as Latin-1 or Windows-1252."""
    shown_as = {byte: shown for shown, byte in CP1252_CHARACTERS.items()}
    letters = {}
    for charset, table in TABLES.items():
        forms = {form for form, letter in table.items() if letter in "ậẬ"}
        letters[charset] = forms | {"".join(shown_as.get(character, character) for character in form) for form in forms}
    return letters


def _alternatives(forms: Iterable[str]) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


def misread_forms() -> frozenset[str]:
    """Return how `ậ` shows in any old charset when its bytes are misread."""
    return frozenset().union(*_misread_letters().values())


@cache
def _legacy_patterns() -> dict[Charset, re.Pattern[str]]:
    """Return, by charset, how `mật` shows when its bytes are misread."""
    return {
        charset: re.compile(rf"[mM] ?(?:{_alternatives(forms)}) ?[tT](?![a-zA-Z])")
        for charset, forms in _misread_letters().items()
    }


@cache
def legacy_sign() -> re.Pattern[str]:
    """Return the pattern of every way that a misread `mật` can look.

    It begins with one set of letters, so that the search skips from one of them to the next.
    """
    letters = "|".join(map(_alternatives, _misread_letters().values()))
    return re.compile(
        f"[mMtT](?:(?<=[mM])(?: ?(?:{letters}) ?[tT](?![a-zA-Z])"
        "|(?:áº[¬\xad]|Ã[‚¢]Ì£|[aA]Ì£Ì‚|[aA]Ì‚Ì£)[tT]|%E1%BA%A[CD][tT])"
        rf"|(?<=[mM])(?<![^\W_][mM])(?i:{TYPED_AT})"
        r"|(?<=[tT])(?<![^\W_][tT])[ậẬ][mM](?![^\W_]))"
        rf"|[ậẬ](?:(?:{_after(M_OF_SIGNS)})(?:[tT]|{_any(T_OF_SIGNS)})|(?<=[mM].)(?:{_any(T_OF_SIGNS)}))(?![^\W_])"
    )


_OF_SIGNS: Final = re.compile(rf"({_any(M_OF_SIGNS)}|[mM])([ậẬ])({_any(T_OF_SIGNS)}|[tT])(?![^\W_])")
_LETTERS_OF_MAT: Final = 3
MIXED, TYPED = "mixed-letters", "typed-keys"
"""Codes of readings: the word without its marks in letters of two scripts, and as its keys were typed."""
_TYPED: Final = re.compile(rf"(?<![^\W_])m{TYPED_AT}", re.IGNORECASE)
_THREE: Final = re.compile(r"(?<![^\W_])[^\W\d_]{3}(?![^\W_])")


def _of_one_word(found: re.Match[str]) -> str:
    """Return MẬT for a word that shows as MAT and mixes ASCII letters with others: no one types that by mistake."""
    mixed = any(letter.isascii() for letter in found[0]) and not found[0].isascii()
    return "MẬT" if mixed and "".join(map(seen_as, found[0])) == "MAT" else found[0]


def _of_letters(found: re.Match[str]) -> str:
    """Return MẬT for letters made of signs; what is written in letters stays as it is."""
    return found[0] if found[0].isalpha() and len(found[0]) == _LETTERS_OF_MAT else f"M{found[2]}T"


def readings(text: str) -> Iterator[tuple[str, Charset | None, str]]:
    """Yield other texts that a line could be meant as: legacy letters, UTF-8 read as Latin-1, escapes, backwards."""
    if is_unusual(text) and (one := _THREE.sub(_of_one_word, text)) != text:
        yield one, None, MIXED
    if legacy_sign().search(text) is None and not may_be_escaped(text):
        return
    if (whole := _OF_SIGNS.sub(_of_letters, text)) != text:
        yield whole, None, "letters-of-signs"
    if _TYPED.search(text):
        yield as_meant(text), None, TYPED
    for charset, pattern in _legacy_patterns().items():
        if pattern.search(text):
            yield convert(text, charset), charset, f"legacy-{charset.value}"
    if (escaped := unescape(text)) != text:
        yield escaped, None, "escaped"
    if _REVERSED.search(text):
        yield text[::-1], None, "reversed"
    if "áº" in text or "Ì£" in text:
        yield _MIS_DECODED.sub(_decoded_again, text), None, "mis-decoded"


_REVERSED: Final = re.compile(r"(?<![^\W_])[tT][ậẬ][mM](?![^\W_])")
"""`MẬT` from right to left; no word of the language."""
_MIS_DECODED: Final = re.compile(
    "[\xc2-\xf4][\x80-\xbf{0}]{{1,3}}".format("".join(CP1252_CHARACTERS))  # noqa: UP030 - braces of the pattern
)


def _decoded_again(match: re.Match[str]) -> str:
    """Return the letter whose UTF-8 bytes were read as Windows-1252, or the text itself."""
    raw = "".join(CP1252_CHARACTERS.get(character, character) for character in match[0])
    try:
        return raw.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return match[0]


def disguise(text: str) -> tuple[str, ...]:
    """Return evidence codes for how the letters were hidden."""
    codes = []
    if "\u202e" in text:
        codes.append("reversed")
    if "&#" in text or "\\u" in text:
        codes.append("numeric-reference")
    if is_unusual(text):
        codes.append("disguised-letters")
    if is_decomposed(text):
        codes.append("decomposed")
    return tuple(codes)
