"""The four fonts of a run of Word and which of its letters take each (ECMA-376 Part 1 §17.3.2.26, MS-DOC 2.6.1 sprmCRgFtc0 to 2).

Basic Latin takes `ascii`, Vietnamese letters with marks take `hAnsi`; only a `hint="eastAsia"` moves some of them to the
East Asian font, for U+0100-024F and U+1E00-1EFF only where the East Asian language is Chinese. Complex script runs (`w:cs`,
`w:rtl`) take `cs` for everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

_EAST_ASIAN: Final = (
    r"\u1100-\u11ff\u2e80-\u9fff\ua000-\ud7af\ud800-\udfff\uf900-\ufaff\ufe30-\ufe6f\uff00-\uffef\U00010000-\U0010ffff"
)
_ASCII: Final = r"\x00-\x7f\u0590-\u07bf\ufb1d-\ufdff\ufe70-\ufefe"
_SLOT: Final = re.compile(rf"([{_ASCII}]+)|([{_EAST_ASIAN}]+)|([^{_ASCII}{_EAST_ASIAN}]+)")
_PLAIN: Final = re.compile(rf"[^{_EAST_ASIAN}\u0590-\u07bf]*\Z")
_HINTED: Final = (
    r"\xa1\xa4\xa7\xa8\xaa\xad\xaf\xb0-\xb4\xb6-\xba\xbc-\xbf\xd7\xf7"
    r"\u02b0-\u04ff\u2000-\u2bff\ue000-\uf8ff\ufb00-\ufb1c"
)
_HINTED_CHINESE: Final = r"\xe0\xe1\xe8-\xea\xec\xed\xf2\xf3\xf9\xfa\xfc\u0100-\u02af\u1e00-\u1eff"
_TO_EAST: Final = re.compile(rf"([{_HINTED}]+)|([^{_HINTED}]+)")
_TO_EAST_CHINESE: Final = re.compile(rf"([{_HINTED}{_HINTED_CHINESE}]+)|([^{_HINTED}{_HINTED_CHINESE}]+)")


class Slots(NamedTuple):
    """Names of the fonts, and what chooses among them."""

    ascii: str
    h_ansi: str
    east_asia: str
    complex: str
    complex_script: bool = False
    east_asian_hint: bool = False
    chinese: bool = False


def by_slot(text: str, slots: Slots) -> Iterator[tuple[str, str]]:
    """Yield the stretches of a text that share one font, each behind its name."""
    if slots.complex_script:
        yield slots.complex, text
    elif slots.ascii == slots.h_ansi and not slots.east_asian_hint and _PLAIN.match(text):
        yield slots.ascii, text
    else:
        for font, pieces in groupby(_pieces(text, slots), key=itemgetter(0)):
            yield font, "".join([piece for _, piece in pieces])


def _pieces(text: str, slots: Slots) -> Iterator[tuple[str, str]]:
    for match in _SLOT.finditer(text):
        ascii_text, east_text, other = match.groups()
        if ascii_text:
            yield slots.ascii, ascii_text
        elif east_text:
            yield slots.east_asia, east_text
        elif not slots.east_asian_hint:
            yield slots.h_ansi, other
        else:
            for part in (_TO_EAST_CHINESE if slots.chinese else _TO_EAST).finditer(other):
                yield (slots.east_asia if part[1] else slots.h_ansi), part[0]
