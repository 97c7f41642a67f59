"""Fonts and colours of page objects, each looked up once a document."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Final

from gateway.readers.pdf.api import pdfium
from gateway.readers.pdf.columns import NO_COLOUR
from gateway.readers.pdf.fonts import FontFacts
from gateway.readers.pdf.page import Font
from gateway.text.fonts import is_symbol, legacy_font

LIMIT_COLOURS: Final = 4096
_NO_FONT = Font(None, bold=False, legacy=False, symbol=False)


class Looks:
    """Fonts and colours of one document."""

    def __init__(self, facts: FontFacts) -> None:
        self._api = pdfium()
        self._facts = facts
        self._fonts: dict[int, Font] = {}
        self._colours: dict[tuple[int, int, int, int], tuple[str | None, int]] = {NO_COLOUR: (None, 255)}
        self._colour = (ctypes.c_uint * 4)()
        start = ctypes.addressof(self._colour)
        self._places = (start, start + 4, start + 8, start + 12)
        self._name = ctypes.create_string_buffer(2048)
        self._name_address = ctypes.addressof(self._name)

    def colour(self, get: Callable[..., int], handle: int) -> tuple[str | None, int]:
        """Return RRGGBB (None for patterns) and opacity 0 to 255."""
        if not get(handle, *self._places):
            return None, 255
        red, green, blue, alpha = self._colour
        return self.named((red, green, blue, alpha))

    def named(self, colour: tuple[int, int, int, int]) -> tuple[str | None, int]:
        """Return RRGGBB and opacity of a colour as pdfium gives it."""
        known = self._colours.get(colour)
        if known is None:
            red, green, blue, alpha = colour
            known = f"{red:02X}{green:02X}{blue:02X}", alpha
            if len(self._colours) < LIMIT_COLOURS:
                self._colours[colour] = known
        return known

    def font(self, handle: int | None) -> Font:
        """Return the font with that handle."""
        if not handle:
            return _NO_FONT
        font = self._fonts.get(handle)
        if font is None:
            font = self._fonts[handle] = self._look_up(handle)
        return font

    def _look_up(self, handle: int) -> Font:
        length = self._api.FPDFFont_GetBaseFontName(handle, self._name_address, len(self._name))
        name = ""
        if 1 < length <= len(self._name):
            name = _without_subset_prefix(self._name.raw[: length - 1].decode("utf-8", "replace"))
        return Font(
            name or None,
            bold="bold" in name.lower() or self._api.FPDFFont_GetWeight(handle) >= 600,
            legacy=bool(name) and legacy_font(name) is not None,
            symbol=bool(name) and is_symbol(name),
            meant=self._facts.meant.get(name),
        )


def _without_subset_prefix(name: str) -> str:
    if len(name) > 7 and name[6] == "+" and name[:6].isupper():
        return name[7:]
    return name
