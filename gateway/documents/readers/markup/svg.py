"""Outlines of the paths and basic shapes of an SVG, transformed by `transform` and `use` (SVG 2 §8, §9, §5.6)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Final, NamedTuple

from lxml import etree

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.markup.html_style import parse_colour
from gateway.documents.readers.ooxml.xml import Element
from gateway.documents.readers.pictures.outlines import UNTURNED, Matrix, Shape, drawn, moved, product, shape_of
from gateway.documents.readers.placed import Span, Stage, Thing, line_of
from gateway.documents.readers.rows import holds_a_mark
from gateway.model import ReadStatus
from gateway.vietnamese.colour import channels

LIMIT_SHAPES: Final = 20_000
LARGE: Final = 400
"""Lines and curves of a drawing that is no icon."""
_TEXT, _SPAN = "{http://www.w3.org/2000/svg}text", "{http://www.w3.org/2000/svg}tspan"
_USUAL: Final = 16.0
"""Size of letters where none is given."""
_STORED: Final = frozenset({"defs", "symbol", "clippath", "mask", "marker", "pattern"})
_NUMBER: Final = re.compile(r"-?(?:\d{1,9}\.?\d{0,9}|\.\d{1,9})(?:e[-+]?\d{1,3})?", re.IGNORECASE)
_STEP: Final = re.compile(r"(matrix|translate|scale|rotate)\s*\(([^()]{0,200})\)")
_FILL: Final = re.compile(r"(?:^|;)\s*fill\s*:\s*([^;]{1,60})", re.IGNORECASE)
_SHOWN_BY: Final = ("clip-path", "mask", "fill", "stroke", "style")
"""Attributes that show an element through, or painted with, what is stored elsewhere: it is seen as if it were used there."""
_STORED_AT: Final = re.compile(r"url\(\s*['\"]?#([^)'\"]{1,200})")


class _Open(NamedTuple):
    tag: str
    matrix: Matrix
    stored: bool
    fill: str
    name: str


class Svg:
    """Collects the shapes of one `svg` element from its start and end tags, and uses those that others of its page named."""

    def __init__(self, named: dict[str, list[Shape]] | None = None) -> None:
        self._stack: list[_Open] = []
        self._shapes: list[Shape] = []
        self._named: dict[str, list[Shape]] = {} if named is None else named
        self._later: list[tuple[str, Matrix]] = []
        self._is_cut = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Open an element; names are in small letters."""
        outer = self._stack[-1] if self._stack else _Open("", UNTURNED, False, "black", "")
        matrix = outer.matrix
        for kind, numbers in _STEP.findall(attributes.get("transform", "")):
            matrix = product(_step(kind, [float(number) for number in _NUMBER.findall(numbers)]), matrix)
        styled = _FILL.search(attributes.get("style", ""))
        fill = (styled[1] if styled else attributes.get("fill", "")).strip().lower() or outer.fill
        self._stack.append(_Open(tag, matrix, outer.stored or tag in _STORED, fill, attributes.get("id", "")))
        shown_by = " ".join(attributes.get(name, "") for name in _SHOWN_BY)
        self._later += [(target, matrix) for target in _STORED_AT.findall(shown_by)] if "url" in shown_by else []
        if tag == "use":
            target = (attributes.get("href") or attributes.get("xlink:href") or "").removeprefix("#")
            at = (1, 0, 0, 1, _number(attributes.get("x")), _number(attributes.get("y")))
            self._later.append((target, product(at, matrix)))
        elif path := _path(tag, attributes):
            self._add(path, "none" if fill.startswith("url") else fill)

    def end(self, tag: str) -> None:
        """Close an element and those inside it."""
        for position in range(len(self._stack) - 1, -1, -1):
            if self._stack[position].tag == tag:
                del self._stack[position:]
                return

    def _add(self, path: str, fill: str) -> None:
        if len(self._shapes) + sum(map(len, self._named.values())) >= LIMIT_SHAPES:
            self._is_cut = True
            return
        inner = self._stack[-1]
        grey = sum(channels(parse_colour(fill)) or (0,)) // 3
        shape = shape_of(path, filled=fill != "none", grey=grey if fill != "none" else 0)
        shape = shape._replace(outline=moved(shape.outline, inner.matrix))
        if not inner.stored:
            self._shapes.append(shape)
        for each in self._stack:
            if each.name:
                self._named.setdefault(each.name, []).append(shape)

    def picture(self) -> bytes | None:
        """Return what the shapes show as a PNG, None when they are no letters; raises `ReadError` LIMIT `svg-shapes`."""
        for name, matrix in self._later:
            stored = self._named.get(name, ())
            if len(self._shapes) + len(stored) > 2 * LIMIT_SHAPES:
                self._is_cut = True
                break
            self._shapes += (shape._replace(outline=moved(shape.outline, matrix)) for shape in stored)
        if self._is_cut:
            raise ReadError(ReadStatus.LIMIT, "svg-shapes")
        return drawn(self._shapes) if self._may_be_word() else None

    def _may_be_word(self) -> bool:
        """Distinguish a row or column of letters, or a large drawing, from an icon, which is about as wide as high."""
        points = [point for shape in self._shapes for contour in shape.outline for point in contour]
        if not points or sum(shape.segments for shape in self._shapes) > LARGE:
            return bool(points)
        wide, high = (max(point[axis] for point in points) - min(point[axis] for point in points) for axis in (0, 1))
        return not 0.6 * high < wide < 1.25 * high


