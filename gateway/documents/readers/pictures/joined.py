"""Pictures as a page shows them: adjacent ones joined, others turned, cropped or recoloured.

A mark that is cut in two, or one letter a picture, cannot be read from each piece alone. Readers report where
pictures are; those that touch are put together on white and added as one more picture.
"""

from __future__ import annotations

import io
import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.documents.readers.base import Budget, Member
from gateway.documents.readers.pictures.outlines import Shape, cells, drawn, moved, without_frames
from gateway.documents.readers.pictures.specimen import HIGHEST, as_png, mosaic, mosaics
from gateway.vietnamese.colour import is_invisible

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

RELATION: Final = "image"
LIMIT_PIECES: Final = 1000
_LIMIT_PAINTED, _LIMIT_WIDE = 50_000, 400
"""Coloured cells of a table that are put together at once; columns of one repeated cell that are looked at."""
LIMIT_JOINED: Final = 40
"""Pictures put together for one document, the ones of most pieces first; of more those that may be cuts of a page, not photographs."""
_PLAIN, _SHADES, _THUMBNAIL = 0.4, 16, 64
"""Share of a picture of one shade of so many, as paper or a ground of words is, and pixels of the sides that are looked at."""
LIMIT_DRAWN: Final = 100
"""Pages, slides and sheets whose outlines are drawn."""
_LONGEST: Final = 2400
"""Pixels of the longer side of what is put together."""
_LARGEST_PIECE: Final = 40_000_000
_NEAR: Final = 0.4
"""Greatest distance between letters of a word, in smaller sides of a picture."""
_PAPER: Final = "FFFFFF"
Box = tuple[float, float, float, float]
"""Left, top, width, height in any unit of the page."""


class Turn(NamedTuple):
    """Transformation of a picture by the page."""

    mirrored: bool = False
    upside_down: bool = False
    degrees: float = 0.0
    """Clockwise."""
    crop: Box | None = None
    """Shares of the picture that are cut off at the left, top, right and bottom."""
    recoloured: bool = False


AS_IT_IS: Final = Turn()


class Piece(NamedTuple):
    """A picture in its place."""

    data: bytes
    box: Box
    turn: Turn


