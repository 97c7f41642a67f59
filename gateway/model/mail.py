"""A mail transaction as SMTP gives it (RFC 5321) and a message as a tree of parts (RFC 5322, RFC 2045)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum

from msgspec import Struct

from gateway.model.verdict import Language, Reply


class ListenerKind(Enum):
    """Purpose of a listener."""

    SUBMISSION = "submission"
    """Port 587: STARTTLS, then AUTH (RFC 6409)."""
    SUBMISSIONS = "submissions"
    """Port 465: TLS from the first byte, then AUTH (RFC 8314)."""
    RELAY = "relay"
    """Plain SMTP for allowed networks, without AUTH; STARTTLS is offered when there is a certificate."""
    MILTER = "milter"
    """The milter protocol, for Postfix or Sendmail."""


class NextHopTls(Enum):
    """TLS towards the next hop; there is no fallback from any of them."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


class FrontEnd(Enum):
    """Front end through which a transaction came."""

    RELAY = "relay"
    """Plain SMTP from an allowed network."""
    SUBMISSION = "submission"
    """SMTP submission with AUTH (RFC 6409), by STARTTLS or implicit TLS."""
    MILTER = "milter"
    """An MTA asks us through the milter protocol."""
    CHECK = "check"
    """A file judged by the command line; nothing is relayed."""


