r"""Drawings in DWG: words of packed pages, at every bit, in both widths; the drawing stays UNSUPPORTED, and damage ends soon."""

import random
import struct
import time

import pytest

from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.documents.readers.drawings.dwg import read, unpacked
from gateway.documents.readers.registry import reader_for
from gateway.documents.readers.sniff import sniff
from gateway.model import ReadStatus

NOISE = random.Random(3).randbytes(300)


def value(text: str, bits: int, *, wide: bool) -> bytes:
    """A string behind its length, `bits` bits into an octet, between other data."""
    octets = text.encode("utf-16-le") if wide else text.encode("latin-1")
    whole = int.from_bytes(NOISE + bytes((len(text),)) + octets + NOISE, "big")
    return (whole << bits).to_bytes(2 * len(NOISE) + len(octets) + 2, "big")


def packed(data: bytes) -> bytes:
    """Pack octets without a reference: one run of literals and the end."""
    count = len(data) - 18
    zeros, rest = divmod(count - 1, 255)
    return bytes(1 + zeros) + bytes((rest + 1,)) + data + b"\x11"


def drawing(release: bytes, objects: bytes) -> bytes:
    """A file of two pages of one section, the second one first."""
    half = len(objects) // 2
    out = bytearray(release.ljust(0x100, b"\0"))
    for start, piece in ((half, objects[half:]), (0, objects[:half])):
        at = len(out)
        body = packed(piece)
        mask = 0x4164536B ^ at
        header = (0x4163043B, 1, len(body), len(piece), start, 0, 0, 0)
        out += struct.pack("<8I", *(word ^ mask for word in header)) + body
        out += bytes(-len(out) % 32)
    return bytes(out)


def lines(data: bytes) -> list[str]:
    document = read(Source(data=data, part="1", detected_type="image/vnd.dwg"), Budget()).document
    assert (document.status, document.reason) == (ReadStatus.UNSUPPORTED, "drawing")
    return [run.text for run in document.runs]


@pytest.mark.parametrize("bits", range(8))
@pytest.mark.parametrize("release", [b"AC1024", b"AC1027", b"AC1032"])
def test_words_of_packed_pages_are_found_at_every_bit(release, bits):
    data = drawing(release, value("TỐI MẬT", bits, wide=True))
    assert reader_for(sniff(data).primary) is read
    assert "TỐI MẬT" in lines(data)


@pytest.mark.parametrize("bits", range(8))
def test_escaped_letters_of_old_releases_are_turned(bits):
    text = r"{\fTimes New Roman|b1;\C1;T\U+1ED0I M\U+1EACT}"
    assert "TỐI MẬT" in lines(drawing(b"AC1018", value(text, bits, wide=False)))
    assert "TỐI MẬT" in lines(b"AC1015" + value(text, bits, wide=False))


def test_noise_holds_no_mark():
    assert [line for line in lines(drawing(b"AC1032", NOISE * 40)) if "MẬT" in line] == []


@pytest.mark.parametrize(
    ("data", "plain"),
    [
        (b"\x01abcd\x11", b"abcd"),
        (b"\x01abcd\x52\0xy\x11", b"abcdddddxy"),  # four octets, one back; two literals
        (b"\x01abcd\x24\x0e\0XY\x11", b"abcdabcdabXY"),  # six octets, four back; two literals
        (b"\x01abcd\x20\x01\x0c\0\x11", b"abcd" + b"abcd" * 8 + b"ab"),  # 34 octets, four back
    ],
)
def test_pages_are_unpacked(data, plain):
    assert unpacked(data) == plain


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01abc", b"\x01abcd", b"\x01abcd\x40\xff\x11", b"\x01abcd\x05", b"\x01abcd\x20" + bytes(400) + b"\1\0\0"],
)
def test_damaged_pages_are_reported(data):
    with pytest.raises(ReadError):
        unpacked(data)


def test_a_large_drawing_takes_linear_time():
    begun = time.process_time()
    lines(b"AC1015" + random.Random(5).randbytes(4 << 20))
    lines(drawing(b"AC1032", bytes(0x4000)) + bytes(4 << 20))
    assert time.process_time() - begun < 10.0
