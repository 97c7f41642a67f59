"""The policy in force, and what another one would do."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import Response

from gateway.console.client import Refused, StewardAway
from gateway.console.pages.login import fault
from gateway.console.visit import Visit
from gateway.steward.questions import Answer, AskPolicy, Done, PolicyView, Progress, PutInForce, Tried, TryPolicy


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
    answers = visit.stream(TryPolicy(text=text, since_days=days))
    first = await anext(answers)
    return visit.growing_page("tried.html", _pieces(visit, first, answers, text, view), text=text, days=days)


async def _pieces(
    visit: Visit, first: Answer, answers: AsyncIterator[Answer], text: str, view: PolicyView
) -> AsyncIterator[str]:
    answer: Answer | None = first
    try:
        while answer is not None:
            if isinstance(answer, Progress):
                yield visit.render("progress.html", step=answer)
            elif isinstance(answer, Tried):
                lines = text.split("\n") if answer.faults else []
                yield visit.render("tried_result.html", tried=answer, lines=lines, text=text, view=view)
            answer = await anext(answers, None)
    except Refused as error:
        yield visit.render("broken_off.html", text=fault(visit, error.refusal))
    except StewardAway:
        yield visit.render("broken_off.html", text=visit.words.error.s503.text)


async def put_in_force(visit: Visit) -> Response:
    """Put a candidate in force."""
    form = visit.form
    question = PutInForce(form.get("text").replace("\r\n", "\n"), "".join(form.get("code").split()), form.get("reason"))
    answer = await visit.ask(question)
    return visit.page(
        "done.html",
        title=visit.words.policy.forced,
        text=answer.words if isinstance(answer, Done) else "",
        back="/policy",
    )
