"""A mail is held whole or not at all: whatever fails before the 250 leaves no file and is told truly."""

import asyncio
import os
import shutil
import stat
import subprocess
import threading
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pyrage
import pytest
import yaml
from msgspec import structs

from gateway.audit import AuditLog, failpoints
from gateway.commands.audit import prune
from gateway.commands.hold import key
from gateway.errors import AuditError, AuditLostError, TemporaryError, UserError
from gateway.hold import seal
from gateway.hold.keeping import NotHeldError
from gateway.hold.seal import SealBrokenError, identity_of, make_identity, unseal
from gateway.hold.state import HoldState
from gateway.hold.store import HoldStore, InUseError, Limits, NoRoomError
from gateway.model import Disposition
from tests.audit.support import running
from tests.hold.steps import HOLD, PREPEND, Hall
from tests.hold.world import AN, CANARY, city, held_mail, notices
from tests.support.sink import Act

REFERENCE = "BT-00000001"
LIMITS = Limits(mails=10, bytes=1 << 20)


@asynccontextmanager
async def hall_of(tmp_path, **hold):
    async with city() as sink:
        yield sink, Hall(tmp_path, sink.port, **hold)


def nothing_is_left(hall):
    assert hall.files() == []
    held = hall.look(REFERENCE)
    assert held is None or held.state is HoldState.VOID


@pytest.mark.parametrize("point", HOLD[:5])
async def test_a_fault_at_any_place_leaves_no_file(tmp_path, monkeypatch, point):
    monkeypatch.setattr(failpoints, "hit", failpoints._armed({point: ("error", 1)}))
    async with hall_of(tmp_path) as (_, hall):
        with pytest.raises((TemporaryError, OSError)):
            await hall.hold_here(1)
        nothing_is_left(hall)


@pytest.mark.parametrize("reply", [b"450 4.2.1 later\r\n", b"550 5.1.1 unknown\r\n", b"nonsense\r\n"])
async def test_a_notice_that_is_not_taken_leaves_no_file(tmp_path, reply):
    async with hall_of(tmp_path) as (sink, hall):
        sink.script.notice = reply
        with pytest.raises(NotHeldError):
            await hall.hold_here(1)
        nothing_is_left(hall)
        sink.script.notice = None
        assert await hall.hold_here(2)
        (notice,) = notices(sink)
        assert notice.rcpt_lines == [f"RCPT TO:<{AN}>".encode()]
        assert CANARY.encode() not in notice.content


@pytest.mark.parametrize("kind", [AuditError, AuditLostError])
async def test_an_outcome_that_cannot_be_written_is_no_250(tmp_path, monkeypatch, kind):
    """Surely not written: nothing is held. Perhaps written: the file stays, and the log says later which it was."""
    put = AuditLog._put

    def failing(log, record, *more):
        if getattr(record, "delivery", None) is not None and record.delivery.value == "held":
            loop = asyncio.get_running_loop()
            failed = loop.create_future()
            loop.call_soon(failed.set_exception, kind("no"))
            return failed
        return put(log, record, *more)

    monkeypatch.setattr(AuditLog, "_put", failing)
    async with hall_of(tmp_path) as (_, hall):
        with pytest.raises(kind):
            await hall.hold_here(1)
        if kind is AuditError:
            nothing_is_left(hall)
        else:
            assert hall.files() == [f"{REFERENCE}.age"]
            assert hall.look(REFERENCE).state is HoldState.HELD, "what is owed is written with the next record"


async def test_who_gives_up_while_it_is_written_leaves_no_file(tmp_path, monkeypatch):
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    written = seal.seal

    def slow(*arguments):
        loop.call_soon_threadsafe(begun.set)
        time.sleep(0.3)
        return written(*arguments)

    monkeypatch.setattr("gateway.hold.store.seal", slow)
    async with hall_of(tmp_path) as (_, hall):
        work = asyncio.create_task(hall.hold_here(1))
        await begun.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        async with asyncio.timeout(300):
            while hall.files():
                await asyncio.sleep(0.02)


