"""Paper and margins of the sections of Word documents: DOCX (ECMA-376 Part 1 §17.6.11, §17.6.13), DOC (MS-DOC 2.6.4), RTF 1.9.1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from gateway.documents.readers.ole.octets import i16, u16, u32
from gateway.documents.readers.ooxml.sink import Sink
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.word.word97_fib import Fib
from gateway.documents.readers.word.word97_sprms import sprms
from gateway.model import PageSetup

_MEASURES: Final = {"w:pgSz": {"width": "w:w", "height": "w:h"}, "w:pgMar": {
    side: f"w:{side}" for side in ("top", "bottom", "left", "right", "gutter")
}}  # fmt: skip
_TWIPS: Final = re.compile(r"-?\d{1,6}")
_MEASURE: Final = re.compile(r"(-?\d{1,6}(?:\.\d{1,6})?)(mm|cm|in|pt|pc|pi)")
_TWIPS_IN: Final = {"mm": 1440 / 25.4, "cm": 1440 / 2.54, "in": 1440.0, "pt": 20.0, "pc": 240.0, "pi": 240.0}
_DEFAULTS: Final = {
    "width": 12240, "height": 15840, "left": 1800, "right": 1800, "top": 1440, "bottom": 1440, "gutter": 0,
}  # fmt: skip
"""Twips where DOC and RTF say nothing."""
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


def _setup(twips: Mapping[str, float | None]) -> PageSetup:
    """Return the setup of measures by name; a vertical margin that is negative is exact and counts as its amount."""
    points = {name: value / 20 for name, value in twips.items() if value is not None}
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
        found |= {name: _twips(child.get(clark(attribute)) or "") for name, attribute in names.items()}
    return _setup(found)


def _twips(value: str) -> float | None:
    value = value.strip()
    if _TWIPS.fullmatch(value):
        return int(value)
    measured = _MEASURE.fullmatch(value)
    return float(measured[1]) * _TWIPS_IN[measured[2]] if measured else None


def of_sections(fib: Fib, document: bytes, table: bytes) -> Iterator[PageSetup]:
    """Yield the setup of each section of a Word 97 file."""
    at, length = fib.table("sections")
    plc = table[at : at + length]
    count = max(0, (len(plc) - 4) // (4 + _SED))
    for number in range(min(count, _LIMIT)):
        position = u32(plc, 4 * (count + 1) + _SED * number + 2)
        measures: dict[str, float | None] = dict(_DEFAULTS)
        if position != _NONE and position + 2 <= len(document):
            for code, operand in sprms(document[position + 2 : position + 2 + u16(document, position)]):
                if code in _CODES and len(operand) >= 2:
                    measures[_CODES[code]] = (i16 if _CODES[code] in {"top", "bottom"} else u16)(operand, 0)
        yield _setup(measures)


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
            holder[names[word]] = value

    def end_section(self) -> None:
        """Give the section that ends here."""
        self._sink.put_setup(_setup(self._document | self._section))
