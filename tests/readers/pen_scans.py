"""Scans with words whose letters dance, wave or stand on an arch, and words that are thin or as if written with a pen.

`marks` gives marked pages, `innocents` pages with signatures, names, notes and headings in the same ways. Script faces are
made from fonts of print: letters that lean, are bent by chance and set unevenly. Everything depends on the seed alone.
"""

import math
import random
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.readers import scans

WAYS = ("dancing", "wave", "arch", "thin", "script", "pen")
INKS = {"red": (200, 25, 35), "blue": (40, 65, 165), "black": (30, 30, 32)}
MARKS: tuple[str, ...] = (
    "TỐI MẬT", "TUYỆT MẬT", "MẬT", "Tối Mật", "Tuyệt Mật", "Mật", "TỐI MẬT", "Tối mật", "Tuyệt mật",
)  # fmt: skip
NOTES = (
    "Nguyễn Mạnh Tuấn", "Đã ký", "Mật khẩu", "Kính chuyển đ/c Mạnh", "Đồng ý", "Nhất trí", "Họp Mặt", "Mai Một", "Trần Thị Mận",
    "Tối Mai họp", "Tuyệt vời", "HỘI NGHỊ", "MẦM NON", "MẬT ONG", "BẢO MẬT", "Phạm Văn Mẫn", "Lê Minh Nhật", "Mất", "Đỗ Mật Ngọc",
    "Mệt", "GIẢM GIÁ", "CHÚC MỪNG", "MẶT TRẬN", "Hoàng Thị Tươi", "Võ Tất Thắng", "Mời Chị Tuyết", "MÁT MẺ", "NHẤT", "MÚA HÁT", "Một",
)  # fmt: skip
PRINT = ("dejavu/DejaVuSans-ExtraLight.ttf", "dejavu/DejaVuSans-ExtraLight.ttf", "liberation/LiberationSerif-Italic.ttf",
         "liberation/LiberationSans-Italic.ttf", "dejavu/DejaVuSerif-Italic.ttf")  # fmt: skip
SENTENCE = "Kính gửi đồng chí, phòng Kinh tế gửi báo cáo tình hình thu chi ngân sách quý ba năm 2026 của phường để đồng chí tổng hợp. "


@dataclass(frozen=True)
class Pen:
    """One page: words, how they are written, in which font and ink, how they slant."""

    seed: int
    way: str
    words: str
    ink: str
    angle: float
    mark: bool


def marks(count: int, *, first: int = 0) -> list[Pen]:
    """Marked pages, the ways in turn."""
    return [_pen(seed, MARKS[seed % len(MARKS)], mark=True) for seed in range(first, first + count)]


def innocents(count: int, *, first: int = 0) -> list[Pen]:
    """Pages with other words in the same ways."""
    return [_pen(seed, NOTES[seed % len(NOTES)], mark=False) for seed in range(first, first + count)]


def _pen(seed: int, words: str, *, mark: bool) -> Pen:
    rng = random.Random(seed * 5003 + 7)
    level = rng.random() < 0.6
    angle = rng.uniform(-3, 3) if level else rng.choice((-1, 1)) * rng.uniform(5, 40)
    return Pen(seed, WAYS[seed % len(WAYS)], words, rng.choice(tuple(INKS)), angle, mark)


def draw(pen: Pen, dpi: int = 150, fonts: tuple[str, ...] = ()) -> Image.Image:
    """Return the page as a scanner gives it; `fonts` are script faces to draw with instead of bent print."""
    rng = random.Random(pen.seed * 7919 + 3)
    scale = dpi / 72
    page = Image.new("RGB", (round(8.27 * dpi), round(11.69 * dpi)), "white")
    corner = rng.random()
    _print(page, rng, scale, top=130 if corner < 0.3 else 56)
    word = written(pen, rng, rng.uniform(16, 32) * scale, fonts)
    word = word.rotate(-pen.angle, expand=True, resample=Image.Resampling.BICUBIC)
    if corner < 0.3:
        x, y = rng.uniform(0.5, 0.7) * page.width, rng.uniform(0.01, 0.03) * page.height
    elif corner < 0.5:
        x, y = rng.uniform(0.58, 0.7) * page.width, rng.uniform(0.3, 0.36) * page.height  # beside short lines of print
    else:
        x, y = rng.uniform(0.05, 0.6) * page.width, rng.uniform(0.55, 0.85) * page.height
    place = min(int(x), page.width - word.width - 4), min(int(y), page.height - word.height - 4)
    page.paste(Image.new("RGB", word.size, INKS[pen.ink]), (max(place[0], 0), max(place[1], 0)), word)
    if not pen.mark:
        _signature(page, rng, scale)
    page = page.rotate(rng.uniform(-0.6, 0.6), fillcolor="white", resample=Image.Resampling.BICUBIC)
    pixels = np.asarray(page).astype(np.float32) * rng.uniform(0.94, 1.0)
    pixels += rng.uniform(1, 4) * np.random.default_rng(pen.seed).standard_normal(pixels.shape, np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.3 * dpi / 150))


