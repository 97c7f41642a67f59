"""What a PDF holds beside its pages is found: attachments, forms, scripts, layers, revisions, bombs, locks."""

import base64
import contextlib
import io
import re
import time
import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from gateway.documents.readers.base import Budget, ReadError, Reading, Source
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pdf import revisions
from gateway.documents.readers.pdf.objects import RawObject, find_objects, inflate
from gateway.documents.readers.pdf.words import _BLOCK_TAG
from gateway.model import Document, Origin, ReadStatus, Role
from gateway.vietnamese.marks import Strength, find_in_document
from tests.readers import pdfs
from tests.support.cases import examples
from tests.support.corpus import CORPUS, needs_corpus, rows
from tests.support.long import sample
from tests.support.octets import written
from tests.support.reading import unread

HELLO = b"BT /F1 14 Tf 80 700 Td (HELLO) Tj ET"


def reading(data: bytes, **source: object) -> Reading:
    return pdf.read(Source(data=data, part="1", **source), Budget())  # type: ignore[arg-type]


def read(data: bytes, **source: object) -> Document:
    return reading(data, **source).document


def kinds(document: Document) -> set[str]:
    return {item.kind for item in document.active_content}


def texts(document: Document, role: Role, origin: Origin = Origin.TEXT) -> set[str]:
    return {run.text for run in document.runs if run.role is role and run.origin is origin}


def rewritten(data: bytes, change) -> bytes:
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(data)))
    change(writer)
    return written(writer.write)


def test_a_wrong_length_of_a_stream_is_no_damage() -> None:
    data = pdfs.simple(HELLO)
    wrong = re.sub(rb"/Length (\d+)", lambda found: b"/Length %d" % (int(found[1]) - 1), data)
    assert wrong != data
    assert (read(wrong).status, read(wrong).runs) == (ReadStatus.OK, read(data).runs)


def test_attachments_become_members() -> None:
    data = rewritten(pdfs.simple(HELLO), lambda w: w.add_attachment("kèm theo.txt", b"noi dung"))
    result = reading(data)
    assert [(m.name, m.data, m.relation) for m in result.members] == [("kèm theo.txt", b"noi dung", "attachment")]
    assert "embedded-file" in kinds(result.document)


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        (b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>", "javascript"),
        (b"/OpenAction << /S /J#61vaScript /#4aS (x) >>", "javascript"),
        (b"/OpenAction << /S /Launch /F (calc.exe) >>", "launch"),
        (b"/AA << /WC << /S /SubmitForm >> >>", "additional-action"),
        (b"/OpenAction << /S /URI /URI (http://x) >>", "open-action"),
    ],
)
def test_active_content_is_named(extra: bytes, kind: str) -> None:
    assert kind in kinds(read(pdfs.simple(HELLO, catalog_extra=extra)))


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        (b"/F << /FS /URL /F (http://x.example/a) >>", "external-object"),
        (b"/F (a.png) /FFilter /FlateDecode", "external-object"),
        (b"/Subtype /Form /Ref << /F (a.pdf) /Page 0 >>", "external-object"),
        (b"/#52ef << /F (a.pdf) /Page 0 >>", "external-object"),
        (b"/Subtype /Form /Resources << /Font << /F 5 0 R >> >>", None),
        (b"/F /FlateDecode", None),
    ],
)
def test_a_stream_that_shows_another_file_is_named(more: bytes, kind: str | None) -> None:
    assert kinds(read(pdfs.simple(HELLO, more={10: pdfs.stream(b"", more)}))) == ({kind} if kind else set())


def test_an_open_action_that_shows_a_page_is_not_active() -> None:
    assert not kinds(read(pdfs.simple(HELLO, catalog_extra=b"/OpenAction [3 0 R /Fit]")))


