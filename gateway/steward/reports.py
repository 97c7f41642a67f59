"""The monthly reports of Điều 10, 11 and 12 at the console; `gateway report` writes the same."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from msgspec import UNSET

from gateway.cluster.database import DatabaseError
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.model import VIETNAM, Language
from gateway.report.figures import Report, Wanted, Weights
from gateway.report.labels import labels
from gateway.report.make import Counted, counted, logs_of
from gateway.report.month import Month
from gateway.report.page import Block, Heading, Paragraph, Table, plain
from gateway.report.render import Format, render
from gateway.report.write import gap_line, write
from gateway.steward import questions as q
from gateway.steward.desk import Desk, pieces
from gateway.steward.questions.refused import refused
from gateway.steward.roles import Person, Role
from gateway.texts.catalogue import one_language, said
from gateway.vietnamese.printed import clean

_LOG = logging.getLogger("gateway.steward")
READERS: Final = frozenset({Role.OPERATOR, Role.SECURITY_OFFICER, Role.AUDITOR})
"""Of the reports of all units."""
_MONTHS: Final = 13


def report_view(desk: Desk, person: Person, question: q.AskReport, language: Language) -> q.ReportView:
    """Return the report as it is read."""
    now = datetime.fromtimestamp(desk.people.clock(), VIETNAM)
    months = tuple(str(month) for month in _months(now))
    wanted = _wanted(desk, person, question.month or months[0], question.unit, language)
    report = _made(desk, wanted, language)
    page = write(report, labels(report, desk.policies(), desk.directory(), language), language)
    return q.ReportView(
        title=clean(page.title, limit=300),
        month=str(wanted.month),
        months=months,
        unit=wanted.unit,
        units=tuple(_units(desk, person)),
        every_unit=_reads_all(person),
        blocks=tuple(found for block in page.blocks if (found := _block(block, language)) is not None),
        gaps=tuple(
            line if gap.node else line[:1].upper() + line[1:]
            for gap in report.gaps
            for line in (gap_line(gap, language),)
        ),
    )


def get_report(desk: Desk, person: Person, question: q.GetReport, language: Language) -> Iterator[q.Answer]:
    """Return the report as a file; that it was taken is an act."""
    try:
        form = Format(question.form)
    except ValueError:
        raise refused("invalid") from None
    wanted = _wanted(desk, person, question.month, question.unit, language)
    desk.act(person, "get_report", about=f"{wanted.month} {form.value} {wanted.unit}".strip())
    report = _made(desk, wanted, language)
    octets = render(report, labels(report, desk.policies(), desk.directory(), language), form, language)
    yield from pieces(octets)


def _wanted(desk: Desk, person: Person, month: str, unit: str, language: Language) -> Wanted:
    """Return what is asked for; Refused for a unit that is not the person's, or no month."""
    if not _reads_all(person):
        unit = unit or next(iter(sorted(person.units)), "")
        if unit not in person.units or not unit:
            raise refused("forbidden")
    try:
        wanted_month = Month.parse(month)
    except UserError:
        raise refused("invalid", said("report", "fault", "month", language, value=clean(month, limit=40))) from None
    persons = Role.SECURITY_OFFICER in person.roles or bool(unit and unit in person.units)
    settings = desk.configuration
    return wanted_by(settings, wanted_month, settings.centre, unit=unit, persons=persons)


def wanted_by(
    configuration: Configuration, month: Month, centre: Cluster | None, *, unit: str, persons: bool
) -> Wanted:
    """Return what is wanted of a month; the configuration says what ranks units, and which machine of several is counted without a centre."""
    settings = configuration.reports
    weights, least = Weights(**settings.weights.model_dump()), settings.least_mailboxes
    return Wanted(
        month=month,
        unit=unit,
        persons=persons,
        weights=weights,
        least_mailboxes=least,
        node=configuration.node or UNSET if centre is None else UNSET,
    )


def count_month(desk: Desk, month: Month) -> Counted:
    """Count a month of this machine, or with a centre of all; as `logs_of`, and Refused once the caller has left."""
    settings, now = desk.configuration, datetime.fromtimestamp(desk.people.clock(), UTC)
    with logs_of(settings.data, settings.centre) as logs:
        return counted(logs, month, now=now, tick=desk.go_on)


def _made(desk: Desk, wanted: Wanted, language: Language) -> Report:
    try:
        return count_month(desk, wanted.month).report(wanted)
    except DatabaseError as error:
        _LOG.warning("%s", error)
        raise refused("unavailable", said("report", "fault", "centre", language)) from None
    except UserError as error:
        raise refused("invalid", one_language(str(error), language)) from None


def _reads_all(person: Person) -> bool:
    return not person.roles.isdisjoint(READERS)


def _months(now: datetime) -> Iterator[Month]:
    year, number = now.year, now.month
    for _ in range(_MONTHS):
        yield Month(year, number)
        year, number = (year, number - 1) if number > 1 else (year - 1, 12)


def _units(desk: Desk, person: Person) -> Iterator[q.Choice]:
    directory = desk.directory()
    units = directory.units.values() if directory is not None else ()
    for unit in sorted(units, key=lambda one: one.name or one.id):
        if _reads_all(person) or unit.id in person.units:
            yield q.Choice(unit.id, clean(unit.name or unit.id, limit=200))


def _block(block: Block, language: Language) -> q.ReportBlock | None:
    """Return a block as the page shows it; head and foot of the paper document are not for a screen."""
    match block:
        case Heading(text=text):
            return q.ReportBlock(kind="heading", text=text)
        case Paragraph(text=text):
            return q.ReportBlock(kind="text", text=text)
        case Table():
            return q.ReportBlock(
                kind="table",
                text=block.caption or block.title,
                columns=tuple((column.title, column.text) for column in block.columns),
                rows=plain(block.rows, language),
                total=block.total,
            )
        case _:
            return None
