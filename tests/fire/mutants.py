"""Changes that no test noticed once, each tried alone: `python -m tests.fire.mutants [NAME ...]`, by hand, about ten minutes.

The tree is copied, one line of the copy is made wrong, and the tests that must notice run there. Exit code 1 when one lives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """One change, and the tests that find it."""

    path: str
    old: str
    new: str
    tests: tuple[str, ...]


POWER = "tests/fire/test_power.py"
MUTANTS = {
    "M03 no fsync at commit": Mutant(
        "gateway/audit/store.py", "PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF", (POWER,)
    ),
    "M03b fsync at checkpoints of SQLite only": Mutant(
        "gateway/audit/store.py", "PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL", (POWER,)
    ),
    "M15 names of new files are not synced": Mutant(
        "gateway/audit/store.py",
        "    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)\n",
        "    return\n    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)\n",
        (POWER,),
    ),
    "M18 no Landlock": Mutant(
        "gateway/documents/wall/sandbox.py",
        "    if abi := landlock_abi():\n        _landlock_deny_all(abi)\n",
        "",
        ("tests/fire/test_walls.py",),
    ),
    "M25 the turn between processes is not taken": Mutant(
        "gateway/audit/store.py",
        "        deadline = time.monotonic() + self._budget_s\n",
        "        return\n        deadline = time.monotonic() + self._budget_s\n",
        ("tests/fire/test_turns.py",),
    ),
}


def found(mutant: Mutant) -> bool:
    """Whether the tests fail on a copy with the change; they are known to pass without it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        copy = Path(name) / "tree"
        left_out = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=left_out)
        file = copy / mutant.path
        text = file.read_text("utf-8")
        assert text.count(mutant.old) == 1, f"{mutant.path} no longer has the line"
        file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-n", "0", *mutant.tests],
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
        dead = found(mutant)
        print(f"{name}: {'found' if dead else 'ALIVE'}", flush=True)
        alive += [] if dead else [name]
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
