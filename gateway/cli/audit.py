"""`gateway audit ...`: find, show, verify, export and prune what the log holds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import ConfigOption, DataOption, JsonOption, brief, moment, words
from gateway.model import VIETNAM
from gateway.texts.catalogue import both

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Nhật ký: tra cứu và kiểm chứng / the audit log.")

SenderOption = Annotated[str, typer.Option("--sender", help=words("sender"))]
RecipientOption = Annotated[str, typer.Option("--recipient", help=words("recipient"))]
LoginOption = Annotated[str, typer.Option("--login", help=words("login"))]
UnitOption = Annotated[str, typer.Option("--unit", help=words("unit"))]
DispositionOption = Annotated[str, typer.Option("--disposition", help=words("disposition"))]
StateOption = Annotated[str, typer.Option("--state", help=words("state"))]
RuleOption = Annotated[str, typer.Option("--rule", help=words("rule"))]
FilenameOption = Annotated[str, typer.Option("--filename", help=words("filename"))]
Sha256Option = Annotated[str, typer.Option("--sha256", help=words("sha256"))]
SinceOption = Annotated[str | None, typer.Option("--since", help=words("since"))]
UntilOption = Annotated[str | None, typer.Option("--until", help=words("until"))]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=100_000, help=words("limit"))]


@app.command("list", short_help=brief("audit_list"))
def audit_list(
    data: DataOption = None,
    config: ConfigOption = None,
    sender: SenderOption = "",
    recipient: RecipientOption = "",
    login: LoginOption = "",
    unit: UnitOption = "",
    disposition: DispositionOption = "",
    state: StateOption = "",
    rule: RuleOption = "",
    filename: FilenameOption = "",
    sha256: Sha256Option = "",
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Liệt kê, mới nhất trước / list, newest first.

    gateway audit list --disposition reject --since 2026-11-23
    """
    from gateway.audit.query import Filter
    from gateway.commands.audit import find
    from gateway.commands.common import data_folder, user_errors

    wanted = Filter(
        sender=sender, recipient=recipient, login=login, unit=unit, disposition=disposition, state=state, rule=rule,
        filename=filename, sha256=sha256, since=moment(since), until=moment(until, until=True),
        limit=limit,
    )  # fmt: skip
    with user_errors():
        code = find(data_folder(config, data), wanted, as_json=as_json)
    raise typer.Exit(code)


@app.command("search", short_help=brief("audit_search"))
def audit_search(
    searched: Annotated[list[str], typer.Argument(metavar="WORDS", help=words("words"))],
    data: DataOption = None,
    config: ConfigOption = None,
    sender: SenderOption = "",
    recipient: RecipientOption = "",
    login: LoginOption = "",
    unit: UnitOption = "",
    disposition: DispositionOption = "",
    state: StateOption = "",
    rule: RuleOption = "",
    filename: FilenameOption = "",
    sha256: Sha256Option = "",
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Tìm theo từ: tiêu đề, tên tệp, địa chỉ, mã / search subjects, file names, addresses, references, signers."""
    from gateway.audit.query import Filter
    from gateway.commands.audit import find
    from gateway.commands.common import data_folder, user_errors

    wanted = Filter(
        words=" ".join(searched), sender=sender, recipient=recipient, login=login, unit=unit, disposition=disposition, state=state, rule=rule,
        filename=filename, sha256=sha256, since=moment(since), until=moment(until, until=True),
        limit=limit,
    )  # fmt: skip
    with user_errors():
        code = find(data_folder(config, data), wanted, as_json=as_json)
    raise typer.Exit(code)


@app.command("show", short_help=brief("audit_show"))
def audit_show(
    reference: Annotated[str, typer.Argument(help=words("reference"))],
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Xem một thư / show everything about one mail."""
    from gateway.commands.audit import show
    from gateway.commands.common import data_folder, user_errors

    with user_errors():
        code = show(data_folder(config, data), reference, as_json=as_json)
    raise typer.Exit(code)


@app.command("passwords", short_help=brief("audit_passwords"))
def audit_passwords(data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Hộp thư có mật khẩu yếu / mailboxes whose password was weak when it was last judged (passwords.check, Điều 6)."""
    from gateway.commands.audit import passwords
    from gateway.commands.common import data_folder, user_errors

    with user_errors():
        code = passwords(data_folder(config, data), as_json=as_json)
    raise typer.Exit(code)


@app.command("verify", short_help=brief("audit_verify"))
def audit_verify(
    data: DataOption = None,
    config: ConfigOption = None,
    checkpoint: Annotated[list[Path] | None, typer.Option(help=words("checkpoint"))] = None,
    key: Annotated[Path | None, typer.Option(help=words("key"))] = None,
    as_json: JsonOption = False,
) -> None:
    """Kiểm chứng chuỗi / verify the chain against every known checkpoint; exit code 0 only when it is whole."""
    from gateway.commands.audit import verify
    from gateway.commands.common import data_folder, user_errors

    with user_errors():
        code = verify(data_folder(config, data), tuple(checkpoint or ()), key, as_json=as_json)
    raise typer.Exit(code)


@app.command("export", short_help=brief("audit_export"))
def audit_export(
    data: DataOption = None,
    config: ConfigOption = None,
    as_csv: Annotated[bool, typer.Option("--csv", help=words("csv"))] = False,
    xlsx: Annotated[Path | None, typer.Option(help=words("xlsx"))] = None,
    sender: SenderOption = "",
    recipient: RecipientOption = "",
    login: LoginOption = "",
    unit: UnitOption = "",
    disposition: DispositionOption = "",
    state: StateOption = "",
    rule: RuleOption = "",
    filename: FilenameOption = "",
    sha256: Sha256Option = "",
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
) -> None:
    """Xuất nhật ký / write all records as JSON lines with their hashes, or what matches as a table for an office.

    gateway audit export --xlsx thang-11.xlsx --unit "Phòng Nội vụ" --since 2026-11-01
    """
    from gateway.audit.query import Filter
    from gateway.commands.audit import export
    from gateway.commands.common import data_folder, user_errors

    wanted = Filter(
        sender=sender, recipient=recipient, login=login, unit=unit, disposition=disposition, state=state, rule=rule,
        filename=filename, sha256=sha256, since=moment(since), until=moment(until, until=True),
        limit=0,
    )  # fmt: skip
    if ((as_csv or xlsx) and as_json) or (as_csv and xlsx):
        raise typer.BadParameter(both("start", "command", "csv_or_json"))
    if not (as_csv or xlsx) and wanted != Filter(limit=0):
        raise typer.BadParameter(both("start", "command", "csv_only"))
    with user_errors():
        code = export(data_folder(config, data), wanted, as_csv=as_csv, xlsx=xlsx)
    raise typer.Exit(code)


@app.command("prune", short_help=brief("audit_prune"))
def audit_prune(
    older_than: Annotated[
        int, typer.Option("--older-than", min=1, max=36500, metavar="DAYS", help=words("older_than"))
    ],
    reason: Annotated[str, typer.Option(help=words("reason"))],
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Xóa bản ghi quá hạn lưu / remove records older than so many days; the gap stays provable and `verify` reports it.

    gateway audit prune --older-than 1825 --reason "lưu 5 năm"
    """
    from gateway.commands.audit import prune
    from gateway.commands.common import data_folder, user_errors

    with user_errors():
        code = prune(data_folder(config, data), older_than, reason, now=datetime.now(VIETNAM))
    raise typer.Exit(code)
