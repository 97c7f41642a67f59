"""Letters of a mark put together of signs, and of two scripts."""

import pytest

from gateway.model import Document, Run
from gateway.vietnamese.marks import (
    Level,
    Mark,
    Strength,
    find_in_document,
    find_in_filename,
    find_in_subject,
    readings,
)
from gateway.vietnamese.typed import as_meant


def found(line: str) -> tuple[Mark, ...]:
    lines = (
        "Kính gửi đồng chí,",
        "",
        f"     {line}",
        "",
        "Phòng Kinh tế gửi báo cáo tình hình thu chi ngân sách quý ba.",
    )
    runs = tuple(Run(text=text, block=block) for block, text in enumerate(lines))
    return find_in_document(Document(part="1", format="text", runs=runs))


@pytest.mark.parametrize(
    "word", [*(f"{sign}ẬT" for sign in readings.M_OF_SIGNS), *(f"MẬ{sign}" for sign in readings.T_OF_SIGNS)]
)
def test_signs_that_together_look_as_m_or_t_are_read(word: str) -> None:
    assert [mark.level for mark in found(word)] == [Level.MAT]


@pytest.mark.parametrize("word", ["MᗩT", "МAT", "MАT", "MAТ"])
def test_a_word_without_marks_in_letters_of_two_scripts_is_suspected(word: str) -> None:
    (mark,) = found(word)
    assert (mark.level, mark.strength) == (Level.MAT, Strength.SUSPECTED)


TYPED = {
    "MAAJT": Level.MAT, "MAATJ": Level.MAT, "MA65T": Level.MAT, "MAT65": Level.MAT, "TOOIS MAAJT": Level.TOI_MAT,
    "TO61I MA65T": Level.TOI_MAT, "TOOSI MAATJ": Level.TOI_MAT, "TUYEEJT MAAJT": Level.TUYET_MAT,
    "TUYE65T MA65T": Level.TUYET_MAT, "tuyeetj maajt": Level.TUYET_MAT,
}  # fmt: skip


@pytest.mark.parametrize(("typed", "level"), TYPED.items())
def test_a_level_that_was_typed_with_the_input_method_off_is_suspected(typed: str, level: Level) -> None:
    for marks in (
        find_in_subject(f"[{typed}] Kế hoạch"),
        find_in_filename(f"{typed} - KH 15.docx"),
        found(typed.upper()),
    ):
        assert [(mark.level, mark.strength) for mark in marks] == [(level, Strength.SUSPECTED)]


@pytest.mark.parametrize(
    "text",
    [
        "BAOR MAAJT",
        "BAO3 MA65T",
        "maajt khaaur wifi",
        "Maajt ong rungf",
        "bis maatj nhaf nuwowcs",
        "MAATS",
        "Maat Singh",
        "SMAAJT",
        "MA65TX",
    ],
)
def test_other_words_that_were_typed_so_are_none(text: str) -> None:
    assert (found(text), find_in_subject(text), find_in_filename(f"{text}.docx")) == ((), (), ())


@pytest.mark.parametrize("name", ["MAT-15-BC.docx", "15-MAT-BC-UBND.pdf", "BC_MAT_2026.docx", "15-BC-MAT.docx"])
def test_a_word_without_marks_within_the_number_of_a_paper_is_suspected(name: str) -> None:
    assert [(mark.level, mark.strength) for mark in find_in_filename(name)] == [(Level.MAT, Strength.SUSPECTED)]


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("MAT_KeHoach.docx", Level.MAT),
        ("KeHoach_MAT.docx", Level.MAT),
        ("MAT-ke-hoach-thanh-tra.docx", Level.MAT),
        ("TuyetMat-Baocao.docx", Level.TUYET_MAT),
        ("KeHoach_ToiMat.docx", Level.TOI_MAT),
    ],
)
def test_a_word_without_marks_set_off_from_the_kind_of_a_paper_is_suspected(name: str, level: Level) -> None:
    assert [(mark.level, mark.strength) for mark in find_in_filename(name)] == [(level, Strength.SUSPECTED)]


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ("ddawcj", "đặc"),
        ("bis", "bí"),
        ("Tuyeetj", "Tuyệt"),
        ("nuwowcs", "nước"),
        ("to61i", "tối"),
        ("quyeets", "quyết"),
        ("gias", "giá"),
        ("mias", "mía"),
        ("D9a8c5", "Đặc"),
        ("baor", "bảo"),
    ],
)
def test_keys_are_the_words_that_the_input_method_makes_of_them(keys: str, word: str) -> None:
    assert as_meant(keys) == word


@pytest.mark.parametrize("text", ["|VIẬT", "IV|ẬT", "MẬ‡", "MẬ┬"])
def test_further_signs_that_look_as_letters_are_read(text: str) -> None:
    assert found(text) != ()


@pytest.mark.parametrize(
    "text", ["MAT", "МАТ", "ΜΑΤ", "|V|ật liệu|", "Phần |V|", "IV. ẬM Ừ", "lật IVI lật", "(V) Vật tư", "trật+tự"]
)
def test_other_words_beside_such_signs_are_none(text: str) -> None:
    assert found(text) == ()


@pytest.mark.parametrize("text", ["Đổi mật khẫu cho chùm chìa khóa “%s”", "Mục | Mật độ | Mật khẫu: 100%25"])
def test_words_in_letters_stay_as_they_are_beside_escapes(text: str) -> None:
    assert found(text) == find_in_subject(text) == ()
