"""Auxiliary processes: made before the first fork, started in order, closed in reverse order.

Each closes in its own process what belongs to others: the listeners' addresses where it serves no mail, then each
other process's door.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gateway.audit.installation import Known
from gateway.audit.process import audit_process
from gateway.cluster.records import State
from gateway.cluster.ship import ship_process
from gateway.cluster.shipping import Shipping
from gateway.config.sections import Configuration
from gateway.documents.wall.desk import desk_process
from gateway.documents.wall.pool import WorkerPool
from gateway.metrics.disk import Disk
from gateway.metrics.load import Replaced, SharedLoad
from gateway.metrics.process import MetricsProcess, Sources, unready
from gateway.model import ListenerKind
from gateway.pipeline.rulebook import Rulebook
from gateway.pipeline.self_check import FrontEndRules
from gateway.pipeline.shared_waivers import SharedWaivers
from gateway.serve.app import (
    SHIPPED_CERTS,
    anchors_digest,
    inspection_limits,
    next_hop_settings,
    places,
    smtp_limits,
    way_out,
)
from gateway.serve.cosigning import cosigning_process
from gateway.serve.ruling import ruling_process
from gateway.steward import service
from gateway.steward.condition import Running
from gateway.steward.process import steward_process
from gateway.system.door import DoorProcess
from gateway.system.heart import Heart
from gateway.system.listening import Taken
from gateway.system.supervised import AsideProcess, SupervisedProcess
from gateway.system.trouble import Board, Pipe

if TYPE_CHECKING:
    from gateway.console.process import ConsoleProcess


@dataclass(frozen=True)
class Addresses:
    """Bound addresses."""

    listeners: tuple[Taken, ...]
    metrics: Taken | None
    console: Taken | None

    def shown(self, configuration: Configuration) -> list[str]:
        """Return them as in the log line `ready`."""
        pairs = zip(configuration.listeners, self.listeners, strict=True)
        shown = [f"{listener.kind.value}={address}" for listener, taken in pairs for address in taken.addresses]
        for name, taken in (("metrics", self.metrics), ("console", self.console)):
            shown += [f"{name}={address}" for address in taken.addresses] if taken is not None else []
        return shown

    def close(self) -> None:
        """Release those of listeners and console."""
        for taken in (*self.listeners, self.console):
            if taken is not None:
                taken.close()


@dataclass(frozen=True)
class Beside:
    """All auxiliary processes; optional ones are None when not configured."""

    ship: SupervisedProcess | None
    audit: DoorProcess
    people: Heart
    """Beats during logins, checks and long work of people."""
    desk: DoorProcess
    metrics: MetricsProcess | None
    steward: DoorProcess | None
    console: ConsoleProcess | None
    cosigning: AsideProcess | None
    ruling: AsideProcess | None

    def start(self) -> None:
        """Start them."""
        if self.ship is not None:
            self.ship.start()
        for process, _ in self._all():
            process.start()

    def look_after(self, load: SharedLoad) -> None:
        """Replace those that died; called periodically and on SIGCHLD."""
        if self.ship is not None and self.ship.supervise():
            load.replaced(Replaced.SHIP)
        for process, counted in self._all():
            if process.supervise() and counted is not None:
                load.replaced(counted)

    def renew_console(self) -> None:
        """Restart the console with the current certificate; it has no state to lose."""
        if self.console is not None:
            self.console.close()
            self.console.start()

    def close(self) -> None:
        """Stop them, clients before the processes that they use; the shipper last, to ship the last records."""
        for process, _ in reversed(self._all()):
            process.close()
        if self.ship is not None:
            self.ship.end(signal.SIGUSR1)

    def _all(self) -> list[tuple[DoorProcess | AsideProcess, Replaced | None]]:
        """Return the processes but the shipper in the order of their start, with what a replacement counts as."""
        processes = (
            (self.audit, Replaced.AUDIT), (self.desk, Replaced.DESK), (self.metrics, None),
            (self.steward, Replaced.STEWARD), (self.console, Replaced.CONSOLE), (self.cosigning, None), (self.ruling, None),
        )  # fmt: skip
        return [(process, counted) for process, counted in processes if process is not None]


def beside(
    configuration: Configuration,
    rulebook: Rulebook,
    workers: WorkerPool,
    addresses: Addresses,
    load: SharedLoad,
    *,
    known: Known,
    troubles: Board,
    reports: Pipe,
    shipping: Shipping | None = None,
) -> Beside:
    """Make the processes; none is started.

    `known` identifies the log, `troubles` is the board for the metrics, `reports` the pipe for reports of trouble.
    With `shipping` the log is shipped to the cluster's centre.
    """
    release = _all_of(workers.close, addresses.close)
    cluster = configuration.cluster
    awaited = shipping is not None and cluster is not None and cluster.replicate == "wait"
    people = Heart()
    audit = audit_process(
        configuration.data, release, known=known, people=people, facts_days=configuration.audit.facts_days,
        on_commit=shipping.poke if awaited and shipping is not None else lambda: None,
    )  # fmt: skip
    release_log = _all_of(release, audit.release)
    cache = configuration.inspection.cache
    desk = desk_process(
        places=places(configuration), cache_bytes=cache.bytes, cache_age_s=cache.age_s, release=release_log
    )
    release_all = _all_of(release_log, desk.release)
    all_but_the_log = _all_of(release, desk.release)
    metrics = _metrics(configuration, workers, addresses, load, troubles, shipping, audit, all_but_the_log)
    readers = _readers(configuration, workers, desk)
    running = _running(configuration, workers, load)
    steward = _steward(configuration, rulebook, audit, addresses, running, troubles, readers, people)
    console = None
    if configuration.console is not None and addresses.console is not None and steward is not None:
        from gateway.serve.console import walled_console  # import its libraries only when configured

        node = configuration.node if configuration.centre is not None else ""
        console = walled_console(configuration.console, node, addresses.console, steward, workers.close)
    cosigning = cosigning_process(configuration, reports, release_all) if configuration.audit.witnesses else None
    ruling = None
    if cluster is not None and configuration.ruled:
        ruling = ruling_process(configuration, cluster, reports, release_all)
    ship = _ship(
        configuration, shipping, metrics, release_all if steward is None else _all_of(release_all, steward.release)
    )
    return Beside(ship, audit, people, desk, metrics, steward, console, cosigning, ruling)


def _all_of(*releases: Callable[[], None]) -> Callable[[], None]:
    """Return the call of all of these in order."""

    def release() -> None:
        for one in releases:
            one()

    return release


def _readers(configuration: Configuration, workers: WorkerPool, desk: DoorProcess) -> service.Readers:
    """Return what the self-check needs.

    With a milter, `hold` counts as done: an MTA says only when it connects that it cannot hold mail.
    """
    holds = any(listener.kind is ListenerKind.MILTER for listener in configuration.listeners)
    return service.Readers(
        workers=workers,
        desk_door=desk.door,
        limits=inspection_limits(configuration),
        front_end=FrontEndRules(
            smtp_limits(configuration),
            configuration.replies.languages,
            holds=holds or configuration.hold.release is not None,
        ),
    )


def _running(configuration: Configuration, workers: WorkerPool, load: SharedLoad) -> Running:
    sandbox = workers.process.ready.sandbox
    return Running(
        certs=configuration.certs or SHIPPED_CERTS,
        sandbox_missing=sandbox.missing if sandbox is not None else None,
        last_reload=load.last_reload,
    )


def _metrics(
    configuration: Configuration,
    workers: WorkerPool,
    addresses: Addresses,
    load: SharedLoad,
    troubles: Board,
    shipping: Shipping | None,
    audit: DoorProcess,
    release: Callable[[], None],
) -> MetricsProcess | None:
    if addresses.metrics is None:
        return None
    disk = Disk(data=configuration.data, spool=configuration.spool, certs=configuration.certs or SHIPPED_CERTS)
    sources = Sources(
        configuration.data, load, workers.process.ready.sandbox, disk, troubles, shipping, configuration.node
    )
    return MetricsProcess(addresses.metrics, sources, audit.door, release)


def _steward(
    configuration: Configuration,
    rulebook: Rulebook,
    audit: DoorProcess,
    addresses: Addresses,
    running: Running,
    troubles: Board,
    readers: service.Readers,
    people: Heart,
) -> DoorProcess | None:
    if not (configuration.console or configuration.reports.send or configuration.notices.to):
        return None
    sources = service.Sources(
        configuration=configuration,
        rulebook=rulebook,
        audit_door=audit.door,
        next_hop=next_hop_settings(configuration),
        way_out=way_out(configuration),
        accepts=addresses.listeners[0].addresses[0],
        running=running,
        troubles=troubles,
        readers=readers,
        at_work=people,
    )
    return steward_process(sources, addresses.close)


def _ship(
    configuration: Configuration,
    shipping: Shipping | None,
    metrics: MetricsProcess | None,
    release: Callable[[], None],
) -> SupervisedProcess | None:
    cluster = configuration.cluster
    if shipping is None or cluster is None:
        return None
    certs = configuration.certs or SHIPPED_CERTS

    def state() -> State:
        return State(unready(metrics.address) if metrics is not None else None, anchors_digest(certs))

    waivers = SharedWaivers(configuration, cluster.node, activate=partial(os.kill, os.getpid(), signal.SIGHUP))
    return ship_process(
        configuration.data, cluster, shipping, release, os.getpid(), state=state, exchange=waivers.exchange
    )
