"""`gateway audit ...`: find, show, verify and export what the log holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import SINCE, UNTIL, ConfigOption, DataOption, JsonOption, moment
from gateway.words import both

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Nhật ký: tra cứu và kiểm chứng / the audit log.")


@app.command("list")
def audit_list(
    data: DataOption = None,
    config: ConfigOption = None,
    sender: Annotated[str, typer.Option(help="Reverse-path, or @domain.")] = "",
    recipient: Annotated[str, typer.Option(help="Forward-path, or @domain.")] = "",
    login: Annotated[str, typer.Option(help="Login of the session.")] = "",
    disposition: Annotated[
        str, typer.Option(help="relay, tag, hold, defer or reject; also what would have been.")
    ] = "",
    state: Annotated[
        str,
        typer.Option(
            help="relayed, refused, unknown, recipient_refused, content_refused, auth_failed, weak_password ..."
        ),
    ] = "",
    rule: Annotated[str, typer.Option(help="policy.rule, or policy.")] = "",
    filename: Annotated[str, typer.Option(help="Words of a file name.")] = "",
    sha256: Annotated[str, typer.Option(help="Digest of a mail or of a file in it, in hex.")] = "",
    since: Annotated[str | None, typer.Option(help=SINCE)] = None,
    until: Annotated[str | None, typer.Option(help=UNTIL)] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_json: JsonOption = False,
) -> None:
    """Liệt kê, mới nhất trước / list, newest first.

    gateway audit list --disposition reject --since 2026-11-23
    """
    from gateway.audit.query import Filter
    from gateway.commands.audit import find
    from gateway.commands.common import data_folder, user_errors

    wanted = Filter(
        sender=sender, recipient=recipient, login=login, disposition=disposition, state=state, rule=rule,
        filename=filename, sha256=sha256, since=moment(since), until=moment(until, until=True), limit=limit,
    )  # fmt: skip
    with user_errors():
        code = find(data_folder(config, data), wanted, as_json=as_json)
    raise typer.Exit(code)


@app.command("search")
def audit_search(
    words: Annotated[
        list[str], typer.Argument(help="Words; with diacritics they must match exactly, without they match either.")
    ],
    data: DataOption = None,
    config: ConfigOption = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_json: JsonOption = False,
) -> None:
    """Tìm theo từ: tiêu đề, tên tệp, địa chỉ, mã / search subjects, file names, addresses, references, signers."""
    from gateway.audit.query import Filter
    from gateway.commands.audit import find
    from gateway.commands.common import data_folder, user_errors

    with user_errors():
        code = find(data_folder(config, data), Filter(words=" ".join(words), limit=limit), as_json=as_json)
    raise typer.Exit(code)


@app.command("show")
def audit_show(
    reference: Annotated[str, typer.Argument(help="BT-...")],
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


@app.command("passwords")
def audit_passwords(data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Hộp thư có mật khẩu yếu / mailboxes whose password was weak when it was last judged (passwords.check, Điều 6)."""
    from gateway.commands.audit import passwords
    from gateway.commands.common import data_folder, user_errors

    with user_errors():
        code = passwords(data_folder(config, data), as_json=as_json)
    raise typer.Exit(code)


@app.command("verify")
def audit_verify(
    data: DataOption = None,
    config: ConfigOption = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="Checkpoints kept elsewhere: a directory or a .notes file.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Verifier key kept elsewhere.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Kiểm chứng chuỗi / verify the chain against every known checkpoint; exit code 0 only when it is whole."""
    from gateway.commands.audit import verify
    from gateway.commands.common import data_folder, user_errors

    with user_errors():
        code = verify(data_folder(config, data), tuple(checkpoint or ()), key, as_json=as_json)
    raise typer.Exit(code)


@app.command("export")
def audit_export(
    data: DataOption = None,
    config: ConfigOption = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A table of mails for a spreadsheet instead of JSON lines.")
    ] = False,
    since: Annotated[str | None, typer.Option(help=f"{SINCE} With --csv.")] = None,
    until: Annotated[str | None, typer.Option(help=f"{UNTIL} With --csv.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Xuất nhật ký / write all records as JSON lines with their hashes, or a table as CSV."""
    from gateway.audit.query import Filter
    from gateway.commands.audit import export
    from gateway.commands.common import data_folder, user_errors

    if as_csv and as_json:
        raise typer.BadParameter(both("start", "command", "csv_or_json"))
    if not as_csv and (since or until):
        raise typer.BadParameter(both("start", "command", "csv_only"))
    wanted = Filter(since=moment(since), until=moment(until, until=True), limit=sys.maxsize)
    with user_errors():
        code = export(data_folder(config, data), wanted, as_csv=as_csv)
    raise typer.Exit(code)
