"""Pages, Numbers and Keynote, and binary property lists: every string is read, damage is told, nothing expands without end."""

from __future__ import annotations

import contextlib
import io
import plistlib
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import Document, ReadStatus
from gateway.readers import iwork
from gateway.readers.base import Budget, ReadError, Reading, Source
from gateway.readers.markup import plist
from gateway.readers.registry import reader_for
from gateway.readers.sniff import sniff


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*out, number))


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def snapped(data: bytes) -> bytes:
    """A Snappy block of literals only."""
    out = varint(len(data))
    for at in range(0, len(data), 60):
        piece = data[at : at + 60]
        out += bytes((len(piece) - 1 << 2,)) + piece
    return out


def iwa(*messages: bytes) -> bytes:
    stream = b""
    for message in messages:
        info = field(1, 7) + field(2, field(1, 2001) + field(3, len(message)))
        stream += varint(len(info)) + info + message
    packed = snapped(stream)
    return b"\0" + len(packed).to_bytes(3, "little") + packed


def package(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/") + ".iwa", data)
        archive.writestr("preview.jpg", b"\xff\xd8\xff")
    return out.getvalue()


def read(data: bytes) -> Reading:
    return iwork.read(Source(data=data, part="1", detected_type="application/vnd.apple.iwork"), Budget())


def texts(document: Document) -> list[str]:
    return [run.text for run in document.runs]


def test_every_text_of_every_archive_is_read():
    cell = field(4, field(1, 5) + field(3, "TỐI MẬT".encode()))
    data = package(
        Index__Document=iwa(field(3, "Kính gửi\nPhòng Nội vụ".encode()), cell), Index__Tables__DataList=iwa(cell)
    )
    assert reader_for(sniff(data).primary) is iwork.read
    reading = read(data)
    assert reading.document.status is ReadStatus.OK
    assert texts(reading.document) == ["Kính gửi", "Phòng Nội vụ", "TỐI MẬT", "TỐI MẬT"]
    assert [member.name for member in reading.members] == ["preview.jpg"]


def test_a_text_that_looks_like_a_message_is_given_as_both():
    long = "UBND quận Bình Tân, Phòng Nội vụ thành phố"
    assert long in texts(read(package(Index__Document=iwa(field(1, field(1, long.encode()))))).document)


def test_references_of_snappy_are_followed():
    packed = varint(12) + b"\x0cabcd" + b"\x11\x04"  # four letters; eight octets, four back
    assert iwork.unsnapped(packed, Budget()) == b"abcdabcdabcd"


@pytest.mark.parametrize(
    "archive",
    [b"\1\5\0\0abcde", b"\0\5\0\0abc", b"\0\3\0\0\x05\x0cab", b"\0\3\0\0\4\x01\x04", iwa(b"x")[:-1], b"\0\2\0\0\4\xff"],
)
def test_damaged_archives_are_told(archive):
    assert read(package(Index__Document=archive)).document.status is ReadStatus.MALFORMED


def test_a_block_that_states_a_senseless_size_is_a_limit():
    block = varint(1 << 31) + b"\0a"
    with pytest.raises(ReadError, match="limit"):
        iwork.unsnapped(block, Budget())


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_octets_are_texts_or_damage(data):
    for archive in (b"\0" + len(data).to_bytes(3, "little") + data, iwa(data)):
        with contextlib.suppress(ReadError):  # anything else fails
            assert all(isinstance(text, str) for text in iwork.words(archive, Budget()))


def property_list(value: object) -> Reading:
    data = plistlib.dumps(value, fmt=plistlib.FMT_BINARY)
    assert reader_for(sniff(data).primary) is plist.read
    return plist.read(Source(data=data, part="1"), Budget())


def test_a_web_archive_gives_its_page():
    page = b"<html><body>TOI</body></html>"
    reading = property_list(
        {"WebMainResource": {"WebResourceData": page, "WebResourceMIMEType": "text/html"}, "a": ["b", "c"]}
    )
    assert texts(reading.document) == ["text/html", "b", "c"]
    assert [(member.name, member.data) for member in reading.members] == [("WebResourceData", page)]


def test_a_property_list_in_itself_ends():
    # One array whose only element is the array itself.
    data = b"bplist00" + b"\xa1\x00" + b"\x08" + bytes(6) + b"\1\1" + bytes(7) + b"\1" + bytes(8) + bytes(7) + b"\x0a"
    assert plist.read(Source(data=data, part="1"), Budget()).document.runs == ()


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_property_list_is_read_or_damaged(data):
    with contextlib.suppress(ReadError):  # anything else fails
        assert plist.read(Source(data=b"bplist00" + data, part="1"), Budget()).document.format == "plist"
