"""Pictures and films that no type by octets excuses: read where a decoder opens them, otherwise never of no known form."""

import io
import struct

import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.documents.readers.magic import magic_types
from gateway.documents.readers.sniff import OCTETS, sniff
from gateway.documents.readers.sniff_pictures import ICON, UNKNOWN_FILM, UNKNOWN_PICTURE, WBMP
from gateway.model import Document
from tests.readers.scans import FONT_DIR
from tests.support.cases import first_quick
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of
from tests.support.reading import reading_of


def marked(mode: str = "RGB", ink: object = "black", ground: object = "white") -> Image.Image:
    page = Image.new(mode, (800, 400), ground)  # type: ignore[arg-type]
    ImageDraw.Draw(page).text(
        (140, 90), "MẬT", ink, ImageFont.truetype(str(FONT_DIR / "liberation/LiberationSerif-Bold.ttf"), 160)
    )  # type: ignore[arg-type]
    return page


ASF = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"


def ogg(head: bytes) -> bytes:
    """The page that begins a stream."""
    return b"OggS\0\2" + bytes(20) + b"\1\xc8" + head + bytes(200 - len(head))


def sun(page: Image.Image) -> bytes:
    head = struct.pack(">8I", 0x59A66A95, page.width, page.height, 24, page.width * page.height * 3, 1, 0, 0)
    return head + page.tobytes("raw", "BGR")


def wbmp(page: Image.Image) -> bytes:
    def number(value: int) -> bytes:
        return bytes([0x80 | value >> 7, value & 0x7F])

    return b"\0\0" + number(page.width) + number(page.height) + page.convert("1").tobytes()


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def film(*tracks: bytes, brands: bytes = b"isom\0\0\0\0isommp42") -> bytes:
    return box(b"ftyp", brands) + box(b"moov", b"".join(box(b"hdlr", bytes(8) + one + bytes(12)) for one in tracks))


def words(document: Document) -> str:
    return " ".join(run.text for run in document.runs)


@needs_ocr
@pytest.mark.parametrize(
    "kind", first_quick(["sun", "ico", "cur", "fits", "avif under another brand", "light letters"], 2)
)
def test_a_mark_is_read_in_whatever_form_a_decoder_opens(kind):
    page = marked()
    match kind:
        case "sun":
            data = sun(page)
        case "ico":
            data = file_of(page.resize((256, 128)), "ICO", sizes=[(256, 128)])
        case "cur":
            icon = file_of(page.resize((256, 128)), "ICO", sizes=[(256, 128)])
            data = b"\0\0\2\0" + icon[4:10] + b"\7\0\7\0" + icon[14:]
        case "fits":
            grey = page.convert("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
            cards = (
                "SIMPLE  =                    T",
                "BITPIX  =                    8",
                "NAXIS   =                    2",
            )
            cards += (f"NAXIS1  = {page.width:20}", f"NAXIS2  = {page.height:20}", "END")
            data = "".join(card.ljust(80) for card in cards).ljust(2880).encode() + grey.tobytes()
        case "avif under another brand":
            data = file_of(page, "AVIF")
            data = data[:8] + b"isom" + data[12:16] + b"avif" + data[20:]
        case _:
            data = file_of(marked("RGBA", (255, 255, 255, 255), (255, 255, 255, 0)), "PNG")
    assert "MẬT" in words(reading_of(data).document)


def test_every_picture_of_an_icon_is_handed_on():
    data = file_of(marked(), "ICO", sizes=[(48, 24), (256, 128)])
    reading = reading_of(data)
    assert [sniff(member.data).primary for member in reading.members] == [ICON, ICON]
    assert {Image.open(io.BytesIO(member.data)).size for member in reading.members} == {(48, 24), (256, 128)}


@pytest.mark.parametrize("size", [1, 5000])
def test_a_picture_that_no_decoder_opens_is_known_by_its_form(size):
    assert sniff(wbmp(marked())).primary == WBMP
    assert sniff(b"P7\nWIDTH 8\nHEIGHT 8\nDEPTH 1\n" + bytes(size)).primary == "image/x-portable-arbitrarymap"
    assert sniff(b"\x8aMNG\r\n\x1a\n" + bytes(size)).primary == "video/x-mng"


@pytest.mark.parametrize(
    ("name", "declared", "kind"),
    [
        ("a.iff", "", UNKNOWN_PICTURE),
        ("a.bin", "image/x-new", UNKNOWN_PICTURE),
        ("a.mjpeg", "", UNKNOWN_FILM),
        ("a", "video/x-new", UNKNOWN_FILM),
        ("measured.dat", "application/octet-stream", OCTETS),
    ],
)
def test_an_unrecognised_file_type_is_what_name_and_declared_type_say(name, declared, kind):
    assert sniff(b"\x07\x01\x02\xfe" * 30, name, declared).primary == kind


def test_jpegs_one_behind_the_other_are_a_film_by_their_name():
    data = file_of(marked(), "JPEG") * 2
    assert "video/x-mjpeg" in sniff(data, "camera.mjpeg").types
    assert sniff(data, "camera.jpg").types == ("image/jpeg",)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (film(b"vide", b"soun"), "video/mp4"),
        (film(b"soun", b"text"), "video/mp4"),
        (film(), "video/mp4"),
        (film(b"soun", b"mdir", brands=b"M4A \0\0\0\0M4A mp42"), "audio/mp4"),
        (film(b"pict", brands=b"qt  \0\0\0\0qt  mif1"), "image/heic"),
        (b"OggS\0\2" + bytes(22) + b"\x01vorbis" + bytes(90), "application/ogg"),
        (b"OggS\0\2" + bytes(22) + b"\x80theora" + bytes(90), "video/ogg"),
        (ogg(b"\x01vorbis") * 40 + ogg(b"\x80theora") + bytes(90), "video/ogg"),
        (ogg(b"\x01vorbis") + bytes(5000) + b"bbcd", "application/ogg"),
        (ASF + bytes(70_000) + bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b"), "video/x-ms-asf"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(90), "audio/x-ms-wma"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b"), "video/x-ms-asf"),
    ],
)
def test_sound_is_distinguished_from_film(data, kind):
    assert sniff(data).primary == kind


def test_a_file_that_begins_like_an_icon_is_none_when_its_directory_does_not_hold():
    assert sniff(b"\0\0\1\0\x05\0" + b"\xff" * 200).primary == OCTETS
    assert "image/x-icon" not in magic_types(b"\0\0\1\0\x05\0" + b"\xff" * 200)
