"""Windows metafiles: letters of text records, fonts and colours, bitmaps inside."""

import gzip
import io
import struct

import PIL.Image
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


def text_record(text: str, y: int, x: int = 0, options: int = 0) -> bytes:
    raw = text.encode("utf-16-le")
    body = bytearray(28) + struct.pack("<iiIII", x, y, len(text), 76, options) + bytes(20)
    return record(84, bytes(body) + raw)


def plus(*records: tuple[int, int, bytes]) -> bytes:
    """A comment with EMF+ records: kind, flags, body."""
    whole = b"".join(
        struct.pack("<HHII", kind, flags, 12 + len(body), len(body)) + body for kind, flags, body in records
    )
    return record(70, struct.pack("<I", 4 + len(whole)) + b"EMF+" + whole)


def font_record(number: int, face: str) -> bytes:
    return record(82, struct.pack("<I", number) + bytes(28) + face.encode("utf-16-le").ljust(64, b"\0"))


def wmf(*records: tuple[int, bytes]) -> bytes:
    """Kinds and parameters of records."""
    whole = b"".join(struct.pack("<IH", 3 + len(body) // 2, kind) + body for kind, body in (*records, (0, b"")))
    return b"\xd7\xcd\xc6\x9a" + bytes(36) + whole


def wmf_text(raw: bytes) -> tuple[int, bytes]:
    return 0x0521, struct.pack("<H", len(raw)) + raw + bytes(len(raw) % 2) + struct.pack("<hh", 10, 0)


def wmf_font(face: bytes, charset: int = 0) -> tuple[int, bytes]:
    return 0x02FB, bytes(13) + bytes((charset,)) + bytes(4) + face.ljust(32, b"\0")


def zigzag(up: int = 90) -> bytes:
    """A polygon that is no box."""
    corners = b"".join(struct.pack("<hh", 10 * number, up * (number % 2)) for number in range(30))
    return record(86, bytes(16) + struct.pack("<I", 30) + corners)


def read_bytes(data: bytes) -> Reading:
    return read(Source(data=data, part="1", filename="a.emf"), Budget())


def test_letters_of_an_emf_have_font_colour_and_line() -> None:
    data = emf(
        font_record(1, "Times New Roman"),
        record(37, struct.pack("<I", 1)),
        record(24, bytes((0xC0, 0, 0, 0))),
        *(text_record(letter, 100, 10 * place) for place, letter in enumerate(MARK, 1)),
        *(text_record(letter, 100, 10 * place) for place, letter in enumerate(MARK, 1)),
        text_record("dòng hai", 200),
    )
    assert is_metafile(data)
    runs = read_bytes(data).document.runs
    first = [run for run in runs if run.block == runs[0].block]
    assert "".join(run.text for run in first) == MARK
    assert {run.font for run in runs} == {"Times New Roman"}
    assert (first[0].colour, first[0].origin) == ("C00000", Origin.OCR)
    assert runs[-1].text == "dòng hai"


@pytest.mark.parametrize("x", [0, 10])
def test_letters_that_go_on_behind_others_and_words_drawn_twice_are_read_once(x: int) -> None:
    data = emf(
        *(text_record(letter, 100, 0) for letter in MARK), text_record("hai", 200, x), text_record("hai", 200, x)
    )
    assert "".join(run.text for run in read_bytes(data).document.runs) == MARK + "hai"


HEADER = (0x4001, 1, bytes(16))
"""Of EMF+ records that say again what others do."""


def test_compressed_files_are_read_and_emf_plus_records_that_say_the_same_cost_nothing() -> None:
    document = read_bytes(gzip.compress(emf(plus(HEADER, (0x401C, 0, bytes(28))), text_record(MARK, 10)))).document
    assert (document.status, [run.text for run in document.runs]) == (ReadStatus.OK, [MARK])


@pytest.mark.parametrize(
    ("drawing", "reason"),
    [
        (text_record("abc", 100, 0, 0x10), "glyph-numbers"),
        (plus((0x4036, 0, bytes(20))), "emf-plus"),
        (plus((0x4001, 0, bytes(16)), (0x4014, 0, bytes(4))), "emf-plus"),
    ],
    ids=["text", "string", "path"],
)
def test_what_a_metafile_draws_and_nobody_can_read_is_reported(drawing: bytes, reason: str) -> None:
    document = read_bytes(emf(text_record("dòng", 10), drawing)).document
    assert (document.status, document.reason, document.runs[0].text) == (ReadStatus.UNSUPPORTED, reason, "dòng")


def plus_string(text: str) -> tuple[int, int, bytes]:
    return 0x401C, 0, struct.pack("<IIIffff", 0, 0, len(text), 5.0, 9.0, 90.0, 20.0) + text.encode("utf-16-le")


def plus_letters(text: str) -> tuple[int, int, bytes]:
    head = struct.pack("<IIII", 0, 1, 0, len(text)) + text.encode("utf-16-le")
    return 0x4036, 0, head + b"".join(struct.pack("<ff", 10.0 * place, 9.0) for place in range(len(text)))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ([plus_string(MARK)], ["Báo cáo", MARK]),
        ([plus_letters(MARK)], ["Báo cáo", MARK]),
        ([plus_letters(letter) for letter in MARK], ["Báo cáo", MARK]),
        ([plus_string("Báo"), plus_string("cáo")], ["Báo cáo"]),
        ([plus_letters(letter) for letter in "Báo cáo"], ["Báo cáo"]),
    ],
)
def test_other_words_of_the_emf_plus_records_of_a_dual_metafile_are_read_too(
    written: list[tuple[int, int, bytes]], shown: list[str]
) -> None:
    runs = read_bytes(emf(plus(HEADER, *written), text_record("Báo cáo", 10))).document.runs
    lines = ["".join(run.text for run in runs if run.block == block) for block in dict.fromkeys(r.block for r in runs)]
    assert lines == shown


