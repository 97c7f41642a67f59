"""Writes zip members with PKWARE's traditional cipher, which no library here does (APPNOTE 6.1)."""

import struct
import zlib

from gateway.documents.readers.archives.zip_crypto import _Keys


def encrypted_zip(name, content, password, streamed=False):
    """`streamed` as Info-ZIP writes: the time, here 0x5A00, stands for the checksum that is not known yet."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    crc = zlib.crc32(content)
    keys = _Keys(password)
    plain = b"elevenbytes"[:11] + bytes([0x5A if streamed else crc >> 24]) + packed
    data = bytearray()
    for octet in plain:
        mixed = keys.keys[2] | 2
        data.append(octet ^ (((mixed * (mixed ^ 1)) >> 8) & 0xFF))
        keys.update(octet)
    raw = name.encode()
    flags, time = (9, 0x5A00) if streamed else (1, 0)
    common = struct.pack("<5H3I2H", 20, flags, 8, time, 0, crc, len(data), len(content), len(raw), 0)
    local = b"PK\x03\x04" + common + raw
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<3H2I", 0, 0, 0, 0, 0) + raw
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local) + len(data), 0)
    return local + bytes(data) + central + end
