"""What a record keeps of a mail and its verdict (`gateway.audit.record`)."""

from __future__ import annotations

from msgspec import Struct


class SessionFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a mail came from."""

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
    """One signature, as it was judged."""

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
    """Everything that is kept of a mail and its verdict."""

    session: SessionFacts
    reverse_path: str
    unit: str | None = None
    """Of the reverse-path, as the directory had it then."""
    mailbox: str | None = None
    """The listed address where the reverse-path is another form of it: an alias, with a tag, in other letters."""
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
    """The severest disposition that any finding asked for, monitor mode and waivers aside."""
    policy_digest: str
    directory_digest: str | None = None
    confidential: bool = False
    """A secrecy finding: digests are keyed, names and words are absent."""
    keyed_by: str | None = None
    """The key of these digests; None for the installation's own."""
    facts: str | None = None
    """SHA-256 of the facts kept beside the record, in hex; None when none were kept."""
