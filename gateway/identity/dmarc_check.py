"""DMARC of the author's domain (RFC 7489, with the tree walk of DMARCbis in place of a public suffix list).

Records are parsed and results aligned by the `dmarc` package; which domain is the organisational one is found by asking
the DNS upwards, so no list of suffixes has to be kept. An outage on the way to a failure makes it temperror.
"""

from __future__ import annotations

from gateway.identity.resolver import DnsOutage, Lookups
from gateway.model import AuthResult

_DEEPEST = 8
# Second levels under which everybody registers (`gov.vn`, `com.vn`): never an organisation, whatever they publish.
_SHARED = frozenset(
    {
        "ac",
        "co",
        "com",
        "edu",
        "go",
        "gob",
        "gov",
        "health",
        "info",
        "int",
        "mil",
        "name",
        "ne",
        "net",
        "or",
        "org",
        "pro",
    }
)


def check_dmarc(author_domain: str | None, results: list[AuthResult], lookups: Lookups) -> AuthResult:
    """Return the DMARC result of a From domain; permerror when there is not exactly one."""
    if author_domain is None:
        return AuthResult(method="dmarc", result="permerror")
    try:
        result = _evaluate(author_domain, results, lookups)
    except DnsOutage:
        result = "temperror"
    if result == "fail" and any(one.result == "temperror" for one in results if one.method in {"dkim", "spf"}):
        result = "temperror"
    return AuthResult(method="dmarc", result=result, domain=author_domain)


def _evaluate(author_domain: str, results: list[AuthResult], lookups: Lookups) -> str:
    import dmarc

    walk = _walk(author_domain, lookups)
    if not walk:
        return "none"
    at, record = walk[0]
    engine = dmarc.DMARC(_TreeWalk(lookups))
    try:
        policy = engine.parse_record(
            record=record, domain=author_domain, org_domain=at if at != author_domain else None, strict=False
        )
    except dmarc.Error:
        return "permerror"
    proofs = dmarc.AuthResults(
        dkim=[
            dmarc.DKIM(one.domain, dmarc.DKIMResult.PASS)
            for one in results
            if one.method == "dkim" and one.result == "pass" and one.domain
        ]
    )
    spf = next((one for one in results if one.method == "spf" and one.result == "pass" and one.domain), None)
    if spf is not None:
        proofs.spf = dmarc.SPF(spf.domain, dmarc.SPFResult.PASS)
    return str(engine.get_result(policy, auth_results=proofs).result.value)


class _TreeWalk:
    """What the package asks of a public suffix list, answered by the DNS."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    def get_public_suffix(self, domain: str) -> str:
        """Return the organisational domain."""
        return organisational_domain(domain, self._lookups)


def organisational_domain(domain: str, lookups: Lookups) -> str:
    """Return the organisational domain of a domain by the tree walk; itself when nobody publishes anything."""
    walk = _walk(domain, lookups)
    for at, record in walk:
        tags = _tags(record)
        if tags.get("psd") == "n":
            return at
        if tags.get("psd") == "y" and at != domain:
            # A public suffix: the organisation is one label below it.
            return ".".join(domain.split(".")[-at.count(".") - 2 :])
    return walk[-1][0] if walk else domain


def _walk(domain: str, lookups: Lookups) -> list[tuple[str, str]]:
    """Return domains with a DMARC record from the domain upwards (DMARCbis §4.10)."""
    labels = domain.split(".")
    names = [domain]
    if len(labels) > _DEEPEST:
        labels = labels[-_DEEPEST + 1 :]
        names.append(".".join(labels))
    names += [".".join(labels[number:]) for number in range(1, len(labels) - 1)]
    found = []
    for name in names:
        if _is_shared(name):
            break
        records = [
            text
            for raw in lookups.texts(f"_dmarc.{name}")
            if (text := raw.decode("utf-8", "replace")).startswith("v=DMARC1")
        ]
        if len(records) == 1:
            found.append((name, records[0]))
            if _tags(records[0]).get("psd") in {"n", "y"}:
                break
    return found


def _is_shared(name: str) -> bool:
    """Tell whether a name is one under which strangers register."""
    labels = name.split(".")
    return len(labels) < 2 or (len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SHARED)


def _tags(record: str) -> dict[str, str]:
    return {
        name.strip().lower(): value.strip().lower()
        for name, equals, value in (part.partition("=") for part in record.split(";"))
        if equals
    }
