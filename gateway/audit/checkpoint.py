"""Signed checkpoints in the manner of C2SP tlog-checkpoint and signed-note, over the head of the hash chain.

    gateway-audit/3f2a9c1d            origin: names the key
    1200                              number of records
    base64 of the chain's head        h_1200
    2026-11-24T08:00:00Z              extension line: when

    — gateway-audit/3f2a9c1d base64 of key id and Ed25519 signature

A checkpoint is made every 100 records, after ten minutes and at the end. It stands in the database and, for copying to
another machine, in `checkpoints/<day>.notes`; `checkpoints/public-key.txt` holds the verifier key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.audit.store import Folder, sync_folder
from gateway.system.atomic_file import replace_file

EVERY_RECORDS = 100
EVERY_S = 600.0
_ALGORITHM = b"\x01"  # C2SP signed-note: Ed25519
_NOTE = re.compile(
    r"(?P<body>(?P<origin>[^\n]+)\n(?P<size>[0-9]{1,18})\n(?P<head>[A-Za-z0-9+/]{43}=)\n(?P<time>[^\n]*)\n)\n"
    r"— (?P<name>[^\n ]+) (?P<signature>[A-Za-z0-9+/=]+)\n"
)


@dataclass(frozen=True)
class Checkpoint:
    """A claim: the first `size` records have this head."""

    size: int
    head: bytes
    time: str
    origin: str
    note: str
    """The whole signed text."""


class Signer:
    """The key of this installation."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(self.public).hexdigest()[:8]
        """By which an installation is known to its administrator."""
        self.origin = f"gateway-audit/{self.key_id}"

    @property
    def verifier_key(self) -> str:
        """The public key as one line (`origin+key id+base64`)."""
        return f"{self.origin}+{key_id(self.origin, self.public).hex()}+{_base64(_ALGORITHM + self.public)}"

    def sign(self, size: int, head: bytes, moment: datetime) -> Checkpoint:
        """Return a signed checkpoint."""
        stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = f"{self.origin}\n{size}\n{_base64(head)}\n{stamp}\n"
        signature = _base64(key_id(self.origin, self.public) + self._key.sign(body.encode()))
        return Checkpoint(size, head, stamp, self.origin, f"{body}\n— {self.origin} {signature}\n")


def key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes that name a key (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + _ALGORITHM + public).digest()[:4]


def parse_verifier_key(text: str) -> tuple[str, bytes]:
    """Return name and public key of a verifier key line; ValueError when it is none."""
    name, identifier, encoded = text.strip().split("+", 2)
    octets = base64.b64decode(encoded, validate=True)
    if octets[:1] != _ALGORITHM or len(octets) != 33 or key_id(name, octets[1:]).hex() != identifier:
        raise ValueError("not an Ed25519 verifier key")
    return name, octets[1:]


def parse_notes(text: str) -> tuple[tuple[Checkpoint, ...], bool]:
    """Return all checkpoints of a notes file, and whether anything else stands in it (a torn or edited note)."""
    found = []
    rest = len(text)
    for match in _NOTE.finditer(text):
        rest -= len(match[0])
        found.append(
            Checkpoint(int(match["size"]), base64.b64decode(match["head"]), match["time"], match["origin"], match[0])
        )
    blank = sum(1 for _ in re.finditer(r"(?:^|(?<=\n))\n", text))
    return tuple(found), rest > max(0, blank)


def signature_holds(checkpoint: Checkpoint, name: str, public: bytes) -> bool:
    """Return whether a checkpoint was signed by a key."""
    match = _NOTE.fullmatch(checkpoint.note)
    if match is None or match["name"] != name or match["origin"] != name:
        return False
    try:
        octets = base64.b64decode(match["signature"], validate=True)
        if octets[:4] != key_id(name, public):
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(octets[4:], match["body"].encode())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def append_note(folder: Folder, checkpoint: Checkpoint) -> None:
    """Append a checkpoint to the file of its day. Not synced: the database holds it durably."""
    path = folder.checkpoints / f"{checkpoint.time[:10]}.notes"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, f"{checkpoint.note}\n".encode())
    finally:
        os.close(descriptor)


def write_verifier_key(folder: Folder, signer: Signer) -> None:
    """See to it that the public key stands beside the checkpoints, whatever became of the file; OSError."""
    path = folder.checkpoints / "public-key.txt"
    words = f"{signer.verifier_key}\n".encode()
    if not path.exists() or path.read_bytes() != words:
        replace_file(path, words, mode=0o600)
        sync_folder(folder.checkpoints)


def known_checkpoints(place: Path) -> tuple[tuple[Checkpoint, ...], tuple[Path, ...]]:
    """Return the checkpoints of a notes file, or of all in a directory, and the files that hold anything else."""
    found: list[Checkpoint] = []
    odd: list[Path] = []
    for path in sorted(place.glob("*.notes")) if place.is_dir() else [place]:
        checkpoints, strange = parse_notes(path.read_text("utf-8", "replace"))
        found.extend(checkpoints)
        if strange:
            odd.append(path)
    return tuple(found), tuple(odd)


def last_known_size(folder: Folder) -> int:
    """Return the largest size that the newest notes files claim, 0 without any; signatures are not looked at."""
    newest = sorted(folder.checkpoints.glob("*.notes"))[-2:]
    sizes = [checkpoint.size for path in newest for checkpoint in parse_notes(path.read_text("utf-8", "replace"))[0]]
    return max(sizes, default=0)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
