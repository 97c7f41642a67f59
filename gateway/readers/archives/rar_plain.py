"""A RAR, with its password, to a plain archive that libarchive reads (RAR 5.0 technote; RAR 2.9-4 format).

Only what an unpacker needs is written: the signature, a main header, and for each file a fresh header with the
compression parameters of the original and its decrypted data. Old archives are rewritten even when nothing is encrypted,
because libarchive stumbles over their comments and file name encodings.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.readers.base import Budget

_RAR5: Final = b"Rar!\x1a\x07\x01\x00"
_RAR4: Final = b"Rar!\x1a\x07\x00"
_KDF_LIMIT: Final = 18
"""Largest logarithm of key derivation rounds that is tried; WinRAR uses 15."""
_FOUR_SOLID: Final = 0x0010
_FOUR_WINDOW: Final = 0x00E0
_FOUR_LONG: Final = 0x8000


@dataclass
class PlainArchive:
    """An archive that an unpacker can read, and what had to be left out of it."""

    data: bytes = b""
    names: list[str] = field(default_factory=list)
    """Names of the files in it, in order; inside they are numbered."""
    locked: int = 0
    """Members left out because the password does not fit."""
    unsupported: int = 0
    """Members left out because nobody here unpacks or decrypts their method."""
    unlocked: int = 0
    """Encrypted members that are in it."""

    def number(self, name: str) -> bytes:
        """Take a member in and return the name that it has inside."""
        self.names.append(name)
        return b"%06d" % len(self.names)


def plain_archive(headers: Any, data: bytes, password: str | None, budget: Budget) -> PlainArchive:
    """Return the archive without encryption; members that the password does not open are left out and counted."""
    made = PlainArchive()
    pieces = (_five if data.startswith(_RAR5) else _four)(headers, data, password, budget, made)
    made.data = b"".join(pieces)
    return made


def _five(headers: Any, data: bytes, password: str | None, budget: Budget, made: PlainArchive) -> list[bytes]:
    main = headers._file_parser._main  # noqa: SLF001 - rarfile 4 keeps the main header to itself
    solid = bool(main is not None and main.main_flags & 0x04)
    out = [_RAR5, _block5(_number(1) + _number(0) + _number(0x04 if solid else 0))]
    keys: dict[tuple[int, bytes], bytes] = {}
    for entry in headers.infolist():
        if not entry.is_file() or entry.file_redir:
            continue
        packed = data[entry.data_offset : entry.data_offset + entry.add_size]
        algorithm, flags, rounds, salt, iv, check = entry.file_encryption
        if entry.needs_password():
            if algorithm != 0 or rounds > _KDF_LIMIT:
                made.unsupported += 1
                continue
            budget.check_time()
            if password is None or (check and not _check5(password, rounds, salt, check)):
                made.locked += 1
                continue
            made.unlocked += 1
            key = keys.setdefault((rounds, salt), hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1 << rounds))
            packed = _aes(key, iv, packed)
        tweaked = bool(flags & 0x02)
        stored = (entry.file_compress_flags >> 7) & 7 == 0
        if entry.needs_password():
            packed = packed[: entry.file_size] if stored else packed[: _blocks_end(packed)]
        with_crc = entry.CRC is not None and not tweaked
        name = made.number(entry.filename)
        body = _number(2) + _number(0x02) + _number(len(packed)) + _number(0x04 if with_crc else 0)
        body += _number(entry.file_size) + _number(0)
        body += struct.pack("<I", entry.CRC) if with_crc else b""
        body += _number(entry.file_compress_flags) + _number(1) + _number(len(name)) + name
        out += [_block5(body), packed]
    out.append(_block5(_number(5) + _number(0) + _number(0)))
    return out


def _blocks_end(packed: bytes) -> int:
    """Where the last compressed block ends; behind it stands the padding of the cipher, which unpackers take for data.

    A block begins with flags, a check octet (0x5A and all the others combined) and one to three octets of size.
    """
    position = 0
    while position + 3 <= len(packed):
        flags = packed[position]
        octets = ((flags >> 3) & 3) + 1
        size = int.from_bytes(packed[position + 2 : position + 2 + octets], "little")
        position += 2 + octets + size
        if flags & 0x40:
            return position
    return len(packed)


def _check5(password: str, rounds: int, salt: bytes, check: bytes) -> bool:
    """Compare the password check value: the key after 32 more rounds, folded to eight octets."""
    derived = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, (1 << rounds) + 32)
    folded = bytearray(8)
    for index, octet in enumerate(derived):
        folded[index & 7] ^= octet
    # The value protects itself by four octets of its own hash; a damaged one says nothing.
    return bytes(folded) == check[:8] or hashlib.sha256(check[:8]).digest()[:4] != check[8:12]


def _number(value: int) -> bytes:
    """Encode RAR 5's variable length integer."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _block5(body: bytes) -> bytes:
    sized = _number(len(body)) + body
    return struct.pack("<I", zlib.crc32(sized)) + sized


