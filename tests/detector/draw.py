"""Training pictures for the detector of MẬT: parts of drawn pages at about 100 dpi, with the word in every guise.

A sample is a square of `SIDE` pixels: print, tables, seals, signatures, photos, charts, and over them stamps that say a
mark or something else, at any angle, in any ink, worn, hollow, inverse, spaced, stacked. Everything depends on the seed.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from gateway.documents.readers.pictures.detector import planes
from tests.detector.printer import Printer
from tests.detector.vocabulary import FAR, INKS, MARKS, NEAR, UNSURE

SIDE, STRIDE = 160, 8
PAGES, LONGEST = 60, 84.0
"""Pages kept to cut parts from, and pixels of the widest word: the network sees no further."""
REFERENCE = 16.0
"""Pixels of capitals whose logarithm of height is 0."""
HELD_OUT = ("DejaVu", "Junicode", "LinBiolinum")
"""Fonts that the tests use, which training does not see."""
OFFICE = ("Liberation", "Tinos", "Arimo", "FreeSerif", "FreeSans", "NotoS", "texgyretermes", "texgyreheros")
Pixels = np.ndarray


def fonts(folder: Path, *, held_out: bool = False) -> list[list[str]]:
    """Families of fonts that have Vietnamese capitals; the office ones count as often as all others."""
    from fontTools.ttLib import TTFont

    families: dict[str, list[str]] = {}
    for path in sorted([*folder.rglob("*.ttf"), *folder.rglob("*.otf")], key=lambda path: (path.name, str(path))):
        if path.name.startswith(HELD_OUT) != held_out:
            continue
        try:
            known = TTFont(path, lazy=True).getBestCmap() or {}
        except Exception:
            continue
        if all(ord(letter) in known for letter in "MẬTỐIUYỆĂẶẤƯỜĐ"):
            families.setdefault(path.stem.split("-")[0].split("_")[0][:12], []).append(str(path))
    office = [family for name, family in families.items() if name.startswith(OFFICE)]
    return list(families.values()) + office * max(1, len(families) // max(1, len(office)))


def _around(picture: Pixels, x: float, y: float, reach: float) -> Pixels:
    return picture[max(int(y - reach), 0) : int(y + reach) + 1, max(int(x - reach), 0) : int(x + reach) + 1]


def _differs(before: Pixels, after: Pixels, x: float, y: float, tall: float) -> bool:
    """Whether a stamp can be seen where it was pressed: red ink on black leaves nothing."""
    one, other = (_around(picture, x, y, 0.7 * tall).astype(np.int16) for picture in (before, after))
    return float(np.percentile(np.abs(one - other).max(axis=2), 90)) > 25


@dataclass
class Word:
    """A word that was drawn: its middle, degrees clockwise, the height of its capitals, and whether it left any ink."""

    x: float
    y: float
    turn: float
    tall: float
    seen: bool = True


@dataclass
class Scene:
    """A part of a page, as the scanner gives it (BGR), and the words that were pressed on it."""

    picture: Pixels
    marks: list[Word]
    unsure: list[Word]
    others: list[Word]


def stands_out(given: Pixels, word: Word) -> bool:
    """Whether anything is left of a word after the scanner, in the planes that the network sees."""
    part = [cv2.blur(_around(plane, word.x, word.y, 0.7 * word.tall), (3, 3)) for plane in given]
    return max(float(plane.std()) for plane in part) > 0.035


class Drawer(Printer):
    """Draws samples, one after another, from one seed."""

    def __init__(self, families: list[list[str]], seed: int, *, scale: int = 1) -> None:
        """`scale` 1 is 100 dpi, 2 is 200."""
        self.families, self.rng = families, random.Random(seed)
        self.scale, self.side = scale, scale * SIDE
        self.grain = np.random.default_rng(seed)
        self.noise = self.grain.standard_normal((3 * self.side, 3 * self.side, 3), np.float32)
        self.pages: list[tuple[Pixels, Pixels, Pixels]] = [self._sizes() for _ in range(PAGES)]

    def renew(self) -> None:
        """Put a new page in place of an old one."""
        self.pages[self.rng.randrange(PAGES)] = self._sizes()

    def _sizes(self) -> tuple[Pixels, Pixels, Pixels]:
        page = self._page()
        first, second, third = (
            cv2.resize(page, None, fx=f, fy=f, interpolation=cv2.INTER_AREA)
            for f in (0.5 * self.scale, 0.25 * self.scale, 0.125 * self.scale)
        )
        return first, second, third

    def word(self, text: str) -> tuple[Pixels, float, float, float, float]:
        """Return the mask of a stamp, the place of its MẬT (or of its middle), the height of capitals, the word's extent."""
        rng, font = self.rng, self.font(60)
        spacing = 0.0 if rng.random() < 0.8 else rng.uniform(0.1, 1.1) * 40
        bold = rng.choice((0, 0, 0, 1, 2, 3))
        stacked = rng.random() < 0.12 and len(text) <= 9
        broken = not stacked and text.count(" ") == 1 and rng.random() < 0.1
        left, top, _, bottom = font.getbbox("M")
        high = bottom - top
        wave = rng.uniform(3, 12) if rng.random() < 0.05 else 0.0
        places: list[tuple[float, float]] = []
        x = y = 0.0
        for index, letter in enumerate(text):
            places.append((x, y + wave * math.sin(index)))
            if stacked:
                y += high * rng.uniform(1.3, 1.65) if letter != " " else high * 0.6
            elif broken and letter == " ":
                x, y = rng.uniform(-0.5, 1.5) * high, y + high * 1.75
            else:
                x += (font.getlength(text[: index + 1]) - font.getlength(text[:index])) + spacing
        shift = -min(0.0, *(p[0] for p in places))
        places = [(px + shift, py) for px, py in places]
        pad = 24
        size = int(max(p[0] for p in places) + 62 + 2 * pad), int(max(p[1] for p in places) + 78 + 2 * pad)
        glyphs, hollow = Image.new("L", size, 0), rng.random() < 0.14
        draw = ImageDraw.Draw(glyphs)
        for (px, py), letter in zip(places, text, strict=True):
            draw.text((pad + px, pad + py), letter, 255, font, stroke_width=bold + (3 if hollow else 0))
        if hollow:
            for (px, py), letter in zip(places, text, strict=True):
                draw.text((pad + px, pad + py), letter, 0, font, stroke_width=max(0, bold - 1))
        start = text.rfind("MẬT")
        first, last = (start, start + 2) if start >= 0 else (0, len(text) - 1)
        ends = [places[first][0], places[last][0] + font.getlength(text[last])]
        cx, cy = pad + sum(ends) / 2, pad + (places[first][1] + places[last][1]) / 2 + (top + bottom) / 2
        extent = max(abs(ends[1] - ends[0]), abs(places[last][1] - places[first][1]) + high)
        mask = np.asarray(glyphs)
        columns, rows = np.flatnonzero(mask.max(0)), np.flatnonzero(mask.max(1))
        if not len(columns):
            return mask, cx, cy, high, extent
        gap_x, gap_y = int(rng.uniform(8, 40)), int(rng.uniform(6, 28))
        style = rng.random()
        if style > 0.9:
            gap_x, gap_y = int(gap_x * rng.uniform(1, 8)), int(gap_y * rng.uniform(1, 4))
        x0, x1, y0, y1 = columns[0] - gap_x, columns[-1] + gap_x, rows[0] - gap_y, rows[-1] + gap_y
        edge = 12 + max(gap_x, gap_y)
        mask = cv2.copyMakeBorder(mask, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=0)
        corners = (x0 + edge, y0 + edge), (x1 + edge, y1 + edge)
        line = int(rng.uniform(2, 8))
        if style < 0.45:
            cv2.rectangle(mask, *corners, 255, line)
            if rng.random() < 0.4:
                outer = (corners[0][0] - 10, corners[0][1] - 10), (corners[1][0] + 10, corners[1][1] + 10)
                cv2.rectangle(mask, *outer, 255, 2)
        elif style < 0.50:
            middle = (corners[0][0] + corners[1][0]) // 2, (corners[0][1] + corners[1][1]) // 2
            cv2.ellipse(mask, middle, ((x1 - x0) * 6 // 10, (y1 - y0) * 8 // 10), 0, 0, 360, 255, line)
        elif style < 0.53:
            cv2.line(mask, (corners[0][0], corners[1][1]), corners[1], 255, line)
        elif style > 0.88:
            solid = np.zeros_like(mask)
            cv2.rectangle(solid, *corners, 255, -1)
            mask = cv2.subtract(solid, mask)
        return mask, cx + edge, cy + edge, high, extent

    def angle(self) -> float:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.42:
            return rng.uniform(-8, 8)
        if kind < 0.55:
            return rng.choice((90, 180, 270)) + rng.uniform(-8, 8)
        return rng.uniform(-65, 65) if kind < 0.88 else rng.uniform(0, 360)

    def press(self, picture: Pixels, text: str, x: float, y: float) -> tuple[float, float, float]:
        """Draw a stamp whose MẬT is at a place; return its angle, the height of its capitals, the extent of the word."""
        rng = self.rng
        mask, cx, cy, high, extent = self.word(text)
        turn, most = self.angle(), 26.0 if rng.random() < 0.7 else 14.0
        stretch = rng.uniform(0.75, 1.3)
        tall = self.scale * math.exp(rng.uniform(math.log(9.5), math.log(most)))
        if "MẬT" in text:
            tall = max(9.5 * self.scale, min(tall, self.scale * LONGEST * high / (extent * stretch)))
        scale = tall / high
        shear = rng.uniform(-0.5, 0.5) if rng.random() < 0.35 else 0.0
        cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        to = np.array([[cos, -sin], [sin, cos]]) @ np.array([[stretch, shear], [0, 1]]) * scale
        matrix = np.column_stack([to, np.array([x, y]) - to @ np.array([cx, cy])])
        rows, columns = mask.shape
        box = (matrix @ np.array([[0, columns, columns, 0], [0, 0, rows, rows], [1, 1, 1, 1]])).T
        left, top = np.clip(np.floor(box.min(0)), 0, self.side - 2).astype(int)
        right, bottom = np.clip(np.ceil(box.max(0)), (left + 1, top + 1), self.side).astype(int)
        matrix[:, 2] -= left, top
        size = (int(right - left), int(bottom - top))
        soft = cv2.GaussianBlur(mask, (0, 0), 0.35 / scale)
        ink = cv2.warpAffine(soft, matrix, size, flags=cv2.INTER_LINEAR).astype(np.float32) / 255
        part = picture[top:bottom, left:right]
        if rng.random() < 0.5:  # on blank paper
            paper = [255, 255, 255] if rng.random() < 0.8 else [rng.randint(150, 255) for _ in range(3)]
            cv2.fillConvexPoly(part, (box - [left, top]).astype(np.int32), paper)
        if rng.random() < 0.08:  # dots
            phase = (
                np.add.outer(np.arange(size[1]), np.arange(size[0])) if rng.random() < 0.5 else np.arange(size[0])[None]
            )
            ink *= phase % rng.randint(2, 4) != 0
        if rng.random() < 0.6:
            coarse = cv2.resize(self.grain.random((8, 8), np.float32), size, interpolation=cv2.INTER_CUBIC)
            worn = rng.uniform(0, 0.6)
            ink *= np.clip(1 - worn * (0.6 * coarse + 0.7 * self.grain.random(size[::-1], np.float32)), 0.05, 1)
        colour = np.array([min(255, max(0, c + rng.randint(-25, 25))) for c in rng.choice(INKS)], np.float32)
        if rng.random() < 0.09:  # light and opaque on a dark ground
            ground = np.array(
                [rng.randint(0, 200) if rng.random() < 0.5 else rng.randint(0, 60) for _ in range(3)], np.float32
            )
            ground *= min(1.0, 130 / max(float(ground.max()), 1.0)) if rng.random() < 0.5 else 1.0
            keep = rng.choice((0.0, 0.0, 0.15, 0.4))
            if rng.random() < 0.7:
                part[:] = (part * keep + ground * (1 - keep)).astype(np.uint8)
            else:
                picture[:] = (picture * keep + ground * (1 - keep)).astype(np.uint8)
            colour[:] = rng.randint(215, 255)
            part[:] = (part * (1 - ink[..., None]) + colour * ink[..., None]).astype(np.uint8)
        else:
            part[:] = (part * (1 - ink[..., None] * (1 - colour / 255))).astype(np.uint8)
        return turn, tall, extent * stretch * scale

    def scene(self) -> Scene:
        """Draw a part of a page with words on it, some of which are marks."""
        rng = self.rng
        if rng.random() < 0.85:
            page = self.pages[rng.randrange(PAGES)][rng.choice((0, 0, 1, 2))]
            turn = rng.choice((0, 0, 0, 90, 180, 270)) + rng.gauss(0, 2) if rng.random() < 0.85 else rng.uniform(0, 360)
            middle = [side * rng.uniform(0.12, 0.88) for side in (page.shape[1], page.shape[0])]
            matrix = cv2.getRotationMatrix2D(middle, turn, rng.uniform(0.7, 1.3))
            matrix[:, 2] += np.array([self.side / 2, self.side / 2]) - middle
            picture = cv2.warpAffine(
                page, matrix, (self.side, self.side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        else:
            picture = np.full((self.side, self.side, 3), 255, np.uint8)
        taken: list[tuple[float, float]] = []
        scene = Scene(picture, [], [], [])
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            x, y = rng.uniform(0, self.side), rng.uniform(0, self.side)
            text = rng.choice(NEAR) if rng.random() < 0.5 else rng.choice(FAR)
            into = scene.others
            if rng.random() < 0.1:
                text, into = rng.choice(UNSURE), scene.unsure
            turn, tall, _ = self.press(picture, text, x, y)
            into.append(Word(x, y, turn, tall))
            taken.append((x, y))
        for _ in range(rng.choice((0, 0, 0, 1, 1, 1, 1, 1, 2, 2))):
            edge = 12 * self.scale
            free = [(rng.uniform(edge, self.side - edge), rng.uniform(edge, self.side - edge)) for _ in range(20)]
            apart = 60 * self.scale
            x, y = next((p for p in free if all(math.dist(p, other) > apart for other in taken)), free[-1])
            before = picture.copy()
            turn, tall, _ = self.press(picture, rng.choice(MARKS), x, y)
            taken.append((x, y))
            scene.marks.append(Word(x, y, turn, tall, seen=_differs(before, picture, x, y, tall)))
        scene.picture = np.ascontiguousarray(self.scanned(picture)[:, :, ::-1])
        return scene

    def sample(self) -> tuple[Pixels, Pixels]:
        """Return input (2, SIDE, SIDE) and target (5, cells, cells): wanted, weight, cosine, sine, logarithm of the height."""
        scene, cells = self.scene(), self.side // STRIDE
        target = np.zeros((5, cells, cells), np.float32)
        target[1] = 1
        ys, xs = np.mgrid[:cells, :cells] * STRIDE + STRIDE / 2 - 0.5
        for word in scene.unsure:
            target[1][np.hypot(xs - word.x, ys - word.y) < 50] = 0
        for word in scene.marks:
            far = np.hypot(xs - word.x, ys - word.y)
            near = far <= max(6.0, 0.45 * word.tall)
            target[1][far < 1.4 * word.tall] = 0
            target[0][near] = 0
            if word.seen:
                turn = math.radians(word.turn)
                values = (1, 1, math.cos(turn), math.sin(turn), math.log(word.tall / REFERENCE))
                for plane, value in zip(target, values, strict=True):
                    plane[near] = value
        given = planes(scene.picture)[0]
        for word in scene.marks:
            if word.seen and not stands_out(given, word):
                target[:2, np.hypot(xs - word.x, ys - word.y) < 1.4 * word.tall] = 0
        return given.astype(np.float16), target

    def scanned(self, picture: Pixels) -> Pixels:
        """What a scanner, a camera, a fax and a JPEG encoder do to it."""
        rng = self.rng
        if rng.random() < 0.03:
            picture = 255 - picture
        if rng.random() < 0.3:
            light = np.linspace(rng.uniform(0.6, 1), rng.uniform(0.75, 1), self.side, dtype=np.float32)
            light = light[None, :, None] if rng.random() < 0.5 else light[:, None, None]
            picture = picture * light * np.array([1, rng.uniform(0.93, 1), rng.uniform(0.84, 1)], np.float32)
        if rng.random() < 0.7:
            picture = cv2.GaussianBlur(np.asarray(picture, np.float32), (0, 0), rng.uniform(0.2, 1.1))
        if rng.random() < 0.6:
            row, column = rng.randrange(2 * self.side), rng.randrange(2 * self.side)
            picture = picture + rng.uniform(1, 14) * self.noise[row : row + self.side, column : column + self.side]
        picture = np.clip(picture, 0, 255).astype(np.uint8)
        kind = rng.random()
        if kind < 0.3:
            grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            if kind < 0.12:
                grey = (grey > rng.randint(130, 215)).astype(np.uint8) * np.uint8(255)
                if rng.random() < 0.7:
                    grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.3, 0.8))
            elif kind < 0.15:
                grey = (grey > self.grain.integers(20, 235, grey.shape)).astype(np.uint8) * np.uint8(255)
                if rng.random() < 0.7:
                    grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.5, 0.9))
            picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
        if rng.random() < 0.4:
            data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(20, 90)])[1]
            picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
        return picture
