"""`gateway report ...`: the monthly reports of Điều 10, 11 and 12, and whether a file is one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gateway.cli.options import Configured, command, words


class _Months(TyperGroup):
    """Takes a month in place of a command: `gateway report 2026-11`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Put the command in front of a month."""
        if args and args[0][:1].isdigit():
            args = ["month", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Months,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Báo cáo tháng theo Điều 10, 11, 12 / monthly reports.\n\ngateway report 2026-11 -o bao-cao.docx",
)


@command(app, "month", "data")
def report_month(
    configuration: Configured,
    month: Annotated[str, typer.Argument(metavar="2026-11", help=words("report_month"))],
    unit: Annotated[str, typer.Option(help=words("report_unit"))] = "",
    form: Annotated[str, typer.Option("--format", help=words("report_format"))] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help=words("report_output"))] = None,
    persons: Annotated[bool, typer.Option("--persons", help=words("report_persons"))] = False,
    language: Annotated[str, typer.Option(help=words("report_language"))] = "vi",
) -> int:
    """Lập báo cáo của một tháng / the report of a month, counted from the log.

    gateway report 2026-11 --unit "Phòng Nội vụ" -o noi-vu.docx
    """
    from gateway.commands.report import report

    return report(configuration, month, unit=unit, form=form, output=output, persons=persons, language=language)


@command(app, "verify", "data")
def report_verify(configuration: Configured, file: Annotated[Path, typer.Argument(help=words("report_file"))]) -> int:
    """Đếm lại từ nhật ký và so với tệp / count again from the log, and say what differs; exit code 0 when nothing does.

    gateway report verify bao-cao-2026-11.docx
    """
    from gateway.commands.report import verify

    return verify(configuration, file)
