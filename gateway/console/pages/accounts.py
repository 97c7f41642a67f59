"""Administration of accounts."""

from __future__ import annotations

from starlette.responses import Response

from gateway.console.forms import Form
from gateway.console.pages.login import said
from gateway.console.visit import Visit
from gateway.steward import questions as q
from gateway.steward.questions.refused import Refused
from gateway.steward.roles import MAILBOX_ROLES, Role

_GIVEN = tuple(role for role in Role if role not in MAILBOX_ROLES)


async def page(visit: Visit, *, fault: str = "", done: str = "") -> Response:
    """List all accounts, with the result of the submitted form."""
    view = await visit.ask(q.AskAccounts())
    assert isinstance(view, q.AccountsView)
    return visit.page(
        "accounts.html", 422 if fault else 200, view=view, given=_GIVEN, fault=fault, done=done,
        manages=visit.may("set_roles"), opened=visit.request.query_params.get("name", visit.form.get("name")),
        form=visit.form if fault else Form({}), at=visit.path,
    )  # fmt: skip


def _roles(visit: Visit) -> tuple[Role, ...]:
    wanted = set(visit.form.all("role"))
    return tuple(role for role in _GIVEN if role.value in wanted)


async def _act(visit: Visit, question: q.Question) -> Response:
    try:
        answer = await visit.ask(question)
    except Refused as error:
        return await page(visit, fault=said(visit, error))
    match answer:
        case q.OneTimePassword():
            return visit.page("one_time.html", given=answer)
        case q.NewToken():
            return visit.page("new_token.html", given=answer)
    words = answer.words if isinstance(answer, q.Done) else ""
    return await page(visit, done=words or visit.words.accounts.done)


async def add(visit: Visit) -> Response:
    """Create an account and show its one-time password."""
    name, display = visit.form.get("name").strip(), visit.form.get("display").strip()
    question = q.AddAccount(
        name=name, display=display, roles=_roles(visit), code=visit.code, mail=visit.form.get("mail")
    )
    return await _act(visit, question)


async def set_mail(visit: Visit) -> Response:
    """Set the mailbox for an account's notices."""
    form = visit.form
    question = q.SetMail(name=form.get("name"), mail=form.get("mail"), code=visit.code, reason=form.get("reason"))
    return await _act(visit, question)


async def set_roles(visit: Visit) -> Response:
    """Set the roles of an account."""
    form = visit.form
    question = q.SetRoles(name=form.get("name"), roles=_roles(visit), code=visit.code, reason=form.get("reason"))
    return await _act(visit, question)


async def reset(visit: Visit) -> Response:
    """Reset a second factor."""
    form = visit.form
    return await _act(visit, q.ResetSecondFactor(name=form.get("name"), code=visit.code, reason=form.get("reason")))


async def lock(visit: Visit) -> Response:
    """Lock or unlock an account."""
    form = visit.form
    locked = form.get("locked") == "yes"
    question = q.SetLocked(name=form.get("name"), locked=locked, code=visit.code, reason=form.get("reason"))
    return await _act(visit, question)


async def add_token(visit: Visit) -> Response:
    """Make a token for a program and show it once."""
    form = visit.form
    question = q.AddToken(
        name=form.get("program").strip(), mailbox=form.get("mailbox").strip(), unit=form.get("unit"), days=_number(visit, "days"),
        per_hour=_number(visit, "per_hour"), code=visit.code, reason=form.get("reason"),
    )  # fmt: skip
    return await _act(visit, question)


async def revoke_token(visit: Visit) -> Response:
    """End a token."""
    form = visit.form
    return await _act(visit, q.RevokeToken(name=form.get("program"), code=visit.code, reason=form.get("reason")))


def _number(visit: Visit, name: str) -> int:
    """Return a number of the form; 0, which is none, for anything else."""
    given = visit.form.get(name).strip()
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
