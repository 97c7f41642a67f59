"""Shipping: each record once, no local state, and a fork stops it."""

import asyncio
import shutil
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from gateway.audit.chain import Entry, insert, read_head
from gateway.audit.index import Index
from gateway.audit.retention import prune
from gateway.audit.store import Folder, immediate, open_checked
from gateway.cluster import ship
from gateway.cluster.records import State
from gateway.cluster.records import shipped as told_shipped
from gateway.cluster.schema import set_up
from gateway.cluster.shipping import BUDGET_S, Shipping
from gateway.cluster.verify import verify_cluster
from gateway.commands.cluster import prune_centre
from gateway.config.sections import Configuration
from gateway.serve.machine import shipping_behind
from gateway.system.trouble import Ledger, Trouble
from gateway.texts.catalogue import both
from tests.audit.support import fill, rewrite
from tests.cluster.support import centre, local, shipped, shipper, there

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    asyncio.run(fill(folder, 40))
    return folder


@pytest.fixture
def data(tmp_path, log):
    return shutil.copytree(log, tmp_path / "data")


def test_a_log_is_at_the_centre_as_it_is_here_whatever_the_batches(data, cluster_dsn, monkeypatch):
    monkeypatch.setattr(ship, "LIMIT_BATCH", 17)
    with centre(cluster_dsn) as connection:
        shown = shipped(data, cluster_dsn)
        assert (shown.seq, shown.away, shown.fork) == (122, "", "")
        assert there(connection) == local(data)
        assert there(connection, what="size, note", table="checkpoint") == local(data, "size, note", "checkpoint")
        asyncio.run(fill(data, 5, first=41))
        shipped(data, cluster_dsn)
        assert there(connection) == local(data)
        (told,) = told_shipped(connection)
        assert (told.node, told.fault, told.last) == ("one", "", 139)
        assert told.key.startswith("gateway-audit/")


def test_a_node_that_stops_says_so_with_its_last_records(data, cluster_dsn):
    with centre(cluster_dsn) as connection:
        one = shipper(data, cluster_dsn)
        one.run(lambda: True)
        (row,) = told_shipped(connection)
        assert (row.lag, row.last) == (0, len(local(data)))
        assert "stopping" in row.unready
        shipped(data, cluster_dsn)
        assert told_shipped(connection)[0].unready is None  # it runs again, and this one has no metrics


def test_a_heartbeat_is_seen_with_the_number_of_the_last_record_at_once(data, cluster_dsn, monkeypatch):
    seen = []
    with centre(cluster_dsn) as connection:
        stored = ship.records.report_state

        def report_state(*arguments, **named):
            stored(*arguments, **named)
            seen.append(told_shipped(connection))

        monkeypatch.setattr(ship.records, "report_state", report_state)
        shipped(data, cluster_dsn)
        assert (seen[0], told_shipped(connection)[0].lag) == ((), 0)


def test_claims_of_long_ago_are_swept_where_no_mail_waits(data, cluster_dsn, monkeypatch):
    monkeypatch.setattr(ship, "_SWEEP_S", -1.0)
    row = "INSERT INTO repetition VALUES (%s, 'one', 'p', 'BT-1', true, now() - %s * interval '1 minute', '')"
    with centre(cluster_dsn) as connection:
        for key, minutes in ((b"old", 70), (b"young", 50)):
            connection.execute(row, (key, minutes))
        assert shipped(data, cluster_dsn).away == ""
        assert connection.execute("SELECT key FROM repetition").fetchall() == [(b"young",)]


def test_a_centre_of_an_earlier_release_is_shipped_to_and_what_to_do_is_said(data, cluster_dsn, caplog):
    with centre(cluster_dsn) as connection:
        connection.execute("DROP TABLE cluster_schema")
        connection.execute("ALTER TABLE shipper DROP COLUMN written, DROP COLUMN unready, DROP COLUMN anchors")
        assert shipped(data, cluster_dsn).away == ""
        assert there(connection) == local(data)
        assert caplog.text.count("of an earlier release") == 1
        set_up(connection)
        asyncio.run(fill(data, 5, first=41))
        shipped(data, cluster_dsn)
        assert caplog.text.count("of an earlier release") == 1
        (told,) = told_shipped(connection)
        assert (told.last, told.lag, told.unready) == (139, 0, None)


def test_the_centre_finds_what_the_index_of_the_log_finds(data, cluster_dsn, monkeypatch):
    monkeypatch.setattr(ship, "LIMIT_BATCH", 7)  # so that outcomes come after their intents
    with centre(cluster_dsn) as connection:
        shipped(data, cluster_dsn)
        index = Index(Folder(data)).catch_up()
        tags = {seq: set() for (seq,) in index.execute("SELECT seq FROM entry")}
        for name, seq in index.execute("SELECT name, seq FROM tag"):
            tags[seq].add(name)
        assert {seq: set(one) for seq, one in there(connection, what="seq, tags", table="entry")} == tags
        events = index.execute("SELECT id, seq FROM event ORDER BY id, seq").fetchall()
        assert sorted(there(connection, what="id, seq", table="event")) == events


