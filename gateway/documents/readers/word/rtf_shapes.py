"""Shapes of RTF: their positions, and outlines of freeforms, lines and bars (RTF 1.9.1, MS-ODRAW §2.2.51)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from gateway.documents.readers.pictures.joined import Pictures, Turn
from gateway.documents.readers.pictures.outlines import BAR, STROKE, Point, freeform
from gateway.documents.readers.placed import Line, Span, Stage, Thing, lines_of
from gateway.model import Role, Run

_VERTEX: Final = re.compile(r"\((-?\d{1,9}),(-?\d{1,9})\)")
NUMBERS: Final = frozenset({
    "shpleft", "shptop", "shpright", "shpbottom", "dpx", "dpy", "dpxsize", "dpysize", "dpptx", "dppty", "dpline", "dprect",
    "shpbypara", "shpbxcolumn", "shpfblwtxt", "piccropl", "piccropt", "piccropr", "piccropb", "picwgoal", "pichgoal",
})  # fmt: skip
"""Control words that say where a shape stands, how much of a picture is cut off and, of Word 6, what a shape is."""
_SIDES: Final = {"l": "Left", "t": "Top", "r": "Right", "b": "Bottom"}
GROUPS: Final = frozenset({"shp", "do"})
"""Destinations that are a shape each."""
_KINDS: Final = {"20": "line", "1": "rect", "32": "line"}


class Shapes:
    """Takes what a file says of its shapes, in its order, and gives their outlines."""

    def __init__(self, pictures: Pictures, stage: Stage) -> None:
        self._pictures = pictures
        self._stage = stage
        self._filled = True
        self._lines: Sequence[Line] = ()
        self._vertices: list[Point] = []
        self._numbers: dict[str, list[int]] = {}
        self._kind = ""
        self._flips: set[str] = set()
        self._cut: dict[str, float] = {}

    def number(self, word: str, value: int) -> None:
        """Take one of `NUMBERS`."""
        if word in {"dpline", "dprect"}:
            self._kind = word[2:]
        elif len(numbers := self._numbers.setdefault(word, [])) < 2:
            numbers.append(value)

    def words(self, runs: Sequence[Run]) -> None:
        """Take the words in the shape."""
        self._lines = tuple(lines_of(run for run in runs if run.role is Role.TEXTBOX))

    def property(self, name: str, value: str) -> None:
        """Take a property of the shape."""
        match name:
            case "pVerticies":
                self._draw()
                self._vertices = [(float(x), float(y)) for x, y in _VERTEX.findall(value)]
            case "pSegmentInfo":
                self._draw([int(number) for number in value.split(";")[2:] if number.strip().isdigit()])
            case "shapeType":
                self._kind = _KINDS.get(value.strip(), "")
            case "relLeft" | "relTop" | "relRight" | "relBottom" if value.strip().lstrip("-").isdigit():
                self._numbers[name[3:].lower()] = [int(value)]
            case "fFilled" | "fBehindDocument":
                self._filled = self._filled and (value.strip() == "0") == (name == "fBehindDocument")
            case "fFlipH" | "fFlipV" if value.strip() == "1":
                self._flips.add(name)
            case "cropFromLeft" | "cropFromTop" | "cropFromRight" | "cropFromBottom" if (
                value.strip().lstrip("-").isdigit()
            ):
                self._cut[name[8:]] = int(value) / 65536
            case "pictureContrast" | "pictureBrightness" if value.strip() not in {"0", "65536"}:
                self._flips.add("tone")
            case _:
                return

    def turn(self) -> Turn:
        """Return how a picture is turned whose properties were taken."""
        flips, self._flips = self._flips, set()
        cut, self._cut = self._cut, {}
        wide, high = (self._numbers.pop(f"pic{side}goal", [0])[0] or 1 for side in "wh")
        for side, name in _SIDES.items():
            cut[name] = cut.get(name) or self._numbers.pop(f"piccrop{side}", [0])[0] / (wide if side in "lr" else high)
        crop = (cut["Left"], cut["Top"], cut["Right"], cut["Bottom"])
        shown = crop if any(crop) else None
        return Turn("fFlipH" in flips, "fFlipV" in flips, crop=shown, recoloured="tone" in flips)

    def picture(self, data: bytes, row: int, text: int, *, of_shape: bool) -> None:
        """Take a picture in running text, or that of a shape, at the position of the shape, in groups too."""
        turn, numbers = self.turn(), self._numbers
        grouped = "left" in numbers
        left, top, right, bottom = _edges(numbers, "" if grouped else "shp")
        is_placed, by_paragraph = of_shape and left < right and top < bottom, "shpbypara" in numbers
        if is_placed:
            plane = grouped, row if by_paragraph else 0, "shpbxcolumn" in numbers
            self._pictures.place(data, plane, (left, top, right - left, bottom - top), turn)
        if not is_placed or by_paragraph:
            self._pictures.flow(data, row, text, turn=turn)

    def end(self, block: int, locator: str, *, spoken: bool) -> None:
        """End a shape that the paragraph of a block anchors; one with words is a box of them."""
        self._draw()
        numbers, kind, flips, filled = self._numbers, self._kind, self._flips, self._filled
        self._numbers, self._kind, self._flips, self._filled = {}, "", set(), True
        lines, self._lines = self._lines, ()
        left, top, right, bottom = _edges(numbers, "shp")
        if "dpx" in numbers:
            left, top = (float(numbers.get(word, [0])[0]) for word in ("dpx", "dpy"))
            right, bottom = left + numbers.get("dpxsize", [0])[0], top + numbers.get("dpysize", [0])[0]
        ends = [numbers.get(word, [0, 0]) for word in ("dpptx", "dppty")]
        rising = any(len(end) == 2 for end in ends) and (ends[0][-1] < ends[0][0]) != (ends[1][-1] < ends[1][0])
        box = (left, top, right - left, bottom - top)
        if "dpx" not in numbers and min(box[2:]) > 0:
            span, across, down = Span(*(side / 20 for side in box)), "shpbxcolumn" in numbers, "shpbypara" in numbers
            thing = Thing(span, filled and kind != "line", lines, ("t", "ctr", "b"), locator)
            over = numbers.get("shpfblwtxt", [0])[0] == 0
            self._stage.at_paragraph(block, (block if down else "page", across), thing, (across, down), over=over)
        if kind and not spoken and max(box[2:]) > 0:
            turn = Turn(mirrored=(len(flips) == 1) != rising)
            self._pictures.draw(STROKE if kind == "line" else BAR, "shapes", box, turn)

    def _draw(self, segments: Sequence[int] = ()) -> None:
        """Give the outline of the last freeform: its points, and what each leads to."""
        points, self._vertices = self._vertices, []
        if (found := freeform(points, segments)) is not None:
            self._pictures.draw(found[0], "", (0, 0, found[1], 1), inline=True)


def _edges(numbers: Mapping[str, Sequence[int]], kind: str) -> tuple[float, ...]:
    """Return the left, top, right and bottom edge of a shape."""
    return tuple(float(numbers.get(kind + side, [0])[0]) for side in ("left", "top", "right", "bottom"))
