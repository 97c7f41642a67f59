"""Scans as other machines make them: fax, phone, office scanners with every codec, pages on their side, other inks.

`scans.make` gives pages of one kind of scanner; here a page is drawn anew with stamps in any ink, at any place, over
text or over each other, and then goes through the machine that is named. Everything depends on the seed alone.
"""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pypdfium2
from PIL import Image, ImageFilter

from tests.readers import scan_files, scans
from tests.support.octets import file_of

INKS = {
    "red": (200, 20, 30),
    "blue": (35, 60, 170),
    "violet": (105, 40, 140),
    "black": (25, 25, 25),
}
PLACES = {"left": (85, 120), "right": (400, 125), "centre": (250, 140), "top": (60, 15), "over text": (150, 232)}


@dataclass(frozen=True)
class Sheet:
    """What stands on a page, and what made a picture of it."""

    seed: int
    machine: str
    mark: str | None = None
    other: str | None = None
    ink: str = "red"
    place: str = "left"
    framed: bool = True
    dpi: int = 200
    turn: int = 0
    """Quarter turns that the page lies in the machine."""

    @property
    def name(self) -> str:
        return f"{self.machine}/{self.ink}/{self.place}/{self.dpi}/{90 * self.turn}" + ("" if self.framed else "/bare")


def draw(sheet: Sheet) -> Image.Image:
    """The sheet of paper, upright and clean."""
    rng = random.Random(sheet.seed * 104729 + 7)
    noise = np.random.RandomState(sheet.seed)
    scale = sheet.dpi / 72
    page = pypdfium2.PdfDocument(scans.letter_pdf(sheet.seed % 40))[0].render(scale=scale).to_pil().convert("RGBA")

    def put(stamp: Image.Image, x: float, y: float, fade: float) -> None:
        turned = stamp.rotate(rng.uniform(-5, 5), expand=True, resample=Image.Resampling.BICUBIC)
        page.alpha_composite(scans.faded(turned, noise, fade), (max(0, int(x * scale)), max(0, int(y * scale))))

    x, y = PLACES[sheet.place]
    x, y = x + rng.uniform(-15, 15), y + rng.uniform(-8, 8)
    if sheet.other:
        put(scans.text_stamp(sheet.other, rng, scale, INKS["red"]), x, y + 42, 0.2)
    if sheet.mark:
        put(scans.text_stamp(sheet.mark, rng, scale, INKS[sheet.ink], framed=sheet.framed), x, y, rng.uniform(0.1, 0.5))
    put(scans.seal(scale, INKS["red"]), 340 + rng.uniform(-20, 20), 640, 0.2)
    scans.sign(page, rng, scale)
    return page.convert("RGB")


def make(sheet: Sheet) -> tuple[str, bytes]:
    """Return name and content of the file that the machine writes."""
    page = draw(sheet)
    if sheet.turn:
        page = page.rotate(90 * sheet.turn, expand=True)
    suffix, write = MACHINES[sheet.machine]
    return f"{sheet.seed}.{suffix}", write(page, sheet)


def _worn(page: Image.Image, sheet: Sheet, *, noise: float = 5.0, blur: float = 0.5) -> Image.Image:
    """What every scanner does: a little turned, tinted, noisy and soft."""
    rng = random.Random(sheet.seed)
    page = page.rotate(rng.uniform(-1.5, 1.5), fillcolor=(250, 250, 248), resample=Image.Resampling.BICUBIC)
    pixels = np.asarray(page).astype(np.float32) * rng.uniform(0.9, 1.0)
    pixels += np.random.RandomState(sheet.seed).normal(0, noise, pixels.shape)
    worn = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return worn.filter(ImageFilter.GaussianBlur(blur * sheet.dpi / 200))


def _jpeg(page: Image.Image, sheet: Sheet, quality: int = 60) -> bytes:
    return file_of(_worn(page, sheet), "JPEG", quality=quality, dpi=(sheet.dpi, sheet.dpi))


def _bilevel(page: Image.Image, sheet: Sheet) -> Image.Image:
    """Threshold of a fax or a scanner in text mode; red ink comes out black."""
    grey = np.asarray(_worn(page, sheet, noise=3.0).convert("L"))
    return Image.fromarray(((grey > 170) * np.uint8(255)).astype(np.uint8)).convert("1")


def _fax(page: Image.Image, sheet: Sheet) -> bytes:
    """ITU-T T.4 fine resolution: 204 by 196 dots per inch."""
    small = page.resize((round(page.width * 204 / sheet.dpi), round(page.height * 196 / sheet.dpi)))
    return file_of(_bilevel(small, sheet), "TIFF", compression="group4", dpi=(204, 196))


def _tiff(page: Image.Image, sheet: Sheet) -> bytes:
    """The marked page is the second of three."""
    cover = scans.letter_pdf((sheet.seed + 3) % 40)
    plain = pypdfium2.PdfDocument(cover)[0].render(scale=sheet.dpi / 72).to_pil().convert("RGB")
    return file_of(
        _worn(plain, sheet),
        "TIFF",
        save_all=True,
        append_images=[_worn(page, sheet), _worn(plain, sheet)],
        compression="tiff_lzw",
        dpi=(sheet.dpi, sheet.dpi),
    )


