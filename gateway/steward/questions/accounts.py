"""Accounts of people with a role."""

from __future__ import annotations

from msgspec import Struct

from gateway.steward.roles import Role


class AskAccounts(Struct, frozen=True, tag="ask_accounts"):
    """All accounts. Answer: `AccountsView`."""


class AccountRow(Struct, frozen=True, kw_only=True):
    """One account."""

    name: str
    display: str
    roles: tuple[Role, ...]
    enrolled: bool
    locked: bool
    mail: str = ""
    last_login: str = ""
    sessions: int = 0


class TokenRow(Struct, frozen=True, kw_only=True):
    """One token of a program, without its secret."""

    name: str
    mailbox: str
    """In whose name it checks; empty when it is bound to a unit."""
    unit: str
    per_hour: int
    made: str
    until: str
    used: str = ""
    over: bool = False


class AccountsView(Struct, frozen=True, tag="accounts_view"):
    """Accounts, and tokens of programs."""

    accounts: tuple[AccountRow, ...]
    tokens: tuple[TokenRow, ...] = ()
    units: tuple[str, ...] = ()
    """Those that a token may be bound to."""


class _Change(Struct, frozen=True, kw_only=True):
    """A change of an account or token; asks for a fresh code."""

    name: str
    code: str
    reason: str = ""


class AddAccount(Struct, frozen=True, kw_only=True, tag="add_account"):
    """Make an account; asks for a fresh code. Answer: `OneTimePassword`."""

    name: str
    display: str
    roles: tuple[Role, ...]
    code: str
    mail: str = ""


class OneTimePassword(Struct, frozen=True, tag="one_time_password"):
    """Shown once; it ends with the enrolment."""

    name: str
    password: str


class AddToken(_Change, frozen=True, kw_only=True, tag="add_token"):
    """Make a token for a program, bound to a mailbox or a unit; asks for a fresh code. Answer: `NewToken`."""

    mailbox: str
    unit: str
    days: int
    per_hour: int


class NewToken(Struct, frozen=True, tag="new_token"):
    """Shown once."""

    name: str
    token: str


class RevokeToken(_Change, frozen=True, kw_only=True, tag="revoke_token"):
    """End a token at once."""


class SetMail(_Change, frozen=True, kw_only=True, tag="set_mail"):
    """Say where the notices of an account go; empty for nowhere."""

    mail: str


class SetRoles(_Change, frozen=True, kw_only=True, tag="set_roles"):
    """Give an account exactly these roles; its sessions end."""

    roles: tuple[Role, ...]


class ResetSecondFactor(_Change, frozen=True, kw_only=True, tag="reset_second_factor"):
    """After a lost phone: a one-time password and a new enrolment; sessions end. Answer: `OneTimePassword`."""


class SetLocked(_Change, frozen=True, kw_only=True, tag="set_locked"):
    """Lock an account and end its sessions, or open it again."""

    locked: bool
