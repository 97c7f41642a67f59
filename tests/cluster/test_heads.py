"""Global checkpoints: edits, truncation and rewrites of covered records at the centre are detected."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.audit.notes import VerifierKey
from gateway.cluster.heads import sign_heads, verify_heads
from gateway.cluster.keys import make_key, signing_key
from gateway.commands.cluster import checkpoint, show_signing_key
from gateway.config.sections import Configuration
from gateway.errors import UserError
from tests.audit.support import fill
from tests.cluster.support import centre, shipped
from tests.support.witness import Served

pytestmark = pytest.mark.cluster

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


@pytest.fixture
def key(tmp_path: Path):
    make_key(tmp_path / "centre.key")
    return signing_key(tmp_path / "centre.key", "cluster")


@pytest.fixture
def nodes(tmp_path: Path, cluster_dsn: str):
    """Ship the logs of two nodes, and return a function that ships more."""

    def more(first: int) -> None:
        for node in ("one", "two"):
            asyncio.run(fill(tmp_path / node, 5, first=first))
            shipped(tmp_path / node, cluster_dsn, node)

    with centre(cluster_dsn) as connection:
        more(1)
        yield connection, more


def test_each_round_signs_what_is_new_and_one_of_several_does(nodes, key, cluster_dsn: str):
    connection, more = nodes
    assert sign_heads(connection, key, now=NOW) == 2
    assert sign_heads(connection, key, now=NOW) == 0  # nothing new
    more(10)
    assert sign_heads(connection, key, now=NOW + timedelta(seconds=50), every_s=54) == 0
    with centre(cluster_dsn) as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(7601)")
        assert sign_heads(connection, key, now=NOW + timedelta(seconds=60)) == 0
    assert sign_heads(connection, key, now=NOW + timedelta(seconds=60), every_s=54) == 4
    result = verify_heads(connection, [key.verifier])
    assert (result.heads, result.checkpoints, result.faults, result.notes) == (4, 2, (), ())
    assert "not checked" in verify_heads(connection, []).notes[0]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("UPDATE record SET hash = sha256(hash) WHERE node = 'one' AND seq = 17", "record 17 of node one"),
        ("DELETE FROM record WHERE node = 'two' AND seq >= 15", "lacks record 17 of node two"),
        ("UPDATE head SET seq = 16 WHERE n = 1", "does not fit the heads"),
        ("DELETE FROM head WHERE n = 3", "there are 3"),
        ("DELETE FROM head WHERE n = 1", "out of order"),
        ("UPDATE head SET seq = 10 WHERE n = 2", "out of order"),
        ("UPDATE global_checkpoint SET note = replace(note, '2026', '2025') WHERE size = 2", "checkpoint 2 "),
        ("UPDATE global_checkpoint SET note = 'x' WHERE size = 2", "was changed"),
    ],
)
def test_what_is_changed_at_the_centre_is_found(nodes, key, harm: str, words: str):
    connection, more = nodes
    assert sign_heads(connection, key, now=NOW) == 2
    more(10)
    assert sign_heads(connection, key, now=NOW) == 4
    assert not verify_heads(connection, [key.verifier]).faults
    connection.execute(harm.encode())
    assert words in " ".join(verify_heads(connection, [key.verifier]).faults)


def test_a_centre_rebuilt_is_found_by_the_witness(nodes, key, tmp_path: Path, cluster_dsn: str, capsys):
    connection, more = nodes
    make_key(tmp_path / "next.key")
    following = signing_key(tmp_path / "next.key", "cluster")
    (keys := tmp_path / "keys").write_text(f"{key.verifier}\n{following.verifier}\n")
    assert show_signing_key(tmp_path / "centre.key") == 0
    assert str(key.verifier) in capsys.readouterr().out
    with pytest.raises(UserError):
        show_signing_key(keys)
    assert not capsys.readouterr().out
    witness = Served(tmp_path / "witness", keys)
    settings = Configuration.model_validate(
        {
            "cluster": {"node": "centre", "dsn": cluster_dsn},
            "audit": {"witnesses": [{"url": witness.url, "key": witness.key}]},
        }
    )
    try:
        for first in (10, 20, 30):
            assert checkpoint(settings, tmp_path / "centre.key", 0) == 0
            more(first)
        assert checkpoint(settings, tmp_path / "centre.key", 0) == 0
        result = verify_heads(connection, [key.verifier], witnesses=[VerifierKey.parse(witness.key)])
        assert not result.faults
        assert [(one.name, one.size) for one in result.witnessed] == [("witness.example", 8)]
        connection.execute("TRUNCATE head, global_checkpoint")
        assert checkpoint(settings, tmp_path / "centre.key", 0) == 1  # the witness saw more
        assert not verify_heads(connection, [key.verifier]).faults
        copy = next((tmp_path / "witness").glob("*.notes"))
        assert "there are 2" in " ".join(verify_heads(connection, [key.verifier], elsewhere=[copy]).faults)
        more(40)
        assert checkpoint(settings, tmp_path / "next.key", 0) == 0  # a new log of heads for the witness
        both = [key.verifier, following.verifier]
        result = verify_heads(connection, both, witnesses=[VerifierKey.parse(witness.key)])
        assert (result.faults, [one.size for one in result.witnessed]) == ((), [4])
    finally:
        witness.stop()


def test_records_removed_by_retention_are_no_fault(nodes, key):
    connection, more = nodes
    sign_heads(connection, key, now=NOW)
    more(10)
    sign_heads(connection, key, now=NOW)
    connection.execute("DELETE FROM record WHERE seq <= 20")
    assert not verify_heads(connection, [key.verifier]).faults
