"""Monthly report as values: figures, their records, and what could not be counted.

Numbers are whole, shares are pairs of whole numbers, so that a report made again is the same to the digit. `None` is unknown.
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, Struct, UnsetType

from gateway.report.month import Month

COUNTING: Final = 2
"""Version of the counting rules, one more whenever any log could give other figures or another range; 1 was not stated."""
OUTSIDE = ""
"""Unit of senders that the directory does not list, or lists without a unit."""


class Weights(Struct, frozen=True, kw_only=True):
    """Weight of each share in the league table of Điều 11."""

    active: int = 40
    signed: int = 40
    first_pass: int = 20


class Wanted(Struct, frozen=True, kw_only=True):
    """The report that is asked for."""

    month: Month
    unit: str = ""
    """Only this unit; all of them when empty."""
    persons: bool = False
    """With the mailboxes behind the violations: for the head of the unit and the security officer."""
    weights: Weights = Weights()
    least_mailboxes: int = 5
    """Units with fewer mailboxes in use stand apart in the league table."""
    node: str | UnsetType = UNSET
    """The machine of a cluster whose log alone is counted; without a cluster reports are as they were."""


class NodeRange(Struct, frozen=True, kw_only=True):
    """The records of one node that a report of the whole cluster was counted from."""

    node: str
    first: int
    last: int
    behind: bool = False
    """The centre may not have had all records of the month yet."""
    head: str = ""
    """Hash of the chain at `last`, in hex."""


class Again(Struct, frozen=True, kw_only=True):
    """Sources of a report, as it states them."""

    first: int
    last: int
    directory: int | None = None
    """The record that gave the number of mailboxes."""
    nodes: tuple[NodeRange, ...] = ()
    """Of a report of the whole cluster, in place of `first` and `last`."""
    directory_node: str | UnsetType = UNSET
    """The node that has `directory`."""


class Basis(Struct, frozen=True, kw_only=True):
    """The records that a report was counted from."""

    first: int
    last: int
    """With a `first` and `head` of nothing when they are those of `nodes`."""
    head: str = ""
    """Hash of the chain at `last`, in hex; empty for an empty log."""
    directory_record: int | None = None
    """The record that gives the number of mailboxes at the end of the month."""
    policies: tuple[str, ...] = ()
    """Digests of the policy sets that judged the mails of the month, in the order of their first mail."""
    directories: tuple[str, ...] = ()
    broken: int | None = None
    """The first record of the range that does not fit the chain."""
    nodes: tuple[NodeRange, ...] | UnsetType = UNSET
    """Of a report of the whole cluster."""
    directory_node: str | UnsetType = UNSET
    """The node that has `directory_record`."""


class Gap(Struct, frozen=True):
    """Something that the numbers do not hold; `key` names its words."""

    key: str
    fields: dict[str, int | str] = {}
    node: str | UnsetType = UNSET
    """The node of which it is said, in a report of the whole cluster."""


class Share(Struct, frozen=True, tag=True):
    """A part of a whole; unknown when the whole is nothing."""

    part: int
    whole: int


class Stock(Struct, frozen=True, kw_only=True):
    """Mailboxes of a unit (Điều 10.1)."""

    total: int | None = None
    """At the end of the month."""
    kinds: dict[str, int] = {}
    suspended: int | None = None
    left: int | None = None
    added: int = 0
    removed: int = 0
    changed: int = 0
    """Changes in the month, each mailbox once."""
    now_suspended: int = 0
    """Of the changed ones, those that are suspended since."""
    now_left: int = 0
    active: int = 0
    """In use at the end of the month, and a mail of theirs was handed on in it."""

    @property
    def in_use(self) -> int | None:
        """Neither suspended nor left, as far as that is known."""
        return None if self.total is None else max(0, self.total - (self.suspended or 0) - (self.left or 0))


class Sent(Struct, frozen=True, kw_only=True):
    """Relayed mails of a unit."""

    mails: int = 0
    recipients: int = 0
    octets: int = 0
    documents: int = 0
    """Issued documents in them."""
    signed: int = 0
    """Of these, with signatures that stand."""
    paper: int = 0
    """Mails that declare a paper copy; their unsigned documents are not among `documents`."""
    mending: int = 0
    """Mails that sent again what had been refused."""


class Violations(Struct, frozen=True, kw_only=True):
    """Violations (Điều 12): mailbox, rule and digest, each once in a month, by what became of it."""

    prevented: int = 0
    recorded: int = 0
    """Only recorded: the policy was in monitor mode."""
    waived: int = 0
    untold: int = 0
    """Whether the rule was broken is unknown."""
    noted: int = 0
    """Shortcomings that are handed on with a note: no violations."""
    mended: int = 0
    """Of the prevented ones: sent again in order within three days."""
    named: int = 0
    """Of the prevented ones, those with a file name, of which it is known whether they were mended."""
    unproven: int = 0
    """Of the prevented and recorded ones, those without a login: the address may be forged."""


class UnitFigures(Struct, frozen=True, kw_only=True):
    """All about one unit."""

    unit: str
    stock: Stock = Stock()
    sent: Sent = Sent()
    violations: Violations = Violations()
    unmended: int = 0
    """Files and mails that were prevented and not mended."""


class RuleFigures(Struct, frozen=True, kw_only=True):
    """Violations of one rule by one unit."""

    unit: str
    policy: str
    rule: str
    code: str
    article: str
    violations: Violations


class PersonFigures(Struct, frozen=True, kw_only=True):
    """Violations of one rule by one mailbox."""

    unit: str
    mailbox: str
    logins: tuple[str, ...] = ()
    """The login where it differs from the mailbox; empty without a login."""
    policy: str
    rule: str
    code: str
    violations: Violations
    reference: str
    """Of the first of them."""


class Place(Struct, frozen=True, kw_only=True):
    """One unit in the league table of Điều 11."""

    unit: str
    rank: int | None = None
    """None apart from the ranking."""
    score: int | None = None
    """In tenths of a point, of 1,000."""
    active: Share
    signed: Share
    first_pass: Share
    small: bool = False
    """Fewer mailboxes in use than the ranking asks for, or none known."""


class Day(Struct, frozen=True, array_like=True):
    """Mails relayed in one day."""

    day: int
    mails: int


class Report(Struct, frozen=True, kw_only=True):
    """A month."""

    wanted: Wanted
    basis: Basis
    made: str
    """When, as ISO 8601 in UTC."""
    units: tuple[UnitFigures, ...] = ()
    """By unit; `OUTSIDE` last."""
    total: UnitFigures
    """Of all of them."""
    days: tuple[Day, ...] = ()
    league: tuple[Place, ...] = ()
    rules: tuple[RuleFigures, ...] = ()
    persons: tuple[PersonFigures, ...] = ()
    gaps: tuple[Gap, ...] = ()
