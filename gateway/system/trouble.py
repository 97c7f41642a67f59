"""Troubles as states: logged at begin, every quarter of an hour while present, and at end.

Front ends report to the supervisor over a pipe. It keeps the ledger, writes the log lines, and publishes a board that
the metrics and `gateway doctor --running` read; the board is in memory, for the disk may be the trouble.
"""

from __future__ import annotations

import json
import logging
import mmap
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from gateway.errors import UserError
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.trouble")
_AGAIN_S: Final = 900.0
_BOARD: Final = "gateway-trouble"
_BOARD_BYTES: Final = 1 << 17
"""Holds every trouble with the longest reason in the widest escapes of JSON."""
_READS: Final = 100
"""Attempts to read the board between two writes of the supervisor."""
_LIMIT_REASON: Final = 300
"""Keeps a line of any characters below PIPE_BUF (4096), so its write is atomic."""


class Trouble(Enum):
    """Kinds of trouble; the value is the metric label and the text key in `trouble.toml`."""

    AUDIT = "audit"
    FRONT_END = "front_end"
    ZYGOTE = "zygote"
    READER = "reader"
    SPACE = "space"
    INODES = "inodes"
    DESCRIPTORS = "descriptors"
    MEMORY = "memory"
    POLICY = "policy"
    NEXT_HOP = "next_hop"
    NEXT_HOP_ADDRESS = "next_hop_address"
    NAMES = "names"
    CLOCK = "clock"
    CERTIFICATE = "certificate"
    WITNESS = "witness"
    RULES = "rules"
    RELOAD = "reload"
    CENTRE = "centre"
    SHIPPING = "shipping"
    FORK = "fork"