def test_annotations_form_values_and_properties_are_read() -> None:
    data = pdfs.simple(
        HELLO,
        page_extra=b"/Annots [10 0 R 11 0 R 12 0 R]",
        catalog_extra=b"/AcroForm << /Fields [12 0 R] >>",
        more={
            10: b"<< /Type /Annot /Subtype /FreeText /Rect [80 600 300 640] /Contents (FREETEXT) /DA (/Helv 12 Tf) >>",
            11: b"<< /Type /Annot /Subtype /Stamp /Rect [80 500 200 540] /Contents (STAMPED) >>",
            12: b"<< /Type /Annot /Subtype /Widget /Rect [80 400 200 420] /FT /Tx /T (muc) /V (VALUE) /DV (DEFAULT) >>",
            13: b"<< /Title (TITLE) /Producer (maker) /CustomKey (CUSTOM) >>",
        },
        info=13,
    )
    document = read(data)
    assert "FREETEXT" in texts(document, Role.TEXTBOX)
    assert "STAMPED" in texts(document, Role.STAMP)
    assert {"VALUE", "DEFAULT"} <= texts(document, Role.FIELD)
    assert {"TITLE", "CUSTOM"} <= texts(document, Role.PROPERTY)


def test_what_an_appearance_stream_draws_is_read_with_its_look() -> None:
    data = pdfs.simple(
        HELLO,
        page_extra=b"/Annots [10 0 R]",
        more={
            10: b"<< /Type /Annot /Subtype /Stamp /Rect [80 500 280 540] /F 4 /AP << /N 11 0 R >> >>",
            11: pdfs.stream(
                b"1 0 0 rg BT /F1 16 Tf 5 10 Td (DRAWN) Tj ET",
                b"/Type /XObject /Subtype /Form /BBox [0 0 200 40] /Resources << /Font << /F1 5 0 R >> >>",
            ),
        },
    )
    run = next(run for run in read(data).runs if run.text == "DRAWN")
    assert (run.role, run.colour, run.page) == (Role.STAMP, "FF0000", 1)
    assert run.bbox_pt[1] > 300


def test_xfa_and_xmp_words_are_read() -> None:
    data = pdfs.simple(
        HELLO,
        catalog_extra=b"/AcroForm << /XFA [(template) 10 0 R] >> /Metadata 11 0 R",
        more={
            10: pdfs.stream(b"<template><text>XFAWORD</text></template>", compress=True),
            11: pdfs.stream(
                b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><d>XMPWORD</d><no:prefix>UNDECLARED</no:prefix></x:xmpmeta>",
                b"/Type /Metadata /Subtype /XML",
            ),
        },
    )
    document = read(data)
    assert "XFAWORD" in texts(document, Role.FIELD)
    assert {"XMPWORD", "UNDECLARED"} <= set(texts(document, Role.PROPERTY))
    assert "xfa" in kinds(document)


def unicode_string(text: str) -> bytes:
    """A text string in UTF-16 (ISO 32000-1 §7.9.2.2)."""
    return b"<FEFF" + text.encode("utf-16-be").hex().encode() + b">"


@pytest.mark.parametrize(
    "thing",
    [
        b"<< /Type /Annot /Subtype /Redact /Rect [80 600 300 640] /OverlayText %s >>",
        b"<< /Type /Annot /Subtype /Widget /Rect [80 600 300 640] /FT /Btn /T (nut) /MK << /CA %s >> >>",
        b"<< /Type /Annot /Subtype /Widget /Rect [80 600 300 640] /FT /Btn /T (nut) /MK << /RC %s >> >>",
        b"<< /Type /StructElem /S /P /P 2 0 R /E %s >>",
        b"<< /Type /StructElem /S /P /P 2 0 R /T %s >>",
        b"<< /Type /StructElem /S /P /P 2 0 R /A << /O /UserProperties /P [<< /N (muc) /V %s >>] >> >>",
        b"<< /Type /Thread /I << /Title %s >> >>",
        b"<< /Order [%s [2 0 R]] /Name (lop) >>",
        b"<< /Type /Collection /Schema << /a << /Subtype /S /N %s >> >> >>",
        b"<< /Type /Filespec /F (a.txt) /CI << /Type /CollectionItem /domat << /D %s >> >> >>",
        b"<< /Names [%s [3 0 R /Fit]] >>",
        b"<< /Word << /Private << /Muc %s >> >> >>",
    ],
)
def test_a_string_is_read_wherever_it_is(thing: bytes) -> None:
    document = read(pdfs.simple(HELLO, more={10: thing % unicode_string("TUYỆT MẬT")}))
    assert "TUYỆT MẬT" in {run.text for run in document.runs}
    assert document.status is ReadStatus.OK


