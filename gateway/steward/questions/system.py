"""Requests on figures, system state and log."""

from __future__ import annotations

from msgspec import Struct

from gateway.steward.questions.common import Badge, Bar


class Overview(Struct, frozen=True, tag="overview"):
    """The last days at a glance."""

    days: int = 30


class Day(Struct, frozen=True):
    """Mails of one day in Viet Nam, or of a month (`2026-11`)."""

    date: str
    relayed: int
    tagged: int
    refused: int
    deferred: int


class HealthLine(Struct, frozen=True, kw_only=True):
    """One thing that is well or not."""

    name: str
    state: Badge
    detail: str = ""
    """In the words of `gateway doctor`, which say what helps."""


class MarkedCheck(Struct, frozen=True, kw_only=True):
    """A self-check of a file with a mark of secrecy."""

    time: str
    who: str
    reference: str


class OverviewView(Struct, frozen=True, kw_only=True, tag="overview_view"):
    """Figures and health."""

    days: tuple[Day, ...] = ()
    """The months of a year, else days."""
    since: str = ""
    """The first day that counts."""
    mails: int = 0
    octets: int = 0
    mailboxes: int = 0
    """That sent something."""
    refused: int = 0
    tagged: int = 0
    indeterminate: int = 0
    """Mails with a finding *cannot tell*."""
    upstream: int = 0
    """Mails that were let through and the next hop refused."""
    troubles: int = 0
    waiting: int = 0
    """Requests that the person may decide."""
    rules: tuple[Bar, ...] = ()
    """Rules that were met, most often first."""
    units: tuple[Bar, ...] = ()
    """Units with the most refusals."""
    health: tuple[HealthLine, ...] = ()
    marked: tuple[MarkedCheck, ...] = ()
    """Of these days, for security officers and auditors."""


class AskHealth(Struct, frozen=True, tag="ask_health"):
    """Health check, without a session; `Health` has no details."""


class Health(Struct, frozen=True, tag="health"):
    """Health: mail is judged and recorded."""

    good: bool


class AskLog(Struct, frozen=True, tag="ask_log"):
    """State of the log, its checkpoints and the latest acts. Answer: `LogView`."""

    before: int | None = None
    """Acts older than this sequence number."""
    after: int | None = None
    """The acts next to this sequence number that are newer; where `before` is not given."""


class ActRow(Struct, frozen=True, kw_only=True):
    """A person's act at the console."""

    seq: int
    time: str
    who: str
    roles: str
    what: str
    about: str = ""
    reason: str = ""
    client: str = ""
    result: Badge


class CheckpointRow(Struct, frozen=True):
    """A signed checkpoint that can be downloaded."""

    name: str
    time: str
    records: int


class LogView(Struct, frozen=True, kw_only=True, tag="log_view"):
    """The log."""

    first: int = 0
    last: int = 0
    octets: int = 0
    verified: str = ""
    """Time of the last verification here; empty: not since the start."""
    verdict: Badge | None = None
    checkpoints: tuple[CheckpointRow, ...] = ()
    """The newest first, at most 50."""
    acts: tuple[ActRow, ...] = ()
    older: int | None = None
    newer: int | None = None


class Verify(Struct, frozen=True, tag="verify"):
    """Verify the whole log. Answers: `Progress`, the last `Verified`."""


class Verified(Struct, frozen=True, tag="verified"):
    """The result, in the words of `gateway audit verify`."""

    good: bool
    text: str


class GetCheckpoint(Struct, frozen=True, tag="get_checkpoint"):
    """One checkpoint as a file. Answer: `Piece`."""

    name: str
