"""Reading the log: lists with filters, one mail with everything about it, full-text search, export.

Queries go to the search index, which catches up first, and then to the records themselves: what is shown is always the
record, never the index.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec

from gateway.audit import record as r
from gateway.audit.facts import Keyed
from gateway.audit.index import Index
from gateway.audit.index_rows import exact, fold, unit_tag
from gateway.audit.rows import Row, row_of
from gateway.audit.store import Folder, unusable
from gateway.errors import UserError
from gateway.model import Disposition
from gateway.texts.catalogue import both
from gateway.yaml.file import closest, printable

_DECODER = msgspec.json.Decoder(r.AnyRecord)
_WORDS = re.compile(r'"([^"]+)"|(\S+)')
_LETTERS = re.compile(r"\w+\*?")
_HAS_TAG = "EXISTS (SELECT 1 FROM tag WHERE tag.name = ? AND tag.seq = {key})"
_HAS_NAME = "EXISTS (SELECT 1 FROM entry AS named WHERE named.seq = {key} AND named.id = ?)"
_STAMPED = "EXISTS (SELECT 1 FROM entry AS stamped WHERE stamped.seq = {key} AND stamped.time {bound} ?)"
_LAST = 1 << 62
_DISORDER = 3600 * 10**6
"""Microseconds by which a record may be stamped before another and stand behind it: processes stamp, then wait for their
turn, for seconds at the most; the rest is for clocks that are set back."""

STATES = (
    *(delivery.value for delivery in r.Delivery),
    *(
        "refused",
        "recipient_refused",
        "content_refused",
        "auth_failed",
        "weak_password",
        "sound_password",
        "trouble",
        "act",
    ),
)
"""What can be asked for as the state of an entry."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What is looked for; every condition that is given must hold."""

    words: str = ""
    """Full text: subject, file names, addresses, reference, the MTA's queue id, signers. `"..."` is a phrase, `...*` a beginning."""
    sender: str = ""
    """Reverse-path, or `@domain`."""
    recipient: str = ""
    login: str = ""
    unit: str = ""
    """Unit of the reverse-path as the directory had it; case and diacritics do not matter."""
    disposition: str = ""
    """Decided, or what would have been decided without monitor mode and waivers."""
    state: str = ""
    """One of `STATES`."""
    rule: str = ""
    """`policy.rule`, or `policy` for any rule of it."""
    filename: str = ""
    """Words of a file name."""
    reference: str = ""
    sha256: str = ""
    """Digest of a mail or a part, in hex."""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    before_seq: int | None = None
    """For the next page: the sequence number of the last row shown."""


@dataclass(frozen=True)
class WeakPassword:
    """A mailbox whose password, when it was last judged, was not what Điều 6 asks for."""

    login: str
    since: datetime
    """First of the judgements that found it weak, with none in between that did not."""
    last: datetime


@dataclass(frozen=True)
class History:
    """Everything that the log has about one reference, in order."""

    reference: str
    records: tuple[r.AnyRecord, ...]

    @property
    def mail(self) -> r.MailFacts | None:
        """The judged mail, None when the reference is of something else."""
        for record in self.records:
            if isinstance(record, r.Intent | r.Refused):
                return record.mail
        return None


