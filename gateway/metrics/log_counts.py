"""Counters from the audit log: starts at its end, and each call reads the records added since the last one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.audit import record as r
from gateway.audit.chain import ends
from gateway.audit.checkpoint import parse_notes
from gateway.audit.store import Folder, connect_readonly

HANDOVER_BOUNDS_S: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper bucket bounds of hand-over times; longer times are in a last bucket."""
_SLICE: Final = 5_000
_LIMIT_OPEN: Final = 100_000
"""Open mails (between intent and outcome) whose start time is kept; the front ends have fewer in flight."""


class LogCounts:
    """Counts since its creation; used by one thread at a time."""

    def __init__(self, data: Path) -> None:
        """Open the log under a data directory at its end; UserError when it cannot be read."""
        self._log = connect_readonly(Folder(data).database)
        self.last_seq = ends(self._log)[1]
        """Sequence number of the last counted record."""
        self.checkpoint_size = 0
        """Records under the last checkpoint."""
        self.checkpoint_at = 0.0
        """Its time, in seconds since 1970; 0 without one."""
        self.mails: Counter[tuple[str, str]] = Counter()
        """Judged mails by front end and disposition."""
        self.bytes: Counter[str] = Counter()
        """Bytes of judged mails by front end."""
        self.deliveries: Counter[str] = Counter()
        """Relayed mails by outcome (`Delivery`)."""
        self.findings: Counter[tuple[str, str, str]] = Counter()
        """Findings that did not pass, by policy, rule and effective disposition."""
        self.recipients_refused = 0
        """Forward-paths that a policy refused at RCPT."""
        self.contents_refused: Counter[str] = Counter()
        """Contents that were refused unread, by rule."""
        self.auth_failures = 0
        self.troubles = 0
        """Mails answered 451 for an internal fault."""
        self.duplicates = 0
        """Duplicates answered without a second delivery."""
        self.unreadable = 0
        """Records that somebody damaged."""
        self.handovers = [0] * (len(HANDOVER_BOUNDS_S) + 1)
        """Mails by time from intent to outcome, in the buckets of `HANDOVER_BOUNDS_S`."""
        self.handover_s = 0.0
        """Sum of these times."""
        self._open: dict[str, datetime] = {}

    def catch_up(self) -> None:
        """Count new records; sqlite3.Error when the log cannot be read."""
        self._look_at_checkpoints()
        while True:
            rows = self._log.execute(
                "SELECT seq, body FROM record WHERE seq > ? ORDER BY seq LIMIT ?", (self.last_seq, _SLICE)
            ).fetchall()
            for seq, body in rows:
                self._take(r.read(body, seq))
                self.last_seq = seq
            if len(rows) < _SLICE:
                return

    def _look_at_checkpoints(self) -> None:
        row = self._log.execute("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        if row is not None and row[0] != self.checkpoint_size:
            (checkpoint,), _ = parse_notes(row[1])
            self.checkpoint_size = checkpoint.size
            self.checkpoint_at = datetime.fromisoformat(checkpoint.time).timestamp()

    def _take(self, record: r.AnyRecord) -> None:
        match record:
            case r.Intent(id=reference, mail=mail):
                self._judged(mail)
                if len(self._open) < _LIMIT_OPEN:
                    self._open[reference] = datetime.fromisoformat(record.time)
            case r.Refused(mail=mail):
                self._judged(mail)
            case r.Outcome(id=reference, delivery=delivery):
                self.deliveries[delivery.value] += 1
                begun = self._open.pop(reference, None)
                if begun is not None and not record.recovered:
                    self._handed_over((datetime.fromisoformat(record.time) - begun).total_seconds())
            case r.RecipientRefused(findings=findings):
                self.recipients_refused += 1
                self._found(findings)
            case r.ContentRefused(rule=rule):
                self.contents_refused[rule] += 1
            case r.AuthFailed():
                self.auth_failures += 1
            case r.Trouble():
                self.troubles += 1
            case r.Duplicate():
                self.duplicates += 1
            case r.Unknown(kind="unreadable"):
                self.unreadable += 1
            case _:
                pass

    def _judged(self, mail: r.MailFacts) -> None:
        self.mails[mail.session.front_end, mail.disposition] += 1
        self.bytes[mail.session.front_end] += mail.size
        self._found(mail.findings)

    def _found(self, findings: Iterable[r.FindingFacts]) -> None:
        self.findings.update((one.policy, one.rule, one.effective) for one in findings if one.outcome != "passed")

    def _handed_over(self, seconds: float) -> None:
        seconds = max(0.0, seconds)  # a clock that was set back
        self.handover_s += seconds
        number = sum(seconds > bound for bound in HANDOVER_BOUNDS_S)
        self.handovers[number] += 1