def test_what_only_emf_plus_records_of_a_dual_metafile_draw_is_reported() -> None:
    with pytest.raises(ReadError, match="emf-plus"):
        read_bytes(emf(plus(HEADER, (0x401B, 0, bytes(4)))))
    assert read_bytes(emf(plus(HEADER, (0x4004, 0, b"")))).document.status is ReadStatus.OK


def test_texts_of_a_record_of_several_are_read() -> None:
    texts = ("TỐI", "MẬT")
    place = 44 + 4 + 40 * len(texts)
    heads, words = b"", b""
    for text in texts:
        heads += struct.pack("<iiII", 0, 10, len(text), place + len(words)) + bytes(24)
        words += text.encode("utf-16-le")
    body = bytes(28) + struct.pack("<I", len(texts)) + heads + bytes(place - 40 - len(heads)) + words
    assert [run.text for run in read_bytes(emf(record(97, body))).document.runs] == list(texts)


def test_letters_of_a_wmf_are_decoded_by_the_character_set_of_their_font() -> None:
    text = "MẬT".encode("cp1258", "replace").replace(b"?", b"\xc2\xf2")
    data = wmf(wmf_font(b"Times New Roman", 163), (0x012D, b"\0\0"), wmf_text(text))
    run = read_bytes(data).document.runs[0]
    assert (run.font, run.text.encode("cp1258")) == ("Times New Roman", text)


WHITE, WHOLE = b"\xff\xff\xff\0", (".VnTimeH", "000000", "MËT")


@pytest.mark.parametrize(
    "data",
    [
        emf(
            *(font_record(1, ".VnTimeH"), font_record(2, "Arial"), record(24, bytes(4)), record(37, b"\1\0\0\0")),
            *(record(33, b""), record(37, b"\2\0\0\0"), record(24, WHITE), text_record("Số", 5)),
            *(record(34, struct.pack("<i", -1)), text_record("MËT", 30)),
        ),
        emf(
            *(font_record(2, "Arial"), font_record(1, ".VnTimeH"), record(24, bytes(4)), record(37, b"\1\0\0\0")),
            *(record(40, b"\2\0\0\0"), record(38, b"\2\0\0\0" + bytes(16)), record(37, b"\2\0\0\0")),
            text_record("MËT", 30),
        ),
        wmf(
            *(wmf_font(b".VnTimeH"), wmf_font(b"Arial", 163), (0x012D, b"\0\0"), (0x0209, bytes(4)), (0x001E, b"")),
            *((0x012D, b"\1\0"), (0x0209, WHITE), (0x0127, b"\xff\xff"), wmf_text("MËT".encode("cp1252"))),
        ),
    ],
    ids=["EMF", "EMF, number of another object", "WMF"],
)
def test_letters_have_the_font_and_colour_that_were_saved_before_others_were_chosen(data: bytes) -> None:
    run = read_bytes(data).document.runs[-1]
    assert (run.font, run.colour, run.text) == WHOLE


