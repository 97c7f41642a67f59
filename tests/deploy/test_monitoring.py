"""Alerts and dashboard: loaded by the real programs, and about figures that the gateway really gives."""

import asyncio
import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.gateway_process import configured, serving
from tests.e2e.test_contract import CLEAN, COLLEAGUE, MARKED, STAFF
from tests.support.certificates import Pki
from tests.support.client import RawClient
from tests.support.sink import Sink

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "congvu-gateway.json"
RULES_TEST = Path(__file__).with_name("rules_test.yml")
NAME = re.compile(r"congvu_gateway_\w+")
INSTALLED = pytest.mark.skipif(
    not (shutil.which("promtool") and shutil.which("prometheus")), reason="Prometheus is not there (make system-test)"
)


def promtool(*arguments):
    return subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False
    )  # fmt: skip


@INSTALLED
@pytest.mark.system
def test_every_alert_is_silent_while_all_is_well_and_speaks_when_it_should(tmp_path):
    for file in (PROMETHEUS / "rules.yml", PROMETHEUS / "prometheus.yml", RULES_TEST):
        shutil.copy(file, tmp_path)
    checked = promtool("check", "config", tmp_path / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool("test", "rules", tmp_path / "rules_test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    rules = tmp_path / "rules.yml"
    rules.write_text(rules.read_text("utf-8").replace("held_off > 0", "held_off > 5"), "utf-8")
    assert promtool("test", "rules", tmp_path / "rules_test.yml").returncode != 0, "the check can fail"


def expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def lost(given, kept, place="dashboard"):
    """Return the places of what Grafana's schema does not know, which its reader leaves out."""
    if isinstance(given, dict):
        return [
            fault
            for key, value in given.items()
            for fault in (
                lost(value, kept[key], f"{place}.{key}")
                if isinstance(kept, dict) and key in kept
                else ([] if value in (None, "", [], {}, False) else [f"{place}.{key}"])
            )
        ]
    if isinstance(given, list):
        pairs = zip(given, kept, strict=True)
        return [fault for number, pair in enumerate(pairs) for fault in lost(*pair, f"{place}[{number}]")]
    return [] if given == kept else [place]


def test_the_dashboard_is_one_by_grafanas_schema():
    """Read and written by Grafana's own types: a misspelt or misplaced key would be gone."""
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    register_default_plugins()
    given = json.loads(DASHBOARD.read_text("utf-8"))

    def through_the_schema(value):
        return json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(value)))

    assert lost(given, through_the_schema(given)) == []
    given["panels"][1]["gridPosition"] = {"x": 1}
    assert lost(given, through_the_schema(given)) == ["dashboard.panels[1].gridPosition"], "the check can fail"


def test_the_panels_of_the_dashboard_stand_side_by_side():
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells)), "two panels lie on one another"
    assert max(x for x, _ in cells) == 23
    assert all(panel["type"] == "row" or panel["targets"] for panel in panels)


async def get(url: str) -> dict | str:
    def fetch():
        with urllib.request.urlopen(url, timeout=300) as answer:
            return answer.read().decode()

    return await asyncio.to_thread(fetch)


async def ask(port: int, what: str, **query) -> dict:
    return json.loads(await get(f"http://127.0.0.1:{port}/api/v1/{what}?{urllib.parse.urlencode(query)}"))["data"]


def names_of(text: str) -> set[str]:
    """Return every name of a sample that the families of a page can have."""
    found = set()
    for family in text_string_to_metric_families(text):
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        found |= {family.name + ending for ending in endings}
    return found


@INSTALLED
@pytest.mark.slow
@pytest.mark.system
async def test_a_real_prometheus_scrapes_the_gateway_and_answers_every_panel_and_alert(tmp_path, unused_tcp_port):
    certificate, key = Pki(tmp_path).issue("gateway.test")
    async with Sink() as sink:
        config = configured(
            sink,
            {"kind": "relay", "listen": "127.0.0.1:0"},
            {"kind": "submissions", "listen": "127.0.0.1:0", "certificate": str(certificate), "key": str(key)},
            metrics="127.0.0.1:0",
        )
        async with serving(tmp_path, config=config) as gateway, RawClient(*gateway.address()) as client:
            await client.ehlo()
            await client.mail(CLEAN, sender=STAFF, recipients=(COLLEAGUE,))
            await client.mail(MARKED, sender=STAFF, recipients=(COLLEAGUE,))
            host, port = gateway.address("metrics")
            given = names_of(await get(f"http://{host}:{port}/metrics"))
            rules = (PROMETHEUS / "rules.yml").read_text("utf-8")
            asked = set(NAME.findall(rules)) | set(NAME.findall(" ".join(expressions())))
            # Without a revocation list there is no family of them; tests/metrics sees those.
            assert asked - given == {"congvu_gateway_crl_next_update_timestamp_seconds"}
            assert len(asked) > 20
            shutil.copy(PROMETHEUS / "rules.yml", tmp_path)
            sample = (PROMETHEUS / "prometheus.yml").read_text("utf-8")
            (tmp_path / "prometheus.yml").write_text(
                sample.replace("127.0.0.1:9464", f"{host}:{port}").replace("30s", "1s"), "utf-8"
            )
            server = await asyncio.create_subprocess_exec(
                "prometheus",
                f"--config.file={tmp_path}/prometheus.yml",
                f"--storage.tsdb.path={tmp_path}/tsdb",
                f"--web.listen-address=127.0.0.1:{unused_tcp_port}",
                stdout=asyncio.subprocess.DEVNULL,
                stderr=(tmp_path / "prometheus.log").open("wb"),
            )
            try:
                await every_panel_and_alert(unused_tcp_port, tmp_path / "prometheus.log")
            finally:
                server.terminate()
                await server.wait()


async def every_panel_and_alert(port: int, log: Path) -> None:
    async with asyncio.timeout(300):
        while True:
            try:
                if (await ask(port, "query", query='count_over_time(up{job="congvu-gateway"}[5m]) > 3'))["result"]:
                    break
            except OSError:
                pass
            await asyncio.sleep(0.2)
    for expression in expressions():
        query = expression.replace("$__rate_interval", "1m").replace("$__range", "5m")
        result = (await ask(port, "query", query=query))["result"]
        empty_is_fine = "crl_" in query or "_refused_" in query or "auth_failures" in query
        assert result or empty_is_fine, query
    groups = (await ask(port, "rules"))["groups"]
    (rules,) = [group["rules"] for group in groups]
    assert len(rules) > 10
    while any(rule["health"] == "unknown" for rule in rules):
        await asyncio.sleep(0.2)
        rules = (await ask(port, "rules"))["groups"][0]["rules"]
    assert [rule["lastError"] for rule in rules if rule["health"] != "ok"] == [], log.read_text(errors="replace")
    firing = {rule["name"] for rule in rules if rule["state"] == "firing"}
    assert firing <= {"GatewayCertificateEnds", "GatewayDiskFull"}, "a healthy gateway: the test's certificate is short"
