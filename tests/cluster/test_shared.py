"""Queries to the centre on the mail path: failed logins and duplicate claims; during an outage each node works alone."""

import asyncio
import shutil
import time
from contextlib import asynccontextmanager, closing
from functools import partial

import pytest

from gateway.audit import Delivery
from gateway.audit.keyed import write_by
from gateway.audit.store import Folder
from gateway.cluster.database import Database
from gateway.cluster.nodes import Neighbours
from gateway.cluster.repetitions import RepeatedError, Repetitions
from gateway.cluster.throttle import ClusterThrottle
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.serve.cluster_link import ClusterLink
from gateway.smtp.settings import SmtpLimits
from gateway.smtp.throttle import AuthThrottle
from gateway.system.levels import Levels
from gateway.system.trouble import Pipe, Reporter
from tests.audit.support import OK, evidence, running, transaction, verdict
from tests.cluster.support import centre
from tests.smtp import test_throttle
from tests.support.loops import until
from tests.support.proxy import Proxy

pytestmark = pytest.mark.cluster

guess = partial(test_throttle.guess, address="192.0.2.7", login="an@x")
LIMITS = SmtpLimits(auth_failures_per_address=30, auth_failures_per_login=10, auth_window_s=900)


@pytest.fixture(autouse=True)
def _patient_database(monkeypatch):
    monkeypatch.setattr(
        "gateway.cluster.database.BUDGET_S", 20.0
    )  # tolerate a busy machine; outages are tested separately


@asynccontextmanager
async def database(dsn, node="one", present=True):
    one = Database(Cluster(node=node, dsn=dsn))
    one.start()
    if present:
        await until(lambda: one.present)
    try:
        yield one
    finally:
        await one.close()


def throttle(database, count=3):
    alone = AuthThrottle(LIMITS, Levels(time.monotonic), share=lambda: 1 / count)
    return ClusterThrottle(alone, database, LIMITS, b"key")


async def test_wrong_passwords_count_over_all_nodes_also_those_at_one_time(cluster_dsn, monkeypatch):
    monkeypatch.setattr("gateway.cluster.throttle.PATIENCE_S", ())
    with centre(cluster_dsn):
        async with database(cluster_dsn, "one") as one, database(cluster_dsn, "two") as two:
            nodes = [throttle(one), throttle(two)]
            assert sum(await asyncio.gather(*(guess(node, times=15) for node in nodes for _ in range(4)))) == 10
            assert await nodes[1].wait_s("192.0.2.7", "an@x") in range(80, 91)
            await nodes[0].succeeded("192.0.2.7", "an@x")
            assert await guess(nodes[1], times=9) == 9
            await nodes[1].succeeded("192.0.2.7", "an@x")
            for _ in range(15):
                assert await nodes[0].wait_s("192.0.2.7", "an@x") == 0
                await nodes[0].untried("192.0.2.7", "an@x")
            sprayed = sum([await guess(nodes[number % 2], login=f"user{number}") for number in range(30)])
            assert sprayed == 30 - 19  # what the address failed above counts as well


async def test_without_the_centre_each_node_holds_its_share_and_the_number_of_nodes_outlives_a_restart(
    cluster_dsn, tmp_path, monkeypatch
):
    monkeypatch.setattr("gateway.cluster.throttle.PATIENCE_S", ())
    monkeypatch.setattr("gateway.smtp.throttle.PATIENCE_S", ())
    monkeypatch.setattr("gateway.cluster.nodes._BEAT_S", 0.02)
    with centre(cluster_dsn):
        async with database(cluster_dsn, "one") as one, database(cluster_dsn, "two") as two:
            folders = {"one": tmp_path / "one", "two": tmp_path / "two"}
            for folder in folders.values():
                folder.mkdir()
            both = [
                Neighbours(each, name, workers=1, data=folders[name]) for each, name in ((one, "one"), (two, "two"))
            ]
            tasks = [asyncio.create_task(each.live()) for each in both]
            files = [folder / "cluster-nodes" for folder in folders.values()]
            await until(lambda: all(file.exists() and file.read_text() == "2\n" for file in files))
            for task in tasks:
                task.cancel()
    away = Database(Cluster(node="one", dsn="postgresql://gateway@127.0.0.1:1/x"))
    count = Neighbours(away, "one", workers=1, data=folders["one"]).count
    assert count == 2
    assert await guess(throttle(away, count), times=20) == 5


