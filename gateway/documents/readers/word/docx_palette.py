"""Theme fonts and colours as the settings of a Word document map them (ECMA-376 Part 1 §17.3.2.6, §17.15.1.20)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gateway.documents.readers.numerals import hexadecimal
from gateway.documents.readers.ooxml.colours import AUTO, hex_colour, mixed, with_luminance
from gateway.documents.readers.ooxml.theme import NO_THEME, FontSet, Theme

DEFAULT_FONT: Final = "Times New Roman"
"""Font of Word when neither defaults nor styles nor theme name one."""


class Palette:
    """Turns references to theme fonts and colours into names and RRGGBB, as the document's settings map them."""

    _MAP: Final = {
        "dark1": "dk1", "light1": "lt1", "dark2": "dk2", "light2": "lt2", "hyperlink": "hlink",
        "followedHyperlink": "folHlink", "t1": "dk1", "t2": "dk2", "bg1": "lt1", "bg2": "lt2", "tx1": "dk1",
        "tx2": "dk2", "text1": "dk1", "text2": "dk2", "background1": "lt1", "background2": "lt2",
    }  # fmt: skip

    def __init__(self, theme: Theme = NO_THEME, mapping: Mapping[str, str] | None = None, *, bidi: str = "") -> None:
        self.theme = theme
        self._mapping = mapping or {}
        self._bidi = bidi

    def scheme(self, name: str) -> str | None:
        """Return RRGGBB of a theme colour name as WordprocessingML or DrawingML writes it."""
        short = {"text1": "t1", "text2": "t2", "tx1": "t1", "tx2": "t2", "background1": "bg1", "background2": "bg2"}
        mapped = self._mapping.get(short.get(name, name), name)
        return self.theme.colours.get(self._MAP.get(mapped, mapped))

    def font(self, slot: tuple[str | None, str | None], language: str) -> str:
        """Return the face of a slot (theme reference, name): the theme's when it has one, else the plain name."""
        reference, face = slot
        if reference:
            fonts: FontSet = self.theme.major if reference.startswith("major") else self.theme.minor
            kind = {"EastAsia": "ea", "Bidi": "cs"}.get(reference[5:], "lt")
            themed = fonts.face(kind, language or (self._bidi if kind == "cs" else ""))
            if themed:
                return themed
        return face or DEFAULT_FONT

    def colour(self, value: str | None, theme: str | None, tint: str | None, shade: str | None) -> str | None:
        """Return RRGGBB, `auto`, or None when the reference means nothing."""
        if theme and theme != "none":
            base = self.scheme(theme)
            if base is not None:
                if tint:
                    share = _hex_share(tint)
                    base = with_luminance(base, times=share, plus=1 - share)
                elif shade:
                    base = with_luminance(base, times=_hex_share(shade))
                # Word keeps what it computed beside the reference; it rounds in its own way, and a stale value differs.
                kept = hex_colour(value)
                return kept if kept and not _apart(kept, base) else base
        if value in {None, "auto"}:
            return AUTO if value else None
        return hex_colour(value)

    def shade(self, value: tuple[str | None, ...]) -> str | None:
        """Return the colour behind letters that a `w:shd` makes, None when it leaves it open."""
        pattern, front, back, theme, tint, shade = value
        fill = self.colour(back, theme, tint, shade)
        below = None if fill == AUTO else fill
        if pattern in {None, "nil", "clear"}:
            return below
        percent = re.fullmatch(r"pct(\d{1,3})", str(pattern))
        if percent is None and not str(pattern).endswith(("solid", "Stripe", "Cross")):
            return below
        share = min(int(percent[1]), 100) / 100 if percent else 1.0 if pattern == "solid" else 0.5
        return mixed(hex_colour(front), below, share)


def _apart(one: str, other: str) -> bool:
    return any(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) > 4 for i in (0, 2, 4))


def _hex_share(value: str) -> float:
    return hexadecimal(value, 255) / 255