def is_spoken(attributes: Mapping[str, str]) -> bool:
    """Return whether a child of `switch` is for readers of Vietnamese or English, or of any language (SVG 2 §5.8)."""
    asked = attributes.get("systemlanguage", attributes.get("systemLanguage", "vi"))
    return any(language.strip().lower()[:2] in ("vi", "en") for language in asked.split(","))


def picture_of(root: Element) -> bytes | None:
    """Return what the shapes of an SVG document show as a PNG, None when they are no letters; raises `ReadError` LIMIT `svg-shapes`."""
    svg = Svg()
    depth: list[Element] = []
    for element in root.iter():
        while depth and element.getparent() is not depth[-1]:
            svg.end(_local(depth.pop()))
        if isinstance(element.tag, str):
            svg.start(_local(element), _attributes(element))
            depth.append(element)
    return svg.picture()


def page_of(root: Element) -> bytes:
    """Return an SVG document as a page that shows it; browsers apply its style sheets alike."""
    page = deepcopy(root)
    for element in page.iter("*"):
        element.tag = _local(element)
    return b"<!DOCTYPE html>" + etree.tostring(page, method="html", encoding="utf-8")


def put_words(root: Element, stage: Stage) -> None:
    """Put the texts of an SVG document on the stage, where they are displayed."""
    for text in root.iter(_TEXT) if holds_a_mark("".join(root.itertext(_TEXT, _SPAN))) else ():
        said: list[tuple[Element, list[str]]] = []
        for part in text.iter(_TEXT, _SPAN):
            if not said or part.get("x") or part.get("y"):
                said.append((part, []))
            said[-1][1].append(part.text or "")
        for part, words in said:
            _put_line(part, " ".join("".join(words).split()), stage)


def _put_line(part: Element, words: str, stage: Stage) -> None:
    around = [part, *part.iterancestors()]
    x, y, anchor, size = (
        next((value for each in around if (value := each.get(name))), "")
        for name in ("x", "y", "text-anchor", "font-size")
    )
    matrix: Matrix = UNTURNED
    for each in around:
        for kind, numbers in reversed(_STEP.findall(each.get("transform", ""))):
            matrix = product(matrix, _step(kind, [float(number) for number in _NUMBER.findall(numbers)]))
    line = line_of(words, (_number(size) or _USUAL) * math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2])))
    ((left, foot),) = moved([[(_number(x), _number(y))]], matrix)[0]
    left -= {"middle": line.width / 2, "end": line.width}.get(anchor, 0.0)
    if words:
        span = Span(left, foot - line.size, line.width, line.size)
        stage.on_page("svg", Thing(span, opaque=False, lines=(line,), locator="element:text"))


def _attributes(element: Element) -> dict[str, str]:
    return {name.rpartition("}")[2].lower(): value for name, value in element.attrib.items()}


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _path(tag: str, attributes: Mapping[str, str]) -> str:
    """Return a basic shape as path data (SVG 2 §10)."""

    def lengths(*names: str) -> list[float]:
        return [_number(attributes.get(name)) for name in names]

    match tag:
        case "path":
            return attributes.get("d", "")
        case "polygon" | "polyline":
            return f"M {attributes.get('points', '')}" + ("Z" if tag == "polygon" else "")
        case "rect":
            x, y, width, height = lengths("x", "y", "width", "height")
            return f"M{x} {y}H{x + width}V{y + height}H{x}Z"
        case "line":
            x, y, right, bottom = lengths("x1", "y1", "x2", "y2")
            return f"M{x} {y}L{right} {bottom}"
        case "circle" | "ellipse":
            x, y, wide, high = lengths("cx", "cy", "r", "r") if tag == "circle" else lengths("cx", "cy", "rx", "ry")
            return f"M{x - wide} {y}A{wide} {high} 0 0 1 {x + wide} {y}A{wide} {high} 0 0 1 {x - wide} {y}Z"
        case _:
            return ""


def _step(kind: str, numbers: list[float]) -> Matrix:
    match kind, len(numbers):
        case "matrix", 6:
            return numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
        case "translate", 1 | 2:
            return 1, 0, 0, 1, numbers[0], numbers[1] if len(numbers) > 1 else 0
        case "scale", 1 | 2:
            return numbers[0], 0, 0, numbers[-1], 0, 0
        case "rotate", 1 | 3:
            angle = math.radians(numbers[0])
            turned = (math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle), 0.0, 0.0)
            if len(numbers) == 1:
                return turned
            about = product(turned, (1, 0, 0, 1, numbers[1], numbers[2]))
            return product((1, 0, 0, 1, -numbers[1], -numbers[2]), about)
        case _:
            return UNTURNED


def _number(text: str | None) -> float:
    match = _NUMBER.match((text or "").strip())
    return float(match[0]) if match else 0.0
