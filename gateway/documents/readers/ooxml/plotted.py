"""Outlines of charts (ECMA-376 Part 1 §21.2: points and lines) and of ink (InkML, W3C 2011 §3: traces)."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterator
from itertools import pairwise
from typing import Final

from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.pictures.joined import Pictures
from gateway.documents.readers.pictures.outlines import BAR, STROKE, Point, Shape, moved

_PLOTS: Final = {"c:scatterChart", "c:bubbleChart", "c:lineChart"}
_BUBBLES: Final = clark("c:bubbleChart")
_BARS: Final = clark("c:barChart")
_OPEN: Final = f"{clark('c:spPr')}/{clark('a:noFill')}"
_LIMIT_POINTS, _LIMIT_BARS = 20_000, 400
_TRACE: Final = "{http://www.w3.org/2003/InkML}trace"
_NUMBER: Final = re.compile(r"([!'\"]?)\s*(-?\d{1,9}(?:\.\d{1,9})?)")
_INKED: Final = 20
"""Lines that a trace counts for: a pen draws a letter in one or two."""


def draw_chart(root: Element, pictures: Pictures, plane: Hashable) -> None:
    """Give the points of a chart's series as cells of a grid, and the lines between them as lines."""
    _draw_bars(root, pictures, plane)
    across: list[Point] = []
    for plot in root.iter(*map(clark, _PLOTS)):
        for series in plot.iter(clark("c:ser")):
            points = _points(series)
            across += points
            if len(across) > _LIMIT_POINTS:
                pictures.incomplete = True
                return
            for one, other in pairwise(points) if plot.tag != _BUBBLES and _has_lines(series) else ():
                line = [[(one[0], -one[1]), (other[0], -other[1])]]
                pictures.draw(STROKE._replace(outline=line), (plane, "chart"), (0, 0, 1, 1))
    columns, rows = ({value: n for n, value in enumerate(sorted({p[axis] for p in across}))} for axis in (0, 1))
    for x, y in across:
        column = columns[x]
        pictures.paint((plane, "chart"), -rows[y], range(column, column + 1), "000000")


def _draw_bars(root: Element, pictures: Pictures, plane: Hashable) -> None:
    """Give the columns of a stacked chart, of which some are left open, in place."""
    for plot in root.iter(_BARS):
        lying = any(each.get("val") == "bar" for each in plot.iter(clark("c:barDir")))
        ends: dict[float, float] = {}
        every = [(_points(series), series.find(_OPEN) is not None) for series in plot.iter(clark("c:ser"))]
        for points, is_open in every if any(is_open for _, is_open in every) else ():
            pictures.incomplete = pictures.incomplete or len(points) > _LIMIT_BARS
            for at, length in points[:_LIMIT_BARS]:
                start = ends.get(at, 0.0)
                ends[at] = start + length
                if length and not is_open:
                    box = (start, -at, length, 1.0) if lying else (at, -start - length, 1.0, length)
                    pictures.draw(BAR._replace(stroke=False), (plane, "bars"), box)


def _points(series: Element) -> list[Point]:
    found: list[dict[int, float]] = [{}, {}]
    for holder in series:
        axis = {"c:xVal": 0, "c:cat": 0, "c:yVal": 1, "c:val": 1}.get(NAMES[holder.tag])
        for point in holder.iter(clark("c:pt")) if axis is not None else ():
            try:
                number = float(point.findtext(clark("c:v")) or "")
            except ValueError:
                continue
            if axis is not None and math.isfinite(number) and (point.get("idx") or "").isdecimal():
                found[axis][int(point.get("idx") or 0)] = number
    across, up = found
    return [(across.get(index, float(index)), up[index]) for index in sorted(up)]


def _has_lines(series: Element) -> bool:
    """Return whether a series is drawn with lines between its points."""
    line = series.find(f"{clark('c:spPr')}/{clark('a:ln')}")
    return line is None or line.find(clark("a:noFill")) is None


def ink_of(root: Element) -> Shape | None:
    """Return the traces of a pen as they fill a square of side 1, None where there is none."""
    traces = [points for trace in root.iter(_TRACE) if len(points := list(_traced(trace.text or ""))) > 1]
    if not traces:
        return None
    low = [min(point[axis] for trace in traces for point in trace) for axis in (0, 1)]
    size = [max(point[axis] for trace in traces for point in trace) - low[axis] or 1.0 for axis in (0, 1)]
    unit = (1 / size[0], 0, 0, 1 / size[1], -low[0] / size[0], -low[1] / size[1])
    return Shape(moved(traces, unit), filled=False, segments=_INKED * len(traces))


def _traced(text: str) -> Iterator[Point]:
    """Yield the points of a trace; values are explicit (`!`), differences (`'`) or second differences (`"`)."""
    at, change, ways = [0.0, 0.0], [0.0, 0.0], ["!", "!"]
    for point in text.split(",")[:_LIMIT_POINTS]:
        channels = _NUMBER.findall(point)[:2]
        if len(channels) < 2:
            continue
        for axis, (way, number) in enumerate(channels):
            ways[axis] = way or ways[axis]
            value = float(number)
            if ways[axis] == '"':
                value += change[axis]
            if ways[axis] != "!":
                value += at[axis]
            at[axis], change[axis] = value, value - at[axis]
        yield at[0], at[1]
