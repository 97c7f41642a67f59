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


class AccountsView(Struct, frozen=True, tag="accounts_view"):
    """Accounts, and which roles there are."""

    accounts: tuple[AccountRow, ...]


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
