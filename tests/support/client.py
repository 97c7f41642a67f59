# ruff: noqa: SLOT000  (nested servers and clients, and small scripts, read better so)
"""A raw SMTP client for tests: sends what it is told, reads whole replies, checks that they are well formed."""

import asyncio
import base64
import ssl


class Reply(str):
    """Text of a reply, lines joined by newline, with its code."""

    code: int
    raw: bytes

    @classmethod
    def make(cls, raw: bytes):
        reply = cls(raw.decode("utf-8").replace("\r\n", "\n").rstrip("\n"))
        reply.raw = raw
        reply.code = int(raw[:3])
        return reply


class RawClient:
    def __init__(self, host, port, *, tls: ssl.SSLContext | None = None, local=None, read_banner=True):
        self.address = (host, port)
        self.tls = tls
        self.local = local
        self.read_banner = read_banner

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection(
            *self.address,
            ssl=self.tls,
            server_hostname="gateway.test" if self.tls else None,
            local_addr=(self.local, 0) if self.local else None,
        )
        if self.read_banner:
            self.banner = await self.reply()
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    def send(self, octets: bytes):
        self.writer.write(octets)

    async def reply(self, timeout=300) -> Reply:
        raw = b""
        async with asyncio.timeout(timeout):
            while True:
                line = await self.reader.readuntil(b"\r\n")
                assert len(line) <= 512
                assert line[:3].isdigit()
                assert b"\r" not in line[:-2]
                assert all(octet >= 32 for octet in line[:-2])
                raw += line
                if line[3:4] != b"-":
                    return Reply.make(raw)

    async def cmd(self, line: bytes | str) -> Reply:
        self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.reply()

    async def closed(self, timeout=300) -> bytes:
        """Return what still comes until the server closes."""
        rest = b""
        async with asyncio.timeout(timeout):
            try:
                while data := await self.reader.read(65536):
                    rest += data
            except ConnectionError:
                pass
        return rest

    async def ehlo(self) -> Reply:
        return await self.cmd("EHLO client.test")

    async def starttls(self, context: ssl.SSLContext):
        reply = await self.cmd("STARTTLS")
        assert reply.code == 220
        await self.writer.start_tls(context, server_hostname="gateway.test")

    async def login(self, user: str, password: str) -> Reply:
        return await self.cmd(b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()))

    async def envelope(self, sender="a@binhtan.example", recipients=("b@city.example",), parameters=""):
        """Return the replies to MAIL and each RCPT, up to a 421."""
        replies = []
        for line in (f"MAIL FROM:<{sender}>{parameters}", *(f"RCPT TO:<{recipient}>" for recipient in recipients)):
            replies.append(await self.cmd(line))
            if replies[-1].code == 421:
                break
        return replies

    async def begin(self):
        """Say the usual envelope and DATA."""
        await self.envelope()
        await self.cmd("DATA")

    async def data(self, content: bytes) -> Reply:
        """Send content (CRLF lines; stuffed here) and return the final reply."""
        reply = await self.cmd("DATA")
        if reply.code != 354:
            return reply
        self.send(stuff(content) + b".\r\n")
        await self.writer.drain()
        return await self.reply()

    async def mail(self, content: bytes = b"Subject: x\r\n\r\nhello\r\n", **envelope) -> Reply:
        for reply in await self.envelope(**envelope):
            if reply.code != 250:
                return reply
        return await self.data(content)


def stuff(content: bytes) -> bytes:
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
