"""Header fields prepended to a relayed mail: trace, verdict, authentication results, DKIM signatures."""

from __future__ import annotations

import asyncio
import mmap
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.engine import PolicySet, received_field, verdict_fields
from gateway.identity import results_header
from gateway.identity.authentication import authenticate, author_domain
from gateway.identity.dkim_sign import Signer, sign_all
from gateway.identity.resolver import Resolver
from gateway.model import AuthenticationResults, Evidence, Message, Transaction, Verdict


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """Makes the header fields that this gateway adds."""

    hostname: str
    authserv_id: str
    """Our name in Authentication-Results (RFC 8601 §2.5)."""
    signers: Sequence[Signer] = ()
    sign_again: bool = False
    """Sign also what already bears a valid signature of the author's domain."""
    resolver: Resolver | None = None
    """None without DNS."""
    judges_origin: bool = False
    """Compute results for mail without a login."""

    async def fields(
        self,
        transaction: Transaction,
        content: bytes | mmap.mmap,
        *,
        evidence: Evidence,
        verdict: Verdict,
        policies: PolicySet,
    ) -> bytes:
        """Return whole header lines to prepend."""
        fields = received_field(transaction, hostname=self.hostname)
        fields += verdict_fields(verdict, policies, transaction)
        if evidence.authentication is not None:
            fields += results_header.build(self.authserv_id, evidence.authentication)
        if self.signers:
            fields += await self._signatures(transaction, content, evidence)
        return fields

    async def results(self, transaction: Transaction, content: bytes | mmap.mmap) -> AuthenticationResults | None:
        """Return what DKIM, SPF and DMARC say of a mail that no login vouches for; None when they are not checked."""
        if not self.judges_origin or self.resolver is None or transaction.session.auth_user is not None:
            return None
        return await authenticate(bytes(content), transaction.session, transaction.envelope, self.resolver)

    def forged(self, message: Message) -> tuple[tuple[str, int], ...]:
        """Return the fields that claim to be our own results, for an MTA to remove: name and occurrence."""
        name, ours = "Authentication-Results", self.authserv_id
        fields = enumerate(message.all(name), 1)
        return tuple((name, number) for number, field in fields if results_header.is_own(field, ours))

    async def _signatures(self, transaction: Transaction, content: bytes | mmap.mmap, evidence: Evidence) -> bytes:
        """Sign for the author's domain, in a thread: a digest over a large body takes its time."""
        message = evidence.message
        domain = author_domain(message) if message is not None else None
        if message is None or domain is None or not any(signer.domain == domain for signer in self.signers):
            return b""
        octets = bytes(content)
        already = evidence.authentication
        if already is None and self.resolver is not None and message.first("DKIM-Signature") is not None:
            already = await authenticate(octets, transaction.session, transaction.envelope, self.resolver)
        return await asyncio.to_thread(
            sign_all,
            octets,
            self.signers,
            author_domain=domain,
            at=transaction.received_at,
            already=already,
            again=self.sign_again,
        )
