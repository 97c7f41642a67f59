"""A next hop for tests: takes mail, remembers everything, and misbehaves by script.

`Sink(script)` asks `script(stage, session)` before each reply; it returns None for the honest reply, or an `Act`.
Stages: banner, ehlo, starttls, auth, mail, rcpt, data, dot, rset, quit, noop. Octets on the wire are kept as they came.
"""

import asyncio
import base64
import ssl
from dataclasses import dataclass, field


@dataclass
class Act:
    """What to do instead of the honest reply."""

    reply: bytes | None = b""
    """Raw octets; None sends nothing at all."""
    wait: asyncio.Event | None = None
    """Wait for it before replying."""
    delay: float = 0.0
    close: bool = False
    """Close after the reply."""
    store: bool = True
    """Whether a mail at `dot` counts as delivered."""
    as_usual: bool = False
    """The session goes on as if the honest reply had been given (state changes happen)."""
    stop_reading: bool = False


@dataclass
class Delivered:
    mail_line: bytes
    rcpt_lines: list[bytes]
    wire: bytes
    """Between 354 and the final dot, still dot-stuffed."""
    login: str | None

    @property
    def content(self) -> bytes:
        return (b"\r\n" + self.wire).replace(b"\r\n.", b"\r\n")[2:]


@dataclass
class SinkSession:
    commands: list[bytes] = field(default_factory=list)
    tls: bool = False
    login: str | None = None
    mail: bytes | None = None
    rcpts: list[bytes] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    """Every octet that came, in order (after decryption)."""
    closed: asyncio.Event = field(default_factory=asyncio.Event)


EXTENSIONS = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")
MECHANISMS = ("PLAIN", "LOGIN", "XOAUTH2")


