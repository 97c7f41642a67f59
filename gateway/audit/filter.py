"""Search filter over the log, and the viewer's permissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.audit import record as r
from gateway.audit.rows import Row

STATES = (
    *(delivery.value for delivery in r.Delivery),
    *("refused", "recipient_refused", "content_refused", "auth_failed", "weak_password", "sound_password", "trouble"),
    *("checked", "act"),
)
"""States that can be searched for."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """Entries a viewer may see: those of any of these addresses (login or reverse-path) or units."""

    addresses: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    everybody: bool = False
    """All entries."""
    confidential: bool = False
    """With `everybody`, also mails with a secrecy finding; own entries always include them."""
    acts: bool = False
    """Also administrative acts."""


ALL = Sight(everybody=True, confidential=True, acts=True)


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Search conditions; all given ones must hold."""

    words: str = ""
    """The search box (`gateway.audit.search_box`): words of subjects, file names, addresses, reference, queue ids
    of the MTA and of the next hop, signers; `"..."` is a phrase, `...*` a beginning, `tu:` `den:` `tep:` `luat:` `dv:` look there only, `-` leaves out."""
    sender: str = ""
    """Reverse-path, or `@domain`."""
    recipient: str = ""
    login: str = ""
    unit: str = ""
    """Unit of the reverse-path as the directory had it, or its name; case and diacritics do not matter."""
    unit_names: Mapping[str, str] = field(default_factory=dict)
    """Names of units that are recorded by an id; rows have the name."""
    disposition: str = ""
    """Decided, or what would have been decided without monitor mode and waivers."""
    state: str = ""
    """One of `STATES`."""
    rule: str = ""
    """`policy.rule`, `policy` for any rule of it, or the code of a rule."""
    filename: str = ""
    """Words of a file name."""
    reference: str = ""
    sha256: str = ""
    """Digest of a mail or a part, in hex; a keyed one as well as that of the file itself."""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    before_seq: int | None = None
    """For the next page: the sequence number of the last row shown."""
    before: Row | None = None
    """The same as a row, for merged lists of several logs."""
    after_seq: int | None = None
    """For the page before: the sequence number of the first row shown; the rows next to it are found."""
    sight: Sight = ALL
