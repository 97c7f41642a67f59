"""Mail references such as `BT-7F3K2Q9XM4D6H`, which people copy by hand from a refusal.

Thirteen characters of Crockford's base 32: twelve random ones (60 bits; at five million mails a day about one
collision a year) and a check character, which detects every single wrong character and every transposition of two.
References before 0.3 have eight characters and no check; they remain valid.
"""

from __future__ import annotations

import os
import re
from typing import Final

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {letter: value for value, letter in enumerate(_LETTERS)} | {"O": 0, "I": 1, "L": 1}
"""Crockford reads O as 0, I and L as 1."""
_RANDOM: Final = 12
_TIMES_X: Final = tuple(value << 1 ^ (0b100101 if value & 16 else 0) for value in range(32))
_FORM: Final = re.compile(r"BT-(?:[0-9A-Z]{8}|([0-9A-TV-Z]{13}))", re.IGNORECASE | re.ASCII)


def make_reference() -> str:
    """Return a new reference."""
    number = int.from_bytes(os.urandom(8))
    values = [number >> shift & 31 for shift in range(0, 5 * _RANDOM, 5)]
    return "BT-" + "".join([_LETTERS[value] for value in values]) + _LETTERS[_check(values)]


def standard(text: str) -> str:
    """Return the reference in canonical form, as in the log; empty when the text is no reference."""
    found = _FORM.fullmatch(text.strip())
    if found is None or found[1] is None:
        return found[0].upper() if found is not None else ""
    return "BT-" + "".join(_LETTERS[_VALUES[letter]] for letter in found[1].upper())


def mistyped(text: str) -> bool:
    """Return whether the text is a reference whose check character does not match."""
    letters = standard(text)[3:]
    if len(letters) <= _RANDOM:
        return False
    *values, check = (_VALUES[letter] for letter in letters)
    return _check(values) != check


def _check(values: list[int]) -> int:
    """Evaluate the polynomial of the values at a primitive element of GF(32), x^5 + x^2 + 1, by Horner's rule."""
    check = 0
    for value in values:
        check = _TIMES_X[check] ^ value
    return _TIMES_X[check]
