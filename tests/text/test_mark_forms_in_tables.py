"""Forms in tables: the level below its label, and the one that is ticked among cells of levels."""

import pytest

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.marks import Strength, find_in_document

LEVELS = ("Tuyệt mật", "Tối mật", "Mật", "Thường")


def found(*rows):
    runs = [
        Run(text=text, block=20 * y + x, role=Role.CELL, locator=f"cell:P!{'ABCDEFGHI'[x]}{y + 1}")
        for y, row in enumerate(rows)
        for x, text in enumerate(row)
        if text
    ]
    marks = find_in_document(Document(part="2", format="xlsx", runs=tuple(runs)))
    return {mark.level.value for mark in marks if mark.strength is not Strength.NOTED}


def test_the_only_value_below_the_label_of_secrecy_is_its_value():
    head = ("Số ký hiệu", "Độ khẩn", "Độ mật", "Số bản")
    assert found(head, ("15/BC", "Thường", "Mật", "05")) == {"mat"}
    assert not found(head, ("15/BC", "Khẩn", "Không", "05"))
    assert not found(head, ("15/BC", "Khẩn", "Mật", "05"), ("16/BC", "Khẩn", "Thường", "05"))  # a register


def test_levels_below_one_label_are_a_register_under_a_letterhead_too():
    head = (("UBND QUẬN BÌNH TÂN", "Độc lập - Tự do - Hạnh phúc"), ("Số: 12/BC-UBND", ""))
    assert not found(*head, ("Số", "Độ mật"), ("12/BC", "Mật"), ("15/BC", "Mật"))
    assert not found(*head, ("Văn bản", "Độ mật"), ("Báo cáo", "mật"), ("Kế hoạch", "mật"), ("Tờ trình", "mật"))
    assert found(*head, ("Số", "Độ mật"), ("12/BC", "Mật"), ("Nơi nhận", "Văn phòng")) == {"mat"}


def test_empty_cells_part_no_value_from_its_label():
    assert found(("Độ mật:", "", "", "", "", "Tối mật")) == {"toi_mat"}
    assert not found(("Độ mật:", "", "", "", "", "Thường", "Tối mật"))
    assert found(("Số", "Độ mật"), ("", ""), ("12", "Mật")) == {"mat"}  # a merged head
    assert not found(("Số", "Độ mật"), ("", ""), ("12", "Mật"), ("13", "Thường"))


@pytest.mark.parametrize(
    ("word", "marked"), [("BẢO MẬT", False), ("MẬT KHẨU", False), ("TỐI MẬT", True), ("MẬT", True)]
)
def test_letters_in_the_cells_of_a_row_are_one_word_whatever_is_in_the_columns_above(word, marked):
    letters = [letter for letter in word if letter != " "]
    assert bool(found(("Tên", "Nội dung", "Ghi chú", "Hạn"), ("a", "Rà soát", "Đã làm", "5"), letters)) is marked


@pytest.mark.parametrize(
    ("label", "value"),
    [("Loại văn bản", "Mật"), ("Mức độ:", "Mật"), ("Phân loại", "tối mật"), ("Tính chất", "MẬT"), ("Cấp:", "Mật")],
)
def test_a_label_in_the_cell_before_a_level_names_it(label, value):
    assert found((label, value), ("Số văn bản", "15/CV"))
    assert not found((label, "Thường"), ("Số văn bản", "15/CV"))


@pytest.mark.parametrize(
    "rows",
    [
        (("Loại:", "Mật"), ("Số lượng:", "3 lít")),
        (("TÊN", "LOẠI", "SL"), ("ONG RỪNG", "MẬT", "3 LÍT"), ("ONG NUÔI", "MẬT", "2 LÍT")),
        (("Tên hàng", "MẬT"), ("Số lượng", "3 lít")),
        (("STT", "Tên", "ĐVT"), ("1", "MẬT", "chai")),
        (("Bộ phận", "Nhận xét"), ("MẬT", "Thành mỏng")),
    ],
)
def test_honey_and_gall_in_a_row_with_what_is_said_of_them_pass(rows):
    assert not found(*rows)


