"""Rolling upgrade under load from the last release to this checkout (`make cluster`); `GATEWAY_FROM=COMMIT` starts from another."""

import asyncio
import io
import json
import os
import subprocess
import tarfile
import tomllib

import pytest

from gateway.audit.filter import Filter
from gateway.cluster.reader import ClusterReader
from gateway.config.cluster import Cluster
from tests.cluster.nodes import nodes
from tests.cluster.support import centre, local, there
from tests.cluster.test_nodes import USERS, LoggedIn, assert_each_once, only_long
from tests.e2e.clients import reference
from tests.e2e.gateway_process import ROOT, cli
from tests.support.sink import Sink

pytestmark = [pytest.mark.cluster, pytest.mark.slow, only_long]


def git(*words):
    run = subprocess.run(["git", "-C", ROOT, *words], check=False, capture_output=True)
    return run.stdout if run.returncode == 0 else b""


def last_release():
    """Return the last tag, or the commit that wrote the last release's heading into the changelog."""
    if chosen := os.environ.get("GATEWAY_FROM"):
        return chosen
    if tag := git("describe", "--tags", "--abbrev=0").decode().strip():
        return tag
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]
    release = next(line for line in headings if "Unreleased" not in line)
    return git("log", "-1", "--format=%H", "-S", release, "--", "CHANGELOG.md").decode().strip()


def unpack(commit, folder):
    """Write a commit's tree, with the entry points of its own policies."""
    archive = git("archive", "--format=tar", commit) if commit else b""
    if not archive:
        pytest.skip("no history of this checkout to take the last release from")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    described = folder / f"congvu_gateway-{project['version']}.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    groups = ((group, names) for group, names in project["entry-points"].items())
    lines = [f"[{group}]\n" + "".join(f"{name} = {at}\n" for name, at in names.items()) for group, names in groups]
    (described / "entry_points.txt").write_text("\n".join(lines))
    return folder


async def test_a_rolling_upgrade_from_the_last_release_loses_and_repeats_nothing(tmp_path, cluster_dsn):
    old = unpack(last_release(), tmp_path / "release")
    knows_clusters = (old / "gateway/cluster").exists()
    key = tmp_path / "cluster.key"
    key.write_bytes(bytes(range(32)))
    wanted = {}

    def of_the_release(three):
        three.polled = knows_clusters
        for node in three.gateways:
            file = node.folder / "gateway.yaml"
            wanted[node] = file.read_text()
            if not knows_clusters:
                file.write_text(
                    json.dumps({name: one for name, one in json.loads(wanted[node]).items() if name != "cluster"})
                )
            node.env = {"PYTHONPATH": str(old)}

    with centre(cluster_dsn) as connection:
        async with (
            Sink(users=USERS) as sink,
            nodes(tmp_path, sink, dsn=cluster_dsn, cluster={"key_file": str(key)}, prepare=of_the_release) as three,
        ):
            clients = LoggedIn(lambda: three.address("587"))
            tasks = [asyncio.create_task(clients.run()) for _ in range(8)]
            for node in three.gateways:
                await asyncio.sleep(2)
                assert await node.terminate() == 0
                node.env = {}
                (node.folder / "gateway.yaml").write_text(wanted[node])
                await node.start()
                await three.until_up(3)
                if knows_clusters:
                    reader = await cli("audit", "list", "--cluster", cluster_dsn, env={"PYTHONPATH": str(old)})
                    assert reader.code == 0, reader.err
            await asyncio.sleep(2)
            clients.stopping = True
            await asyncio.gather(*tasks)
        twice, mails = await assert_each_once(three, sink, clients)
        print(f"{mails} mails, {clients.dismissals.total()} x 421, gap {clients.longest_gap_s:.2f} s")
        assert not twice
        assert max(clients.dismissals.values(), default=0) <= len(three.gateways)  # one a restart
        for number, node in enumerate(three.gateways, 1):
            assert there(connection, f"node-{number}") == local(node.data)
        with ClusterReader.open(Cluster(node="x", dsn=cluster_dsn)) as reader:
            relayed = {row.reference for row in reader.find(Filter(limit=1_000_000, state="relayed"))}
        assert relayed == {reference(one.content) for one in sink.delivered}
        run = await cli("audit", "verify", "--cluster", cluster_dsn)
        assert run.code == 0, run.out + run.err
