"""Values with a name of their own, and phrases broken over lines of a cell or column: marks and innocents."""

from itertools import chain

import pytest

from gateway.documents.readers.numerals import column_letters
from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.marks import Level, Strength, find_in_document


def stopped(*runs: Run, format_: str = "docx") -> set[Level]:
    found = find_in_document(Document(part="1", format=format_, runs=runs))
    return {mark.level for mark in found if mark.strength is not Strength.NOTED}


def value(text: str, name: str, *, kind: str = "property", block: int = 5) -> tuple[Run, ...]:
    role = Role.PROPERTY if kind == "property" else Role.FIELD
    return (
        Run(text=text, role=role, locator=f"{kind}:{name}", block=block),
        Run(text=name, role=Role.NAME, origin=Origin.HIDDEN, locator=f"{kind}:{name}", block=block + 1),
    )


def options(*texts: str) -> tuple[Run, ...]:
    return tuple(
        Run(text=text, role=Role.FIELD, origin=Origin.HIDDEN, locator="option", block=number)
        for number, text in enumerate(texts)
    )


@pytest.mark.parametrize("label", ["Mức độ bí mật", "Độ bí mật", "Nhãn bảo mật", "Hạng mật", "Mức bí mật"])
def test_a_label_of_secrecy_in_other_words_has_its_value_too(label):
    for text, level in (("Mật", Level.MAT), ("Tối mật", Level.TOI_MAT)):
        assert stopped(Run(text=f"{label}: {text}")) == {level}
    for text in ("cao", "không", "Mật ong", "Mật, Tối mật, Tuyệt mật", "mật khẩu"):
        assert stopped(Run(text=f"{label}: {text}")) == set()


@pytest.mark.parametrize(
    "label",
    [
        "Nhãn",
        "Phân cấp",
        "Ghi chú",
        "Trạng thái",
        "Loại",
        "Loại văn bản",
        "Loại công văn",
        "Phân loại hồ sơ",
        "Mức độ",
        "BMNN",
    ],
)
def test_a_label_of_anything_counts_with_a_level_of_two_words_or_as_a_name_of_its_own(label):
    assert stopped(Run(text=f"{label}: Tối mật")) == {Level.TOI_MAT}
    assert stopped(Run(text=f"{label}: MẬT")) == {Level.MAT}
    assert stopped(Run(text=f"2. {label}: Mật")) == {Level.MAT}
    assert stopped(Run(text=f"Tên hàng, {label}: Mật")) == set()
    for text in (
        "mật",
        "Mật độ cao",
        "Mật ong",
        "tối mất điện",
        "Mật/Tối mật/Tuyệt mật",
        "gồm các độ Tuyệt mật, Tối mật, Mật",
    ):
        assert stopped(Run(text=f"{label}: {text}")) == set()


@pytest.mark.parametrize(
    ("beside", "is_goods"),
    [
        ("Đơn giá: 90.000 đồng", True),
        ("Giá bán: 120.000 đ/chai", True),
        ("1. Tên hàng: Mật ong", True),
        ("Tham gia: Phòng Nội vụ", False),
        ("Địa chỉ: 12 đường Hoa Mai", False),
    ],
)
def test_a_label_of_anything_is_of_honey_beside_its_price_or_name(beside, is_goods):
    def around(label):
        lines = ("Số lượng: 12", label, beside)
        return stopped(*(Run(text=text, block=number) for number, text in enumerate(lines)))

    assert around("Loại: Mật") == (set() if is_goods else {Level.MAT})
    assert around("Loại: MẬT") == around("Độ mật: Mật") == {Level.MAT}


@pytest.mark.parametrize("kind", ["property", "field"])
@pytest.mark.parametrize("name", ["Độ mật", "DoMat", "do_mat", "Mức độ mật", "Độ bảo mật", "MucDoMat"])
def test_the_name_of_a_field_or_property_is_the_label_of_its_value(name, kind):
    assert stopped(*value("Tối mật", name, kind=kind)) == {Level.TOI_MAT}
    assert stopped(*value("MẬT MẬT MẬT", name, kind=kind)) == {Level.MAT}
    assert stopped(*value("MẬT TỐI MẬT TUYỆT MẬT", name, kind=kind)) == set()
    assert stopped(*value("Thường", name, kind=kind)) == set()
    assert stopped(*value("mật độ dân số", name, kind=kind)) == set()


