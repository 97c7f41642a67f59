"""Time a monthly report: python -m tests.bench.report [MAILS]. Prints a table; docs/performance.md keeps it."""

import hashlib
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from gateway.audit import record as r
from gateway.engine import load_policy_set
from gateway.report.figures import Wanted
from gateway.report.labels import labels
from gateway.report.make import counted, logs_of
from gateway.report.month import Month
from gateway.report.render import Format, render
from tests.audit.million import records_of, write
from tests.report.support import make

T = TypeVar("T")
MONTH = Month(2026, 11)
_UNITS = [f"Phòng {number}" for number in range(50)]
_BOXES = 1000
_RULES = (("typography", "issued_document_font", "TYP-02"), ("signed_documents", "unsigned", "SGN-08"),
          ("opaque", "encrypted", "OPQ-01"), ("classified", "suspected", "CLS-02"))  # fmt: skip


def mail(chance: random.Random, number: int) -> r.MailFacts:
    box = chance.randrange(_BOXES)
    refused = chance.random() < 0.06
    worst = chance.choice(_RULES)
    findings = [
        r.FindingFacts(policy="typography", rule="issued_document_font", code="TYP-02", outcome="passed", part="2"),
        r.FindingFacts(policy="signed_documents", rule="unsigned", code="SGN-08", outcome="passed", part="2",
                       params={"number": f"{number}/QĐ-UBND", "how": "signed", "signers": "UBND"}),
        r.FindingFacts(policy="opaque", rule="untidy", code="OPQ-08", outcome="failed" if number % 9 == 0 else "passed",
                       wanted="tag" if number % 9 == 0 else "relay", part="2"),
    ]  # fmt: skip
    if refused:
        policy, rule, code = worst
        findings.append(r.FindingFacts(policy=policy, rule=rule, code=code, outcome="failed", wanted="reject", effective="reject",
                                       part="2", filename=f"cong-van-{number % 700}.docx", article="QĐ 7600/QĐ-UBND, Điều 9.4c"))  # fmt: skip
    return r.MailFacts(
        session=r.SessionFacts(front_end="submission", client="192.0.2.7", login=f"user{box}.binhtan@tphcm.gov.vn"),
        reverse_path=f"user{box}.binhtan@tphcm.gov.vn",
        unit=_UNITS[box % len(_UNITS)],
        recipients={f"unit{chance.randrange(40)}.binhtan@tphcm.gov.vn": "relay" for _ in range(chance.randrange(1, 4))},
        size=200_000,
        sha256=hashlib.sha256(b"%d" % number).hexdigest(),
        subject="Kế hoạch triển khai công tác quý IV năm 2026",
        header_from=f"user{box}.binhtan@tphcm.gov.vn",
        message_id=f"<{number}@may.binhtan>",
        parts=(
            r.PartFacts(path="1", type="text/plain", size=300, sha256=hashlib.sha256(b"t%d" % number).hexdigest()),
            r.PartFacts(path="2", filename=f"cong-van-{number % 700}.docx", type="application/x", size=9,
                        sha256=hashlib.sha256(b"p%d" % number).hexdigest()),
        ),
        findings=tuple(findings),
        disposition="reject" if refused else "relay",
        would_be="reject" if refused else "relay",
        policy_digest="ab" * 32,
        directory_digest="cd" * 32,
    )  # fmt: skip


def build(data: Path, mails: int) -> int:
    """Write a month of mails; return how many records they are."""
    chance, begin = random.Random(1), MONTH.begin.astimezone(UTC) - timedelta(days=2)
    step = timedelta(days=MONTH.days + 4) / mails
    counts = tuple((unit, "personal", _BOXES // len(_UNITS)) for unit in _UNITS)

    def made() -> Iterator[tuple[datetime, r.Record]]:
        yield begin, r.Mailboxes(digest="cd" * 32, mailboxes=sum(one[2] for one in counts), counts=counts, statuses=())
        for number in range(mails):
            for record in records_of(f"BT-{number:08d}", mail(chance, number)):
                yield begin + step * number, record

    return write(data, made())


def main() -> None:
    mails = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    policies = load_policy_set("binhtan-7600")
    with tempfile.TemporaryDirectory(prefix="report-bench-") as name:
        data = Path(name)
        records = build(data, mails)
        print(f"| {mails} mails, {records} records | CPU s | s |\n|---|---|---|")
        made = _timed(
            "counted, chain held against",
            lambda: make(data, Wanted(month=MONTH), now=datetime(2026, 12, 10, tzinfo=UTC)),
        )
        now = datetime(2026, 12, 10, tzinfo=UTC)
        units = [Wanted(month=MONTH, unit=unit, persons=True) for unit in _UNITS[:30]]
        with logs_of(data, None) as logs:
            _timed("30 units, one walk", lambda: list(map(counted(logs, MONTH, now=now).report, units)))
        names = labels(made, policies, None)
        for form in Format:
            _timed(form.value, partial(render, made, names, form))
        print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB, {made.total.violations}")


def _timed(name: str, call: Callable[[], T]) -> T:
    begun, cpu = time.perf_counter(), _cpu_s()
    result = call()
    print(f"| {name} | {_cpu_s() - cpu:.2f} | {time.perf_counter() - begun:.2f} |", flush=True)
    return result


def _cpu_s() -> float:
    """Return processor time of this process and of the children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    main()
