"""Context shared by the notice modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.model import VIETNAM
from gateway.notice import NoticeBook
from gateway.steward.desk import Desk


@dataclass(frozen=True)
class Notifier:
    """Objects that the notice modules need."""

    desk: Desk
    book: NoticeBook
    host: str = ""
    """Host name of the gateway."""
    troubles: Callable[[], Mapping[str, dict[str, Any]]] = dict
    """Current troubles, as the supervisor shows them."""

    @property
    def now(self) -> float:
        """Current time, seconds since 1970."""
        return self.desk.people.clock()

    @property
    def local(self) -> datetime:
        """Current time in Viet Nam."""
        return datetime.fromtimestamp(self.now, VIETNAM)

    def notify(self, key: str, kind: str, recipient: str, *, limited: bool = True, **fields: object) -> None:
        """Queue a notice, once per key and recipient; NoticeError."""
        self.book.put(
            f"{key}:{recipient}", kind=kind, recipient=recipient, now=self.now, fields=fields, limited=limited
        )

    def page(self, path: str) -> str:
        """Return the URL of a console page; empty without a console."""
        console = self.desk.configuration.console
        return f"{console.base}{path}" if console is not None else ""
