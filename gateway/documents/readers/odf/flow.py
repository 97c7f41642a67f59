"""State shared by the stories of an OpenDocument file, and inheritance of blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.documents.readers.odf.styles import Layer
from gateway.documents.readers.ooxml.sink import Place, Sink


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
    label: str = ""
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
    literals: set[str] = field(default_factory=set)


def hide(flow: Flow, *, hidden: bool) -> Flow:
    """Return the flow, its letters not to be seen when `hidden`."""
    return flow._replace(place=flow.place.hidden()) if hidden else flow
