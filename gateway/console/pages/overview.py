"""The page that says whether all is well today."""

from __future__ import annotations

from starlette.responses import Response

from gateway.console.visit import Visit
from gateway.steward.questions import Overview, OverviewView


async def page(visit: Visit) -> Response:
    """Show the figures of the last days and what is well or not; whoever may not see that is sent to the mails."""
    if not visit.may("overview"):
        return visit.go("/mails")
    days = {"7": 7, "90": 90, "365": 365}.get(visit.request.query_params.get("days", ""), 30)
    view = await visit.ask(Overview(days))
    assert isinstance(view, OverviewView)
    return visit.page("overview.html", view=view, days=days)
