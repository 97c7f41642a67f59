"""The check that tells a tar header from other bytes (POSIX.1-1988 ustar, GNU, and the older format without magic)."""

from __future__ import annotations

from typing import Final

BLOCK: Final = 512


def is_tar(data: bytes) -> bool:
    """Whether the first block is a tar header by its own checksum, which even the oldest format has."""
    block = data[:BLOCK]
    if len(block) < BLOCK or block[0] == 0:
        return False
    field = block[148:156].strip(b" \0")
    try:
        stated = int(field, 8)
    except ValueError:
        return False
    unsigned = sum(block[:148]) + 8 * 32 + sum(block[156:])
    signed = unsigned - 256 * sum(1 for octet in block[:148] + block[156:] if octet > 127)
    return stated in (unsigned, signed)
