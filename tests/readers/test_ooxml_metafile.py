"""Windows metafiles: letters of text records, fonts and colours, bitmaps inside."""

from __future__ import annotations

import gzip
import struct

import pytest

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.pictures.metafile import is_metafile, read
from gateway.documents.readers.registry import module_of
from gateway.documents.readers.sniff import sniff
from gateway.model import Origin, ReadStatus

MARK = "TUYỆT MẬT"


def record(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, 8 + len(body)) + body


def emf(*records: bytes) -> bytes:
    header = bytearray(88)
    struct.pack_into("<II", header, 0, 1, 88)
    header[40:44] = b" EMF"
    return bytes(header) + b"".join(records) + record(14, bytes(12))


def text_record(text: str, y: int) -> bytes:
    raw = text.encode("utf-16-le")
    body = bytearray(28) + struct.pack("<iiII", 0, y, len(text), 76) + bytes(24)
    return record(84, bytes(body) + raw)


def font_record(number: int, face: str) -> bytes:
    return record(82, struct.pack("<I", number) + bytes(28) + face.encode("utf-16-le").ljust(64, b"\0"))


def read_bytes(data: bytes) -> Reading:
    return read(Source(data=data, part="1", filename="a.emf"), Budget())


def test_letters_of_an_emf_have_font_colour_and_line() -> None:
    data = emf(
        font_record(1, "Times New Roman"),
        record(37, struct.pack("<I", 1)),
        record(24, bytes((0xC0, 0, 0, 0))),
        *(text_record(letter, 100) for letter in MARK),
        text_record("dòng hai", 200),
    )
    assert is_metafile(data)
    runs = read_bytes(data).document.runs
    first = [run for run in runs if run.block == runs[0].block]
    assert len(first) == len(set(MARK))
    assert {run.font for run in runs} == {"Times New Roman"}
    assert (first[0].colour, first[0].origin) == ("C00000", Origin.OCR)
    assert runs[-1].text == "dòng hai"


def test_emf_plus_strings_and_compressed_files_are_read() -> None:
    raw = MARK.encode("utf-16-le")
    string = (
        struct.pack("<HHII", 0x401C, 0, 12 + 28 + len(raw), 28 + len(raw))
        + struct.pack("<III", 0, 0, len(MARK))
        + bytes(16)
        + raw
    )
    data = gzip.compress(emf(record(70, struct.pack("<I", 4 + len(string)) + b"EMF+" + string)))
    assert is_metafile(data)
    assert read_bytes(data).document.runs[0].text == MARK


def test_letters_of_a_wmf_are_decoded_by_the_character_set_of_their_font() -> None:
    face = bytes(13) + bytes((163,)) + bytes(4) + b"Times New Roman".ljust(32, b"\0")
    text = "MẬT".encode("cp1258", "replace").replace(b"?", b"\xc2\xf2")
    string = struct.pack("<H", len(text)) + text + bytes(len(text) % 2) + struct.pack("<hh", 10, 0)
    records = b"".join(
        struct.pack("<IH", 3 + len(body) // 2, kind) + body
        for kind, body in ((0x02FB, face), (0x012D, struct.pack("<H", 0)), (0x0521, string))
    )
    data = b"\xd7\xcd\xc6\x9a" + bytes(18) + bytes(18) + records + struct.pack("<IH", 3, 0)
    run = read_bytes(data).document.runs[0]
    assert (run.font, run.text.encode("cp1258")) == ("Times New Roman", text)


@pytest.mark.parametrize("start", [struct.pack("<HHH", 1, 9, 0x300), struct.pack("<HHH", 1, 9, 0x100), b"VCLMTF\1\0"])
def test_a_drawing_without_the_placeable_header_is_known_by_its_octets(start: bytes) -> None:
    """RTF and OLE objects hold WMF so, LibreOffice its own drawings in pages of HTML."""
    kind = sniff(start + bytes(30)).primary
    assert module_of(kind) == module_of("image/wmf")


def test_the_better_drawing_in_the_comments_of_a_wmf_is_read_too() -> None:
    """LibreOffice and Office carry an EMF in pieces in a WMF (MS-WMF §2.3.6.1); programs show it in place of the WMF."""
    inner = emf(text_record("Số: 12/BC-VP", 10), text_record("TỐI MẬT", 30))
    pieces = [inner[at : at + 60] for at in range(0, len(inner), 60)]
    records = b""
    for number, piece in enumerate(pieces):
        rest = len(inner) - 60 * number - len(piece)
        comment = b"WMFC" + struct.pack(
            "<IIHIIIII", 1, 0x10000, 0, 0, len(pieces), len(piece), max(rest, 0), len(inner)
        )
        comment += piece + b"\0" * (len(piece) % 2)
        records += struct.pack("<IHHH", 5 + len(comment) // 2, 0x0626, 15, len(comment)) + comment
    data = struct.pack("<HHHIHIH", 1, 9, 0x300, 9 + len(records) // 2, 0, 0, 0) + records + struct.pack("<IH", 3, 0)
    assert [run.text for run in read_bytes(data).document.runs] == ["Số: 12/BC-VP", "TỐI MẬT"]


def test_bitmaps_inside_become_pictures() -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 32, 32, 1, 24, 0, 3072, 0, 0, 0, 0)
    body = bytearray(72) + header + bytes(3072)
    struct.pack_into("<IIII", body, 40, 80, 40, 120, 3072)
    members = read_bytes(emf(record(81, bytes(body)))).members
    assert [(member.relation, member.data[:2]) for member in members] == [("image", b"BM")]


@pytest.mark.parametrize("data", [emf()[:90], emf(struct.pack("<II", 84, 4)), emf(struct.pack("<II", 84, 1 << 30))])
def test_a_damaged_metafile_is_malformed_not_clean(data: bytes) -> None:
    try:
        assert not read_bytes(data).document.runs
    except ReadError as error:
        assert error.status is ReadStatus.MALFORMED  # noqa: PT017
