"""Counts by day equal the records, however the index came to them."""

import asyncio
import shutil
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from gateway.audit import AuditLog, tally
from gateway.audit import record as r
from gateway.audit.index import Index, _advance
from gateway.audit.store import Folder
from gateway.model import (
    Directory,
    Disposition,
    Envelope,
    FindingOutcome,
    Mailbox,
    MailboxKind,
    RefusedContent,
    Reply,
)
from tests.audit.support import OK, REFUSAL, evidence, running, session, transaction, verdict
from tests.support.cases import examples

_UNITS = {"an@gov.example": "Phòng Nội vụ", "binh@gov.example": "Phòng Tư pháp"}
_DIRECTORY = Directory(
    digest="d" * 64,
    mailboxes={address: Mailbox(address=address, kind=MailboxKind.UNIT, unit=unit) for address, unit in _UNITS.items()},
)
_EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["relay", "twice", "refuse", "tag", "indeterminate", "recipient", "content", "trouble", "auth", "lost"]
        ),
        st.sampled_from(["an@gov.example", "AN@gov.example", "binh@gov.example", "x@bad.example", ""]),
        st.integers(0, 40),
    ),
    max_size=12,
)


async def _write(data: Path, events: list[tuple[str, str, int]]) -> None:
    async with running(data) as log:
        known = msgspec.structs.replace(evidence(), directory=_DIRECTORY)
        begun = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
        for number, (what, sender, hours) in enumerate(events, 1):
            with mock.patch("gateway.audit.record.datetime") as clock:
                clock.now.return_value = begun + timedelta(hours=hours)
                await _event(log, what, number, sender, known)
                # What became of a mail is known when the clock says something else.
                clock.now.return_value = begun + timedelta(hours=hours + 20)
                if what in {"relay", "twice", "tag", "indeterminate"}:
                    await log.outcome(f"BT-{number:08d}", OK)
                if what == "twice":  # as after the death of a writer
                    await log.outcome(f"BT-{number:08d}", OK)
                elif what == "lost":
                    await log.outcome(f"BT-{number:08d}", None)


async def _event(log: AuditLog, what: str, number: int, sender: str, known) -> None:
    envelope = Envelope(reverse_path=sender, forward_paths=("b@gov.example",))
    sent = msgspec.structs.replace(transaction(number), envelope=envelope)
    decided = verdict({"refuse": Disposition.REJECT, "tag": Disposition.TAG}.get(what, Disposition.RELAY))
    if what == "indeterminate":
        judged = decided.findings[0]
        finding = msgspec.structs.replace(judged.finding, outcome=FindingOutcome.INDETERMINATE)
        again = msgspec.structs.replace(judged, finding=finding, wanted=Disposition.REJECT)
        decided = msgspec.structs.replace(decided, findings=(again, again))
    match what:
        case "refuse":
            await log.refused(sent, decided, known, REFUSAL)
        case "recipient":
            refusal = verdict(Disposition.REJECT)
            await log.recipient_refused(session(), sender, "y@gov.example", refusal, REFUSAL, sent.id, evidence=known)
        case "content":
            reply = Reply(code=452, enhanced="", lines=("full",))
            await log.content_refused(
                RefusedContent(
                    id=sent.id, session=session(), envelope=envelope, rule="full", size_bytes=10**20, reply=reply
                )
            )
        case "trouble":
            await log.trouble(sent.id, session(), sender, "OSError")
        case "auth":
            await log.auth_failed(session(), sender, 535)
        case _:
            await log.intent(sent, decided, known)


