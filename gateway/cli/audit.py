"""`gateway audit ...`: find, show, verify, export, back up and prune what the log holds."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from datetime import datetime
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.options import (
    ClusterOption,
    ConfigOption,
    Configured,
    DataOption,
    JsonOption,
    Log,
    UnitNames,
    command,
    moment,
    words,
)
from gateway.model import VIETNAM
from gateway.texts.catalogue import both

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Nhật ký: tra cứu và kiểm chứng / the audit log.")

_CONDITIONS = (
    "words", "sender", "recipient", "login", "unit", "disposition", "state", "rule", "filename", "sha256", "since", "until",
)  # fmt: skip
_LIMIT = Annotated[int, typer.Option("--limit", min=1, max=100_000, help=words("limit"))]


def _choosing(run: Callable[..., int]) -> Callable[..., int]:
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
    chosen.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
    chosen.__annotations__ = {each.name: each.annotation for each in own}
    return chosen


@command(app, "init", "data")
def audit_init(
    configuration: Configured, anew: Annotated[bool, typer.Option("--anew", help=words("anew"))] = False
) -> int:
    """Bắt đầu nhật ký trước lần chạy đầu tiên / begin the log before the first start, and print the name of its key."""
    from gateway.commands.audit import begin

    return begin(configuration, anew=anew)


@command(app, "list")
@_choosing
def audit_list(
    *, log: Log, unit_names: UnitNames, limit: _LIMIT = 50, as_json: JsonOption = False, **wanted: Any
) -> int:
    """Liệt kê, mới nhất trước / list, newest first.

    gateway audit list --disposition reject --since 2026-11-23
    """
    from gateway.audit.query import Filter
    from gateway.commands.audit import find

    return find(log, Filter(limit=limit, unit_names=unit_names, **wanted), as_json=as_json)


@command(app, "search")
@_choosing
def audit_search(
    *,
    log: Log,
    unit_names: UnitNames,
    searched: Annotated[list[str], typer.Argument(metavar="WORDS", help=words("words"))],
    limit: _LIMIT = 50,
    as_json: JsonOption = False,
    **wanted: Any,
) -> int:
    """Tìm theo từ: tiêu đề, tên tệp, địa chỉ, mã / search subjects, file names, addresses, references, signers.

    gateway audit search 'kế hoạch tu:noivu.binhtan -tep:logo'

    tu: den: tep: luat: dv: tìm riêng ở người gửi, người nhận, tên tệp, quy tắc, đơn vị; "..." là cụm từ, -từ thì bỏ ra /
    from: to: file: rule: unit: look there only; "..." is a phrase, -word leaves out (put all of it in quotation marks).
    """
    from gateway.audit.query import Filter
    from gateway.commands.audit import find

    words = " ".join(searched)
    return find(log, Filter(words=words, limit=limit, unit_names=unit_names, **wanted), as_json=as_json)


@command(app, "show")
def audit_show(
    log: Log, reference: Annotated[str, typer.Argument(help=words("reference"))], as_json: JsonOption = False
) -> int:
    """Xem một thư / show everything about one mail."""
    from gateway.commands.audit import show

    return show(log, reference, as_json=as_json)


@command(app, "passwords")
def audit_passwords(data: Path, as_json: JsonOption = False) -> int:
    """Hộp thư có mật khẩu yếu / mailboxes whose password was weak when it was last judged (passwords.check, Điều 6)."""
    from gateway.commands.audit import passwords

    return passwords(data, as_json=as_json)


@command(app, "verify")
def audit_verify(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE.jsonl.zst]", help=words("archive"))] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    checkpoint: Annotated[list[Path] | None, typer.Option(help=words("checkpoint"))] = None,
    key: Annotated[Path | None, typer.Option(help=words("key"))] = None,
    cluster: ClusterOption = None,
    as_json: JsonOption = False,
) -> int:
    """Kiểm chứng chuỗi / verify the chain against every known checkpoint; exit code 0 only when it is whole."""
    from gateway.commands.audit import verify, verify_centre, verify_file
    from gateway.commands.common import load_configuration, log_of

    if file is not None:
        return verify_file(file, tuple(checkpoint or ()), key, as_json=as_json)

    if cluster is not None:
        centre = log_of(config, data, cluster)
        assert not isinstance(centre, Path)
        return verify_centre(
            centre, load_configuration(config, data=data), tuple(checkpoint or ()), key, as_json=as_json
        )
    return verify(load_configuration(config, data=data), tuple(checkpoint or ()), key, as_json=as_json)


@command(app, "proof")
def audit_proof(
    data: Path, seq: Annotated[int, typer.Argument(min=1, max=(1 << 63) - 1, metavar="SEQ", help=words("proof_seq"))]
) -> int:
    """Chứng minh một bản ghi mà không đưa nhật ký / prove one record to who may not see the others (C2SP tlog-proof).

    gateway audit proof 1207 > 1207.tlog-proof
    python3 verify_standalone.py --proof 1207.tlog-proof --key public-key.txt
    """
    from gateway.commands.audit import proof

    return proof(data, seq)


@command(app, "witness")
def audit_witness(
    listen: Annotated[str, typer.Option(help=words("witness_listen"))],
    keys: Annotated[Path, typer.Option(help=words("witness_keys"))],
    folder: Annotated[Path, typer.Option(help=words("witness_folder"))],
    name: Annotated[str, typer.Option(help=words("witness_name"))],
) -> int:
    """Làm nhân chứng cho nhật ký của nơi khác / cosign the checkpoints of other gateways (C2SP tlog-witness).

    gateway audit witness --listen 127.0.0.1:8090 --keys logs.txt --folder /var/lib/witness --name witness.tphcm.gov.vn
    """
    from gateway.commands.witness import run

    return run(folder, name, keys, listen)


@command(app, "export")
@_choosing
def audit_export(
    *,
    log: Log,
    unit_names: UnitNames,
    as_csv: Annotated[bool, typer.Option("--csv", help=words("csv"))] = False,
    xlsx: Annotated[Path | None, typer.Option(help=words("xlsx"))] = None,
    as_json: JsonOption = False,
    **wanted: Any,
) -> int:
    """Xuất nhật ký / write all records as JSON lines with their hashes, or what matches as a table for an office.

    gateway audit export --xlsx thang-11.xlsx --unit "Phòng Nội vụ" --since 2026-11-01
    """
    from gateway.audit.query import Filter
    from gateway.commands.audit import export

    mails = Filter(limit=0, unit_names=unit_names, **wanted)
    if ((as_csv or xlsx) and as_json) or (as_csv and xlsx):
        raise typer.BadParameter(both("start", "command", "csv_or_json"))
    if not (as_csv or xlsx) and mails != Filter(limit=0, unit_names=unit_names):
        raise typer.BadParameter(both("start", "command", "csv_only"))
    return export(log, mails, as_csv=as_csv, xlsx=xlsx)


@command(app, "backup")
def audit_backup(
    data: Path, target: Annotated[Path, typer.Argument(metavar="FOLDER", help=words("backup_folder"))]
) -> int:
    """Sao lưu và kiểm chứng bản sao, kể cả khi cổng đang chạy / copy log, checkpoints and keys, and verify the copy.

    gateway audit backup /var/backups/gateway/2026-11-27
    """
    from gateway.commands.audit import back_up

    return back_up(data, target)


@command(app, "prune", "data")
def audit_prune(
    configuration: Configured,
    older_than: Annotated[
        int, typer.Option("--older-than", min=1, max=36500, metavar="DAYS", help=words("older_than"))
    ],
    reason: Annotated[str, typer.Option(help=words("reason"))],
) -> int:
    """Xóa bản ghi quá hạn lưu / remove records older than so many days; the gap stays provable and `verify` reports it.

    gateway audit prune --older-than 1825 --reason "lưu 5 năm"
    """
    from gateway.commands.audit import prune

    return prune(configuration, older_than, reason, now=datetime.now(VIETNAM))
