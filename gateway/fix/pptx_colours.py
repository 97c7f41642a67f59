"""Colours of slides as far as a mender must know them: whether letters are black, and whether black can be read there.

What is computed from a colour (tints, shades) is not computed here: such letters are taken for coloured, such grounds by
the colour they are made of (ECMA-376 Part 1 §20.1.2.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.fix.pptx_shapes import Fill
from gateway.fix.tally import PALE
from gateway.vietnamese.colour import brightness, channels, is_black

_USUAL: Final = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
_DARKENING: Final = frozenset({"lumMod", "shade", "satMod", "alpha"})
"""Changes that leave black as it is."""
_LIGHT: Final = 140
"""Brightness from which on black is read on a ground."""
_PRESET: Final = {"black": "000000", "white": "FFFFFF"}


class Palette:
    """The colours of one part: the theme's through the map of its master."""

    def __init__(self, theme: Mapping[str, str], mapping: Mapping[str, str], under: Fill | None) -> None:
        self._theme = theme
        self._mapping = mapping
        self._under = under
        text = self._scheme("tx1")
        self.text_is_black = text is not None and is_black(text)

    def _scheme(self, name: str) -> str | None:
        mapped = self._mapping.get(name) or _USUAL.get(name, name)
        return self._theme.get(mapped)

    def colour(self, fill: Fill) -> str | None:
        """Return RRGGBB of a fill, None when it cannot be told."""
        if fill.kind not in ("solidFill", "styled"):
            return None
        kind, value = fill.colour
        found = self._scheme(value) if kind == "schemeClr" else _PRESET.get(value, value)
        if found is None or channels(found) is None:
            return None
        if is_black(found) and not set(fill.changes) <= _DARKENING:
            return "808080"
        return found.upper()

    def ground(self, own: Fill | None) -> str | None:
        """Return the colour behind a slide: its own, else that of its layout or master, else white; None is unknown."""
        fill = own or self._under
        return self.colour(fill) if fill is not None else self._scheme("bg1") or "FFFFFF"

    def readable(self, letters: str | None, ground: str | None) -> bool:
        """Return whether letters of a colour would be read in black: they are not light themselves, and their ground is."""
        return (brightness(ground) or 0) >= _LIGHT and (brightness(letters) or 0) < PALE
