"""Keyed digests (HMAC-SHA-256), so that a digest does not identify a secret file, and their keys.

An installation has its own key. A machine of a cluster uses the cluster key (`cluster.key_file`), so that a file or a
duplicate has the same digest on every machine; earlier digests are found by the previous keys, which are kept.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from gateway.audit.store import Folder
from gateway.errors import UserError
from gateway.system.atomic_file import replace_file, sync_path
from gateway.texts.catalogue import both, reasons

OWN: Final = "audit-hmac"
_CLUSTER: Final = "cluster-hmac"


class Keyed:
    """Digests by the current key and by all previous ones."""

    def __init__(self, *keys: bytes, named: bool = False) -> None:
        """The first key is the current one; `named` says that records name it."""
        self._keys = keys
        self.key_id = key_id(keys[0]) if named else None
        """Key identifier in records; None for the installation's own key."""

    @classmethod
    def of(cls, folder: Folder) -> Keyed:
        """Return the keys of a log, creating its own one when missing; UserError when one is unreadable."""
        own, current = folder.secret(OWN), folder.keys / _CLUSTER
        former = [folder.secret(path.name) for path in sorted(folder.keys.glob(f"{_CLUSTER}-*"))]
        if current.exists():
            return cls(folder.secret(_CLUSTER), own, *former, named=True)
        return cls(own, *former)

    def digest(self, sha256_hex: str) -> str:
        """Return the keyed digest of a content digest."""
        return _digest(self._keys[0], sha256_hex)

    def digests(self, sha256_hex: str) -> tuple[str, ...]:
        """Return every keyed digest under which the content may be recorded, the current key's first."""
        return tuple(_digest(key, sha256_hex) for key in self._keys)

    def proof(self, octets: bytes) -> bytes:
        """Return an HMAC that proves possession of the current key."""
        return hmac.digest(self._keys[0], b"gateway proof\n" + octets, "sha256")

    def relay_keys(
        self, login: str | None, reverse_path: str, forward_paths: Iterable[str], sha256_hex: str
    ) -> tuple[bytes, ...]:
        """Return the duplicate keys of a mail, the current one first."""
        mail = b""
        for value in (login or "", reverse_path, *sorted(forward_paths), sha256_hex):
            octets = value.encode("utf-8", "surrogatepass")
            mail += len(octets).to_bytes(4, "big") + octets
        return tuple(hashlib.blake2b(mail, key=key, digest_size=16).digest() for key in self._keys)


def key_id(key: bytes) -> str:
    """Return a key's identifier, which does not reveal the key."""
    return hashlib.sha256(b"gateway keyed digests\n" + key).hexdigest()[:8]


def write_by(folder: Folder, cluster_key: bytes | None) -> None:
    """Switch to the cluster key, or back to our own; previous ones are kept. UserError for unusable key files."""
    current = folder.keys / _CLUSTER
    try:
        with suppress(FileNotFoundError):
            before = current.read_bytes()
            if before == cluster_key:
                return
            current.rename(folder.keys / f"{_CLUSTER}-{key_id(before)}")
        if cluster_key is not None:
            replace_file(current, cluster_key, mode=0o600)
        sync_path(folder.keys)
    except OSError as error:
        raise UserError(both("audit", "fault", "key", path=current, reason=reasons(error))) from None


def _digest(key: bytes, sha256_hex: str) -> str:
    return hmac.new(key, sha256_hex.encode("ascii"), hashlib.sha256).hexdigest()
