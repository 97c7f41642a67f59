"""State shared by the stories of a Word document, inheritance of paragraphs, and classes of nodes: words, codes, settings, numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.xml import NAMES, Element, texts
from gateway.documents.readers.sink import Place, Sink
from gateway.documents.readers.word.docx_numbering import Numbering
from gateway.documents.readers.word.docx_palette import Palette
from gateway.documents.readers.word.docx_styles import StyleSheet, TableKey

TEXT: Final = {"w:t", "w:delText", "m:t"}
CODE: Final = {"w:instrText", "w:delInstrText"}
PROPERTIES: Final = {
    "w:pPr", "w:rPr", "w:tblPr", "w:tblPrEx", "w:tblGrid", "w:trPr", "w:tcPr", "w:sectPr", "w:sdtPr", "w:sdtEndPr",
    "w:rPrChange", "w:pPrChange", "m:rPr", "m:ctrlPr",
}  # fmt: skip
NOISE: Final = {"wp:posOffset", "wp:align", "?:pctWidth", "?:pctHeight", "?:pctPosHOffset", "?:pctPosVOffset"}


def in_properties(owner: Element, root: Element) -> bool:
    """Return whether an element is a setting, below the root."""
    for _ in range(256):
        if owner is root or owner is None:
            return False
        if NAMES[owner.tag] in PROPERTIES:
            return True
        owner = owner.getparent()
    return True


def spoken(branch: Element) -> str:
    """The letters of a branch without white space; positions and sizes are no letters."""
    return "".join("".join(text.split()) for owner, text in texts(branch) if NAMES[owner.tag] not in NOISE)


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
