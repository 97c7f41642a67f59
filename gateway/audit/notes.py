"""Signed notes (C2SP signed-note) and cosignatures of witnesses (C2SP tlog-cosignature): keys, lines, verification.

    <text, each line ended>
                                                            empty line
    — <name of the key> base64(key id || signature)         one line for each signature

A verifier key is `name+key id in hex+base64(type || public key)`. Type 1 signs the text. Type 4 signs, after the lines
`cosignature/v1` and `time T`, the same text; its signature begins with T as eight octets.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = 1
COSIGNATURE: Final = 4
_LINE: Final = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/=]+)\n")
_TIME: Final = struct.Struct(">Q")


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name and signature type."""

    name: str
    public: bytes
    kind: int = ED25519

    @property
    def id(self) -> bytes:
        """Key id: the four bytes that identify the key in a signature."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        """Return the verifier key line."""
        return f"{self.name}+{self.id.hex()}+{encoded(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Parse a verifier key line; ValueError."""
        name, identifier, key = text.strip().split("+", 2)
        octets = base64.b64decode(key, validate=True)
        if octets[:1] not in {bytes([ED25519]), bytes([COSIGNATURE])} or len(octets) != 33:
            raise ValueError("not an Ed25519 verifier key")
        found = cls(name, octets[1:], octets[0])
        if found.id.hex() != identifier:
            raise ValueError("the name of the key does not fit it")
        return found

    def signed(self, text: str, lines: tuple[str, ...]) -> int | None:
        """Verify this key's signature over a text among the signature lines.

        None when no line names the key; 0 when the signature is invalid; else the time of a cosignature, or 1.
        """
        for line in lines:
            match = _LINE.fullmatch(line)
            if match is None or match["name"] != self.name:
                continue
            try:
                octets = base64.b64decode(match["signature"], validate=True)
            except binascii.Error:
                continue
            if octets[:4] == self.id:
                return self._verify(text.encode(), octets[4:])
        return None

    def _verify(self, text: bytes, signature: bytes) -> int:
        time = 1
        if self.kind == COSIGNATURE:
            if len(signature) != 72:
                return 0
            (time,), signature = _TIME.unpack(signature[:8]), signature[8:]
            text = b"cosignature/v1\ntime %d\n%s" % (time, text)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return 0
        return time


class SigningKey:
    """A named private key."""

    def __init__(self, name: str, seed: bytes, kind: int = ED25519) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, self._key.public_key().public_bytes_raw(), kind)

    def line(self, text: str, time: int = 0) -> str:
        """Return the signature line for a text; a cosignature includes its POSIX time in seconds."""
        if self.verifier.kind == COSIGNATURE:
            signature = _TIME.pack(time) + self._key.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        else:
            signature = self._key.sign(text.encode())
        return f"— {self.verifier.name} {encoded(self.verifier.id + signature)}\n"

    def note(self, text: str) -> str:
        """Return a text as a signed note."""
        return f"{text}\n{self.line(text)}"


def encoded(octets: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(octets).decode("ascii")


def signature_lines(text: str) -> tuple[str, ...]:
    """Return the signature lines at the beginning of a text."""
    found, place = [], 0
    while (match := _LINE.match(text, place)) is not None:
        found.append(match[0])
        place = match.end()
    return tuple(found)
