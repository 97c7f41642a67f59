"""Plain text and CSV: every byte is read, in a reading that the text module can go on with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers import plain
from gateway.documents.readers.base import Budget, Source
from gateway.model import Origin, ReadStatus, Role
from gateway.vietnamese.legacy import decode_runs
from tests.support.cases import examples
from tests.support.cost import least_cost

WORDS = "TUYỆT MẬT\r\nCộng hòa xã hội chủ nghĩa Việt Nam\r\n"


def read(data: bytes, **source: object):
    return plain.read(Source(data=data, part="1", **source), Budget()).document  # type: ignore[arg-type]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_forms_are_recognised(charset: str) -> None:
    assert [run.text for run in read(WORDS.encode(charset)).runs] == WORDS.split("\r\n")[:2]


@pytest.mark.parametrize("declared", [None, "us-ascii", "iso-8859-1", "windows-1258", "nonsense", "hex", "idna"])
def test_valid_utf8_is_utf8_whatever_its_label(declared: str | None) -> None:
    assert read(WORDS.encode(), charset=declared).runs[0].text == "TUYỆT MẬT"


@pytest.mark.parametrize("declared", ["big5", "utf-7", "koi8-r", "utf-16-be"])
def test_a_false_label_does_not_hide_the_words(declared: str) -> None:
    assert any("TUYỆT MẬT" in run.text for run in read(WORDS.encode(), charset=declared).runs)


def test_a_label_of_another_family_is_honoured() -> None:
    assert read("Совершенно секретно".encode("koi8-r"), charset="koi8-r").runs[0].text == "Совершенно секретно"


def test_legacy_bytes_are_one_character_each_for_the_decoders() -> None:
    data = bytes(range(0x80, 0x100))
    assert len(plain.decode(b"a" + data).text) == 129
    assert plain.decode(b"T\x8fI M\x87T").text == "T\x8fI M‡T"  # VISCII


@pytest.mark.parametrize(
    ("data", "expected"), [(b"tuy\xd6t m\xcbt v\xb5 nh\xadng \xae\xb7 c\xb8c tr\xad\xeang h\xf5p", "tuyệt mật")]
)
def test_the_text_module_decodes_what_we_give(data: bytes, expected: str) -> None:
    runs = read(data).runs
    assert expected in "".join(item.text for item in decode_runs(runs)).lower()


def test_lines_are_blocks_with_their_number() -> None:
    document = read(b"one\r\n\r\ntwo\rthree\n")
    assert [(run.text, run.block, run.locator) for run in document.runs] == [
        ("one", 0, "line:1"),
        ("two", 1, "line:2"),
        ("three", 2, "line:3"),
    ]


@pytest.mark.slow
@examples(30)
@given(st.text("ab \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029", max_size=30))
def test_a_short_text_has_the_lines_that_it_has_as_the_beginning_of_a_long_one(text: str) -> None:
    long = read((text + "\n" + "c\n" * plain.LIMIT_LINE).encode()).runs
    assert list(read(text.encode()).runs) == [run for run in long if run.text != "c"]


def test_cells_of_a_csv_have_row_and_column() -> None:
    document = read('a;"b\nc"\nd;MẬT\n'.encode(), detected_type="text/csv")
    assert [(run.text, run.locator) for run in document.runs] == [
        ("a", "row:1,column:1"),
        ("b\nc", "row:1,column:2"),
        ("d", "row:2,column:1"),
        ("MẬT", "row:2,column:2"),
    ]
    assert {run.role for run in document.runs} == {Role.CELL}


def test_utf7_is_read_beside_ascii() -> None:
    document = read("TUYỆT MẬT".encode("utf-7"))
    assert any(run.text == "TUYỆT MẬT" and run.origin is Origin.HIDDEN for run in document.runs)


def test_bytes_without_meaning_make_the_document_partial() -> None:
    assert read(b"\xff\xfea\x00b").status is ReadStatus.PARTIAL


def test_an_overlong_line_is_cut_without_cutting_words() -> None:
    data = ("x " * 15_000 + "TUYỆT MẬT " + "y " * 15_000).encode()
    document = read(data)
    assert any("TUYỆT MẬT" in run.text for run in document.runs)
    assert {run.block for run in document.runs} == {0}


def test_a_megabyte_is_fast() -> None:
    data = (WORDS * 20_000)[: 1 << 20].encode()
    best = least_cost(lambda: read(data))
    assert best < 0.25


@pytest.mark.parametrize(
    ("data", "charset", "reason"),
    [
        ("Kinh gui anh chi".encode("cp037"), "ibm1130", "charset"),
        ("Совет".encode("cp855"), "x-no-such", "charset"),
        (b"\xae\xe9 M\xcbT: c\xf4c \xae\xf6 tr\xad\xeec", "x-no-such", ""),
        (b"\xd0", "unknown-8bit", ""),
        (b"plain words", "x-no-such", ""),
    ],
)
def test_text_of_an_unknown_charset_is_read_only_where_ascii_stays_ascii(data, charset, reason) -> None:
    assert read(data, charset=charset).reason == reason


@given(
    st.binary(max_size=300), st.sampled_from([None, "utf-8", "utf-7", "utf-16", "big5", "cp1258", "rot13", "undefined"])
)
def test_any_bytes_give_a_document(data: bytes, charset: str | None) -> None:
    assert read(data, charset=charset).format == "text"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200))
def test_no_letter_of_utf8_text_is_lost(text: str) -> None:
    shown = "".join(run.text for run in read(text.encode()).runs if run.origin is Origin.TEXT)
    letters = "".join(ch for ch in text.lstrip("\ufeff") if ch.isalnum())
    assert "".join(ch for ch in shown if ch.isalnum()) == letters


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ("Kính gửi\nTỐI M\0ẬT", ["Kính gửi", "TỐI MẬT"]),
        ("\x1b[31mM\x1b[0mẬT", ["MẬT"]),
        ("\x1b[1;38;5;9mTỐI MẬT\x1b[K", ["TỐI MẬT"]),
        ("a\x1b[31mBẢO\x1b[0m MẬT", ["aBẢO MẬT"]),
        ("[31m \x1b[MẬT", ["[31m \x1b[MẬT"]),
    ],
)
def test_zero_bytes_and_colours_of_terminals_part_no_words(data: str, lines: list[str]) -> None:
    assert [run.text for run in read(data.encode()).runs] == lines


def test_the_commas_of_a_sentence_divide_no_cells() -> None:
    """A sheet of one column, saved as CSV with tabs, has sentences unquoted (Excel's "Unicode Text", LibreOffice)."""
    sentence = "Văn bản có độ Mật, Tối mật, Tuyệt mật được gửi theo quy định."
    text = f"Số: 125/VP-TH\nBình Tân, ngày 12 tháng 6 năm 2024\n{sentence}\nNơi nhận:\nVăn phòng\nHộ tịch\n"
    assert sentence in [run.text for run in read(text.encode("utf-16"), detected_type="text/csv").runs]
    table = "STT,Độ mật\n1,Mật\n2, TỐI MẬT\n".encode()
    assert " TỐI MẬT" in [run.text for run in read(table, detected_type="text/csv").runs]
