"""Waivers decided at one node's console count on all nodes; who writes into the database cannot make one."""

from unittest.mock import Mock

import pytest

from gateway.audit.keyed import write_by
from gateway.audit.store import Folder
from gateway.cluster import waivers
from gateway.config.sections import Configuration
from gateway.pipeline.in_force import digests_in_force
from gateway.pipeline.rulebook import load_rules
from gateway.pipeline.shared_waivers import SharedWaivers
from tests.cluster.nodes import nodes
from tests.engine.test_decided_waivers import decided
from tests.support.sink import Sink

pytestmark = pytest.mark.cluster


class Node:
    """A node without mail."""

    def __init__(self, folder, policy="binhtan-7600", key=b"k" * 32):
        self.folder, self.reloads = folder, 0
        (folder / "keys").mkdir(parents=True)
        write_by(Folder(folder), key)
        self.configuration = Configuration(data=folder, policy=policy)
        self.restart()

    def restart(self):
        self.shared = SharedWaivers(self.configuration, self.folder.name, activate=self.reload)

    def reload(self):
        self.reloads += 1

    @property
    def waivers(self):
        return [waiver.id for waiver in load_rules(self.configuration).policies.waivers]


@pytest.fixture
def pair(tmp_path):
    return Node(tmp_path / "one"), Node(tmp_path / "two")


def exchange(connection, *nodes):
    for node in nodes:
        node.shared.exchange(connection)


def test_a_waiver_of_one_node_counts_on_all_until_it_is_revoked(pair, connection):
    one, two = pair
    exchange(connection, one, two)
    assert connection.execute("SELECT count(*) FROM node_waivers").fetchone() == (0,)
    decided(one.folder)
    exchange(connection, one, two, one, two)
    assert (two.waivers, two.reloads, one.reloads) == (["WV-7F3K2Q9X"], 1, 0)
    assert two.waivers == one.waivers  # not given twice
    for node in pair:
        node.restart()
    exchange(connection, one, two)
    assert two.reloads == 1
    (one.folder / "waivers.yaml").unlink()
    exchange(connection, one, two)
    assert (two.waivers, two.reloads) == ([], 2)


@pytest.mark.parametrize(
    "harm",
    [
        "content = replace(convert_from(content, 'UTF8'), 'noivu', 'yte')::bytea",
        "moment = moment + 1",
        "node = 'three'",
        "proof = ''",
    ],
)
def test_what_no_node_wrote_is_not_used(pair, connection, caplog, harm):
    one, two = pair
    decided(one.folder)
    exchange(connection, one)
    connection.execute(f"UPDATE node_waivers SET {harm}".encode())
    exchange(connection, two, two)
    assert (two.waivers, two.reloads) == ([], 0)
    assert caplog.text.count("written by no node of the cluster") == 1
    exchange(connection, one, two)  # its node writes it again
    assert two.waivers == ["WV-7F3K2Q9X"]


def test_a_revoked_waiver_does_not_come_back_with_an_old_row(pair, connection):
    one, two = pair
    decided(one.folder)
    exchange(connection, one, two)
    (before,) = waivers.stored(connection)
    (one.folder / "waivers.yaml").unlink()
    exchange(connection, one, two)
    waivers.store(connection, before)
    two.restart()
    exchange(connection, two)
    assert two.waivers == []
    connection.execute("DELETE FROM node_waivers")
    exchange(connection, two)
    assert two.waivers == []


def test_a_file_of_another_node_is_loaded_though_the_process_ended_after_it_was_written(pair, connection, monkeypatch):
    one, two = pair
    decided(one.folder)
    exchange(connection, one)
    with monkeypatch.context() as patched:
        patched.setattr("gateway.pipeline.shared_waivers.policies_of", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            exchange(connection, two)
    assert (two.waivers, two.reloads) == (["WV-7F3K2Q9X"], 0)
    for _ in range(2):
        two.restart()
        exchange(connection, two)
        assert two.reloads == 1


def test_a_file_that_the_policy_here_cannot_use_is_left_out_and_a_name_leads_nowhere(
    pair, connection, tmp_path, caplog
):
    one, two = pair
    decided(one.folder, head="version: 1\nname: waivers\nof_a_newer_release: 1\n")
    exchange(connection, one, two, two)
    assert (two.waivers, two.reloads) == ([], 0)
    assert caplog.text.count("cannot be used with the policy here") == 1
    decided(one.folder)
    exchange(connection, one, two)
    assert two.waivers == ["WV-7F3K2Q9X"]
    decided(one.folder, until="morgen")
    exchange(connection, one, two)
    assert two.waivers == ["WV-7F3K2Q9X"]  # the last good one
    evil = Node(tmp_path / "other" / "evil")
    evil.shared._node = "../../keys/x"
    decided(evil.folder)
    exchange(connection, evil, two)
    assert not (two.folder / "keys" / "x.yaml").exists()


def test_without_a_cluster_key_nothing_is_shared(tmp_path, connection):
    alone = Node(tmp_path / "alone", key=None)
    decided(alone.folder)
    exchange(connection, alone)
    assert waivers.stored(connection) == ()


@pytest.mark.slow
async def test_front_ends_of_another_node_judge_by_it_within_seconds(tmp_path, cluster_dsn, connection):
    key = tmp_path / "cluster.key"
    key.write_bytes(bytes(range(32)))
    async with (
        Sink() as sink,
        nodes(tmp_path, sink, count=2, dsn=cluster_dsn, cluster={"key_file": str(key)}) as both,
    ):
        first, second = both.gateways
        decided(first.data)
        await second.logged("rules reloaded")
        digest = load_rules(Configuration(data=second.data)).policies.digest
        assert digests_in_force(second.data).policies == digest
        assert digest == load_rules(Configuration(data=first.data)).policies.digest
