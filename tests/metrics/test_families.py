"""The figures as Prometheus reads them: valid text, values of all sources, names that the guides explain."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gateway.demo.pki import Pki as DemoPki
from gateway.demo.pki import revocation_list
from gateway.documents.wall.sandbox import SandboxStatus
from gateway.metrics.disk import Disk
from gateway.metrics.families import Families
from gateway.metrics.load import Load, Replaced, SharedLoad
from gateway.metrics.log_counts import HANDOVER_BOUNDS_S, LogCounts
from gateway.metrics.process import Sources
from gateway.system.certificate_expiry import certificate_ends
from gateway.system.trouble import Board
from tests.audit.support import relay, running
from tests.support.certificates import Pki

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "docs/admin-guide.vi.md", ROOT / "docs/admin-guide.en.md"]
NO_SECCOMP = SandboxStatus(landlock_abi=4, seccomp=False, root_dropped=True)


def disk(folder: Path) -> Disk:
    """Return a disk with a revocation list that a day ago said to be renewed in an hour, and one that is broken."""
    made = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    authority = DemoPki().g2_root
    lists = folder / "certs" / "crl"
    lists.mkdir(parents=True, exist_ok=True)
    (lists / "a.crl").write_bytes(revocation_list(authority, this_update=made, next_update=made + timedelta(hours=1)))
    older = made - timedelta(days=3)
    (lists / "b.crl").write_bytes(revocation_list(authority, this_update=older, next_update=made))
    (lists / "broken.crl").write_bytes(b"no list")
    return Disk(data=folder, spool=folder, certs=folder / "certs")


async def scraped(tmp_path, *, load: SharedLoad | None = None):
    """Return the families of a gateway that has relayed two mails, by name, and its sources."""
    async with running(tmp_path) as log:
        counts = LogCounts(tmp_path)
        await relay(log, 1)
        await relay(log, 2)
    registry = CollectorRegistry()
    registry.register(Families(counts, Sources(tmp_path, load or SharedLoad(2), NO_SECCOMP, disk(tmp_path), Board())))
    return registry, counts


def values(registry: CollectorRegistry) -> dict[str, dict[tuple[str, ...], float]]:
    """Return each sample's values by the values of its labels, in the order of the labels' names."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels[label] for label in sorted(sample.labels))] = (
                sample.value
            )
    return found


async def test_the_log_the_load_and_the_machine_are_in_the_figures(tmp_path):
    certificate, _ = Pki(tmp_path).issue("gateway.test")
    load = SharedLoad(3, (certificate, tmp_path / "gone.crt"))
    load.serve_until(certificate, certificate_ends(certificate))
    load.put(0, Load(sessions=2, content_bytes=1000, inspections_running=1))
    load.reloaded(1700000000.5, good=False)
    load.put(2, Load(next_hop_held_off=1, sessions=5, content_bytes=1 << 40, inspections_waiting=7))
    load.replaced(Replaced.AUDIT)
    load.replaced(Replaced.AUDIT)
    registry, counts = await scraped(tmp_path, load=load)
    found = values(registry)
    assert found["congvu_gateway_mails_total"] == {("relay", "submission"): 2}
    assert found["congvu_gateway_deliveries_total"] == {("relayed",): 2}
    assert found["congvu_gateway_sessions"] == {(): 7}
    assert found["congvu_gateway_content_bytes"] == {(): 1000 + (1 << 40)}
    assert found["congvu_gateway_inspections_running"] == {(): 1}
    assert found["congvu_gateway_inspections_waiting"] == {(): 7}
    assert found["congvu_gateway_restarts_total"] == {
        ("frontend",): 0, ("audit",): 2, ("zygote",): 0, ("desk",): 0, ("steward",): 0, ("console",): 0,
        ("ship",): 0,
    }  # fmt: skip
    assert found["congvu_gateway_sandbox_layer"] == {("landlock",): 1, ("seccomp",): 0, ("unprivileged",): 1}
    assert found["congvu_gateway_next_hop_held_off"] == {(): 1}
    assert found["congvu_gateway_reload_timestamp_seconds"] == {(): 1700000000}
    assert found["congvu_gateway_reload_successful"] == {(): 0}
    assert set(found["congvu_gateway_disk_free_bytes"]) == {("data",), ("spool",)}
    ((made),) = found["congvu_gateway_crl_timestamp_seconds"].values()
    ((due),) = found["congvu_gateway_crl_next_update_timestamp_seconds"].values()
    assert due - made == 3600, "the newest list of the authority, and not the older or the broken one"
    assert found["congvu_gateway_records_without_checkpoint"] == {(): 0}
    assert abs(found["congvu_gateway_checkpoint_timestamp_seconds"][()] - datetime.now(UTC).timestamp()) < 3600
    assert found["congvu_gateway_audit_records"] == {(): counts.last_seq}
    (path,), end = next(iter(found["congvu_gateway_certificate_not_after_timestamp_seconds"].items()))
    assert path == str(certificate)
    assert end > datetime.now(UTC).timestamp()


async def test_classes_of_time_hold_all_that_was_faster(tmp_path):
    registry, counts = await scraped(tmp_path)
    counts.catch_up()
    counts.handovers = [1] * (len(HANDOVER_BOUNDS_S) + 1)
    buckets = values(registry)["congvu_gateway_handover_seconds_bucket"]
    assert list(buckets.values()) == [float(number) for number in range(1, len(HANDOVER_BOUNDS_S) + 2)]
    assert buckets[("+Inf",)] == values(registry)["congvu_gateway_handover_seconds_count"][()]


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), ValueError("of a note")])
async def test_a_log_that_cannot_be_read_is_said_so_beside_the_rest(tmp_path, monkeypatch, error):
    registry, counts = await scraped(tmp_path)
    assert values(registry)["congvu_gateway_audit_log_readable"] == {(): 1}

    def fails() -> None:
        raise error

    monkeypatch.setattr(counts, "catch_up", fails)
    found = values(registry)
    assert found["congvu_gateway_audit_log_readable"] == {(): 0}
    assert found["congvu_gateway_deliveries_total"] == {("relayed",): 2}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
async def test_every_figure_is_explained_in_the_guides(tmp_path, guide):
    certificate, _ = Pki(tmp_path).issue("gateway.test")
    load = SharedLoad(2, (certificate,))
    load.serve_until(certificate, certificate_ends(certificate))
    registry, _ = await scraped(tmp_path, load=load)
    text = guide.read_text("utf-8")
    exposed = text_string_to_metric_families(generate_latest(registry).decode())
    names = [f"{family.name}_total" if family.type == "counter" else family.name for family in exposed]
    assert len(names) > 15
    short = [name.removeprefix("congvu_gateway_") for name in names]
    assert not [name for name in short if f"`{name}`" not in text and f"`{name}{{" not in text]
