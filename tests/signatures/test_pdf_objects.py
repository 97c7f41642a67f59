"""Numbers, keys and references of a PDF by which a later revision or another viewer shows another page."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError

from gateway.documents.signatures import pdf_objects
from gateway.documents.signatures.pdf_objects import _read_digit_by_digit, read_hex_string
from gateway.model import Changes, Integrity
from tests.signatures import attacks_pdf_ways
from tests.signatures.attacks_pdf_objects import ATTACKS, honest_neighbours
from tests.signatures.samples import Sample, is_valid, reports
from tests.support.cases import slow


@pytest.mark.parametrize("title", [slow(title) if "crowd" in title else title for title in ATTACKS])
def test_a_page_that_may_be_another_one_does_not_stand(title):
    assert not is_valid(reports(Sample("", "a.pdf", ATTACKS[title]())))


@pytest.mark.parametrize("title", attacks_pdf_ways.ATTACKS)
def test_what_a_page_draws_by_a_name_is_nothing_that_updates_may_change(title):
    (first, *_) = reports(Sample("", "a.pdf", attacks_pdf_ways.ATTACKS[title]()))
    assert (first.integrity, first.changes) == (Integrity.INTACT, Changes.FORBIDDEN)


@pytest.mark.parametrize("title", ["sheet-of-unknown-format", "sheet-of-nobody"])
def test_what_nobody_can_verify_answers_for_nothing_that_it_shows(title):
    """A signature that cannot be verified is only noted, so that the one before it must not stand."""
    first, second = reports(Sample("", "a.pdf", ATTACKS[title]()))
    assert (first.changes, second.integrity) == (Changes.FORBIDDEN, Integrity.UNKNOWN)


@pytest.mark.slow
@pytest.mark.parametrize("title", HONEST := honest_neighbours() | attacks_pdf_ways.honest_neighbours())
def test_an_honest_file_that_comes_near_passes(title):
    assert is_valid(reports(Sample("", "a.pdf", HONEST[title]())))


def hex_string(read, octets):
    """What a way to read makes of octets behind `<`: the string and where it ends, or that it refuses them."""
    stream = io.BytesIO(b"<" + octets)
    try:
        return read(stream), stream.tell()
    except (PdfReadError, ValueError):
        return None


@given(
    st.lists(st.sampled_from([b"0", b"9", b"aF", b"FEFF", b" ", b"\0", b"\r\n", b"%", b"x", b">", b"<"]), max_size=12)
)
def test_long_strings_of_digits_are_read_as_pyhanko_reads_them(pieces):
    octets = b"".join(pieces)
    assert hex_string(read_hex_string, octets) == hex_string(_read_digit_by_digit, octets)


@given(
    st.lists(
        st.sampled_from([b"Key", b"1", b"#", b"41", b" ", b"\0", b"\n", b"/", b"(", b"]", b"%", b"~", b"\xe1"]),
        max_size=9,
    )
)
def test_names_are_read_as_pyhanko_reads_them(pieces):
    octets = b"".join(pieces)
    until = (pdf_objects.read_until_delimiter, pdf_objects._read_octet_by_octet)
    assert len({hex_string(read, octets) for read in until}) == 1
    named = (pdf_objects.decode_name, pdf_objects._decode_octet_by_octet)
    assert (
        len({hex_string(lambda stream, decode=decode: decode(stream.getvalue()[1:]), octets) for decode in named}) == 1
    )


def test_pyhanko_reads_digits_and_names_in_one_step():
    assert generic.read_hex_string_from_stream is read_hex_string
    assert generic.NameObject.read_from_stream(io.BytesIO(b"/Key 1")) == "/Key"
    assert (generic.read_until_delimiter, generic._decode_name) == (
        pdf_objects.read_until_delimiter,
        pdf_objects.decode_name,
    )
