"""Fields of a mail and its verdict in audit records (`gateway.audit.record`)."""

from __future__ import annotations

from msgspec import Struct


class SessionFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Origin of a mail."""

    front_end: str
    client: str | None = None
    helo: str | None = None
    tls: str | None = None
    login: str | None = None
    queue_id: str | None = None
    """The MTA's, for mail judged through a milter."""


class PartFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One leaf or container of the part tree."""

    path: str
    filename: str | None = None
    type: str | None = None
    size: int | None = None
    sha256: str | None = None


class FindingFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One judged finding."""

    policy: str
    rule: str
    code: str
    outcome: str
    article: str = ""
    wanted: str = "relay"
    effective: str = "relay"
    mode: str = "enforce"
    waiver: str | None = None
    part: str | None = None
    filename: str | None = None
    recipient: str | None = None
    header: str | None = None
    locator: str = ""
    params: dict[str, str | int | float] = {}


class SignatureFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One judged signature."""

    part: str
    container: str
    indication: str
    sub_indication: str = ""
    integrity: str = ""
    coverage: str = ""
    changes: str = ""
    trust: str = ""
    holder_kind: str = ""
    signer: str | None = None
    serial: str = ""
    document_timestamp: bool = False
    problems: tuple[str, ...] = ()


class MailFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mail and its verdict."""

    session: SessionFacts
    reverse_path: str
    unit: str | None = None
    """Unit of the reverse-path in the directory at that time."""
    mailbox: str | None = None
    """The listed address when the reverse-path is a variant of it: an alias, a tagged address, another case."""
    recipients: dict[str, str]
    """Forward-path to disposition."""
    size: int
    sha256: str
    """Of the content; keyed (HMAC) in a confidential mail."""
    subject: str | None = None
    header_from: str | None = None
    message_id: str | None = None
    parts: tuple[PartFacts, ...] = ()
    findings: tuple[FindingFacts, ...] = ()
    signatures: tuple[SignatureFacts, ...] = ()
    omitted: int = 0
    """Parts, findings and signatures beyond the limits, not listed."""
    disposition: str
    would_be: str = "relay"
    """The most severe disposition of any finding, before monitor mode and waivers."""
    policy_digest: str
    directory_digest: str | None = None
    confidential: bool = False
    """A secrecy finding: digests are keyed, names and words are absent."""
    keyed_by: str | None = None
    """The key of these digests; None for the installation's own."""
    facts: str | None = None
    """SHA-256 of the facts kept beside the record, in hex; None when none were kept."""

    @property
    def sender(self) -> str:
        """The mailbox that it came from."""
        return (self.mailbox or self.reverse_path).casefold()
