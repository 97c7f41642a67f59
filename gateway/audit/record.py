"""Audit records: JSON objects with a `kind`; docs/audit-format.md is their reference.

Text from a mail is cut and made valid UTF-8. Of a mail with a secrecy finding neither subject nor file names nor words
are kept, and digests only keyed (promise 4 of the architecture; Law 117/2025/QH15 forbids keeping such content).
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeAlias

from msgspec import Struct, ValidationError, structs
from msgspec.json import Decoder, Encoder

from gateway.audit.mail_record import FindingFacts, MailFacts, PartFacts, SessionFacts, SignatureFacts

__all__ = ["FindingFacts", "MailFacts", "PartFacts", "SessionFacts", "SignatureFacts"]  # beside these

_ENCODER = Encoder()


class Delivery(Enum):
    """Outcome of a mail after its intent."""

    RELAYED = "relayed"
    """The next hop answered 2yz to the final dot."""
    HELD = "held"
    """The hold store has it durably."""
    UPSTREAM_REFUSED = "upstream_refused"
    """The next hop answered 5yz."""
    UPSTREAM_DEFERRED = "upstream_deferred"
    """The next hop answered 4yz."""
    PASSED_ON = "passed_on"
    """Milter: the MTA was allowed to proceed; its own log has the delivery."""
    NOT_SENT = "not_sent"
    """The final dot was never sent: nothing was delivered."""
    UNKNOWN = "unknown"
    """The final dot may have been sent and no answer was seen. Never resent by us."""
    HOLD_REFUSED = "hold_refused"
    """The release of a held mail was refused; its sealed file is deleted."""
    HOLD_EXPIRED = "hold_expired"
    """A held mail was not released in time; its sealed file is deleted."""

    @classmethod
    def of_code(cls, code: int) -> Delivery:
        """Return the delivery state for the next hop's reply code to the final dot."""
        match code // 100:
            case 2:
                return cls.RELAYED
            case 5:
                return cls.UPSTREAM_REFUSED
            case _:
                return cls.UPSTREAM_DEFERRED


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """Fields common to all records; empty until the writer fills them in."""

    seq: int = 0
    """Sequence number, from 1."""
    time: str = ""
    """ISO 8601 in UTC, microseconds."""
    process: str = ""
    """The process that wrote it; random for each start."""


class Start(Record, frozen=True, kw_only=True, omit_defaults=True, tag="start"):
    """A process opened the log."""

    version: str
    policy: str = ""
    policy_digest: str = ""
    directory_digest: str | None = None
    host: str = ""
    node: str = ""
    """Name of the machine in its cluster."""


class Stop(Record, frozen=True, kw_only=True, omit_defaults=True, tag="stop"):
    """A process closed the log in order."""


class Reload(Record, frozen=True, kw_only=True, omit_defaults=True, tag="reload"):
    """Another policy set or directory is in force."""

    policy: str = ""
    policy_digest: str
    directory_digest: str | None = None


class MailboxEntry(Struct, frozen=True, array_like=True):
    """A mailbox as the directory lists it."""

    address: str
    kind: str
    unit: str
    status: str


class Mailboxes(Record, frozen=True, kw_only=True, omit_defaults=True, tag="directory"):
    """Another directory of mailboxes is in force: counts, and changes since the last such record."""

    digest: str
    mailboxes: int
    counts: tuple[tuple[str, str, int], ...] = ()
    """Unit, kind and number."""
    statuses: tuple[tuple[str, str, int], ...] | None = None
    """Unit, status and number of the mailboxes that are suspended or left; None in records of older versions."""
    added: tuple[MailboxEntry, ...] = ()
    """With those of the two lists below at most 1,000; none in the first record."""
    removed: tuple[MailboxEntry, ...] = ()
    changed: tuple[MailboxEntry, ...] = ()
    """Their new state."""
    added_count: int = 0
    removed_count: int = 0
    changed_count: int = 0


class Intent(Record, frozen=True, kw_only=True, omit_defaults=True, tag="intent"):
    """A judged mail is about to be relayed; nothing of it has gone upstream yet."""

    id: str
    mail: MailFacts


class Sending(Record, frozen=True, kw_only=True, omit_defaults=True, tag="sending"):
    """The final dot is about to be sent to the next hop."""

    id: str


