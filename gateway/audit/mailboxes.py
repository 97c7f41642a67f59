"""Changes of the directory of mailboxes, recorded in the log (Điều 10.1: number of mailboxes and changes).

The mailboxes that were recorded last are in `DATA/mailboxes`, so changes made while nothing ran are found, too.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from gateway.audit.record import MailboxEntry, Mailboxes
from gateway.model import Directory, MailboxStatus
from gateway.system.atomic_file import replace_file

LIMIT_LISTED = 1000
"""Mailboxes that one record lists; further ones are counted."""
LIMIT_UNITS = 2000


class _Snapshot(msgspec.Struct, frozen=True, array_like=True):
    digest: str
    mailboxes: dict[str, MailboxEntry]


def changes(data: Path, directory: Directory) -> Mailboxes | None:
    """Return the record of a directory, None when it is the one that was recorded last. Reads a file."""
    last = _read(data)
    if last.digest == directory.digest:
        return None
    now = _entries(directory)
    added = [entry for address, entry in now.items() if address not in last.mailboxes]
    removed = [entry for address, entry in last.mailboxes.items() if address not in now]
    changed = [entry for address, entry in now.items() if last.mailboxes.get(address, entry) != entry]
    first = not last.digest
    room = 0 if first else LIMIT_LISTED
    listed: list[tuple[MailboxEntry, ...]] = []
    for entries in (added, removed, changed):
        listed.append(tuple(entries[:room]))
        room -= len(listed[-1])
    counts = Counter((entry.unit, entry.kind) for entry in now.values())
    unused = Counter((entry.unit, entry.status) for entry in now.values() if entry.status != MailboxStatus.ACTIVE.value)
    return Mailboxes(
        digest=directory.digest,
        mailboxes=len(now),
        counts=tuple((unit, kind, count) for (unit, kind), count in counts.most_common(LIMIT_UNITS)),
        statuses=tuple((unit, status, count) for (unit, status), count in unused.most_common(LIMIT_UNITS)),
        added=listed[0],
        removed=listed[1],
        changed=listed[2],
        added_count=0 if first else len(added),
        removed_count=len(removed),
        changed_count=len(changed),
    )


def remember(data: Path, directory: Directory) -> None:
    """Keep the mailboxes of a directory that was recorded. Writes a file; OSError."""
    snapshot = _Snapshot(directory.digest, _entries(directory))
    replace_file(data / "mailboxes", msgspec.msgpack.encode(snapshot), mode=0o600)


def _entries(directory: Directory) -> dict[str, MailboxEntry]:
    return {
        mailbox.address: MailboxEntry(mailbox.address, mailbox.kind.value, mailbox.unit, mailbox.status.value)
        for mailbox in directory.mailboxes.values()
    }


def _read(data: Path) -> _Snapshot:
    """Return what was recorded last; an unreadable file counts as empty, and the next record lists all again."""
    try:
        return msgspec.msgpack.decode((data / "mailboxes").read_bytes(), type=_Snapshot)
    except (OSError, ValueError):
        return _Snapshot("", {})
