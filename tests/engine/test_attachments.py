"""Attachments told by their number: as a mail program lists them, and in replies that must not name a file."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from gateway.engine import evaluate, load_policy_set, reply
from gateway.engine.attachments import Attachments, attachment_numbers
from gateway.mime import parse
from gateway.model import (
    About,
    Document,
    Envelope,
    Evidence,
    Finding,
    FindingOutcome,
    FrontEnd,
    Language,
    Message,
    Run,
    Session,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HEAD = b"From: an.binhtan@tphcm.gov.vn\r\nTo: b.binhtan@tphcm.gov.vn\r\nSubject: s\r\nMIME-Version: 1.0\r\n"


def part(kind: str, content: str = "x", disposition: str = "") -> bytes:
    lines = f"Content-Disposition: {disposition}\r\n" if disposition else ""
    return f"Content-Type: {kind}\r\n{lines}\r\n{content}\r\n".encode()


def multipart(kind: str, boundary: str, *parts: bytes) -> bytes:
    inner = b"".join(b"--" + boundary.encode() + b"\r\n" + one for one in parts)
    return (
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
        + inner
        + f"--{boundary}--\r\n".encode()
    )


LETTER = multipart(
    "mixed",
    "a",
    multipart(
        "related",
        "b",
        multipart("alternative", "c", part("text/plain"), part("text/html")),
        part("image/png", disposition='inline; filename="logo.png"'),
    ),
    part("application/pdf", disposition='attachment; filename="mot.pdf"'),
    part("message/rfc822", "Subject: t\r\nContent-Type: text/plain\r\n\r\nx"),
    part("text/plain", disposition='attachment; filename="ba.txt"'),
)


def read(message: Message) -> Message:
    """The message with the types that readers have found: the first attachment is an archive, the third a document."""
    found = {"2": "application/zip", "4": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
    children = tuple(structs.replace(one, detected_type=found.get(one.path)) for one in message.root.children)
    return structs.replace(message, root=structs.replace(message.root, children=children))


def counted(message: Message) -> dict[str, int]:
    return {path: number for path, (number, _) in attachment_numbers(message.root).items()}


def test_attachments_are_counted_as_a_mail_program_lists_them():
    numbers = counted(parse(HEAD + LETTER))
    assert {path: number for path, number in numbers.items() if number} == {"2": 1, "3": 2, "3.1": 2, "4": 3}
    assert numbers["1.1.1"] == numbers["1.1.2"] == numbers["1.2"] == 0


@pytest.mark.parametrize(
    ("path", "number"),
    [("2", 1), ("2!thư mục/a.docx", 1), ("3.1", 2), ("3.1.7", 2), ("4", 3), ("1.1.1", 0), (None, None)],
)
def test_what_is_inside_an_attachment_has_its_number(path: str | None, number: int | None):
    attachments = Attachments(parse(HEAD + LETTER))
    finding = Finding(rule="r", outcome=FindingOutcome.FAILED, about=About(part=path))
    assert attachments.placed(finding).about.attachment == number


def test_what_is_inside_an_attachment_has_the_name_of_that_attachment():
    attachments = Attachments(parse(HEAD + LETTER))

    def inside(path: str) -> str | None:
        return attachments.placed(Finding(rule="r", outcome=FindingOutcome.FAILED, about=About(part=path))).about.inside

    assert inside("2!thư mục/a.docx") == "mot.pdf"
    assert inside("2") is None
    assert inside("1.1.1") is None


def test_a_file_sent_without_a_letter_is_the_first_attachment_and_a_plain_mail_has_none():
    bare = parse(HEAD + part("application/pdf", disposition='attachment; filename="a.pdf"'))
    assert counted(bare) == {bare.root.path: 1}
    plain = parse(HEAD + part("text/plain"))
    assert counted(plain) == {plain.root.path: 0}


@pytest.mark.parametrize(
    ("path", "words", "english"),
    [
        ("4", "tệp đính kèm thứ 3", "attachment 3"),
        ("2!mật.docx", "một tệp nằm trong tệp đính kèm thứ 1", "a file in attachment 1"),
        ("4!word/media/anh.png", "tệp đính kèm thứ 3", "attachment 3"),
        ("1.1.1", "thư này", "this message"),
    ],
)
def test_a_refusal_for_a_secrecy_mark_says_which_file_without_its_name(path: str, words: str, english: str):
    policies = load_policy_set("binhtan-7600")
    evidence = Evidence(
        now=NOW,
        session=Session(front_end=FrontEnd.RELAY),
        envelope=Envelope(reverse_path="an.binhtan@tphcm.gov.vn", forward_paths=("b.binhtan@tphcm.gov.vn",)),
        message=read(parse(HEAD + LETTER)),
        documents=(
            Document(part=path, filename="Ba.txt", format="text", runs=(Run(text="TỐI MẬT", locator="page:2"),)),
        ),
    )
    verdict = evaluate(evidence, policies)
    answer = reply(verdict, policies, reference="BT-7F3K2Q9X", now=NOW)
    assert answer.lines[0].startswith(f"Phát hiện dấu chỉ độ mật (TỐI MẬT) trong {words}. KHÔNG gửi lại")
    assert answer.lines[1].startswith("Vị trí: nội dung, trang 2.")
    in_english = reply(verdict, policies, reference="BT-7F3K2Q9X", now=NOW, languages=(Language.EN,))
    assert f"was found in {english}. Do NOT send it" in in_english.lines[0]
    assert "ba.txt" not in " ".join((*answer.lines, *in_english.lines)).lower()