@pytest.mark.parametrize(("name", "shown"), [("Text1", "Độ mật"), ("doMat", "Ghi rõ")])
@pytest.mark.parametrize("value", ["Mật", "Thường"])
def test_the_name_of_a_field_that_viewers_show_is_a_label_too(name: str, shown: str, value: str) -> None:
    field = b"<< /Type /Annot /Subtype /Widget /Rect [80 600 300 640] /FT /Tx /T (%s) /TU %s /V %s >>"
    data = pdfs.simple(HELLO, more={10: field % (name.encode(), unicode_string(shown), unicode_string(value))})
    marks = [mark for mark in find_in_document(read(data)) if mark.strength is not Strength.NOTED]
    assert bool(marks) is (value != "Thường")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "script",
    [
        "app.beep('0'); app.alert(\"TUYỆT MẬT\");",
        "app.beep('', \"TUYỆT MẬT\"); // don't",
        "// don't\napp.alert(`TUYỆT MẬT`)",
        "app.alert('" + "x" * 3000 + "\\nTUYỆT MẬT\\n')",
    ],
    ids=["plain", "empty", "comment", "long"],
)
def test_what_a_script_shows_is_read(stream: bool, script: str) -> None:
    more = {
        10: b"<< /S /JavaScript /JS %s >>" % (b"11 0 R" if stream else unicode_string(script)),
        11: pdfs.stream(script.encode("utf-16")),
    }
    document = read(pdfs.simple(HELLO, catalog_extra=b"/OpenAction 10 0 R", more=more))
    assert "TUYỆT MẬT" in "\n".join(texts(document, Role.PROPERTY)).split("\n")


def test_tags_that_only_change_the_look_do_not_part_a_word_of_rich_text() -> None:
    rich = f"<body xmlns='http://www.w3.org/1999/xhtml'><p><b style='{' ' * 3000}'>TUY</b>&#7878;T MẬT</p><p>hai</p></body>"
    annotation = b"<< /Type /Annot /Subtype /FreeText /Rect [80 600 300 640] /RC " + unicode_string(rich) + b" >>"
    form = pdfs.stream(f"<template><exData>{rich}</exData></template>".encode())
    document = read(pdfs.simple(HELLO, catalog_extra=b"/AcroForm << /XFA 11 0 R >>", more={10: annotation, 11: form}))
    assert any("TUYỆT MẬT" in text.split("\n") for text in texts(document, Role.TEXTBOX))
    assert "TUYỆT MẬT" in texts(document, Role.FIELD)


def test_strings_that_are_no_words_are_left_out() -> None:
    data = pdfs.simple(
        HELLO,
        page_extra=b"/Annots [10 0 R]",
        more={
            10: b"<< /Type /Annot /Subtype /Link /Rect [80 600 300 640] /A << /S /URI /URI (https://a.vn/) >> >>",
            11: b"<< /Type /FontDescriptor /FontName /AAAAAA+F /CharSet (/a/b) >>",
        },
    )
    assert {run.text for run in read(data).runs} == {"HELLO"}


def test_objects_in_object_streams_are_found() -> None:
    inner = b"10 0 11 60 " + b"<< /Type /Annot /Subtype /Text /Contents (PACKED) >>".ljust(60) + b"<< /Title (x) >>"
    first = 11
    data = pdfs.simple(HELLO, more={12: pdfs.stream(inner, b"/Type /ObjStm /N 2 /First %d" % first, compress=True)})
    assert any(run.text == "PACKED" for run in read(data).runs)


def test_words_of_an_earlier_revision_are_found() -> None:
    old = pdfs.simple(b"BT /F1 14 Tf 80 700 Td (OLD SECRET) Tj 0 -20 Td (SHARED) Tj ET")
    new = pdfs.append_revision(old, {4: pdfs.stream(b"BT /F1 14 Tf 80 680 Td (SHARED) Tj ET")})
    document = read(new)
    assert "OLD SECRET" in texts(document, Role.BODY, Origin.REVISION)
    assert "SHARED" in texts(document, Role.BODY)
    assert "SHARED" not in texts(document, Role.BODY, Origin.REVISION)


