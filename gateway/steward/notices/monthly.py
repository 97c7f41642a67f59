"""Monthly reports by mail, on the 1st at 6 o'clock: the unit's report to its heads, the full report to the Office.

A machine that was off then sends them after its next start within the month. Sending and loss of a report are acts in the audit log.
Only the report of a unit names persons. The nodes of a cluster send those of all of it, once: they take turns by name, and each
leaves out what the acts at the centre say of others. While the centre is away nothing is queued.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from gateway.audit.record import Act
from gateway.cluster.logs import others_acts
from gateway.errors import NoUnitError
from gateway.model import VIETNAM, Unit
from gateway.notice import mailbox_of
from gateway.notice.book import Waiting
from gateway.notice.mail import Attachment
from gateway.notice.outbox import NothingToSendError
from gateway.report.labels import labels
from gateway.report.make import Counted
from gateway.report.month import Month
from gateway.report.render import Format, render
from gateway.steward.desk import Desk
from gateway.steward.notices.context import Notifier
from gateway.steward.reports import count_month, wanted_by

_HOUR: Final = 6
_TURN: Final = timedelta(minutes=10)
"""Before a node of a cluster sends what none before it has announced: as long as clocks may differ."""
_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_KINDS: Final = frozenset({"report_unit", "report_office"})
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")


def notify_reports(notifier: Notifier) -> None:
    """Queue the reports of last month, once."""
    now = notifier.local
    begin = datetime(now.year, now.month, 1, _HOUR, tzinfo=VIETNAM)
    if not notifier.desk.configuration.reports.send or now < begin:
        return
    month = Month(now.year, now.month - 1) if now.month > 1 else Month(now.year - 1, 12)
    done = f"report:{month}"
    if notifier.book.has(done):
        return
    elsewhere = frozenset[str]()
    if (centre := notifier.desk.configuration.centre) is not None:
        place, elsewhere = others_acts(centre, "send_report")
        if now < begin + place * _TURN:
            return
    for unit, recipient in _recipients(notifier, month):
        key = f"{done}:{unit.id if unit is not None else ''}"
        if notifier.book.has(f"{key}:{recipient}"):
            continue
        name = (unit.name or unit.id) if unit is not None else ""
        shown = f"{month.number:02d}/{month.year}"
        fields = {"month": str(month), "shown": shown, "unit": unit.id if unit is not None else "", "name": name}
        if (act := _act(fields, recipient)).about in elsewhere:
            continue
        notifier.desk.record(act)
        kind = "report_unit" if unit is not None else "report_office"
        notifier.notify(key, kind, recipient, limited=False, **fields)
    notifier.book.mark(done, kind="month", now=notifier.now)


class Attached:
    """The reports attached to notices; the log is walked once for all of a month that are sent together."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._last: tuple[Month, Counted] | None = None

    def __call__(self, waiting: Waiting) -> Attachment | None:
        """Compute a notice's report; UserError for an unreadable log, NothingToSendError for a unit not yet there."""
        if waiting.kind not in _KINDS:
            return None
        desk, unit, month = self._desk, str(waiting.fields["unit"]), Month.parse(str(waiting.fields["month"]))
        wanted = wanted_by(desk.configuration, month, desk.configuration.centre, unit=unit, persons=bool(unit))
        if self._last is None or self._last[0] != month:
            self._last = (month, count_month(desk, month))
        try:
            report = self._last[1].report(wanted)
        except NoUnitError as error:
            raise NothingToSendError from error
        octets = render(report, labels(report, desk.policies(), desk.directory()), Format.DOCX)
        part = f"-{unit}" if _PLAIN.fullmatch(unit) else ""
        return Attachment(f"bao-cao-{month}{part}.docx", _DOCX, octets)

    def forget(self) -> None:
        """Free what was counted: all that was due is sent."""
        self._last = None


def record_lost(desk: Desk, waiting: Waiting) -> None:
    """Record the loss of a report as an act."""
    if waiting.kind in _KINDS:
        desk.record(_act(waiting.fields, waiting.recipient, ok=False))


def _act(fields: dict[str, str] | dict[str, object], recipient: str, *, ok: bool = True) -> Act:
    about = " ".join(str(one) for one in (fields["month"], fields["unit"] or "-", recipient))
    return Act(who="gateway", roles=("gateway",), what="send_report", about=about, ok=ok)


def _recipients(notifier: Notifier, month: Month) -> Iterator[tuple[Unit | None, str]]:
    directory, office = notifier.desk.directory(), notifier.desk.configuration.reports.office
    for unit in directory.units.values() if directory is not None else ():
        begun = unit.since is None or unit.since <= month.last_day
        if not begun or (unit.until is not None and unit.until < month.begin.date()):
            continue
        heads = (notifier.desk.people.mailbox(head) for head in unit.heads)
        for address in dict.fromkeys(mailbox_of(head.address, "") for head in heads if head is not None):
            if address:
                yield unit, address
    if office:
        yield None, office
