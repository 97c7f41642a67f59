"""Drawings in DXF: what a viewer of the drawing reads is read, however AutoCAD writes it."""

import pytest

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.drawings import dxf
from gateway.documents.readers.magic import DXF, OLE
from gateway.documents.readers.ole.writer import write_compound
from gateway.documents.readers.sniff import sniff
from gateway.model import Origin, ReadStatus, Role
from tests.support.reading import lines, reading_of

Pair = tuple[int, str]
HEADER: list[Pair] = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1027"), (0, "ENDSEC")]
STYLES: list[Pair] = [
    *[(0, "SECTION"), (2, "TABLES"), (0, "TABLE"), (2, "STYLE")],
    *[(0, "STYLE"), (2, "TIEUDE"), (70, "0"), (3, "C:\\fonts\\.VnTimeH.ttf"), (0, "ENDTAB"), (0, "ENDSEC")],
]


def drawing(*entities: list[Pair], header: list[Pair] = HEADER) -> list[Pair]:
    body = [pair for entity in entities for pair in entity]
    return [*header, *STYLES, (0, "SECTION"), (2, "ENTITIES"), *body, (0, "ENDSEC"), (0, "EOF")]


def text(value: str, *more: Pair) -> list[Pair]:
    return [(0, "TEXT"), (8, "0"), (10, "10.0"), (20, "20.0"), (40, "5.0"), *more, (1, value)]


def mtext(*values: str) -> list[Pair]:
    *parts, last = values
    return [(0, "MTEXT"), (8, "0"), (10, "0"), (20, "0"), (40, "5"), *((3, part) for part in parts), (1, last)]


def as_text(pairs: list[Pair], charset: str = "utf-8") -> bytes:
    return "".join(f"{code:3}\r\n{value}\r\n" for code, value in pairs).encode(charset)


def read(data: bytes) -> Reading:
    assert sniff(data, "a.dxf").primary == DXF
    return reading_of(data, "a.dxf")


def shown(reading: Reading) -> list[str]:
    return lines(run for run in reading.document.runs if run.role is Role.BODY)


def test_objects_in_frames_are_handed_on_and_pictures_of_the_drawing_are_none() -> None:
    packed = (bytes(128) + write_compound({("CONTENTS",): b"%PDF-1.7"})).hex()
    chunks = [(310, packed[at : at + 254]) for at in range(0, len(packed), 254)]
    reading = read(as_text(drawing([(0, "OLE2FRAME"), *chunks], text("Ghi chú"), [(0, "VIEWPORT"), *chunks])))
    assert [(member.relation, sniff(member.data).primary) for member in reading.members] == [("embedded", OLE)]
    assert shown(reading) == ["Ghi chú"]


def test_texts_are_read() -> None:
    reading = read(as_text(drawing(text("TỐI MẬT"), text("Tỷ lệ 1:100", (60, "1")), mtext("Ghi ", "chú"))))
    assert reading.document.status is ReadStatus.OK
    assert shown(reading) == ["TỐI MẬT", "Tỷ lệ 1:100", "Ghi chú"]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (r"TUY\U+1EC6T M\U+1EACT", "TUYỆT MẬT"),
        (r"{\fTimes New Roman|b1|i0;M\H2.5x;ẬT}", "MẬT"),
        (r"M\~\P{\C1;ẬT}", "M\xa0\nẬT"),
        (r"\A1;\S1^2; \\ \{x\}", r"1/2 \ {x}"),
        (r"\pxqc;\W0.8;\LMẬT\l", "MẬT"),
    ],
)
def test_codes_of_formatted_text_are_resolved(value: str, wanted: str) -> None:
    assert shown(read(as_text(drawing(mtext(value))))) == [wanted]


def test_codes_of_plain_text_are_resolved_and_others_stay() -> None:
    assert shown(read(as_text(drawing(text(r"%%uM\U+1EACT%%u 90%%d %%068 C:\Pa"))))) == ["MẬT 90° D C:\\Pa"]


def test_the_font_is_that_of_the_style_and_old_files_keep_their_bytes() -> None:
    old: list[Pair] = [
        (0, "SECTION"),
        (2, "HEADER"),
        (9, "$ACADVER"),
        (1, "AC1015"),
        (9, "$DWGCODEPAGE"),
        (3, "ANSI_1252"),
    ]
    pairs = drawing(text("m\xcbt", (7, "TIEUDE")), header=[*old, (0, "ENDSEC")])
    (run,) = (run for run in read(as_text(pairs, "latin-1")).document.runs if run.role is Role.BODY)
    assert (run.text, run.font) == ("m\xcbt", ".VnTimeH")


def test_names_and_comments_are_given_as_hidden() -> None:
    pairs = [(999, "TÀI LIỆU MẬT"), *drawing(text("x", (8, "LỚP MẬT")))]
    runs = read(as_text(pairs)).document.runs
    assert {run.text for run in runs if run.origin is Origin.HIDDEN} >= {"TÀI LIỆU MẬT", "LỚP MẬT"}


@pytest.mark.parametrize("more", [0, 2500])
def test_lines_that_may_be_letters_are_drawn_however_many_there_are(more: int) -> None:
    slanting = [[(0, "LINE"), (10, f"{x}"), (20, "0"), (11, f"{x + 5}"), (21, "9")] for x in range(0, 120, 10)]
    short: list[list[Pair]] = [[(0, "LINE"), (10, "0"), (20, "0"), (11, "1"), (21, "0")]] * more
    assert [member.relation for member in read(as_text(drawing(*slanting, *short))).members] == ["image"]


@pytest.mark.parametrize(("count", "status"), [(2_000, ReadStatus.OK), (20_000, ReadStatus.LIMIT)])
def test_lines_are_charged_to_the_budget_and_the_words_are_kept(count: int, status: ReadStatus) -> None:
    line: list[Pair] = [(0, "LINE"), (10, "0"), (20, "0"), (11, "1"), (21, "0")]
    data = as_text(drawing(text("MẬT"), *[line] * count))
    document = dxf.read(Source(data=data, part="2"), Budget(limit_bytes=8 << 20)).document
    assert (document.status, "MẬT" in {run.text for run in document.runs}) == (status, True)


def test_a_broken_rhythm_is_malformed_and_keeps_what_was_read() -> None:
    whole = as_text(drawing(text("TỐI MẬT")))
    document = read(whole.replace(b"  0\r\nENDSEC\r\n  0\r\nEOF", b"zz\r\nENDSEC\r\n")).document
    assert (document.status, document.reason) == (ReadStatus.MALFORMED, "dxf")
    assert any("TỐI MẬT" in run.text for run in document.runs)


def test_a_binary_drawing_is_unsupported() -> None:
    data = b"AutoCAD Binary DXF\r\n\x1a\0\0\0SECTION\0"
    assert sniff(data, "a.dxf").primary == DXF
    with pytest.raises(ReadError, match="unsupported"):
        dxf.read(Source(data=data, part="2"), Budget())


def test_two_escaped_surrogates_are_one_letter_and_a_lone_one_is_none() -> None:
    assert shown(read(as_text(drawing(text(r"a \U+D83D\U+DE00 b \U+D800"))))) == ["a \U0001f600 b \ufffd"]


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "--1", "²", ""])
def test_numbers_that_are_none_are_no_colours_and_no_codes(number: str) -> None:
    pairs = drawing(text("MẬT", (62, number)))
    assert shown(read(as_text(pairs))) == ["MẬT"]
    broken = as_text(pairs).replace(b" 40\r\n", f"{number or 'x'}-\r\n".encode())
    assert read(broken).document.status is ReadStatus.MALFORMED
