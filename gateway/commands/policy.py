"""`gateway policy lint | diff | schema | refusals`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from gateway.commands.common import print_result
from gateway.commands.progress import progress
from gateway.commands.refusals import refusals as all_refusals
from gateway.engine import json_schema, load_policy_set
from gateway.engine import lint as engine
from gateway.identity import directory as directories
from gateway.pipeline.rulebook import policy_source


def lint(names: Sequence[str], directory: Path | None = None) -> int:
    """Check each file; faults go to standard error."""
    worst, known = 0, directories.load(directory) if directory is not None else None
    with progress("policies", len(names), prints=True) as tick:
        for name in names:
            worst = max(worst, print_result(engine.lint(policy_source(name), directory=known)))
            tick(1)
    return worst


def diff(old: str, new: str) -> int:
    """Compare two policy files or presets."""
    return print_result(engine.diff(policy_source(old), policy_source(new)))


def schema(policy: str | None, *, modeline: bool) -> int:
    """Print the JSON Schema of a policy file, or of the settings of one policy; or the line that names it to editors."""
    if modeline:
        print("# yaml-language-server: $schema=policy.schema.json")
        return 0
    return print_result(json_schema.schema(policy))


def refusals(name: str) -> int:
    """Print every refusal under a policy file or preset as Markdown."""
    print(all_refusals(load_policy_set(policy_source(name)), datetime.now(UTC)), end="")
    return 0
