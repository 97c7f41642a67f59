"""Who may ask what, and who answers: one row for each question. `gateway console roles` prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final, TypeAlias

from msgspec import Struct

from gateway.model import Language
from gateway.steward import questions as q
from gateway.steward.desk import Desk, Refused
from gateway.steward.explain import explain
from gateway.steward.mails import export, search
from gateway.steward.roles import MAILBOX_ROLES, Person, Role

Function: TypeAlias = Callable[[Desk, Person, Any, Language], q.Answer | Iterator[q.Answer]]


class Effort(Enum):
    """How long an answer may take, and how many are made at a time."""

    QUERY = "query"
    """Two seconds."""
    LONG = "long"
    """Minutes, told by and by."""


class Row(Struct, frozen=True, kw_only=True):
    """One question."""

    roles: frozenset[Role]
    """Any of them will do."""
    answer: Function
    effort: Effort = Effort.QUERY
    fresh: bool = False
    """The question's `code` must be a fresh one of the second factor."""


def _not_here(_desk: Desk, _person: Person, _question: Any, _language: Language) -> q.Answer:
    raise Refused(q.Refusal(kind="unavailable"))


STAFF: Final = frozenset(Role) - MAILBOX_ROLES
_READERS: Final = STAFF - {Role.ACCOUNT_ADMIN}
_ALL_BUT_ACCOUNTS: Final = _READERS | MAILBOX_ROLES
_POLICY: Final = frozenset({Role.POLICY_ADMIN})
_AUDITOR: Final = frozenset({Role.AUDITOR})

TABLE: Final[dict[type[Struct], Row]] = {
    # Mails: of everybody's for those who are trusted with them, else one's own.
    q.Search: Row(roles=_ALL_BUT_ACCOUNTS, answer=search),
    q.Explain: Row(roles=_ALL_BUT_ACCOUNTS, answer=explain),
    q.Export: Row(roles=_READERS, answer=export, effort=Effort.LONG),
    q.Overview: Row(roles=_READERS, answer=_not_here),
    # Policy
    q.AskPolicy: Row(roles=_READERS, answer=_not_here),
    q.TryPolicy: Row(roles=_POLICY, answer=_not_here, effort=Effort.LONG),
    q.PutInForce: Row(roles=_POLICY, answer=_not_here, effort=Effort.LONG, fresh=True),
    # The log
    q.AskLog: Row(roles=frozenset({Role.AUDITOR, Role.SECURITY_OFFICER, Role.ACCOUNT_ADMIN}), answer=_not_here),
    q.Verify: Row(roles=_AUDITOR, answer=_not_here, effort=Effort.LONG),
    q.GetCheckpoint: Row(roles=_AUDITOR | {Role.SECURITY_OFFICER}, answer=_not_here),
}


def may(person: Person, question: type[Struct]) -> bool:
    """Whether somebody's roles allow a question: the one place that says so."""
    row = TABLE.get(question)
    return row is not None and not person.must_enrol and not row.roles.isdisjoint(person.roles)


def tags_of(person: Person) -> frozenset[str]:
    """Return the tags of the questions that somebody may ask."""
    return frozenset(str(kind.__struct_config__.tag) for kind in TABLE if may(person, kind))