class AuditReader:
    """A log opened for reading, beside any process that writes it."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._index = Index(folder)
        self.index_was_wrong = False
        """Rows of the search index were gone; it has been made again from the log."""

    @classmethod
    def open(cls, data: Path) -> AuditReader:
        """Open the log under a data directory; UserError when there is none or it cannot be read."""
        reader = cls(Folder(data))
        reader._index.log  # noqa: B018 - opening it now tells of a missing log at once
        return reader

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def last(self) -> int:
        """Number of the newest record."""
        return int(self._index.log.execute("SELECT max(seq) FROM record").fetchone()[0] or 0)

    def show_indexing(self, tick: Callable[[int], None]) -> None:
        """Tell of records that the index takes before a query."""
        self._index.on_advance = tick

    def close(self) -> None:
        """Close the files."""
        self._index.close()

    def find(self, wanted: Filter) -> tuple[Row, ...]:
        """Return what matches, newest first; UserError for words, states or dispositions that make no sense."""
        _known("state", wanted.state, STATES)
        _known("disposition", wanted.disposition, tuple(one.word for one in Disposition))
        try:
            try:
                sequence_numbers = self._matching(wanted)
            except sqlite3.DatabaseError:  # more likely of the index, which can be made again
                self.index_was_wrong = True
                self._index.build_anew()
                sequence_numbers = self._matching(wanted)
            return tuple(self._row(seq) for seq in sequence_numbers)
        except sqlite3.DatabaseError as error:
            raise unusable(self._folder.database, error) from None

    def search(self, words: str, *, limit: int = 50) -> tuple[Row, ...]:
        """Return what holds all the words; letters with marks must match exactly, plain letters match either."""
        return self.find(Filter(words=words, limit=limit))

    def show(self, reference: str) -> History | None:
        """Return everything about a reference (any case), None when the log does not know it."""
        index = self._checked(())
        wanted = reference.strip()
        for candidate in dict.fromkeys((wanted, wanted.upper())):
            rows = index.execute("SELECT seq FROM event WHERE id = ? ORDER BY seq", (candidate,)).fetchall()
            if rows:
                return History(candidate, tuple(self._record(seq) for (seq,) in rows))
        return None

    def weak_passwords(self) -> tuple[WeakPassword, ...]:
        """Return the mailboxes with a weak password by the latest judgement of each, in order of their names."""
        weak: dict[str, WeakPassword] = {}
        for record in self._judged_passwords():
            login, moment = record.login.casefold(), datetime.fromisoformat(record.time)
            if record.sound:
                weak.pop(login, None)
            else:
                before = weak.get(login)
                weak[login] = WeakPassword(login, before.since if before is not None else moment, moment)
        return tuple(weak[login] for login in sorted(weak))

    def weak_password_before(self, login: str, place: int, since: datetime) -> bool:
        """Tell whether a record before `place` and after `since` found the password of a login weak."""
        # By the time of each record: two processes may write their records in another order than they stamped them.
        row = (
            self._index.catch_up()
            .execute(
                "SELECT 1 FROM tag JOIN entry ON entry.seq = tag.seq WHERE tag.name = ? AND tag.seq < ? AND entry.time >= ?"
                " AND EXISTS (SELECT 1 FROM tag AS state WHERE state.name = 'state:weak_password' AND state.seq = tag.seq)",
                (f"login:{login.casefold()}", place, _microseconds(since)),
            )
            .fetchone()
        )
        return row is not None

    def _judged_passwords(self) -> Iterator[r.PasswordJudged]:
        index = self._index.catch_up()
        for (seq,) in index.execute(
            "SELECT seq FROM tag WHERE name IN ('state:weak_password', 'state:sound_password') ORDER BY seq"
        ):
            record = self._record(seq)
            if isinstance(record, r.PasswordJudged):
                yield record

    def records(self, *, first: int = 1, last: int | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Yield body and hash of the records in order, exactly as they stand in the log."""
        yield from (
            (bytes(body), bytes(digest))
            for body, digest in self._index.log.execute(
                "SELECT body, hash FROM record WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last or _LAST)
            )
        )

    def _record(self, seq: int) -> r.AnyRecord:
        row = self._index.log.execute("SELECT body FROM record WHERE seq = ?", (seq,)).fetchone()
        record: r.AnyRecord = _DECODER.decode(row[0])
        return record

    def _matching(self, wanted: Filter) -> tuple[int, ...]:
        index = self._checked(self._tags(wanted))
        conditions: list[str] = []
        values: list[object] = []
        low, high = 0, (wanted.before_seq - 1) if wanted.before_seq is not None else _LAST
        tags = self._tags(wanted)
        match = _match_expression(wanted)
        if match is not None:
            source, key = "words", "words.rowid"
            conditions.append("words MATCH ?")
            values.append(match)
        elif tags:
            source, key = "tag AS driver", "driver.seq"
            conditions.append("driver.name = ?")
            values.append(tags.pop(0))
        else:
            source, key = "entry", "entry.seq"
            if wanted.reference:  # by the index on id, not by a walk through all of them
                conditions.append("entry.id = ?")
                values.append(wanted.reference.strip().upper())
        if wanted.since is not None:
            since = _microseconds(wanted.since)
            low = _lowest(index, since)
            conditions.append(_STAMPED.format(key=key, bound=">="))
            values.append(since)
        if wanted.until is not None:
            until = _microseconds(wanted.until)
            high = min(high, _highest(index, until))
            conditions.append(_STAMPED.format(key=key, bound="<="))
            values.append(until)
        conditions.append(f"{key} BETWEEN ? AND ?")
        values += [low, high]
        for tag in tags:
            conditions.append(_HAS_TAG.format(key=key))
            values.append(tag)
        if wanted.reference and source != "entry":
            conditions.append(_HAS_NAME.format(key=key))
            values.append(wanted.reference.strip().upper())
        sql = f"SELECT {key} FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {key} DESC LIMIT ?"  # noqa: S608 - only our own words are put in
        values.append(max(1, wanted.limit))
        return tuple(row[0] for row in index.execute(sql, values))

    def _checked(self, tags: Iterable[str]) -> sqlite3.Connection:
        """Return the index, made again from the log if rows of these tags are gone."""
        index = self._index.catch_up()
        if not self._index.rows_are_gone(tags):
            return index
        self.index_was_wrong = True
        return self._index.build_anew()

    def _tags(self, wanted: Filter) -> list[str]:
        """Return the tags that must all be there, the most selective kind first."""
        tags = []
        if wanted.sha256:
            tags.append(f"sha:{wanted.sha256.lower()[:32]}")
        for name, value in (("to", wanted.recipient), ("from", wanted.sender), ("login", wanted.login)):
            if value:
                tags.append(f"{name}:{value.strip().strip('<>').casefold()}")
        if wanted.unit.strip():
            tags.append(unit_tag(wanted.unit))
        if wanted.rule:
            tags.append(f"rule:{wanted.rule}" if "." in wanted.rule else f"policy:{wanted.rule}")
        if wanted.state:
            tags.append(f"state:{wanted.state}")
        if wanted.disposition:
            tags.append(f"is:{wanted.disposition}")
        return tags

    def keyed(self, sha256: str) -> str:
        """Return the keyed digest under which a file of a confidential mail is listed."""
        return Keyed(self._folder.secret("audit-hmac", 32)).digest(sha256.lower())

    def _row(self, seq: int) -> Row:
        record = self._record(seq)
        row = row_of(record)
        if isinstance(record, r.Intent):
            return replace(row, state=self._state(record.id))
        return row

    def _state(self, reference: str) -> str:
        """Return what became of a mail, `pending` while nothing is recorded."""
        index = self._index.connection
        state = "pending"
        for (seq,) in index.execute("SELECT seq FROM event WHERE id = ? ORDER BY seq", (reference,)):
            match self._record(seq):
                case r.Sending():
                    state = "sending"
                case r.Outcome(delivery=delivery):
                    state = delivery.value
                case _:
                    pass
        return state


