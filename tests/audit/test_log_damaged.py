"""A log on a disk that is full, damaged or not there, and hostile text in records."""

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing, nullcontext, suppress
from pathlib import Path

import pytest

from gateway.audit import AuditLog, store
from gateway.audit.committer import Committer
from gateway.audit.export import export_jsonl
from gateway.audit.filter import Sight
from gateway.audit.installation import Written
from gateway.audit.patient import PatientCommitter
from gateway.audit.query import AuditReader, Filter
from gateway.audit.store import Folder, connect_readonly
from gateway.errors import AuditError, UserError
from gateway.model import Disposition, FrontEnd, Session
from tests.audit.support import (
    REFUSAL,
    evidence,
    fill,
    rewrite,
    running,
    transaction,
    verdict,
    verified,
)
from tests.audit.test_log import ROOT, bodies


@pytest.mark.slow
def test_a_full_disk_refuses_records_and_leaves_a_whole_log(tmp_path: Path):
    """RLIMIT_FSIZE stands for the full disk: it works without privileges, and writes fail as on a full disk."""
    asyncio.run(fill(tmp_path, 1))
    code = (
        "import asyncio, resource, sys\n"
        "from pathlib import Path\n"
        "from gateway.audit import AuditLog\n"
        "from gateway.errors import AuditError\n"
        "from tests.audit.support import relay\n"
        "async def main():\n"
        "    log = AuditLog.open(Path(sys.argv[1])); await log.start()\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, resource.RLIM_INFINITY))\n"
        "    done = failed = 0\n"
        "    for number in range(10, 400):\n"
        "        try:\n"
        "            await relay(log, number); done += 1\n"
        "        except AuditError:\n"
        "            failed += 1\n"
        "            break\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "    await relay(log, 1000)\n"
        "    await log.close(); print(done, failed)\n"
        "asyncio.run(main())\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    done, failed = map(int, result.stdout.split())
    assert failed == 1
    assert done > 10
    relayed = [record for record in bodies(tmp_path) if record["kind"] == "outcome" and record["delivery"] == "relayed"]
    assert len(relayed) == done + 2
    assert verified(tmp_path).exit_code == 0
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_damaged_or_missing_log_is_never_replaced_by_an_empty_one(tmp_path: Path):
    data = tmp_path / "data"
    asyncio.run(fill(data, 40))
    database = data / "audit.db"
    content = database.read_bytes()
    database.unlink()
    with pytest.raises(UserError, match="checkpoints are there"):
        AuditLog.open(data)
    assert not database.exists()
    assert not any(data.glob("audit.db-*")), "closing folds the WAL into the database"
    for broken in (b"", b"no database at all" * 500, content[: len(content) // 2], content[:100]):
        for suffix in ("-wal", "-shm"):
            database.with_name(f"audit.db{suffix}").unlink(missing_ok=True)
        database.write_bytes(broken)
        with pytest.raises(UserError, match="Restore it"):
            AuditLog.open(data)
    for suffix in ("-wal", "-shm"):
        database.with_name(f"audit.db{suffix}").unlink(missing_ok=True)
    database.write_bytes(content)
    assert verified(data).exit_code == 0


def test_a_page_that_was_overwritten_is_found_at_start(tmp_path: Path):
    asyncio.run(fill(tmp_path, 60))
    database = tmp_path / "audit.db"
    with database.open("r+b") as stream:
        stream.seek(4096 * 8)
        stream.write(b"\xff" * 4096)
    with pytest.raises(UserError, match="Restore it"):
        AuditLog.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_plain_message(tmp_path: Path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(UserError, match="cannot create"):
        AuditLog.open(blocker / "data")


async def test_hostile_text_is_kept_as_valid_bounded_json(tmp_path: Path):
    async with running(tmp_path) as log:
        mail = evidence(subject="x\udcff\x00\u202e" + "y" * 5000, filename="z" * 5000)
        await log.refused(transaction(1), verdict(Disposition.REJECT), mail, REFUSAL)
    facts = bodies(tmp_path)[1]["mail"]
    assert len(facts["subject"]) <= 320  # type: ignore[index]
    assert len(facts["parts"][0]["filename"]) <= 260  # type: ignore[index]
    assert verified(tmp_path).exit_code == 0


def test_a_log_that_cannot_be_opened_is_not_called_damaged_and_a_damaged_one_is(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "audit.db").mkdir()
    with pytest.raises(UserError, match="no audit log"):
        connect_readonly(tmp_path / "a" / "audit.db")
    with pytest.raises(UserError, match="cannot be opened"):
        AuditLog.open(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "audit.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(UserError, match="is damaged"):
        connect_readonly(tmp_path / "b" / "audit.db")


@pytest.mark.parametrize("turn", [False, True])
def test_a_writer_that_finds_its_log_locked_says_so_and_writes_once_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turn: bool
):
    asyncio.run(fill(tmp_path, 5))
    monkeypatch.setattr(store, "BUSY_BUDGET_S", 0.05)
    monkeypatch.setattr(store.Turn.__init__, "__defaults__", (0.05,))
    with closing(sqlite3.connect(tmp_path / "audit.db")) as other, closing(store.Turn(Folder(tmp_path))) as gate:
        with gate if turn else nullcontext():
            other.execute("SELECT 1" if turn else "BEGIN IMMEDIATE")
            patient = PatientCommitter(tmp_path, "", Written())
            with pytest.raises(AuditError, match="busy" if turn else r"cannot be opened.*locked"):
                patient.commit([])
        other.rollback()
        patient._next = 0.0
        assert patient.commit([]) > 5
        patient.close()


def test_a_writer_that_could_not_open_its_log_again_tries_once_more(tmp_path: Path):
    """As on a full disk while no descriptor is free; real limits of the system."""
    asyncio.run(fill(tmp_path, 1))
    with closing(Committer.open(tmp_path)) as committer:
        limits = {which: resource.getrlimit(which) for which in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)}
        try:
            for which, (_, most) in limits.items():
                resource.setrlimit(which, (0, most))
            with pytest.raises(AuditError):
                committer.commit([])
        finally:
            for which, before in limits.items():
                resource.setrlimit(which, before)
        with suppress(AuditError):
            committer.commit([])
        assert committer.commit([]) > 1


@pytest.mark.parametrize("forged", [b"\xff\0", b"[]", b'{"seq":8}', b'{"seq":8,"time":"x","kind":"intent"}'])
def test_a_record_that_cannot_be_read_hides_no_other_one(tmp_path: Path, forged: bytes):
    asyncio.run(fill(tmp_path, 10))
    rewrite(tmp_path, 8, lambda _: forged)
    for path in tmp_path.glob("audit-index.db*"):
        path.unlink()
    with AuditReader.open(tmp_path) as reader:
        rows = reader.find(Filter())
        assert [row.seq for row in rows if row.kind == "unreadable"] == [8]
        assert [row.kind for row in rows].count("intent") == 9, "it was the tenth"
        assert [row.kind for row in reader.find(Filter(sight=Sight(everybody=True)))].count("unreadable") == 0
        assert len(list(export_jsonl(reader))) == 32
    assert verified(tmp_path).first_bad == 8


async def test_what_an_mta_says_of_its_client_is_cut_and_made_text(tmp_path: Path):
    """A milter's macros may hold any octets; those that are no UTF-8 come as lone surrogates."""
    odd = Session(
        front_end=FrontEnd.MILTER,
        client_address="\udcff" * 1000,
        helo="\udcfe",
        tls="\udcfd" * 1000,
        queue_id="\udcfc" * 99,
    )
    async with running(tmp_path) as log:
        await log.trouble("BT-1", odd, "a\udcff@b", "x")
    facts = bodies(tmp_path)[1]["session"]
    assert len(facts["client"]) < 500  # type: ignore[index, arg-type]
    assert len(facts["tls"]) < 800  # type: ignore[index, arg-type]
