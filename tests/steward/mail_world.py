"""A log of mails as real policies judged them: of two units, with hostile names and one with a secret."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import structs

from gateway.audit import AuditLog
from gateway.audit.acts import record_at_once
from gateway.audit.record import Act
from gateway.config.sections import Configuration
from gateway.engine import PolicySet
from gateway.engine.evaluate import evaluate_facts
from gateway.engine.observing import observe
from gateway.engine.reply import reply
from gateway.identity.directory import parse
from gateway.mime.addresses import parse_from_field
from gateway.model import (
    Changes,
    Coverage,
    Directory,
    Disposition,
    Document,
    Envelope,
    Evidence,
    FrontEnd,
    HeaderField,
    Indication,
    Integrity,
    Message,
    Part,
    ReadStatus,
    RefusedContent,
    Reply,
    Run,
    Session,
    Signature,
    Signer,
    Transaction,
    Trust,
)
from gateway.pipeline.rulebook import Rules
from gateway.steward.desk import Desk
from gateway.steward.roles import Person, Role
from tests.audit.support import running

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
AN, BINH, HEAD = "an@gov.example", "binh@gov.example", "truong@gov.example"
UNITS = {AN: "Phòng Nội vụ", BINH: "Phòng Tư pháp", HEAD: "Phòng Nội vụ"}
CANARIES = ("CANARYSUBJECT", "CANARYFILE", "CANARYNAME", "CANARYWORD", "CANARYSIGNER", "CANARYID")
SECRET = "BT-SECRET01"
HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', '=HYPERLINK("http://x")', "+1-2", "@SUM(A1)", "-1",
    "\x1b[31mred\x1b[0m", "abc\u202etxt.exe", "zero\u200bwidth", "line\r\nbreak", "nul\x00here", "{file} {0}",
    "\ue000private",
)  # fmt: skip
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def directory() -> Directory:
    rows = "\n".join(
        f"  - {{address: {address}, kind: personal, name: Người {number}, unit: {unit}}}"
        for number, (address, unit) in enumerate(UNITS.items())
    )
    return parse(Path("directory.yaml"), f"mailboxes:\n{rows}\n".encode())


def evidence(
    sender: str, *, subject: str, filename: str, text: str, listed: Directory, status: ReadStatus = ReadStatus.OK,
    to: tuple[str, ...] = ("b@gov.example",), author: str = "", signer: str = "",
) -> Evidence:  # fmt: skip
    author = author or sender
    from_value = f"{author} <{sender}>" if author != sender else sender
    file = Part(
        path="2", declared_type=DOCX, detected_type=DOCX, filename=filename, content_disposition="attachment",
        sha256=digest(filename), size_bytes=1000,
    )  # fmt: skip
    body = Part(path="1", declared_type="text/plain", detected_type="text/plain", sha256="ef" * 32, size_bytes=5)
    headers = {"From": from_value, "Subject": subject, "Message-ID": f"<{subject}@x>"}
    fields = tuple(HeaderField(name, b"", value, value) for name, value in headers.items())
    root = Part(path="", declared_type="multipart/mixed", children=(body, file))
    message = Message(fields=fields, root=root, address_fields=(parse_from_field(from_value),))
    runs = tuple(Run(text=line, block=n, locator=f"paragraph:{n + 1}") for n, line in enumerate(text.splitlines()))
    document = Document(
        part="2", filename=filename, format="docx", status=status, runs=runs if status is ReadStatus.OK else ()
    )
    signatures = ()
    if signer:
        signatures = (
            Signature(
                part="2", filename=filename, container="ooxml", signer=Signer(subject=f"CN={signer}", serial="CANARYID" if "CANARY" in signer else "1f"),
                integrity=Integrity.INTACT, coverage=Coverage.WHOLE, changes=Changes.NONE, trust=Trust.TRUSTED,
                indication=Indication.TOTAL_PASSED,
            ),
        )  # fmt: skip
    return Evidence(
        now=NOW,
        session=Session(front_end=FrontEnd.SUBMISSION, client_address="192.0.2.7", helo="pc", auth_user=sender or None),
        envelope=Envelope(reverse_path=sender, forward_paths=to),
        message=message,
        documents=(document,),
        signatures=signatures,
        directory=listed,
    )


class Writer:
    """Judges mails and writes what came of them."""

    def __init__(self, log: AuditLog, policies: PolicySet) -> None:
        self._log = log
        self._policies = policies

    async def mail(self, reference: str, known: Evidence) -> Disposition:
        seen = observe(known, self._policies.policies)
        verdict = evaluate_facts(seen, self._policies)
        sent = Transaction(
            id=reference,
            session=known.session,
            envelope=known.envelope,
            received_at=NOW,
            size_bytes=2000,
            sha256=digest(reference),
        )
        answer = reply(verdict, self._policies, reference=reference, now=NOW)
        if verdict.disposition >= Disposition.DEFER:
            await self._log.refused(sent, verdict, known, answer, observed=seen)
        else:
            await self._log.intent(sent, verdict, known, seen)
            await self._log.sending(reference)
            await self._log.outcome(reference, Reply(code=250, enhanced="2.0.0", lines=("queued",)))
        return verdict.disposition


async def write(data: Path, policies: PolicySet, listed: Directory) -> None:
    async with running(data, policy="test") as log:
        writer = Writer(log, policies)
        plain = {"listed": listed, "text": "Kính gửi"}
        await writer.mail("BT-AN000001", evidence(AN, subject="Kế hoạch quý IV", filename="ke-hoach.docx", **plain))
        locked = evidence(AN, subject="Lương", filename="bang-luong.docx", status=ReadStatus.ENCRYPTED, **plain)
        assert await writer.mail("BT-AN000002", locked) is Disposition.REJECT
        await writer.mail("BT-BINH0001", evidence(BINH, subject="Tư pháp", filename="tu-phap.docx", **plain))
        secret = evidence(
            AN, subject="CANARYSUBJECT", filename="CANARYFILE.docx", text="TUYỆT MẬT\nCANARYWORD", listed=listed,
            author="CANARYNAME", signer="CANARYSIGNER",
        )  # fmt: skip
        assert await writer.mail(SECRET, secret) is Disposition.REJECT
        for number, hostile in enumerate(HOSTILE):
            known = evidence(
                BINH, subject=hostile, filename=f"{hostile}.docx", text="a", listed=listed, author=hostile, signer=hostile,
                status=ReadStatus.ENCRYPTED, to=("b@gov.example", f"{hostile}@x.example"),
            )  # fmt: skip
            session = structs.replace(known.session, helo=hostile, auth_user=hostile)
            await writer.mail(f"BT-HOST{number:04}", structs.replace(known, session=session))
        refusal = Reply(code=550, enhanced="5.7.1", lines=("no",))
        envelope = Envelope(reverse_path=BINH, forward_paths=("b@gov.example",))
        session = Session(front_end=FrontEnd.SUBMISSION, client_address="192.0.2.8", auth_user=BINH)
        await log.content_refused(
            RefusedContent(
                id="BT-CRLF0001", session=session, envelope=envelope, rule="bare_newline", size_bytes=10, reply=refusal
            )
        )
        await log.trouble("BT-TROUBLE1", session, BINH, "OSError")
        await log.auth_failed(session, AN, 535)
    record_at_once(data, Act(who=AN, what="login", about="ACTCANARY"))


def desk(data: Path, rules: Callable[[], Rules], acts: list[Act] | None = None) -> Desk:
    """Return a desk on a log; acts are written into it, and listed."""

    def record(act: Act) -> int:
        if acts is not None:
            acts.append(act)
        return record_at_once(data, act)

    return Desk(configuration=Configuration(data=data), rules=rules, record=record, client="192.0.2.99")


def person(name: str, *roles: Role, units: tuple[str, ...] = ()) -> Person:
    return Person(name=name, roles=frozenset(roles), units=units)


CLERK_AN, CLERK_BINH = person(AN, Role.CLERK), person(BINH, Role.CLERK)
CLERK_NOBODY = person("nobody@gov.example", Role.CLERK)
HEAD_OF_AN = person(HEAD, Role.CLERK, Role.UNIT_HEAD, units=("Phòng Nội vụ",))
OPERATOR, POLICY_ADMIN = person("op", Role.OPERATOR), person("pa", Role.POLICY_ADMIN)
OFFICER, AUDITOR = person("so", Role.SECURITY_OFFICER), person("au", Role.AUDITOR)
EVERYBODY = (CLERK_AN, CLERK_BINH, CLERK_NOBODY, HEAD_OF_AN, OPERATOR, POLICY_ADMIN, OFFICER, AUDITOR)
LATER = NOW + timedelta(days=1)
