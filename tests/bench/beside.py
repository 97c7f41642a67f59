"""Mails one after the other, in turns without and with something else at the same gateway: what that costs the mails.

The rounds alternate, the first of the two changing, and the middle of their ratios counts: the machine may be shared.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from tests.bench.load import run

MAIL = (
    b"From: an.binhtan@tphcm.gov.vn\r\nTo: binh.binhtan@tphcm.gov.vn\r\nSubject: Lich hop\r\nDate: Fri, 27 Nov 2026 09:00:00 +0700\r\n\r\n"
    + b"Kinh moi hop giao ban luc 8 gio.\r\n" * 50
)
Load = Callable[..., Any]
"""Runs in a process of its own, as `load(going, *arguments)`, and returns what it saw."""


class Going:
    """Whether a load goes on; for its process."""

    def __init__(self, begun: Event, stop: Event) -> None:
        self._begun = begun
        self._stop = stop

    def begin(self) -> None:
        """Say that the load is there."""
        self._begun.set()

    @property
    def on(self) -> bool:
        """Whether it is to go on."""
        return not self._stop.is_set()

    def pause(self, seconds: float) -> None:
        """Wait, at most until the end."""
        self._stop.wait(seconds)


@dataclass
class Beside:
    """Figures of all rounds."""

    plain: list[dict[str, float]] = field(default_factory=list)
    loaded: list[dict[str, float]] = field(default_factory=list)
    said: list[Any] = field(default_factory=list)
    """What the load returned, a round each."""

    def ratio(self, name: str) -> float:
        """Return the median over the rounds of a figure with the load to that without."""
        return statistics.median(
            with_it[name] / without[name] for without, with_it in zip(self.plain, self.loaded, strict=True)
        )

    def shown(self, *names: str) -> dict[str, object]:
        """Return all rounds and the ratios, to be printed."""
        rounds = {
            kind: [{name: round(one[name], 2) for name in names} for one in got]
            for kind, got in (("without", self.plain), ("with", self.loaded))
        }
        return {**rounds, "ratio": {name: round(self.ratio(name), 3) for name in names}, "load": os.getloadavg()[0]}


def beside(
    smtp: tuple[str, int],
    load: Load,
    *arguments: object,
    gateway: int,
    rounds: int,
    messages: int,
    concurrency: int = 1,
) -> Beside:
    """Send the mails in each round without and with the load; `gateway` is the process of the gateway."""
    found = Beside()

    def mails() -> dict[str, float]:
        before = processor_s(gateway)
        sent = run(smtp, MAIL, messages=messages, concurrency=concurrency, limit_s=600)
        assert sent["ok"] == messages, sent
        spent = processor_s(gateway) - before
        return {
            "p50_ms": float(str(sent["p50_ms"])),
            "p99_ms": float(str(sent["p99_ms"])),
            "mails_per_s": messages / float(str(sent["seconds"])),
            "cpu_ms": spent / messages * 1e3,
        }

    def loaded() -> None:
        context = multiprocessing.get_context("spawn")
        begun, stop, said = context.Event(), context.Event(), context.Queue()
        other = context.Process(target=_loading, args=(load, begun, stop, said, arguments))
        other.start()
        begun.wait()
        found.loaded.append(mails())
        stop.set()
        found.said.append(said.get())
        other.join()

    for number in range(rounds):
        if number % 2:
            loaded()
            found.plain.append(mails())
        else:
            found.plain.append(mails())
            loaded()
    return found


def _loading(load: Load, begun: Event, stop: Event, said: Queue[Any], arguments: tuple[object, ...]) -> None:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # clients are not on the gateway's machine
    said.put(load(Going(begun, stop), *arguments))


def processor_s(pid: int, *names: str) -> float:
    """Return the processor time of a process and all below it, also of those that have ended; or of those with a name."""
    tree = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                head, _, rest = (entry / "stat").read_text().rpartition(")")
                fields = rest.split()
                tree[int(entry.name)] = (int(fields[1]), head.partition("(")[2], sum(map(int, fields[11:15])))
    ticks, stack = 0, [pid]
    while stack:
        parent = stack.pop()
        _, name, spent = tree.get(parent, (0, "", 0))
        ticks += spent if not names or name in names else 0
        stack += [one for one, (above, _, _) in tree.items() if above == parent]
    return ticks / os.sysconf("SC_CLK_TCK")
