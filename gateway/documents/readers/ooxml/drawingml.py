"""Text of DrawingML where only the words count (charts, diagrams, drawings outside slides; ECMA-376 Part 1 §21.1), and signs of formulas."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from gateway.documents.readers.excel.formulas import formula_words
from gateway.documents.readers.excel.xlsx_headers import header_lines
from gateway.documents.readers.excel.xlsx_values import format_words
from gateway.documents.readers.ooxml.parts import Parts
from gateway.documents.readers.ooxml.theme import NO_THEME
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark, texts
from gateway.documents.readers.sink import NO_FACE, Place, Sink
from gateway.model import Role

_KEPT: Final = {"m:acc": clark("m:accPr"), "m:d": clark("m:dPr"), "m:nary": clark("m:naryPr")}
"""Parts of a formula with such signs, and where these are kept."""
_VALUE: Final = clark("m:val")


def write_signs(part: Element) -> None:
    """Write the signs of a part of a formula, if it has any, before and behind what it holds; the usual accent is a circumflex."""
    name = NAMES[part.tag]
    if name not in _KEPT:
        return
    kept = part.find(_KEPT[name])
    signs = {NAMES[sign.tag]: sign.get(_VALUE) or "" for sign in kept} if kept is not None else {}
    own = signs.get("m:chr", "\u0302" if name == "m:acc" else "")
    before, behind = ("", own) if name == "m:acc" else (own or signs.get("m:begChr", ""), signs.get("m:endChr", ""))
    for place, sign in ((0, before), (len(part) + 1, behind)):
        text = part.makeelement(clark("m:t"))
        text.text = sign
        part.insert(place, text)


_NUMBERS: Final = {"c:numCache", "c:numLit", "cx:numDim"}
_VALUES: Final = {"c:v", "cx:pt"}
_HEADERS: Final = {f"c:{page}{place}" for page in ("odd", "even", "first") for place in ("Header", "Footer")}
_MEASURES: Final = {"xdr:col", "xdr:row", "xdr:colOff", "xdr:rowOff", "c:formatCode", "c:f", "c:sqref"}
"""Elements whose text is a position, size or format code."""
_NODES: Final = (clark("dgm:pt"), clark("dsp:sp"))
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


def put_plain(root: Element, sink: Sink, place: Place, known: Collection[str] = ()) -> list[str]:
    """Put the words of a drawing part but those that are known, and return all.

    What a chart copies of its sheet is the value of a cell, as is each of several nodes of a diagram.
    """
    words = list(plain_text(root))
    nodes = [node for node in root.iter(*_NODES) if any(texts(node))]
    for text, is_value in words:
        if text not in known:
            sink.put_line(text, place._replace(role=Role.CELL) if is_value or len(nodes) > 1 else place)
    return [text for text, _ in words]


def put_pictured(parts: Parts, part: str, place: Place) -> None:
    """Put the charts and diagrams that a part shows; the drawing cached for a diagram only says what its data says."""
    said: set[str] = set()
    where = place._replace(role=Role.TEXTBOX)
    for kind in ("chart", "chartEx", "diagramData", "diagramDrawing"):
        for stored in parts.unread(part, kind):
            root = parts.root(stored)
            for element in root.iter():
                parts.node(stored, element, where)
            said.update(put_plain(root, parts.sink, where, said if kind == "diagramDrawing" else ()))


def plain_text(root: Element) -> Iterator[tuple[str, bool]]:
    """Yield paragraphs, cached chart strings and other words of a drawing part, in order, and whether one is the value of a cell."""
    for element in root.iter():
        name = NAMES[element.tag]
        if name == "a:p":
            text = paragraph_text(element)
            if text:
                yield text, False
        elif name in _VALUES and not _is_inside(element, _NUMBERS, 3):
            yield element.text or "", True
        code = element.text if name == "c:formatCode" else element.get("formatCode")
        if code and any(letter.isalpha() for letter in code) and code != "General":
            yield from ((words, False) for words in format_words(code))
    for owner, text in texts(root):
        name = NAMES[owner.tag]
        if name in {"a:t", "m:t", "a:p", "a:r"} or name in _VALUES:
            # An a:t outside any a:p is text all the same.
            if name in _VALUES or _is_inside(owner, {"a:p"}, 8):
                continue
            yield text, False
        elif name in _HEADERS:
            lines = header_lines(text, NO_FACE, NO_THEME, sheet="")
            yield from (("".join(words for words, _ in line), False) for line in lines)
        elif name == "c:f" and '"' in text:
            yield formula_words(text), False  # a name written instead of the cell that holds it
        elif any(letter.isalpha() for letter in text) and name not in _MEASURES:
            yield text, False


def _is_inside(element: Element, names: set[str], reach: int) -> bool:
    """Return whether one of the nearest ancestors has one of the names."""
    return any(NAMES[one.tag] in names for one in islice(element.iterancestors(), reach))
