"""Search filters as SQL over the search index. Values are bound and words quoted, so no FTS5 syntax is interpreted."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.audit.filter import STATES, Filter, Sight
from gateway.audit.index_rows import ACT, CHECKED, CONFIDENTIAL, EVERY, exact, fold, hop_tag, unit_tag, waiver_tag
from gateway.audit.search_box import Field, Term, has_letters, parse
from gateway.errors import SearchError
from gateway.model import Disposition
from gateway.model.reference import standard
from gateway.texts.catalogue import pair
from gateway.yaml.file import closest, printable

_MARKED = ("subject", "files")
"""Columns that have an exact form beside them."""
_LETTERS = re.compile(r"\w+\*?")
_CODE = re.compile(r"[A-Za-z]{1,8}-[0-9]{1,4}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_STAMPED = "EXISTS (SELECT 1 FROM entry AS stamped WHERE stamped.seq = {key} AND stamped.time {bound} ?)"
_LAST = 1 << 62
_DISORDER = 3600 * 10**6
"""Microseconds by which the order of timestamps may differ from the order of records: processes stamp a record, then wait
for the write lock, for seconds at most; the rest allows for clocks that are set back."""
_FEW = 1000
"""Up to this many rows of a tag are scanned before the full-text index is used."""
_COLUMNS = {
    Field.ANYWHERE: ("subject", "files", "sender", "recipients", "unit", "other"),
    Field.SENDER: ("sender",),
    Field.RECIPIENT: ("recipients",),
    Field.UNIT: ("unit",),
    Field.FILE: ("files",),
}


@dataclass(frozen=True)
class Phrase:
    """Consecutive words in one of some columns of `Words`."""

    words: tuple[str, ...]
    columns: tuple[str, ...]
    begins: bool = False
    """The last word is a prefix."""


@dataclass
class Conditions:
    """A filter as tag groups and phrases."""

    groups: list[tuple[str, ...]] = field(default_factory=list)
    """An entry must have a tag of each group; most selective kind first."""
    barred: list[str] = field(default_factory=list)
    """Excluded tags."""
    words: list[tuple[Phrase, ...]] = field(default_factory=list)
    """An entry must match a phrase of each group."""
    barred_words: list[tuple[Phrase, ...]] = field(default_factory=list)
    """Excluded phrase groups."""
    queue_ids: dict[tuple[Phrase, ...], str] = field(default_factory=dict)
    """Tag for a group of phrases that may be a queue id of the next hop: an entry may have it instead."""

    @property
    def tags(self) -> Iterator[str]:
        """All tags, to see whether their rows are whole."""
        for group in self.groups:
            yield from group
        yield from self.barred
        yield from self.queue_ids.values()


def storable(text: str) -> str:
    """Return text that a database accepts; undecodable bytes of a command line are replaced, as no record has them."""
    return text.encode("utf-8", "replace").decode()


def conditions_of(wanted: Filter, keyed: Callable[[str], tuple[str, ...]]) -> Conditions:
    """Return the conditions of a filter; SearchError for an invalid one. `keyed` returns keyed digests."""
    texts: dict[str, Any] = {name: storable(one) for name, one in vars(wanted).items() if isinstance(one, str)}
    wanted = replace(wanted, **texts)
    _known("state", wanted.state, STATES)
    _known("disposition", wanted.disposition, tuple(one.word for one in Disposition))
    terms = parse(wanted.words)
    if wanted.filename.strip() and not has_letters(Term(wanted.filename)):
        raise SearchError(*pair("audit", "fault", "no_words"))
    terms += tuple(Term(word, Field.FILE) for word in wanted.filename.split())
    found = Conditions()
    if wanted.sha256.strip():
        digest = wanted.sha256.strip().lower()
        if not _DIGEST.match(digest):
            raise SearchError(*pair("audit", "fault", "sha256", value=printable(wanted.sha256)[:80]))
        found.groups.append(tuple(f"sha:{one[:32]}" for one in (digest, *keyed(digest))))
    for name, value in (("to", wanted.recipient), ("from", wanted.sender), ("login", wanted.login)):
        if value:
            found.groups.append((_address_tag(name, value),))
    _take_terms(found, terms, wanted.unit_names)
    _take_sight(found, wanted.sight)
    if wanted.unit.strip():
        named = (unit_tag(one) for one, name in wanted.unit_names.items() if unit_tag(name) == unit_tag(wanted.unit))
        found.groups.append((unit_tag(wanted.unit), *named))
    if wanted.rule:
        found.groups.append((_rule_tag(wanted.rule),))
    if wanted.state:
        found.groups.append((f"state:{wanted.state}",))
    elif not (wanted.sha256.strip() or wanted.reference):
        found.barred.append(CHECKED)  # nothing was sent: they are found by their state, a file or a reference
    if wanted.disposition:
        found.groups.append((f"is:{wanted.disposition}",))
    return found


def _take_terms(found: Conditions, terms: tuple[Term, ...], unit_names: Mapping[str, str]) -> None:
    for term in terms:
        tag = _tag(term)
        if units := _units_called(term, unit_names):
            (found.barred.extend if term.barred else found.groups.append)(units)
        elif tag is None:
            if phrases := tuple(_phrases(term)):
                if term.field is Field.ANYWHERE and term.barred:
                    found.barred.append(hop_tag(term.text))
                elif term.field is Field.ANYWHERE:
                    found.queue_ids[phrases] = hop_tag(term.text)
                (found.barred_words if term.barred else found.words).append(phrases)
        elif term.barred:
            found.barred.append(tag)
        else:
            found.groups.append((tag,))


def _units_called(term: Term, unit_names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the tags of units recorded by an id whose name has the words of a term for units."""
    wanted = " ".join(_LETTERS.findall(fold(term.text))) if term.field is Field.UNIT else ""
    named = ((unit, " ".join(_LETTERS.findall(fold(name)))) for unit, name in unit_names.items())
    return tuple(unit_tag(unit) for unit, name in named if wanted and f" {wanted} ".replace("* ", "") in f" {name} ")


