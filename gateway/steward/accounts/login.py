"""Login of accounts, and fresh codes for acts. A failed attempt reveals nothing but the failure."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.audit.record import Act
from gateway.steward.accounts.book import Account, Book, Kind, credentials, find_account
from gateway.steward.accounts.codes import digest_of, new_secret, step_of, use_step
from gateway.steward.accounts.hashes import Verifier
from gateway.steward.accounts.sessions import Sessions
from gateway.steward.accounts.throttle import Addresses, Names
from gateway.steward.questions.refused import Refused, refused

Recorder = Callable[[Act], int]
"""Writes an act into the log; AuditError when it could not, and then nothing is done."""
_LONGEST_NAME: Final = 64


@dataclass(frozen=True)
class _Kept:
    """Credentials of an account; for an unknown name, some that nothing matches."""

    account: Account | None
    password: str | None
    one_time: str | None
    secret: str | None
    recovery: frozenset[str]


class Logins:
    """Judges tries."""

    def __init__(
        self, book: Book, sessions: Sessions, record: Recorder, addresses: Addresses, *, clock: Callable[[], float]
    ) -> None:
        self._book = book
        self._sessions = sessions
        self._record = record
        self._clock = clock
        self._names = Names(book, clock)
        self._addresses = addresses
        self._verifier = Verifier()
        self._decoy_secret = new_secret()

    def log_in(self, name: str, password: str, code: str, client: str) -> str:
        """Return the token of a new session; Refused: `bad_login`, `locked` or `too_many`."""
        name = name.strip().casefold()[:_LONGEST_NAME]
        locks, kept = self._begin(name, client)
        known = self._verifier.holds(kept.password or kept.one_time, password)
        if not (known and self._second(kept, code, client)):
            raise self._wrong(kept.account, "login", client, locks=locks)
        assert kept.account is not None
        if kept.account.locked:
            self._record(_act(kept.account, "login", client, ok=False, about="locked"))
            raise refused("locked")
        with self._book.changing() as connection:
            self._record(_act(kept.account, "login", client))
            token = self._sessions.begin(connection, name, mailbox=False)
            connection.execute("UPDATE account SET last_login = ? WHERE name = ?", (int(self._clock()), name))
        self._names.forgive(name)
        return token

    def check_password(self, name: str, password: str, client: str) -> None:
        """Judge the present password of a person with a session; Refused as for a login."""
        locks, kept = self._begin(name, client)
        if not self._verifier.holds(kept.password, password):
            raise self._wrong(kept.account, "password", client, locks=locks)
        self._names.forgive(name)

    def check_fresh(self, name: str, code: str, client: str, *, what: str) -> None:
        """Judge the code that goes with an act; it counts once. Refused: `bad_code`, `locked` or `too_many`."""
        locks, kept = self._begin(name, client)
        if kept.secret is None or not self._by_step(kept, code):
            raise self._wrong(kept.account, what, client, locks=locks, kind="bad_code")
        self._names.forgive(name)

    def _begin(self, name: str, client: str) -> tuple[bool, _Kept]:
        """Count a try; return whether it locks the name if wrong, and what is known; a locked one counts by address."""
        self._addresses.check(client)
        try:
            return self._names.begin(name), self._kept(name)
        except Refused:
            self._addresses.count(client)
            raise

    def _wrong(
        self, account: Account | None, what: str, client: str, *, locks: bool, kind: str = "bad_login"
    ) -> Refused:
        """Record a wrong try; return the refusal."""
        address_locked = self._addresses.count(client)
        about = " ".join(["locks"] * locks + ["locks_address"] * address_locked)
        self._record(_act(account, what, client, ok=False, about=about))
        return refused(kind)

    def _second(self, kept: _Kept, code: str, client: str) -> bool:
        """Return whether the second factor is right; it is used up then. An account without one has its one-time password only."""
        if kept.password is None and kept.account is not None:
            return kept.one_time is not None
        return self._by_step(kept, code) or self._by_recovery(kept, code, client)

    def _by_step(self, kept: _Kept, code: str) -> bool:
        now = self._clock()
        step = step_of(kept.secret or self._decoy_secret, code, now)
        if step is None or kept.secret is None or kept.account is None:
            return False
        with self._book.changing() as connection:
            return use_step(connection, kept.account.name, step, now)

    def _by_recovery(self, kept: _Kept, code: str, client: str) -> bool:
        digest = digest_of(code)
        if digest not in kept.recovery or kept.account is None:
            return False
        mine = (kept.account.name, Kind.RECOVERY.value)
        with self._book.changing() as connection:
            gone = connection.execute(
                "DELETE FROM credential WHERE name = ? AND kind = ? AND value = ?", (*mine, digest)
            )
            if gone.rowcount != 1:  # another request used it first
                return False
            (left,) = connection.execute("SELECT count(*) FROM credential WHERE name = ? AND kind = ?", mine).fetchone()
            self._record(_act(kept.account, "recovery_code", client, about=f"{left} left"))
        return True

    def _kept(self, name: str) -> _Kept:
        now = int(self._clock())

        def first(connection: sqlite3.Connection, kind: Kind) -> str | None:
            return next(iter(credentials(connection, name, kind, now)), None)

        with self._book.reading() as connection:
            return _Kept(
                find_account(connection, name),
                first(connection, Kind.PASSWORD),
                first(connection, Kind.ONE_TIME),
                first(connection, Kind.TOTP),
                frozenset(credentials(connection, name, Kind.RECOVERY, now)),
            )


def _act(account: Account | None, what: str, client: str, *, ok: bool = True, about: str = "") -> Act:
    """Return the record of a try. An unknown name is not in it: it may be a password in the wrong field."""
    roles = tuple(sorted(role.value for role in account.roles)) if account is not None else ()
    return Act(
        who=account.name if account is not None else "", roles=roles, what=what, client=client, ok=ok, about=about
    )
