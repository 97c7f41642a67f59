"""Displayed text of stored form controls: text fields, lists, check boxes, option and toggle buttons (MS-OFORMS)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.documents.readers.fields import shown_value
from gateway.documents.readers.ole.octets import narrow, u16, wide

_VERSION: Final = b"\x00\x02"
_SIZES: Final = {
    0: 4, 1: 4, 2: 4, 3: 4, 4: 1, 5: 1, 6: 1, 7: 1, 9: 2, 10: 4, 11: 2, 12: 2, 13: 2, 14: 2, 15: 2, 16: 1, 17: 1, 18: 1, 20: 1,
    21: 1, 22: 4, 23: 4, 24: 4, 25: 4, 26: 4, 27: 2, 28: 2, 29: 2, 32: 4,
}  # fmt: skip
"""Bytes of each property, by its bit in the mask (2.2.5.2); a property stands at a multiple of its size."""
_STYLE, _SIZE, _VALUE, _CAPTION = 6, 8, 22, 23
_BOXES: Final = frozenset({"4", "5", "6"})
_NARROW: Final = 1 << 31
"""Bit of the length of a string whose letters have a byte each."""


def shown_by_octets(data: bytes) -> str | None:
    """Return the text that a stored control shows, None for bytes that are no control."""
    if not data.startswith(_VERSION) or len(data) < 4 + u16(data, 2):
        return None
    mask, at = int.from_bytes(data[4:12], "little"), 12
    numbers = {}
    for bit, size in _SIZES.items():
        if mask >> bit & 1:
            at += -at % size
            numbers[bit] = int.from_bytes(data[at : at + size], "little")
            at += size
    at += -at % 4 + 8 * (mask >> _SIZE & 1)
    said = {}
    for bit, name in ((_VALUE, "Value"), (_CAPTION, "Caption")):
        length = numbers.get(bit, 0) & ~_NARROW
        octets = data[at : at + length]
        said[name] = narrow(octets) if numbers.get(bit, 0) & _NARROW else wide(octets)
        at += length + -length % 4
    return shown_by_properties({**said, "DisplayStyle": str(numbers.get(_STYLE, ""))})


def shown_by_properties(properties: Mapping[str, str]) -> str:
    """Return what a control shows by its properties: its box and caption, or its value."""
    value = properties.get("Value", "")
    if properties.get("DisplayStyle") in _BOXES:
        return f"{shown_value('FORMCHECKBOX', (), value not in _UNTICKED)} {properties.get('Caption', '')}"
    return value


_UNTICKED: Final = {"", "0", "False"}
