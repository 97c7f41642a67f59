"""Fonts and colours of page objects, each looked up once a document."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Final, NamedTuple

from gateway.documents.readers.pdf.api import pdfium
from gateway.documents.readers.pdf.columns import COLOUR, NO_COLOUR
from gateway.documents.readers.pdf.fonts import FontFacts
from gateway.documents.readers.pdf.page import Font, Unseen
from gateway.vietnamese.fonts import is_symbol, legacy_font

LIMIT_LOOKS: Final = 4096
LEGACY_CODES: Final = {0xFFFE: "\xad", 0x2212: "\xad", 0x2219: "\xb7", 0x3BC: "\xb5", 0x2C9: "\xaf", 0x2206: "\xc6"}
"""Characters that pdfium gives for 8-bit codes of these glyphs in Latin fonts, back to the codes."""
_STROKED, _INVISIBLE, _CLIPPING = (1, 5), (3, 7), 4
"""Text rendering modes (ISO 32000-1 §9.3.6)."""
_NO_FONT = Font(None, bold=False, legacy=False, symbol=False)


class Style(NamedTuple):
    """Common properties of text objects of one font, colour and rendering mode."""

    font: Font
    colour: str | None
    unseen: Unseen | None


class Looks:
    """Fonts and colours of one document."""

    def __init__(self, facts: FontFacts) -> None:
        self._api = pdfium()
        self._facts = facts
        self._fonts: dict[int, Font] = {}
        self.styles: dict[tuple[int | None, bytes, int], Style] = {}
        """Styles by font, fill colour and rendering mode, as far as these decide; ask `style` for others."""
        self.clips = False
        """Some letters are the window through which is seen what is painted after them."""
        self._colour = ctypes.create_string_buffer(COLOUR.size)
        start = ctypes.addressof(self._colour)
        self._places = (start, start + 4, start + 8, start + 12)
        self._name = ctypes.create_string_buffer(2048)
        self._name_address = ctypes.addressof(self._name)

    def style(self, handle: int, font: int | None, colour: bytes, mode: int) -> Style:
        """Return what a text object looks like by its font, fill colour and rendering mode."""
        known = self.styles.get((font, colour, mode))
        if known is not None:
            return known
        self.clips = self.clips or mode >= _CLIPPING
        stroked = mode in _STROKED
        if stroked:
            name, opacity = self.colour(self._api.FPDFPageObj_GetStrokeColor, handle)
        else:
            name, opacity = _named(colour)
        unseen = Unseen.INVISIBLE_MODE if mode in _INVISIBLE else Unseen.TRANSPARENT if opacity < 8 else None
        style = Style(self.font(font), name, unseen)
        if not stroked and len(self.styles) < LIMIT_LOOKS:
            self.styles[font, colour, mode] = style
        return style

    def colour(self, get: Callable[..., int], handle: int) -> tuple[str | None, int]:
        """Return RRGGBB (None for patterns) and opacity 0 to 255."""
        return _named(self._colour.raw if get(handle, *self._places) else NO_COLOUR)

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
        legacy = bool(name) and legacy_font(name) is not None
        return Font(
            name or None,
            bold="bold" in name.lower() or self._api.FPDFFont_GetWeight(handle) >= 600,
            legacy=legacy,
            symbol=bool(name) and is_symbol(name),
            meant=self._facts.meant.get(name),
            sure=self._sure(name, legacy=legacy),
        )

    def _sure(self, name: str, *, legacy: bool) -> frozenset[str] | None:
        if name in self._facts.lying:
            return frozenset()
        return None if self._facts.sure is None or legacy else self._facts.sure.get(name, frozenset())


def _named(colour: bytes) -> tuple[str | None, int]:
    """Return RRGGBB and opacity of a colour as pdfium gives it."""
    if colour == NO_COLOUR:
        return None, 255
    red, green, blue, opacity = COLOUR.unpack(colour)
    return f"{red:02X}{green:02X}{blue:02X}", opacity


def _without_subset_prefix(name: str) -> str:
    if len(name) > 7 and name[6] == "+" and name[:6].isupper():
        return name[7:]
    return name
