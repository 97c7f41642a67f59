"""Fonts that a Word document brings (ECMA-376 Part 1 §17.8.1): its short lines are read as these show them."""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.xml import NAMES, clark
from gateway.documents.readers.sniff_font import plain_font

_ID, _KEY, _NAME = clark("r:id"), clark("w:fontKey"), clark("w:name")
_STYLES: Final = {"w:embedRegular", "w:embedBold", "w:embedItalic", "w:embedBoldItalic"}


def read_own_fonts(parts: Parts) -> None:
    """Hand on pictures of the lines that stand in embedded fonts; each of their styles is one."""
    styles: dict[str, dict[str, bytes]] = {}
    for main in parts.by_kind("", "officeDocument"):
        for table in parts.by_kind(main, "fontTable"):
            for font in parts.root(table):
                for style in font:
                    stored = parts.target(table, style.get(_ID)) if NAMES[style.tag] in _STYLES else None
                    if stored is not None:
                        data = parts.package.read(stored)
                        plain = plain_font(data, f"{style.get(_KEY)}.odttf") or data
                        styles.setdefault(NAMES[style.tag], {})[(font.get(_NAME) or "").lower()] = plain
    for fonts in styles.values():
        parts.sink.set_in_own_fonts(fonts)
