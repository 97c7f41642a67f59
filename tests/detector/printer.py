"""Pictures on the pages that training draws: photos, seals, charts and slanting words."""

from __future__ import annotations

import functools
import math
import random

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.detector.vocabulary import BODY, CAPITALS, FAR, INKS

Pixels = np.ndarray
Font = ImageFont.FreeTypeFont


@functools.lru_cache(maxsize=3000)
def font_of(path: str, size: int) -> Font:
    return ImageFont.truetype(path, size)


class Printer:
    """Draws with fonts of these families, by chance."""

    families: list[list[str]]
    rng: random.Random
    grain: np.random.Generator

    def font(self, size: float) -> Font:
        return font_of(self.rng.choice(self.rng.choice(self.families)), int(size))

    def _page(self) -> Pixels:
        """A page of print, tables, headings and pictures, 200 dpi."""
        rng = self.rng
        page = Image.new("RGB", (1654, 2338), "white")
        draw = ImageDraw.Draw(page)
        if rng.random() < 0.12:
            page = self._photo(page.size)
            draw = ImageDraw.Draw(page)
        y, size = rng.randint(40, 160), rng.randint(26, 44)
        body = self.font(size)
        while y < 2200:
            what = rng.random()
            if what < 0.22:
                words = " ".join(rng.choice(CAPITALS) for _ in range(rng.randint(1, 6)))
                ink = rng.choice(("black", "black", "#a01020", "#203080"))
                draw.text((rng.randint(40, 1000), y), words, ink, self.font(rng.randint(28, 68)))
                y += 88
            elif what < 0.31:
                rows, columns, high = rng.randint(2, 5), rng.randint(2, 6), rng.randint(44, 80)
                for _ in range(rows):
                    for column in range(columns):
                        x = 120 + column * 1400 // columns
                        draw.rectangle((x, y, x + 1400 // columns, y + high), outline="black", width=rng.randint(2, 4))
                        word = rng.choice(BODY) if rng.random() < 0.6 else rng.choice(CAPITALS)
                        draw.text((x + 10, y + 6), word, "black", body)
                    y += high
                y += 40
            elif what < 0.35:
                y += rng.randint(60, 320)
            elif what < 0.40:
                x, wide, high = rng.randint(40, 1000), rng.randint(120, 480), rng.randint(60, 240)
                draw.rectangle((x, y, x + wide, y + high), fill=tuple(rng.randint(0, 255) for _ in range(3)))
                draw.text(
                    (x + 20, y + 10), rng.choice(FAR), rng.choice(("white", "black")), self.font(rng.randint(32, 80))
                )
                y += high + 20
            elif what < 0.45:
                y += self._seal(page, rng.randint(300, 1200), y)
            elif what < 0.50:
                y += self._figure(page, rng.randint(60, 900), y)
            elif what < 0.53:
                self._slanting(page, rng.randint(60, 900), y)
                y += 160
            else:
                for _ in range(rng.randint(1, 7)):
                    line = " ".join(rng.choice(BODY) for _ in range(13))
                    draw.text((rng.choice((120, 120, 180)), y), line[:1].upper() + line[1:], "black", body)
                    y += int(size * 1.4)
                y += 16
        if rng.random() < 0.7:  # a signature
            x, y = rng.randint(600, 1200), rng.randint(200, 2000)
            points = [(x + rng.randint(-120, 180), y + rng.randint(-80, 80)) for _ in range(14)]
            draw.line(points, fill=rng.choice(((30, 40, 160), (20, 20, 20), (200, 30, 40))), width=4)
        return np.asarray(page)

    def _photo(self, size: tuple[int, int]) -> Image.Image:
        page = Image.new("RGB", size, "white")
        for side in (6, 40, 200):
            part = cv2.resize(
                self.grain.integers(0, 255, (side, side, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC
            )
            page = Image.blend(page, Image.fromarray(part), 0.6 if side < 100 else 0.25)
        return page

    def _seal(self, page: Image.Image, x: int, y: int) -> int:
        rng, ink = self.rng, self.rng.choice(INKS[:8])
        draw, radius = ImageDraw.Draw(page), self.rng.randint(90, 160)
        draw.ellipse((x - radius, y, x + radius, y + 2 * radius), outline=ink, width=6)
        draw.ellipse((x - radius * 0.7, y + radius * 0.3, x + radius * 0.7, y + radius * 1.7), outline=ink, width=4)
        draw.regular_polygon((x, y + radius, radius * 0.25), 3, rng.randint(0, 90), fill=ink)
        words, letters = f"{' '.join(rng.sample(CAPITALS, 6))} * TP {rng.choice(CAPITALS)} *", self.font(radius * 0.17)
        for index, letter in enumerate(words[:49]):
            turn = index * 7.3
            glyph = Image.new("L", (40, 40), 0)
            ImageDraw.Draw(glyph).text((8, 2), letter, 255, letters)
            place = math.radians(turn - 180)
            at = x + 0.85 * radius * math.cos(place) - 20, y + radius + 0.85 * radius * math.sin(place) - 20
            page.paste(Image.new("RGB", (40, 40), ink), (int(at[0]), int(at[1])), glyph.rotate(90 - turn))
        if rng.random() < 0.5:
            draw.text((x - radius // 2, y + radius * 3 // 4), rng.choice(FAR)[:12], ink, self.font(radius * 0.25))
        draw.line(
            [(x + rng.randint(-180, 120), y + rng.randint(0, 240)) for _ in range(9)], fill=(30, 40, 160), width=4
        )
        return radius

    def _figure(self, page: Image.Image, x: int, y: int) -> int:
        """A chart, a map, a code of squares or a photo with its caption."""
        rng, draw = self.rng, ImageDraw.Draw(page)
        kind, wide, high = rng.randrange(4), rng.randint(200, 700), rng.randint(150, 400)
        colour = lambda: tuple(rng.randint(0, 230) for _ in range(3))
        if kind == 0:
            for bar in range(count := rng.randint(3, 9)):
                left, top = x + bar * wide // count, y + rng.randint(0, high - 20)
                draw.rectangle((left, top, left + wide // count - 10, y + high), fill=colour())
                draw.text((left, y + high + 4), rng.choice(BODY), "black", self.font(22))
        elif kind == 1:
            for _ in range(rng.randint(4, 14)):
                points = [(x + rng.randint(0, wide), y + rng.randint(0, high)) for _ in range(rng.randint(3, 9))]
                draw.line(points, fill=colour(), width=rng.randint(1, 6), joint="curve")
                draw.text(points[0], rng.choice(CAPITALS), colour(), self.font(rng.randint(20, 40)))
        elif kind == 2:
            cells = np.kron(self.grain.integers(0, 2, (25, 25), np.uint8), np.full((1, 1), 255, np.uint8))
            high = rng.randint(80, 240)
            page.paste(Image.fromarray(cells).resize((high, high), Image.Resampling.NEAREST), (x, y))
        else:
            page.paste(self._photo((wide, high)), (x, y))
            draw.text((x, y + high + 6), " ".join(rng.choice(BODY) for _ in range(6)), "black", self.font(26))
        return high + 50

    def _slanting(self, page: Image.Image, x: int, y: int) -> None:
        """A word of a letterhead or an advertisement, at any angle."""
        rng, font = self.rng, self.font(self.rng.randint(30, 90))
        words = " ".join(rng.choice(CAPITALS) for _ in range(rng.randint(1, 3)))
        glyphs = Image.new("L", (int(font.getlength(words)) + 20, 140), 0)
        ImageDraw.Draw(glyphs).text((10, 10), words, 255, font)
        glyphs = glyphs.rotate(rng.uniform(-90, 90), expand=True, resample=Image.Resampling.BICUBIC)
        page.paste(Image.new("RGB", glyphs.size, rng.choice(INKS)), (x, y), glyphs)
