"""PDF files as scanners make them: one picture with a codec, or text and paper in layers of their own."""

import shutil
import subprocess
import tempfile
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFilter

from tests.readers import pdfs
from tests.support.octets import file_of

JBIG2 = shutil.which("jbig2")
"""The encoder of Debian's package jbig2, None where it is not installed."""


def one_picture(size: tuple[int, int], dpi: float, stream: bytes, colours: bytes, bits: int, filters: bytes) -> bytes:
    """A PDF of one picture that fills its page (ISO 32000-1 §7.4)."""
    dictionary = b"/ColorSpace %s /BitsPerComponent %d %s" % (colours, bits, filters)
    return pictures(size, dpi, b"/I0 Do", [(dictionary, stream, size)])


def pictures(
    size: tuple[int, int], dpi: float, show: bytes, items: list[tuple[bytes, bytes, tuple[int, int]]]
) -> bytes:
    """A PDF page that shows pictures I0, I1, ... over all of itself; item N is object 5 + N."""
    width, height = 72 * size[0] / dpi, 72 * size[1] / dpi
    content = b"q %.2f 0 0 %.2f 0 0 cm %s Q" % (width, height, show)
    names = b" ".join(b"/I%d %d 0 R" % (number, 5 + number) for number in range(len(items)))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents 4 0 R /Resources << /XObject << %s >> >> >>"
        % (width, height, names),
        4: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    }
    for number, (dictionary, stream, (columns, rows)) in enumerate(items):
        head = b"<< /Type /XObject /Subtype /Image /Width %d /Height %d %s /Length %d >>\nstream\n" % (
            columns, rows, dictionary, len(stream)
        )  # fmt: skip
        objects[5 + number] = head + stream + b"\nendstream"
    return pdfs.assemble(objects)


def jpx_pdf(page: Image.Image, dpi: int) -> bytes:
    return one_picture(
        page.size,
        dpi,
        file_of(page, "JPEG2000", quality_mode="rates", quality_layers=[40]),
        b"/DeviceRGB",
        8,
        b"/Filter /JPXDecode",
    )


def jbig2_pdf(page: Image.Image, dpi: int) -> bytes:
    """A page of two colours by the encoder, without a table of symbols (ITU-T T.88)."""
    assert JBIG2 is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.png")
        page.save(path, "PNG")
        stream = subprocess.run([JBIG2, "-p", str(path)], capture_output=True, check=True, timeout=300).stdout
    return one_picture(page.size, dpi, stream, b"/DeviceGray", 1, b"/Filter /JBIG2Decode")


def layered_pdf(page: Image.Image, dpi: int) -> bytes:
    """Mixed raster content: paper and ink in coarse colour, and a fine mask of two colours that says where ink is.

    That is ISO/IEC 16485 as scanners write it into PDF: the colours of the ink have a stencil as soft mask.
    """
    pixels = np.asarray(page)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    paper = cv2.medianBlur(cv2.resize(grey, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA), 15)
    level = cv2.resize(paper, (page.width, page.height), interpolation=cv2.INTER_LINEAR)
    ink = cv2.subtract(level, grey) > 45
    background = cv2.inpaint(
        cv2.resize(pixels, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA),
        cv2.dilate(
            cv2.resize(ink.astype(np.uint8), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA),
            np.ones((3, 3), np.uint8),
        ),
        3,
        cv2.INPAINT_TELEA,
    )
    # Where there is no ink its colour is that of the ink nearby.
    spread = cv2.erode(np.where(ink[:, :, None], pixels, 255).astype(np.uint8), np.ones((9, 9), np.uint8))
    colours = cv2.resize(spread, None, fx=0.33, fy=0.33, interpolation=cv2.INTER_AREA)
    stencil = np.packbits(ink, axis=1).tobytes()
    jpegs = [_jpeg(Image.fromarray(part), quality) for part, quality in ((background, 40), (colours, 50))]
    rgb = b"/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
    return pictures(
        page.size,
        dpi,
        b"/I0 Do /I1 Do",
        [
            (rgb, jpegs[0], (background.shape[1], background.shape[0])),
            (rgb + b" /SMask 7 0 R", jpegs[1], (colours.shape[1], colours.shape[0])),
            (
                b"/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /FlateDecode",
                zlib.compress(stencil),
                (page.width, page.height),
            ),
        ],
    )


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    return file_of(picture.filter(ImageFilter.SMOOTH), "JPEG", quality=quality)
