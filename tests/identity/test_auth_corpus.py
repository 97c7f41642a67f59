"""The public suites of SPF (RFC 7208), ARC (draft 12/16) and DKIM messages, with their own DNS served on loopback."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gateway.identity.dkim_verify import verify_arc, verify_dkim
from gateway.identity.spf_check import check_spf
from tests.identity.dns_server import Zone, serving

CORPUS = Path(os.environ.get("GATEWAY_CORPUS", Path(__file__).parents[2].parent / "shared" / "corpus")) / "mail-auth"
pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the corpus of mail authentication is not here (GATEWAY_CORPUS)"
)


@pytest.fixture(scope="module")
def server():
    with serving({}) as running:
        yield running


def documents(name: str) -> list[dict[str, Any]]:
    if not CORPUS.is_dir():
        return []
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True  # the ARC suite has two tests of one name
    return [document for document in yaml.load_all((CORPUS / name).read_text("utf-8")) if document]


def spf_zone(data: dict[str, list[Any]]) -> Zone:
    """The zone of a scenario: a record of type SPF stands for TXT where there is no TXT."""
    zone: Zone = {}
    for name, records in data.items():
        texts = [record["TXT"] for record in records if isinstance(record, dict) and "TXT" in record]
        found: list[tuple[str, object]] = []
        for record in records:
            if record == "TIMEOUT":
                if not texts or "NONE" in texts:
                    found.append(("TIMEOUT", None))
                continue
            ((kind, value),) = record.items()
            if value == "NONE" or (kind == "SPF" and texts):
                continue
            found.append(("TXT" if kind == "SPF" else kind, tuple(value) if kind == "MX" else value))
        zone[name.lower()] = found
    return zone


SPF = [
    pytest.param(spf_zone(scenario.get("zonedata", {})), test, id=f"{suite[9:-4]}-{name}")
    for suite in ("mailauth__rfc7208-tests.yml", "mailauth__rfc7208-tests-2014-05.yml")
    for scenario in documents(suite)
    for name, test in scenario["tests"].items()
]


@pytest.mark.parametrize(("zone", "test"), SPF)
def test_spf_suite(server, zone, test):
    expected = test["result"] if isinstance(test["result"], list) else [test["result"]]
    waits = "TIMEOUT" in str(zone)  # for an answer that never comes
    lookups = server.resolver(zone, timeout_s=0.1 if waits else 1.5).start(20)
    assert check_spf(test["host"], test["mailfrom"], test["helo"], lookups).result in expected


ARC = [
    pytest.param({key.lower(): [("TXT", text)] for key, text in scenario.get("txt-records", {}).items()}, test, id=name)
    for scenario in documents("arc__arc-draft-validation-tests.yml")
    for name, test in scenario["tests"].items()
    if test["cv"]
]


@pytest.mark.parametrize(("zone", "test"), ARC)
def test_arc_suite(server, zone, test):
    content = (test["message"] or "").replace("\n", "\r\n").encode()
    found = verify_arc(content, server.resolver(zone).start())
    assert (found.result if found else "none") == test["cv"].lower()


def with_records(name: str) -> tuple[Zone, bytes]:
    """A message whose file begins with its DNS records."""
    head, _, message = (CORPUS / name).read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    records = (line.split(" ", 1) for line in head.decode().splitlines())
    return {key.rstrip(".").lower(): [("TXT", text)] for key, text in records}, message.replace(b"\n", b"\r\n")


def dkim_names() -> list[str]:
    return [path.name for path in sorted(CORPUS.glob("stala__resources_*.txt"))]


@pytest.mark.parametrize("name", dkim_names())
def test_real_signatures_verify_and_a_changed_octet_breaks_them(server, name):
    zone, message = with_records(name)
    resolver = server.resolver(zone)
    assert verify_dkim(message, resolver.start())[0].result == "pass"
    assert "pass" not in {one.result for one in verify_dkim(message.rstrip() + b"x\r\n", resolver.start())}
    assert {one.result for one in verify_dkim(message, server.resolver({}).start())} == {"permerror"}


def test_an_arc_chain_with_ed25519_is_not_called_good(server):
    # RFC 8617 §4.1.1 defines rsa-sha256 only; the file's author extends it, dkimpy and we do not.
    zone, message = with_records("stala__resources_arc_002.txt")
    assert verify_arc(message, server.resolver(zone).start()).result == "fail"


@pytest.mark.parametrize("name", sorted(path.name for path in CORPUS.glob("*.eml")) if CORPUS.is_dir() else [])
def test_without_an_answering_dns_no_mail_passes(server, name):
    content = (CORPUS / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    lookups = server.resolver({}).start()
    results = {one.result for one in verify_dkim(content, lookups)}
    arc = verify_arc(content, lookups)
    assert "pass" not in results | ({arc.result} if arc else set())
