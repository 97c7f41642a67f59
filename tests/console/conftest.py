"""A console in its wall with a small steward, and a browser."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.support.warm_cli import warm_cli

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCREENSHOTS = Path(__file__).parent / "screenshots"


class System:
    """A running console."""

    def __init__(self, settings: dict[str, object]) -> None:
        self.tls = "certificate" in settings
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the console
        self._process, theirs = socket.socketpair()
        with theirs:
            words = json.dumps({"patience_s": 60.0} | settings)
            self._ended = warm_cli().begin("tests.console.system", ["system", words], theirs, theirs, self.errors)
        self._lines = self._process.makefile()
        told = self.told()
        self.port, self.steward, self.console = told["port"], told["steward"], told["console"]
        self.base = f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def told(self) -> dict[str, int]:
        """Wait for the next line about the processes."""
        return json.loads(self._lines.readline())

    def asked(self) -> list[str]:
        """Names of the questions that the steward was asked so far."""
        self.errors.seek(0)
        return [line.split()[1] for line in self.errors if line.startswith("asked ")]

    def said(self) -> str:
        """All of standard error."""
        self.errors.seek(0)
        return self.errors.read()

    def connection(self) -> http.client.HTTPConnection:
        if self.tls:
            context = ssl._create_unverified_context()
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=300, context=context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def ask(
        self,
        method: str,
        path: str,
        *,
        session: str = "",
        form: dict[str, str] | None = None,
        body: bytes | None = None,
        **headers: str,
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """Send one request."""
        fields = {"Sec-Fetch-Site": "same-origin"} if method == "POST" else {}
        if session:
            fields["Cookie"] = f"session={session}"
        if form is not None:
            body = urlencode(form).encode()
            fields["Content-Type"] = "application/x-www-form-urlencoded"
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(self.connection()) as connection:
            connection.request(method, path, body, {name: value for name, value in fields.items() if value})
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode("utf-8", "replace")

    def close(self) -> None:
        self._process.shutdown(socket.SHUT_WR)
        self._ended.read()
        for one in (self._lines, self._process, self._ended, self.errors):
            one.close()


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[..., System]]:
    """Start consoles with settings; those alike are shared."""
    running: dict[str, System] = {}

    def started(*, fresh: bool = False, **settings: object) -> System:
        key = json.dumps(settings, sort_keys=True) + (str(len(running)) if fresh else "")
        if key not in running:
            running[key] = System(settings)
        return running[key]

    yield started
    for one in running.values():
        one.close()


@pytest.fixture(scope="session")
def system(start) -> System:
    return start()


@pytest.fixture(scope="module")
def browser(start) -> Iterator[Browser]:
    """A browser, with a running event loop in this thread until the module ends: keep its tests together."""
    from playwright.sync_api import sync_playwright

    from tests.support.browser import CHROMIUM, launched

    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (make system-test)")
    with sync_playwright() as playwright:
        running = launched(playwright)
        yield running
        running.close()


@pytest.fixture(scope="module")
def look(system, browser):
    """Open a page; what it asks for elsewhere, and what its policy forbids, is a fault."""
    contexts = {}

    def opened(
        session: str, language: str = "vi", *, width: int = 1280, theme: str = "light", script: bool = True
    ) -> Page:
        key = (session, language, script)
        if key not in contexts:
            context = browser.new_context(java_script_enabled=script)
            cookies = [{"name": "language", "value": language, "url": system.base}]
            context.add_cookies(cookies + [{"name": "session", "value": session, "url": system.base}] * bool(session))
            page = context.new_page()
            page.faults = []
            page.on("console", lambda said: page.faults.append(said.text) if "status of" not in said.text else None)
            page.on("pageerror", lambda error: page.faults.append(str(error)))
            page.on(
                "request",
                lambda asked: None if asked.url.startswith(system.base + "/") else page.faults.append(asked.url),
            )
            contexts[key] = page
        page = contexts[key]
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        return page

    yield opened
    for page in contexts.values():
        page.context.close()
