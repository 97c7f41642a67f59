"""Notices sent synchronously, with the next hop's reply."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

from gateway.nexthop.failures import HopFailedError, HopRefusedError
from gateway.nexthop.hop import NextHop
from gateway.nexthop.replies import HopReply
from gateway.notice.book import Fate, NoticeBook
from gateway.notice.mail import Author, hand_over
from gateway.vietnamese.printed import clean

_LIMIT_ANSWER: Final = 200


class Notices:
    """Synchronous sender of one process; created within its event loop."""

    def __init__(self, hop: NextHop, book: NoticeBook, author: Author, *, clock: Callable[[], float]) -> None:
        self._hop = hop
        self._book = book
        self._author = author
        self._clock = clock

    async def may_send(self, recipient: str) -> bool:
        """Return whether a mailbox is below its daily limit; NoticeError when the book is unusable."""
        return await asyncio.to_thread(self._book.has_room, recipient, self._clock())

    async def send(
        self, kind: str, recipient: str, *, author: str = "", apart_s: float = 0, **fields: object
    ) -> HopReply | None:
        """Send a notice to an authenticated mailbox; return the next hop's reply.

        None, and nothing sent, at the mailbox's daily limit, or when it got one of the kind within `apart_s`.

        HopFailedError, HopRefusedError of the hop; NoticeError when the book is unusable. After an error nothing was sent,
        except with `after_final_dot`, which means unknown.
        """
        now, key = self._clock(), f"direct:{secrets.token_hex(8)}"
        if not await asyncio.to_thread(self._book.take, key, kind=kind, recipient=recipient, now=now, apart_s=apart_s):
            return None
        by = Author(author, self._author.hostname) if author else self._author
        fate: Fate | None = Fate.UNKNOWN
        answer = ""
        try:
            reply = await hand_over(self._hop, recipient, by.writes(kind, recipient, now, fields))
            fate, answer = (Fate.SENT if reply.positive else Fate.REFUSED), said(reply)
        except HopFailedError as failure:
            fate, answer = (Fate.UNKNOWN if failure.after_final_dot else None), str(failure)
            raise
        except HopRefusedError:
            fate = None
            raise
        finally:
            await asyncio.to_thread(self._book.settle, key, fate, answer=answer)
        return reply


def said(reply: HopReply) -> str:
    """Return a reply as one printable line."""
    return clean(str(reply), limit=_LIMIT_ANSWER)
