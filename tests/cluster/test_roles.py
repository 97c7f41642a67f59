"""Sample database roles: a node may insert records, but not change them."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from gateway.cluster.database import connect, failures
from gateway.cluster.heads import sign_heads
from gateway.cluster.keys import make_key, signing_key
from gateway.cluster.schema import outdated
from gateway.config.cluster import Cluster
from tests.audit.support import fill
from tests.cluster.support import centre, local, shipped, there

pytestmark = pytest.mark.cluster

SAMPLES = Path(__file__).parents[2] / "deploy/patroni"


def test_a_node_ships_by_the_rights_of_the_sample_and_cannot_change_what_is_there(tmp_path, cluster_dsn):
    rights = (SAMPLES / "roles.sql").read_text()
    for before in ("'gateway'", "ROLE gateway ", "TO gateway;", "FROM gateway;"):  # which is the superuser here
        assert before in rights
        rights = rights.replace(before, before.replace("gateway", "gateway_node"))
    asyncio.run(fill(tmp_path, 3))
    dsn = cluster_dsn.replace("//gateway@", "//gateway_node@")
    with centre(cluster_dsn) as connection:
        connection.execute("DROP ROLE IF EXISTS gateway_node; CREATE ROLE gateway_node LOGIN")
        with connect(Cluster(node="one", dsn=dsn)) as node:
            assert "roles.sql" in outdated(node)  # and not that the tables are old
        connection.execute(rights)
        connection.execute(rights)
        shown = shipped(tmp_path, dsn)
        assert (shown.away, shown.fork) == ("", "")
        asyncio.run(fill(tmp_path, 3, first=10))
        shipped(tmp_path, dsn)
        assert there(connection) == local(tmp_path)
        with connect(Cluster(node="one", dsn=dsn)) as node:
            for statement in ("UPDATE record SET seq = 99 WHERE seq = 1", "DELETE FROM checkpoint", "TRUNCATE record"):
                with pytest.raises(failures(), match="permission denied"):
                    node.execute(statement)
            make_key(tmp_path / "centre.key")
            # Who signs the heads of all logs is a node, too, and adds what witnesses answered.
            assert sign_heads(node, signing_key(tmp_path / "centre.key", "cluster"), now=datetime.now(UTC)) == 1
            node.execute("UPDATE global_checkpoint SET cosigned = cosigned || 'x'")
            with pytest.raises(failures(), match="permission denied"):
                node.execute("UPDATE global_checkpoint SET note = 'x'")


def test_the_sample_of_patroni_is_yaml_and_commits_on_two_machines():
    sample = YAML(typ="safe").load(SAMPLES / "patroni.yml")
    assert sample["bootstrap"]["dcs"]["synchronous_mode"] is True
