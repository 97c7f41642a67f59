"""Decryption of zip members: PKWARE's traditional cipher (APPNOTE 6.1) and WinZip AES (AE-1, AE-2).

Both say early whether a password can be right: the traditional cipher by one check byte (1 in 256 passes by chance, the
checksum of the content decides), AES by two bytes and by an HMAC over the data.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from dataclasses import dataclass
from typing import Final

from gateway.documents.readers.base import Budget
from gateway.documents.readers.containers.zip_headers import FLAG_DESCRIPTOR, Entry, extra_field

AES_METHOD: Final = 99
_AES_EXTRA: Final = 0x9901
_ITERATIONS: Final = 1000
_SALT_BYTES: Final = {1: 8, 2: 12, 3: 16}
_KEY_BYTES: Final = {1: 16, 2: 24, 3: 32}
_STEP: Final = 1 << 16


@dataclass(frozen=True)
class AesField:
    """The extra field of an AES member."""

    version: int
    """1 or 2; with 2 the CRC is not stored."""
    strength: int
    method: int
    """The real compression method."""


def aes_field(entry: Entry) -> AesField | None:
    """Return the AES extra field of a member, None when it has none or a broken one."""
    body = extra_field(entry.extra, _AES_EXTRA)
    if body is None or len(body) < 7:
        return None
    version, vendor, strength, method = struct.unpack_from("<H2sBH", body)
    return AesField(version, strength, method) if vendor == b"AE" and strength in _KEY_BYTES else None


def decrypt_aes(packed: bytes, field: AesField, password: bytes) -> bytes | None:
    """Return the compressed data, None when the password is wrong or the data was changed."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    salt_bytes, key_bytes = _SALT_BYTES[field.strength], _KEY_BYTES[field.strength]
    if len(packed) < salt_bytes + 2 + 10:
        return None
    salt, check = packed[:salt_bytes], packed[salt_bytes : salt_bytes + 2]
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, _ITERATIONS, 2 * key_bytes + 2)
    if not hmac.compare_digest(keys[-2:], check):
        return None
    body, seal = packed[salt_bytes + 2 : -10], packed[-10:]
    if not hmac.compare_digest(hmac.new(keys[key_bytes:-2], body, "sha1").digest()[:10], seal):
        return None
    # WinZip counts its blocks from 1, little endian, which no CTR mode of a library does: make the key stream by ECB.
    encryptor = Cipher(algorithms.AES(keys[:key_bytes]), modes.ECB()).encryptor()  # noqa: S305
    out: list[bytes] = []
    for start in range(0, len(body), _STEP):
        piece = body[start : start + _STEP]
        first = start // 16 + 1
        counters = b"".join(number.to_bytes(16, "little") for number in range(first, first + (len(piece) + 15) // 16))
        stream = encryptor.update(counters)[: len(piece)]
        mixed = int.from_bytes(piece, "little") ^ int.from_bytes(stream, "little")
        out.append(mixed.to_bytes(len(piece), "little"))
    return b"".join(out)


_CRC_TABLE: Final = tuple(zlib.crc32(bytes([octet]), 0xFFFFFFFF) ^ 0xFFFFFFFF for octet in range(256))


class _Keys:
    """The three keys of the traditional cipher."""

    def __init__(self, password: bytes) -> None:
        self.keys = (0x12345678, 0x23456789, 0x34567890)
        for octet in password:
            self.update(octet)

    def update(self, octet: int) -> None:
        """Mix one byte of plain text in."""
        first, second, third = self.keys
        first = (first >> 8) ^ _CRC_TABLE[(first ^ octet) & 0xFF]
        second = ((second + (first & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        third = (third >> 8) ^ _CRC_TABLE[(third ^ (second >> 24)) & 0xFF]
        self.keys = (first, second, third)


def decrypt_traditional(packed: bytes, entry: Entry, password: bytes, budget: Budget) -> bytes | None:
    """Return the compressed data, None when the password cannot be right; time is charged as it runs."""
    if len(packed) < 12:
        return None
    keys = _Keys(password)
    header = _run(keys, packed[:12])
    # With a data descriptor the check byte is the high byte of the time, since the checksum is not known yet.
    if header[11] not in (entry.crc >> 24, entry.time >> 8 if entry.flags & FLAG_DESCRIPTOR else -1):
        return None
    out = bytearray()
    for start in range(12, len(packed), _STEP):
        budget.check_time()
        out += _run(keys, packed[start : start + _STEP])
    return bytes(out)


def _run(state: _Keys, data: bytes) -> bytes:
    """Decrypt a stretch and move the keys on; written out because it runs once for each byte."""
    first, second, third = state.keys
    table = _CRC_TABLE
    out = bytearray(len(data))
    for index, octet in enumerate(data):
        mixed = third | 2
        plain = octet ^ (((mixed * (mixed ^ 1)) >> 8) & 0xFF)
        out[index] = plain
        first = (first >> 8) ^ table[(first ^ plain) & 0xFF]
        second = ((second + (first & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        third = (third >> 8) ^ table[(third ^ (second >> 24)) & 0xFF]
    state.keys = (first, second, third)
    return bytes(out)
