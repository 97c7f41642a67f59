"""Rules process: fetches the cluster's rule bundles, validates them, and switches to each at its time.

Only this process reads rules from the centre; supervisor and front ends load files, as at any reload. A fetched bundle
comes in force at its time even during an outage of the centre. A node still on other rules a minute later is in trouble
`rules`.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from gateway.cluster import rules
from gateway.cluster.database import Connection, DatabaseError, connect, failures, reason_of, within
from gateway.cluster.keys import verifier_keys
from gateway.cluster.rules import Bundle, BundleError, RuleReport
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.pipeline.cluster_rules import Expected, KeptBundles
from gateway.pipeline.in_force import Digests, digests_in_force
from gateway.pipeline.rulebook import load_rules
from gateway.system.supervised import AsideProcess
from gateway.system.trouble import Pipe, Reporter, Trouble
from gateway.texts.catalogue import both, reasons

_LOG = logging.getLogger("gateway.cluster")
ROUND_S: Final = 1.0
_REPORT_S: Final = 10.0
_FILES_S: Final = 60.0
"""Time limit for the files of a bundle: a city's directory over a slow line."""
_CENTRE_S: Final = 12.0
"""Time limit for one round with the centre, connect and queries."""
_AGAIN_S: Final = 15.0
"""Interval before a reload without effect is requested again."""
_RETRY: Final = timedelta(seconds=10)
"""Interval before the retry of a failed fetch."""
PATIENCE_S: Final = 50.0
"""Tolerated delay of a bundle after its time."""


