"""Cluster rules on one node: a bundle with a trusted signature becomes active at its time; otherwise the old rules stay."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.cluster import rules
from gateway.cluster.database import connect
from gateway.cluster.keys import make_key, signing_key
from gateway.cluster.records import State, report, report_state
from gateway.cluster.schema import set_up
from gateway.commands.cluster_rules import publish, status
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.pipeline.in_force import Digests, write_in_force
from gateway.pipeline.rulebook import load_rules
from gateway.serve.ruling import Ruling, catch_up, ruling_process
from gateway.system.trouble import Pipe, Trouble
from tests.cluster.support import centre

pytestmark = pytest.mark.cluster

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
STRICT = b"version: 1\nname: strict\nextends: binhtan-7600\n"
LENIENT = b"version: 1\nname: lenient\nextends: binhtan-7600\npolicies:\n  official_sender: {mode: off}\n"
DIRECTORY = "address,unit,kind,status\nvanthu.noivu.binhtan@tphcm.gov.vn,Phòng Nội vụ,unit,active\n".encode()


class Told:
    """Reports to the supervisor."""

    def __init__(self):
        self.words = ""

    def state(self, trouble, reason):
        assert trouble is Trouble.RULES
        self.words = reason


class Node:
    """A node without mail: a reload takes effect on all front ends."""

    def __init__(self, folder, dsn, key, **cluster):
        self.folder, self.reloads, self.deaf = folder, 0, False
        self.configuration = Configuration.model_validate(
            {
                "data": str(folder),
                "cluster": {"node": folder.name, "dsn": dsn, "rule_keys": [str(key.verifier)], **cluster},
            }
        )
        folder.mkdir()
        self.reload()
        self.restart()

    def restart(self):
        self.told = Told()
        self.ruling = Ruling(self.configuration, self.configuration.cluster, activate=self.reload, reporter=self.told)

    def reload(self):
        self.reloads += 1
        if not self.deaf:
            write_in_force(self.folder, Digests.of(load_rules(self.configuration)))

    def step(self, seconds=0.0):
        return self.ruling.step(NOW + timedelta(seconds=seconds))

    @property
    def name(self):
        return load_rules(self.configuration).policies.name


@pytest.fixture
def key(tmp_path):
    make_key(tmp_path / "rules.key")
    return signing_key(tmp_path / "rules.key", "rules")


@pytest.fixture
def node(tmp_path, cluster_dsn, key, connection):
    return Node(tmp_path / "one", cluster_dsn, key)


def put(connection, key, content, seconds=0.0, directory=DIRECTORY):
    return rules.publish(connection, key, at=NOW + timedelta(seconds=seconds), policy=content, directory=directory)


def test_a_bundle_comes_in_force_at_its_time_also_without_the_centre_and_after_a_restart(
    node, connection, key, postgres
):
    assert node.name == "binhtan-7600"
    put(connection, key, STRICT, 30)
    assert node.step(0) == 1.0
    assert (node.name, node.reloads) == ("binhtan-7600", 1)
    assert node.step(29.5) == pytest.approx(0.5)  # it is stored before its time, and activation makes no query
    postgres.stop()
    try:
        node.step(30)
        assert (node.name, node.reloads) == ("strict", 2)
        assert load_rules(node.configuration).directory.find("vanthu.noivu.binhtan@tphcm.gov.vn") is not None
        node.restart()
        node.step(31)
        assert (node.name, node.reloads, node.told.words) == ("strict", 2, "")
    finally:
        postgres.start()


def test_to_go_back_is_to_publish_again_and_an_old_bundle_never_comes_back_by_itself(node, connection, key):
    first = put(connection, key, STRICT)
    node.step()
    node.step()
    assert node.name == "strict"
    put(connection, key, LENIENT, directory=None)
    node.step()
    node.step()
    assert (node.name, load_rules(node.configuration).directory) == ("lenient", None)
    connection.execute("DELETE FROM rules WHERE sequence = 2")  # an attacker at the database replays the first bundle
    connection.execute("INSERT INTO rules VALUES (7, %s)", (first.note,))
    for _ in range(3):
        node.step()
    assert (node.name, node.told.words) == ("lenient", "")
    connection.execute("DELETE FROM rules WHERE sequence = 7")
    connection.execute("UPDATE rules SET note = 'x' WHERE sequence = 2")
    assert put(connection, key, STRICT).sequence == 3
    node.step()
    node.step()
    assert node.name == "strict"


def test_a_centre_put_back_from_an_older_backup_gets_back_the_bundles_that_nodes_have(
    node, connection, key, tmp_path, cluster_dsn
):
    for content, seconds in ((STRICT, 0), (LENIENT, 0), (STRICT, 600)):
        put(connection, key, content, seconds)
    for _ in range(2):
        node.step()
    assert node.name == "lenient"
    before = connection.execute("SELECT * FROM rules ORDER BY sequence").fetchall()
    connection.execute("DELETE FROM rules WHERE sequence > 1")
    connection.execute("DELETE FROM rules_file")
    assert (
        put(connection, key, LENIENT, 900).sequence == 3
    )  # before any node has come: the number that they told is used
    connection.execute("DELETE FROM rules WHERE sequence > 1")
    node.step()
    assert connection.execute("SELECT * FROM rules ORDER BY sequence").fetchall() == before
    other = Node(tmp_path / "two", cluster_dsn, key)  # a fresh one has them from there
    for one in (node, other):
        for seconds in (0, 600):
            one.step(seconds)
    assert put(connection, key, LENIENT, 900).sequence == 4
    for one in (node, other):
        for seconds in (601, 900):
            one.step(seconds)
    assert (node.name, other.name) == ("lenient", "lenient")


def test_of_two_bundles_for_one_time_every_node_takes_the_later_whatever_it_fetched_first(
    node, connection, key, tmp_path, cluster_dsn
):
    other = Node(tmp_path / "two", cluster_dsn, key)
    put(connection, key, STRICT, 30)
    node.step(0)
    with ThreadPoolExecutor() as pool:  # two administrators at once

        def administrator(_number):
            with centre(cluster_dsn) as own:
                return put(own, key, LENIENT, 30).sequence

        assert sorted(pool.map(administrator, range(4))) == [2, 3, 4, 5]
    for one in (node, other):
        for seconds in (1, 30, 31):
            one.step(seconds)
        assert (one.name, one.ruling._kept.in_force) == ("lenient", 5)


def test_a_node_that_was_away_begins_by_the_rules_in_force_and_without_the_centre_by_its_last_ones(
    node, connection, key, postgres
):
    put(connection, key, STRICT, -7 * 86400)
    put(connection, key, LENIENT, -60)
    catch_up(node.configuration)
    assert node.name == "lenient"
    put(connection, key, STRICT)
    postgres.stop()
    try:
        catch_up(node.configuration)
    finally:
        postgres.start()
    assert node.name == "lenient"


def test_what_nobody_known_has_signed_is_left_aside_and_stops_no_mail(node, connection, key, tmp_path, caplog):
    make_key(tmp_path / "other.key")
    put(connection, signing_key(tmp_path / "other.key", "rules"), LENIENT)
    put(connection, signing_key(tmp_path / "rules.key", "cluster"), LENIENT)  # the right key in another role
    for seconds in (0, 1, 100):
        node.step(seconds)
    assert (node.name, node.reloads, node.told.words) == ("binhtan-7600", 1, "")
    assert caplog.text.count("not signed by a key") == 2


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (b"UPDATE rules_file SET content = content || ' '", "was changed"),
        (b"DELETE FROM rules_file", "lacks file"),
        (b"", "cannot be used on this machine"),
    ],
)
def test_a_node_that_cannot_have_it_keeps_the_last_good_one_and_is_not_ready_after_a_minute(
    node, connection, key, harm, words, caplog
):
    put(connection, key, STRICT)
    node.step()
    node.step()
    put(connection, key, LENIENT if harm else b"version: 1\nname: x\nextends: of-a-newer-release\n", 10)
    if harm:
        connection.execute(harm)
    for seconds in (1, 11, 59):
        node.step(seconds)
        assert (node.name, node.told.words) == ("strict", "")
    node.step(60)
    assert words in node.told.words
    assert node.name == "strict"
    assert caplog.text.count(words) == 1
    put(connection, key, STRICT + b"description: fixed\n", 71)
    if harm == b"DELETE FROM rules_file":
        connection.execute(b"DELETE FROM rules WHERE sequence = 2")
    for seconds in (71, 72):
        node.step(seconds)
    assert node.told.words == ""


def test_front_ends_that_do_not_follow_are_reported_and_asked_again(node, connection, key, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("gateway.serve.ruling.time.monotonic", lambda: clock[0])
    put(connection, key, STRICT)
    node.step()
    node.deaf = True
    node.step()
    assert node.reloads == 2
    for clock[0] in (1010.0, 1016.0, 1045.0):
        node.step()
    assert (node.reloads, node.told.words) == (4, "")
    clock[0] = 1080.0
    node.step()
    assert "front ends judge by other rules" in node.told.words
    node.deaf = False
    clock[0] = 1096.0
    node.step()
    node.step()
    assert node.told.words == ""


def test_publish_checks_as_nodes_will_and_status_shows_what_they_do(tmp_path, cluster_dsn, connection, key, capsys):
    node, other = Node(tmp_path / "one", cluster_dsn, key), Node(tmp_path / "two", cluster_dsn, key)
    policy, base, directory = (tmp_path / name for name in ("policy.yaml", "base.yaml", "directory.csv"))
    directory.write_bytes(DIRECTORY)
    arguments = {"key": tmp_path / "rules.key"}
    policy.write_bytes(STRICT + b"policies:\n  official_sender: {mode: soft}\n")
    with pytest.raises(UserError, match=r"policy\.yaml:5"):
        publish(node.configuration, policy, directory=directory, **arguments)
    base.write_bytes(STRICT)
    policy.write_text("version: 1\nname: x\nextends: base.yaml\n")
    with pytest.raises(UserError, match=r"base\.yaml"):
        publish(node.configuration, policy, directory=directory, **arguments)
    policy.write_bytes(LENIENT)
    make_key(tmp_path / "other.key")
    with pytest.raises(UserError, match="rule_keys"):
        publish(node.configuration, policy, directory=directory, key=tmp_path / "other.key")
    assert rules.published(connection, 0) == []
    assert publish(node.configuration, policy, directory=directory, **arguments) == 0
    listed = tmp_path / "directory.yaml"
    listed.write_text(
        "mailboxes:\n  - address: vanthu.noivu.binhtan@tphcm.gov.vn\n    unit: Phòng Nội vụ\n    kind: unit\n"
    )
    later = datetime.now(UTC) + timedelta(hours=1)
    assert publish(node.configuration, policy, directory=listed, key=tmp_path / "rules.key", at=later.isoformat()) == 0
    for one in (node, other):
        for _ in range(3):
            one.ruling.step(datetime.now(UTC))
    capsys.readouterr()
    assert status(node.configuration, as_json=False) == 0
    out = capsys.readouterr().out
    assert out.count(f"policy {load_rules(node.configuration).policies.digest[:16]}, directory") == 2
    assert "800 connections at most, from 2 nodes" in out
    assert "Bundle 2 comes in force" in out
    connection.execute("UPDATE node_rules SET at = now() - interval '1 minute' WHERE node = 'two'")
    assert status(node.configuration, as_json=True) == 1
    one, two, whole = map(json.loads, capsys.readouterr().out.splitlines())
    assert (one["rules"]["sequence"], one["faults"], whole["connections"]) == (1, [], 800)
    assert "SILENT" in two["faults"][0]
    rules.publish(connection, key, at=datetime.now(UTC) - timedelta(seconds=61), policy=STRICT, directory=None)
    assert status(node.configuration, as_json=True) == 1  # the clock of node one is behind, or it does not fetch
    one, *_ = map(json.loads, capsys.readouterr().out.splitlines())
    assert "bundle 3 has been in force for over a minute" in one["faults"][0]
    connection.execute("DELETE FROM rules WHERE sequence = 3")
    report(connection, "two", "", "")
    report_state(connection, "two", State("audit: full", "b" * 64), written=17)
    report(connection, "one", "", "")
    report_state(connection, "one", State("", "a" * 64), written=0)
    capsys.readouterr()
    assert status(node.configuration, as_json=False) == 1
    out, said = capsys.readouterr()
    assert "DIFFERENT trust anchors" in said
    assert out.count("trust anchors aaaaaaaaaaaaaaaa") == 1
    assert "17 records not at the centre yet" in out
    assert "NOT ready for mail: audit: full" in out
    assert out.count("ready for mail") == 2
    assert "ready for mail at 20" in out
    connection.execute("UPDATE shipper SET unready = ''")
    for minutes, said in ((0, False), (-10, True), (10, True)):
        connection.execute("UPDATE shipper SET ahead = %s * interval '1 minute' WHERE node = 'one'", (minutes,))
        status(node.configuration, as_json=False)
        out = capsys.readouterr().out
        assert (f"{60 * minutes:+} seconds off the centre's" in out) is said, (minutes, out)
    connection.execute("UPDATE shipper SET unready = 'audit: full' WHERE node = 'two'")
    report_state(connection, "one", State("", "a" * 64), written=0)
    (ahead,) = connection.execute("SELECT ahead FROM shipper WHERE node = 'one'").fetchone()
    assert abs(ahead) < timedelta(seconds=30)
    report(connection, "two", "", "shorter")  # with what it said of itself before
    status(node.configuration, as_json=False)
    out = capsys.readouterr().out
    assert ("ships NO records" in out, "NOT ready for mail" in out) == (True, False)
    report(connection, "two", "", "")
    connection.execute("UPDATE shipper SET at = now() - interval '31 days' WHERE node = 'two'")
    connection.execute("UPDATE node_rules SET at = now() - interval '31 days' WHERE node = 'two'")
    assert status(node.configuration, as_json=False) == 0
    out = capsys.readouterr().out
    assert "no longer of the cluster, silent since" in out
    assert "400 connections at most, from 1 nodes" in out
    connection.execute("UPDATE node_rules SET at = now() WHERE node = 'two'")
    connection.execute("UPDATE cluster_schema SET version = 1")
    assert status(node.configuration, as_json=False) == 1
    assert "gateway cluster init --config" in capsys.readouterr().out
    connection.execute("UPDATE cluster_schema SET version = 99")  # this node is the older one, in a rolling upgrade
    connection.execute("UPDATE node_rules SET node = E'a\\x1b[2K', fault = E'x\\n\\x1b]0;y' WHERE node = 'two'")
    assert status(node.configuration, as_json=False) == 1
    assert "\x1b" not in capsys.readouterr().out
    for _ in range(2):
        node.ruling.step(later)
    assert load_rules(node.configuration).directory.digest == hashlib.sha256(listed.read_bytes()).hexdigest()


def test_what_a_beginner_does_wrong_is_said_and_changes_nothing(tmp_path, cluster_dsn, key, capsys):
    node, policy = Node(tmp_path / "one", cluster_dsn, key), tmp_path / "policy.yaml"
    policy.write_bytes(LENIENT)
    with connect(node.configuration.cluster) as connection:
        assert status(node.configuration, as_json=False) == 1
        assert "has no tables of the cluster yet" in capsys.readouterr().out
        set_up(connection)
        assert status(node.configuration, as_json=False) == 1
        assert "No node has reported" in capsys.readouterr().err
        now = datetime.now(UTC)
        with pytest.raises(UserError, match="leave --at out"):
            publish(node.configuration, policy, tmp_path / "rules.key", at=(now - timedelta(days=365)).isoformat())
        assert rules.published(connection, 0) == []
        for hours in (3, 1, 2, 5, 4):
            rules.publish(connection, key, at=now + timedelta(hours=hours), policy=LENIENT, directory=None)
        status(node.configuration, as_json=True)
        # Of those that are waiting, what a later number precedes never comes in force.
        assert list(json.loads(capsys.readouterr().out)["waiting"]) == ["2", "3", "5"]


@pytest.mark.parametrize("line", ["x", "gateway-rules/00000000+00000000+AUQpkwZQBKoeTEj03QFYGUwCNJvMZkzZbkAOommRio1R"])
def test_a_key_that_is_none_is_refused(tmp_path: Path, cluster_dsn: str, line: str):
    settings = {"cluster": {"node": "a", "dsn": cluster_dsn, "rule_keys": [line]}}
    with pytest.raises((ValueError, UserError), match="rule_keys|public key"):
        ruling_process(one := Configuration.model_validate(settings), one.cluster, Pipe(), lambda: None)
