"""Route table of the console, complete: method, path, access, questions, handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from msgspec import Struct
from starlette.responses import Response

from gateway.console.api import CHECK, FIXED
from gateway.console.pages import (
    accounts,
    api,
    check,
    letter,
    log,
    login,
    mails,
    overview,
    policy,
    reports,
    requests,
    various,
)
from gateway.console.visit import Visit
from gateway.steward import questions as q

Handler = Callable[[Visit], Awaitable[Response]]


class Row(Struct, frozen=True, kw_only=True):
    """A route."""

    method: str
    path: str
    handler: Handler
    asks: tuple[type, ...] = ()
    """Questions to the steward, besides the session lookup."""
    template: str = ""
    session: bool = True
    """Needs a session; otherwise redirect to the login."""
    enrolling: bool = False
    """Open to accounts without a second factor."""
    hashed: str = ""
    """File field that is hashed while it arrives."""
    uploads: bool = False
    """Files are forwarded to the steward."""
    program: bool = False
    """API route: cookies are ignored, the API token replaces session and CSRF token, responses are JSON."""


def _row(method: str, path: str, handler: Handler, *asks: type, **more: Any) -> Row:
    return Row(method=method, path=path, handler=handler, asks=asks, **more)


def _act(path: str, act: Callable[..., Awaitable[Response]], question: type, *, template: str, **names: str) -> Row:
    """Return the route of a form that is a question; `names` are the form's names of fields that are named otherwise."""
    return _row("POST", path, partial(act, question, **names), question, template=template)


_get, _post = partial(_row, "GET"), partial(_row, "POST")


def page_of(row: Row, path: str) -> str:
    """Return the path of the page whose form is sent to a path."""
    route = row.path
    while route not in _PAGES:
        route, path = (one.rpartition("/")[0] or "/" for one in (route, path))
    return path


ROUTES: Final = (
    _get("/healthz", various.healthz, q.AskHealth, session=False),
    _get("/static/{digest}/{name}", various.static, session=False),
    _get("/help", various.help_page, template="help.html", session=False),
    _post("/preferences", various.preferences, session=False, enrolling=True),
    _get("/login", login.page, template="login.html", session=False),
    _post("/login", login.enter, q.Login, template="login.html", session=False),
    _post("/login/code", login.send_code, q.SendMailCode, template="code.html", session=False),
    _post("/login/mail", login.enter_by_mail, q.MailLogin, template="code.html", session=False),
    _post("/logout", login.leave, q.Logout, enrolling=True),
    _get("/enrol", login.enrol, template="enrol.html", enrolling=True),
    _post("/enrol", login.begin_enrolment, q.BeginEnrolment, template="enrol.html", enrolling=True),
    _post("/enrol/confirm", login.confirm, q.ConfirmEnrolment, template="recovery.html", enrolling=True),
    _get("/account", login.account, template="account.html"),
    _post("/account/password", login.change_password, q.ChangePassword, template="account.html"),
    _get("/", overview.page, q.Overview, template="overview.html"),
    _get("/mails", mails.search, q.Search, template="mails.html"),
    _post("/mails/digest", mails.digest, hashed="file"),
    _post("/mails/export", mails.export, q.Export),
    _get("/mails/{reference}", mails.explain, q.Explain, q.AskRequests, template="explain.html"),
    _post("/mails/{reference}/request", requests.open_one, q.OpenRequest, template="explain.html", hashed="file"),
    _get("/requests", requests.page, q.AskRequests, template="requests.html"),
    _act("/requests/decide", requests.act, q.Decide, template="requests.html"),
    _act("/requests/approve", requests.act, q.Approve, template="requests.html"),
    _act("/requests/release", requests.act, q.Release, template="requests.html"),
    _get("/requests/held/{reference}", requests.held, q.ReadHeld, template="held.html"),
    _post("/requests/held/{reference}/file", requests.held_file, q.GetHeld),
    _get("/t/{reference}", letter.page, q.Explain, template="letter.html", session=False),
    _post("/t/{reference}/code", letter.send_code, q.SendMailCode, template="letter_code.html", session=False),
    _post("/t/{reference}/mail", letter.enter, q.MailLogin, template="letter_code.html", session=False),
    _get("/reports", reports.page, q.AskReport, template="reports.html"),
    _post("/reports/file", reports.download, q.GetReport),
    _get("/check", check.page, q.AskCheck, template="check.html"),
    _post("/check", check.run, q.AskCheck, q.BeginCheck, q.CheckPiece, q.EndCheck, template="check.html", uploads=True),
    _get("/check/{reference}/fixed/{number}", check.fixed, q.GetFixed),
    _get("/api/v1/openapi.json", api.openapi, session=False, program=True),
    _post(CHECK, api.check, q.AskCheck, q.BeginCheck, q.CheckPiece, q.EndCheck, session=False, program=True),
    _get(FIXED, api.fixed, q.GetFixed, session=False, program=True),
    _get("/policy", policy.page, q.AskPolicy, template="policy.html"),
    _post("/policy/try", policy.attempt, q.TryPolicy, template="tried.html"),
    _post("/policy/export", policy.export, q.ExportTrial),
    _post("/policy/force", policy.put_in_force, q.PutInForce, template="done.html"),
    _get("/audit", log.page, q.AskLog, template="log.html"),
    _post("/audit/verify", log.verify, q.Verify, template="verify.html"),
    _get("/audit/checkpoints/{name}", log.checkpoint, q.GetCheckpoint),
    _get("/accounts", accounts.page, q.AskAccounts, template="accounts.html"),
    _act("/accounts/add", accounts.act, q.AddAccount, template="one_time.html"),
    _act("/accounts/mail", accounts.act, q.SetMail, template="accounts.html"),
    _act("/accounts/roles", accounts.act, q.SetRoles, template="accounts.html"),
    _act("/accounts/reset", accounts.act, q.ResetSecondFactor, template="one_time.html"),
    _act("/accounts/tokens/add", accounts.act, q.AddToken, template="new_token.html", name="program"),
    _act("/accounts/tokens/revoke", accounts.act, q.RevokeToken, template="accounts.html", name="program"),
    _act("/accounts/lock", accounts.act, q.SetLocked, template="accounts.html"),
)
_PAGES: Final = {row.path for row in ROUTES if row.method == "GET"}
