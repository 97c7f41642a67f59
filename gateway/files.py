"""Files named by a person: read up to a limit, without blocking."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LIMIT_BYTES = 1 << 30
"""More than the greatest mail or document that is taken."""


def read_file(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> bytes:
    """Return the bytes of a file, or of a pipe of the shell (`<(...)`); OSError over the limit or for a named pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    wrong = errno.EISDIR if stat.S_ISDIR(mode) else errno.ESPIPE if stat.S_ISFIFO(mode) and _is_named(path) else 0
    if wrong:
        os.close(descriptor)
        raise OSError(wrong, os.strerror(wrong), str(path))
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "rb") as stream:
        octets = stream.read(limit_bytes + 1)
    if len(octets) > limit_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return octets


def _is_named(pipe: Path) -> bool:
    return os.path.lexists(os.path.realpath(pipe))  # of one without a name it is `/proc/1/fd/pipe:[2]`
