"""Names of agencies and units in one form for comparison."""

from __future__ import annotations

import unicodedata
from typing import Final

from gateway.model import Directory
from gateway.vietnamese.confusables import seen_as

_UNIT_NAMES: Final[dict[str, frozenset[str]]] = {}
"""Folded unit names by the digest of their directory: hundreds of thousands of mailboxes are gone through once."""


def unit_names(directory: Directory) -> frozenset[str]:
    """Return the folded names of all units of a directory."""
    names = _UNIT_NAMES.get(directory.digest)
    if names is None:
        units = {unit.name for unit in directory.units.values()} | {box.unit for box in directory.mailboxes.values()}
        names = frozenset(fold_unit(unit) for unit in units if unit)
        _UNIT_NAMES.clear()
        _UNIT_NAMES[directory.digest] = names
    return names


def fold(name: str) -> str:
    """Return a name in capitals and NFC, both tone placements of a vowel group alike, single blanks."""
    upper = unicodedata.normalize("NFC", name).upper()
    for old, new in (("UỶ", "ỦY"), ("UỴ", "ỤY"), ("HOÀ", "HÒA"), ("HOÁ", "HÓA"), ("TOÀ", "TÒA"), ("THUỶ", "THỦY")):
        upper = upper.replace(old, new)
    return " ".join(upper.split())


def fold_unit(name: str) -> str:
    """Return a folded name with UBND written out."""
    upper = fold(name)
    return upper.replace("UBND ", "ỦY BAN NHÂN DÂN ", 1) if upper.startswith("UBND ") else upper


def shown_unit(name: str) -> str:
    """Return a name as it looks, letters of other scripts as the Latin ones that they look like."""
    return fold_unit("".join(map(seen_as, unicodedata.normalize("NFD", name))))
