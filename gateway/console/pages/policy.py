"""Policy page: the policy in force, and trial of a candidate."""

from __future__ import annotations

from starlette.responses import Response

from gateway.console.streamed import download
from gateway.console.visit import Visit
from gateway.steward.questions import Answer, AskPolicy, Done, ExportTrial, PolicyView, PutInForce, Tried, TryPolicy
from gateway.steward.questions.refused import Refused


async def page(visit: Visit) -> Response:
    """Show the rules in force, and an earlier file as the candidate where one is asked for."""
    earlier = visit.request.query_params.get("earlier", "")
    view = await visit.view(AskPolicy(earlier), PolicyView)
    most = max((rule.count for rule in view.rules), default=0)
    return visit.page("policy.html", view=view, most=most, earlier=earlier)


async def attempt(visit: Visit) -> Response:
    """Try a candidate; the page grows with the progress and ends with the result."""
    text = next((given for given in visit.form.all("file") if given.strip()), visit.form.get("text"))
    text, days = text.replace("\r\n", "\n"), _days(visit)
    view = await visit.view(AskPolicy(), PolicyView)

    def result(answer: Answer) -> str:
        assert isinstance(answer, Tried)
        lines = text.split("\n") if answer.faults else []
        return visit.render("tried_result.html", tried=answer, lines=lines, text=text, days=days, view=view)

    return await visit.growing_page("tried.html", TryPolicy(text=text, since_days=days), result, text=text, days=days)


def _days(visit: Visit) -> int:
    return {"7": 7, "90": 90}.get(visit.form.get("days"), 30)


async def export(visit: Visit) -> Response:
    """Send all mails that a candidate answers otherwise as a file."""
    text = visit.form.get("text").replace("\r\n", "\n")
    answers = visit.stream(ExportTrial(text=text, since_days=_days(visit)))
    return await download(answers, "policy-diff.csv", "text/csv; charset=utf-8")


async def put_in_force(visit: Visit) -> Response:
    """Put a candidate in force; one that is refused stays on the page with its reason."""
    form = visit.form
    text = form.get("text").replace("\r\n", "\n")
    question = PutInForce(text, visit.code, form.get("reason"), form.get("against"))
    try:
        answer = await visit.ask(question)
    except Refused as error:
        if error.refusal.kind in ("forbidden", "no_session"):
            raise
        return visit.page("unforced.html", 422, fault=visit.fault(error.refusal), question=question)
    return visit.page(
        "done.html",
        title=visit.words.policy.forced,
        text=answer.words if isinstance(answer, Done) else "",
        back="/policy",
    )