@asynccontextmanager
async def node(dsn, folder, name):
    """A node's claims over a log of its own, keyed by the cluster's key."""
    folder.mkdir(exist_ok=True)
    (folder / "keys").mkdir(exist_ok=True)
    write_by(Folder(folder), b"k" * 32)
    async with running(folder) as log:
        async with database(dsn, name) as connection:
            made = Repetitions(connection, folder, node=name, process=log.process)
            made.log, made.database = log, connection
            yield made


KEY = b"k" * 16


async def found_elsewhere(repetitions, key, reference):
    """Node and reference of the mail that another node relayed."""
    with pytest.raises(RepeatedError) as caught:
        await repetitions.claim(key, reference)
    assert caught.value.relayed
    return caught.value.node, caught.value.reference


async def test_a_mail_is_relayed_by_one_node_and_the_other_hears_of_it(cluster_dsn, tmp_path):
    with centre(cluster_dsn):
        async with node(cluster_dsn, tmp_path / "1", "one") as one, node(cluster_dsn, tmp_path / "2", "two") as two:
            mail = transaction()
            keys = [each.key_of(mail) for each in (one, two)]
            assert keys[0] == keys[1]
            assert await one.claim(keys[0], "BT-1") is None
            await one.settle("BT-1", relayed=True)
            assert await found_elsewhere(two, keys[1], "BT-2") == ("one", "BT-1")
            assert await two.claim(b"other", "BT-3") is None
            await two.settle("BT-3", relayed=False)
            assert two.settle("BT-3", relayed=True) is None
            assert await one.claim(b"other", "BT-4") is None


async def test_one_that_is_being_sent_is_waited_for_on_a_living_node_and_put_off_on_a_dead_one(
    cluster_dsn, tmp_path, monkeypatch
):
    monkeypatch.setattr("gateway.cluster.repetitions._WAIT_S", 1.0)
    with centre(cluster_dsn) as rows:
        async with node(cluster_dsn, tmp_path / "1", "one") as one, node(cluster_dsn, tmp_path / "2", "two") as two:
            assert await one.claim(KEY, "BT-1") is None
            with pytest.raises(RepeatedError, match="one"):  # no heartbeat: dead
                await two.claim(KEY, "BT-2")
            rows.execute("INSERT INTO node_seen VALUES ('one', clock_timestamp() + interval '1 hour', 1)")
            with pytest.raises(RepeatedError, match="one"):
                await two.claim(KEY, "BT-3")
            waiting = asyncio.create_task(two.claim(KEY, "BT-4"))
            await asyncio.sleep(0.3)
            assert not waiting.done()
            await one.settle("BT-1", relayed=True)
            with pytest.raises(RepeatedError) as caught:
                await waiting
            assert (caught.value.relayed, caught.value.reference) == (True, "BT-1")
            rows.execute("UPDATE repetition SET relayed = false, at = at - interval '16 minutes'")
            assert await two.claim(KEY, "BT-5") is None  # expired


_OTHERS = (
    "(SELECT proof FROM repetition AS other WHERE other.key <> repetition.key AND other.relayed = repetition.relayed)"
)


@pytest.mark.parametrize(
    "lie",
    [
        "relayed = true",
        "proof = NULL",
        "proof = ''",
        "node = 'three'",
        "reference = 'BT-9'",
        f"proof = {_OTHERS}",
        None,
    ],
)
async def test_what_no_node_wrote_is_not_believed(cluster_dsn, tmp_path, monkeypatch, caplog, lie):
    with centre(cluster_dsn) as rows:
        async with node(cluster_dsn, tmp_path / "1", "one") as one, node(cluster_dsn, tmp_path / "2", "two") as two:
            for key, reference in ((KEY, "BT-1"), (b"other", "BT-2")):
                await one.claim(key, reference)
            if lie is not None:
                rows.execute(f"UPDATE repetition SET {lie} WHERE key = %s".encode(), (KEY,))
            with monkeypatch.context() as later:
                if lie is None:  # genuine, but replayed after the window
                    later.setattr("gateway.cluster.repetitions._CLOCKS_S", -1800)
                assert await two.claim(KEY, "BT-3") is None
            assert "BT-3: " in caplog.text
            await two.settle("BT-3", relayed=True)
            assert await found_elsewhere(one, KEY, "BT-4") == ("two", "BT-3")


