"""Waivers for what was refused: from the record of a mail to an entry of the policy file, and out of it again."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gateway.audit import record as r
from gateway.audit.facts import Keyed
from gateway.audit.query import AuditReader, History
from gateway.audit.store import Folder
from gateway.engine import PolicySet, load_policy_set
from gateway.engine.guard import MARKED
from gateway.engine.policy_set import LONGEST_WAIVER_DAYS
from gateway.errors import UserError
from gateway.files import read_file
from gateway.system.atomic_file import replace_file
from gateway.texts.catalogue import both, pair

USUAL_DAYS = 7
_BLOCKS = frozenset({"hold", "defer", "reject"})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the steward says beside the reference."""

    until: date
    reason: str
    approved_by: str
    file: Path | None = None
    """The refused file itself, asked for where the log keeps keyed digests only."""


def new_entries(data: Path, reference: str, wanted: Wanted, *, today: date) -> list[dict[str, Any]]:
    """Return the entries that let a refused mail pass; UserError when the log or the law has no such way."""
    if not today <= wanted.until <= today + timedelta(days=LONGEST_WAIVER_DAYS):
        raise UserError(both("waiver", "fault", "too_long", until=wanted.until, days=LONGEST_WAIVER_DAYS))
    with AuditReader.open(data) as reader:
        history = reader.show(reference)
    if history is None:
        raise UserError(both("waiver", "fault", "unknown", reference=reference))
    entries = list(_entries(history, wanted, Keyed(Folder(data).secret("audit-hmac", 32))))
    if not entries:
        raise UserError(both("waiver", "fault", "nothing", reference=reference))
    return entries


def _entries(history: History, wanted: Wanted, keyed: Keyed) -> Iterator[dict[str, Any]]:
    reverse_path, findings = _refused(history)
    seen: set[tuple[object, ...]] = set()
    for found in findings:
        if found.effective not in _BLOCKS:
            continue
        if found.rule == MARKED:
            raise UserError(both("waiver", "fault", "marked", reference=history.reference))
        aim = _aim(history, found, reverse_path, wanted, keyed)
        key = (found.policy, found.rule, *aim.values())
        if key in seen:
            continue
        seen.add(key)
        number = f"-{len(seen)}" if len(seen) > 1 else ""
        yield {
            "id": f"WV-{history.reference.removeprefix('BT-')}{number}",
            "policy": found.policy,
            "rule": found.rule,
            **aim,
            "reason": wanted.reason or pair("waiver", "say", "reason", reference=history.reference)[0],
            "approved_by": wanted.approved_by,
            "expires": wanted.until,
        }


def _refused(history: History) -> tuple[str, tuple[r.FindingFacts, ...]]:
    """Return the sender and the findings of what was refused: a mail, or one recipient of it."""
    if history.mail is not None:
        return history.mail.reverse_path, history.mail.findings
    for record in history.records:
        if isinstance(record, r.RecipientRefused):
            return record.reverse_path, record.findings
    return "", ()


def _aim(history: History, found: r.FindingFacts, reverse_path: str, wanted: Wanted, keyed: Keyed) -> dict[str, str]:
    """Return what a waiver is for: the exact file where the fault is one of a file, and always the sender."""
    sender = {"sender": reverse_path} if reverse_path else {}
    mail = history.mail
    if found.part is None:
        if mail is not None and mail.confidential:
            raise UserError(both("waiver", "fault", "no_file", reference=history.reference, code=found.code))
        if not sender:
            raise UserError(both("waiver", "fault", "no_sender", reference=history.reference))
        return sender | ({"recipient": found.recipient} if found.recipient else {})
    assert mail is not None
    return {"sha256": _digest(history, mail, found, wanted, keyed)} | sender


def _digest(history: History, mail: r.MailFacts, found: r.FindingFacts, wanted: Wanted, keyed: Keyed) -> str:
    """Return the digest of the file of a finding, or of the file given, which must be one of the mail."""
    digests = {part.path: part.sha256 for part in mail.parts if part.sha256}
    if wanted.file is not None:
        digest = hashlib.sha256(read_file(wanted.file)).hexdigest()
        if (keyed.digest(digest) if mail.confidential else digest) not in digests.values():
            raise UserError(both("waiver", "fault", "other_file", reference=history.reference, file=wanted.file))
        return digest
    if mail.confidential:
        raise UserError(both("waiver", "fault", "ask_file", reference=history.reference))
    path = found.part or ""
    # What stands in a container without a digest of its own is fixed by that of the container.
    for holder in (path, path.rpartition("!")[0], path.partition("!")[0]):
        if holder in digests:
            return digests[holder]
    raise UserError(both("waiver", "fault", "no_file", reference=history.reference, code=found.code))


class PolicyText:
    """A policy file as its author wrote it, with comments; changed only as a whole and only when it stays sound."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._yaml = YAML()
        self._yaml.preserve_quotes = True
        self._yaml.width = 4096
        self._yaml.indent(mapping=2, sequence=4, offset=2)
        load_policy_set(path)  # faults that are already in the file are reported for the file
        self._content = self._yaml.load(path.read_text("utf-8"))

    def add(self, entries: list[dict[str, Any]]) -> None:
        """Put entries behind the waivers that are there; an entry with the id of an older one takes its place."""
        new = {entry["id"] for entry in entries}
        kept = [one for one in self._content.get("waivers") or [] if one["id"] not in new]
        if "waivers" in self._content and len(kept) == len(self._content["waivers"] or []) and kept:
            self._content["waivers"].extend(entries)  # comments between the old ones stay
        else:
            self._content["waivers"] = [*kept, *entries]

    def remove(self, waiver: str) -> None:
        """Take an entry out; UserError when there is none."""
        waivers = self._content.get("waivers") or []
        for number, one in enumerate(waivers):
            if one["id"] == waiver:
                del waivers[number]
                if not waivers:
                    del self._content["waivers"]
                return
        raise UserError(both("waiver", "fault", "no_such", id=waiver, path=self.path))

    def save(self) -> PolicySet:
        """Check the new text, put it in place of the old, and return the policy set that it is; UserError keeps the old."""
        buffer = io.StringIO()
        self._yaml.dump(self._content, buffer)
        octets = buffer.getvalue().encode()
        status = self.path.stat()
        trial = self.path.with_name(f".{self.path.stem}.{os.getpid()}{self.path.suffix}")
        try:
            replace_file(trial, octets, mode=0o600)
            policies = load_policy_set(trial)
        except UserError as error:
            fault = str(error).replace(str(trial), str(self.path))
            raise UserError(both("waiver", "fault", "unsound", path=self.path, fault=fault)) from None
        finally:
            trial.unlink(missing_ok=True)
        replace_file(self.path, octets, mode=status.st_mode & 0o777)
        if os.geteuid() == 0:
            os.chown(self.path, status.st_uid, status.st_gid)
        return policies
