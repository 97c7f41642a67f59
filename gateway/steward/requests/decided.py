"""Waivers of approved requests as a file of the policy set, written atomically and put in force."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gateway.audit import failpoints
from gateway.config.sections import Configuration
from gateway.engine.layers import DECIDED
from gateway.model import VIETNAM
from gateway.pipeline.reload import reload
from gateway.pipeline.rulebook import policies_of
from gateway.steward.requests.request import Request, State
from gateway.system.atomic_file import replace_file

_SHOWN_DAYS = 90
"""Retention of an expired waiver in the file, where lists show it."""
_WRITING = threading.Lock()
_PENDING = "waivers.pending"
"""Stands in the data folder while it is not known whether the front ends judge by the file."""


def put_in_force(configuration: Configuration, approved: Callable[[], Iterable[Request]]) -> bool:
    """Write the waivers of approved requests and have them loaded; True when the gateway judges by them, or does not run.

    `approved` is called under the write lock, so that no older answer overwrites a newer one.

    OSError or UserError leave the file as it was; when the gateway keeps its old rules the old file is put back.
    """
    with _WRITING:
        path, pending = configuration.data / DECIDED, configuration.data / _PENDING
        old = path.read_bytes() if path.exists() else None
        new = _rendered(approved())
        if new == (old or b"") and not pending.exists():
            return True
        pending.touch(mode=0o600)
        try:
            _replace(path, new)
            failpoints.hit("waivers.written")
            digest = policies_of(configuration).digest
            loaded = reload(configuration.data, digest) != "not_yet"
        except BaseException:
            _replace(path, old or b"")
            raise
        if loaded:
            failpoints.hit("waivers.loaded")
            with suppress(OSError):  # the front ends are asked once more then
                pending.unlink()
        else:
            _replace(path, old or b"")
        return loaded


def _replace(path: Path, octets: bytes) -> None:
    if octets:
        replace_file(path, octets, mode=0o600)
    else:
        path.unlink(missing_ok=True)


def _rendered(requests: Iterable[Request]) -> bytes:
    """Return the file; nothing when there are no waivers."""
    oldest = datetime.now(VIETNAM).date() - timedelta(days=_SHOWN_DAYS)
    entries: list[dict[str, Any]] = []
    for request in sorted(requests, key=lambda one: one.opened):
        if request.state is State.APPROVED:
            entries += [entry | {"expires": date.fromisoformat(entry["expires"])} for entry in request.entries]
    entries = [entry for entry in entries if entry["expires"] >= oldest]
    if not entries:
        return b""
    buffer = io.BytesIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.dump({"version": 1, "name": "waivers", "waivers": entries}, buffer)
    return buffer.getvalue()