async def test_of_two_claims_at_one_moment_one_is_found_by_the_other(cluster_dsn, tmp_path):
    with centre(cluster_dsn) as rows:
        async with node(cluster_dsn, tmp_path / "1", "one") as one, node(cluster_dsn, tmp_path / "2", "two") as two:
            proof = one._proof_now(KEY, "BT-1", relayed=False)
            with rows.transaction():
                rows.execute(
                    "INSERT INTO repetition VALUES (%s, 'one', 'p', 'BT-1', false, clock_timestamp(), %s)", (KEY, proof)
                )
                later = asyncio.create_task(two.claim(KEY, "BT-2"))
                await until(lambda: rows.execute("SELECT FROM pg_locks WHERE NOT granted").fetchone() is not None)
            with pytest.raises(RepeatedError, match="one"):  # committed after the later one began
                await later


@pytest.mark.parametrize("seconds", [-300, 300])
async def test_clocks_that_differ_by_minutes_hide_no_claim(cluster_dsn, tmp_path, monkeypatch, seconds):
    now = time.time
    with centre(cluster_dsn):
        async with node(cluster_dsn, tmp_path / "1", "one") as one, node(cluster_dsn, tmp_path / "2", "two") as two:
            with monkeypatch.context() as there:
                there.setattr("gateway.cluster.repetitions.time.time", lambda: now() + seconds)
                await one.claim(KEY, "BT-1")
                await one.settle("BT-1", relayed=True)
            assert await found_elsewhere(two, KEY, "BT-2") == ("one", "BT-1")


async def test_a_reference_that_two_nodes_drew_does_not_make_one_take_the_others_claim_for_its_own(
    cluster_dsn, tmp_path
):
    with centre(cluster_dsn):
        async with node(cluster_dsn, tmp_path / "1", "one") as one, node(cluster_dsn, tmp_path / "2", "two") as two:
            await one.claim(KEY, "BT-1")
            await one.settle("BT-1", relayed=True)
            assert await found_elsewhere(two, KEY, "BT-1") == ("one", "BT-1")


@pytest.mark.parametrize("away", [False, True])
async def test_a_front_end_begins_with_the_centre_or_after_a_second_without_it(tmp_path, postgres, cluster_dsn, away):
    with closing(Proxy(postgres.socket)) as proxy:
        proxy.become("hang")
        (tmp_path / "keys").mkdir()
        with centre(cluster_dsn):
            cluster = {"node": "one", "dsn": postgres.dsn(cluster_dsn.rpartition("/")[2], proxy.address)}
            configuration = Configuration.model_validate({"data": str(tmp_path), "cluster": cluster})
            link = ClusterLink(
                configuration, LIMITS, Levels(time.monotonic), Reporter(Pipe()), process="p", first=False
            )
            asyncio.get_running_loop().call_later(0.3, lambda: away or proxy.become("pass"))
            await link.start()
            assert link.repetitions._database.present is not away
            proxy.become("pass")
            await link.close()


@pytest.mark.parametrize(("delivery", "found"), [(Delivery.RELAYED, True), (Delivery.UNKNOWN, False), (None, None)])
async def test_what_a_process_left_open_is_settled_as_its_log_has_it(
    cluster_dsn, tmp_path, monkeypatch, delivery, found
):
    monkeypatch.setattr("gateway.cluster.repetitions._CONCLUDE_EVERY_S", 0.02)
    with centre(cluster_dsn) as rows:
        async with node(cluster_dsn, tmp_path / "1", "one") as one:
            mail = transaction()
            key = one.key_of(mail)
            await one.claim(key, mail.id)
            await one.log.intent_and_sending(mail, verdict(), evidence())
            if delivery is not None:
                await one.log.outcome(mail.id, OK, delivery)
            rows.execute(
                "UPDATE repetition SET process = split_part(process, '-', 1) || '-gone', at = at - interval '5 seconds'"
            )
            task = asyncio.create_task(one.live(concludes=True))
            if delivery is not None:
                await until(
                    lambda: rows.execute("SELECT relayed FROM repetition").fetchall() == ([(True,)] if found else [])
                )
            else:
                await asyncio.sleep(0.3)
                assert rows.execute("SELECT relayed FROM repetition").fetchall() == [(False,)]
                await one.log.outcome(mail.id, OK)
            task.cancel()


