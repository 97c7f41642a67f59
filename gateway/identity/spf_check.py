"""SPF of the reverse-path, or of HELO for the null one (RFC 7208), through pyspf."""

from __future__ import annotations

import ipaddress
import threading
from typing import Any

import dns.rdatatype

from gateway.identity.resolver import DnsOutage, Lookups
from gateway.model import AuthResult
from gateway.vietnamese.addresses import parse_path

_RESULTS = frozenset({"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"})
_current = threading.local()


def check_spf(client_address: str | None, reverse_path: str, helo: str | None, lookups: Lookups) -> AuthResult:
    """Return whether the client may send for the domain; `none` without client address or domain."""
    domain = _a_labels(reverse_path.rpartition("@")[2] if reverse_path else helo or "")
    # RFC 7208 §4.3: a name of one label is no domain to ask for.
    if client_address is None or "." not in domain.strip("."):
        return AuthResult(method="spf", result="none", domain=domain or None)
    try:
        address = str(ipaddress.ip_address(client_address.partition("%")[0]))
    except ValueError:
        return AuthResult(method="spf", result="none", domain=domain)
    sender = f"{reverse_path.rpartition('@')[0]}@{domain}" if reverse_path else ""
    return AuthResult(method="spf", result=_query(address, sender, helo or "", lookups), domain=domain.lower())


def _a_labels(domain: str) -> str:
    """Return a domain as the DNS has it (RFC 8616 §3); one that is ASCII, or is none, as it is."""
    if domain.isascii():
        return domain
    reading = parse_path(f"x@{domain}")
    return reading.mailboxes[0].normal_domain if reading.mailboxes and not reading.ambiguous else domain


def _query(address: str, sender: str, helo: str, lookups: Lookups) -> str:
    spf = _library()
    _current.lookups = lookups
    try:
        result = spf.query(i=address, s=sender, h=helo, timeout=5).check()[0]
    except Exception:  # noqa: BLE001 - library wall: pyspf lets ValueError, IndexError and UnicodeError of hostile records through
        return "temperror" if lookups.outage else "permerror"
    finally:
        del _current.lookups
    return result if result in _RESULTS else "permerror"


def _library() -> Any:
    """Return pyspf with its look-ups led to the resolver of the mail that the thread works on."""
    import spf

    spf.DNSLookup = _lookup
    return spf


def _lookup(name: str, rdtype: str, strict: bool = True, timeout: float = 5) -> list[tuple[tuple[str, str], Any]]:  # noqa: ARG001 - pyspf's signature
    """Answer pyspf in its own terms."""
    import spf

    try:
        records = _current.lookups.records(name, rdtype)
    except DnsOutage as error:
        raise spf.TempError(f"DNS {error}") from None
    return [((name, rdtype), _value(record)) for record in records if dns.rdatatype.to_text(record.rdtype) == rdtype]


def _value(record: Any) -> Any:
    """Return the data of a record as pyspf wants it."""
    match dns.rdatatype.to_text(record.rdtype):
        case "A" | "AAAA":
            return record.address
        case "MX":
            return record.preference, record.exchange.to_text(True)
        case "PTR" | "CNAME":
            return record.target.to_text(True)
        case _:
            return record.strings
