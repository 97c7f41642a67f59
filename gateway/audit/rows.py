"""List rows of audit records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gateway.audit import record as r


class Row(Struct, frozen=True):
    """One row of a list."""

    seq: int
    time: datetime
    kind: str
    reference: str
    sender: str
    recipients: tuple[str, ...]
    disposition: str
    would_be: str
    state: str
    subject: str | None
    """None for a confidential mail."""
    rules: tuple[str, ...]
    """`policy.rule` of findings that did not pass."""
    confidential: bool
    unit: str = ""
    files: tuple[str, ...] = ()
    """Names of files, those in archives too; none of a confidential mail."""
    text: str = ""
    """First line of the refusal."""
    codes: tuple[str, ...] = ()
    """Codes of the same findings, for those that have one."""
    node: str = ""
    """Node of the log, in a merged list (`gateway.cluster`)."""


def row_of(record: r.AnyRecord) -> Row:
    """Return the row of a record; an intent's state is `pending`, its later records decide."""
    moment = datetime.fromisoformat(record.time)
    kind = r.kind_of(record)
    empty = Row(record.seq, moment, kind, "", "", (), "", "", kind, None, (), confidential=False)
    match record:
        case r.Intent() | r.Refused():
            return _mail_row(empty, record)
        case r.RecipientRefused():
            return replace(
                empty,
                reference=record.id,
                sender=record.reverse_path,
                recipients=(record.recipient,),
                disposition="reject",
                would_be="reject",
                rules=_rules(record.findings),
                codes=_codes(record.findings),
                unit=record.unit or "",
                text=record.text,
            )
        case r.ContentRefused():
            return replace(
                empty,
                reference=record.id,
                sender=record.reverse_path,
                recipients=record.recipients,
                disposition=record.disposition,
                would_be=record.disposition,
                rules=(f"content.{record.rule}",),
                text=record.text,
            )
        case r.AuthFailed():
            return replace(empty, sender=record.login)
        case r.PasswordJudged():
            return replace(empty, sender=record.login, state="sound_password" if record.sound else "weak_password")
        case r.Act():
            what = " ".join(filter(None, (record.what, record.about)))
            return replace(empty, sender=record.who, text=record.reason, subject=what if record.ok else f"✖ {what}")
        case r.Checked():
            return replace(
                empty,
                reference=record.id,
                sender=record.who,
                disposition=record.disposition,
                would_be=record.would_be,
                rules=record.rules,
                codes=record.codes,
                confidential=record.confidential,
            )
        case r.Trouble():
            return replace(empty, reference=record.id, sender=record.reverse_path)
        case r.Unknown():
            return replace(empty, reference=record.id, subject=raw(record))
        case _:
            return empty


def _mail_row(empty: Row, record: r.Intent | r.Refused) -> Row:
    mail = record.mail
    return replace(
        empty,
        reference=record.id,
        sender=mail.reverse_path,
        recipients=tuple(mail.recipients),
        disposition=mail.disposition,
        would_be=mail.would_be,
        state="refused" if isinstance(record, r.Refused) else "pending",
        subject=mail.subject,
        rules=_rules(mail.findings),
        codes=_codes(mail.findings),
        confidential=mail.confidential,
        unit=mail.unit or "",
        files=tuple(dict.fromkeys(part.filename for part in mail.parts if part.filename)),
        text=record.text if isinstance(record, r.Refused) else "",
    )


def became(later: Iterable[r.AnyRecord], state: str = "pending") -> str:
    """Return a mail's state from the records of its reference after its intent; `state` without any."""
    for record in later:
        match record:
            case r.Intent():  # another mail with the same reference
                break
            case r.Sending() | r.Release():
                state = "sending"
            case r.Outcome(delivery=delivery):
                state = delivery.value
            case _:
                pass
    return state


def raw(record: r.Unknown) -> str:
    """Return what a record of an unknown kind says, as JSON without the keys of every record."""
    shown = {"seq", "time", "process", "kind", "id"}
    rest = {name: value for name, value in record.content.items() if name not in shown}
    return msgspec.json.encode(rest).decode()


def _rules(findings: tuple[r.FindingFacts, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{found.policy}.{found.rule}" for found in findings if found.outcome != "passed"))


def _codes(findings: tuple[r.FindingFacts, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.code for found in findings if found.outcome != "passed" and found.code))
