"""What the log counts: every kind of record once, from the end of the log at the start, and only what is new."""

import sqlite3

import pytest

from gateway.audit import AuditLog, Delivery
from gateway.audit.store import Folder
from gateway.errors import UserError
from gateway.metrics.log_counts import HANDOVER_BOUNDS_S, LogCounts
from gateway.model import Disposition
from tests.audit.support import OK, REFUSAL, evidence, relay, running, transaction, verdict


async def test_mails_are_counted_by_verdict_and_by_what_became_of_them(tmp_path):
    async with running(tmp_path) as log:
        await relay(log, 1)
        counts = LogCounts(tmp_path)  # what the log holds already is not counted
        await relay(log, 2)
        await relay(log, 3)
        await log.refused(transaction(4), verdict(Disposition.REJECT), evidence(), REFUSAL)
        failed = transaction(5)
        await log.intent(failed, verdict(Disposition.TAG), evidence())
        await log.outcome(failed.id, REFUSAL, None)
        counts.catch_up()
    kind = transaction().session.front_end.value
    assert counts.mails == {(kind, "relay"): 2, (kind, "reject"): 1, (kind, "tag"): 1}
    assert counts.bytes == {kind: 4 * transaction().size_bytes}
    assert counts.deliveries == {Delivery.RELAYED.value: 2, Delivery.UPSTREAM_REFUSED.value: 1}
    assert counts.findings == {("typography", "font", "reject"): 1, ("typography", "font", "tag"): 1}
    assert sum(counts.handovers) == 3
    assert counts.handover_s > 0


async def test_each_call_counts_only_what_is_new(tmp_path):
    async with running(tmp_path) as log:
        counts = LogCounts(tmp_path)
        for number in range(1, 4):
            await relay(log, number)
            counts.catch_up()
            counts.catch_up()
            assert counts.deliveries["relayed"] == number
        await log.auth_failed(transaction().session, "an@gov.example", 535)
        counts.catch_up()
        assert counts.auth_failures == 1


async def test_a_damaged_record_is_counted_and_hides_no_later_one(tmp_path):
    async with running(tmp_path) as log:
        counts = LogCounts(tmp_path)
        await relay(log, 1)
    with sqlite3.connect(Folder(tmp_path).database) as database:
        bodies = [body for (body,) in database.execute("SELECT body FROM record ORDER BY seq")]
        again = next(body for body in bodies if b'"kind":"outcome"' in body)
        last = len(bodies)
        database.executemany("INSERT INTO record VALUES (?, ?, x'00')", [(last + 1, b"\xff{"), (last + 2, again)])
    counts.catch_up()
    assert (counts.unreadable, counts.deliveries["relayed"], counts.last_seq) == (1, 2, last + 2)


async def test_a_mail_that_was_judged_before_the_start_has_no_time(tmp_path):
    async with running(tmp_path) as log:
        sent = transaction(1)
        await log.intent(sent, verdict(), evidence())
        counts = LogCounts(tmp_path)
        await log.outcome(sent.id, OK)
        counts.catch_up()
    assert counts.deliveries["relayed"] == 1
    assert not any(counts.handovers)


@pytest.mark.parametrize(
    ("seconds", "place"),
    [(-3.0, 0), (0.05, 0), (0.051, 1), (60.0, len(HANDOVER_BOUNDS_S) - 1), (61.0, len(HANDOVER_BOUNDS_S))],
)
async def test_a_time_falls_into_the_class_whose_bound_it_does_not_exceed(tmp_path, seconds, place):
    log = AuditLog.open(tmp_path)
    await log.start()
    await log.close()
    counts = LogCounts(tmp_path)
    counts._handed_over(seconds)
    assert counts.handovers.index(1) == place
    assert counts.handover_s == max(0.0, seconds)


def test_there_is_nothing_to_count_without_a_log(tmp_path):
    with pytest.raises(UserError, match="audit"):
        LogCounts(tmp_path)


async def test_a_log_that_went_away_is_an_error_of_sqlite_and_counts_stay(tmp_path):
    async with running(tmp_path) as log:
        counts = LogCounts(tmp_path)
        await relay(log, 1)
        counts.catch_up()
    counts._log.close()
    with pytest.raises(sqlite3.Error):
        counts.catch_up()
    assert counts.deliveries["relayed"] == 1
