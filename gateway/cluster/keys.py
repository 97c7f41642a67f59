"""Cluster keys: the shared HMAC key of all nodes, and signing keys for global checkpoints and rules."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from pathlib import Path

from gateway.audit.notes import ED25519, SigningKey, VerifierKey
from gateway.config.cluster import Cluster
from gateway.errors import UserError
from gateway.files import read_file
from gateway.system.atomic_file import make_file
from gateway.texts.catalogue import both, reasons

KEY_BYTES = 32


def make_key(path: Path) -> None:
    """Write a new key, mode 0600; UserError when the file exists or cannot be written."""
    try:
        make_file(path, secrets.token_bytes(KEY_BYTES))
    except FileExistsError:
        raise UserError(both("cluster", "fault", "key_there", path=path)) from None
    except OSError as error:
        raise UserError(both("audit", "fault", "key", path=path, reason=reasons(error))) from None


def read_key(cluster: Cluster) -> bytes | None:
    """Return the 32 bytes of `key_file`, None when unset; UserError as `read_secret`."""
    if cluster.key_file is None:
        return None
    return read_secret(cluster.key_file)


def read_secret(path: Path) -> bytes:
    """Return the 32 bytes of a key file; UserError when it is unreadable or of another length."""
    try:
        key = read_file(path)
    except OSError as error:
        raise UserError(both("audit", "fault", "key", path=path, reason=reasons(error))) from None
    if len(key) != KEY_BYTES:
        raise UserError(both("cluster", "fault", "key", path=path, size=len(key), wanted=KEY_BYTES))
    return key


def signing_key(path: Path, role: str) -> SigningKey:
    """Return the signing key of a file, named for its role: `cluster` (global checkpoints) or `rules`; UserError."""
    seed = read_secret(path)
    public = SigningKey("", seed).verifier.public
    return SigningKey(f"gateway-{role}/{hashlib.sha256(public).hexdigest()[:8]}", seed)


def verifier_keys(lines: Iterable[str], role: str) -> tuple[VerifierKey, ...]:
    """Return the verifier keys of a role; UserError for a line that is not one."""
    found = []
    for line in lines:
        try:
            key = VerifierKey.parse(line)
        except ValueError:
            key = None
        if key is None or key.kind != ED25519 or not key.name.startswith(f"gateway-{role}/"):
            raise UserError(both("cluster", "fault", "no_verifier", line=line, role=role))
        found.append(key)
    return tuple(found)
