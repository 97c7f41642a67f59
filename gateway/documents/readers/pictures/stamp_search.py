"""The word MẬT looked for anywhere in a patch of ink: stamps over stamps, faded or torn ones that have no clear box.

All three marks end in MẬT, so one word in a few sizes, widths and angles finds them; then the longer marks are tried at
the same place. This is normalised cross-correlation (OpenCV, TM_CCOEFF_NORMED) with the letters as drawn by the fonts.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures.rectangles import Pixels, Rectangle
from gateway.documents.readers.pictures.stamp_words import HEIGHT, MARKS, Template, templates

ACCEPT = 0.78
"""Correlation from which the word is there; other words in stamps stay below 0.68."""
SUSPECT = 0.72
LONGER = 0.68
"""Correlation from which a longer mark at the same place is believed."""
_HEIGHTS = (0.17, 0.20, 0.235, 0.275, 0.32, 0.37)
"""Inches from the top of the circumflex to the dot below."""
_STRETCHES = (0.85, 1.0, 1.18)
_ANGLES = (-6, -3, 3, 6)
HOPELESS, REFINED = 0.35, 6
"""Correlation of level letters below which turning them is in vain, and how many sizes are turned."""
_MARGIN = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """Where the word was found."""

    word: str
    score: float
    rectangle: Rectangle
    alone: bool
    """No other letters follow or precede it on its line."""
    own_score: float
    """Correlation of the whole word, where `score` may be that of its end alone."""


@dataclass(frozen=True, slots=True)
class _Fit:
    score: float
    height: float
    stretch: float
    angle: float
    x: int
    y: int
    columns: int


def search(ink: Pixels, left: int, top: int, dpi: float) -> Hit | None:
    """Look for a mark in a patch of ink whose corner lies at `left`, `top` of the page."""
    words = [template for template in templates() if template.word == MARKS[0]]
    if not words or min(ink.shape) < 12:
        return None
    patch = cv2.GaussianBlur(ink, (3, 3), 0).astype(np.float32)
    level = [_best_fit(patch, words, height, stretch, 0, dpi) for height in _HEIGHTS for stretch in _STRETCHES]
    likely = sorted((fit for fit in level if fit and fit.score > HOPELESS), key=lambda fit: -fit.score)[:REFINED]
    turned = [_best_fit(patch, words, fit.height, fit.stretch, angle, dpi) for fit in likely for angle in _ANGLES]
    best = max((fit for fit in (*likely, *turned) if fit), key=lambda fit: fit.score, default=None)
    if best is None or best.score < SUSPECT:
        return None
    return _hit(patch, best, left, top, dpi)


def _best_fit(
    patch: npt.NDArray[np.float32], words: list[Template], height: float, stretch: float, angle: float, dpi: float
) -> _Fit | None:
    """Return where one of the words fits best at that size and angle, None when the patch is too small for it."""
    view = _view(patch, height, stretch, angle, dpi)
    fits = [_match(view, template, height, stretch, angle) for template in words]
    return max((fit for fit in fits if fit), key=lambda fit: fit.score, default=None)


def _view(
    patch: npt.NDArray[np.float32], height: float, stretch: float, angle: float, dpi: float
) -> npt.NDArray[np.float32]:
    """Return the patch so scaled and turned that letters of that height are as high as the templates."""
    scale = HEIGHT / (height * dpi)
    view = cv2.resize(patch, None, fx=scale / stretch, fy=scale, interpolation=cv2.INTER_AREA)
    view = cv2.copyMakeBorder(view, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_CONSTANT, value=0)
    turn = cv2.getRotationMatrix2D((view.shape[1] / 2, view.shape[0] / 2), angle, 1.0)
    view = cv2.GaussianBlur(cv2.warpAffine(view, turn, (view.shape[1], view.shape[0])), (5, 5), 0)
    # Where there is no ink at all the correlation is 0/0; a trace of grain makes it 0.
    return np.asarray(view + _grain(view.shape), np.float32)


@functools.lru_cache(maxsize=4)
def _sheet_of_grain(rows: int, columns: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).normal(0.0, 2.0, (rows, columns)).astype(np.float32)


def _grain(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return grain of that shape, cut from a sheet of a few sizes; drawing it anew costs more than the search."""
    rows, columns = (1 << max(side - 1, 63).bit_length() for side in shape)
    return _sheet_of_grain(rows, columns)[: shape[0], : shape[1]]


