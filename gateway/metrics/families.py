"""Prometheus metric families: names, help texts and labels.

Names follow Prometheus's conventions (base units, `_total` for counters); docs/admin-guide lists them all.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

import gateway
from gateway.documents.wall.sandbox import SandboxStatus
from gateway.metrics.disk import Disk
from gateway.metrics.load import VERDICT_BOUNDS_S, Load, MailClass, Replaced, SharedLoad
from gateway.metrics.log_counts import HANDOVER_BOUNDS_S, LogCounts
from gateway.metrics.process import Sources
from gateway.system.trouble import Board, Trouble

_LOG = logging.getLogger("gateway.metrics")
_PREFIX = "congvu_gateway_"
_LOADS = {
    "sessions": "Open SMTP sessions and milter connections",
    "content_bytes": "Bytes of mails that have not been answered yet",
    "inspections_running": "Sandboxed processes that read documents now",
    "inspections_waiting": "Mails that wait for a reader, or for another mail with the same document",
    "next_hop_held_off": "Front ends that pause before they try the next hop again, after repeated failures",
}
_REPLACED = {Replaced.FRONT_END: "frontend", Replaced.AUDIT: "audit", Replaced.ZYGOTE: "zygote", Replaced.DESK: "desk",
    Replaced.STEWARD: "steward", Replaced.CONSOLE: "console", Replaced.SHIP: "ship",
}  # fmt: skip


class Families(Collector):
    """All families; `collect` is thread-safe."""

    def __init__(self, counts: LogCounts, sources: Sources) -> None:
        self._counts, self._sources = counts, sources
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """Yield the current families; a log that is unreadable keeps its last counts."""
        sources = self._sources
        with self._lock:
            readable = self._catch_up()
            yield from [
                _gauge("build_info", "Version of the gateway", [((gateway.__version__,), 1)], "version"),
                _gauge(
                    "audit_log_readable", "1 while the log, and each record since the start, can be read", int(readable)
                ),
                *_of_the_log(self._counts),
                *_of_the_load(sources.load),
                *_of_the_machine(sources.sandbox, sources.load),
                *_of_the_disk(sources.disk),
                *_of_troubles(sources.troubles),
                *_of_the_cluster(sources, self._counts.last_seq),
            ]

    def _catch_up(self) -> bool:
        try:
            self._counts.catch_up()
        except (sqlite3.Error, ValueError) as error:  # a fault of the disk, or of a damaged record
            _LOG.error("the audit log cannot be read: %s", error)
            return False
        return not self._counts.unreadable


def _of_the_log(counts: LogCounts) -> Iterator[Metric]:
    yield _counter("mails", "Judged mails", counts.mails.items(), "front_end", "disposition")
    yield _counter("mail_bytes", "Bytes of judged mails", _single(counts.bytes), "front_end")
    yield _counter("deliveries", "Mails handed on, by what became of them", _single(counts.deliveries), "state")
    yield _counter(
        "findings",
        "Findings that did not pass, with what they led to",
        counts.findings.items(),
        "policy",
        "rule",
        "effective",
    )
    yield _counter("recipients_refused", "Recipients that a policy refused at RCPT", counts.recipients_refused)
    yield _counter("contents_refused", "Contents refused unread", _single(counts.contents_refused), "rule")
    yield _counter("auth_failures", "Logins that the next hop did not accept", counts.auth_failures)
    yield _counter("troubles", "Mails answered 451 because of the gateway itself", counts.troubles)
    yield _counter("duplicates", "Repeated mails answered without a second delivery", counts.duplicates)
    yield _handovers(counts)
    yield _gauge("audit_records", "Number of the last record of the audit log", counts.last_seq)
    yield _gauge("checkpoint_timestamp_seconds", "When the last checkpoint was made", counts.checkpoint_at)
    words = "Records that no checkpoint covers yet"
    yield _gauge("records_without_checkpoint", words, counts.last_seq - counts.checkpoint_size)


def _handovers(counts: LogCounts) -> Metric:
    family = HistogramMetricFamily(
        f"{_PREFIX}handover_seconds", "Time from the verdict to the next hop's last answer", unit="seconds"
    )
    family.add_metric([], _buckets(HANDOVER_BOUNDS_S, counts.handovers), counts.handover_s)
    return family


def _verdicts(load: SharedLoad) -> Metric:
    family = HistogramMetricFamily(
        f"{_PREFIX}verdict_seconds", "Time from the final dot to the verdict", labels=["mail"], unit="seconds"
    )
    for kind in MailClass:
        counts, total_s = load.verdicts(kind)
        family.add_metric([kind.name.lower()], _buckets(VERDICT_BOUNDS_S, counts), total_s)
    return family


def _buckets(bounds: Iterable[float], counts: Iterable[int]) -> list[tuple[str, float]]:
    names = (*(str(float(bound)) for bound in bounds), "+Inf")
    return list(zip(names, map(float, accumulate(counts)), strict=True))


def _of_the_load(load: SharedLoad) -> Iterator[Metric]:
    loads = load.loads()
    for field in fields(Load):
        total = sum(getattr(one, field.name) for one in loads)
        yield _gauge(field.name, f"{_LOADS[field.name]}, all front ends together", total)
    yield _verdicts(load)
    reloaded_at, good = load.last_reload()
    yield _gauge("reload_timestamp_seconds", "When the last reload ended, or the start", reloaded_at)
    yield _gauge("reload_successful", "1 when all of the last reload is in force, 0 when something old is", int(good))
    restarts = [((name,), load.replacements(what)) for what, name in _REPLACED.items()]
    yield _counter("restarts", "Processes that died and were started again", restarts, "process")


def _of_the_machine(sandbox: SandboxStatus | None, load: SharedLoad) -> Iterator[Metric]:
    if sandbox is not None:
        layers = [((name,), int(stands)) for name, stands in sandbox.layers.items()]
        yield _gauge(
            "sandbox_layer", "1 when this wall stands around the readers, 0 when the kernel lacks it", layers, "layer"
        )
    ends = [((str(path),), end) for path, end in load.served_until()]
    if ends:
        words = "Expiry of the certificate that a listener serves"
        yield _gauge("certificate_not_after_timestamp_seconds", words, ends, "path")


def _of_the_disk(disk: Disk) -> Iterator[Metric]:
    yield _gauge(
        "disk_free_bytes", "Free space of the file system of a folder of gateway.yaml", disk.free_bytes(), "folder"
    )
    lists = disk.revocation_lists()
    if lists:
        made = [((one.issuer,), one.made) for one in lists]
        yield _gauge("crl_timestamp_seconds", "When the revocation list of an authority was issued", made, "issuer")
        due = [((one.issuer,), one.due) for one in lists if one.due is not None]
        words = "When the next revocation list of an authority is due"
        yield _gauge("crl_next_update_timestamp_seconds", words, due, "issuer")


def _of_troubles(troubles: Board) -> Iterator[Metric]:
    lasting = troubles.read()
    values = [((one.value,), int(one.value in lasting)) for one in Trouble]
    yield _gauge("trouble", "1 while this trouble lasts; the log says what to do", values, "kind")


def _of_the_cluster(sources: Sources, last: int) -> Iterator[Metric]:
    if sources.node:
        yield _gauge("node_info", "Name of this machine in its cluster", [((sources.node,), 1)], "node")
    if (shipping := sources.shipping) is not None:
        lag_s = shipping.lag_s
        lag = max(0, last - shipping.seq)
        yield _gauge("ship_lag_records", "Records that the centre does not have yet", lag)
        yield _gauge("ship_lag_seconds", "For how long the centre has not had all records", lag_s if lag else 0)
        yield _gauge("ship_fork", "1 when the centre has another log than this node", int(bool(shipping.fork)))


def _single(counts: Mapping[str, int]) -> Values:
    return [((name,), number) for name, number in counts.items()]


Values = Iterable[tuple[tuple[str, ...], float]] | float
"""Values by label values, or the single value of a family without labels."""


def _counter(name: str, words: str, values: Values, *labels: str) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, words, labels=labels)
    return _filled(family, values)


def _gauge(name: str, words: str, values: Values, *labels: str) -> Metric:
    return _filled(GaugeMetricFamily(_PREFIX + name, words, labels=labels), values)


def _filled(family: CounterMetricFamily | GaugeMetricFamily, values: Values) -> Metric:
    for label_values, value in [((), values)] if isinstance(values, int | float) else values:
        family.add_metric(label_values, value)
    return family
