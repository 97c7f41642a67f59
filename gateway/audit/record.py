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

__all__ = ["FindingFacts", "MailFacts", "PartFacts", "SessionFacts", "SignatureFacts"]  # beside what stands here

_ENCODER = Encoder()


class Delivery(Enum):
    """What became of a mail after its intent."""

    RELAYED = "relayed"
    """The next hop answered 2yz to the final dot."""
    HELD = "held"
    """The hold store has it durably."""
    UPSTREAM_REFUSED = "upstream_refused"
    """The next hop answered 5yz."""
    UPSTREAM_DEFERRED = "upstream_deferred"
    """The next hop answered 4yz."""
    PASSED_ON = "passed_on"
    """Milter: the MTA was told to go on; what it did is in its own log."""
    NOT_SENT = "not_sent"
    """The final dot was never sent: nothing was delivered."""
    UNKNOWN = "unknown"
    """The final dot may have been sent and no answer was seen. Never resent by us."""
    HOLD_REFUSED = "hold_refused"
    """People decided that a held mail is not sent; its sealed file is gone."""
    HOLD_EXPIRED = "hold_expired"
    """Nobody had a held mail sent in time; its sealed file is gone."""

    @classmethod
    def of_code(cls, code: int) -> Delivery:
        """Return what the next hop's reply code to the final dot means."""
        match code // 100:
            case 2:
                return cls.RELAYED
            case 5:
                return cls.UPSTREAM_REFUSED
            case _:
                return cls.UPSTREAM_DEFERRED


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """Common to all records. Of a record that is yet to be written these are empty; the writer puts them in."""

    seq: int = 0
    """Place in the chain, from 1."""
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
    """Another directory of mailboxes is in force: how many there are, and what changed since the last record of it."""

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
    """As they are now."""
    added_count: int = 0
    removed_count: int = 0
    changed_count: int = 0


class Intent(Record, frozen=True, kw_only=True, omit_defaults=True, tag="intent"):
    """A mail was judged and is about to be handed on; nothing of it has gone upstream yet."""

    id: str
    mail: MailFacts


class Sending(Record, frozen=True, kw_only=True, omit_defaults=True, tag="sending"):
    """The final dot is about to be sent to the next hop."""

    id: str


class Held(Record, frozen=True, kw_only=True, omit_defaults=True, tag="held"):
    """The sealed file of a mail is durable; the mail is held once its outcome says so."""

    id: str
    until: str
    """When it expires, ISO 8601 in UTC."""
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
    """Name of the account that had it sent."""


class Outcome(Record, frozen=True, kw_only=True, omit_defaults=True, tag="outcome"):
    """What became of it."""

    id: str
    delivery: Delivery
    code: int = 0
    enhanced: str = ""
    text: str = ""
    """First line of the reply that the client got, or of the next hop's."""
    recovered: bool = False
    """Concluded at a later start, because the process ended before it could record an outcome."""
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
    text: str = ""
    policy_digest: str = ""
    facts: str | None = None
    """As of a mail: what was known of the envelope."""


class ContentRefused(Record, frozen=True, kw_only=True, omit_defaults=True, tag="content_refused"):
    """A front end refused a content as it came in: what is no mail, or too much, is not read and not judged."""

    id: str
    session: SessionFacts
    reverse_path: str
    recipients: tuple[str, ...] = ()
    """None when MAIL already declared a size beyond the limit."""
    rule: str
    """`bare_newline`, `nul`, `long_line`, `too_big`, `loop`, `no_8bitmime` or `full`; listed as `content.<rule>`."""
    size: int
    """Bytes that came, or that MAIL declared."""
    code: int
    enhanced: str = ""
    text: str = ""

    @property
    def disposition(self) -> str:
        """What the reply means: `reject`, or `defer` when we are full."""
        return "reject" if self.code >= 500 else "defer"


class AuthFailed(Record, frozen=True, kw_only=True, omit_defaults=True, tag="auth_failed"):
    """The next hop did not accept a login. The name only, never a password."""

    session: SessionFacts
    login: str
    code: int = 0


class PasswordJudged(Record, frozen=True, kw_only=True, omit_defaults=True, tag="password"):
    """An accepted password was held against the rule of Điều 6. The answer only, nothing of the password."""

    session: SessionFacts
    login: str
    sound: bool


