"""Pieces of a Word paragraph on their way to runs: joined while they look alike, split where letters change font.

Of a run's four fonts (ECMA-376 Part 1 §17.3.2.26) basic Latin takes `ascii`, Vietnamese letters with marks take `hAnsi`; only a
`hint="eastAsia"` moves some of them to the East Asian font, for U+0100-024F and U+1E00-1EFF only where the East Asian language
is Chinese. Complex script runs (`w:cs`, `w:rtl`) take `cs` for everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from gateway.documents.readers.sink import Face, Place, Sink, capitals
from gateway.documents.readers.word.docx_format import Look
from gateway.documents.readers.word.docx_styles import BaseKey
from gateway.model import Origin

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


class Key(NamedTuple):
    """Common properties of the pieces of one run."""

    look: Look
    origin: Origin
    link: bool
    page: int | None
    font: str | None = None
    """Font of the piece itself, where it has one (symbols, equations)."""


class Paragraph:
    """Pieces of one paragraph, and what has to wait until it is complete."""

    __slots__ = ("_last", "base", "later", "pieces", "place", "said")

    def __init__(self, base: BaseKey, place: Place) -> None:
        self.base = base
        """Sources of the inherited look of its runs."""
        self.place = place
        self.pieces: list[tuple[Key, list[str]]] = []
        self._last: Key | None = None
        self.said = 0
        """Letters added so far."""
        self.later: list[Callable[[], None]] = []
        """Text boxes, field codes and the like, to be given after the paragraph itself."""

    def add(self, text: str, key: Key) -> None:
        """Add a piece; Word cuts runs wherever somebody typed, so alike neighbours are joined."""
        self.said += len(text)
        if key == self._last:
            self.pieces[-1][1].append(text)
        else:
            self.pieces.append((key, [text]))
            self._last = key

    def close(self, sink: Sink) -> int:
        """Give the paragraph as one block, then what waited for it; return the number of the block, or of the one before."""
        block = sink.block
        if self.pieces:
            block = sink.open_block()
            for key, pieces in self.pieces:
                _give(sink, "".join(pieces), block, self.place, key)
        for task in self.later:
            task()
        return block


def _give(sink: Sink, text: str, block: int, place: Place, key: Key) -> None:
    look, origin, link, page, font = key
    if look.hidden and origin is Origin.TEXT:
        origin = Origin.HIDDEN
    elif look.struck and origin is Origin.TEXT:
        origin = Origin.DELETED
    where = Place(place.locator, place.role, origin, True if look.boxed else place.boxed, page, link)
    if look.capitals:
        text = capitals(text, look.ascii)
    if font is not None:
        sink.put(text, block, where, Face(font, look.size_pt, look.colour, look.background, look.bold, look.raised))
        return
    for piece, face in faces(text, look):
        sink.put(piece, block, where, face)
