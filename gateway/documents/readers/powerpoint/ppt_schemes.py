"""Colour scheme of each slide of a binary presentation (MS-PPT 2.4.17 ColorSchemeAtom, 2.5.10 SlideAtom).

A slide has a scheme of its own, but shows its master's where it says so. The texts of placeholders stand before all
slides, in the outline, so schemes are gathered first.
"""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.ole.art import Record
from gateway.documents.readers.ole.octets import u16
from gateway.documents.readers.powerpoint.ppt_text import parse_scheme

_SCHEME, _SLIDE_ATOM, _MASTER = 0x07F0, 0x03EF, 0x03F8
_OF_MASTER: Final = 2
"""fMasterScheme among the flags of a SlideAtom."""
_LIMIT: Final = 20_000


class Schemes:
    """Colour schemes by where their slide, notes page or master begins."""

    def __init__(self) -> None:
        self._own: dict[int, tuple[str, ...]] = {}
        self._chosen: set[int] = set()
        self._following: set[int] = set()
        self._masters: set[int] = set()

    def take(self, record: Record, content: bytes) -> None:
        """Note a record of schemes or slides."""
        if record.kind not in {_SCHEME, _SLIDE_ATOM} or not record.path_starts or len(self._own) > _LIMIT:
            return
        start = record.path_starts[0] - 8
        if record.kind == _SLIDE_ATOM:
            if record.path[0] == _MASTER:
                self._masters.add(start)
            elif u16(content, 20) & _OF_MASTER:
                self._following.add(start)
        elif record.instance == 1 or start not in self._own:
            # Masters also hold the schemes that one may choose from; instance 1 is the one in use.
            if start not in self._chosen:
                self._own[start] = parse_scheme(content)
            if record.instance == 1:
                self._chosen.add(start)

    def of(self, start: int) -> tuple[str, ...]:
        """Return the scheme of what begins there, empty when it follows a master and there is no telling which."""
        if start not in self._following:
            return self._own.get(start, ())
        masters = {self._own[master] for master in self._masters if master in self._own}
        return next(iter(masters)) if len(masters) == 1 else ()
