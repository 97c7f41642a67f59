"""The supervisor's watchdog: heartbeats of its processes, machine checks, list of troubles.

A process without a heartbeat for `SILENT_S` is logged as a trouble; after `REPLACED_S` it is killed and its owner
starts another. A process in uninterruptible disk sleep cannot be killed: that is logged, and it is not replaced.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.cluster.shipping import Shipping
from gateway.metrics.load import SharedLoad
from gateway.model import VIETNAM
from gateway.serve.machine import Clock, Found, Memory, Room, certificates, shipping_behind
from gateway.system.trouble import Ledger, Pipe, Trouble
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.trouble")
SILENT_S: Final = 5.0
_BREATH_S: Final = 2.5
"""Longest interval between two heartbeats on a busy machine."""
REPLACED_S: Final = 30.0
_LOOK_ROUND_S: Final = 1.0


class Watch:
    """The watchdog; `look` is called in each round of the supervisor."""

    def __init__(self, data: Path, load: SharedLoad, shipping: Shipping | None = None) -> None:
        self._shipping = shipping
        self.pipe = Pipe()
        self.ledger = Ledger()
        self._room, self._memory, self._clock, self._load = Room(data), Memory(), Clock(), load
        self._next = 0.0
        self._silent: dict[int, tuple[Trouble, int]] = {}
        """Silent processes and in how many rounds each was seen silent: a pause of the whole machine blames none."""
        self._killed: set[int] = set()

    def look(self, processes: Callable[[], Iterator[tuple[Trouble, int, float]]]) -> None:
        """Process reports; once a second check the machine and each process: its id and seconds of silence."""
        self.ledger.hear(self.pipe.read())
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _LOOK_ROUND_S
        for trouble, reason in self._machine():
            self._note(trouble, reason)
        self._note(Trouble.CERTIFICATE, *certificates(self._load))
        reloaded_at, good = self._load.last_reload()
        failed_at = f"{datetime.fromtimestamp(reloaded_at, VIETNAM):%d/%m %H:%M:%S}"
        self._note(Trouble.RELOAD, "" if good or not reloaded_at else failed_at)
        seen = {pid: (trouble, silent_s) for trouble, pid, silent_s in processes()}
        for pid in self._silent.keys() - seen.keys():
            self.ledger.over(self._silent.pop(pid)[0], _silence(pid))
        for pid, (trouble, silent_s) in seen.items():
            self._mind(trouble, pid, silent_s)
        self.ledger.look()

    def ended(self, trouble: Trouble, pid: int) -> None:
        """Note that a process has ended and is being replaced."""
        self.ledger.gone(str(pid))
        self._killed.discard(pid)
        if trouble is Trouble.ZYGOTE:
            self.ledger.lasts(trouble, "zygote", f"{pid}: {both('trouble', 'line', 'ended')}")

    def _machine(self) -> Iterator[Found]:
        yield from self._room.look()
        yield from self._memory.look()
        yield from self._clock.look()
        if self._shipping is not None:
            yield from shipping_behind(self._shipping)

    def _note(self, trouble: Trouble, reason: str, step: str = "") -> None:
        """Begin or end a trouble of the machine."""
        if reason:
            self.ledger.lasts(trouble, "machine", reason, step=step)
        else:
            self.ledger.over(trouble, "machine")

    def _mind(self, trouble: Trouble, pid: int, silent_s: float) -> None:
        """Log a silent process, and kill it after `REPLACED_S`."""
        rounds = self._silent.get(pid, (trouble, 0))[1] + 1
        silent_s = min(silent_s, rounds * _LOOK_ROUND_S + _BREATH_S)
        if silent_s < _BREATH_S:
            if self._silent.pop(pid, None):
                self.ledger.over(trouble, _silence(pid))
            if trouble is Trouble.ZYGOTE and silent_s:
                self.ledger.over(trouble, "zygote")  # another is at work
            return
        self._silent[pid] = (trouble, rounds)
        if silent_s < SILENT_S:
            return
        fields = {"process": pid, "seconds": round(silent_s)}
        held = _held_by_the_kernel(pid)
        self.ledger.lasts(trouble, _silence(pid), both("trouble", "line", "held" if held else "silent", **fields))
        if silent_s < REPLACED_S or held or pid in self._killed:
            return
        self._killed.add(pid)
        name = both("trouble", "name", trouble.value)
        _LOG.error("%s", both("trouble", "line", "replaced", name=name, **fields))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _silence(pid: int) -> str:
    return f"silence of {pid}"


def _held_by_the_kernel(pid: int) -> bool:
    """Return whether a process is in uninterruptible disk sleep (state D of proc(5)): no signal ends it."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "D"
    return False
