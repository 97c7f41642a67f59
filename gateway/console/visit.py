"""One request: who asks, in which language, and the way to the steward and to a page."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.console import words as w
from gateway.console.client import StewardClient
from gateway.console.forms import Form
from gateway.console.render import Renderer, StaticFile
from gateway.console.settings import ConsoleSettings
from gateway.console.streamed import Streamed
from gateway.console.uploads import Uploading
from gateway.model import Language
from gateway.steward.questions import Answer, Question
from gateway.steward.roles import Person

_YEAR_S: Final = 365 * 86400
_PREFERENCES: Final = {"language": ("vi", "en"), "theme": ("auto", "light", "dark"), "keys": ("on", "off")}


class Visit:
    """What a page needs of a request."""

    form: Form = Form({})
    upload: Uploading | None = None
    """The files of the form, where they are taken."""

    def __init__(
        self, request: Request, *, settings: ConsoleSettings, steward: StewardClient, renderer: Renderer, secret: bytes
    ) -> None:
        self.request = request
        self.settings = settings
        self._steward = steward
        self._renderer = renderer
        self._secret = secret
        self._cookies: list[tuple[str, str, int | None]] = []
        self.path = request.url.path
        self.program = self.path.startswith("/api/")
        """It is answered in JSON."""
        self.token = self._cookie("session")
        self.client = request.client.host if request.client else ""
        self.language = Language(self.preference("language"))
        self.person: Person | None = None
        self._login = self._cookie("login")

    # What the browser keeps

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.settings.tls else name

    def _cookie(self, name: str) -> str:
        value = self.request.cookies.get(self._name(name), "")
        return value if len(value) <= 200 and value.isascii() and value.isprintable() else ""

    def preference(self, name: str) -> str:
        """Return what the person chose, or the first choice."""
        choices = _PREFERENCES[name]
        value = self._cookie(name)
        return value if value in choices else choices[0]

    def prefer(self, name: str, value: str) -> None:
        """Keep a choice in the browser."""
        if value in _PREFERENCES.get(name, ()):
            self._cookies.append((name, value, _YEAR_S))

    def begin_session(self, token: str) -> None:
        """Let the browser keep the token until it is closed."""
        self._cookies.append(("session", token, None))

    def end_session(self) -> None:
        """Let the browser forget the token."""
        self._cookies.append(("session", "", 0))

    # Forms

    @property
    def csrf(self) -> str:
        """What forms of this page carry: the token of the session, or before it one of the browser."""
        if self.person is not None:
            return self.person.csrf
        if not self._login:
            self._login = secrets.token_urlsafe(24)
            self._cookies.append(("login", self._login, None))
        return hmac.new(self._secret, self._login.encode(), hashlib.sha256).hexdigest()

    def form_is_ours(self) -> bool:
        """Whether the form carries what this page gave it."""
        if self.person is None and not self._login:
            return False
        return bool(self.csrf) and hmac.compare_digest(self.csrf.encode(), self.form.get("csrf").encode())

    # Questions

    async def ask(self, question: Question, *, token: str | None = None, limit_s: float = 10.0) -> Answer:
        """Ask the steward; StewardAway, or Refused."""
        token = self.token if token is None else token
        return await self._steward.ask(
            question, token=token, client=self.client, language=self.language, limit_s=limit_s
        )

    def stream(self, question: Question) -> AsyncIterator[Answer]:
        """Ask a question of many answers."""
        return self._steward.stream(question, token=self.token, client=self.client, language=self.language)

    def may(self, question: str) -> bool:
        """Whether the person's roles allow a question, by its tag."""
        return self.person is not None and question in self.person.may

    # Answers

    @property
    def words(self) -> Any:
        """The texts in the language of the person."""
        return w.words(self.language)

    def render(self, template: str, **values: Any) -> str:
        """Return a page as text."""
        return self._renderer.render(
            template,
            w=self.words,
            lang=self.language.value,
            theme=self.preference("theme"),
            keys=self.preference("keys"),
            person=self.person,
            may=self.may,
            path=self.path,
            here=self.here,
            csrf=self.csrf,
            number=partial(w.number, language=self.language),
            octets=partial(w.octets, language=self.language),
            **values,
        )

    @property
    def here(self) -> str:
        """Address of this page, for the way back; that of a form is the page of the form."""
        if self.request.method != "GET":
            return "/"
        query = self.request.url.query
        return f"{quote(self.path)}?{query}" if query else quote(self.path)

    def static(self, address: str) -> StaticFile | None:
        """Return the static file of an address."""
        return self._renderer.by_address.get(address)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Answer with a page."""
        return HTMLResponse(self.render(template, **values), status)

    def go(self, address: str) -> Response:
        """Send the browser to another page of ours."""
        if self.request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": address})
        return RedirectResponse(address, 303)

    def growing_page(self, template: str, pieces: AsyncIterator[str], **values: Any) -> Response:
        """Answer with a page that grows as its pieces come; the template says `{{ growing }}` where."""
        mark = secrets.token_hex(16)
        head, _, tail = self.render(template, growing=mark, **values).partition(mark)

        async def body() -> AsyncIterator[bytes]:
            yield head.encode()
            async for piece in pieces:
                yield piece.encode()
            yield tail.encode()

        return Streamed(body(), media_type="text/html")

    def sealed(self, response: Response) -> Response:
        """Set the cookies of this visit."""
        for name, value, age in self._cookies:
            response.set_cookie(
                self._name(name),
                value,
                max_age=age,
                path="/",
                secure=self.settings.tls,
                httponly=True,
                samesite="strict",
            )
        return response


def local(address: str, otherwise: str = "/") -> str:
    """Return a path of this site, or `otherwise` for anything that could lead elsewhere."""
    good = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if good and len(address) < 2000 else otherwise
