"""Secrecy marks: the open examples, the matrix, innocents, real documents, speed and evidence."""

import json
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.marks import Level, MarkSettings, Strength, find_in_document, find_in_filename, find_in_subject
from tests.support.cost import least_cost
from tests.support.legacy_letters import encode
from tests.text.accuracy import CORPUS, DECISION, real_texts, stops, strongest, wrapped
from tests.text.mark_matrix import INNOCENT_FILENAMES, INNOCENT_LINES, INNOCENT_SUBJECTS, cases, innocent_documents

OPEN = CORPUS.parent / "domain" / "markings-open.jsonl"
EXAMPLES = [json.loads(line) for line in OPEN.read_text("utf-8").splitlines()] if OPEN.is_file() else []
ROLES = {
    "paragraph": Role.BODY,
    "header": Role.HEADER,
    "stamp": Role.STAMP,
    "table_cell": Role.CELL,
    "watermark": Role.WATERMARK,
    "property": Role.PROPERTY,
    "sheet": Role.NAME,
}
STRENGTH = {"block": Strength.MARKED, "hold": Strength.SUSPECTED}


def one(text: str, role: Role = Role.BODY, format_: str = "docx", **look) -> Document:
    return Document(part="1", format=format_, runs=(Run(text=text, role=role, **look),))


def first(document: Document):
    found = find_in_document(document)
    return found[0] if found else None


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e["id"])
def test_open_example(example):
    context = example["context"]
    if context == "subject":
        found = find_in_subject(example["text"])
    elif context == "filename":
        found = find_in_filename(example["text"])
    else:
        found = find_in_document(one(example["text"], ROLES[context], font=example.get("font")))
    stopping = [mark for mark in found if mark.strength is not Strength.NOTED]
    wanted = STRENGTH.get(example["action"])
    assert (stopping[0].strength if stopping else None) is wanted
    if example["expected"]:
        assert stopping[0].level.value == example["expected"]


@pytest.mark.slow
def test_the_matrix_of_places_and_disguises_is_found():
    missed, total, levels = Counter(), 0, 0
    for case in cases():
        total += 1
        hit = strongest(case)
        if hit is None:
            missed[case.name] += 1
        elif hit[1] != case.level:
            levels += 1
    assert total >= 2000
    assert not missed, missed.most_common(10)
    assert levels == 0


def test_official_letters_that_speak_of_secrecy_pass():
    stopped = [name for name, document in innocent_documents(100) if stops(document)]
    assert stopped == []


@pytest.mark.parametrize("role", [Role.BODY, Role.CELL])
def test_an_innocent_line_alone_in_a_paragraph_is_no_mark(role):
    assert [line for line in INNOCENT_LINES if stops(one(line, role))] == []


@pytest.mark.parametrize("find", [find_in_subject, find_in_filename])
def test_an_innocent_subject_or_file_name_is_no_mark(find):
    for words in {find_in_subject: INNOCENT_SUBJECTS, find_in_filename: INNOCENT_FILENAMES}[find]:
        assert all(mark.strength is Strength.NOTED for mark in find(words)), words


@pytest.mark.skipif(not DECISION.is_file(), reason="the text of the Decision is not present")
@pytest.mark.parametrize("width", [0, 18, 24, 30, 45, 60, 80])
def test_the_decision_itself_passes_at_every_width(width):
    assert not any(stops(document) for document in wrapped(DECISION.read_text("utf-8"), width))


@pytest.mark.skipif(not (CORPUS / "vietnam").is_dir(), reason="corpus of real documents is not present")
@pytest.mark.slow
def test_real_public_documents_pass_at_every_width():
    stopped = [
        (name, width, document.format)
        for name, text in real_texts()
        for width in (0, 18, 30, 45, 60, 80)
        for document in wrapped(text, width)
        if stops(document)
    ]
    assert stopped == []


def test_a_title_broken_before_its_last_word_is_no_mark_but_a_paragraph_of_its_own_is():
    title = Document(part="1", format="pdf", runs=(Run(text="QUY CHẾ BẢO VỆ BÍ", block=0), Run(text="MẬT", block=1)))
    stamp = Document(part="1", format="docx", runs=title.runs)
    assert first(title) is None
    assert first(stamp).strength is Strength.MARKED


def test_a_red_mark_is_found_even_where_a_title_could_break():
    runs = (Run(text="QUY CHẾ BẢO VỆ BÍ", block=0, colour="000000"), Run(text="MẬT", block=1, colour="FF0000"))
    mark = first(Document(part="1", format="pdf", runs=runs))
    assert mark.strength is Strength.MARKED
    assert "red" in mark.evidence


