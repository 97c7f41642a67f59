"""The gateway as its users run it: `python -m gateway.cli serve ...` in processes of its own, told apart by ids.

Everything is waited for: the line `ready`, the exit code, the end of a killed process. What it said on standard error
is in `log`.
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.commands import COLLEAGUE, STAFF
from tests.support.client import RawClient, Reply
from tests.support.processes import alive, children, cmdline, descendants, name
from tests.support.warm_cli import warm_cli

START_S = 600
PROGRAM = (sys.executable, "-m", "gateway.cli")
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Run:
    """What one run of the command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> list[dict]:
        """The JSON objects on standard output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


async def cli(*arguments, timeout=600, env=None, cwd=ROOT, stdin=None, launcher=()) -> Run:
    """Run one command to its end; in a process that has the program loaded, unless its surroundings matter."""
    if env is None and not launcher:
        words = [str(word) for word in arguments]
        code, out, err = await warm_cli().run(words, cwd=cwd, stdin=stdin or b"", timeout=timeout)
        return Run(code, out.decode(), err.decode())
    process = await asyncio.create_subprocess_exec(
        *launcher,
        *PROGRAM,
        *map(str, arguments),
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(env),
        cwd=cwd,
    )
    try:
        async with asyncio.timeout(timeout):
            out, err = await process.communicate(stdin)
    except TimeoutError:
        process.kill()
        raise
    return Run(process.returncode, out.decode(), err.decode())


def environment(more=None) -> dict[str, str]:
    """Return our environment with the project importable from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **(more or {})}


