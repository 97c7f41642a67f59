"""A district office whose mails stand in a log that the real writer wrote; only the clock is ours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from msgspec import structs

from gateway.audit import AuditLog
from gateway.audit import record as records
from gateway.audit.record import Delivery
from gateway.model import (
    VIETNAM,
    About,
    Directory,
    Disposition,
    Envelope,
    Evidence,
    Finding,
    FindingOutcome,
    FrontEnd,
    JudgedFinding,
    Mailbox,
    MailboxKind,
    MailboxStatus,
    Message,
    Mode,
    Part,
    Reply,
    Session,
    Transaction,
    Unit,
    Verdict,
)
from gateway.report.figures import Wanted
from gateway.report.make import counted, logs_of
from gateway.report.month import Month

NOVEMBER = Month(2026, 11)
LATER = datetime(2026, 12, 20, 8, tzinfo=VIETNAM)
_OK = Reply(code=250, enhanced="2.0.0", lines=("queued",))
_NO = Reply(code=550, enhanced="5.7.1", lines=("[BT] khong",))
_PASSED, _FAILED, _UNTOLD = FindingOutcome.PASSED, FindingOutcome.FAILED, FindingOutcome.INDETERMINATE


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Found:
    """A finding: the rule `policy.rule`, what it asked for, and on which file."""

    rule: str
    wanted: Disposition = Disposition.REJECT
    outcome: FindingOutcome = _FAILED
    mode: Mode = Mode.ENFORCE
    waiver: str | None = None
    file: str | None = None
    """Content of the file, as the mail names it; None for the mail itself."""
    number: str = ""
    confidential: bool = False

    def judged(self, files: Sequence[tuple[str, str]]) -> JudgedFinding:
        policy, rule = self.rule.split(".")
        place = next((place for place, (_, content) in enumerate(files, 2) if content == self.file), None)
        name = files[place - 2][0] if place is not None else None
        acts = self.mode is Mode.ENFORCE and self.waiver is None and self.outcome is not _PASSED
        wanted = Disposition.RELAY if self.outcome is _PASSED else self.wanted
        return JudgedFinding(
            policy=policy,
            code=f"{policy[:3].upper()}-01",
            article="QĐ 7600/QĐ-UBND, Điều 9",
            finding=Finding(
                rule=rule,
                outcome=self.outcome,
                about=About(part=str(place) if place is not None else None, filename=name),
                params={"number": self.number} if self.number else {},
            ),
            wanted=wanted,
            mode=self.mode,
            effective=wanted if acts else Disposition.RELAY,
            waiver=self.waiver,
            confidential=self.confidential,
        )


def signed(number: str, file: str | None = None) -> Found:
    return Found("signed_documents.unsigned", outcome=_PASSED, number=number, file=file)


def untold(rule: str, file: str | None = None, wanted: Disposition = Disposition.TAG) -> Found:
    return Found(rule, wanted, _UNTOLD, file=file)


def monitored(rule: str, file: str | None = None, number: str = "") -> Found:
    return Found(rule, mode=Mode.MONITOR, file=file, number=number)


def noted(rule: str, file: str | None = None) -> Found:
    return Found(rule, Disposition.TAG, file=file)


def box(
    name: str, unit: str, kind: MailboxKind = MailboxKind.PERSONAL, status: MailboxStatus = MailboxStatus.ACTIVE, **more
):
    return Mailbox(address=f"{name}@a.vn", kind=kind, unit=unit, status=status, **more)


def directory(digest: str, *boxes: Mailbox, units: Iterable[Unit] = ()) -> Directory:
    listed = {address: one for one in boxes for address in (one.address, *one.aliases)}
    return Directory(digest=digest, mailboxes=listed, units={unit.id: unit for unit in units})


@dataclass
class Office:
    """Writes a log, mail by mail."""

    data: Path
    log: AuditLog
    clock: Clock
    directory: Directory | None = None
    policy: str = "ab" * 32
    count: int = field(default=0)

    @classmethod
    async def open(cls, data: Path, monkeypatch, *, day: int = 1, month: int = 11) -> Office:
        clock = Clock(datetime(2026, month, day, 8, tzinfo=VIETNAM))
        monkeypatch.setattr(records, "datetime", clock)
        log = AuditLog.open(data)
        await log.start(policy="test")
        return cls(data, log, clock)

    def at(self, day: int, hour: int = 8, minute: int = 0, *, month: int = 11) -> Office:
        self.clock.moment = datetime(2026, month, day, hour, minute, tzinfo=VIETNAM)
        return self

    async def lists(self, listed: Directory) -> None:
        """Put a directory in force."""
        self.directory = listed
        await self.log.mailboxes(listed)

    async def sends(
        self,
        sender: str,
        *findings: Found,
        to: Sequence[str] = ("b@a.vn",),
        files: Sequence[tuple[str, str]] = (),
        login: str | None = "",
        delivery: Delivery | None = Delivery.RELAYED,
        size: int = 1000,
    ) -> str:
        """Have a mail judged and relayed, or refused when a finding asks for it; return its reference."""
        self.count += 1
        reference = f"BT-{self.count:08d}"
        who = f"{sender}@a.vn" if "@" not in sender else sender
        session = Session(front_end=FrontEnd.SUBMISSION, auth_user=who if login == "" else login)
        envelope = Envelope(reverse_path=who, forward_paths=tuple(to))
        sent = Transaction(
            id=reference,
            session=session,
            envelope=envelope,
            received_at=self.clock.moment,
            size_bytes=size,
            sha256=sha(reference),
        )
        parts = [Part(path="1", declared_type="text/plain", sha256=sha(f"text {reference}"), size_bytes=9)]
        parts += [
            Part(path=str(place), declared_type="", filename=name, sha256=sha(content), size_bytes=9)
            for place, (name, content) in enumerate(files, 2)
        ]
        message = Message(fields=(), root=Part(path="", declared_type="multipart/mixed", children=tuple(parts)))
        evidence = Evidence(
            now=self.clock.moment, session=session, envelope=envelope, message=message, directory=self.directory
        )
        judged = tuple(found.judged(files) for found in findings)
        worst = max((one.effective for one in judged), default=Disposition.RELAY)
        verdict = Verdict(
            disposition=worst,
            findings=judged,
            policy_digest=self.policy,
            directory_digest=self.directory.digest if self.directory is not None else None,
            recipients=dict.fromkeys(to, worst),
        )
        if worst >= Disposition.HOLD and delivery is not Delivery.HELD:
            await self.log.refused(sent, verdict, evidence, _NO)
            return reference
        await self.log.intent(sent, verdict, evidence)
        await self.log.sending(reference)
        if delivery is not None:
            await self.log.outcome(reference, _OK, delivery)
        return reference

    async def ends(self, reference: str, delivery: Delivery) -> None:
        """Write what became of a held mail."""
        await self.log.outcome(reference, _OK, delivery)

    async def refuses_recipient(self, sender: str, recipient: str, *findings: Found) -> None:
        who = f"{sender}@a.vn"
        session = Session(front_end=FrontEnd.SUBMISSION, auth_user=who)
        envelope = Envelope(reverse_path=who, forward_paths=(recipient,))
        evidence = Evidence(now=self.clock.moment, session=session, envelope=envelope, directory=self.directory)
        verdict = Verdict(
            disposition=Disposition.REJECT,
            findings=tuple(found.judged(()) for found in findings),
            policy_digest=self.policy,
        )
        await self.log.recipient_refused(session, who, recipient, verdict, _NO, "BT-RCPT0001", evidence=evidence)

    async def close(self) -> None:
        await self.log.close()

    async def reported(self, **wanted):
        """Close the log and return the report of November."""
        await self.close()
        return report(self.data, **wanted)


class Clock(datetime):
    """Stands for `datetime` where records are stamped."""

    moment: datetime

    def __new__(cls, moment: datetime) -> Self:
        clock = datetime.__new__(cls, 2026, 1, 1)
        clock.moment = moment
        return clock

    def now(self, zone=UTC) -> datetime:
        return self.moment.astimezone(zone)

    @classmethod
    def fromisoformat(cls, text: str) -> datetime:
        return datetime.fromisoformat(text)


def make(data: Path, wanted: Wanted, **more):
    with logs_of(data, None) as logs:
        return counted(logs, wanted.month, **more).report(wanted)


def report(data: Path, month: Month = NOVEMBER, now: datetime = LATER, **wanted):
    return make(data, Wanted(month=month, **wanted), now=now)


def unit(made, name: str):
    return next(one for one in made.units if one.unit == name)


def numbers(value) -> dict[str, object]:
    """Return the fields of figures that are not nothing."""
    return {name: number for name, number in structs.asdict(value).items() if number not in (0, None, {}, ())}
