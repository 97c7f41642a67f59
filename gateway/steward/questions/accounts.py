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


class AddToken(Struct, frozen=True, kw_only=True, tag="add_token"):
    """Make a token for a program, bound to a mailbox or a unit; asks for a fresh code. Answer: `NewToken`."""

    name: str
    mailbox: str
    unit: str
    days: int
    per_hour: int
    code: str
    reason: str = ""


class NewToken(Struct, frozen=True, tag="new_token"):
    """Shown once."""

    name: str
    token: str


class RevokeToken(Struct, frozen=True, kw_only=True, tag="revoke_token"):
    """End a token at once."""

    name: str
    code: str
    reason: str = ""


class SetMail(Struct, frozen=True, kw_only=True, tag="set_mail"):
    """Say where the notices of an account go; empty for nowhere."""

    name: str
    mail: str
    code: str
    reason: str = ""


class SetRoles(Struct, frozen=True, kw_only=True, tag="set_roles"):
    """Give an account exactly these roles; its sessions end."""

    name: str
    roles: tuple[Role, ...]
    code: str
    reason: str = ""


class ResetSecondFactor(Struct, frozen=True, kw_only=True, tag="reset_second_factor"):
    """After a lost phone: a one-time password and a new enrolment; sessions end. Answer: `OneTimePassword`."""

    name: str
    code: str
    reason: str = ""


class SetLocked(Struct, frozen=True, kw_only=True, tag="set_locked"):
    """Lock an account and end its sessions, or open it again."""

    name: str
    locked: bool
    code: str
    reason: str = ""
