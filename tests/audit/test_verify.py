"""The chain and its checkpoints: every kind of tampering is found, by both verifiers (catalogue A01, A02, A03, A05)."""

import asyncio
import hashlib
import json
import random
import resource
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from gateway.audit import AuditLog
from gateway.audit.chain import Head
from gateway.audit.checkpoint import Signer, append_note, known_checkpoints, seal
from gateway.audit.committer import Committer
from gateway.audit.export import export_jsonl
from gateway.audit.query import AuditReader, Filter
from gateway.audit.render import render_verification
from gateway.audit.retention import prune
from gateway.audit.store import Folder
from gateway.audit.verify import verify
from gateway.audit.verify_standalone import signature_holds
from gateway.commands.audit import prune as prune_command
from gateway.config.sections import Configuration
from gateway.errors import UserError
from tests.audit.support import alter, fill, said_alone, standalone, verified


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "data"))


def test_a_disk_that_takes_half_of_a_checkpoint_leaves_none_of_it(data: Path):
    note = known_checkpoints(data / "checkpoints")[0][-1]
    path = next((data / "checkpoints").glob("*.notes"))
    before, (soft, hard) = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, hard))
    try:
        with pytest.raises(OSError, match="No space"):
            append_note(Folder(data), note)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    append_note(Folder(data), note)
    assert verified(data).exit_code == 0


