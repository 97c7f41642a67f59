"""A C2SP witness for tests."""

import subprocess
import sys
from pathlib import Path


class Served:
    """`gateway audit witness` as a process."""

    def __init__(self, folder: Path, keys: Path, url: str = "http://127.0.0.1:0") -> None:
        """Start it; `url` is the address of an earlier one."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "audit", "witness", "--listen", url.removeprefix("http://"), "--keys", str(keys),
             "--folder", str(folder), "--name", "witness.example"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        address = self.process.stdout.readline().split("127.0.0.1:")[1].split(";")[0]
        self.url, self.key = f"http://127.0.0.1:{address.strip()}", self.process.stdout.readline().strip()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(300)
