"""DMARC of the author's domain (RFC 9989, which replaced RFC 7489).

An outage on the way to a failure makes it temperror. What the owner asks to be done with a failure (`p`, `sp`, `np`,
`pct`, `t`) does not change the result: what a failure costs is settled by our policies.
"""

from __future__ import annotations

from gateway.identity.dmarc_walk import DmarcRecord, organisation, policy_record, record_at, walk
from gateway.identity.resolver import DnsOutage, Lookups
from gateway.model import AuthResult


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


def _evaluate(author: str, results: list[AuthResult], lookups: Lookups) -> str:
    """Return `none` without record, `permerror` for one that asks for nothing, else `pass` or `fail`."""
    proven = [
        (one.domain.lower().rstrip("."), one.method)
        for one in results
        if one.result == "pass" and one.domain and one.method in {"dkim", "spf"}
    ]
    own = record_at(author, lookups)
    # The very same domain is aligned by every record: no parent domain need be asked.
    if own is not None and own.usable and any(domain == author for domain, _ in proven):
        return "pass"
    records = walk(author, lookups)
    policy = policy_record(author, records)
    if policy is None:
        return "none"
    if not policy.usable:
        return "permerror"
    above = organisation(author, records)
    if any(_aligned(author, above, domain, policy, method, lookups) for domain, method in proven):
        return "pass"
    return "fail"


def _aligned(author: str, above: str, domain: str, policy: DmarcRecord, method: str, lookups: Lookups) -> bool:
    """Return whether a proven domain speaks for the author's, whose organisation is `above` (RFC 9989 §4.4)."""
    if domain == author:
        return True
    if policy.strict("adkim" if method == "dkim" else "aspf"):
        return False
    # A domain that is neither the organisation's nor below it is another's; no need to ask.
    if domain != above and not domain.endswith(f".{above}"):
        return False
    return organisation(domain, walk(domain, lookups)) == above
