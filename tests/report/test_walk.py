"""Any month equals an independent walk of its records: plain JSON, lists, and the definitions written down once more."""

import asyncio
import random
import unicodedata
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.audit.record import Delivery
from gateway.model import VIETNAM, Disposition, FindingOutcome, Mode
from gateway.report.figures import Violations
from tests.audit.support import bodies
from tests.report.support import NOVEMBER, Found, Office, box, directory, report
from tests.support.cases import first_quick

SENDERS = ("an", "ba", "cu", "dan@b.vn")
RULES = ("typography.issued_document_font", "signed_documents.unsigned", "opaque.encrypted")
NAMES = ("a.docx", "A.docx", "kế hoạch.docx", unicodedata.normalize("NFD", "kế hoạch.docx"))


def _found(chance: random.Random) -> Found:
    if chance.random() < 0.5:
        return Found(chance.choice(RULES), file=chance.choice("xy"))
    return Found(
        chance.choice(RULES),
        chance.choice(list(Disposition)),
        chance.choice(list(FindingOutcome)),
        chance.choice([Mode.ENFORCE, Mode.ENFORCE, Mode.MONITOR]),
        chance.choice([None, None, None, "WV-1"]),
        file=chance.choice([None, "x", "y"]),
        number=chance.choice(["", "-", "1/CV", "2/CV"]),
    )


def _events(chance: random.Random):
    """Yield hours and what happens then: mails, some of them sent again in order or not, and other directories."""
    for _ in range(40):
        hours = chance.randrange(36 * 24)
        if chance.random() < 0.1:
            yield hours, chance.randrange(3)
            continue
        files = [(chance.choice(NAMES), chance.choice("xy")) for _ in range(chance.randrange(3))]
        mail = {
            "sender": chance.choice(SENDERS),
            "findings": [_found(chance) for _ in range(chance.randrange(3))],
            "to": chance.sample(["b@a.vn", "B@a.vn", "c@a.vn"], k=chance.randrange(1, 3)),
            "files": files,
            "login": chance.choice(["", None, "other"]),
            "delivery": chance.choice([*[Delivery.RELAYED] * 4, Delivery.UNKNOWN, Delivery.PASSED_ON, None]),
        }
        yield hours, mail
        if chance.random() < 0.5:
            fixed = [(chance.choice([name, chance.choice(NAMES)]), "z") for name, _ in files]
            findings = [_found(chance)] if chance.random() < 0.3 else []
            yield hours + chance.choice([0, 1, 30, 71, 72, 73, 100]), {**mail, "files": fixed, "findings": findings}


@pytest.mark.parametrize("seed", first_quick(range(25), 8))
def test_a_report_equals_an_independent_walk(tmp_path, monkeypatch, seed):
    events = sorted(_events(random.Random(seed)), key=lambda one: one[0])
    asyncio.run(_write(tmp_path, monkeypatch, events))
    got = {
        one.unit: (
            (one.sent.mails, one.sent.recipients, one.sent.octets, one.sent.documents, one.sent.signed),
            one.violations,
            one.unmended,
        )
        for one in report(tmp_path).units
        if one.sent.mails or one.violations != Violations()
    }
    assert got == _walk(tmp_path)


async def _write(data: Path, monkeypatch, events) -> None:
    with monkeypatch.context() as patch:
        office = await Office.open(data, patch, month=10, day=30)
        listed = [box(name, "A" if name == "an" else "B") for name in ("an", "ba", "cu")]
        moved = [box(name, "B") for name in ("an", "ba", "cu")]
        for hours, what in events:
            office.clock.moment = NOVEMBER.begin - timedelta(days=2) + timedelta(hours=hours)
            if isinstance(what, int):
                await office.lists(directory(f"d{what}", *(listed, moved, listed[:1])[what]))
            else:
                await office.sends(
                    what["sender"], *what["findings"], **{k: what[k] for k in ("to", "files", "login", "delivery")}
                )
        await office.close()


