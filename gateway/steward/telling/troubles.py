"""Notices of troubles to `notices.to`: begin after 15 minutes, end, and certificate expiry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from gateway.model import VIETNAM
from gateway.steward.telling.context import Telling
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

    def __call__(self, telling: Telling) -> None:
        """Queue notices of troubles that have lasted `LASTS_S`, of steps, and of ends."""
        self._began = telling.now if self._began is None else self._began
        if not telling.desk.configuration.notices.to:
            return
        shown = telling.troubles()
        told = dict(_open(telling.book.marks(_MARK)))
        for name, found in shown.items():
            if found.get("step"):
                _tell(telling, f"{_MARK}:{name}:{found['step']}", "trouble_begins", name, found)
            elif name not in told and telling.now - found["since"] >= LASTS_S:
                key = f"{_MARK}:{name}:{int(found['since'])}"
                _tell(telling, key, "trouble_begins", name, found)
                telling.book.mark(f"{key}:begun", kind=_MARK, now=telling.now)
        if telling.now - self._began < _GRACE_S:
            return
        for name, since in told.items():
            if name not in shown:
                key = f"{_MARK}:{name}:{since}"
                _tell(telling, f"{key}:over", "trouble_over", name, {"since": since, "mails": 0, "reason": ""})
                telling.book.mark(f"{key}:ended", kind=_MARK, now=telling.now)


def _open(keys: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Yield reported troubles that have not ended, with their begin in seconds since 1970."""
    ended = {key.removesuffix(":ended") for key in keys if key.endswith(":ended")}
    for key in keys:
        trouble = key.removesuffix(":begun")
        if trouble != key and trouble not in ended:
            _, name, since = trouble.split(":")
            yield name, int(since)


def _tell(telling: Telling, key: str, kind: str, name: str, found: dict[str, Any]) -> None:
    known = name in {trouble.value for trouble in Trouble}
    fields = {
        "name": pair("trouble", "name", name) if known else name,
        "host": telling.host,
        "since": f"{datetime.fromtimestamp(found['since'], VIETNAM):%H:%M %d/%m/%Y}",
        "words": pair("trouble", "begins", name, reason=found["reason"] or "-") if known else name,
        "mails": found["mails"],
        "now": f"{telling.local:%H:%M %d/%m/%Y}",
        "link": telling.page("/"),
    }
    for recipient in telling.desk.configuration.notices.to:
        telling.tell(key, kind, recipient, **fields)
