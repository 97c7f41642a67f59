"""Self-check: files judged before they are sent."""

from __future__ import annotations

from msgspec import Struct

from gateway.steward.questions.common import Badge
from gateway.steward.questions.mails import FileView

PIECE_BYTES = 1 << 19
"""Octets of a file that travel in one question."""


class AskCheck(Struct, frozen=True, tag="ask_check"):
    """Limits of the self-check: names, sizes, frequency. Answer: `CheckForm`."""


class CheckForm(Struct, frozen=True, kw_only=True, tag="check_form"):
    """Data of the form of a self-check."""

    senders: tuple[str, ...] = ()
    """Mailboxes in whose name may be checked, one's own first; empty: any."""
    left: int = 0
    """Checks that are left of this hour."""
    of: int = 0
    limit_bytes: int = 0
    limit_files: int = 0


class BeginCheck(Struct, frozen=True, kw_only=True, tag="begin_check"):
    """Make room for files. Answer: `CheckBegun`, or `Refusal` `too_many` while others are being checked."""

    sender: str = ""
    """In whose name; one's own mailbox when empty."""
    recipients: tuple[str, ...] = ()
    """To whom; the sender himself when empty, and of a mail those in its header."""


class CheckBegun(Struct, frozen=True, tag="check_begun"):
    """There is room."""

    ticket: str


class CheckPiece(Struct, frozen=True, kw_only=True, tag="check_piece"):
    """The next bytes of a file, at most `PIECE_BYTES`; files come one after the other. Answer: `Done`."""

    ticket: str
    file: int
    """Its number, from 0."""
    name: str
    octets: bytes


class EndCheck(Struct, frozen=True, kw_only=True, tag="end_check"):
    """All files are there: judge them. Answer: `CheckResult`; `Done` when they are dropped."""

    ticket: str
    drop: bool = False
    """Forget them: whoever sent them has gone."""


class CheckedFile(Struct, frozen=True, kw_only=True):
    """One file with what would become of it."""

    name: str
    result: Badge
    views: tuple[FileView, ...] = ()
    """The file and what was found inside it, as on the page of a mail."""
    fixed: int | None = None
    """Number under which a fixed copy can be had for a few minutes (`GetFixed`)."""
    fixed_size: int = 0


class CheckResult(Struct, frozen=True, kw_only=True, tag="check_result"):
    """Reply that the relay would have given; nothing was sent."""

    reference: str
    disposition: str
    """The severest of all: `relay`, `tag`, `hold`, `defer` or `reject`."""
    result: Badge
    answers: tuple[str, ...] = ()
    """Replies that a client would have got, where they refuse."""
    mail: tuple[FileView, ...] = ()
    """Findings about the mail itself."""
    files: tuple[CheckedFile, ...] = ()
    passed: tuple[str, ...] = ()
    marked: bool = False
    """A mark of secrecy was found."""
    confidential: bool = False
    """One was found or suspected."""
    sender: str
    recipients: tuple[str, ...] = ()
    left: int = 0
    of: int = 0
    policy: str = ""
    policy_digest: str = ""


class CheckedView(Struct, frozen=True, kw_only=True, tag="checked_view"):
    """Record of a self-check: no name and no word."""

    reference: str
    time: str
    seq: int
    hash: str
    result: Badge
    via: str
    """Front end of the check, in words."""
    who: str
    sender: str
    client: str = ""
    size: int
    digests: tuple[str, ...] = ()
    """Keyed, of each file: the same file has the same one in every check."""
    codes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    confidential: bool = False
    marked: bool = False
    policy_digest: str = ""
    directory_digest: str = ""
    own: bool = False


class GetFixed(Struct, frozen=True, tag="get_fixed"):
    """A fixed copy. Answers: `FixedName`, then `Piece`, the last `ExportEnd`."""

    reference: str
    """Of the check."""
    number: int


class FixedName(Struct, frozen=True, tag="fixed_name"):
    """The name of the copy."""

    name: str