def test_a_sibling_property_makes_no_list():
    runs = (
        *value("Mật", "Ghi chú 1", block=1),
        *value("Tối mật", "Độ mật", block=5),
        *value("Tuyệt mật", "Tên", block=9),
    )
    assert Level.TOI_MAT in stopped(*runs)


def test_only_the_chosen_value_counts():
    offered = options("Thường", "Mật", "Tối mật", "Tuyệt mật")
    assert stopped(*offered) == set()
    assert stopped(*offered, *value("Thường", "Độ mật", kind="field", block=20)) == set()
    assert stopped(*offered, *value("Mật", "Độ mật", kind="field", block=20)) == {Level.MAT}


PHRASES = [
    ["BẢO", "MẬT"], ["BÍ", "MẬT", "NHÀ NƯỚC"], ["MẬT", "ĐỘ"], ["MẬT", "ĐỘ DÂN SỐ"], ["CÔNG TÁC BẢO", "MẬT"],
    ["BẢO VỆ BÍ", "MẬT", "NHÀ NƯỚC"], ["AN TOÀN,", "BẢO", "MẬT"],
]  # fmt: skip


@pytest.mark.parametrize("words", PHRASES)
def test_a_phrase_broken_over_a_cell_or_a_narrow_column_is_one(words):
    cell = [
        Run(text=word, role=Role.CELL, locator="table:1,row:2,column:3", block=number)
        for number, word in enumerate(words)
    ]
    assert stopped(*cell) == set()
    column = [
        Run(text=word, locator="page:1", page=1, block=number, bbox_pt=(100, 120 + number * 14, 150, 132 + number * 14))
        for number, word in enumerate(words)
    ]
    assert stopped(*column, format_="pdf") == set()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("Độ mật", "Tối mật"), {Level.TOI_MAT}),
        (("Độ mật:", "Mật", "Số", "12"), {Level.MAT}),
        (("Độ mật", "Thường"), set()),
        (("Độ mật", "Tuyệt mật", "Tối mật", "Mật"), set()),
        (("Độ mật", "Mật", "Thường"), set()),
    ],
)
def test_a_label_and_its_value_are_paragraphs_of_one_cell(words, found):
    cell = [Run(text=word, role=Role.CELL, locator="table:1,row:1,column:1", block=n) for n, word in enumerate(words)]
    assert stopped(*cell) == found


@pytest.mark.parametrize(("above", "level"), [("TỐI", Level.TOI_MAT), ("UBND QUẬN", Level.MAT), ("Số: 12", Level.MAT)])
def test_a_mark_in_a_cell_or_a_column_stays_one(above, level):
    cell = [
        Run(text=word, role=Role.CELL, locator="table:1,row:1,column:1", block=number)
        for number, word in enumerate((above, "MẬT"))
    ]
    assert stopped(*cell) == {level}
    other = Run(text="MẬT", role=Role.CELL, locator="table:1,row:2,column:2", block=2)
    assert stopped(Run(text="BẢO", role=Role.CELL, locator="table:1,row:1,column:1", block=1), other) == {Level.MAT}


def _page(*rows, colour=None, height=13.0):
    """A scan with lines at the given heights, all in one column."""
    runs = [
        Run(
            text=text,
            block=n,
            page=1,
            bbox_pt=(340.0, top, 400.0, top + height),
            locator="page:1",
            origin=Origin.OCR,
            colour=colour,
        )
        for n, (text, top) in enumerate(rows)
    ]
    return Document(part="1", format="image", pages=1, runs=tuple(runs))


COLUMN = (
    ("Kế hoạch", 100.0),
    ("MẬT", 150.0),
    ("30 năm", 151.0),
    ("TỐI MẬT", 180.0),
    ("20 năm", 181.0),
    ("MẬT", 215.0),
    ("TUYỆT MẬT", 250.0),
)


def test_levels_below_one_another_on_a_scan_are_the_column_of_a_list():
    assert all(one.strength is Strength.NOTED for one in find_in_document(_page(*COLUMN)))


