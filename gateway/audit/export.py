"""The log for other programs: JSON lines that verify by themselves, and CSV of lists for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

from gateway.audit.query import AuditReader, Filter

_COLUMNS = (
    "seq", "time", "kind", "reference", "sender", "recipients", "disposition", "would_be", "state", "subject", "rules",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_jsonl(reader: AuditReader, *, first: int = 1, last: int | None = None) -> Iterator[str]:
    """Yield one line a record with its hash, so that the export can be verified by itself."""
    for body, digest in reader.records(first=first, last=last):
        yield f'{{"hash":"{digest.hex()}","record":{body.decode("utf-8")}}}'


def export_csv(reader: AuditReader, wanted: Filter) -> Iterator[str]:
    """Yield CSV lines of what matches, all pages; cells that a spreadsheet would compute are made text."""
    yield _csv_line(_COLUMNS)
    page = replace(wanted, limit=500)
    left = wanted.limit
    while left > 0:
        rows = reader.find(replace(page, limit=min(500, left)))
        for row in rows:
            yield _csv_line(
                (
                    str(row.seq), row.time.isoformat(), row.kind, row.reference, row.sender, " ".join(row.recipients),
                    row.disposition, row.would_be, row.state, row.subject or "", " ".join(row.rules),
                )
            )  # fmt: skip
        left -= len(rows)
        if not rows:
            return
        page = replace(page, before_seq=rows[-1].seq)


def _csv_line(cells: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([_safe_cell(cell) for cell in cells])
    return buffer.getvalue()


def _safe_cell(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