class GatewayProcess:
    """One gateway on one data folder; started, stopped and killed as often as a test wants."""

    def __init__(self, folder: Path, *arguments, config: dict | None = None, env=None, launcher=()):
        self.folder = folder
        self.launcher = launcher
        """What starts the program: it has to end in our command line and keep its process id."""
        self.data = folder / "data"
        self.stderr = folder / "stderr.log"
        self.stdout = folder / "stdout.log"
        self.env = env
        if config is not None:
            path = folder / "gateway.yaml"
            path.write_text(json.dumps({"data": str(self.data), **config}, indent=1), "utf-8")  # JSON is YAML
            arguments = ("--config", path, *arguments)
        else:
            arguments = ("--data", self.data, *arguments)
        self.arguments = tuple(map(str, arguments))
        self.process: asyncio.subprocess.Process | None = None
        self.faults_expected = False
        """The test makes the gateway fail on purpose, so that its log may hold a traceback."""
        self.addresses: list[tuple[str, str]] = []

    async def start(self, *, env=None) -> "GatewayProcess":
        """Start and wait until it says `ready`; the addresses of that line are kept."""
        with self.stderr.open("ab") as stderr:
            self.process = await asyncio.create_subprocess_exec(
                *self.launcher,
                *PROGRAM,
                "serve",
                *self.arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                env=environment({**(self.env or {}), **(env or {})}),
                cwd=self.folder,
                start_new_session=True,
            )
        async with asyncio.timeout(START_S):
            line = (await self.process.stdout.readline()).decode()
        with self.stdout.open("a") as said:
            said.write(line)
        assert line.startswith("ready "), self.log
        self.addresses = [tuple(word.split("=", 1)) for word in line.split()[1:]]
        return self

    @property
    def pid(self) -> int:
        return self.process.pid

    def address(self, kind="relay") -> tuple[str, int]:
        """Host and port of the first listener of a kind."""
        where = dict(reversed(self.addresses))[kind]
        host, _, port = where.rpartition(":")
        return host.strip("[]"), int(port)

    async def send(self, content: bytes, *, sender=STAFF, recipients=(COLLEAGUE,)) -> Reply:
        """Send one mail on a connection of its own; return the reply that decides on it."""
        async with RawClient(*self.address()) as client:
            await client.ehlo()
            return await client.mail(content, sender=sender, recipients=recipients)

    @property
    def log(self) -> str:
        """All that it said on standard error so far."""
        return self.stderr.read_text(errors="replace")

    async def logged(self, words: str, *, count=1, timeout=300) -> None:
        """Wait until the log holds some words as often."""
        async with asyncio.timeout(timeout):
            while self.log.count(words) < count:
                await asyncio.sleep(0.02)

    async def terminate(self, timeout=300) -> int:
        """SIGTERM; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended(timeout)

    async def ended(self, timeout=300) -> int:
        async with asyncio.timeout(timeout):
            with self.stdout.open("ab") as said:
                said.write(await self.process.stdout.read())
            return await self.process.wait()

    async def kill(self) -> None:
        """SIGKILL to the supervisor; returns when it and all below it are gone."""
        below = self.descendants()
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        async with asyncio.timeout(300):
            while any(map(alive, below)):
                await asyncio.sleep(0.005)

    def frontends(self) -> list[int]:
        """Process ids of the front ends: children of the supervisor that run its own program under its own name."""
        own = [pid for pid in children(self.pid) if b"serve" in cmdline(pid).split(b"\0")]
        return [pid for pid in own if not name(pid).startswith("gateway-")]

    def audit_writer(self) -> int | None:
        """Process id of the process that writes the audit."""
        return self.child("gateway-audit")

    def zygotes(self) -> list[int]:
        """Process ids of the zygotes: one, but for a moment during a reload."""
        return [pid for pid in children(self.pid) if b"gateway.documents.wall.zygote" in cmdline(pid)]

    def zygote(self) -> int | None:
        return max(self.zygotes(), default=None)

    def descendants(self) -> list[int]:
        return descendants(self.pid)

    def child(self, called: str) -> int | None:
        """Process id of the child of the supervisor with that name."""
        return next((pid for pid in children(self.pid) if name(pid) == called), None)

    async def until(self, condition, timeout=300):
        """Wait for a condition of the process tree and return what it gave."""
        async with asyncio.timeout(timeout):
            while not (found := condition()):
                await asyncio.sleep(0.01)
        return found

    async def audit(self, *arguments, timeout=600) -> Run:
        """Run `gateway audit ...` on its data folder."""
        return await cli("audit", *arguments, "--data", self.data, timeout=timeout)

    async def records(self) -> list[dict]:
        """All audit records, in order."""
        run = await self.audit("export")
        assert run.code == 0, run.err
        return [line["record"] for line in run.json]

    async def assert_audit_is_whole(self) -> None:
        run = await self.audit("verify")
        assert run.code == 0, run.out + run.err


@asynccontextmanager
async def serving(folder: Path, *arguments, config=None, env=None, launcher=()):
    """Run a gateway; at the end SIGTERM must make it exit with 0."""
    folder.mkdir(exist_ok=True)
    gateway = GatewayProcess(folder, *arguments, config=config, env=env, launcher=launcher)
    await gateway.start()
    try:
        yield gateway
    except BaseException:
        await stop_hard(gateway)
        raise
    if gateway.process.returncode is None:
        try:
            code = await gateway.terminate()
        except TimeoutError:
            await stop_hard(gateway)
            raise
        assert code == 0, gateway.log
    assert gateway.faults_expected or "Traceback" not in gateway.log, gateway.log


async def stop_hard(gateway: GatewayProcess) -> None:
    if gateway.process is not None and gateway.process.returncode is None:
        await gateway.kill()


def four_flags(sink_port: int, policy="binhtan-7600") -> tuple:
    """The flags of the contract, but for --data."""
    return "--listen", "127.0.0.1:0", "--next-hop", f"127.0.0.1:{sink_port}", "--policy", policy


def configured(sink, *listeners: dict[str, object], **more: object) -> dict[str, object]:
    """Return the configuration of a gateway before a sink, with these listeners or with one for relaying."""
    return {
        "listeners": list(listeners) or [{"kind": "relay", "listen": "127.0.0.1:0"}],
        "next_hop": {"address": f"127.0.0.1:{sink.port}", "tls": "none"},
        **more,
    }
