"""Log export: self-verifying JSON lines, and tables (CSV, XLSX)."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from gateway.audit.filter import Filter
from gateway.audit.reader import Reader
from gateway.audit.render import Title, decided, moment, subject_words, with_content, words_of
from gateway.audit.rows import Row
from gateway.errors import SearchTimeError
from gateway.system.atomic_file import replacing
from gateway.texts.catalogue import said
from gateway.vietnamese.printed import cell, printed_json, visible

_WIDTHS = {
    "seq": 9, "time": 20, "kind": 18, "reference": 14, "unit": 24, "sender": 32, "recipients": 32, "disposition": 16,
    "state": 20, "subject": 40, "files": 40, "rules": 28, "reasons": 40, "answer": 60,
}  # fmt: skip
"""Heading keys, and column widths in characters."""
_PAGE = 500
LIMIT_CELL = 32_767
"""Characters of a cell of XLSX."""
LIMIT_SHEET_ROWS = 1_048_574
"""Of XLSX, without the heading and the last line."""


def export_jsonl(reader: Reader) -> Iterator[str]:
    """Yield one line a record with its hash, so that the export is self-verifying; with its node when there are several."""
    for node, body, digest in reader.links():
        whose = f'"node":{msgspec.json.encode(node).decode()},' if node else ""
        yield f'{{{whose}"hash":"{digest.hex()}","record":{body.decode("utf-8", "replace")}}}'


class Export:
    """All matches of a search, newest first, as a file whose last line says whether it is complete.

    It is incomplete when the deadline (`until`, of `time.monotonic`) passed.
    """

    def __init__(
        self, reader: Reader, wanted: Filter, title: Title, *, language: str = "vi", until: float | None = None
    ) -> None:
        self._reader = reader
        self._wanted = wanted
        self._title = with_content(title, language)
        self._language = language
        self._until = until
        self._widths = ({"node": 16} if reader.several else {}) | _WIDTHS
        self.rows = 0
        """Written so far."""
        self.whole = True

    def csv(self) -> Iterator[str]:
        """Yield CSV lines; every cell is printable text, never a formula."""
        yield csv_line(self._headings())
        for row in self._all_rows():
            yield csv_line([cell(one) for one in self._cells(row)])
        yield csv_line([self.last_line])

    def jsonl(self) -> Iterator[str]:
        """Yield one JSON object a row, as `gateway audit list --json`; the last says whether the export is complete."""
        for row in self._all_rows():
            yield printed_json(msgspec.to_builtins(row))
        yield printed_json({"rows": self.rows, "whole": self.whole})

    def xlsx(self, target: Path, *, tick: Callable[[int], None] = lambda _: None) -> None:
        """Write a workbook, with more sheets beyond the limit of one, as a whole; `tick` is called after each row."""
        import xlsxwriter  # imported only for a workbook

        options: dict[str, Any] = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        options |= {"tmpdir": str(target.parent)}
        with replacing(target, mode=0o600) as part, xlsxwriter.Workbook(str(part), options) as workbook:
            bold, plain = workbook.add_format({"bold": True, "text_wrap": True}), workbook.add_format({"valign": "top"})
            sheet = self._sheet(workbook, bold)
            for row in self._all_rows():
                line = (self.rows - 1) % LIMIT_SHEET_ROWS + 1
                if line == 1 and self.rows > 1:
                    sheet = self._sheet(workbook, bold)
                for number, words in enumerate(self._cells(row)):
                    sheet.write_string(line, number, visible(words)[:LIMIT_CELL], plain)
                tick(1)
            sheet.write_string((self.rows - 1) % LIMIT_SHEET_ROWS + 2 if self.rows else 1, 0, self.last_line, bold)

    @property
    def last_line(self) -> str:
        """The last line: completeness and number of rows."""
        return last_line(self.rows, self._language, whole=self.whole)

    def _all_rows(self) -> Iterator[Row]:
        page, left = self._wanted, self._wanted.limit or sys.maxsize
        while left > 0:
            if self._until is not None and time.monotonic() > self._until:
                self.whole = False
                return
            try:
                rows = self._reader.find(replace(page, limit=min(_PAGE, left)))
            except SearchTimeError:
                self.whole = False
                return
            for row in rows:
                self.rows += 1
                yield row
            left -= len(rows)
            if len(rows) < _PAGE:
                return
            page = replace(page, before=rows[-1])

    def _headings(self) -> list[str]:
        return [said("audit", "column", key, self._language) for key in self._widths]

    def _cells(self, row: Row) -> tuple[str, ...]:
        """Return the cells of a row in the order of the headings."""
        language = self._language
        return (
            *([row.node] if self._reader.several else ()),
            str(row.seq),
            moment(row.time),
            words_of("kind", row.kind, language),
            row.reference,
            row.unit,
            row.sender,
            " ".join(row.recipients),
            decided(row.disposition, row.would_be, language),
            words_of("state", row.state, language),
            subject_words(row, language),
            "; ".join(row.files),
            " ".join(row.rules),
            "; ".join(self._title(*rule.split(".", 1)) for rule in row.rules),
            row.text,
        )

    def _sheet(self, workbook: Any, bold: Any) -> Any:
        sheet = workbook.add_worksheet()
        for number, width in enumerate(self._widths.values()):
            sheet.set_column(number, number, width)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, self._headings(), bold)
        return sheet


def last_line(rows: int, language: str, *, whole: bool) -> str:
    """Return the last line of an export: whether it is complete."""
    return said("audit", "whole", "whole" if whole else "part", language, count=rows)


def csv_line(cells: Iterable[str]) -> str:
    """Return a line of CSV, without its end."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()
