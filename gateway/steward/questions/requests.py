"""Requests to let a refused file pass."""

from __future__ import annotations

from msgspec import Struct

from gateway.steward.questions.common import Badge, Bar


class AskRequests(Struct, frozen=True, tag="ask_requests"):
    """The requests that a person may see, or those about one mail. Answer: `RequestsView`."""

    reference: str = ""


class StepView(Struct, frozen=True):
    """A person's decision."""

    who: str
    time: str
    reason: str = ""


class HeldView(Struct, frozen=True, kw_only=True):
    """A held mail."""

    size: int
    recipients: tuple[str, ...]
    days_left: int
    answer: str = ""
    """Reply of the next hop when it was sent, and its meaning."""
    content: bool = False
    """The sealed file is there."""


class QueuedMail(Struct, frozen=True, kw_only=True):
    """A mail that an MTA was asked to hold."""

    reference: str
    time: str
    sender: str
    queue_id: str = ""
    """The MTA's; empty when it did not say."""


class RequestRow(Struct, frozen=True, kw_only=True):
    """One request."""

    id: str
    reference: str
    time: str
    expires: str
    """Time at which it ends undecided."""
    sender: str
    unit: str = ""
    opened_by: str
    reason: str
    codes: tuple[str, ...] = ()
    """Of the rules that stopped the mail."""
    titles: tuple[str, ...] = ()
    confidential: bool = False
    files: tuple[str, ...] = ()
    """What is asked for: name and digest; none of a confidential mail."""
    state: Badge
    first: StepView | None = None
    second: StepView | None = None
    steps: tuple[str, ...] = ()
    """Steps open to the person who asks: `endorse`, `approve`, `refuse`, `withdraw`, `revoke`, `release`."""
    until: str = ""
    """Last day of its waivers, YYYY-MM-DD."""
    held: HeldView | None = None
    """Of a held mail; None of a request."""
    used: tuple[Bar, ...] = ()
    """Its waivers that let mails pass, with how many."""


class RequestsView(Struct, frozen=True, kw_only=True, tag="requests_view"):
    """Requests: what waits for the person, what waits for others, and what is done."""

    mine: tuple[RequestRow, ...] = ()
    waiting: tuple[RequestRow, ...] = ()
    done: tuple[RequestRow, ...] = ()
    queued: tuple[QueuedMail, ...] = ()
    """Held in the queue of an MTA, of the last days."""
    may_open: bool = False
    """A request about the mail that was asked for may be opened now."""
    needs_file: bool = False
    """For it the refused file must be shown again: the log holds keyed digests only."""
    barred: str = ""
    """Why none may be opened, in words; empty where none applies."""


class OpenRequest(Struct, frozen=True, kw_only=True, tag="open_request"):
    """Ask that a refused mail may pass when it is sent again."""

    reference: str
    reason: str
    sha256: str = ""
    """Of the refused file, where it must be shown again."""


class Decide(Struct, frozen=True, kw_only=True, tag="decide"):
    """Endorse, refuse, withdraw or revoke."""

    request: str
    step: str
    reason: str
    read: bool = False
    """The person has read the paper or the file; who endorses must have."""


class Approve(Struct, frozen=True, kw_only=True, tag="approve"):
    """Decide as the second person; asks for a fresh code. The waivers are in force with the answer."""

    request: str
    reason: str
    code: str
    read: bool = False
    until: str = ""
    """Last day YYYY-MM-DD, at most 30 days from now; empty for a week."""


class Release(Struct, frozen=True, kw_only=True, tag="release"):
    """Have an approved held mail sent again; asks for a fresh code. Answer: `Done` with what the next hop said."""

    request: str
    reason: str
    code: str


class ReadHeld(Struct, frozen=True, tag="read_held"):
    """Show a held mail as plain text. Answer: `HeldText`."""

    reference: str


class HeldPart(Struct, frozen=True):
    """Something in a held mail that is not shown."""

    name: str
    type: str
    size: int
    """Octets as they are encoded."""


class HeldText(Struct, frozen=True, kw_only=True, tag="held_text"):
    """A held mail in words."""

    reference: str
    fields: tuple[tuple[str, str], ...] = ()
    text: str = ""
    whole: bool = True
    """False when the text was cut."""
    parts: tuple[HeldPart, ...] = ()


class GetHeld(Struct, frozen=True, tag="get_held"):
    """Fetch a held mail as bytes. Answers: `Piece`, the last `ExportEnd`."""

    reference: str