def _match(
    view: npt.NDArray[np.float32], template: Template, height: float, stretch: float, angle: float
) -> _Fit | None:
    columns = template.picture.shape[1]
    if view.shape[0] < HEIGHT or view.shape[1] < columns:
        return None
    scores = cv2.matchTemplate(view, template.picture, cv2.TM_CCOEFF_NORMED)
    _, score, _, (x, y) = cv2.minMaxLoc(scores)
    return _Fit(float(score), height, stretch, angle, x, y, columns)


def _hit(patch: npt.NDArray[np.float32], fit: _Fit, left: int, top: int, dpi: float) -> Hit:
    """Decide on the level at the place that was found, and give the place on the page."""
    view = _view(patch, fit.height, fit.stretch, fit.angle, dpi)
    word, score, start, columns = MARKS[0], fit.score, fit.x, fit.columns
    for template in templates():
        width = template.picture.shape[1]
        if template.word not in MARKS[1:] or view.shape[1] < width:
            continue
        scores = cv2.matchTemplate(view, template.picture, cv2.TM_CCOEFF_NORMED)
        end = fit.x + fit.columns - width
        rows = slice(max(fit.y - 4, 0), fit.y + 5)
        near = scores[rows, max(end - 12, 0) : max(end + 13, 1)]
        if near.size and float(near.max()) >= max(LONGER, score - 0.12 if word == MARKS[0] else score):
            word, score, start, columns = template.word, float(near.max()), end, width
    scale = HEIGHT / (fit.height * dpi)
    centre = np.array((start + columns / 2, fit.y + HEIGHT / 2, 1.0))
    back = cv2.getRotationMatrix2D((view.shape[1] / 2, view.shape[0] / 2), -fit.angle, 1.0) @ centre
    x, y = (back[0] - _MARGIN) * fit.stretch / scale + left, (back[1] - _MARGIN) / scale + top
    size = (columns * fit.stretch / scale, HEIGHT / scale)
    alone = _is_alone(view, start, columns, fit.y)
    return Hit(word, max(score, fit.score), ((float(x), float(y)), size, float(fit.angle)), alone, score)


def _is_alone(view: npt.NDArray[np.float32], start: int, columns: int, top: int) -> bool:
    """Whether paper lies left and right of a word; the thin upright of a frame is no letter.

    BẢO MẬT, PHÁP LUẬT and their like end in the same letters, but have others before them.
    """
    level = 0.35 * float(np.percentile(view[top : top + HEIGHT, start : start + columns], 95))
    band = (view[top + HEIGHT // 3 : top + HEIGHT - HEIGHT // 6] > level).mean(axis=0) > 0.08
    reach = int(0.95 * HEIGHT)
    for side in (
        band[max(start - reach, 0) : max(start - 2, 0)][::-1],
        band[start + columns + 2 : start + columns + reach],
    ):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], side.astype(np.int8), [0]))))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            if last - first > 0.24 * HEIGHT and first < 0.75 * HEIGHT:
                return False
    return True


def patches(ink: Pixels, threshold: int, dpi: float) -> list[tuple[int, int, int, int]]:
    """Return connected patches of ink (left, top, width, height) of the size of one or a few stamps."""
    mask = cv2.threshold(ink, threshold, 255, cv2.THRESH_BINARY)[1]
    joined = cv2.dilate(mask, np.ones((max(1, int(dpi * 0.05)), max(3, int(dpi * 0.1))), np.uint8))
    contours, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        x, y, width, height = cv2.boundingRect(contour)
        if 0.3 * dpi < width < 4.2 * dpi and 0.17 * dpi < height < 1.5 * dpi:
            found.append((x, y, width, height))
    return sorted(found, key=lambda item: item[1])


def pale_patches(ink: Pixels, threshold: int, dpi: float) -> list[tuple[int, int, int, int]]:
    """Return patches of pale ink that are dense enough for letters, and not the crumbs that print leaves behind."""
    found = []
    for x, y, width, height in patches(ink, threshold, dpi):
        part = ink[y : y + height, x : x + width] > threshold
        if float(part.mean()) > 0.12 and height < 0.9 * dpi:
            found.append((x, y, width, height))
    return found
