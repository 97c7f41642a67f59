"""Letters drawn as outlines: freeforms of Office and OpenDocument files and paths of SVG, as a picture to be read.

Every format says its outline as path data of SVG (SVG 2 §9.3); holes are left open (even-odd), strokes without a filling
are drawn as lines.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Final, NamedTuple

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.pictures.specimen import specimen
from gateway.model import ReadStatus

LIMIT_POINTS: Final = 1_000_000
SMALLEST: Final = 20
"""Lines and curves that the letters M, Ậ, T have at least, together."""
_SIDE: Final = 900
"""Pixels of the longer side of the picture that is drawn."""
_STEPS: Final = 8
_PAIR: Final = re.compile(r"\d[\s,-]")
_TOKEN: Final = re.compile(r"([A-Za-z])|(-?(?:\d{1,12}\.?\d{0,12}|\.\d{1,12})(?:[eE][-+]?\d{1,3})?)")
_FLAG: Final = re.compile(r"([A-Za-z])|([01])")
"""Two numbers of an arc are flags of one digit, after which nothing need separate the next number."""
_FAR: Final = 1e15
"""Larger numbers are cut down to this one, and smaller ones than 1e-12 are 0: squares of others have no room in a float."""
_ARGUMENTS: Final = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_MOVE, _LINE, _CLOSE = 0x4000, 0x0001, 0x6000
_SEGMENTS: Final = {0x4000: ("M", 1), 0x0000: ("L", 1), 0x2000: ("C", 3), _CLOSE: ("Z", 0)}
"""Letters of path data, and points that each takes, by the kind of a segment (MSOPATHTYPE)."""
Point = tuple[float, float]
Contour = list[Point]
Matrix = tuple[float, float, float, float, float, float]
UNTURNED: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def contours(path: str) -> list[Contour]:
    """Return the points of path data up to a mistake, curves as lines; LIMIT `outlines` for more than a page has."""
    found: list[Contour] = []
    current: Contour = []
    at, control, last = (0.0, 0.0), (0.0, 0.0), ""
    total = 0
    for command, numbers in _commands(path):
        kind = command.upper()
        base = at if command.islower() else (0.0, 0.0)
        if kind == "Z":
            at = current[0] if current else at
            last = kind
            continue
        if kind == "M" or not current:
            start = (base[0] + numbers[0], base[1] + numbers[1]) if kind == "M" else at
            current = [start]
            found.append(current)
            at = start
            if kind == "M":
                last = kind
                continue
        points = [(base[0] + x, base[1] + y) for x, y in zip(numbers[::2], numbers[1::2], strict=False)]
        if kind == "H":
            points = [(base[0] + numbers[0], at[1])]
        elif kind == "V":
            points = [(at[0], base[1] + numbers[0])]
        elif kind == "A":
            points = [(base[0] + numbers[5], base[1] + numbers[6])]
        mirrored = (2 * at[0] - control[0], 2 * at[1] - control[1])
        match kind:
            case "S":
                points.insert(0, mirrored if last in "CS" else at)
            case "T":
                points.insert(0, mirrored if last in "QT" else at)
            case _:
                pass
        control = points[-2] if kind in "CSQT" else points[-1]
        if kind in "CSQT":
            current += curve([at, *points])
        elif kind == "A":
            current += _arc(at, points[-1], *numbers[:5])
        else:
            current.append(points[-1])
        at, last = points[-1], kind
        total += _STEPS
        if total > LIMIT_POINTS:
            raise ReadError(ReadStatus.LIMIT, "outlines")
    return [contour for contour in found if len(contour) > 1]


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    command = ""
    numbers: list[float] = []
    at = 0
    while match := (_FLAG if command in ("A", "a") and len(numbers) in (3, 4) else _TOKEN).search(path, at):
        at = match.end()
        if match[1]:
            command, numbers = match[1], []
            if command.upper() not in _ARGUMENTS:
                return
            if command in "zZ":
                yield command, []
            continue
        numbers.append(min(max(round(float(match[2]), 12), -_FAR), _FAR))
        if command and len(numbers) == _ARGUMENTS[command.upper()]:
            yield command, numbers
            command, numbers = {"M": "L", "m": "l"}.get(command, command), []


def curve(points: Sequence[Point]) -> Contour:
    """Return points of a Bézier curve of any degree, the first left out (de Casteljau)."""
    found: Contour = []
    for step in range(1, _STEPS + 1):
        share, level = step / _STEPS, list(points)
        while len(level) > 1:
            level = [
                (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)
                for one, other in pairwise(level)
            ]
        found.append(level[0])
    return found


def _arc(start: Point, end: Point, wide: float, high: float, turn: float, large: float, sweep: float) -> Contour:
    """Return points of an elliptical arc (SVG 2 appendix B.2.4)."""
    wide, high, angle = abs(wide), abs(high), math.radians(turn)
    if not wide or not high or start == end:
        return [end]
    cosine, sine = math.cos(angle), math.sin(angle)
    x, y = (start[0] - end[0]) / 2, (start[1] - end[1]) / 2
    x, y = cosine * x + sine * y, cosine * y - sine * x
    grown = math.sqrt(max(1.0, (x / wide) ** 2 + (y / high) ** 2))
    wide, high = wide * grown, high * grown
    below = (wide * y) ** 2 + (high * x) ** 2
    root = math.sqrt(max(0.0, ((wide * high) ** 2 - below) / below)) * (1 if bool(large) != bool(sweep) else -1)
    cx, cy = root * wide * y / high, -root * high * x / wide
    first = math.atan2((y - cy) / high, (x - cx) / wide)
    whole = math.atan2((-y - cy) / high, (-x - cx) / wide) - first
    whole += 2 * math.pi if sweep and whole < 0 else -2 * math.pi if not sweep and whole > 0 else 0
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    found: Contour = []
    for step in range(1, _STEPS + 1):
        angle = first + whole * step / _STEPS
        x, y = cx + wide * math.cos(angle), cy + high * math.sin(angle)
        found.append((cosine * x - sine * y + middle[0], sine * x + cosine * y + middle[1]))
    return [*found[:-1], end]


def moved(outline: Sequence[Contour], matrix: Matrix) -> list[Contour]:
    """Return contours under a matrix of SVG's `transform`."""
    a, b, c, d, e, f = matrix
    return [[(a * x + c * y + e, b * x + d * y + f) for x, y in contour] for contour in outline]


