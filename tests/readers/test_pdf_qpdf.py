"""Objects of a PDF as qpdf gives them: values, texts, those of earlier revisions, and that a repaired file is noticed."""

import io
import struct
import time
from collections.abc import Callable

import pikepdf
import pytest

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pdf.jbig2 import shows_one_page
from gateway.documents.readers.pdf.objects import RawObject, sections_differ
from gateway.documents.readers.pdf.qpdf import LockedError, Objects, Stream, number_of, text_of
from gateway.model import Origin, ReadStatus
from tests.readers import pdfs
from tests.support.octets import file_of

HELLO = b"BT /F1 14 Tf 80 700 Td (HELLO) Tj ET"
THINGS = {
    10: b"<< /Title <FEFF004D1EAC0054> /Kids [11 0 R 12 0 R (1 0 R)] /Name /M#E1 /Count -2 /Open true /Half 0.5 >>",
    11: b"(an indirect string)",
    12: pdfs.stream(b"the data", b"/Kind /Test"),
}


def opened(**more: object) -> Objects:
    return Objects(pdfs.simple(HELLO, more=THINGS, **more), Budget())  # type: ignore[arg-type]


def superseded(head: bytes) -> RawObject:
    return RawObject(10, 0, head, None, current=False, offset=0)


def test_values_are_plain_and_references_differ_from_strings() -> None:
    objects = opened()
    value = objects.value(10)
    assert (value["/Count"], value["/Open"], value["/Half"]) == (-2, True, 0.5)
    assert text_of(value["/Title"]) == "MẬT"
    assert text_of(value["/Name"]) is None
    assert [number_of(one) for one in value["/Kids"]] == [11, 12, None]
    assert text_of(value["/Kids"][2]) == "1 0 R"
    assert text_of(objects.resolved(value["/Kids"][0])) == "an indirect string"
    stream = objects.value(12)
    assert isinstance(stream, Stream)
    assert (stream["/Kind"], objects.octets(12)) == ("/Test", b"the data")
    assert objects.value(99) is None
    assert not objects.is_repaired()


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"<< /V (MAT) /Parent 11 0 R >>", "MAT"),
        (b"<< /V (8 0 R \\(in brackets (9 0 R)\\)) >>", "8 0 R (in brackets (9 0 R))"),
        (b"<< % 7 0 R\n /V <FEFF004D1EAC0054> >>", "MẬT"),
    ],
)
def test_an_object_of_an_earlier_revision_is_a_value_too(head: bytes, expected: str) -> None:
    value = opened().parse(superseded(head))
    assert value is not None
    assert text_of(value["/V"]) == expected
    assert number_of(value.get("/Parent", "")) in (11, None)


@pytest.mark.parametrize("head", [b"<< /V (MAT) /Broken [ >>", b"<< /V (a) /V (MAT) >>", b"<< /V (MAT) >> and more"])
def test_of_an_object_that_nobody_can_parse_the_strings_are_kept(head: bytes) -> None:
    objects = opened()
    value = objects.parse(superseded(head))
    assert value is not None
    assert "MAT" in list(objects.texts_of(value["/Unparsed"]))
    assert not objects.is_repaired()  # it is no part of the file as it is now


def test_words_that_only_an_unreadable_old_object_has_are_reported() -> None:
    data = pdfs.simple(HELLO, more={10: b"<< /Title (NOW) >>"})
    data = data.replace(b"5 0 obj", b"10 0 obj\n<< /Title (BEFORE) /Broken [ >>\nendobj\n5 0 obj")
    data = with_last_objects(data)
    document = pdf.read(Source(data=data, part="1"), Budget()).document
    assert "BEFORE" in {run.text for run in document.runs if run.origin is Origin.REVISION}


def with_last_objects(data: bytes) -> bytes:
    """The file with a cross-reference that points to the last object of each number."""
    found: dict[int, int] = {}
    for line in range(len(data)):
        if data[line : line + 4] == b" obj" or data[line : line + 6] == b" 0 obj":
            start = data.rfind(b"\n", 0, line) + 1
            found[int(data[start:line].split()[0])] = start
    body = data[: data.rindex(b"xref\n", 0, data.rindex(b"startxref"))]
    rows = b"xref\n0 1\n0000000000 65535 f \n" + b"".join(
        b"%d 1\n%010d 00000 n \n" % (number, place) for number, place in sorted(found.items())
    )
    return body + rows + b"trailer\n<< /Size 100 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(body)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"startxref\n", b"startxref\n1"),
        (b"/MediaBox", b"/MediaBox [0 0 5 5] /MediaBox"),
        (b"4 0 obj", b"7 0 obj"),
    ],
    ids=["no table where it should be", "two values of one key", "another object at the offset"],
)
def test_a_file_that_had_to_be_repaired_is_not_read_as_a_sound_one(old: bytes, new: bytes) -> None:
    document = pdf.read(Source(data=pdfs.simple(HELLO).replace(old, new), part="1"), Budget()).document
    assert (document.status, document.reason) == (ReadStatus.PARTIAL, "structure")


