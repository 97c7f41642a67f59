"""Cluster rules on real gateways: while mails flow, each is judged by the old rules or by the new ones."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.cluster import rules
from gateway.cluster.keys import make_key, signing_key
from gateway.config.sections import Configuration
from gateway.pipeline.rulebook import load_rules
from tests.cluster.nodes import Nodes
from tests.cluster.test_rules import DIRECTORY, LENIENT, STRICT
from tests.e2e.clients import Clients
from tests.support.long import LONG
from tests.support.sink import Sink

pytestmark = pytest.mark.slow

OLD, NEW = STRICT, LENIENT
Y_TE = DIRECTORY.replace("Nội vụ".encode(), "Y tế".encode())


def pair(folder, policy, directory):
    """The digests that mails judged by these files have."""
    folder.mkdir()
    (folder / "policy.yaml").write_bytes(policy)
    (folder / "directory.csv").write_bytes(directory)
    found = load_rules(Configuration(policy=str(folder / "policy.yaml"), directory=folder / "directory.csv"))
    return found.policies.digest, found.directory.digest


async def judged(gateway):
    """Time of each judgement, and its rules."""
    mails = [record for record in await gateway.records() if record["kind"] == "intent"]
    return [
        (datetime.fromisoformat(one["time"]), (one["mail"]["policy_digest"], one["mail"]["directory_digest"]))
        for one in mails
    ]


@pytest.mark.cluster
@pytest.mark.parametrize("count", [1, 3])
async def test_while_mails_flow_each_is_judged_by_the_old_rules_or_by_the_new_and_soon_only_by_these(
    tmp_path, cluster_dsn, connection, count
):
    make_key(tmp_path / "rules.key")
    key = signing_key(tmp_path / "rules.key", "rules")
    if count > 1 and not LONG:
        pytest.skip("make cluster")
    old, new = pair(tmp_path / "old", OLD, DIRECTORY), pair(tmp_path / "new", NEW, Y_TE)
    files = {"policy": str(tmp_path / "old/policy.yaml"), "directory": str(tmp_path / "old/directory.csv")}
    async with Sink() as sink:
        nodes = Nodes(tmp_path, sink, count=count, dsn=cluster_dsn, cluster={"rule_keys": [str(key.verifier)]}, **files)
        await nodes.start()
        try:
            broken = nodes.gateways[-1] if count > 1 else None
            if broken is not None:
                (broken.data / "rules").touch()  # not a writable folder
            clients = Clients(nodes.address)
            tasks = [asyncio.create_task(clients.run()) for _ in range(2 + count)]
            await asyncio.sleep(1)
            at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
            rules.publish(connection, key, at=at, policy=NEW, directory=Y_TE)
            good = [one for one in nodes.gateways if one is not broken]
            await asyncio.gather(*(one.logged("rules reloaded") for one in good))
            await asyncio.sleep(2)
            if broken is not None:
                await asyncio.sleep(60 - (datetime.now(UTC) - at).total_seconds())
                status, words = await nodes.ready(count)
                assert (status, "cannot be written" in words) == (503, True)
                banner = await nodes.banner(count)
                assert (banner.code, b" quy t" in banner.raw) == (421, True), banner
                assert (await nodes.ready(1))[0] == 200
            clients.stopping = True
            await asyncio.gather(*tasks)
            assert clients.refused == []
            mails = [one for gateway in good for one in await judged(gateway)]
            others = await judged(broken) if broken is not None else []
        finally:
            await nodes.stop()
    assert {rules for _, rules in mails} == {old, new}
    assert {rules for _, rules in others} <= {old}
    last_old = (max(moment for moment, rules in mails if rules == old) - at).total_seconds()
    first_new = (min(moment for moment, rules in mails if rules == new) - at).total_seconds()
    print(f"{len(mails)} mails; first by new rules {first_new:.2f} s after TIME, last by old ones {last_old:.2f} s")
    assert first_new >= 0
    assert last_old < (2 if LONG else 60)
