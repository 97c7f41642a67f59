"""Search for mails, and the page of a mail."""

from __future__ import annotations

from itertools import chain
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.console.streamed import download
from gateway.console.visit import Visit
from gateway.model.reference import mistyped, standard
from gateway.steward.questions import AskRequests, CheckedView, Explain, Explained, Export, Found, Search

_FIELDS: Final = ("q", "since", "until", "unit", "result", "state", "sha256")
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl; charset=utf-8",
}


async def search(visit: Visit) -> Response:
    """Show the results of a search; the URL holds the query."""
    given = {name: visit.request.query_params.get(name, "").strip()[:500] for name in _FIELDS}
    if (reference := standard(given["q"])) and not mistyped(reference):
        return visit.go(f"/mails/{reference}")
    found = await visit.view(_question(given, before=visit.number("before"), after=visit.number("after")), Found)
    asked = {name: value for name, value in given.items() if value}
    return visit.page(
        "mails.html",
        found=found,
        given=given,
        filters=sum(1 for name in asked if name not in ("q", "sha256")),
        link=lambda **more: "/mails?" + urlencode(asked | more),
    )


def _question(given: dict[str, str], *, before: int | None = None, after: int | None = None) -> Search:
    return Search(
        text=given["q"], since=given["since"], until=given["until"], unit=given["unit"], disposition=given["result"],
        state=given["state"], sha256=given["sha256"].lower(), before=before, after=after,
    )  # fmt: skip


async def digest(visit: Visit) -> Response:
    """Search by the digest of an uploaded file, hashed while it arrived."""
    found = visit.form.digests.get("file")
    return visit.go(f"/mails?sha256={found}" if found else "/mails")


async def export(visit: Visit) -> Response:
    """Send all rows of a search as a file."""
    kind = visit.form.get("format")
    if kind not in _TYPES:
        kind = "csv"
    given = {name: visit.form.get(name).strip()[:500] for name in _FIELDS}
    return await download(visit.stream(Export(_question(given), kind)), f"mails.{kind}", _TYPES[kind])


async def explain(visit: Visit, *, fault: str = "", done: str = "") -> Response:
    """Show a mail and its requests, with the result of the submitted form; of a self-check what its record has."""
    explained = await visit.ask(Explain(visit.request.path_params["reference"][:100]))
    if isinstance(explained, CheckedView):
        return visit.page("checked.html", check=explained)
    assert isinstance(explained, Explained)
    view = await visit.ask(AskRequests(explained.reference)) if visit.may("ask_requests") else None
    return visit.page(
        "explain.html", 422 if fault else 200, mail=explained, findings=count(explained), requests=view, fault=fault,
        done=done,
    )  # fmt: skip


def count(explained: Explained) -> int:
    """Number of findings of a mail."""
    return len(list(chain.from_iterable(file.findings for file in explained.files)))