def _walk(data: Path):
    records = bodies(data)
    became = {one["id"]: one["delivery"] for one in records if one["kind"] == "outcome"}
    judged = [(datetime.fromisoformat(one["time"]), one) for one in records if one["kind"] in {"intent", "refused"}]
    month = [(when, one) for when, one in judged if (at := when.astimezone(VIETNAM)).year == 2026 and at.month == 11]
    handed_on = [(when, one["mail"]) for when, one in judged if became.get(one["id"]) in {"relayed", "passed_on"}]
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for _, one in month:
        if became.get(one["id"]) in {"relayed", "passed_on"}:
            mail = one["mail"]
            numbers = defaultdict(set)
            for found in mail.get("findings", ()):
                number = found.get("params", {}).get("number", "-")
                if found["rule"] == "unsigned" and found["outcome"] != "indeterminate" and number != "-":
                    numbers[number].add(found["outcome"])
            sums[mail.get("unit", "")] += Counter(
                mails=1, recipients=len(mail["recipients"]), octets=mail["size"], documents=len(numbers),
                signed=sum("passed" in outcomes for outcomes in numbers.values()),
            )  # fmt: skip
    tries = defaultdict(list)
    for when, one in month:
        mail = one["mail"]
        digests = {part["path"]: part["sha256"] for part in mail["parts"]}
        for found in mail.get("findings", ()):
            if found["outcome"] != "passed" and found.get("wanted", "relay") != "relay":
                about = digests.get(found.get("part"), mail["sha256"])
                tries[_sender(mail), about, found["policy"], found["rule"]].append((when, mail, found))
    violations: dict[str, Counter[str]] = defaultdict(Counter)
    things = defaultdict(set)
    for (sender, about, policy, rule), each in tries.items():
        kinds = {_kind(found) for _, _, found in each}
        kind = next(one for one in ("waived", "prevented", "recorded", "untold", "noted") if one in kinds)
        unit = each[0][1].get("unit", "")
        stopped = [(when, mail, found) for when, mail, found in each if _kind(found) == "prevented"]
        mended = any(_mends(one, stopped, sender, policy, rule) for one in handed_on)
        violations[unit] += Counter({kind: 1})
        if kind == "prevented":
            violations[unit] += Counter(mended=mended, named=any("filename" in found for _, _, found in stopped))
            if not mended:
                things[unit].add((sender, about))
        if kind in {"prevented", "recorded"} and not any("login" in mail["session"] for _, mail, _ in each):
            violations[unit] += Counter(unproven=1)
    return {
        unit: (
            tuple(sums[unit][name] for name in ("mails", "recipients", "octets", "documents", "signed")),
            Violations(**violations[unit]),
            len(things[unit]),
        )
        for unit in {*sums, *violations}
    }


def _sender(mail) -> str:
    return mail.get("mailbox", mail["reverse_path"].lower())


def _kind(found) -> str:
    if "waiver" in found:
        return "waived"
    if found["outcome"] == "indeterminate":
        return "untold"
    if found["wanted"] == "tag":
        return "noted"
    return "recorded" if found.get("mode") == "monitor" else "prevented"


def _name(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower()


def _mends(handed_on, stopped, sender, policy, rule) -> bool:
    when, mail = handed_on
    named = [one for one in stopped if "filename" in one[2]]
    # Tries up to that mail: what is refused after it cannot have been mended by it.
    before = [one for one in stopped if one[0] <= when]
    if not named or named[0][0] >= when or _sender(mail) != sender or when > before[-1][0] + timedelta(days=3):
        return False
    if any(
        found["rule"] == rule and found["policy"] == policy and found["outcome"] != "passed"
        for found in mail.get("findings", ())
    ):
        return False
    names = {_name(part["filename"]) for part in mail["parts"] if "filename" in part}
    recipients = {address.lower() for address in mail["recipients"]}
    return bool(names & {_name(one[2]["filename"]) for one in before if "filename" in one[2]}) and bool(
        recipients & {address.lower() for one in before for address in one[1]["recipients"]}
    )


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch):
    """Hundreds of logs are written; none has to outlive the machine."""
    from gateway.audit import store

    connect = store.connect

    def quick(path):
        connection = connect(path)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    monkeypatch.setattr(store, "connect", quick)
