"""Pieces of a PDF page to lines in reading order; pure.

Words may be drawn letter by letter, turned, spaced out or in any order, so nothing but the place decides: pieces with
one direction and one baseline are joined, a gap becomes a space or ends the line. A gap that the file itself fills with
a space character belongs to the line even when justification made it wide; a wide gap without one parts two columns.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterable, Iterator

from msgspec import Struct

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.pdf.page import Box, Piece, Unseen
from gateway.model import ReadStatus

BASELINE_EM = 0.35
"""Baselines that differ by less, in sizes of the smaller piece, are one line."""
SPACE_EM = 0.17
"""A gap from here on parts two words; the narrowest fonts have spaces of 0.2 em."""
COLUMN_EM = 1.2
"""A gap without space character from here on parts two columns."""
WIDE_COLUMN_EM = 4.0
"""The same when the file has a space character in it."""
LIMIT_UPON = 500
"""Lines that may begin side by side or over one another within a wide gap."""
INITIAL = 1.8
"""Sizes of the usual letters of its page that an initial has."""
LIMIT_INITIALS = 8
"""Large letters of a page; more are a line that is drawn letter by letter."""
STRUCK_EM, STRUCK_LONG_EM = 0.15, 0.4
"""Greatest offset of a letter, and of a longer text, printed twice for boldness or as a shadow."""
WORD_STEPS = 2.6
"""Letters set at one pitch: a blank between words is one step more."""
LETTER_EM = 0.6
"""Width that letters of a text have on the mean, at most."""
OVERLAP_EM = 0.15
"""Kerning and slanting letters lap over each other by less."""


class Line(Struct, gc=False):
    """Pieces on one baseline without a column gap."""

    pieces: list[Piece]
    texts: list[str]
    """Text of each piece, with the spaces that gaps stand for."""
    box: Box
    cell: str = ""
    """Locator of the cell of a ruled table that it is in (`tables`)."""
    goes_on: bool = False
    """The line above it in its cell goes on with it."""


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
    by_direction: dict[tuple[int, bool], list[Piece]] = {(0, False): []}
    upright = by_direction[0, False]
    for piece in pieces:
        if piece.text:
            other = piece.unseen is Unseen.ACTUAL_TEXT
            if piece.angle or other:
                by_direction.setdefault((piece.angle, other), []).append(piece)
            else:
                upright.append(piece)
    _lower_initials(upright)
    lines: list[Line] = []
    for (angle, _), found in sorted(by_direction.items(), key=lambda item: item[0]):
        if angle == 0 and _stand_alone(found):
            lines += [Line([piece], [piece.text], piece.box) for piece in found if not piece.text.isspace()]
            continue
        rows = [_chains(row) for row in _rows([_place(piece) for piece in found])]
        ordered = _columns(rows) if angle == 0 else [chain for row in rows for chain in row]
        lines.extend(line for chain in ordered if (line := _line(chain)) is not None)
    return lines


def _lower_initials(pieces: list[Piece]) -> None:
    """Set a large letter before several lines on the baseline of the first of them."""
    sizes = sorted(map(_size, pieces))
    least = sizes[len(sizes) // 2] * INITIAL if sizes else 0.0
    initials = [one for one in pieces if one.size >= least and len(one.text) == 1 and one.text.isalpha()]
    for initial in initials if len(initials) <= LIMIT_INITIALS else ():
        _, top, right, _ = initial.box
        beside = [
            (abs(top - (one.box[1] + one.box[3]) / 2), one.origin[1])
            for one in pieces
            if one.size * INITIAL <= initial.size and -1 <= one.box[0] - right <= one.size / 2
        ]
        apart, base = min(beside, default=(math.inf, 0.0))
        if apart <= initial.size / INITIAL / 2:
            initial.origin = initial.origin[0], base


def _stand_alone(pieces: list[Piece]) -> bool:
    """Sort upright pieces by their baseline, and tell whether each is a line of its own, as where lines are drawn whole."""
    pieces.sort(key=_baseline)
    bases = list(map(_baseline, pieces))
    apart = min(map(operator.sub, bases[1:], bases), default=math.inf)
    return apart > BASELINE_EM and apart > BASELINE_EM * max(map(_size, pieces), default=1.0)


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


_ACROSS, _size = operator.attrgetter("across"), operator.attrgetter("size")


def _baseline(piece: Piece) -> float:
    return piece.origin[1]


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
    reach = WIDE_COLUMN_EM * max(1.0, *(item.piece.size for item in row))
    near: list[_Chain] = []
    for item in row:
        size = max(item.piece.size, 1.0)
        best: _Chain | None = None
        nearest = (0, 0.0)
        near = [chain for chain in near if item.start - chain.end <= reach]
        if len(near) > LIMIT_UPON:
            raise ReadError(ReadStatus.LIMIT, "pdf-lines")
        for chain in near:
            last = chain.items[-1]
            if last.piece.text == item.piece.text and _is_struck_again(item, last, size):
                break
            gap, strangeness = item.start - chain.end, 0
            if gap < 0 and last.piece.text[-1] in " \xa0":
                gap = min(item.start - _end_of_ink(last), 0.0)
            if last.across != item.across or last.piece.colour != item.piece.colour:
                strangeness = min(_strangeness(item, before, size) for before in chain.items[-2:])
            if not _may_follow(last.piece, item.piece, gap / size, strangeness):
                continue
            if best is None or (strangeness, gap) < nearest:
                best, nearest = chain, (strangeness, gap)
        else:
            if best is None:
                near.append(_Chain([item], item.end))
                open_chains.append(near[-1])
                continue
            best.items.append(item)
            best.end = max(best.end, item.end)
    open_chains = _join_spaced_letters(open_chains)
    open_chains.sort(key=lambda chain: chain.items[0].start)
    return open_chains


def _end_of_ink(item: _Placed) -> float:
    """Return about where the letters of a piece end that closes with blanks: pdfium gives one for however many."""
    letters = len(item.piece.text.rstrip())
    return min(item.start + letters * LETTER_EM * item.piece.size, item.end)


def _may_follow(before: Piece, after: Piece, gap_em: float, strangeness: int) -> bool:
    """Return whether a piece may go on a line after a gap; what looks strange there only as an exponent or index does."""
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
    """Return whether a piece of the same text was drawn in the same place, and can be seen as well or as little."""
    if item.piece.unseen is not before.piece.unseen:
        return False
    reach = STRUCK_LONG_EM if len(item.piece.text) > 2 else STRUCK_EM
    return item.start - before.start < reach * size and not item.piece.text.isspace()


def _join_spaced_letters(chains: list[_Chain]) -> list[_Chain]:
    """Join letters that are far apart at even distances, `M   Ậ   T`, and words so spaced, `T U Y Ệ T   M Ậ T`."""
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
    """Return whether single letters may go on over a wide gap."""
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
    """Return whether letters are at even distances, from edge to edge or, as on a typewriter, from start to start."""
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
        row = rows[position]
        gutter = (row[0].end, row[1].items[0].start) if len(row) == 2 else None
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
    return Line(pieces, texts, around(pieces))


def around(pieces: list[Piece]) -> Box:
    """Return the box around pieces."""
    boxes = [piece.box for piece in pieces]
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


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