@dataclass
class Pictures:
    """Collects the pictures of one document."""

    _placed: dict[Hashable, list[Piece]] = field(default_factory=dict)
    _rows: list[tuple[Hashable, int, bytes, tuple[float, float] | None, Turn, float]] = field(default_factory=list)
    _shapes: dict[Hashable, list[Shape]] = field(default_factory=dict)
    _ahead: dict[Hashable, float] = field(default_factory=dict)
    _painted: dict[Hashable, dict[tuple[int, int], str]] = field(default_factory=dict)
    _words: list[bytes] = field(default_factory=list)
    """Those of coloured cells further up."""
    _stored: list[tuple[int, Hashable, Box, Turn]] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)
    """Names of the pictures that a file keeps in one store, in its order."""
    store: dict[bytes, bytes] = field(default_factory=dict)
    """These pictures by name."""
    _count: int = 0
    incomplete: bool = False
    """Some pictures were not put together, because there are too many."""

    def place(self, data: bytes, plane: Hashable, box: Box, turn: Turn = AS_IT_IS) -> None:
        """Take a picture at coordinates of a page, slide or sheet; a box without a size is as large as the picture, in pixels."""
        if not any(box[2:]):
            box = *box[:2], *(_natural(data) or (0.0, 0.0))
        if self._take():
            self._placed.setdefault(plane, []).append(Piece(data, box, turn))

    def place_stored(self, number: int, plane: Hashable, box: Box, turn: Turn) -> None:
        """Take a picture of the store, counted from 1, at coordinates of a page; the store may come later."""
        if self._take():
            self._stored.append((number, plane, box, turn))

    def flow(
        self,
        data: bytes,
        row: Hashable,
        text: int,
        size: tuple[float, float] | None = None,
        turn: Turn = AS_IT_IS,
        *,
        leftwards: bool = False,
        order: float = 0.0,
    ) -> None:
        """Take a picture in running text: pictures with the same `text`, the words before them, are neighbours.

        It is to the left of those of a greater `order` in its row or, with `leftwards`, of all before it.
        """
        at = len(self._rows)
        order = -at if leftwards else order
        while at and self._rows[at - 1][:2] == (row, text) and self._rows[at - 1][-1] > order:
            at -= 1
        self._rows.insert(at, (row, text, data, size, turn, order))

    def draw(self, shape: Shape, plane: Hashable, box: Box, turn: Turn = AS_IT_IS, *, inline: bool = False) -> None:
        """Take an outline whose points fill a square of side 1, as large as its box; `inline` ones follow one another."""
        left, top, width, height = box
        if inline:
            left = self._ahead.get(plane, 0.0)
            self._ahead[plane] = left + width
        angle = math.radians(turn.degrees)
        wide, high = (-width if turn.mirrored else width), (-height if turn.upside_down else height)
        a, b, c, d = wide * math.cos(angle), wide * math.sin(angle), -high * math.sin(angle), high * math.cos(angle)
        at = (a, b, c, d, left + (width - a - c) / 2, top + (height - b - d) / 2)
        self._shapes.setdefault(plane, []).append(shape._replace(outline=moved(shape.outline, at)))

    def paint(self, table: Hashable, row: int, columns: range, ground: str | None) -> None:
        """Take cells without words whose ground is darker than paper, as pixels of a word are."""
        if ground and not is_invisible(_PAPER, ground) and len(columns) <= _LIMIT_WIDE:
            cells = self._painted.setdefault(table, {})
            if len(cells) > _LIMIT_PAINTED:
                self._words += mosaics(cells)
                near = {place: colour for place, colour in cells.items() if place[0] > row - HIGHEST}
                self._painted[table] = cells = near if 2 * len(near) < len(cells) else {}
            cells.update(((row, column), ground) for column in columns)

    @property
    def any(self) -> bool:
        """Whether a picture was taken."""
        return bool(self._rows or self._placed or self._stored)

    def _take(self) -> bool:
        self._count += 1
        self.incomplete = self.incomplete or self._count > LIMIT_PIECES
        return self._count <= LIMIT_PIECES

    def members(self, budget: Budget) -> list[Member]:
        """Return a picture for each set of pieces that a reader sees as one, and for each that is not shown as it is."""
        for number, plane, box, turn in self._stored:
            data = self.store.get(self.names[number - 1]) if 0 < number <= len(self.names) else None
            if data is not None:
                self._placed.setdefault(plane, []).append(Piece(data, box, turn))
        sets = [found for found in (*self._flowing(), *self._touching()) if _is_worth(found)]
        self.incomplete = self.incomplete or any(len(found) > LIMIT_PIECES for found in sets)
        sets = sorted((found for found in sets if len(found) <= LIMIT_PIECES), key=len, reverse=True)
        if len(sets) > LIMIT_JOINED:
            plain = [any(_is_plain(piece.data, budget) for piece in found) for found in sets]
            sets = [found for _, found in sorted(zip(plain, sets, strict=True), key=lambda each: not each[0])]
            self.incomplete = self.incomplete or sum(plain) > LIMIT_JOINED
        found = [picture for pieces in sets[:LIMIT_JOINED] for picture in _joined(pieces, budget)]
        planes = (without_frames(plane) for plane in self._shapes.values())
        outlines = [picture for plane in planes if plane and (picture := drawn(plane)) is not None]
        budget.take_bytes(len(outlines) << 20)
        outlines += [picture for plane in self._shapes.values() if (picture := mosaic(cells(plane))) is not None]
        painted = [*self._words, *(word for table in self._painted.values() for word in mosaics(table))]
        self.incomplete = self.incomplete or len(outlines) > LIMIT_DRAWN
        return [
            Member(name=f"{kind}-{number}.png", data=data, relation=RELATION)
            for kind, pictures in (("joined", found), ("drawn", outlines[:LIMIT_DRAWN]), ("cells", painted))
            for number, data in enumerate(pictures, 1)
        ]

    def _flowing(self) -> Iterator[list[Piece]]:
        """Yield the rows of pictures with no word between, each under the one before."""
        start = 0
        for end in range(1, len(self._rows) + 1):
            if end == len(self._rows) or self._rows[end][1] != self._rows[start][1]:
                yield self._stacked(self._rows[start:end])
                start = end

    @staticmethod
    def _stacked(rows: Sequence[tuple[Hashable, int, bytes, tuple[float, float] | None, Turn, float]]) -> list[Piece]:
        pieces: list[Piece] = []
        left = top = height = 0.0
        last: Hashable = None
        for row, _, data, known, turn, _ in rows:
            size = known or _natural(data)
            if size is None:
                continue
            if pieces and row != last:
                left, top, height = 0.0, top + height, 0.0
            last = row
            pieces.append(Piece(data, (left, top, *size), turn))
            left, height = left + size[0], max(height, size[1])
        return pieces

    def _touching(self) -> Iterator[list[Piece]]:
        """Yield the sets of pictures on one plane that touch, or are as close as letters of a word."""
        for plane in self._placed.values():
            left = list(plane)
            while left:
                group = [left.pop()]
                for piece in group:
                    near = [other for other in left if _near(piece.box, other.box)]
                    group += near
                    left = [other for other in left if other not in near]
                yield sorted(group, key=plane.index)


