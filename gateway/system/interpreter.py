"""Command line for a module run by `exec`, without the memory of the process that starts it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_BOOTSTRAP: Final = (
    "import sys, json; from importlib import import_module; module, path, *words = sys.argv[1:]; "
    "sys.path[:] = json.loads(path); sys.exit(import_module(module).main(*words))"
)
BARE: Final[Mapping[str, str]] = {
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    **{name: value for name, value in os.environ.items() if name == "JOURNAL_STREAM"},
}
"""Its environment: nothing of ours, where secrets may stand, and where its log lines go."""


def own_command(module: str, *words: str) -> list[str]:
    """Return the command that ends with the exit code of `main(*words)` of a module, found as in this process."""
    path = [entry or str(Path.cwd()) for entry in sys.path]
    return [sys.executable, "-I", "-c", _BOOTSTRAP, module, json.dumps(path), *words]
