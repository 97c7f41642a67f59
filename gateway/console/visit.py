"""Context of one request: person, language, steward, rendering."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import quote

from msgspec.structs import fields
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.console import words as w
from gateway.console.client import LONGEST_ACT_S, LONGEST_S, StewardAway, StewardClient
from gateway.console.forms import Form
from gateway.console.render import Renderer, StaticFile
from gateway.console.settings import ConsoleSettings
from gateway.console.streamed import Streamed
from gateway.console.uploads import Uploading
from gateway.model import Language
from gateway.steward.questions import Answer, Progress, Question, Refusal
from gateway.steward.questions.refused import Refused
from gateway.steward.roles import GIVEN, Person

_Kind = TypeVar("_Kind", bound=Question)
_View = TypeVar("_View", bound=Answer)
_YEAR_S: Final = 365 * 86400
_PREFERENCES: Final = {"language": ("vi", "en"), "theme": ("auto", "light", "dark"), "keys": ("on", "off")}


class Visit:
    """Context of one request, for the pages."""

    form: Form = Form({})
    page_path: str = "/"
    """Path of the page whose form was sent."""
    waiting: int = 0
    """What waits for the person's decision."""
    upload: Uploading | None = None
    """Upload of the form, on routes with `uploads`."""

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
        """API request, answered in JSON."""
        self.token = self._cookie("session")
        self.client = request.client.host if request.client else ""
        self.language = Language(self.preference("language"))
        self.person: Person | None = None
        self._login = self._cookie("login")

    # Cookies

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.settings.tls else name

    def _cookie(self, name: str) -> str:
        value = self.request.cookies.get(self._name(name), "")
        return value if len(value) <= 200 and value.isascii() and value.isprintable() else ""

    def preference(self, name: str) -> str:
        """Return a preference, or its default."""
        choices = _PREFERENCES[name]
        value = self._cookie(name)
        return value if value in choices else choices[0]

    def prefer(self, name: str, value: str) -> None:
        """Store a preference in a cookie."""
        if value in _PREFERENCES.get(name, ()):
            self._cookies.append((name, value, _YEAR_S))

    def begin_session(self, token: str) -> None:
        """Set the session cookie, until the browser closes."""
        self._cookies.append(("session", token, None))

    def end_session(self) -> None:
        """Delete the session cookie."""
        self._cookies.append(("session", "", 0))

    # Forms

    @property
    def csrf(self) -> str:
        """CSRF token for forms: the session's, or before login one derived from a cookie."""
        if self.person is not None:
            return self.person.csrf
        if not self._login:
            self._login = secrets.token_urlsafe(24)
            self._cookies.append(("login", self._login, None))
        return hmac.new(self._secret, self._login.encode(), hashlib.sha256).hexdigest()

    def form_is_ours(self) -> bool:
        """Return whether the form carries a valid CSRF token."""
        if self.person is None and not self._login:
            return False
        return bool(self.csrf) and hmac.compare_digest(self.csrf.encode(), self.form.get("csrf").encode())

    @property
    def code(self) -> str:
        """The fresh code that goes with a form, without blanks."""
        return "".join(self.form.get("code").split())

    def question(self, kind: type[_Kind], **names: str) -> _Kind:
        """Return the question that a form is, field by field or as in `names`; a number that is none is 0."""
        given: dict[str, Any] = {
            "code": self.code,
            "roles": tuple(one for one in GIVEN if one.value in self.form.all("role")),
        }
        for field in fields(kind):
            text = self.form.get(names.get(field.name, field.name)).strip()
            number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
            given.setdefault(field.name, {bool: text == "yes", int: number}.get(field.type, text))
        return kind(**{field.name: given[field.name] for field in fields(kind)})

    async def view(
        self, question: Question, kind: type[_View], *, token: str | None = None, long: bool = False
    ) -> _View:
        """Ask a question with one kind of answer; as `ask`."""
        answer = await self.ask(question, token=token, long=long)
        assert isinstance(answer, kind)
        return answer

    def fault(self, refusal: Refusal) -> str:
        """Return the words of a refusal that a form shows."""
        return refusal.words or getattr(self.words.refusal, refusal.kind, self.words.refusal.unavailable)

    # Questions

    async def ask(self, question: Question, *, token: str | None = None, long: bool = False) -> Answer:
        """Ask the steward, for a form or with `long` patiently; StewardAway, Refused."""
        token = self.token if token is None else token
        limit_s = LONGEST_ACT_S if long or self.request.method == "POST" else LONGEST_S
        return await self._steward.ask(
            question, token=token, client=self.client, language=self.language, limit_s=limit_s
        )

    def stream(self, question: Question) -> AsyncIterator[Answer]:
        """Ask a question with streamed answers."""
        return self._steward.stream(question, token=self.token, client=self.client, language=self.language)

    def may(self, question: str) -> bool:
        """Return whether the person's roles allow a question, given by its tag."""
        return self.person is not None and question in self.person.may

    # Answers

    def number(self, name: str) -> int | None:
        """Return a number of the page's address."""
        text = self.request.query_params.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    @property
    def words(self) -> Any:
        """Texts in the person's language."""
        return w.words(self.language)

    def render(self, template: str, **values: Any) -> str:
        """Render a template."""
        return self._renderer.render(
            template,
            w=self.words,
            lang=self.language,
            theme=self.preference("theme"),
            keys=self.preference("keys"),
            person=self.person,
            may=self.may,
            waiting=self.waiting,
            path=self.path,
            here=self.here,
            csrf=self.csrf,
            node=self.settings.node,
            number=partial(w.number, language=self.language),
            octets=partial(w.octets, language=self.language),
            **values,
        )

    @property
    def here(self) -> str:
        """Path to return to: this page, or after a POST that of the form."""
        if self.request.method != "GET":
            return quote(self.page_path)
        query = self.request.url.query
        return f"{quote(self.path)}?{query}" if query else quote(self.path)

    def static(self, address: str) -> StaticFile | None:
        """Return the static file at a path."""
        return self._renderer.by_address.get(address)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Answer with a page."""
        return HTMLResponse(self.render(template, **values), status)

    def go(self, address: str) -> Response:
        """Redirect to another page of the console."""
        if self.request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": address})
        return RedirectResponse(address, 303)

    async def growing_page(
        self, template: str, question: Question, result: Callable[[Answer], str], **values: Any
    ) -> Response:
        """Stream a page that grows with the progress of an answer and ends with its result, at `{{ growing }}`."""
        answers = self.stream(question)
        first = await anext(answers)
        mark = secrets.token_hex(16)
        head, _, tail = self.render(template, growing=mark, **values).partition(mark)

        async def body() -> AsyncIterator[bytes]:
            yield head.encode()
            answer: Answer | None = first
            try:
                while answer is not None:
                    progress = isinstance(answer, Progress)
                    yield (self.render("progress.html", step=answer) if progress else result(answer)).encode()
                    answer = await anext(answers, None)
            except Refused as error:
                yield self.render("broken_off.html", text=self.fault(error.refusal)).encode()
            except StewardAway:
                yield self.render("broken_off.html", text=self.words.error.s503.text).encode()
            yield tail.encode()

        return Streamed(body(), media_type="text/html")

    def sealed(self, response: Response) -> Response:
        """Add the cookies of this request to a response."""
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
    """Return a local path, or `otherwise` for anything else: no open redirect."""
    good = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if good and len(address) < 2000 else otherwise