def _is_worth(pieces: Sequence[Piece]) -> bool:
    if len(pieces) == 1:
        return pieces[0].turn != AS_IT_IS
    return len({piece.data for piece in pieces}) > 1


def _is_plain(data: bytes, budget: Budget) -> bool:
    """Return whether much of a picture is of one shade: little of a photograph is."""
    budget.check_time()
    picture = _opened(data)
    if picture is None:
        return False
    try:
        picture.draft("L", (_THUMBNAIL, _THUMBNAIL))
        counts = picture.convert("L").resize((_THUMBNAIL, _THUMBNAIL)).histogram()
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, MemoryError):
        return False
    step = len(counts) // _SHADES
    return max(sum(counts[at : at + step]) for at in range(0, len(counts), step)) > _PLAIN * _THUMBNAIL**2


def _near(one: Box, other: Box) -> bool:
    reach = _NEAR * min(one[2], one[3], other[2], other[3])
    across = max(one[0], other[0]) - min(one[0] + one[2], other[0] + other[2])
    down = max(one[1], other[1]) - min(one[1] + one[3], other[1] + other[3])
    return across <= reach and down <= reach


def _natural(data: bytes) -> tuple[float, float] | None:
    picture = _opened(data)
    return None if picture is None else (float(picture.width), float(picture.height))


def natural_points(data: bytes) -> tuple[float, float]:
    """Return the natural width and height of a picture in points, at 96 pixels an inch unless stated; 0 for none."""
    picture = _opened(data)
    if picture is None:
        return 0.0, 0.0
    dense = [float(side) if side > 1 else 96.0 for side in picture.info.get("dpi", (96, 96))]
    return picture.width * 72 / dense[0], picture.height * 72 / dense[1]


def _opened(data: bytes) -> Picture | None:
    """Open a picture, None for what cannot be put together: its own reader says what is wrong with it."""
    import PIL.Image

    try:
        picture = PIL.Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "DIB"))
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, MemoryError):
        return None
    return picture if picture.width * picture.height <= _LARGEST_PIECE else None


def _joined(pieces: Sequence[Piece], budget: Budget) -> list[bytes]:
    """Put pieces on white in their places; none when too few can be opened."""
    import PIL.Image

    opened = [(piece, picture) for piece in pieces if (picture := _opened(piece.data)) is not None]
    if len(opened) < min(len(pieces), 2) or any(min(piece.box[2:]) <= 0 for piece, _ in opened):
        return []
    left, top = (min(piece.box[side] for piece, _ in opened) for side in (0, 1))
    width, height = (max(piece.box[s] + piece.box[s + 2] for piece, _ in opened) - (left, top)[s] for s in (0, 1))
    scale = max(picture.width / piece.box[2] for piece, picture in opened)
    scale = min(scale, _LONGEST / max(width, height))
    page = PIL.Image.new("RGBA", (max(round(width * scale), 1), max(round(height * scale), 1)), "white")
    try:
        for piece, picture in opened:
            budget.check_time()
            size = max(round(piece.box[2] * scale), 1), max(round(piece.box[3] * scale), 1)
            at = round((piece.box[0] - left) * scale), round((piece.box[1] - top) * scale)
            page.alpha_composite(_turned(picture, piece.turn).resize(size), at)
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, MemoryError):
        return []
    return [as_png(page.convert("RGB"))]


def _turned(picture: Picture, turn: Turn) -> Picture:
    from PIL import ImageOps

    shown = (ImageOps.exif_transpose(picture) or picture).convert("RGBA")
    if turn.crop is not None:
        left, top, right, bottom = (min(max(share, 0.0), 0.95) for share in turn.crop)
        box = (shown.width * left, shown.height * top, shown.width * (1 - right), shown.height * (1 - bottom))
        if box[2] - box[0] >= 1 and box[3] - box[1] >= 1:
            shown = shown.crop(tuple(round(side) for side in box))  # type: ignore[arg-type]
    if turn.recoloured:
        alpha = shown.getchannel("A")
        shown = ImageOps.autocontrast(shown.convert("L")).convert("RGBA")
        shown.putalpha(alpha)
    if turn.mirrored:
        shown = ImageOps.mirror(shown)
    if turn.upside_down:
        shown = ImageOps.flip(shown)
    if turn.degrees % 360:
        shown = shown.rotate(-turn.degrees, expand=True, fillcolor=(255, 255, 255, 0))
    return shown
