"""`gateway console ...`: accounts of the console, and who may do what there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import Configured, JsonOption, command, words
from gateway.steward.roles import GIVEN

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Bảng điều khiển / the console.")
account = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Tài khoản / its accounts.")
app.add_typer(account, name="account")
token = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Mã của chương trình / tokens of programs.")
app.add_typer(token, name="token")

_NAME = Annotated[str, typer.Argument(help=words("account_name"))]
_ROLES = Annotated[
    list[str],
    typer.Option("--role", help=f"{words('role')} {', '.join(role.value for role in GIVEN)}"),
]
_REASON = Annotated[str, typer.Option(help=words("act_reason"))]


@command(account, "add", "data")
def console_account_add(
    configuration: Configured,
    name: _NAME,
    role: _ROLES,
    display: Annotated[str, typer.Option(help=words("display"))] = "",
    mail: Annotated[str, typer.Option(help=words("account_mail"))] = "",
    reason: _REASON = "",
) -> int:
    """Lập tài khoản và in mật khẩu dùng một lần / make an account and print its one-time password.

    gateway console account add an.tt --display "Trần Thị An" --role auditor --mail an.tt.noivu@tphcm.gov.vn
    """
    from gateway.commands import console

    mail = console.official_mailbox(configuration, mail) if mail else ""
    return console.add(configuration.data, name, display or name, role, reason, mail)


@command(account, "mail", "data")
def console_account_mail(
    configuration: Configured,
    name: _NAME,
    mail: Annotated[str, typer.Argument(help=words("account_mail"))] = "",
    reason: _REASON = "",
) -> int:
    """Đặt hộp thư nhận thông báo / say where notices of an account go; without an address nowhere."""
    from gateway.commands import console

    mail = console.official_mailbox(configuration, mail) if mail else ""
    return console.set_mail(configuration.data, name, mail, reason)


@command(account, "list")
def console_account_list(data: Path, as_json: JsonOption = False) -> int:
    """Liệt kê tài khoản / list the accounts with roles, second factor, lock and sessions."""
    from gateway.commands import console

    return console.show(data, as_json=as_json)


@command(account, "roles")
def console_account_roles(data: Path, name: _NAME, role: _ROLES, reason: _REASON = "") -> int:
    """Cho tài khoản đúng các vai trò này / give an account exactly these roles; its sessions end."""
    from gateway.commands import console

    return console.set_roles(data, name, role, reason)


@command(account, "reset-totp")
def console_account_reset_totp(data: Path, name: _NAME, reason: _REASON = "") -> int:
    """Đặt lại khi mất điện thoại / after a lost phone: a one-time password and a new enrolment; sessions end."""
    from gateway.commands import console

    return console.reset(data, name, reason)


@command(account, "lock")
def console_account_lock(data: Path, name: _NAME, reason: _REASON = "") -> int:
    """Khóa tài khoản, kết thúc các phiên / lock an account and end its sessions."""
    from gateway.commands import console

    return console.set_locked(data, name, reason, locked=True)


@command(account, "unlock")
def console_account_unlock(data: Path, name: _NAME, reason: _REASON = "") -> int:
    """Mở khóa tài khoản / open an account again, also after too many wrong tries."""
    from gateway.commands import console

    return console.set_locked(data, name, reason, locked=False)


@command(account, "sessions")
def console_account_sessions(
    data: Path,
    name: Annotated[str | None, typer.Argument(help=words("account_name"))] = None,
    end: Annotated[bool, typer.Option("--end", help=words("end_sessions"))] = False,
    reason: _REASON = "",
) -> int:
    """Liệt kê phiên đang mở, hoặc kết thúc / list the open sessions of everybody or one, or end those of one."""
    from gateway.commands import console

    return console.sessions(data, name or "", reason, end=end)


@command(token, "add", "data")
def console_token_add(
    configuration: Configured,
    name: Annotated[str, typer.Argument(help=words("token_name"))],
    mailbox: Annotated[str, typer.Option(help=words("token_mailbox"))] = "",
    unit: Annotated[str, typer.Option(help=words("token_unit"))] = "",
    days: Annotated[int, typer.Option(help=words("token_days"))] = 90,
    per_hour: Annotated[int, typer.Option(help=words("token_per_hour"))] = 600,
    reason: _REASON = "",
) -> int:
    """Cấp mã cho một chương trình và in ra một lần / make a token for a program and print it once.

    gateway console token add ho-so --mailbox vanthu.binhtan@tphcm.gov.vn --days 180
    """
    from gateway.commands import console

    mailbox, unit = console.official_mailbox(configuration, mailbox), console.listed_unit(configuration, unit)
    return console.token_add(
        configuration.data, name, mailbox=mailbox, unit=unit, days=days, per_hour=per_hour, reason=reason
    )


@command(token, "list")
def console_token_list(data: Path, as_json: JsonOption = False) -> int:
    """Liệt kê mã của chương trình, không có mã bí mật / list the tokens, without their secrets."""
    from gateway.commands import console

    return console.token_show(data, as_json=as_json)


@command(token, "revoke")
def console_token_revoke(
    data: Path, name: Annotated[str, typer.Argument(help=words("token_name"))], reason: _REASON = ""
) -> int:
    """Thu hồi mã: không dùng được nữa / take a token back: it is good no more."""
    from gateway.commands import console

    return console.token_revoke(data, name, reason)


@command(app, "roles")
def console_roles() -> int:
    """Ai được làm gì ở bảng điều khiển / who may do what at the console: one line a question, one column a role."""
    from gateway.commands.console import roles

    return roles()
