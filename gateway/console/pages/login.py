"""Login by account or mailbox code, enrolment, one's own account."""

from __future__ import annotations

from starlette.responses import Response

from gateway.console.render import qr
from gateway.console.visit import Visit, local
from gateway.steward import questions as q
from gateway.steward.questions.refused import Refused

_SAID = frozenset({"bad_login", "bad_code", "locked", "too_many", "invalid", "forbidden"})
"""Refusals that a form shows; others are pages of their own."""


async def page(visit: Visit) -> Response:
    """Show both ways in."""
    if visit.person is not None:
        return visit.go("/enrol" if visit.person.must_enrol else "/")
    return _login(visit, to=local(visit.request.query_params.get("to", "/")))


async def enter(visit: Visit) -> Response:
    """Begin a session of an account."""
    form = visit.form
    to = local(form.get("to"))
    question = q.Login(form.get("name").strip(), form.get("password"), visit.code)
    try:
        answer = await visit.ask(question, token="")
    except Refused as error:
        return _login(visit, to=to, fault=said(visit, error), name=question.name, status=422)
    assert isinstance(answer, q.LoggedIn)
    visit.begin_session(answer.token)
    return visit.go("/enrol" if answer.person.must_enrol else to)


def _login(visit: Visit, *, to: str, fault: str = "", name: str = "", status: int = 200) -> Response:
    return visit.page("login.html", status, to=to, fault=fault, name=name)


async def send_code(visit: Visit) -> Response:
    """Have a code sent to a mailbox, and ask for it."""
    mailbox = visit.form.get("mailbox").strip()
    await visit.ask(q.SendMailCode(mailbox), token="")
    return visit.page("code.html", mailbox=mailbox, to=local(visit.form.get("to")), fault="")


async def enter_by_mail(visit: Visit) -> Response:
    """Begin a session with a code from a mailbox."""
    mailbox, to = visit.form.get("mailbox"), local(visit.form.get("to"))
    try:
        await begin_by_mail(visit, mailbox)
    except Refused as error:
        return visit.page("code.html", 422, mailbox=mailbox, to=to, fault=said(visit, error))
    return visit.go(to)


async def begin_by_mail(visit: Visit, mailbox: str) -> None:
    """Begin a session with the code of the form; Refused."""
    answer = await visit.view(q.MailLogin(mailbox, visit.code), q.LoggedIn, token="")
    visit.begin_session(answer.token)


def said(visit: Visit, refused: Refused) -> str:
    """Return what a form says of a refusal; one that is no matter of the form is raised again."""
    if refused.refusal.kind not in _SAID:
        raise refused
    return visit.fault(refused.refusal)


async def leave(visit: Visit) -> Response:
    """End the session."""
    await visit.ask(q.Logout())
    visit.end_session()
    return visit.go("/login")


async def enrol(visit: Visit) -> Response:
    """Offer a second factor."""
    return visit.page("enrol.html", enrolment=None, picture=None, fault="")


async def begin_enrolment(visit: Visit) -> Response:
    """Show a new second factor to be put into an authenticator."""
    answer = await visit.view(q.BeginEnrolment(), q.Enrolment)
    return visit.page("enrol.html", enrolment=answer, picture=qr(answer.uri), fault="")


async def confirm(visit: Visit) -> Response:
    """Let the second factor count, and show the recovery codes once."""
    form = visit.form
    if form.get("password") != form.get("again"):
        return _again(visit, visit.words.enrol.differ)
    try:
        answer = await visit.ask(q.ConfirmEnrolment(visit.code, form.get("password")))
    except Refused as error:
        return _again(visit, said(visit, error))
    assert isinstance(answer, q.Enrolled)
    visit.begin_session(answer.token)
    visit.person = answer.person
    return visit.page("recovery.html", codes=answer.recovery_codes)


def _again(visit: Visit, words: str) -> Response:
    """Show the same factor again; it came back with the form, so that the authenticator need not be set up again."""
    shown = q.Enrolment(visit.form.get("uri"), visit.form.get("secret"))
    good = shown.uri.startswith("otpauth://totp/") and len(shown.uri) < 500
    return visit.page("enrol.html", 422, enrolment=shown, picture=qr(shown.uri) if good else None, fault=words)


async def account(visit: Visit) -> Response:
    """Show who one is."""
    return visit.page("account.html", fault="", done="")


async def change_password(visit: Visit) -> Response:
    """Replace one's password."""
    form = visit.form
    if form.get("new") != form.get("again"):
        return visit.page("account.html", 422, fault=visit.words.enrol.differ, done="")
    question = q.ChangePassword(form.get("old"), form.get("new"), visit.code)
    try:
        answer = await visit.ask(question)
    except Refused as error:
        return visit.page("account.html", 422, fault=said(visit, error), done="")
    if isinstance(answer, q.LoggedIn):
        visit.begin_session(answer.token)
        visit.person = answer.person
    return visit.page("account.html", fault="", done=visit.words.account.changed)