def _changed(data):
    rewrite(data, 130, lambda body: body.replace(b"BT-", b"XX-"))


def _shortened(data, old):
    shutil.rmtree(data)
    shutil.copytree(old, data)


def _restored(data, old):
    _shortened(data, old)
    asyncio.run(fill(data, 60, first=900))


@pytest.mark.parametrize(
    ("spoil", "words"), [(_shortened, "only 122"), (_restored, "another record 139"), (_changed, "130")]
)
def test_a_log_that_is_not_the_one_the_centre_knows_stops_the_shipping_in_words(
    data, cluster_dsn, tmp_path, spoil, words
):
    shutil.copytree(data, tmp_path / "old")
    with centre(cluster_dsn) as connection:
        one = shipper(data, cluster_dsn)
        asyncio.run(fill(data, 5, first=41))
        if spoil is _changed:
            _changed(data)
        else:
            assert one.step() == ship.ROUND_S
            spoil(data, tmp_path / "old")
            one.close()
        before = there(connection)
        assert one.step() > ship.ROUND_S
        assert words in one.shown.fork
        assert there(connection) == before
        (told,) = told_shipped(connection)
        assert told.fault == one.shown.fork
        one.close()


def test_after_an_outage_batches_follow_each_other_and_nothing_counts_as_shipped_before_it_is(data, cluster_dsn):
    with centre(cluster_dsn):
        one = shipper(data, cluster_dsn)
        one._batch = 20  # as a failure leaves it; it doubles with each success
        behind_since = one._even
        assert [one.step() for _ in range(3)] == [0, 0, ship.ROUND_S]
        assert one.shown.seq == 122
        assert one._even > behind_since
        asyncio.run(fill(data, 5, first=41))
        one._batch, behind_since = 5, one._even
        assert one.step() == 0
        assert one._even == behind_since
        one.close()


def test_an_attempt_that_waited_in_vain_is_followed_at_once(data, monkeypatch):
    one = shipper(data, "postgresql://gateway@127.0.0.1:9/none")
    assert 0 < one.step() <= 1
    monkeypatch.setattr(ship, "_PAUSE_S", 0.0)  # as if the attempt had taken longer
    assert one.step() == 0
    assert one.shown.away
    one.close()


def test_a_centre_that_was_put_back_from_an_older_backup_gets_what_it_lacks(data, cluster_dsn):
    with centre(cluster_dsn) as connection:
        shipped(data, cluster_dsn)
        for table in ("record", "entry", "event"):
            connection.execute(f"DELETE FROM {table} WHERE seq > 100")
        connection.execute("DELETE FROM checkpoint WHERE size > 100")
        assert shipped(data, cluster_dsn).fork == ""
        assert there(connection) == local(data)
        assert there(connection, what="size, note", table="checkpoint") == local(data, "size, note", "checkpoint")


def test_a_chain_rewritten_around_a_missing_record_is_not_shipped(data, cluster_dsn):
    with closing(open_checked(Folder(data))) as connection:
        with immediate(connection):
            insert(connection, read_head(connection), [Entry(b'{\xff"time":1}')])
    with centre(cluster_dsn) as there_is:
        one = shipper(data, cluster_dsn)
        assert one.step() > ship.ROUND_S
        assert "audit verify" in one.shown.fork
        assert there(there_is) == []
        one.close()


def test_two_machines_of_one_name_are_detected_whichever_comes_first(data, cluster_dsn, tmp_path):
    asyncio.run(fill(tmp_path / "other", 3))
    with centre(cluster_dsn) as connection:
        one, other = shipper(data, cluster_dsn), shipper(tmp_path / "other", cluster_dsn)
        one._state, other._state = (lambda: State("", "first")), (lambda: State("full", "second"))
        published = []
        other._exchange = lambda _centre, publishes: published.append(publishes)
        other._round, turn = (lambda: False), other._round  # connected, and overtaken
        other._centre = None
        assert one.step() == ship.ROUND_S
        (before,) = told_shipped(connection)
        other._round = turn
        # Said more often than the first machine says that all is well, which takes its place.
        assert ship.ROUND_S < other.step() < ship._REPORT_S / 4
        assert "11" in other.shown.fork or "122" in other.shown.fork
        assert "another machine" in other.shown.fork
        assert there(connection) == local(data)
        (told,) = told_shipped(connection)
        assert told.fault == other.shown.fork
        # What the first machine reported, by which its log is verified, is not replaced; nor are its waivers.
        assert (told.key, *told[4:]) == (before.key, *before[4:])
        assert published == [False]


def test_only_what_the_centre_has_is_pruned_and_shipping_goes_on_after_it(data, cluster_dsn):
    with centre(cluster_dsn) as connection:
        shown = shipped(data, cluster_dsn)
        asyncio.run(fill(data, 40, first=41))
        later = datetime.now(UTC) + timedelta(days=1)
        assert prune(data, before=later, reason="test", now=later, shipped=shown.seq) == 122
        shipped(data, cluster_dsn)
        assert there(connection)[122:] == local(data)
        assert there(connection)[-1][0] == 122 + 122 + 1


