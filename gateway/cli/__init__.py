"""Command line: `gateway COMMAND`. Exit code 0: fine; 1: would not be relayed, or not intact; 2: could not run."""

from __future__ import annotations

import io
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_group

from gateway.cli.usage import report_fault
from gateway.commands.options import (
    ConfigOption,
    Configured,
    DataOption,
    JsonOption,
    brief,
    command,
    group,
    moment,
    words,
)

_GROUPS = {
    "trust": ("trust", "Gốc tin cậy cho chữ ký / trust anchors."),
    "dkim": ("dkim", "Khóa ký DKIM / DKIM keys."),
    "audit": ("audit", "Nhật ký: tra cứu và kiểm chứng / the audit log."),
    "report": (
        "report", "Báo cáo tháng theo Điều 10, 11, 12 / monthly reports.\n\ngateway report 2026-11 -o bao-cao.docx"
    ),
    "config": ("reference", "Tệp gateway.yaml / the file gateway.yaml."),
    "policy": ("policy", "Tệp chính sách / policy files."),
    "waiver": ("waiver", "Miễn trừ cho thư đã bị từ chối / waivers."),
    "directory": ("directory", "Danh bạ hộp thư / directory of mailboxes."),
    "console": ("console", "Bảng điều khiển / the console."),
    "hold": ("hold", "Thư giữ lại / held mail."),
    "cluster": ("cluster_rules", "Cụm nhiều cổng thư / several gateways that act as one."),
}  # fmt: skip
"""Groups of commands: the module of `gateway.commands` that registers them, and their help."""


class _Group(TyperGroup):
    """Commands that are loaded once one of them is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, None for an unknown one."""
        self._load()
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Take a month in place of a command: `gateway report 2026-11`."""
        if self.name == "report" and args and args[0][:1].isdigit():
            args = ["month", *args]
        return super().resolve_command(ctx, args)

    def _load(self) -> None:
        if not self.commands:
            module, _ = _GROUPS[str(self.name)]
            self.commands = get_group(import_module(f"gateway.commands.{module}").app).commands


app = typer.Typer(
    name="gateway",
    help="Cổng thư công vụ: kiểm tra thư theo Quyết định 7600/QĐ-UBND rồi chuyển tiếp.\n\n"
    "Outbound mail gateway and policy milter for Vietnamese public offices.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
for _name, (_, _help) in _GROUPS.items():
    app.add_typer(group(_name, _help), name=_name, cls=_Group, short_help=_help.partition("\n")[0].removesuffix("."))


@command(app, "serve", "listen", "next_hop", "policy", "data", "certs", "directory")
def serve(configuration: Configured) -> int:
    """Chạy cổng thư / run the gateway until SIGTERM; SIGHUP reloads policy, directory and certificates.

    gateway serve --config /etc/gateway/gateway.yaml

    gateway serve --listen 127.0.0.1:2525 --next-hop 127.0.0.1:2526 --data ./var
    """
    from gateway.serve.supervisor import serve as run

    return run(configuration)


@command(app, "check", "policy", "certs", "directory")
def check(
    configuration: Configured,
    files: Annotated[
        list[Path],
        typer.Argument(help=words("check_files")),
    ],
    sender: Annotated[str | None, typer.Option("--from", help=words("from"))] = None,
    to: Annotated[list[str] | None, typer.Option("--to", help=words("to"))] = None,
    auth_user: Annotated[str | None, typer.Option(help=words("auth_user"))] = None,
    now: Annotated[str | None, typer.Option(help=words("now"))] = None,
    as_json: JsonOption = False,
) -> int:
    """Kiểm tra thư hoặc tệp mà không gửi / judge files without sending or recording anything.

    gateway check --from an.binhtan@tphcm.gov.vn --to vanphong.binhtan@tphcm.gov.vn thu.eml

    gateway check --json cong-van.pdf
    """
    when = moment(now)
    from gateway.commands.check import CheckOptions, run

    options = CheckOptions(
        reverse_path=sender, forward_paths=tuple(to or ()), auth_user=auth_user or None, now=when, as_json=as_json
    )
    return run(files, configuration, options)


@command(app, "verify", "certs")
def verify(
    configuration: Configured,
    files: Annotated[list[Path], typer.Argument(help=words("verify_files"))],
    now: Annotated[str | None, typer.Option(help=words("now"))] = None,
    as_json: JsonOption = False,
) -> int:
    """Kiểm tra chữ ký số / the full report on every signature of a document.

    gateway verify cong-van.pdf
    """
    when = moment(now)
    from gateway.commands.verify import run

    return run(files, configuration, now=when, as_json=as_json)


@command(app, "lint")
def lint(configuration: Configured, files: Annotated[list[Path], typer.Argument(help=words("lint_files"))]) -> int:
    """Xem thể thức, phông chữ, bảng mã trước khi gửi / show a writer how a document is set.

    gateway lint cong-van.docx
    """
    from gateway.commands.typography import lint as run

    return run(files, configuration)


@command(app, "fix")
def fix(
    file: Annotated[Path, typer.Argument(help=words("fix_file"))],
    output: Annotated[Path, typer.Option("-o", "--output", help=words("output"))],
) -> int:
    """Chuyển bảng mã cũ sang Unicode, đặt phông và màu / convert legacy letters to Unicode, set font and colour.

    gateway fix bao-cao.docx -o bao-cao-moi.docx
    """
    from gateway.commands.typography import fix_file

    return fix_file(file, output)


@command(app, "demo")
def demo(once: Annotated[bool, typer.Option("--once", help=words("once"))] = False) -> int:
    """Chạy thử với thư mẫu / start with demo settings, send sample mails by SMTP, print each verdict."""
    from gateway.demo.run import run

    return run(once=once)


@command(app, "doctor")
def doctor(
    config: ConfigOption = None,
    data: DataOption = None,
    running: Annotated[bool, typer.Option("--running", help=words("running"))] = False,
) -> int:
    """Kiểm tra máy và cấu hình / check configuration, ports, certificates, next hop, sandbox, readers.

    --running: hỏi cổng thư đang chạy có sự cố nào / ask the gateway that runs what is wrong.
    """
    from gateway.commands.common import data_of, load_configuration
    from gateway.commands.doctor import run
    from gateway.commands.troubles import show

    if running:
        return show(data_of(config, data))
    return run(lambda: load_configuration(config, data=data))


@app.command(short_help=brief("version"))
def version() -> None:
    """Phiên bản / print the version."""
    from gateway import __version__

    print(__version__)


def _version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help=brief("version"))
    ] = False,
) -> None:
    """Take what goes before a command."""


def main() -> None:
    """Entry point of the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack letters of Vietnamese; that is no fault
    try:
        code = app(standalone_mode=False)
    except KeyboardInterrupt:
        sys.exit(130)
    except typer.Abort:
        sys.exit(1)
    except TyperException as error:
        sys.exit(report_fault(error))
    sys.exit(code)
