"""`gateway audit verify --cluster`: changes at the centre or at a node are detected and located."""

import asyncio
import json
import shutil
from contextlib import closing

import pytest

from gateway.audit.chain import Entry, Head, insert
from gateway.audit.checkpoint import Signer, seal
from gateway.audit.store import Folder, immediate, open_checked
from gateway.cluster.verify import verify_cluster
from gateway.commands.audit import verify_centre
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.errors import UserError
from tests.audit.support import NOW, fill
from tests.cluster.support import centre, local, shipped

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    for node in ("one", "two"):
        asyncio.run(fill(folder / node, 40))
    return folder


@pytest.fixture
def nodes(tmp_path, logs, cluster_dsn):
    shutil.copytree(logs, tmp_path, dirs_exist_ok=True)
    with centre(cluster_dsn) as connection:
        for node in ("one", "two"):
            shipped(tmp_path / node, cluster_dsn, node)
        yield connection


def _faults(tmp_path, dsn, node="one", **options):
    found = verify_cluster(Cluster(node=node, dsn=dsn), data=tmp_path / node, **options)
    assert bool(found.exit_code) is any(one.faults or one.chain.faults for one in found.nodes)
    return {one.node: (*one.chain.faults, *one.faults) for one in found.nodes if one.faults or one.chain.faults}


def test_untouched_logs_are_whole_and_what_was_not_shipped_is_said(tmp_path, cluster_dsn, nodes, capsys):
    asyncio.run(fill(tmp_path / "one", 2, first=41))
    cluster = Cluster(node="one", dsn=cluster_dsn)
    assert verify_centre(cluster, Configuration(data=tmp_path / "one", cluster=cluster), (), None, as_json=False) == 0
    shown = capsys.readouterr().out
    assert "Node two:" in shown
    assert "lacks 8 records of node one yet, behind record 122" in shown
    assert _faults(tmp_path, cluster_dsn, keys=["gateway-audit/other+0+A"]).keys() == {"one", "two"}


def test_why_a_node_stopped_shipping_is_a_fault_until_it_is_retired_and_a_remark_then(tmp_path, cluster_dsn, nodes):
    """A machine whose log forked ships under another name; what it shipped before is whole."""
    nodes.execute("UPDATE shipper SET fault = 'forked at 20' WHERE node = 'two'")
    assert _faults(tmp_path, cluster_dsn) == {"two": ("forked at 20",)}
    nodes.execute("UPDATE shipper SET retired = now() + interval '1 minute' WHERE node = 'two'")
    assert _faults(tmp_path, cluster_dsn) == {}
    (_, two) = verify_cluster(Cluster(node="one", dsn=cluster_dsn)).nodes
    assert two.notes == ("forked at 20",)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE record SET body = convert_to(replace(convert_from(body, 'UTF8'), 'an@', 'xx@'), 'UTF8') WHERE seq = 20", "20"),
        ("UPDATE record SET body = set_byte(body, position('an@'::bytea in body) - 1, 255) WHERE seq = 20", "20"),
        ("DELETE FROM record WHERE seq = 20", "20-20"),
        ("DELETE FROM record WHERE seq > 100", "cut"),
        ("DELETE FROM record WHERE seq < 10", "1-9"),
        ("UPDATE checkpoint SET note = replace(note, E'\\n122\\n', E'\\n121\\n')", "checkpoint"),
        ("DELETE FROM entry WHERE seq = 20", "record 20"),
        ("DELETE FROM event WHERE seq = 21", "record 21"),
        ("UPDATE entry SET tags = array_remove(tags, 'from:an@gov.example') WHERE seq = 20", "record 20"),
        ("UPDATE entry SET tags = tags || '{rule:x.y}' WHERE seq = 20", "record 20"),
        ("UPDATE entry SET what = ''::tsvector WHERE seq = 20", "record 20"),
        ("INSERT INTO entry SELECT node, 51, at, id, kind, tags, who, what FROM entry WHERE seq = 20", "record 51"),
    ],
)  # fmt: skip
def test_whatever_was_changed_at_the_centre_is_found_and_the_other_node_is_whole(
    tmp_path, cluster_dsn, nodes, statement, words
):
    where = " AND" if "WHERE" in statement else " WHERE"
    nodes.execute(f"{statement}{where} node = 'two'")
    found = _faults(tmp_path, cluster_dsn)
    assert found.keys() == {"two"}
    assert any(words in fault for fault in found["two"]), found


def test_a_node_cannot_be_hidden(tmp_path, cluster_dsn, nodes):
    nodes.execute("DELETE FROM shipper WHERE node = 'two'")
    found = verify_cluster(Cluster(node="one", dsn=cluster_dsn))
    assert found.exit_code == 1
    assert "node two" in found.faults[0]


def _written_anew(folder, data):
    """A log of as many records under the same key: a rewrite by its holder."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(data / "keys", folder / "keys")
    Folder(folder).prepare()
    with closing(open_checked(Folder(folder))) as connection:
        bodies = [json.loads(body) for (body,) in local(data, "body")]
        entries = [
            Entry(json.dumps({k: v for k, v in one.items() if k != "seq"}).replace("an@", "xx@").encode())
            for one in bodies
        ]
        with immediate(connection):
            head = insert(connection, Head(), entries)
            seal(connection, Signer(Folder(folder).secret("audit-ed25519")), head, NOW)


def test_a_log_rewritten_with_its_key_is_found_against_the_other_copy(tmp_path, cluster_dsn, nodes):
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "one" / "checkpoints", copy)
    _written_anew(tmp_path / "forged", tmp_path / "one")
    shutil.copy(tmp_path / "one" / "checkpoints" / "public-key.txt", tmp_path / "forged" / "checkpoints")
    # at the node: the centre has the true one
    shutil.move(tmp_path / "one", tmp_path / "true")
    shutil.copytree(tmp_path / "forged", tmp_path / "one")
    assert "differs from the one on this machine" in _faults(tmp_path, cluster_dsn)["one"][-1]
    assert "another record 122" in shipped(tmp_path / "one", cluster_dsn).fork
    # at the centre: the node has the true one, and so has a copy of its checkpoints
    shutil.rmtree(tmp_path / "one")
    shutil.move(tmp_path / "true", tmp_path / "one")
    for table in ("record", "entry", "event", "checkpoint", "shipper"):
        nodes.execute(f"DELETE FROM {table} WHERE node = 'one'")
    shipped(tmp_path / "forged", cluster_dsn)
    assert "differs from the one on this machine" in _faults(tmp_path, cluster_dsn)["one"][-1]
    assert _faults(tmp_path, cluster_dsn, node="two") == {}
    assert "was rewritten" in _faults(tmp_path, cluster_dsn, node="two", checkpoints=[copy])["one"][0]


@pytest.mark.parametrize("octets", [b"", b"no key\n", b"\xff"])
def test_a_file_without_a_key_is_refused_before_any_node_is_trusted(tmp_path, octets):
    (tmp_path / "key").write_bytes(octets)
    cluster = Cluster(node="one", dsn="postgresql://nowhere.invalid/gateway")
    with pytest.raises(UserError, match="no verifier key"):
        verify_centre(cluster, Configuration(data=tmp_path), (), tmp_path / "key", as_json=False)
