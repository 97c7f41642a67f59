"""Formulas of Equation Editor (MTEF 3) and MathType (MTEF 5) in embedded objects."""

from __future__ import annotations

import struct

import pytest

from gateway.model import Document, ReadStatus
from gateway.readers.base import Budget, Source
from gateway.readers.ole import embedded
from gateway.readers.ole.equation import EquationError, formula_lines
from gateway.readers.ole.writer import write_compound

FULL, LINE, END = b"\x0a", b"\x01", b"\x00"


def stream(formula: bytes, behind: bytes = b"") -> bytes:
    return struct.pack("<HIHI16x", 28, 0x20000, 0xC1D2, len(formula + behind)) + formula + behind


def old_letters(words: str, typeface: int = 0x81) -> bytes:
    return b"".join(b"\x12" + bytes([typeface]) + struct.pack("<H", ord(letter)) for letter in words)


def old(content: bytes, behind: bytes = b"") -> bytes:
    return stream(b"\x03\x01\x01\x03\x00" + FULL + content + END, behind)


def new_letters(words: str) -> bytes:
    return b"".join(b"\x02\x00\x81" + struct.pack("<H", ord(letter)) for letter in words)


def new(content: bytes) -> bytes:
    fonts = b"\x13WinAllBasicCodePages\0" + b"\x11\x05Times New Roman\0" + b"\x08\x01\x00"
    # One size (12 pt) and one space (8 pt), each in nibbles up to a 15, and two styles: one unused, one with a font.
    preferences = b"\x12\x00" + b"\x01\x21\x2f" + b"\x01\x28\xf0" + b"\x02\x00\x01\x00"
    return stream(b"\x05\x01\x00\x05\x00DSMT5\0\x00" + fonts + preferences + FULL + content + END)


def read(data: bytes) -> Document:
    objects: dict[tuple[str, ...], bytes] = {("Equation Native",): data, ("\x01Ole",): bytes(20)}
    return embedded.read(Source(data=write_compound(objects), part="1"), Budget()).document


def test_letters_of_a_formula_stand_in_its_lines() -> None:
    fraction = b"\x03\x0e\x00\x00" + LINE + old_letters("MAT") + END + LINE + old_letters("x") + END + b"\x11" + END
    document = read(old(LINE + old_letters("TOI") + fraction + END))
    assert (document.status, [run.text for run in document.runs]) == (ReadStatus.OK, ["TOI", "MAT", "x"])
    assert len({run.block for run in document.runs}) == 3


def test_vietnamese_letters_of_mathtype_are_read() -> None:
    coloured = b"\x10\x04" + bytes(6) + b"do\0" + b"\x0f\x01"
    moved = b"\x02\x08\x80\x80\x01\x00\x02\x00\x81" + struct.pack("<H", ord("T"))
    document = read(new(coloured + LINE + b"\x00" + new_letters("TỐI MẬ") + moved + END))
    assert document.status is ReadStatus.OK
    assert [run.text for run in document.runs] == ["do", "TỐI MẬT"]


def test_signs_over_letters_piles_and_matrices_are_no_letters() -> None:
    hat = b"\x22\x81x\x00" + b"\x06\x09" + END
    pile = b"\x04\x01\x01" + LINE + hat + END + END
    matrix = b"\x05\x01\x01\x01\x02\x02\x00\x00" + 4 * (LINE + old_letters("y") + END) + END
    assert formula_lines(old(pile + matrix)) == ["x", "y", "y", "y", "y"]


def test_what_programs_leave_behind_a_formula_is_padding() -> None:
    assert formula_lines(old(LINE + old_letters("x") + END, b"\0\0\xef\x71")) == ["x"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        old(LINE + old_letters("x") + END, b"MAT va nhieu chu khac"),
        old(LINE + old_letters("x")),
        old(LINE + b"\x0f" + END),
        stream(b"\x02\x01\x01\x03\x00" + FULL + LINE + END + END),
        stream(b"\x05\x01\x00\x05\x00DSMT5\0\x00" + b"\x19" + END),
        old(LINE + END)[:-2],
        old(LINE + END) + "TỐI MẬT".encode("utf-16-le"),
    ],
)
def test_what_is_no_formula_to_its_last_octet_is_told(data: bytes) -> None:
    with pytest.raises(EquationError):
        formula_lines(data)


def test_words_in_a_formula_of_an_unknown_form_are_found_all_the_same() -> None:
    document = read(b"\x1c\0\xff\xff" + "Văn bản TỐI MẬT".encode("utf-16-le"))
    assert (document.status, document.reason) == (ReadStatus.UNSUPPORTED, "ole-stream")
    assert "TỐI MẬT" in document.runs[0].text


def test_a_few_numbers_of_a_known_program_are_no_content_but_long_ones_are() -> None:
    def status(name: str, size: int) -> ReadStatus:
        data = write_compound({(name,): b"\x5a" * size})
        return embedded.read(Source(data=data, part="1"), Budget()).document.status

    assert status("RichEditFlags", 12) is status("CONTENTSV30", 20) is ReadStatus.OK
    assert status("RichEditFlags", 400) is status("Unknown", 12) is ReadStatus.UNSUPPORTED
