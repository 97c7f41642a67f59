"""Packs RTF as Outlook does (MS-OXRTFCP §3.1.3), the slow and obvious way, for tests."""

import struct
import zlib

from gateway.documents.readers.mail.mapi import _LZFU_PRELOAD


def compress(data):
    window = bytearray(_LZFU_PRELOAD)
    out = bytearray()
    position = 0
    tokens = []
    while position < len(data):
        best, length = 0, 0
        start = max(0, len(window) - 4000)
        for size in range(min(17, len(data) - position), 1, -1):
            found = window.rfind(data[position : position + size], start)
            if found >= 0:
                best, length = found, size
                break
        step = max(length, 1)
        if length:
            tokens.append((1, struct.pack(">H", (best & 4095) << 4 | (length - 2))))
        else:
            tokens.append((0, data[position : position + 1]))
        window += data[position : position + step]
        position += step
    tokens.append((1, struct.pack(">H", (len(window) & 4095) << 4)))
    for index in range(0, len(tokens), 8):
        group = tokens[index : index + 8]
        out.append(sum(flag << bit for bit, (flag, _) in enumerate(group)))
        out += b"".join(value for _, value in group)
    crc = (zlib.crc32(bytes(out), 0xFFFFFFFF) ^ 0xFFFFFFFF) & 0xFFFFFFFF
    return struct.pack("<IIII", len(out) + 12, len(data), 0x75465A4C, crc) + bytes(out)