def _expected(data: Path) -> Counter[tuple[str, str, str, str]]:
    """Count the records themselves, mail by mail."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    log = Index(Folder(data)).log
    records = [r.decode(body) for (body,) in log.execute("SELECT body FROM record ORDER BY seq")]
    log.close()
    outcomes = {record.id: record.delivery for record in records if isinstance(record, r.Outcome)}
    for record in records:
        day = (datetime.fromisoformat(record.time) + timedelta(hours=7)).strftime("%Y-%m-%d")
        measures, sender, unit = [], "", ""
        match record:
            case r.Intent(mail=mail) | r.Refused(mail=mail):
                sender, unit = mail.mailbox or mail.reverse_path, mail.unit or ""
                measures = [("mails", 1), ("bytes", mail.size), (f"is:{mail.disposition}", 1)]
                outcome = outcomes.get(record.id)
                state = "refused" if isinstance(record, r.Refused) else outcome.value if outcome else ""
                measures += [(f"state:{state}", 1)] if state else []
                rules = {f"{one.policy}.{one.rule}" for one in mail.findings if one.outcome != "passed"}
                measures += [(f"rule:{rule}", 1) for rule in rules]
                if "indeterminate" in {one.outcome for one in mail.findings}:
                    measures.append(("indeterminate", 1))
                if mail.would_be == "reject" and mail.disposition != "reject":
                    measures.append(("would:reject", 1))
            case r.RecipientRefused():
                sender, unit = record.mailbox or record.reverse_path, record.unit or ""
                measures = [("state:recipient_refused", 1), ("rule:typography.font", 1)]
            case r.ContentRefused():
                sender = record.reverse_path
                measures = [("state:content_refused", 1), ("mails", 1), ("is:defer", 1), ("rule:content.full", 1)]
            case r.Trouble():
                sender, measures = record.reverse_path, [("state:trouble", 1)]
            case r.AuthFailed():
                measures = [("state:auth_failed", 1)]
        for measure, number in measures:
            found["all", day, "", measure] += number
            if sender:
                found["mailbox", day, sender.casefold(), measure] += number
            if unit:
                found["unit", day, unit, measure] += number
    return found


def _kept(index) -> dict[tuple[str, str, str, str], int]:
    return {tuple(key): number for *key, number in index.execute("SELECT * FROM tally")}


@pytest.mark.slow
@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_EVENTS, st.integers(1, 5))
def test_counts_equal_the_records_in_slices_of_any_length(tmp_path: Path, events, slice_length: int):
    data = tmp_path / "data"
    shutil.rmtree(data, ignore_errors=True)
    asyncio.run(_write(data, events))
    expected = _expected(data)
    with closing(Index(Folder(data))) as index:
        while _advance(index.connection, index.log, slice_length):
            pass
        assert _kept(index.connection) == expected
        assert index.differs_from_the_log() == ""
        assert _kept(index.catch_up(rebuild=True)) == expected


def test_days_units_and_mailboxes(tmp_path: Path):
    events = [
        ("relay", "an@gov.example", 0), ("refuse", "an@gov.example", 6), ("refuse", "AN@gov.example", 8),
        ("refuse", "binh@gov.example", 8), ("refuse", "x@bad.example", 8), ("indeterminate", "x@bad.example", 8),
    ]  # fmt: skip
    asyncio.run(_write(tmp_path, events))
    index = Index(Folder(tmp_path)).catch_up()
    days = tally.by_day(index, "2026-11-27", "2026-11-28")
    assert days["2026-11-27"] == {
        "mails": 2, "bytes": 4000, "is:relay": 1, "is:reject": 1, "rule:typography.font": 1, "state:refused": 1,
        "state:relayed": 1,
    }  # fmt: skip
    assert days["2026-11-28"]["indeterminate"] == 1
    assert days["2026-11-28"]["would:reject"] == 1
    assert tally.by_day(index, "2026-11-29", "2026-12-31") == {}
    assert tally.by_unit(index, "2026-11-27", "2026-11-28", "is:reject") == {"Phòng Nội vụ": 2, "Phòng Tư pháp": 1}
    assert tally.mailboxes(index, "2026-11-27", "2026-11-28") == 3
    assert tally.mailboxes(index, "2026-11-27", "2026-11-27") == 1
