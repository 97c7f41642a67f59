"""Waivers for a refused mail: policy entries made from its audit record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from gateway.audit import record as r
from gateway.audit.keyed import Keyed
from gateway.audit.query import AuditReader, History, unknown
from gateway.audit.store import Folder
from gateway.engine.guard import MARKED
from gateway.engine.policy_set import LONGEST_WAIVER_DAYS
from gateway.errors import NoWaiverError
from gateway.texts.catalogue import pair

USUAL_DAYS = 7
_BLOCKS = frozenset({"hold", "defer", "reject"})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Parameters of a waiver beside the reference."""

    until: date
    reason: str
    approved_by: str
    sha256: str = ""
    """Digest of the refused file, required where the log has keyed digests only."""
    file: str = ""
    """Display name of that file."""
    prefix: str = "WV"
    """Id prefix: waivers of a policy file and of the console never collide."""


def new_entries(data: Path, reference: str, wanted: Wanted, *, today: date) -> list[dict[str, Any]]:
    """Return the entries that let a refused mail pass; UserError when the log or the law does not allow one."""
    if not today <= wanted.until <= today + timedelta(days=LONGEST_WAIVER_DAYS):
        raise _fault("too_long", reference, until=wanted.until, days=LONGEST_WAIVER_DAYS)
    with AuditReader.open(data) as reader:
        history = reader.show(reference)
    if history is None:
        raise NoWaiverError("unknown", *unknown(reference))
    return entries_for(history, wanted, Keyed.of(Folder(data)))


def entries_for(history: History, wanted: Wanted, keyed: Keyed) -> list[dict[str, Any]]:
    """Return the entries that let a refused mail pass; NoWaiverError when the log or the law does not allow one."""
    entries = list(_entries(history, wanted, keyed))
    if not entries:
        raise _fault("other_file" if wanted.sha256 else "nothing", history.reference, file=wanted.file)
    return entries


def _entries(history: History, wanted: Wanted, keyed: Keyed) -> Iterator[dict[str, Any]]:
    reverse_path, findings = _refused(history)
    seen: set[tuple[object, ...]] = set()
    for found in findings:
        if found.effective not in _BLOCKS:
            continue
        if found.rule == MARKED:
            raise _fault("marked", history.reference)
        aim = _aim(history, found, reverse_path, wanted, keyed)
        if aim is None:
            continue
        key = (found.policy, found.rule, *aim.values())
        if key in seen:
            continue
        seen.add(key)
        number = f"-{len(seen)}" if len(seen) > 1 else ""
        yield {
            "id": f"{wanted.prefix}-{history.reference.removeprefix('BT-')}{number}",
            "policy": found.policy,
            "rule": found.rule,
            **aim,
            "reason": wanted.reason or pair("waiver", "say", "reason", reference=history.reference)[0],
            "approved_by": wanted.approved_by,
            "expires": wanted.until,
        }


def _refused(history: History) -> tuple[str, tuple[r.FindingFacts, ...]]:
    """Return sender and findings of the refusal: of a mail, or of one recipient."""
    recipients = (record for record in history.records if isinstance(record, r.RecipientRefused))
    judged = history.mail or next(recipients, None)
    return (judged.reverse_path, judged.findings) if judged is not None else ("", ())


def _aim(
    history: History, found: r.FindingFacts, reverse_path: str, wanted: Wanted, keyed: Keyed
) -> dict[str, str] | None:
    """Return the scope: the sender and, for a finding on a file, exactly the given one; None for another file's."""
    if "*" in reverse_path:  # a waiver would take it for a pattern
        raise _fault("no_sender", history.reference)
    sender = {"sender": reverse_path} if reverse_path else {}
    mail = history.mail
    if found.part is None:
        if mail is not None and mail.confidential:
            raise _fault("no_file", history.reference, code=found.code)
        if not sender:
            raise _fault("no_sender", history.reference)
        return sender | ({"recipient": found.recipient} if found.recipient else {})
    assert mail is not None
    digest = _digest(history, mail, found, wanted, keyed)
    return {"sha256": digest} | sender if digest else None


def _digest(history: History, mail: r.MailFacts, found: r.FindingFacts, wanted: Wanted, keyed: Keyed) -> str:
    """Return the digest of the finding's file; of the given file, which must belong to the mail, empty when it is another."""
    digests = {part.path: part.sha256 for part in mail.parts if part.sha256}
    path = found.part or ""
    # A member without its own digest is identified by its container's digest.
    holders = [one for one in (path, path.rpartition("!")[0], path.partition("!")[0]) if one in digests]
    if wanted.sha256:
        given = set(keyed.digests(wanted.sha256) if mail.confidential else (wanted.sha256,))
        if not given & set(digests.values()):
            raise _fault("other_file", history.reference, file=wanted.file)
        return wanted.sha256 if not holders or any(digests[one] in given for one in holders) else ""
    if mail.confidential:
        raise _fault("ask_file", history.reference)
    if holders:
        return digests[holders[0]]
    raise _fault("no_file", history.reference, code=found.code)


def _fault(key: str, reference: str, **fields: object) -> NoWaiverError:
    return NoWaiverError(key, *pair("waiver", "fault", key, reference=reference, **fields))
