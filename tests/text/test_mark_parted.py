"""`MẬT` whose word goes on in the next lines or pieces is another word: KHẨU, ĐỘ DÂN SỐ; KHẨN is none."""

import pytest

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.marks import find_in_subject
from tests.support.legacy_letters import encode
from tests.text.accuracy import stops
from tests.text.mark_forms import HEAD, TAIL


def _documents(texts: tuple[str, ...]) -> list[Document]:
    """The texts as paragraphs, as lines, one below the other in cells, and set on end and along a line on a page."""
    rows = list(enumerate(texts, 1))
    cells = tuple(Run(text=t, block=n, role=Role.CELL, locator=f"cell:S!A{n}") for n, t in rows)
    upright = tuple(Run(text=t, block=n, page=1, bbox_pt=(300.0, 20.0 * n, 310.0, 20.0 * n + 12)) for n, t in rows)
    along = tuple(Run(text=t, block=n, page=1, bbox_pt=(300.0 + 20 * n, 300.0, 310.0 + 20 * n, 312.0)) for n, t in rows)
    lines = tuple(Run(text=t, block=n) for n, t in rows)
    made = [("docx", lines), ("text", lines), ("xlsx", cells), ("pdf", upright), ("pdf", along)]
    return [Document(part="2", format=format_, runs=runs) for format_, runs in made]


@pytest.mark.parametrize(
    "texts", [tuple("MẬTKHẨU"), tuple("BẢOMẬT"), ("THÂN", *"CƠMẬT"), tuple("MẬTĐỘ"), ("MẬT", "ĐỘ DÂN SỐ"), ("HƯỚNG DẪN ĐẶT", "MẬT", "KHẨU CHO THƯ"), ("MẬT", "MÃ", "DÂN SỰ")]
)  # fmt: skip
def test_letters_and_lines_that_make_another_word_are_no_mark(texts: tuple[str, ...]) -> None:
    assert [stops(document) for document in _documents(texts)] == [False] * 5


def test_a_phrase_of_which_each_word_is_a_paragraph_is_one() -> None:
    words = [("LUẬT", "BẢO", "VỆ", "BÍ", "MẬT", "NHÀ", "NƯỚC"), ("KẾ", "HOẠCH", "MẬT", "SỐ", "15")]
    documents = [
        Document(part="2", format="docx", runs=tuple(Run(text=t, block=n) for n, t in enumerate(w))) for w in words
    ]
    assert list(map(stops, documents)) == [False, True]


@pytest.mark.parametrize(
    "texts",
    [
        tuple("MẬTKHẨN"),
        tuple("MẬT"),
        tuple("TỐIMẬT"),
        ("BẢO VỆ", *"MẬT"),
        ("A", *"MẬT"),
        ("MẬT", "ĐỘ KHẨN: HỎA TỐC"),
        ("MẬT", "MÃ HỒ SƠ: 15"),
    ],
)
def test_letters_and_lines_behind_which_a_stamp_goes_on_are_a_mark(texts: tuple[str, ...]) -> None:
    assert all(stops(document) for document in _documents(texts))


@pytest.mark.parametrize(
    ("word", "colour", "marked"), [("ĐỘ AN TOÀN", None, True), ("ĐỘ", "FF0000", True), ("ĐỘ", None, False)]
)
def test_a_mark_at_the_head_of_a_letter_is_one_unless_the_word_alone_below_it_is_its_other_half(
    word: str, colour: str | None, marked: bool
) -> None:
    looks = [(text, None) for text in HEAD] + [("MẬT", None), (word, colour)] + [(text, None) for text in TAIL]
    runs = tuple(Run(text=text, block=n, colour=look) for n, (text, look) in enumerate(looks))
    assert stops(Document(part="2", format="docx", runs=runs)) is marked


def test_a_sentence_that_breaks_in_a_narrow_column_where_the_stamp_belongs_is_no_mark() -> None:
    def page(*texts: str) -> Document:
        places = [(228.0, 100.0 + 18 * n, 300.0, 112.0 + 18 * n) for n in range(len(texts))]
        runs = tuple(Run(text=t, block=n, page=1, bbox_pt=places[n]) for n, t in enumerate(texts))
        return Document(part="2", format="pdf", runs=runs)

    assert not stops(page("sao, chụp bí mật", "nhà nước độ Tuyệt", "mật"))
    assert not stops(page("quản lý văn bản", "mật"))
    assert stops(page("Số: 15/KH-UBND", "mật"))
    assert stops(page("sao, chụp bí mật", "nhà nước độ Tuyệt", "MẬT"))


