"""Sheets in SYLK: the words of their cells, and what acts when Excel opens them."""

import pytest

from gateway.documents.readers import plain
from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.registry import reader_for
from gateway.documents.readers.sniff import sniff
from gateway.model import ReadStatus
from gateway.vietnamese.marks import find_in_document

SHEET = (
    'ID;PWXL;N;E\r\nP;PGeneral\r\nF;P0;DG0G8;M255\r\nB;Y3;X2;D0 0 0 16\r\nC;Y1;X1;K"Số: 12/BC-VP"\r\nC;Y2;K"TỐI MẬT"\r\n'
    'C;X2;K"đúng;; đủ";A"ghi chú"\r\nC;Y3;X2;K12;ESUM(R1C1)\r\nE\r\n'
)


def read(data):
    found = sniff(data, "bieu.slk")
    assert found.types == ("application/x-sylk",)
    assert reader_for(found.primary) is plain.read
    return plain.read(Source(data=data, part="1", filename="bieu.slk", detected_type=found.primary), Budget()).document


def test_values_and_notes_of_cells_are_lines():
    document = read(SHEET.encode())
    assert document.status is ReadStatus.OK
    assert {"Số: 12/BC-VP", "TỐI MẬT", "đúng; đủ", "ghi chú", "12"} <= {run.text for run in document.runs}


@pytest.mark.parametrize(
    ("letters", "marked"), [("MẬT", True), (("BẢO", "MẬT"), False), (("MẬT", "ONG"), False), ("TẬM", True)]
)
def test_cells_stand_in_their_row_and_column(letters, marked):
    cells = "".join(f'C;{"Y2;" if column == 1 else ""}X{column};K"{one}"\r\n' for column, one in enumerate(letters, 1))
    assert bool(find_in_document(read(f"ID;P\r\n{cells}E\r\n".encode()))) is marked


@pytest.mark.parametrize(
    ("cell", "reported"),
    [
        ('K0;EMID("xMẬTx",2,3)', True),
        ('EMID("xMẬTx",2,3)', True),
        ('K"abc";ELEFT("abcdef",3)', False),
        ('K0;ECOUNTIF(C1,"MẬT")', False),
        ('K0;E"Tổng: "&SUM(R1C1:R2C1)', False),
        ('K"Thường";EIF(R1C1=1,"TUYỆT MẬT","Thường")', False),
        ("K0;ER2C1&R3C1", True),
        ("K0;ER2C1+R3C1", False),
    ],
)
def test_a_number_for_a_formula_that_makes_words_is_no_value(cell, reported):
    document = read(f"ID;P\r\nC;Y1;X1;{cell}\r\nE\r\n".encode())
    assert ([found.kind for found in document.active_content] == ["look-formula"]) is reported
    assert [one for one in find_in_document(document) if not reported] == []


def test_what_a_formula_may_choose_later_is_read():
    cell = 'C;Y1;X1;K"{}";EIF(R1C2=1,"TUYỆT MẬT","Thường")\r\n'
    for saved in (cell.format("khác"), cell.format("Thường") + cell.format("khác"), cell.format("TUYỆT MẬT")):
        assert find_in_document(read(f"ID;P\r\n{saved}E\r\n".encode()))


def test_a_cell_of_a_row_that_no_sheet_has_is_read():
    assert find_in_document(read(f'ID;P\r\nC;Y{"9" * 5000};X1;K"TUYỆT MẬT"\r\nE\r\n'.encode()))


@pytest.mark.parametrize("options", ["O;E", "O;D;V0;K47;G100 0.001;E"])
def test_macros_are_reported_however_far_down_they_are_switched_on(options):
    rest = 'C;Y1;X1;EEXEC("x")\r\nE\r\n'
    for head in ("ID;P\r\n", "ID;P\r\n" + "F;P0\r\n" * 50_000):
        assert [found.kind for found in read((head + options + "\r\n" + rest).encode()).active_content] == ["macro"]
    assert read(SHEET.encode()).active_content == ()
    assert read(SHEET.replace("P;PGeneral", "O;L;D").encode()).active_content == ()


def test_a_formula_that_starts_a_program_is_reported():
    document = read(b"ID;P\r\nC;Y2;X1;K0;Ecmd|' /C calc'!A0\r\nE\r\n")
    assert [found.kind for found in document.active_content] == ["dde"]


@pytest.mark.parametrize("data", [b"ID;Ph\xc3\xb2ng;T\xc3\xaan\r\n1;VP;An\r\n", b"ID;P\r\nhello\r\n"])
def test_a_list_whose_first_column_is_called_id_stays_text(data):
    assert sniff(data, "a.csv").types == ("text/csv",)
