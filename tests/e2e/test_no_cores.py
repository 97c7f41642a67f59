"""A process that crashes with a file in hand leaves no core, whatever the machine does with cores."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.demo.mails import STAFF
from tests.e2e.gateway_process import serving
from tests.e2e.test_secrets import files_with, spellings
from tests.e2e.test_self_check import configuration, held
from tests.support.console_client import Visitor, multipart
from tests.support.octets import zipped
from tests.support.processes import children, name
from tests.support.sink import Sink

pytestmark = pytest.mark.slow
CANARY = "CANARYTRONGBONHO"
PLAIN = ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-all")
"""Processes without the one capability for which it does not matter who may be dumped."""
UNLIMITED = (*PLAIN, "prlimit", "--core=unlimited:unlimited")
"""As an administrator may have it; the working folder is the gateway's own, so a core would be seen."""


def may_dump_to_file(pid: int) -> bool:
    (line,) = [one for one in Path(f"/proc/{pid}/limits").read_text().splitlines() if one.startswith("Max core file")]
    return line.split()[4:6] != ["0", "0"]


def may_be_dumped(pid: int) -> bool:
    """Whether the kernel would dump a process to a program: it is what lets others of its user look into it (ptrace(2))."""
    return subprocess.run([*PLAIN, "cat", f"/proc/{pid}/io"], capture_output=True, check=False).returncode == 0


def cmdline(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="needs root and setpriv")
async def test_no_process_that_has_content_may_be_dumped_and_a_crash_leaves_nothing(tmp_path):
    needles, begun = spellings(CANARY), time.time()
    bomb = zipped({f"{CANARY}.txt": CANARY.encode() * (12 << 20)})
    async with (
        Sink() as sink,
        serving(tmp_path / "gw", config=configuration(sink, tmp_path), launcher=UNLIMITED) as gateway,
    ):
        gateway.faults_expected = True
        assert may_be_dumped(gateway.pid), "it has no content; or the question tells nothing"
        everybody = [gateway.pid, *gateway.descendants()]
        assert [name(pid) for pid in everybody if may_dump_to_file(pid)] == []
        forks = [pid for pid in children(gateway.pid) if cmdline(pid) == cmdline(gateway.pid)]
        assert [name(pid) for pid in forks if may_be_dumped(pid)] == []
        console = next(pid for pid in children(gateway.pid) if b"gateway.console" in cmdline(pid))
        await gateway.until(lambda: not may_be_dumped(console))  # once it is behind its wall
        (frontend,) = [pid for pid in forks if not name(pid).startswith("gateway-")]

        steward = next(pid for pid in forks if name(pid) == "gateway-steward")
        visitor = Visitor(gateway.address("console"))
        await visitor.enter(STAFF, sink)
        before, known = held(steward), set(gateway.descendants())
        checking = asyncio.create_task(visitor.check((f"{CANARY}.zip", bomb)))
        reader = (await gateway.until(lambda: set(gateway.descendants()) - known)).pop()
        os.kill(reader, signal.SIGSEGV)
        with suppress(OSError, AssertionError):
            await checking
        kind, body = multipart([("csrf", visitor.csrf)], [("a.txt", CANARY.encode() * 100_000)])
        with socket.create_connection(visitor.address) as sending:
            cookies = "; ".join(f"{key}={value}" for key, value in visitor.cookies.items())
            head = f"POST /check HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nContent-Type: {kind}\r\n"
            sending.sendall(f"{head}Cookie: {cookies}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:800_000])
            await gateway.until(lambda: held(steward) > before)
            os.kill(steward, signal.SIGABRT)
            await gateway.until(lambda: steward not in children(gateway.pid))
        os.kill(frontend, signal.SIGABRT)
        await gateway.until(lambda: frontend not in children(gateway.pid))
    for folder in (tmp_path, Path("/var/lib/systemd/coredump"), Path("/var/crash")):
        assert files_with(folder, needles, newer_than=begun) == []
    assert [path for path in (tmp_path / "gw").rglob("*") if path.name == "core" or path.name.startswith("core.")] == []
