"""`gateway audit init | list | search | show | verify | export | backup | prune`."""

from __future__ import annotations

import codecs
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.audit.archive import verify_archive
from gateway.audit.backup import backup, pages
from gateway.audit.export import Export, export_jsonl
from gateway.audit.inclusion import prove
from gateway.audit.notes import VerifierKey
from gateway.audit.query import AuditReader, Filter, unknown
from gateway.audit.reader import Reader, with_acts
from gateway.audit.render import (
    Title,
    render_history,
    render_rows,
    render_verification,
    render_weak_passwords,
    render_witnessed,
    with_content,
)
from gateway.audit.retention import prune as prune_log
from gateway.audit.store import Folder
from gateway.audit.verifier import Verification
from gateway.audit.verify import verify as verify_log
from gateway.cluster.database import connect
from gateway.cluster.reader import ClusterReader
from gateway.cluster.records import place
from gateway.cluster.verify import verify_cluster
from gateway.commands.common import (
    EXIT_REFUSED,
    load_configuration,
    log_of,
    print_json,
    print_octets,
    terminal_columns,
)
from gateway.commands.options import (
    ClusterOption,
    ConfigOption,
    Configured,
    DataOption,
    JsonOption,
    Log,
    choosing,
    command,
    group,
    words,
)
from gateway.commands.progress import progress
from gateway.config.cluster import Cluster
from gateway.config.sections import Configuration
from gateway.engine.catalogue import Catalogue
from gateway.engine.registry import Registry
from gateway.errors import UserError
from gateway.hold.store import HoldStore
from gateway.model import VIETNAM, Language
from gateway.serve.cosigning import witnesses_of
from gateway.serve.data_folder import begin_log
from gateway.texts.catalogue import both
from gateway.yaml.values import printable

app = group("audit")
_LIMIT = Annotated[int, typer.Option("--limit", min=1, max=100_000, help=words("limit"))]


@command(app, "init", "data")
def begin(configuration: Configured, anew: Annotated[bool, typer.Option("--anew", help=words("anew"))] = False) -> int:
    """Bắt đầu nhật ký trước lần chạy đầu tiên / begin the log before the first start, and print the name of its key."""
    if anew and configuration.audit.installation:
        raise UserError(both("audit", "fault", "expected", key=configuration.audit.installation))
    data = configuration.data
    if data.exists() and (owner := data.stat().st_uid) != os.geteuid():
        raise UserError(both("audit", "fault", "owner", path=data, user=owner))
    known = begin_log(configuration, anew=anew)
    print(both("audit", "init", "done", path=configuration.data, key=known.key_id))
    return 0


def _opened(where: Path | Cluster) -> Reader:
    return ClusterReader.open(where) if isinstance(where, Cluster) else AuditReader.open(where)


@command(app, "list")
@choosing
def audit_list(*, log: Log, limit: _LIMIT = 50, as_json: JsonOption = False, **wanted: Any) -> int:
    """Liệt kê, mới nhất trước / list, newest first.

    gateway audit list --disposition reject --since 2026-11-23
    """
    return find(log, Filter(limit=limit, **wanted), as_json=as_json)


