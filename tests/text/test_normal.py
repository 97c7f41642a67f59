"""Canonical form, back-mapping, skeleton."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.vietnamese import confusables
from gateway.vietnamese.normal import (
    canonical,
    collapse_spacing,
    is_decomposed,
    is_unusual,
    skeleton,
    unify_line_breaks,
)
from tests.text.disguises import UNICODE

SAME_LETTERS = [
    name
    for name in UNICODE
    if not name.startswith(
        ("urgency", "repeated", "in ", "between", "box", "with full", "mixed", "UTF-8", "letter", "dotted", "dashed")
    )
]


@pytest.mark.parametrize("name", SAME_LETTERS)
def test_every_disguise_reads_as_the_word_and_has_its_skeleton(name):
    assert canonical(UNICODE[name]("TUYỆT MẬT")) == "TUYỆT MẬT"
    assert skeleton(UNICODE[name]("TUYỆT MẬT")) == "tuyet mat"


def test_d_with_stroke_is_kept_and_its_look_alikes_become_it():
    assert canonical("Đ đ ð") == "Đ đ đ"
    assert skeleton("Độ Đ ð") == "do d d"


def test_letters_one_by_one_become_words():
    assert collapse_spacing("T Ố I  M Ậ T") == "TỐI  MẬT"
    assert collapse_spacing("M.Ậ.T") == "MẬT"
    assert collapse_spacing("Điều 1 a b") == "Điều 1 a b"


def test_decomposed_letters_are_distinguished_from_composed_ones():
    assert is_decomposed(unicodedata.normalize("NFD", "mật"))
    assert not is_decomposed("mật")


def test_every_line_break_becomes_a_line_feed():
    assert unify_line_breaks("a\r\nb\rc\u2028d\x85e\vf") == "a\nb\nc\nd\ne\nf"


@given(st.text(max_size=200))
def test_nothing_fails(text):
    assert isinstance(canonical(text), str)
    assert skeleton(text).isascii()


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_a_skeleton_keeps_the_lines_of_unified_text(text):
    lines = unify_line_breaks(text)
    if "\u202e" not in lines:
        assert skeleton(lines).count("\n") == lines.count("\n")


@given(st.text(alphabet="aăâeêioôơuưyđAĂÂĐmt \u0300\u0301\u0303\u0309\u0323", max_size=60))
def test_canonical_text_is_its_own_canonical_form(text):
    once = canonical(text)
    assert canonical(once) == once


def test_every_look_alike_is_looked_at_and_is_its_letter():
    assert len(confusables._TABLE) > 400
    for alike, letter in confusables._TABLE.items():
        assert is_unusual(alike), f"{ord(alike):04X}"
        assert confusables.seen_as(alike) == letter, f"{ord(alike):04X}"


@pytest.mark.parametrize(
    "text", ["TỐI M\u0102\U000102b1", "\U000102b1ỐI M\u1eacT", "TÔ\u059cI MẬT", "TỐI MÂ\u08edT", "ƬỐI MẬƬ"]
)
def test_letters_and_accents_of_other_scripts_read_as_theirs(text):
    assert skeleton(text) == "toi mat"


@pytest.mark.parametrize("word", ["₥Ậ₮", "𐌌Ậ𐌕", "ᙏẬ𐤯", "MᐱT", "𐿲Ố𐌆"])
def test_letters_of_other_scripts_are_what_they_look_like(word):
    assert canonical(word) in {"MẬT", "MAT", "TỐI"}
