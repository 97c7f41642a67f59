"""Innocent scenes of office pages, drawn over a letter or in its place."""

import math
import random
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.readers import scans

Where = tuple[tuple[int, int, int], float, float, float]
"""Ink, left, top and slant that a mark would have had on this page."""
Scene = Callable[[Image.Image, random.Random, np.random.RandomState, float, Where], Image.Image]

URGENCY = ("KHẨN", "THƯỢNG KHẨN", "HỎA TỐC", "HOẢ TỐC", "HỎA TỐC HẸN GIỜ")
OFFICE_STAMPS = ("BẢN SAO", "SAO Y", "SAO LỤC", "DỰ THẢO", "ĐÃ DUYỆT", "ĐÃ THU TIỀN", "BẢN CHÍNH", "LƯU HÀNH NỘI BỘ",
                 "TÀI LIỆU HỌP", "XEM XONG TRẢ LẠI", "ĐÃ KIỂM TRA", "CHỨNG THỰC", "SAO Y BẢN CHÍNH")  # fmt: skip
CAPTIONS = ("MẶT TRƯỚC", "MẶT SAU", "MẪU SỐ 01", "MẪU 02", "MẶT BẰNG", "PHỤ LỤC I", "BẢO MẬT", "TỐI ƯU", "LUẬT", "CẬP NHẬT",
            "MẶT TRẬN TỔ QUỐC", "MẤT DẤU", "TỐT", "NHẤT", "MỘT CỬA", "MẠNG", "MẮT TRÁI", "KỸ THUẬT", "MẬT ĐỘ", "MẬT KHẨU",
            "BÍ MẬT NHÀ NƯỚC", "MẬT ONG", "TUYỆT ĐỐI", "TỐI ĐA", "MÃ SỐ 15")  # fmt: skip
"""Words in frames and lines that share letters with the marks."""


def _put(page: Image.Image, stamp: Image.Image, x: float, y: float, turn: float = 0.0) -> None:
    turned = stamp.rotate(turn, expand=True, resample=Image.Resampling.BICUBIC)
    page.alpha_composite(turned, (max(0, int(x)), max(0, int(y))))


def font(size: float, *, bold: bool = True) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(
        str(scans.FONT_DIR / f"liberation/LiberationSerif-{'Bold' if bold else 'Regular'}.ttf"), max(int(size), 6)
    )


