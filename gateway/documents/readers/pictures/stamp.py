"""Stamps on a scanned page: the word MẬT anywhere, and illegible boxes of stamp shape.

    page -> the detector: MẬT at every angle, in every ink and polarity, read upright with its neighbours
         -> frames of stamp size in red or blue ink, or dark ones high on the page -> their words (correlation, then Tesseract)

A frame with letters that nobody could read, and in which the networks hold the word possible, is reported as unread: whether
that is suspicious is the policy's question.
Round seals, signatures and table cells are no boxes of stamp shape.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import cv2
import numpy as np

from gateway.documents.readers.pictures import detected, detector, ocr
from gateway.documents.readers.pictures.dark_ink import darkness, without_black
from gateway.documents.readers.pictures.rectangles import Pixels, Rectangle, holds, resized, weakest, without_colour
from gateway.documents.readers.pictures.stamp_ink import (
    Candidate,
    ColouredInk,
    Ink,
    alone,
    colour_frames,
    coloured,
    dark_frames,
    is_colourless,
    on_paper,
    on_print,
    seals,
    upright,
)
from gateway.documents.readers.pictures.stamp_words import (
    LIKELY,
    MARKS,
    OTHERS,
    READ_WELL,
    VOCABULARY,
    WEAK,
    WHOLE_SURE,
    Reading,
    folded,
    glances,
    read_box,
)
from gateway.vietnamese.marks.scanned import distance

WORK_DPI = 200.0
LEAST_DPI = 140.0
LIMIT_CANDIDATES = 60
AROUND = 8
"""Pixels around a box that help to tell print from paper."""
LIMIT_OCR, LIMIT_BLUE_OCR = 8, 3
"""Boxes of one page that Tesseract may read."""
LIMIT_SEALS = 4
"""Seals of one page that are looked through."""
UPPER = 0.45
"""Share of a page, from the top, in which a dark frame can be a stamp; tables and drawings have frames everywhere."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One stamp; pixels of the page given to `find`."""

    left: float
    top: float
    right: float
    bottom: float
    text: str | None
    """None when the letters could not be read."""
    ink: Ink
    framed: bool
    score: float


def find_words(page: Pixels, dpi: float) -> list[Stamp]:
    """Return the marks and their phrases on a page, grey or BGR, whatever frame is around them."""
    page, scale = _at_work(page, dpi)
    readings = detected.read(page, detector.find(without_colour(page), dpi * scale))
    return [_stamp(candidate, reading, scale) for candidate, reading in settled(readings)]


def find(page: Pixels, dpi: float, *, deadline: float = float("inf")) -> list[Stamp]:
    """Return the stamps of a page, grey or BGR, the surest reading of each place; `deadline` is processor time of this process."""
    page, scale = _at_work(page, dpi)
    work = dpi * scale
    plain = without_colour(page)
    words = detector.find(plain, work)
    readings = detected.read(page, words)
    unread = [
        one for one in words if not any(said.text and holds(box.rectangle, (one.x, one.y)) for box, said in readings)
    ]
    readings += detected.read_paler(plain, work, unread)
    inks = coloured(plain)
    frames: list[tuple[Candidate, Reading]] = []
    for kind, ink, threshold, uneven in inks:
        if kind is Ink.RED:
            readings += _under_seals(page, seals(ink, threshold, work), work)
        found = _coloured(ink, threshold, plain, work, kind, deadline)
        # Where the page itself is coloured, frames without words are edges of that: only a word that is read counts.
        frames += [item for item in found if not uneven or item[1].text in VOCABULARY]
    frames += _dark(plain, readings + frames, work, deadline)
    readings += [one for one in settled(frames) if _is_confirmed(_views(page, plain, inks, one[0]), *one, words)]
    return [_stamp(candidate, reading, scale) for candidate, reading in settled(readings)]


