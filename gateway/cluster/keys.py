"""The key of the cluster: one for all nodes, so that what is keyed by it is the same on each."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from gateway.config.cluster import Cluster
from gateway.errors import UserError
from gateway.files import read_file
from gateway.texts.catalogue import both, reasons

KEY_BYTES = 32


def make_key(path: Path) -> None:
    """Write a new key, mode 0600; UserError when the file is there already or cannot be written."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise UserError(both("cluster", "fault", "key_there", path=path)) from None
    except OSError as error:
        raise UserError(both("audit", "fault", "key", path=path, reason=reasons(error))) from None


def read_key(cluster: Cluster) -> bytes | None:
    """Return the 32 octets of `key_file`, None when none is set; UserError when the file holds anything else."""
    if cluster.key_file is None:
        return None
    try:
        key = read_file(cluster.key_file)
    except OSError as error:
        raise UserError(both("audit", "fault", "key", path=cluster.key_file, reason=reasons(error))) from None
    if len(key) != KEY_BYTES:
        raise UserError(both("cluster", "fault", "key", path=cluster.key_file, size=len(key), wanted=KEY_BYTES))
    return key
