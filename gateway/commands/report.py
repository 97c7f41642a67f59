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

from gateway.commands.common import EXIT_CANNOT_RUN, EXIT_REFUSED, name_for_people, print_octets
from gateway.commands.looking import Look, looking
from gateway.commands.options import Configured, command, group, words
from gateway.commands.progress import progress
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.model import Language, ReadStatus
from gateway.pipeline.rulebook import Rulebook
from gateway.pipeline.sample import as_message
from gateway.report import proof
from gateway.report.figures import COUNTING, Report
from gateway.report.labels import labels, unit_id
from gateway.report.make import make, records_of, walked
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
) -> int:
    """Lập báo cáo của một tháng / the report of a month, counted from the log.

    gateway report 2026-11 --unit "Phòng Nội vụ" -o noi-vu.docx
    """
    wanted_form, words = _format(form, output), _language(language)
    rules = Rulebook(configuration).current
    unit = unit_id(unit, rules.directory)
    wanted = wanted_by(configuration, Month.parse(month), unit=unit, persons=persons)
    if output is None and wanted_form in _BINARY:
        output = Path(f"bao-cao-{wanted.month}.{wanted_form.value}")
        if output.exists():  # it may be filled in already
            raise UserError(both("report", "fault", "exists", path=name_for_people(output)))
    with progress("report", records_of(configuration.data, wanted)) as tick:
        made = make(configuration.data, wanted, now=datetime.now(UTC), tick=tick)
    octets = render(made, labels(made, rules.policies, rules.directory, words), wanted_form, words)
    if output is None:
        print_octets(octets)
    else:
        replace_file(output, octets, mode=0o600)
        print(name_for_people(output), file=sys.stderr)
    for gap in made.gaps:
        print(both("report", "gap", gap.key, **gap.fields), file=sys.stderr)
    return EXIT_REFUSED if made.basis.broken is not None else 0


@command(app, "verify", "data")
def verify(configuration: Configured, file: Annotated[Path, typer.Argument(help=words("report_file"))]) -> int:
    """Đếm lại từ nhật ký và so với tệp / count again from the log, and say what differs; exit code 0 when nothing does.

    gateway report verify bao-cao-2026-11.docx
    """
    octets = _read(file)
    form = _form_of(octets)
    with looking(configuration) if form in _BINARY else nullcontext() as look:
        return _verify(configuration, file, octets, _Reader(form, look))


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


def _verify(configuration: Configuration, file: Path, octets: bytes, reader: _Reader) -> int:
    name, form = name_for_people(file), reader.form
    found, pictures = reader.read(name, octets)
    asked = proof.asked(found)
    if asked is None:
        raise UserError(both("report", "fault", "no_report", path=name))
    count = max(0, asked.again.last - asked.again.first + 1)
    if asked.counting != COUNTING:
        with progress("report", count) as tick:
            return _print_range(asked, found, walked(configuration.data, asked.again, tick=tick))
    rules = Rulebook(configuration).current
    with progress("report", count) as tick:
        made = make(configuration.data, asked.wanted, now=asked.made, again=asked.again, tick=tick)
    names = labels(made, rules.policies, rules.directory, asked.language)
    again = render(made, names, form, asked.language)
    original, _ = reader.read(name, again)
    lenient = form is Format.DOCX
    blanks = proof.blanks(write(made, names, asked.language)) if lenient else ()
    code = _print_result(made, proof.compare(original, found, blanks=blanks, strict=not lenient))
    if pictures:
        print(both("report", "verified", "pictures", count=pictures))
    if form is Format.PDF and not octets.startswith(again):  # a signature is put behind what was signed
        print(both("report", "verified", "drawn"))
    return code


def _print_range(asked: proof.Asked, found: tuple[str, ...], range_: Range) -> int:
    """Print what can be proven of a report of other counting rules: that its records and their hash are those of the log."""
    print(both("report", "verified", "counting", theirs=asked.counting, ours=COUNTING))
    if range_.broken is not None:
        print(both("report", "verified", "broken", seq=range_.broken))
        return EXIT_REFUSED
    first, last = asked.again.first, asked.again.last
    same = last < first or proof.names_hash(found, range_.head)
    print(both("report", "verified", "range" if same else "other_range", first=first, last=last))
    return EXIT_CANNOT_RUN if same else EXIT_REFUSED


def _print_result(made: Report, differences: proof.Differences) -> int:
    """Print what differs."""
    wrong = bool(differences.missing or differences.added)
    basis = made.basis
    print(both("report", "verified", "differs" if wrong else "same", first=basis.first, last=basis.last))
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
