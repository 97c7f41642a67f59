"""`gateway policy ...`: check and compare policy files."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.options import brief, words

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Tệp chính sách / policy files.")


@app.command("lint", short_help=brief("policy_lint"))
def policy_lint(
    files: Annotated[list[str], typer.Argument(help=words("policies"))],
) -> None:
    """Kiểm tra tệp chính sách / check policy files: all faults with file, line and column, or what they resolve to."""
    from gateway.commands.common import user_errors
    from gateway.commands.policy import lint

    with user_errors():
        code = lint(files)
    raise typer.Exit(code)


@app.command("diff", short_help=brief("policy_diff"))
def policy_diff(
    old: Annotated[str, typer.Argument(help=words("policy"))],
    new: Annotated[str, typer.Argument(help=words("policy"))],
) -> None:
    """So sánh hai chính sách / tell what a new policy file would do differently."""
    from gateway.commands.common import user_errors
    from gateway.commands.policy import diff

    with user_errors():
        code = diff(old, new)
    raise typer.Exit(code)


@app.command("schema", short_help=brief("policy_schema"))
def policy_schema() -> None:
    """In lược đồ JSON / print the JSON Schema of policy files, for editors."""
    from gateway.commands.common import user_errors
    from gateway.commands.policy import schema

    with user_errors():
        code = schema()
    raise typer.Exit(code)


@app.command("refusals", short_help=brief("policy_refusals"))
def policy_refusals(
    policy: Annotated[str, typer.Argument(help=words("policy"))] = "binhtan-7600",
) -> None:
    """In mọi câu từ chối / print every refusal that a sender may get under a policy, in both languages."""
    from gateway.commands.common import user_errors
    from gateway.commands.policy import refusals

    with user_errors():
        code = refusals(policy)
    raise typer.Exit(code)