@pytest.mark.parametrize("format_", ["pdf", "text"])
def test_a_stamp_that_a_sentence_names_in_its_next_line_is_no_mark(format_: str) -> None:
    def stopped(*texts: str) -> bool:
        return stops(Document(part="2", format=format_, runs=tuple(Run(text=t, block=n) for n, t in enumerate(texts))))

    assert not stopped("Túi đựng đề thi phải niêm phong, đóng dấu", "TỐI MẬT.")
    assert not stopped("Túi đựng đề thi phải niêm phong, đóng", "dấu TỐI MẬT.")
    assert stopped("Túi đựng đề thi phải niêm phong.", "TỐI MẬT.")
    assert stopped("(Ký tên, đóng dấu)", "TỐI MẬT")


@pytest.mark.parametrize(("letters", "marked"), [("TMẬ", True), ("ẬTM", True), ("MẬT", True), ("TĐẬ", False)])
@pytest.mark.parametrize("role", [Role.NAME, Role.ALT_TEXT])
def test_names_of_boxes_that_nobody_sees_do_not_part_their_letters(letters: str, marked: bool, role: Role) -> None:
    runs: list[Run] = []
    for letter in letters:
        runs.append(Run(text=letter, block=len(runs), role=Role.TEXTBOX, locator="sheet:S"))
        runs.append(Run(text="Hộp Văn bản 3", block=len(runs), role=role, origin=Origin.HIDDEN, locator="sheet:S"))
    assert stops(Document(part="2", format="xlsx", runs=tuple(runs))) is marked


@pytest.mark.parametrize("origin", [Origin.TEXT, Origin.OCR])
@pytest.mark.parametrize(
    ("words", "marked"),
    [
        (("Hạnh", "Tuyệt", "Mật", "Cúc"), False),
        (("Lan", "Mai", "Mật", "|Bình", "An"), False),
        (("Tuyệt", "Mật", "Tuyệt", "Mật", "Cúc", "(Lan"), False),
        (("Số: 12/BC-UBND", "Tuyệt", "Mật", "Kính gửi: Sở Nội vụ"), True),
        (("ỦY BAN NHÂN DÂN", "Số: 12/BC-UBND", "Mật", "Kính gửi: Sở Nội vụ"), True),
        (("Hạnh", "TUYỆT", "MẬT", "Cúc"), True),
        (("Khẩn", "Tuyệt", "Mật", "Kính gửi: Sở Nội vụ"), True),
    ],
)
def test_names_below_one_another_are_no_mark(words: tuple[str, ...], marked: bool, origin: Origin) -> None:
    places = [(228.0, 130.0 + 18 * n, 260.0, 142.0 + 18 * n) for n in range(len(words))]
    runs = tuple(Run(text=t, block=n, page=1, bbox_pt=places[n], origin=origin) for n, t in enumerate(words))
    assert stops(Document(part="2", format="pdf", runs=runs)) is marked


@pytest.mark.parametrize(
    ("upper", "marked"),
    [
        (("BẢO", 60.0, "CC0000"), False),
        (("BẢO", 60.0, "000000"), True),
        (("BẢO", 20.0, "CC0000"), True),
        (("HẢO", 60.0, "CC0000"), True),
    ],
)
def test_words_of_one_look_below_one_another_are_one_phrase_in_red_too(
    upper: tuple[str, float, str], marked: bool
) -> None:
    word, size, colour = upper
    runs = (
        Run(text=word, block=1, page=1, bbox_pt=(240.0, 150.0, 370.0, 200.0), size_pt=size, colour=colour),
        Run(text="MẬT", block=2, page=1, bbox_pt=(240.0, 215.0, 372.0, 280.0), size_pt=60.0, colour="CC0000"),
    )
    assert stops(Document(part="2", format="pdf", runs=runs)) is marked


