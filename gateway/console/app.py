"""ASGI application of the console: guard, route, response with security header fields."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Message, Receive, Scope, Send

from gateway.console import guard
from gateway.console.api import ApiFault, answered
from gateway.console.client import StewardAway, StewardClient
from gateway.console.forms import BadForm, read_form
from gateway.console.render import Renderer
from gateway.console.routes import ROUTES, Row, page_of
from gateway.console.settings import ConsoleSettings
from gateway.console.uploads import NotOursError, Uploading
from gateway.console.visit import Visit
from gateway.model import Language
from gateway.steward.questions import Me, Refusal, WhoAmI
from gateway.steward.questions.refused import Refused
from gateway.texts.catalogue import filled

_LOG = logging.getLogger("gateway.console")
_STATUS = {
    "no_session": 403, "forbidden": 403, "not_found": 404, "bad_login": 422, "locked": 403, "bad_code": 422, "too_many": 429,
    "too_long": 503, "invalid": 422, "unavailable": 503, "too_large": 413,
}  # fmt: skip

_SESSIONS_OF_ONE = 5
"""Rate limit per address, in multiples of a session's: clients may share a router."""


class Console:
    """The application."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._settings = settings
        self._renderer = Renderer(settings.htmx)
        self._headers = guard.headers(settings)
        self._of_sessions = guard.Rates(settings.requests_per_s)
        self._of_strangers = guard.Rates(settings.requests_per_s)
        self._of_addresses = guard.Rates(settings.requests_per_s * _SESSIONS_OF_ONE)
        self._secret = secrets.token_bytes(32)
        self._steward: StewardClient | None = None
        self._routes = [(Route(row.path, _nothing, methods=[row.method]), row) for row in ROUTES]

    def use(self, steward: StewardClient) -> None:
        """Set the client of the steward."""
        self._steward = steward

    async def warm(self) -> None:
        """Answer requests from memory once, so that all imports are done before the sandbox."""

        async def receive() -> Message:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_: Message) -> None:
            pass

        for method, path in (("GET", "/login"), ("GET", "/no-such-page"), ("POST", "/login")):
            fields = [(b"host", self._settings.names[0].encode())]
            scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
                     "headers": fields, "client": ("127.0.0.1", 0), "scheme": "http", "root_path": "",
                     "server": ("127.0.0.1", 0), "http_version": "1.1", "asgi": {"version": "3.0"}, "state": {}}  # fmt: skip
            await self(scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        body = _Body(receive, ended=scope["method"] in ("GET", "HEAD"))
        answering = asyncio.create_task(self._answer(scope, body.receive, send))
        watching = asyncio.create_task(body.left())
        watching.add_done_callback(lambda _: answering.cancel())
        try:
            await asyncio.wait({answering})
        finally:
            watching.cancel()
        if not answering.cancelled():
            answering.result()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._steward is not None
        visit = Visit(
            Request(scope, receive),
            settings=self._settings,
            steward=self._steward,
            renderer=self._renderer,
            secret=self._secret,
        )
        response = visit.sealed(await self._answered(visit))
        kept = "Cache-Control" in response.headers  # a static file: Content-Security-Policy does not apply
        for name, value in self._headers.items():
            if not kept or name in guard.FOR_FILES:
                response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        try:
            await response(scope, receive, send)
        except (StewardAway, Refused) as error:  # within a streamed response: its head is already sent
            _LOG.warning("%r: %r", visit.path[:200], error)

    async def _answered(self, visit: Visit) -> Response:
        try:
            return await self._page(visit)
        except Refused as error:
            return error_page(visit, _STATUS.get(error.refusal.kind, 503), error.refusal)
        except StewardAway:
            unsure = visit.form.fields and not visit.program
            return error_page(
                visit, 503, Refusal(kind="unavailable", words=visit.words.error.unsure) if unsure else None
            )
        except HTTPException as error:
            return error_page(visit, error.status_code)
        except guard.TooLarge:
            response = error_page(visit, 413)
            response.headers["Connection"] = "close"
            return response
        except BadForm:
            return error_page(visit, 422)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:  # noqa: BLE001 - our own bug: an error page and a log line with the same reference
            reference = secrets.token_hex(4)
            _LOG.exception("%s %r: %s", visit.request.method, visit.path[:200], reference)
            return error_page(visit, 500, reference=reference)

    async def _page(self, visit: Visit) -> Response:
        request = visit.request
        if not guard.host_is_ours(request, self._settings):
            raise HTTPException(421)
        row, parameters = self._route(request)
        request.scope["path_params"] = parameters
        visit.page_path = page_of(row, visit.path)
        if row.path.startswith("/static/"):
            return await row.handler(visit)
        if not self._of_addresses.admit(visit.client):
            raise HTTPException(429)
        if row.program:
            return await self._to_program(visit, row)
        if row.method == "POST" and not guard.same_origin(request, self._settings):
            raise HTTPException(403)
        if row.method == "GET" and guard.from_elsewhere(request) and not visit.token:
            response = visit.page("again.html")
            response.headers["Refresh"] = f"0; url={visit.here}"
            return response
        if row.path != "/healthz" and (gone := await self._recognise(visit, row)) is not None:
            return gone
        known = visit.person is not None
        if not (self._of_sessions.admit(visit.token) if known else self._of_strangers.admit(visit.client)):
            raise HTTPException(429)
        if row.uploads:
            visit.upload = Uploading(visit, guarded=True)
            await visit.upload.read()
            if isinstance(visit.upload.fault, NotOursError) or not (visit.upload.fault or visit.form_is_ours()):
                await visit.upload.drop()
                return error_page(visit, 403, Refusal(kind="form", words=visit.words.error.form))
        elif row.method == "POST":
            most = self._settings.upload_bytes if row.hashed else self._settings.body_bytes
            content_type = request.headers.get("content-type", "")
            visit.form = await read_form(content_type, guard.body(request, most), hashed=row.hashed)
            if not visit.form_is_ours():
                return error_page(visit, 403, Refusal(kind="form", words=visit.words.error.form))
        return await row.handler(visit)

    async def _to_program(self, visit: Visit, row: Row) -> Response:
        """Answer an API client, without cookies."""
        visit.token = ""
        asked = visit.request.headers.get("accept-language", "")
        visit.language = Language.EN if asked.strip().lower().startswith("en") else Language.VI
        if not self._of_strangers.admit(visit.client):
            raise HTTPException(429)
        return await row.handler(visit)

    async def _recognise(self, visit: Visit, row: Row) -> Response | None:
        """Look up the session; return a redirect or an error page when the route needs another."""
        if visit.token:
            try:
                answer = await visit.ask(WhoAmI())
                if isinstance(answer, Me):
                    visit.person, visit.waiting = answer.person, answer.waiting
            except Refused as error:
                if error.refusal.kind != "no_session":
                    raise
        if visit.person is None:
            if not row.session:
                return None
            if row.method == "POST":
                return error_page(visit, 403, Refusal(kind="no_session", words=visit.words.error.no_session))
            return visit.go("/login" if visit.here == "/" else f"/login?to={quote(visit.here)}")
        if visit.person.must_enrol and not row.enrolling and row.path not in ("/help", "/login"):
            return visit.go("/enrol")
        return None

    def _route(self, request: Request) -> tuple[Row, dict[str, Any]]:
        method = "GET" if request.method == "HEAD" else request.method
        known = False
        for route, row in self._routes:
            match, scope = route.matches(request.scope)
            if match is not Match.NONE:
                known = True
                if row.method == method:
                    return row, scope["path_params"]
        raise HTTPException(405 if known else 404)


class _Body:
    """The body of a request; once it has been read, its client may leave."""

    def __init__(self, receive: Receive, *, ended: bool) -> None:
        self._receive = receive
        self._ended = asyncio.Event()
        if ended:
            self._ended.set()

    async def receive(self) -> Message:
        """Return the next piece of the body."""
        message = await self._receive()
        if not message.get("more_body", False):
            self._ended.set()
        return message

    async def left(self) -> None:
        """Return when the browser has closed the connection; what it sends beyond a request is not read."""
        await self._ended.wait()
        message = await self._receive()
        while message["type"] != "http.disconnect":
            message = await self._receive() if not message.get("more_body", False) else await asyncio.Future()


def error_page(visit: Visit, status: int, refusal: Refusal | None = None, reference: str = "") -> Response:
    """Return an error page, with a reference that is in the log too."""
    texts = visit.words.error
    shown = getattr(texts, f"s{status}", texts.s404)
    text = visit.fault(refusal) if refusal is not None else shown.text
    if not reference:
        reference = secrets.token_hex(4)
        _LOG.info("%s %r: %d %s", visit.request.method, visit.path[:200], status, reference)
    retry = refusal.retry_s if refusal is not None else 0
    if visit.program:
        return _to_program(status, refusal, text=text, reference=reference, unknown=texts.token)
    response = visit.page(
        "error.html", status, title=shown.title, text=text, reference=reference, code=status,
        again=filled(texts.retry, seconds=retry) if retry else "", posted=visit.request.method == "POST",
    )  # fmt: skip
    if status in (429, 503):
        response.headers["Retry-After"] = str(retry or 5)
    return response


def _to_program(status: int, refusal: Refusal | None, *, text: str, reference: str, unknown: str) -> Response:
    """Return an error as JSON; 401 without a valid token."""
    kind = refusal.kind if refusal is not None else f"status_{status}"
    retry = refusal.retry_s if refusal is not None else 0
    if kind == "no_session":
        response = answered(ApiFault(error="no_token", message=unknown), 401)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    response = answered(ApiFault(error=kind, message=f"{text} [{reference}]", retry_s=retry), status)
    if status in (429, 503):
        response.headers["Retry-After"] = str(retry or 5)
    return response


async def _nothing(_: Request) -> Response:  # Starlette only matches routes; handlers are in the table
    return Response()
