"""Finding mails: lists and exports. `sight_of` and `visible` alone decide whose mails a person sees."""

from __future__ import annotations

import codecs
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from gateway.audit.export import Export
from gateway.audit.filter import ALL, STATES, Filter, Sight
from gateway.audit.query import AuditReader, History
from gateway.audit.record import Duplicate
from gateway.audit.render import Title, decided, with_content, words_of
from gateway.audit.rows import Row
from gateway.engine import PolicySet
from gateway.errors import SearchError, SearchTimeError
from gateway.model import VIETNAM, Disposition, Language
from gateway.steward import questions as q
from gateway.steward.desk import Desk
from gateway.steward.questions.refused import refused
from gateway.steward.roles import MAILBOX_ROLES, Person, Role
from gateway.texts.catalogue import pair
from gateway.vietnamese.printed import clean

_EVERYBODY: Final = frozenset({Role.OPERATOR, Role.POLICY_ADMIN, Role.SECURITY_OFFICER, Role.AUDITOR})
TRUSTED: Final = frozenset({Role.SECURITY_OFFICER, Role.AUDITOR})
"""With mails that have a secrecy finding."""
LIMIT_ROWS: Final = 100
_LIMIT_RECIPIENTS: Final = 200
"""Of one row: a mail to more than the usual limit of recipients is cut."""
_LIMIT_EXPORT_S: Final = 300.0
_PIECE_BYTES: Final = 1 << 16
_HIGHEST: Final = 1 << 62
_STATES: Final = tuple(state for state in STATES if state != "act")
_TONES: Final = {
    "relay": "good", "tag": "warn", "hold": "warn", "defer": "warn", "reject": "bad",
    "relayed": "good", "passed_on": "good", "held": "warn", "refused": "bad", "upstream_refused": "bad",
    "upstream_deferred": "warn", "unknown": "bad", "recipient_refused": "bad", "content_refused": "bad",
    "trouble": "bad", "auth_failed": "warn", "weak_password": "warn", "sound_password": "good",
}  # fmt: skip


def sight_of(desk: Desk, person: Person) -> Sight:
    """Return whose mails a person sees: all (those with a secrecy finding by trust of their own), or his and his units'."""
    if person.roles & _EVERYBODY:
        return Sight(everybody=True, confidential=bool(person.roles & TRUSTED))
    if not person.roles & MAILBOX_ROLES:
        return Sight()
    return Sight(
        addresses=addresses_of(desk, person),
        units=frozenset(person.units) if Role.UNIT_HEAD in person.roles else frozenset(),
    )


def addresses_of(desk: Desk, person: Person) -> frozenset[str]:
    """Return the addresses of a clerk's or unit head's mailbox, and its login without domain; none of an account."""
    if not person.roles & MAILBOX_ROLES:
        return frozenset()
    directory = desk.directory()
    mailbox = directory.find(person.name) if directory is not None else None
    found = {person.name, *(mailbox.aliases if mailbox is not None else ())}
    local, _, domain = person.name.partition("@")
    if domain.casefold() == desk.configuration.passwords.login_domain.casefold():
        found.add(local)
    return frozenset(address.casefold() for address in found)


def visible(reader: AuditReader, sight: Sight, reference: str) -> History | None:
    """Return everything about a reference, None for what the log does not have and for what the person may not see."""
    history = reader.show(reference)
    if history is not None and isinstance(history.records[0], Duplicate):  # a repetition is shown as what it repeats
        history = reader.show(history.records[0].of)
    # Looked for even when there is nothing, so that timing does not distinguish the two.
    name = history.reference if history is not None else reference
    seen, all_there_is = (len(reader.find(Filter(reference=name, sight=one))) for one in (sight, ALL))
    return history if 0 < seen == all_there_is else None


def search(desk: Desk, person: Person, question: q.Search, language: Language) -> q.Found:
    """Find mails; what cannot be searched for is a fault in words."""
    sight, limit = sight_of(desk, person), max(1, min(question.limit, LIMIT_ROWS))
    choices = _choices(desk, person, sight, language)
    try:
        wanted = filter_of(question, sight, desk.unit_names(), limit=limit + 1)
        with desk.reader() as reader:
            rows = reader.find(wanted)
    except SearchTimeError:
        raise
    except SearchError as error:
        return replace(choices, fault=error.words[language is not Language.VI])
    rows, older, newer = turned(rows, wanted)
    policies = desk.policies()
    listed = tuple(mail_row(row, policies, language) for row in rows)
    return replace(choices, rows=listed, older=older, newer=newer)


def turned(rows: tuple[Row, ...], wanted: Filter) -> tuple[tuple[Row, ...], int | None, int | None]:
    """Return the rows of a page, of which one more was found, and where the older and the newer page begin."""
    limit = wanted.limit - 1
    if wanted.after_seq is not None:
        more, rows = len(rows) > limit, rows[-limit:]
        return rows, rows[-1].seq if rows else wanted.after_seq + 1, rows[0].seq if more else None
    older, rows = rows[limit - 1].seq if len(rows) > limit else None, rows[:limit]
    first = rows[0].seq if rows else (wanted.before_seq or 0) - 1
    return rows, older, first if wanted.before_seq is not None else None


def _choices(desk: Desk, person: Person, sight: Sight, language: Language) -> q.Found:
    """Return an answer with what the fields of the search may have, and no rows."""
    directory, names = desk.directory() if sight.everybody else None, desk.unit_names()
    units = {mailbox.unit for mailbox in directory.mailboxes.values()} if directory is not None else set(person.units)
    dispositions = tuple(one.word for one in Disposition)
    return q.Found(
        units=tuple(sorted({names.get(unit, unit) for unit in units} - {""})),
        dispositions=tuple(q.Choice(key, words_of("disposition", key, language)) for key in dispositions),
        states=tuple(q.Choice(key, words_of("state", key, language)) for key in _STATES),
    )


