"""`gateway policy ...`: check and compare policy files."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Tệp chính sách / policy files.")


@app.command("lint")
def policy_lint(
    files: Annotated[list[str], typer.Argument(help="Policy files or names of presets.")],
) -> None:
    """Kiểm tra tệp chính sách / check policy files: all faults with file, line and column, or what they resolve to."""
    from gateway.commands.policy import lint

    raise typer.Exit(lint(files))


@app.command("diff")
def policy_diff(old: str, new: str) -> None:
    """So sánh hai chính sách / tell what a new policy file would do differently."""
    from gateway.commands.policy import diff

    raise typer.Exit(diff(old, new))


@app.command("schema")
def policy_schema() -> None:
    """In lược đồ JSON / print the JSON Schema of policy files, for editors."""
    from gateway.commands.policy import schema

    raise typer.Exit(schema())
