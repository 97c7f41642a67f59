"""Text of DrawingML where only the words count: charts, diagrams, drawings outside slides (ECMA-376 Part 1 §21.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.documents.readers.excel.xlsx_values import format_words, formula_words
from gateway.documents.readers.ooxml.xml import NAMES, Element, texts

_NUMBERS: Final = {"c:numCache", "c:numLit"}
_SPACES: Final = {"a:br": "\n", "a:tab": "\t"}


def paragraph_text(paragraph: Element) -> str:
    r"""Return the text of an `a:p`, line breaks as `\n`."""
    pieces = []
    for element in paragraph.iter():
        name = NAMES[element.tag]
        if name in {"a:t", "m:t"}:
            pieces.append("".join(element.itertext()))
        elif name in _SPACES:
            pieces.append(_SPACES[name])
    return "".join(pieces)


def plain_text(root: Element) -> Iterator[str]:
    """Yield the paragraphs, cached chart strings and any other words of a drawing part, in document order."""
    for element in root.iter():
        name = NAMES[element.tag]
        if name == "a:p":
            text = paragraph_text(element)
            if text:
                yield text
        elif name == "c:v" and not _inside_numbers(element):
            yield element.text or ""
        code = element.text if name == "c:formatCode" else element.get("formatCode")
        if code and any(letter.isalpha() for letter in code) and code != "General":
            yield from format_words(code)
    for owner, text in texts(root):
        name = NAMES[owner.tag]
        if name in {"a:t", "m:t", "c:v", "a:p", "a:r"}:
            # An a:t outside any a:p is text all the same.
            if name == "c:v" or _inside_paragraph(owner):
                continue
            yield text
        elif name == "c:f" and '"' in text:
            yield formula_words(text)  # a name written instead of the cell that holds it
        elif any(letter.isalpha() for letter in text) and not _measured(name):
            yield text


def _measured(name: str) -> bool:
    """Elements whose text is a position, size or format code."""
    return name in {"xdr:col", "xdr:row", "xdr:colOff", "xdr:rowOff", "c:formatCode", "c:f", "c:sqref"}


def _inside_numbers(element: Element) -> bool:
    parent = element.getparent()
    for _ in range(3):
        if parent is None:
            return False
        if NAMES[parent.tag] in _NUMBERS:
            return True
        parent = parent.getparent()
    return False


def _inside_paragraph(element: Element) -> bool:
    parent = element.getparent()
    for _ in range(8):
        if parent is None:
            return False
        if NAMES[parent.tag] == "a:p":
            return True
        parent = parent.getparent()
    return False
