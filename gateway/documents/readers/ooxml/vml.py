"""Vector Markup Language: colours and style attributes of the shapes that Office 2007 and older draw."""

from __future__ import annotations

import re
from typing import Final

from gateway.documents.readers.ooxml.colours import hex_colour, named_colour

_VML_COLOUR: Final = re.compile(r"^\s*(#[0-9A-Fa-f]{3,6}|[A-Za-z]+)")


def vml_colour(value: str | None) -> str | None:
    """Return RRGGBB of a VML colour (`#c00`, `red`, `white [3212]`), None when it names none."""
    match = _VML_COLOUR.match(value or "")
    if match is None:
        return None
    word = match.group(1)
    if word.startswith("#") and len(word) == 4:
        word = "#" + "".join(2 * digit for digit in word[1:])
    return hex_colour(word) or named_colour(word)


def vml_font(style: str | None) -> str | None:
    """Return the font of a VML `style` attribute."""
    for item in (style or "").split(";"):
        key, colon, value = item.partition(":")
        if colon and key.strip().lower() == "font-family":
            return value.strip().strip('"').replace("&quot;", "")
    return None
