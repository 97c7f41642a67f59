"""A digital signature on a document, on separate axes, in the terms of ETSI EN 319 102-1."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from msgspec import Struct


class Integrity(Enum):
    """Integrity of the signed bytes."""

    INTACT = "intact"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    """The format or algorithm cannot be verified here."""


class Coverage(Enum):
    """Share of the document that the signature covers."""

    WHOLE = "whole"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


class Changes(Enum):
    """Changes to the document after this signature."""

    NONE = "none"
    ALLOWED = "allowed"
    """Only further signatures, timestamps, validation data, or what the signature itself permits."""
    FORBIDDEN = "forbidden"


class Trust(Enum):
    """Result of path building to a configured trust anchor."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"


class HolderKind(Enum):
    """Kind of holder of the certificate."""

    ORGANISATION = "organisation"
    PERSON = "person"
    UNKNOWN = "unknown"


class Revocation(Enum):
    """Revocation status of the certificate at the time of judgement or of the trusted timestamp."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Indication(Enum):
    """ETSI EN 319 102-1 §5.1.3."""

    TOTAL_PASSED = "TOTAL-PASSED"
    TOTAL_FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


class Signer(Struct, frozen=True, kw_only=True):
    """The holder by the signing certificate."""

    subject: str
    """RFC 4514 string of the whole distinguished name."""
    common_name: str | None = None
    organisation: str | None = None
    organisational_unit: str | None = None
    tax_id: str | None = None
    """From UID `MST:...` or `MNS:...`."""
    citizen_id: str | None = None
    """Kind of personal number only (`CCCD`, `CMND`, `HC`); the number itself is not kept."""
    emails: tuple[str, ...] = ()
    """Every address of the subject and its alternative names, lower case."""
    serial: str = ""
    """Hex."""
    issuer: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None


class Timestamp(Struct, frozen=True, kw_only=True):
    """A timestamp token (RFC 3161) over a signature."""

    time: datetime
    trusted: bool
    weak: bool
    """Imprint or signature by an algorithm no longer accepted (SHA-1)."""
    authority: str = ""


class Signature(Struct, frozen=True, kw_only=True):
    """The report on one signature. The bottom line is derived last, in `indication`."""

    part: str
    filename: str | None = None
    container: str
    """`pdf`, `ooxml`, `odf`, `cms`, `smime`, `asic-e`, `asic-s`, `ole`, `xml`."""
    field: str = ""
    """Name of the signature field or signature part."""
    covers: tuple[str, ...] = ()
    """Paths of other parts that it signs, with all below them: the file beside a detached signature, the entity inside
    S/MIME, the members of an ASiC container. Empty when the part signs itself."""
    document_timestamp: bool = False
    """A /DocTimeStamp: proves time, signs nothing."""
    integrity: Integrity
    coverage: Coverage
    uncovered: int = 0
    """Parts that it leaves out, where they are counted."""
    changes: Changes
    trust: Trust
    signer: Signer | None = None
    holder_kind: HolderKind = HolderKind.UNKNOWN
    claimed_time: datetime | None = None
    timestamp: Timestamp | None = None
    revocation: Revocation = Revocation.UNKNOWN
    revocation_source: str = ""
    """`crl`, `ocsp`, `embedded-crl`, `embedded-ocsp` or empty."""
    revocation_time: datetime | None = None
    """thisUpdate of the evidence."""
    algorithms: tuple[str, ...] = ()
    key_usage_ok: bool | None = None
    page: int | None = None
    indication: Indication
    sub_indication: str = ""
    """`HASH_FAILURE`, `SIG_CRYPTO_FAILURE`, `NO_CERTIFICATE_CHAIN_FOUND`, `REVOKED`, `EXPIRED`, `FORMAT_FAILURE` ..."""
    problems: tuple[str, ...] = ()
    """Stable codes of everything that was noticed: `uncovered-part`, `trailing-bytes`, `weak-timestamp`,
    `incoming-stamp`, `unsupported-format`, `old-office-format` ..."""