class Session(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The peer, as far as known before a message is seen."""

    front_end: FrontEnd
    client_address: str | None = None
    """IP address of the client, without port; from the PROXY header when that is in use."""
    helo: str | None = None
    tls: str | None = None
    """TLS protocol version and cipher, None without TLS."""
    auth_user: str | None = None
    """Login that the next hop accepted in this session; None without AUTH. Never holds a password."""
    queue_id: str | None = None
    """The MTA's name for the mail, when it came through a milter."""
    languages: tuple[Language, ...] = (Language.VI,)
    """Languages of the listener's replies, the first before the others."""


class Envelope(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Reverse-path and forward-paths with their parameters, exactly as the client gave them."""

    reverse_path: str
    """Empty for the null reverse-path `<>`."""
    forward_paths: tuple[str, ...] = ()
    mail_parameters: tuple[str, ...] = ()
    """`KEYWORD` or `KEYWORD=value` of MAIL FROM, case kept."""
    rcpt_parameters: tuple[tuple[str, ...], ...] = ()
    """One tuple of parameters for each forward-path."""

    @property
    def smtputf8(self) -> bool:
        """Return whether the client asked for internationalised mail (RFC 6531)."""
        return any(parameter.upper() == "SMTPUTF8" for parameter in self.mail_parameters)

    @property
    def declared_bytes(self) -> int:
        """The size that MAIL declared (RFC 1870), 0 without one."""
        sizes = (parameter[5:] for parameter in self.mail_parameters if parameter.upper().startswith("SIZE="))
        return next((int(size) for size in sizes if size.isascii() and size.isdigit() and len(size) <= 20), 0)


class Transaction(Struct, frozen=True, kw_only=True):
    """One mail on its way through; the content is in the spool that travels beside it."""

    id: str
    """Reference given to the sender and found in the audit, for example `BT-7F3K2Q9XM4D6H`."""
    session: Session
    envelope: Envelope
    received_at: datetime
    """Aware, in UTC: when the end of data was seen."""
    size_bytes: int
    """Bytes of the content, CRLF line ends, dot-stuffing undone."""
    sha256: str
    """SHA-256 of that content in hex."""


class RefusedContent(Struct, frozen=True, kw_only=True):
    """A content that a front end refused as it came in, before anything could judge it."""

    id: str
    """Reference, as of a transaction."""
    session: Session
    envelope: Envelope
    """As far as it had come; without forward-paths when MAIL declared a size beyond the limit."""
    rule: str
    """Key of the words for the fault, such as `bare_newline`, `nul`, `too_big`, `loop`."""
    size_bytes: int
    """Bytes that came, or that SIZE declared."""
    reply: Reply


class TransferEncoding(Enum):
    """Content-Transfer-Encoding (RFC 2045 §6)."""

    SEVEN_BIT = "7bit"
    EIGHT_BIT = "8bit"
    BINARY = "binary"
    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"


class HeaderField(Struct, frozen=True, omit_defaults=True):
    """One header field."""

    name: str
    """Field name as written."""
    raw: bytes
    """The whole field with its folds and final CRLF."""
    value: str
    """Unfolded body, white space at both ends removed; bytes above 127 as UTF-8, else as Windows-1258 or -1252.
    Never holds surrogates; the bytes themselves are in `raw`."""
    text: str
    """`value` with encoded words (RFC 2047) decoded; for people and for mark detection."""


class Address(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A mailbox (RFC 5322 §3.4) as written, and its normal form for comparison."""

    local: str
    """Local part, unquoted."""
    domain: str
    """As written."""
    display_name: str = ""
    """Decoded; for people only."""
    normal: str = ""
    """`local@domain` in lower case and NFC, the domain as A-label without final dot."""

    @property
    def normal_domain(self) -> str:
        """The domain of the normal form."""
        return self.normal.rpartition("@")[2]


class AddressReading(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An address field or a path, by the strict grammar."""

    field: str = ""
    """Lower-case name of the header field, empty for a path of the envelope."""
    mailboxes: tuple[Address, ...] = ()
    """Every mailbox that any reader could find in it, in order."""
    ambiguous: tuple[str, ...] = ()
    """Stable codes of what two readers could read differently: `two-addresses`, `group`, `display-name-address` ...;
    empty when there is one reading."""


class Ambiguity(Struct, frozen=True, omit_defaults=True):
    """A place where two readers could see two different messages, or where a reader sees nothing."""

    code: str
    """Stable name such as `duplicate-content-type`, `bare-cr`, `epilogue-text`."""
    path: str
    """Part specifier, empty for the message itself."""
    detail: str = ""
    """For the administrator; never decides anything and never holds content."""


class Part(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One node of the part tree: a MIME part, or a member of a container inside one."""

    path: str
    """IMAP part specifier ("2.1", RFC 9051 §6.4.5); members of containers as "2.1!dir/a.docx"."""
    declared_type: str
    """Lower-case `type/subtype` of Content-Type, or empty for members."""
    detected_type: str | None = None
    """Media type by content (`application/pdf` ...), None until it was detected."""
    filename: str | None = None
    """The name a mail client would show, decoded and NFC."""
    names: tuple[str, ...] = ()
    """Every name that any header parameter or container entry gives it."""
    charset: str | None = None
    content_disposition: str | None = None
    """`attachment`, `inline` or None."""
    encoding: TransferEncoding = TransferEncoding.SEVEN_BIT
    offset: int = 0
    """Offset of the encoded body in the message; 0 for members."""
    length: int = 0
    """Bytes of the encoded body; 0 for members."""
    size_bytes: int | None = None
    """Bytes of the decoded body."""
    sha256: str | None = None
    """SHA-256 of the decoded body in hex."""
    header: tuple[HeaderField, ...] = ()
    """Header fields of the part itself (not repeated for the root)."""
    children: tuple[Part, ...] = ()

    def walk(self) -> Iterator[Part]:
        """Yield this part and all below it, in order, without recursion limits."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))

    def leaves(self) -> Iterator[Part]:
        """Yield the parts that hold a body of their own."""
        return (part for part in self.walk() if not part.children)


class Message(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A parsed message."""

    fields: tuple[HeaderField, ...]
    root: Part
    ambiguities: tuple[Ambiguity, ...] = ()
    header_length: int = 0
    """Bytes of the header block with the empty line."""
    address_fields: tuple[AddressReading, ...] = ()
    """Reading of every From, Sender and Reply-To field, in order."""

    def all(self, name: str) -> tuple[HeaderField, ...]:
        """Return every field of that name (any case), in order."""
        wanted, length = name.lower(), len(name)
        return tuple([one for one in self.fields if len(one.name) == length and one.name.lower() == wanted])

    def first(self, name: str) -> HeaderField | None:
        """Return the first field of that name, None when there is none."""
        return next(iter(self.all(name)), None)
