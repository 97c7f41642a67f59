"""The log for other programs: JSON lines that verify by themselves, and tables (CSV, XLSX) for an office."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.audit.query import AuditReader, Filter
from gateway.audit.render import Title, decided, moment, words_of
from gateway.audit.rows import Row
from gateway.texts.catalogue import pair
from gateway.vietnamese.printed import cell, visible

_WIDTHS = {
    "seq": 9, "time": 20, "kind": 18, "reference": 14, "unit": 24, "sender": 32, "recipients": 32, "disposition": 16,
    "state": 20, "subject": 40, "files": 40, "rules": 28, "reasons": 40, "answer": 60,
}  # fmt: skip
"""Keys of the headings, and the width of their columns in characters."""
_PAGE = 500
LIMIT_CELL = 32_767
"""Characters of a cell of XLSX."""
LIMIT_SHEET_ROWS = 1_048_575
"""Of XLSX, without the heading."""


def export_jsonl(reader: AuditReader, *, first: int = 1, last: int | None = None) -> Iterator[str]:
    """Yield one line a record with its hash, so that the export can be verified by itself."""
    for body, digest in reader.records(first=first, last=last):
        yield f'{{"hash":"{digest.hex()}","record":{body.decode("utf-8")}}}'


def export_csv(reader: AuditReader, wanted: Filter, title: Title) -> Iterator[str]:
    """Yield CSV lines of all that matches, newest first; every cell is printable text, and no formula."""
    yield _csv_line(_headings())
    for row in _all_rows(reader, wanted):
        yield _csv_line([cell(one) for one in _cells(row, title)])


def export_xlsx(
    reader: AuditReader, wanted: Filter, title: Title, target: Path, *, tick: Callable[[int], None] = lambda _: None
) -> int:
    """Write all that matches as a workbook, newest first; return how many rows. Beyond what a sheet holds another begins.

    The workbook has its name only once it is whole; `tick` is called after each row.
    """
    import xlsxwriter  # only who wants a workbook waits for it

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    count = 0
    part = target.with_name(f"{target.name}.part")
    with xlsxwriter.Workbook(str(part), options) as workbook:
        bold, plain = workbook.add_format({"bold": True, "text_wrap": True}), workbook.add_format({"valign": "top"})
        sheet = None
        for row in _all_rows(reader, wanted):
            line = count % LIMIT_SHEET_ROWS + 1
            if line == 1:
                sheet = _sheet(workbook, bold)
            assert sheet is not None
            for number, words in enumerate(_cells(row, title)):
                sheet.write_string(line, number, visible(words)[:LIMIT_CELL], plain)
            count += 1
            tick(1)
        if sheet is None:
            _sheet(workbook, bold)
    part.replace(target)
    return count


def _sheet(workbook: Any, bold: Any) -> Any:
    sheet = workbook.add_worksheet()
    for number, width in enumerate(_WIDTHS.values()):
        sheet.set_column(number, number, width)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, _headings(), bold)
    return sheet


def _headings() -> list[str]:
    return [pair("audit", "column", key)[0] for key in _WIDTHS]


def _cells(row: Row, title: Title) -> tuple[str, ...]:
    """Return the cells of a row in the order of the headings."""
    return (
        str(row.seq),
        moment(row.time),
        words_of("kind", row.kind, "vi"),
        row.reference,
        row.unit,
        row.sender,
        " ".join(row.recipients),
        decided(row.disposition, row.would_be, "vi"),
        words_of("state", row.state, "vi"),
        row.subject or "",
        "; ".join(row.files),
        " ".join(row.rules),
        "; ".join(title(*rule.split(".", 1)) for rule in row.rules),
        row.text,
    )


def _all_rows(reader: AuditReader, wanted: Filter) -> Iterator[Row]:
    page, left = wanted, wanted.limit or sys.maxsize
    while left > 0:
        rows = reader.find(replace(page, limit=min(_PAGE, left)))
        yield from rows
        left -= len(rows)
        if len(rows) < _PAGE:
            return
        page = replace(page, before_seq=rows[-1].seq)


def _csv_line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()