def test_letters_of_one_byte_in_an_emf_are_decoded_by_the_character_set_of_their_font() -> None:
    raw = b"M\xc2\xf2T"
    body = bytes(28) + struct.pack("<iiIII", 0, 0, len(raw), 76, 0) + bytes(20) + raw
    font = bytearray(font_record(1, "Times New Roman"))
    font[35] = 163
    run = read_bytes(emf(bytes(font), record(37, b"\1\0\0\0"), record(83, body))).document.runs[0]
    assert run.text.encode("cp1258") == raw


def test_outlines_after_a_clip_are_drawn() -> None:
    clip = (record(59, b""), zigzag(40), record(60, b""), record(67, struct.pack("<I", 5)))
    (member,) = read_bytes(emf(*clip, zigzag())).members
    with PIL.Image.open(io.BytesIO(member.data)) as picture:
        assert picture.width < 4 * picture.height  # 290 by 90, not by 40


def test_transparent_pixels_of_a_bitmap_show_the_paper() -> None:
    """Letters on a transparent ground would be black on black (AlphaBlend)."""
    pixels = (bytes(4) * 31 + b"\0\0\0\xff") * 32
    header = struct.pack("<IiiHHIIiiII", 40, 32, 32, 1, 32, 0, len(pixels), 0, 0, 0, 0)
    body = bytearray(132) + header + pixels
    struct.pack_into("<IIII", body, 76, 140, 40, 180, len(pixels))
    body[32:36] = b"\0\0\xff\1"
    (member,) = read_bytes(emf(record(114, bytes(body)))).members
    with PIL.Image.open(io.BytesIO(member.data)) as picture:
        assert picture.convert("RGBA").getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize("start", [struct.pack("<HHH", 1, 9, 0x300), struct.pack("<HHH", 1, 9, 0x100), b"VCLMTF\1\0"])
def test_a_drawing_without_the_placeable_header_is_known_by_its_bytes(start: bytes) -> None:
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


@pytest.mark.parametrize(
    ("kind", "at"), [(81, 48), (77, 84), (78, 84), (78, 112), (79, 96), (79, 124), (94, 16), (116, 84)]
)
def test_bitmaps_masks_and_brushes_inside_become_pictures(kind: int, at: int) -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 32, 32, 1, 24, 0, 3072, 0, 0, 0, 0)
    body = bytearray(132) + header + bytes(3072)
    struct.pack_into("<IIII", body, at - 8, 140, 40, 180, 3072)
    members = read_bytes(emf(*[record(kind, bytes(body))] * 70)).members
    assert [(member.relation, member.data[:2]) for member in members] == [("image", b"BM")] * 70


@pytest.mark.parametrize("data", [emf()[:90], emf(struct.pack("<II", 84, 4)), emf(struct.pack("<II", 84, 1 << 30))])
def test_a_damaged_metafile_is_malformed_not_clean(data: bytes) -> None:
    try:
        assert not read_bytes(data).document.runs
    except ReadError as error:
        assert error.status is ReadStatus.MALFORMED  # noqa: PT017


@pytest.mark.parametrize(
    "change",
    [
        record(35, struct.pack("<6f", 0, 1, -1, 0, 500, 0)),
        record(36, struct.pack("<6fI", 0, 1, -1, 0, 500, 0, 2)),
        record(35, struct.pack("<6f", 2, 0, 0, 2, 0, 0)) + record(36, struct.pack("<6fI", 0, 0.5, -0.5, 0, 9, 0, 3)),
        record(33, b"")
        + record(35, struct.pack("<6f", 0, 1, -1, 0, 500, 0))
        + record(33, b"")
        + record(36, struct.pack("<6fI", 9, 9, 9, 9, 9, 9, 1))
        + record(34, struct.pack("<i", -1)),
    ],
    ids=["set", "left", "right", "restored"],
)
def test_outlines_stand_where_the_transform_of_the_drawing_puts_them(change: bytes) -> None:
    (member,) = read_bytes(emf(change, zigzag())).members
    with PIL.Image.open(io.BytesIO(member.data)) as picture:
        assert picture.height > 2 * picture.width
