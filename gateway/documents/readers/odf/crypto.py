"""Opening encrypted OpenDocument entries with candidate passwords (ODF 1.3 Part 2 §4.8, §3.4).

Understood: start keys by SHA-1 and SHA-256, key derivation by PBKDF2-HMAC-SHA-1 and Argon2id, AES-CBC, AES-256-GCM and
the Blowfish CFB of OpenOffice. Derivations that would cost more than a gateway may spend are not tried.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.containers.zip_streams import Zlib, collect, pieces
from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.xml import NAMES, Element
from gateway.model import ReadStatus

_LIMIT_ITERATIONS: Final = 2_000_000
_LIMIT_ARGON_KIB: Final = 1 << 18
_LIMIT_ARGON_PASSES: Final = 10
_GCM_IV: Final = 12


@dataclass(frozen=True)
class Lock:
    """Encryption of one entry, from `manifest:encryption-data`."""

    algorithm: str
    vector: bytes
    start_key: str
    derivation: str
    salt: bytes
    iterations: int
    key_size: int
    memory_kib: int
    lanes: int
    checksum_kind: str
    checksum: bytes


def parse_lock(element: Element) -> Lock:
    """Return the lock that a `manifest:encryption-data` element states; missing values take ODF 1.1's defaults."""
    found: dict[str, str] = {}
    for part in (element, *element):
        for key, value in part.items():
            found[f"{NAMES[part.tag]}/{key.rpartition('}')[2]}"] = value
    algorithm, start, derive = "manifest:algorithm/", "manifest:start-key-generation/", "manifest:key-derivation/"
    data = "manifest:encryption-data/"
    return Lock(
        algorithm=found.get(algorithm + "algorithm-name", "").lower(),
        vector=_binary(found.get(algorithm + "initialisation-vector")),
        start_key=found.get(start + "start-key-generation-name", "SHA1").lower(),
        derivation=found.get(derive + "key-derivation-name", "").lower(),
        salt=_binary(found.get(derive + "salt")),
        iterations=whole(found.get(derive + "iteration-count") or found.get(derive + "argon2-iterations")),
        key_size=whole(found.get(derive + "key-size")) or 16,
        memory_kib=whole(found.get(derive + "argon2-memory")),
        lanes=whole(found.get(derive + "argon2-lanes")),
        checksum_kind=found.get(data + "checksum-type", "").lower(),
        checksum=_binary(found.get(data + "checksum")),
    )


def unlock(data: bytes, lock: Lock, password: str, budget: Budget) -> bytes | None:
    """Return the plain, inflated entry, None when the password is wrong or the lock is not understood."""
    budget.check_time()
    key = _key(lock, password)
    if key is None:
        return None
    packed = _decrypted(data, lock, key)
    if packed is None or not _checked(packed, lock):
        return None
    try:
        return collect(pieces(Zlib(-zlib.MAX_WBITS), packed), len(packed), budget)
    except ReadError as error:
        if error.status is ReadStatus.MALFORMED:
            return None
        raise


def _key(lock: Lock, password: str) -> bytes | None:
    digest = hashlib.sha256 if "256" in lock.start_key else hashlib.sha1
    start = digest(password.encode()).digest()
    if lock.derivation.endswith("argon2id"):
        if lock.memory_kib > _LIMIT_ARGON_KIB or not 1 <= lock.iterations <= _LIMIT_ARGON_PASSES:
            return None
        try:
            derivation = Argon2id(
                salt=lock.salt,
                length=lock.key_size,
                iterations=lock.iterations,
                lanes=lock.lanes,
                memory_cost=lock.memory_kib,
            )
            return derivation.derive(start)
        except (ValueError, UnsupportedAlgorithm, MemoryError):
            return None
    if "pbkdf2" not in lock.derivation or not 1 <= lock.iterations <= _LIMIT_ITERATIONS or lock.key_size > 64:
        return None
    return hashlib.pbkdf2_hmac("sha1", start, lock.salt, lock.iterations, lock.key_size)


def _decrypted(data: bytes, lock: Lock, key: bytes) -> bytes | None:
    try:
        if "gcm" in lock.algorithm:
            # LibreOffice writes the vector in front of the cipher text, as XML Encryption does.
            body = data[_GCM_IV:] if data.startswith(lock.vector) else data
            return AESGCM(key).decrypt(lock.vector, body, None)
        if "aes" in lock.algorithm and "cbc" in lock.algorithm:
            plain = _run(Cipher(algorithms.AES(key), modes.CBC(lock.vector)), data)
            # W3C padding: only the last byte says how long it is.
            return plain[: -plain[-1]] if plain and 1 <= plain[-1] <= 16 else None
        if "blowfish" in lock.algorithm:
            return _run(Cipher(Blowfish(key), CFB(lock.vector)), data)
    except (ValueError, InvalidTag, UnsupportedAlgorithm):
        return None
    return None


def _run(cipher: Cipher[modes.CBC] | Cipher[CFB], data: bytes) -> bytes:
    decryptor = cipher.decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _checked(packed: bytes, lock: Lock) -> bool:
    """Compare with the checksum of the first KiB of the compressed data, where there is one."""
    if not lock.checksum:
        return True
    head = packed[:1024] if lock.checksum_kind.endswith("1k") else packed
    digest = hashlib.sha256 if "256" in lock.checksum_kind else hashlib.sha1
    return digest(head).digest() == lock.checksum


def _binary(value: str | None) -> bytes:
    try:
        return base64.b64decode(value or "")
    except (binascii.Error, ValueError):
        return b""