def test_content_that_nothing_refers_to_is_found() -> None:
    data = pdfs.simple(HELLO)
    stray = b"\n77 0 obj\n" + pdfs.stream(b"BT /F1 14 Tf (ORPHANED) Tj [(KER) -20 (NED)] TJ ET") + b"\nendobj\n"
    data = data.replace(b"xref\n0", stray + b"xref\n0")
    start = data.index(b"xref\n0")
    data = data[: data.rindex(b"startxref")] + b"startxref\n%d\n%%%%EOF\n" % start
    found = {run.text for run in read(data).runs if run.origin is Origin.REVISION}
    assert any("ORPHANED" in text and "KERNED" in text for text in found)


def test_junk_before_the_header_and_a_wrong_startxref_are_borne() -> None:
    data = pdfs.simple(HELLO)
    broken = data[: data.rindex(b"startxref")] + b"startxref\n7\n%%EOF\n"
    for octets in (b"x" * 900 + data, broken):
        assert any(run.text == "HELLO" for run in read(octets).runs)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"%PDF-1.7\ngarbage" * 50, b"\0" * 4000])
def test_what_is_no_pdf_is_malformed(data: bytes) -> None:
    assert unread(read, data)[0] is ReadStatus.MALFORMED


@pytest.mark.parametrize(("user", "given", "opens"), [("", (), True), ("mo", (), False), ("mo", ("sai", "mo"), True)])
def test_passwords_are_tried(user: str, given: tuple[str, ...], opens: bool) -> None:
    data = rewritten(pdfs.simple(HELLO), lambda w: w.encrypt(user, "chu", algorithm="AES-256"))
    if not opens:
        assert unread(read, data, passwords=given) == (ReadStatus.ENCRYPTED, "password")
        return
    document = read(data, passwords=given)
    assert document.opened_with_password
    assert any(run.text == "HELLO" for run in document.runs)


def test_structure_of_an_encrypted_file_is_read_too() -> None:
    def change(writer: PdfWriter) -> None:
        writer.add_attachment("a.txt", b"inside")
        writer.add_metadata({"/Title": "KÍN"})
        writer.encrypt("", "chu", algorithm="AES-128")

    result = reading(rewritten(pdfs.simple(HELLO), change))
    assert [m.data for m in result.members] == [b"inside"]
    assert "KÍN" in texts(result.document, Role.PROPERTY)


@pytest.mark.slow
@pytest.mark.parametrize(
    "stream",
    [
        lambda: pdfs.stream(b"q Q " * 30_000_000, compress=True),
        lambda: (
            b"<< /Length 9 /Filter [/FlateDecode /FlateDecode] >>\nstream\n"
            + zlib.compress(zlib.compress(b"0 " * 60_000_000, 9), 9)
            + b"\nendstream"
        ),
    ],
    ids=["flate", "double-flate"],
)
def test_bombs_end_at_the_limit_before_pdfium_sees_them(stream: Callable[[], bytes]) -> None:
    data = pdfs.simple(HELLO).replace(pdfs.stream(HELLO), stream())
    started = time.process_time()
    assert unread(read, data)[0] is ReadStatus.LIMIT
    assert time.process_time() - started < 3


def test_forms_that_multiply_each_other_end_at_the_limit() -> None:
    more = {
        10 + level: pdfs.stream(
            b"/X Do " * 10,
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >>" % (11 + level),
        )
        for level in range(7)
    }
    more[17] = pdfs.stream(b"BT /F1 9 Tf (x) Tj ET", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]")
    data = pdfs.simple(b"/X Do", resources=b"/XObject << /X 10 0 R >>", more=more)
    assert unread(read, data) == (ReadStatus.LIMIT, "pdf-forms")


def test_an_image_of_absurd_size_is_refused() -> None:
    image = pdfs.stream(b"", b"/Type /XObject /Subtype /Image /Width 90000 /Height 90000 /BitsPerComponent 8")
    assert unread(read, pdfs.simple(HELLO, more={10: image}))[1] == "image-pixels"


SEED = pdfs.simple(
    HELLO, page_extra=b"/Annots [10 0 R]", more={10: b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (x) >>"}
)


@pytest.mark.slow
@examples(150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(SEED) - 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=6))
def test_damage_gives_a_document_or_a_read_error(damage: list[tuple[int, bytes]]) -> None:
    """Invariant: a damaged file is read, read in part, or refused by ReadError; nothing else is raised."""
    data = bytearray(SEED)
    for position, piece in damage:
        data[position : position + len(piece)] = piece
    with contextlib.suppress(ReadError):  # refused with its cause
        assert read(bytes(data)).format == "pdf"


