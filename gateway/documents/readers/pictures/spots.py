"""Connected components of ink with their boxes and numbers of pixels; frames around words by them.

`cv2.connectedComponentsWithStats` gives the same for five times the time, most of it spent on the paper between.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.rectangles import Pixels, weakest

FAR = 4
"""Pixels that are taken together to see that there are many."""
FRAME, CONTRAST = (4.0, 2.5), 60
"""Heights of words across and down within which their frame stands, and how much darker it is than paper, of 255."""


def spots(
    mask: Pixels, connectivity: int = 8, *, least: int = 1, most: int | None = None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the number of its spot for each pixel, 0 for paper, and left, top, width, height and pixels of spot 1 and those after.

    Of fewer than `least` or more than `most` there are none.
    """
    if most is not None:
        # Seen from farther away spots run together, so there are no fewer of them.
        far = cv2.dilate(mask, np.ones((FAR, FAR), np.uint8))[::FAR, ::FAR]
        if cv2.connectedComponents(np.ascontiguousarray(far))[0] > most + 1:
            return np.zeros(mask.shape, np.int32), np.zeros((0, 5), np.int32)
    count, labels = cv2.connectedComponents(mask, connectivity=connectivity)
    if count <= least or (most is not None and count > most + 1):
        return np.asarray(labels, np.int32), np.zeros((0, 5), np.int32)
    rows, columns = mask.shape
    wide = columns + 1
    ink = np.zeros(rows * wide + 1, bool)  # a pixel of paper between two rows ends each run of ink
    np.not_equal(mask, 0, out=ink[:-1].reshape(rows, wide)[:, 1:])
    edges = np.flatnonzero(ink[1:] != ink[:-1])
    length = edges[1::2] - edges[::2]
    top, left = np.divmod(edges[::2], wide)
    owner = labels[top, left] - 1
    boxes = np.zeros((5, count - 1), np.int32)
    boxes[0], boxes[1, owner[::-1]], boxes[3, owner] = columns, top[::-1], top + 1  # runs are in the order of rows
    np.minimum.at(boxes[0], owner, left.astype(np.int32))
    np.maximum.at(boxes[2], owner, (left + length).astype(np.int32))
    boxes[2:4] -= boxes[:2]
    boxes[4] = np.bincount(owner, length, count - 1)
    return np.asarray(labels, np.int32), boxes.T


def runs(inked: npt.NDArray[np.bool_] | Pixels) -> list[tuple[int, int]]:
    """Return where each run of ink in a row of pixels begins and ends."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inked != 0, [False]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def is_framed(
    pixels: Pixels, left: int, top: int, right: int, bottom: int, *, within: tuple[float, float] = FRAME
) -> bool:
    """Return whether words of a picture, grey or BGR, have their own frame; the lines of a table continue beyond it."""
    across, down = (int(share * (bottom - top)) for share in within)
    x, y = max(left - across, 0), max(top - down, 0)
    part = pixels[y : bottom + down, x : right + across]
    if not part.size:
        return False
    shown = weakest(part)
    _, found = spots((shown < float(np.percentile(shown, 75)) - CONTRAST).astype(np.uint8))
    high, wide = shown.shape
    first, last = found[:, :2], found[:, :2] + found[:, 2:4]
    around = (first < (left - x, top - y)).all(axis=1) & (last > (right - x, bottom - y)).all(axis=1)
    return bool((around & (first > 0).all(axis=1) & (last < (wide, high)).all(axis=1)).any())
