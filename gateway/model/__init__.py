"""Immutable values of the product; this package imports no other of the gateway.

Every value is a frozen msgspec struct, so it can cross the process wall as msgpack and be in the audit as JSON.
`None` always means *unknown*, never *no*. Names include units (`size_pt`, `limit_bytes`, `timeout_s`).
"""

from gateway.model.directory import Delegate, Directory, Holders, Mailbox, MailboxKind, MailboxStatus, Unit, in_force
from gateway.model.document import WORDS, ActiveContent, Document, Image, Origin, PageSetup, ReadStatus, Role, Run
from gateway.model.evidence import VIETNAM, AuthenticationResults, AuthResult, Evidence, History
from gateway.model.facts import Facts, Looked, Observations, Observed, Observer, wordless
from gateway.model.mail import (
    Address,
    AddressReading,
    Ambiguity,
    Envelope,
    FrontEnd,
    HeaderField,
    ListenerKind,
    Message,
    NextHopTls,
    Part,
    RefusedContent,
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
    Language,
    Mode,
    Need,
    Reply,
    ReplyCharset,
    Rule,
    Verdict,
)

__all__ = [
    "VIETNAM", "WORDS", "About", "ActiveContent", "Address", "AddressReading", "Ambiguity", "AuthResult",
    "AuthenticationResults", "Changes", "Coverage", "Delegate", "Directory", "Disposition", "Document", "Envelope",
    "Evidence", "Facts", "Finding", "FindingOutcome", "FrontEnd", "HeaderField", "History", "HolderKind", "Holders",
    "Image", "Indication", "Integrity", "JudgedFinding", "Language", "ListenerKind", "Looked", "Mailbox",
    "MailboxKind", "MailboxStatus", "Message", "Mode", "Need", "NextHopTls", "Observations", "Observed", "Observer",
    "Origin", "PageSetup", "Part", "ReadStatus", "RefusedContent", "Reply", "ReplyCharset", "Revocation", "Role",
    "Rule", "Run", "Session", "Signature", "Signer", "Timestamp", "Transaction", "TransferEncoding", "Trust", "Unit",
    "Verdict", "in_force", "wordless",
]  # fmt: skip