def _outcome(data: bytes) -> tuple[ReadStatus, int | None]:
    try:
        document = read(data)
    except ReadError as error:
        return error.status, None
    return document.status, document.pages


@pytest.mark.slow
@needs_corpus
@pytest.mark.parametrize("folder", ["encrypted", "pdf-signatures"])
def test_corpus_files_are_read_or_refused_with_the_right_cause(folder: str) -> None:
    """Files that need a password say so; all other PDFs of the corpus give a document."""
    for entry in sample(rows(folder)):
        if not entry["file"].endswith(".pdf"):
            continue
        status, pages = _outcome((CORPUS / entry["file"]).read_bytes())
        if status is ReadStatus.ENCRYPTED:
            assert entry["expected"].get("encrypted"), entry["file"]
            # One file has a broken encryption dictionary: other readers guess its key length, we cannot tell.
            assert entry["expected"].get("needs_password", True) or "bad-encryption" in entry["file"]
        else:
            assert status in (ReadStatus.OK, ReadStatus.PARTIAL), entry["file"]
            assert pages, entry["file"]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 700])
def test_ascii_85_is_what_the_library_makes_of_it(size: int) -> None:
    data = bytes(size // 2) + bytes((7 * number) % 256 for number in range(size - size // 2))
    raw = RawObject(1, 0, b"<< /Filter /ASCII85Decode >>", base64.a85encode(data, wrapcol=60) + b"~>", True, 0)
    assert inflate(raw, Budget()) == data


@pytest.mark.parametrize("damaged", [b"uuuuu~>", b"ab\xffcd~>", b"vwxyz~>"])
def test_what_is_no_ascii_85_is_nothing(damaged: bytes) -> None:
    assert inflate(RawObject(1, 0, b"<< /Filter /ASCII85Decode >>", damaged, True, 0), Budget()) == b""


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Sổ mật".encode(), "Sổ mật"),
        (b"\xef\xbb\xbf" + "Sổ mật".encode(), "Sổ mật"),
        (b"r\xe9sum\xe9", "résumé"),
        (b"na\xefve \x80 \xa0", "naïve • €"),
    ],
    ids=["utf-8", "utf-8-with-mark", "pdf-doc", "pdf-doc-signs"],
)
def test_a_string_in_utf_8_is_read_as_such_and_no_other(raw: bytes, title: str) -> None:
    data = pdfs.simple(
        b"BT /F1 14 Tf 80 700 Td (Kinh gui) Tj ET", more={20: b"<< /Title <" + raw.hex().encode() + b"> >>"}
    )
    assert title in {run.text for run in read(data).runs}


def test_an_array_full_of_backslashes_is_read_in_one_pass() -> None:
    """Two ways for each backslash would be 2^60 ways."""
    escaped = b"\\(" * 60
    assert list(revisions.content_lines(b"BT [(" + escaped + b")] 0 d (A) Tj [(\\(B\\)) -20 (\\\\C)] TJ ET")) == [
        "A (B)\\C"
    ]


def attached(stream: bytes, more: dict[int, bytes] | None = None) -> bytes:
    names = b"/Names << /EmbeddedFiles << /Names [(a) 11 0 R] >> >>"
    spec = b"<< /Type /Filespec /F (a.txt) /EF << /F 12 0 R >> >>"
    return pdfs.simple(HELLO, catalog_extra=names, more={11: spec, 12: stream, **(more or {})})


@pytest.mark.parametrize(
    ("data", "numbers"),
    [
        (b"1 0 obj <</T (50% x)>> endobj 2 0 obj <<>> endobj", [1, 2]),
        (b"1 0 obj <</T (50% x)>> endobj 2 0\nobj <<>> endobj", [1, 2]),
        (b"1 0 obj <<>> endobj % 3 0\n2 0 %x\nobj <<>> endobj", [1, 2]),
        (b"1 0 obj <<>> endobj 2 0 %3 0\nobj <<>> endobj", [1, 2]),
    ],
)
def test_a_per_cent_before_an_object_hides_it_no_more_than_a_comment(data: bytes, numbers: list[int]) -> None:
    assert [number for _, _, number, _ in find_objects(data)] == numbers