@command(app, "search")
@choosing
def audit_search(
    *,
    log: Log,
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
    return find(log, Filter(words=" ".join(searched), limit=limit, **wanted), as_json=as_json)


def find(where: Path | Cluster, wanted: Filter, *, as_json: bool) -> int:
    """Print what matches, newest first; exit code 0 also when nothing does."""
    with _opened(where) as reader, progress("index", reader.last) as tick:
        reader.show_indexing(tick)
        rows = reader.find(replace(wanted, limit=wanted.limit + 1))
    _print_index_state(reader)
    if len(rows) > wanted.limit:
        print(both("audit", "label", "more", limit=wanted.limit), file=sys.stderr)
        rows = rows[: wanted.limit]
    if as_json:
        for row in rows:
            print_json(row)
    else:
        print(render_rows(rows, columns=terminal_columns()))
    return 0


@command(app, "show")
def show(
    log: Log, reference: Annotated[str, typer.Argument(help=words("reference"))], as_json: JsonOption = False
) -> int:
    """Xem một thư / show everything about one mail."""
    with _opened(log) as reader:
        history = with_acts(reader, reference)
    _print_index_state(reader)
    if history is None:
        print(" / ".join(unknown(reference)), file=sys.stderr)
        return EXIT_REFUSED
    if as_json:
        print_json(history)
    else:
        print(render_history(history, title=_titles()))
    return 0


@command(app, "passwords")
def passwords(data: Path, as_json: JsonOption = False) -> int:
    """Hộp thư có mật khẩu yếu / mailboxes whose password was weak when it was last judged (passwords.check, Điều 6)."""
    with AuditReader.open(data) as reader:
        weak = reader.weak_passwords()
    if as_json:
        for one in weak:
            print_json(one)
    else:
        print(render_weak_passwords(weak))
    return 0


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
    checkpoints = tuple(checkpoint or ())
    if file is not None:
        return verify_file(file, checkpoints, key, as_json=as_json)
    if cluster is not None:
        centre = log_of(config, data, cluster)
        assert not isinstance(centre, Path)
        return verify_centre(centre, load_configuration(config, data=data), checkpoints, key, as_json=as_json)
    return verify(load_configuration(config, data=data), checkpoints, key, as_json=as_json)


def verify_centre(
    cluster: Cluster, configuration: Configuration, checkpoints: tuple[Path, ...], key: Path | None, *, as_json: bool
) -> int:
    """Print whether the logs of all nodes at the centre are whole; the exit code says it as well."""
    keys = _verifier_keys(key) if key is not None else ()
    own = configuration.cluster is not None and Folder(configuration.data).database.exists()
    with ClusterReader.open(cluster) as reader, progress("verify", reader.last) as tick:
        result = verify_cluster(
            cluster,
            data=configuration.data if own else None,
            checkpoints=checkpoints,
            keys=keys,
            witnesses=[one.key for one in witnesses_of(configuration)],
            tick=tick,
        )
    if as_json:
        print_json(result)
        return result.exit_code
    for one in result.nodes:
        print(both("cluster", "verify", "node", node=printable(one.node)))
        print(render_verification(one.chain))
        for line in (*one.faults, *one.notes):
            print(f"  {line}")
    heads = result.heads
    print(both("cluster", "verify", "heads", heads=heads.heads, checkpoints=heads.checkpoints))
    for line in (*result.faults, *heads.faults, *heads.notes, *map(render_witnessed, heads.witnessed)):
        print(f"  {line}")
    return result.exit_code


def _verifier_keys(file: Path) -> list[str]:
    """Return the keys of a file; UserError without one, for then any key would be trusted, and where one is none."""
    lines = file.read_text("utf-8", "replace").split()
    try:
        known = [VerifierKey.parse(line) for line in lines]
    except ValueError:
        known = []
    if not known:
        raise UserError(both("audit", "fault", "odd_key", path=file))
    return lines


def verify_file(file: Path, checkpoints: tuple[Path, ...], key: Path | None, *, as_json: bool) -> int:
    """Print whether an archive of a day is whole; the exit code says it as well."""
    header, result = verify_archive(file, checkpoints=checkpoints, key=key)
    if not as_json:
        print(both("audit", "archive", "day", day=printable(header.day), node=printable(header.node)))
    return _report(result, as_json=as_json)


def _report(result: Verification, *, as_json: bool) -> int:
    if as_json:
        print_json(result)
    else:
        print(render_verification(result))
    return result.exit_code


def verify(configuration: Configuration, checkpoints: tuple[Path, ...], key: Path | None, *, as_json: bool) -> int:
    """Print whether the log is whole; the exit code says it as well."""
    data, witnesses = configuration.data, [one.key for one in witnesses_of(configuration)]
    with AuditReader.open(data) as reader:
        last = reader.last
    with progress("verify", last) as tick:
        result = verify_log(data, checkpoints=checkpoints, key=key, witnesses=witnesses, tick=tick)
    return _report(result, as_json=as_json)


@command(app, "proof")
def proof(
    data: Path, seq: Annotated[int, typer.Argument(min=1, max=(1 << 63) - 1, metavar="SEQ", help=words("proof_seq"))]
) -> int:
    """Chứng minh một bản ghi mà không đưa nhật ký / prove one record to who may not see the others (C2SP tlog-proof).

    gateway audit proof 1207 > 1207.tlog-proof
    python3 verify_standalone.py --proof 1207.tlog-proof --key public-key.txt
    """
    print_octets(prove(data, seq).encode())
    return 0


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
@choosing
def audit_export(
    *,
    log: Log,
    as_csv: Annotated[bool, typer.Option("--csv", help=words("csv"))] = False,
    xlsx: Annotated[Path | None, typer.Option(help=words("xlsx"))] = None,
    as_json: JsonOption = False,
    **wanted: Any,
) -> int:
    """Xuất nhật ký / write all records as JSON lines with their hashes, or what matches as a table for an office.

    gateway audit export --xlsx thang-11.xlsx --unit "Phòng Nội vụ" --since 2026-11-01
    """
    mails = Filter(limit=0, **wanted)
    if ((as_csv or xlsx) and as_json) or (as_csv and xlsx):
        raise typer.BadParameter(both("start", "command", "csv_or_json"))
    if not (as_csv or xlsx) and mails != Filter(limit=0, unit_names=mails.unit_names):
        raise typer.BadParameter(both("start", "command", "csv_only"))
    return export(log, mails, as_csv=as_csv, xlsx=xlsx)


def export(where: Path | Cluster, wanted: Filter, *, as_csv: bool, xlsx: Path | None = None) -> int:
    """Print all records as JSON lines or what matches as CSV, or write that as a workbook; nothing is left out."""
    reader = _opened(where)
    table = Export(reader, wanted, _titles())
    try:
        if xlsx is not None:
            with progress("export", reader.last) as tick:
                table.xlsx(xlsx, tick=tick)
            print(both("audit", "label", "written", count=table.rows, path=xlsx), file=sys.stderr)
            return 0
        if as_csv:
            print_octets(codecs.BOM_UTF8)  # without it Excel takes UTF-8 for an old code page
        with progress("export", reader.last, prints=True) as tick:
            for line in table.csv() if as_csv else export_jsonl(reader):
                print_octets(line.encode("utf-8", "replace") + b"\n")
                tick(1)
        sys.stdout.buffer.flush()
    finally:
        reader.close()
        _print_index_state(reader)
    return 0


@command(app, "backup")
def back_up(data: Path, target: Annotated[Path, typer.Argument(metavar="FOLDER", help=words("backup_folder"))]) -> int:
    """Sao lưu và kiểm chứng bản sao, kể cả khi cổng đang chạy / copy log, checkpoints and keys, and verify the copy.

    gateway audit backup /var/backups/gateway/2026-11-27
    """
    with progress("backup", pages(data)) as tick:
        result = backup(data, target, tick=tick)
    print(render_verification(result))
    print(both("audit", "backup", "made", path=target, count=result.records))
    return result.exit_code


def _titles() -> Title:
    """Return the headings of the rules of all installed policies, in Vietnamese."""
    registry = Registry.installed()
    catalogue = Catalogue.load({name: registry.load(name).texts for name in registry.modules})

    def title(policy: str, rule: str) -> str:
        return catalogue.title(policy, rule, Language.VI)

    return with_content(title, "vi")


_BEFORE_HELD = timedelta(hours=1)
"""Greatest age of a first record beyond that of the oldest sealed file."""


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
    return prune(configuration, older_than, reason, now=datetime.now(VIETNAM))


def prune(configuration: Configuration, days: int, reason: str, *, now: datetime) -> int:
    """Remove the records that are older than so many days, and print how many; in a cluster those that the centre has."""
    before, shipped = now - timedelta(days=days), None
    for held in HoldStore(configuration.data).files()[:1]:  # a held mail is what its records say of it
        before = min(before, datetime.fromtimestamp(held.time, UTC) - _BEFORE_HELD)
    if (cluster := configuration.centre) is not None:
        with connect(cluster) as connection:
            shipped = place(connection, cluster.node).seq
    removed = prune_log(configuration.data, before=before, reason=reason, now=now, shipped=shipped)
    print(both("audit", "prune", "removed" if removed else "nothing", count=removed, time=f"{before:%d/%m/%Y %H:%M}"))
    return 0


def _print_index_state(reader: Reader) -> None:
    if reader.index_was_wrong:
        print(both("audit", "fault", "index_rebuilt"), file=sys.stderr)
