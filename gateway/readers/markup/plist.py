"""Property lists in Apple's binary form to Document: every string as a run, every block of data as a member.

Web archives of Safari are such lists, and so are the settings in packages of Pages, Numbers and Keynote.
"""

from __future__ import annotations

import plistlib
from collections.abc import Iterator

from msgspec import structs

from gateway.model import ReadStatus, Role, Run
from gateway.readers.base import Budget, Member, ReadError, Reading, Source
from gateway.readers.containers import Contents, StopReadingError

_LIMIT_VALUES = 100_000


def read(source: Source, budget: Budget) -> Reading:
    """Return strings and data in the order of the list; MALFORMED `plist` when it is none."""
    contents = Contents(source, "plist", budget)
    budget.take_bytes(len(source.data))
    try:
        root = plistlib.loads(source.data, fmt=plistlib.FMT_BINARY)
    except (plistlib.InvalidFileException, ValueError, TypeError, OverflowError, IndexError):
        raise ReadError(ReadStatus.MALFORMED, "plist") from None
    runs: list[Run] = []
    try:
        for number, (name, value) in enumerate(_values(root)):
            if number >= _LIMIT_VALUES:
                contents.fault(ReadStatus.LIMIT, "values")
                break
            if isinstance(value, bytes):
                if value:
                    contents.add(Member(name=name or "data", data=value, relation="embedded"))
            elif value.strip():
                runs.append(Run(text=value, block=number, role=Role.PROPERTY, locator=f"property:{name}"))
    except StopReadingError:
        pass
    reading = contents.reading()
    return Reading(structs.replace(reading.document, runs=tuple(runs)), reading.members)


def _values(root: object) -> Iterator[tuple[str, str | bytes]]:
    """Yield the strings and data below `root` with the key that they stand under; a list in itself is entered once."""
    entered: set[int] = set()
    waiting: list[tuple[str, object]] = [("", root)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str | bytes):
            yield name, value
        elif isinstance(value, dict | list) and id(value) not in entered:
            entered.add(id(value))
            if isinstance(value, dict):
                inside = [(str(key), inner) for key, inner in value.items()]
            else:
                inside = [(name, inner) for inner in value]
            waiting += reversed(inside)
