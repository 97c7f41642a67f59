"""Notices of troubles to `notices.to`: begin after 15 minutes, end, and certificate expiry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from gateway.model import VIETNAM
from gateway.steward.notices.context import Notifier
from gateway.system.trouble import Trouble
from gateway.texts.catalogue import pair

LASTS_S: Final = 900.0
_GRACE_S: Final = 300.0
"""Delay after a start before ends are reported: earlier troubles must first be detected again."""
_MARK: Final = "trouble"


class Troubles:
    """Queues notices of troubles; reported troubles are marks in the book, so the state survives a restart."""

    def __init__(self) -> None:
        self._began: float | None = None

    def __call__(self, notifier: Notifier) -> None:
        """Queue notices of troubles that have lasted `LASTS_S`, of steps, and of ends."""
        self._began = notifier.now if self._began is None else self._began
        if not notifier.desk.configuration.notices.to:
            return
        shown = notifier.troubles()
        notified = dict(_open(notifier.book.marks(_MARK)))
        for name, found in shown.items():
            if found.get("step"):
                _notify(notifier, f"{_MARK}:{name}:{found['step']}", "trouble_begins", name, found)
            elif name not in notified and notifier.now - found["since"] >= LASTS_S:
                key = f"{_MARK}:{name}:{int(found['since'])}"
                _notify(notifier, key, "trouble_begins", name, found)
                notifier.book.mark(f"{key}:begun", kind=_MARK, now=notifier.now)
        if notifier.now - self._began < _GRACE_S:
            return
        for name, since in notified.items():
            if name not in shown:
                key = f"{_MARK}:{name}:{since}"
                _notify(notifier, f"{key}:over", "trouble_over", name, {"since": since, "mails": 0, "reason": ""})
                notifier.book.mark(f"{key}:ended", kind=_MARK, now=notifier.now)


def _open(keys: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Yield reported troubles that have not ended, with their begin in seconds since 1970."""
    ended = {key.removesuffix(":ended") for key in keys if key.endswith(":ended")}
    for key in keys:
        trouble = key.removesuffix(":begun")
        if trouble != key and trouble not in ended:
            _, name, since = trouble.split(":")
            yield name, int(since)


def _notify(notifier: Notifier, key: str, kind: str, name: str, found: dict[str, Any]) -> None:
    known = name in {trouble.value for trouble in Trouble}
    fields = {
        "name": pair("trouble", "name", name) if known else name,
        "host": notifier.host,
        "since": f"{datetime.fromtimestamp(found['since'], VIETNAM):%H:%M %d/%m/%Y}",
        "words": pair("trouble", "begins", name, reason=found["reason"] or "-") if known else name,
        "mails": found["mails"],
        "now": f"{notifier.local:%H:%M %d/%m/%Y}",
        "link": notifier.page("/"),
    }
    for recipient in notifier.desk.configuration.notices.to:
        notifier.notify(key, kind, recipient, **fields)