def _urgency(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    ink, x, y, slant = where
    drawn = scans.text_stamp(rng.choice(URGENCY), rng, scale, ink, framed=rng.random() < 0.7)
    _put(page, scans.faded(drawn, grain, rng.uniform(0.05, 0.45)), x, y, slant)
    return page


def _office(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    ink, x, y, slant = where
    for step in range(rng.randint(1, 3)):
        drawn = scans.text_stamp(rng.choice(OFFICE_STAMPS), rng, scale, ink, framed=rng.random() < 0.7)
        _put(page, scans.faded(drawn, grain, rng.uniform(0.05, 0.45)), x, y + 45 * step * scale, slant)
    return page


def _captions(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    ink, x, y, slant = where
    for step, words in enumerate(rng.sample(CAPTIONS, 3)):
        drawn = scans.text_stamp(words, rng, scale, ink, framed=rng.random() < 0.5)
        _put(page, scans.faded(drawn, grain, 0.1), x, y + 50 * step * scale, 0.2 * slant)
    return page


def _incoming(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    ink, _, _, slant = where
    drawn = scans.faded(scans.register_stamp(rng, scale, ink), grain, rng.uniform(0.05, 0.4))
    _put(page, drawn, rng.uniform(20, 380) * scale, rng.uniform(5, 130) * scale, slant)
    return page


def _seals(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    ink, x, y, slant = where
    for _ in range(rng.randint(1, 3)):
        drawn = scans.faded(scans.seal(scale * rng.uniform(0.6, 1.05), ink), grain, rng.uniform(0.05, 0.5))
        _put(page, drawn, rng.uniform(20, 450) * scale, rng.uniform(20, 680) * scale, rng.uniform(-40, 40))
    _put(page, scans.text_stamp("Nguyễn Văn An", rng, scale, ink, framed=False), x, y + 300 * scale, slant)
    return page


def _table(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    canvas = ImageDraw.Draw(page)
    ink = where[0] if rng.random() < 0.5 else (20, 20, 20)
    rows, columns = rng.randint(5, 20), rng.randint(3, 7)
    left, top, wide, high = (
        70 * scale,
        rng.uniform(110, 300) * scale,
        460 * scale / columns,
        rng.uniform(17, 30) * scale,
    )
    canvas.rectangle((left, top, left + columns * wide, top + rows * high), fill=(255, 255, 255))
    words = (
        "Mật", "Tối mật", "TỔNG", "STT", "MẪU", "Đạt", "Tốt", "SỐ", "12", "1.250", "Nhất", "MẶT A", "TÊN", "x",
        "Ghi chú",
    )  # fmt: skip
    for row in range(rows):
        for column in range(columns):
            x, y = left + column * wide, top + row * high
            canvas.rectangle((x, y, x + wide, y + high), outline=ink, width=max(1, int(0.7 * scale)))
            # Levels are values of a table like others, but not in capitals.
            canvas.text(
                (x + 4 * scale, y + 3 * scale), rng.choice(words), font=font(11 * scale, bold=row == 0), fill=ink
            )
    return page


def _chart(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    canvas = ImageDraw.Draw(page)
    left, top = 80 * scale, rng.uniform(200, 420) * scale
    canvas.rectangle((left, top, left + 430 * scale, top + 250 * scale), fill=(255, 255, 255), outline=(90, 90, 90))
    colours = [tuple(rng.randint(20, 235) for _ in range(3)) for _ in range(6)]
    for bar, colour in enumerate(colours):
        x, tall = left + (30 + 60 * bar) * scale, rng.uniform(30, 190) * scale
        base = top + 220 * scale
        canvas.rectangle((x, base - tall, x + 38 * scale, base), fill=colour)
        canvas.text((x, base + 3 * scale), f"Quý {bar + 1}", font=font(9 * scale, bold=False), fill=(40, 40, 40))
        canvas.rectangle(
            (x, top + 8 * scale, x + 44 * scale, top + 22 * scale), outline=colour, width=max(1, int(scale))
        )
        canvas.text(
            (x + 4 * scale, top + 9 * scale),
            rng.choice(("TỐT", "ĐẠT", "KHÁ", "NHẬT")),
            font=font(9 * scale),
            fill=colour,
        )
    return page


def _card(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    """The copy of an identity card with a portrait, its two sides with captions."""
    canvas = ImageDraw.Draw(page)
    canvas.rectangle((0, 95 * scale, page.width, 700 * scale), fill=(255, 255, 255))
    for side, caption in enumerate(("MẶT TRƯỚC", "MẶT SAU")):
        left, top = 160 * scale, (150 + 240 * side) * scale
        right, bottom = left + 243 * scale, top + 153 * scale
        paper = rng.choice(((205, 225, 235), (225, 230, 210), (235, 215, 215)))
        canvas.rounded_rectangle((left, top, right, bottom), radius=9 * scale, fill=paper, outline=(120, 120, 120))
        canvas.text(
            (left + 60 * scale, top + 8 * scale),
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            font=font(8 * scale),
            fill=(40, 40, 40),
        )
        canvas.text(
            (left + 80 * scale, top + 20 * scale), "CĂN CƯỚC CÔNG DÂN", font=font(11 * scale), fill=(190, 30, 40)
        )
        portrait = (left + 10 * scale, top + 45 * scale, left + 60 * scale, top + 110 * scale)
        canvas.rectangle(portrait, fill=(150, 170, 200), outline=(90, 90, 90))
        x, y = left + 35 * scale, top + 72 * scale
        canvas.ellipse((x - 13 * scale, y - 17 * scale, x + 13 * scale, y + 17 * scale), fill=(215, 170, 140))
        canvas.pieslice((x - 22 * scale, y + 14 * scale, x + 22 * scale, y + 60 * scale), 180, 360, fill=(50, 60, 80))
        for row in range(5):
            canvas.text(
                (left + 75 * scale, top + (45 + 18 * row) * scale),
                rng.choice(("Họ và tên: NGUYỄN VĂN AN", "Ngày sinh: 01/02/1985", "Giới tính: Nam", "Quê quán: Hà Nội")),
                font=font(9 * scale, bold=False),
                fill=(40, 40, 45),
            )
        canvas.text((left, bottom + 5 * scale), caption, font=font(13 * scale), fill=where[0])
    return page


def _handwriting(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    canvas = ImageDraw.Draw(page)
    pen = rng.choice(((30, 40, 160), (170, 30, 40), (25, 25, 30)))
    for line in range(rng.randint(2, 8)):
        x, y = rng.uniform(60, 300) * scale, (rng.uniform(90, 130) + 60 * line) * scale
        points = []
        for step in range(rng.randint(40, 140)):
            x += 1.6 * scale
            high = 6 * math.sin(step * rng.uniform(0.7, 0.9)) + rng.uniform(-4, 4)
            points.append((x + 3 * scale * math.sin(step * 0.9), y + high * scale))
        canvas.line(points, fill=pen, width=max(1, int(1.1 * scale)), joint="curve")
        if rng.random() < 0.3:
            canvas.ellipse(
                (points[0][0], y - 14 * scale, points[-1][0], y + 14 * scale), outline=pen, width=max(1, int(scale))
            )
    return page


def _letterhead(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    """The head of an enterprise: logo, name in colour, a band, a slogan in a frame."""
    canvas = ImageDraw.Draw(page)
    canvas.rectangle((0, 0, page.width, 108 * scale), fill=(255, 255, 255))
    ink = where[0] if max(where[0]) < 230 else (20, 90, 60)
    canvas.ellipse((60 * scale, 25 * scale, 120 * scale, 85 * scale), fill=ink)
    canvas.text((75 * scale, 43 * scale), rng.choice(("VT", "MB", "ĐT", "TM")), font=font(20 * scale), fill="white")
    name = rng.choice(
        ("CÔNG TY CỔ PHẦN MẬT MÃ VIỆT", "NGÂN HÀNG KỸ THUẬT", "TRUNG TÂM MẮT", "CÔNG TY LUẬT NHẤT TÍN", "MẬT ONG RỪNG")
    )
    canvas.text((140 * scale, 30 * scale), name, font=font(17 * scale), fill=ink)
    canvas.rectangle((140 * scale, 60 * scale, 380 * scale, 82 * scale), outline=ink, width=max(1, int(1.2 * scale)))
    slogan = rng.choice(("TẬN TÂM - TẬN LỰC", "BẢO MẬT TUYỆT ĐỐI", "CHẤT LƯỢNG LÀ NHẤT", "HOTLINE 1900 1234"))
    canvas.text((150 * scale, 63 * scale), slogan, font=font(13 * scale), fill=ink)
    canvas.rectangle((0, 95 * scale, page.width, 100 * scale), fill=ink)
    return page


def _form(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    """A form: boxes for letters and ticks, a frame for the photo, the number of the model in a box."""
    canvas = ImageDraw.Draw(page)
    pen = (25, 25, 25)
    line = max(1, int(0.9 * scale))
    canvas.rectangle((430 * scale, 12 * scale, 540 * scale, 34 * scale), fill="white", outline=pen, width=line)
    canvas.text(
        (440 * scale, 15 * scale), rng.choice(("MẪU SỐ 01", "Mẫu M1", "MẪU A.2")), font=font(13 * scale), fill=pen
    )
    canvas.rectangle((75 * scale, 220 * scale, 160 * scale, 333 * scale), fill="white", outline=pen, width=line)
    canvas.text((95 * scale, 265 * scale), "ẢNH 3x4", font=font(12 * scale), fill=pen)
    for row in range(8):
        y = (230 + 45 * row) * scale
        canvas.rectangle((180 * scale, y - 3 * scale, 540 * scale, y + 24 * scale), fill="white")
        for box in range(14):
            x = (185 + 24 * box) * scale
            canvas.rectangle((x, y, x + 20 * scale, y + 20 * scale), outline=pen, width=line)
            canvas.text((x + 4 * scale, y + 2 * scale), rng.choice("MATDỰỐẬ0123"), font=font(13 * scale), fill=pen)
    for button, words in enumerate(("NAM", "NỮ", "ĐỒNG Ý")):
        x, y = (190 + 110 * button) * scale, 620 * scale
        canvas.rectangle((x, y, x + 80 * scale, y + 24 * scale), fill="white", outline=pen, width=line)
        canvas.text((x + 12 * scale, y + 4 * scale), words, font=font(13 * scale), fill=pen)
    return page


def _photo(
    page: Image.Image, rng: random.Random, grain: np.random.RandomState, scale: float, where: Where
) -> Image.Image:
    """A photo in the place of the page: sky, houses with windows, trees, a banner, people."""
    width, height = page.size if rng.random() < 0.5 else (page.size[1], page.size[0])
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sky = np.array([rng.randint(120, 200), rng.randint(160, 220), rng.randint(200, 255)], np.float32)
    ground = np.array([rng.randint(60, 140) for _ in range(3)], np.float32)
    rough = cv2.resize(grain.rand(60, 45).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    picture = (sky * (1 - rows) + ground * rows) * (0.75 + 0.4 * rough[:, :, None])
    view = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    canvas = ImageDraw.Draw(view)
    for _ in range(rng.randint(3, 8)):
        x, w = rng.uniform(0, width), rng.uniform(0.1, 0.3) * width
        top, wall = rng.uniform(0.2, 0.6) * height, tuple(rng.randint(70, 230) for _ in range(3))
        canvas.rectangle((x, top, x + w, height), fill=wall)
        for floor in range(5):
            for window in range(4):
                a, b = x + (0.1 + 0.22 * window) * w, top + (20 + 70 * floor) * scale / 2
                canvas.rectangle(
                    (a, b, a + 0.13 * w, b + 20 * scale), fill=(40, 50, 70), outline=(220, 220, 210), width=2
                )
    for _ in range(60):
        x, y, r = rng.uniform(0, width), rng.uniform(0.5, 1) * height, rng.uniform(3, 30) * scale
        canvas.ellipse((x - r, y - r, x + r, y + r), fill=tuple(rng.randint(20, 200) for _ in range(3)))
    canvas.rectangle((0.2 * width, 0.1 * height, 0.8 * width, 0.16 * height), fill=(190, 30, 35))
    canvas.text((0.23 * width, 0.11 * height), "CHÀO MỪNG NĂM MỚI", font=font(0.04 * height), fill=(250, 220, 60))
    return view.filter(ImageFilter.GaussianBlur(1.0)).convert("RGBA")


SCENES: dict[str, Scene] = {
    "letter": lambda page, *_: page,
    "urgency": _urgency,
    "office stamps": _office,
    "captions": _captions,
    "incoming": _incoming,
    "seals": _seals,
    "table": _table,
    "chart": _chart,
    "card": _card,
    "handwriting": _handwriting,
    "letterhead": _letterhead,
    "form": _form,
    "photo": _photo,
}
