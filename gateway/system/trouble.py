"""Troubles as states: each is told once when it begins, every quarter of an hour while it lasts, and when it is over.

Front ends tell the supervisor over a pipe. It keeps the ledger, writes the lines and a board that the metrics and
`gateway doctor --running` read; the board is memory, for a disk may be what is in trouble.
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

from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.trouble")
_AGAIN_S: Final = 900.0
_BOARD: Final = "gateway-trouble"
_BOARD_BYTES: Final = 1 << 14
_LIMIT_REASON: Final = 300
"""A line goes over the pipe in one piece (PIPE_BUF is 4096), whatever letters it holds."""


class Trouble(Enum):
    """What may be wrong; the value is the label of the metric and the key of the words in `trouble.toml`."""

    AUDIT = "audit"
    FRONT_END = "front_end"
    ZYGOTE = "zygote"
    SPACE = "space"
    INODES = "inodes"
    DESCRIPTORS = "descriptors"
    MEMORY = "memory"
    NEXT_HOP = "next_hop"
    NEXT_HOP_ADDRESS = "next_hop_address"
    NAMES = "names"
    CLOCK = "clock"
    CERTIFICATE = "certificate"
    WITNESS = "witness"
    RULES = "rules"
    CENTRE = "centre"
    SHIPPING = "shipping"
    FORK = "fork"


class Pipe:
    """From the front ends to the supervisor; made before the first fork."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self.writer, False)
        self._rest = b""

    def read(self) -> list[dict[str, Any]]:
        """Return what was told since."""
        with suppress(BlockingIOError):
            while octets := os.read(self._reader, 1 << 16):
                self._rest += octets
        *lines, self._rest = self._rest.split(b"\n")
        return [json.loads(line) for line in lines]


class Teller:
    """The words of a front end, or of another process, to the supervisor."""

    def __init__(self, pipe: Pipe, source: str = "") -> None:
        """`source` is a name for a process and those that replace it; without one it is this process, gone when it ends."""
        self._writer = pipe.writer
        self._source = source or os.getpid()
        self._mails: dict[Trouble, int] = {}
        """Mails that each trouble has cost, of those that last."""
        self._told: dict[Trouble, int] = {}

    def lasts(self, trouble: Trouble) -> bool:
        """Whether it has begun and is not over."""
        return trouble in self._mails

    def happened(self, trouble: Trouble, reason: str, *, mails: int = 1) -> None:
        """Tell that it costs mails; the first time it begins."""
        begins = trouble not in self._mails
        self._mails[trouble] = self._mails.get(trouble, 0) + mails
        if begins:
            self._tell(trouble, reason=reason)

    def over(self, trouble: Trouble) -> None:
        """Tell that it is over, if it lasts."""
        if trouble in self._mails:
            self._tell(trouble)
            self._tell(trouble, over=True)
            del self._mails[trouble]
            self._told.pop(trouble, None)

    def begin(self, trouble: Trouble) -> None:
        """Tell that nothing is known of it yet: what the process before this one told is over."""
        self._tell(trouble, over=True)

    def count(self) -> None:
        """Tell how many mails there have been; now and then."""
        for trouble in self._mails:
            self._tell(trouble)

    def _tell(self, trouble: Trouble, *, reason: str = "", over: bool = False) -> None:
        mails = self._mails.get(trouble, 0)
        words = {"pid": self._source, "trouble": trouble.value, "reason": reason[:_LIMIT_REASON], "over": over}
        fresh = mails - self._told.get(trouble, 0)
        if not (reason or over or fresh):
            return
        with suppress(OSError):  # a supervisor that does not read is in worse trouble
            os.write(self._writer, json.dumps({**words, "mails": fresh}).encode() + b"\n")
            self._told[trouble] = mails


@dataclass
class _State:
    """One trouble that lasts."""

    began: float
    since: datetime
    reason: str
    step: str
    """Where it stands, of one that is said anew when that changes and not by the clock."""
    again: float
    """When it is said next that it lasts."""
    sources: set[str] = field(default_factory=set)
    mails: int = 0
    fresh: int = 0
    """Of these, since the last line."""


class Ledger:
    """The troubles that last; kept by the supervisor."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[Trouble, _State] = {}
        self.board = Board()

    def hear(self, told: Iterable[dict[str, Any]]) -> None:
        """Take what front ends told."""
        for line in told:
            trouble, source = Trouble(line["trouble"]), str(line["pid"])
            if line["over"]:
                self.over(trouble, source)
            else:
                self.lasts(trouble, source, line["reason"], mails=line["mails"])

    def lasts(self, trouble: Trouble, source: str, reason: str, *, mails: int = 0, step: str = "") -> None:
        """Note that somebody is in trouble; it begins with the first, and anew with each other `step` that it comes to."""
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
        """Note that somebody is out of it; it is over with the last."""
        state = self._states.get(trouble)
        if state is None or source not in state.sources:
            return
        state.sources.discard(source)
        if not state.sources:
            del self._states[trouble]
            _LOG.warning("%s", both("trouble", "line", "over", **self._fields(trouble, state, state.mails)))
        self._show()

    def gone(self, source: str) -> None:
        """Forget what somebody told who has ended."""
        for trouble in list(self._states):
            self.over(trouble, source)

    def look(self) -> None:
        """Say what still lasts, of those whose time has come."""
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
                    "reason": state.reason,
                    "step": state.step,
                }
                for trouble, state in self._states.items()
            }
        )


class Board:
    """Where the supervisor shows the troubles that last."""

    def __init__(self) -> None:
        self._descriptor = os.memfd_create(_BOARD, os.MFD_CLOEXEC)
        os.truncate(self._descriptor, _BOARD_BYTES)
        self._memory = mmap.mmap(self._descriptor, _BOARD_BYTES)
        self.write({})

    def write(self, troubles: dict[str, dict[str, Any]]) -> None:
        """Show these; a reader that comes in between sees the old or the new ones, or none that it can read."""
        self._memory[:] = json.dumps(troubles).encode()[:_BOARD_BYTES].ljust(_BOARD_BYTES)

    def read(self) -> dict[str, dict[str, Any]]:
        """Return what is shown."""
        return _parsed(self._memory[:])


def shown_by(pid: int) -> dict[str, dict[str, Any]] | None:
    """Return what the supervisor with this process id shows; None when there is none, or it is not ours to look at."""
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if entry.readlink().name.startswith(f"memfd:{_BOARD}"):
                    return _parsed(entry.read_bytes())
    return None


def _parsed(octets: bytes) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(octets)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
