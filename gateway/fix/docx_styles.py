"""Font and colour that a run inherits: character style, paragraph style, document defaults (ECMA-376 17.7).

Enough for a mender, which then writes both on the run itself; table styles and themes are not followed, so runs in
tables are set without asking what they inherit.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from gateway.fix.docx_runs import local_name, plain
from gateway.fix.pptx_fonts import Theme
from gateway.fix.xml_spans import Tag, walk
from gateway.vietnamese.colour import is_black

_LIMIT_CHAIN: Final = 40


class Inherited(NamedTuple):
    """Properties of a style; None where it sets none."""

    font: str | None = None
    colour: str | None = None

    def over(self, other: Inherited) -> Inherited:
        """Return this look laid over another."""
        return Inherited(self.font or other.font, self.colour or other.colour)


class Styles:
    """The style sheet of a document, with the Latin fonts of its theme."""

    def __init__(self, data: bytes, theme: bytes = b"") -> None:
        self._theme = Theme(list(walk(theme)) if theme else []).fonts
        self.tables_set_fonts = False
        """Whether a table style gives a font, which this style sheet does not follow."""
        self.tables_set_colours = False
        """The same of colours."""
        self._kind = ""
        self._own: dict[str, Inherited] = {}
        self._based: dict[str, str] = {}
        self._path: list[str] = []
        self._style: str | None = None
        self._default_paragraph: str | None = None
        self._defaults = Inherited()
        self._cache: dict[str, Inherited] = {}
        for tag in walk(data) if data else ():
            if tag.opens:
                self._start(tag)
            elif self._path.pop() == "style":
                self._style = None

    def _start(self, tag: Tag) -> None:
        self._path.append(local_name(tag))
        attributes = plain(tag)
        match self._path[-1]:
            case "style":
                self._style, self._kind = attributes.get("styleId"), attributes.get("type", "")
                if attributes.get("type") == "paragraph" and attributes.get("default") in ("1", "true", "on"):
                    self._default_paragraph = self._style
            case "basedOn" if self._style is not None:
                self._based[self._style] = attributes.get("val", "")
            case "rFonts" if self._path[-2:-1] == ["rPr"]:
                self.tables_set_fonts |= self._in_table_style()
                self._say(Inherited(font=self.font_of(attributes)))
            case "color" if self._path[-2:-1] == ["rPr"]:
                self.tables_set_colours |= self._in_table_style() and not is_black(colour_of(attributes))
                self._say(Inherited(colour=colour_of(attributes)))
            case _:
                pass

    def _in_table_style(self) -> bool:
        return self._kind == "table" and self._style is not None

    def font_of(self, attributes: dict[str, str]) -> str | None:
        """Return the font that Vietnamese letters take from `w:rFonts`; the theme's comes before a name."""
        themed = attributes.get("hAnsiTheme") or ("hAnsi" not in attributes and attributes.get("asciiTheme")) or ""
        if themed:
            return self._theme.get(f"{themed[:5]}Font", "+theme")
        return attributes.get("hAnsi") or attributes.get("ascii")

    def _say(self, said: Inherited) -> None:
        if "rPrDefault" in self._path:
            self._defaults = said.over(self._defaults)
        elif self._style is not None and self._path[-3:-2] == ["style"]:
            self._own[self._style] = said.over(self._own.get(self._style, Inherited()))

    def _style_look(self, style: str | None) -> Inherited:
        if not style:
            return Inherited()
        if style not in self._cache:
            look, current = Inherited(), style
            for _ in range(_LIMIT_CHAIN):
                look = look.over(self._own.get(current, Inherited()))
                current = self._based.get(current, "")
                if not current:
                    break
            self._cache[style] = look
        return self._cache[style]

    def look(self, *, direct: Inherited, character: str | None, paragraph: str | None) -> Inherited:
        """Return the effective font and colour of a run."""
        styled = self._style_look(character).over(self._style_look(paragraph or self._default_paragraph))
        return direct.over(styled).over(self._defaults)


def colour_of(attributes: dict[str, str]) -> str | None:
    """Return the colour that `w:color` gives, None when there is none."""
    if attributes.get("themeColor", "none") not in ("none", "text1", "dark1"):
        return "808080"  # some colour of the theme, whatever the plain value beside it
    return attributes.get("val")