def _views(page: Pixels, plain: Pixels, inks: list[ColouredInk], frame: Candidate) -> list[Pixels]:
    """Return the page and, for a frame over print, its ink alone."""
    own = [one for one in inks if one.kind is frame.ink and on_print(page, frame.rectangle)]
    return [plain, *(alone(one) for one in own)]


def _is_confirmed(views: list[Pixels], frame: Candidate, reading: Reading, words: list[detector.Word]) -> bool:
    """Return whether a frame says what was read in it: illegible letters and those of a mark need the agreement of the networks."""
    if reading.text is None:
        return any(detected.is_possible(view, frame.rectangle) for view in views)
    like_a_mark = reading.text not in OTHERS and any(
        distance(folded(reading.text), folded(mark)) <= 1 for mark in MARKS
    )
    return not like_a_mark or not detected.is_another(views, frame.rectangle, words)


def _under_seals(page: Pixels, rounds: list[Rectangle], dpi: float) -> list[tuple[Candidate, Reading]]:
    """Read dark marks over or under red seals, which are as good as gone in the red of a page."""
    found = []
    for (x, y), (wide, high), _ in rounds[:LIMIT_SEALS]:
        left, top = (max(int(middle - side), 0) for middle, side in ((x, wide), (y, high)))
        part = np.ascontiguousarray(page[top : int(y + high), left : int(x + wide), 2])
        for one, reading in detected.read(part, detector.find(part, dpi)):
            if reading.text in (None, *MARKS):  # longer lines are read better on the page itself
                found.append((detected.moved(one, left, top), reading))
    return found


def _coloured(
    ink: Pixels, threshold: int, page: Pixels, dpi: float, kind: Ink, deadline: float
) -> list[tuple[Candidate, Reading]]:
    """Read the frames of one coloured ink."""
    frames = _on_paper(page, colour_frames(ink, threshold, dpi, kind), dpi)
    rounds = seals(ink, threshold, dpi) if frames else []
    # Parts of a seal look like small frames with a letter or two: there only a word that is read counts.
    inside = [one for one in frames if any(holds(seal, one.rectangle[0]) for seal in rounds)]
    outside = [one for one in frames if one not in inside]
    found = _read(ink, outside, deadline, ocr_boxes=LIMIT_OCR if kind is Ink.RED else LIMIT_BLUE_OCR)
    return found + [item for item in _read(ink, inside, deadline, ocr_boxes=0) if item[1].text in VOCABULARY]


def _dark(
    page: Pixels, known: list[tuple[Candidate, Reading]], dpi: float, deadline: float
) -> list[tuple[Candidate, Reading]]:
    """Read dark frames in the upper part of a page; on a grey scan also those paler than print, which were red."""
    top = page[: int(page.shape[0] * UPPER)]
    grey = is_colourless(top)
    ink = darkness(top)
    read = [candidate for candidate, reading in known if "\n" not in (reading.text or "\n")]
    frames = [
        candidate
        for candidate in _on_paper(page, dark_frames(ink, dpi, pale_too=grey), dpi)
        if not any(_same_place(candidate, other) for other in read)
    ]
    return [
        (candidate, reading)
        for candidate, reading in _read(ink, frames, deadline, pale_too=grey)
        if reading.text is None or reading.text in VOCABULARY  # other words in frames are ordinary print
    ]


def _on_paper(page: Pixels, frames: list[Candidate], dpi: float) -> list[Candidate]:
    """Return the frames of a page, grey or BGR, that are on paper."""
    if not frames:
        return []
    seen = weakest(np.asarray(cv2.GaussianBlur(page, (3, 3), 0), np.uint8))
    return [one for one in frames if on_paper(seen, one.rectangle, dpi)]


def _at_work(page: Pixels, dpi: float) -> tuple[Pixels, float]:
    """Return a page scaled so that strokes are neither one pixel thin nor needlessly fine, and its scale."""
    scale = min(2.0, LEAST_DPI / max(dpi, 1.0)) if dpi < LEAST_DPI else WORK_DPI / max(dpi, WORK_DPI)
    if 1 / 1.05 < scale < 1.1:
        scale = 1.0
    return (resized(page, scale) if scale != 1.0 else page), scale