class Ruling:
    """The rounds of the process."""

    def __init__(
        self,
        configuration: Configuration,
        cluster: Cluster,
        *,
        activate: Callable[[], None] = lambda: None,
        reporter: Reporter | None = None,
    ) -> None:
        """`activate` makes the supervisor reload the rules; called after a switch. UserError for invalid keys."""
        self._configuration = configuration
        self._cluster = cluster
        self._keys = verifier_keys(cluster.rule_keys, "rules")
        self._kept = KeptBundles(configuration.data, self._keys)
        self._expected = Expected(configuration.data, self._digests)
        self._activate = activate
        self._reporter = reporter
        self._centre: Connection | None = None
        self._faults: dict[int, tuple[datetime, str]] = {}
        """Signed bundles that are unusable here: when they are due, and why unusable."""
        self._tried: dict[int, datetime] = {}
        self._ignored: set[str] = set()
        self._away = False
        self._differs_since = 0.0
        self._activated = time.monotonic()
        self._reported: tuple[object, ...] = ()
        self._reported_at = 0.0

    def step(self, now: datetime) -> float:
        """Do a round; return the seconds until the next."""
        self._switch(now)
        following = self._kept.next_at(now)
        wait_s = (following - now).total_seconds() if following is not None else ROUND_S
        fault = self._fault(now)
        if self._reporter is not None:
            self._reporter.state(Trouble.RULES, fault)
        # A hanging centre must not delay a switch.
        if following is None or wait_s > _CENTRE_S:
            self._ask(fault, now, fetches=following is None or wait_s > _CENTRE_S + _FILES_S)
        return min(ROUND_S, wait_s)

    def catch_up(self, now: datetime) -> None:
        """Fetch what is new, and put in force what is due."""
        self._ask("", now, fetches=True)
        self._switch(now)
        self._leave()

    def _ask(self, fault: str, now: datetime, *, fetches: bool) -> None:
        """Fetch new bundles and report the rules in force; during an outage the fetched bundles remain valid."""
        away: tuple[type[Exception], ...] = (DatabaseError, UserError, *failures())
        try:
            centre = self._centre = self._centre or connect(self._cluster)
            with within(centre):
                fresh = self._fresh(centre, now) if fetches else []
                self._report(centre, fault)
            for bundle in fresh:
                self._tried[bundle.sequence] = now
                self._take(centre, bundle)
        except away as error:
            if not self._away:
                _LOG.warning("%s", both("cluster", "rules", "away", reason=reason_of(error)))
            self._away = True
            self._leave()
        else:
            self._away = False

    def _leave(self) -> None:
        connection, self._centre = self._centre, None
        if connection is not None:
            with suppress(Exception):  # broken already
                connection.close()

    def _fresh(self, centre: Connection, now: datetime) -> list[Bundle]:
        """Return the bundles to fetch; one without a trusted signature is ignored and logged once."""
        self._faults = {number: fault for number, fault in self._faults.items() if number > self._kept.in_force}
        found, published = [], rules.published(centre, self._kept.in_force - 1)
        for bundle, contents in self._kept.lacking({sequence for sequence, _ in published}):
            rules.store(centre, bundle, contents)  # the centre was put back from an older backup
        for sequence, note in published:
            early = sequence in self._tried and now < self._tried[sequence] + _RETRY
            if self._kept.has(sequence) or note in self._ignored or early:
                continue
            try:
                bundle = Bundle.parse(note, self._keys)
                if bundle.sequence != sequence:
                    raise BundleError(both("cluster", "rules", "number", sequence=sequence, found=bundle.sequence))
            except BundleError as error:
                self._ignored.add(note)
                _LOG.error("%s", error)
            else:
                found.append(bundle)
        return found

    def _take(self, centre: Connection, bundle: Bundle) -> None:
        """Fetch the files of a bundle, validate and store them."""
        try:
            with within(centre, _FILES_S):
                files = {name: rules.content(centre, digest) for name, digest in bundle.files.items()}
            self._kept.keep(bundle, files)
        except (BundleError, OSError) as error:
            reason = reasons(error) if isinstance(error, OSError) else ""
            words = both("cluster", "rules", "disk", sequence=bundle.sequence, reason=reason) if reason else str(error)
            if bundle.sequence not in self._faults:
                _LOG.error("%s", words)
            self._faults[bundle.sequence] = bundle.at, words
        else:
            self._faults.pop(bundle.sequence, None)
            _LOG.info("%s", both("cluster", "rules", "got", sequence=bundle.sequence, at=bundle.at.isoformat()))

    def _switch(self, now: datetime) -> None:
        bundle = self._kept.due(now)
        if bundle is None:
            return
        try:
            self._kept.switch(bundle.sequence)
        except OSError as error:
            words = both("cluster", "rules", "disk", sequence=bundle.sequence, reason=reasons(error))
            self._faults[bundle.sequence] = bundle.at, words
            return
        _LOG.warning("%s", both("cluster", "rules", "switched", sequence=bundle.sequence))
        self._ask_reload()

    def _ask_reload(self) -> None:
        self._activated = time.monotonic()
        self._activate()

    def _fault(self, now: datetime) -> str:
        """Return why this node has judged by other rules than the cluster beyond `PATIENCE_S`; empty otherwise."""
        for sequence, (at, words) in self._faults.items():
            if sequence > self._kept.in_force and (now - at).total_seconds() >= PATIENCE_S:
                return words
        judged = digests_in_force(self._configuration.data)
        if not self._kept.in_force or judged in (None, self._expected.digests):
            self._differs_since = 0.0
            return ""
        since = time.monotonic()
        self._differs_since = self._differs_since or since
        if since - self._activated >= _AGAIN_S:
            self._ask_reload()
        if since - self._differs_since < PATIENCE_S:
            return ""
        assert judged is not None
        return both("cluster", "rules", "other", sequence=self._kept.in_force, policies=judged.policies[:16])

    def _digests(self) -> Digests | None:
        try:
            return Digests.of(load_rules(self._configuration))
        except UserError:
            return None

    def _report(self, centre: Connection, fault: str) -> None:
        digests = digests_in_force(self._configuration.data) or Digests("")
        connections = self._configuration.next_hop.connections * self._configuration.workers
        state = (self._kept.in_force, digests.policies, digests.directory, fault, connections)
        if state != self._reported or time.monotonic() - self._reported_at >= _REPORT_S:
            rules.report(centre, RuleReport(self._cluster.node, datetime.now(UTC), *state))
            self._reported, self._reported_at = state, time.monotonic()


def catch_up(configuration: Configuration) -> None:
    """Put in force what came due while the gateway was stopped, before a start loads the rules; without the centre nothing changes."""
    cluster = configuration.cluster
    if cluster is not None and configuration.ruled:
        with configuration.at("cluster", "rule_keys"):
            ruling = Ruling(configuration, cluster)
        ruling.catch_up(datetime.now(UTC))


def ruling_process(
    configuration: Configuration, cluster: Cluster, reports: Pipe, release: Callable[[], None]
) -> AsideProcess:
    """Prepare the process, whose writes are atomic; `release` closes, in it, what belongs to others. UserError for invalid keys."""
    with configuration.at("cluster", "rule_keys"):
        verifier_keys(cluster.rule_keys, "rules")
    parent = os.getpid()

    def serve() -> None:
        reporter = Reporter(reports, "gateway-rules")
        reporter.begin(Trouble.RULES)
        activate = partial(os.kill, parent, signal.SIGHUP)
        ruling = Ruling(configuration, cluster, activate=activate, reporter=reporter)
        while True:
            time.sleep(ruling.step(datetime.now(UTC)))

    return AsideProcess("gateway-rules", serve, release)
