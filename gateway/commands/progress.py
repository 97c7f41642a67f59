"""How far long work of a command has come: a bar on a terminal, one line in ten seconds elsewhere, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.texts.catalogue import both, pair

Tick = Callable[[int], None]
"""Called with how much more is done."""
_LINE_EVERY_S = 10.0


def unseen(_more: int) -> None:
    """Show nothing."""


@contextmanager
def progress(work: str, total: int, *, prints: bool = False) -> Iterator[Tick]:
    """Show the progress of some work, named by its key in `progress.toml`; Ctrl-C says how much was done, then goes on up.

    With a total of one there is nothing to show; nor is there for work that prints to a terminal meanwhile, which shows by
    itself how far it is. What is shown on a terminal is gone when the work has ended.
    """
    done = 0
    try:
        if total <= 1 or (prints and sys.stdout.isatty()):
            yield unseen
        elif sys.stderr.isatty():
            with _bar(work, total) as show:

                def draw(more: int) -> None:
                    nonlocal done
                    done += more
                    show(done)

                yield draw
        else:
            begun = said = time.monotonic()

            def say(more: int) -> None:
                nonlocal done, said
                done += more
                now = time.monotonic()
                if now - said >= _LINE_EVERY_S:
                    said = now
                    left = (now - begun) / done * max(0, total - done) if done else 0
                    fields = {
                        "done": done,
                        "total": total,
                        "rate": f"{done / (now - begun):.0f}",
                        "left": f"{left:.0f}",
                    }
                    print(both("progress", "line", work, **fields), file=sys.stderr, flush=True)

            yield say
    except KeyboardInterrupt:
        print(both("progress", "say", "stopped", done=done, total=total), file=sys.stderr)
        raise


@contextmanager
def _bar(work: str, total: int) -> Iterator[Tick]:
    from rich.console import Console  # only a terminal waits for it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Data goes where the shell sends it: nothing is redirected.
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as shown:
        task = shown.add_task(pair("progress", "work", work)[0], total=total)
        yield lambda done: shown.update(task, completed=done)
