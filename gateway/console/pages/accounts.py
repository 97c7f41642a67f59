"""Administration of accounts."""

from __future__ import annotations

from starlette.responses import Response

from gateway.console.forms import Form
from gateway.console.pages.login import said
from gateway.console.visit import Visit
from gateway.steward import questions as q
from gateway.steward.questions.refused import Refused
from gateway.steward.roles import GIVEN


async def page(visit: Visit, *, fault: str = "", done: str = "") -> Response:
    """List all accounts, with the result of the submitted form."""
    view = await visit.view(q.AskAccounts(), q.AccountsView)
    return visit.page(
        "accounts.html", 422 if fault else 200, view=view, given=GIVEN, fault=fault, done=done,
        manages=visit.may("set_roles"), opened=visit.request.query_params.get("name", visit.form.get("name")),
        form=visit.form if fault else Form({}), at=visit.path,
    )  # fmt: skip


async def act(kind: type[q.Question], visit: Visit, **names: str) -> Response:
    """Ask for what a form says about an account or a token, and show what comes of it."""
    try:
        answer = await visit.ask(visit.question(kind, **names))
    except Refused as error:
        return await page(visit, fault=said(visit, error))
    match answer:
        case q.OneTimePassword():
            return visit.page("one_time.html", given=answer)
        case q.NewToken():
            return visit.page("new_token.html", given=answer)
    words = answer.words if isinstance(answer, q.Done) else ""
    return await page(visit, done=words or visit.words.accounts.done)
