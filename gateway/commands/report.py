"""`gateway report MONTH` and `gateway report verify FILE`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.common import EXIT_CANNOT_RUN, EXIT_REFUSED, centre_of, name_for_people, print_octets
from gateway.commands.looking import Look, looking
from gateway.commands.options import ClusterOption, Configured, command, group, words
from gateway.commands.progress import progress
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.model import Language, ReadStatus
from gateway.pipeline.rulebook import Rulebook
from gateway.pipeline.sample import as_message
from gateway.report import proof
from gateway.report.figures import COUNTING, Report
from gateway.report.labels import labels, unit_id
from gateway.report.make import counted, logs_of, records_of, walked
from gateway.report.month import Month
from gateway.report.records import Range
from gateway.report.render import Format, render
from gateway.report.write import write
from gateway.steward.reports import wanted_by
from gateway.system.atomic_file import replace_file
from gateway.texts.catalogue import both
from gateway.yaml.values import printable

_LIMIT_FILE = 64 << 20
_BINARY = {Format.DOCX, Format.XLSX, Format.PDF}

app = group("report")


@command(app, "month", "data")
def report(
    configuration: Configured,
    month: Annotated[str, typer.Argument(metavar="2026-11", help=words("report_month"))],
    unit: Annotated[str, typer.Option(help=words("report_unit"))] = "",
    form: Annotated[str, typer.Option("--format", help=words("report_format"))] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help=words("report_output"))] = None,
    persons: Annotated[bool, typer.Option("--persons", help=words("report_persons"))] = False,
    language: Annotated[str, typer.Option(help=words("report_language"))] = "vi",
    cluster: ClusterOption = None,
) -> int:
    """Lập báo cáo của một tháng / the report of a month, counted from the log; in a cluster from those of all machines.

    gateway report 2026-11 --unit "Phòng Nội vụ" -o noi-vu.docx
    gateway report 2026-11 --data /var/lib/gateway -o may-nay.docx
    """
    wanted_form, words = _format(form, output), _language(language)
    rules = Rulebook(configuration).current
    unit = unit_id(unit, rules.directory)
    centre = configuration.centre if "data" not in configuration.flags else None
    centre = centre_of(configuration, cluster) if cluster is not None else centre
    wanted = wanted_by(configuration, Month.parse(month), centre, unit=unit, persons=persons)
    if output is None and wanted_form in _BINARY:
        output = Path(f"bao-cao-{wanted.month}.{wanted_form.value}")
        if output.exists():  # it may be filled in already
            raise UserError(both("report", "fault", "exists", path=name_for_people(output)))
    with (
        logs_of(configuration.data, centre) as logs,
        progress("report", records_of(logs, wanted)) as tick,
    ):
        made = counted(logs, wanted.month, now=datetime.now(UTC), tick=tick).report(wanted)
    octets = render(made, labels(made, rules.policies, rules.directory, words), wanted_form, words)
    if output is None:
        print_octets(octets)
    else:
        replace_file(output, octets, mode=0o600)
        print(name_for_people(output), file=sys.stderr)
    for gap in made.gaps:
        node = f"{gap.node}: " if gap.node else ""
        print(f"{node}{both('report', 'gap', gap.key, **gap.fields)}", file=sys.stderr)
    return EXIT_REFUSED if made.basis.broken is not None else 0


@command(app, "verify", "data")
def verify(
    configuration: Configured,
    file: Annotated[Path, typer.Argument(help=words("report_file"))],
    cluster: ClusterOption = None,
) -> int:
    """Đếm lại từ nhật ký và so với tệp / count again from the log, and say what differs; exit code 0 when nothing does.

    gateway report verify bao-cao-2026-11.docx
    """
    octets = _read(file)
    form = _form_of(octets)
    with looking(configuration) if form in _BINARY else nullcontext() as look:
        return _verify(configuration, cluster, file, octets, _Reader(form, look))


@dataclass(frozen=True)
class _Reader:
    """Reads files of one format; documents where hostile ones are read, behind the wall."""

    form: Format
    look: Look | None

    def read(self, name: str, octets: bytes) -> tuple[tuple[str, ...], int]:
        """Return the lines of a file, and how many pictures are in it; UserError when it cannot be read."""
        if self.look is None:
            return proof.text_lines(octets), 0
        message = as_message(octets, f"bao-cao.{self.form.value}", sender="", recipients=("",))
        documents = asyncio.run(self.look(message.content)).documents
        document = next((one for one in documents if one.format == self.form.value), documents[0])
        if document.status is not ReadStatus.OK:
            why = document.reason or document.status.value
            raise UserError(both("report", "fault", "unread", path=name, reason=why))
        return proof.lines_of(document), len(document.images)


def _verify(configuration: Configuration, dsn: str | None, file: Path, octets: bytes, reader: _Reader) -> int:
    name, form = name_for_people(file), reader.form
    found, pictures = reader.read(name, octets)
    asked = proof.asked(found)
    if asked is None:
        raise UserError(both("report", "fault", "no_report", path=name))
    again = asked.again
    count = sum(max(0, one.last - one.first + 1) for one in again.nodes or (again,))
    rules = Rulebook(configuration).current
    with (
        logs_of(configuration.data, centre_of(configuration, dsn) if again.nodes else None) as logs,
        progress("report", count) as tick,
    ):
        if asked.counting != COUNTING:
            print(both("report", "verified", "counting", theirs=asked.counting, ours=COUNTING))
            codes = [_print_range(found, *one) for one in walked(logs, again, tick=tick).items()]
            return EXIT_REFUSED if EXIT_REFUSED in codes else EXIT_CANNOT_RUN
        made = counted(logs, asked.wanted.month, now=asked.made, again=again, tick=tick).report(asked.wanted)
    names = labels(made, rules.policies, rules.directory, asked.language)
    drawn = render(made, names, form, asked.language)
    original, _ = reader.read(name, drawn)
    lenient = form is Format.DOCX
    blanks = proof.blanks(write(made, names, asked.language)) if lenient else ()
    code = _print_result(made, proof.compare(original, found, blanks=blanks, strict=not lenient))
    if pictures:
        print(both("report", "verified", "pictures", count=pictures))
    if form is Format.PDF and not octets.startswith(drawn):  # a signature is put behind what was signed
        print(both("report", "verified", "drawn"))
    return code


def _print_range(found: tuple[str, ...], node: str, range_: Range) -> int:
    """Print what can be proven of a report of other counting rules: that its records and their hash are those of the log."""
    name, first, last = f"{node}: " if node else "", range_.first, range_.last
    if range_.broken is not None:
        print(f"{name}{both('report', 'verified', 'broken', seq=range_.broken)}")
        return EXIT_REFUSED
    same = last < first or proof.names_hash(found, range_.head)
    print(f"{name}{both('report', 'verified', 'range' if same else 'other_range', first=first, last=last)}")
    return EXIT_CANNOT_RUN if same else EXIT_REFUSED


def _print_result(made: Report, differences: proof.Differences) -> int:
    """Print what differs."""
    wrong = bool(differences.missing or differences.added)
    basis = made.basis
    nodes = basis.nodes or ()
    key, names = "whole" if nodes else "same", ", ".join(one.node for one in nodes)
    print(both("report", "verified", "differs" if wrong else key, first=basis.first, last=basis.last, nodes=names))
    if behind := ", ".join(one.node for one in nodes if one.behind):
        print(both("report", "verified", "behind", nodes=behind))
    for line in differences.missing:
        print(both("report", "verified", "gone", line=printable(line, 300)))
    for line in differences.added:
        print(both("report", "verified", "other", line=printable(line, 300)))
    if differences.words:
        print(both("report", "verified", "words"))
        for line in differences.words:
            print(f"  {printable(line, 300)}")
    if basis.broken is not None:
        print(both("report", "verified", "broken", seq=basis.broken))
    return EXIT_REFUSED if wrong or basis.broken is not None else 0


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        octets = stream.read(_LIMIT_FILE + 1)
    if len(octets) > _LIMIT_FILE:
        raise UserError(
            both("report", "fault", "unread", path=name_for_people(file), reason=f"> {_LIMIT_FILE >> 20} MiB")
        )
    return octets


def _form_of(octets: bytes) -> Format:
    """Return the format of a file by its first bytes; what is no report fails where it is read."""
    if octets.startswith(b"%PDF-"):
        return Format.PDF
    if octets.startswith(b"PK"):
        return Format.XLSX if b"xl/workbook.xml" in octets else Format.DOCX
    return Format.JSON if octets.lstrip()[:1] == b"{" else Format.CSV


def _format(form: str, output: Path | None) -> Format:
    """Return the format that is named, or that the file's name ends in; a Word document without either."""
    ending = output.suffix.lstrip(".") if output is not None else ""
    try:
        return Format((form or ending or Format.DOCX.value).lower())
    except ValueError:
        raise UserError(both("report", "fault", "format", value=printable(form or ending))) from None


def _language(value: str) -> Language:
    try:
        return Language(value)
    except ValueError:
        raise UserError(both("report", "fault", "language", value=printable(value))) from None
