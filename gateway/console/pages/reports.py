"""Monthly reports."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.console.streamed import download as download_file
from gateway.console.visit import Visit
from gateway.steward import questions as q

_TYPES: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


async def page(visit: Visit) -> Response:
    """Show the report of a month."""
    given = {name: visit.request.query_params.get(name, "").strip()[:200] for name in ("month", "unit")}
    view = await visit.view(q.AskReport(given["month"], given["unit"]), q.ReportView, long=True)
    return visit.page("reports.html", view=view, forms=tuple(_TYPES))


async def download(visit: Visit) -> Response:
    """Send the report as a file."""
    form = visit.form.get("form")
    kind = form if form in _TYPES else "docx"
    month, unit = (visit.form.get(name).strip()[:200] for name in ("month", "unit"))
    answers = visit.stream(q.GetReport(month, unit, kind))
    return await download_file(answers, f"bao-cao.{kind}", _TYPES[kind])