@pytest.mark.parametrize(
    ("lines", "marked"),
    [
        (("bí mật nhà nước được phân loại thành 3 độ mật: Tuyệt mật, Tối", "mật và Mật."), False),
        (("nhà nước được phân loại theo 3", "cấp độ: Tuyệt mật, Tối", "mật và Mật."), False),
        (("Luật quy định ba độ mật: Tuyệt mật,", "Tối mật và Mật"), False),
        (("Độ mật: Tuyệt mật,", "số 15"), True),
        (("Độ mật: Tối mật, tuyệt", "Kính gửi: Văn phòng"), True),
        (("Độ mật: Tối mật,", "mật khẩu mở tệp: 123"), True),
        (("Hồ sơ này theo 3 độ mật: TỐI MẬT", "Kính gửi: Văn phòng"), True),
        (("3 Độ mật: Tối mật", "4 Độ khẩn: thường"), True),
        (("Tài sản được chia thành Draft (Nháp) và Confidential", "(Mật). Đối với các tài sản thuộc nhóm này thì"), False),
        (("Cấp độ cao nhất của các nhiệm vụ như vậy", "(Tuyệt mật) gồm thông tin về nhiệm vụ đặc biệt"), False),
        (("Phòng Tham mưu gửi các đồng chí bản dự thảo như sau:", "(Mật) Kế hoạch A2"), True),
        (("Quy định về mẫu dấu", "TUYỆT MẬT"), False),
        (("Quy định về hình thức mẫu dấu TUYỆT", "MẬT"), False),
        (("Tài liệu TUYỆT", "MẬT"), True),
    ],
)  # fmt: skip
def test_a_sentence_that_breaks_within_its_levels_is_no_mark(lines: tuple[str, ...], marked: bool) -> None:
    runs = tuple(Run(text=t, block=n) for n, t in enumerate(lines))
    assert stops(Document(part="2", format="text", runs=runs)) is marked


@pytest.mark.parametrize(("line", "marked"), [("MẬT TỐI", True), ("MẬTTUYỆT", True), ("MẬT TÚI", False)])
def test_words_of_a_level_from_right_to_left_are_suspected(line: str, marked: bool) -> None:
    run = Run(text=line, block=1)
    assert stops(Document(part="2", format="docx", runs=(run,))) is marked


@pytest.mark.parametrize(("origin", "marked"), [(Origin.TEXT, False), (Origin.DELETED, True), (Origin.HIDDEN, True)])
def test_words_that_nobody_sees_make_no_phrase_with_the_line_below(origin: Origin, marked: bool) -> None:
    runs = (Run(text="BẢO", block=1, origin=origin), Run(text="MẬT", block=2), Run(text="Số: 15/KH-UBND", block=3))
    assert stops(Document(part="2", format="docx", runs=runs)) is marked


@pytest.mark.parametrize("between", [" " * 2, " " * 13, " " * 60, "." * 20, " . " * 8])
def test_letters_of_a_level_set_far_apart_on_a_line_are_one(between: str) -> None:
    for word, marked in (("MẬT", True), ("TUYỆTMẬT", True), ("BẢOMẬT", False), ("MẬTKHẨU", False), ("MÁT", False)):
        line = between.join(word)
        for document in (Document(part="2", format=kind, runs=(Run(text=line),)) for kind in ("docx", "text")):
            assert stops(document) is marked
        assert bool(find_in_subject(line)) is marked


@pytest.mark.parametrize(("line", "marked"), [("TOÍ MẬT", True), ("TỐỊ MẬT", True), ("TỎI MẬT", False), ("TÒI MẬT", False)])  # fmt: skip
def test_a_sign_of_a_level_on_the_wrong_vowel_is_suspected(line: str, marked: bool) -> None:
    assert stops(Document(part="2", format="docx", runs=(Run(text=line),))) is marked
    assert bool(find_in_subject(line)) is marked


@pytest.mark.parametrize(
    ("charset", "font"), [(Charset.TCVN3, ".VnTime"), (Charset.VNI, "VNI-Times"), (Charset.VISCII, "VI Times")]
)
def test_letters_of_their_own_in_an_old_font_are_read_in_a_document_that_is_unicode_otherwise(
    charset: Charset, font: str
) -> None:
    body = Run(text="Kính gửi các phòng, ban: thực hiện kế hoạch công tác năm nay.", block=0, font="Times New Roman")
    for word, marked in (("MẬT", True), ("MÁT", False)):
        for role in (Role.BODY, Role.TEXTBOX):
            runs = [Run(text=encode(c, charset), block=n, role=role, font=font) for n, c in enumerate(word, 1)]
            assert stops(Document(part="2", format="docx", runs=(body, *runs))) is marked
        line = Run(text=encode("   ".join(word), charset), block=1, font=font)
        assert stops(Document(part="2", format="docx", runs=(body, line))) is marked
