"""Generated scans of official letters, with and without stamps, for the stamp finder's tests and figures.

Letters are set by reportlab and rendered by pdfium; stamps, seals and signatures are drawn on top, then the page goes
through what a scanner does to it: rotation, blur, noise, tint, JPEG. Everything depends on the seed alone.
"""

import functools
import io
import math
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from tests.support.octets import file_of

FONT_DIR = Path("/usr/share/fonts/truetype")
STAMP_FONTS = (
    "liberation/LiberationSerif-Bold.ttf",
    "liberation/LiberationSans-Bold.ttf",
    "dejavu/DejaVuSerifCondensed-Bold.ttf",
    "dejavu/DejaVuSansCondensed-Bold.ttf",
    "liberation/LiberationSerif-Regular.ttf",
)
MARKS = ("MẬT", "TỐI MẬT", "TUYỆT MẬT")
OTHERS = ("KHẨN", "HỎA TỐC", "THƯỢNG KHẨN", "HOẢ TỐC", "BẢN SAO", "SAO Y", "SAO LỤC", "DỰ THẢO", "XEM XONG TRẢ LẠI",
          "LƯU HÀNH NỘI BỘ", "TÀI LIỆU HỌP", "CÔNG VĂN ĐẾN")  # fmt: skip
_SENTENCES = (
    "Thực hiện Kế hoạch số 15/KH-UBND ngày 12 tháng 01 năm 2026 của Ủy ban nhân dân thành phố về chuyển đổi số,",
    "Ủy ban nhân dân quận đề nghị các phòng, ban chuyên môn rà soát, bảo đảm an toàn, bảo mật thông tin và dữ liệu.",
    "Việc quản lý tài liệu mật, tối mật thực hiện theo Luật Bảo vệ bí mật nhà nước và các văn bản hướng dẫn.",
    "Các đơn vị báo cáo kết quả về Văn phòng trước ngày 30 hằng tháng để tổng hợp, trình Chủ tịch xem xét, quyết định.",
    "Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, đề nghị phản ánh kịp thời để được hướng dẫn, giải quyết.",
    "Mật khẩu truy cập hệ thống thư điện tử công vụ phải được thay đổi định kỳ ít nhất ba tháng một lần theo quy định.",
    "Giao Phòng Nội vụ chủ trì, phối hợp với Phòng Tài chính - Kế hoạch tham mưu bố trí kinh phí thực hiện đúng tiến độ.",
)


@dataclass(frozen=True)
class Plan:
    """What a generated page holds."""

    seed: int
    mark: str | None = None
    other: str | None = None
    """A stamp that is no secrecy mark."""
    grey: bool = False
    dpi: int = 200
    hard: float = 0.5
    """0 to 1: how faded, noisy and blurred."""
    register: bool = False
    framed: bool = True


@functools.cache
def _register_fonts() -> None:
    for name in ("Regular", "Bold", "Italic"):
        pdfmetrics.registerFont(TTFont(f"Ser{name}", str(FONT_DIR / f"liberation/LiberationSerif-{name}.ttf")))