def tamper(data: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(data / "audit.db", isolation_level=None)
    connection.execute("DROP TRIGGER record_no_update")
    connection.execute("DROP TRIGGER record_no_delete")
    connection.create_function("flipped", 1, lambda octets: bytes([octets[0] ^ 1]) + octets[1:])
    return connection


def rechain(connection: sqlite3.Connection) -> None:
    """Do what somebody who knows the format does after a change: compute all hashes again."""
    chain = bytes(32)
    for seq, body in connection.execute("SELECT seq, body FROM record ORDER BY seq").fetchall():
        chain = hashlib.sha256(chain + bytes(body)).digest()
        connection.execute("UPDATE record SET hash = ? WHERE seq = ?", (chain, seq))


def test_an_untouched_log_is_whole(data: Path):
    result = verified(data)
    assert result.faults == ()
    assert result.records == 362
    noted = sqlite3.connect(data / "audit.db").execute("SELECT count(*) FROM checkpoint").fetchone()[0]
    assert result.checkpoints == noted > 1
    assert result.exit_code == 0


EDIT = "UPDATE record SET body = CAST(replace(CAST(body AS TEXT), '\"kind\"', '\"kinD\"') AS BLOB) WHERE seq = :seq"
DELETE = "DELETE FROM record WHERE seq = :seq"
DUPLICATE = (
    "UPDATE record SET seq = -seq - 1 WHERE seq > :seq",
    "UPDATE record SET seq = -seq WHERE seq < 0",
    "INSERT INTO record SELECT seq + 1, body, hash FROM record WHERE seq = :seq",
)
MADE_UP = """printf('{"seq":%d,"kind":"sending","id":"BT-FALSE"}', seq)"""
MUTATIONS = {
    "the rest moved away": (
        "UPDATE record SET seq = -seq - 1000 WHERE seq > :seq",
        "UPDATE record SET seq = -seq WHERE seq < 0",
    ),
    "edited": (EDIT,),
    "one bit of a hash edited": ("UPDATE record SET hash = flipped(hash) WHERE seq = :seq",),
    "deleted": (DELETE,),
    "deleted and the gap closed": (
        DELETE,
        "UPDATE record SET seq = -seq WHERE seq > :seq",
        "UPDATE record SET seq = -seq - 1 WHERE seq < 0",
    ),
    "duplicated": DUPLICATE,
    "swapped": (
        "UPDATE record SET seq = -1 WHERE seq = :seq",
        "UPDATE record SET seq = :seq WHERE seq = :seq + 1",
        "UPDATE record SET seq = :seq + 1 WHERE seq = -1",
    ),
    "a made up record": (*DUPLICATE, f"UPDATE record SET body = CAST({MADE_UP} AS BLOB) WHERE seq = :seq + 1"),
    "edited and chained again": (EDIT,),
}


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_mutation_at_any_position_is_found_and_placed(mutation: str, filled: Path, tmp_path: Path):
    chance = random.Random(list(MUTATIONS).index(mutation))
    for round_number, seq in enumerate([2, 359, *(chance.randrange(3, 359) for _ in range(6))]):
        data = Path(shutil.copytree(filled, tmp_path / str(round_number)))
        with closing(tamper(data)) as connection:
            for statement in MUTATIONS[mutation]:
                connection.execute(statement, {"seq": seq})
            if mutation == "edited and chained again":
                rechain(connection)
        result = verify(data)
        assert result.exit_code == 1
        if mutation == "edited and chained again":
            assert result.first_bad is not None
            assert result.first_bad <= seq
            assert any("checkpoint" in fault for fault in result.faults)
        else:
            assert result.first_bad in {seq, seq + 1}
        if round_number == 0:
            assert standalone(data / "audit.db", data / "checkpoints") == 1


def test_a_cut_end_is_found_by_the_checkpoint_beside_it(data: Path):
    alter(data, "DELETE FROM record WHERE seq > 250")
    result = verified(data)
    assert result.exit_code == 1
    assert result.first_bad == 251
    with pytest.raises(UserError, match="362"):
        AuditLog.open(data)


def test_a_cut_end_is_found_at_the_start_whatever_day_a_clock_once_said(data: Path):
    note = next(one for one in known_checkpoints(data / "checkpoints")[0] if one.size < 250)
    for name in ("2099-01-01", "2099-01-01-witnessed"):
        (data / "checkpoints" / f"{name}.notes").write_text(f"{note.note}\n")
    with closing(tamper(data)) as connection:
        connection.execute("DELETE FROM record WHERE seq > 250")
        connection.execute("DELETE FROM checkpoint WHERE size > 250")
    with pytest.raises(UserError, match="362"):
        AuditLog.open(data)


def test_a_cut_end_without_its_checkpoints_is_found_only_by_a_copy_elsewhere(data: Path, tmp_path: Path):
    copy = Path(shutil.copytree(data / "checkpoints", tmp_path / "copy"))
    with closing(tamper(data)) as connection:
        connection.execute("DELETE FROM record WHERE seq > 250")
        connection.execute("DELETE FROM checkpoint WHERE size > 250")
    for path in (data / "checkpoints").glob("*.notes"):
        kept = [note.note for note in known_checkpoints(data / "checkpoints")[0] if note.size <= 250]
        path.write_text("".join(f"{note}\n" for note in kept))
    assert verified(data).exit_code == 0  # said plainly in docs/audit-format.md
    assert verified(data, copy).first_bad == 251


def test_a_log_rewritten_with_the_key_is_found_by_the_copy_of_a_witness(data: Path, tmp_path: Path):
    copy = Path(shutil.copytree(data / "checkpoints", tmp_path / "copy"))
    with closing(tamper(data)) as connection:
        connection.execute(EDIT, {"seq": 30})
        rechain(connection)
        signer = Signer((data / "keys" / "audit-ed25519").read_bytes())
        sizes = connection.execute("SELECT size FROM checkpoint").fetchall()
        connection.execute("DELETE FROM checkpoint")
        connection.execute("DELETE FROM tree")
        notes = []
        for (size,) in sizes:
            (head,) = connection.execute("SELECT hash FROM record WHERE seq = ?", (size,)).fetchone()
            notes.append(f"{seal(connection, signer, Head(size, head), datetime.now(UTC)).note}\n")
    for path in (data / "checkpoints").glob("*.notes"):
        path.write_text("".join(notes))
    assert verified(data).exit_code == 0
    assert verified(data, copy).exit_code == 1


def test_a_forged_checkpoint_is_found_by_its_signature(data: Path):
    path = next((data / "checkpoints").glob("*.notes"))
    size = known_checkpoints(data / "checkpoints")[0][0].size
    path.write_text(path.read_text().replace(f"\n{size}\n", f"\n{size + 1}\n", 1))
    assert verified(data).exit_code == 1


def test_a_log_whose_machine_was_given_a_name_and_another_one_is_whole(data: Path):
    for number, node in enumerate(("binhtan-1", "binhtan-2", "")):
        Committer.open(data, node=node).close()
        asyncio.run(fill(data, 1, first=1000 + number))
        origin = "/".join(
            filter(None, ("gateway-audit", node, Signer((data / "keys/audit-ed25519").read_bytes()).key_id))
        )
        assert (data / "checkpoints/public-key.txt").read_text().startswith(f"{origin}+")
        assert verified(data).faults == ()
    notes = "".join(path.read_text() for path in (data / "checkpoints").glob("*.notes"))
    assert "gateway-audit/binhtan-1/" in notes
    with AuditReader.open(data) as reader:
        started = [json.loads(body) for _, body, _ in reader.links() if b'"kind":"start"' in body]
    assert [record.get("node", "") for record in started] == ["", "binhtan-1", "binhtan-2", ""]


def test_a_torn_last_note_is_no_tampering(data: Path):
    path = next((data / "checkpoints").glob("*.notes"))
    with path.open("a") as stream:
        stream.write("gateway-audit/00000000\n400\nAAAA")
    result = verified(data)
    assert result.exit_code == 0
    assert any("checkpoint" in note for note in result.notes)


def test_retention_leaves_a_gap_that_proves_itself(data: Path):
    later = datetime.now(UTC) + timedelta(days=1)
    assert prune(data, before=datetime.now(UTC) - timedelta(days=1), reason="too early", now=later) == 0
    assert prune(data, before=later, reason="sau 5 năm \udcff", now=later) == 362
    asyncio.run(fill(data, 5, first=1000))
    result = verified(data)
    assert result.exit_code == 0
    assert result.first == 363
    assert any("sau 5 năm \\udcff" in note for note in result.notes)
    alter(data, "DELETE FROM record WHERE seq < 365")
    assert verified(data).exit_code == 1


async def test_a_record_of_a_clock_that_was_years_ahead_keeps_none_for_years(data: Path):
    with mock.patch("gateway.audit.record.datetime") as clock:
        clock.now.return_value = datetime(2099, 1, 1, tzinfo=UTC)
        await fill(data, 40, first=1000)
    later = datetime.now(UTC) + timedelta(days=400)
    assert prune(data, before=later - timedelta(days=365), reason="x", now=later) == 362


async def test_records_behind_a_clock_that_was_set_back_take_no_younger_ones_with_them(data: Path):
    with mock.patch("gateway.audit.record.datetime") as clock:
        clock.now.return_value = datetime(2000, 1, 1, tzinfo=UTC)
        await fill(data, 40, first=1000)
    now = datetime.now(UTC)
    assert prune(data, before=now - timedelta(days=1), reason="x", now=now) == 0
    assert prune(data, before=now + timedelta(days=1), reason="x", now=now) > 362


def test_a_removal_that_index_and_notes_cannot_follow_is_reported_as_done(data: Path):
    later = datetime.now(UTC) + timedelta(days=1)
    (data / "checkpoints" / f"{later:%Y-%m-%d}.notes").mkdir()
    with pytest.raises(UserError, match="362 records were removed .*Is a directory"):
        prune(data, before=later, reason="x", now=later)
    (data / "checkpoints" / f"{later:%Y-%m-%d}.notes").rmdir()
    assert verified(data).exit_code == 0


def test_the_command_forgets_old_records_everywhere_and_verify_reports_the_gap(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with AuditReader.open(data) as reader:
        assert reader.find(Filter(limit=1000))
    now = datetime.now(UTC)
    assert prune_command(Configuration(data=data), 1, "chưa đến hạn", now=now) == 0
    assert "Không có bản ghi nào" in capsys.readouterr().out
    assert prune_command(Configuration(data=data), 1, "lưu 5 năm", now=now + timedelta(days=2)) == 0
    assert "Đã xóa 362 bản ghi" in capsys.readouterr().out
    with AuditReader.open(data) as reader:
        assert reader.find(Filter(limit=1000)) == ()
        export = tmp_path / "export.jsonl"
        export.write_text("".join(f"{line}\n" for line in export_jsonl(reader)))
    with closing(sqlite3.connect(data / "audit.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(path.read_bytes() for path in (data / "audit.db", data / "audit-index.db"))
    assert b".example" not in kept, "no address is left in the files"
    result = verify(data)
    assert result.exit_code == 0
    assert any("lưu 5 năm" in note for note in result.notes)
    assert standalone(export, data / "checkpoints") == 0


def test_an_export_verifies_by_itself(data: Path, tmp_path: Path):
    reader = AuditReader.open(data)
    export = tmp_path / "export.jsonl"
    export.write_text("".join(f"{line}\n" for line in export_jsonl(reader)))
    assert standalone(export, data / "checkpoints") == 0
    text = export.read_text()
    export.write_text(text.replace('"code":250', '"code":251', 1))
    assert standalone(export, data / "checkpoints") == 1
    export.write_text("nonsense\n")
    assert standalone(export, data / "checkpoints") == 2


def test_an_export_with_nothing_signed_is_never_whole(data: Path, tmp_path: Path):
    reader = AuditReader.open(data)
    export, key, chain = tmp_path / "export.jsonl", data / "checkpoints" / "public-key.txt", bytes(32)
    lines = []
    for line in export_jsonl(reader):
        body = line.encode()[84:-1].replace(b'"code":250', b'"code":550')
        chain = hashlib.sha256(chain + body).digest()
        lines.append(b'{"hash":"%b","record":%b}\n' % (chain.hex().encode(), body))
    export.write_bytes(b"".join(lines))
    assert standalone(export, data / "checkpoints") == 1
    code, said = said_alone(export, key=key)
    assert code == 2, said
    assert "no checkpoint to compare with" in said


def test_records_without_a_checkpoint_are_counted_by_the_independent_verifier_too(data: Path):
    for note in (data / "checkpoints").glob("*.notes"):
        note.write_text("")
    with closing(sqlite3.connect(data / "audit.db")) as connection, connection:
        connection.execute("DELETE FROM checkpoint")
        (count,) = connection.execute("SELECT count(*) FROM record").fetchone()
    assert f"{count} records, the last {count} without" in said_alone(data / "audit.db", data / "checkpoints")[1]


def test_verify_that_cannot_run_says_so(tmp_path: Path):
    with pytest.raises(UserError, match="no audit log"):
        verify(tmp_path)
    assert standalone(tmp_path / "audit.db", tmp_path) == 2


def test_the_independent_signature_check_agrees_with_the_library(tmp_path: Path):
    signer = Signer(bytes(range(32)))
    signed, public = signer._key._key.sign(b"message"), signer._key.verifier.public
    assert signature_holds(public, b"message", signed)
    assert not signature_holds(public, b"messagE", signed)
    assert not signature_holds(public, b"message", signed[:40] + bytes(24))
    assert not signature_holds(bytes(32), b"message", signed)


def test_keys_and_log_are_readable_by_their_owner_only(data: Path):
    for path in (data / "audit.db", data / "keys" / "audit-ed25519", data / "keys" / "audit-hmac"):
        assert path.stat().st_mode & 0o077 == 0
    assert Folder(data).keys.stat().st_mode & 0o077 == 0


def test_checkpoints_kept_elsewhere_may_be_a_file_or_a_directory(data: Path, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(data / "checkpoints", elsewhere)
    with closing(tamper(data)) as connection:
        connection.execute("DELETE FROM record WHERE seq > 300")
        connection.execute("DELETE FROM checkpoint WHERE size > 300")
    for notes in (data / "checkpoints").glob("*.notes"):
        notes.unlink()
    assert verify(data).faults == ()
    (kept,) = elsewhere.glob("*.notes")
    for place in (elsewhere, kept):
        result = verify(data, checkpoints=(place,))
        assert result.first_bad == 301
        assert "nhật ký bị cắt" in result.faults[0]
    with pytest.raises(UserError, match=r"nowhere.*no file or directory|no file or directory.*nowhere"):
        verify(data, checkpoints=(tmp_path / "nowhere",))


def test_a_named_copy_or_key_that_proves_nothing_never_makes_a_log_whole(data: Path, tmp_path: Path):
    empty, junk = tmp_path / "empty", tmp_path / "junk"
    empty.mkdir()
    junk.write_bytes(b"no checkpoint\xff\n")
    for place in (empty, junk):
        with pytest.raises(UserError, match="no checkpoint in it to compare with"):
            verify(data, checkpoints=(place,))
        assert standalone(data / "audit.db", data / "checkpoints", place) == 2
    with pytest.raises(UserError, match="this is no verifier key"):
        verify(data, key=junk)


def test_a_chain_whose_checkpoint_alone_is_wrong_is_not_called_changed_at_some_record(data: Path):
    alter(data, "UPDATE checkpoint SET note = replace(note, 'a', 'b') WHERE size = (SELECT max(size) FROM checkpoint)")
    result = verify(data)
    assert result.exit_code == 1
    assert result.first_bad is None
    shown = render_verification(result)
    assert shown.startswith("ĐIỂM KIỂM KHÔNG KHỚP")
    assert "None" not in shown


@pytest.mark.parametrize(
    "forge",
    [
        "UPDATE checkpoint SET note = replace(note, 'T', 'U') WHERE size = 362",
        "UPDATE checkpoint SET note = note || 'x' WHERE size = 362",
        "UPDATE checkpoint SET size = 363 WHERE size = 362",
        """INSERT INTO record VALUES (-5, CAST('{"seq":-5,"kind":"stop"}' AS BLOB), zeroblob(32))""",
        "DELETE FROM record WHERE seq > 250",
    ],
    ids=["note of another day", "no note", "note of another size", "record before all", "end cut"],
)
def test_what_the_file_of_the_log_says_alone_convicts_it(data: Path, forge: str):
    for path in (data / "checkpoints").glob("*.notes"):
        path.unlink()
    assert verified(data).exit_code == 0
    alter(data, forge)
    assert verified(data).exit_code == 1


@pytest.fixture(scope="module")
def shortened(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log without its oldest records, and with later ones."""
    data = Path(shutil.copytree(filled, tmp_path_factory.mktemp("shortened") / "data"))
    later = datetime.now(UTC) + timedelta(days=1)
    assert prune(data, before=later, reason="x", now=later) == 362
    asyncio.run(fill(data, 5, first=1000))
    return data


@pytest.mark.parametrize(
    ("said", "forged"),
    [
        (b'"last_hash":"', b'"last_hash":"zz'), (b"last_hash", b"lost_hash"), (b'"tree":["', b'"tree":["zz'),
        (b'"tree":[', b'"tree":[1,'), (b'"tree":[', b'"tree":5,"x":['), (b'"reason":"x"', b'"reason":"\xff"'), (b"}", b""),
    ],
)  # fmt: skip
def test_a_changed_record_of_retention_is_tampering_and_no_fault_of_the_verifier(
    shortened: Path, tmp_path: Path, said: bytes, forged: bytes
):
    data = Path(shutil.copytree(shortened, tmp_path / "data"))
    with closing(tamper(data)) as connection:
        (body,) = connection.execute("SELECT body FROM record WHERE seq = 363").fetchone()
        assert said in body
        connection.execute("UPDATE record SET body = ? WHERE seq = 363", (body.replace(said, forged),))
    assert verified(data).exit_code == 1


@pytest.mark.parametrize("sizes", [(50, 50), (362,)])
def test_signed_checkpoints_of_removed_records_still_convict_a_second_log(
    shortened: Path, tmp_path: Path, sizes: tuple[int, ...]
):
    data = Path(shutil.copytree(shortened, tmp_path / "data"))
    assert verified(data).exit_code == 0
    signer = Signer((data / "keys" / "audit-ed25519").read_bytes())
    for number, size in enumerate(sizes):
        append_note(Folder(data), signer.sign(Head(size, bytes([number] * 32)), datetime.now(UTC), root=bytes(32)))
    assert verified(data).exit_code == 1
