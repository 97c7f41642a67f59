"""Clients that send numbered mails and remember which of them were acknowledged."""

import asyncio
import itertools
import re
import time

from tests.e2e.commands import COLLEAGUE, STAFF
from tests.support.client import RawClient

TOKEN = re.compile(rb"thu-so-\d+")
LOST = (ConnectionError, asyncio.IncompleteReadError, TimeoutError, OSError)


def mail(number: int) -> bytes:
    return b"From: %s\r\nTo: %s\r\nSubject: thu-so-%d\r\n\r\nxin chao\r\n" % (
        STAFF.encode(),
        COLLEAGUE.encode(),
        number,
    )


def token(content: bytes) -> bytes:
    return TOKEN.search(content)[0]


def reference(content: bytes) -> str:
    """The reference in our trace field on top of a delivered mail."""
    top = content.partition(b"\r\nFrom:")[0]
    return re.search(rb"BT-[0-9A-Z]+", top)[0].decode()


class Clients:
    """Clients that send one mail after the other and try each again until it is acknowledged."""

    def __init__(self, address, *, sender=STAFF):
        self.address = address
        self.acknowledged: set[bytes] = set()
        self.refused: list[str] = []
        self.failed: list[float] = []
        """When each try began that came to nothing: 4yz, or a connection that was lost."""
        self.tries = 0
        self.stopping = False
        self._numbers = itertools.count(1)

    async def run(self):
        while not self.stopping:
            await self.until_acknowledged(mail(next(self._numbers)))

    async def until_acknowledged(self, content):
        while True:
            self.tries += 1
            began = time.monotonic()
            try:
                async with asyncio.timeout(30), RawClient(*self.address()) as client:
                    if (await client.ehlo()).code != 250:
                        self.failed.append(began)
                        continue
                    reply = await client.mail(content, sender=STAFF, recipients=(COLLEAGUE,))
            except LOST:
                self.failed.append(began)
                await asyncio.sleep(0.05)  # as a client waits before it tries again
                continue
            if reply.code == 250:
                self.acknowledged.add(token(content))
                return
            if reply.code >= 500:
                self.refused.append(str(reply))
                return
            self.failed.append(began)
