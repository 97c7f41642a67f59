"""Roles of people at the console."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Role(Enum):
    """Responsibility of a person, who may hold several."""

    CLERK = "clerk"
    """Holds an official mailbox and sees his own mails."""
    UNIT_HEAD = "unit_head"
    """Named in the directory as head of units; sees their mails."""
    OPERATOR = "operator"
    POLICY_ADMIN = "policy_admin"
    SECURITY_OFFICER = "security_officer"
    AUDITOR = "auditor"
    ACCOUNT_ADMIN = "account_admin"


MAILBOX_ROLES = frozenset({Role.CLERK, Role.UNIT_HEAD})
"""Come from the directory with a login by mailbox."""
GIVEN = tuple(role for role in Role if role not in MAILBOX_ROLES)
"""To accounts."""


class Person(Struct, frozen=True, kw_only=True):
    """The person who asks, as the steward knows them from their session."""

    name: str
    """Account name, or the mailbox of a clerk or unit head."""
    display: str = ""
    roles: frozenset[Role] = frozenset()
    mailbox: str = ""
    """In whose name a program with a token may ask; others have none here."""
    mail: str = ""
    """Official mailbox of an account: what it may not decide as its holder it may not decide as an account either."""
    units: tuple[str, ...] = ()
    """Units whose head the person is."""
    may: frozenset[str] = frozenset()
    """Questions (their tags) that the roles allow: which pages and buttons there are."""
    csrf: str = ""
    """Token that forms of this session carry."""
    must_enrol: bool = False
    """The account has no second factor yet: nothing but the enrolment is answered."""
