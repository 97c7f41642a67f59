"""A new directory is recorded with what changed, also across restarts; the same one is not recorded twice."""

from __future__ import annotations

import json
import sqlite3

from gateway.audit import AuditLog
from gateway.audit.mailboxes import LIMIT_LISTED, changes, remember
from gateway.model import Directory, Mailbox, MailboxKind, MailboxStatus
from tests.audit.support import verified


def directory(digest: str, **mailboxes: MailboxStatus) -> Directory:
    found = {
        f"{name}@a.vn": Mailbox(address=f"{name}@a.vn", kind=MailboxKind.PERSONAL, unit="Phòng A", status=status)
        for name, status in mailboxes.items()
    }
    return Directory(digest=digest, mailboxes=found)


ACTIVE, LEFT = MailboxStatus.ACTIVE, MailboxStatus.LEFT


async def test_changes_are_recorded_once_and_across_restarts(tmp_path):
    for digest, mailboxes in (("1", {"an": ACTIVE, "binh": ACTIVE}), ("1", {"an": ACTIVE, "binh": ACTIVE}),
                              ("2", {"an": LEFT, "cuc": ACTIVE})):  # fmt: skip
        log = AuditLog.open(tmp_path)
        await log.start()
        await log.mailboxes(directory(digest, **mailboxes))
        await log.close()
    connection = sqlite3.connect(tmp_path / "audit.db")
    bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM record")]
    connection.close()
    first, second = (body for body in bodies if body["kind"] == "directory")
    assert (first["mailboxes"], first["counts"]) == (2, [["Phòng A", "personal", 2]])
    assert "added" not in first
    assert second["added"] == [["cuc@a.vn", "personal", "Phòng A", "active"]]
    assert second["removed"] == [["binh@a.vn", "personal", "Phòng A", "active"]]
    assert second["changed"] == [["an@a.vn", "personal", "Phòng A", "left"]]
    assert verified(tmp_path).exit_code == 0


def test_many_changes_are_counted_and_an_unreadable_snapshot_begins_anew(tmp_path):
    remember(tmp_path, directory("1", an=ACTIVE))
    many = directory("2", **{f"m{number}": ACTIVE for number in range(LIMIT_LISTED + 500)})
    record = changes(tmp_path, many)
    assert record is not None
    assert (len(record.added), record.added_count, record.removed_count) == (LIMIT_LISTED, LIMIT_LISTED + 500, 1)
    (tmp_path / "mailboxes").write_bytes(b"damaged")
    fresh = changes(tmp_path, many)
    assert fresh is not None
    assert (fresh.added, fresh.mailboxes) == ((), LIMIT_LISTED + 500)
