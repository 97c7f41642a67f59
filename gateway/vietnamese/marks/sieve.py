"""Fast pre-check that a text contains nothing the search for marks could find.

Most mails never spell the letters of a mark, and this says so in a few passes that run in C, a fraction of what the
search costs. It errs in one direction only: in what is clear here the search finds nothing, which
`tests/text/test_mark_sieve.py` asks of random texts. A text beyond the common repertoire, or with references in it, is
never clear: look-alikes, old charsets and their like are the business of the search.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from gateway.vietnamese.marks.readings import misread_forms
from gateway.vietnamese.marks.words import bare
from gateway.vietnamese.repertoire import octets, table
from gateway.vietnamese.typed import TYPED_AT

_OTHER_A: Final = "ăằẳẵặắá"
"""Vowels of mặt, mắt, mát, which readers do not mistake for mật."""
_SHOWN_OTHER, _SHOWN_LOST, _SHOWN_HIDDEN, _SHOWN_SLIP = "\xe1", "\xe2", "\xe3", "\xe4"


def _shown(character: str) -> str:
    """Return the code of a character: its bare letter, one of four for letters that distinguish words, or a sign."""
    if character in "ậẬ":
        return _SHOWN_HIDDEN
    if character in "ấẤ":
        return _SHOWN_LOST  # mất, unless tối or tuyệt is before
    if character == "Ặ":
        return _SHOWN_SLIP  # MẶT, unless it is among other words
    if character.lower() in _OTHER_A:
        return _SHOWN_OTHER
    plain = bare(character)
    return plain if plain.isascii() else "?"


_SHOWN: Final = table(_shown).encode("latin-1", "replace")
_NO_LETTER: Final = "[^a-z0-9\xe1-\xe4]*+"
_ANY_A: Final = "[a\xe1-\xe4]"


def _pattern(words: str) -> str:
    """Return the pattern of bare words with any other signs between their letters."""
    return _NO_LETTER.join(_ANY_A if letter == "a" else letter for letter in words if letter != " ")


def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode("latin-1"))


_LOST: Final = "(?<=[a-z\xe1-\xe4]{2}[^a-z0-9\n\xe1-\xe4]m)(?<!oi.m)(?<!et.m)\xe2t"
"""Mất, right behind a word that is neither tối nor tuyệt, as most often it is."""
_AMONG_WORDS: Final = (
    "(?:(?<=[a-z0-9\xe1-\xe4][^a-z0-9\n\xe1-\xe4]m\xe4t)|(?=[^a-z0-9\n\\])}\xe1-\xe4]*+[a-z0-9\xe1-\xe4]))"
)
_OTHER: Final = (
    f"(?<![a-z0-9\xe1-\xe4]m)(?<!et.m)(?:\xe1t(?![a-z0-9\xe1-\xe4])|(?<!oi.m)\xe4t(?![a-z0-9\xe1-\xe4]){_AMONG_WORDS})"
)
_GLUED: Final = (
    f"(?={_NO_LETTER}(?:{'|'.join(map(_pattern, ('khan', 'hoatoc', 'thuongkhan', 'mat', 'toimat', 'tuyetmat')))}))"
)
_LEVEL: Final = _compiled(
    f"m(?={_NO_LETTER}[4at7\xe1-\xe4])(?!{_LOST}|{_OTHER})"
    f"(?:(?:{_NO_LETTER}[4a\xe1-\xe4]{_NO_LETTER}|[^a-z0-9\\s\xe1-\xe4]*+)[t7](?:(?![a-z])|{_GLUED})|{TYPED_AT})"
)
"""Mật, also with a digit or signs for some of its letters, which `damage` distinguishes from other words, and by its keys."""
_AUXILIARY: Final = _compiled(
    "\n[^a-z\n\xe1-\xe4]*+(?:t{n}(?:{}|{})|{}|{}|{}|{})".format(
        *map(_pattern, ("ai lieu thu hoi", "hoi han bao ve bmnn", "chi nguoi co ten", "xem xong tra lai", "luu hanh noi bo",
                        "gia han thoi han bao ve bmnn")), n=_NO_LETTER
    )
)  # fmt: skip
_RECALL: Final = _compiled(_pattern("lieu thu hoi"))
"""Behind a gap the stamp may be at the end of a line that a reader merged."""
_COPYING: Final = _compiled(f"{_pattern('sao')}{_NO_LETTER}(?:{_pattern('va')}{_NO_LETTER})?{_pattern('chup')}")
_RECIPIENTS: Final = _compiled(_pattern("noi nhan"))
_OF_SIGNS: Final = _compiled(
    "\xe3(?:(?<![a-z\xe1-\xe4]\xe3)[^a-z0-9\\s]*+[t7+]|(?<=v[il1]\xe3)t|(?<=m\xe3)[^a-z0-9\\s\xe1-\xe4])"
)
"""Ậ between signs that together look as M or T; the letter first, so that the search jumps from one to the next."""
_SIGNS: Final = (b"&#", b"\\u", b"%e1%ba%a", b"t\xe3m")
"""Letters by number, ậ in an address, mật from right to left."""


@cache
def _misread() -> re.Pattern[bytes]:
    """Return the pattern of mật in an old charset, as far as its bytes look like common letters."""
    forms = {form.translate(_SHOWN).decode("latin-1") for text in misread_forms() if (form := octets(text)) is not None}
    return _compiled(f"m ?(?:{'|'.join(map(re.escape, sorted(forms)))}) ?t")


def is_clear(text: str) -> bool:
    """Return whether a text surely holds no mark, whatever the search makes of its lines; False when a search is needed.

    What is true of a text is true of each of its lines. It holds for letters as they are written: not for the words of a
    scan, for runs in an old charset that a font names, or for marks that an office adds to the rules.
    """
    common = octets(text)
    return common is not None and are_clear(common)


def are_clear(common: bytes) -> bool:
    """Return the same as `is_clear`, from the encoded text."""
    shown = b"\n" + common.translate(_SHOWN)
    return not (
        any(sign[:1] in shown and sign in shown for sign in _SIGNS)
        or _LEVEL.search(shown)
        or _AUXILIARY.search(shown)
        or _RECALL.search(shown)
        or _misread().search(shown)
        or _OF_SIGNS.search(shown)
        or (_COPYING.search(shown) and _RECIPIENTS.search(shown))
    )
