"""Fire: each wall around a reader holds alone, so that the loss of one is seen here and not by an attacker."""

import json
import os
import platform
import subprocess
import sys

import pytest

from gateway.documents.wall import sandbox
from tests.e2e.gateway_process import ROOT

PROBE = """
import errno, json, os, socket, sys
from gateway.documents.wall import sandbox
from gateway.documents.wall.sandbox import SandboxLimits

def tried(work):
    try:
        work()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
address = listener.getsockname()
if sys.argv[1] == "landlock":
    sandbox._seccomp_allow = lambda *_: None
else:
    sandbox._landlock_deny_all = lambda *_: None
open_before, folder = os.open("/", os.O_PATH), sys.argv[2]
sandbox.enter(SandboxLimits(), parent=os.getppid())
print(json.dumps({
    "read a file": tried(lambda: os.open("/etc/passwd", os.O_RDONLY)),
    "list a folder": tried(lambda: os.listdir("/")),
    "write a file": tried(lambda: os.open(folder + "/new", os.O_WRONLY | os.O_CREAT)),
    "remove a file": tried(lambda: os.unlink(folder + "/there")),
    "connect": tried(lambda: socket.socket().connect(address)),
}), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("wall", ["landlock", "seccomp"])
def test_each_wall_alone_refuses_files_folders_and_the_network(tmp_path, wall):
    if wall == "landlock" and sandbox.landlock_abi() < 4:
        pytest.skip(f"Landlock ABI {sandbox.landlock_abi()} of this kernel knows no network")
    if wall == "seccomp" and platform.machine() not in sandbox.AUDIT_ARCH:
        pytest.skip("no system call filter for this machine")
    tmp_path.chmod(0o777)
    (tmp_path / "there").touch()
    run = subprocess.run(
        [sys.executable, "-c", PROBE, wall, tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    refused = json.loads(run.stdout)
    assert set(refused.values()) <= {"EACCES", "EPERM"}, refused
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
