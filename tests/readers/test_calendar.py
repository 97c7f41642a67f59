"""Calendars and cards: the values of a list are words of their own."""

import unicodedata

import pytest

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.mail import calendar
from gateway.vietnamese.marks import Strength, find_in_document


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("CATEGORIES:Quan trọng,TỐI MẬT", True),
        ("ORG:Ủy ban nhân dân;TỐI MẬT", True),
        ("CATEGORIES:Công tác,Bảo mật", False),
        ("ORG:Ủy ban nhân dân;Tổ cơ yếu\\, bảo mật", False),
        ("N:MẬT;Nguyễn;Thị;;", False),
        ("NOTE:Data:\\nTỐI MẬT", True),
        ("NOTE:data:\\nTỐI MẬT\\nhỏa tốc, ngày 3", True),
    ],
)
def test_values_of_a_list_are_lines(line: str, marked: bool) -> None:
    data = f"BEGIN:VCARD\r\nVERSION:4.0\r\n{line}\r\nEND:VCARD\r\n".encode()
    document = calendar.read(Source(data=data, part="1", detected_type="text/vcard"), Budget()).document
    assert any(mark.strength is Strength.MARKED for mark in find_in_document(document)) is marked


@pytest.mark.parametrize(
    ("summary", "stopped"),
    [("Họp BTV (Mật)", True), ("Công văn mật số 15", True), ("Tập huấn bảo mật", False), ("Sinh nhật chị Mật", False)],
)
def test_what_an_invitation_is_about_is_judged_as_a_subject(summary: str, stopped: bool) -> None:
    data = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".encode()
    document = calendar.read(Source(data=data, part="1", detected_type="text/calendar"), Budget()).document
    assert any(mark.strength is not Strength.NOTED for mark in find_in_document(document)) is stopped


@pytest.mark.parametrize(
    "line",
    [
        "NOTE;CHARSET=windows-1258;ENCODING=QUOTED-PRINTABLE:t=F4=ECi m=E2=F2t",
        "ATTACH:data:text/plain;charset=utf-8,t%C3%B4%CC%81i%20m%C3%A2%CC%A3t",
        "ATTACH:data:text/plain;base64,dMO0zIFpIG3DosyjdA==",
    ],
)
def test_words_are_read_in_the_encoding_that_their_property_names(line: str) -> None:
    source = Source(data=f"BEGIN:VCARD\r\n{line}\r\nEND:VCARD\r\n".encode(), part="1", detected_type="text/vcard")
    reading = calendar.read(source, Budget())
    words = [run.text for run in reading.document.runs] + [member.data.decode() for member in reading.members]
    assert [unicodedata.normalize("NFC", one) for one in words] == ["tối mật"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('DESCRIPTION;ALTREP="data:text/html;base64,PGI+dOG7kWkgbeG6rXQ8L2I+":Họp', "text/html"),
        ("STYLED-DESCRIPTION;VALUE=URI:data:text/html;base64,PGI+dOG7kWkgbeG6rXQ8L2I+", "text/html"),
        ('X-ALT-DESC;FMTTYPE="text/html":<b>tối mật</b>', "text/html"),
        ("AGENT:BEGIN:VCARD\\nNOTE:tối mật\\nEND:VCARD", "text/vcard"),
        ("DESCRIPTION:Begin: tối mật", None),
        ("AGENT;VALUE=uri:CID:tối mật", None),
    ],
)
def test_another_form_of_a_text_is_a_file_of_its_own(line: str, kind: str | None) -> None:
    reading = calendar.read(Source(data=line.encode(), part="1", detected_type="text/calendar"), Budget())
    assert [member.declared_type for member in reading.members] == ([kind] if kind else [])
    words = [run.text for run in reading.document.runs] + [member.data.decode() for member in reading.members]
    assert "tối mật" in "".join(words)


def test_the_name_of_a_file_that_is_elsewhere_is_read() -> None:
    line = b'ATTACH;FILENAME="TUYET MAT.docx":https://example.vn/1'
    document = calendar.read(Source(data=line, part="1", detected_type="text/calendar"), Budget()).document
    assert ("TUYET MAT.docx", "property:name") in [(run.text, run.locator) for run in document.runs]


def test_a_card_in_an_old_charset_without_label_is_read() -> None:
    source = Source(data=b"NOTE:t\xf4\xeci m\xe2\xf2t", part="1", detected_type="text/vcard")
    assert "\ufffd" not in calendar.read(source, Budget()).document.runs[0].text