@functools.lru_cache(maxsize=64)
def letter_pdf(seed: int) -> bytes:
    """An official letter of one page with invented content."""
    _register_fonts()
    rng = random.Random(seed)
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=(595, 842), invariant=True)

    def text(x: float, y: float, words: str, size: float = 13, font: str = "Regular", centre: bool = False) -> None:
        page.setFont(f"Ser{font}", size)
        (page.drawCentredString if centre else page.drawString)(x, 842 - y, words)

    text(155, 60, rng.choice(("ỦY BAN NHÂN DÂN", "THÀNH PHỐ HỒ CHÍ MINH")), 12, centre=True)
    text(155, 76, rng.choice(("QUẬN BÌNH TÂN", "PHƯỜNG AN LẠC", "PHÒNG NỘI VỤ")), 12.5, "Bold", centre=True)
    page.line(120, 842 - 80, 190, 842 - 80)
    text(405, 60, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 12, "Bold", centre=True)
    text(405, 76, "Độc lập - Tự do - Hạnh phúc", 13, "Bold", centre=True)
    page.line(325, 842 - 80, 485, 842 - 80)
    text(155, 100, f"Số: {rng.randint(1, 4000)}/UBND-VP", 13, centre=True)
    text(
        405, 100, f"Bình Tân, ngày {rng.randint(10, 28)} tháng {rng.randint(1, 12)} năm 2026", 13, "Italic", centre=True
    )
    if rng.random() < 0.6:
        text(155, 118, "V/v triển khai thực hiện nhiệm vụ", 12, centre=True)
        text(155, 132, "công tác văn thư, lưu trữ", 12, centre=True)
    else:
        text(297, 160, rng.choice(("QUYẾT ĐỊNH", "THÔNG BÁO", "KẾ HOẠCH", "BÁO CÁO")), 14, "Bold", centre=True)
    text(297, 195, "Kính gửi: Các phòng, ban, đơn vị thuộc quận.", 14, centre=True)
    y = 225.0
    if rng.random() < 0.3:
        for _ in range(4):
            for column in range(4):
                page.rect(85 + column * 110, 842 - y - 22, 110, 22)
                text(92 + column * 110, y + 16, rng.choice(("Tổng số", "Thường", "Mật", "120", "35", "Ghi chú")), 12)
            y += 22
        y += 20
    while y < 610:
        words = rng.choice(_SENTENCES).split()
        line, x = "", 115.0
        for word in words:
            if pdfmetrics.stringWidth(f"{line} {word}", "SerRegular", 13.5) > 540 - x:
                text(x, y, line, 13.5)
                line, x, y = word, 85.0, y + 19
            else:
                line = f"{line} {word}".strip()
        text(x, y, line, 13.5)
        y += 25
    text(85, 650, "Nơi nhận:", 12, "Italic")
    for row, item in enumerate(("- Như trên;", "- Chủ tịch, các Phó Chủ tịch;", "- Lưu: VT.")):
        text(85, 665 + 13 * row, item, 11)
    text(430, 645, "TM. ỦY BAN NHÂN DÂN", 13, "Bold", centre=True)
    text(430, 661, "CHỦ TỊCH", 13, "Bold", centre=True)
    text(430, 770, "Nguyễn Văn A", 13, "Bold", centre=True)
    page.showPage()
    page.save()
    return out.getvalue()


def make(plan: Plan) -> tuple[bytes, int]:
    """Return the JPEG of a plan and its resolution in dpi."""
    rng = random.Random(plan.seed * 7919 + 13)
    noise = np.random.RandomState(plan.seed)
    scale = plan.dpi / 72
    rendered = pypdfium2.PdfDocument(letter_pdf(plan.seed % 40))[0].render(scale=scale)
    image = rendered.to_pil().convert("RGBA")
    red = rng.choice(((200, 20, 30), (180, 10, 20), (215, 60, 60), (190, 40, 80), (160, 20, 30), (225, 45, 35)))
    fade = plan.hard * rng.uniform(0.3, 1.0)

    def put(stamp: Image.Image, x: float, y: float, turn: float) -> None:
        turned = stamp.rotate(turn, expand=True, resample=Image.Resampling.BICUBIC)
        image.alpha_composite(faded(turned, noise, fade), (max(0, int(x * scale)), max(0, int(y * scale))))

    if plan.mark:
        place = rng.random()
        x, y = (
            (rng.uniform(75, 150), rng.uniform(105, 140))
            if place < 0.75
            else (
                (rng.uniform(300, 420), rng.uniform(8, 30))
                if place < 0.85
                else (rng.uniform(60, 400), rng.uniform(90, 300))
            )
        )
        put(text_stamp(plan.mark, rng, scale, red, framed=plan.framed), x, y, rng.uniform(-6, 6))
    if plan.other:
        put(text_stamp(plan.other, rng, scale, red), rng.uniform(75, 130), rng.uniform(150, 185), rng.uniform(-6, 6))
    if plan.register:
        put(
            register_stamp(rng, scale, rng.choice((red, (40, 60, 170)))),
            rng.uniform(30, 90),
            rng.uniform(8, 30),
            rng.uniform(-5, 5),
        )
    put(seal(scale, red), 340 + rng.uniform(-20, 20), 640, rng.uniform(-30, 30))
    sign(image, rng, scale)
    page = image.convert("RGB")
    page = page.rotate(rng.uniform(-3, 3), fillcolor=(250, 250, 248), resample=Image.Resampling.BICUBIC)
    pixels = np.asarray(page).astype(np.float32)
    tint = np.array((rng.uniform(0.95, 1.0), rng.uniform(0.95, 1.0), rng.uniform(0.86, 1.0)), np.float32)
    pixels *= tint * rng.uniform(0.88, 1.0)
    pixels += rng.uniform(0, 12) + noise.normal(0, 2 + 10 * plan.hard, pixels.shape).astype(np.float32)
    page = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    page = page.filter(ImageFilter.GaussianBlur((0.3 + plan.hard * rng.uniform(0.2, 1.1)) * plan.dpi / 200))
    if plan.grey:
        page = page.convert("L")
    return file_of(page, "JPEG", quality=int(90 - 50 * plan.hard)), plan.dpi