def test_a_broken_tag_and_blanks_take_no_time() -> None:
    started = time.process_time()
    assert _BLOCK_TAG.sub("|", "< / p>a<br/>" + "<" + " " * 50_000) == "|a|<" + " " * 50_000
    assert time.process_time() - started < 1


NOTE = b"first 5 0 obj << >> endobj last "
ROWS = b"".join(b"\2" + bytes((a - b) % 256 for a, b in zip(NOTE, before, strict=True)) for before in (bytes(32), NOTE))


@pytest.mark.parametrize(
    ("stream", "more", "whole"),
    [
        (pdfs.stream(zlib.compress(NOTE), b"/Filter 13 0 R"), {13: b"/FlateDecode"}, NOTE),
        (pdfs.stream(zlib.compress(ROWS), b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 32 >>"), {}, 2 * NOTE),
        (b"<< /Length 13 0 R >>\nstream\n" + NOTE + b"\nendstream", {13: b"%d" % len(NOTE)}, NOTE),
        (pdfs.stream(NOTE, b"/Params << /Subtype /Image /Type /XRef >>"), {}, NOTE),
    ],
    ids=["filter-elsewhere", "predictor", "length-elsewhere", "image-in-its-dictionary"],
)  # fmt: skip
def test_an_attachment_is_what_its_dictionary_makes_of_it(stream: bytes, more: dict[int, bytes], whole: bytes) -> None:
    assert [member.data for member in reading(attached(stream, more)).members] == [whole]


def test_an_attachment_is_decoded_within_the_budget() -> None:
    bomb = pdfs.stream(zlib.compress(bytes(64 << 20)), b"/Filter 13 0 R")
    assert unread(read, attached(bomb, {13: b"/FlateDecode"}))[0] is ReadStatus.LIMIT


def test_an_object_of_an_object_stream_is_read_however_that_is_written() -> None:
    held = b"10 0 << /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (TUYET MAT) >>"
    data = bytearray(pdfs.simple(HELLO, page_extra=b"/Annots [10 0 R]"))
    data = data[: data.index(b"xref\n")]
    offsets = {number: data.index(b"\n%d 0 obj" % number) + 1 for number in range(1, 6)}
    for number, body in ((20, pdfs.stream(held, b"/Type /Obj#53tm /N 22 0 R /First 5")), (22, b"1")):
        offsets[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    offsets[21] = len(data)
    rows = b"".join(
        b"\2" + (20).to_bytes(4, "big") + b"\0"
        if number == 10
        else bytes([number in offsets]) + offsets.get(number, 0).to_bytes(4, "big") + b"\0"
        for number in range(23)
    )
    data += b"21 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        pdfs.stream(rows, b"/Type /XRef /Size 23 /W [1 4 1] /Root 1 0 R"), offsets[21],
    )  # fmt: skip
    assert "TUYET MAT" in texts(read(bytes(data)), Role.COMMENT)


@pytest.mark.parametrize(
    "held",
    [b"/X [" + b"(x) " * 3000 + b"(TUYET MAT)]", b"/X [" + b"<< /A 1 >> " * 6000 + b"<< /B (TUYET MAT) >>]"],
    ids=["strings", "dictionaries"],
)
def test_words_behind_thousands_of_others_are_read(held: bytes) -> None:
    assert "TUYET MAT" in texts(read(pdfs.simple(HELLO, catalog_extra=held)), Role.PROPERTY)


def test_more_words_than_the_budget_has_room_for_are_reported() -> None:
    data = pdfs.simple(HELLO, catalog_extra=b"/X [" + b"".join(b"(x%d)" % number for number in range(900)) + b"]")
    assert unread(pdf.read, Source(data=data, part="1"), Budget(limit_bytes=50_000)) == (ReadStatus.LIMIT, "bytes")


def test_words_of_deeply_nested_xml_are_read() -> None:
    form = b"<xdp>" + b"<a>" * 300 + b"TUYET MAT" + b"</a>" * 300 + b"</xdp>"
    data = pdfs.simple(HELLO, catalog_extra=b"/AcroForm << /XFA 20 0 R >>", more={20: pdfs.stream(form)})
    assert "TUYET MAT" in texts(read(data), Role.FIELD)
