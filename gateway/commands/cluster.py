"""`gateway cluster ...`: set up and look at what several gateways share."""

from __future__ import annotations

from pathlib import Path

from gateway.audit.keyed import key_id
from gateway.cluster.database import DatabaseError, connect, failures, told
from gateway.cluster.keys import make_key, signing_key
from gateway.cluster.schema import set_up
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.texts.catalogue import both


def init(configuration: Configuration) -> int:
    """Make the cluster's tables."""
    with connect(cluster_of(configuration)) as connection:
        try:
            statements = set_up(connection)
        except failures() as error:
            raise DatabaseError(both("cluster", "fault", "refused", error=told(error))) from None
    print(both("cluster", "init", "done", statements=statements))
    return 0


def make_cluster_key(path: Path) -> int:
    """Make the key of a cluster."""
    make_key(path)
    print(both("cluster", "key", "done", path=path, key=key_id(path.read_bytes())))
    return 0


def show_signing_key(path: Path) -> int:
    """Print the public keys of a key to sign by, which is made when there is none."""
    if not path.exists():
        make_key(path)
    for role, setting in (("cluster", "cluster.centre_keys"), ("rules", "cluster.rule_keys")):
        print(both("cluster", "heads", "key", setting=setting))
        print(signing_key(path, role).verifier)
    return 0


def cluster_of(configuration: Configuration) -> Cluster:
    """Return the section; UserError without one."""
    if configuration.cluster is None:
        raise UserError(both("cluster", "fault", "no_dsn"))
    return configuration.cluster
