"""The cluster database on the mail path: deadline and outage."""

import asyncio
import hashlib
import sys
import time
from contextlib import asynccontextmanager, closing

import pytest
import uvloop

from gateway.cluster.database import Database, DatabaseError, connect
from gateway.cluster.schema import VERSION, set_up, statements
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.serve.app import check_cluster
from tests.support.loops import until
from tests.support.proxy import Proxy

pytestmark = pytest.mark.cluster


@asynccontextmanager
async def database(dsn):
    told = []
    one = Database(Cluster(node="one", dsn=dsn), on_change=told.append)
    one.told = told
    one.start()
    try:
        yield one
    finally:
        await one.close()


def on_uvloop(work):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


def test_questions_of_many_mails_go_out_together_and_each_has_its_own_answer(cluster_dsn):
    async def work():
        async with database(cluster_dsn) as one:
            await until(lambda: one.present)
            asked = [one.ask("SELECT $1::int + 1", number, within_s=30) for number in range(300)]
            assert await asyncio.gather(*asked) == [[(number + 1,)] for number in range(300)]
            assert await one.ask("CREATE TABLE made (one int)", within_s=30) == []
            assert one.told[-1] is None

    on_uvloop(work())


@pytest.mark.parametrize("state", ["hang", "slow", "dead"])
def test_a_database_that_hangs_costs_the_budget_once_and_comes_back_by_itself(
    postgres, cluster_dsn, monkeypatch, state
):
    monkeypatch.setattr("gateway.cluster.database.BUDGET_S", 1.0)

    async def work():
        with closing(Proxy(postgres.socket)) as proxy:
            async with database(postgres.dsn(cluster_dsn.rpartition("/")[2], proxy.address)) as one:
                await until(lambda: one.present)
                proxy.become(state)
                began = time.monotonic()
                assert await asyncio.gather(*(one.ask("SELECT 1") for _ in range(20))) == [None] * 20
                for _ in range(500):
                    assert await one.ask("SELECT 1") is None
                assert time.monotonic() - began < 260  # each alone would be 520 s
                await until(lambda: len(one.told) == 2)
                proxy.become("pass")
                await until(lambda: one.present)
                assert await one.ask("SELECT 1", within_s=30) == [(1,)]
                assert one.told[0] is one.told[2] is None

    on_uvloop(work())


def test_a_statement_that_is_refused_is_none_and_the_next_ones_are_answered(cluster_dsn):
    async def work():
        async with database(cluster_dsn) as one:
            await until(lambda: one.present)
            assert await one.ask("SELECT * FROM nowhere", within_s=30) is None
            await until(lambda: one.present)
            assert await one.ask("SELECT 1", within_s=30) == [(1,)]
            assert any("nowhere" in (told or "") for told in one.told)

    on_uvloop(work())


def test_the_loop_is_never_held_by_a_database_that_does_not_answer(postgres, cluster_dsn):
    async def work():
        with closing(Proxy(postgres.socket)) as proxy:
            proxy.become("hang")
            async with database(postgres.dsn("nowhere", proxy.address)) as one:
                longest, last = 0.0, time.monotonic()
                for _ in range(100):
                    assert await one.ask("SELECT 1") is None
                    await asyncio.sleep(0.005)
                    now = time.monotonic()
                    longest, last = max(longest, now - last), now
                assert longest < 30
                assert len(one.told) < 2

    on_uvloop(work())


def test_tables_are_made_once_and_making_them_again_changes_nothing(cluster_dsn):
    with connect(Cluster(node="one", dsn=cluster_dsn)) as connection:
        assert set_up(connection) == set_up(connection)


def test_a_change_of_the_tables_has_a_version_of_its_own():
    """Raise VERSION with each change, so that an older centre is recognised."""
    digest = hashlib.sha256("\n".join(statements()).encode()).hexdigest()[:16]
    assert (VERSION, digest) == (6, "10069b3f6e99e33e")


def test_what_cannot_be_reached_is_said_without_the_password(tmp_path):
    (tmp_path / "pg").write_text("T0ps3cret\n")
    with pytest.raises(DatabaseError) as caught:
        connect(Cluster(node="one", dsn="postgresql://gateway@127.0.0.1:1/x", password_file=tmp_path / "pg"))
    assert "cluster.dsn" in str(caught.value)
    assert "T0ps3cret" not in str(caught.value)
    with pytest.raises(UserError, match="has no cluster.dsn"):
        connect(Cluster(node="one"))


def test_a_start_without_the_driver_or_with_another_key_is_refused_in_words(tmp_path, monkeypatch):
    (tmp_path / "key").write_bytes(b"short")
    section = {"node": "one", "dsn": "postgresql://gateway@127.0.0.1:1/x", "key_file": str(tmp_path / "key")}
    configuration = Configuration.model_validate({"cluster": section})
    with pytest.raises(UserError, match="exactly 32 bytes"):
        check_cluster(configuration)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserError, match="needs psycopg"):
        check_cluster(configuration)
    check_cluster(Configuration.model_validate({"cluster": {"node": "one"}}))


def test_a_database_that_stumbles_is_missed_for_a_moment_and_keeps_its_connection(cluster_dsn, monkeypatch):
    monkeypatch.setattr("gateway.cluster.database._PATIENCE_S", 60.0)

    async def work():
        async with database(cluster_dsn) as one:
            await until(lambda: one.present)
            (process,) = (await one.ask("SELECT pg_backend_pid()", within_s=30))[0]
            assert await one.ask("SELECT pg_sleep(2)", within_s=0.05) is None
            assert await one.ask("SELECT 1") is None
            await until(lambda: one.present)
            assert await one.ask("SELECT pg_backend_pid()", within_s=30) == [(process,)]
            assert one.told[-1] is None

    on_uvloop(work())
