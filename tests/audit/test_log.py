"""Durability: several processes, SIGKILL at any moment, full disks, damaged files, repetitions (catalogue A04, A06)."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.audit import AuditLog, Delivery
from gateway.audit.checkpoint import known_checkpoints
from gateway.audit.committer import Committer
from gateway.audit.query import AuditReader, Filter
from gateway.audit.store import Folder, Turn
from gateway.errors import AuditError
from gateway.model import Disposition, Reply
from tests.audit.support import (
    OK,
    REFUSAL,
    bodies,
    evidence,
    fill,
    relay,
    running,
    session,
    transaction,
    verdict,
    verified,
)
from tests.support.cases import slow

ROOT = Path(__file__).parents[2]


def spawn(*arguments: object, failpoints: str = "") -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GATEWAY_FAILPOINTS": failpoints}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.audit.writer_process", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    )


async def test_records_of_one_mail_stand_in_order_with_their_facts(tmp_path: Path):
    async with running(tmp_path, policy="office", policy_digest="ab") as log:
        await relay(log, 1)
        await log.refused(transaction(2), verdict(Disposition.REJECT), evidence(), REFUSAL)
        await log.recipient_refused(
            session(), "x@bad.example", "office@gov.example", verdict(Disposition.REJECT), REFUSAL
        )
        await log.auth_failed(session(), "an@gov.example", 535)
        await log.duplicate("BT-9", "BT-1")
        await log.trouble("BT-8", session(), "a@b", "ExceptionGroup")
    kinds = [record["kind"] for record in bodies(tmp_path)]
    assert kinds == [
        "start", "intent", "sending", "outcome", "refused", "recipient_refused", "auth_failed", "duplicate", "trouble",
        "stop",
    ]  # fmt: skip
    intent = bodies(tmp_path)[1]
    assert intent["mail"]["subject"] == "Báo cáo tháng"  # type: ignore[index]
    assert intent["mail"]["session"]["login"] == "an@gov.example"  # type: ignore[index]
    assert intent["seq"] == 2
    assert verified(tmp_path).exit_code == 0


async def test_a_confidential_mail_leaves_no_words_names_or_plain_digests(tmp_path: Path):
    async with running(tmp_path) as log:
        mail = evidence(subject="Kế hoạch mật của Phòng A", filename="Kế hoạch.docx")
        digest = "ab" * 32
        await log.refused(transaction(1, sha=digest), verdict(Disposition.REJECT, confidential=True), mail, REFUSAL)
    AuditReader.open(tmp_path).find(Filter(words="gov"))
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in ("Kế hoạch", "Phòng A", "TUYỆT", "mật/", "ke hoach", "phong a", digest, "cd" * 32):
        assert secret.encode() not in content
    mail_facts = bodies(tmp_path)[1]["mail"]
    assert mail_facts["findings"][0]["params"] == {"level": "mat", "where": "scan", "share": 97.5}  # type: ignore[index]
    assert mail_facts["findings"][0]["locator"] == "cell:B3"  # type: ignore[index]
    assert mail_facts["findings"][0]["part"] == "2!"  # type: ignore[index]
    reader = AuditReader.open(tmp_path)
    found = reader.find(Filter(sha256=reader.keyed(digest)[0]))
    assert [row.reference for row in found] == ["BT-00000001"]


async def test_many_waiting_records_share_commits(tmp_path: Path):
    async with running(tmp_path) as log:
        sequence = await asyncio.gather(*(log.sending(f"BT-{number}") for number in range(400)))
        assert sequence == list(range(2, 402))
    assert verified(tmp_path).checkpoints >= 2


async def test_a_closed_log_refuses_records(tmp_path: Path):
    log = AuditLog.open(tmp_path)
    with pytest.raises(AuditError):
        await log.sending("BT-1")
    await log.start()
    await log.close()
    await log.close()
    with pytest.raises(AuditError):
        await log.sending("BT-1")


@pytest.mark.slow
def test_four_processes_write_one_chain_fairly(tmp_path: Path):
    asyncio.run(fill(tmp_path, 1))
    processes = [spawn(tmp_path, 500, "records") for _ in range(4)]
    for process in processes:
        assert process.wait(300) == 0, process.stderr.read() if process.stderr else ""
    result = verified(tmp_path)
    assert result.faults == ()
    assert result.records == 5 + 4 * 502
    last_of = {record["process"]: record["seq"] for record in bodies(tmp_path)}
    assert len(last_of) == 5


@pytest.mark.slow
@pytest.mark.parametrize(
    "look", ["gateway.audit.committer.last_known_size", "gateway.audit.verifier.known_checkpoints"]
)
def test_what_others_write_while_a_log_is_opened_or_verified_is_no_damage(
    look: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asyncio.run(fill(tmp_path, 1))
    module, _, name = look.rpartition(".")
    original = getattr(sys.modules[module], name)

    def interrupted(place: object) -> object:
        monkeypatch.setattr(look, original)
        assert spawn(tmp_path, 100, "records").wait(300) == 0
        return original(place)

    monkeypatch.setattr(look, interrupted)
    Committer.open(tmp_path).close()
    assert verified(tmp_path).faults == ()


async def test_a_waiting_process_is_not_overtaken(tmp_path: Path):
    folder = Folder(tmp_path)
    folder.prepare()
    first, second = Turn(folder), Turn(folder)
    order: list[str] = []

    def take(turn: Turn, name: str) -> None:
        with turn:
            order.append(name)

    with first:
        task = asyncio.create_task(asyncio.to_thread(take, second, "second"))
        while not _gate_is_held(folder):
            await asyncio.sleep(0)
    await asyncio.gather(task, asyncio.to_thread(take, first, "first"))
    assert order == ["second", "first"]


def _gate_is_held(folder: Folder) -> bool:
    import fcntl

    with (folder.data / "audit.gate").open() as gate:
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_turn_that_does_not_come_is_an_audit_error(tmp_path: Path):
    folder = Folder(tmp_path)
    folder.prepare()
    with Turn(folder):
        with pytest.raises(AuditError, match="busy"):
            Turn(folder, budget_s=0.2).__enter__()


@pytest.mark.slow
def test_killed_at_random_nothing_acknowledged_is_lost_and_the_chain_stays_whole(tmp_path: Path):
    chance = random.Random(7600)
    acknowledged: set[int] = set()
    for round_number in range(12):
        process = spawn(tmp_path, 100_000, round_number * 100_000)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("recovered")
        stop_at = chance.randrange(1, 60)
        for count, line in enumerate(process.stdout, 1):
            acknowledged.add(int(line.split()[1]))
            if count >= stop_at:
                break
        time.sleep(chance.random() * 0.005)  # the moment within a commit is the point of this test
        process.send_signal(signal.SIGKILL)
        acknowledged |= {int(line.split()[1]) for line in process.stdout if line.endswith("\n")}
        process.wait(300)
    asyncio.run(fill(tmp_path, 1, first=99_000_000))
    outcomes = {record["id"] for record in bodies(tmp_path) if record["kind"] == "outcome"}
    assert {f"BT-{number:08d}" for number in acknowledged} <= outcomes
    intents = {record["id"] for record in bodies(tmp_path) if record["kind"] == "intent"}
    assert intents == outcomes, "every mail is concluded after recovery"
    assert verified(tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("failpoint", "delivery"),
    [
        ("audit.after_commit=kill@3", Delivery.UNKNOWN),
        slow("audit.after_commit=kill@2", Delivery.NOT_SENT),
        slow("audit.before_commit=kill@3", Delivery.NOT_SENT),
    ],
)
async def test_what_a_dead_process_left_open_is_concluded_at_start(failpoint: str, delivery: Delivery, tmp_path: Path):
    process = spawn(tmp_path, 1, 1, failpoints=failpoint)
    assert process.wait(300) == -signal.SIGKILL
    log = AuditLog.open(tmp_path)
    recovery = await log.start()
    expected = (("BT-00000001",), ()) if delivery is Delivery.UNKNOWN else ((), ("BT-00000001",))
    assert (recovery.unknown, recovery.not_sent) == expected
    assert (await log.already_relayed(None, transaction(1).envelope, "x")) is None
    await log.close()
    again = AuditLog.open(tmp_path)
    assert (await again.start()) == type(recovery)()
    await again.close()
    outcome = next(record for record in bodies(tmp_path) if record["kind"] == "outcome")
    assert outcome["delivery"] == delivery.value
    assert outcome["recovered"] is True
    assert verified(tmp_path).exit_code == 0


async def test_mails_of_a_living_process_are_left_alone(tmp_path: Path):
    async with running(tmp_path) as living:
        await living.intent(transaction(1), verdict(), evidence())
        other = AuditLog.open(tmp_path)
        recovery = await other.start()
        assert recovery.unknown == recovery.not_sent == ()
        await living.outcome(transaction(1).id, OK)
    await other.close()


async def test_a_repetition_is_recognised_by_every_process_and_after_a_restart(tmp_path: Path):
    first, second = AuditLog.open(tmp_path), AuditLog.open(tmp_path)
    await first.start()
    await second.start()
    sent = transaction(1, to=("b@gov.example", "c@gov.example"))
    login = sent.session.auth_user
    assert await first.already_relayed(login, sent.envelope, sent.sha256) is None
    await relay(first, 1, to=("b@gov.example", "c@gov.example"))
    swapped = transaction(2, to=("c@gov.example", "b@gov.example")).envelope
    for log in (first, second):
        found = await log.already_relayed(login, swapped, sent.sha256)
        assert found is not None
        assert found.id == "BT-00000001"
        assert await log.already_relayed("other", sent.envelope, sent.sha256) is None
        assert await log.already_relayed(login, sent.envelope, "0" * 64) is None
        assert await log.already_relayed(login, transaction(1).envelope, sent.sha256) is None
        assert await log.already_relayed(login, sent.envelope, sent.sha256, within_s=-1) is None
        await log.close()
    async with running(tmp_path) as third:
        assert await third.already_relayed(login, sent.envelope, sent.sha256) is not None


async def test_a_mail_without_outcome_is_known_to_every_process(tmp_path: Path):
    first, second = AuditLog.open(tmp_path), AuditLog.open(tmp_path)
    await first.start()
    await second.start()
    sent = transaction(1)
    same = (sent.session.auth_user, sent.envelope, sent.sha256)
    for delivery in (Delivery.NOT_SENT, None):
        await first.intent_and_sending(sent, verdict(), evidence())
        for log in (first, second):
            found = await log.already_relayed(*same)
            assert found is not None
            assert found.sending
        await first.outcome(sent.id, None if delivery else OK, delivery)
        found = await second.already_relayed(*same)
        assert (found is None) if delivery else (found is not None and not found.sending)
    for log in (first, second):
        await log.close()


async def test_a_refusal_by_the_next_hop_is_no_relay(tmp_path: Path):
    async with running(tmp_path) as log:
        sent = transaction(1)
        await log.intent(sent, verdict(), evidence())
        await log.sending(sent.id)
        await log.outcome(sent.id, Reply(code=452, enhanced="4.3.1", lines=("full",)))
        assert await log.already_relayed(sent.session.auth_user, sent.envelope, sent.sha256) is None
        await log.intent(sent, verdict(), evidence())
        await log.outcome(sent.id, None)
    assert [record["delivery"] for record in bodies(tmp_path) if record["kind"] == "outcome"] == [
        "upstream_deferred",
        "unknown",
    ]


async def test_checkpoints_are_made_every_hundred_records_and_at_the_end(tmp_path: Path):
    async with running(tmp_path) as log:
        for number in range(99):
            await log.sending(f"BT-{number}")
        assert [note.size for note in known_checkpoints(tmp_path / "checkpoints")[0]] == [100]
        await log.sending("BT-last")
    assert [note.size for note in known_checkpoints(tmp_path / "checkpoints")[0]] == [100, 102]
