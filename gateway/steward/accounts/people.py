"""The person behind a session, with current roles."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Final

from gateway.model import VIETNAM, Directory, Mailbox
from gateway.steward.accounts.book import Book, find_account
from gateway.steward.accounts.login import Logins, Recorder
from gateway.steward.accounts.mail_codes import MailCodes
from gateway.steward.accounts.sessions import Session, Sessions, end_one, is_there
from gateway.steward.accounts.throttle import Addresses
from gateway.steward.accounts.tokens import Tokens
from gateway.steward.questions.refused import refused
from gateway.steward.requests.book import RequestBook
from gateway.steward.roles import Person, Role
from gateway.vietnamese.addresses import normal_form

NOBODY: Final = Person(name="")


class People:
    """Accounts and mailboxes, and their sessions."""

    def __init__(
        self,
        book: Book,
        record: Recorder,
        directory: Callable[[], Directory | None],
        send: Callable[[str, str], None],
        *,
        clock: Callable[[], float],
    ) -> None:
        self.book = book
        self.requests = RequestBook(book)
        self.tokens = Tokens(book, clock)
        self.clock = clock
        self.record = record
        self.addresses = Addresses(clock)
        self.sessions = Sessions(book, clock)
        self.logins = Logins(book, self.sessions, record, self.addresses, clock=clock)
        self.mail_codes = MailCodes(send, clock=clock)
        self._directory = directory

    def session(self, token: str) -> Session:
        """Return the session of a token; Refused `no_session` without a good one."""
        session = self.sessions.find(token) if token else None
        if session is None:
            raise refused("no_session")
        return session

    def person(self, session: Session) -> Person:
        """Return who has a session; Refused `no_session` once an account is locked or a mailbox not in use any more."""
        person = self._now(session)
        if person is None:
            with self.book.changing() as connection:
                end_one(connection, session.key)
            raise refused("no_session")
        return person

    def expect(self, person: Person, token: str) -> None:
        """Refuse when a session has ended since, or its person holds less than then; may be asked within a transaction."""
        session = self.sessions.find(token)
        now = self._now(session) if session is not None else None
        if now is None:
            raise refused("no_session")
        if not person.roles <= now.roles:
            raise refused("forbidden")

    def mailbox(self, address: str) -> Mailbox | None:
        """Return the mailbox of the directory that a person may log in with, None when there is none."""
        directory = self._directory()
        mailbox = directory.find(normal_form(address.strip())) if directory is not None else None
        today = datetime.fromtimestamp(self.clock(), VIETNAM).date()
        return mailbox if mailbox is not None and mailbox.usable(today) else None

    def still(self, connection: sqlite3.Connection, session: Session, roles: frozenset[Role]) -> None:
        """Refuse, inside a transaction, when a session has ended or its account lost all of these roles meanwhile."""
        account = find_account(connection, session.name)
        if account is None or account.locked or not is_there(connection, session.key):
            raise refused("no_session")
        if account.roles.isdisjoint(roles):
            raise refused("forbidden")

    def _now(self, session: Session) -> Person | None:
        return self._of_mailbox(session) if session.mailbox else self._of_account(session)

    def _of_account(self, session: Session) -> Person | None:
        with self.book.reading() as connection:
            account = find_account(connection, session.name)
        if account is None or account.locked:
            return None
        return Person(
            name=account.name,
            display=account.display,
            roles=account.roles,
            mail=account.mail,
            csrf=session.csrf,
            must_enrol=not account.enrolled,
        )

    def _of_mailbox(self, session: Session) -> Person | None:
        mailbox = self.mailbox(session.name)
        return self.holder(mailbox, session.csrf) if mailbox is not None else None

    def holder(self, mailbox: Mailbox, csrf: str = "") -> Person | None:
        """Return the holder of a mailbox, with the units whose head he is."""
        directory = self._directory()
        if directory is None:
            return None
        units = tuple(
            unit.id for unit in directory.units.values() if any(directory.find(head) is mailbox for head in unit.heads)
        )
        return Person(
            name=mailbox.address,
            display=mailbox.name,
            roles=frozenset({Role.CLERK, Role.UNIT_HEAD} if units else {Role.CLERK}),
            units=units,
            csrf=csrf,
        )
