"""Slides fixed by splices: Unicode, Times New Roman, text colours, in all places that set them.

Fonts and colours are changed at their source - run, list style, placeholder, master, theme - so that no run has to be given
any. Letters keep their colour where black might not be read: on a ground that is dark or unknown, and light letters, which
must have something dark behind them. Links, stamps and signatures keep theirs too.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from gateway.documents.readers.base import Budget
from gateway.documents.readers.containers.zip import Zip
from gateway.documents.readers.ooxml.parts import Package, Parts
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.powerpoint.pptx_slide import Template
from gateway.documents.readers.powerpoint.pptx_templates import ABOVE, Templates
from gateway.documents.readers.sink import Sink
from gateway.fix.drawings import colour_of, fix_shapes, set_fonts
from gateway.fix.tally import Tally
from gateway.fix.xml_spans import Part

_THEMES: Final = re.compile(r"ppt/theme/[^/]+\.xml")
_TEXTS: Final = re.compile(
    r"ppt/(?:presentation|(?:slides|slideLayouts|slideMasters|notesSlides|notesMasters|handoutMasters|charts|diagrams)/[^/]+)\.xml"
)
_MAIN: Final = "ppt/presentation.xml"
_GROUND: Final = "/".join(map(clark, ("p:cSld", "p:bg"))) + "/*"


def fix_pptx(package: Zip, names: Collection[str]) -> tuple[dict[str, bytes], Tally]:
    """Return the parts of a presentation as they must be, and what was changed."""
    parts = {name: Part(package.read(name)) for name in names if _TEXTS.fullmatch(name) or _THEMES.fullmatch(name)}
    around, tally = Parts(Package(package), Sink(Budget())), Tally()
    templates = Templates(around, _MAIN, parts[_MAIN].root)
    for name, part in parts.items():
        if _THEMES.fullmatch(name):
            set_fonts(part, tally, theme=True)
        else:
            template = templates.around(name, part.root)
            fix_shapes(part, template, _ground(around, name, part.root, template), tally)
    return {name: part.fixed() for name, part in parts.items() if part.edits}, tally


def _ground(around: Parts, name: str, root: Element, template: Template) -> str | None:
    """Return the colour behind a slide: its own, else that of its layout or master, else white; None is unknown."""
    for _ in ABOVE:  # as many as a slide, its layout and its master: a damaged file may lead back to itself
        for fill in root.iterfind(_GROUND):
            fills = [fill] if NAMES[fill.tag] == "p:bgRef" else fill
            return next((colour_of(each, template.palette) for each in fills), None)
        above = next(around.by_kind(name, ABOVE.get(NAMES[root.tag], "")), None)
        if above is None:
            break
        name, root = above, around.root(above)
    return template.palette.scheme("bg1") or "FFFFFF"
