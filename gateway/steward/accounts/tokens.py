"""API tokens: 256 random bits stored as SHA-256, bound to a mailbox or a unit, with an expiry and a rate limit."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.model import Directory
from gateway.report.labels import unit_id
from gateway.steward.accounts.book import Book
from gateway.steward.accounts.manage import AccountFaultError, Sign
from gateway.steward.accounts.sessions import key_of
from gateway.steward.questions.refused import refused
from gateway.steward.roles import Person

PREFIX: Final = "cvt_"
"""Prefix of tokens, so that leaked ones are recognised."""
LONGEST_DAYS: Final = 366
_NAMED: Final = "token:"
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}\Z")
_SCHEMA: Final = """CREATE TABLE IF NOT EXISTS program (
  name TEXT PRIMARY KEY, token BLOB NOT NULL UNIQUE, mailbox TEXT NOT NULL, unit TEXT NOT NULL, per_hour INTEGER NOT NULL,
  made INTEGER NOT NULL, until INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID"""
_COLUMNS: Final = "name, mailbox, unit, per_hour, made, until, used"
_USED_EVERY_S: Final = 60
"""Resolution of the time of last use."""


@dataclass(frozen=True)
class Program:
    """An API client for self-checks; `made`, `until` and `used` in seconds since 1970."""

    name: str
    mailbox: str
    """Sender of its checks; empty when bound to a unit."""
    unit: str
    per_hour: int
    made: int
    until: int
    used: int
    """Last time, to the minute; 0 for never."""


class Tokens:
    """All API tokens."""

    def __init__(self, book: Book, clock: Callable[[], float]) -> None:
        """Create the table when missing."""
        self._book = book
        self._clock = clock
        with book.changing() as connection:
            connection.execute(_SCHEMA)

    def person(self, token: str) -> Person:
        """Return the program of a token; Refused `no_session` when unknown or expired."""
        with self._book.reading() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM program WHERE token = ?",  # noqa: S608 - constants only
                (key_of(token),),
            ).fetchone()
        program, now = Program(*row) if row is not None else None, int(self._clock())
        if program is None or not program.made - 60 <= now < program.until:
            raise refused("no_session")
        if now - program.used >= _USED_EVERY_S:
            self._book.note("UPDATE program SET used = ? WHERE name = ?", (now, program.name))
        units = (program.unit,) if program.unit else ()
        return Person(name=f"{_NAMED}{program.name}", mailbox=program.mailbox, units=units)

    def per_hour(self, person: Person) -> int:
        """Return the rate limit of a program in checks per hour."""
        found = next((one for one in self.all() if f"{_NAMED}{one.name}" == person.name), None)
        return found.per_hour if found is not None else 0

    def all(self) -> tuple[Program, ...]:
        """Return all programs by name."""
        with self._book.reading() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM program ORDER BY name").fetchall()  # noqa: S608 - constants only
        return tuple(Program(*row) for row in rows)

    def add(self, name: str, *, mailbox: str, unit: str, per_hour: int, days: int, sign: Sign) -> str:
        """Create a token and return it, once. AccountFaultError for invalid arguments or a taken name."""
        now = int(self._clock())
        if not _NAME.match(name):
            raise AccountFaultError("name")
        if bool(mailbox) is bool(unit):
            raise AccountFaultError("token_bound")
        if not 1 <= days <= LONGEST_DAYS or not 1 <= per_hour <= 100_000:
            raise AccountFaultError("token_limits")
        token = PREFIX + secrets.token_urlsafe(32)
        with self._book.changing() as connection:
            if connection.execute("SELECT 1 FROM program WHERE name = ?", (name,)).fetchone():
                raise AccountFaultError("taken")
            connection.execute(
                f"INSERT INTO program ({_COLUMNS}, token) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",  # noqa: S608 - constants only
                (name, mailbox, unit, per_hour, now, now + days * 86400, key_of(token)),
            )
            sign(connection, "token_add", f"{name} {mailbox or unit}")
        return token

    def revoke(self, name: str, *, sign: Sign) -> None:
        """Revoke a token. AccountFaultError for an unknown name."""
        with self._book.changing() as connection:
            if not (name.isprintable() and connection.execute("DELETE FROM program WHERE name = ?", (name,)).rowcount):
                raise AccountFaultError("token_unknown")
            sign(connection, "token_revoke", name)


def listed_unit(unit: str, directory: Directory | None) -> str:
    """Return the id of a unit that is given by id or name, empty for none; AccountFaultError when no mailbox is of it."""
    unit = unit_id(unit, directory)
    if unit and (directory is None or all(one.unit != unit for one in directory.mailboxes.values())):
        raise AccountFaultError("token_unit")
    return unit


def is_program(person: Person) -> bool:
    """Return whether a person is a program with a token."""
    return person.name.startswith(_NAMED)