def test_the_place_of_the_stamp_is_evidence():
    mark = first(one("MẬT", page=1, bbox_pt=(90.0, 190.0, 150.0, 206.0), format_="pdf"))
    assert "top-left" in mark.evidence


@pytest.mark.parametrize("level", ["TỐI MẬT", "Tối mật", "TOI MAT", "1. MẬT"])
def test_a_level_in_a_letterhead_whose_columns_are_aligned_is_a_mark(level):
    rows = (
        ("UBND QUẬN BÌNH TÂN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), ("VĂN PHÒNG", "Độc lập - Tự do - Hạnh phúc"),
        ("Số: 12/UBND-VP", "Bình Tân, ngày 3 tháng 4 năm 2024"), (level, "Kính gửi: Chủ tịch"),
    )  # fmt: skip
    words = [(x, y, text) for y, row in enumerate(rows) for x, text in zip((60.0, 300.0), row, strict=True)]
    runs = tuple(
        Run(text=text, block=n, page=1, bbox_pt=(x, 110.0 + 20 * y, x + 6 * len(text), 122.0 + 20 * y))
        for n, (x, y, text) in enumerate(words)
    )
    assert stops(Document(part="1", format="pdf", runs=runs))


def test_title_case_is_a_mark_in_a_stamp_and_none_in_a_table():
    assert first(one("Tối mật", Role.STAMP)).strength is Strength.MARKED
    assert first(one("Tối mật", Role.CELL)).strength is Strength.NOTED
    assert first(one("Tối mật", Role.CELL, colour="FF0000")).strength is Strength.MARKED


@pytest.mark.parametrize("capitals", [False, True])
def test_column_heads_over_numbers_are_no_marks(capitals):
    heads = ["STT", "Loại", "Thường", "Mật", "Tối mật", "Tuyệt mật"]
    texts = [h.upper() if capitals else h for h in heads] + ["1", "Công văn", "12", "3", "1", "0"]
    runs = tuple(
        Run(text=t, block=i, role=Role.CELL, locator=f"table:1,row:{i // 6 + 1},column:{i % 6 + 1}")
        for i, t in enumerate(texts)
    )
    assert not stops(Document(part="1", format="docx", runs=runs))


def test_two_words_in_two_boxes_are_one_mark_of_the_higher_level():
    runs = (Run(text="TUYỆT", block=0, role=Role.TEXTBOX), Run(text="MẬT", block=1, role=Role.TEXTBOX))
    assert first(Document(part="1", format="docx", runs=runs)).level is Level.TUYET_MAT


def test_a_declassification_stamp_makes_every_mark_of_the_document_doubtful_and_is_none_itself():
    stamp = Run(text="GIẢI MẬT\nTừ: 15/5/2023", block=1, role=Role.STAMP)
    marks = find_in_document(Document(part="1", format="docx", runs=(Run(text="MẬT", block=0), stamp)))
    assert [mark.strength for mark in marks] == [Strength.SUSPECTED, Strength.NOTED]
    assert all("declassified" in mark.evidence for mark in marks)
    (alone,) = find_in_document(Document(part="1", format="docx", runs=(stamp,)))
    assert (alone.strength, alone.evidence[0]) == (Strength.NOTED, "declassified")


@pytest.mark.parametrize(("stamps", "stopped"), [
    (("MÂT", "MẠT", "TÓI MẬT", "TUYÊT MẬT", "TUVỆT MẬT", "T0I MAT", "MẬI", "NẬT", "MẶT"), True),
    (("KHẨN", "HỎA TỐC", "THƯỢNG KHẨN", "ĐẾN", "CÔNG VĂN ĐẾN", "SAO Y", "BẢN SAO", "DỰ THẢO"), False),
])  # fmt: skip
def test_what_ocr_makes_of_a_mark_is_at_least_suspected_and_other_stamps_are_none(stamps, stopped):
    assert {text for text in stamps if stops(one(text, Role.STAMP, "image", origin=Origin.OCR)) is not stopped} == set()


@pytest.mark.parametrize(("text", "stopped"), [
    ("TÓI MẬT", True), ("FỐI MẬT", True), ("TỐI NẬT", True), ("TUYỆT MẬI", True), ("TỐI MẬ", True),
    ("TÚI MẬT", False), ("SỎI MẬT", False), ("ĐÔI MẮT", False), ("ĐỐI MẶT", False), ("TỐI MÀU", False),
])  # fmt: skip
def test_a_line_of_a_scan_is_like_a_mark_where_its_letters_look_like_those_of_one(text, stopped):
    assert stops(one(text, Role.BODY, "image", origin=Origin.OCR)) == stopped


@pytest.mark.parametrize("origin", [Origin.DELETED, Origin.HIDDEN, Origin.REVISION])
def test_marks_that_are_no_longer_shown_still_count_and_say_so(origin):
    mark = first(one("TUYỆT MẬT", origin=origin))
    assert mark.strength is Strength.MARKED
    assert origin.value in mark.evidence


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Độ mật\tTối mật", Level.TOI_MAT),
        ("Mức độ mật: tuyệt mật", Level.TUYET_MAT),
        ("Dấu chỉ độ mật là Mật", Level.MAT),
        ("Độ khẩn: Hỏa tốc; Độ mật: Mật; Số trang: 3", Level.MAT),
        ("Độ mật: ☐ Thường ☒ Tối mật", Level.TOI_MAT),
        ("Độ mật: [ ] Mật [x] Tuyệt mật", Level.TUYET_MAT),
    ],
)
def test_a_filled_label_is_a_mark_in_any_case(text, level):
    mark = first(one(text))
    assert (mark.strength, mark.level) == (Strength.MARKED, level)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("□ Mật " * 13 + "☒ Tối mật □ Tuyệt mật", Level.TOI_MAT),
        ("Kế hoạch kiểm tra công tác phòng cháy chữa cháy của quận năm 2026. ☐ Mật ☒ Tối mật", Level.TOI_MAT),
        ("Có tài sản: ☐ Có ☒ Không. " * 13 + "Mức: ☐ Mật ☒ Tối mật", Level.TOI_MAT),
        ("Có tài sản: ☐ Có ☒ Không. " * 13 + "Mức: ☒ Thường ☐ Mật ☐ Tối mật", None),
        ("Kế hoạch kiểm tra công tác phòng cháy chữa cháy của quận năm 2026. ☐ Mật ☐ Tối mật", None),
        ("Đánh dấu ☒ vào ô Mật, Tối mật hoặc Tuyệt mật khi văn bản thuộc danh mục bí mật nhà nước.", None),
    ],
)
def test_a_level_that_is_ticked_among_others_counts_whatever_else_its_line_says(text, level):
    marks = [mark for mark in find_in_document(one(text)) if mark.strength is not Strength.NOTED]
    assert [mark.level for mark in marks] == [level] * (level is not None)


