"""Selects which of a run's four fonts applies to a letter (ECMA-376 Part 1 §17.3.2.26).

Basic Latin takes `ascii`, Vietnamese letters with marks take `hAnsi`; only a `hint="eastAsia"` moves some of them to
the East Asian font, for U+0100-024F and U+1E00-1EFF only where the East Asian language is Chinese. Complex script runs
(`w:cs`, `w:rtl`) take `cs` for everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.ooxml.sink import Face
from gateway.documents.readers.word.docx_format import Look

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


def faces(text: str, look: Look) -> Iterator[tuple[str, Face]]:
    """Yield the text in stretches that share one font."""
    if look.complex_script:
        yield (
            text,
            Face(look.complex, look.size_complex_pt, look.colour, look.background, look.bold_complex, look.raised),
        )
        return
    face = Face(look.ascii, look.size_pt, look.colour, look.background, look.bold, look.raised)
    if look.one_font and not look.east_asian_hint and _PLAIN.match(text):
        yield text, face
        return
    last: str | None = None
    pending: list[str] = []
    for font, piece in _by_font(text, look):
        if font != last and last is not None:
            yield "".join(pending), face._replace(font=last)
            pending = []
        last = font
        pending.append(piece)
    if last is not None:
        yield "".join(pending), face._replace(font=last)


def _by_font(text: str, look: Look) -> Iterator[tuple[str, str]]:
    for match in _SLOT.finditer(text):
        ascii_text, east_text, other = match.groups()
        if ascii_text:
            yield look.ascii, ascii_text
        elif east_text:
            yield look.east_asia, east_text
        elif not look.east_asian_hint:
            yield look.h_ansi, other
        else:
            pattern = _TO_EAST_CHINESE if look.chinese else _TO_EAST
            for part in pattern.finditer(other):
                hinted, plain = part.groups()
                yield (look.east_asia, hinted) if hinted else (look.h_ansi, plain)
