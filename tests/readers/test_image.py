"""Picture files: limits before decoding, properties as runs, and pages named whether they could be read or not."""

import contextlib
import hashlib
import io
import math
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.documents.readers.pictures import image, ocr, thumbnail
from gateway.documents.readers.registry import reader_for
from gateway.documents.readers.sniff import sniff
from gateway.model import Document, Origin, ReadStatus, Role
from tests.readers import scans
from tests.support.cases import examples, first_quick
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of
from tests.support.reading import unread


def read(data: bytes, **source: object) -> Document:
    return image.read(Source(data=data, part="1", **source), Budget(part_cpu_s=100)).document  # type: ignore[arg-type]


def picture(words: str = "", size: tuple[int, int] = (1240, 1754)) -> Image.Image:
    page = Image.new("RGB", size, "white")
    if words:
        font = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Regular.ttf"), 32)
        ImageDraw.Draw(page).text((150, 150), words, font=font, fill=(0, 0, 0))
    return page


def words(document: Document) -> str:
    return " ".join(run.text for run in document.runs if run.origin is Origin.OCR)


@needs_ocr
@pytest.mark.parametrize(
    "kind",
    first_quick(
        [
            "JPEG",
            "PNG",
            "TIFF",
            "GIF",
            "BMP",
            "WEBP",
            "DIB",
            "JPEG2000",
            "PCX",
            "PPM",
            "SGI",
            "QOI",
            "ICNS",
            "AVIF",
            "TGA",
        ],
        2,
    ),
)
def test_words_in_every_format_are_read(kind: str) -> None:
    data = file_of(picture("Ủy ban nhân dân quận Bình Tân"), kind)
    assert reader_for(sniff(data).primary) is image.read
    document = read(data)
    assert "nhân dân" in words(document)
    assert (document.image_pages, document.read_pages) == ((1,), (1,))


@pytest.mark.slow
@needs_ocr
def test_heic_is_read_where_its_decoder_is_installed() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    data = file_of(picture("Ủy ban nhân dân quận Bình Tân"), "HEIF")
    assert "nhân dân" in words(read(data, detected_type="image/heic"))


@pytest.mark.slow
def test_a_page_of_words_is_doubtful_where_nothing_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    page = file_of(picture("\n".join(["Kính gửi các cơ quan, đơn vị thuộc quận"] * 12)), "PNG")
    monkeypatch.setattr(ocr, "engine", lambda: None)
    assert read(page).doubtful_pages == (1,)
    assert read(file_of(picture(), "PNG")).doubtful_pages == ()


@needs_ocr
def test_every_frame_of_a_tiff_is_read() -> None:
    data = file_of(
        picture("Trang thứ nhất của tài liệu"),
        "TIFF",
        save_all=True,
        append_images=[picture("Trang thứ hai của tài liệu")],
    )
    document = read(data)
    assert document.pages == 2
    assert {run.page for run in document.runs if "tài liệu" in run.text} == {1, 2}


@pytest.mark.slow
@needs_ocr
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_on_its_side_or_head_is_turned(turn: int) -> None:
    page = picture()
    font = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Regular.ttf"), 32)
    for row in range(10):
        ImageDraw.Draw(page).text(
            (120, 150 + 60 * row), "Thực hiện kế hoạch của Ủy ban nhân dân thành phố", font=font, fill=0
        )
    assert "nhân dân thành phố" in words(read(file_of(page.rotate(turn, expand=True), "PNG")))


@needs_ocr
def test_transparent_pictures_are_read_on_white() -> None:
    page = Image.new("RGBA", (900, 300), (0, 0, 0, 0))
    font = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSerif-Regular.ttf"), 40)
    ImageDraw.Draw(page).text((40, 100), "Ủy ban nhân dân", font=font, fill=(0, 0, 0, 255))
    assert "nhân dân" in words(read(file_of(page, "PNG")))


@pytest.mark.slow
@needs_ocr
def test_words_are_read_in_a_forked_child_that_can_open_no_file() -> None:
    """A child has one gigabyte, no files and no time to load anything: all must have been loaded before."""
    import os
    import resource

    image.warm_up()
    data = file_of(picture("Ủy ban nhân dân quận Bình Tân"), "PNG")
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
            os.write(send, words(read(data)).encode())
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        said = pipe.read().decode()
    assert os.waitpid(child, 0)[1] == 0
    assert "nhân dân" in said


@pytest.mark.slow
def test_a_picture_in_several_files_of_an_archive_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked, look = [], image._look
    monkeypatch.setattr(image, "_look", lambda *given, **more: looked.append(1) or look(*given, **more))
    data, budget = file_of(picture("QUAN BINH TAN", (900, 300)), "PNG"), Budget()
    first, second = (
        image.read(Source(data=data, part=part, filename=f"{part}.png"), budget).document for part in ("1!a", "2!b")
    )
    assert (first.part, second.part, second.filename) == ("1!a", "2!b", "2!b.png")
    assert (first.runs, first.images, len(looked)) == (second.runs, second.images, 1)
    other = image.read(Source(data=data, part="3", relation=thumbnail.RELATION), budget).document
    assert (other.part, len(looked)) == ("3", 2)


