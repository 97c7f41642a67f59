"""Registration, options and arguments shared by commands."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.model import VIETNAM
from gateway.texts.catalogue import both
from gateway.yaml.values import printable


def words(option: str) -> str:
    """Return what an option or argument is for, in both languages."""
    return both("help", "option", option)


def brief(command: str) -> str:
    """Return what a command does, for the list of commands."""
    return both("help", "command", command)


def command(app: typer.Typer, name: str | None = None) -> Callable[[Callable[..., int]], Callable[..., None]]:
    """Register a function as a command that ends with the exit code it returns, and tells user errors without traceback.

    What it does in few words stands in `help.toml` by the name of the function.
    """

    def register(run: Callable[..., int]) -> Callable[..., None]:
        @functools.wraps(run)
        def ended(*arguments: Any, **options: Any) -> None:
            from gateway.commands.common import user_errors

            with user_errors():
                code = run(*arguments, **options)
            raise typer.Exit(code)

        app.command(name, short_help=brief(run.__name__))(ended)
        return ended

    return register


ConfigOption = Annotated[Path | None, typer.Option("--config", help=words("config"))]
PolicyOption = Annotated[str | None, typer.Option("--policy", help=words("policy"))]
ClusterOption = Annotated[str | None, typer.Option("--cluster", metavar="DSN", help=words("cluster"))]
DataOption = Annotated[Path | None, typer.Option("--data", help=words("data"))]
CertsOption = Annotated[Path | None, typer.Option("--certs", help=words("certs"))]
DirectoryOption = Annotated[Path | None, typer.Option("--directory", help=words("directory"))]
JsonOption = Annotated[bool, typer.Option("--json", help=words("json"))]

_YEARS = (1970, 9000)
"""Of a time that can be given: at the ends of the calendar no other time zone has a date."""

_DAYS_AGO = re.compile(r"(\d{1,4})d\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z|\d{8}\Z|\d{4}-?W\d\d-?\d\Z")


def moment(value: str | None, *, until: bool = False) -> datetime | None:
    """Parse an ISO 8601 time, or `30d` for so many days ago; without offset it is the time of Viet Nam, as we print it.

    With `until` a mere day means its end, so that `--since DAY --until DAY` is that day.
    """
    if value is None:
        return None
    if (days := _DAYS_AGO.match(value)) is not None:
        return datetime.now(VIETNAM) - timedelta(days=int(days[1]))
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(both("start", "command", "time", value=printable(value))) from None
    first, last = _YEARS
    if not first <= moment.year <= last:
        raise typer.BadParameter(both("start", "command", "year", value=printable(value), first=first, last=last))
    if until and _DAY.match(value):
        moment += timedelta(days=1, microseconds=-1)
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