def test_bytes_before_the_header_move_no_object() -> None:
    moved = b"\r\n\r\nFrom a gateway\r\n" + pdfs.simple(HELLO, more={10: b"<< /Title (MOVED) >>"})
    document = pdf.read(Source(data=moved, part="1"), Budget()).document
    assert {run.origin for run in document.runs if run.text in ("HELLO", "MOVED")} == {Origin.TEXT}


def test_an_encrypted_file_is_read_like_one_that_is_not() -> None:
    plain = pdfs.simple(HELLO, more={10: b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (NOTE) >>"})
    with pikepdf.open(io.BytesIO(plain)) as file:
        file.pages[0].obj["/Annots"] = pikepdf.Array([file.get_object(10, 0)])
        out = file_of(file, encryption=pikepdf.Encryption(user="mo", owner="chu"))
    with pytest.raises(LockedError):
        Objects(out, Budget())
    document = pdf.read(Source(data=out, part="1", passwords=("sai", "mo")), Budget()).document
    assert {"HELLO", "NOTE"} <= {run.text for run in document.runs}
    assert (document.status, document.opened_with_password) == (ReadStatus.OK, True)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7\n1 0 obj <<" + b"[" * 5000, b"xref\n0 99999999\n" * 50])
def test_what_is_no_pdf_has_no_objects_and_counts_as_repaired(data: bytes) -> None:
    objects = Objects(data, Budget())
    assert (objects.value(1), objects.root(), objects.is_repaired()) == (None, None, True)


@pytest.mark.parametrize(("place", "repaired"), [(b"0000000009", True), (None, False)])
def test_an_object_listed_at_two_places_is_one_thing_here_and_another_there(
    place: bytes | None, repaired: bool
) -> None:
    data = pdfs.simple(HELLO, more=THINGS)
    rows = data[data.rindex(b"xref\n", 0, data.rindex(b"startxref")) :].splitlines(keepends=True)
    again = rows[4] if place is None else place + rows[4][10:]
    data = data.replace(b"trailer", b"2 1\n" + again + b"trailer", 1)
    assert Objects(data, Budget()).is_repaired() is repaired


EXTENSION = struct.pack(">IBBBI", 1, 62, 0, 1, 0)
SHEET = struct.pack(">IBBBI", 0, 48, 0, 1, 19) + bytes(19)


@pytest.mark.parametrize(
    ("asked", "data", "answer"),
    [
        (sections_differ, b"xref 0 1 " * 20_000, False),
        (sections_differ, b"xref\n0 1\n0000000000 65535 f \n1 " + b"9" * 5000 + b"\ntrailer", True),
        (shows_one_page, SHEET + EXTENSION * 40_000, True),
    ],
)
def test_many_sections_or_segments_are_looked_through_once(
    asked: Callable[[bytes], bool], data: bytes, answer: bool
) -> None:
    began = time.process_time()
    assert asked(data) is answer
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("before", "rows", "differs"),
    [
        (b"xref\n", b"5 1\n%s5 1\n%s", True),
        (b"xref\n", b"%%x\n5 1\n%s5%%\n1\n%s", True),  # programs skip comments
        (b"startxref\n", b"5 1\n%s5 1\n%s", True),  # its last letters are where a table may begin
        (b"xref\n", b"5 1\n%s+5 1\n%s", True),  # some programs take it for a number, others for the end
        (b"xref\n", b"5 1\n%s5.0 1\n%s", True),
        (b"xref\n", b"5 1\n%s6 1\n%s", False),
        (b"xref\n", b"5 1\n%s%s", False),  # more rows than announced
        (b"xref\n", b"0 1\n%s0000000000 65535 f \n%s", False),
        (b"xref\n", b"5 3\n%s%s", False),
        (b"startxref\n-1\n%%EOF\n", b"5 0 obj %s%s", False),
    ],
)
def test_a_table_differs_as_programs_read_it(before: bytes, rows: bytes, differs: bool) -> None:
    section = rows % (b"0000000010 00000 n \n", b"0000000030 00000 n \n")
    assert sections_differ(before + section + b"trailer") is differs
