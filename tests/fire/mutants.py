"""Thirty wrong changes of the gateway, each tried alone: `python -m tests.fire.mutants [NAME ...]`, by hand, about ten minutes.

The tree is copied, one place of the copy is made wrong (`mutants.toml`), and the tests that must notice run there. Exit code 1
when a change is not found.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
MUTANTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def found(mutant: dict[str, str]) -> bool:
    """Whether the tests fail on a copy with the change; they are known to pass without it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        copy = Path(name) / "tree"
        left_out = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=left_out)
        file = copy / mutant["path"]
        text = file.read_text("utf-8")
        assert text.count(mutant["old"]) == 1, f"{mutant['path']} no longer has the line"
        file.write_text(text.replace(mutant["old"], mutant["new"]), "utf-8")
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-n", "0", *shlex.split(mutant["tests"])],
            cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, check=False, capture_output=True, text=True,
        )  # fmt: skip
        print("\n".join(line for line in run.stdout.splitlines() if line.startswith(("FAILED", "E  ")))[:600])
        assert run.returncode in {0, 1}, run.stdout[-2000:] + run.stderr[-2000:]
        return run.returncode == 1


def main(names: list[str]) -> int:
    """Try the mutants whose names begin so, or all."""
    alive = []
    for name, mutant in MUTANTS.items():
        if names and not name.startswith(tuple(names)):
            continue
        began = time.monotonic()
        dead = found(mutant)
        print(f"{name}: {'found' if dead else 'ALIVE'} after {time.monotonic() - began:.0f} s", flush=True)
        alive += [] if dead else [name]
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
