"""Search filters as PostgreSQL conditions over the entries at the centre, equivalent to those of the local index."""

from __future__ import annotations

from collections.abc import Callable

from gateway.audit.conditions import Phrase, conditions_of, storable
from gateway.audit.filter import Filter
from gateway.cluster.records import LIMIT_TAG, WHAT, WHO
from gateway.cluster.vectors import query
from gateway.model.reference import standard

Keys = Callable[[str], tuple[str, ...]]


def where(wanted: Filter, keyed: Keys) -> tuple[str, list[object]]:
    """Return the SQL condition of a filter over `entry`, and its values; SearchError for an invalid filter."""
    found = conditions_of(wanted, keyed)
    parts, values = ["true"], list[object]()

    def add(part: str, *more: object) -> None:
        parts.append(part)
        values.extend(more)

    for group in found.groups:
        add("tags && %s::text[]", [_tag(name) for name in group])
    if found.barred:
        add("NOT tags && %s::text[]", [_tag(name) for name in found.barred])
    for words in found.words:
        part, *more = _any_of(words)
        if words in found.queue_ids:
            add(f"({part} OR tags && %s::text[])", *more, [_tag(found.queue_ids[words])])
        else:
            add(part, *more)
    for words in found.barred_words:
        part, *more = _any_of(words)
        add(f"NOT {part}", *more)
    if wanted.reference:
        add("id = %s", standard(wanted.reference) or _storable(wanted.reference).strip().upper())
    if wanted.since is not None:
        add("at >= %s", wanted.since)
    if wanted.until is not None:
        add("at <= %s", wanted.until)
    if wanted.before is not None:
        add("(at, node, seq) < (%s, %s, %s)", wanted.before.time, wanted.before.node, wanted.before.seq)
    return " AND ".join(parts), values


def _any_of(group: tuple[Phrase, ...]) -> tuple[str, ...]:
    """Return a condition that any of some phrases matches, and its values."""
    wanted = [(name, query(phrase, columns)) for phrase in group for name, columns in (("who", WHO), ("what", WHAT))]
    there = [(name, one) for name, one in wanted if one]
    return f"({' OR '.join(f'{name} @@ %s::tsquery' for name, _ in there)})", *(one for _, one in there)


def _tag(name: str) -> str:
    return _storable(name)[:LIMIT_TAG]


def _storable(text: str) -> str:
    return storable(text).replace("\0", "\ufffd")
