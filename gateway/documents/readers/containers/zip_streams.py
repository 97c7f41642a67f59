"""Decompression, charged to the budget while it runs; sizes that a file states are never trusted.

The methods are those of zip (APPNOTE 4.4.5); the single-stream formats (gzip, bzip2, xz, zstd) use the same loop.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import sys
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from typing import Final

from gateway.documents.readers.base import Budget, ReadError
from gateway.model import ReadStatus

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Buffer = bytes | memoryview
STORED: Final = 0
_STEP: Final = 1 << 18
_WINDOW_LOG: Final = 27
_LZMA_MEMORY: Final = 160 << 20
_PPMD_MEMORY: Final = 160 << 20
"""7-Zip takes 16 to 192 MiB, by default 16."""


def inflate(packed: bytes, method: int, size: int, budget: Budget) -> bytes:
    """Return the bytes that a zip member's data makes; ReadError with MALFORMED, UNSUPPORTED or LIMIT."""
    if method == STORED:
        budget.take_bytes(len(packed))
        return packed
    source = _METHODS.get(method)
    if source is None:
        raise ReadError(ReadStatus.UNSUPPORTED, f"zip-method-{method}")
    return collect(source(packed, size), len(packed), budget)


def charged(pieces: Iterable[bytes], consumed: int, budget: Budget) -> Iterator[bytes]:
    """Yield the pieces of one stream while charging them; LIMIT when they are too many for what was packed."""
    produced = 0
    for piece in pieces:
        produced += len(piece)
        budget.take_bytes(len(piece))
        budget.check_ratio(produced, consumed)
        yield piece


def salvaged(packed: bytes, budget: Budget) -> bytes:
    """Return what a zlib stream makes up to where it is damaged or cut, as viewers of pictures and pages show it."""
    out: list[bytes] = []
    with suppress(zlib.error, EOFError):
        for piece in charged(pieces(Zlib(zlib.MAX_WBITS), packed), len(packed), budget):
            out.append(piece)  # noqa: PERF402 - what came before the damage stays
    return b"".join(out)


def collect(pieces: Iterable[bytes], consumed: int, budget: Budget, *, fault: str = "damaged-stream") -> bytes:
    """Join the pieces of one stream while charging them; library errors become MALFORMED `fault`, too large windows LIMIT."""
    try:
        return b"".join(charged(pieces, consumed, budget))
    except lzma.LZMAError as error:
        if "memory" in str(error).lower():
            raise ReadError(ReadStatus.LIMIT, "memory") from error
        raise ReadError(ReadStatus.MALFORMED, fault) from error
    except (zlib.error, zstd.ZstdError, OSError, EOFError, ValueError, struct.error) as error:
        raise ReadError(ReadStatus.MALFORMED, fault) from error


def pieces(stream: Decompressor, packed: Buffer, start: int = 0) -> Generator[bytes, None, int]:
    """Yield the output of one stream, a step at a time, and return where it ends; EOFError when the input ends before it does."""
    position = start
    while not stream.eof:
        feed: Buffer = b""
        if stream.needs_input:
            feed = packed[position : position + _STEP]
            position += len(feed)
        piece = stream.decompress(feed, _STEP)
        if piece:
            yield piece
        elif not feed and stream.needs_input:
            raise EOFError
    return position - len(stream.unused_data)


class Zlib:
    """zlib's decompressor in the shape of the others."""

    def __init__(self, bits: int) -> None:
        self._stream = zlib.decompressobj(bits)
        self._rest = b""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        """Whether no input is left to work on."""
        return not self._rest

    @property
    def unused_data(self) -> bytes:
        """Bytes behind the end of the stream in the last input."""
        return self._stream.unused_data

    def decompress(self, data: Buffer, max_length: int) -> bytes:
        """Take more input and return at most so many bytes."""
        piece = self._stream.decompress(self._rest + data, max_length)
        self._rest = self._stream.unconsumed_tail
        return piece


Decompressor = bz2.BZ2Decompressor | lzma.LZMADecompressor | zstd.ZstdDecompressor | Zlib


def zstd_stream() -> Decompressor:
    """Return a zstd decompressor with a bounded window."""
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})


def xz_stream() -> Decompressor:
    """Return an xz decompressor with bounded memory."""
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY)


def _deflate64(packed: bytes, _size: int) -> Iterator[bytes]:
    import inflate64

    stream = inflate64.Inflater()
    for position in range(0, len(packed), 4096):
        # The library has no limit of output; a small step of input bounds it (1032 to 1 at most).
        yield stream.inflate(packed[position : position + 4096])
        if stream.eof:
            return
    raise EOFError


def _lzma(packed: bytes, size: int) -> Iterator[bytes]:
    """LZMA with the zip's own header: version, length of properties, properties (APPNOTE 5.8.8)."""
    if len(packed) < 9:
        raise EOFError
    (length,) = struct.unpack_from("<H", packed, 2)
    if length != 5:
        raise ValueError(length)
    # An .lzma file is the same stream behind properties and size; all ones means that an end marker follows.
    stated = struct.pack("<Q", size if 0 < size < 0xFFFFFFFF else (1 << 64) - 1)
    stream = lzma.LZMADecompressor(format=lzma.FORMAT_ALONE, memlimit=_LZMA_MEMORY)
    yield from pieces(stream, packed[4:9] + stated + packed[9:])


def _ppmd(packed: bytes, size: int) -> Iterator[bytes]:
    """PPMd variant I, revision 1, behind order, memory and method of restoring in 16 bits (APPNOTE 5.10.3)."""
    import pyppmd

    if len(packed) < 2:
        raise EOFError
    (parameters,) = struct.unpack_from("<H", packed)
    order, memory, restore = (parameters & 15) + 1, ((parameters >> 4 & 0xFF) + 1) << 20, parameters >> 12
    if memory > _PPMD_MEMORY:
        raise ReadError(ReadStatus.LIMIT, "memory")
    if order < 2 or restore > 1:
        raise ValueError(parameters)
    stream = pyppmd.Ppmd8Decoder(max_order=order, mem_size=memory, restore_method=restore)
    feed = packed[2:]
    while size > 0:
        piece = stream.decode(feed, min(_STEP, size))
        if not piece:
            raise EOFError
        size, feed = size - len(piece), b""
        yield piece


_METHODS: Final[dict[int, Callable[[bytes, int], Iterator[bytes]]]] = {
    8: lambda packed, _size: pieces(Zlib(-15), packed), 9: _deflate64,
    12: lambda packed, _size: pieces(bz2.BZ2Decompressor(), packed), 14: _lzma,
    **dict.fromkeys((20, 93), lambda packed, _size: pieces(zstd_stream(), packed)),
    95: lambda packed, _size: pieces(xz_stream(), packed), 98: _ppmd,
}  # fmt: skip
"""Method number to decompressor; 96 (JPEG), 97 (WavPack), 1-6 and 10 (of PKZIP 1 and 2) have none."""