class Pipe:
    """Pipe from the front ends to the supervisor; made before the first fork."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self.writer, False)
        self._rest = b""

    def read(self) -> list[dict[str, Any]]:
        """Return the new reports."""
        with suppress(BlockingIOError):
            while octets := os.read(self._reader, 1 << 16):
                self._rest += octets
        *lines, self._rest = self._rest.split(b"\n")
        return [json.loads(line) for line in lines]


class Reporter:
    """Reports of a front end or another process to the supervisor."""

    def __init__(self, pipe: Pipe, source: str = "") -> None:
        """`source` names a process and its replacements; without it the source is this process and ends with it."""
        self._writer = pipe.writer
        self._source = source or os.getpid()
        self._mails: dict[Trouble, int] = {}
        """Mails affected by each current trouble."""
        self._reported: dict[Trouble, int] = {}

    def lasts(self, trouble: Trouble) -> bool:
        """Return whether the trouble has begun and not ended."""
        return trouble in self._mails

    def happened(self, trouble: Trouble, reason: str, *, mails: int = 1) -> None:
        """Report affected mails; the first report begins the trouble."""
        begins = trouble not in self._mails
        self._mails[trouble] = self._mails.get(trouble, 0) + mails
        if begins:
            self._write(trouble, reason=reason)

    def state(self, trouble: Trouble, reason: str | None) -> None:
        """Report that a trouble lasts for a reason, or its end without one; no mails are counted."""
        if reason:
            self.happened(trouble, reason, mails=0)
        else:
            self.over(trouble)

    def over(self, trouble: Trouble) -> None:
        """Report its end, if it lasts."""
        if trouble in self._mails:
            self._write(trouble)
            self._write(trouble, over=True)
            del self._mails[trouble]
            self._reported.pop(trouble, None)

    def begin(self, trouble: Trouble) -> None:
        """End what the replaced process reported: the state is not yet known."""
        self._write(trouble, over=True)

    def count(self) -> None:
        """Report the count of affected mails; called periodically."""
        for trouble in self._mails:
            self._write(trouble)

    def _write(self, trouble: Trouble, *, reason: str = "", over: bool = False) -> None:
        mails = self._mails.get(trouble, 0)
        words = {"pid": self._source, "trouble": trouble.value, "reason": reason[:_LIMIT_REASON], "over": over}
        fresh = mails - self._reported.get(trouble, 0)
        if not (reason or over or fresh):
            return
        with suppress(OSError):  # a supervisor that does not read is the worse trouble
            os.write(self._writer, json.dumps({**words, "mails": fresh}).encode() + b"\n")
            self._reported[trouble] = mails


@dataclass
class _State:
    """One current trouble."""

    began: float
    since: datetime
    reason: str
    step: str
    """Current step, of a trouble that is logged again when its step changes instead of by time."""
    again: float
    """Time at which it is logged next."""
    sources: set[str] = field(default_factory=set)
    mails: int = 0
    fresh: int = 0
    """Affected mails since the last log line."""


class Ledger:
    """Current troubles; kept by the supervisor."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[Trouble, _State] = {}
        self.board = Board()

    def hear(self, reports: Iterable[dict[str, Any]]) -> None:
        """Process reports."""
        for line in reports:
            trouble, source = Trouble(line["trouble"]), str(line["pid"])
            if line["over"]:
                self.over(trouble, source)
            else:
                self.lasts(trouble, source, line["reason"], mails=line["mails"])

    def lasts(self, trouble: Trouble, source: str, reason: str, *, mails: int = 0, step: str = "") -> None:
        """Add a source of a trouble; the first begins it, and a changed `step` begins it again."""
        state = self._states.get(trouble)
        if state is None or state.step != step:
            now = self._clock()
            state = state or _State(now, datetime.now(UTC), reason, step, now + _AGAIN_S)
            state.step = step
            self._states[trouble] = state
            _LOG.error("%s", both("trouble", "begins", trouble.value, reason=reason or "-"))
        state.sources.add(source)
        state.reason = reason or state.reason
        state.mails += mails
        state.fresh += mails
        self._show()

    def over(self, trouble: Trouble, source: str) -> None:
        """Remove a source of a trouble; the last one ends it."""
        state = self._states.get(trouble)
        if state is None or source not in state.sources:
            return
        state.sources.discard(source)
        if not state.sources:
            del self._states[trouble]
            _LOG.warning("%s", both("trouble", "line", "over", **self._fields(trouble, state, state.mails)))
        self._show()

    def gone(self, source: str) -> None:
        """Remove all reports of an ended process."""
        for trouble in list(self._states):
            self.over(trouble, source)

    def look(self) -> None:
        """Log the current troubles that are due."""
        now = self._clock()
        for trouble, state in self._states.items():
            if now >= state.again and not state.step:
                state.again = now + _AGAIN_S
                _LOG.error("%s", both("trouble", "line", "lasts", **self._fields(trouble, state, state.fresh)))
                state.fresh = 0

    def _fields(self, trouble: Trouble, state: _State, mails: int) -> dict[str, object]:
        name = both("trouble", "name", trouble.value)
        seconds = round(self._clock() - state.began)
        return {"name": name, "seconds": seconds, "mails": mails, "reason": state.reason or "-"}

    def _show(self) -> None:
        self.board.write(
            {
                trouble.value: {
                    "since": state.since.timestamp(),
                    "mails": state.mails,
                    "reason": state.reason[:_LIMIT_REASON],
                    "step": state.step,
                }
                for trouble, state in self._states.items()
            }
        )


class Board:
    """Current troubles as published by the supervisor."""

    def __init__(self) -> None:
        self._descriptor = os.memfd_create(_BOARD, os.MFD_CLOEXEC)
        os.truncate(self._descriptor, _BOARD_BYTES)
        self._memory = mmap.mmap(self._descriptor, _BOARD_BYTES)
        self._seen: dict[str, dict[str, Any]] = {}
        self.write({})

    def write(self, troubles: dict[str, dict[str, Any]]) -> None:
        """Publish troubles; a reader meanwhile reads again."""
        self._memory[:] = json.dumps(troubles).encode().ljust(_BOARD_BYTES, b"\0")

    def read(self) -> dict[str, dict[str, Any]]:
        """Return the published troubles, or those read before where they cannot be read now."""
        found = _parsed(lambda: self._memory[:])
        self._seen = found if found is not None else self._seen
        return self._seen


def shown_by(pid: int) -> dict[str, dict[str, Any]] | None:
    """Return the troubles that a supervisor published, None without one or permission; UserError if unreadable."""
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if entry.readlink().name.startswith(f"memfd:{_BOARD}"):
                    found = _parsed(entry.read_bytes)
                    if found is None:
                        raise UserError(both("trouble", "doctor", "unread", pid=pid))
                    return found
    return None


def _parsed(read: Callable[[], bytes]) -> dict[str, dict[str, Any]] | None:
    for _ in range(_READS):
        with suppress(ValueError):
            return dict(json.loads(read().rstrip(b"\0")))
    return None
