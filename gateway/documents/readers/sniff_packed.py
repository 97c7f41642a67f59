"""Containers that are neither documents nor common archives: by signature, or by name if no signature contradicts.

What packs, encrypts or images whole files may hold a document, so it is never "bytes of no known form" (decision 0009):
it is opened, or said to be locked or unsupported. Sources: PRONOM, libarchive and file(1) signatures, MS-VHDX, MS-WIM,
RFC 1950, RFC 9580, age-encryption.org/v1.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Final

from gateway.documents.readers.magic import CPIO, DISK, LZ4, SEALED, VIRTUAL_DISK

VOLUME: Final = "application/x-archive-volume"
"""One of several volumes of an archive, which only all of them together open; known by its name alone."""
UNKNOWN_ARCHIVE: Final = "application/x-unknown-archive"
"""Bytes of an unrecognised type under the name of an archive."""
LZMA: Final = "application/x-lzma"
ZLIB: Final = "application/zlib"
ZSTD: Final = "application/zstd"

_SKIPPABLE: Final = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18", re.DOTALL)
"""A frame without data, which may be before those of zstd and LZ4 (RFC 8878 §3.1.2)."""
_FRAMES: Final = 64
_SECTORS: Final = (512, 1024, 2048, 4096)
_SMALLEST_DISK: Final = 4096
_VOLUME_NAME: Final = re.compile(r"\.(?:0\d\d|[zr]\d{2}|part\d{1,3}\.rar)$", re.IGNORECASE)
_SEALED_NAME: Final = re.compile(
    r"\.(?:aes|age|axx|cpt|crypt|enc|encrypted|gpg|hc|kdbx|locked|pgp|tc|vc)$", re.IGNORECASE
)
_ARCHIVE_NAME: Final = re.compile(
    r"\.(?:7z|ace|alz|arc|arj|b1|br|bz2|bz3|bzip2|cab|cpio|dmg|egg|esd|gz|iso|kgb|lha|liz|lrz|lz|lz4|lz5|lzh|lzma|lzo|nz"
    r"|pa[kq]\w{0,4}|pea|rar|rz|s7z|sfs|sit|sitx|sqfs|squashfs|sz|tar|tbz2?|tgz|txz|uha|vhdx?|vmdk|wim|xar|xz|z|zip|zipx|zoo"
    r"|zpaq|zst|zz)$",
    re.IGNORECASE,
)


def packed_types(data: bytes) -> list[str]:
    """Return the kinds of container that are recognised by more than their first bytes."""
    kinds: list[str] = []
    if _is_old_cpio(data):
        kinds.append(CPIO)
    if _is_lzma(data):
        kinds.append(LZMA)
    if _is_zlib(data):
        kinds.append(ZLIB)
    if _is_disk(data):
        kinds.append(DISK)
    if _SKIPPABLE.match(data):
        kinds.append(LZ4 if data.startswith(b"\x04\x22\x4d\x18", _behind_skippable(data)) else ZSTD)
    if data.startswith(b"koly", max(0, len(data) - 512)):
        kinds.append("application/x-apple-diskimage")
    elif data.startswith(b"conectix", max(0, len(data) - 512)):
        kinds.append(VIRTUAL_DISK)
    return list(dict.fromkeys(kinds))


def unknown_type(data: bytes, filename: str | None) -> str | None:
    """Return what the name of data of an unrecognised type says that they are: a volume, a locked file, an archive, or nothing.

    A shell script that is no text carries an archive to be unpacked by it.
    """
    if data.startswith((b"#!/", b"#! /")):
        return "application/x-shar"
    for pattern, kind in ((_VOLUME_NAME, VOLUME), (_SEALED_NAME, SEALED), (_ARCHIVE_NAME, UNKNOWN_ARCHIVE)):
        if pattern.search(filename or ""):
            return kind
    return None


def _is_old_cpio(data: bytes) -> bool:
    """The binary header of 26 bytes, whose magic is too short to identify it alone (cpio(5))."""
    for order in "<>":
        if len(data) > 28 and struct.unpack_from(f"{order}H", data)[0] == 0o070707:
            length: int = struct.unpack_from(f"{order}H", data, 20)[0]
            name = data[26 : 26 + length]
            return 2 <= length <= 1024 and name.endswith(b"\0") and b"\0" not in name[:-1]
    return False


def _is_lzma(data: bytes) -> bool:
    """The header of 13 bytes: properties, a dictionary that is a power of two or nearly, a size or none."""
    if len(data) < 18 or data[:1] not in (b"\x5d", b"\x5e", b"\x2c") or data[13] != 0:
        return False
    dictionary, size = struct.unpack_from("<IQ", data, 1)
    sized = size == (1 << 64) - 1 or size < 1 << 38
    return bool(sized and dictionary >= 1 << 12 and dictionary.bit_count() <= 2)


def _is_disk(data: bytes) -> bool:
    """A boot sector of FAT, NTFS or exFAT, a table of partitions, or the superblock of ext2 to ext4."""
    if data[510:512] == b"\x55\xaa" and len(data) >= _SMALLEST_DISK:
        if data[:1] in (b"\xeb", b"\xe9") and struct.unpack_from("<H", data, 11)[0] in _SECTORS:
            return True
        table = data[446:510]
        if table.strip(b"\0") and all(state in (0, 0x80) for state in table[::16]):
            return True
    if data[0x438:0x43A] != b"\x53\xef" or len(data) < _SMALLEST_DISK:
        return False
    (block_size,) = struct.unpack_from("<I", data, 0x418)
    (revision,) = struct.unpack_from("<I", data, 0x44C)
    return bool(block_size <= 6 and revision <= 1)


def _is_zlib(data: bytes) -> bool:
    """A header that checks (RFC 1950 §2.2) and a first block that unpacks."""
    if len(data) < 8 or data[0] != 0x78 or int.from_bytes(data[:2], "big") % 31 or data[1] & 0x20:
        return False
    try:
        return bool(zlib.decompressobj().decompress(data[:4096], 64))
    except zlib.error:
        return False


def _behind_skippable(data: bytes) -> int:
    """Offset of the first frame with data."""
    at = 0
    for _ in range(_FRAMES):
        if not _SKIPPABLE.match(data, at):
            break
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "little")
    return at


_BLOCK: Final = 512


def is_tar(data: bytes) -> bool:
    """Return whether the first block is a tar header by its own checksum, which even the oldest format has."""
    block = data[:_BLOCK]
    if len(block) < _BLOCK or block[0] == 0:
        return False
    field = block[148:156].strip(b" \0")
    try:
        stated = int(field, 8)
    except ValueError:
        return False
    unsigned = sum(block[:148]) + 8 * 32 + sum(block[156:])
    signed = unsigned - 256 * sum(1 for octet in block[:148] + block[156:] if octet > 127)
    return stated in (unsigned, signed)
