"""The suites of SPF, ARC, DKIM and DMARC as data: a zone, what is asked, and the result that their authors expect.

The public ones are read from the corpus of mail authentication, and empty where that is absent.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gateway.identity.dkim_verify import verify_arc, verify_dkim
from gateway.identity.dmarc_check import check_dmarc
from gateway.identity.spf_check import check_spf
from gateway.model import AuthResult
from tests.identity.dns_server import Server, Zone
from tests.support.cases import read_yaml
from tests.support.corpus import CORPUS

FOLDER = CORPUS / "mail-auth"

OPENSPF = ("mailauth__rfc7208-tests.yml", "mailauth__rfc7208-tests-2014-05.yml")
EXPLAINED = {
    "all All test 1": ("permerror", "RFC 7208 §4.6: an unknown mechanism spoils the record, also behind `all`"),
    "basic DNS Lookup Limits 1": ("permerror", "§4.6.4: more than two names without records; the suite does not count them"),
    "basic DNS Lookup Limits 6": ("permerror", "§4.6.4: more than ten hosts of `mx`; the suite stops at the first that fits"),
    "basic DNS Lookup Limits 8": ("permerror", "§4.6.4: more than two names without records"),
    "basic HELO identity 1": ("pass", "the suite refuses by the name in HELO; we judge the reverse-path, and HELO for the null one"),
    "exists Exists 2": ("fail", "§5.7: `exists` asks for A records only"),
    "ip IPv6 match 4": ("fail", "§5.6: `ip6` does not hold for an IPv4 client, mapped or not"),
    "macro Macro expansion 2 2": ("fail", "§5.7: `exists` asks for A records only"),
}  # fmt: skip
"""Questions of the suite of mail-auth to which we answer otherwise, by the RFC."""
_RECORD = re.compile(r"  (spf|exp|a|aaaa|mx|ptr): (\S+) (.*)")


@dataclass(frozen=True)
class SpfCase:
    """One question of an SPF suite."""

    suite: str
    name: str
    zone: Zone
    client: str
    reverse_path: str
    helo: str
    expected: tuple[str, ...]


@dataclass(frozen=True)
class MailCase:
    """A signed message with the records that it needs."""

    suite: str
    name: str
    zone: Zone
    content: bytes
    expected: tuple[str, ...]


def documents(name: str) -> list[dict[str, Any]]:
    """The YAML documents of a file of the corpus."""
    if not FOLDER.is_dir():
        return []
    yaml = YAML(typ="safe")
    yaml.allow_duplicate_keys = True  # the ARC suite has two tests of one name
    return [document for document in yaml.load_all((FOLDER / name).read_text("utf-8")) if document]


def openspf() -> Iterator[SpfCase]:
    """The suite of the SPF project for RFC 7208, in both editions."""
    for suite in OPENSPF:
        for scenario in documents(suite):
            zone = _openspf_zone(scenario.get("zonedata", {}))
            for name, test in scenario["tests"].items():
                expected = test["result"] if isinstance(test["result"], list) else [test["result"]]
                yield SpfCase(
                    f"SPF, {suite[10:-4]}",
                    name,
                    zone,
                    test["host"],
                    test["mailfrom"] or "",
                    test["helo"],
                    tuple(expected),
                )


def _openspf_zone(data: dict[str, list[Any]]) -> Zone:
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


def stalwart_spf() -> Iterator[SpfCase]:
    """The suite of stalwartlabs/mail-auth; its records are lines, its addresses stand directly in `mx`."""
    for path in sorted(FOLDER.glob("stala__*.yml")) if FOLDER.is_dir() else ():
        for section in path.read_text("utf-8").split("\n---"):
            head, _, tests = section.partition("\ntests:")
            title = next((line[6:] for line in head.splitlines() if line.startswith("name: ")), "")
            for number, (zone, test) in enumerate(_stalwart_tests(_RECORD.findall(head), tests), 1):
                sender = test.get("sender", "")
                yield SpfCase(
                    "SPF, mail-auth", f"{path.stem[7:]} {title} {number}", zone, test["ip"], sender,
                    test.get("domain", sender.rpartition("@")[2]), (test["expect"].split(" ")[0],)
                )  # fmt: skip


def _stalwart_tests(records: list[tuple[str, str, str]], lines: str) -> Iterator[tuple[Zone, dict[str, str]]]:
    """One question for each `expect`; what is not said again stays as it was, and records may change in between."""
    said: dict[str, str] = {}
    for line in lines.splitlines():
        if line.startswith("  - domain:"):
            said = {}
        if record := _RECORD.fullmatch(line[2:]):
            kind, name, value = record.groups()
            records = [one for one in records if one[:2] != (kind, name)] + [(kind, name, value)]
            continue
        key, colon, value = line.strip("- ").partition(":")
        if colon:
            said[key] = value.strip()
        if key == "expect":
            yield _stalwart_zone(records), dict(said)


def _stalwart_zone(records: list[tuple[str, str, str]]) -> Zone:
    zone: Zone = {"_dns_error.org": [("SERVFAIL", None)], "_dns_error.test.org": [("SERVFAIL", None)]}
    for kind, name, value in records:
        values = [one.strip() for one in value.split(",")]
        if kind == "ptr":
            zone[_reverse(name)] = [("PTR", one.rstrip(".")) for one in values]
            continue
        own = zone.setdefault(name.lower().rstrip("."), [])
        match kind:
            case "spf" | "exp":
                own.append(("TXT", value.strip()))
            case "mx":
                for number, one in enumerate(values, 1):
                    host = f"mx{number}.{name.lower().rstrip('.')}"
                    own.append(("MX", (number, host)))
                    zone[host] = [("AAAA" if ":" in one else "A", one)]
            case _:
                own += [(kind.upper(), one) for one in values]
    return zone


def _reverse(address: str) -> str:
    import dns.reversename

    return dns.reversename.from_address(address).to_text().rstrip(".").lower()


def arc() -> Iterator[MailCase]:
    """The validation suite of ValiMail for the ARC draft."""
    for scenario in documents("arc__arc-draft-validation-tests.yml"):
        zone: Zone = {key.lower(): [("TXT", text)] for key, text in scenario.get("txt-records", {}).items()}
        for name, test in scenario["tests"].items():
            if test["cv"]:
                content = (test["message"] or "").replace("\n", "\r\n").encode()
                yield MailCase("ARC validation", name, zone, content, (test["cv"].lower(),))


def dkim() -> Iterator[MailCase]:
    """Real signed messages whose files begin with their records."""
    for path in sorted(FOLDER.glob("stala__resources_*.txt")) if FOLDER.is_dir() else ():
        head, _, message = path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
        records = (line.split(" ", 1) for line in head.decode().splitlines())
        zone: Zone = {key.rstrip(".").lower(): [("TXT", text)] for key, text in records}
        yield MailCase("DKIM messages", path.name, zone, message.replace(b"\n", b"\r\n"), ("pass",))


DMARC_SUITE = Path(__file__).parent / "dmarc_suite.yaml"


@dataclass(frozen=True)
class DmarcCase:
    """A From domain with what was proven, and the result by RFC 9989."""

    rule: str
    name: str
    zone: Zone
    author: str | None
    results: tuple[AuthResult, ...]
    expected: tuple[str, ...]
    suite: str = "DMARC, sentences of RFC 9989"


def dmarc() -> Iterator[DmarcCase]:
    """The cases of `dmarc_suite.yaml`, which comes with the tests."""
    for section in read_yaml(DMARC_SUITE):
        for case in section["cases"]:
            yield DmarcCase(
                section["rule"], case["name"], _dmarc_zone(case), case["from"], tuple(_proofs(case)), (case["expect"],)
            )  # fmt: skip


def _dmarc_zone(case: dict[str, Any]) -> Zone:
    zone: Zone = {}
    for name, records in case.get("zone", {}).items():
        zone[f"_dmarc.{name}"] = [(records, None)] if isinstance(records, str) else [("TXT", one) for one in records]
    for name, records in case.get("apex", {}).items():
        zone[name] = [("TXT", one) for one in records]
    for name, target in case.get("alias", {}).items():
        zone[f"_dmarc.{name}"] = [("CNAME", target)]
    return zone


def _proofs(case: dict[str, Any]) -> Iterator[AuthResult]:
    for method in ("dkim", "spf", "arc"):
        said = case.get(method, [])
        for one in said if isinstance(said, list) else [said]:
            for domain, result in (one if isinstance(one, dict) else {one: "pass"}).items():
                yield AuthResult(method=method, result=result, domain=domain)


def cases() -> Iterator[SpfCase | MailCase | DmarcCase]:
    """All of them."""
    for suite in (openspf, stalwart_spf, arc, dkim, dmarc):
        yield from suite()


def answer(case: SpfCase | MailCase | DmarcCase, server: Server) -> str:
    """What our checks say of a case, whose records the server holds."""
    lookups = server.resolver(case.zone).start()
    match case:
        case SpfCase():
            return check_spf(case.client, case.reverse_path, case.helo, lookups).result
        case DmarcCase():
            return check_dmarc(case.author, list(case.results), lookups).result
        case MailCase(suite="ARC validation"):
            chain = verify_arc(case.content, lookups)
            return chain.result if chain else "none"
        case MailCase():
            return verify_dkim(case.content, lookups)[0].result