def product(inner: Matrix, outer: Matrix) -> Matrix:
    """Return the matrix that applies `inner` first."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


class Shape(NamedTuple):
    """An outline, and how it is drawn."""

    outline: Sequence[Contour]
    filled: bool = True
    grey: int = 0
    """0 is black."""
    segments: int = 0
    """Lines and curves that it was made of."""
    stroke: bool = False
    """A straight line or bar, of which tables and diagrams are made as well."""


STROKE: Final = Shape([[(0.0, 0.0), (1.0, 1.0)]], filled=False, segments=1, stroke=True)
"""A line from the upper left to the lower right of its box."""
BAR: Final = Shape([[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]], segments=2, stroke=True)
DOT: Final = BAR._replace(
    outline=[[(0.5 + math.cos(turn * math.pi / 8) / 2, 0.5 + math.sin(turn * math.pi / 8) / 2) for turn in range(16)]]
)
"""An ellipse that fills its box."""
_SLANTING: Final = 6
"""Slanting lines that M, Ậ and T have."""


def without_frames(shapes: Sequence[Shape]) -> list[Shape]:
    """Return shapes without their lines and bars where hardly one slants, as in tables and most diagrams."""
    slanting = sum(_slants(shape) for shape in shapes if shape.stroke)
    return [shape for shape in shapes if not shape.stroke or slanting >= _SLANTING]


def cells(shapes: Sequence[Shape]) -> set[tuple[int, int]]:
    """Return row and column of the bars that have one size and are in its grid, as pixels of a word do."""
    boxes = [
        (left, top, right - left, bottom - top)
        for shape in shapes
        if shape.stroke and shape.filled
        for (left, right), (top, bottom) in [[(min(side), max(side)) for side in zip(*shape.outline[0], strict=True)]]
    ]
    sizes = Counter((round(wide, 2), round(high, 2)) for _, _, wide, high in boxes)
    for (wide, high), _ in sizes.most_common(1):
        if wide > 0 and high > 0:
            left, top = (min(box[axis] for box in boxes) for axis in (0, 1))
            across, down = (_step([box[axis] for box in boxes], size) for axis, size in ((0, wide), (1, high)))
            return {(round((box[1] - top) / down), round((box[0] - left) / across)) for box in boxes}
    return set()


def _step(places: Sequence[float], size: float) -> float:
    """Return how far the places of a grid are apart, of which each holds something so wide: they touch, or have gaps between."""
    steps = sorted(after - before for before, after in pairwise(sorted(set(places))) if after - before > size / 2)
    return steps[len(steps) // 2] if steps and steps[len(steps) // 2] < 2 * size else size


def _slants(stroke: Shape) -> bool:
    if len(stroke.outline[0]) == len(DOT.outline[0]):
        return False
    sides = ((abs(one[0] - other[0]), abs(one[1] - other[1])) for one, other in pairwise(stroke.outline[0]))
    wide, high = max(sides, key=sum)
    return min(wide, high) > 0.15 * max(wide, high)


def shape_of(path: str, *, filled: bool = True, grey: int = 0) -> Shape:
    """Return the shape of path data."""
    return Shape(contours(path), filled, grey, sum(letter.isalpha() for letter in path) + len(_PAIR.findall(path)) // 2)


def drawn(shapes: Sequence[Shape]) -> bytes | None:
    """Return a PNG of shapes in their order, of a word in letters of print; None when there are too few lines for a mark.

    An unfilled line represents both sides of a stroke.
    """
    import cv2
    import numpy as np
    import PIL.Image

    points = [point for shape in shapes for contour in shape.outline for point in contour]
    if sum(shape.segments * (2 - shape.filled) for shape in shapes) < SMALLEST:
        return None
    if len(points) > LIMIT_POINTS:
        raise ReadError(ReadStatus.LIMIT, "outlines")
    low = [min(point[axis] for point in points) for axis in (0, 1)]
    size = [max(point[axis] for point in points) - low[axis] for axis in (0, 1)]
    if not all(math.isfinite(side) for point in (size, *points) for side in point):
        return None
    if min(size) <= 0 or max(size) / min(size) > 60:
        return None
    scale = _SIDE / max(size)
    edge = _SIDE // 20
    page = np.full((round(size[1] * scale) + 2 * edge, round(size[0] * scale) + 2 * edge), 255, np.uint8)
    for outline, filled, grey, *_ in shapes:
        lines = [
            np.array([((x - low[0]) * scale + edge, (y - low[1]) * scale + edge) for x, y in contour])
            .round()
            .astype(np.int32)
            for contour in outline
        ]
        if filled:
            cv2.fillPoly(page, lines, grey, cv2.LINE_AA)
        else:
            cv2.polylines(page, lines, False, grey, thickness=_SIDE // 60)
    word = specimen(PIL.Image.fromarray(page))
    return cv2.imencode(".png", page if word is None else np.asarray(word))[1].tobytes()


def freeform(points: Sequence[Point], segments: Sequence[int] = ()) -> tuple[Shape, float] | None:
    """Return the outline of a freeform of Office in a square of side 1, and how wide it is for its height (MS-ODRAW §2.2.51).

    `segments` say what leads to the next of the points, a line from each to the next when there are none.
    """
    if len(points) < 3:
        return None
    words: list[str] = []
    left = iter(points)
    for code in segments or (_MOVE, *[_LINE] * (len(points) - 1), _CLOSE):
        letter, each = _SEGMENTS.get(code & 0xE000, ("", 0))
        count = 1 if letter == "M" else max(code & 0x1FFF, 1)
        words.append(f"{letter} {' '.join(f'{x:g} {y:g}' for x, y in islice(left, each * count))}")
    shape = shape_of(" ".join(words))
    low = [min(point[axis] for point in points) for axis in (0, 1)]
    size = [max(point[axis] for point in points) - low[axis] or 1.0 for axis in (0, 1)]
    unit = (1 / size[0], 0, 0, 1 / size[1], -low[0] / size[0], -low[1] / size[1])
    return shape._replace(outline=moved(shape.outline, unit)), size[0] / size[1]
