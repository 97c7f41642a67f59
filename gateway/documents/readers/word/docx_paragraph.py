"""Pieces of a Word paragraph on their way to runs: joined while they look alike, split where letters change font."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.documents.readers.sink import Face, Place, Sink, capitals
from gateway.documents.readers.word.docx_format import Look
from gateway.documents.readers.word.docx_styles import BaseKey
from gateway.documents.readers.word.font_slots import by_slot
from gateway.model import Origin


def faces(text: str, look: Look) -> Iterator[tuple[str, Face]]:
    """Yield the text in stretches that share one font."""
    is_complex = look.slots.complex_script
    size, bold = (look.size_complex_pt, look.bold_complex) if is_complex else (look.size_pt, look.bold)
    for font, piece in by_slot(text, look.slots):
        yield piece, Face(font, size, look.colour, look.background, bold, look.raised)


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
        """Add a piece; Word splits runs at every edit, so equal neighbours are joined."""
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
    where = Place(place.locator, place.role, origin, True if look.boxed else place.boxed, page, link)
    where = where.shown(hidden=look.hidden, struck=look.struck)
    if look.capitals:
        text = capitals(text, look.slots.ascii)
    if font is not None:
        sink.put(text, block, where, Face(font, look.size_pt, look.colour, look.background, look.bold, look.raised))
        return
    for piece, face in faces(text, look):
        sink.put(piece, block, where, face)
