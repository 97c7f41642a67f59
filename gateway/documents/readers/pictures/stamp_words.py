"""Words of a stamp: its letters compared with those of official stamps, then Tesseract when in doubt.

Negative words (urgency, copies, registry) are compared too, so that KHẨN is recognised as KHẨN and not as a bad MẬT.
The words are drawn once, when the process starts, with the bold faces of Debian's fonts-liberation and fonts-dejavu;
without these fonts only Tesseract reads.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from gateway.documents.readers.pictures import ocr
from gateway.documents.readers.pictures.rectangles import Pixels, level
from gateway.documents.readers.pictures.spots import runs, spots
from gateway.vietnamese.marks.scanned import distance

MARKS = ("MẬT", "TỐI MẬT", "TUYỆT MẬT")
"""Words of a secrecy stamp (Law 2018, Article 8; Circular 24/2020/TT-BCA)."""
AUXILIARY = ("TÀI LIỆU THU HỒI", "GIẢI MẬT", "BẢN SAO SỐ", "BẢN SỐ")
DECLASSIFIED = "GIẢI MẬT"
"""Lifts secrecy, so it is believed only when it is read beyond doubt."""
OTHERS = (
    "KHẨN", "HỎA TỐC", "HOẢ TỐC", "THƯỢNG KHẨN", "BẢN SAO", "SAO Y", "SAO LỤC", "TRÍCH SAO", "CÔNG VĂN ĐẾN", "VĂN BẢN ĐẾN", "ĐẾN",
    "DỰ THẢO", "XEM XONG TRẢ LẠI", "LƯU HÀNH NỘI BỘ", "HẸN GIỜ", "KÝ THAY", "BẢN CHÍNH", "TÀI LIỆU HỌP",
    "ĐÃ DUYỆT", "ĐÃ KÝ", "ĐÃ THU TIỀN", "ĐÃ THANH TOÁN", "ĐÃ KIỂM TRA", "SAO Y BẢN CHÍNH", "TÀI LIỆU HỘI NGHỊ",
    "BẢO MẬT", "BÍ MẬT", "PHÁP LUẬT", "LUẬT", "CẬP NHẬT", "KỸ THUẬT", "NGHỆ THUẬT", "CHỦ NHẬT",
    "ĐẠT", "KHÔNG ĐẠT", "TỐT", "KHÁ", "GIỎI", "NHẤT", "NHẬT", "MẪU", "MẪU SỐ", "MẶT TRƯỚC", "MẶT SAU", "CHỨNG THỰC", "CĂN CƯỚC CÔNG DÂN",
)  # fmt: skip
NAMED = ("TÀI LIỆU MẬT", "VĂN BẢN MẬT", "CÔNG VĂN MẬT", "HỒ SƠ MẬT")
"""Marks with a noun; compared beside other stamps that differ from them in a few letters."""
_WITHOUT_DOT = re.compile(r"\bMÂT\b")
"""No word: the dot of its Ậ was lost."""
VOCABULARY = MARKS + AUXILIARY + NAMED + OTHERS

HEIGHT = 32
_FONTS = (
    "/usr/share/fonts/truetype/liberation/LiberationSerif-Bold.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
)
SURE = 0.70
"""Correlation from which a word is taken as read."""
WEAK = 0.62
"""Score below which another word than a mark is but a guess."""
BEYOND_DOUBT = 0.9
"""Correlation from which another word than a mark is taken before the letters were cut out in other ways."""
WHOLE_SURE = 0.86
"""Correlation of a mark of two words from which it is believed whatever is beside it."""
DOUBT = 0.45
"""Below this the letters are like none of the words."""
LIKELIEST, REFINED, HOPELESS = 16, 6, 0.33
"""Numbers of word pictures compared in full and in several sizes, and the least correlation worth it."""
GLANCE = (36, 12)
"""Columns and rows of letters and words at a glance, whatever their proportions are."""
WELL_SET = 0.8
"""Correlation from which a box is not looked at as two lines."""
LEAST_ROW, ROW_INK = 8, 0.02
"""Pixels of a line of letters, and the share of a row that ink covers within one."""
MARGIN = 0.06
"""A word must lead the next different one by so much to be taken without Tesseract."""
LIKELY, READ_WELL = 0.6, 70.0
"""Correlation with a mark from which another reading must have that confidence."""
CLEAR = 80.0
"""Confidence of Tesseract, of 100, from which a word of three letters says what it says: ĐẠT is no bad MẬT."""


@dataclass(frozen=True, slots=True)
class Template:
    """One word as a picture of `HEIGHT` rows."""

    word: str
    picture: npt.NDArray[np.float32]

    @property
    def aspect(self) -> float:
        """Width by height."""
        return float(self.picture.shape[1] / HEIGHT)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reading of a box."""

    text: str | None
    """The words, None when there are letters but they could not be read."""
    score: float
    """Correlation or confidence, 0 to 1."""
    letters: bool
    """Whether there is something like a line of letters in the box at all."""
    asked: bool = False
    """Tesseract was asked, which takes time."""


