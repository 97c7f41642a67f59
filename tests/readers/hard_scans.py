"""Scans that are hard to read, one trouble at a time, and innocent pages that look like marked ones.

Stamps without a frame in black, slanting or pale ones, dark frames far down, ink that a threshold took away, stamps over
the heading, coarse faxes, phones, two pages on one sheet, and the file formats of scanners. `sheets` gives marked pages,
`innocents` the other stamps, captions, cards, charts and photos of an office through the same machines. Everything
depends on the seed alone.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pypdfium2
from PIL import Image, ImageFilter

from tests.readers import scan_files, scans
from tests.readers.innocent_scenes import SCENES
from tests.support.octets import file_of

INKS = {
    "red": (200, 25, 35),
    "blue": (40, 65, 165),
    "violet": (105, 45, 140),
    "black": (30, 30, 32),
    "pale red": (238, 150, 152),
    "pale violet": (180, 150, 200),
    "pale grey": (150, 150, 152),
}
STRONG = ("red", "red", "blue", "violet", "black")
UPPER, LOWER, HEADING, TEXT = "upper", "lower", "heading", "text"
_BOXES = {
    UPPER: (70, 400, 105, 150),
    LOWER: (80, 400, 400, 730),
    HEADING: (270, 400, 35, 75),
    TEXT: (85, 420, 210, 380),
}
"""Points from left and top between which the corner of a stamp stands."""


@dataclass(frozen=True)
class Trouble:
    """What makes a page hard."""

    inks: tuple[str, ...] = STRONG
    framed: float = 0.8
    """Share of the stamps that have a frame."""
    turn: tuple[float, float] = (0.0, 4.0)
    """Degrees that a stamp is turned, either way."""
    place: str = UPPER
    machine: str = "jpeg"
    dpi: tuple[int, ...] = (150, 150, 200, 200, 200, 300)
    quarter: tuple[int, ...] = (0,)


TROUBLES = {
    "black, no frame": Trouble(inks=("black",), framed=0.0),
    "slanting": Trouble(framed=0.5, turn=(7.0, 13.0)),
    "pale": Trouble(inks=("pale red", "pale red", "pale violet", "pale grey"), framed=0.6),
    "black frame far down": Trouble(inks=("black",), framed=1.0, place=LOWER),
    "pale ink by threshold": Trouble(inks=("pale red", "red"), framed=0.7, machine="threshold", dpi=(200,)),
    "pale ink by dots": Trouble(inks=("pale red", "red"), framed=0.7, machine="dots", dpi=(200,)),
    "over the heading": Trouble(place=HEADING),
    "over text": Trouble(place=TEXT),
    "blue and violet": Trouble(inks=("blue", "violet"), framed=0.5),
    "strong compression": Trouble(machine="strong jpeg", dpi=(100, 150, 200)),
    "coarse fax": Trouble(machine="threshold", dpi=(100, 120, 150)),
    "phone": Trouble(machine="phone", dpi=(150, 200)),
    "two pages on one": Trouble(machine="two up", dpi=(150, 200)),
    "turned": Trouble(quarter=(1, 2, 3)),
    "CMYK TIFF": Trouble(machine="cmyk tiff"),
    "PDF in layers": Trouble(machine="pdf layers", dpi=(200,)),
    "PDF JBIG2": Trouble(machine="pdf jbig2", dpi=(200,)),
    "PDF JPX": Trouble(machine="pdf jpx"),
}


@dataclass(frozen=True)
class Hard:
    """One page with one trouble: a mark, or a scene without one."""

    seed: int
    trouble: str
    mark: str | None = None
    scene: str | None = None

    @property
    def name(self) -> str:
        return f"{self.seed}/{self.trouble}/{self.mark or self.scene}"


def draw(hard: Hard) -> tuple[Image.Image, int]:
    """Return the sheet of paper, upright and clean, and its resolution."""
    rng = random.Random(hard.seed * 7873 + 11)
    grain = np.random.RandomState(hard.seed)
    trouble = TROUBLES[hard.trouble]
    dpi = rng.choice(trouble.dpi)
    scale = dpi / 72
    page = pypdfium2.PdfDocument(scans.letter_pdf(100 + hard.seed))[0].render(scale=scale).to_pil().convert("RGBA")
    ink = INKS[rng.choice(trouble.inks)]
    slant = rng.uniform(*trouble.turn) * rng.choice((-1, 1))
    left, right, top, bottom = _BOXES[trouble.place]
    x, y = rng.uniform(left, right) * scale, rng.uniform(top, bottom) * scale
    if hard.mark:
        framed = rng.random() < trouble.framed
        stamp = scans.text_stamp(hard.mark, rng, scale, ink, framed=framed)
        put(page, worn_stamp(stamp, rng, grain, dpi), x, y, slant)
    if rng.random() < 0.7:
        put(
            page,
            scans.faded(scans.seal(scale, INKS["red"]), grain, 0.3),
            350 * scale,
            640 * scale,
            rng.uniform(-30, 30),
        )
    scans.sign(page, rng, scale)
    if hard.scene:
        page = SCENES[hard.scene](page, rng, grain, scale, (ink, x, y, slant))
    return page.convert("RGB"), dpi


def make(hard: Hard) -> tuple[str, bytes]:
    """Return name and content of the file that the machine writes."""
    rng = random.Random(hard.seed * 31 + 5)
    page, dpi = draw(hard)
    trouble = TROUBLES[hard.trouble]
    quarter = rng.choice(trouble.quarter)
    if quarter:
        page = page.rotate(90 * quarter, expand=True)
    suffix, write = MACHINES[trouble.machine]
    return f"{hard.seed}.{suffix}", write(page, dpi, rng)


def put(page: Image.Image, stamp: Image.Image, x: float, y: float, turn: float) -> None:
    """Press a stamp on a page: its ink and the print under it are both seen."""
    turned = stamp.rotate(turn, expand=True, resample=Image.Resampling.BICUBIC)
    page.alpha_composite(turned, (max(0, int(x)), max(0, int(y))))


def worn_stamp(stamp: Image.Image, rng: random.Random, grain: np.random.RandomState, dpi: int) -> Image.Image:
    """Rubber that is thick or thin with ink, and did not press everywhere."""
    alpha = stamp.getchannel("A")
    if rng.random() < 0.3:
        thin = dpi >= 300 and rng.random() < 0.5  # thinner strokes than that are gone at less
        stamp = stamp.copy()
        stamp.putalpha(alpha.filter(ImageFilter.MinFilter(3) if thin else ImageFilter.MaxFilter(3)))
    return scans.faded(stamp, grain, rng.uniform(0.05, 0.45))


def _scanned(page: Image.Image, dpi: int, rng: random.Random, *, noise: float = 5.0) -> Image.Image:
    """What every scanner does: a little turned, tinted, noisy and soft."""
    page = page.rotate(rng.uniform(-1.2, 1.2), fillcolor=(250, 250, 248), resample=Image.Resampling.BICUBIC)
    tint = np.array((1.0, rng.uniform(0.97, 1.0), rng.uniform(0.92, 1.0)), np.float32) * rng.uniform(0.9, 1.0)
    pixels = np.asarray(page).astype(np.float32) * tint
    pixels += noise * np.random.default_rng(rng.randrange(1 << 30)).standard_normal(pixels.shape, np.float32)
    soft = rng.uniform(0.3, 0.8) * dpi / 200
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(soft))


def bilevel(page: Image.Image, dpi: int, rng: random.Random) -> Image.Image:
    """Two colours by a threshold that the machine chose for this page."""
    grey = np.asarray(_scanned(page, dpi, rng, noise=3.0).convert("L"))
    return Image.fromarray((grey > rng.randint(165, 205)).astype(np.uint8) * np.uint8(255)).convert("1")


def _dots(page: Image.Image, dpi: int, rng: random.Random) -> bytes:
    """Error diffusion (Floyd and Steinberg), after the contrast that machines add."""
    grey = _scanned(page, dpi, rng, noise=2.0).convert("L").point(lambda v: min(255, int(v * 1.12)))
    return file_of(grey.convert("1"), "TIFF", compression="group4", dpi=(dpi, dpi))


def _two_up(page: Image.Image, dpi: int, rng: random.Random) -> bytes:
    """Two pages side by side on a sheet of A4, each smaller by a third."""
    scale = dpi / 72
    other = (
        pypdfium2.PdfDocument(scans.letter_pdf(5 + rng.randrange(90)))[0].render(scale=scale).to_pil().convert("RGB")
    )
    sheet = Image.new("RGB", (2 * page.width, page.height), "white")
    first, second = (page, other) if rng.random() < 0.5 else (other, page)
    sheet.paste(first, (0, 0))
    sheet.paste(second, (page.width, 0))
    sheet = sheet.resize((round(sheet.width / 1.414), round(sheet.height / 1.414)), Image.Resampling.LANCZOS)
    return file_of(_scanned(sheet, dpi, rng), "JPEG", quality=75, dpi=(dpi, dpi))


def _phone(page: Image.Image, dpi: int, rng: random.Random) -> bytes:
    """A page on a desk seen from aside, with the shadow of the hand that holds the phone."""
    pixels = np.asarray(page)
    rows, columns = pixels.shape[:2]
    width, height = int(columns * 1.18), int(rows * 1.14)
    desk = np.array(rng.choice(((120, 85, 55), (70, 70, 75), (165, 140, 110), (45, 40, 38))), np.float32)
    grain = np.random.RandomState(rng.randrange(1 << 30))
    coarse = cv2.resize(grain.rand(40, 30).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    picture = desk[None, None, :] * (0.8 + 0.3 * coarse[:, :, None])
    x, y, bend = 0.09 * columns, 0.07 * rows, 0.06 * columns
    corners = np.array(
        [
            (x + a * columns + rng.uniform(-0.2, 1) * bend, y + b * rows + rng.uniform(-0.2, 1) * bend)
            for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))
        ],
        np.float32,
    )
    flat = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32)
    view = cv2.getPerspectiveTransform(flat, corners)
    seen = cv2.warpPerspective(pixels, view, (width, height), flags=cv2.INTER_AREA)
    covered = cv2.warpPerspective(np.full((rows, columns), 255, np.uint8), view, (width, height))
    picture = np.where(covered[:, :, None] > 127, seen, picture).astype(np.float32)
    across, down = np.arange(width)[None, :] / width, np.arange(height)[:, None] / height
    edge = rng.uniform(0.2, 0.8) + rng.uniform(-0.6, 0.6) * down
    shadow = 1 - rng.uniform(0.15, 0.4) / (1 + np.exp((across - edge) * rng.uniform(8, 40) * rng.choice((-1, 1))))
    picture *= (0.95 * shadow)[:, :, None] * np.array((1.0, rng.uniform(0.94, 0.99), rng.uniform(0.84, 0.97)))
    picture = picture.astype(np.float32)
    picture += 4 * np.random.default_rng(rng.randrange(1 << 30)).standard_normal(picture.shape, np.float32)
    photo = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    return file_of(photo, "JPEG", quality=rng.randint(60, 80))


Machine = Callable[[Image.Image, int, random.Random], bytes]
MACHINES: dict[str, tuple[str, Machine]] = {
    "jpeg": ("jpg", lambda page, dpi, rng: file_of(_scanned(page, dpi, rng), "JPEG", quality=rng.randint(55, 85), dpi=(dpi, dpi))),
    "strong jpeg": ("jpg", lambda page, dpi, rng: file_of(
        _scanned(page, dpi, rng, noise=3.0), "JPEG", quality=rng.randint(20, 40), dpi=(dpi, dpi))),
    "threshold": ("tif", lambda page, dpi, rng: file_of(bilevel(page, dpi, rng), "TIFF", compression="group4", dpi=(dpi, dpi))),
    "cmyk tiff": ("tif", lambda page, dpi, rng: file_of(
        _scanned(page, dpi, rng).convert("CMYK"), "TIFF", compression="tiff_lzw", dpi=(dpi, dpi))),
    "dots": ("tif", _dots), "two up": ("jpg", _two_up), "phone": ("jpg", _phone),
    "pdf layers": ("pdf", lambda page, dpi, rng: scan_files.layered_pdf(_scanned(page, dpi, rng, noise=3.0), dpi)),
    "pdf jbig2": ("pdf", lambda page, dpi, rng: scan_files.jbig2_pdf(bilevel(page, dpi, rng), dpi)),
    "pdf jpx": ("pdf", lambda page, dpi, rng: scan_files.jpx_pdf(_scanned(page, dpi, rng), dpi)),
}  # fmt: skip


def troubles() -> list[str]:
    """The troubles whose files can be made here; JBIG2 takes the program of Debian's package jbig2."""
    return [name for name, one in TROUBLES.items() if one.machine != "pdf jbig2" or scan_files.JBIG2]


def sheets(count: int, *, first: int = 0) -> list[Hard]:
    """Marked pages, the troubles in turn."""
    names = troubles()
    return [Hard(n, names[n % len(names)], mark=scans.MARKS[n // len(names) % 3]) for n in range(first, first + count)]


def innocents(count: int, *, first: int = 0) -> list[Hard]:
    """Pages without a mark, scenes and troubles in turn."""
    names, scenes = troubles(), list(SCENES)
    return [
        Hard(n, names[(n * 7 + n // len(names)) % len(names)], scene=scenes[n % len(scenes)])
        for n in range(first, first + count)
    ]
