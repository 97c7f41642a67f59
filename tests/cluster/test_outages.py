"""Outages of the centre under load: mail flows, the shipping lag is reported, and then each record is shipped once.

`GATEWAY_LONG=1` (`make cluster`) runs the long variants.
"""

import asyncio
import os
import random
import shutil
import signal
import statistics
import time
import urllib.error
import urllib.request
from contextlib import closing

import pytest

from gateway.cluster.records import place
from gateway.cluster.records import shipped as told_shipped
from tests.audit.support import fill
from tests.cluster.support import centre, local, shipped, there
from tests.e2e.clients import Clients, mail
from tests.e2e.gateway_process import configured, serving
from tests.e2e.test_metrics import figures
from tests.support.long import LONG
from tests.support.loops import until
from tests.support.proxy import Proxy
from tests.support.sink import Sink

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]

OUTAGE_S, KILLS = (60, 50) if LONG else (3, 8)
QUIET_S = 15 if LONG else 1
"""Before and after an outage, for the usual time of a reply."""


class Timed(Clients):
    """Clients that record the seconds of each mail."""

    def __init__(self, address):
        super().__init__(address)
        self.seconds = []

    async def until_acknowledged(self, content):
        began = time.monotonic()
        await super().until_acknowledged(content)
        self.seconds.append(time.monotonic() - began)

    def p99(self):
        """99th percentile since the last call."""
        found, self.seconds = self.seconds, []
        return statistics.quantiles(found, n=100)[98] if len(found) > 1 else max(found, default=0)


def look(gateway, tries=20):
    """Response to a balancer; a node whose disk has just kept its log waiting for a second is asked again."""
    host, port = gateway.address("metrics")
    for left in reversed(range(tries)):
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/ready", timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            if not left:
                raise AssertionError(error.read().decode()) from None
            time.sleep(0.5)
    return ""


def behind(gateway, connection):
    """Records that the centre lacks; the question is one look into an index, so that asking often costs nobody time."""
    return local(gateway.data, "max(seq)")[0][0] - place(connection, "one").seq


EVERY = ("hang", "slow", "stopped", "killed")


@pytest.mark.parametrize(
    ("replicate", "outages"),
    [(replicate, (outage,)) for outage in EVERY for replicate in ("later", "wait")]
    if LONG
    else [("later", EVERY), ("wait", ("hang",))],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
async def test_mail_flows_whatever_becomes_of_the_centre_and_every_record_arrives_once(
    tmp_path, postgres, cluster_dsn, replicate, outages
):
    with closing(Proxy(postgres.socket)) as proxy:
        through = postgres.dsn(cluster_dsn.rpartition("/")[2], proxy.address)
        with centre(cluster_dsn):
            pass
        async with Sink() as sink:
            config = configured(
                sink, workers=1, metrics="127.0.0.1:0", cluster={"node": "one", "dsn": through, "replicate": replicate}
            )
            async with serving(tmp_path / "gateway", config=config) as gateway:
                clients = Timed(gateway.address)
                tasks = [asyncio.create_task(clients.run()) for _ in range(4)]
                await asyncio.sleep(QUIET_S)
                usual, times = [clients.p99()], {}
                for outage in outages:
                    await _break(outage, proxy, postgres, gateway)
                    if outage != "killed":
                        await asyncio.to_thread(look, gateway)
                        lag = await figures(gateway)
                        assert lag["congvu_gateway_ship_lag_records"] > 0
                        assert lag["congvu_gateway_trouble"] >= (OUTAGE_S > 35), lag
                    slowest = clients.p99()
                    proxy.become("pass")
                    if outage == "stopped":
                        postgres.start()
                    began = time.monotonic()
                    with centre(cluster_dsn) as connection:
                        missing = behind(gateway, connection)
                        await until(lambda: behind(gateway, connection) < 100)
                    times[outage] = (slowest, missing, time.monotonic() - began)
                    clients.p99()
                    await asyncio.sleep(QUIET_S)
                    usual.append(clients.p99())
                print(replicate, f"p99 without outage {usual}; p99 during, records behind, caught up after:", times)
                clients.stopping = True
                await asyncio.gather(*tasks)
                assert clients.tries == len(clients.acknowledged), "a mail was refused"
                for outage, (slowest, _, took) in times.items():
                    assert took < 100
                    if outage != "killed":  # a start of fifty processes costs what it costs
                        # On a busy machine a short run detects hangs only.
                        assert slowest < (1.5 * max(usual) + 0.05 if LONG else 30)
                with centre(cluster_dsn) as connection:
                    await until(
                        lambda: (
                            [(one.unready, len(one.anchors or "")) for one in told_shipped(connection)] == [("", 64)]
                        )
                    )
            with centre(cluster_dsn) as connection:
                assert there(connection) == local(gateway.data), "not all was shipped at the end"
            assert "Traceback" not in gateway.log
            # Logged, with `replicate: wait`, for each mail answered before the centre had its record.
            assert ("answered before the centre" in gateway.log) is (replicate == "wait")


async def test_a_gateway_with_an_old_backup_serves_on_ships_nothing_and_says_what_to_do(tmp_path, cluster_dsn):
    with centre(cluster_dsn) as connection:
        async with Sink() as sink:
            config = configured(sink, workers=1, metrics="127.0.0.1:0", cluster={"node": "one", "dsn": cluster_dsn})
            old = tmp_path / "gateway" / "data"
            await fill_in_thread(old, 3)
            shutil.copytree(old, tmp_path / "backup")
            await fill_in_thread(old, 3, first=20)
            await asyncio.to_thread(shipped, old, cluster_dsn)
            before = there(connection)
            shutil.rmtree(old)
            shutil.copytree(tmp_path / "backup", old)
            async with serving(tmp_path / "gateway", config=config) as gateway:
                clients = Clients(gateway.address)
                for number in range(3):
                    await clients.until_acknowledged(mail(number))
                await gateway.logged("cluster.node")
                ready = await asyncio.to_thread(look, gateway)
                assert "another log at the centre" in ready, ready
                assert (await figures(gateway))["congvu_gateway_ship_fork"] == 1
                assert clients.tries == 3
        assert there(connection) == before


def fill_in_thread(data, mails, first=1):
    return asyncio.to_thread(lambda: asyncio.run(fill(data, mails, first)))


async def _break(outage, proxy, postgres, gateway):
    """Cause an outage for a while."""
    if outage == "killed":
        for _ in range(KILLS):
            pid = await gateway.until(lambda: gateway.child("gateway-ship"))
            await asyncio.sleep(random.uniform(0.1, 0.7))  # the random moment is the subject
            os.kill(pid, signal.SIGKILL)
            await gateway.until(lambda: gateway.child("gateway-ship") not in (None, pid))
        return
    if outage == "stopped":
        await asyncio.to_thread(postgres.stop)
    else:
        proxy.become(outage)
    await asyncio.sleep(OUTAGE_S)
