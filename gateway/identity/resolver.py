"""DNS for mail authentication: dnspython with a cache, a deadline for each mail, and outages distinguished from absence.

A missing answer is never *no such record*: it raises `DnsOutage`, which becomes temperror.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import dns.exception
import dns.resolver
from dns.rdata import Rdata
from dns.rdtypes.ANY.TXT import TXT

_CACHED_ANSWERS = 4096
_LONGEST_NAME = 253


class DnsOutage(Exception):  # noqa: N818 - it names a state of the world, not a mistake of a caller
    """No name server answered in time, or they answered with a failure."""


class Resolver:
    """Looks names up at the configured name servers; safe to use from many threads."""

    def __init__(
        self,
        nameservers: Sequence[str] = (),
        *,
        port: int = 53,
        timeout_s: float = 2.0,
        lifetime_s: float = 5.0,
    ) -> None:
        self._resolver = dns.resolver.Resolver(configure=not nameservers)
        if nameservers:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._resolver.timeout = timeout_s
        self._resolver.cache = dns.resolver.LRUCache(_CACHED_ANSWERS)
        self._lifetime_s = lifetime_s

    def start(self, budget_s: float = 10.0) -> Lookups:
        """Return the look-ups of one mail, which together take at most `budget_s`."""
        return Lookups(self, time.monotonic() + budget_s)

    def query(self, name: str, rdtype: str, lifetime_s: float) -> list[Rdata]:
        """Return the records of a name, none when there are none; DnsOutage on temporary DNS failure."""
        if not name or len(name) > _LONGEST_NAME:
            return []
        try:
            answer = self._resolver.resolve(
                name, rdtype, lifetime=min(lifetime_s, self._lifetime_s), search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return []
        except (
            dns.exception.Timeout,
            dns.resolver.NoNameservers,
            dns.resolver.NoResolverConfiguration,
            OSError,
        ) as error:
            raise DnsOutage(f"{rdtype} {name}: {error}") from None
        except (dns.exception.DNSException, UnicodeError):
            # A name that is no domain name (empty or long labels): there can be no record.
            return []
        return list(answer.rrset or ())


@dataclass
class Lookups:
    """Queries of one mail, under one deadline."""

    resolver: Resolver
    deadline: float
    outage: bool = field(default=False)
    """Whether an answer did not come."""

    def records(self, name: str, rdtype: str) -> list[Rdata]:
        """Return the records of a name; DnsOutage on temporary DNS failure or the time of this mail is over."""
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            self.outage = True
            raise DnsOutage(f"{rdtype} {name}: deadline")
        try:
            return self.resolver.query(name.removesuffix("."), rdtype, remaining)
        except DnsOutage:
            self.outage = True
            raise

    def texts(self, name: str) -> list[bytes]:
        """Return the TXT records of a name, each with its strings joined (RFC 7208 §3.3, RFC 6376 §3.6.2.2)."""
        return [b"".join(record.strings) for record in self.records(name, "TXT") if isinstance(record, TXT)]
