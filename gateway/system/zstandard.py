"""Zstandard (RFC 8878) from the standard library, before Python 3.14 from its backport."""

from __future__ import annotations

import sys
from io import BufferedIOBase
from pathlib import Path

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL = 3
_LEVEL_OF_FILES = 9


class Packer:
    """Packs small values of one kind, by a dictionary of what they have in common (RFC 8878 §5)."""

    def __init__(self, dictionary: bytes) -> None:
        """Prepare; ValueError when it is no dictionary. Making a compressor costs as much as ten small frames."""
        try:
            self._dictionary = zstd.ZstdDict(dictionary)
        except zstd.ZstdError as error:
            raise ValueError(str(error)) from None
        self._compressor = zstd.ZstdCompressor(level=_LEVEL, zstd_dict=self._dictionary)

    def pack(self, data: bytes) -> bytes:
        """Return one frame, which names the dictionary."""
        return self._compressor.compress(data, mode=self._compressor.FLUSH_FRAME)

    def unpack(self, data: bytes, *, limit_bytes: int) -> bytes:
        """Return the content of one frame, also of one without dictionary.

        ValueError when it is damaged, has trailing data, names another dictionary, or exceeds the limit.
        """
        decompressor = zstd.ZstdDecompressor(zstd_dict=self._dictionary)
        try:
            content = decompressor.decompress(data, max_length=limit_bytes + 1)
        except zstd.ZstdError as error:
            raise ValueError(str(error)) from None
        if not decompressor.eof or decompressor.unused_data or len(content) > limit_bytes:
            raise ValueError("no single frame within the limit")
        return content


def open_for_writing(path: Path) -> BufferedIOBase:
    """Open a new file of one frame; OSError."""
    return zstd.open(path, "xb", level=_LEVEL_OF_FILES)


def open_for_reading(path: Path) -> BufferedIOBase:
    """Open a file of frames; reads raise OSError, EOFError when it is truncated, ValueError when it is damaged."""
    return _Reading(path)


class _Reading(zstd.ZstdFile):
    def readline(self, size: int | None = -1) -> bytes:
        """See `BufferedIOBase`; ValueError for data that is not Zstandard."""
        try:
            return super().readline(size)
        except zstd.ZstdError as error:
            raise ValueError(str(error)) from None
