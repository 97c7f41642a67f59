"""One SMTP session: greeting, TLS, AUTH and the order of commands (RFC 5321, 6409, 3207, 4954).

PIPELINING is not offered, and early talkers are disconnected: unsolicited input is a broken client or the second half
of an SMTP smuggling attempt through a server before us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from gateway.model import Reply
from gateway.model.reference import make_reference
from gateway.nexthop.connection import Connection
from gateway.nexthop.failures import HopFailedError, HopRefusedError
from gateway.nexthop.replies import Capabilities, HopReply
from gateway.smtp.authentication import offered_mechanisms, read_credentials, replay
from gateway.smtp.client import ClientConnection, ClientGoneError
from gateway.smtp.dialogue import Dialogue, SessionEnd
from gateway.smtp.engine import EventKind
from gateway.smtp.grammar import CommandError, decode_line, is_helo_name
from gateway.smtp.replies import render
from gateway.smtp.sasl import Credentials, password_meets
from gateway.smtp.settings import ListenerSettings, address_in
from gateway.smtp.shared import Shared
from gateway.smtp.standing import Standing
from gateway.smtp.transactions import Transactions

_OK = b"250 2.0.0 OK\r\n"


class Session:
    """The session of one client on one listener."""

    def __init__(self, shared: Shared, listener: ListenerSettings, client: ClientConnection) -> None:
        self.idle = False
        """Waiting for a command with nothing in flight."""
        self.client = client
        self._shared = shared
        self._limits = shared.settings.limits
        self._listener = listener
        self._standing = Standing(listener)
        self._dialogue = Dialogue(shared, listener, client)
        self._transactions = Transactions(self._dialogue, self._standing)
        self._ends_at = client.loop.time() + self._limits.session_timeout_s
        self._counted = False
        self._errors = 0
        self._auth_failures = 0

    async def run(self) -> None:
        """Serve the client until the session ends."""
        client, limits = self.client, self._limits
        self._shared.sessions.add(self)
        try:
            await self._admit()
            while True:
                self.idle = not self._transactions.open
                if self.idle and self._shared.draining:
                    self._dialogue.refuse(421, "4.3.2", "draining")
                await client.flow()
                line = await client.line(limits.auth_line_bytes)
                self.idle = False
                client.patience.within(limits.command_timeout_s)
                try:
                    if waits := self._dispatch(line):
                        await waits
                except (SessionEnd, ClientGoneError, ConnectionError):
                    raise
                except Exception as error:  # noqa: BLE001  no bug of ours reaches the client
                    self._answer_to(error)
        except SessionEnd:
            pass
        finally:
            self._leave()

    def dismiss(self) -> None:
        """End the session with 421."""
        if self.client.open:
            self.client.write(render(self._dialogue.texts.reply(421, "4.3.2", "draining"), utf8=self._dialogue.utf8))
            self.client.close()

    # Beginning and end

    async def _admit(self) -> None:
        client, dialogue, standing = self.client, self._dialogue, self._standing
        address = client.peer
        dialogue.address = standing.address = str(address)
        standing.allowed = address_in(address, self._listener.allowed_networks)
        standing.tls = client.tls
        if refusal := self._over_limits(standing.address):
            dialogue.report(EventKind.CONNECTION_REFUSED, "limit")
            dialogue.end(refusal)
        client.patience.within(self._limits.greeting_delay_s + self._limits.command_timeout_s)
        if self._limits.greeting_delay_s:
            await asyncio.sleep(self._limits.greeting_delay_s)
        if client.ahead:
            dialogue.end_early_talk()
        client.write(f"220 {self._listener.banner_hostname} ESMTP\r\n".encode())

    def _over_limits(self, address: str) -> Reply | None:
        shared = self._shared
        if shared.draining:
            return self._dialogue.texts.reply(421, "4.3.2", "draining")
        if missing := shared.condition.unfit(self.client.descriptor):
            return self._dialogue.texts.reply(421, "4.3.2", missing)
        if len(shared.sessions) > self._limits.connections:
            return self._dialogue.texts.reply(421, "4.3.2", "banner_busy")
        if shared.per_address[address] >= self._limits.connections_per_address:
            return self._dialogue.texts.reply(421, "4.7.0", "address_busy")
        self._counted = True
        shared.per_address[address] += 1
        return None

    def _leave(self) -> None:
        self._shared.sessions.discard(self)
        if self._counted:
            self._shared.per_address[self._standing.address] -= 1
            if not self._shared.per_address[self._standing.address]:
                del self._shared.per_address[self._standing.address]
        self._transactions.leave()

    # One command

    def _answer_to(self, error: Exception) -> None:
        """Reply for an exception of a command; a bug of the gateway is 451 without its text."""
        shared, dialogue = self._shared, self._dialogue
        match error:
            case CommandError():
                self._errors += 1
                if self._errors > self._limits.errors_per_session:
                    dialogue.refuse(421, "4.7.0", "too_many_errors")
                dialogue.refuse(error.code, error.enhanced, error.text)
            case HopFailedError():
                dialogue.say(shared.hop_failed(error, dialogue.address, dialogue.texts))
            case HopRefusedError():
                dialogue.say(shared.hop_refused(error, dialogue.address, dialogue.texts))
            case _:
                reference = make_reference()
                shared.on_internal_error(reference, error)
                self._transactions.end()
                dialogue.refuse(451, "4.3.0", "internal", reference=reference)

    def _dispatch(self, line: bytes) -> Awaitable[None] | None:
        """Execute a command line, or return an awaitable of its work."""
        client = self.client
        if client.lines > self._limits.commands_per_session or client.loop.time() > self._ends_at:
            self._dialogue.refuse(421, "4.7.0", "too_many_commands")
        if not line.endswith(b"\r\n"):
            raise CommandError(500, "5.5.2", "bad_line_end")
        verb, _, argument = line[:-2].partition(b" ")
        name = verb.upper()
        if len(line) > self._limits.command_line_bytes and name != b"AUTH":
            raise CommandError(500, "5.5.6", "line_too_long")
        unasked = client.unasked
        if unasked and unasked.upper() != b"QUIT\r\n":  # simple senders send QUIT together with the final dot
            self._dialogue.end_early_talk()
        command = self.COMMANDS.get(name)
        if command is None:
            raise CommandError(500, "5.5.1", "unknown_command")
        return command(self, argument)

    # Greeting and TLS

    async def _ehlo(self, argument: bytes) -> None:
        """EHLO: the extensions that both we and the next hop support (RFC 5321 §4.1.1.1)."""
        self._greet(argument, extended=True)
        standing = self._standing
        capabilities = await self._hop_capabilities()
        keywords = capabilities.keywords if capabilities is not None else frozenset[str]()
        lines = [f"SIZE {self._transactions.size_limit(capabilities)}", "ENHANCEDSTATUSCODES"]
        lines += [keyword for keyword in ("8BITMIME", "SMTPUTF8", "DSN") if keyword in keywords]
        if self._listener.tls_context is not None and standing.tls is None:
            lines.append("STARTTLS")
        if standing.authenticates and standing.encrypted_enough and standing.auth_user is None:
            mechanisms = " ".join(mechanism.value for mechanism in offered_mechanisms(capabilities))
            lines += [f"AUTH {mechanisms}"] if mechanisms else []
        last = lines.pop()
        self.client.write(
            "\r\n250-".join([f"250-{self._listener.banner_hostname}", *lines]).encode() + f"\r\n250 {last}\r\n".encode()
        )

    def _helo(self, argument: bytes) -> None:
        self._greet(argument, extended=False)
        self.client.write(f"250 {self._listener.banner_hostname}\r\n".encode())

    def _greet(self, argument: bytes, *, extended: bool) -> None:
        name = decode_line(argument).strip()
        if not is_helo_name(name):
            raise CommandError(501, "5.5.4", "helo_syntax")
        self._transactions.end()
        self._standing.greeted(name, extended=extended)

    async def _hop_capabilities(self) -> Capabilities | None:
        """Return the next hop's capabilities; the last known ones, or None, while it is unreachable."""
        if self._transactions.connection is not None:
            return self._transactions.connection.capabilities
        if self._shared.hop.believed is not None:
            return self._shared.hop.believed
        try:
            async with asyncio.timeout(self._limits.ehlo_wait_s):
                return await self._shared.hop.capabilities()
        except (TimeoutError, HopFailedError, HopRefusedError) as error:
            self._dialogue.report(EventKind.NEXT_HOP_FAILED, str(error) or "no answer in time for EHLO")
            return self._shared.hop.last_capabilities

    async def _starttls(self, argument: bytes) -> None:
        """STARTTLS (RFC 3207). Bytes before the handshake end the session: command injection."""
        _no_argument(argument)
        context = self._listener.tls_context
        if self._standing.tls is not None:
            raise CommandError(503, "5.5.1", "tls_active")
        if context is None:
            raise CommandError(502, "5.5.1", "tls_not_available")
        if self.client.ahead:
            self._dialogue.end_early_talk()
        self._transactions.leave()
        self.client.write(b"220 2.0.0 Ready to start TLS\r\n")
        try:
            await self.client.start_tls(context)
        except OSError as error:  # includes ssl.SSLError
            self._dialogue.report(EventKind.TLS_FAILED, type(error).__name__)
            raise SessionEnd from error
        self._standing.encrypted(self.client.tls)

    # AUTH

    async def _auth(self, argument: bytes) -> None:
        """AUTH (RFC 4954), replayed on a next-hop connection that then belongs to this session."""
        dialogue, standing, transactions = self._dialogue, self._standing, self._transactions
        if not standing.authenticates:
            raise CommandError(502, "5.5.1", "not_implemented")
        if not standing.extended:
            raise CommandError(503, "5.5.1", "helo_first")
        if not standing.encrypted_enough:
            raise CommandError(538, "5.7.11", "starttls_first")
        if standing.auth_user is not None or transactions.open:
            raise CommandError(503, "5.5.1", "auth_sequence")
        if self._auth_failures >= self._limits.auth_failures_per_session:
            dialogue.refuse(421, "4.7.0", "auth_too_many")
        credentials = await read_credentials(argument, self._challenge)
        throttle, tried = self._shared.throttle, (standing.address, credentials.login)
        if wait := await throttle.wait_s(*tried):
            dialogue.report(EventKind.AUTH_THROTTLED, auth_user=credentials.login)
            dialogue.refuse(454, "4.7.0", "auth_throttled", seconds=wait)
            return

        async def exchange(connection: Connection) -> HopReply:
            connection.authenticated = True  # never shared again, even when AUTH fails
            transactions.connection = connection
            return await replay(credentials, connection, self._challenge)

        try:
            own = transactions.connection
            if own is not None and own.usable:
                reply = await exchange(own)
            else:
                _, reply = await self._shared.hop.first(exchange)
        except HopFailedError as failure:
            await throttle.untried(*tried)
            dialogue.say(self._shared.hop_failed(failure, standing.address, dialogue.texts, code=454))
            return
        except HopRefusedError as refusal:
            await throttle.untried(*tried)
            dialogue.say(self._shared.hop_refused(refusal, standing.address, dialogue.texts, code=454))
            return
        except CommandError:
            await throttle.untried(*tried)
            raise
        await self._after_auth(credentials, reply)

    async def _after_auth(self, credentials: Credentials, reply: HopReply) -> None:
        login, address = credentials.login, self._standing.address
        if reply.positive:
            self._standing.logged_in(login)
            await self._shared.throttle.succeeded(address, login)
            self._dialogue.report(EventKind.AUTH_SUCCEEDED, auth_user=login)
            rule = self._shared.settings.password_rule
            sound = password_meets(credentials, rule) if rule is not None else None
            if sound is not None:
                self._dialogue.report(EventKind.PASSWORD_JUDGED, "sound" if sound else "weak", auth_user=login)
        elif reply.code >= 500:
            self._auth_failures += 1
            await self._shared.throttle.failed(address, login)
            self._dialogue.report(EventKind.AUTH_FAILED, str(reply.code), auth_user=login)
            if delay := self._limits.auth_failure_delay_s * 2 ** (self._auth_failures - 1):
                self.client.patience.within(self._limits.command_timeout_s + delay)
                await asyncio.sleep(delay)
        else:
            await self._shared.throttle.untried(address, login)
        self._dialogue.pass_on(reply)

    async def _challenge(self, challenge: bytes) -> bytes:
        if self.client.unasked:
            self._dialogue.end_early_talk()
        self.client.write(b"334 " + challenge + b"\r\n")
        line = await self.client.line(self._limits.auth_line_bytes)
        if not line.endswith(b"\r\n"):
            raise CommandError(500, "5.5.2", "bad_line_end")
        if len(line) > self._limits.auth_line_bytes:
            raise CommandError(500, "5.5.6", "line_too_long")
        if line == b"*\r\n":
            raise CommandError(501, "5.7.0", "auth_cancelled")
        return line[:-2]

    # Other commands

    def _rset(self, argument: bytes) -> None:
        _no_argument(argument)
        self._transactions.end()
        self.client.write(_OK)

    def _vrfy(self, _argument: bytes) -> None:
        """VRFY: not disclosed (RFC 5321 §3.5.3)."""
        self.client.write(b"252 2.5.0 Cannot VRFY user, but will take mail and try to deliver\r\n")

    def _help(self, _argument: bytes) -> None:
        self.client.write(b"214 2.0.0 EHLO HELO STARTTLS AUTH MAIL RCPT DATA RSET NOOP VRFY HELP QUIT\r\n")

    def _quit(self, argument: bytes) -> None:
        _no_argument(argument)
        self.client.write(b"221 2.0.0 Bye\r\n")
        raise SessionEnd

    def _expn(self, _argument: bytes) -> None:
        raise CommandError(502, "5.5.1", "not_implemented")

    def _bdat(self, _argument: bytes) -> None:
        """BDAT (RFC 3030) is not offered. Content follows, which must not be read as commands: close."""
        self._dialogue.end(self._dialogue.texts.reply(502, "5.5.1", "not_implemented"))

    COMMANDS: ClassVar[dict[bytes, Callable[[Session, bytes], Awaitable[None] | None]]] = {
        b"EHLO": _ehlo,
        b"HELO": _helo,
        b"STARTTLS": _starttls,
        b"AUTH": _auth,
        b"MAIL": lambda self, argument: self._transactions.mail(argument),
        b"RCPT": lambda self, argument: self._transactions.rcpt(argument),
        b"DATA": lambda self, argument: self._transactions.data(argument),
        b"BDAT": _bdat,
        b"RSET": _rset,
        b"NOOP": lambda self, _argument: self.client.write(_OK),
        b"VRFY": _vrfy,
        b"EXPN": _expn,
        b"HELP": _help,
        b"QUIT": _quit,
    }
    """Supported verbs."""


def _no_argument(argument: bytes) -> None:
    if argument.strip():
        raise CommandError(501, "5.5.4", "no_argument")