class Held(Record, frozen=True, kw_only=True, omit_defaults=True, tag="held"):
    """The sealed file of a mail is durable; the mail is held once its outcome says so."""

    id: str
    until: str
    """Time of expiry, ISO 8601 in UTC."""
    octets: str
    """SHA-256 of what was sealed: trace fields and content, as they would have been relayed."""
    sealed: str
    """SHA-256 of the file."""
    size: int
    """Of the file."""
    reverse_path: str
    parameters: tuple[str, ...] = ()
    """Of MAIL, as the client wrote them."""
    recipients: tuple[tuple[str, tuple[str, ...]], ...]
    """Forward-paths with the parameters of RCPT: to these and no others it may be released."""


class Release(Record, frozen=True, kw_only=True, omit_defaults=True, tag="release"):
    """A held mail is about to be sent; nothing of it has gone out yet. `sending` and another outcome follow."""

    id: str
    by: str
    """Account that released it."""


class Outcome(Record, frozen=True, kw_only=True, omit_defaults=True, tag="outcome"):
    """Outcome of a mail."""

    id: str
    delivery: Delivery
    code: int = 0
    enhanced: str = ""
    text: str = ""
    """First line of the reply that the client got, or of the next hop's."""
    recovered: bool = False
    """Concluded later, because its process ended before it recorded an outcome."""
    left_out: tuple[str, ...] = ()
    """Recipients of a released mail that the next hop refused by 5yz; the others have it."""


class Refused(Record, frozen=True, kw_only=True, omit_defaults=True, tag="refused"):
    """A mail was judged and not accepted; nothing of it went upstream."""

    id: str
    mail: MailFacts
    code: int
    enhanced: str = ""
    text: str = ""


class RecipientRefused(Record, frozen=True, kw_only=True, omit_defaults=True, tag="recipient_refused"):
    """A forward-path was refused by a policy at RCPT."""

    id: str = ""
    session: SessionFacts
    reverse_path: str
    unit: str | None = None
    mailbox: str | None = None
    recipient: str
    findings: tuple[FindingFacts, ...] = ()
    code: int
    enhanced: str = ""
    text: str = ""
    policy_digest: str = ""
    facts: str | None = None
    """As of a mail: what was known of the envelope."""

    @property
    def sender(self) -> str:
        """As of a mail."""
        return (self.mailbox or self.reverse_path).casefold()


class ContentRefused(Record, frozen=True, kw_only=True, omit_defaults=True, tag="content_refused"):
    """A front end refused a content during DATA: malformed or too large, so neither inspected nor judged."""

    id: str
    session: SessionFacts
    reverse_path: str
    recipients: tuple[str, ...] = ()
    """None when MAIL already declared a size beyond the limit."""
    rule: str
    """`bare_newline`, `nul`, `long_line`, `too_big`, `loop`, `no_8bitmime` or `full`; listed as `content.<rule>`."""
    size: int
    """Bytes received, or declared by MAIL."""
    code: int
    enhanced: str = ""
    text: str = ""

    @property
    def disposition(self) -> str:
        """`reject`, or `defer` when out of space."""
        return "reject" if self.code >= 500 else "defer"


class AuthFailed(Record, frozen=True, kw_only=True, omit_defaults=True, tag="auth_failed"):
    """The next hop did not accept a login. The name only, never a password."""

    session: SessionFacts
    login: str
    code: int = 0


class PasswordJudged(Record, frozen=True, kw_only=True, omit_defaults=True, tag="password"):
    """An accepted password was checked against Điều 6. The result only, nothing of the password."""

    session: SessionFacts
    login: str
    sound: bool


class Duplicate(Record, frozen=True, kw_only=True, omit_defaults=True, tag="duplicate"):
    """A byte-identical duplicate was answered without a second delivery."""

    id: str
    of: str
    """Reference of the mail that was relayed."""
    node: str = ""
    """The node whose log has that mail, when the cluster reported it."""


class Trouble(Record, frozen=True, kw_only=True, omit_defaults=True, tag="trouble"):
    """A mail was answered 451 for an internal fault; the text is its kind, never content."""

    id: str
    session: SessionFacts
    reverse_path: str = ""
    fault: str


class Retention(Record, frozen=True, kw_only=True, omit_defaults=True, tag="retention"):
    """The oldest records were removed by retention; the chain continues from the hash of the last one."""

    first: int
    last: int
    last_hash: str
    reason: str
    tree: tuple[str, ...] = ()
    """Hashes in hex of the peaks of the tree over the first `last` records, the largest first."""


