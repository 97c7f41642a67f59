"""A level behind its noun (TÀI LIỆU MẬT): a mark at the head of a paper, the end of a title or a row elsewhere."""

import textwrap

import pytest

from gateway.model import Document, Role, Run
from gateway.vietnamese.marks import Level, Strength, find_in_document, find_in_subject
from tests.text.accuracy import stops
from tests.text.mark_forms import HEAD, TAIL


def lines(*texts: str, format_: str = "docx") -> Document:
    return Document(part="2", format=format_, runs=tuple(Run(text=t, block=n) for n, t in enumerate(texts)))


def table(*rows: tuple[str, ...]) -> Document:
    cells = [(r, c, t) for r, row in enumerate(rows, 1) for c, t in enumerate(row, 1) if t]
    runs = [
        Run(text=t, block=n, role=Role.CELL, locator=f"table:1,row:{r},column:{c}") for n, (r, c, t) in enumerate(cells)
    ]
    return Document(part="2", format="docx", runs=tuple(runs))


@pytest.mark.parametrize(
    "mark",
    [
        "TÀI LIỆU MẬT", "BÍ MẬT NHÀ NƯỚC ĐỘ MẬT", "BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT", "BÍ MẬT NHÀ NƯỚC - TUYỆT MẬT", "TÀI LIỆU ĐỘ MẬT", "HỒ SƠ\nMẬT",
        "BÍ MẬT NHÀ NƯỚC\nĐỘ MẬT", "BÍ MẬT NHÀ NƯỚC\nĐỘ TỐI MẬT", "(Tài liệu Mật)", "Tài liệu tối mật", "(Độ Tối mật)",
        "Bí mật nhà nước độ MẬT", "Tài liệu bí mật nhà nước độ TỐI MẬT", "ĐỀ ÁN TỐI MẬT", "Lưu ý: TÀI LIỆU TỐI MẬT", "V/v phương án phòng thủ (độ Mật)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("format_", ["docx", "pdf", "text"])
def test_a_level_behind_its_noun_under_the_head_of_a_letter_is_a_mark(mark: str, format_: str) -> None:
    assert stops(lines(*HEAD, *mark.split("\n"), *TAIL, format_=format_))


@pytest.mark.parametrize(
    "text", ["Tài liệu đính kèm thuộc độ MẬT", "Đây là tài liệu mật", "File đính kèm có đóng dấu mật"]
)
def test_a_sentence_that_states_the_level_of_this_paper_states_it_as_a_subject_too(text: str) -> None:
    assert stops(lines(text))
    assert find_in_subject(text)
    assert not find_in_subject(f"Nếu {text.lower()} thì gửi qua cơ yếu")


@pytest.mark.parametrize(
    ("shown", "innocent"),
    [
        ("Văn bản này đóng dấu MẬT, đề nghị các đồng chí bảo quản.", "Khi văn bản này đóng dấu MẬT, văn thư vào sổ riêng."),
        ("Tài liệu này xếp loại Tối mật.", "Tài liệu này xếp loại mật ong theo màu."),
        ("Công văn này là công văn mật.", "Thư này là mật và chỉ dành cho người nhận."),
    ],
)  # fmt: skip
def test_a_paper_that_says_it_is_stamped_differs_from_rules_on_such_papers(shown: str, innocent: str) -> None:
    assert stops(lines(shown))
    assert not stops(lines(innocent))


@pytest.mark.parametrize("mark", ["TÀI LIỆU MẬT", "HỒ SƠ MẬT", "VĂN BẢN MẬT", "CÔNG VĂN MẬT"])
@pytest.mark.parametrize("place", range(4))
def test_it_is_a_mark_among_the_lines_of_a_letterhead_in_a_table(mark: str, place: int) -> None:
    unit, motto = [HEAD[0], "PHƯỜNG TÂN TẠO", HEAD[3]], [HEAD[1], HEAD[2], HEAD[4]]
    cells = ((1, [*unit[:place], mark, *unit[place:]]), (2, motto))
    words = [(column, text) for column, texts in cells for text in texts]
    runs = [
        Run(text=text, block=n, role=Role.CELL, locator=f"table:1,row:1,column:{column}")
        for n, (column, text) in enumerate(words)
    ]
    tail = [Run(text=text, block=len(runs) + n) for n, text in enumerate(TAIL)]
    assert stops(Document(part="2", format="docx", runs=(*runs, *tail)))


def test_it_is_a_mark_in_a_table_alone_in_its_row_or_beside_the_head_of_a_letter() -> None:
    people = (("STT", "Họ và tên"), ("1", "Nguyễn Văn An"))
    assert stops(table(("TÀI LIỆU MẬT", ""), *people))
    assert stops(table(("DANH SÁCH CÁN BỘ QUY HOẠCH", ""), ("HỒ SƠ MẬT", ""), *people))
    assert stops(table(("TÀI LIỆU MẬT", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), *people))
    assert stops(table((f"{HEAD[0]}\nSố: 15/KH-UBND\nTÀI LIỆU MẬT", "\n".join(HEAD[1:3])), *people))


@pytest.mark.parametrize(
    "rows",
    [
        (("STT", "DANH MỤC", "SỐ LƯỢNG"), ("1", "MÁY IN", "2"), ("2", "VĂN BẢN MẬT", "15"), ("3", "TỦ SẮT", "1")),
        (("8h00", "KHAI MẠC"), ("8h30", "VĂN BẢN MẬT"), ("9h30", "GIẢI LAO")),
        (("TÀI LIỆU MẬT", "3"), ("CON DẤU", "5"), ("LƯU TRỮ", "9")),
        (("STT", "HỒ SƠ MẬT", "GHI CHÚ"), ("1", "15", "")),
    ],
)
def test_it_is_no_mark_as_a_row_or_a_column(rows: tuple[tuple[str, ...], ...]) -> None:
    assert not stops(table(*rows))
    assert not stops(lines(*("\t".join(row) for row in rows), format_="text"))


@pytest.mark.parametrize(
    "title",
    [
        ("DANH MỤC", "BÍ MẬT NHÀ NƯỚC ĐỘ MẬT"), ("DANH MỤC BÍ MẬT NHÀ NƯỚC", "ĐỘ TUYỆT MẬT"), ("QUY CHẾ QUẢN LÝ", "HỒ SƠ MẬT"),
        ("QUY CHẾ QUẢN LÝ", "HỒ SƠ", "MẬT"), ("BÍ MẬT NHÀ NƯỚC ĐỘ MẬT", "trong lĩnh vực nội vụ"),
        ("BÍ MẬT NHÀ NƯỚC ĐỘ TUYỆT MẬT", "Là bí mật nhà nước liên quan đến quốc phòng, an ninh"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("format_", ["docx", "pdf"])
def test_it_is_no_mark_where_a_title_goes_on(title: tuple[str, ...], format_: str) -> None:
    assert not stops(lines(*HEAD, "QUYẾT ĐỊNH", *title, *TAIL[2:], format_=format_))


def test_headings_of_two_levels_and_headings_far_down_are_no_marks() -> None:
    parts = ("BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT", "1. Kế hoạch.", "BÍ MẬT NHÀ NƯỚC ĐỘ MẬT", "1. Danh sách.")
    assert not stops(lines(*parts))
    far = [f"{number}. Nội dung thứ {number} của bài giảng." for number in range(1, 9)]
    assert not stops(lines(*far, "BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT", *far))


@pytest.mark.parametrize("format_", ["docx", "pdf", "text"])
@pytest.mark.parametrize("width", [200, 44])
def test_a_headline_over_the_prose_of_a_newspaper_is_no_mark_and_over_a_plan_it_is(format_: str, width: int) -> None:
    head = "TUYỆT MẬT: CHIẾN DỊCH GIẢI CỨU CON TIN"
    prose = (
        "Lực lượng đặc nhiệm đã đột kích tòa nhà lúc rạng sáng, theo lời kể của nhiều nhân chứng.",
        "Ông nói: “Đây là chiến dịch khó nhất mà tôi từng tham gia trong suốt ba mươi năm qua”.",
    )
    wrapped = [piece for line in prose for piece in textwrap.wrap(line, width)]
    assert not stops(lines("BÁO ĐỜI SỐNG", "Thế giới", head, *wrapped, format_=format_))
    assert stops(lines(head, "1. Lực lượng tham gia", *wrapped, format_=format_))
    assert stops(lines(*HEAD, head, *wrapped, format_=format_))
    assert stops(lines(head.replace("CHIẾN DỊCH", "PHƯƠNG ÁN"), *wrapped, format_=format_))


def test_a_firm_or_a_page_number_beside_it_at_the_head_of_a_page_makes_it_no_row() -> None:
    def page(*texts: str) -> Document:
        places = [(90.0 + 200 * n, 40.0, 180.0 + 200 * n, 52.0) for n in range(len(texts))]
        runs = [Run(text=t, block=n, page=2, bbox_pt=places[n]) for n, t in enumerate(texts)]
        return Document(part="2", format="pdf", runs=tuple(runs))

    assert stops(page("TÀI LIỆU MẬT", "CÔNG TY ĐIỆN LỰC"))
    assert stops(page("TÀI LIỆU MẬT", "Trang 1/5"))
    assert stops(lines("CÔNG TY ĐIỆN LỰC\tTÀI LIỆU MẬT", format_="text"))
    assert not stops(page("TÀI LIỆU MẬT", "15"))
    assert not stops(page("1", "VĂN BẢN MẬT", "Đạt"))


def test_the_name_of_a_property_behind_another_value_is_no_level() -> None:
    runs = (
        Run(text="BÍ MẬT NHÀ NƯỚC", role=Role.PROPERTY, locator="property:Độ mật"),
        Run(text="Độ mật", role=Role.NAME, block=1),
    )
    assert not stops(Document(part="2", format="docx", runs=runs))


@pytest.mark.parametrize(
    ("rows", "level"),
    [
        ((("BẢO", "MẬT"), ("y", "z")), None),
        ((("BẢO", "x"), ("MẬT", "y")), None),
        ((("BẢO",), ("MẬT",)), None),
        ((("Bảo",), ("MẬT",)), Level.MAT),
        ((("MẬT", "x"), ("ONG", "y")), None),
        ((("STT", "MẬT", "ĐỘ"), ("1", "2", "3")), None),
        ((("MẬT", "ĐỘ KHẨN"), ("1", "2")), Level.MAT),
        ((("MẬT", "x"), ("KẾ HOẠCH", "y")), Level.MAT),
        ((("", "MẬT"), ("STT", "MÃ")), Level.MAT),
        ((("MẬT", "x"), ("MÃ: 12", "y")), Level.MAT),
        ((("BÍ", "MẬT"), ("x", "y")), None),
        ((("TỐI", "x"), ("MẬT", "y")), Level.TOI_MAT),
        ((("TUYỆT", "MẬT"),), Level.TUYET_MAT),
        ((("BẢO", "x"), ("y", "MẬT")), Level.MAT),
    ],
)
def test_words_of_neighbouring_cells_are_one_phrase(rows: tuple[tuple[str, ...], ...], level: Level | None) -> None:
    found = {mark.level for mark in find_in_document(table(*rows)) if mark.strength is not Strength.NOTED}
    assert found == (set() if level is None else {level})


@pytest.mark.parametrize(
    ("rows", "marked"),
    [
        ((("Độ mật", "Tối mật"), ("STT", "Nội dung"), ("1", "x")), True),
        ((("Độ mật", "Mật", "STT"),), False),
        ((("Độ mật", "Mật", "Tối mật", "Tuyệt mật"), ("Số văn bản", "1", "2", "3")), False),
    ],
)
def test_the_head_of_the_table_below_a_label_is_no_other_value(rows: tuple[tuple[str, ...], ...], marked: bool) -> None:
    assert any(mark.strength is Strength.MARKED for mark in find_in_document(table(*rows))) is marked


def test_the_subject_under_the_number_of_a_letter_bears_its_level_in_brackets() -> None:
    assert stops(table(("Số: 15/UBND-NC",), ("V/v phương án phòng thủ (MẬT)",)))
    assert not stops(table(("Số: 15/UBND-NC",), ("V/v tăng cường bảo mật (Luật BVBMNN)",)))
    assert not stops(lines(*HEAD, "V/v ban hành danh mục bí mật nhà nước (độ Mật)", *TAIL))


def test_a_subject_without_diacritics_bears_a_level_beside_the_kind_of_its_paper() -> None:
    assert all(map(find_in_subject, ("Bao cao - MAT", "MAT: ke hoach A2", "toi mat: ke hoach A2")))
    assert not any(map(find_in_subject, ("Bao cao - MAT BANG", "mat: ke hoach A2", "Toi mat: xe o cho nao")))


def test_a_level_behind_its_noun_that_the_next_line_defines_is_no_mark() -> None:
    title = ("BÁO CÁO CÔNG TÁC QUÝ I NĂM 2026", "Phòng Nội vụ quận Bình Tân")
    for heading in ("Bí mật nhà nước độ Tối mật", "Độ Tối mật"):
        assert not stops(lines(*title, heading, "Là bí mật nhà nước liên quan đến quốc phòng, an ninh", format_="pptx"))
        assert not stops(lines(*title, heading, "Nếu bị lộ có thể gây nguy hại rất nghiêm trọng", format_="pptx"))
        assert stops(lines(*HEAD, heading, *TAIL))


@pytest.mark.parametrize("format_", ["docx", "pdf", "text"])
def test_secret_information_is_a_mark_under_the_head_of_a_letter_and_a_heading_elsewhere(format_: str) -> None:
    assert stops(lines(*HEAD, "THÔNG TIN MẬT", *TAIL, format_=format_))
    contract = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "HỢP ĐỒNG DỊCH VỤ", "Số: 12/HĐ-ABC")
    assert not stops(lines(*contract, "THÔNG TIN MẬT", "Là mọi thông tin do Bên A cung cấp", format_=format_))
    guide = ("TRUNG TÂM CÔNG NGHỆ THÔNG TIN", "QUY ĐỊNH AN TOÀN THÔNG TIN")
    assert not stops(lines(*guide, "THÔNG TIN MẬT", "Không chia sẻ mật khẩu", format_=format_))


KIND_ALONE = ("BÍ MẬT NHÀ NƯỚC", "TÀI LIỆU BÍ MẬT NHÀ NƯỚC", "B Í  M Ậ T  N H À  N Ư Ớ C", "(Bí mật nhà nước)")


@pytest.mark.parametrize("format_", ["docx", "pdf", "text"])
@pytest.mark.parametrize("mark", ["MẬT 1", "1 MẬT", "MẬT 2026", "MẬT/1"])
def test_what_says_little_by_itself_counts_where_the_stamp_belongs(mark: str, format_: str) -> None:
    assert stops(lines(*HEAD, mark, *TAIL, format_=format_))
    assert not stops(lines("LUẬT SỐ 29", mark, "1. Khái niệm", format_=format_))
    assert not stops(lines(*HEAD, "QUY CHẾ", mark, *TAIL[1:], format_=format_))
    assert not stops(lines(*HEAD, "V/v tập huấn bảo vệ", mark, *TAIL[1:], format_=format_))


@pytest.mark.parametrize("kind", KIND_ALONE)
def test_what_is_secret_without_its_degree_is_no_mark(kind: str) -> None:
    assert not stops(lines(*HEAD, kind, *TAIL))


@pytest.mark.parametrize("name", ["MẬT 2023", "MẬT (1)", "2023 - MẬT", "Trang 1 - MẬT", "MẬT A", "MẬT 1", "MẬT - II"])
@pytest.mark.parametrize("role", [Role.NAME, Role.PROPERTY])
def test_a_level_with_a_number_is_a_mark_in_the_name_of_a_sheet(name: str, role: Role) -> None:
    assert stops(Document(part="2", format="xlsx", runs=(Run(text="x"), Run(text=name, block=1, role=role))))


@pytest.mark.parametrize("mark", ["Mật (đóng dấu)", "(Đã ký, đóng dấu mật)"])
def test_a_stamp_described_in_the_place_of_one_is_a_mark(mark: str) -> None:
    assert stops(lines(*HEAD, mark, *TAIL))
    assert not stops(lines(*HEAD, "V/v mở lớp tập huấn văn bản", "mật", *TAIL[2:]))
    assert stops(lines(*HEAD, "V/v phương án phòng thủ", "mật", *TAIL[2:]))
    assert stops(lines(*HEAD, "V/v phương án phòng thủ", "1. MẬT", *TAIL[2:]))
    assert stops(lines(*HEAD, "KẾ HOẠCH", "MAT", *TAIL[1:]))
    assert find_in_document(lines("ĐÓNG DẤU MẬT"))[0].strength is Strength.SUSPECTED


@pytest.mark.parametrize("mark", ["MẬT A", "MẬT 1", "MẬT - II", "MẬT (C)"])
def test_a_level_with_the_number_of_a_copy_counts_where_the_stamp_belongs(mark: str) -> None:
    assert stops(lines(*HEAD, mark, *TAIL))
    assert not stops(lines("VITAMIN A", mark.replace("MẬT", "MẬT ONG"), "Dãy B"))
    assert not stops(lines(*HEAD, mark.replace("MẬT", "NHÀ"), *TAIL))


@pytest.mark.parametrize("sign", ["- Lưu: VT (mật).", "- Lưu: VT, NC (Mật).", "- Lưu: VT, Mật."])
def test_the_sign_of_who_drafted_a_letter_is_no_mark(sign: str) -> None:
    assert not stops(lines(*HEAD, *TAIL, "Nơi nhận:", "- Như trên;", sign))


@pytest.mark.parametrize("word", ["MAT", "M.A.T", "Mật."])
def test_a_bare_level_without_signs_or_with_a_full_stop_counts_where_the_stamp_belongs(word: str) -> None:
    assert stops(lines(*HEAD, word, *TAIL))
    for others in (
        ("HÓA ĐƠN", "Số: 12/HĐ", word),
        ("STT", word, "GIẤY"),
        ("lời nói ngọt như", word, "Rồi đi"),
        (word,),
    ):
        assert not stops(lines(*others))