async def test_beyond_its_limits_the_store_takes_nothing(tmp_path):
    async with hall_of(tmp_path, mails=2) as (_, hall):
        assert [await hall.hold_here(number) for number in (1, 2, 3)] == [True, True, False]
        assert len(hall.files()) == 2
    store = HoldStore(tmp_path / "data")
    recipient = seal.recipient_of(hall.configuration.hold.recipient)
    with pytest.raises(NoRoomError):
        store.put("BT-9", [bytes(2 << 20)], size=2 << 20, recipient=recipient, limits=LIMITS)


@pytest.mark.slow
async def test_a_mailbox_that_had_its_notices_of_the_day_has_its_mail_refused(tmp_path):
    async with hall_of(tmp_path) as (sink, hall):
        assert [await hall.hold_here(number, day=0) for number in range(1, 22)] == [True] * 20 + [False]
        assert len(notices(sink)) == 20


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")
async def test_a_full_disk_leaves_no_file(tmp_path):
    async with hall_of(tmp_path) as (_, hall):
        place = hall.configuration.data / "hold"
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "fire", place], check=False, capture_output=True
        )
        if mounted.returncode:
            pytest.skip("no tmpfs can be mounted")
        try:
            with pytest.raises(NotHeldError, match="No space|Không|hết"):
                await hall.hold_here(1, content=held_mail(1, more="x" * 76 + "\r\n" * 1) + b"y" * 200_000 + b"\r\n")
            assert hall.files() == []
            assert await hall.hold_here(2)
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)


def judged(hall, **changes):
    case = hall.case(REFERENCE, held_mail(1))
    return case.transaction, structs.replace(case.verdict, **changes)


async def test_what_may_be_secret_or_has_nobody_to_notify_is_not_held(tmp_path):
    async with hall_of(tmp_path) as (_, hall):
        keeper = hall.keeper()
        transaction, verdict = judged(hall)
        assert keeper.may_hold(transaction, verdict)
        (finding, *others) = verdict.findings
        for suspected in (structs.replace(finding, confidential=True), structs.replace(finding, confidential=True, effective=Disposition.RELAY)):  # fmt: skip
            assert not keeper.may_hold(transaction, structs.replace(verdict, findings=(*others, suspected)))
        for disposition in set(Disposition) - {Disposition.HOLD}:
            assert not keeper.may_hold(transaction, structs.replace(verdict, disposition=disposition))
        for login in (None, "tên@x.example", "a b@x.example"):
            session = structs.replace(transaction.session, auth_user=login)
            assert not keeper.may_hold(structs.replace(transaction, session=session), verdict)


def test_a_key_is_made_only_where_gateway_yaml_can_name_it(tmp_path, capsys):
    strange, plain = tmp_path / os.fsdecode(b"k\xff"), tmp_path / "khóa: 1 #2"
    with pytest.raises(UserError):
        key(strange)
    assert not strange.exists()
    key(plain)
    assert yaml.safe_load(capsys.readouterr().out)["hold"]["identity"] == str(plain)


