"""What every teller has at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.model import VIETNAM
from gateway.notice import NoticeBook
from gateway.steward.desk import Desk


@dataclass(frozen=True)
class Telling:
    """One look at what there is to tell."""

    desk: Desk
    book: NoticeBook
    host: str = ""
    """Our name."""
    troubles: Callable[[], Mapping[str, dict[str, Any]]] = dict
    """What is wrong with the gateway now, as its supervisor shows it."""

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.desk.people.clock()

    @property
    def local(self) -> datetime:
        """The time of Viet Nam."""
        return datetime.fromtimestamp(self.now, VIETNAM)

    def tell(self, key: str, kind: str, recipient: str, *, limited: bool = True, **fields: object) -> None:
        """Have a notice sent, once for its key and recipient."""
        self.book.put(
            f"{key}:{recipient}", kind=kind, recipient=recipient, now=self.now, fields=fields, limited=limited
        )

    def page(self, path: str) -> str:
        """Return the address of a page of the console; empty without one."""
        console = self.desk.configuration.console
        return f"{console.base}{path}" if console is not None else ""