def _four(headers: Any, data: bytes, password: str | None, budget: Budget, made: PlainArchive) -> list[bytes]:
    import rarfile

    main = headers._file_parser._main  # noqa: SLF001
    solid = 0x0008 if main is not None and main.flags & rarfile.RAR_MAIN_SOLID else 0
    out = [_RAR4, _block4(0x73, solid, b"\0" * 6)]
    keys: dict[bytes | None, tuple[bytes, bytes]] = {}
    for entry in headers.infolist():
        if not entry.is_file():
            continue
        packed = data[entry.data_offset : entry.data_offset + entry.add_size]
        if entry.extract_version < 29 and (entry.compress_type != 0x30 or entry.needs_password()):
            made.unsupported += 1
            continue
        if entry.needs_password():
            if not entry.salt:
                made.unsupported += 1
                continue
            if password is None:
                made.locked += 1
                continue
            budget.check_time()
            made.unlocked += 1
            if entry.salt not in keys:
                keys[entry.salt] = rarfile.rar3_s2k(password, entry.salt)
            packed = _aes(*keys[entry.salt], packed)
        if entry.compress_type == 0x30:
            packed = packed[: entry.file_size]
        name = made.number(entry.filename)
        flags = _FOUR_LONG | (entry.flags & (_FOUR_SOLID | _FOUR_WINDOW))
        body = struct.pack(
            "<IIBIIBBHI",
            len(packed),
            entry.file_size & 0xFFFFFFFF,
            entry.host_os,
            entry.CRC,
            0,
            entry.extract_version,
            entry.compress_type,
            len(name),
            entry.mode,
        )
        out += [_block4(0x74, flags, body + name), packed]
    out.append(_block4(0x7B, 0x4000, b""))
    return out


def _block4(kind: int, flags: int, body: bytes) -> bytes:
    sized = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(sized) & 0xFFFF) + sized


def _aes(key: bytes, iv: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(data[: len(data) // 16 * 16]) + decryptor.finalize()


def sample_archives() -> tuple[bytes, bytes]:
    """Return one small stored archive of each generation, for warming up."""
    content = b"warm"
    crc = zlib.crc32(content)
    four = struct.pack("<IIBIIBBHI", len(content), len(content), 3, crc, 0, 29, 0x30, 4, 0o100644) + b"warm"
    five = _number(2) + _number(2) + _number(len(content)) + _number(4) + _number(len(content)) + _number(0)
    five += struct.pack("<I", crc) + _number(0) + _number(1) + _number(4) + b"warm"
    _aes(bytes(16), bytes(16), bytes(16))
    return (
        b"".join(
            (_RAR4, _block4(0x73, 0, bytes(6)), _block4(0x74, _FOUR_LONG, four), content, _block4(0x7B, 0x4000, b""))
        ),
        b"".join(
            (
                _RAR5,
                _block5(_number(1) + _number(0) + _number(0)),
                _block5(five),
                content,
                _block5(_number(5) + _number(0) + _number(0)),
            )
        ),
    )
