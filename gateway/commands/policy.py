"""`gateway policy lint | diff | schema`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from gateway.commands.common import EXIT_CANNOT_RUN
from gateway.engine import lint as engine
from gateway.errors import GatewayError
from gateway.rulebook import policy_source


def lint(names: Sequence[str]) -> int:
    """Check each file; faults go to standard error."""
    worst = 0
    for name in names:
        result = engine.lint(policy_source(name))
        print(result.text, file=sys.stderr if result.exit_code == EXIT_CANNOT_RUN else sys.stdout)
        worst = max(worst, result.exit_code)
    return worst


def diff(old: str, new: str) -> int:
    """Compare two policy files or presets."""
    try:
        result = engine.diff(policy_source(old), policy_source(new))
    except GatewayError as error:
        print(f"gateway: {error}", file=sys.stderr)
        return EXIT_CANNOT_RUN
    print(result.text)
    return result.exit_code


def schema() -> int:
    """Print the JSON Schema of a policy file."""
    print(engine.schema().text)
    return 0
