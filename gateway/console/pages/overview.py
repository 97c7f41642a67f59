"""Overview page: figures and state of the system."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.console.visit import Visit
from gateway.steward.questions import Overview, OverviewView

_OTHERWISE: Final = (("search", "/mails"), ("ask_accounts", "/accounts"))
"""First pages of those who may not see the figures."""


async def page(visit: Visit) -> Response:
    """Show the figures of the last days and the condition; redirect those who may not see them."""
    if not visit.may("overview"):
        return visit.go(next((path for question, path in _OTHERWISE if visit.may(question)), "/help"))
    days = {"7": 7, "90": 90, "365": 365}.get(visit.request.query_params.get("days", ""), 30)
    view = await visit.view(Overview(days), OverviewView)
    return visit.page("overview.html", view=view, days=days)
