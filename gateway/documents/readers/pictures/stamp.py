"""Stamps on a scanned page: boxes of red or dark ink that say MẬT, TỐI MẬT, TUYỆT MẬT, KHẨN ... and those unread.

    page -> red ink -> rectangles of stamp size -> upright letters -> words (correlation, then Tesseract)
         -> dark ink, on pages scanned in grey, the same way
         -> the detector: MẬT at every angle, in every ink, also light on dark, read upright with its neighbours

A box that holds letters which nobody could read is reported as unread: whether that is suspicious is the policy's
question. Round seals, signatures and table cells are no boxes of stamp shape.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import cv2
import numpy as np

from gateway.documents.readers.pictures import detected, detector, ocr
from gateway.documents.readers.pictures.rectangles import Pixels, Rectangle
from gateway.documents.readers.pictures.stamp_confirm import WHOLE_SURE, as_print, confirmed
from gateway.documents.readers.pictures.stamp_ink import (
    Candidate,
    Ink,
    colour_candidates,
    dark_candidates,
    darkness,
    is_colourless,
    on_paper,
    pale_ink,
    planes,
    register_frames,
    seals,
    upright,
    without_black,
)
from gateway.documents.readers.pictures.stamp_search import ACCEPT, pale_patches, patches, search
from gateway.documents.readers.pictures.stamp_words import (
    LIKELY,
    MARKS,
    READ_WELL,
    SURE,
    VOCABULARY,
    WEAK,
    Reading,
    folded,
    glances,
    read_box,
)

WORK_DPI = 200.0
LEAST_DPI = 140.0
LIMIT_CANDIDATES = 60
AROUND = 8
"""Pixels around a box that help to tell print from paper."""
LIMIT_REGISTERS = 4
TWO_LINES = 1.0
"""Inches up to which a large frame may be that of a mark below the name of the office."""
WELL_READ = 0.6
EXPLAINED = 0.6
"""Share of a patch of ink that one stamp must fill so that no other is looked for beside it."""
ALIKE, MANY_LINES = 0.3, 8
"""How far heights of lines may be apart, of the height, and how many of them are more than stamps beside each other."""
LIMIT_PATCHES = 12
LIMIT_OCR, LIMIT_BLUE_OCR = 8, 3
"""Boxes of one page that Tesseract may read."""
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


def find(page: Pixels, dpi: float, *, deadline: float = float("inf")) -> list[Stamp]:
    """Return the stamps of a BGR page, the surest reading of each place."""
    scale = _work_scale(dpi)
    if scale != 1.0:
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        page = np.asarray(cv2.resize(page, None, fx=scale, fy=scale, interpolation=method), np.uint8)
    work = dpi * scale
    readings: list[tuple[Candidate, Reading]] = []
    seen = planes(page)
    weakest = seen.weakest
    for kind, ink, threshold, uneven in seen.inks:
        found = _coloured(ink, threshold, weakest, work, kind, deadline)
        # Where the page itself is coloured, frames without words are edges of that: only a word that is read counts.
        readings += [item for item in found if not uneven or item[1].text in VOCABULARY]
    readings += _dark(page[: int(page.shape[0] * UPPER)], weakest, readings, work, deadline)
    kept = settled(readings)
    if seen.inks:
        kept = settled(confirmed({one.kind: one.pixels for one in seen.inks}, kept, work))
    kept = [item for item in kept if item[1].text is not None or on_paper(weakest, item[0].rectangle, work)]
    kept = settled([*kept, *detected.read(page, detector.find(page, work))])
    return [_stamp(candidate, reading, scale) for candidate, reading in kept]


def _coloured(
    ink: Pixels, threshold: int, weakest: Pixels, dpi: float, kind: Ink, deadline: float
) -> list[tuple[Candidate, Reading]]:
    """Read the boxes, lines and registry stamps of one coloured ink."""
    rounds = seals(ink, threshold, dpi)
    registers = [f for f in register_frames(ink, threshold, dpi) if not _contains_any(rounds, f[0])]
    readings = _read_registers(ink, registers, dpi, kind)
    candidates = [
        c
        for c in colour_candidates(ink, threshold, dpi, kind)
        if not _contains_any(registers, c.rectangle[0]) and on_paper(weakest, c.rectangle, dpi)
    ]
    # Parts of a seal look like small frames with a letter or two: there only a word that is read counts.
    inside = [c for c in candidates if _contains_any(rounds, c.rectangle[0])]
    outside = [c for c in candidates if c not in inside]
    found = _read(ink, outside, deadline, ocr_boxes=LIMIT_OCR if kind is Ink.RED else LIMIT_BLUE_OCR)
    found = [item for item in found if not is_one_of_many(item, found)]
    # Blue lines are links, headings and handwriting more often than stamps: a mark among them must be beyond doubt.
    readings += [
        (candidate, reading)
        for candidate, reading in found
        if kind is Ink.RED or candidate.framed or reading.text not in MARKS or reading.score >= SURE
    ]
    readings += [item for item in _read(ink, inside, deadline, ocr_boxes=0) if item[1].text in VOCABULARY]
    places = [
        p for p in patches(ink, threshold, dpi) if not _is_seal(p, rounds) and on_paper(weakest, _level_box(p), dpi)
    ]
    readings += _searched(ink, places, readings, dpi, kind, deadline)
    return readings


def is_one_of_many(item: tuple[Candidate, Reading], found: list[tuple[Candidate, Reading]]) -> bool:
    """Whether a mark that was barely made out is one of many lines of its height in one ink: a table, a text in colour."""
    candidate, reading = item
    if candidate.framed or reading.text not in MARKS or reading.score >= SURE:
        return False
    height = candidate.rectangle[1][1]
    alike = [
        other
        for other, seen in found
        if not other.framed and seen.letters and abs(other.rectangle[1][1] - height) < ALIKE * height
    ]
    apart = [one for number, one in enumerate(alike) if not any(_same_place(one, other) for other in alike[:number])]
    return len(apart) > MANY_LINES


def _dark(
    top: Pixels, weakest: Pixels, known: list[tuple[Candidate, Reading]], dpi: float, deadline: float
) -> list[tuple[Candidate, Reading]]:
    """Read dark frames in the upper part of a page; on a grey scan, also what is paler than print: red ink."""
    grey = is_colourless(top)
    ink = darkness(top)
    readings: list[tuple[Candidate, Reading]] = []
    if grey:
        pale, level = pale_ink(ink)
        rounds = seals(pale, level, dpi)
        places = [
            p
            for p in pale_patches(pale, level, dpi)
            if not _is_seal(p, rounds) and on_paper(weakest, _level_box(p), dpi)
        ]
        readings += _searched(pale, places, known, dpi, Ink.DARK, deadline)
    coloured = [candidate for candidate, reading in known if reading.letters]
    frames = [
        candidate
        for candidate in dark_candidates(ink, dpi, pale_too=grey)
        if on_paper(weakest, candidate.rectangle, dpi) and not any(_same_place(candidate, other) for other in coloured)
    ]
    readings += [
        (candidate, reading)
        for candidate, reading in _read(ink, frames, deadline, pale_too=grey)
        if reading.text is None or reading.text in VOCABULARY  # other words in frames are ordinary print
    ]
    return readings


def _work_scale(dpi: float) -> float:
    """Return how to scale a page so that strokes are neither one pixel thin nor needlessly fine."""
    if dpi > 1.05 * WORK_DPI:
        return WORK_DPI / dpi
    return min(2.0, LEAST_DPI / max(dpi, 1.0)) if dpi < LEAST_DPI else 1.0


def _read_registers(ink: Pixels, frames: list[Rectangle], dpi: float, kind: Ink) -> list[tuple[Candidate, Reading]]:
    """Read what stands in large frames as a block of text; each line is a reading of its own place."""
    engine = ocr.engine()
    results = []
    for frame in frames[:LIMIT_REGISTERS]:
        box = upright(ink, frame)
        text, score = "", 0.0
        short = read_box(box) if frame[1][1] <= TWO_LINES * dpi else None
        if short is not None and short.text in VOCABULARY:
            results.append((Candidate(frame, kind, framed=True), short))
            continue
        if engine is not None:
            top = max(float(np.percentile(box, 98)), 1.0)
            picture = 255 - np.clip(box.astype(np.float32) * (255 / top), 0, 255).astype(np.uint8)
            edge = max(2, int(0.05 * dpi))
            picture[:edge], picture[-edge:], picture[:, :edge], picture[:, -edge:] = 255, 255, 255, 255
            words = [w for w in engine.words(picture, ocr.Layout.BLOCK, int(dpi)) if w.confidence > 30]
            text = " ".join(word.text for word in words)
            score = sum(word.confidence for word in words) / (100 * len(words)) if words else 0.0
        letters = sum(1 for ch in text if ch.isalpha())
        results.append(
            (Candidate(frame, kind, framed=True), Reading(text if letters >= 3 else None, score, letters=True))
        )
    return results


def _contains_any(rectangles: list[Rectangle], point: tuple[float, float]) -> bool:
    return any(cv2.pointPolygonTest(cv2.boxPoints(item), point, measureDist=False) > 0 for item in rectangles)


def _read(
    ink: Pixels,
    candidates: list[Candidate],
    deadline: float,
    *,
    ocr_boxes: int = LIMIT_OCR,
    pale_too: bool = False,
) -> list[tuple[Candidate, Reading]]:
    """Read the candidates, large frames first; what time does not allow to read is unread."""
    candidates = sorted(candidates, key=lambda item: (not item.framed, -item.rectangle[1][0]))[:LIMIT_CANDIDATES]
    results: list[tuple[Candidate, Reading]] = []
    in_doubt = ocr_boxes
    for candidate in candidates:
        if any(_is_settled(reading) and _same_place(candidate, other) for other, reading in results):
            continue
        if time.process_time() > deadline:
            results.append((candidate, Reading(None, 0.0, letters=candidate.framed)))
            continue
        box = upright(ink, candidate.rectangle, 0.0 if candidate.framed else 3.0)
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
    """Whether a place need not be read again from another frame around it: TỐI MẬT a little too wide is like BÍ MẬT."""
    return reading.text in VOCABULARY and (reading.text in MARKS or reading.score >= WHOLE_SURE)


def _level_box(place: tuple[int, int, int, int]) -> Rectangle:
    left, top, width, height = place
    return (left + width / 2, top + height / 2), (float(width), float(height)), 0.0


def _is_seal(place: tuple[int, int, int, int], rounds: list[Rectangle]) -> bool:
    left, top, width, height = place
    return _contains_any(rounds, (left + width / 2, top + height / 2))


def _searched(
    ink: Pixels,
    places: list[tuple[int, int, int, int]],
    readings: list[tuple[Candidate, Reading]],
    dpi: float,
    kind: Ink,
    deadline: float,
) -> list[tuple[Candidate, Reading]]:
    """Look for a mark in patches of ink where none was read: other stamps may lie over it, or its frame be gone."""
    marks = [candidate for candidate, reading in readings if reading.text in MARKS]
    known = [candidate for candidate, reading in readings if reading.text is not None and reading.score >= WELL_READ]
    found = []
    for left, top, width, height in places[:LIMIT_PATCHES]:
        if time.process_time() > deadline:
            break
        middle = _level_box((left, top, width, height))
        if any(_contains_any([middle], mark.rectangle[0]) for mark in marks) or _is_explained(middle, known):
            continue
        hit = search(np.ascontiguousarray(ink[top : top + height, left : left + width]), left, top, dpi)
        if hit is None:
            continue
        text = hit.word if hit.score >= ACCEPT else None
        # BẢO MẬT and PHÁP LUẬT end like MẬT, but nothing is like TỐI MẬT or TUYỆT MẬT as a whole.
        if not hit.alone and (hit.word == MARKS[0] or hit.own_score < WHOLE_SURE):
            text, other = _read_patch(ink[top : top + height, left : left + width], dpi)
            if other:
                continue  # the end of BẢO MẬT, PHÁP LUẬT or the like
        found.append((Candidate(hit.rectangle, kind, framed=text is None), Reading(text, hit.score, letters=True)))
    return found


def _read_patch(ink: Pixels, dpi: float) -> tuple[str | None, bool]:
    """Read a patch with other letters beside the word: the mark in it if any, and whether it plainly says otherwise."""
    engine = ocr.engine()
    if engine is None:
        return None, False
    words = [w for w in engine.words(as_print(ink), ocr.Layout.BLOCK, int(dpi)) if w.confidence >= 35]
    lines: dict[tuple[int, int, int], list[str]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word.text)
    said = {folded("".join(line)) for line in lines.values()}
    for mark in reversed(MARKS):
        if folded(mark) in said:
            return mark, False
    return None, any(len(line) >= 5 for line in said)


def _is_explained(patch: Rectangle, known: list[Candidate]) -> bool:
    """Whether stamps that were read well make up most of a patch of ink."""
    inside = [item.rectangle[1] for item in known if _contains_any([patch], item.rectangle[0])]
    area = patch[1][0] * patch[1][1]
    return max((width * height for width, height in inside), default=0.0) > EXPLAINED * area


def settled(readings: list[tuple[Candidate, Reading]]) -> list[tuple[Candidate, Reading]]:
    """Keep one reading a place: a mark before another word, a read one before an unread one, then the surest."""
    order = sorted((item for item in readings if item[1].letters), key=lambda item: _order(item[1]))
    kept: list[tuple[Candidate, Reading]] = []
    for candidate, reading in order:
        if (reading.text is not None or candidate.framed) and not any(
            _same_place(candidate, other) for other, _ in kept
        ):
            kept.append((candidate, reading))
    return kept


def _order(reading: Reading) -> tuple[bool, bool, bool, int, float]:
    """Return what comes first. A word barely made out is worth no more than letters that were likelier something else."""
    text = reading.text
    if text is None or (text in VOCABULARY and text not in MARKS and reading.score < WEAK):
        return True, True, True, 0, -reading.score
    return False, text not in MARKS, text not in VOCABULARY, -len(text), -reading.score


def _same_place(one: Candidate, other: Candidate) -> bool:
    """Whether the centre of one lies within the other."""
    first, second = one.rectangle, other.rectangle
    return (
        cv2.pointPolygonTest(cv2.boxPoints(first), second[0], measureDist=False) >= 0
        or cv2.pointPolygonTest(cv2.boxPoints(second), first[0], measureDist=False) >= 0
    )


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
