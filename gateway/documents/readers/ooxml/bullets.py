"""Letters before the paragraphs of a list in DrawingML (ECMA-376 Part 1 §21.1.2.4): numbers that are letters, and bullets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.documents.readers.numerals import numeral, whole
from gateway.documents.readers.ooxml.xml import NAMES, Element
from gateway.vietnamese.fonts import is_symbol

_AUTOMATIC: Final = re.compile(r"(alpha|roman)(Uc|Lc)(ParenBoth|ParenR|Period|Plain)")
_KINDS: Final = {
    "alphaUc": "upperLetter", "alphaLc": "lowerLetter", "romanUc": "upperRoman", "romanLc": "lowerRoman",
}  # fmt: skip
_ROUND: Final = "o"
"""What Office draws its hollow round bullet with."""
_A_ROUND: Final = {"ParenBoth": "({})", "ParenR": "{})", "Period": "{}.", "Plain": "{}"}


def bullet_layer(properties: Element) -> dict[str, Any]:
    """Return what an `a:pPr` or `a:lvl1pPr` says of the bullet of its paragraphs."""
    layer: dict[str, Any] = {}
    for child in properties:
        match NAMES[child.tag]:
            case "a:buNone" | "a:buBlip":
                layer["bullet"] = ""
            case "a:buChar":
                layer["bullet"] = child.get("char") or ""
            case "a:buAutoNum":
                layer["bullet"] = (child.get("type") or "", whole(child.get("startAt"), 1))
            case "a:buFont":
                layer["bullet_font"] = child.get("typeface") or ""
            case "a:buFontTx":
                layer["bullet_font"] = ""
            case _:
                continue
    return layer


class Bullets:
    """Counts the items of the lists of a text body."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[object, int]] = {}
        """The bullet of the last item of each level, and its number."""

    def label(self, level: int, layer: Mapping[str, Any]) -> str:
        """Count a paragraph and return the letters before it, with a space; empty for signs and digits."""
        bullet = layer.get("bullet", "")
        last, count = self._counts.get(level, ("", 0))
        count = count + 1 if bullet == last else 0
        self._counts = {other: one for other, one in self._counts.items() if other < level} | {level: (bullet, count)}
        if isinstance(bullet, str):
            is_sign = bullet == _ROUND or not any(map(str.isalpha, bullet)) or is_symbol(layer.get("bullet_font") or "")
            return "" if is_sign else f"{bullet} "
        kind, start = bullet
        found = _AUTOMATIC.fullmatch(kind)
        if found is None:
            return ""
        return _A_ROUND[found[3]].format(numeral(start + count, _KINDS[found[1] + found[2]])) + " "
