"""Files of no known form are read in the front end as a child reads them, and nothing there opens a file."""

import base64
import random
import time

import pytest

from gateway import mime
from gateway.demo.documents import zip_archive
from gateway.documents.readers import sniff as sniffing
from gateway.documents.readers import sniff_packed, sniff_pictures
from gateway.documents.readers.magic import SIGNATURES
from gateway.documents.wall import unknown
from gateway.documents.wall.inline import inspect_inline
from tests.support.cases import first_quick
from tests.workers.mails import inspect, mail

ICONS = (b"\0\0\1\0", b"\0\0\2\0")
OCTETS = random.Random(21).randbytes(300_000)


def inline(content):
    return inspect_inline(mime.parse(content), content)


def typed(data, kind="application/octet-stream", name="so-lieu.bin", encode=base64.encodebytes, encoding="base64"):
    head = (
        "From: a@example.invalid\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + encode(data).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("so-lieu.bin", OCTETS),
        ("so-lieu.bin", OCTETS[:70_000] + "Độ MẬT: tuyệt đối".encode() + OCTETS),
        ("so-lieu.bin", OCTETS[:65_531] + "Ấn bản của Ủy ban".encode("utf-16-le") + OCTETS),
        ("so-lieu.bin", OCTETS[:65_533] + "Ấn bản của Ủy ban".encode("utf-16-be") + OCTETS),
        ("so-lieu.bin", OCTETS[:1001]),
        ("so-lieu.bin", OCTETS[: 57 * 1000]),
        ("chạy.exe", OCTETS),
        ("không có đuôi", OCTETS),
    ],
)
def test_the_front_end_says_what_a_child_says(monkeypatch, name, data):
    monkeypatch.setattr(unknown, "_BASE_CPU_S", 60.0)  # what takes longer, as on a slow machine, goes to a child
    content = mail((name, data))
    here, there = inline(content), inspect(content)
    assert here is not None
    assert here.children == 0
    assert here.root == there.tree()
    assert here.documents == there.documents


@pytest.mark.parametrize(
    "content",
    [
        mail(("so-lieu.docx", OCTETS)),
        mail(("so-lieu.bin", zip_archive(("a.txt", "x")))),
        mail(("so-lieu.bin", OCTETS + zip_archive(("a.txt", "x")))),
        mail(("so-lieu.bin", OCTETS[:500] + b"%PDF-1.7 startxref" + OCTETS[:100])),
        mail(("so-lieu.bin", OCTETS + b"7z\xbc\xaf\x27\x1c" + OCTETS)),
        mail(("so-lieu.bin", OCTETS + "Căn cứ Nghị định số 30/2020/NĐ-CP ".encode() * 200)),
        mail(("so-lieu.bin", OCTETS + ("Ấn: " + base64.b64encode(zip_archive(("a", "x"))).decode()).encode())),
        mail(("so-lieu.p7s", OCTETS)),
        mail(("so-lieu.enc", OCTETS)),
        typed(OCTETS, kind="image/png"),
        typed(OCTETS, kind="application/pkcs7-mime"),
        typed(OCTETS, encode=base64.b64encode),
        typed(OCTETS, encode=lambda data: base64.encodebytes(data) + b"====AA=="),
        typed(OCTETS, encode=lambda data: base64.encodebytes(data).replace(b"A\n", b"A*\n", 1)),
        typed(OCTETS[:1000] + b"\n", encode=bytes, encoding="binary"),
    ],
    ids=range(15),
)
def test_what_could_be_more_goes_to_a_child(content):
    assert inline(content) is None


def test_nothing_is_opened_in_the_front_end(monkeypatch):
    def opened(*_):
        raise AssertionError("opened")

    for module, name in (
        (sniffing, "zip_types"), (sniffing, "stored_member_at"), (sniffing, "_ole_types"),
        (sniff_packed.zlib, "decompressobj"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, opened)
    entries = sniff_pictures.icon_entries
    monkeypatch.setattr(
        sniff_pictures, "icon_entries", lambda data: opened(data) if data[:4] in ICONS else entries(data)
    )
    beginnings = [b"\0" * offset + magic for offset, magic, _ in SIGNATURES]
    beginnings += [b"x\x9c", b"\0\0\1\0\1\0", b"\0\0\2\0", b"PK\3\4", b"PK\5\6", b"PK00PK\3\4", b"P7 "]
    for beginning in beginnings:
        for data in (beginning + OCTETS[:100], beginning + OCTETS[:70_000] + beginning):
            inline(typed(data))
            inline(
                typed(
                    data, kind="text/plain", name="", encoding="8bit", encode=lambda octets: octets.replace(b"\0", b"")
                )
            )


@pytest.mark.parametrize(
    "octets", first_quick([b"\xe1\xba", b"\x1e\xa0", b"a\xcc\x80", b"\0\x03", b"\x01\xe1\xba\xa0"])
)
def test_hostile_bytes_cost_the_front_end_little(octets):
    content = mail(("so-lieu.bin", OCTETS[:1000] + octets * (4 << 20)))
    message = mime.parse(content)
    began = time.thread_time()
    inspect_inline(message, content)
    assert time.thread_time() - began < 0.5