@functools.cache
def templates() -> tuple[Template, ...]:
    """Draw the vocabulary; empty when no font is installed."""
    from PIL import Image, ImageDraw, ImageFont

    drawn = []
    for path in _FONTS:
        if not Path(path).is_file():
            continue
        font = ImageFont.truetype(path, 64)
        for word in VOCABULARY:
            left, top, right, bottom = (int(edge) for edge in font.getbbox(word))
            image = Image.new("L", (right - left, bottom - top), 0)
            ImageDraw.Draw(image).text((-left, -top), word, font=font, fill=255)
            glyphs = np.asarray(image, np.float32)
            width = max(8, round(glyphs.shape[1] * HEIGHT / glyphs.shape[0]))
            picture = cv2.GaussianBlur(cv2.resize(glyphs, (width, HEIGHT), interpolation=cv2.INTER_AREA), (5, 5), 0)
            drawn.append(Template(word, np.asarray(picture, np.float32)))
    return tuple(drawn)


def letters_of(box: Pixels) -> Pixels | None:
    """Return the letters in an upright box, tightly cut and without frame, None when there are none."""
    height, width = box.shape
    if height < 10 or width < 16:
        return None
    smooth = cv2.GaussianBlur(box, (3, 3), 0)
    mask = ((smooth > max(8.0, level(smooth, 97) * 0.38)) * np.uint8(255)).astype(np.uint8)
    labels, boxes = spots(mask)
    keep = np.zeros(len(boxes) + 1, bool)
    for label, (x, y, w, h, area) in enumerate(boxes.tolist(), 1):
        edge = x <= 1 or y <= 1 or x + w >= width - 1 or y + h >= height - 1
        frame = (
            w > 0.75 * width
            or (h > 0.8 * height and w < 0.12 * width)
            or (edge and area < 0.5 * w * h and w > 0.4 * width)
        )
        sliver = edge and (h < 0.12 * height or w < 0.04 * width)
        keep[label] = not frame and not sliver and area >= max(4, 0.0006 * height * width)
    if not keep.any():
        return None
    clean = np.where(keep[labels], smooth, 0).astype(np.uint8)
    kept = boxes[keep[1:]]
    tall = kept[kept[:, 3] > 0.25 * height]
    if not len(tall):
        return None
    left, right = int(np.min(tall[:, 0])), int(np.max(tall[:, 0] + tall[:, 2]))
    # Diacritics are above and below the letters: take everything between the outer ones.
    inner = kept[(kept[:, 0] + kept[:, 2] > left) & (kept[:, 0] < right)]
    top, bottom = int(np.min(inner[:, 1])), int(np.max(inner[:, 1] + inner[:, 3]))
    cut = clean[top:bottom, left:right]
    return cut if cut.shape[0] >= 8 and cut.shape[1] >= 12 else None


