"""The policy in force, and what another one would do."""

from __future__ import annotations

from starlette.responses import Response

from gateway.console.visit import Visit
from gateway.steward.questions import Answer, AskPolicy, Done, PolicyView, PutInForce, Tried, TryPolicy


async def page(visit: Visit) -> Response:
    """Show the rules in force."""
    view = await visit.ask(AskPolicy())
    assert isinstance(view, PolicyView)
    most = max((rule.count for rule in view.rules), default=0)
    return visit.page("policy.html", view=view, most=most)


async def attempt(visit: Visit) -> Response:
    """Try a candidate; the page grows with the progress and ends with the result."""
    text = next((given for given in visit.form.all("file") if given.strip()), visit.form.get("text"))
    text = text.replace("\r\n", "\n")
    days = {"7": 7, "90": 90}.get(visit.form.get("days"), 30)
    view = await visit.ask(AskPolicy())
    assert isinstance(view, PolicyView)

    def result(answer: Answer) -> str:
        assert isinstance(answer, Tried)
        lines = text.split("\n") if answer.faults else []
        return visit.render("tried_result.html", tried=answer, lines=lines, text=text, view=view)

    return await visit.growing_page("tried.html", TryPolicy(text=text, since_days=days), result, text=text, days=days)


async def put_in_force(visit: Visit) -> Response:
    """Put a candidate in force."""
    form = visit.form
    question = PutInForce(form.get("text").replace("\r\n", "\n"), visit.code, form.get("reason"))
    answer = await visit.ask(question)
    return visit.page(
        "done.html",
        title=visit.words.policy.forced,
        text=answer.words if isinstance(answer, Done) else "",
        back="/policy",
    )
