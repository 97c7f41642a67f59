"""The walk over the parts of a message: everything is looked at, in the right order, with one budget."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import mime
from gateway.demo.documents import zip_archive
from gateway.documents.readers import magic as magic_module
from gateway.documents.readers import registry
from gateway.documents.readers.sniff import sniff
from gateway.documents.wall import inspector as module
from gateway.documents.wall import sample
from gateway.documents.wall.merge import Merger
from gateway.documents.wall.wire import Began, Result
from gateway.model import WORDS, ReadStatus, formats
from tests.support.cases import examples
from tests.support.octets import locked_zip
from tests.workers.mails import NoVerifiers, frames_of, inspect, mail, request, statuses


def locked(password, *members):
    return locked_zip(dict(members), password)


def active(merger):
    return {entry.kind for document in merger.documents for entry in document.active_content}


def test_members_have_paths_types_sizes_and_digests():
    inner = zip_archive(("b/c.txt", "chữ"))
    merger = inspect(mail(("hồ sơ.zip", zip_archive(("dir/a.docx", b"text only"), ("x.zip", inner)))))
    tree = {part.path: part for part in merger.tree().walk()}
    text = tree["2!x.zip!b/c.txt"]
    assert text.detected_type == "text/plain"
    assert text.filename == "c.txt"
    assert text.size_bytes == len("chữ".encode())
    assert text.sha256 == hashlib.sha256("chữ".encode()).hexdigest()
    assert tree["2"].detected_type == "application/zip"
    assert {"2!dir/a.docx", "2!x.zip"} <= set(tree)
    assert statuses(merger)["2!x.zip!b/c.txt"] == ("ok", "")


def test_every_leaf_and_member_has_a_document():
    merger = inspect(sample.content())
    parts = {part.path for part in merger.tree().leaves()}
    assert parts <= {document.part for document in merger.documents}


def test_the_password_in_the_body_opens_the_archive_beside_it():
    archive = locked("Bt@2026", ("a.txt", "chữ trong tệp"))
    merger = inspect(mail(("a.zip", archive), body="Mật khẩu giải nén: Bt@2026\n"))
    documents = {document.part: document for document in merger.documents}
    assert documents["2"].opened_with_password
    assert documents["2!a.txt"].runs[0].text == "chữ trong tệp"


def test_the_password_in_the_body_opens_the_archive_for_the_next_child_too():
    content = mail(("a.pdf", b"x"), ("a.zip", locked("Bt@2026", ("a.txt", "x"))), body="Mật khẩu: Bt@2026\n")
    frames = frames_of(content, awaited=("3",), lost=("2",))
    results = [frame for frame in frames if isinstance(frame, Result)]
    assert [(one.part.path, one.documents[0].status) for one in results] == [
        ("3", ReadStatus.OK),
        ("3!a.txt", ReadStatus.OK),
    ]
    assert Began("2") not in frames


def test_without_the_password_the_archive_is_encrypted():
    merger = inspect(mail(("a.zip", locked("Khác9", ("a.txt", "x")))))
    assert statuses(merger)["2"] == ("encrypted", "password")


def test_the_password_in_a_file_beside_the_locked_one_is_found_too():
    archive = zip_archive(("đọc trước.txt", "mật khẩu: q7w8"), ("z.zip", locked("q7w8", ("a.txt", "x"))))
    assert statuses(inspect(mail(("g.zip", archive))))["2!z.zip!a.txt"] == ("ok", "")


def test_nesting_beyond_the_depth_is_a_limit():
    data = b"end"
    for level in range(14):
        data = zip_archive((f"{level}.zip" if level else "end.txt", data))
    merger = inspect(mail(("deep.zip", data)), limit_depth=10)
    assert ("limit", "depth") in statuses(merger).values()


def test_one_budget_holds_for_the_whole_message():
    files = [(f"{number}.zip", zip_archive(("a.txt", b"x" * 400_000))) for number in range(5)]
    found = list(statuses(inspect(mail(*files), limit_bytes=1_000_000)).values())
    assert ("limit", "bytes") in found
    assert found.count(("ok", "")) >= 3


def test_time_that_is_up_leaves_the_rest_cannot_tell():
    merger = inspect(mail(("a.zip", zip_archive(("a.txt", "x")))), cpu_s=0.0)
    assert {document.status for document in merger.documents} == {ReadStatus.TIMEOUT}


def test_a_child_that_goes_on_for_another_looks_at_all_that_it_finds():
    content = mail(("a.txt", b"x"), ("b.zip", zip_archive(("c.zip", zip_archive(("d.txt", "chu"))))))
    merger = Merger(mime.parse(content).root)
    for frame in frames_of(content, awaited=("3",)):
        merger.take(frame)
    assert merger.awaited == ("1", "2")
    assert statuses(merger)["3!c.zip!d.txt"] == ("ok", "")


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (KeyError("secret words"), ReadStatus.MALFORMED, "error:KeyError"),
        (MemoryError(), ReadStatus.LIMIT, "memory"),
        (RecursionError(), ReadStatus.LIMIT, "nesting"),
    ],
)
def test_whatever_a_reader_throws_is_a_document_without_its_words(monkeypatch, error, status, reason):
    def broken(source, budget):
        raise error

    monkeypatch.setattr(registry, "reader_for", lambda kind: broken)
    merger = inspect(mail(("a.pdf", sample._PDF)))
    document = next(document for document in merger.documents if document.part == "2")
    assert (document.status, document.reason) == (status, reason)


def test_a_type_without_reader_is_unsupported(monkeypatch):
    monkeypatch.setattr(registry, "module_of", lambda _: "gateway.documents.readers.not_there")
    assert statuses(inspect(mail(("a.pdf", sample._PDF))))["2"] == ("unsupported", "no-reader")


def test_unknown_bytes_are_unsupported():
    assert statuses(inspect(mail(("a.bin", bytes(range(256)) * 4))))["2"] == ("unsupported", "unknown-type")


@pytest.mark.parametrize(
    ("name", "lead"),
    [("a.bin", b"\x93\1\xfe\xca"), ("a.mp3", b"ID3\3\0\0\0\0\1\0"), ("a.mdb", b"\0\1\0\0Standard Jet DB\0")],
)
def test_words_that_are_unpacked_in_unread_bytes_are_given(name, lead):
    data = lead + bytes(range(256)) + "TỐI MẬT".encode("utf-16-le") + bytes(600)
    documents = [document for document in inspect(mail((name, data))).documents if document.part == "2"]
    assert [run.text for document in documents for run in document.runs] == ["TỐI MẬT"]
    assert all(document.status is not ReadStatus.OK for document in documents)


@pytest.mark.parametrize("charset", ["gb18030", "utf-7", "utf-16-be"])
def test_texts_of_an_attached_message_are_read_in_their_charset(charset):
    text = "TỐI MẬT"
    head = f"From: a@b.vn\r\nSubject: a\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\n"
    message = f"{head}Content-Transfer-Encoding: base64\r\n\r\n".encode() + base64.b64encode(text.encode(charset))
    documents = inspect(mail(("a.eml", message))).documents
    assert text in {run.text for document in documents for run in document.runs}


@pytest.mark.parametrize(
    "data",
    [
        b"=ybegin line=128 size=26 name=a.txt\r\n" + bytes(range(128, 256)) + b"\r\n=yend size=26\r\n",
        "Tệp kèm theo\r\n".encode() + b"(This file must be converted with BinHex 4.0)\r\n:$f*TEQKP:\r\n",
        zip_archive(("Index/Document.iwa", "x"), ("preview.jpg", "y")),
        b"bplist00" + bytes(range(256)),
    ],
    ids=["yEnc", "BinHex", "Pages", "property list"],
)
def test_files_in_forms_that_are_known_and_not_read_are_cannot_tell(data):
    documents = [document for document in inspect(mail(("a.dat", data))).documents if document.part == "2"]
    assert ("unsupported", "no-reader") in {(document.status.value, document.reason) for document in documents}


def test_an_empty_file_is_read():
    assert statuses(inspect(mail(("a.txt", b""))))["2"] == ("ok", "")


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("báo cáo.docx", sample._PDF, "type-mismatch"),
        ("ảnh.jpg", zip_archive(("a", "b")), "type-mismatch"),
        ("a.pdf", sample._PDF + zip_archive(("a.txt", "b")), "polyglot"),
        ("công văn.pdf.exe", b"MZ" + bytes(300), "double-extension"),
        ("a.exe", b"MZ" + bytes(300), "executable"),
        ("cv\u202efdp.exe", b"MZ" + bytes(300), "name-disguise"),
    ],
)
def test_lies_about_a_file_are_recorded(name, data, kind):
    assert kind in active(inspect(mail((name, data))))


@pytest.mark.parametrize("name", ["a.docx", "b.xlsx", "c.txt", "d.csv", "e.zip", "trang.html"])
def test_honest_names_are_not_accused(name):
    files = {
        "a.docx": sample._ooxml("word/document.xml", "wordprocessingml.document", "<x/>"),
        "b.xlsx": sample._ooxml("xl/workbook.xml", "spreadsheetml.sheet", "<x/>"),
        "c.txt": "Kính gửi".encode(),
        "d.csv": b"a;b\n1;2\n",
        "e.zip": zip_archive(("a", "b")),
        "trang.html": b"<p><img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>\">",
    }
    assert not active(inspect(mail((name, files[name])))) & {"type-mismatch", "polyglot", "double-extension"}


def test_the_structure_of_a_zip_is_checked_under_office_files_too():
    word = sample._ooxml("word/document.xml", "wordprocessingml.document", "<x/>")
    merger = inspect(mail(("a.docx", word + zip_archive(("hidden.txt", "x")))))
    assert any(document.format == "zip" and document.status is ReadStatus.MALFORMED for document in merger.documents)


def test_files_encoded_as_text_are_members():
    body = "begin 644 a.txt\n#0V%T\n`\nend\n"
    assert "1!a.txt" in {part.path for part in inspect(mail(body=body)).tree().walk()}


@pytest.mark.parametrize(("octets", "members"), [(57, 0), (114, 1)])
def test_one_line_of_a_picture_in_base64_is_an_example_and_two_are_a_file(octets, members):
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0\x1f\xf3\xffa" + bytes(range(128, 255))
    body = f"Ví dụ:\n{base64.encodebytes(picture[:octets]).decode()}[SNIP]\n"
    assert sum("inline" in part.path for part in inspect(mail(body=body)).tree().walk()) == members


def test_words_that_escapes_spell_are_a_document_of_their_own_kind():
    merger = inspect(mail(("a.log", b"q=%E1%BA%ADt t%E1%BB%91i\n")))
    words = [document for document in merger.documents if document.format == WORDS]
    assert [run.text for document in words for run in document.runs] == ["q=ật tối"]


def test_an_encrypted_pgp_block_in_the_text_is_cannot_tell():
    merger = inspect(mail(body="Xin chào\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n"))
    assert any(document.reason == "pgp" for document in merger.documents)


def test_other_readings_of_a_sloppy_body_are_looked_at():
    content = mail(("a.txt", b"first part")).replace(b"Zmlyc3QgcGFydA==", b"Zmlyc3QgcGFydA==c2Vjb25k")
    texts = {run.text for document in inspect(content).documents for run in document.runs}
    assert any("second" in text for text in texts)
    assert "first part" in texts


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        (b"Zmlyc3QgcGFydA==c2Vjb25k", "base64-padding"),
        (b"Zmlyc3Qg*cGFydA==", "base64-junk"),
        (b"Zmlyc3QgcGFydA==Z", "base64-padding"),
    ],
)
def test_a_body_that_two_readers_decode_differently_is_malformed(encoded, code):
    """Catalogue row E03: all readings are looked at, and the part is still not clean."""
    content = mail(("a.txt", b"first part")).replace(b"Zmlyc3QgcGFydA==", encoded)
    merger = inspect(content)
    spoken = [(document.status, document.reason) for document in merger.documents if document.part == "2"]
    assert (ReadStatus.MALFORMED, code) in spoken
    assert any("first part" in run.text for document in merger.documents for run in document.runs)


def test_an_ordinary_body_is_not_accused_of_its_encoding():
    merger = inspect(mail(("a.txt", b"first part")))
    assert {document.status for document in merger.documents} == {ReadStatus.OK}


def test_members_with_one_name_get_paths_of_their_own():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive = zip_archive(("a.txt", "1"), ("a.txt", "2"))
    paths = {part.path for part in inspect(mail(("d.zip", archive))).tree().walk()}
    assert {"2!a.txt", "2!a.txt#2"} <= paths


def test_a_long_name_is_cut_in_its_path_only():
    name = f"hồ sơ/{'x' * 300}.txt"
    part = next(one for one in inspect(mail(("d.zip", zip_archive((name, "1"))))).tree().walk() if one.path[1:2] == "!")
    assert (part.names, len(part.path)) == ((name,), len("2!") + 255)


class Recording(NoVerifiers):
    def __init__(self):
        self.calls = []

    def inside(self, data, part, kind):
        self.calls.append(("inside", part.path, kind))
        return ()

    def beside(self, part, signature, others):
        self.calls.append(("beside", part.path, [(other.path, data) for other, data in others]))
        return ()

    def entity(self, raw, part):
        self.calls.append(("entity", part.path, raw))
        return ()

    def last_beside(self):
        return [call for call in self.calls if call[0] == "beside"][-1]


@pytest.mark.parametrize("name", ["a.p7s", "a.pdf.pkcs7"])
def test_a_signature_file_is_verified_last_with_the_files_beside_it(name):
    verifiers = Recording()
    inspect(mail((name, b"0\x80sig"), ("a.pdf", sample._PDF)), verifiers=verifiers)
    _, path, others = verifiers.last_beside()
    assert path == "2"
    assert ("3", sample._PDF) in others


@pytest.mark.parametrize("place", ["leaf", "member"])
def test_a_signature_file_is_verified_with_a_file_that_another_child_has_looked_at(place):
    files = ("a.txt", b"noi dung"), ("a.txt.p7s", b"0\x80sig")
    content = mail(*files) if place == "leaf" else mail(("b.zip", zip_archive(*files)))
    awaited, file = ("3", "2") if place == "leaf" else ("2!a.txt.p7s", "2!a.txt")
    verifiers = Recording()
    module.Inspector(request(content, awaited=(awaited,)), content, emit=lambda _: None, verifiers=verifiers).run()
    assert (file, b"noi dung") in verifiers.last_beside()[2]


@pytest.mark.parametrize(("name", "verified"), [
    ("a.txt.p7s", True), ("x/META-INF/signature.p7s", True), ("META-INF/signature.p7s", False), ("meta-inf/signature.p7s", False),
])  # fmt: skip
def test_a_container_speaks_for_the_signature_files_in_its_own_folder_alone(name, verified):
    kind = ("mimetype", "application/vnd.etsi.asic-e+zip")
    archive = zip_archive(kind, ("a.txt", "noi dung"), (name, b"0\x80sig"))
    verifiers = Recording()
    inspect(mail(("b.asice", archive)), verifiers=verifiers)
    files = [call[2] for call in verifiers.calls if call[0] == "beside"]
    assert [("2!a.txt", b"noi dung") in held for held in files] == [True] * verified


@pytest.mark.parametrize(
    ("name", "verified"), [("x/META-INF/signatures0.xml", True), ("META-INF/signatures0.xml", False)]
)
def test_a_container_speaks_for_its_signatures_in_xml(name, verified):
    kind = ("mimetype", "application/vnd.etsi.asic-e+zip")
    verifiers = Recording()
    inspect(mail(("b.asice", zip_archive(kind, ("a.txt", "noi dung"), (name, b"<a/>")))), verifiers=verifiers)
    assert ("inside" in [call[0] for call in verifiers.calls if call[1] == f"2!{name}"]) == verified


def test_a_file_that_is_too_large_to_keep_is_distinguished_from_one_that_is_not_there(monkeypatch):
    monkeypatch.setattr(module, "_KEPT_LIMIT", 400)
    verifiers = Recording()
    inspect(mail(("a.p7s", b"0\x80sig"), ("a.pdf", sample._PDF), ("b.txt", b"chu")), verifiers=verifiers)
    kept = dict(verifiers.last_beside()[2])
    assert (kept["3"], kept["4"]) == (None, b"chu")


@pytest.mark.parametrize(("name", "kind"), [("cv.docx.p7m", "beside"), ("smime.p7m", "entity")])
def test_a_signed_file_is_no_signed_mail_for_being_a_p7m(name, kind):
    raw = mail((name, b"0\x80sig"), ("a.pdf", sample._PDF))
    verifiers = Recording()
    inspect(raw.replace(b"application/octet-stream", b"application/pkcs7-mime", 1), verifiers=verifiers)
    assert (kind, "2") in [call[:2] for call in verifiers.calls]


def test_a_signed_mail_is_verified_unchanged():
    signed = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="s"\r\n\r\n--s\r\n'
        b"Content-Type: text/plain\r\n\r\nhello\r\n--s\r\nContent-Type: application/pkcs7-signature\r\n\r\n0x\r\n--s--\r\n"
    )
    content = b"From: a@b.vn\r\nMIME-Version: 1.0\r\n" + signed
    verifiers = Recording()
    from gateway import mime

    header = mime.parse(content).header_length
    asked = module.InspectionRequest(
        id="x",
        root=mime.parse(content).root,
        content=content,
        header_block=content[:header],
        now=__import__("datetime").datetime.now(__import__("datetime").UTC),
    )
    module.Inspector(asked, content, emit=lambda frame: None, verifiers=verifiers).run()
    raw = next(call[2] for call in verifiers.calls if call[0] == "entity")
    assert raw == content


def test_only_what_is_awaited_is_reported_again_and_its_container_is_reopened():
    content = mail(("a.zip", zip_archive(("a.txt", "1"), ("b.txt", "2"))))
    frames = frames_of(content, awaited=("2!b.txt",))
    assert [frame.part.path for frame in frames if isinstance(frame, Result)] == ["2!b.txt"]


@examples(60)
@given(st.sampled_from([magic for _, magic, _ in magic_module.SIGNATURES]), st.binary(max_size=1500), st.integers(0, 3))
def test_any_bytes_behind_any_signature_end_as_documents(magic, rest, depth):
    data = magic + rest
    for level in range(depth):
        data = zip_archive((f"{level}.bin", data))
    assert len(inspect(mail(("a.bin", data))).documents) >= 2 + depth


def test_a_signed_mail_in_a_file_is_verified_unchanged():
    signed = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="s"\r\n\r\n--s\r\n'
        b"Content-Type: text/plain; name=a.txt\r\n\r\nhello\r\n--s\r\n"
        b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\n0x\r\n--s--\r\n"
    )
    whole = b"From: a@b.vn\r\nSubject: x\r\nMIME-Version: 1.0\r\n" + signed
    verifiers = Recording()
    inspect(mail(("thu.eml", whole.replace(b"\r\n", b"\n"))), verifiers=verifiers)
    assert [call for call in verifiers.calls if call[0] != "inside"] == [("entity", "2!smime.p7s", whole)]


def test_a_signature_in_a_mail_in_a_file_covers_what_came_of_the_signed_part():
    from datetime import UTC, datetime

    from gateway.documents.signatures.trust import TrustStore
    from gateway.documents.wall.signed import SignatureVerifiers

    inner = (
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: text/plain; name=a.txt\r\n\r\nhello\r\n"
        b"--m\r\nContent-Type: text/plain; name=a.txt\r\n\r\nagain\r\n--m--\r\n"
    )
    whole = (
        b"From: a@b.vn\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
        b"Content-Type: text/plain; name=a.txt\r\n\r\nnot signed\r\n--o\r\n"
        b"Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n" + inner + b"\r\n--s\r\n"
        b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\n0x\r\n--s--\r\n--o--\r\n"
    )
    verifiers = SignatureVerifiers(TrustStore(), datetime(2026, 11, 24, tzinfo=UTC))
    (signature,) = inspect(mail(("thu.eml", whole)), verifiers=verifiers).signatures
    assert (signature.part, signature.covers) == ("2!smime.p7s", ("2!a.txt#2", "2!a.txt#3"))


@pytest.mark.parametrize("kind", [formats.XLSX, formats.XLSB, formats.ODT])
def test_every_package_is_surveyed_for_members_that_only_some_programs_see(kind):
    types = ("[Content_Types].xml", "<Types/>")
    parts = {
        "xlsx": (types, ("xl/workbook.xml", "<a/>")),
        "xlsb": (types, ("xl/workbook.bin", "a")),
        "odt": (("mimetype", formats.ODT.media_type), ("content.xml", "<a/>")),
    }
    data = zip_archive(*parts[kind.name])
    assert sniff(data).types == (kind.media_type,)
    at = data.index(b"PK\x01\x02")
    hidden = zip_archive(("an.txt", "TỐI MẬT"))
    changed = data[:at] + hidden[: hidden.index(b"PK\x01\x02")] + data[at:]
    found = {(document.format, document.status) for document in inspect(mail(("a.zip", changed))).documents}
    assert ("zip", ReadStatus.MALFORMED) in found


def test_every_kind_of_signature_file_is_verified_with_the_file_beside_it():
    for suffix in formats.SIGNATURE_SUFFIXES:
        verifiers = Recording()
        inspect(mail((f"a.txt{suffix}", b"0\x80sig"), ("a.txt", b"abc")), verifiers=verifiers)
        _, path, others = verifiers.last_beside()
        assert path == "2", suffix
        assert ("3", b"abc") in others
