"""Signs of a formula that are attributes, as letters in their place: accents, brackets, operators (ECMA-376 Part 1 §22.1.2)."""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.ooxml.xml import NAMES, Element, clark

_KEPT: Final = {"m:acc": clark("m:accPr"), "m:d": clark("m:dPr"), "m:nary": clark("m:naryPr")}
"""Parts of a formula with such signs, and where these are kept."""
_VALUE: Final = clark("m:val")


def write_signs(part: Element) -> None:
    """Write the signs of a part of a formula, if it has any, before and behind what it holds; the usual accent is a circumflex."""
    name = NAMES[part.tag]
    if name not in _KEPT:
        return
    kept = part.find(_KEPT[name])
    signs = {NAMES[sign.tag]: sign.get(_VALUE) or "" for sign in kept} if kept is not None else {}
    own = signs.get("m:chr", "\u0302" if name == "m:acc" else "")
    before, behind = ("", own) if name == "m:acc" else (own or signs.get("m:begChr", ""), signs.get("m:endChr", ""))
    for place, sign in ((0, before), (len(part) + 1, behind)):
        text = part.makeelement(clark("m:t"))
        text.text = sign
        part.insert(place, text)
