"""Three real gateways behind a real HAProxy, with a real PostgreSQL; `GATEWAY_LONG=1` (`make cluster`) runs the long variants."""

import asyncio
import itertools
import os
import random
import re
import time

import pytest

from tests.cluster.nodes import LOGIN, PORTS, logged_in, nodes, talking
from tests.cluster.support import centre, until
from tests.e2e.clients import LOST, Clients, mail, reference, token
from tests.e2e.commands import COLLEAGUE, STAFF
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy
from tests.support.sink import Act, Sink

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]

LONG = bool(os.environ.get("GATEWAY_LONG"))
only_long = pytest.mark.skipif(not LONG, reason="`make cluster` runs it")
USERS = {LOGIN[0]: LOGIN[1]}


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "cluster.key"
    path.write_bytes(bytes(range(32)))
    return {"key_file": str(path)}


class LoggedIn(Clients):
    """Authenticated clients through the balancer that retry each mail until it is acknowledged, and record the gaps."""

    def __init__(self, address):
        super().__init__(address)
        self.moments = [time.monotonic()]
        self.dismissed = 0

    async def until_acknowledged(self, content):
        while True:
            self.tries += 1
            try:
                async with asyncio.timeout(40), logged_in(self.address()) as client:
                    reply = await client.mail(content, sender=STAFF, recipients=(COLLEAGUE,))
            except (*LOST, AssertionError) as error:
                self.dismissed += "421" in str(error)
                await asyncio.sleep(0.05)
                continue
            if reply.code == 250:
                self.acknowledged.add(token(content))
                self.moments.append(time.monotonic())
                return
            self.dismissed += reply.code == 421
            await asyncio.sleep(0.1)

    @property
    def longest_gap_s(self):
        return max(later - earlier for earlier, later in itertools.pairwise(self.moments))


async def outcomes(all_of_them):
    """Outcome of each mail by reference, of all nodes; every log must be whole."""
    found = {}
    for gateway in all_of_them.gateways:
        for record in await gateway.records():
            if record["kind"] == "outcome":
                found[record["id"]] = record["delivery"]
        await gateway.assert_audit_is_whole()
    return found


async def assert_each_once(all_of_them, sink, clients):
    """No acknowledged mail is lost; a mail with a login is delivered twice only when an earlier attempt ended `unknown`.

    A busy machine may miss the deadline of 50 ms; the log names the mails sent without the centre's response.
    """
    delivered = {}
    for one in sink.delivered:
        delivered.setdefault(token(one.content), []).append(reference(one.content))
    assert clients.acknowledged <= delivered.keys(), "acknowledged, but not at the next hop"
    ended = await outcomes(all_of_them)
    logs = "".join(gateway.log for gateway in all_of_them.gateways).splitlines()
    unasked = {
        found[0] for line in logs if "without asking the cluster" in line and (found := re.search(r"BT-\w{13}", line))
    }
    print(f"{len(unasked)} of {len(ended)} mails went without the centre's answer")
    for name, references in delivered.items():
        if unasked.isdisjoint(references):
            assert {ended[one] for one in references[:-1]} <= {"unknown"}, (
                name,
                [(one, ended[one]) for one in references],
            )
    return sum(len(references) - 1 for references in delivered.values()), len(delivered)


async def test_a_retry_on_another_node_is_250_and_names_who_relayed_it(tmp_path, cluster_dsn, key_file):
    with centre(cluster_dsn):
        async with Sink(users=USERS) as sink, nodes(tmp_path, sink, count=2, dsn=cluster_dsn, cluster=key_file) as both:
            first, second = both.gateways
            await first.kill()
            await first.start(env={"GATEWAY_FAILPOINTS": "pipeline.after_outcome=kill@1"})
            await both.until_up(2)
            with pytest.raises(LOST):
                async with logged_in(first.address("submission"), past=both) as client:
                    await client.mail(mail(1), sender=STAFF, recipients=(COLLEAGUE,))
            async with logged_in(second.address("submission"), past=both) as client:
                reply = await client.mail(mail(1), sender=STAFF, recipients=(COLLEAGUE,))
            assert reply.code == 250
            assert b"node-1" in reply.raw
            assert len(sink.delivered) == 1
            (again,) = [record for record in await second.records() if record["kind"] == "duplicate"]
            assert (again["node"], again["of"]) == ("node-1", reference(sink.delivered[0].content))
            assert again["of"].encode() in reply.raw


async def test_a_retry_whose_question_was_answered_late_is_taken_back_before_the_final_dot(
    tmp_path, postgres, cluster_dsn, key_file
):
    proxy, seen = Proxy(postgres.socket, delay_s=0.2), []

    def slowly_the_second_time(stage, _session):
        if stage == "data":
            seen.append(stage)
            return Act(reply=b"354 go ahead\r\n", delay=2.0, as_usual=True) if len(seen) > 1 else None
        return None

    try:
        with centre(cluster_dsn):
            dsn = postgres.dsn(cluster_dsn.rpartition("/")[2], proxy.address)
            async with (
                Sink(slowly_the_second_time, users=USERS) as sink,
                nodes(tmp_path, sink, count=2, dsn=dsn, cluster=key_file) as both,
            ):
                first, second = both.gateways
                async with (
                    logged_in(first.address("submission"), past=both) as one,
                    logged_in(second.address("submission"), past=both) as other,
                ):
                    assert (await one.mail(mail(1), sender=STAFF, recipients=(COLLEAGUE,))).code == 250
                    proxy.become("slow")
                    reply = await other.mail(mail(1), sender=STAFF, recipients=(COLLEAGUE,))
                proxy.become("pass")
                assert reply.code == 250
                assert b"node-1" in reply.raw
                assert (len(sink.delivered), len(seen)) == (1, 2)
                kinds = [record["kind"] for record in await second.records() if record.get("id")]
                assert kinds == ["intent", "sending", "outcome", "duplicate"]
                assert "without asking the cluster" in second.log
    finally:
        proxy.close()


