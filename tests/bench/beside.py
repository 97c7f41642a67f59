"""Mails one after the other, in turns without and with something else at the same gateway: what that costs the mails.

The rounds alternate, the first of the two changing, and the middle of their ratios counts: the machine may be shared. A round
begins when the gateway is at rest: what a load asked for last may be answered for seconds after it ended.
Neither senders nor people's programs would run on the gateway's machine: the sender is a process in real time (where it may
be), the people's take what nobody else wants of the processors that people's work has anyway.
"""

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from gateway.system.processors import keep_to_peoples
from tests.e2e.gateway_process import GatewayProcess
from tests.support.processes import cpu_s

MAIL = (
    b"From: an.binhtan@tphcm.gov.vn\r\nTo: binh.binhtan@tphcm.gov.vn\r\nSubject: Lich hop\r\nDate: Fri, 27 Nov 2026 09:00:00 +0700\r\n\r\n"
    + b"Kinh moi hop giao ban luc 8 gio.\r\n" * 50
)
STEADY_S = 1.5
"""From when a load has begun until it is all there, and the gateway has noticed."""
_AT_REST_S, _AT_REST_MOST_S = 0.5, 0.03
"""Processor time of the whole gateway within such a while when nobody asks for anything."""
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
            kind: {name: [round(one[name], 2) for one in got] for name in names}
            for kind, got in (("without", self.plain), ("with", self.loaded))
        }
        of_middles = {name: round(self._middle("loaded", name) / self._middle("plain", name), 3) for name in names}
        ratio = {name: round(self.ratio(name), 3) for name in names}
        return {**rounds, "ratio": ratio, "ratio_of_medians": of_middles, "load": os.getloadavg()[0]}

    def _middle(self, kind: str, name: str) -> float:
        return statistics.median(one[name] for one in getattr(self, kind))


def beside(
    smtp: tuple[str, int],
    load: Load,
    *arguments: object,
    gateway: GatewayProcess,
    rounds: int,
    messages: int,
    concurrency: int = 1,
) -> Beside:
    """Send the mails in each round without and with the load."""
    found = Beside()

    def mails() -> dict[str, float]:
        before, waited_before = cpu_s([gateway.pid]), waited_s(gateway)
        sent = _sent(smtp, messages, concurrency)
        assert sent["ok"] == messages, sent
        spent, waited = cpu_s([gateway.pid]) - before, waited_s(gateway) - waited_before
        return {
            "p50_ms": sent["p50_ms"],
            "p99_ms": sent["p99_ms"],
            "mails_per_s": messages / sent["seconds"],
            "cpu_ms": spent / messages * 1e3,
            "waited_ms": waited / messages * 1e3,
        }

    def plain() -> None:
        rest(gateway)
        found.plain.append(mails())

    def loaded() -> None:
        context = multiprocessing.get_context("spawn")
        begun, stop, said = context.Event(), context.Event(), context.Queue()
        other = context.Process(target=_loading, args=(load, begun, stop, said, arguments))
        other.start()
        begun.wait()
        time.sleep(STEADY_S)
        found.loaded.append(mails())
        stop.set()
        found.said.append(said.get())
        other.join()

    for number in range(rounds):
        if number % 2:
            loaded()
            plain()
        else:
            plain()
            loaded()
    return found


def rest(gateway: GatewayProcess) -> None:
    """Wait until the gateway does nothing."""
    before = -1.0
    while (spent := cpu_s([gateway.pid])) - before > _AT_REST_MOST_S:
        before = spent
        time.sleep(_AT_REST_S)


def _loading(load: Load, begun: Event, stop: Event, said: Queue[Any], arguments: tuple[object, ...]) -> None:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    keep_to_peoples()
    said.put(load(Going(begun, stop), *arguments))


def _sent(smtp: tuple[str, int], messages: int, concurrency: int) -> dict[str, Any]:
    """Send the mails and return what `tests.bench.load` found."""
    with tempfile.NamedTemporaryFile() as mail:
        mail.write(MAIL)
        mail.flush()
        words = ("-n", str(messages), "-c", str(concurrency), "--limit-s", "600")
        command = (sys.executable, "-m", "tests.bench.load", f"{smtp[0]}:{smtp[1]}", mail.name, *words)
        run = subprocess.run(command, capture_output=True, check=True, preexec_fn=_in_real_time)
    return json.loads(run.stdout)


def _in_real_time() -> None:
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def waited_s(gateway: GatewayProcess) -> float:
    """Return for how long front ends and the audit's writer have waited for a processor (proc(5), schedstat)."""
    waited_ns = 0
    for pid in (*gateway.frontends(), gateway.audit_writer()):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                waited_ns += int((thread / "schedstat").read_text().split()[1])
    return waited_ns / 1e9