class Duplicate(Record, frozen=True, kw_only=True, omit_defaults=True, tag="duplicate"):
    """A byte-identical repetition was answered without a second delivery."""

    id: str
    of: str
    """Reference of the mail that was relayed."""
    node: str = ""
    """The node in whose log that mail stands, where the cluster told it."""


class Trouble(Record, frozen=True, kw_only=True, omit_defaults=True, tag="trouble"):
    """A mail was answered 451 because of ourselves; the text is the kind of fault, never content."""

    id: str
    session: SessionFacts
    reverse_path: str = ""
    fault: str


class Retention(Record, frozen=True, kw_only=True, omit_defaults=True, tag="retention"):
    """The oldest records were removed after their time; the chain goes on from the hash of the last one."""

    first: int
    last: int
    last_hash: str
    reason: str
    tree: tuple[str, ...] = ()
    """Hashes in hex of the peaks of the tree over the first `last` records, the largest first."""


class Act(Record, frozen=True, kw_only=True, omit_defaults=True, tag="act"):
    """Somebody did something at the console or with `gateway console`, or was refused to."""

    who: str
    """Name of the account, or mailbox; empty for a login under a name that nobody has, which may be a mistyped password."""
    roles: tuple[str, ...] = ()
    """Held at that moment."""
    what: str
    about: str = ""
    """Whom or what it concerns: an account, a reference, a digest."""
    reason: str = ""
    """In the words of who acted."""
    client: str = ""
    """Address of the browser; empty for a command on the machine."""
    ok: bool = True
    """False when it was refused, or failed after this was recorded."""


class Checked(Record, frozen=True, kw_only=True, omit_defaults=True, tag="checked"):
    """Somebody had files judged before sending them. Nothing was sent; no name and no word of them is here."""

    id: str
    via: str
    """`page`, `api` or `mailbox`."""
    who: str
    """Mailbox or account that asked; `token:NAME` for a program."""
    reverse_path: str
    """In whose name the files were judged."""
    client: str | None = None
    size: int
    """Of the files together; of a mail, its own."""
    digests: tuple[str, ...] = ()
    """Of each file, keyed (HMAC) always."""
    keyed_by: str | None = None
    """As of a mail."""
    disposition: str
    would_be: str = "relay"
    rules: tuple[str, ...] = ()
    """`policy.rule` of findings that did not pass."""
    codes: tuple[str, ...] = ()
    confidential: bool = False
    """Among them a secrecy finding."""
    marked: bool = False
    """A mark was found, not only suspected."""
    policy_digest: str = ""
    directory_digest: str | None = None


_KnownRecord: TypeAlias = (
    Start
    | Stop
    | Reload
    | Mailboxes
    | Intent
    | Sending
    | Held
    | Release
    | Outcome
    | Refused
    | RecipientRefused
    | ContentRefused
    | AuthFailed
    | PasswordJudged
    | Duplicate
    | Trouble
    | Retention
    | Act
    | Checked
)


class _Head(Struct, frozen=True, kw_only=True):
    """What every record has, of whatever kind."""

    seq: int
    time: str
    kind: str
    process: str = ""
    id: str = ""


class Unknown(_Head, frozen=True, kw_only=True):
    """A record that this version cannot read: one of a newer version wrote it, as in a rolling upgrade."""

    content: dict[str, Any]
    """All of it, as it stands in the log."""


AnyRecord: TypeAlias = _KnownRecord | Unknown
_DECODER: Decoder[_KnownRecord] = Decoder(_KnownRecord)
_HEAD = Decoder(_Head)
_CONTENT = Decoder(dict[str, Any])


def decode(octets: bytes) -> AnyRecord:
    """Return the record of a body as it stands in the log; msgspec.DecodeError for what is none."""
    try:
        return _DECODER.decode(octets)
    except ValidationError:
        head = _HEAD.decode(octets)
        return Unknown(**structs.asdict(head), content=_CONTENT.decode(octets))


def kind_of(record: AnyRecord) -> str:
    """Return the kind of a record as the log names it."""
    return record.kind if isinstance(record, Unknown) else str(record.__struct_config__.tag)


def body(record: Record, process: str) -> bytes:
    """Return the JSON of a record of now, by the process that writes it; the sequence number is put in at the commit."""
    stamp = datetime.now(UTC).isoformat(timespec="microseconds")
    return b'{"time":"%s","process":"%s",%s' % (stamp.encode(), process.encode(), _ENCODER.encode(record)[1:])
