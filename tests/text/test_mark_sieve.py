"""The first look at a text errs in one direction only: where it sees nothing, the search sees nothing either."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Document, Origin, Run
from gateway.vietnamese.marks import find_in_document, find_in_filename, find_in_subject, none_is_marked
from gateway.vietnamese.marks.evidence import Mark
from gateway.vietnamese.marks.fields import find_in_field
from gateway.vietnamese.marks.search import MarkSettings, Search
from gateway.vietnamese.marks.sieve import is_clear
from gateway.vietnamese.marks.words import bare
from gateway.vietnamese.marks.work import Work
from gateway.vietnamese.normal import canonical, skeleton
from tests.text.disguises import FONTLESS_LEGACY, UNICODE
from tests.text.letters import KINDS, Layout, letter

PLAIN = MarkSettings()
LETTERS = [
    "m", "M", "a", "A", "t", "T", "ậ", "Ậ", "â", "Â", "ấ", "Ấ", "ặ", "á", "ạ", "ò", "i", "o", "O", "u", "y", "ệ", "đ",
    "I",
]  # fmt: skip
KEYS = ["maajt", "MA65T", "maatj", "j", "6", "5"]
FOREIGN = ["м", "Т", "𝐌", "ⓐ", "Ë", "Æ", "Ä", "ß", "ç", "ñ", "ª", "½", "1", "0"]
MARKS = ["\u0302", "\u0323", "\u0301", "\u031b"]
BETWEEN = [
    "", " ", "  ", ".", "-", "_", "\n", "\t", "\u200b", "\xad", "\xa0", "–", "…", "“", "(", ")", "[", "]", ":", "/",
    "|", "\r\n", "\u2028", "☐", "\0",
]  # fmt: skip
ESCAPES = ["&#7852;", "\\u1eac", "%E1%BA%AC", "=E1=BA=AC", "+Hqw-", "&#109;"]
WORDS = [
    "tối", "tuyệt", "TỐI", "TUYỆT", "TOI", "mật", "MẬT", "mặt", "mất", "MẤT", "MAT", "một", "bí", "độ", "Độ mật", "tậm", "MẬ", "ẬT",
    "thu hồi", "tài liệu", "TÀI LIỆU", "THU", "HỒI", "chỉ người có tên mới được bóc bì", "CHỈ NGƯỜI CÓ TÊN", "MỚI ĐƯỢC BÓC BÌ",
    "Nơi nhận:", "được sao chụp", "không được sao, chụp", "được phép sao và chụp", "xem xong trả lại", "LƯU HÀNH NỘI BỘ",
    "4", "7", "M4T", "m?t", "[]", "TU", "Y", "l", "KHẨN", "hỏa tốc", "THƯỢNG KHẨN", "thời hạn bảo vệ", "GIA HẠN", "BMNN", "bí mật nhà nước",
    "bản sao", "BẢN SAO", "10 năm", "TÀI LIỆ", "U THU HỒI", "C H Ỉ", "UBND   ", "1.", "[x]", "☑", "→", "Độ mật -", "Kế hoạch", "(MẬT)",
    "MÂòT", "mËt", "MAÄT", "M†T", "Phân loại", "Số: 12/QĐ", "khẩu", "ong", "A", "không",
]  # fmt: skip
texts = st.lists(
    st.sampled_from(LETTERS * 2 + WORDS * 2 + BETWEEN * 3 + FOREIGN + MARKS + ESCAPES + KEYS), max_size=14
).map("".join)
looked_at = texts.filter(lambda text: not re.search("mat[a-z]", skeleton(text, parted=True)))
"""A level with letters right behind it is none to the search, unless another word draws its eye to the line."""


def searched(text: str) -> tuple[Mark, ...]:
    """What the search finds when it looks at every line: it trusts the first look only where nothing was scanned."""
    lines = [Run(text=line, block=number) for number, line in enumerate(text.split("\n"))]
    scan = Run(text="x", block=len(lines), origin=Origin.OCR)
    return Search(Document(part="1", format="text", runs=(*lines, scan)), PLAIN, Work()).run()


@given(looked_at)
def test_in_a_text_that_is_clear_the_search_finds_nothing(text):
    if is_clear(text):
        assert searched(text) == ()


@given(looked_at)
def test_a_document_is_judged_alike_with_and_without_the_first_look(text):
    lines = tuple(Run(text=line, block=number) for number, line in enumerate(text.split("\n")))
    assert find_in_document(Document(part="1", format="text", runs=lines)) == searched(text)


@given(st.lists(texts, max_size=3), st.sampled_from(["subject", "from", "x-do-mat", "comments"]))
def test_where_none_is_marked_no_subject_name_or_field_is(names, field):
    if none_is_marked(names):
        for name in names:
            assert find_in_subject(name) == find_in_filename(name) == find_in_field(field, name, PLAIN) == ()


@given(st.lists(texts, min_size=1, max_size=4))
def test_what_is_clear_is_clear_in_each_of_its_lines(lines):
    if is_clear("\n".join(lines)):
        assert all(is_clear(line) for line in lines)


@given(texts.map(lambda text: text.replace("…", "")))
def test_a_sign_beyond_the_repertoire_changes_nothing_of_the_skeleton(text):
    """But for an ellipsis, which is one dot or three."""
    assert skeleton(text + "\u2603") == skeleton(text)
    assert skeleton(text + "\u2603", parted=True) == skeleton(text, parted=True) + "~"


@given(texts.filter(lambda text: "\u202e" not in text))
def test_a_sign_beyond_the_repertoire_changes_nothing_of_the_canonical_and_the_bare_text(text):
    plain, beside = canonical(text), canonical("\u2603" + text)
    assert beside == "\u2603" + plain
    assert bare("\u2603" + plain) == "\u2603" + bare(plain)


@pytest.mark.parametrize("level", ["MẬT", "Tối mật", "TUYỆT MẬT"])
def test_a_level_is_not_clear_in_any_disguise(level):
    assert [name for name, disguise in (UNICODE | FONTLESS_LEGACY).items() if is_clear(disguise(level))] == []


@pytest.mark.parametrize("seed", range(len(KINDS)))
def test_letters_of_an_office_are_clear(seed):
    document = letter(seed, list(KINDS)[seed], Layout.PLAIN).document
    assert is_clear("\n".join(run.text for run in document.runs if "mật" not in run.text.lower()))


@pytest.mark.parametrize(
    "line",
    [
        "Thu tiền mặt",
        "THU TIỀN MẶT",
        "MẶT TRẬN TỔ QUỐC",
        "Có mặt lúc 7 giờ",
        "Làm mất thẻ, bị mất điện",
        "một người",
        "Quyết định thu hồi đất",
        "m\u1eaft",
        "Nơi nhận: như trên",
    ],
)
def test_words_that_only_look_like_a_mark_are_clear(line):
    assert is_clear(line)


@pytest.mark.parametrize(
    "line",
    [
        "TỐI MẶT",
        "MẶT",
        "- MẶT -",
        "[MẶT] Kế hoạch",
        "Kế hoạch\n MẶT\nSố: 15",
        "TỐI MẤT",
        "tuyệt  mất",
        "MẤT",
        "M Ấ T",
        "Tài liệu thu hồi",
        "  TÀI  LIỆU THU HỒI",
    ],
)
def test_what_a_hasty_typist_makes_of_a_mark_is_not_clear(line):
    assert not is_clear(line)
