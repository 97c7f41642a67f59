"""`gateway policy ...`: check and compare policy files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import (
    Configured,
    JsonOption,
    UnitNames,
    command,
    moment,
    words,
)

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Tệp chính sách / policy files.")


@command(app, "lint")
def policy_lint(
    files: Annotated[list[str], typer.Argument(help=words("policies"))],
    directory: Annotated[Path | None, typer.Option(help=words("lint_directory"))] = None,
) -> int:
    """Kiểm tra tệp chính sách / check policy files: all faults with file, line and column, or what they resolve to."""
    from gateway.commands.policy import lint

    return lint(files, directory)


@command(app, "diff", "data")
def policy_diff(
    configuration: Configured,
    unit_names: UnitNames,
    old: Annotated[str, typer.Argument(help=words("old_policy"))],
    new: Annotated[str, typer.Argument(help=words("policy"))],
    since: Annotated[str | None, typer.Option(help=words("replay_since"))] = None,
    until: Annotated[str | None, typer.Option(help=words("until"))] = None,
    unit: Annotated[str, typer.Option(help=words("unit"))] = "",
    policy: Annotated[str, typer.Option(help=words("one_policy"))] = "",
    shown: Annotated[int, typer.Option("--list", min=0, max=10_000, help=words("limit"))] = 20,
    table: Annotated[Path | None, typer.Option("--csv", help=words("replay_csv"))] = None,
    directory: Annotated[Path | None, typer.Option(help=words("replay_directory"))] = None,
    as_json: JsonOption = False,
) -> int:
    """So sánh hai chính sách; với --since, xét lại thư đã qua / compare two policies; with --since, on past mails.

    gateway policy diff current /etc/gateway/policy-moi.yaml --since 30d

    Mã thoát 0: như nhau; 1: có khác; 2: lỗi; 3: chỉ có thư không xét được / exit code 3: only cannot tell.
    """
    from gateway.commands.common import EXIT_CANNOT_RUN
    from gateway.commands.policy import diff
    from gateway.commands.what_if import Options, replay
    from gateway.errors import UserError
    from gateway.identity.directory import load as load_directory
    from gateway.texts.catalogue import both

    begin, end = moment(since), moment(until, until=True)
    old, new = (configuration.policy_in_use if name == "current" else name for name in (old, new))
    if begin is None and (until or unit or policy or table or directory):
        raise UserError(both("start", "what_if", "since_wanted"))
    code = diff(old, new) if not as_json or begin is None else 0
    if begin is None or code == EXIT_CANNOT_RUN:
        return code
    options = Options(begin, end, unit, policy, shown=shown, as_json=as_json, table=table, unit_names=unit_names)
    mailboxes = load_directory(directory) if directory is not None else None
    return replay(configuration.data, old, new, options, mailboxes)


@command(app, "test")
def policy_test(
    configuration: Configured,
    file: Annotated[str, typer.Argument(help=words("policy"))],
    coverage: Annotated[bool, typer.Option("--coverage", help=words("coverage"))] = False,
) -> int:
    """Chạy mọi ca của tệp chính sách, của TỆP.tests/*.yaml và *.eml / run every case of a policy file and beside it.

    gateway policy test /etc/gateway/policy.yaml --coverage
    """
    from gateway.commands.policy_test import run

    return run(file, configuration, coverage=coverage)


@command(app, "case")
def policy_case(
    data: Path,
    reference: Annotated[str, typer.Argument(help=words("reference"))],
    addresses: Annotated[bool, typer.Option("--addresses", help=words("addresses"))] = False,
) -> int:
    """In một ca từ thư đã ghi, không có nội dung / print a case from a recorded mail, without content, ready to paste.

    gateway policy case BT-7F3K2Q9XM4D6H > /etc/gateway/policy.yaml.tests/BT-7F3K2Q9XM4D6H.yaml
    """
    from gateway.commands.policy_case import case

    return case(data, reference, addresses=addresses)


@command(app, "explain", "policy", "data")
def policy_explain(configuration: Configured, what: Annotated[str, typer.Argument(help=words("explained"))]) -> int:
    """Giải thích một quy tắc, hoặc kết luận về một thư / explain a rule, or the verdict on a recorded mail.

    gateway policy explain typography.working_file_font

    gateway policy explain BT-7F3K2Q9XM4D6H
    """
    from gateway.commands.policy_explain import explain

    return explain(what, configuration.policy_in_use, configuration.data)


@command(app, "schema")
def policy_schema(
    policy: Annotated[str | None, typer.Argument(help=words("schema_policy"))] = None,
    modeline: Annotated[bool, typer.Option("--modeline", help=words("modeline"))] = False,
) -> int:
    """In lược đồ JSON của tệp chính sách, hoặc cài đặt của một chính sách / print the JSON Schema of policy files.

    gateway policy schema > policy.schema.json; gateway policy schema --modeline
    """
    from gateway.commands.policy import schema

    return schema(policy, modeline=modeline)


@command(app, "refusals")
def policy_refusals(policy: Annotated[str, typer.Argument(help=words("policy"))] = "binhtan-7600") -> int:
    """In mọi câu từ chối / print every refusal that a sender may get under a policy, in both languages."""
    from gateway.commands.policy import refusals

    return refusals(policy)
