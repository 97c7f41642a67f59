"""Paper and margins of the sections of a Word 97 file (PlcfSed, MS-DOC 2.8.26; section properties, 2.6.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.ole.octets import u16, u32
from gateway.documents.readers.word.word97_fib import Fib
from gateway.documents.readers.word.word97_sprms import sprms
from gateway.model import PageSetup

_SED: Final = 12
"""Bytes of a section descriptor."""
_LIMIT: Final = 1000
_NONE: Final = 0xFFFFFFFF
_MEASURES: Final = {
    0xB01F: "width", 0xB020: "height", 0xB021: "left", 0xB022: "right", 0x9023: "top", 0x9024: "bottom", 0xB025: "gutter",
}  # fmt: skip
_DEFAULTS: Final = {
    "width": 12240, "height": 15840, "left": 1800, "right": 1800, "top": 1440, "bottom": 1440, "gutter": 0,
}  # fmt: skip
"""Twips where the file says nothing (MS-DOC 2.6.4)."""


def page_setups(fib: Fib, document: bytes, table: bytes) -> Iterator[PageSetup]:
    """Yield the setup of each section."""
    at, length = fib.table("sections")
    plc = table[at : at + length]
    count = max(0, (len(plc) - 4) // (4 + _SED))
    for number in range(min(count, _LIMIT)):
        position = u32(plc, 4 * (count + 1) + _SED * number + 2)
        measures = dict(_DEFAULTS)
        if position != _NONE and position + 2 <= len(document):
            group = document[position + 2 : position + 2 + u16(document, position)]
            for code, operand in sprms(group):
                name = _MEASURES.get(code)
                if name is not None and len(operand) >= 2:
                    measures[name] = u16(operand, 0)
        yield PageSetup(
            width_pt=measures["width"] / 20,
            height_pt=measures["height"] / 20,
            top_pt=_signed(measures["top"]) / 20,
            bottom_pt=_signed(measures["bottom"]) / 20,
            left_pt=(measures["left"] + measures["gutter"]) / 20,
            right_pt=measures["right"] / 20,
        )


def _signed(value: int) -> int:
    """Return the amount of a vertical margin, which is negative where it is exact."""
    return 0x10000 - value if value & 0x8000 else value
