"""Side tables of the log: open mails (between intent and outcome), and keys of recently relayed mails.

Their rows are written in the transaction of their records. The changes of a group are combined first, so that a commit
inserts by one statement a table for any number of mails: each step of SQLite releases the interpreter lock and acquires
it again, in contention with the event loop.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence

from msgspec import Struct

from gateway.errors import KnownReferenceError

INTO_RECORD = "INSERT INTO record (seq, body, hash)"
INTO_FACTS = "INSERT INTO facts (seq, version, body)"
_INTO_OPEN_MAIL = "INSERT INTO open_mail (id, process, sending, key)"
_INTO_RELAYED = "INSERT INTO relayed (key, time, id)"


class Opened(Struct, frozen=True, array_like=True, tag=0):
    """A mail is about to be relayed."""

    reference: str
    process: str
    """The process that has it in flight."""
    sending: bool = False
    """Its final dot is about to go out with it."""
    key: bytes | None = None
    """Duplicate key of a mail that is about to be relayed."""


class Sending(Struct, frozen=True, array_like=True, tag=1):
    """The final dot of an open mail is about to go out."""

    reference: str


class Closed(Struct, frozen=True, array_like=True, tag=2):
    """The outcome of a mail is known."""

    reference: str
    relayed_key: bytes | None = None
    """Duplicate key of a delivered mail."""


Mark = Opened | Sending | Closed


def write_marks(connection: sqlite3.Connection, marks: Iterable[Mark]) -> None:
    """Bring the side tables up to marks, in the transaction; KnownReferenceError for a reference still in flight."""
    opened: dict[str, tuple[str, str, int, bytes | None]] = {}
    sending: list[tuple[str]] = []
    closed: list[tuple[str]] = []
    relayed: list[tuple[bytes, float, str]] = []
    for mark in marks:
        match mark:
            case Opened(reference, process, at_once, key):
                if reference in opened:
                    raise KnownReferenceError(reference)
                opened[reference] = (reference, process, int(at_once), key)
            case Sending(reference) if reference in opened:
                opened[reference] = (*opened[reference][:2], 1, opened[reference][3])
            case Sending(reference):
                sending.append((reference,))
            case Closed(reference, key):
                if opened.pop(reference, None) is None:
                    closed.append((reference,))
                if key is not None:
                    relayed.append((key, time.time(), reference))
    try:
        insert_rows(connection, _INTO_OPEN_MAIL, list(opened.values()))
    except sqlite3.IntegrityError as error:
        raise KnownReferenceError(str(error)) from error
    # A list of names would become a table of its own in memory, which costs more than the steps.
    if sending:
        connection.executemany("UPDATE open_mail SET sending = 1 WHERE id = ?", sending)
    if closed:
        connection.executemany("DELETE FROM open_mail WHERE id = ?", closed)
    insert_rows(connection, _INTO_RELAYED, relayed)


def insert_rows(connection: sqlite3.Connection, into: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows by one statement that begins with `into`; none for no rows."""
    if rows:
        places = ",".join([f"({_places(len(rows[0]))})"] * len(rows))
        connection.execute(f"{into} VALUES {places}", [value for row in rows for value in row])


def _places(count: int) -> str:
    return ",".join("?" * count)
