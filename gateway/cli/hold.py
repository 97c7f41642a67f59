"""`gateway hold ...`: mail that waits for the decision of two persons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import Configured, JsonOption, command, words

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Thư giữ lại / held mail.")

_REFERENCE = Annotated[str, typer.Argument(metavar="BT-...", help=words("held_reference"))]
_ACCOUNT = Annotated[str, typer.Option("--as", help=words("held_account"))]
_REASON = Annotated[str, typer.Option(help=words("act_reason"))]


@command(app, "key")
def hold_key(file: Annotated[Path, typer.Argument(help=words("held_key"))]) -> int:
    """Lập cặp khóa niêm phong / make the pair of keys that seals held mail; prints the lines for gateway.yaml.

    gateway hold key /etc/gateway/hold-identity
    """
    from gateway.commands.hold import key

    return key(file)


@command(app, "list", "data")
def hold_list(configuration: Configured, as_json: JsonOption = False) -> int:
    """Liệt kê thư giữ lại / list held mails with size, end and state."""
    from gateway.commands.hold import show

    return show(configuration, "", as_json=as_json)


@command(app, "show", "data")
def hold_show(configuration: Configured, reference: _REFERENCE, as_json: JsonOption = False) -> int:
    """Xem một thư giữ lại, không có nội dung / show one held mail with its records, without its content."""
    from gateway.commands.hold import show

    return show(configuration, reference, as_json=as_json)


@command(app, "approve", "data")
def hold_approve(configuration: Configured, reference: _REFERENCE, account: _ACCOUNT, reason: _REASON) -> int:
    """Đồng ý (người thứ nhất) hoặc duyệt và gửi (người thứ hai) / endorse, or approve and send; asks for the account's code.

    gateway hold approve BT-7F3K2Q9XM4D6H --as so.binh --reason "đã xem bản giấy"
    """
    from gateway.commands.hold import decided
    from gateway.steward.requests.request import Step

    return decided(configuration, reference, Step.APPROVE, account=account, reason=reason)


@command(app, "refuse", "data")
def hold_refuse(configuration: Configured, reference: _REFERENCE, account: _ACCOUNT, reason: _REASON) -> int:
    """Không cho gửi, xóa thư / refuse: the mail is removed and its sender notified; asks for the account's code."""
    from gateway.commands.hold import decided
    from gateway.steward.requests.request import Step

    return decided(configuration, reference, Step.REFUSE, account=account, reason=reason)


@command(app, "release", "data")
def hold_release(configuration: Configured, reference: _REFERENCE, account: _ACCOUNT, reason: _REASON) -> int:
    """Gửi lại thư đã duyệt mà chưa đi / send an approved mail again that was put off or whose outcome is unknown."""
    from gateway.commands.hold import decided
    from gateway.steward.requests.request import Step

    return decided(configuration, reference, Step.RELEASE, account=account, reason=reason)


@command(app, "export", "data")
def hold_export(
    configuration: Configured,
    reference: _REFERENCE,
    output: Annotated[Path, typer.Option("-o", "--output", help=words("output"))],
    account: _ACCOUNT,
) -> int:
    """Ghi nội dung thư giữ lại ra tệp / write the octets of a held mail to a file; the security officer only."""
    from gateway.commands.hold import export

    return export(configuration, reference, output, account=account)
