"""The policy in force, and candidates for it."""

from __future__ import annotations

from msgspec import Struct

from gateway.steward.questions.common import Badge, Bar


class AskPolicy(Struct, frozen=True, tag="ask_policy"):
    """The policy in force. Answer: `PolicyView`."""

    earlier: str = ""
    """Which of the `earlier` files `text` is to be."""


class RuleRow(Struct, frozen=True, kw_only=True):
    """One rule."""

    code: str
    rule: str
    title: str
    policy: str
    mode: Badge
    dispositions: tuple[Badge, ...] = ()
    """Dispositions of a violation and of *cannot tell*; one where they are the same."""
    source: str = ""
    """file:line where that was set."""
    article: str = ""
    count: int = 0
    """Mails that met it in 30 days."""


class WaiverRow(Struct, frozen=True, kw_only=True):
    """One exception."""

    name: str
    rule: str
    about: str
    until: str = ""
    reason: str = ""
    state: Badge
    used: int = 0
    """Mails that it let pass, as far as the log reaches; 100 and more are 100."""


class PolicyView(Struct, frozen=True, kw_only=True, tag="policy_view"):
    """Rules in force."""

    name: str
    digest: str
    since: str = ""
    by: str = ""
    """Who put it in force, where an act says so."""
    text: str = ""
    """The policy file as it stands, or an earlier one; where a preset is in force, one that extends it."""
    path: str = ""
    earlier: tuple[str, ...] = ()
    """When files were replaced by another one here, ISO 8601, newest first; each is kept."""
    counted_since: str = ""
    """First day of the counts of `rules`, ISO 8601."""
    rules: tuple[RuleRow, ...] = ()
    waivers: tuple[WaiverRow, ...] = ()
    editable: bool = False
    """`console.policy_edit`: it may be put in force here."""
    commands: tuple[str, ...] = ()
    """Commands to type on the machine instead."""


class TryPolicy(Struct, frozen=True, kw_only=True, tag="try_policy"):
    """Lint a candidate, run its tests, and replay the kept facts. Answers: `Progress`, the last `Tried`."""

    text: str
    since_days: int = 30


class ExportTrial(Struct, frozen=True, kw_only=True, tag="export_trial"):
    """All mails that a candidate answers otherwise, as CSV. Answers: `Piece`, the last `ExportEnd`."""

    text: str
    since_days: int = 30


class LintFault(Struct, frozen=True):
    """One fault or warning of a candidate, at its line."""

    line: int
    column: int
    text: str
    tone: str = "bad"


class ChangedMail(Struct, frozen=True, kw_only=True):
    """A mail that the candidate answers otherwise."""

    reference: str
    time: str
    sender: str
    unit: str = ""
    rules: tuple[str, ...] = ()
    before: Badge
    after: Badge


class Tried(Struct, frozen=True, kw_only=True, tag="tried"):
    """Effect of a candidate."""

    faults: tuple[LintFault, ...] = ()
    digest: str = ""
    """Empty when it does not compile."""
    tests: int = 0
    tests_failed: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    """Rules that no test meets."""
    changes: tuple[str, ...] = ()
    """Settings that differ, as `policy diff` says them."""
    mails: int = 0
    first: str = ""
    last: str = ""
    same: int = 0
    refused: int = 0
    """Newly refused."""
    tagged: int = 0
    admitted: int = 0
    other: int = 0
    indeterminate: tuple[Bar, ...] = ()
    faulty: int = 0
    by_rule: tuple[Bar, ...] = ()
    by_unit: tuple[Bar, ...] = ()
    changed: tuple[ChangedMail, ...] = ()
    """The worst first, at most 200."""
    whole: bool = True
    """False when time ended the replay: the figures are of the part seen."""


class PutInForce(Struct, frozen=True, tag="put_in_force"):
    """Write a candidate as the policy file and reload; asks for a fresh code."""

    text: str
    code: str
    reason: str
    against: str
    """Digest of the policy in force that the candidate was held against."""