@pytest.mark.parametrize("tick", ["x", "X", "✓", "☑"])
def test_a_ticked_cell_chooses_the_level_before_or_above_it(tick):
    for n, level in enumerate(("tuyet_mat", "toi_mat", "mat", None)):
        signs = [tick if n == m else "" for m in range(4)]
        wanted = {level} if level else set()
        assert found(("Độ mật", *LEVELS), ("", *signs)) == wanted
        assert found(("Độ mật",), *zip(LEVELS, signs, strict=True)) == wanted


def test_check_boxes_of_a_sheet_choose_the_level_behind_them():
    boxes = [("FALSE", one) for one in LEVELS]
    assert not found(("Độ mật:",), sum(boxes, ()))
    boxes[1] = ("TRUE", "Tối mật")
    assert found(("Độ mật:",), sum(boxes, ())) == {"toi_mat"}
    assert not found(("Độ mật:",), sum([*boxes[:1], ("FALSE", "Tối mật"), boxes[2], ("TRUE", "Thường")], ()))


def test_a_table_of_what_may_be_done_with_each_level_chooses_none():
    head = ("Chức vụ", "Tuyệt mật", "Tối mật", "Mật")
    assert not found(head, ("Chủ tịch", "x", "x", "x"), ("Trưởng phòng", "", "", "x"))
    assert not found(("", "Chủ tịch", "Trưởng phòng"), ("Tuyệt mật", "x", ""), ("Tối mật", "x", "x"), ("Mật", "x", "x"))


def test_on_a_page_the_value_of_a_label_is_to_its_right_in_whatever_order_columns_are_read():
    def scan(*columns):
        lines = [
            (text, 90 + 150 * x, 300 + 15 * y) for x, column in enumerate(columns) for y, text in enumerate(column)
        ]
        runs = [
            Run(text=text, block=n, page=1, origin=Origin.OCR, locator="page:1", bbox_pt=(x, y, x + 60, y + 11))
            for n, (text, x, y) in enumerate(lines)
        ]
        marks = find_in_document(Document(part="2", format="pdf", runs=tuple(runs)))
        return {mark.level.value for mark in marks if mark.strength is not Strength.NOTED}

    labels = ("Tên văn bản", "Độ khẩn", "Độ mật", "Số trang")
    assert scan(labels, ("Báo cáo quý I", "Thường", "Tối mật", "02")) == {"toi_mat"}
    assert not scan(labels, ("Báo cáo quý I", "Khẩn", "Thường", "02"))
    assert not scan(("Độ mật", "Đi", "Đến"), ("Tuyệt mật", "0", "1"), ("Tối mật", "2", "4"), ("Mật", "9", "12"))


def test_an_entry_of_an_outline_is_judged_where_its_heading_is():
    title, body = "Bí mật nhà nước độ Tối mật", "Là bí mật nhà nước liên quan đến quốc phòng, an ninh"
    entry = Run(text=title, block=9, role=Role.NAME, locator="outline")

    def marked(*texts):
        runs = (*(Run(text=text, block=n) for n, text in enumerate(texts)), entry)
        return bool(find_in_document(Document(part="2", format="pdf", runs=runs)))

    assert not marked("BÁO CÁO", "Phòng Nội vụ", title, body)
    assert marked("BÁO CÁO", "Phòng Nội vụ", body)


@pytest.mark.parametrize(("role", "marked"), [(Role.CELL, False), (Role.COMMENT, True)])
def test_a_note_on_the_cell_of_a_name_is_no_name(role, marked):
    head = Run(text="Họ và tên", block=1, role=Role.CELL, locator="cell:P!B7")
    below = Run(text="MẬT", block=2, role=role, locator="cell:P!B8")
    marks = find_in_document(Document(part="2", format="xls", runs=(head, below)))
    assert any(mark.strength is not Strength.NOTED for mark in marks) is marked
