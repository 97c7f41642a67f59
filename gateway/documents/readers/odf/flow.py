"""State shared by the stories of an OpenDocument file, inheritance of blocks, and rows through groups and repetitions (ODF 1.3 Part 3 §9.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.documents.readers.numerals import whole
from gateway.documents.readers.odf.fields import Stated
from gateway.documents.readers.odf.styles import NO_LABEL, Label, Layer
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.sink import Place, Sink


class Flow(NamedTuple):
    """Inheritance of blocks from their place."""

    place: Place
    layers: tuple[Layer, ...] = ()
    behind: str | None = None
    counted: bool = False
    """Paragraphs are numbered in locators."""
    defaults: bool = True
    """Paragraphs start from the default paragraph style (not in cells and shapes)."""
    outline: str = ""
    """Style name without its level, in an outline of a slide."""
    depth: int = 0
    """Depth of lists."""
    list_style: str = ""
    label: Label = NO_LABEL
    """Words that stand before the next paragraph, as the first of a list item."""


@dataclass
class Shelf:
    """State shared by the stories of one document."""

    sink: Sink
    embedded: Callable[[str], None] = lambda _name: None
    """Called with the package path of an embedded object."""
    tables: int = 0
    boxes: int = 0
    notes: int = 0
    comments: int = 0
    picture: Callable[[str], bytes | None] = lambda _name: None
    """Bytes of a picture in the package."""
    stated: Stated = field(default_factory=dict)
    controls: dict[str, str] = field(default_factory=dict)
    """Words that form controls show, by their names in the file."""
    unshown: set[Element] = field(default_factory=set)
    """Sections of number formats of cells by which no value is shown."""

    def control(self, shape: Element) -> str:
        """Return the words of the form control at a shape, once."""
        return self.controls.get(shape.attrib.pop(clark("draw:control"), ""), "")


def hide(flow: Flow, *, hidden: bool) -> Flow:
    """Return the flow, its letters not to be seen when `hidden`."""
    return flow._replace(place=flow.place.hidden()) if hidden else flow


def flat_rows(parent: Element, wanted: set[str]) -> list[Element]:
    """Return the rows or cells below, groups opened, nested tables not."""
    found = []
    stack = list(reversed(parent))
    while stack:
        element = stack.pop()
        name = NAMES[element.tag]
        if name in wanted:
            found.append(element)
        elif name.startswith("table:table-") and name not in {"table:table-cell", "table:table-row"}:
            stack.extend(reversed(element))
    return found


def repeat_count(value: str | None) -> int:
    """Return a repetition count, 1 when it is absent or nonsense."""
    return min(1 << 20, whole(value, 1))


def is_blank(cell: Element) -> bool:
    """Return whether a cell has no words."""
    return not any(text.strip() for text in cell.itertext())
