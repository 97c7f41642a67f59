"""Registration, options and arguments shared by commands."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import typer

from gateway.model import VIETNAM
from gateway.texts.catalogue import both
from gateway.yaml.values import printable

if TYPE_CHECKING:  # loaded by the command that runs
    from gateway.config.cluster import Cluster
    from gateway.config.sections import Configuration

Configured: TypeAlias = "Configuration"
Log: TypeAlias = "Path | Cluster"


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
_MADE = {"configuration": (), "data": ("data",), "log": ("data", "cluster"), "certs": ("certs",)}
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


def group(name: str, explained: str = "") -> typer.Typer:
    """Return a group of commands, with the name under which `help.toml` has them."""
    return typer.Typer(name=name, no_args_is_help=True, rich_markup_mode=None, help=explained or None)


_Run = TypeVar("_Run", bound=Callable[..., int | tuple[str, int]])


def command(app: typer.Typer, name: str, *flags: str) -> Callable[[_Run], _Run]:
    """Register a function as a command that ends with the exit code it returns, and prints user errors without traceback.

    Its short help is in `help.toml` under the names of the group (but the program's) and the command. A first parameter
    `configuration` is made from `--config` and these flags; `data`, `log` (the folder or the centre) and `certs` from
    `--config`, `--data`, `--cluster` and `--certs`. A parameter `unit_names` gets the names of units by the directory of
    `--config`.
    """
    of = app.info.name if app.info.name != "gateway" else ""
    key = "_".join(filter(None, (of, name))).replace("-", "_")

    def register(run: _Run) -> _Run:
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
                    make: Callable[..., Any] = getattr(common, f"{made}_of")
                    given[made] = make(*(given.pop(option) for option in options))
                result = run(**given)
                code = result if isinstance(result, int) else common.print_result(result)
            raise typer.Exit(code)

        shown = [each for each in own[bool(made) :] if each.name != "unit_names"]
        shown += [Parameter(one, Parameter.KEYWORD_ONLY, default=None, annotation=_FLAGS[one]) for one in options]
        ended.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        ended.__annotations__ = {each.name: each.annotation for each in shown}
        app.command(name, short_help=brief(key))(ended)
        return run

    return register


_CONDITIONS = (
    "words", "sender", "recipient", "login", "unit", "disposition", "state", "rule", "filename", "sha256", "since", "until",
)  # fmt: skip


def choosing(run: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that choose mails, and it what they say, for a `Filter`, as `**wanted`."""

    @functools.wraps(run)
    def chosen(*, since: str | None, until: str | None, **options: Any) -> int:
        return run(since=moment(since), until=moment(until, until=True), **options)

    own = [each for each in inspect.signature(run, eval_str=True).parameters.values() if each.name != "wanted"]
    searched = any(each.name == "searched" for each in own)
    for name in _CONDITIONS[searched:]:  # whose words are arguments needs no option for them
        kind, default = (str | None, None) if name in {"since", "until"} else (str, "")
        option = Annotated[kind, typer.Option(f"--{name}", help=words(name))]  # type: ignore[valid-type]
        own.append(Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=option))
    own.append(Parameter("unit_names", Parameter.KEYWORD_ONLY, annotation=dict[str, str]))
    chosen.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
    chosen.__annotations__ = {each.name: each.annotation for each in own}
    return chosen


_YEARS = (1970, 9000)
"""Of a time that can be given: at the ends of the calendar no other time zone has a date."""

_DAYS_AGO = re.compile(r"(\d{1,4})d\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z|\d{8}\Z|\d{4}-?W\d\d-?\d\Z")


def moment(value: str | None, *, until: bool = False) -> datetime | None:
    """Parse an ISO 8601 time, of Viet Nam without offset, or `30d` ago; with `until` a mere day means its end."""
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
