"""Classes of WordprocessingML nodes: words, field codes, settings, numbers."""

from __future__ import annotations

from typing import Final

from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, texts

TEXT: Final = {"w:t", "w:delText", "m:t"}
CODE: Final = {"w:instrText", "w:delInstrText"}
PROPERTIES: Final = {
    "w:pPr", "w:rPr", "w:tblPr", "w:tblPrEx", "w:tblGrid", "w:trPr", "w:tcPr", "w:sectPr", "w:sdtPr", "w:sdtEndPr",
    "w:rPrChange", "w:pPrChange", "m:rPr", "m:ctrlPr",
}  # fmt: skip
NOISE: Final = {"wp:posOffset", "wp:align", "?:pctWidth", "?:pctHeight", "?:pctPosHOffset", "?:pctPosVOffset"}


def in_properties(owner: Element, root: Element) -> bool:
    """Whether an element stands among settings, below the root."""
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


def has_textpath(branch: Element) -> bool:
    """Whether a branch draws letters along a path."""
    return next(branch.iter(clark("v:textpath")), None) is not None