@pytest.mark.parametrize("copied", [False, True])
async def test_a_second_machine_of_one_name_settles_no_claim_of_the_first(cluster_dsn, tmp_path, monkeypatch, copied):
    monkeypatch.setattr("gateway.cluster.repetitions._CONCLUDE_EVERY_S", 0.02)
    with centre(cluster_dsn) as rows:
        async with node(cluster_dsn, tmp_path / "1", "one") as one:
            await one.claim(KEY, "BT-1")
            if copied:
                shutil.copytree(tmp_path / "1", tmp_path / "2")
            async with node(cluster_dsn, tmp_path / "2", "one") as other:
                rows.execute("UPDATE repetition SET at = at - interval '100 seconds'")
                task = asyncio.create_task(other.live(concludes=True))
                await asyncio.sleep(0.5)
                task.cancel()
                assert rows.execute("SELECT reference, relayed FROM repetition").fetchall() == [("BT-1", False)]
            task = asyncio.create_task(one.live(concludes=True))  # its own log has none either
            await until(lambda: rows.execute("SELECT 1 FROM repetition").fetchall() == [])
            task.cancel()


async def test_without_the_centre_a_mail_goes_on(tmp_path, postgres, cluster_dsn):
    with closing(Proxy(postgres.socket)) as proxy:
        with centre(cluster_dsn):
            async with node(postgres.dsn(cluster_dsn.rpartition("/")[2], proxy.address), tmp_path / "1", "one") as one:
                proxy.become("dead")
                began = time.monotonic()
                assert await one.claim(KEY, "BT-1") is None
                await one.settle("BT-1", relayed=True)
                assert time.monotonic() - began < 60


async def test_a_settlement_that_the_centre_did_not_store_is_repeated(tmp_path, postgres, cluster_dsn, monkeypatch):
    monkeypatch.setattr("gateway.cluster.repetitions._CONCLUDE_EVERY_S", 0.02)
    monkeypatch.setattr("gateway.cluster.database.BUDGET_S", 0.5)
    with closing(Proxy(postgres.socket)) as proxy:
        through = postgres.dsn(cluster_dsn.rpartition("/")[2], proxy.address)
        with centre(cluster_dsn) as rows:
            async with node(cluster_dsn, tmp_path / "2", "two") as two, node(through, tmp_path / "1", "one") as one:
                assert await one.claim(b"refused", "BT-2") is None
                proxy.become("dead")
                assert await one.claim(KEY, "BT-1") is None
                assert await one.settle("BT-1", relayed=True) is None
                assert await one.settle("BT-2", relayed=False) is None
                task = asyncio.create_task(one.live(concludes=False))
                proxy.become("pass")
                await until(lambda: rows.execute("SELECT relayed FROM repetition").fetchall() == [(True,)])
                task.cancel()
                assert await found_elsewhere(two, KEY, "BT-3") == ("one", "BT-1")


async def test_an_answer_too_late_for_the_claim_still_counts_before_the_final_dot(
    tmp_path, postgres, cluster_dsn, monkeypatch
):
    with closing(Proxy(postgres.socket, delay_s=0.3)) as proxy:
        through = postgres.dsn(cluster_dsn.rpartition("/")[2], proxy.address)
        with centre(cluster_dsn):
            async with node(cluster_dsn, tmp_path / "1", "one") as one, node(through, tmp_path / "2", "two") as two:
                await one.claim(KEY, "BT-1")
                await one.settle("BT-1", relayed=True)
                monkeypatch.setattr("gateway.cluster.database.BUDGET_S", 0.05)
                proxy.become("slow")
                assert await two.claim(KEY, "BT-2") is None
                two.look_again("BT-2")  # not yet
                await until(lambda: two.database.present)
                with pytest.raises(RepeatedError) as caught:
                    two.look_again("BT-2")
                assert (caught.value.relayed, caught.value.reference) == (True, "BT-1")
