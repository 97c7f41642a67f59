"""Spots of ink: what of a mask hangs together, with the box and the number of pixels of each.

`cv2.connectedComponentsWithStats` gives the same for five times the time, most of it spent on the paper between.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.rectangles import Pixels

FAR = 4
"""Pixels that are taken together to see that there are many."""


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
