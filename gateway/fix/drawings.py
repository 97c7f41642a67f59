"""Text boxes, charts and diagrams of workbooks and Word documents, fixed as shapes of slides are.

Their letters follow the theme where they say no font, so the theme's fonts are changed with them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from gateway.documents.readers.containers.zip import Zip
from gateway.fix.package import spliced
from gateway.fix.pptx import edits_of, font_edits
from gateway.fix.pptx_colours import Palette
from gateway.fix.pptx_fonts import Theme
from gateway.fix.pptx_shapes import Shape, scan
from gateway.fix.tally import Tally
from gateway.fix.xml_spans import walk

_DRAWINGS: Final = re.compile(r"(?:xl|word)/(?:drawings|charts|diagrams)/[^/]+\.xml")
_THEME: Final = re.compile(r"(?:xl|word)/theme/theme\d*\.xml")


class _Around:
    """Properties that a drawing inherits: its document's theme."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def palette(self, _name: str) -> Palette:
        """Return the colours of the theme."""
        return Palette(self._theme.colours, {}, None)

    def font(self, _name: str, shape: Shape, face: str | None, level: int) -> str | None:
        """Return the family of letters: what the run, the list style or the theme says."""
        return self._theme.named(face or shape.levels.get(level) or "+mn-lt")


def mend_drawings(package: Zip, names: Collection[str], tally: Tally) -> dict[str, bytes]:
    """Return the drawings that letters stand in as they must be, and the theme whose fonts they follow."""
    data = {name: package.read(name) for name in names if _DRAWINGS.fullmatch(name)}
    tags = {name: list(walk(content)) for name, content in data.items()}
    slides = {name: scan(data[name], each) for name, each in tags.items()}
    slides = {name: slide for name, slide in slides.items() if any(shape.has_letters for shape in slide.shapes)}
    if not slides:
        return {}
    theme_name = next((name for name in names if _THEME.fullmatch(name)), None)
    theme_data = package.read(theme_name) if theme_name is not None else b""
    theme_tags = list(walk(theme_data)) if theme_data else []
    around = _Around(Theme(theme_tags))
    parts = {
        name: spliced(data[name], edits)
        for name, slide in slides.items()
        if (edits := edits_of(name, data[name], tags[name], slide, around, tally))
    }
    fonts = list(font_edits(theme_data, theme_tags, tally, theme=True))
    if theme_name is not None and fonts:
        parts[theme_name] = spliced(theme_data, fonts)
    return parts
