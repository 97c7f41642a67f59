"""Opens a compound file (MS-CFB) with olefile, whose faults become ours and whose streams cannot outgrow the file."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import olefile

from gateway.documents.readers.base import ReadError
from gateway.model import ReadStatus


class _Bounded(olefile.OleFileIO):  # type: ignore[misc]  # olefile has no types
    """A stream that claims to be larger than its file would be read round and round a ring of sectors, for gigabytes."""

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
