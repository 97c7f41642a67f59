"""Typography: shares by letters, what counts, what does not, passages; fonts and colours."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.colour import is_black, is_invisible, is_red
from gateway.vietnamese.fonts import base_name, is_symbol, is_times_new_roman, legacy_font
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.typography import examine
from gateway.vietnamese.typography_report import FaultKind, TypographyRules
from tests.support.legacy_letters import encode
from tests.text.letters import SENTENCES, Layout, letter

TNR = "Times New Roman"


def document(*runs: Run, format_: str = "docx") -> Document:
    return Document(part="2", filename="a.docx", format=format_, runs=runs)


@pytest.mark.parametrize(
    "font",
    [
        "Times New Roman", "times new roman", "Times New Roman Bold", "Times New Roman,Bold", "TimesNewRomanPSMT", "TimesNewRomanPS-BoldItalicMT",
        "ABCDEF+TimesNewRomanPS-BoldMT", "TimesNewRoman,BoldItalic", "ABCDEF+Times-New-Roman,-Bold", "Times New Roman (Vietnamese)", "Times New Roman (Headings)", "Times New Roman CE",
        "'Times New Roman', serif", "Times New Roman;Times;serif", "@Times New Roman", "TimesNewRomanPSMT-4821", "ABCDEF+TimesNewRomanPS-BoldMT-77",
        "ABCDEF+TimesNewRomanPSMT-Identity-H", "TimesNewRoman,Bold-WinCharSetFFFF-H",
    ],
)  # fmt: skip
def test_times_new_roman_has_many_names(font):
    assert is_times_new_roman(font)


@pytest.mark.parametrize(
    "font",
    [
        "Times",
        "Times-Roman",
        "Liberation Serif",
        "Arial",
        ".VnTime",
        "VNI-Times",
        "Calibri",
        "Tinos",
        "Times Newer Roman",
        "Arial-4821",
        "ArialMT-Identity-H",
        "Arial;Times New Roman",
    ],
)
def test_other_fonts_are_not_times_new_roman(font):
    assert not is_times_new_roman(font)


def test_stand_ins_are_accepted_only_by_setting():
    run = Run(text="Nội dung", font="Liberation Serif")
    assert examine(document(run)).font_share == 0
    assert examine(document(run), TypographyRules(stand_ins=frozenset({"liberationserif"}))).font_share == 1


@pytest.mark.parametrize(
    ("font", "name"), [("ABCDEF+VNI-Times,Bold", "VNI-Times"), (".VnTimeH", ".VnTimeH"), ("Arial Black", "Arial")]
)
def test_family_names_are_those_people_know(font, name):
    assert base_name(font) == name


def test_symbol_fonts_and_legacy_fonts_are_distinguished():
    assert is_symbol("Wingdings 2")
    assert is_symbol("Cambria Math")
    assert not is_symbol("Cambria")
    assert legacy_font("Arial") is None


@pytest.mark.parametrize(
    ("colour", "black"),
    [
        ("auto", True),
        (None, True),
        ("000000", True),
        ("231F20", True),
        ("1D1D1B", True),
        ("333333", False),
        ("1F3864", False),
        ("FF0000", False),
    ],
)
def test_black_has_many_values(colour, black):
    assert is_black(colour) is black


def test_red_ink_and_invisible_letters():
    assert is_red("FF0000")
    assert is_red("C00000")
    assert not is_red("0000FF")
    assert is_invisible("FFFFFF", None)
    assert not is_invisible("FFFFFF", "1F3864")


def test_a_letter_in_order_is_in_order():
    report = examine(letter(1, "báo cáo", Layout.TABLE).document)
    assert report.font_share == 1
    assert report.black_share == 1
    assert report.passages == ()


def test_shares_are_by_letters_not_by_runs():
    runs = [Run(text="a" * 970, font=TNR, block=0), *(Run(text="b" * 3, font="Arial", block=i + 1) for i in range(10))]
    assert examine(document(*runs)).font_share == pytest.approx(0.97)


def test_what_a_reader_does_not_see_does_not_count():
    runs = (
        Run(text="Nội dung", font=TNR),
        Run(text="   \t 123 ", font=".VnTime", block=1),
        Run(text="", font="Arial", block=2),
        Run(text="lllll", font="Wingdings", block=3),
        Run(text="nhận xét", font="Calibri", role=Role.COMMENT, block=4),
        Run(text="Tiêu đề", font="Calibri", role=Role.PROPERTY, block=5),
        Run(text="đã xóa", font="Arial", origin=Origin.DELETED, block=6),
        Run(text="ẩn đi", font="Arial", origin=Origin.HIDDEN, block=7),
        Run(text="chữ trắng", font="Arial", colour="FFFFFF", block=8),
    )
    report = examine(document(*runs))
    assert report.font_share == 1


def test_links_stamps_and_signatures_may_have_colour():
    runs = (
        Run(text="Nội dung văn bản dài hơn", font=TNR, block=0),
        Run(text="www.binhtan.hochiminhcity.gov.vn", font=TNR, colour="0563C1", link=True, block=1),
        Run(text="HỎA TỐC", font=TNR, colour="FF0000", block=2),
        Run(text="Người ký: Ủy ban nhân dân quận", font="Arial", colour="FF0000", block=3),
        Run(text="Thời gian ký: 01.02.2024", font="Arial", colour="FF0000", block=4),
    )
    report = examine(document(*runs))
    assert report.black_share == 1
    assert report.font_share == 1


def test_red_letters_of_the_text_are_reported_with_place_and_words():
    runs = (
        Run(text="Nội dung ", font=TNR),
        Run(text="quan trọng cần chú ý", font=TNR, colour="FF0000", locator="paragraph:3", page=2),
    )
    passage = examine(document(*runs)).passages_of(FaultKind.COLOUR)[0]
    assert (passage.value, passage.locator, passage.page, passage.quote) == (
        "FF0000",
        "paragraph:3",
        2,
        "quan trọng cần chú ý",
    )


def test_neighbouring_letters_of_one_fault_are_one_passage():
    runs = [Run(text=word, font="Arial", block=0) for word in ("Một ", "hai ", "ba ", "bốn")]
    passages = examine(document(*runs)).passages_of(FaultKind.FONT)
    assert len(passages) == 1
    assert passages[0].quote == "Một hai ba bốn"


def test_automatic_letters_on_dark_ground_show_white():
    report = examine(document(Run(text="Tiêu đề", font=TNR, colour="auto", background="1F3864")))
    assert report.black_share == 0


@pytest.mark.parametrize(
    ("charset", "font"),
    [(Charset.TCVN3, ".VnTime"), (Charset.VNI, "VNI-Times"), (Charset.TCVN3, TNR), (Charset.VNI, TNR)],
)
def test_legacy_letters_are_found_whatever_the_font_says(charset, font):
    runs = tuple(Run(text=encode(s, charset), font=font, block=i) for i, s in enumerate(SENTENCES))
    report = examine(document(*runs))
    assert report.charsets == (charset.value,)
    assert report.passages_of(FaultKind.ENCODING)[0].quote.startswith("Thực hiện chỉ đạo")


def test_legacy_letters_among_unicode_text_are_found():
    runs = [Run(text=s, font=TNR, block=i) for i, s in enumerate(SENTENCES * 5)]
    runs.append(Run(text=encode(SENTENCES[0], Charset.VNI), font=TNR, block=99))
    assert examine(document(*runs)).charsets == ("vni",)


def test_a_legacy_font_over_unicode_letters_is_a_font_fault_only():
    report = examine(document(*(Run(text=s, font=".VnTime", block=i) for i, s in enumerate(SENTENCES))))
    assert report.legacy_letters == 0
    assert report.font_share == 0


def test_decomposed_and_private_letters_are_counted():
    runs = (
        Run(text=unicodedata.normalize("NFD", "Đề nghị báo cáo"), font=TNR),
        Run(text="\ue123\ue124 chữ", font=TNR, block=1),
    )
    report = examine(document(*runs))
    assert report.decomposed_letters == 5
    assert report.private_letters == 2


def test_sizes_are_looked_at_only_when_asked():
    run = Run(text="Nội dung", font=TNR, size_pt=9.0)
    assert examine(document(run)).passages == ()
    sized = examine(document(run), TypographyRules(size_range_pt=(11.0, 14.0)))
    assert sized.passages_of(FaultKind.SIZE)[0].value == "9"


def test_a_hundred_pages_cost_little():
    texts = list(SENTENCES) * 400
    big = document(*(Run(text=t, font=TNR, colour="auto", block=i) for i, t in enumerate(texts)))
    started = time.process_time()
    assert examine(big).letters > 180_000
    assert time.process_time() - started < 0.6  # measured below 0.1 s


@given(
    st.lists(
        st.tuples(
            st.text(max_size=40),
            st.sampled_from([None, TNR, "Arial", ".VnTime", "Symbol"]),
            st.sampled_from([None, "auto", "FF0000", "xyz", "FFFFFF"]),
        )
    )
)
def test_shares_stay_between_nothing_and_all(pieces):
    report = examine(document(*(Run(text=t, font=f, colour=c, block=i // 3) for i, (t, f, c) in enumerate(pieces))))
    assert report.font_share is None or 0 <= report.font_share <= 1
    assert report.black_share is None or 0 <= report.black_share <= 1


def test_letters_inside_a_word_are_quoted_with_the_word():
    pieces = (
        ("Th", "Times New Roman"),
        ("ự", "Arial"),
        ("c hi", "Times New Roman"),
        ("ệ", "Arial"),
        ("n", "Times New Roman"),
    )
    runs = tuple(Run(text=text, block=3, font=font, colour="auto") for text, font in pieces)
    report = examine(Document(part="1", format="docx", runs=runs))
    assert [(passage.quote, passage.letters) for passage in report.passages] == [("Thực", 1), ("hiện", 1)]
