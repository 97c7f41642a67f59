"""What a gateway asks of the kernel, in its order."""

import re
import shutil
import subprocess
from functools import cached_property
from pathlib import Path

import pytest


class Trace:
    def __init__(self, file: Path, calls: str) -> None:
        if shutil.which("strace") is None:
            pytest.skip("strace is not installed")
        if subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False, capture_output=True).returncode:
            pytest.skip("ptrace is refused here")
        self.file = file
        # -D: the gateway keeps its process id.
        self.launcher = ("strace", "-D", "-f", "-qq", "-y", "-s", "400", "-e", f"trace={calls}", "-o", file)

    @cached_property
    def lines(self) -> list[str]:
        return self.file.read_text(errors="replace").splitlines()

    @property
    def end(self) -> int:
        return len(self.lines)

    def first(self, pattern: str, after: int = 0) -> int:
        found = (number for number, line in enumerate(self.lines) if number > after and re.search(pattern, line))
        return next(found, self.end)
