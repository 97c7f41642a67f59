"""Registration, options and arguments shared by commands."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from gateway.model import VIETNAM
from gateway.texts.catalogue import both
from gateway.yaml.values import printable

if TYPE_CHECKING:  # loaded by the command that runs
    from gateway.config.cluster import Cluster
    from gateway.config.sections import Configuration

Configured: TypeAlias = "Configuration"
Log: TypeAlias = "Path | Cluster"
UnitNames: TypeAlias = "dict[str, str]"


def words(option: str) -> str:
    """Return what an option or argument is for, in both languages."""
    return both("help", "option", option)


def brief(command: str) -> str:
    """Return what a command does, for the list of commands."""
    return both("help", "command", command)


ConfigOption = Annotated[Path | None, typer.Option("--config", help=words("config"))]
ClusterOption = Annotated[str | None, typer.Option("--cluster", metavar="DSN", help=words("cluster"))]
DataOption = Annotated[Path | None, typer.Option("--data", help=words("data"))]
DirectoryOption = Annotated[Path | None, typer.Option("--directory", help=words("directory"))]
JsonOption = Annotated[bool, typer.Option("--json", help=words("json"))]
_MADE = {"configuration": (), "data": ("data",), "log": ("data", "cluster")}
"""What a first parameter is made from, beside `--config`."""
_FLAGS: dict[str, Any] = {
    "config": ConfigOption,
    "listen": Annotated[str | None, typer.Option(help=words("listen"))],
    "next_hop": Annotated[str | None, typer.Option(help=words("next_hop"))],
    "policy": Annotated[str | None, typer.Option(help=words("policy"))],
    "cluster": ClusterOption,
    "data": DataOption,
    "certs": Annotated[Path | None, typer.Option(help=words("certs"))],
    "directory": DirectoryOption,
}


def command(
    app: typer.Typer, name: str | None = None, *flags: str
) -> Callable[[Callable[..., int]], Callable[..., None]]:
    """Register a function as a command that ends with the exit code it returns, and prints user errors without traceback.

    Its short help is in `help.toml` under the name of the function. A first parameter `configuration` is made
    from `--config` and these flags, `data` and `log` (the folder or the centre) from `--config`, `--data` and `--cluster`.
    A parameter `unit_names` gets the names of units by the directory of `--config`.
    """

    def register(run: Callable[..., int]) -> Callable[..., None]:
        own = list(inspect.signature(run, eval_str=True).parameters.values())
        made = own[0].name if own and own[0].name in _MADE else ""
        options = ("config", *_MADE[made], *flags) if made else ()
        named = any(each.name == "unit_names" for each in own)

        @functools.wraps(run)
        def ended(**given: Any) -> None:
            from gateway.commands import common

            with common.user_errors():
                if named:
                    given["unit_names"] = common.unit_names(given["config"])
                if made == "configuration":
                    config, *values = (given.pop(option) for option in options)
                    given[made] = common.load_configuration(config, **dict(zip(flags, values, strict=True)))
                elif made:
                    make: Callable[..., Any] = common.data_folder if made == "data" else common.log_of
                    given[made] = make(*(given.pop(option) for option in options))
                code = run(**given)
            raise typer.Exit(code)

        shown = [each for each in own[bool(made) :] if each.name != "unit_names"]
        shown += [Parameter(one, Parameter.KEYWORD_ONLY, default=None, annotation=_FLAGS[one]) for one in options]
        ended.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        ended.__annotations__ = {each.name: each.annotation for each in shown}
        app.command(name, short_help=brief(run.__name__))(ended)
        return ended

    return register


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
