"""Documents that are visible text and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.documents.readers import plain as reader
from gateway.documents.readers.base import Source
from gateway.model import Document, Origin, ReadStatus, Role, Run
from gateway.vietnamese.legacy import needs_decoding
from gateway.vietnamese.normal import skeleton
from gateway.vietnamese.plain_text import PlainText, plain_skeleton, plain_text
from gateway.vietnamese.repertoire import REPERTOIRE

LINES = ("Kính gửi: Văn phòng", "Nơi nhận: Như trên; Lưu VT", "Ke\u0301 hoạch")


def document(*runs: Run, format_: str = "text") -> Document:
    return Document(part="1", format=format_, status=ReadStatus.OK, runs=runs)


def runs(*lines: str) -> list[Run]:
    return [Run(text=line, block=number) for number, line in enumerate(lines)]


def test_the_lines_of_a_text_are_joined_and_their_skeleton_is_that_of_each():
    text = document(*runs(*LINES))
    plain = plain_text(text)
    assert plain is not None
    assert plain.text == "\n".join(LINES)
    assert plain_skeleton(text) == "\n".join(map(skeleton, LINES))


@pytest.mark.parametrize(
    "change", [{"role": Role.CELL}, {"origin": Origin.HIDDEN}, {"font": "VNI-Times"}, {"colour": "FF0000"}]
)
def test_a_text_with_one_run_of_another_look_is_not_plain(change):
    first, *others = runs(*LINES)
    looks = document(first, *others[:1], replace(others[1], **change))
    assert plain_text(looks) is None
    assert plain_skeleton(looks) is None


def test_other_formats_and_other_charsets_are_not_plain():
    assert plain_text(document(*runs(*LINES), format_="html")) is None
    assert plain_text(document(*runs("C«ng v¨n sè 12 vÒ viÖc ®¨ng ký"))) is None


@pytest.mark.parametrize(
    "text", ["\r\n".join(LINES), "Một\n\n\tHai  ba\n", "x" * 30_000, "C«ng v¨n sè 12 vÒ viÖc ®¨ng ký", "Ⅻ ▇▇", ""]
)
def test_what_the_reader_hands_on_is_what_its_runs_say(text):
    read = reader.read_text(Source(data=text.encode(), part="1", declared_type="text/plain", charset="utf-8"))
    handed, alone = plain_text(read), plain_text(replace(read))
    assert (handed is None) == (alone is None)
    assert handed is None or (handed.text, handed.marked) == (alone.text, alone.marked)


@given(st.text(st.sampled_from(REPERTOIRE)))
def test_an_old_charset_is_detected_alike_by_letters_and_by_bytes(text):
    assert PlainText(text).needs_decoding() == needs_decoding((), text)


def test_a_reference_to_a_line_break_adds_no_line_to_the_skeleton():
    assert plain_skeleton(document(*runs("một&#10;hai", "ba"))) in {None, "mot hai\nba"}
