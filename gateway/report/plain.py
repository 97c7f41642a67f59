"""Report for programs: CSV of all lines, JSON of values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

import msgspec

from gateway.model import Language
from gateway.report.figures import Report, Share
from gateway.report.labels import Labels, parameters
from gateway.report.page import Annex, Cell, Days, Foot, Head, Heading, Octets, Page, Paragraph, Table, Tenths, tenths
from gateway.vietnamese.printed import cell as safe
from gateway.vietnamese.printed import printed_json


def as_csv(page: Page) -> bytes:
    """Return all lines and tables, numbers without marks between thousands; no cell is a formula. With a mark for Excel."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for line in _lines(page):
        writer.writerow([safe(one) if isinstance(one, str) else one for one in line])
    return buffer.getvalue().encode("utf-8-sig")


def as_json(report: Report, labels: Labels, language: Language) -> bytes:
    """Return the values with the names of units and rules."""
    values = {"parameters": parameters(report, language), "report": report, "names": labels}
    return printed_json(values, default=msgspec.to_builtins, indent=2).encode() + b"\n"


def _lines(page: Page) -> Iterator[Sequence[str | int | float]]:
    for block in page.blocks:
        match block:
            case Head():
                yield [block.above]
                yield [block.office]
                yield [f"{block.kind}: {block.subject}"]
            case Heading(text=text) | Paragraph(text=text):
                yield [text]
            case Table():
                yield []
                yield [block.caption]
                yield [column.title for column in block.columns]
                yield from ([number(one) for one in row] for row in block.rows)
                yield []
            case Days():
                yield [block.title]
                yield [block.day, block.mails]
                yield from ([day, mails] for day, mails in enumerate(block.values, 1))
            case Foot() | Annex():
                pass


def number(cell: Cell) -> str | int | float:
    """Return a cell as a program counts with it: shares in percent, sizes in MB; a dash for what is unknown."""
    match cell:
        case Share() | Tenths() | Octets():
            value = tenths(cell)
            return value / 10 if value is not None else "–"
        case _:
            return "–" if cell is None else cell