def test_a_sealed_file_opens_with_its_key_and_with_no_other(tmp_path):
    public = make_identity(tmp_path / "key")
    other = pyrage.x25519.Identity.generate()
    store = HoldStore(tmp_path)
    store.prepare()
    octets = PREPEND + held_mail(1) * 3000
    lease, digests = store.put(
        REFERENCE, [PREPEND, *[held_mail(1)] * 3000], size=len(octets), recipient=seal.recipient_of(public),
        limits=LIMITS,
    )  # fmt: skip
    for wait_s in (0.0, 0.05):
        with pytest.raises(InUseError), store.lease(REFERENCE, wait_s=wait_s):
            pass
    threading.Timer(0.05, lease.end).start()
    with store.lease(REFERENCE, wait_s=60):
        pass
    sealed = store.read(REFERENCE)
    assert CANARY.encode() not in sealed
    assert len(sealed) == digests.size
    assert unseal(sealed, identity_of(tmp_path / "key"), octets_sha256=digests.octets) == octets
    for identity, digest in ((other, digests.octets), (identity_of(tmp_path / "key"), "0" * 64)):
        with pytest.raises(SealBrokenError):
            unseal(sealed, identity, octets_sha256=digest)
    assert stat.S_IMODE((store.folder / f"{REFERENCE}.age").stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    if shutil.which("age"):
        path = store.folder / f"{REFERENCE}.age"
        opened = subprocess.run(["age", "-d", "-i", tmp_path / "key", path], check=True, capture_output=True).stdout
        assert opened == octets
        (tmp_path / "other").write_text(f"{other}\n")
        wrong = subprocess.run(["age", "-d", "-i", tmp_path / "other", path], check=False, capture_output=True)
        assert (wrong.returncode, wrong.stdout) == (1, b"")


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_a_fault_of_any_write_or_read_is_reported(tmp_path, monkeypatch, size):
    """Also of the last one, which the library forgets."""
    recipient = seal.recipient_of(make_identity(tmp_path / "key"))
    monkeypatch.setattr(seal.os, "write", lambda *_: (_ for _ in ()).throw(OSError(5, "EIO")))
    with (tmp_path / "file").open("wb") as file:
        with pytest.raises(OSError, match="EIO"):
            seal.seal([bytes(size)], file.fileno(), recipient)
    monkeypatch.undo()

    def broken():
        yield bytes(size)
        raise OSError(5, "EIO")

    with (tmp_path / "file").open("wb") as file:
        with pytest.raises(OSError, match="EIO"):
            seal.seal(broken(), file.fileno(), recipient)


def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path):
    key = tmp_path / "key"
    make_identity(key)
    with pytest.raises(UserError):
        make_identity(key)
    key.chmod(0o640)
    with pytest.raises(UserError, match="chmod 600"):
        identity_of(key)
    (tmp_path / "none").write_text("nothing\n")
    (tmp_path / "none").chmod(0o600)
    for path in (tmp_path / "none", tmp_path / "absent", tmp_path):
        with pytest.raises(UserError):
            identity_of(path)
    with pytest.raises(UserError):
        seal.recipient_of("age1" + "q" * 58)


async def test_a_name_that_leads_elsewhere_is_no_mail(tmp_path):
    store = HoldStore(tmp_path)
    store.prepare()
    (tmp_path / "x.age").touch()
    for name in ("../x", "X/../../x", "", ".", "bt-1"):
        assert not store.has(name)
        with pytest.raises(FileNotFoundError):
            store.lease(name)


async def test_an_answer_is_asked_once_of_a_login_that_repeats_itself(tmp_path):
    async with hall_of(tmp_path) as (sink, hall):
        sink.script.acts["unused"] = Act()
        assert await hall.hold_here(1)
        case = hall.case("BT-00000002", held_mail(1))
        async with running(hall.configuration.data, policy="hold") as audit:
            keeper = hall.keeper(audit)
            assert await keeper.held_before(case.transaction, 900) == REFERENCE
            other = structs.replace(case.transaction, sha256="0" * 64)
            assert await keeper.held_before(other, 900) is None
            hall.holds().store.remove(REFERENCE)
            assert await keeper.held_before(case.transaction, 900) is None, "what is not held any more is judged anew"


async def test_records_of_a_held_mail_are_not_pruned(tmp_path):
    async with hall_of(tmp_path) as (_, hall):
        assert await hall.hold_here(1)
        later = datetime.now(UTC) + timedelta(days=400)
        prune(hall.configuration, 1, "x", now=later)
        assert hall.look(REFERENCE).state is HoldState.HELD
        hall.holds().store.remove(REFERENCE)
        prune(hall.configuration, 1, "x", now=later)
        assert hall.look(REFERENCE) is None
