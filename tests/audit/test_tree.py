"""The tree beside the records: roots and proofs across removal, loss of the table, and logs from before it."""

import asyncio
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.audit.chain import Head
from gateway.audit.checkpoint import Signer, known_checkpoints, parse_notes, ready_tree
from gateway.audit.merkle import Range, inclusion_proof, leaf_hash, verify_consistency
from gateway.audit.notes import encoded
from gateway.audit.retention import prune
from gateway.audit.store import NO_DELETE, Folder, open_checked
from gateway.audit.tree import Tree
from gateway.errors import AuditError, UserError
from tests.audit.support import fill, verified
from tests.support.cases import first_quick
from tests.support.merkle import verify_inclusion

LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("audit")
    asyncio.run(fill(data, 300))
    return data


@pytest.fixture
def data(sample: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample, tmp_path / "data"))


def opened(data: Path) -> sqlite3.Connection:
    return sqlite3.connect(data / "audit.db", isolation_level=None)


def roots(connection: sqlite3.Connection, begin: Range | None = None) -> dict[int, bytes]:
    grown, found = begin or Range(), {}
    for (digest,) in connection.execute("SELECT hash FROM record ORDER BY seq"):
        grown.append(leaf_hash(digest))
        found[grown.size] = grown.root
    return found


def make_version_1(data: Path) -> None:
    """Have the log be as a release without trees left it."""
    signer, connection, folder = Signer((data / "keys" / "audit-ed25519").read_bytes()), opened(data), Folder(data)
    connection.execute("DROP TABLE tree")
    notes = ""
    for size, note in connection.execute("SELECT size, note FROM checkpoint").fetchall():
        (checkpoint,), _ = parse_notes(note)
        old = signer._key.note(f"{checkpoint.origin}\n{size}\n{encoded(checkpoint.head)}\n{checkpoint.time}\n")
        connection.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (old, size))
        notes += f"{old}\n"
    for path in folder.checkpoints.glob("*.notes"):
        path.unlink()
    (folder.checkpoints / "2026-01-01.notes").write_text(notes)


def remove_as_version_1(data: Path, last: int) -> None:
    """Remove records as a release without trees did."""
    connection = opened(data)
    seq, chain = connection.execute("SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1").fetchone()
    (last_hash,) = connection.execute("SELECT hash FROM record WHERE seq = ?", (last,)).fetchone()
    body = b'{"seq":%d,"kind":"retention","first":1,"last":%d,"last_hash":"%s","reason":"x"}' % (
        seq + 1, last, last_hash.hex().encode(),
    )  # fmt: skip
    connection.execute("DROP TRIGGER record_no_delete")
    connection.execute("DELETE FROM record WHERE seq <= ?", (last,))
    connection.execute(NO_DELETE)
    connection.execute("INSERT INTO record VALUES (?, ?, ?)", (seq + 1, body, hashlib.sha256(chain + body).digest()))


def test_roots_and_proofs_are_those_of_the_records(data: Path):
    connection = opened(data)
    tree, wanted = Tree(connection), roots(connection)
    size = max(wanted)
    assert connection.execute("SELECT count(*) FROM tree").fetchone()[0] == 4  # three blocks of 256, one pair
    for seen in (1, 100, 256, 257, 700, size):
        assert tree.root(seen) == wanted[seen]
        assert verify_consistency(seen, size, wanted[seen], wanted[size], tree.consistency(seen, size))
        proof = inclusion_proof(seen - 1, size, tree.node)
        assert verify_inclusion(seen - 1, size, tree.node(0, seen - 1), wanted[size], proof)
    for checkpoint in known_checkpoints(data / "checkpoints")[0]:
        assert checkpoint.root == wanted[checkpoint.size]


@pytest.mark.slow
def test_what_was_signed_before_a_removal_is_consistent_with_what_is_signed_after(data: Path):
    size = max(before := roots(opened(data)))
    assert prune(data, before=LATER, reason="x", now=LATER) == size
    asyncio.run(fill(data, 100, first=1000))
    connection = opened(data)
    tree, new = Tree(connection), connection.execute("SELECT max(seq) FROM record").fetchone()[0]
    assert verify_consistency(size, new, before[size], tree.root(new), tree.consistency(size, new))
    with pytest.raises(AuditError, match="missing"):
        tree.consistency(size - 1, new)
    assert verified(data).exit_code == 0
    connection.execute("DELETE FROM tree")  # made anew from the record of the removal
    asyncio.run(fill(data, 10, first=2000))
    assert verified(data).exit_code == 0
    assert prune(data, before=LATER, reason="again", now=LATER) > 0
    assert verified(data).exit_code == 0


@pytest.mark.parametrize("removed", first_quick([512, 0, 100, 901]))
def test_a_log_from_before_trees_goes_on_and_verifies_across(data: Path, removed: int):
    make_version_1(data)
    if removed:
        remove_as_version_1(data, removed)
    assert verified(data).exit_code == 0
    asyncio.run(fill(data, 200, first=1000))
    result = verified(data)
    assert result.exit_code == 0
    begin = {note.began for note in known_checkpoints(data / "checkpoints")[0] if note.root is not None}
    assert begin == {removed + 1}
    assert prune(data, before=LATER, reason="x", now=LATER) > 0
    asyncio.run(fill(data, 10, first=2000))
    assert verified(data).exit_code == 0


def lose(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM tree")


def change(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE tree SET hash = zeroblob(32)")


@pytest.mark.parametrize("harm", [lose, change])
def test_a_lost_or_changed_table_is_rebuilt(data: Path, harm: Callable[[sqlite3.Connection], None]):
    wanted = roots(connection := opened(data))
    harm(connection)
    folder = Folder(data)
    ready_tree(folder, open_checked(folder))
    assert Tree(connection).root(max(wanted)) == wanted[max(wanted)]


def test_a_log_that_is_not_what_its_checkpoint_says_is_refused_at_the_start(data: Path):
    connection = opened(data)
    connection.execute("DROP TRIGGER record_no_update")
    connection.execute("UPDATE record SET hash = zeroblob(32) WHERE seq = 700")
    connection.execute("DELETE FROM tree")
    folder = Folder(data)
    with pytest.raises(UserError, match="another root"):
        ready_tree(folder, open_checked(folder))


@pytest.mark.parametrize("part", ["root", "chain"])
def test_a_checkpoint_with_another_root_or_head_is_found(data: Path, part: str):
    signer = Signer((data / "keys" / "audit-ed25519").read_bytes())
    (checkpoint, *_), _ = known_checkpoints(data / "checkpoints")
    assert checkpoint.root is not None
    head, root = (checkpoint.head, bytes(32)) if part == "root" else (bytes(32), checkpoint.root)
    forged = signer.sign(Head(checkpoint.size, head), datetime.now(UTC), root=root)
    (data / "checkpoints" / "0.notes").write_text(forged.note)
    assert verified(data).exit_code == 1
