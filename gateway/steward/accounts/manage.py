"""Creation, change and lock of accounts, for console and commands."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from gateway.errors import UserError
from gateway.model import VIETNAM, Directory
from gateway.notice import mailbox_of
from gateway.steward.accounts.book import Account, Book, Kind, find_account, put_credential
from gateway.steward.accounts.codes import new_password
from gateway.steward.accounts.hashes import hashed
from gateway.steward.accounts.sessions import end_all
from gateway.steward.roles import MAILBOX_ROLES, Role
from gateway.texts.catalogue import both
from gateway.vietnamese.addresses import normal_form

ONE_TIME_S: Final = 7 * 24 * 3600
"""Lifetime of a one-time password."""
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}\Z")
_LONGEST_DISPLAY: Final = 80

Sign = Callable[[sqlite3.Connection, str, str], None]
"""Called inside the transaction, last of all, with what is done and to whom: it records the act, or raises and nothing is done."""


class AccountFaultError(UserError):
    """It cannot be done; `key` names the words ([accounts] of steward.toml)."""

    def __init__(self, key: str) -> None:
        super().__init__(both("steward", "accounts", key))
        self.key = key


def add(book: Book, name: str, display: str, roles: Iterable[Role], *, now: float, sign: Sign, mail: str = "") -> str:
    """Make an account; return its one-time password. `mail` comes from `official_mailbox`."""
    wanted = _checked(roles)
    if not _NAME.match(name):
        raise AccountFaultError("name")
    if not 1 <= len(display.strip()) <= _LONGEST_DISPLAY or not display.isprintable():
        raise AccountFaultError("display")
    password = new_password()
    kept = hashed(password)
    with book.changing() as connection:
        if find_account(connection, name) is not None:
            raise AccountFaultError("taken")
        connection.execute(
            "INSERT INTO account (name, display, roles, mail) VALUES (?, ?, ?, ?)",
            (name, display.strip(), _text(wanted), mail),
        )
        put_credential(connection, name, Kind.ONE_TIME, [kept], until=int(now) + ONE_TIME_S)
        sign(connection, "account_add", f"{name}: {_text(wanted)}{f', {mail}' if mail else ''}")
    return password


def set_mail(book: Book, name: str, mail: str, *, sign: Sign) -> None:
    """Have notices of an account go to an `official_mailbox`, or nowhere."""
    with book.changing() as connection:
        _known(connection, name)
        sign(connection, "account_mail", f"{name}: {mail or '-'}")  # first: the previous mailbox is notified too
        connection.execute("UPDATE account SET mail = ? WHERE name = ?", (mail, name))


def official_mailbox(address: str, directory: Directory | None, login_domain: str) -> str:
    """Return an address, empty for none, in normal form; it is one of the directory, or of an official domain.

    Official are the domain of logins and those of the directory. AccountFaultError for another one.
    """
    address = address.strip()
    if not address:
        return ""
    mailbox = directory.find(normal_form(address)) if directory is not None else None
    if mailbox is not None and mailbox.usable(datetime.now(VIETNAM).date()) and mailbox.address.isascii():
        return mailbox.address
    listed = directory.mailboxes if directory is not None else ()
    domains = {login_domain, *(one.rpartition("@")[2] for one in listed)}
    plain = normal_form(mailbox_of(address, "")) if mailbox is None else ""
    if plain.rpartition("@")[2] not in domains - {""}:
        raise AccountFaultError("mail")
    return plain


def set_roles(book: Book, name: str, roles: Iterable[Role], *, sign: Sign) -> None:
    """Give an account exactly these roles; its sessions end."""
    wanted = _checked(roles)
    with book.changing() as connection:
        before = _known(connection, name)
        connection.execute("UPDATE account SET roles = ? WHERE name = ?", (_text(wanted), name))
        end_all(connection, name)
        sign(connection, "account_roles", f"{name}: {_text(before.roles)} -> {_text(wanted)}")


def reset_second_factor(book: Book, name: str, *, now: float, sign: Sign) -> str:
    """Take password, second factor and recovery codes from an account, end its sessions; return a one-time password."""
    password = new_password()
    kept = hashed(password)
    with book.changing() as connection:
        _known(connection, name)
        connection.execute("DELETE FROM credential WHERE name = ?", (name,))
        put_credential(connection, name, Kind.ONE_TIME, [kept], until=int(now) + ONE_TIME_S)
        end_all(connection, name)
        sign(connection, "account_reset", name)
    return password


def set_locked(book: Book, name: str, *, locked: bool, sign: Sign) -> None:
    """Lock an account and end its sessions, or open it again."""
    with book.changing() as connection:
        _known(connection, name)
        connection.execute("UPDATE account SET locked = ? WHERE name = ?", (locked, name))
        end_all(connection, name)
        sign(connection, "account_lock" if locked else "account_unlock", name)


def _known(connection: sqlite3.Connection, name: str) -> Account:
    account = find_account(connection, name) if _NAME.match(name) else None
    if account is None:
        raise AccountFaultError("unknown")
    return account


def _checked(roles: Iterable[Role]) -> frozenset[Role]:
    wanted = frozenset(roles)
    if not wanted:
        raise AccountFaultError("no_roles")
    if wanted & MAILBOX_ROLES:
        raise AccountFaultError("mailbox_role")
    if {Role.ACCOUNT_ADMIN, Role.SECURITY_OFFICER} <= wanted:
        raise AccountFaultError("excluded")
    return wanted


def _text(roles: Iterable[Role]) -> str:
    return " ".join(sorted(role.value for role in roles))