def _grey(page: Image.Image, sheet: Sheet) -> bytes:
    return file_of(_worn(page, sheet).convert("L"), "JPEG", quality=65, dpi=(sheet.dpi, sheet.dpi))


def _phone(page: Image.Image, sheet: Sheet) -> bytes:
    """A page on a desk, seen from aside in uneven light."""
    rng = random.Random(sheet.seed * 17 + 1)
    pixels = np.asarray(page)
    rows, columns = pixels.shape[:2]
    width, height = int(columns * 1.2), int(rows * 1.16)
    grain = np.random.RandomState(sheet.seed)
    coarse = cv2.resize(grain.rand(40, 30).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    desk = np.array(rng.choice(((120, 85, 55), (70, 70, 75), (165, 140, 110), (60, 45, 35))), np.float32)
    picture = desk[None, None, :] * (0.8 + 0.3 * coarse[:, :, None])
    x, y = 0.1 * columns, 0.08 * rows
    corners = np.array(
        [
            (x + sx * columns + rng.uniform(0, 0.045) * columns, y + sy * rows + rng.uniform(0, 0.045) * rows)
            for sx, sy in ((0, 0), (1, 0), (1, 1), (0, 1))
        ],
        np.float32,
    )
    sheet_corners = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32)
    view = cv2.getPerspectiveTransform(sheet_corners, corners)
    seen = cv2.warpPerspective(pixels, view, (width, height), flags=cv2.INTER_AREA)
    covered = cv2.warpPerspective(np.full((rows, columns), 255, np.uint8), view, (width, height))
    picture = np.where(covered[:, :, None] > 127, seen, picture).astype(np.float32)
    gx, gy = rng.uniform(-0.25, 0.25), rng.uniform(-0.25, 0.25)
    light = 0.82 + gx * (np.arange(width) / width - 0.5)[None, :] + gy * (np.arange(height) / height - 0.5)[:, None]
    picture = picture * light[:, :, None] * np.array((1.0, rng.uniform(0.94, 0.99), rng.uniform(0.84, 0.95)))
    picture += grain.normal(0, 4, picture.shape)
    photo = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    return file_of(photo, "JPEG", quality=75)


def _pdf_jpeg(page: Image.Image, sheet: Sheet) -> bytes:
    return scan_files.one_picture(page.size, sheet.dpi, _jpeg(page, sheet, 45), b"/DeviceRGB", 8, b"/Filter /DCTDecode")


def _pdf_jpx(page: Image.Image, sheet: Sheet) -> bytes:
    return scan_files.jpx_pdf(_worn(page, sheet), sheet.dpi)


def _pdf_ccitt(page: Image.Image, sheet: Sheet) -> bytes:
    bilevel = _bilevel(page, sheet)
    tiff = Image.open(io.BytesIO(file_of(bilevel, "TIFF", compression="group4")))
    # One strip, so that its octets are the whole CCITT stream; PhotometricInterpretation says which colour 1 is.
    data = file_of(bilevel, "TIFF", compression="group4", tiffinfo={278: bilevel.height})
    tiff = Image.open(io.BytesIO(data))
    start, length = tiff.tag_v2[273][0], tiff.tag_v2[279][0]
    black = b"true" if tiff.tag_v2[262] == 1 else b"false"
    parameters = b"/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns %d /Rows %d /BlackIs1 %s >>" % (
        page.width, page.height, black
    )  # fmt: skip
    return scan_files.one_picture(page.size, sheet.dpi, data[start : start + length], b"/DeviceGray", 1, parameters)


MACHINES: dict[str, tuple[str, Callable[[Image.Image, Sheet], bytes]]] = {
    "scanner jpeg": ("jpg", _jpeg),
    "scanner grey": ("jpg", _grey),
    "fax g4": ("tif", _fax),
    "tiff pages": ("tif", _tiff),
    "phone": ("jpg", _phone),
    "pdf jpeg": ("pdf", _pdf_jpeg),
    "pdf jpx": ("pdf", _pdf_jpx),
    "pdf ccitt": ("pdf", _pdf_ccitt),
}


def sheets(count: int, *, first: int = 0) -> list[Sheet]:
    """Sheets over all machines, inks, places and resolutions; of five, one has no mark and one another stamp only."""
    result = []
    for seed in range(first, first + count):
        rng = random.Random(seed * 65537 + 3)
        kind = seed % 5
        machine = list(MACHINES)[seed % len(MACHINES)]
        result.append(
            Sheet(
                seed=seed,
                machine=machine,
                mark=scans.MARKS[seed % 3] if kind < 3 else None,
                other=rng.choice(scans.OTHERS) if kind == 3 or (kind == 2 and rng.random() < 0.6) else None,
                ink=rng.choice(("red", "red", "red", "blue", "violet", "black")),
                place=rng.choice(list(PLACES)),
                framed=rng.random() > 0.12,
                dpi=rng.choice((100, 150, 200, 200, 300)) if machine != "phone" else rng.choice((150, 200)),
                turn=rng.choice((0, 0, 0, 0, 1, 2, 3)),
            )
        )
    return result
