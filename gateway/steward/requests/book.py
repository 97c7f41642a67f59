"""Requests in `accounts.db`, one row each."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing

import msgspec

from gateway.audit import failpoints
from gateway.steward.accounts.book import Book
from gateway.steward.requests.request import Request, State

_LIMIT = 500
"""Decided requests of one list; older ones are found by their mail."""
_LONGEST_S = 31 * 24 * 3600
"""No request waits longer for somebody, and no mail is held longer."""
_SCHEMA = """CREATE TABLE IF NOT EXISTS request (
  id TEXT PRIMARY KEY, reference TEXT NOT NULL, opened INTEGER NOT NULL, state TEXT NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID"""
_WAITING = "opened > ? AND state IN ('open', 'endorsed', 'approved')"
_DECODER = msgspec.json.Decoder(Request)


class RequestBook:
    """The requests; each change is one transaction, undone when the record of its act cannot be written."""

    def __init__(self, book: Book) -> None:
        """Make room for requests where there is none yet."""
        self._book = book
        with book.changing() as connection:
            connection.execute(_SCHEMA)

    def all(self, now: float) -> tuple[Request, ...]:
        """Return requests that may await a decision, and the newest of the others; newest first."""
        newest = "id IN (SELECT id FROM request ORDER BY opened DESC, id LIMIT ?)"
        with self._book.reading() as connection:
            how = f"WHERE {_WAITING} OR {newest} ORDER BY opened DESC, id"
            return _read(connection, how, int(now) - _LONGEST_S, _LIMIT)

    def waiting(self, now: float) -> tuple[Request, ...]:
        """Return requests that may await a decision."""
        with self._book.reading() as connection:
            return _read(connection, f"WHERE {_WAITING}", int(now) - _LONGEST_S)

    def approved(self) -> tuple[Request, ...]:
        """Return the requests whose waivers were not taken back."""
        with self._book.reading() as connection:
            found = _read(connection, "WHERE state = ?", State.APPROVED.value)
        return tuple(one for one in found if not one.held)

    def find(self, name: str) -> Request | None:
        """Return one request, None when there is none of that name."""
        with self._book.reading() as connection:
            return next(iter(_read(connection, "WHERE id = ?", name)), None)

    def adopt(self, request: Request) -> None:
        """Insert the request of a held mail, which no person opened, unless it is there."""
        with self._book.changing() as connection:
            connection.execute("INSERT OR IGNORE INTO request VALUES (?, ?, ?, ?, ?)", _row(request))

    def of(self, reference: str) -> tuple[Request, ...]:
        """Return the requests about a mail, newest first."""
        with self._book.reading() as connection:
            return _read(connection, "WHERE reference = ? ORDER BY opened DESC", reference)

    def open(
        self, request: Request, sign: Callable[[], object], *, barred: Callable[[tuple[Request, ...]], None]
    ) -> None:
        """Put a new request in; `barred` looks at those of the same mail and raises when there may be no further one."""
        with self._book.changing() as connection:
            barred(_read(connection, "WHERE reference = ? ORDER BY opened DESC", request.reference))
            sign()
            failpoints.hit("request.recorded")
            connection.execute("INSERT INTO request VALUES (?, ?, ?, ?, ?)", _row(request))
        failpoints.hit("request.kept")

    def change(self, name: str, step: Callable[[Request], Request]) -> Request | None:
        """Replace a request by what `step` makes of it, in one transaction; None when there is no such request."""
        with self._book.changing() as connection:
            found = _read(connection, "WHERE id = ?", name)
            if not found:
                return None
            changed = step(found[0])
            failpoints.hit("request.recorded")
            connection.execute(
                "UPDATE request SET body = ?, state = ? WHERE id = ?",
                (msgspec.json.encode(changed), changed.state.value, name),
            )
        failpoints.hit("request.kept")
        return changed


def new_name() -> str:
    """Return the id of a new request."""
    return f"YC-{secrets.token_hex(4).upper()}"


def _row(request: Request) -> tuple[object, ...]:
    return request.id, request.reference, request.opened, request.state.value, msgspec.json.encode(request)


def _read(connection: sqlite3.Connection, how: str, *values: object) -> tuple[Request, ...]:
    with closing(connection.execute(f"SELECT body FROM request {how}", values)) as rows:  # noqa: S608 - our own words
        return tuple(_DECODER.decode(body) for (body,) in rows)
