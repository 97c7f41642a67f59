"""Monthly reports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response

from gateway.console.streamed import Streamed
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
    view = await visit.ask(q.AskReport(given["month"], given["unit"]))
    assert isinstance(view, q.ReportView)
    return visit.page("reports.html", view=view, forms=tuple(_TYPES))


async def download(visit: Visit) -> Response:
    """Send the report as a file."""
    form = visit.form.get("form")
    kind = form if form in _TYPES else "docx"
    month, unit = (visit.form.get(name).strip()[:200] for name in ("month", "unit"))
    answers = visit.stream(q.GetReport(month, unit, kind))
    first = await anext(answers)  # a refusal is a page, not half a file
    fields = {"Content-Disposition": f'attachment; filename="bao-cao.{kind}"'}
    return Streamed(_octets(first, answers), media_type=_TYPES[kind], headers=fields)


async def _octets(first: q.Answer, answers: AsyncIterator[q.Answer]) -> AsyncIterator[bytes]:
    if isinstance(first, q.Piece):
        yield first.octets
    async for answer in answers:
        if isinstance(answer, q.Piece):
            yield answer.octets
