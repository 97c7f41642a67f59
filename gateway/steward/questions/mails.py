"""Finding and explaining mails."""

from __future__ import annotations

from msgspec import Struct

from gateway.steward.questions.common import Badge, Choice


class MailRow(Struct, frozen=True, kw_only=True):
    """One line of a list."""

    seq: int
    time: str
    reference: str
    """Empty where the record has none."""
    sender: str
    recipients: tuple[str, ...] = ()
    unit: str = ""
    subject: str | None = None
    """None when it is not kept: a confidential mail."""
    result: Badge
    """The decision."""
    state: Badge
    """The outcome."""
    codes: tuple[str, ...] = ()
    """Codes of the rules that were met."""
    reasons: tuple[str, ...] = ()
    """Titles of these rules."""
    confidential: bool = False


class Search(Struct, frozen=True, kw_only=True, tag="search"):
    """Find mails. Clerks find their own, unit heads those of their units."""

    text: str = ""
    """Words, `"phrase"`, `tu:`/`from:`, `den:`/`to:`, `tep:`/`file:`, `luat:`/`rule:`, `-word`."""
    since: str = ""
    """Date YYYY-MM-DD as in Viet Nam, inclusive."""
    until: str = ""
    unit: str = ""
    disposition: str = ""
    state: str = ""
    sha256: str = ""
    """Digest of a file: mails that carried it."""
    before: int | None = None
    """Sequence number: older rows than this."""
    after: int | None = None
    """Newer rows than this, the nearest ones."""
    limit: int = 50


class Found(Struct, frozen=True, kw_only=True, tag="found"):
    """Rows, newest first."""

    rows: tuple[MailRow, ...] = ()
    older: int | None = None
    """`before` of the next page; None when there is none."""
    newer: int | None = None
    """`after` of the page before; None on the first."""
    units: tuple[str, ...] = ()
    dispositions: tuple[Choice, ...] = ()
    states: tuple[Choice, ...] = ()
    fault: str = ""
    """Terms that cannot be searched for, and why; there are no rows then."""


class Export(Struct, frozen=True, tag="export"):
    """All rows of a search as a file: `csv`, `xlsx` or `jsonl`. Answers: `Piece`, the last `ExportEnd`."""

    search: Search
    format: str


class Explain(Struct, frozen=True, tag="explain"):
    """Everything about a reference. Answer: `Explained`, or `Refusal` of kind `not_found`."""

    reference: str


class FindingView(Struct, frozen=True, kw_only=True):
    """One finding in words."""

    code: str
    rule: str
    """`policy.rule`."""
    title: str
    message: str
    place: str = ""
    fix: str = ""
    """Remedy; empty where a mark stands before it."""
    why: str = ""
    article: str = ""
    outcome: Badge
    effect: Badge
    """Its disposition, with monitor mode and waivers."""


class SignatureView(Struct, frozen=True, kw_only=True):
    """One signature, axis by axis."""

    signer: str
    serial: str = ""
    container: str = ""
    axes: tuple[tuple[str, Badge], ...] = ()
    """Name of the axis (integrity, coverage, trust, holder ...) and what was found."""
    problems: tuple[str, ...] = ()


class FileView(Struct, frozen=True, kw_only=True):
    """One attachment, or the mail itself (`name` empty)."""

    part: str
    name: str
    type: str = ""
    size: int | None = None
    sha256: str = ""
    findings: tuple[FindingView, ...] = ()
    signatures: tuple[SignatureView, ...] = ()


class EventView(Struct, frozen=True, kw_only=True):
    """One record about the mail."""

    seq: int
    time: str
    text: str
    detail: str = ""
    hash: str = ""
    """Of the record in the chain, base64 as checkpoints have it."""


class Explained(Struct, frozen=True, kw_only=True, tag="explained"):
    """One mail: what was decided, why, what to do, what became of it."""

    reference: str
    time: str
    result: Badge
    state: Badge
    sender: str
    login: str = ""
    client: str = ""
    unit: str = ""
    recipients: tuple[tuple[str, Badge], ...] = ()
    subject: str | None = None
    confidential: bool = False
    size: int | None = None
    sha256: str = ""
    answer: str = ""
    """The reply that the client got."""
    files: tuple[FileView, ...] = ()
    """Those with findings first, most severe first."""
    passed: tuple[str, ...] = ()
    omitted: int = 0
    events: tuple[EventView, ...] = ()
    policy_digest: str = ""
    directory_digest: str = ""
    today: Badge | None = None
    """Answer of the policy in force, from the facts; None when it is the one that judged."""
    today_note: str = ""
    """Why that is unknown, or what differs."""
    contact: str = ""
    own: bool = True
    """It is a mail of the person who asks."""
