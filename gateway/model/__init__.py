"""The immutable nouns of the product; this package imports nothing else of ours.

Every value is a frozen msgspec struct, so it can cross the process wall as msgpack and stand in the audit as JSON.
`None` always means *unknown*, never *no*. Units stand in names (`size_pt`, `limit_bytes`, `timeout_s`).
"""

from gateway.model.directory import Delegate, Directory, Mailbox, MailboxKind, MailboxStatus
from gateway.model.document import ActiveContent, Document, Image, Origin, ReadStatus, Role, Run
from gateway.model.evidence import AuthenticationResults, AuthResult, Evidence
from gateway.model.mail import (
    Ambiguity,
    Envelope,
    FrontEnd,
    HeaderField,
    Message,
    Part,
    Session,
    Transaction,
    TransferEncoding,
)
from gateway.model.signature import (
    Changes,
    Coverage,
    HolderKind,
    Indication,
    Integrity,
    Revocation,
    Signature,
    Signer,
    Timestamp,
    Trust,
)
from gateway.model.verdict import (
    About,
    Disposition,
    Finding,
    FindingOutcome,
    JudgedFinding,
    Mode,
    Need,
    Reply,
    Rule,
    Verdict,
)

__all__ = [
    "About",
    "ActiveContent",
    "Ambiguity",
    "AuthResult",
    "AuthenticationResults",
    "Changes",
    "Coverage",
    "Delegate",
    "Directory",
    "Disposition",
    "Document",
    "Envelope",
    "Evidence",
    "Finding",
    "FindingOutcome",
    "FrontEnd",
    "HeaderField",
    "HolderKind",
    "Image",
    "Indication",
    "Integrity",
    "JudgedFinding",
    "Mailbox",
    "MailboxKind",
    "MailboxStatus",
    "Message",
    "Mode",
    "Need",
    "Origin",
    "Part",
    "ReadStatus",
    "Reply",
    "Revocation",
    "Role",
    "Rule",
    "Run",
    "Session",
    "Signature",
    "Signer",
    "Timestamp",
    "Transaction",
    "TransferEncoding",
    "Trust",
    "Verdict",
]
