"""Paper and margins of the sections of Word documents: DOCX (ECMA-376 Part 1 §17.6.11, §17.6.13), DOC (MS-DOC 2.6.4), RTF 1.9.1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from gateway.documents.readers.numerals import length_pt
from gateway.documents.readers.ole.octets import i16, u16, u32
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.sink import Sink
from gateway.documents.readers.word.word97_fib import Fib, entries
from gateway.documents.readers.word.word97_sprms import sprms
from gateway.model import PageSetup

_MEASURES: Final = {"w:pgSz": {"width": "w:w", "height": "w:h"}, "w:pgMar": {
    side: f"w:{side}" for side in ("top", "bottom", "left", "right", "gutter")
}}  # fmt: skip
_DEFAULTS: Final = {
    "width": 612.0, "height": 792.0, "left": 90.0, "right": 90.0, "top": 72.0, "bottom": 72.0, "gutter": 0.0,
}  # fmt: skip
"""Points where DOC and RTF say nothing."""
_SED: Final = 12
"""Bytes of a section descriptor (PlcfSed, MS-DOC 2.8.26)."""
_LIMIT: Final = 1000
_NONE: Final = 0xFFFFFFFF
_CODES: Final = {
    0xB01F: "width", 0xB020: "height", 0xB021: "left", 0xB022: "right", 0x9023: "top", 0x9024: "bottom", 0xB025: "gutter",
}  # fmt: skip
_DOCUMENT: Final = {
    "paperw": "width", "paperh": "height", "margl": "left", "margr": "right", "margt": "top", "margb": "bottom", "gutter": "gutter",
}  # fmt: skip
_SECTION: Final = {
    "pgwsxn": "width", "pghsxn": "height", "marglsxn": "left", "margrsxn": "right", "margtsxn": "top", "margbsxn": "bottom",
    "guttersxn": "gutter",
}  # fmt: skip
PAGE_WORDS: Final = frozenset({*_DOCUMENT, *_SECTION, "sectd"})


def setup_of(measures: Mapping[str, float | None]) -> PageSetup:
    """Return the setup of points by name; a vertical margin that is negative is exact and counts as its amount."""
    points = {name: value for name, value in measures.items() if value is not None}
    top, bottom, left = points.get("top"), points.get("bottom"), points.get("left")
    return PageSetup(
        width_pt=points.get("width"),
        height_pt=points.get("height"),
        top_pt=None if top is None else abs(top),
        bottom_pt=None if bottom is None else abs(bottom),
        left_pt=None if left is None else left + points.get("gutter", 0.0),
        right_pt=points.get("right"),
    )


def of_section(section: Element) -> PageSetup:
    """Return what a `w:sectPr` says."""
    found: dict[str, float | None] = {}
    for child in section:
        names = _MEASURES.get(NAMES[child.tag], {})
        found |= {name: length_pt(child.get(clark(attribute)), 1 / 20) for name, attribute in names.items()}
    return setup_of(found)


def of_sections(fib: Fib, document: bytes, table: bytes) -> Iterator[PageSetup]:
    """Yield the setup of each section of a Word 97 file."""
    for _, section in islice(entries(fib.octets("sections", table), _SED), _LIMIT):
        position = u32(section, 2)
        measures: dict[str, float | None] = dict(_DEFAULTS)
        if position != _NONE and position + 2 <= len(document):
            for code, operand in sprms(document[position + 2 : position + 2 + u16(document, position)]):
                if code in _CODES and len(operand) >= 2:
                    measures[_CODES[code]] = (i16 if _CODES[code] in {"top", "bottom"} else u16)(operand, 0) / 20
        yield setup_of(measures)


class Pages:
    r"""Takes the control words of RTF in `PAGE_WORDS` as they come by: document defaults, then what each `\sectd` changes."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._document: dict[str, float | None] = dict(_DEFAULTS)
        self._section: dict[str, float | None] = {}

    def take(self, word: str, value: int | None) -> None:
        """Note a page word."""
        if word == "sectd":
            self._section = {}
        elif value is not None and abs(value) < 1_000_000:
            holder, names = (self._document, _DOCUMENT) if word in _DOCUMENT else (self._section, _SECTION)
            holder[names[word]] = value / 20

    def end_section(self) -> None:
        """Give the section that ends here."""
        self._sink.put_setup(setup_of(self._document | self._section))