def test_settings_add_marks_and_exempt_phrases():
    extra = MarkSettings(extra_marks=("LƯU HÀNH NỘI BỘ",))
    assert find_in_document(one("LƯU HÀNH NỘI BỘ"), extra)[0].strength is Strength.MARKED
    assert find_in_subject("[LƯU HÀNH NỘI BỘ] Kế hoạch", extra)[0].level is Level.UNSPECIFIED
    exempt = MarkSettings(exempt_phrases=("Hệ thống MẬT",))
    assert find_in_subject("Triển khai hệ thống MẬT của Bộ", exempt) == ()
    assert find_in_subject("Triển khai hệ thống MẬT của Bộ") != ()


def test_evidence_never_holds_words_of_the_document():
    runs = (Run(text="Độ mật: Tuyệt mật", block=0), Run(text="Phương án Sao Mai", block=1), Run(text="MẬT", block=2))
    for mark in find_in_document(Document(part="1", format="docx", runs=runs)):
        assert all(code.isascii() and " " not in code for code in mark.evidence)


@given(
    st.lists(st.tuples(st.text(max_size=30), st.sampled_from(list(Role)), st.sampled_from(list(Origin))), max_size=12)
)
def test_no_text_makes_the_search_fail(pieces):
    runs = tuple(Run(text=t, block=i // 2, role=r, origin=o) for i, (t, r, o) in enumerate(pieces))
    for format_ in ("docx", "pdf", "text", "image"):
        find_in_document(Document(part="1", format=format_, runs=runs))
    for text, _, _ in pieces:
        find_in_subject(text)
        find_in_filename(text)


@given(st.text(alphabet="MẬTTỐIUYỆmậtAOÂ .-_\n\t\u200b\u0323\u0302", max_size=60))
def test_letters_of_marks_in_any_order_do_not_break_it(text):
    find_in_document(Document(part="1", format="pdf", runs=tuple(Run(text=c, block=i) for i, c in enumerate(text))))
    find_in_document(one(text))


@pytest.mark.parametrize("mark", ["[TỐI MẬT]", "[MẬT]"])
def test_a_mark_far_down_a_long_subject_is_found(mark: str):
    for words in (150, 1700):
        assert [found.strength for found in find_in_subject("báo cáo tình hình " * words + mark)] == [Strength.MARKED]
    assert find_in_subject("báo cáo tình hình " * 1700) == ()


@pytest.mark.parametrize("before", ["", "x" * 1700, "Ủy ban yêu cầu các phòng thực hiện. " * 130, "a " * 5000])
def test_a_label_far_along_a_line_is_found_and_an_enumeration_there_is_none(before: str):
    assert first(one(f"{before} Độ mật: Tối mật. Nơi nhận. ")).strength is Strength.MARKED
    legacy = encode(f"{before.lower()} độ mật: Tối mật", Charset.TCVN3)
    assert first(one(legacy, font=".VnTime")).strength is Strength.MARKED
    listed = "Phân loại thành ba độ mật: Tuyệt mật; Tối mật; Mật. "
    assert not stops(one(before + listed * 120))


@pytest.mark.parametrize("label", ["Độ mật: TỐI MẬT", "Độ mật:\tTỐI MẬT\t"])
def test_a_label_is_found_wherever_a_long_line_is_divided(label: str):
    for length in range(2940, 3010, 6):
        assert first(one(("a, " * 1010)[:length] + f" {label}; " + "a, " * 100)).strength is Strength.MARKED


def test_a_subject_beyond_all_measure_is_suspected_only_when_its_rest_could_hold_a_mark():
    assert [found.strength for found in find_in_subject("báo cáo " * 9000 + "[TỐI MẬT]")] == [Strength.SUSPECTED]
    assert find_in_subject("báo cáo " * 9000) == ()


@pytest.mark.slow
def test_hostile_lengths_stay_cheap():
    started = time.process_time()
    for text in (
        "MẬT " * 20_000,
        "M" * 100_000,
        "[" * 50_000 + "MẬT",
        "Độ mật:" * 10_000,
        "M\nẬ\nT\n" * 3_000,
        "&#7852;" * 10_000,
    ):
        find_in_document(one(text))
        find_in_subject(text)
        find_in_filename(text)
    assert time.process_time() - started < 8


def test_a_clean_document_of_a_hundred_pages_costs_milliseconds():
    lines = [line for line in INNOCENT_LINES if "mật" not in line.lower()][:6] + [
        "Thực hiện chỉ đạo của cấp trên, đơn vị đã xây dựng kế hoạch và phân công nhiệm vụ cụ thể cho từng bộ phận."
    ] * 14
    texts = (lines * 200)[: 240_000 // 90]
    document = Document(
        part="1", format="docx", runs=tuple(Run(text=t, block=i, font="Times New Roman") for i, t in enumerate(texts))
    )
    find_in_document(document)
    best = least_cost(lambda: find_in_document(document))
    assert best < 0.15  # measured about 0.02 s; the bound only catches a change of order


@pytest.mark.parametrize(
    "ward",
    [
        "KHOA NGOẠI GAN - MẬT",
        "Khoa Gan - Mật - Tụy",
        "SIÊU ÂM: GAN - MẬT - TỤY",
        "Ngũ tạng: Gan (Mật), Tim",
        "Đởm (MẬT)",
    ],
)
def test_the_gall_beside_the_liver_is_no_mark(ward):
    assert not stops(one(ward))
    assert find_in_subject(ward) == find_in_filename(ward) == ()


@pytest.mark.parametrize(
    "subject",
    [
        "TUẦN TRĂNG MẬT",
        "MẬT THƯ",
        "MẬT NGHỊ HỒNG Y",
        "GỬI CHO TÔI MẬT KHẨU CỦA MÌNH",
        "GUI CHO TOI MAT KHAU",
        "TÔI MẤT ĐIỆN THOẠI",
        "CÁ SỐT MẬT",
        "TÀI LIỆU BỊ MẬT HÓA",
    ],
)
def test_words_made_with_mat_are_no_marks(subject):
    assert find_in_subject(subject) == find_in_filename(subject.replace(" ", "_") + ".docx") == ()


def test_a_slip_for_a_level_that_is_set_off_is_suspected_whatever_follows():
    assert find_in_subject("Kế hoạch phòng thủ - TỐI MẶT - số 15")
    assert find_in_filename("TÓI MẬT - SỐ 15.docx")


def test_an_item_of_a_list_is_no_mark_and_the_same_word_between_the_head_and_the_number_is_one():
    def lines(*texts: str) -> Document:
        runs = tuple(Run(text=text, block=number) for number, text in enumerate(texts))
        return Document(part="1", format="text", runs=runs)

    head, foot = "Kính gửi: Văn phòng", "Báo cáo tình hình quý III năm 2026 của đơn vị."
    assert not stops(lines(head, "- Đường", "- Mật", "- Sữa", foot))
    assert stops(lines("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "- Mật -", "Số: 12/KH-UBND", head, foot))


@pytest.mark.parametrize(
    "text", ["TÀI  LIỆU  THU  HỒI", "T       Ố       I          M       Ậ       T", "M______Ậ______T"]
)
def test_wide_gaps_hide_no_stamp(text):
    assert stops(one(text, Role.TEXTBOX))
    assert stops(one(text))