def _read(
    ink: Pixels,
    candidates: list[Candidate],
    deadline: float,
    *,
    ocr_boxes: int = LIMIT_OCR,
    pale_too: bool = False,
) -> list[tuple[Candidate, Reading]]:
    """Read the candidates, large frames first; what time does not allow to read is unread."""
    candidates = sorted(candidates, key=lambda item: -item.rectangle[1][0])[:LIMIT_CANDIDATES]
    results: list[tuple[Candidate, Reading]] = []
    in_doubt = ocr_boxes
    for candidate in candidates:
        if any(_is_settled(reading) and _same_place(candidate, other) for other, reading in results):
            continue
        if time.process_time() > deadline:
            results.append((candidate, Reading(None, 0.0, letters=True)))
            continue
        box = upright(ink, candidate.rectangle)
        reading = read_box(box, allow_ocr=in_doubt > 0)
        if pale_too and reading.text not in VOCABULARY:
            pale = without_black(upright(ink, candidate.rectangle, AROUND))[AROUND:-AROUND, AROUND:-AROUND]
            second = read_box(np.ascontiguousarray(pale), allow_ocr=in_doubt > 1)
            # Print over pale letters is read in their stead, but not well.
            likelier = second.letters and second.score >= LIKELY and reading.score < READ_WELL
            likelier = likelier and reading.text not in VOCABULARY
            if second.text in VOCABULARY or (reading.text is None and second.text is not None) or likelier:
                reading = second
        in_doubt -= reading.asked
        results.append((candidate, reading))
    return results


def _is_settled(reading: Reading) -> bool:
    """Return whether a place need not be read again from another frame around it: TỐI MẬT a little too wide is like BÍ MẬT."""
    return reading.text in VOCABULARY and (reading.text in MARKS or reading.score >= WHOLE_SURE)


def settled(readings: list[tuple[Candidate, Reading]]) -> list[tuple[Candidate, Reading]]:
    """Keep one reading a place: a mark before another word, a read one before an unread one, then the surest."""
    order = sorted((item for item in readings if item[1].letters), key=lambda item: _order(item[1]))
    kept: list[tuple[Candidate, Reading]] = []
    for candidate, reading in order:
        known = next((n for n, (other, _) in enumerate(kept) if _same_place(candidate, other)), None)
        if known is None:
            kept.append((candidate, reading))
        elif candidate.framed and kept[known][1].text in MARKS:
            kept[known] = candidate, kept[known][1]
    return kept


def _order(reading: Reading) -> tuple[bool, bool, bool, int, float]:
    """Return what comes first. A word barely made out is worth no more than letters that were likelier something else."""
    text = reading.text
    if text is None or (text in VOCABULARY and text not in MARKS and reading.score < WEAK):
        return True, True, True, 0, -reading.score
    return False, text not in MARKS, text not in VOCABULARY, -len(text), -reading.score


def _same_place(one: Candidate, other: Candidate) -> bool:
    """Return whether the centre of one lies within the other."""
    return holds(one.rectangle, other.rectangle[0]) or holds(other.rectangle, one.rectangle[0])


def _stamp(candidate: Candidate, reading: Reading, scale: float) -> Stamp:
    points = cv2.boxPoints(candidate.rectangle) / scale
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return Stamp(
        float(left),
        float(top),
        float(right),
        float(bottom),
        reading.text,
        candidate.ink,
        candidate.framed,
        round(reading.score, 3),
    )


def warm_up() -> None:
    """Draw the words and load Tesseract, so that children need neither fonts nor data."""
    cv2.setNumThreads(1)  # children are many and short-lived; threads do not survive the fork
    glances()
    detector.warm_up()
    ocr.warm_up()
    blank = np.full((200, 200, 3), 255, np.uint8)
    find(blank, WORK_DPI)
