"""Pages of requests and held mail."""

from __future__ import annotations

from starlette.responses import Response

from gateway.console.pages.login import said
from gateway.console.pages.mails import explain
from gateway.console.streamed import download
from gateway.console.visit import Visit
from gateway.steward import questions as q
from gateway.steward.questions.refused import Refused
from gateway.texts.catalogue import filled


async def page(visit: Visit, *, fault: str = "", done: str = "") -> Response:
    """Show pending and settled requests, with the result of the submitted form."""
    view = await visit.view(q.AskRequests(), q.RequestsView)
    visit.waiting = len(view.mine)
    if fault:  # sent twice: the second time is refused, and the first may have been carried through
        settled = (one for one in (*view.waiting, *view.done) if one.id == visit.form.get("request"))
        fault += "".join(" " + filled(visit.words.requests.is_now, id=one.id, state=one.state.text) for one in settled)
    return visit.page("requests.html", 422 if fault else 200, view=view, fault=fault, done=done)


async def open_one(visit: Visit) -> Response:
    """Open a request for a waiver; an error is shown on the page of the mail."""
    reference, form = visit.request.path_params["reference"][:100], visit.form
    question = q.OpenRequest(reference=reference, reason=form.get("reason"), sha256=form.digests.get("file", ""))
    try:
        answer = await visit.ask(question)
    except Refused as error:
        return await explain(visit, fault=said(visit, error))
    return await explain(visit, done=answer.words if isinstance(answer, q.Done) else "")


async def held(visit: Visit) -> Response:
    """Show a held mail as plain text."""
    view = await visit.view(q.ReadHeld(visit.request.path_params["reference"][:100]), q.HeldText)
    return visit.page("held.html", view=view)


async def held_file(visit: Visit) -> Response:
    """Send a held mail as a download, never displayed by the browser."""
    return await download(
        visit.stream(q.GetHeld(visit.request.path_params["reference"][:100])), "thu.eml", "application/octet-stream"
    )


async def act(kind: type[q.Question], visit: Visit) -> Response:
    """Take a step on a request or a held mail, as a form says."""
    try:
        answer = await visit.ask(visit.question(kind))
    except Refused as error:
        return await page(visit, fault=said(visit, error))
    return await page(visit, done=answer.words if isinstance(answer, q.Done) else "")
