"""Letters of a mark put together of signs, and of two scripts."""

from __future__ import annotations

import pytest

from gateway.model import Document, Run
from gateway.vietnamese.marks import Level, Mark, Strength, find_in_document, readings


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


@pytest.mark.parametrize("sign", readings.M_OF_SIGNS)
def test_signs_that_together_look_as_m_are_read(sign: str) -> None:
    assert [mark.level for mark in found(f"{sign}ẬT")] == [Level.MAT]


@pytest.mark.parametrize("sign", readings.T_OF_SIGNS)
def test_signs_that_together_look_as_t_are_read(sign: str) -> None:
    assert [mark.level for mark in found(f"MẬ{sign}")] == [Level.MAT]


@pytest.mark.parametrize("word", ["MᗩT", "МAT", "MАT", "MAТ"])
def test_a_word_without_marks_in_letters_of_two_scripts_is_suspected(word: str) -> None:
    (mark,) = found(word)
    assert (mark.level, mark.strength) == (Level.MAT, Strength.SUSPECTED)


@pytest.mark.parametrize(
    "text", ["MAT", "МАТ", "ΜΑΤ", "|V|ật liệu|", "Phần |V|", "IV. ẬM Ừ", "lật IVI lật", "(V) Vật tư", "trật+tự"]
)
def test_other_words_beside_such_signs_are_none(text: str) -> None:
    assert found(text) == ()
