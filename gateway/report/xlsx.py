"""Report as a workbook: a sheet for each table, native charts, no formulas."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from gateway.model import Language
from gateway.report.figures import Share
from gateway.report.labels import words
from gateway.report.page import Annex, Cell, Days, Foot, Head, Heading, Octets, Page, Paragraph, Table, Tenths, shown
from gateway.vietnamese.printed import visible

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FONT = {"font_name": "Times New Roman", "font_size": 12}
_MM_PER_LETTER = 1.9
_CHARTED = {"league": "score", "units": "prevented", "rules": "prevented"}
"""Tables with a chart, and the column that it shows."""
_LIMIT_BARS = 30
_ROW_PIXELS = 20


def xlsx(page: Page) -> bytes:
    """Return a report as XLSX."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _OPTIONS) as workbook:
        workbook.set_properties({"title": page.title})
        _Book(workbook, page.language, _formats(workbook)).write(page)
    return target.getvalue()


def _formats(workbook: Any) -> dict[str, Any]:
    ruled = {**_FONT, "border": 1, "valign": "top"}
    kinds = {
        "": {**_FONT, "text_wrap": True, "valign": "top"},
        "title": {**_FONT, "bold": True, "font_size": 14, "text_wrap": True},
        "heading": {**_FONT, "bold": True, "text_wrap": True},
        "head": {**ruled, "bold": True, "text_wrap": True, "align": "center"},
        "text": {**ruled, "text_wrap": True},
        "unknown": {**ruled, "align": "right"},
        "count": {**ruled, "num_format": "#,##0"},
        "share": {**ruled, "num_format": "0.0%"},
        "tenths": {**ruled, "num_format": "#,##0.0"},
    }
    formats = {name: workbook.add_format(one) for name, one in kinds.items()}
    return formats | {f"{name} total": workbook.add_format({**one, "bold": True}) for name, one in kinds.items()}


@dataclass
class _Book:
    """Writes the sheets."""

    workbook: Any
    language: Language
    formats: dict[str, Any]
    _charts: Any = None
    _charts_end: int = 0
    """The first row below the charts."""

    def write(self, page: Page) -> None:
        """Write all blocks: words on the first sheet, charts on the second, each table on one of its own."""
        first = self._sheet(words("table", "basis", self.language))
        first.set_column(0, 0, 70)  # a page is no wider, and LibreOffice cuts a single column that is
        self._charts = self._sheet(words("table", "charts", self.language))
        line = 0
        for block in page.blocks:
            match block:
                case Head():
                    for text in (block.above, block.office, f"{block.kind}: {block.subject}"):
                        first.write_string(line, 0, visible(text), self.formats["title"])
                        line += 1
                case Heading(text=text) | Paragraph(text=text):
                    kind = "heading" if isinstance(block, Heading) else ""
                    first.write_string(line, 0, visible(text), self.formats[kind])
                    line += 1
                case Table():
                    self._table(block)
                case Days():
                    self._days(block)
                case Foot() | Annex():
                    pass

    def _sheet(self, title: str) -> Any:
        sheet = self.workbook.add_worksheet(title[:31])
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        return sheet

    def _table(self, block: Table) -> None:
        sheet = self._sheet(block.caption.partition(" ")[2])  # the words name tables by number
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(block.columns):
            sheet.set_column(number, number, column.width / _MM_PER_LETTER)
            sheet.write_string(0, number, column.title, self.formats["head"])
        for line, row in enumerate(block.rows, 1):
            last = block.total and line == len(block.rows)
            for number, cell in enumerate(row):
                self._cell(sheet, line, number, cell, " total" if last else "")
        self._chart(sheet, block)

    def _cell(self, sheet: Any, line: int, number: int, cell: Cell, total: str) -> None:
        match cell:
            case int():
                sheet.write_number(line, number, cell, self.formats[f"count{total}"])
            case Share(part=part, whole=whole) if whole:
                sheet.write_number(line, number, part / whole, self.formats[f"share{total}"])
            case Tenths(value=value):
                sheet.write_number(line, number, value / 10, self.formats[f"tenths{total}"])
            case Octets(value=value):
                sheet.write_number(line, number, value / 1e6, self.formats[f"tenths{total}"])
            case Share() | None:
                sheet.write_string(line, number, shown(cell, self.language), self.formats[f"unknown{total}"])
            case _:
                sheet.write_string(line, number, visible(shown(cell, self.language)), self.formats[f"text{total}"])

    def _chart(self, sheet: Any, block: Table) -> None:
        """Draw bars of one column of a table, in the order of its rows."""
        charted = _CHARTED.get(block.key)
        titles = [column.title for column in block.columns]
        wanted = words("column", charted, self.language) if charted else ""
        count = min(_LIMIT_BARS, len(block.rows) - block.total)
        if wanted not in titles or not count:
            return
        names = next(number for number, column in enumerate(block.columns) if column.text)
        self._bars(sheet, "bar", block.title, (1, count, names, titles.index(wanted)))

    def _days(self, block: Days) -> None:
        sheet = self._sheet(block.title)
        for number, title in enumerate((block.day, block.mails)):
            sheet.write_string(0, number, title, self.formats["head"])
        for day, mails in enumerate(block.values, 1):
            sheet.write_number(day, 0, day, self.formats["count"])
            sheet.write_number(day, 1, mails, self.formats["count"])
        self._bars(sheet, "column", block.title, (1, len(block.values), 0, 1))

    def _bars(self, sheet: Any, kind: str, title: str, cells: tuple[int, int, int, int]) -> None:
        """Put a chart below the others, of the rows `cells[0]` to `cells[1]`: names in one column, values in another."""
        first, last, names, values = cells
        chart = self.workbook.add_chart({"type": kind})
        name = sheet.get_name()
        chart.add_series(
            {
                "categories": [name, first, names, last, names],
                "values": [name, first, values, last, values],
                "fill": {"color": "#595959"},
                "data_labels": {"value": True},
            }
        )
        chart.set_title({"name": title, "name_font": {"name": "Times New Roman", "size": 13}})
        chart.set_legend({"none": True})
        height = max(300, 60 + 22 * (last - first + 1)) if kind == "bar" else 320
        chart.set_size({"width": 720, "height": height})
        if kind == "bar":
            chart.set_y_axis({"reverse": True})
        self._charts.insert_chart(self._charts_end, 0, chart)
        self._charts_end += height // _ROW_PIXELS + 2