def filter_of(question: q.Search, sight: Sight, unit_names: Mapping[str, str], *, limit: int) -> Filter:
    """Return the filter of a question; SearchError for days that are none, and for acts, which are no mails."""
    if question.state == "act":
        raise SearchError(*pair("audit", "fault", "state", value="act", allowed=", ".join(_STATES)))
    since, until = _day(question.since), _day(question.until)
    return Filter(
        words=question.text,
        since=since,
        until=until + timedelta(days=1, microseconds=-1) if until is not None else None,
        unit=question.unit,
        unit_names=unit_names,
        disposition=question.disposition,
        state=question.state,
        sha256=question.sha256,
        before_seq=turning(question.before),
        after_seq=turning(question.after) if question.before is None else None,
        limit=limit,
        sight=sight,
    )


def turning(number: int | None) -> int | None:
    """Return a sequence number of a question, within what there may be."""
    return max(0, min(number, _HIGHEST)) if number is not None else None


def _day(text: str) -> datetime | None:
    """Return the first moment of a day in Viet Nam."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if not 1970 <= day.year < 9000:
        raise SearchError(*pair("answers", "mails", "day", value=clean(text, limit=40)))
    return datetime.combine(day, time_of_day(), tzinfo=VIETNAM)


def mail_row(row: Row, policies: PolicySet, language: Language) -> q.MailRow:
    """Return one line of a list; nothing in it moves a cursor or turns text around."""
    title = titles(policies, language)
    return q.MailRow(
        seq=row.seq,
        time=row.time.isoformat(),
        reference=clean(row.reference),
        sender=clean(row.sender, limit=320),
        recipients=tuple(clean(address, limit=320) for address in row.recipients[:_LIMIT_RECIPIENTS]),
        unit=clean(row.unit, limit=200),
        subject=_subject(row, language),
        result=result_badge(row.disposition, row.would_be, language),
        state=state_badge(row.state, language),
        codes=tuple(clean(code) for code in row.codes),
        reasons=tuple(clean(title(*rule.split(".", 1)), limit=200) for rule in row.rules),
        confidential=row.confidential,
    )


def _subject(row: Row, language: Language) -> str | None:
    if row.kind == "checked":  # which has none, secret or not
        return words_of("kind", row.kind, language)
    return clean(row.subject, limit=300) if row.subject is not None and not row.confidential else None


def titles(policies: PolicySet, language: Language) -> Title:
    """Return the headings of rules."""

    def title(policy: str, rule: str) -> str:
        return policies.catalogue.title(policy, rule, language)

    return with_content(title, language)


def rule_label(policies: PolicySet, name: str, language: Language) -> str:
    """Return code and heading of a rule, given as `policy.rule`; the heading alone of one that there is no more."""
    policy_name, _, rule_name = name.partition(".")
    policy = policies.policy(policy_name)
    rule = policy.rules.get(rule_name) if policy is not None else None
    words = clean(titles(policies, language)(policy_name, rule_name), limit=200)
    return f"{rule.code} {words}" if rule is not None else words


def result_badge(disposition: str, would_be: str, language: Language) -> q.Badge:
    """Return what was decided, and what would have been without monitor mode and waivers."""
    return q.Badge(decided(disposition, would_be, language), _TONES.get(disposition, "plain"), disposition)


def state_badge(state: str, language: Language) -> q.Badge:
    """Return what became of a mail."""
    return q.Badge(words_of("state", state, language), _TONES.get(state, "plain"), state)


def export(desk: Desk, person: Person, question: q.Export, language: Language) -> Iterator[q.Answer]:
    """Stream what a search finds as a file; that it was asked for is an act, and recorded before anything is sent."""
    wanted = filter_of(question.search, sight_of(desk, person), desk.unit_names(), limit=0)
    if question.format not in {"csv", "jsonl", "xlsx"}:
        raise refused("invalid")
    desk.act(person, "export", about=clean(f"{question.format} {_shown(question.search)}", limit=300))
    until = time.monotonic() + _LIMIT_EXPORT_S
    with desk.reader() as reader:
        title = titles(desk.policies(), language)
        table = Export(reader, wanted, title, language=language, until=until)
        for octets in _octets(table, question.format, desk.configuration.data):
            yield q.Piece(octets)
        yield q.ExportEnd(table.rows, table.whole)


def _shown(search: q.Search) -> str:
    """Return the conditions of a search as the log keeps them."""
    given = {
        name: getattr(search, name) for name in ("text", "since", "until", "unit", "disposition", "state", "sha256")
    }
    return " ".join(f"{name}={value}" for name, value in given.items() if value)


def _octets(table: Export, format_: str, data: Path) -> Iterator[bytes]:
    if format_ == "xlsx":
        # Beside the log, which holds the same words, and gone with the answer; what a crash left goes with the next.
        for left in data.glob(".export-*"):
            with suppress(FileNotFoundError):  # of another export, which has just ended
                if time.time() - left.stat().st_mtime > 2 * _LIMIT_EXPORT_S:
                    shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=data) as folder:
            target = Path(folder) / "export.xlsx"
            table.xlsx(target)
            with target.open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    yield piece
        return
    gathered = bytearray(codecs.BOM_UTF8 if format_ == "csv" else b"")
    for line in table.csv() if format_ == "csv" else table.jsonl():
        gathered += line.encode("utf-8", "replace") + b"\n"
        if len(gathered) >= _PIECE_BYTES:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)
