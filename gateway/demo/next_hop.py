"""The demonstration's city mail server: accepts mail after STARTTLS and AUTH, keeps it in memory, delivers nothing."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailroom:
    """Mails that have arrived, in order."""

    passwords: dict[str, str]
    mails: list[bytes] = field(default_factory=list)
    on_notice: Callable[[bytes], None] = lambda _content: None
    """Told of mails with the null reverse-path."""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail (aiosmtpd's handler name)."""
        content = envelope.content
        self.mails.append(content if isinstance(content, bytes) else (content or "").encode())
        if envelope.mail_from in {None, "", "<>"}:  # the last is how aiosmtpd gives the null reverse-path
            self.on_notice(self.mails[-1])
        return f"250 2.0.0 Queued as DEMO{len(self.mails):04d}"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Compare login and password with the demonstration's own."""
        if mechanism not in ("PLAIN", "LOGIN") or not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        login, password = data.login.decode(), data.password.decode()
        if self.passwords.get(login) == password:
            return AuthResult(success=True, auth_data=login)
        return AuthResult(success=False, handled=False, message="535 5.7.8 Authentication credentials invalid")


class NextHop:
    """The server, in a thread with an event loop of its own."""

    def __init__(self, mailroom: Mailroom, *, tls: ssl.SSLContext | None) -> None:
        self._mailroom = mailroom
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo-next-hop", daemon=True)

    def start(self) -> int:
        """Listen on loopback; return the port."""
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(
            self._loop.create_server(self._connection, "127.0.0.1", 0), self._loop
        ).result(timeout=10)
        return int(server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def _connection(self) -> SMTP:
        return SMTP(
            self._mailroom,
            hostname="demo-next-hop",
            ident="demo next hop",
            tls_context=self._tls,
            auth_require_tls=self._tls is not None,
            authenticator=self._mailroom.authenticate,
            enable_SMTPUTF8=True,
            data_size_limit=64 << 20,
            loop=self._loop,
        )
