"""Pieces of a PDF page to lines in reading order, and lines to runs; pure.

Words may be drawn letter by letter, turned, spaced out or in any order, so nothing but the place decides: pieces with
one direction and one baseline are joined, a gap becomes a space or ends the line. A gap that the file itself fills with
a space character belongs to the line even when justification made it wide; a wide gap without one parts two columns.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Iterable, Iterator

from msgspec import Struct

from gateway.model import Origin, Role, Run
from gateway.readers.pdf.page import Annotation, Box, PageContent, Piece, Unseen

BASELINE_EM = 0.35
"""Baselines that differ by less, in sizes of the smaller piece, are one line."""
SPACE_EM = 0.17
"""A gap from here on parts two words; the narrowest fonts have spaces of 0.2 em."""
COLUMN_EM = 1.2
"""A gap without space character from here on parts two columns."""
WIDE_COLUMN_EM = 4.0
"""The same when the file has a space character in it."""
STRUCK_EM, STRUCK_LONG_EM = 0.15, 0.4
"""How far a letter, and a longer text, may lie from itself when it is struck twice for boldness or as a shadow."""
WORD_STEPS = 2.6
"""Letters set at one pitch: a blank between words is one step more."""
OVERLAP_EM = 0.15
"""Kerning and slanting letters lap over each other by less."""
WATERMARK_PT = 24.0
"""Turned text from this size on is a watermark."""
LINK_SUBTYPE = 2
UPPER_THIRD, LOWER_EDGE = 1 / 3, 0.9


class Line(Struct, gc=False):
    """Pieces that stand on one baseline without a column gap."""

    pieces: list[Piece]
    texts: list[str]
    """Text of each piece, with the spaces that gaps stand for."""
    box: Box
    order: float = 0.0


class _Placed(Struct, gc=False):
    """A piece in the frame of its own direction: `along` the baseline and `across` it (down)."""

    piece: Piece
    start: float
    end: float
    across: float


class _Chain(Struct, gc=False):
    """A line under construction."""

    items: list[_Placed]
    end: float


def build_lines(pieces: Iterable[Piece]) -> list[Line]:
    """Join pieces into lines, in reading order of the page."""
    by_direction: dict[tuple[int, bool], list[_Placed]] = {}
    for piece in pieces:
        if piece.text:
            key = (piece.angle, piece.unseen is Unseen.ACTUAL_TEXT)
            placed = by_direction.get(key)
            if placed is None:
                placed = by_direction[key] = []
            placed.append(_place(piece))
    lines: list[Line] = []
    for (angle, _), placed in sorted(by_direction.items()):
        rows = [_chains(row) for row in _rows(placed)]
        ordered = _columns(rows) if angle == 0 else [chain for row in rows for chain in row]
        lines.extend(line for chain in ordered if (line := _line(chain)) is not None)
    return lines


def _place(piece: Piece) -> _Placed:
    x, y = piece.origin
    left, top, right, bottom = piece.box
    match piece.angle:
        case 0:
            return _Placed(piece, left if left < x and left < right else x, max(x, right), y)
        case 90:
            return _Placed(piece, -bottom, -top, x)
        case 180:
            return _Placed(piece, -right, -left, -y)
        case 270:
            return _Placed(piece, top, bottom, -x)
        case _:
            turn = math.radians(piece.angle)
            cosine, sine = math.cos(turn), math.sin(turn)
            along, across = x * cosine - y * sine, x * sine + y * cosine
            length = piece.length if piece.length is not None else 0.5 * piece.size * len(piece.text)
            return _Placed(piece, along, along + length, across)


_ACROSS = operator.attrgetter("across")


def _rows(placed: list[_Placed]) -> Iterator[list[_Placed]]:
    """Group by baseline, from top to bottom."""
    placed.sort(key=_ACROSS)
    row: list[_Placed] = []
    base = 0.0
    for item in placed:
        if row:
            apart = item.across - base
            # The least tolerance is that of one point.
            if apart <= BASELINE_EM or apart <= BASELINE_EM * min(item.piece.size, row[0].piece.size):
                row.append(item)
                continue
            yield row
        row, base = [item], item.across
    if row:
        yield row


def _chains(row: list[_Placed]) -> list[_Chain]:
    """Part a row into chains of pieces that follow each other; pieces on top of others get a chain of their own."""
    if len(row) == 1:
        return [_Chain(row, row[0].end)]
    row.sort(key=lambda item: (item.start, item.piece.order))
    open_chains: list[_Chain] = []
    for item in row:
        size = max(item.piece.size, 1.0)
        best: _Chain | None = None
        nearest = (0, 0.0)
        for chain in open_chains[-4:]:
            last = chain.items[-1]
            if last.piece.text == item.piece.text and _is_struck_again(item, last, size):
                break
            gap, strangeness = item.start - chain.end, 0
            if last.across != item.across or last.piece.colour != item.piece.colour:
                strangeness = min(_strangeness(item, before, size) for before in chain.items[-2:])
            if not _may_follow(last.piece, item.piece, gap / size, strangeness):
                continue
            if best is None or (strangeness, gap) < nearest:
                best, nearest = chain, (strangeness, gap)
        else:
            if best is None:
                open_chains.append(_Chain([item], item.end))
                continue
            best.items.append(item)
            best.end = max(best.end, item.end)
    open_chains = _join_spaced_letters(open_chains)
    open_chains.sort(key=lambda chain: chain.items[0].start)
    return open_chains


def _may_follow(before: Piece, after: Piece, gap_em: float, strangeness: int) -> bool:
    """Whether a piece may go on a line after a gap; what looks strange there only as an exponent or index does."""
    if strangeness > 1:
        return after.size < 0.9 * before.size and -OVERLAP_EM <= gap_em <= 2 * SPACE_EM
    parted = before.text[-1] not in " \xa0" and after.text[0] not in " \xa0"
    return -0.6 <= gap_em <= (COLUMN_EM if parted else WIDE_COLUMN_EM)


def _strangeness(one: _Placed, other: _Placed, size: float) -> int:
    """Return in how many ways two pieces differ that are of one line by their place: a stamp is printed over a line."""
    return (
        (abs(one.across - other.across) > 0.1 * size)
        + (one.piece.colour != other.piece.colour)
        + (abs(one.piece.size - other.piece.size) > 0.1 * size)
    )


def _is_struck_again(item: _Placed, before: _Placed, size: float) -> bool:
    """Whether a piece of the same text was drawn in the same place, and can be seen as well or as little."""
    if item.piece.unseen is not before.piece.unseen:
        return False
    reach = STRUCK_LONG_EM if len(item.piece.text) > 2 else STRUCK_EM
    return item.start - before.start < reach * size and not item.piece.text.isspace()


def _join_spaced_letters(chains: list[_Chain]) -> list[_Chain]:
    """Join letters that stand far apart at even distances, `M   Ậ   T`, and words so spaced, `T U Y Ệ T   M Ậ T`."""
    chains.sort(key=lambda chain: chain.items[0].start)
    if len(chains) < 2 or not any(_is_lettered(chain) for chain in chains):
        return chains
    joined: list[_Chain] = []
    for chain in chains:
        before = joined[-1] if joined else None
        if before is not None and _continues(before, chain):
            joined[-1] = _Chain([*before.items, *chain.items], max(before.end, chain.end))
        else:
            joined.append(chain)
    # Letters joined by mere distance must show an even rhythm, else they are columns of single letters.
    return joined if all(_is_even(chain) for chain in joined) else chains


def _is_lettered(chain: _Chain) -> bool:
    return all(len(item.piece.text.strip()) == 1 for item in chain.items)


def _continues(before: _Chain, after: _Chain) -> bool:
    """Whether single letters may go on over a wide gap."""
    if not (_is_lettered(before) and _is_lettered(after)):
        return False
    gap = after.items[0].start - before.end
    spacing = _letter_gaps(before) or _letter_gaps(after)
    size = max(before.items[0].piece.size, 1.0)
    usual = spacing[len(spacing) // 2] if spacing else 0.0
    if spacing and usual > SPACE_EM * size:
        return 0 < gap <= 5 * usual
    return not spacing and 0 < gap < 8 * size


def _letter_gaps(chain: _Chain) -> list[float]:
    return sorted(after.start - before.end for before, after in itertools.pairwise(chain.items))


def _is_even(chain: _Chain) -> bool:
    """Whether letters stand at even distances, from edge to edge or, as on a typewriter, from start to start."""
    gaps = _letter_gaps(chain)
    if len(gaps) < 2 or gaps[-1] <= 6 * max(gaps[0], 0.5) or not _is_lettered(chain):
        return True
    steps = sorted(after.start - before.start for before, after in itertools.pairwise(chain.items))
    return steps[-1] <= WORD_STEPS * steps[0]


def _columns(rows: list[list[_Chain]]) -> list[_Chain]:
    """Put rows into reading order: where consecutive rows share one gutter, the left column comes first."""
    if not any(len(row) == 2 for row in rows):
        return [chain for row in rows for chain in row]
    ordered: list[_Chain] = []
    position = 0
    while position < len(rows):
        gutter = _gutter(rows[position])
        last = position
        while gutter is not None and last + 1 < len(rows):
            shared = _shared_gutter(gutter, rows[last + 1])
            if shared is None or rows[last + 1][0].items[0].across - rows[last][0].items[0].across > 60:
                break
            gutter, last = shared, last + 1
        if gutter is None or last == position:
            ordered.extend(rows[position])
        else:
            block = [chain for row in rows[position : last + 1] for chain in row]
            middle = (gutter[0] + gutter[1]) / 2
            ordered.extend(chain for chain in block if chain.items[0].start < middle)
            ordered.extend(chain for chain in block if chain.items[0].start >= middle)
        position = last + 1
    return ordered


def _gutter(row: list[_Chain]) -> tuple[float, float] | None:
    """Return the white space between the two columns of a row, None when it has not exactly two."""
    return (row[0].end, row[1].items[0].start) if len(row) == 2 else None


def _shared_gutter(gutter: tuple[float, float], row: list[_Chain]) -> tuple[float, float] | None:
    """Narrow a gutter so that no chain of the row crosses it, None when one does."""
    left, right = gutter
    if len(row) > 2:
        return None
    for chain in row:
        start, end = chain.items[0].start, chain.end
        if end <= right and end - left < right - start:
            left = max(left, end)
        else:
            right = min(right, start)
    return (left, right) if right - left > 4 else None


def _line(chain: _Chain) -> Line | None:
    """Turn a chain into a line with spaces for its gaps, None when it has nothing but white space."""
    items = chain.items
    if len(items) == 1:
        piece = items[0].piece
        return None if piece.text.isspace() else Line([piece], [piece.text], piece.box)
    if all(item.piece.text.isspace() for item in items):
        return None
    pieces, texts = [items[0].piece], [items[0].piece.text]
    narrow = _narrow_gap(items)
    end = items[0].end
    for item in items[1:]:
        gap = item.start - end
        blank = texts[-1][-1:].isspace() or item.piece.text[:1].isspace()
        space = "" if blank or gap < narrow * max(item.piece.size, 1.0) else " "
        pieces.append(item.piece)
        texts.append(space + item.piece.text)
        end = max(end, item.end)
    boxes = [piece.box for piece in pieces]
    box = (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )
    return Line(pieces, texts, box)


def _narrow_gap(items: list[_Placed]) -> float:
    """Return the gap in em from which two pieces are two words.

    Where every piece is a single letter the letters may be spaced out: then the word gap is what stands out among the
    gaps, and when none stands out, all letters are one word.
    """
    if len(items) < 3 or any(len(item.piece.text.strip()) > 1 for item in items):
        return SPACE_EM
    gaps = sorted(
        (after.start - before.end) / max(after.piece.size, 1.0)
        for before, after in itertools.pairwise(items)
        if not before.piece.text.isspace() and not after.piece.text.isspace()
    )
    if not gaps:
        return SPACE_EM
    usual = gaps[len(gaps) // 2]
    return max(SPACE_EM, 1.6 * usual) if usual > SPACE_EM else SPACE_EM


def make_runs(content: PageContent, lines: list[Line], first_block: int, scan: bool) -> Iterator[Run]:
    """Turn the lines of a page into runs, one block a line, neighbours with the same look in one run."""
    zones, page = _Zones(content), content.number
    links = [annotation.box for annotation in content.annotations if annotation.subtype == LINK_SUBTYPE]
    frames = _lone_frames(content.frames)
    for block, line in enumerate(lines, first_block):
        boxed = _is_boxed(line.box, frames, lines) if frames else None
        locator = zones.locate(line.box)
        pieces = line.pieces
        for start, end in _looks(pieces):
            piece = pieces[start]
            role = Role.BODY
            if piece.angle % 90 and piece.size >= WATERMARK_PT:
                role = Role.WATERMARK
            font = piece.font
            whole = end - start == len(pieces)
            yield Run(
                text="".join(line.texts[start:end]),
                block=block,
                font=font.name,
                size_pt=_round_size(piece.size),
                colour=piece.colour,
                background=piece.background,
                bold=font.bold,
                page=page,
                bbox_pt=_round(line.box if whole else _union(pieces[start:end])),
                locator=locator,
                role=role,
                origin=Origin.TEXT if piece.unseen is None else _unseen_origin(piece.unseen, scan),
                boxed=boxed,
                link=bool(links) and any(_inside(piece.box, link) for link in links),
            )


_ONE = ((0, 1),)


def _looks(pieces: list[Piece]) -> Iterable[tuple[int, int]]:
    """Return begin and end of each stretch of pieces that look the same."""
    if len(pieces) == 1:
        return _ONE
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
        and one.background == other.background
    )


def _unseen_origin(unseen: Unseen, scan: bool) -> Origin:
    if scan and unseen in (Unseen.INVISIBLE_MODE, Unseen.COVERED):
        return Origin.OCR  # the text layer that scanning software put under the picture
    return Origin.HIDDEN


class _Zones:
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
    """Whether two frames lie side by side or on top of each other; a frame within a frame is a double border."""
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


def _union(pieces: list[Piece]) -> Box:
    return (
        min(piece.box[0] for piece in pieces),
        min(piece.box[1] for piece in pieces),
        max(piece.box[2] for piece in pieces),
        max(piece.box[3] for piece in pieces),
    )


def _round(box: Box) -> Box:
    """Round to tenths of a point; `round` takes three times as long, for digits that do not matter here."""
    left, top, right, bottom = box
    return (
        (left * 10 + 0.5) // 1 / 10,
        (top * 10 + 0.5) // 1 / 10,
        (right * 10 + 0.5) // 1 / 10,
        (bottom * 10 + 0.5) // 1 / 10,
    )


@functools.lru_cache(maxsize=256)
def _round_size(size: float) -> float:
    return round(size, 1)


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
