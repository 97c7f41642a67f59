"""The command line: `gateway COMMAND`. Exit code 0: fine; 1: would not be relayed, or not whole; 2: could not run."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="gateway",
    help="Cổng thư công vụ: chuyển tiếp thư sau khi kiểm tra theo Quyết định 7600/QĐ-UBND.\n\n"
    "Outbound mail gateway and policy milter for Vietnamese public offices.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
audit_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Nhật ký: tra cứu và kiểm chứng / the audit log."
)
policy_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Tệp chính sách / policy files.")
directory_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Danh bạ hộp thư / directory of mailboxes."
)
dkim_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Khóa ký DKIM / DKIM keys.")
trust_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Gốc tin cậy cho chữ ký / trust anchors.")
app.add_typer(trust_app, name="trust")
app.add_typer(dkim_app, name="dkim")
app.add_typer(audit_app, name="audit")
app.add_typer(policy_app, name="policy")
app.add_typer(directory_app, name="directory")

ConfigOption = Annotated[Path | None, typer.Option("--config", help="gateway.yaml; every flag has its key there.")]
PolicyOption = Annotated[
    str | None, typer.Option("--policy", help="A policy file, or a preset: binhtan-7600, monitor, strict.")
]
DataOption = Annotated[Path | None, typer.Option("--data", help="Folder of audit and state.")]
CertsOption = Annotated[
    Path | None, typer.Option("--certs", help="Trust anchors for signatures, PEM or DER; CRLs in crl/.")
]
DirectoryOption = Annotated[Path | None, typer.Option("--directory", help="Official mailboxes, YAML or JSON.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def _moment(value: str | None) -> datetime | None:
    """Parse an ISO 8601 time; without offset it is UTC."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is not an ISO 8601 time such as 2026-11-24T08:00:00+07:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@app.command()
def serve(
    config: ConfigOption = None,
    listen: Annotated[str | None, typer.Option(help="HOST:PORT of one plain relay listener.")] = None,
    next_hop: Annotated[str | None, typer.Option(help="HOST:PORT of the server to relay to.")] = None,
    policy: PolicyOption = None,
    data: DataOption = None,
    certs: CertsOption = None,
    directory: DirectoryOption = None,
) -> None:
    """Chạy cổng thư / run the gateway until SIGTERM; SIGHUP reloads policy, directory and certificates.

    gateway serve --config /etc/gateway/gateway.yaml

    gateway serve --listen 127.0.0.1:2525 --next-hop 127.0.0.1:2526 --data ./var
    """
    from gateway.commands.common import load_configuration, user_errors

    with user_errors():
        from gateway.supervisor import serve as run

        configuration = load_configuration(
            config, listen=listen, next_hop=next_hop, policy=policy, data=data, certs=certs, directory=directory
        )
        code = run(configuration)
    raise typer.Exit(code)