def _known(key: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise UserError for a word that no entry can bear: an empty list would look like an answer."""
    if value and value not in allowed:
        guess = closest(value, allowed)
        fields = {"value": printable(value), "allowed": ", ".join(allowed)}
        hint = both("audit", "fault", "did_you_mean", guess=guess) if guess else ""
        raise UserError(both("audit", "fault", key, **fields) + (f" ({hint})" if hint else ""))


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1e6)


def _lowest(index: sqlite3.Connection, since: int) -> int:
    """Return a sequence number before which no record is stamped at or after a time; some behind it may be older."""
    (first,) = index.execute("SELECT min(time) FROM entry WHERE time >= ?", (since,)).fetchone()
    if first is None:
        return _LAST
    query = "SELECT min(seq) FROM entry WHERE time BETWEEN ? AND ?"
    return int(index.execute(query, (first, first + _DISORDER)).fetchone()[0])


def _highest(index: sqlite3.Connection, until: int) -> int:
    """Return a sequence number behind which no record is stamped at or before a time; some before it may be younger."""
    (last,) = index.execute("SELECT max(time) FROM entry WHERE time <= ?", (until,)).fetchone()
    if last is None:
        return 0
    query = "SELECT max(seq) FROM entry WHERE time BETWEEN ? AND ?"
    return int(index.execute(query, (last - _DISORDER, last)).fetchone()[0])


def _match_expression(wanted: Filter) -> str | None:
    """Return the FTS5 expression for words and file name, None without either; nothing of FTS5's syntax gets through."""
    terms = [
        *(_term(word, files=False) for word in _split(wanted.words)),
        *(_term(word, files=True) for word in _split(wanted.filename)),
    ]
    present = [term for term in terms if term]
    if (wanted.words.strip() or wanted.filename.strip()) and not present:
        raise UserError("không có từ nào để tìm / there is no word to look for")
    return " AND ".join(present) or None


def _split(text: str) -> list[str]:
    return [found[1] or found[2] for found in _WORDS.finditer(text[:500])][:20]


def _term(word: str, *, files: bool) -> str:
    marked = fold(word) != exact(word)
    folded = _phrase(fold(word))
    if not folded:
        return ""
    if not marked:
        return f"({{files}} : {folded})" if files else f"({{subject files other}} : {folded})"
    precise = _phrase(exact(word))
    if files:
        return f"({{files_exact}} : {precise})"
    # Names of people and signers stand in folded form only.
    return f"(({{subject_exact files_exact}} : {precise}) OR ({{other}} : {folded}))"


def _phrase(text: str) -> str:
    """Return a quoted FTS5 phrase of the letters and digits in a text; a final `*` asks for a beginning."""
    tokens = _LETTERS.findall(text)
    if not tokens:
        return ""
    star = "*" if tokens[-1].endswith("*") else ""
    words = " ".join(token.rstrip("*").replace("_", " ") for token in tokens).strip()
    return f'"{words}"{star}' if words else ""
