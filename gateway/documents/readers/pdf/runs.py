"""Lines of a PDF page to runs: look, role, origin, and place on the page; pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from msgspec import structs

from gateway.documents.readers.pdf.annotations import LINK_SUBTYPE
from gateway.documents.readers.pdf.lines import Line, around
from gateway.documents.readers.pdf.page import Annotation, Box, PageContent, Piece, Unseen
from gateway.model import Origin, Role, Run

WATERMARK_PT = 24.0
"""Turned text from this size on is a watermark."""
UPPER_THIRD, LOWER_EDGE = 1 / 3, 0.9


def make_runs(content: PageContent, lines: list[Line], first_block: int, scan: bool) -> Iterator[Run]:
    """Turn the lines of a page into runs, one block a line or wrapped lines of a cell, neighbours with one look in one run."""
    zones, page = Zones(content), content.number
    links = [annotation.box for annotation in content.annotations if annotation.subtype == LINK_SUBTYPE]
    frames, sizes = _lone_frames(content.frames), _Rounded()
    block = first_block - 1
    for line in lines:
        pieces, box = line.pieces, line.box
        block += not line.goes_on
        boxed = _is_boxed(box, frames, lines) if frames else None
        locator = f"page:{page},{line.cell}" if line.cell else zones.locate(box)
        for start, end in _looks(pieces) if len(pieces) > 1 else _ONE:
            piece = pieces[start]
            font = piece.font
            text = line.texts[start] if end - start == 1 else "".join(line.texts[start:end])
            run = Run(
                text=f" {text}" if line.goes_on and not start else text,
                block=block,
                font=font.name,
                size_pt=sizes[piece.size],
                colour=piece.colour,
                bold=font.bold,
                page=page,
                bbox_pt=box if end - start == len(pieces) else around(pieces[start:end]),
                locator=locator,
            )
            if boxed or links or line.cell or piece.angle or piece.background or piece.unseen or piece.struck:
                run = structs.replace(
                    run,
                    background=piece.background,
                    role=_role(piece, in_cell=bool(line.cell)),
                    origin=_origin(piece, scan),
                    boxed=boxed,
                    link=any(_inside(piece.box, link) for link in links),
                )
            yield run


_ONE = ((0, 1),)


def _role(piece: Piece, *, in_cell: bool) -> Role:
    if piece.angle % 90 and piece.size >= WATERMARK_PT:
        return Role.WATERMARK
    return Role.CELL if in_cell else Role.BODY


def _looks(pieces: list[Piece]) -> Iterable[tuple[int, int]]:
    """Return begin and end of each stretch of pieces that look the same."""
    changes = [0]
    for position in range(1, len(pieces)):
        if not _same_look(pieces[changes[-1]], pieces[position]):
            changes.append(position)
    return itertools.pairwise((*changes, len(pieces)))


def _same_look(one: Piece, other: Piece) -> bool:
    return (
        (one.font is other.font or one.font == other.font)
        and one.colour == other.colour
        and abs(one.size - other.size) < 0.05
        and one.unseen is other.unseen
        and one.struck is other.struck
        and one.background == other.background
    )


def _origin(piece: Piece, scan: bool) -> Origin:
    if piece.unseen is None:
        return Origin.DELETED if piece.struck else Origin.TEXT
    if scan and piece.unseen in (Unseen.INVISIBLE_MODE, Unseen.COVERED):
        return Origin.OCR  # the text layer that scanning software put under the picture
    return Origin.HIDDEN


class Zones:
    """Locators of a page, and where in its upper third or at its lower edge."""

    def __init__(self, content: PageContent) -> None:
        page = self._page = f"page:{content.number}"
        self._top = (f"{page},top-left", f"{page},top", f"{page},top-right")
        self._bottom = f"{page},bottom"
        self._upper, self._lower = content.height * UPPER_THIRD, content.height * LOWER_EDGE
        self._width = max(content.width, 1.0)

    def locate(self, box: Box) -> str:
        """Return the locator of a box."""
        y = (box[1] + box[3]) / 2
        if y < self._upper:
            third = int(3 * (box[0] + box[2]) / 2 / self._width)
            return self._top[min(max(third, 0), 2)]
        return self._bottom if y > self._lower else self._page


def _lone_frames(frames: list[Box]) -> list[Box]:
    """Drop frames that share an edge with another one: those are cells of a table, not stamps."""
    return [
        frame
        for i, frame in enumerate(frames)
        if not any(_touches(frame, frames[j]) for j in range(len(frames)) if j != i)
    ]


def _touches(one: Box, other: Box) -> bool:
    """Return whether two frames lie side by side or on top of each other; a frame within a frame is a double border."""
    if max(abs(a - b) for a, b in zip(one, other, strict=True)) < 8:
        return False
    apart_x = max(one[0], other[0]) - min(one[2], other[2])
    apart_y = max(one[1], other[1]) - min(one[3], other[3])
    return max(apart_x, apart_y) < 2.5


def _is_boxed(box: Box, frames: list[Box], lines: list[Line]) -> bool | None:
    for frame in frames:
        if _inside(box, frame) and sum(1 for line in lines if _inside(line.box, frame)) <= 3:
            return True
    return None


def _inside(inner: Box, outer: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3] and inner[2] - inner[0] <= outer[2] - outer[0] + 4


class _Rounded(dict[float, float]):
    """Sizes rounded to tenths; a page has few."""

    def __missing__(self, size: float) -> float:
        rounded = self[size] = round(size, 1)
        return rounded


def annotation_role(box: Box, annotations: list[Annotation]) -> tuple[Role, str]:
    """Return role and locator token of text that an annotation draws at that place."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    hits = [a for a in annotations if a.box[0] - 2 <= x <= a.box[2] + 2 and a.box[1] - 2 <= y <= a.box[3] + 2]
    if not hits:
        return Role.COMMENT, "annotation"
    smallest = min(hits, key=lambda a: (a.box[2] - a.box[0]) * (a.box[3] - a.box[1]))
    if smallest.signature:
        return Role.STAMP, "signature"
    return _ROLES.get(smallest.subtype, (Role.COMMENT, "annotation"))


_ROLES = {
    3: (Role.TEXTBOX, "annotation"),  # FPDF_ANNOT_FREETEXT
    13: (Role.STAMP, "annotation"),  # FPDF_ANNOT_STAMP
    20: (Role.FIELD, "field"),  # FPDF_ANNOT_WIDGET
    24: (Role.WATERMARK, "annotation"),  # FPDF_ANNOT_WATERMARK
}