def text_stamp(
    words: str, rng: random.Random, scale: float, ink: tuple[int, int, int], *, framed: bool = True
) -> Image.Image:
    """A boxed line of capitals, as the forms of Circular 24/2020 and Decree 30/2020, in several makers' hands."""
    font = ImageFont.truetype(str(FONT_DIR / rng.choice(STAMP_FONTS)), int(rng.uniform(12.5, 17) * scale))
    left, top, right, bottom = font.getbbox(words)
    stretch = rng.uniform(0.85, 1.25)
    glyphs = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2), 0)
    ImageDraw.Draw(glyphs).text((-left, -top), words, font=font, fill=255)
    glyphs = glyphs.resize((int(glyphs.width * stretch), glyphs.height), Image.Resampling.BICUBIC)
    pad_x, pad_y = int(rng.uniform(4, 9) * scale), int(rng.uniform(3.5, 6) * scale)
    double = framed and rng.random() < 0.5
    gap = int(rng.uniform(2, 3) * scale) if double else 0
    width, height = glyphs.width + 2 * (pad_x + gap), glyphs.height + 2 * (pad_y + gap)
    alpha = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(alpha)
    line = max(2, int(rng.uniform(0.8, 1.8) * scale))
    if framed:
        draw.rectangle((1, 1, width - 2, height - 2), outline=255, width=line)
        if double:
            draw.rectangle((gap, gap, width - 1 - gap, height - 1 - gap), outline=255, width=max(1, line // 2))
    alpha.paste(glyphs, (pad_x + gap, pad_y + gap))
    stamp = Image.new("RGBA", (width, height), (*ink, 0))
    stamp.putalpha(alpha)
    return stamp


def piece(
    words: str,
    *,
    ink: tuple[int, int, int] = (200, 20, 30),
    framed: bool = True,
    turn: float = 0.0,
    seed: int = 4,
    dpi: int = 150,
    fade: float = 0.0,
) -> Image.Image:
    """The upper part of a sheet of paper with nothing but one stamp on it, as clean as its rubber: read in milliseconds."""
    stamp = text_stamp(words, random.Random(seed), dpi / 72, ink, framed=framed)
    stamp = faded(stamp.rotate(turn, expand=True, resample=Image.Resampling.BICUBIC), np.random.RandomState(seed), fade)
    paper = Image.new("RGBA", (stamp.width + dpi, 3 * stamp.height + dpi), "white")
    paper.alpha_composite(stamp, (dpi // 2, dpi // 2))
    return paper.convert("RGB")


def bgr(picture: Image.Image) -> np.ndarray:
    """Pixels as the readers take them: blue first."""
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])


def register_stamp(rng: random.Random, scale: float, ink: tuple[int, int, int]) -> Image.Image:
    """The stamp of a registry on incoming mail: agency, CÔNG VĂN ĐẾN, number and date."""
    width, height = int(142 * scale), int(72 * scale)
    alpha = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(alpha)
    draw.rectangle((1, 1, width - 2, height - 2), outline=255, width=max(2, int(1.2 * scale)))
    if rng.random() < 0.6:
        draw.line((0, height * 0.28, width, height * 0.28), fill=255, width=max(1, int(scale)))
    bold = ImageFont.truetype(str(FONT_DIR / "liberation/LiberationSerif-Bold.ttf"), int(10 * scale))
    plain = ImageFont.truetype(str(FONT_DIR / "liberation/LiberationSerif-Regular.ttf"), int(10 * scale))
    draw.text((int(10 * scale), int(4 * scale)), "UBND QUẬN BÌNH TÂN", font=bold, fill=255)
    draw.text((int(8 * scale), int(24 * scale)), f"ĐẾN  Số: {rng.randint(100, 9999)}", font=bold, fill=255)
    draw.text(
        (int(8 * scale), int(38 * scale)), f"Ngày: {rng.randint(1, 28)}/{rng.randint(1, 12)}/2026", font=plain, fill=255
    )
    draw.text((int(8 * scale), int(52 * scale)), "Chuyển: ................", font=plain, fill=255)
    stamp = Image.new("RGBA", (width, height), (*ink, 0))
    stamp.putalpha(alpha)
    return stamp


def seal(scale: float, ink: tuple[int, int, int]) -> Image.Image:
    """The round seal of an agency."""
    radius = int(50 * scale)
    seal_image = Image.new("RGBA", (2 * radius, 2 * radius), (*ink, 0))
    draw = ImageDraw.Draw(seal_image)
    colour = (*ink, 230)
    draw.ellipse((2, 2, 2 * radius - 2, 2 * radius - 2), outline=colour, width=int(2 * scale))
    draw.ellipse((radius * 0.3, radius * 0.3, radius * 1.7, radius * 1.7), outline=colour, width=int(1.2 * scale))
    font = ImageFont.truetype(str(FONT_DIR / STAMP_FONTS[0]), int(8 * scale))
    for position, letter in enumerate("ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN * T.P HỒ CHÍ MINH *"):
        angle = math.radians(180 + position * 7.3)
        glyph = Image.new("RGBA", (int(14 * scale), int(14 * scale)), (*ink, 0))
        ImageDraw.Draw(glyph).text((2, 0), letter, font=font, fill=colour)
        glyph = glyph.rotate(-math.degrees(angle) - 90, resample=Image.Resampling.BICUBIC)
        x = int(radius + 0.85 * radius * math.cos(angle) - 7 * scale)
        y = int(radius + 0.85 * radius * math.sin(angle) - 7 * scale)
        seal_image.alpha_composite(glyph, (max(0, x), max(0, y)))
    points = [
        (
            radius + radius * 0.28 * math.cos(math.radians(-90 + i * 144)),
            radius + radius * 0.28 * math.sin(math.radians(-90 + i * 144)),
        )
        for i in range(5)
    ]
    draw.polygon(points, fill=colour)
    return seal_image


def faded(stamp: Image.Image, noise: np.random.RandomState, strength: float) -> Image.Image:
    """Ink that did not take: fine grain, and patches with less of it."""
    pixels = np.asarray(stamp).astype(np.float32)
    height, width = pixels.shape[:2]
    grain = noise.rand(height, width)
    coarse = np.asarray(
        Image.fromarray((noise.rand(4, 9) * 255).astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
    )
    keep = np.clip(1 - strength * (0.9 * grain + 0.5 * coarse / 255), 0.1, 1)
    pixels[..., 3] *= keep
    return Image.fromarray(pixels.astype(np.uint8))


def sign(image: Image.Image, rng: random.Random, scale: float) -> None:
    draw = ImageDraw.Draw(image)
    x, y = scale * 410, scale * 700
    for _ in range(12):
        nx, ny = x + rng.uniform(-30, 40) * scale, y + rng.uniform(-25, 25) * scale
        draw.line((x, y, nx, ny), fill=(30, 40, 160, 255), width=int(1.5 * scale))
        x, y = min(max(nx, scale * 350), scale * 520), min(max(ny, scale * 660), scale * 750)


def plans(count: int, *, first: int = 0) -> list[Plan]:
    """A balanced set: every third page bears a mark, every third another stamp; a sixth is grey."""
    result = []
    for seed in range(first, first + count):
        rng = random.Random(seed * 31 + 7)
        kind = seed % 3
        result.append(
            Plan(
                seed=seed,
                mark=MARKS[(seed // 3) % 3] if kind == 0 else None,
                other=rng.choice(OTHERS) if kind == 1 or (kind == 0 and rng.random() < 0.3) else None,
                grey=(seed // 3) % 4 == 3,
                dpi=rng.choice((150, 200, 200, 300)),
                hard=rng.random(),
                register=rng.random() < 0.3,
                framed=rng.random() > 0.1,
            )
        )
    return result