def _take_sight(found: Conditions, sight: Sight) -> None:
    """Restrict to what the viewer may see: own entries, or all but confidential ones."""
    if not sight.acts:
        found.barred.append(ACT)
    if sight.everybody:
        if not sight.confidential:
            found.barred.append(CONFIDENTIAL)
        return
    addresses = sorted(
        address for address in sight.addresses if not address.startswith("@")
    )  # that were a whole domain
    own = [_address_tag(name, address) for address in addresses for name in ("from", "login")]
    found.groups.append((*own, *(unit_tag(unit) for unit in sorted(sight.units) if unit.strip())))


def _tag(term: Term) -> str | None:
    """Return the tag that a term asks for, None when it asks for words."""
    if term.field is Field.RULE:
        return _rule_tag(term.text)
    if term.field is Field.WAIVER:
        return waiver_tag(term.text)
    if "@" in term.text and term.field in {Field.SENDER, Field.RECIPIENT}:
        return _address_tag("from" if term.field is Field.SENDER else "to", term.text)
    return None


def _address_tag(name: str, address: str) -> str:
    return f"{name}:{address.strip().strip('<>').casefold()}"


def _rule_tag(rule: str) -> str:
    rule = rule.strip()
    if _CODE.match(rule):
        return f"code:{rule.upper()}"
    return f"rule:{rule.lower()}" if "." in rule else f"policy:{rule.lower()}"


def _phrases(term: Term) -> Iterator[Phrase]:
    """Yield alternative phrases of a term; none for a term without letters."""
    columns = _COLUMNS[term.field]
    if fold(term.text) != exact(term.text) and term.field in {Field.ANYWHERE, Field.FILE}:
        yield from _phrase(exact(term.text), tuple(f"{name}_exact" for name in columns if name in _MARKED))
        columns = tuple(name for name in columns if name not in _MARKED)  # names of people are only stored folded
    if columns:
        yield from _phrase(fold(term.text), columns)


def _phrase(text: str, columns: tuple[str, ...]) -> Iterator[Phrase]:
    """Yield the phrase of the letters and digits in a text; a final `*` makes the last word a prefix."""
    tokens = _LETTERS.findall(text)
    words = " ".join(token.rstrip("*").replace("_", " ") for token in tokens).split()
    if words:
        yield Phrase(tuple(words), columns, begins=tokens[-1].endswith("*"))


def _match(found: Conditions) -> str | None:
    """Return the words of conditions as an FTS5 expression, None without any."""
    wanted, barred = ([_any_of(group) for group in side] for side in (found.words, found.barred_words))
    if not (wanted or barred):
        return None
    match = " AND ".join(wanted) or f'{{other}} : "{EVERY}"'
    return f"({match}) NOT ({' OR '.join(barred)})" if barred else match


def _any_of(group: tuple[Phrase, ...]) -> str:
    """Return an FTS5 expression of quoted words."""
    one = (f'({{{" ".join(each.columns)}}} : "{" ".join(each.words)}"{"*" * each.begins})' for each in group)
    return f"({' OR '.join(one)})"