def compare(letters: Pixels) -> list[tuple[float, str]]:
    """Return correlation and word, best first, one entry a word, for the words that are like the letters at a glance.

    They are compared in one size; the likeliest again a little higher and lower, then a little wider and narrower.
    """
    height, width = letters.shape
    aspect = width / height
    blurred = cv2.GaussianBlur(letters, (3, 3), 0).astype(np.float32)
    fitting = [number for number, one in enumerate(templates()) if 0.66 < one.aspect / aspect < 1.5]
    if len(fitting) > LIKELIEST:
        fitting = [fitting[place] for place in np.argsort(-_alike(blurred, fitting))[:LIKELIEST]]
    rough = sorted(((_correlation(blurred, templates()[number], 1.0, 1.0), number) for number in fitting), reverse=True)
    best: dict[str, float] = {}
    for place, (score, number) in enumerate(rough):
        template = templates()[number]
        if place < REFINED and score > HOPELESS:
            score, tall = max((score, 1.0), *((_correlation(blurred, template, h, 1.0), h) for h in (0.9, 1.12)))  # noqa: PLW2901
            score = max(score, *(_correlation(blurred, template, tall, wide) for wide in (0.95, 1.06)))  # noqa: PLW2901
        best[template.word] = max(score, best.get(template.word, -1.0))
    return sorted(((score, word) for word, score in best.items()), reverse=True)


def _alike(letters: npt.NDArray[np.float32], numbers: list[int]) -> npt.NDArray[np.float32]:
    """Return how templates correlate with letters of their size at a glance, each at best of some places: one matrix product."""
    columns, rows = GLANCE
    small = cv2.GaussianBlur(cv2.resize(letters, GLANCE, interpolation=cv2.INTER_AREA), (3, 3), 0)
    around = cv2.copyMakeBorder(small, 1, 1, 2, 2, cv2.BORDER_CONSTANT, value=0)
    places = [_unit(around[y : y + rows, x : x + columns]) for y in range(3) for x in range(5)]
    # By OpenCV: the threads of numpy's BLAS wait for one another with all their might on a busy machine.
    return np.asarray(cv2.gemm(glances()[numbers], np.stack(places), 1.0, None, 0.0, flags=cv2.GEMM_2_T).max(axis=1))


@functools.cache
def glances() -> npt.NDArray[np.float32]:
    """Return the templates at a glance, one a row."""
    drawn = [_unit(cv2.resize(one.picture, GLANCE, interpolation=cv2.INTER_AREA)) for one in templates()]
    return np.stack(drawn) if drawn else np.zeros((0, GLANCE[0] * GLANCE[1]), np.float32)


