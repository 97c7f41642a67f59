"""HTTP client for the console: logs in by a code from the sink, sends forms with files, reads pages."""

import asyncio
import html
import http.client
import re
import secrets
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from urllib.parse import urlencode

from tests.support.sink import Sink


@dataclass
class Answer:
    """A response."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def text(self) -> str:
        return html.unescape(self.content.decode("utf-8", "replace"))


def multipart(fields: list[tuple[str, str]], files: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return media type and body of a form with files."""
    mark = secrets.token_hex(12)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    parts += [
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    return f"multipart/form-data; boundary={mark}", b"".join(parts) + f"--{mark}--\r\n".encode()


class Visitor:
    """A console session at a running gateway."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}
        self.csrf = ""

    async def ask(
        self, method: str, path: str, *, form=None, files=None, headers=None, timeout_s: float = 120
    ) -> Answer:
        """Send one request."""
        fields = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        )
        body = None
        if method == "POST":
            fields["Sec-Fetch-Site"] = "same-origin"
            given = [("csrf", self.csrf), *(form or [])]
            if files is None:
                fields["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(given).encode()
            else:
                fields["Content-Type"], body = multipart(given, files)
        fields |= headers or {}
        answer = await asyncio.to_thread(self._asked, method, path, body, fields, timeout_s)
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        if found := re.search(r'name="csrf" value="([^"]+)"', answer.text):
            self.csrf = found[1]
        return answer

    def _asked(self, method: str, path: str, body: bytes | None, fields: dict[str, str], timeout_s: float) -> Answer:
        with closing(http.client.HTTPConnection(*self.address, timeout=timeout_s)) as connection:
            connection.request(method, path, body, fields)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    async def enter(self, mailbox: str, sink: Sink) -> None:
        """Log in by a mailed code."""
        while (await self.ask("GET", "/login")).status == 503:
            pass
        before = len(sink.delivered)
        await self.ask("POST", "/login/code", form=[("mailbox", mailbox), ("to", "/check")])
        await sink.wait_delivered(before + 1)
        words = message_from_bytes(sink.delivered[-1].content, policy=policy.default).get_content()
        code = re.search(r"\b\d{8}\b", words.replace(" ", ""))[0]
        entered = await self.ask("POST", "/login/mail", form=[("mailbox", mailbox), ("code", code), ("to", "/check")])
        assert entered.status == 303, entered.text

    async def check(self, *files: tuple[str, bytes], to: str = "", sender: str = "", **more) -> Answer:
        """Submit files for a check; the form's token is fetched first."""
        assert (await self.ask("GET", "/check")).status == 200
        form = [("to", to)] + ([("from", sender)] if sender else [])
        return await self.ask("POST", "/check", form=form, files=list(files), **more)