@pytest.mark.parametrize(("rows", "colour"), [
    (COLUMN, "C81923"),
    ((("MẬT", 150.0), ("MẬT", 180.0), ("MẬT", 215.0), ("Kế hoạch", 300.0)), None),
    ((("TỐI MẬT", 150.0), ("Kế hoạch", 180.0), ("MẬT", 600.0)), None),
])  # fmt: skip
def test_levels_that_are_red_or_one_alone_or_far_apart_stay_marks(rows, colour):
    assert any(one.strength is not Strength.NOTED for one in find_in_document(_page(*rows, colour=colour)))


@pytest.mark.parametrize(("rows", "height"), [
    ((("TUYỆT MẬT", 150.0), ("TUYỆT", 152.0), ("MẬT", 205.0), ("MẬT", 206.0)), 50.0),
    ((("TUYỆT MẬT", 150.0), ("TUYỆT", 151.0), ("MẬT", 164.0), ("MẬT", 165.0)), 13.0),
])  # fmt: skip
def test_a_level_over_two_lines_that_was_read_more_than_once_stays_a_mark(rows, height):
    found = find_in_document(_page(*rows, height=height))
    assert any(one.level is Level.TUYET_MAT and one.strength is not Strength.NOTED for one in found)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([("Độ mật", 55, 70), ("Mật", 115, 70)], {Level.MAT}),
        ([("Độ mật", 55, 70), ("Thường", 115, 70)], set()),
        ([("Độ mật", 55, 70), ("Mật", 115, 70), ("Tối mật", 175, 70)], set()),
        ([("Độ mật", 55, 70), ("Mật", 55, 90)], set()),
        ([("Độ mật", 55, 70), ("Mật", 55, 90), ("Độ khẩn", 55, 110)], {Level.MAT}),
        ([("Độ mật", 55, 70), ("Mật", 55, 90), ("Tối mật", 55, 110)], set()),
        ([("Độ mật", 55, 70), ("Mật", 55, 90), ("Là độ của văn bản, theo quy định của Luật.", 55, 110)], set()),
        ([("Độ mật", 55, 70), ("Mật", 115, 70), ("STT", 55, 90)], {Level.MAT}),
        ([("Độ mật", 55, 70), ("Mật", 115, 70), ("Thường", 115, 90)], set()),
    ],
)
def test_a_value_to_the_right_of_its_label_or_below_it_on_a_printed_page_is_a_mark(
    words: list[tuple[str, int, int]], found: set[Level]
) -> None:
    runs = tuple(
        Run(text=text, block=number, page=1, bbox_pt=(x, y, x + 40, y + 11))
        for number, (text, x, y) in enumerate(words)
    )
    assert stopped(*runs, format_="pdf") == found


def test_a_value_that_an_empty_line_precedes_is_found_beside_its_label() -> None:
    label = Run(text="Độ mật", block=0, page=1, bbox_pt=(55.0, 70.0, 95.0, 81.0))
    value = Run(text="\nTối mật", block=1, page=1, bbox_pt=(115.0, 70.0, 155.0, 81.0))
    assert stopped(label, value, format_="pdf") == {Level.TOI_MAT}


@pytest.mark.parametrize("height", [1e12, float("inf"), float("-inf"), float("nan")])
def test_a_line_of_any_height_is_judged_at_once(height: float) -> None:
    label = Run(text="Độ mật", block=0, page=1, bbox_pt=(55.0, 70.0, 95.0, height))
    value = Run(text="TỐI MẬT", block=1, page=1, bbox_pt=(115.0, height, 155.0, 81.0))
    assert stopped(label, value, format_="pdf") == {Level.TOI_MAT}


@pytest.mark.parametrize(
    ("above", "box", "found"), [("BẢO", 1, set()), ("BẢO", 2, {Level.MAT}), ("TỐI", 1, {Level.TOI_MAT})]
)
def test_paragraphs_of_one_text_box_are_one_phrase(above, box, found):
    runs = (
        Run(text=above, block=1, role=Role.TEXTBOX, locator="textbox:1", boxed=True),
        Run(text="MẬT", block=2, role=Role.TEXTBOX, locator=f"textbox:{box}", boxed=True),
    )
    assert stopped(*runs) == found


