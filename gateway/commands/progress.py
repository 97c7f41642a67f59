"""Progress of a long command on standard error: a bar on a terminal, elsewhere one line in ten seconds."""

from __future__ import annotations

import sys
import time
from asyncio import CancelledError
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.texts.catalogue import both, pair

Tick = Callable[[int], None]
"""Called with how much more is done."""
_LINE_EVERY_S = 10.0


def unseen(_more: int) -> None:
    """Show nothing."""


_UNITS = {
    "backup": "pages", "check": "files", "lint": "files", "signatures": "files", "trust": "lists", "ldap": "entries",
    "directory": "mailboxes", "policies": "files",
}  # fmt: skip
"""Unit that is counted, where it is not records."""


@contextmanager
def progress(work: str, total: int | None, *, prints: bool = False) -> Iterator[Tick]:
    """Show the progress of some work, named by its key in `progress.toml`; Ctrl-C says how much was done, then goes on up.

    With a total of one there is nothing to show; nor is there for work that prints to a terminal meanwhile, which shows by
    itself how far it is. Without a total there is no time left to tell. What is shown on a terminal is gone when the work
    has ended.
    """
    count = _Count(work, total)
    try:
        if (total is not None and total <= 1) or (prints and sys.stdout.isatty()):
            yield count.add
        elif sys.stderr.isatty():
            with _bar(work, total) as show:
                count.shown = show
                yield count.add
        else:
            count.shown = count.say
            yield count.add
    except (KeyboardInterrupt, CancelledError):  # the second is what Ctrl-C becomes within asyncio.run
        print(both("progress", "say", "stopped", **count.fields(0)), file=sys.stderr)
        raise


class _Count:
    """Progress and its display."""

    def __init__(self, work: str, total: int | None) -> None:
        self._work = work
        self._total = total
        self._done = 0
        self._begun = self._said = time.monotonic()
        self.shown: Callable[[int], None] = unseen

    def add(self, more: int) -> None:
        """Count what is done more."""
        self._done += more
        self.shown(self._done)

    def say(self, done: int) -> None:
        """Print a line when ten seconds have gone by."""
        now = time.monotonic()
        if now - self._said >= _LINE_EVERY_S and done:
            self._said = now
            line = "open" if self._total is None else "left"
            print(both("progress", "line", line, **self.fields(now - self._begun)), file=sys.stderr, flush=True)

    def fields(self, elapsed_s: float) -> dict[str, object]:
        """Return what the words name."""
        rate = self._done / elapsed_s if elapsed_s else 0.0
        left = max(0, (self._total or 0) - self._done) / rate if rate else 0.0
        return {
            "work": pair("progress", "work", self._work),
            "unit": pair("progress", "unit", _UNITS.get(self._work, "records")),
            "done": self._done,
            "total": "?" if self._total is None else self._total,
            "rate": f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}",
            "left": f"{left:.0f}",
        }


@contextmanager
def _bar(work: str, total: int | None) -> Iterator[Tick]:
    from rich.console import Console  # only a terminal waits for it
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.0f}/s" if task.speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    # Data goes where the shell sends it: nothing is redirected.
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as shown:
        task = shown.add_task(pair("progress", "work", work)[0], total=total)
        yield lambda done: shown.update(task, completed=done)
