"""Logs that earlier versions wrote, made once and kept: they open, are extended in place, verify, and are replayed.

`logs/0.1.tar.xz` was written by the last version without facts (commit cea34014), `logs/0.2.0.tar.xz` by 0.2.0 from every
twelfth mail of its case files. Both are whole data folders with keys of their own.
"""

import asyncio
import tarfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.audit import record as r
from gateway.audit.replay import kept_mails
from gateway.engine import evaluate_facts
from gateway.model import Disposition, FindingOutcome
from gateway.pipeline.what_if import Summary, Wanted, changed_mails
from tests.audit.support import fill, verified
from tests.audit.test_kept_facts import TYPES
from tests.support.policies import preset

LOGS = Path(__file__).with_name("logs")


@pytest.fixture
def data(request, tmp_path: Path) -> Path:
    with tarfile.open(LOGS / f"{request.param}.tar.xz") as kept:
        kept.extractall(tmp_path, filter="data")
    return tmp_path


def replayed(data: Path, unit: str = "") -> Summary:
    summary = Summary()
    wanted = Wanted(since=datetime.now(UTC) - timedelta(days=40_000), unit=unit)
    list(changed_mails(data, preset(), preset("monitor"), wanted, summary, tick=lambda _: None))
    return summary


@pytest.mark.parametrize("data", ["0.1", "0.2.0"], indirect=True)
def test_a_log_of_before_is_extended_in_place_and_verifies(data: Path):
    before = verified(data)
    assert before.exit_code == 0
    asyncio.run(fill(data, 2, first=900))
    after = verified(data)
    assert (after.exit_code, after.records > before.records) == (0, True)


@pytest.mark.parametrize("data", ["0.1"], indirect=True)
def test_mails_without_facts_are_cannot_tell(data: Path):
    assert replayed(data).indeterminate == Counter(none=5)


@pytest.mark.parametrize("data", ["0.2.0"], indirect=True)
def test_facts_of_an_earlier_release_give_the_findings_that_it_recorded(data: Path):
    mails = [mail for mail in kept_mails(data, TYPES) if isinstance(mail.record, r.Refused)]
    assert len(mails) == 31
    for mail in mails:
        assert mail.observed is not None, mail.reason
        verdict = evaluate_facts(mail.observed, preset())
        found = {
            (judged.policy, judged.finding.rule, judged.finding.locator)
            for judged in verdict.findings
            if judged.finding.outcome is not FindingOutcome.PASSED
        }
        recorded = {(one.policy, one.rule, one.locator) for one in mail.record.mail.findings if one.outcome != "passed"}
        assert found == recorded, mail.record.id
        assert verdict.disposition is Disposition.parse(mail.record.mail.disposition)
    summary = replayed(data)
    assert (summary.mails, summary.indeterminate, summary.faults) == (32, Counter(content=1), Counter())