@pytest.mark.parametrize("columns", [5, 45, 300])
def test_the_only_value_below_a_label_counts_however_wide_the_sheet_is(columns):
    """Several values below it are a register."""

    def sheet(rows: int) -> Document:
        heads = ["Độ mật", *(f"Cột {number}" for number in range(1, columns))]
        lines = [heads, *[["Tối mật", *(f"giá trị {number}" for number in range(1, columns))]] * rows]
        cells = (
            (text, f"cell:S!{column_letters(column)}{row}")
            for row, line in enumerate(lines, 1)
            for column, text in enumerate(line, 1)
        )
        runs = (Run(text=text, block=n, role=Role.CELL, locator=place) for n, (text, place) in enumerate(cells))
        return Document(part="1", format="xlsx", runs=tuple(runs))

    assert {mark.strength for mark in find_in_document(sheet(1))} == {Strength.SUSPECTED, Strength.NOTED}
    assert {mark.strength for mark in find_in_document(sheet(3))} == {Strength.NOTED}


@pytest.mark.parametrize("others", [0, 3, 40])
def test_the_level_whose_cell_is_ticked_is_a_mark_however_wide_the_sheet_is(others):
    """Without a tick, or with two, they are a list."""

    def strengths(*ticked: int) -> list[Strength]:
        levels = ("Mật", "Tối mật", "Tuyệt mật")
        lines = [[level, "x" * (row in ticked), *["giá trị"] * others] for row, level in enumerate(levels, 1)]
        cells = [
            (text, f"cell:S!{column_letters(c)}{r}")
            for r, line in enumerate(lines, 1)
            for c, text in enumerate(line, 1)
        ]
        runs = (Run(text=text, block=n, role=Role.CELL, locator=at) for n, (text, at) in enumerate(cells) if text)
        marks = find_in_document(Document(part="1", format="xlsx", runs=tuple(runs)))
        return [mark.strength for mark in marks if mark.strength is not Strength.NOTED]

    assert (strengths(2), strengths(), strengths(2, 3)) == ([Strength.MARKED], [], [])


@pytest.mark.parametrize("others", [3, 60])
def test_a_value_at_the_height_of_its_label_is_found_in_whatever_order_a_page_was_read(others):
    def column(left: float, *texts: str) -> list[tuple[str, tuple[float, float, float, float]]]:
        return [(text, (left, 60.0 + 12 * n, left + 80, 70.0 + 12 * n)) for n, text in enumerate(texts)]

    def marked(value: str, below: str) -> bool:
        labels = column(72, "Độ mật:", "Số:", *["Mục:"] * others)
        read = [*labels, *column(300, value, below, *["giá trị"] * others)]
        runs = (Run(text=text, block=n, page=1, bbox_pt=box) for n, (text, box) in enumerate(read))
        marks = find_in_document(Document(part="1", format="pdf", runs=tuple(runs)))
        return any(mark.strength is Strength.MARKED for mark in marks)

    assert (marked("Tối mật", "15"), marked("Không", "Tối mật")) == (True, False)


@pytest.mark.parametrize("others", [0, 12])
@pytest.mark.parametrize(
    ("column", "strongest"),
    [
        (("Tên hàng", "ĐƯỜNG", "SỮA", "MẬT", "MUỐI"), None),
        (("Số", "MẬT", "MẬT", "TỐI MẬT", "TUYỆT MẬT", "MẬT"), Strength.NOTED),
        (("Số", "Kế hoạch", "MẬT", "Tờ trình", "Báo cáo"), Strength.MARKED),
    ],
)
def test_goods_and_other_levels_in_its_column_show_what_a_cell_is_however_wide_the_sheet_is(column, strongest, others):
    cells = [(text, f"cell:S!A{row}") for row, text in enumerate(column, 1)]
    wide = [
        [cell, *((f"gt {n}", f"cell:S!{column_letters(n)}{row}") for n in range(2, 2 + others))]
        for row, cell in enumerate(cells, 1)
    ]
    runs = (
        Run(text=text, block=n, role=Role.CELL, locator=at) for n, (text, at) in enumerate(chain.from_iterable(wide))
    )
    marks = find_in_document(Document(part="1", format="xlsx", runs=tuple(runs)))
    assert max((mark.strength for mark in marks), key=lambda one: one.rank, default=None) is strongest