@pytest.mark.parametrize(
    ("size", "inches", "expected"),
    [
        ((1500, 500), float("inf"), 8.27),
        ((1500, 500), 6.3, 6.3),
        ((1500, 500), 0.4, 4.0),  # who wants to read it can enlarge it
        ((400, 100), 0.4, 1.9),
        ((1240, 1754), 2.0, 8.27),
        ((1754, 1240), 2.0, 8.27),
        ((1754, 1240), float("inf"), 11.69),
        ((590, 1278), float("inf"), 8.27),  # a phone that shows a page
        ((440, 1000), float("inf"), 4.0),
    ],
)
def test_a_picture_is_looked_at_as_wide_as_its_document_shows_it(size, inches, expected) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    assert image._width(pixels, inches) == expected


def test_properties_are_read() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "TUYỆT MẬT")
    info.add_itxt("XML:com.adobe.xmp", "<x><dc:subject>chủ đề</dc:subject></x>")
    document = read(file_of(picture(size=(50, 50)), "PNG", pnginfo=info))
    found = {run.text for run in document.runs if run.role is Role.PROPERTY}
    assert {"TUYỆT MẬT", "chủ đề"} <= found
    exif = Image.Exif()
    exif[270] = "mo ta"
    exif[40091] = "tiêu đề".encode("utf-16-le") + b"\0\0"
    document = read(file_of(picture(size=(50, 50)), "JPEG", exif=exif, comment=b"ghi chu"))
    assert {"mo ta", "tiêu đề", "ghi chu"} <= {run.text for run in document.runs if run.role is Role.PROPERTY}


def test_pictures_too_small_for_words_are_no_pages() -> None:
    assert read(file_of(picture(size=(16, 16)), "PNG")).image_pages == ()


def test_the_pixels_of_many_pictures_do_not_add_up() -> None:
    out, page = io.BytesIO(), Image.new("L", (900, 1200), 255)
    page.save(out, "TIFF", save_all=True, append_images=[page] * 3, compression="tiff_lzw")
    budget = Budget(limit_bytes=2 << 20)
    assert image.read(Source(data=out.getvalue(), part="1"), budget).document.status is ReadStatus.OK


def test_no_picture_is_taken_for_higher_than_three_pages() -> None:
    assert image._width(np.zeros((2400, 18, 3), np.uint8), math.inf) * 2400 / 18 <= image.HIGHEST_INCHES


def test_a_pixel_bomb_is_refused_from_its_header() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    assert unread(read, data) == (ReadStatus.LIMIT, "image-pixels")


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0" + b"\0" * 50, b"BM" + b"\0" * 60]
)
def test_what_is_no_picture_is_malformed(data: bytes) -> None:
    assert unread(read, data)[0] is ReadStatus.MALFORMED


def test_a_truncated_picture_is_malformed_and_never_clean() -> None:
    data = file_of(Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)), "PNG")
    assert unread(read, data[: len(data) // 2])[0] is ReadStatus.MALFORMED


_SMALL = file_of(picture(size=(40, 30)), "PNG")


@pytest.mark.slow
@examples(60)
@given(st.lists(st.tuples(st.integers(8, len(_SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_damage_gives_a_document_or_a_read_error(damage: list[tuple[int, int]]) -> None:
    data = bytearray(_SMALL)
    for position, value in damage:
        data[position] = value
    with contextlib.suppress(ReadError):  # refused with its cause
        assert read(bytes(data)).format == "image"


def thumbnail_of(draw: str, size: int, *, sides: tuple[int, int] = (181, 256)) -> Image.Image:
    page = Image.new("RGB", sides, "white")
    font = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSans-Bold.ttf"), size)
    for row in range(20, sides[1] - 30, 2 * size):
        ImageDraw.Draw(page).text((12, row), draw, font=font, fill=(20, 20, 20))
    ImageDraw.Draw(page).rectangle((120, 8, 168, 22), outline=(200, 0, 0))
    return page


def test_the_fine_print_of_a_thumbnail_does_not_count_and_its_frames_are_no_stamps() -> None:
    document = read(file_of(thumbnail_of("Ủy ban nhân dân phường", 4), "PNG"), relation="thumbnail")
    assert (document.status, document.runs, document.doubtful_pages) == (ReadStatus.OK, (), ())
    assert [(one.width_px, one.red_boxes) for one in document.images] == [(181, None)]
    assert document.image_pages == document.read_pages


@pytest.mark.slow
def test_a_picture_that_the_document_shows_is_no_thumbnail_whatever_its_name_is() -> None:
    data = file_of(thumbnail_of("Ủy ban nhân dân phường", 4), "PNG")
    budget = Budget(shown_inches={hashlib.sha256(data).hexdigest(): 3.0})
    document = image.read(Source(data=data, part="1", relation="thumbnail"), budget).document
    assert document.images[0].red_boxes is not None


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize(
    ("relation", "sides"), [("thumbnail", (256, 192)), ("image", (256, 192)), ("thumbnail", (300, 192))]
)
def test_large_words_of_a_thumbnail_are_read_like_those_of_any_picture(relation: str, sides: tuple[int, int]) -> None:
    document = read(file_of(thumbnail_of("TỐI MẬT", 34, sides=sides), "PNG"), relation=relation)
    assert "MẬT" in words(document)


def test_packages_name_their_thumbnails() -> None:
    assert thumbnail.is_name("Thumbnails/thumbnail.png")
    assert thumbnail.is_name("docProps/thumbnail.jpeg")
    assert not thumbnail.is_name("word/media/thumbnail.png")


def test_a_picture_whose_black_and_white_each_viewer_makes_up_is_reported() -> None:
    out = file_of(Image.new("F", (64, 64), 1.0), "TIFF")
    assert unread(read, out) == (ReadStatus.UNSUPPORTED, "image-depth")
