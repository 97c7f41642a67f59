"""Judged mails of a log with their kept facts, for judging them again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.audit import record as r
from gateway.audit.chain import ends, first_since, stamp
from gateway.audit.kept import VERSION, UnreadableFactsError, decode, unpack
from gateway.audit.store import reading
from gateway.model import Observed

_EVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class KeptMail:
    """A judged mail of the log."""

    record: r.JudgedRecord
    observed: Observed | None
    """None when the mail cannot be judged again."""
    reason: str = ""
    """Why there are no facts: `none` (never kept, or removed), `older`, or `damaged` (also: not those that the record names)."""

    @property
    def policy_digest(self) -> str:
        """The policy set that judged it."""
        return r.judged(self.record).policy_digest


def records_since(data: Path, since: datetime | None) -> int:
    """Return how many records there are to read from a time on; UserError when there is no log."""
    with reading(data) as connection:
        return max(0, ends(connection)[1] + 1 - first_since(connection, since or _EVER))


def kept_mails(
    data: Path,
    observations: Mapping[str, Any],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    tick: Callable[[int], object] = lambda _: None,
) -> Iterator[KeptMail]:
    """Yield the judged mails of a time, oldest first, with the observations of the policies whose types are given.

    Reads beside the gateway and writes nothing; `tick` is called for each record. UserError when there is no log.
    """
    with reading(data) as connection:
        has_facts = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone() is not None
        facts = (
            "f.version, f.body FROM record r LEFT JOIN facts f ON f.seq = r.seq"
            if has_facts
            else "0, NULL FROM record r"
        )
        rows = connection.execute(
            f"SELECT r.seq, r.body, {facts} WHERE r.seq >= ? ORDER BY r.seq", (first_since(connection, since or _EVER),)
        )
        for seq, body, version, packed in rows:
            tick(1)
            head = bytes(body[:200])
            if b'"kind":"intent"' not in head and b'refused"' not in head:
                continue
            record = r.read(body, seq)
            is_later = until is not None and record.time > stamp(until)
            if isinstance(record, r.JudgedRecord) and not is_later:  # a clock that was ahead for a time ends no look
                yield _kept(record, version, packed, observations)


def kept_mail(data: Path, record: r.JudgedRecord, observations: Mapping[str, Any]) -> KeptMail:
    """Return one judged mail with its kept facts; UserError when the log cannot be read."""
    with reading(data) as connection:
        version, packed = 0, None
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone() is not None:
            row = connection.execute("SELECT version, body FROM facts WHERE seq = ?", (record.seq,)).fetchone()
            version, packed = row or (version, packed)
        return _kept(record, version, packed, observations)


def _kept(record: r.JudgedRecord, version: int, packed: bytes | None, observations: Mapping[str, Any]) -> KeptMail:
    if packed is None:
        return KeptMail(record, None, "none")
    if version != VERSION:
        return KeptMail(record, None, "older")
    try:
        body = unpack(bytes(packed))
        if hashlib.sha256(body).hexdigest() != r.judged(record).facts:  # facts of another mail decode as well
            return KeptMail(record, None, "damaged")
        return KeptMail(record, decode(body, observations))
    except UnreadableFactsError:
        return KeptMail(record, None, "damaged")
