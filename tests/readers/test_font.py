"""Fonts in documents: what their name table says, also when XPS changed their first octets."""

import struct
import uuid

import pytest

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.pictures import font
from gateway.documents.readers.sniff import OCTETS, sniff
from gateway.documents.readers.sniff_font import FONT
from gateway.model import Origin, ReadStatus

NAME = "Phông chữ TỐI MẬT"
GUID = "0180ec35-7da1-499c-910f-6b282bd9cfc1"


def sfnt(*names: str) -> bytes:
    octets = [name.encode("utf-16-be") for name in names]
    storage = 6 + 12 * len(octets)
    records = b"".join(
        struct.pack(">6H", 3, 1, 0x42A, 4, len(each), sum(map(len, octets[:number])))
        for number, each in enumerate(octets)
    )
    table = struct.pack(">HHH", 0, len(octets), storage) + records + b"".join(octets)
    return b"\0\1\0\0" + struct.pack(">4H", 1, 16, 0, 0) + struct.pack(">4sIII", b"name", 0, 28, len(table)) + table


def changed(data: bytes) -> bytes:
    key = uuid.UUID(GUID).bytes[::-1] * 2
    return bytes(octet ^ other for octet, other in zip(data, key, strict=False)) + data[32:]


def read(data: bytes, name: str = "a.ttf") -> Reading:
    assert sniff(data, name).types == (FONT,)
    return font.read(Source(data=data, part="1", filename=name), Budget())


def test_the_names_of_a_font_are_read() -> None:
    document = read(sfnt(NAME, NAME, "Version 2.0")).document
    assert (document.status, document.format) == (ReadStatus.OK, "font")
    assert [(run.text, run.origin) for run in document.runs] == [(NAME, Origin.HIDDEN), ("Version 2.0", Origin.HIDDEN)]


def test_a_font_of_xps_is_known_by_its_name() -> None:
    data = changed(sfnt(NAME))
    assert [run.text for run in read(data, f"{GUID.upper()}.odttf").document.runs] == [NAME]
    assert sniff(data, "a.odttf").types == (OCTETS,)


@pytest.mark.parametrize("cut", [13, 20, 30, 40])
def test_a_cut_font_is_malformed(cut: int) -> None:
    with pytest.raises(ReadError):
        read(sfnt(NAME)[:cut])
