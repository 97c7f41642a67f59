"""Evidence in a line, and the registry of the stand-in policies."""

from datetime import UTC, datetime
from pathlib import Path

from gateway.engine import PolicySet, Registry, load_policy_set
from gateway.model import (
    Directory,
    Document,
    Envelope,
    Evidence,
    FrontEnd,
    HeaderField,
    Mailbox,
    MailboxKind,
    Message,
    Part,
    Run,
    Session,
)

REGISTRY = Registry({"classified": "tests.engine.stand_ins.classified", "senders": "tests.engine.stand_ins.senders"})
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DIGEST = "ab" * 32
INNER = "cd" * 32


def policies(text: str, tmp_path: Path) -> PolicySet:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return load_policy_set(path, registry=REGISTRY, now=NOW)


def evidence(
    *,
    sender: str = "an@gov.example",
    to: tuple[str, ...] = ("office@gov.example", "other@gov.example"),
    text: str | None = "xin chào",
    filename: str | None = "công văn.docx",
    subject: str = "Báo cáo tháng",
    locator: str = "page:1,top-left",
    now: datetime = NOW,
    unit: str | None = None,
) -> Evidence:
    directory = None
    if unit is not None:
        mailbox = Mailbox(address=sender, kind=MailboxKind.UNIT, unit=unit)
        directory = Directory(digest="d" * 64, mailboxes={sender: mailbox})
    message = None
    documents: tuple[Document, ...] = ()
    if text is not None:
        inner = Part(path="2!a.docx", declared_type="", filename=filename, sha256=INNER, size_bytes=10)
        archive = Part(path="2", declared_type="application/zip", sha256=DIGEST, size_bytes=20, children=(inner,))
        body = Part(path="1", declared_type="text/plain", sha256="ef" * 32, size_bytes=5)
        root = Part(path="", declared_type="multipart/mixed", children=(body, archive))
        message = Message(fields=(HeaderField("Subject", b"", subject, subject),), root=root)
        run = Run(text=text, locator=locator)
        documents = (Document(part="2!a.docx", filename=filename, format="docx", runs=(run,)),)
    return Evidence(
        now=now,
        session=Session(front_end=FrontEnd.SUBMISSION, client_address="192.0.2.7", helo="pc-1.gov.example"),
        envelope=Envelope(reverse_path=sender, forward_paths=to),
        message=message,
        documents=documents,
        directory=directory,
    )