def _print(page: Image.Image, rng: random.Random, scale: float, *, top: float) -> None:
    canvas, font = ImageDraw.Draw(page), ImageFont.truetype(str(scans.FONT_DIR / scans.STAMP_FONTS[4]), int(14 * scale))
    words, y = SENTENCE.split() * 40, top * scale
    start = 0
    for row in range(rng.choice((0, 8, 14, 17))):
        wide = 0.75 if row % 20 < 8 else 0.42  # beside short lines something may stand
        count = 1
        while font.getlength(" ".join(words[start : start + count])) < wide * page.width:
            count += 1
        canvas.text((56 * scale, y), " ".join(words[start : start + count]), "black", font)
        start, y = start + count, y + 20 * scale


def _signature(page: Image.Image, rng: random.Random, scale: float) -> None:
    """Strokes of a pen over a name."""
    for _ in range(rng.choice((0, 1, 2))):
        x, y = rng.uniform(0.1, 0.6) * page.width, rng.uniform(0.5, 0.85) * page.height
        points, turn, far = [(x, y)], rng.uniform(0, 6), rng.uniform(4, 12) * scale
        for _ in range(rng.randint(20, 60)):
            turn += rng.uniform(-0.9, 1.1)
            x, y = x + far * math.cos(turn) + 0.8 * scale, y + 0.7 * far * math.sin(turn)
            points.append((x, y))
        ImageDraw.Draw(page).line(points, rng.choice(((30, 40, 160), (20, 20, 20))), max(int(1.2 * scale), 1), "curve")


def written(pen: Pen, rng: random.Random, points: float, fonts: tuple[str, ...]) -> Image.Image:
    """Return words as a mask of ink."""
    if pen.way in ("dancing", "wave", "arch"):
        path = rng.choice((*scans.STAMP_FONTS, PRINT[0], *fonts))
    elif pen.way == "thin":
        path = rng.choice(PRINT[:1] + tuple(one for one in fonts if "Thin" in one or "Light" in one))
    else:
        path = rng.choice(fonts or PRINT)
    font = ImageFont.truetype(path if path.startswith("/") else str(scans.FONT_DIR / path), int(points))
    left, top, _, bottom = font.getbbox("M")
    high, pad = bottom - top, int(2.5 * points)
    spaced = rng.uniform(0.0, 0.6) * high if pen.way in ("dancing", "wave") else 0.0
    rise, phase, period = rng.uniform(0.2, 1.2) * high, rng.uniform(0, 6), rng.uniform(3, 8)
    bend = rng.choice((-1, 1)) * rng.uniform(6, 14) if pen.way == "arch" else 0.0
    together = pen.way in ("script", "thin") or (pen.way == "pen" and bool(fonts))
    pieces = pen.words.split(" ") if together else list(pen.words)
    mask = Image.new(
        "L", (int(font.getlength(pen.words) + (spaced + 4) * len(pen.words)) + 2 * pad, int(high * 3) + 2 * pad)
    )
    x, middle = float(pad), (len(pieces) - 1) / 2
    for number, piece in enumerate(pieces):
        glyph = Image.new("L", (int(font.getlength(piece)) + pad, int(2.4 * points) + pad))
        ImageDraw.Draw(glyph).text((pad // 2, pad // 2), piece, 255, font)
        shift, turn = 0.0, 0.0
        if pen.way == "dancing":
            shift = rise * (number % 2) if rng.random() < 0.6 else rng.uniform(0, rise)
            turn = rng.uniform(-8, 8)
        elif pen.way == "wave":
            shift = 0.6 * rise * math.sin(phase + number * 6.28 / period)
        elif pen.way == "arch":
            turn = -bend * (number - middle)
            shift = abs(bend) / bend * (number - middle) ** 2 * math.radians(abs(bend)) * 0.5 * high
        elif pen.way == "pen" and not together:
            shift, turn = rng.uniform(-0.08, 0.08) * high, rng.uniform(-5, 5)
        glyph = glyph.rotate(turn, center=(pad // 2 + font.getlength(piece) / 2, pad // 2 + top + high / 2),
                             resample=Image.Resampling.BICUBIC)  # fmt: skip
        place = int(x - pad // 2), int(pad / 2 + high + shift)
        under = mask.crop((*place, place[0] + glyph.width, place[1] + glyph.height))
        mask.paste(Image.fromarray(np.maximum(np.asarray(under), np.asarray(glyph))), place)
        x += font.getlength(piece) + spaced + (font.getlength(" ") if together else 0.0)
    pixels = np.asarray(mask)
    if pen.way == "pen":
        pixels = _bent(pixels, rng, high)
    box = Image.fromarray(pixels).getbbox() or (0, 0, 8, 8)
    return Image.fromarray(pixels).crop((box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 4))


def _bent(mask: np.ndarray, rng: random.Random, high: float) -> np.ndarray:
    """Letters that lean and whose strokes shake, as a hand writes them."""
    rows, columns = mask.shape
    grain = np.random.default_rng(rng.randrange(1 << 30))
    coarse = max(int(high * 0.35), 2)
    shape = (columns // coarse + 3, rows // coarse + 3)
    shift = [cv2.resize(grain.standard_normal(shape[::-1]).astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC)
             for _ in range(2)]  # fmt: skip
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    lean = rng.uniform(-0.1, 0.35)
    x += lean * (y - rows / 2) + 0.04 * high * shift[0]
    return cv2.remap(mask, x, y + 0.04 * high * shift[1], cv2.INTER_LINEAR)
