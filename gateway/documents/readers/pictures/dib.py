"""Device-independent bitmaps (MS-WMF 2.2.2.9), which lack a file header, as BMP files."""

from __future__ import annotations

import struct


def bitmap(dib: bytes) -> bytes:
    """Return a bitmap with its header, which may be that of OS/2, as a file."""
    size = header_size(dib)
    return bmp(dib[:size], dib[size:])


def header_size(dib: bytes) -> int:
    """Return the bytes of a bitmap's header with its masks and palette."""
    head = dib[:40].ljust(40, b"\0")
    size, *_, depth, compression = struct.unpack_from("<IiiHHI", head)
    (colours,) = struct.unpack_from("<I", head, 32)
    entry, masks = 4, 12 if compression == 3 and size == 40 else 0
    if size == 12:  # OS/2
        (depth,), colours, entry = struct.unpack_from("<H", head, 10), 0, 3
    if not colours and depth <= 8:
        colours = 1 << depth
    return int(min(len(dib), size + entry * min(colours, 256) + masks))


def with_alpha(header: bytes) -> bytes:
    """Return the header (BITMAPINFOHEADER) of a bitmap of 32 bits a pixel for one of which each pixel has its alpha."""
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    return struct.pack("<I", 56) + header[4:16] + struct.pack("<I", 3) + header[20:40] + masks


def bmp(header: bytes, bits: bytes) -> bytes:
    """Return a bitmap as a file."""
    offset = 14 + len(header)
    return struct.pack("<2sIII", b"BM", offset + len(bits), 0, offset) + header + bits
