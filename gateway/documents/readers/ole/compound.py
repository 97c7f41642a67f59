"""Compound files (MS-CFB): streams by path, and the content of object storages.

`Compound` gives the streams of an OLE file, damaged or not, with what was damaged said in `faults`. Bare compound files
that come as embedded objects are read by `embedded`.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final
from weakref import finalize

import olefile

from gateway.documents.readers.base import Budget, Member, ReadError
from gateway.documents.readers.ole.writer import write_compound
from gateway.model import ReadStatus


class _Bounded(olefile.OleFileIO):  # type: ignore[misc]  # olefile has no types
    """A stream that claims to be larger than its file would be read round and round a ring of sectors, for gigabytes."""

    _we_opened_fp = False  # read by `__del__`

    def _open(self, start: int, size: int = olefile.UNKNOWN_SIZE, force_FAT: bool = False) -> Any:  # noqa: N803
        if size != olefile.UNKNOWN_SIZE:
            size = min(size, self._filesize)
        return super()._open(start, size, force_FAT)


def open_ole(data: bytes) -> olefile.OleFileIO:
    """Return the opened file; ReadError MALFORMED `ole` when it is none."""
    try:
        return _Bounded(BytesIO(data))
    except MemoryError:
        raise
    except Exception as error:
        # Library wall: olefile raises OSError on purpose and index, struct and type errors by accident.
        raise ReadError(ReadStatus.MALFORMED, "ole") from error


Path = tuple[str, ...]
_LIMIT_STREAMS: Final = 20_000
CUT_SHORT: Final = "ole-truncated"
"""Fault: a stream is shorter than the file says."""


class Compound:
    """The streams of an OLE file."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._budget = budget
        self.faults: list[str] = []
        self._ole = open_ole(data)
        finalize(self, vars(self._ole).clear)  # its entries refer to it
        try:
            listed = self._ole.listdir(streams=True, storages=True)
            kinds = [(tuple(path), self._ole.get_type(path)) for path in listed]
        except MemoryError:
            raise
        except Exception as error:
            # Library wall: olefile raises OSError on purpose and index, struct and type errors by accident.
            raise ReadError(ReadStatus.MALFORMED, "ole") from error
        if len(listed) > _LIMIT_STREAMS:
            raise ReadError(ReadStatus.LIMIT, "files")
        self._paths: dict[Path, Path] = {}
        self.storages: tuple[Path, ...] = tuple(path for path, kind in kinds if kind != olefile.STGTY_STREAM)
        self.streams: tuple[Path, ...] = tuple(path for path, kind in kinds if kind == olefile.STGTY_STREAM)
        for path in self.streams:
            self._paths.setdefault(_folded(path), path)
        if len(self._paths) != len(self.streams):
            self.faults.append("ole-duplicate-name")

    def has(self, *path: str) -> bool:
        """Return whether there is such a stream, ignoring case."""
        return _folded(path) in self._paths

    def read(self, *path: str) -> bytes:
        """Return the bytes of a stream, empty when there is none; what is cut short is noted in `faults`."""
        stored = self._paths.get(_folded(path))
        if stored is None:
            return b""
        try:
            data: Any = self._ole.openstream(list(stored)).read()
            size = int(self._ole.get_size(list(stored)))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001
            # Library wall: a stream whose sectors are damaged ends in an OSError or an arithmetic error of olefile.
            self._fault("ole-stream")
            return b""
        if len(data) < size:
            self._fault(CUT_SHORT)
        self._budget.take_bytes(len(data))
        return bytes(data)

    def inside(self, storage: Path) -> dict[Path, bytes]:
        """Return all streams below a storage, by path from it."""
        prefix = _folded(storage)
        return {
            path[len(prefix) :]: self.read(*path)
            for path in self.streams
            if len(path) > len(prefix) and _folded(path[: len(prefix)]) == prefix
        }

    def _fault(self, reason: str) -> None:
        if reason not in self.faults:
            self.faults.append(reason)


def _folded(path: Path) -> Path:
    return tuple(name.lower() for name in path)


def embedded_member(compound: Compound, storage: Path, locator: str) -> Member | None:
    """Return an object storage as a file of its own, None when it is empty."""
    streams = compound.inside(storage)
    if not streams:
        return None
    return Member(name="/".join(storage), data=write_compound(streams), relation="embedded", locator=locator)
