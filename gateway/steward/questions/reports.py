"""Monthly reports."""

from __future__ import annotations

from msgspec import Struct

from gateway.steward.questions.common import Choice


class AskReport(Struct, frozen=True, tag="ask_report"):
    """The report of a month, YYYY-MM; of the current one when empty. Unit heads get theirs. Answer: `ReportView`."""

    month: str = ""
    unit: str = ""
    """Id of a unit; all of them when empty."""


class ReportBlock(Struct, frozen=True, kw_only=True):
    """A piece of the report: `heading`, `text` or `table`."""

    kind: str
    text: str = ""
    """Caption of a table."""
    columns: tuple[tuple[str, bool], ...] = ()
    """Title, and whether words stand in it rather than numbers."""
    rows: tuple[tuple[str, ...], ...] = ()
    total: bool = False
    """The last row is the sum."""


class ReportView(Struct, frozen=True, kw_only=True, tag="report_view"):
    """A report as it is read."""

    title: str
    month: str
    months: tuple[str, ...]
    """That may be asked for, the newest first."""
    unit: str = ""
    units: tuple[Choice, ...] = ()
    every_unit: bool = False
    """The report of all units may be asked for."""
    blocks: tuple[ReportBlock, ...] = ()
    gaps: tuple[str, ...] = ()
    """Limits of the numbers."""


class GetReport(Struct, frozen=True, tag="get_report"):
    """The same as a file: `docx`, `xlsx`, `pdf`, `csv` or `json`. Answers: `Piece`, the last `ExportEnd`."""

    month: str
    unit: str
    form: str
