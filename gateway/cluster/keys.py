"""The key of the cluster: one for all nodes, so that what is keyed by it is the same on each."""

from __future__ import annotations

from gateway.config.cluster import Cluster
from gateway.errors import UserError
from gateway.files import read_file
from gateway.texts.catalogue import both

KEY_BYTES = 32


def read_key(cluster: Cluster) -> bytes | None:
    """Return the 32 octets of `key_file`, None when none is set; UserError when the file holds anything else."""
    if cluster.key_file is None:
        return None
    key = read_file(cluster.key_file)
    if len(key) != KEY_BYTES:
        raise UserError(both("cluster", "fault", "key", path=cluster.key_file, size=len(key), wanted=KEY_BYTES))
    return key