@pytest.mark.parametrize("away", [False, pytest.param(True, marks=only_long)], ids=["centre", "centre away"])
async def test_wrong_passwords_reach_the_city_as_often_as_the_limit_says(
    tmp_path, postgres, cluster_dsn, key_file, away
):
    proxy = Proxy(postgres.socket)
    try:
        with centre(cluster_dsn):
            dsn = postgres.dsn(cluster_dsn.rpartition("/")[2], proxy.address)
            async with Sink(users=USERS) as sink, nodes(tmp_path, sink, dsn=dsn, cluster=key_file, workers=2) as three:
                if away:
                    counted = [gateway.data / "cluster-nodes" for gateway in three.gateways]
                    await until(lambda: all(file.exists() and file.read_text() == "3\n" for file in counted))
                    proxy.become("dead")
                    await asyncio.sleep(0.5)
                numbers = iter(range(200 if LONG else 72))

                async def guess():
                    for number in numbers:
                        where = (f"{three.prefix}.{number % 3 + 1}", PORTS["587"])
                        async with talking(where, past=three) as client:
                            assert (await client.login(LOGIN[0], "sai")).code in (535, 454)

                await asyncio.gather(*(guess() for _ in range(8)))
                tried = sum(
                    command.upper().startswith(b"AUTH") for session in sink.sessions for command in session.commands
                )
                print(f"{tried} of the guesses reached the next hop")
                # A busy machine sometimes misses the deadline of 50 ms; that attempt is handled as during an outage.
                busy = os.getloadavg()[0] > 2 * len(os.sched_getaffinity(0))
                assert 1 <= tried <= (10 + 6 if away or busy else 12)
    finally:
        proxy.close()


@only_long
async def test_nodes_that_are_killed_lose_nothing_and_repeat_only_what_ended_unknown(tmp_path, cluster_dsn, key_file):
    kills = int(os.environ.get("GATEWAY_KILLS", "6"))
    chosen = random.Random(7)
    with centre(cluster_dsn):
        async with Sink(users=USERS) as sink, nodes(tmp_path, sink, dsn=cluster_dsn, cluster=key_file) as three:
            clients = LoggedIn(lambda: three.address("587"))
            tasks = [asyncio.create_task(clients.run()) for _ in range(8)]
            for _ in range(kills):
                await asyncio.sleep(chosen.uniform(0.2, 1.0))
                node = chosen.choice(three.gateways)
                await node.kill()
                await asyncio.sleep(0.2)
                await node.start()
                await three.until_up(3)
            clients.stopping = True
            await asyncio.gather(*tasks)
            gap = clients.longest_gap_s
        twice, mails = await assert_each_once(three, sink, clients)
        print(
            f"{kills} kills, {len(clients.acknowledged)} acknowledged, {mails} mails, {twice} repeated, gap {gap:.2f} s"
        )
        assert gap < 3


@only_long
async def test_a_rolling_restart_loses_and_repeats_nothing(tmp_path, cluster_dsn, key_file):
    with centre(cluster_dsn):
        async with Sink(users=USERS) as sink, nodes(tmp_path, sink, dsn=cluster_dsn, cluster=key_file) as three:
            clients = LoggedIn(lambda: three.address("587"))
            tasks = [asyncio.create_task(clients.run()) for _ in range(8)]
            for node in three.gateways:
                await asyncio.sleep(2)
                assert await node.terminate(90) == 0
                await node.start()
                await three.until_up(3)
            clients.stopping = True
            await asyncio.gather(*tasks)
        twice, _ = await assert_each_once(three, sink, clients)
        print(f"{len(clients.acknowledged)} acknowledged, {clients.dismissed} x 421, gap {clients.longest_gap_s:.2f} s")
        assert twice == 0
        assert clients.dismissed <= 8


@only_long
@pytest.mark.parametrize("outage", ["stopped", "hang", "slow"])
async def test_no_mail_is_refused_while_the_centre_is_away(tmp_path, key_file, outage):
    server = Postgres()
    server.start()
    proxy = Proxy(server.socket)
    try:
        name = server.new_database()
        with centre(server.dsn(name)):
            pass
        async with (
            Sink(users=USERS) as sink,
            nodes(tmp_path, sink, dsn=server.dsn(name, proxy.address), cluster=key_file) as three,
        ):
            clients = LoggedIn(lambda: three.address("587"))
            tasks = [asyncio.create_task(clients.run()) for _ in range(4)]
            await asyncio.sleep(5)
            if outage == "stopped":
                server.stop()
            else:
                proxy.become(outage)
            await asyncio.sleep(60 if outage == "stopped" else 15)
            assert all([(await three.ready(number))[0] == 200 for number in (1, 2, 3)])
            if outage == "stopped":
                server.start()
            proxy.become("pass")
            await asyncio.sleep(3)
            clients.stopping = True
            await asyncio.gather(*tasks)
            assert clients.tries == len(clients.acknowledged), "a mail was refused"
        twice, _ = await assert_each_once(three, sink, clients)
        assert twice == 0
    finally:
        proxy.close()
        server.remove()