class Sink:
    def __init__(
        self,
        script=None,
        *,
        extensions=EXTENSIONS,
        auth=MECHANISMS,
        users=None,
        tls: ssl.SSLContext | None = None,
        implicit=False,
        offer_starttls=True,
    ):
        self.script = script or (lambda stage, session: None)
        self.extensions = extensions
        self.auth = auth
        self.users = users or {}
        self.tls = tls
        self.implicit = implicit
        self.offer_starttls = offer_starttls
        self.delivered: list[Delivered] = []
        self.sessions: list[SinkSession] = []
        self.arrived = asyncio.Condition()
        self.server: asyncio.Server | None = None
        self.tasks: set[asyncio.Task] = set()

    async def __aenter__(self):
        self.server = await asyncio.get_running_loop().create_server(
            self._protocol, "127.0.0.1", 0, ssl=self.tls if self.implicit else None
        )
        self.host, self.port = self.server.sockets[0].getsockname()[:2]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for task in tuple(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def _protocol(self):
        reader = asyncio.StreamReader(limit=1 << 20)
        return asyncio.StreamReaderProtocol(reader, self._connected)

    async def _connected(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        session = SinkSession(tls=self.implicit)
        self.sessions.append(session)
        try:
            await _Talk(self, session, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            session.closed.set()
            async with self.arrived:
                self.arrived.notify_all()
            writer.close()
            self.tasks.discard(task)

    async def wait_for(self, predicate, timeout=300):
        async with asyncio.timeout(timeout):
            async with self.arrived:
                await self.arrived.wait_for(predicate)

    async def wait_delivered(self, count=1, timeout=300):
        await self.wait_for(lambda: len(self.delivered) >= count, timeout)


class _Talk:
    def __init__(self, sink, session, reader, writer):
        self.sink, self.session, self.reader, self.writer = sink, session, reader, writer

    async def say(self, stage, honest: bytes) -> bool:
        """Reply; return whether the honest reply was given."""
        act = self.sink.script(stage, self.session)
        if act is None:
            self.writer.write(honest)
            return True
        if act.wait is not None:
            await act.wait.wait()
        if act.delay:
            await asyncio.sleep(act.delay)
        if act.reply is not None:
            self.writer.write(act.reply or honest)
            await self.writer.drain()
        if act.close:
            raise ConnectionResetError
        if act.stop_reading:
            self.writer.transport.pause_reading()
            await asyncio.Event().wait()
        return act.as_usual or act.reply == b""

    async def line(self):
        line = await self.reader.readuntil(b"\r\n")
        self.session.raw += line
        return line[:-2]

    async def run(self):
        await self.say("banner", b"220 sink ESMTP\r\n")
        while True:
            line = await self.line()
            self.session.commands.append(line)
            verb = line.split(b" ")[0].upper()
            method = getattr(self, f"on_{verb.decode('ascii', 'replace').lower()}", None)
            if method is None:
                self.writer.write(b"500 5.5.1 unknown\r\n")
                continue
            await method(line)

    async def on_ehlo(self, line):
        lines = ["sink", *self.sink.extensions]
        if self.sink.tls and not self.session.tls and self.sink.offer_starttls:
            lines.append("STARTTLS")
        if self.sink.auth:
            lines.append("AUTH " + " ".join(self.sink.auth))
        text = "".join(f"250{' ' if i == len(lines) - 1 else '-'}{w}\r\n" for i, w in enumerate(lines))
        await self.say("ehlo", text.encode())

    async def on_starttls(self, line):
        if await self.say("starttls", b"220 2.0.0 go\r\n"):
            await self.writer.drain()
            protocol = self.writer.transport.get_protocol()
            transport = await asyncio.get_running_loop().start_tls(
                self.writer.transport, protocol, self.sink.tls, server_side=True
            )
            self.writer._transport = transport
            self.reader._transport = transport
            self.session.tls = True

    async def on_auth(self, line):
        words = line.split(b" ")
        mechanism = words[1].upper()
        initial = words[2] if len(words) > 2 else None
        user = password = None
        if mechanism == b"PLAIN":
            if initial is None:
                self.writer.write(b"334 \r\n")
                initial = await self.line()
            _, user, password = base64.b64decode(initial).decode().split("\0")
        elif mechanism == b"LOGIN":
            self.writer.write(b"334 VXNlcm5hbWU6\r\n")
            user = base64.b64decode(await self.line()).decode()
            self.writer.write(b"334 UGFzc3dvcmQ6\r\n")
            password = base64.b64decode(await self.line()).decode()
        elif mechanism == b"XOAUTH2":
            if initial is None:
                self.writer.write(b"334 \r\n")
                initial = await self.line()
            fields = base64.b64decode(initial).decode().split("\x01")
            user, password = fields[0].removeprefix("user="), fields[1].removeprefix("auth=Bearer ")
            if self.sink.users.get(user) != password:
                self.writer.write(b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n")
                self.session.commands.append(await self.line())
        if self.sink.users.get(user) == password:
            if await self.say("auth", b"235 2.7.0 Welcome to the city\r\n"):
                self.session.login = user
        else:
            await self.say("auth", b"535 5.7.8 City says: wrong password\r\n")

    async def on_mail(self, line):
        if await self.say("mail", b"250 2.1.0 City: sender ok\r\n"):
            self.session.mail, self.session.rcpts = line, []

    async def on_rcpt(self, line):
        if await self.say("rcpt", b"250 2.1.5 City: recipient ok\r\n"):
            self.session.rcpts.append(line)

    async def on_rset(self, line):
        if await self.say("rset", b"250 2.0.0 flushed\r\n"):
            self.session.mail, self.session.rcpts = None, []
        async with self.sink.arrived:
            self.sink.arrived.notify_all()

    async def on_noop(self, line):
        await self.say("noop", b"250 2.0.0 ok\r\n")

    async def on_quit(self, line):
        await self.say("quit", b"221 2.0.0 bye\r\n")
        raise ConnectionResetError

    async def on_data(self, line):
        if not await self.say("data", b"354 go on\r\n"):
            return
        wire = bytearray(b"\r\n")
        while (end := wire.find(b"\r\n.\r\n", max(0, len(wire) - (1 << 20) - 8))) < 0:
            block = await self.reader.read(1 << 18)
            if not block:
                self.session.raw += wire[2:]
                raise ConnectionResetError
            wire += block
        assert len(wire) == end + 5, "octets after the final dot"
        self.session.raw += wire[2:]
        mail = Delivered(self.session.mail, self.session.rcpts, bytes(wire[2 : end + 2]), self.session.login)
        act = self.sink.script("store", self.session)
        if act is None or act.store:
            self.sink.delivered.append(mail)
        async with self.sink.arrived:
            self.sink.arrived.notify_all()
        await self.say("dot", b"250 2.0.0 City: queued as 4711\r\n")
        self.session.mail, self.session.rcpts = None, []
