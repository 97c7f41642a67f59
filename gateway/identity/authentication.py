"""Authentication results of one mail: DKIM, ARC, SPF, DMARC, computed in a thread, under one deadline."""

from __future__ import annotations

import asyncio

from gateway.identity.dkim_verify import verify_arc, verify_dkim
from gateway.identity.dmarc_check import check_dmarc
from gateway.identity.resolver import Lookups, Resolver
from gateway.identity.spf_check import check_spf
from gateway.mime import parse
from gateway.model import AuthenticationResults, AuthResult, Envelope, Message, Session

_BUDGET_S = 8.0


async def authenticate(
    content: bytes, session: Session, envelope: Envelope, resolver: Resolver, *, budget_s: float = _BUDGET_S
) -> AuthenticationResults:
    """Return what DKIM, SPF and DMARC say, temperror for look-ups over `budget_s`; never raises for mail or DNS."""
    lookups = resolver.start(budget_s)
    results = await asyncio.to_thread(compute, content, session, envelope, lookups)
    return AuthenticationResults(tuple(results))


def compute(content: bytes, session: Session, envelope: Envelope, lookups: Lookups) -> list[AuthResult]:
    """Return the results in the order DKIM, ARC, SPF, DMARC; blocks on the DNS."""
    results = verify_dkim(content, lookups)
    arc = verify_arc(content, lookups)
    spf = check_spf(session.client_address, envelope.reverse_path, session.helo, lookups)
    proofs = [*results, spf]
    return [*results, *([arc] if arc else []), spf, check_dmarc(author_domain(_head(content)), proofs, lookups)]


def author_domain(message: Message) -> str | None:
    """Return the domain of the one author, None when there is none, more than one, or another reader sees another."""
    authors = [reading for reading in message.address_fields if reading.field == "from"]
    domains = {address.normal_domain for reading in authors for address in reading.mailboxes}
    return domains.pop() if len(authors) == 1 and len(domains) == 1 and not authors[0].ambiguous else None


def _head(content: bytes) -> Message:
    """Return a message read as far as its header goes."""
    end = content.find(b"\r\n\r\n")
    return parse(content[: end + 4] if end >= 0 else content)
