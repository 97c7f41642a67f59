"""Scans with a mark that anybody sees at a glance: slanting, inverse, vertical, spaced, hollow, sheared, over print.

`marks` gives pages for each way a mark is written, at 0 to 60 degrees, in five fonts; `innocents` letterheads that slant,
seals and other words in the same ways. Everything depends on the seed alone.
"""

import functools
import math
import random
from dataclasses import dataclass

import cv2
import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.readers import scans

WAYS = (
    "red framed", "red bare", "black framed", "black bare", "inverse", "coloured bar", "vertical", "spaced", "hollow",
    "sheared", "thin", "over print",
)  # fmt: skip
INKS = {"red": (200, 25, 35), "black": (30, 30, 32), "blue": (40, 65, 165)}
ANGLES = (0, 15, 30, 45, 60)
OTHER = ("KHẨN", "HỎA TỐC", "DỰ THẢO", "BẢO MẬT", "MẶT TRƯỚC", "NHẬT BẢN", "MẬT ONG", "PHÁP LUẬT", "BÍ MẬT NHÀ NƯỚC", "MẤT", "MẶT",
         "SAO Y", "KỶ NIỆM 50 NĂM", "HỘI NGHỊ", "CHẤT LƯỢNG", "TỐT NHẤT", "MẮT", "ĐẠT", "MÁT", "GIẢM GIÁ 50%", "NHẬT KÝ")  # fmt: skip


@dataclass(frozen=True)
class Glance:
    """One page: words, how they are written, and how they slant."""

    seed: int
    way: str
    words: str
    angle: float
    font: str
    mark: bool


@functools.lru_cache(maxsize=8)
def letter(seed: int, dpi: int) -> Image.Image:
    return pypdfium2.PdfDocument(scans.letter_pdf(seed))[0].render(scale=dpi / 72).to_pil().convert("RGB")


def marks(count: int, *, first: int = 0) -> list[Glance]:
    """Marked pages, the ways, angles and fonts in turn."""
    return [_glance(seed, scans.MARKS[seed % 3], mark=True) for seed in range(first, first + count)]


def innocents(count: int, *, first: int = 0) -> list[Glance]:
    """Pages with other words in the same ways."""
    return [_glance(seed, OTHER[seed % len(OTHER)], mark=False) for seed in range(first, first + count)]


def _glance(seed: int, words: str, *, mark: bool) -> Glance:
    rng = random.Random(seed * 6007 + 3)
    way = WAYS[seed % len(WAYS)]
    angle = rng.choice(ANGLES) * rng.choice((-1, 1)) + rng.uniform(-2, 2)
    return Glance(seed, way, words, angle if way != "coloured bar" else 0.0, rng.choice(scans.STAMP_FONTS), mark)


