"""A copy of the log, made while it is written to: whole, private, and one that a gateway starts from."""

import asyncio
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from gateway.audit import AuditLog
from gateway.audit import backup as module
from gateway.audit.backup import backup, pages
from gateway.audit.verify import verify
from gateway.errors import UserError
from gateway.notice import NoticeBook
from gateway.steward.accounts.book import Book, all_accounts
from tests.audit.support import relay, rewrite, running
from tests.e2e.gateway_process import cli


async def test_a_mail_that_the_copy_says_is_held_has_its_file(tmp_path, monkeypatch):
    async with running(tmp_path / "data"):
        held = tmp_path / "data" / "hold"
        held.mkdir()
        opened = module.connect_readonly

        def held_meanwhile(path):
            (held / "BT-1.age").write_bytes(b"sealed")  # its record follows, and is in what is read now
            return opened(path)

        monkeypatch.setattr(module, "connect_readonly", held_meanwhile)
        await asyncio.to_thread(backup, tmp_path / "data", tmp_path / "copy", tick=lambda _: None)
    assert (tmp_path / "copy" / "hold" / "BT-1.age").read_bytes() == b"sealed"


@pytest.mark.slow
async def test_a_copy_made_while_records_are_written_is_whole_and_is_started_from(tmp_path):
    async with running(tmp_path / "data") as log:
        for number in range(60):
            await relay(log, number)
        writing = asyncio.create_task(relays(log, 60, 200))
        with Book.under(tmp_path / "data").changing() as connection:
            connection.execute("INSERT INTO account (name, display, roles) VALUES ('an', 'An', 'auditor')")
        with closing(NoticeBook(tmp_path / "data")) as book:
            book.mark("report:2026-10", kind="month", now=0)
        held = tmp_path / "data" / "hold"
        held.mkdir()
        for name in ("BT-1.age", "BT-2.part", ".lock"):
            (held / name).write_bytes(b"sealed")
        (tmp_path / "data" / "waivers.yaml").write_text("version: 1\n")
        (tmp_path / "data" / "rules" / "3").mkdir(parents=True)
        (tmp_path / "data" / "rules" / "in-force").symlink_to("3")
        seen = []
        copy = await asyncio.to_thread(backup, tmp_path / "data", tmp_path / "copy", tick=seen.append)
        await writing
    assert copy.exit_code == 0, copy.faults
    assert copy.records >= 120
    assert sum(seen) >= 1
    assert not list(tmp_path.glob("*.part"))
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {
        "accounts.db", "audit.db", "checkpoints", "hold", "keys", "notices.db", "rules", "waivers.yaml",
    }  # fmt: skip
    assert {path.name for path in (tmp_path / "copy" / "hold").iterdir()} == {"BT-1.age", ".from-backup"}
    assert (tmp_path / "copy" / "rules" / "in-force").readlink().name == "3"
    with closing(NoticeBook(tmp_path / "copy")) as book:
        assert book.has("report:2026-10"), "or it would be sent again"
    assert stat.S_IMODE((tmp_path / "copy" / "accounts.db").stat().st_mode) == 0o600
    with Book.under(tmp_path / "copy").reading() as connection:
        assert [account.name for account in all_accounts(connection)] == ["an"]
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700
    async with running(tmp_path / "copy") as restored:
        await relay(restored, 999)
    again = verify(tmp_path / "copy")
    assert (again.exit_code, again.records > copy.records) == (0, True)


async def relays(log, first, last):
    for number in range(first, last):
        await relay(log, number)


async def test_each_file_of_a_copy_is_durable_before_the_copy_has_its_name(tmp_path, monkeypatch):
    async with running(tmp_path / "data") as log:
        await relay(log, 1)
    (tmp_path / "data" / "hold").mkdir()
    (tmp_path / "data" / "hold" / "BT-1.age").write_bytes(b"sealed")
    (tmp_path / "data" / "waivers.yaml").write_text("waivers: []\n")
    synced, sync = set(), os.fsync

    def seen(descriptor):
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    await asyncio.to_thread(backup, tmp_path / "data", tmp_path / "copy", tick=lambda _: None)
    copied = {path.name for path in (tmp_path / "copy").rglob("*")}
    assert copied >= {"BT-1.age", "waivers.yaml", "audit-ed25519", "checkpoints"}
    assert copied <= synced


async def test_a_folder_that_exists_is_left_alone_and_without_a_log_there_is_nothing(tmp_path):
    log = AuditLog.open(tmp_path / "data")
    await log.start()
    await log.close()
    (tmp_path / "copy").mkdir()
    run = await cli("audit", "backup", tmp_path / "copy", "--data", tmp_path / "data")
    assert (run.code, "đã có" in run.err, list((tmp_path / "copy").iterdir())) == (2, True, [])
    for target in (Path(), Path("/")):
        with pytest.raises(UserError, match="name a new folder"):
            backup(tmp_path / "data", target, tick=lambda _: None)
    with pytest.raises(UserError):
        pages(tmp_path)


@pytest.mark.parametrize("name", ["accounts.db", "notices.db", "keys/cluster-hmac", "checkpoints/x", "rules/1/x"])
async def test_what_cannot_be_copied_is_named_and_nothing_is_left(tmp_path, name):
    data = tmp_path / "data"
    log = AuditLog.open(data)
    await log.start()
    await log.close()
    (data / name).parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".db"):
        (data / name).mkdir()
    else:
        os.mkfifo(data / name)
    with pytest.raises(UserError, match=f"{name}: .*cannot be copied"):
        backup(data, tmp_path / "copy", tick=lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["data"], "keys are in a part of a copy too"


async def test_the_copy_of_a_log_that_was_changed_says_so(tmp_path):
    async with running(tmp_path / "data") as log:
        await relay(log, 1)
    rewrite(tmp_path / "data", 2, lambda body: body.replace(b"session", b"sessiom"))
    run = await cli("audit", "backup", tmp_path / "copy", "--data", tmp_path / "data")
    assert run.code == 1
    assert (tmp_path / "copy" / "audit.db").exists()


async def test_no_account_is_changed_while_the_copy_takes_its_moment(tmp_path, monkeypatch):
    log = AuditLog.open(tmp_path / "data")
    await log.start()
    await log.close()
    with closing(Book.under(tmp_path / "data")) as book:
        with book.changing() as connection:
            connection.execute("INSERT INTO account (name, display, roles) VALUES ('an', 'An', 'auditor')")
        tried = []

        def at_this_moment(*connection):
            taken(*connection)
            with closing(sqlite3.connect(tmp_path / "data" / "accounts.db", timeout=0)) as other:
                try:
                    other.execute("DELETE FROM account")
                except sqlite3.OperationalError as error:
                    tried.append(str(error))

        taken = module._at_this_moment
        monkeypatch.setattr(module, "_at_this_moment", at_this_moment)
        assert (
            await asyncio.to_thread(backup, tmp_path / "data", tmp_path / "copy", tick=lambda _: None)
        ).exit_code == 0
        assert tried == ["database is locked"] * 3
        with book.changing() as connection:
            connection.execute("DELETE FROM account")
    with Book.under(tmp_path / "copy").reading() as connection:
        assert [account.name for account in all_accounts(connection)] == ["an"]