def matching(index: sqlite3.Connection, found: Conditions, wanted: Filter) -> tuple[int, ...]:
    """Return the sequence numbers of the entries that match, newest first."""
    ways = _with_queue_ids(index, found)
    if len(ways) == 1 and not (found.words or found.barred_words or wanted.reference):
        ways = _apart(index, found)
    if len(ways) > 1:
        # The nearest of all are among the nearest of each tag, which are found in order.
        each = {seq for one in ways for seq in matching(index, one, wanted)}
        nearest = sorted(each, reverse=wanted.after_seq is None)[: max(1, wanted.limit)]
        return tuple(sorted(nearest, reverse=True))
    source, key, conditions, values = _source(index, found, wanted)
    low = 0 if wanted.after_seq is None else wanted.after_seq + 1
    high = _LAST if wanted.before_seq is None else wanted.before_seq - 1
    if wanted.since is not None:
        since = microseconds(wanted.since)
        low = max(low, _lowest(index, since))
        conditions.append(_STAMPED.format(key=key, bound=">="))
        values.append(since)
    if wanted.until is not None:
        until = microseconds(wanted.until)
        high = min(high, _highest(index, until))
        conditions.append(_STAMPED.format(key=key, bound="<="))
        values.append(until)
    conditions.append(f"{key} BETWEEN ? AND ?")
    values += [low, high]
    for tag in found.barred:
        conditions.append("NOT " + _has_any(key, 1))
        values.append(tag)
    order = "ASC" if wanted.after_seq is not None else "DESC"
    sql = f"SELECT {key} FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {key} {order} LIMIT ?"  # noqa: S608 - only our own words are put in
    values.append(max(1, wanted.limit))
    numbers = [row[0] for row in index.execute(sql, values)]
    return tuple(sorted(numbers, reverse=True))


def _with_queue_ids(index: sqlite3.Connection, found: Conditions) -> list[Conditions]:
    """Return the conditions once with the words of a term that is a queue id, and once with its tag."""
    for phrases, tag in found.queue_ids.items():
        if _fewest(index, [(tag,)])[1]:
            rest = replace(found, queue_ids={one: other for one, other in found.queue_ids.items() if one != phrases})
            words = [one for one in found.words if one != phrases]
            return [rest, replace(rest, words=words, groups=[*found.groups, (tag,)])]
    return [found]


def _apart(index: sqlite3.Connection, found: Conditions) -> list[Conditions]:
    """Return conditions for each tag of the group with the fewest rows by itself; none when that is one tag."""
    if not found.groups:
        return []
    number, _ = _fewest(index, found.groups)
    group, rest = found.groups[number], found.groups[:number] + found.groups[number + 1 :]
    return [replace(found, groups=[(tag,), *rest]) for tag in group] if len(group) > 1 else []


def _source(index: sqlite3.Connection, found: Conditions, wanted: Filter) -> tuple[str, str, list[str], list[object]]:
    """Return the table that is walked through, its key, and the conditions of words and tags with their values."""
    groups = list(found.groups)
    conditions: list[str] = []
    values: list[object] = []
    driver = _fewest(index, groups) if groups and not wanted.reference else None
    match = _match(found)
    if wanted.reference:  # by the index on id, not by a walk through all of them
        source, key = "entry INDEXED BY entry_id", "entry.seq"
        conditions.append("entry.id = ?")
        values.append(standard(wanted.reference) or storable(wanted.reference).strip().upper())
    elif match is not None and (driver is None or driver[1] > _FEW):
        source, key = "words", "words.rowid"
        conditions.append("words MATCH ?")
        values.append(match)
    elif driver is not None:
        group = groups.pop(driver[0])
        source, key = "tag AS driver", "driver.seq"
        if len(group) != 1:
            source = f"(SELECT DISTINCT seq FROM tag WHERE name IN ({_places(group)})) AS driver"  # noqa: S608 - placeholders only
            conditions.append("1")
        else:
            conditions.append("driver.name = ?")
        values += group
    else:
        source, key = "entry", "entry.seq"
    for group in groups:
        conditions.append(_has_any(key, len(group)))
        values += group
    if match is not None and source != "words":  # last, for it takes twenty times as long as a tag
        conditions.append(f"EXISTS (SELECT 1 FROM words WHERE words MATCH ? AND words.rowid = {key})")  # noqa: S608 - our own name
        values.append(match)
    return source, key, conditions, values


def _fewest(index: sqlite3.Connection, groups: list[tuple[str, ...]]) -> tuple[int, int]:
    """Return which group has the fewest rows in the index, and how many."""
    sizes = []
    for group in groups:
        sql = f"SELECT coalesce(sum(n), 0) FROM held WHERE name IN ({_places(group)})"  # noqa: S608 - placeholders only
        sizes.append(int(index.execute(sql, group).fetchone()[0]))
    return min(enumerate(sizes), key=lambda pair: pair[1])


def _has_any(key: str, count: int) -> str:
    names = "= ?" if count == 1 else f"IN ({', '.join('?' * count)})"
    return f"EXISTS (SELECT 1 FROM tag WHERE tag.name {names} AND tag.seq = {key})"  # noqa: S608 - our own name


def _places(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))


def _known(key: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise SearchError for a value that no entry can have: an empty list would look like a result."""
    if not value or value in allowed:
        return
    guess = closest(value, allowed)
    words = pair("audit", "fault", key, value=printable(value), allowed=", ".join(allowed))
    hints = pair("audit", "fault", "did_you_mean", guess=guess) if guess else ("", "")
    vietnamese, english = (f"{one} ({hint})" if hint else one for one, hint in zip(words, hints, strict=True))
    raise SearchError(vietnamese, english)


def microseconds(moment: datetime) -> int:
    """Return a time as the index has it."""
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
