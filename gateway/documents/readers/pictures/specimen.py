"""A word in large letters or coloured cells, redrawn at print size on a page for Tesseract."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_HIGH: Final = 96
"""Pixels of the height of the word with its signs."""
_EDGE: Final = 60
_INK: Final = 160


def specimen(picture: Picture) -> Picture | None:
    """Return the word of a picture on a page, letters about as high as print; None when what it shows has not the shape of a word."""
    from PIL import ImageOps

    grey = picture.convert("L")
    box = grey.point(lambda value: 255 if value < _INK else 0).getbbox()
    if box is None:
        return None
    word = grey.crop(box)
    if not 1.2 * word.height < word.width < 14 * word.height:
        return None
    return ImageOps.expand(word.resize((round(word.width * _HIGH / word.height), _HIGH)), _EDGE, 255)


_COLOURS: Final = 3
_CELL: Final = 8
_FEWEST: Final = 30
_NARROWEST, _WIDEST, HIGHEST = 11, 400, 120
"""Cells of a picture made of cells: fewer are no letters, more are a table."""
_FULL: Final = 0.8
"""Share of a box that no letters fill."""


def mosaics(painted: Mapping[tuple[int, int], str]) -> Iterator[bytes]:
    """Yield the words that the cells of a table may show by their grounds: all of them, those of a colour, the ones left out."""
    colours = Counter(painted.values()).most_common(_COLOURS)
    sets: list[Collection[tuple[int, int]]] = [painted]
    for colour, count in colours if len(colours) > 1 else ():
        if 2 * count < len(painted):
            sets.append([cell for cell, ground in painted.items() if ground == colour])
    rows, columns = ({cell[axis] for cell in painted} for axis in (0, 1))
    if len(rows) <= HIGHEST and len(columns) <= _WIDEST and 2 * len(painted) > len(rows) * len(columns):
        sets.append([(row, column) for row in rows for column in columns if (row, column) not in painted])
    yield from (word for cells in sets if (word := mosaic(cells)) is not None)


def mosaic(cells: Collection[tuple[int, int]]) -> bytes | None:
    """Return the word that coloured cells, by row and column, may show, as a PNG; None when they have not its shape."""
    import PIL.Image

    if len(cells) < _FEWEST:
        return None
    top, left = (min(cell[axis] for cell in cells) for axis in (0, 1))
    height, width = (max(cell[axis] for cell in cells) - start + 1 for axis, start in ((0, top), (1, left)))
    if height > HIGHEST or not _NARROWEST <= width <= _WIDEST or len(cells) > _FULL * height * width:
        return None
    grid = PIL.Image.new("L", (width, height), 255)
    for row, column in cells:
        grid.putpixel((column - left, row - top), 0)
    word = specimen(grid.resize((width * _CELL, height * _CELL), PIL.Image.Resampling.BICUBIC))
    return None if word is None else as_png(word)


def as_png(picture: Picture) -> bytes:
    """Return a picture as a file that is quickly made."""
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
