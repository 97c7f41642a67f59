"""A word in large letters, set at several sizes and widths one under the other, since Tesseract reads print of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_SETTINGS: Final = ((300, 1.0), (300, 0.7), (300, 1.4), (160, 1.0), (160, 0.7))
"""Pixels of the longer side, and how much wider the letters are made."""
_BETWEEN: Final = 60
_PAPER: Final = 600
_INK: Final = 160


def ink_box(grey: Picture) -> tuple[int, int, int, int] | None:
    """Return the box of what is darker than paper in a picture of one channel."""
    return grey.point(lambda value: 255 if value < _INK else 0).getbbox()


def specimen(picture: Picture) -> Picture | None:
    """Return the word of a picture at several sizes on a page; None when what it shows has not the shape of a word."""
    import PIL.Image

    grey = picture.convert("L")
    box = ink_box(grey)
    if box is None:
        return None
    word = grey.crop(box)
    if not 1.2 * word.height < word.width < 14 * word.height:
        return None
    rows = []
    for side, wider in _SETTINGS:
        width, height = word.width * wider, float(word.height)
        scale = side / max(width, height)
        rows.append(word.resize((max(round(width * scale), 1), max(round(height * scale), 1))))
    page = PIL.Image.new("L", (_PAPER, sum(row.height + _BETWEEN for row in rows) + _BETWEEN), 255)
    top = _BETWEEN
    for row in rows:
        page.paste(row, (_BETWEEN, top))
        top += row.height + _BETWEEN
    return page
