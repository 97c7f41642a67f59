"""Pages of XPS and OpenXPS documents (ECMA-388): the text of `Glyphs` elements, line by line, with size and colour.

A package of such pages is a zip; each page comes here as an XML file of its own. Text stands in `UnicodeString`, which a
producer may leave out: then only the font knows what the glyphs mean, and the page is PARTIAL `no-text-map`; so is one whose
letters are drawn as paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from gateway.documents.readers.ole.report import Report
from gateway.documents.readers.ooxml.sink import Face, Place, Sink
from gateway.documents.readers.ooxml.xml import Element
from gateway.model import Origin

NAMESPACES: Final = frozenset({"http://schemas.microsoft.com/xps/2005/06", "http://schemas.openxps.org/oxps/v1.0"})
_POINTS: Final = 0.75
"""Points of the unit of XPS, 1/96 inch."""
_BASELINE_EM: Final = 0.35
_LETTER_EM, _SPACE_EM = 0.5, 0.3
"""Average width of a letter, and least gap between words, in sizes of the font."""
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WHITE: Final = "FFFFFF"
_DRAWN_PATHS: Final = 200
"""Paths of a page without a letter that may be letters turned into curves or dots, as Ghostscript writes them."""
_TRANSPARENT: Final = 8
_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class _Piece(NamedTuple):
    y: float
    x: float
    size: float
    text: str
    colour: str | None
    hidden: bool


def read_page(root: Element, sink: Sink, report: Report) -> None:
    """Give the lines of a page from top to bottom."""
    pieces = sorted(_pieces(root, _IDENTITY, report), key=lambda piece: piece.y)
    if not pieces and sum(1 for node in root.iter() if _local(node) == "Path") >= _DRAWN_PATHS:
        report.note("no-text-map")
    line: list[_Piece] = []
    for piece in pieces:
        if line and piece.y - line[0].y > _BASELINE_EM * max(piece.size, 1.0):
            _give(line, sink)
            line = []
        line.append(piece)
    if line:
        _give(line, sink)


def _give(line: list[_Piece], sink: Sink) -> None:
    line.sort(key=lambda piece: piece.x)
    block, end = sink.open_block(), 0.0
    for number, piece in enumerate(line):
        gap = number and piece.x - end > _SPACE_EM * piece.size and not piece.text[:1].isspace()
        place = Place("page", origin=Origin.HIDDEN if piece.hidden else Origin.TEXT)
        face = Face(size_pt=round(piece.size * _POINTS, 1), colour=piece.colour)
        sink.put((" " if gap else "") + piece.text, block, place, face)
        end = piece.x + _LETTER_EM * piece.size * len(piece.text)


def _pieces(node: Element, outer: _Matrix, report: Report) -> Iterator[_Piece]:
    # Recursion is safe: libxml2 lets no document be deeper than 256.
    matrix = _multiplied(_matrix(node), outer)
    if _local(node) == "Glyphs":
        # Taken away, so that what is left can be swept for words in other places.
        text = str(node.attrib.pop("UnicodeString", "")).removeprefix("{}")
        if text.strip():
            yield _piece(node, text, matrix)
        elif (glyphs := (node.get("Indices") or "").strip("; ")) and glyphs.count(";") + 1 > len(text):
            report.note("no-text-map")  # a blank has a glyph of its own
    for child in node:
        yield from _pieces(child, matrix, report)


def _local(node: Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _piece(node: Element, text: str, matrix: _Matrix) -> _Piece:
    a, b, c, d, e, f = matrix
    x, y, size = (_number(node.get(name)) for name in ("OriginX", "OriginY", "FontRenderingEmSize"))
    fill = (node.get("Fill") or "").lstrip("#").upper()
    opaque = int(fill[:2], 16) >= _TRANSPARENT if re.fullmatch("[0-9A-F]{8}", fill) else True
    colour = fill[-6:] if re.fullmatch("[0-9A-F]{6}|[0-9A-F]{8}", fill) else None
    height = size * max((c * c + d * d) ** 0.5, 1e-6)
    return _Piece(b * x + d * y + f, a * x + c * y + e, height, text, colour, not opaque or colour == _WHITE)


def _matrix(node: Element) -> _Matrix:
    numbers = [float(each) for each in _NUMBER.findall(node.get("RenderTransform") or "")]
    return (*numbers,) if len(numbers) == 6 else _IDENTITY  # type: ignore[return-value]


def _multiplied(inner: _Matrix, outer: _Matrix) -> _Matrix:
    if inner == _IDENTITY:
        return outer
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _number(value: str | None) -> float:
    match = _NUMBER.match(value or "")
    return float(match[0]) if match else 0.0
