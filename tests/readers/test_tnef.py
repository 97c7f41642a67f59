"""TNEF streams built here: bodies, attachments, embedded messages, and lengths that lie."""

import struct

import pytest

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.mail import tnef
from gateway.model import ReadStatus


def attribute(level, identifier, value):
    return struct.pack("<BHHI", level, identifier, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(*rows):
    out = struct.pack("<I", len(rows))
    for kind, identifier, value in rows:
        out += struct.pack("<HH", kind, identifier) + struct.pack("<II", 1, len(value)) + value + bytes(-len(value) % 4)
    return out


def stream(*attributes):
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def read(data):
    return tnef.read(Source(data=data, part="1", detected_type="application/ms-tnef"), Budget())


def attachment(name, data):
    return (
        attribute(2, 0x9002, bytes(14))
        + attribute(2, 0x800F, data)
        + attribute(2, 0x9005, properties((0x1F, 0x3707, name.encode("utf-16-le"))))
    )


SOUND = stream(
    attribute(1, 0x8004, "Chủ đề".encode() + b"\0"),
    attribute(1, 0x9003, properties((0x1F, 0x1000, "Nội dung".encode("utf-16-le")), (0x102, 0x1013, b"<p>x</p>"))),
    attachment("báo cáo.docx", b"PK\3\4"),
    attachment("b.txt", b"text"),
)


def test_bodies_and_attachments_come_out_with_their_names():
    reading = read(SOUND)
    assert reading.document.status is ReadStatus.OK
    assert {"Chủ đề", "Nội dung"} <= {run.text for run in reading.document.runs}
    assert [(member.name, member.data) for member in reading.members] == [
        ("body.html", b"<p>x</p>"),
        ("báo cáo.docx", b"PK\3\4"),
        ("b.txt", b"text"),
    ]


@pytest.mark.parametrize("data", [b"x", None])
def test_the_name_of_an_attachment_that_is_elsewhere_is_read(data):
    name = attribute(2, 0x9005, properties((0x1F, 0x3707, "TỐI MẬT.docx".encode("utf-16-le"))))
    stored = attribute(2, 0x800F, data) if data else b""
    reading = read(stream(attribute(2, 0x9002, bytes(14)), stored, name))
    assert [run.text for run in reading.document.runs] == ([] if data else ["TỐI MẬT.docx"])
    assert [member.name for member in reading.members] == (["TỐI MẬT.docx"] if data else [])


def test_an_embedded_message_is_a_member_of_its_own():
    interface = struct.pack("<IHH", 0x00020307, 0, 0) + b"\xc0\0\0\0\0\0\0F"
    value = properties((0x0D, 0x3701, interface + SOUND))
    reading = read(stream(attribute(2, 0x9002, bytes(14)), attribute(2, 0x9005, value)))
    assert reading.members[0].data == SOUND


@pytest.mark.parametrize(
    "data",
    [
        stream(struct.pack("<BHHI", 1, 0x9003, 6, 0xFFFFFFFF)),
        stream(attribute(1, 0x9003, struct.pack("<IHHII", 0xFFFFFFFF, 0x1F, 0x37, 0xFFFFFFFF, 0xFFFFFFFF))),
        stream(attribute(1, 0x9003, struct.pack("<IHHI", 1, 0x1003, 0x37, 0xFFFFFFFF))),
        SOUND[:-7],
        SOUND + b"garbage",
    ],
)
def test_lengths_that_lie_are_malformed_and_cost_nothing(data):
    assert read(data).document.status is ReadStatus.MALFORMED


def test_a_wrong_checksum_is_named_and_the_rest_is_read():
    reading = read(SOUND.replace(b"text", b"texT"))
    assert reading.document.reason == "tnef-checksum"
    assert reading.members[-1].data == b"texT"


def test_data_that_an_attachment_has_twice_are_both_looked_at():
    data = stream(attribute(2, 0x9002, bytes(14)), attribute(2, 0x800F, b"first"), attribute(2, 0x800F, b"last"))
    assert [member.data for member in read(data).members] == [b"first", b"last"]


def test_the_last_of_many_properties_and_recipients_is_read():
    many = struct.pack("<I", 100_001) + struct.pack("<HHI", 3, 1, 0) * 100_000 + properties((0x1E, 0x1000, b"body"))[4:]
    names = struct.pack("<I", 10_001) + b"".join(properties((0x1E, 0x3001, b"name")) for _ in range(10_000))
    runs = read(
        stream(attribute(1, 0x9003, many), attribute(1, 0x9004, names + properties((0x1E, 0x3001, b"last"))))
    ).document.runs
    assert (runs[0].text, runs[-1].text) == ("body", "last")