class Act(Record, frozen=True, kw_only=True, omit_defaults=True, tag="act"):
    """An administrative act at the console or with `gateway console`, performed or refused."""

    who: str
    """Name of the account, or mailbox; empty for a login with an unknown name, which may be a mistyped password."""
    roles: tuple[str, ...] = ()
    """Roles at that time."""
    what: str
    about: str = ""
    """Object of the act: an account, a reference, a digest."""
    reason: str = ""
    """Reason given by the actor."""
    client: str = ""
    """Address of the browser; empty for a command on the machine."""
    ok: bool = True
    """False when it was refused, or failed after this was recorded."""


class Checked(Record, frozen=True, kw_only=True, omit_defaults=True, tag="checked"):
    """A self-check: files were judged before sending. Nothing was sent; no names or words are recorded."""

    id: str
    via: str
    """`page`, `api` or `mailbox`."""
    who: str
    """Mailbox or account that asked; `token:NAME` for a program."""
    reverse_path: str
    """Sender for whom the files were judged."""
    client: str | None = None
    size: int
    """Total bytes of the files, or of the mail."""
    digests: tuple[str, ...] = ()
    """Of each file, always keyed (HMAC)."""
    keyed_by: str | None = None
    """As of a mail."""
    disposition: str
    would_be: str = "relay"
    rules: tuple[str, ...] = ()
    """`policy.rule` of findings that did not pass."""
    codes: tuple[str, ...] = ()
    confidential: bool = False
    """There was a secrecy finding."""
    marked: bool = False
    """A mark was found, not merely suspected."""
    policy_digest: str = ""
    directory_digest: str | None = None


_KnownRecord: TypeAlias = (
    Start | Stop | Reload | Mailboxes | Intent | Sending | Held | Release | Outcome | Refused | RecipientRefused
    | ContentRefused | AuthFailed | PasswordJudged | Duplicate | Trouble | Retention | Act | Checked
)  # fmt: skip


class _Head(Struct, frozen=True, kw_only=True):
    """Fields of every kind of record."""

    seq: int
    time: str
    kind: str
    process: str = ""
    id: str = ""


class Unknown(_Head, frozen=True, kw_only=True):
    """A record of an unknown kind, written by a newer version, as in a rolling upgrade."""

    content: dict[str, Any]
    """The whole body, as stored."""


AnyRecord: TypeAlias = _KnownRecord | Unknown
JudgedRecord: TypeAlias = Intent | Refused | RecipientRefused
"""Of a mail, or of a forward-path, by policies."""
_DECODER: Decoder[_KnownRecord] = Decoder(_KnownRecord)
_HEAD = Decoder(_Head)
_CONTENT = Decoder(dict[str, Any])
_NEVER = "1970-01-01T00:00:00+00:00"


def decode(octets: bytes) -> AnyRecord:
    """Decode a stored body; ValueError (msgspec.DecodeError or UnicodeDecodeError) for an invalid one."""
    try:
        return _DECODER.decode(octets)
    except ValidationError:
        head = _HEAD.decode(octets)
        return Unknown(**structs.asdict(head), content=_CONTENT.decode(octets))


def read(octets: bytes, seq: int) -> AnyRecord:
    """Decode a stored body for a reader; a damaged one is of kind `unreadable`, and hides no other record."""
    try:
        record = decode(octets)
        instant(record.time)
    except ValueError:
        return Unknown(seq=seq, time=_NEVER, kind="unreadable", content={})
    return record


def instant(time: str) -> datetime:
    """Return the time of a record; ValueError for none, and for one without zone, which compares with no other."""
    found = datetime.fromisoformat(time)
    if found.tzinfo is None:
        raise ValueError
    return found


def judged(record: JudgedRecord) -> MailFacts | RecipientRefused:
    """Return what was judged: the mail, or the forward-path, which has the same names for what it knows."""
    return record if isinstance(record, RecipientRefused) else record.mail


def kind_of(record: AnyRecord) -> str:
    """Return the kind of a record as the log names it."""
    return record.kind if isinstance(record, Unknown) else str(record.__struct_config__.tag)


def body(record: Record, process: str) -> bytes:
    """Return the JSON of a record with the current time and its process; the commit inserts the sequence number."""
    stamp = datetime.now(UTC).isoformat(timespec="microseconds")
    return b'{"time":"%s","process":"%s",%s' % (stamp.encode(), process.encode(), _ENCODER.encode(record)[1:])
