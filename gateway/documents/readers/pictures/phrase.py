"""Lines above and below a word with its letter height, ink and alignment: one phrase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from gateway.documents.readers.pictures import ocr
from gateway.documents.readers.pictures.rectangles import Pixels
from gateway.documents.readers.pictures.spots import spots
from gateway.documents.readers.pictures.stamp_words import MARKS, folded
from gateway.model import Document, Role, Run
from gateway.vietnamese.marks import Strength, find_in_document
from gateway.vietnamese.marks.scanned import distance

INK, COLOUR, ALIKE, ALIGNED, PITCH, ACCENTS, DOT = 110, 24, 0.15, 0.5, (1.25, 2.5), 1.75, 0.45
"""Of 255: lighter is no ink, and how inks may differ; in heights of capitals: letters, sides, line to line, signs over and under."""

READ, CLEAR = 40.0, 75.0
"""Confidence of Tesseract, of 100, from which a word is read at all, and from which it is what it says."""


def lines(part: Pixels, clear: Pixels, middle: tuple[float, float], size: float) -> Iterator[tuple[int, Pixels]]:
    """Yield the lines above (-1) and below (1) of the word at a place of a BGR part, from the same part dark on white."""
    labels, boxes = spots(np.asarray((clear < INK) * np.uint8(255), np.uint8))
    left, right, foot, high = boxes[:, 0], boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3], boxes[:, 3]
    x, y = (left + right) / 2, foot - high / 2
    own = (high > 0.7 * size) & (abs(y - middle[1]) < 0.5 * size) & (abs(x - middle[0]) < 1.8 * size)
    tall = np.percentile(high[own], 30, method="lower") if own.any() else 0
    letters = (high > 0.8 * tall) & (high < 2 * tall)
    for step in (-1, 1) if own.any() else ():
        far = step * (foot - np.median(foot[own])) / tall
        alike = letters & (abs(high - tall) <= ALIKE * tall + 1) & (far > PITCH[0]) & (far < PITCH[1])
        at = foot[alike][np.argmin(far[alike])] if alike.any() else 0
        line = letters & (abs(foot - at) <= PITCH[0] / 2 * tall)
        if 2 * (alike & line).sum() < max(line.sum(), 1):
            continue
        ends = np.array([(np.min(left[one]), np.max(right[one])) for one in (own, line)])
        beside = (abs(foot - at) < tall) & (right > ends[1, 0] - 2 * tall) & (left < ends[1, 1] + 2 * tall)
        slopes = (beside & letters & ~line).any()
        inks = [np.median(part[np.isin(labels, 1 + np.flatnonzero(one))], axis=0) for one in (own, line)]
        off = abs(np.column_stack((ends, ends.mean(axis=1)))[1] - (*ends[0], ends[0].mean())).min()
        if not slopes and off <= ALIGNED * tall and abs(inks[1] - inks[0]).max() <= COLOUR:
            signs = (high < 0.7 * tall) & (abs(x - ends[1].mean()) < np.ptp(ends[1]) / 2)
            seen = np.isin(labels, 1 + np.flatnonzero(line | signs)).astype(np.uint8)
            shown = np.where(cv2.dilate(seen, np.ones((3, 3), np.uint8)) > 0, clear, 255).astype(np.uint8)
            yield step, shown[max(int(np.min(foot[line]) - ACCENTS * tall), 0) : int(np.max(foot[line]) + DOT * tall)]


def is_innocent(words: Sequence[str]) -> bool:
    """Return whether lines set alike are no mark: BẢO above MẬT, MẬT above ONG."""
    runs = tuple(Run(text=line + "\n", block=0, role=Role.TEXTBOX) for line in words)
    return all(one.strength is Strength.NOTED for one in find_in_document(Document(part="", format="image", runs=runs)))


def other(words: Sequence[ocr.Word], *, capitals: bool = False) -> str | None:
    """Return, a word a line, what a line says that has a word like MẬT in it, another that is read well, and is no mark.

    Where MẬT was read in `capitals`, print in small letters is no part of it.
    """
    short = folded(MARKS[0])
    words = [one for one in words if one.text.isupper() or not capitals]
    near = min(words, key=lambda one: distance(folded(one.text), short), default=None)
    words = [one for one in words if folded(one.text) and (one is near or one.confidence >= READ)]
    if near is None or distance(folded(near.text), short) > 1:
        return None
    text = "\n".join(MARKS[0] if one is near else one.text for one in words)
    clear = any(one is not near and one.confidence >= CLEAR and len(folded(one.text)) > 1 for one in words)
    return text if clear and is_innocent([text.replace("\n", " ")]) else None
