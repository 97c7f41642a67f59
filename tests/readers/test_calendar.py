"""Calendars and cards: the values of a list are words of their own."""

from __future__ import annotations

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
    ],
)
def test_values_of_a_list_are_lines(line: str, marked: bool) -> None:
    data = f"BEGIN:VCARD\r\nVERSION:4.0\r\n{line}\r\nEND:VCARD\r\n".encode()
    document = calendar.read(Source(data=data, part="1", detected_type="text/vcard"), Budget()).document
    assert any(mark.strength is Strength.MARKED for mark in find_in_document(document)) is marked
