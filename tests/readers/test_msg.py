"""Outlook messages, calendars and messages in containers."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents.readers.base import Budget, ReadError, Source
from gateway.documents.readers.mail import calendar, eml, mapi, outlook_msg
from gateway.documents.readers.ole.writer import write_compound
from gateway.documents.readers.sniff import sniff
from gateway.model import ReadStatus, Role
from tests.readers.lzfu import compress
from tests.support.cases import examples
from tests.support.corpus import corpus_file


def test_compressed_rtf_is_what_outlook_packed():
    text = b"{\\rtf1\\ansi\\deff0 Kinh gui {\\b Van phong} " + b"abc " * 300 + b"}"
    assert mapi.decompress_rtf(compress(text), Budget()) == text


@given(st.binary(max_size=3000))
def test_compressed_rtf_survives_any_bytes(data):
    assert mapi.decompress_rtf(compress(data), Budget()) == data
    with contextlib.suppress(ReadError):
        mapi.decompress_rtf(data, Budget())


def test_a_message_of_outlook_gives_bodies_and_attachments():
    data = corpus_file("tnef-msg/tika__testMSG_att_doc.msg")
    reading = outlook_msg.read(Source(data=data, part="1"), Budget())
    assert {"test-unicode.doc", "pj1.txt", "body.rtf"} <= {member.name for member in reading.members}
    assert reading.document.runs


def test_a_message_inside_a_message_of_outlook_is_read_too():
    data = corpus_file("tnef-msg/poi__58214_with_attachment.msg")
    reading = outlook_msg.read(Source(data=data, part="1"), Budget())
    assert any(member.name.count("/") == 1 for member in reading.members)
    assert any(run.locator.startswith("property:Untitled Attachment/") for run in reading.document.runs)


@pytest.mark.parametrize("data", [b"x", None])
def test_the_names_of_an_attachment_that_no_member_has_are_read(data):
    names = {"3707001F": "a.docx", "3001001F": "TỐI MẬT.docx"} if data else {"3707001F": "TỐI MẬT.docx"}
    streams = {(f"__substg1.0_{tag}",): name.encode("utf-16-le") for tag, name in names.items()}
    streams |= {("__substg1.0_37010102",): data} if data else {}
    message = {("__properties_version1.0",): bytes(32), ("__substg1.0_0037001F",): "Tin".encode("utf-16-le")}
    whole = write_compound(message | {("__attach_version1.0_#00000000", *path): one for path, one in streams.items()})
    reading = outlook_msg.read(Source(data=whole, part="1"), Budget())
    assert [run.text for run in reading.document.runs if run.locator == "property:name"] == ["TỐI MẬT.docx"]
    assert [member.name for member in reading.members] == (["a.docx"] if data else [])


@pytest.mark.parametrize("kind", ["0102", "001E", "000D"])
def test_the_data_of_an_attachment_are_read_whatever_their_type_is_said_to_be(kind):
    whole = write_compound(
        {
            ("__properties_version1.0",): bytes(32),
            ("__substg1.0_0037001F",): "Tin".encode("utf-16-le"),
            ("__attach_version1.0_#00000000", f"__substg1.0_3701{kind}"): b"noi dung",
        }
    )
    assert [one.data for one in outlook_msg.read(Source(data=whole, part="1"), Budget()).members] == [b"noi dung"]


def test_a_stream_that_a_message_has_twice_is_named():
    """Names of streams are compared without case, so that each program finds another body."""
    bodies = {
        ("__substg1.0_1000001F",): "TỐI MẬT".encode("utf-16-le"),
        ("__SUBSTG1.0_1000001F",): "a".encode("utf-16-le"),
    }
    data = write_compound({("__properties_version1.0",): bytes(32), **bodies})
    document = outlook_msg.read(Source(data=data, part="1"), Budget()).document
    assert (document.status, document.reason) == (ReadStatus.MALFORMED, "ole-duplicate-name")


def test_damage_to_outlook_messages_is_a_status_and_never_an_exception():
    data = corpus_file("tnef-msg/poi__quick.msg")
    generator = random.Random(1)
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(generator.randrange(1, 8)):
            damaged[generator.randrange(len(data))] = generator.randrange(256)
        with contextlib.suppress(ReadError):
            outlook_msg.read(Source(data=bytes(damaged[: generator.randrange(600, len(data))]), part="1"), Budget())


def test_what_is_no_compound_file_is_malformed():
    with pytest.raises(ReadError):
        outlook_msg.read(Source(data=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), part="1"), Budget())


MAIL = (
    b"Subject: =?utf-8?q?Chu=CC=89_=C4=91=E1=BB=81?=\nFrom: a@b.vn\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\nbody\n'
    b'--x\nContent-Type: application/zip; name="a.zip"\nContent-Transfer-Encoding: base64\n\nUEsDBA==\n--x--\n'
)


def test_a_message_in_a_container_gives_its_leaves_and_its_subject():
    reading = eml.read(Source(data=MAIL, part="1"), Budget())
    assert [(member.name, member.data) for member in reading.members] == [("part-1", b"body"), ("a.zip", b"PK\3\4")]
    assert any(run.locator == "property:subject" for run in reading.document.runs)


def test_a_file_of_apple_mail_is_a_message_with_its_size_before_it():
    """What Apple Mail knows of the message stands behind it, with the subject once more."""
    data = b"%d\r\n" % len(MAIL) + MAIL + b"<plist><string>x</string></plist>"
    assert sniff(data, "thu.emlx").primary == "message/rfc822"
    reading, alone = eml.read(Source(data=data, part="1"), Budget()), eml.read(Source(data=MAIL, part="1"), Budget())
    assert reading.document.runs == alone.document.runs
    assert [member.data for member in reading.members] == [
        *(member.data for member in alone.members),
        b"<plist><string>x</string></plist>",
    ]


def test_a_mailbox_file_is_many_messages():
    box = b"From a@b Thu Jan  1\n" + MAIL + b"\nFrom c@d Fri Jan  2\n" + MAIL
    reading = eml.read(Source(data=box, part="1"), Budget())
    assert [member.declared_type for member in reading.members] == ["message/rfc822"] * 2


def test_ambiguities_of_an_inner_message_are_not_passed_over():
    reading = eml.read(
        Source(data=b"Content-Type: text/plain\nContent-Type: text/html\nFrom: a@b\n\nx", part="1"), Budget()
    )
    assert reading.document.status is ReadStatus.PARTIAL
    assert reading.document.reason == "mime-duplicate-content-type"


def test_an_inner_body_that_two_readers_decode_differently_is_not_passed_over():
    reading = eml.read(Source(data=MAIL.replace(b"UEsDBA==", b"UEsDBA==UEsDBA=="), part="1"), Budget())
    assert reading.document.reason == "mime-base64-padding"
    assert len(reading.members) > 2  # every reading is handed on


def test_the_words_of_parameters_are_shown():
    line = 'ATTENDEE;ROLE=CHAIR;CN="Tổ công tác":mailto:a@b.vn'
    runs = calendar.read(
        Source(data=f"BEGIN:VCALENDAR\r\n{line}\r\nEND:VCALENDAR\r\n".encode(), part="1"), Budget()
    ).document.runs
    assert [(run.text, run.role) for run in runs] == [("mailto:a@b.vn", Role.BODY), ("Tổ công tác", Role.NAME)]


def test_a_calendar_shows_its_words_and_hands_its_attachment_on():
    data = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Họp giao ban\\, phòng 2\r\nDESCRIPTION;LANGUAGE=vi:Nội\r\n  dung\\nhai dòng\r\n"
        'ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;X-FILENAME="ghi chú.txt":bm9p\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
    ).encode()
    reading = calendar.read(Source(data=data, part="1", detected_type="text/calendar"), Budget())
    assert [run.text for run in reading.document.runs] == ["Họp giao ban, phòng 2", "Nội dung\nhai dòng"]
    assert [(member.name, member.data) for member in reading.members] == [("ghi chú.txt", b"noi")]


def test_a_description_in_html_is_read_as_html():
    line = "X-ALT-DESC;FMTTYPE=text/html:<b>M</b><i>\r\n Ậ</i>T\\, trang 2"
    reading = calendar.read(Source(data=f"BEGIN:VCALENDAR\r\n{line}\r\nEND:VCALENDAR\r\n".encode(), part="1"), Budget())
    (member,) = reading.members
    assert (member.declared_type, member.data.decode()) == ("text/html", "<b>M</b><i>Ậ</i>T, trang 2")


@examples(60)
@given(st.binary(max_size=2000))
def test_any_bytes_are_a_calendar_of_some_kind(data):
    assert calendar.read(Source(data=data, part="1", detected_type="text/vcard"), Budget()).document.format == "vcard"