@app.command()
def check(
    files: Annotated[
        list[Path], typer.Argument(help="Mails (.eml) or documents; a document counts as the only attachment.")
    ],
    config: ConfigOption = None,
    policy: PolicyOption = None,
    sender: Annotated[
        str | None, typer.Option("--from", help="Reverse-path; the From field's address when unset.")
    ] = None,
    to: Annotated[list[str] | None, typer.Option("--to", help="Forward-path, once for each recipient.")] = None,
    auth_user: Annotated[str | None, typer.Option(help="Login of the session; none when unset.")] = None,
    certs: CertsOption = None,
    directory: DirectoryOption = None,
    now: Annotated[str | None, typer.Option(help="Time of judgement, ISO 8601.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Kiểm tra thư hoặc tệp mà không gửi / judge files without sending or recording anything.

    gateway check --from an.binhtan@tphcm.gov.vn --to vanphong.binhtan@tphcm.gov.vn thu.eml

    gateway check --json cong-van.pdf
    """
    from gateway.commands.common import load_configuration, user_errors

    moment = _moment(now)
    with user_errors():
        from gateway.commands.check import CheckOptions, run

        configuration = load_configuration(config, policy=policy, certs=certs, directory=directory)
        options = CheckOptions(
            reverse_path=sender, forward_paths=tuple(to or ()), auth_user=auth_user, now=moment, as_json=as_json
        )
        code = run(files, configuration, options)
    raise typer.Exit(code)


@app.command()
def verify(
    files: Annotated[list[Path], typer.Argument(help="Signed documents; .p7s, .sig files beside them are paired.")],
    config: ConfigOption = None,
    certs: CertsOption = None,
    now: Annotated[str | None, typer.Option(help="Time of judgement, ISO 8601.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Kiểm tra chữ ký số / the full report on every signature of a document.

    gateway verify cong-van.pdf
    """
    from gateway.commands.common import load_configuration, user_errors

    moment = _moment(now)
    with user_errors():
        from gateway.commands.verify import run

        code = run(files, load_configuration(config, certs=certs), now=moment, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def lint(
    files: Annotated[list[Path], typer.Argument(help="Documents to look at before sending.")],
    config: ConfigOption = None,
) -> None:
    """Xem thể thức, phông chữ, bảng mã trước khi gửi / show a writer how a document is set.

    gateway lint cong-van.docx
    """
    from gateway.commands.common import load_configuration, user_errors

    with user_errors():
        from gateway.commands.typography import lint as run

        code = run(files, load_configuration(config))
    raise typer.Exit(code)


@app.command()
def fix(
    file: Annotated[Path, typer.Argument(help="DOCX, RTF or plain text; signed files are refused.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the mended copy goes.")],
) -> None:
    """Chuyển bảng mã cũ sang Unicode, đặt phông và màu / convert legacy letters to Unicode, set font and colour.

    gateway fix bao-cao.docx -o bao-cao-moi.docx
    """
    from gateway.commands.common import user_errors

    with user_errors():
        from gateway.commands.typography import mend

        code = mend(file, output)
    raise typer.Exit(code)


def _trust_folder(config: Path | None, certs: Path | None) -> Path:
    from gateway.app import SHIPPED_CERTS
    from gateway.commands.common import load_configuration

    return load_configuration(config, certs=certs).certs or SHIPPED_CERTS


@trust_app.command("list")
def trust_list(certs: CertsOption = None, config: ConfigOption = None) -> None:
    """Liệt kê gốc tin cậy và CRL / list the anchors and the age of their revocation lists."""
    from gateway.commands.common import user_errors

    with user_errors():
        from gateway.commands.trust import show

        code = show(_trust_folder(config, certs))
    raise typer.Exit(code)


@trust_app.command("check")
def trust_check(certs: CertsOption = None, config: ConfigOption = None) -> None:
    """Báo thiếu, hết hạn, CRL cũ / say what is missing, expired or stale."""
    from gateway.commands.common import user_errors

    with user_errors():
        from gateway.commands.trust import check as run

        code = run(_trust_folder(config, certs))
    raise typer.Exit(code)


@trust_app.command("add")
def trust_add(
    sources: Annotated[list[Path], typer.Argument(help="Certificates of authorities, PEM or DER, or folders of them.")],
    certs: CertsOption = None,
    config: ConfigOption = None,
    sha256: Annotated[str | None, typer.Option(help="Fingerprint that the certificate must have.")] = None,
) -> None:
    """Thêm gốc tin cậy sau khi so dấu vân tay / add an anchor after comparing its fingerprint."""
    from gateway.commands.common import user_errors

    with user_errors():
        from gateway.commands.trust import add

        code = add(_trust_folder(config, certs), sources, sha256=sha256)
    raise typer.Exit(code)


@trust_app.command("update")
def trust_update(certs: CertsOption = None, config: ConfigOption = None) -> None:
    """Tải danh sách thu hồi / fetch the revocation lists that the manifest names."""
    from gateway.commands.common import user_errors

    with user_errors():
        from gateway.commands.trust import update

        code = update(_trust_folder(config, certs))
    raise typer.Exit(code)


@dkim_app.command("keygen")
def dkim_keygen(
    domain: str,
    selector: str,
    key: Annotated[Path, typer.Argument(help="File to write the private key to; must not exist.")],
    ed25519: Annotated[bool, typer.Option("--ed25519", help="Ed25519 (RFC 8463) instead of RSA.")] = False,
) -> None:
    """Tạo khóa ký DKIM / make a DKIM key and show the record to publish."""
    from gateway.commands.common import user_errors
    from gateway.commands.dkim import keygen

    with user_errors():
        code = keygen(domain, selector, key, algorithm="ed25519-sha256" if ed25519 else "rsa-sha256")
    raise typer.Exit(code)


@dkim_app.command("check")
def dkim_check(domain: str, selector: str, key: Path) -> None:
    """So khóa với DNS / compare a key with what the DNS publishes."""
    from gateway.commands.common import user_errors
    from gateway.commands.dkim import check as run

    with user_errors():
        code = run(domain, selector, key)
    raise typer.Exit(code)


@policy_app.command("lint")
def policy_lint(
    files: Annotated[list[str], typer.Argument(help="Policy files or names of presets.")],
) -> None:
    """Kiểm tra tệp chính sách / check policy files: all faults with file, line and column, or what they resolve to."""
    from gateway.commands.policy import lint

    raise typer.Exit(lint(files))


@policy_app.command("diff")
def policy_diff(old: str, new: str) -> None:
    """So sánh hai chính sách / tell what a new policy file would do differently."""
    from gateway.commands.policy import diff

    raise typer.Exit(diff(old, new))


@policy_app.command("schema")
def policy_schema() -> None:
    """In lược đồ JSON / print the JSON Schema of policy files, for editors."""
    from gateway.commands.policy import schema

    raise typer.Exit(schema())


@audit_app.command("list")
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
        str, typer.Option(help="relayed, refused, unknown, recipient_refused, auth_failed, weak_password ...")
    ] = "",
    rule: Annotated[str, typer.Option(help="policy.rule, or policy.")] = "",
    filename: Annotated[str, typer.Option(help="Words of a file name.")] = "",
    sha256: Annotated[str, typer.Option(help="Digest of a mail or of a file in it, in hex.")] = "",
    since: Annotated[str | None, typer.Option(help="ISO 8601.")] = None,
    until: Annotated[str | None, typer.Option(help="ISO 8601.")] = None,
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
        filename=filename, sha256=sha256, since=_moment(since), until=_moment(until), limit=limit,
    )  # fmt: skip
    with user_errors():
        code = find(data_folder(config, data), wanted, as_json=as_json)
    raise typer.Exit(code)


@audit_app.command("search")
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


@audit_app.command("show")
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


@audit_app.command("passwords")
def audit_passwords(data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Hộp thư có mật khẩu yếu / mailboxes whose password was weak when it was last judged (passwords.check, Điều 6)."""
    from gateway.commands.audit import passwords
    from gateway.commands.common import data_folder, user_errors

    with user_errors():
        code = passwords(data_folder(config, data), as_json=as_json)
    raise typer.Exit(code)


@audit_app.command("verify")
def audit_verify(
    data: DataOption = None,
    config: ConfigOption = None,
    checkpoint: Annotated[list[Path] | None, typer.Option(help="Checkpoint files kept elsewhere.")] = None,
    key: Annotated[Path | None, typer.Option(help="Verifier key kept elsewhere.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Kiểm chứng chuỗi / verify the chain against every known checkpoint; exit code 0 only when it is whole."""
    from gateway.commands.audit import verify
    from gateway.commands.common import data_folder, user_errors

    with user_errors():
        code = verify(data_folder(config, data), tuple(checkpoint or ()), key, as_json=as_json)
    raise typer.Exit(code)


@audit_app.command("export")
def audit_export(
    data: DataOption = None,
    config: ConfigOption = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A table of mails for a spreadsheet instead of JSON lines.")
    ] = False,
    since: Annotated[str | None, typer.Option(help="ISO 8601; for --csv.")] = None,
    until: Annotated[str | None, typer.Option(help="ISO 8601; for --csv.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Xuất nhật ký / write all records as JSON lines with their hashes, or a table as CSV."""
    from gateway.audit.query import Filter
    from gateway.commands.audit import export
    from gateway.commands.common import data_folder, user_errors

    wanted = Filter(since=_moment(since), until=_moment(until), limit=1_000_000)
    with user_errors():
        code = export(data_folder(config, data), wanted, as_csv=as_csv and not as_json)
    raise typer.Exit(code)


@directory_app.command("lint")
def directory_lint(file: Path) -> None:
    """Kiểm tra danh bạ / check a directory file."""
    from gateway.commands.directory import lint

    raise typer.Exit(lint(file))


@directory_app.command("find")
def directory_find(query: str, directory: DirectoryOption = None, config: ConfigOption = None) -> None:
    """Tra hộp thư hoặc đơn vị / look up an address or a unit."""
    from gateway.commands.common import load_configuration, user_errors
    from gateway.commands.directory import find

    with user_errors():
        code = find(load_configuration(config, directory=directory).directory, query)
    raise typer.Exit(code)


@directory_app.command("import-ldap")
def directory_import_ldap(
    url: Annotated[str, typer.Argument(help="ldaps://host, or ldap://host with StartTLS.")],
    base: Annotated[str, typer.Option(help="Base DN.")],
    user: Annotated[str, typer.Option(help="Bind DN.")],
    password_file: Annotated[Path, typer.Option(help="File with the bind password, mode 0600.")],
    target: Annotated[Path, typer.Argument(help="Directory file to write, JSON.")],
    office: Annotated[list[str] | None, typer.Option(help="Mailboxes of the Office, which LDAP does not mark.")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="PEM bundle of the server's CA.")] = None,
) -> None:
    """Lấy danh bạ từ LDAP / make a directory file from an LDAP server."""
    from gateway.commands.common import user_errors
    from gateway.commands.directory import from_ldap

    with user_errors():
        code = from_ldap(url, base, user, password_file, target, office=tuple(office or ()), ca_file=ca_file)
    raise typer.Exit(code)


@directory_app.command("import")
def directory_import(
    source: Annotated[Path, typer.Argument(help="CSV with a header line.")],
    target: Annotated[Path, typer.Argument(help="Directory file to write, YAML or JSON.")],
) -> None:
    """Chuyển từ CSV / make a directory file from CSV."""
    from gateway.commands.directory import convert

    raise typer.Exit(convert(source, target))


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the sample mails; exit code 0 only when all verdicts were right.")
    ] = False,
) -> None:
    """Chạy thử với thư mẫu / start with demo settings, send sample mails by SMTP, print each verdict."""
    from gateway.commands.common import user_errors

    with user_errors():
        from gateway.demo.run import run

        code = run(once=once)
    raise typer.Exit(code)


@app.command()
def doctor(config: ConfigOption = None) -> None:
    """Kiểm tra máy và cấu hình / check configuration, ports, certificates, next hop, sandbox, readers."""
    from gateway.commands.common import load_configuration, user_errors

    with user_errors():
        from gateway.commands.doctor import run

        code = run(load_configuration(config))
    raise typer.Exit(code)


@app.command()
def version() -> None:
    """Phiên bản / print the version."""
    from gateway import __version__

    print(__version__)


def main() -> None:
    """Entry point of the program."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
