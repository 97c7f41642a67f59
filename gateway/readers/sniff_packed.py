"""Containers that are neither documents nor the common archives: by their octets, and by a name that octets do not belie.

What packs, encrypts or images whole files may hold a document, so it is never "octets of no known form" (decision 0009):
it is opened, or said to be locked or unsupported. Sources: PRONOM, libarchive and file(1) signatures, MS-VHDX, MS-WIM,
RFC 1950, RFC 9580, age-encryption.org/v1.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Final

SEALED: Final = "application/x-encrypted-file"
"""A file that a program for encrypting made."""
VOLUME: Final = "application/x-archive-volume"
"""One of several volumes of an archive, which only all of them together open; known by its name alone."""
UNKNOWN_ARCHIVE: Final = "application/x-unknown-archive"
"""Octets of no known form under the name of an archive."""
CPIO: Final = "application/x-cpio"
AR: Final = "application/x-archive"
XAR: Final = "application/x-xar"
LZ4: Final = "application/x-lz4"
LZMA: Final = "application/x-lzma"
LZIP: Final = "application/x-lzip"
COMPRESS: Final = "application/x-compress"
ZLIB: Final = "application/zlib"
ZSTD: Final = "application/zstd"

_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"070701", CPIO),
    (0, b"070702", CPIO),
    (0, b"070707", CPIO),
    (0, b"!<arch>\n", AR),
    (0, b"xar!", XAR),
    (0, b"\x04\x22\x4d\x18", LZ4),
    (0, b"\x02\x21\x4c\x18", LZ4),
    (0, b"\x1f\x9d", COMPRESS),
    (0, b"LZIP", LZIP),
    # no reader opens these
    (0, b"\x60\xea", "application/x-arj"),
    (0, b"\x89LZO\0\r\n\x1a\n", "application/x-lzop"),
    (0, b"MSWIM\0\0\0", "application/x-ms-wim"),
    (0, b"hsqs", "application/x-squashfs"),
    (0, b"sqsh", "application/x-squashfs"),
    (0, b"7kSt", "application/x-zpaq"),
    (0, b"zPQ", "application/x-zpaq"),
    (0, b"LRZI", "application/x-lrzip"),
    (0, b"RZIP", "application/x-rzip"),
    (0, b"KGB_arch", "application/x-kgb"),
    (7, b"**ACE**", "application/x-ace-compressed"),
    (20, b"\xdc\xa7\xc4\xfd", "application/x-zoo"),
    (0, b"ArC\x01", "application/x-freearc"),
    (0, b"ALZ\x01", "application/x-alz"),
    (0, b"EGGA", "application/x-egg"),
    (0, b"StuffIt ", "application/x-stuffit"),
    (0, b"SIT!", "application/x-stuffit"),
    (0, b"BZ3v1", "application/x-bzip3"),
    (0, b"PAR2\0PKT", "application/x-par2"),
    (0, b"SZDD\x88\xf0\x27\x33", "application/x-ms-compress"),
    (0, b"KWAJ\x88\xf0\x27\xd1", "application/x-ms-compress"),
    (0, b"ISc(", "application/x-installshield-cab"),
    (0, b"\xff\x06\0\0sNaPpY", "application/x-snappy-framed"),
    (0, b"PAR1", "application/vnd.apache.parquet"),
    (0, b"ARROW1\0\0", "application/vnd.apache.arrow"),
    (0, b"Obj\x01", "application/vnd.apache.avro"),
    # discs
    (0, b"vhdxfile", "application/x-virtual-disk"),
    (0, b"conectix", "application/x-virtual-disk"),
    (0, b"KDMV", "application/x-virtual-disk"),
    (0, b"QFI\xfb", "application/x-virtual-disk"),
    (0, b"<<< Oracle VM VirtualBox", "application/x-virtual-disk"),
    (3, b"NTFS    ", "application/x-disk-image"),
    (3, b"EXFAT   ", "application/x-disk-image"),
    (54, b"FAT1", "application/x-disk-image"),
    (82, b"FAT32   ", "application/x-disk-image"),
    (3, b"-FVE-FS-", SEALED),
    (0, b"LUKS\xba\xbe", SEALED),
    # locked files
    (0, b"Salted__", SEALED),
    (0, b"age-encryption.org/v1\n", SEALED),
    (0, b"AES\x01\0", SEALED),
    (0, b"AES\x02\0", SEALED),
    (0, b"AES\x03\0", SEALED),
    (0, b"\xc0\xb9\x07\x2e\x4f\x93\xf1\x46\xa0\x15\x79\x2c\xa1\xd9\xe8\x21", SEALED),
    (0, b"\x03\xd9\xa2\x9a", SEALED),
    (0, b"\x84\x5e\x03", "application/pgp-encrypted"),
    (0, b"\xc1\x5e\x03", "application/pgp-encrypted"),
    (0, b"\xc1\xc0\x4c\x03", "application/pgp-encrypted"),
    (0, b"\xc1\xc1\x4c\x03", "application/pgp-encrypted"),
    (0, b"\xc3\x0d\x04", "application/pgp-encrypted"),
)
_LETTERS: Final = re.compile(rb"[ -~]+")
_WORD: Final = 7
"""Letters up to this many may also begin a text, which has no zero octets."""
_SKIPPABLE: Final = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18", re.DOTALL)
"""A frame without data, which may stand before those of zstd and LZ4 (RFC 8878 §3.1.2)."""
_FRAMES: Final = 64
_VOLUME_NAME: Final = re.compile(r"\.(?:\d{3}|[zr]\d{2}|part\d{1,3}\.rar)$", re.IGNORECASE)
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
    """Return the kinds of container that the first octets tell."""
    kinds = [
        kind
        for offset, magic, kind in _MAGIC
        if data.startswith(magic, offset)
        and (len(magic) > _WORD or not _LETTERS.fullmatch(magic) or b"\0" in data[:512])
    ]
    if "application/x-disk-image" in kinds and data[510:512] != b"\x55\xaa":
        kinds.remove("application/x-disk-image")
    if _is_old_cpio(data):
        kinds.append(CPIO)
    if _is_lzma(data):
        kinds.append(LZMA)
    if _is_zlib(data):
        kinds.append(ZLIB)
    if _SKIPPABLE.match(data):
        kinds.append(LZ4 if data.startswith(b"\x04\x22\x4d\x18", _behind_skippable(data)) else ZSTD)
    if data.startswith(b"koly", max(0, len(data) - 512)):
        kinds.append("application/x-apple-diskimage")
    elif data.startswith(b"conectix", max(0, len(data) - 512)):
        kinds.append("application/x-virtual-disk")
    return list(dict.fromkeys(kinds))


def unknown_type(data: bytes, filename: str | None) -> str | None:
    """Return what the name of octets of no known form says that they are: a volume, a locked file, an archive, or nothing.

    A shell script that is no text carries an archive to be unpacked by it.
    """
    if data.startswith((b"#!/", b"#! /")):
        return "application/x-shar"
    for pattern, kind in ((_VOLUME_NAME, VOLUME), (_SEALED_NAME, SEALED), (_ARCHIVE_NAME, UNKNOWN_ARCHIVE)):
        if pattern.search(filename or ""):
            return kind
    return None


def _is_old_cpio(data: bytes) -> bool:
    """The binary header of 26 octets, whose magic is too short to be told alone (cpio(5))."""
    for order in "<>":
        if len(data) > 28 and struct.unpack_from(f"{order}H", data)[0] == 0o070707:
            length: int = struct.unpack_from(f"{order}H", data, 20)[0]
            name = data[26 : 26 + length]
            return 2 <= length <= 1024 and name.endswith(b"\0") and b"\0" not in name[:-1]
    return False


def _is_lzma(data: bytes) -> bool:
    """The header of 13 octets: properties, a dictionary that is a power of two or nearly, a size or none."""
    if len(data) < 18 or data[:1] not in (b"\x5d", b"\x5e", b"\x2c") or data[13] != 0:
        return False
    dictionary, size = struct.unpack_from("<IQ", data, 1)
    sized = size == (1 << 64) - 1 or size < 1 << 38
    return bool(sized and dictionary >= 1 << 12 and dictionary.bit_count() <= 2)


def _is_zlib(data: bytes) -> bool:
    """A header that checks (RFC 1950 §2.2) and a first block that unpacks."""
    if len(data) < 8 or data[0] != 0x78 or int.from_bytes(data[:2], "big") % 31 or data[1] & 0x20:
        return False
    try:
        return bool(zlib.decompressobj().decompress(data[:4096], 64))
    except zlib.error:
        return False


def _behind_skippable(data: bytes) -> int:
    """Where the first frame with data begins."""
    at = 0
    for _ in range(_FRAMES):
        if not _SKIPPABLE.match(data, at):
            break
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "little")
    return at
