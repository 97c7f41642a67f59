"""Appearance of DrawingML and VML shapes: fill, line, and letters by their style (ECMA-376 Part 1 §20.1.2.2, §20.1.4, Part 4 §19.1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from gateway.documents.readers.ooxml.colours import Scheme, drawing_colour, hex_colour, named_colour
from gateway.documents.readers.ooxml.xml import NAMES, Element

_FACES: Final = {"major": "+mj-lt", "minor": "+mn-lt"}


class ShapeLooks(NamedTuple):
    """Properties of a shape for the text in it."""

    fill: str | None = None
    """RRGGBB behind the text; None where there is none, it is transparent, or unknown."""
    lined: bool = False
    """A line is drawn around it."""
    ink: str | None = None
    face: str | None = None
    """Reference to a font of the theme."""

    def letters(self, font: Callable[[str], str]) -> dict[str, str]:
        """Return what the style gives of a run, as `drawingml_text` layers it; `font` looks up a reference."""
        ink = {} if self.ink is None else {"colour": self.ink}
        return ink if self.face is None else {**ink, "latin": font(self.face)}


def shape_looks(shape: Element, scheme: Scheme) -> ShapeLooks:
    """Return how a shape looks: what it says itself, else what its style does."""
    own: dict[str, Any] = {}
    styled: dict[str, Any] = {}
    for part in shape:
        kind = NAMES[part.tag].partition(":")[2]
        for setting in part if kind in {"spPr", "style"} else ():
            name = NAMES[setting.tag]
            found = drawing_colour(setting, scheme)
            colour = found[0] if found else None
            index = setting.get("idx")
            match name:
                case "a:solidFill" | "a:gradFill" | "a:pattFill":
                    own["fill"] = colour if found and found[1] > 0.5 else None
                case "a:noFill" | "a:blipFill" | "a:grpFill":
                    own["fill"] = None
                case "a:ln":
                    own["lined"] = len(setting) > 0 and all(NAMES[each.tag] != "a:noFill" for each in setting)
                case "a:fillRef" if index not in {None, "0", "none"}:
                    styled["fill"] = colour
                case "a:lnRef":
                    styled["lined"] = index not in {None, "0", "none"}
                case "a:fontRef":
                    styled["ink"], styled["face"] = colour, _FACES.get(index or "")
                case _:
                    continue
    return ShapeLooks(**{**styled, **own})


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


def vml_style(shape: Element) -> dict[str, str]:
    """Return the `style` attribute of VML, names in small letters."""
    items = (item.partition(":") for item in (shape.get("style") or "").split(";"))
    return {name.strip().lower(): value.strip() for name, colon, value in items if colon}
