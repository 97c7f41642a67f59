"""Single compressed files: gzip (RFC 1952), zlib (RFC 1950), bzip2, xz, zstd (RFC 8878); several streams in a row are one file."""

from __future__ import annotations

import bz2
from collections.abc import Callable, Iterator
from typing import Final

from gateway.documents.readers.base import Budget, Member, Reading, Source
from gateway.documents.readers.containers import FILLING, Contents
from gateway.documents.readers.containers.zip_streams import Decompressor, Zlib, collect, pieces, xz_stream, zstd_stream
from gateway.mime.charsets import guess
from gateway.model import ReadStatus
from gateway.model.formats import BY_TYPE

_SKIPPABLE: Final = tuple(bytes((number,)) + b"\x2a\x4d\x18" for number in range(0x50, 0x60))
"""Frames of zstd without data, as parallel packers write them between the others."""
_KINDS: Final[dict[str, tuple[Callable[[], Decompressor], tuple[bytes, ...]]]] = {
    "gzip": (lambda: Zlib(31), (b"\x1f\x8b\x08",)),
    "bzip2": (bz2.BZ2Decompressor, (b"BZh",)),
    "xz": (xz_stream, (b"\xfd7zXZ\0",)),
    "zstd": (zstd_stream, (b"\x28\xb5\x2f\xfd", *_SKIPPABLE)),
    "zlib": (lambda: Zlib(15), ()),
}
"""Decompressor and signature of each format."""
_SUFFIXES: Final = (
    ".gz", ".tgz", ".bz2", ".tbz2", ".tbz", ".xz", ".txz", ".zst", ".tzst", ".z", ".zz", ".lz4", ".lzma", ".tlz", ".lz", ".taz",
)  # fmt: skip
_TARS: Final = (".tgz", ".tbz2", ".tbz", ".txz", ".tzst", ".tlz", ".taz")
_STREAMS: Final = 1000
_EXTRA, _NAME, _COMMENT = 0x04, 0x08, 0x10


def read(source: Source, budget: Budget) -> Reading:
    """Return the one file inside."""
    kind = BY_TYPE[source.detected_type].name
    make, magics = _KINDS[kind]
    contents = Contents(source, kind, budget)
    rest: list[int] = []
    with contents.filling():
        data = collect(_all_streams(source.data, make, magics, rest), len(source.data), budget)
        if rest:
            contents.fault(ReadStatus.MALFORMED, "trailing-data")
        if kind == "gzip":
            _named(contents, source.data)
        contents.add(Member(name=inner_name(source), data=data))
    return contents.reading()


def _named(contents: Contents, data: bytes) -> None:
    """Give the name and the comment in the header of gzip (RFC 1952 §2.3)."""
    flags, at = data[3], 10
    if flags & _EXTRA:
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for flag, kind in ((_NAME, "name"), (_COMMENT, "comment")):
        if flags & flag:
            text, _, _ = data[at:].partition(b"\0")
            contents.words(guess(text), kind)
            at += len(text) + 1


def _all_streams(
    packed: bytes, make: Callable[[], Decompressor], magics: tuple[bytes, ...], rest: list[int]
) -> Iterator[bytes]:
    """Yield the output of every stream in a row; where other data follows, note its position."""
    position = 0
    for _ in range(_STREAMS):
        position = yield from pieces(make(), packed, position)
        tail = packed[position : position + 64]
        if tail.startswith(magics):
            continue
        if packed[position:].strip(FILLING):
            rest.append(position)
        return
    rest.append(position)


def inner_name(source: Source) -> str:
    """Return the name without its suffix; gzip's own idea of the name is for display only and not used."""
    name = (source.filename or "content").rpartition("/")[2]
    lower = name.lower()
    for suffix in _SUFFIXES:
        if lower.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)] + (".tar" if suffix in _TARS else "")
    return name