def test_the_centre_is_pruned_as_far_as_the_node_was_and_what_is_left_verifies(data, cluster_dsn, capsys):
    configuration = Configuration.model_validate({"data": str(data), "cluster": {"node": "one", "dsn": cluster_dsn}})
    later = datetime.now(UTC) + timedelta(days=2)
    with centre(cluster_dsn) as connection:
        shipped(data, cluster_dsn)
        assert prune_centre(configuration, 1, now=later) == 0
        assert len(there(connection)) == 122  # its node has all
        prune(data, before=later, reason="test", now=later)
        asyncio.run(fill(data, 40, first=41))
        shipped(data, cluster_dsn)
        assert prune_centre(configuration, 3, now=later) == 0
        assert len(there(connection)) > 122  # too young for the centre
        capsys.readouterr()
        assert prune_centre(configuration, 1, now=later) == 0
        assert "node one: 122 records removed" in capsys.readouterr().out
        assert there(connection) == local(data)
        for table in ("entry", "event"):
            assert there(connection, what="min(seq) > 122", table=table) == [(True,)]
        result = verify_cluster(configuration.cluster, data=data)
        assert (result.exit_code, result.nodes[0].chain.first) == (0, 123)
        connection.execute("DELETE FROM record WHERE seq = 123")
        assert verify_cluster(configuration.cluster, data=data).exit_code == 1


def test_a_log_that_was_pruned_before_it_was_ever_shipped_is_shipped_from_where_it_begins(data, cluster_dsn):
    later = datetime.now(UTC) + timedelta(days=1)
    prune(data, before=later, reason="test", now=later)
    with centre(cluster_dsn) as connection:
        assert shipped(data, cluster_dsn).fork == ""
        assert there(connection) == local(data)


def test_whatever_is_in_a_record_the_centre_takes_it(data, cluster_dsn):
    """Hostile text: NUL, quotes, long words, many words, a kind of a newer version, stamps of another century."""
    word, many = "ă" * 5000, "tệp 'x\\' " * 20_000
    mail = (
        b'{"time":"1996-01-01T00:00:00.000000+00:00","process":"x","kind":"intent","id":"A\\u0000\'","mail":{"session":'
        b'{"front_end":"relay","login":"\\u0000%s"},"reverse_path":"%s@x","recipients":{"\\u001f@y":"relay"},"size":1,'
        b'"sha256":"ab","subject":"%s","header_from":"%s","disposition":"relay","policy_digest":""}}'
    ) % (word.encode(), word.encode(), many.replace("\\", "\\\\").encode(), word.encode())
    newer = b'{"time":"2150-01-01T00:00:00.000000+00:00","process":"x","kind":"seal\\u0000","id":"%s"}' % (b"y" * 9000)
    with closing(open_checked(Folder(data))) as connection:
        with immediate(connection):
            insert(connection, read_head(connection), [Entry(mail), Entry(newer)])
    with centre(cluster_dsn) as there_is:
        assert shipped(data, cluster_dsn).away == ""
        assert there(there_is) == local(data)


async def test_a_reply_waits_for_the_centre_a_moment_and_not_at_all_while_it_is_away():
    shown = Shipping()
    loop = asyncio.get_running_loop()
    loop.call_later(0.02, lambda: shown.write(7, even=0.0))
    assert await shown.has(7, within_s=30)
    began = loop.time()
    assert not await shown.has(8)
    assert loop.time() - began >= BUDGET_S
    for words in ({"away": "gone"}, {"fork": "other"}):
        shown.write(7, even=0.0, **words)
        assert not await shown.has(8, within_s=30)
    assert loop.time() - began < 10


@pytest.mark.parametrize(
    ("shown", "troubles"),
    [({}, []), ({"even": 20}, []), ({"even": 27}, [Trouble.SHIPPING]), ({"even": 35, "away": "gone"}, [Trouble.SHIPPING]), ({"even": 99, "fork": "x"}, [Trouble.FORK])],
)  # fmt: skip
def test_a_centre_that_is_behind_for_nearly_half_a_minute_and_a_fork_are_troubles(shown, troubles):
    shipping = Shipping()
    shipping.write(1, **{**shown, "even": time.monotonic() - shown.get("even", 0)})
    assert [trouble for trouble, words in shipping_behind(shipping) if words] == troubles


@pytest.mark.parametrize("key", ["forked", "shorter", "gap", "broken"])
def test_why_shipping_stopped_is_said_in_both_languages_and_not_cut_off(key):
    words = both("cluster", "ship", key, node="binhtan-12", seq=12_345_678, first=12_345_679, last=12_345_000)
    ledger = Ledger()
    ledger.lasts(Trouble.FORK, "machine", words)
    assert ledger.board.read()["fork"]["reason"] == words
