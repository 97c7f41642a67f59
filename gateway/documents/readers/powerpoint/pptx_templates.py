"""Layouts and masters of a presentation, and what slides and notes inherit from them (ECMA-376 Part 1 §19.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.documents.readers.ooxml.drawingml_text import NO_LEVELS, DrawingPalette, Levels, list_levels
from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.theme import Theme
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.powerpoint.pptx_slide import Template, load_template

ABOVE: Final = {"p:sld": "slideLayout", "p:sldLayout": "slideMaster", "p:notes": "notesMaster"}
"""Kind of the part that a part of each kind inherits from."""
OFF: Final = {"0", "false"}
_MAP: Final = clark("p:clrMap")
_OVERRIDE: Final = f"{clark('p:clrMapOvr')}/{clark('a:overrideClrMapping')}"


class Templates:
    """The templates of a presentation, each read once."""

    def __init__(self, parts: Parts, main: str, root: Element) -> None:
        self._parts = parts
        self.known: dict[str, Template] = {}
        self._palette = DrawingPalette(parts.theme(main))
        self._default: Levels = NO_LEVELS
        for element in root.iter(clark("p:defaultTextStyle")):
            self._default = list_levels(element, self._palette)

    def around(self, name: str, root: Element) -> Template:
        """Return what the shapes of a part inherit: its own settings where it is a layout or master."""
        kind = NAMES[root.tag]
        if kind in {"p:sldLayout", "p:sldMaster", "p:notesMaster", "p:handoutMaster"}:
            return self.of(name)
        template = Template(self._palette, default=self._default)
        for above in self._parts.by_kind(name, ABOVE.get(kind, "")):
            template = self.of(above)
        return _overridden(root, template)

    def of(self, name: str) -> Template:
        """Return the template that a layout or master makes."""
        if (known := self.known.get(name)) is not None:
            return known
        self.known[name] = Template(default=self._default)
        root = self._parts.root(name)
        under: Template | None = None
        for master in self._parts.by_kind(name, "slideMaster"):
            under = self.of(master)
        palette = under.palette if under is not None else _mapped(root, self._parts.theme(name))
        template = load_template(root, palette, under, self._default)
        template.palette = _overridden(root, template).palette
        template.shows_master = root.get("showMasterSp") not in OFF
        self.known[name] = template
        return template


def _mapped(root: Element, theme: Theme) -> DrawingPalette:
    mapping = root.find(_MAP)
    return DrawingPalette(theme, None if mapping is None else dict(mapping.items()))


def _overridden(root: Element, template: Template) -> Template:
    """Return the template with the colour map that a slide or layout puts over the master's."""
    override = root.find(_OVERRIDE)
    if override is None:
        return template
    return replace(template, palette=DrawingPalette(template.palette.theme, dict(override.items())))