def draw(glance: Glance, dpi: int = 200) -> Image.Image:
    """Return the page as a scanner gives it."""
    rng = random.Random(glance.seed * 7873 + 11)
    scale, way = dpi / 72, glance.way
    page = letter(rng.randrange(8), dpi).copy()
    stamp, ink = _stamp(glance, rng, scale)
    turned = stamp.rotate(-glance.angle, expand=True, resample=Image.Resampling.BICUBIC)
    if way == "over print":
        x, y = rng.uniform(90, 300) * scale, rng.uniform(420, 560) * scale
    elif rng.random() < 0.5:  # in the empty place beside the signature, or low on the page
        x, y = rng.uniform(60, 200) * scale, rng.uniform(690, 730) * scale
    else:
        x, y = rng.uniform(60, 330) * scale, rng.uniform(100, 560) * scale
    place = min(int(x), page.width - turned.width - 4), min(int(y), page.height - turned.height - 4)
    layer = Image.new("RGB", page.size, "white")
    layer.paste(Image.new("RGB", turned.size, ink), place, turned.getchannel("A"))
    if way in ("inverse", "coloured bar"):
        page.paste(Image.new("RGB", turned.size, "white"), place, turned.getchannel("R"))
        page.paste(Image.new("RGB", turned.size, ink), place, turned.getchannel("A"))
    else:
        page = Image.fromarray((np.asarray(page, np.uint16) * np.asarray(layer, np.uint16) // 255).astype(np.uint8))
    page = page.rotate(rng.uniform(-1, 1), fillcolor=(250, 250, 248), resample=Image.Resampling.BICUBIC)
    pixels = np.asarray(page).astype(np.float32) * rng.uniform(0.92, 1.0)
    pixels += 4 * np.random.default_rng(glance.seed).standard_normal(pixels.shape, np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.5 * dpi / 200))


def _stamp(glance: Glance, rng: random.Random, scale: float) -> tuple[Image.Image, tuple[int, int, int]]:
    """Return a stamp whose alpha is ink and whose red is where paper is covered, and its ink."""
    way = glance.way
    name = way.split()[0]
    ink = INKS[name] if name in INKS else INKS["red"] if rng.random() < 0.5 or way == "over print" else INKS["black"]
    if way == "coloured bar":
        ink = rng.choice(((40, 65, 165), (30, 30, 32), (180, 20, 30), (20, 110, 60)))
    points = rng.uniform(13, 20) if way != "over print" else rng.uniform(18, 32)
    path = glance.font if way != "thin" else rng.choice(("dejavu/DejaVuSans-ExtraLight.ttf", scans.STAMP_FONTS[4]))
    font = ImageFont.truetype(str(scans.FONT_DIR / path), int(points * scale))
    space = rng.uniform(0.4, 1.2) * points * 0.7 * scale if way == "spaced" else 0.0
    line, edge = max(2, int(1.2 * scale)), int(14 * scale)
    bold = 2 if way == "hollow" else 0
    places, x, y = [], 0.0, 0.0
    for index, letter in enumerate(glance.words):
        places.append((x, y))
        if way == "vertical":
            y += points * scale * (1.02 if letter != " " else 0.4)
        else:
            x += font.getlength(glance.words[: index + 1]) - font.getlength(glance.words[:index]) + space
    width = int(max(px for px, _ in places) + font.getlength(glance.words[-1])) + 2 * edge
    height = int(y + 1.25 * points * scale) + 2 * edge
    alpha = Image.new("L", (width, height), 0)
    canvas = ImageDraw.Draw(alpha)
    for (px, py), letter in zip(places, glance.words, strict=True):
        canvas.text((edge + px, edge + py), letter, fill=255, font=font, stroke_width=bold)
    if way == "hollow":
        for (px, py), letter in zip(places, glance.words, strict=True):
            canvas.text((edge + px, edge + py), letter, fill=0, font=font)
    left, top, right, bottom = alpha.getbbox() or (0, 0, width, height)
    pad_x, pad_y = int(rng.uniform(4, 9) * scale), int(rng.uniform(3, 6) * scale)
    box = left - pad_x, top - pad_y, right + pad_x, bottom + pad_y
    cover = Image.new("L", alpha.size, 0)
    framed = way in ("red framed", "black framed") or (
        way in ("vertical", "spaced", "hollow", "sheared") and rng.random() < 0.5
    )
    if framed:
        canvas.rectangle(box, outline=255, width=line)
        if rng.random() < 0.4:
            canvas.rectangle(
                (box[0] + 3 * line, box[1] + 3 * line, box[2] - 3 * line, box[3] - 3 * line), outline=0, width=0
            )
    if way in ("inverse", "coloured bar"):
        if way == "coloured bar":
            box = (0, max(box[1], 0), width, min(box[3], height))
        cover.paste(255, (max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height)))
        alpha = Image.fromarray(np.where(np.asarray(cover) > 0, 255 - np.asarray(alpha), 0).astype(np.uint8))
    if way == "sheared":
        shear = math.tan(math.radians(rng.choice((-1, 1)) * rng.uniform(10, 25)))
        wider = width + int(abs(shear) * height)
        matrix = np.array([[1, shear, max(-shear * height, 0)], [0, 1, 0]], np.float32)
        alpha = Image.fromarray(cv2.warpAffine(np.asarray(alpha), matrix, (wider, height)))
        cover = Image.new("L", alpha.size, 0)
    if way not in ("inverse", "coloured bar"):
        faded = scans.faded(_rgba(alpha, cover), np.random.RandomState(glance.seed), rng.uniform(0.0, 0.35))
        return faded, ink
    return _rgba(alpha, cover), ink


def _rgba(alpha: Image.Image, cover: Image.Image) -> Image.Image:
    return Image.merge("RGBA", (cover, cover, cover, alpha))
