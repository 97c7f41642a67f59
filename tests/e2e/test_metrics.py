"""Figures for a monitoring system, from a running gateway: counted, kept through deaths of processes, and not in the way."""

import asyncio
import os
import shutil
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.system.certificate_expiry import certificate_ends
from tests.e2e.commands import CLEAN, no_traceback
from tests.e2e.gateway_process import configured, serving
from tests.e2e.test_contract import COLLEAGUE, MARKED, STAFF, cli
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.sink import Sink

pytestmark = pytest.mark.slow


def configuration(sink: Sink) -> dict:
    return configured(sink, metrics="127.0.0.1:0")


async def figures(gateway) -> dict[str, float]:
    """Return the sum of the samples of each name."""
    host, port = gateway.address("metrics")

    def get() -> str:
        with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=300) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            return answer.read().decode()

    found: dict[str, float] = {}
    for family in text_string_to_metric_families(await asyncio.to_thread(get)):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


async def until(gateway, name: str, value: float) -> dict[str, float]:
    async with asyncio.timeout(300):
        while True:
            try:
                found = await figures(gateway)
            except OSError:
                found = {}
            if found.get(f"congvu_gateway_{name}") == value:
                return found
            await asyncio.sleep(0.1)


def process_named(gateway, name: str) -> int:
    """Return the process of that name below the supervisor."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if fields["Name"] == name and int(fields["PPid"]) == gateway.pid:
            return int(fields["Pid"])
    raise LookupError(name)


async def test_mails_sessions_and_walls_are_counted_while_the_gateway_runs(tmp_path):
    async with Sink() as sink, serving(tmp_path, config=configuration(sink)) as gateway:
        assert (await figures(gateway))["congvu_gateway_sandbox_layer"] >= 1
        async with RawClient(*gateway.address()) as client:
            await client.ehlo()
            assert (await client.mail(CLEAN, sender=STAFF, recipients=(COLLEAGUE,))).code == 250
            assert (await client.mail(MARKED, sender=STAFF, recipients=(COLLEAGUE,))).code == 550
            found = await until(gateway, "sessions", 1)
            assert found["congvu_gateway_mails_total"] == 2
            assert found["congvu_gateway_deliveries_total"] == 1
            assert found["congvu_gateway_findings_total"] >= 1
            assert found["congvu_gateway_handover_seconds_count"] == 1
        await until(gateway, "sessions", 0)
        assert await gateway.terminate() == 0
        no_traceback(gateway.log)


async def test_the_certificate_figure_is_of_what_is_served_and_not_of_the_file(tmp_path):
    pki = Pki(tmp_path)
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"

    def install(days_left: int, *, with_key: bool) -> float:
        issued = pki.issue("gateway.test", days_left=days_left)
        shutil.copy(issued[0], certificate)
        if with_key:
            shutil.copy(issued[1], key)
        return certificate_ends(certificate).timestamp()

    first = install(30, with_key=True)
    async with Sink() as sink:
        config = configured(
            sink,
            {"kind": "submissions", "listen": "127.0.0.1:0", "certificate": str(certificate), "key": str(key)},
            metrics="127.0.0.1:0",
            workers=1,
        )
        async with serving(tmp_path / "gateway", config=config) as gateway:
            await until(gateway, "certificate_not_after_timestamp_seconds", first)
            install(5, with_key=False)
            gateway.process.send_signal(signal.SIGHUP)
            await gateway.logged("rules reloaded")
            await until(gateway, "certificate_not_after_timestamp_seconds", first)
            await until(gateway, "reload_successful", 0)  # not all of it is in force
            renewed = install(60, with_key=True)
            gateway.process.send_signal(signal.SIGHUP)
            await until(gateway, "certificate_not_after_timestamp_seconds", renewed)
            await until(gateway, "reload_successful", 1)


async def test_dead_processes_are_counted_and_the_figures_come_back(tmp_path):
    async with Sink() as sink, serving(tmp_path, config=configuration(sink)) as gateway:
        gateway.faults_expected = True
        os.kill(process_named(gateway, "gateway-metrics"), signal.SIGKILL)
        await until(gateway, "restarts_total", 0)
        os.kill(process_named(gateway, "gateway-audit"), signal.SIGKILL)
        await until(gateway, "restarts_total", 1)
        await gateway.send(CLEAN)
        assert (await until(gateway, "deliveries_total", 1))["congvu_gateway_audit_log_readable"] == 1
        assert await gateway.terminate() == 0


async def test_nothing_else_is_served_and_a_client_that_says_nothing_keeps_nobody_waiting(tmp_path):
    async with Sink() as sink, serving(tmp_path, config=configuration(sink)) as gateway:
        host, port = gateway.address("metrics")
        for path, method, code in (("/", "GET", 404), ("/metrics/..", "GET", 404), ("/metrics", "POST", 405)):
            request = urllib.request.Request(
                f"http://{host}:{port}{path}", method=method, data=b"" if method == "POST" else None
            )
            with pytest.raises(urllib.error.HTTPError) as refused:
                await asyncio.to_thread(urllib.request.urlopen, request, timeout=300)
            assert refused.value.code == code
            refused.value.close()
        silent = [await asyncio.open_connection(*gateway.address("metrics")) for _ in range(20)]
        assert (await figures(gateway))["congvu_gateway_build_info"] == 1
        for _, writer in silent:
            writer.close()


async def test_an_address_that_is_taken_is_named_with_its_line(tmp_path):
    holder = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = holder.sockets[0].getsockname()[1]
    path = tmp_path / "gateway.yaml"
    path.write_text(f"data: {tmp_path / 'data'}\nmetrics: 127.0.0.1:{port}\n")
    run = await cli("serve", "--config", path)
    holder.close()
    assert run.code == 2
    assert "gateway.yaml:2" in run.err
    assert str(port) in run.err
    no_traceback(run.err)
