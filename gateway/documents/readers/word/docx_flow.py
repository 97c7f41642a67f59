"""State shared by the stories of a Word document, and inheritance of paragraphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.sink import Place, Sink
from gateway.documents.readers.word.docx_numbering import Numbering
from gateway.documents.readers.word.docx_palette import Palette
from gateway.documents.readers.word.docx_styles import StyleSheet, TableKey
from gateway.model import Origin


class Flow(NamedTuple):
    """Inheritance of paragraphs from their place."""

    place: Place
    table: TableKey = None
    behind: str | None = None
    ink: str | None = None
    counted: bool = True
    """Paragraphs have numbers of their own in locators; in cells and boxes the place's locator stands."""


@dataclass
class Kit:
    """State shared by all stories of one document."""

    sink: Sink
    parts: Parts
    styles: StyleSheet
    palette: Palette
    numbering: Numbering
    tables: int = 0
    boxes: int = 0


def with_origin(flow: Flow, origin: Origin) -> Flow:
    """Return the flow with letters of another origin."""
    return flow._replace(place=flow.place._replace(origin=origin))


def hide(flow: Flow, *, hidden: bool) -> Flow:
    """Return the flow, its letters not to be seen when `hidden`."""
    return with_origin(flow, Origin.HIDDEN) if hidden else flow
