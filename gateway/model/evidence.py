"""Evidence: everything that a policy may see."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from msgspec import Struct

from gateway.model.directory import Directory
from gateway.model.document import Document
from gateway.model.mail import Envelope, Message, Session
from gateway.model.signature import Signature

VIETNAM = timezone(timedelta(hours=7), "ICT")
"""Days of the Decision, of policy files and of what people are shown are days in Viet Nam, which has one time."""


class AuthResult(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One method of RFC 8601."""

    method: str
    """`dkim`, `spf`, `dmarc` or `arc`."""
    result: str
    """`pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror`."""
    domain: str | None = None
    """Domain that the result speaks for."""


class AuthenticationResults(Struct, frozen=True, omit_defaults=True):
    """Results computed by us, or read from an MTA that the configuration trusts."""

    results: tuple[AuthResult, ...] = ()


class History(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """History in the audit log of the senders that a policy asked for."""

    met: frozenset[str] = frozenset()
    """Addresses, case folded, that a delivered mail came from before."""
    unmet: frozenset[str] = frozenset()
    since: datetime | None = None
    """Age of the oldest record; None when the log is empty."""


class Evidence(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The input of `evaluate`: pure data, made by `gather`."""

    now: datetime
    """Time of judgement, aware; policies never read a clock."""
    session: Session
    envelope: Envelope
    message: Message | None = None
    """None while only the envelope is known (at RCPT)."""
    documents: tuple[Document, ...] = ()
    signatures: tuple[Signature, ...] = ()
    authentication: AuthenticationResults | None = None
    """None when not examined."""
    directory: Directory | None = None
    """None without a configured directory."""
    history: History | None = None
    """None when no policy asked, or when it is unknown."""