def _unit(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return a picture as a vector of length 1 about its mean."""
    vector = picture.ravel() - picture.mean()
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6), np.float32)


def _correlation(letters: npt.NDArray[np.float32], template: Template, tall: float, wide: float) -> float:
    """Return how well letters of that height and width fit a word, wherever in a narrow border; -1 when too small."""
    columns = template.picture.shape[1]
    size = (round(columns * wide), round(HEIGHT * tall))
    picture = cv2.GaussianBlur(cv2.resize(letters, size, interpolation=cv2.INTER_AREA), (5, 5), 0)
    picture = cv2.copyMakeBorder(picture, 4, 4, 8, 8, cv2.BORDER_CONSTANT, value=0)
    if picture.shape[0] < HEIGHT or picture.shape[1] < columns:
        return -1.0
    return float(cv2.matchTemplate(picture, template.picture, cv2.TM_CCOEFF_NORMED).max())


def read_box(box: Pixels, *, allow_ocr: bool = True) -> Reading:
    """Read an upright box of ink: one line, or two of which one may name the office or both make up the mark."""
    whole = _read_line(box, allow_ocr=allow_ocr)
    if whole.text in VOCABULARY and whole.score >= WELL_SET:
        return whole
    lines = rows(box)
    if len(lines) < 2:
        return whole
    found = [_read_line(line, allow_ocr=allow_ocr) for line in lines]
    joined = folded("".join(reading.text or "" for reading in found))
    asked = whole.asked or any(reading.asked for reading in found)
    score = min(reading.score for reading in found)
    for mark in reversed(MARKS):
        if joined == folded(mark):
            return Reading(mark, score, letters=True, asked=asked)
    named = [reading for reading in found if reading.text in VOCABULARY and reading.score >= SURE]
    if named and (whole.text is None or whole.text not in VOCABULARY):
        best = min(named, key=lambda reading: (reading.text not in MARKS, -reading.score))
        return Reading(best.text, best.score, letters=True, asked=asked)
    return replace(whole, asked=asked)


def rows(box: Pixels) -> list[Pixels]:
    """Return the lines of letters in an upright box, from top to bottom, without its frame; itself left out if it is one."""
    height, width = box.shape
    edge_y, edge_x = max(2, int(0.07 * height)), max(2, int(0.04 * width))
    inner = box[edge_y:-edge_y, edge_x:-edge_x]
    if inner.shape[0] < 2 * LEAST_ROW or inner.shape[1] < 16:
        return []
    mask = inner > max(8.0, level(inner, 97) * 0.38)
    inked = mask.mean(axis=1) > ROW_INK
    # A dot below and the accents above are rows of their own; they belong to the letters they are next to.
    tall = [(a, b) for a, b in runs(inked) if b - a >= LEAST_ROW and b - a >= 0.12 * inner.shape[0]]
    if len(tall) != 2:
        return []
    (_, first_end), (second_start, _) = tall
    between = inked[first_end:second_start]
    quiet = np.flatnonzero(mask[first_end:second_start].mean(axis=1) <= ROW_INK) if len(between) else np.array([])
    if not len(quiet):
        return []
    # Capitals have marks above, and of all the letters of a mark only Ậ one below.
    cut = first_end + int(quiet[np.argmin(mask[first_end:second_start].mean(axis=1)[quiet])])
    return [np.ascontiguousarray(inner[:cut]), np.ascontiguousarray(inner[cut:])]


def _read_line(box: Pixels, *, allow_ocr: bool) -> Reading:
    """Read an upright box of ink as one line."""
    best: tuple[float, float, str, Pixels] | None = None
    first = None
    likeliest: dict[str, float] = {}
    for letters in cuts(box):
        first = letters if first is None else first
        ranking = compare(letters)
        if not ranking:
            continue
        for other, name in ranking:
            likeliest[name] = max(other, likeliest.get(name, 0.0))
        score, word = ranking[0]
        rival = next((other for other, name in ranking if folded(name) != folded(word)), 0.0)
        if best is None or score > best[0]:
            best = (score, rival, word, letters)
        if score >= (SURE if word in MARKS else BEYOND_DOUBT) and score - rival >= MARGIN:
            break  # of another word the rest of the letters may have been cut off: LUẬT out of TỐI MẬT
    if first is None:
        return Reading(None, 0.0, letters=False)
    score, rival, word, letters = best if best is not None else (0.0, 0.0, "", first)
    enough = SURE if word in MARKS or not allow_ocr else BEYOND_DOUBT
    if score >= enough and score - rival >= MARGIN and (word != DECLASSIFIED or score >= SURE + 0.1):
        return Reading(word, score, letters=True)
    overall = sorted(((likeness, name) for name, likeness in likeliest.items()), reverse=True)
    for attempt in (letters, first) if allow_ocr else ():
        seen = recognise(attempt)
        if seen is not None:
            settled = settle(seen, overall)
            if settled.text is not None:
                return settled
        if attempt is first:
            break
    # So unsure a word must lead however the letters are cut out.
    rival = next((other for other, name in overall if folded(name) != folded(word)), 0.0)
    if score >= DOUBT + 0.1 and score - rival >= MARGIN and word not in AUXILIARY + NAMED:
        return Reading(word, score, letters=True, asked=allow_ocr)
    return Reading(None, score, letters=_is_line(first, box), asked=allow_ocr)


def cuts(box: Pixels) -> Iterator[Pixels]:
    """Yield the letters of a box cut out in different ways: by what hangs together, and by mere trimming."""
    letters = letters_of(box)
    if letters is not None:
        yield letters
    for share in (0.12, 0.22):
        trimmed = _trimmed(box, share)
        if trimmed is not None and (letters is None or trimmed.shape != letters.shape):
            yield trimmed


def _trimmed(box: Pixels, share: float) -> Pixels | None:
    """Cut off the frame by a share of the height and tighten to the rows and columns with ink."""
    height, width = box.shape
    edge = max(2, int(height * share))
    if height - 2 * edge < 8 or width - 2 * edge < 12:
        return None
    inner = cv2.GaussianBlur(box[edge : height - edge, edge : width - edge], (3, 3), 0)
    mask = inner > max(6.0, level(inner, 97) * 0.33)
    rows, columns = np.where(mask.mean(axis=1) > 0.035)[0], np.where(mask.mean(axis=0) > 0.06)[0]
    if len(rows) < 8 or len(columns) < 12:
        return None
    return np.asarray(inner[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], np.uint8)


def _is_line(letters: Pixels, box: Pixels) -> bool:
    """Return whether ink cut out of a box is like letters side by side, not like a part of a drawing or seal, or a number in a plan."""
    height, width = letters.shape
    mask = ((letters > max(8.0, level(letters, 97) * 0.38)) * np.uint8(255)).astype(np.uint8)
    widths = [wide for _, _, wide, high, _ in spots(mask)[1].tolist() if high >= 0.4 * height and wide <= 2.2 * height]
    return len(widths) >= 2 and sum(widths) >= 0.45 * width and width >= max(1.2 * height, box.shape[1] / 3)


def recognise(letters: Pixels) -> ocr.Word | None:
    """Read cut letters with Tesseract as one line, None when it sees none."""
    engine = ocr.engine()
    if engine is None:
        return None
    scale = 44 / letters.shape[0]
    grown = cv2.resize(letters, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    top = max(level(grown, 98), 1.0)
    picture = 255 - np.clip(grown.astype(np.float32) * (255 / top), 0, 255).astype(np.uint8)
    picture = cv2.copyMakeBorder(picture, 14, 14, 18, 18, cv2.BORDER_CONSTANT, value=255)
    words = [word for word in engine.words(picture, ocr.Layout.LINE, 200) if any(ch.isalnum() for ch in word.text)]
    if not words:
        return None
    text = " ".join(word.text for word in words)
    confidence = sum(word.confidence for word in words) / len(words)
    return ocr.Word(text, confidence, 0, 0, letters.shape[1], letters.shape[0], (0, 0, 0))


def settle(seen: ocr.Word, ranking: list[tuple[float, str]]) -> Reading:
    """Weigh what Tesseract read against the correlations."""
    seen = replace(seen, text=_WITHOUT_DOT.sub(MARKS[0], seen.text))
    plain = folded(seen.text)
    letters = [ch for ch in seen.text if ch.isalpha()]
    # Print that runs through a stamp is read in its stead, but not well.
    hidden = seen.confidence < READ_WELL and any(word in MARKS and score >= LIKELY for score, word in ranking)
    is_small = sum(ch.islower() for ch in letters) * 2 > len(letters)
    if is_small and seen.confidence >= 45 and len(letters) >= 2 and not hidden:
        return Reading(seen.text, seen.confidence / 100, letters=True, asked=True)  # ordinary text, no stamp's capitals
    scores = {word: score for score, word in ranking}
    candidates = sorted(
        (distance(plain, folded(word)) / max(len(folded(word)), 1), -scores.get(word, 0.0), word) for word in VOCABULARY
    )
    off, negative, word = candidates[0]
    shortest = folded(MARKS[0])
    if (
        off
        and (word in NAMED or plain.endswith(shortest))
        and plain.endswith(shortest) != folded(word).endswith(shortest)
    ):
        off = 1.0  # TÀI LIỆU MẬT is no TÀI LIỆU HỌP, and VĂN BẢN ĐI no VĂN BẢN MẬT
    few = len(folded(word)) <= 3
    # Of so few letters one more or less makes another word, unless their picture speaks for it too: MẶT A is no MẬT.
    short = few and (seen.confidence >= CLEAR or not ranking or ranking[0][1] != word)
    if off == 0 or (off <= 0.34 and -negative >= DOUBT and word != DECLASSIFIED and not short):
        return Reading(word, max(-negative, seen.confidence / 100), letters=True, asked=True)
    best, name = ranking[0] if ranking else (0.0, "")
    rival = next((other for other, other_name in ranking if folded(other_name) != folded(name)), 0.0)
    if best >= DOUBT + 0.1 and best - rival >= MARGIN and seen.confidence < 70 and name not in (DECLASSIFIED, *NAMED):
        return Reading(name, best, letters=True, asked=True)
    if seen.confidence >= (45 if len(plain) >= 4 else CLEAR) and len(plain) >= 2 and not hidden:
        return Reading(seen.text, seen.confidence / 100, letters=True, asked=True)
    return Reading(None, best, letters=True, asked=True)


def folded(text: str) -> str:
    """Return the bare capitals of a text: no diacritics, spaces or signs."""
    plain = unicodedata.normalize("NFD", text.upper().replace("Đ", "D"))
    return "".join(ch for ch in plain if "A" <= ch <= "Z")
