"""`gateway policy lint | diff | schema | refusals`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.common import EXIT_CANNOT_RUN, print_result
from gateway.commands.options import Configured, JsonOption, command, group, moment, words
from gateway.commands.progress import progress
from gateway.commands.refusals import refusals as all_refusals
from gateway.engine import json_schema, load_policy_set
from gateway.engine import lint as engine
from gateway.errors import UserError
from gateway.identity import directory as directories
from gateway.pipeline.rulebook import policy_source
from gateway.texts.catalogue import both

app = group("policy")
_POLICY = Annotated[str, typer.Argument(help=words("policy"))]


@command(app, "lint")
def lint(
    files: Annotated[list[str], typer.Argument(help=words("policies"))],
    directory: Annotated[Path | None, typer.Option(help=words("lint_directory"))] = None,
) -> int:
    """Kiểm tra tệp chính sách / check policy files: all faults with file, line and column, or what they resolve to."""
    worst, known = 0, directories.load(directory) if directory is not None else None
    with progress("policies", len(files), prints=True) as tick:
        for name in files:
            worst = max(worst, print_result(engine.lint(policy_source(name), directory=known)))
            tick(1)
    return worst


@command(app, "diff", "data")
def diff(
    configuration: Configured,
    unit_names: dict[str, str],
    old: Annotated[str, typer.Argument(help=words("old_policy"))],
    new: _POLICY,
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
    from gateway.commands.what_if import replay
    from gateway.pipeline.what_if import Wanted

    begin, end = moment(since), moment(until, until=True)
    old, new = (configuration.policy_in_use if name == "current" else name for name in (old, new))
    if begin is None and (until or unit or policy or table or directory):
        raise UserError(both("start", "what_if", "since_wanted"))
    code = 0
    if not as_json or begin is None:
        code = print_result(engine.diff(policy_source(old), policy_source(new)))
    if begin is None or code == EXIT_CANNOT_RUN:
        return code
    mailboxes = directories.load(directory) if directory is not None else None
    wanted = Wanted(begin, end, unit, policy, mailboxes, unit_names)
    return replay(configuration.data, old, new, wanted, shown=shown, table=table, as_json=as_json)


@command(app, "test")
def policy_test(
    configuration: Configured,
    file: _POLICY,
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
def schema(
    policy: Annotated[str | None, typer.Argument(help=words("schema_policy"))] = None,
    modeline: Annotated[bool, typer.Option("--modeline", help=words("modeline"))] = False,
) -> tuple[str, int]:
    """In lược đồ JSON của tệp chính sách, hoặc cài đặt của một chính sách / print the JSON Schema of policy files.

    gateway policy schema > policy.schema.json; gateway policy schema --modeline
    """
    return ("# yaml-language-server: $schema=policy.schema.json", 0) if modeline else json_schema.schema(policy)


@command(app, "refusals")
def refusals(policy: _POLICY = "binhtan-7600") -> int:
    """In mọi câu từ chối / print every refusal that a sender may get under a policy, in both languages."""
    print(all_refusals(load_policy_set(policy_source(policy)), datetime.now(UTC)), end="")
    return 0
