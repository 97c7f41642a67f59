"""Sealed files in the age format (age-encryption.org/v1): `age -d -i KEY FILE` of Debian opens them too."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyrage

from gateway.errors import GatewayError, UserError
from gateway.system.atomic_file import make_file
from gateway.texts.catalogue import both, reasons

_CREDENTIALS: Final = Path("/run/credentials")
"""Credentials of systemd, readable by one service only whatever their file mode."""
_LIMIT_KEY_BYTES: Final = 64 << 10


class SealBrokenError(GatewayError):
    """A sealed file cannot be decrypted with our key, or its digest differs from the record."""


@dataclass(frozen=True)
class Digests:
    """SHA-256 in hex of the plaintext (`octets`) and of the sealed file (`sealed`), and the file's size in bytes."""

    octets: str
    sealed: str
    size: int


def recipient_of(text: str) -> Any:
    """Parse a public key `age1...`; UserError when invalid."""
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise UserError(both("hold", "key", "recipient")) from None


def identity_of(path: Path) -> Any:
    """Read a private key file; UserError when missing, invalid, or readable by others."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            octets = file.read(_LIMIT_KEY_BYTES)
    except OSError as error:
        raise UserError(both("hold", "key", "unread", path=path, reason=reasons(error))) from None
    if mode & 0o077 and not path.is_relative_to(_CREDENTIALS):
        raise UserError(both("hold", "key", "mode", path=path))
    lines = (line.strip() for line in octets.decode("ascii", "replace").splitlines())
    for line in lines:
        if line and not line.startswith("#"):
            try:
                return pyrage.x25519.Identity.from_str(line)
            except pyrage.IdentityError:
                break
    raise UserError(both("hold", "key", "identity", path=path))


def public_of(identity: Any) -> str:
    """Return the public key of a private key as text."""
    return str(identity.to_public())


def make_identity(path: Path) -> str:
    """Write a new private key to a new file, mode 0600; return the public key as text. UserError when it cannot be written.

    Its path is written to gateway.yaml, so it must be UTF-8.
    """
    identity = pyrage.x25519.Identity.generate()
    text = f"# public key: {public_of(identity)}\n{identity}\n"
    try:
        if not str(path.absolute()).isprintable():
            raise OSError(errno.EILSEQ, os.strerror(errno.EILSEQ))
        make_file(path, text.encode("ascii"))
    except OSError as error:
        raise UserError(both("hold", "key", "not_made", path=path, reason=reasons(error))) from None
    return public_of(identity)


def seal(chunks: Iterable[bytes], descriptor: int, recipient: Any) -> Digests:
    """Encrypt chunks for a recipient into an open file; OSError of the file."""
    source, target = _Source(iter(chunks)), _Target(descriptor)
    try:
        pyrage.encrypt_io(source, target, [recipient])
    except pyrage.EncryptError as error:
        raise (target.failure or source.failure or OSError(str(error))) from None
    # pyrage ignores an error of its last write, when it flushes its buffer.
    if (failure := target.failure or source.failure) is not None:
        raise failure
    return Digests(source.hash.hexdigest(), target.hash.hexdigest(), target.size)


def unseal(sealed: bytes, identity: Any, *, octets_sha256: str) -> bytes:
    """Decrypt a sealed file; SealBrokenError when decryption fails or the plaintext's digest differs."""
    try:
        octets: bytes = pyrage.decrypt(sealed, [identity])
    except pyrage.DecryptError as error:
        raise SealBrokenError(both("hold", "key", "not_opened", reason=str(error)[:100])) from None
    if hashlib.sha256(octets).hexdigest() != octets_sha256:
        raise SealBrokenError(both("hold", "key", "other"))
    return octets


class _Source(io.RawIOBase):
    """Chunks as a readable file, hashed while read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self.hash = hashlib.sha256()
        self.failure: BaseException | None = None
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, none at the end."""
        try:
            while not self._rest:
                self._rest = next(self._chunks)
                self.hash.update(self._rest)
        except StopIteration:
            return b""
        except BaseException as error:
            self.failure = error
            raise
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return taken


class _Target(io.RawIOBase):
    """An open file, hashed while written."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.hash = hashlib.sha256()
        self.failure: BaseException | None = None
        self.size = 0
        self._descriptor = descriptor

    def write(self, octets: Any) -> int:
        """Write all bytes."""
        data = bytes(octets)
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            self.failure = error
            raise
        self.hash.update(data)
        self.size += len(data)
        return len(data)
