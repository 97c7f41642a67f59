"""Gateway commands, and other programs on the gateway's modules, as real processes of a server that has imported the gateway.

From its first line to its exit a command is the product's own; only interpreter start and imports, which take longer
than most commands, are shared. The server starts with the first command and ends with the test process.
"""

import asyncio
import atexit
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
_LOADED = (
    "gateway.cli", "gateway.commands.audit", "gateway.commands.check", "gateway.commands.verify", "gateway.console.process", "gateway.engine",
    "gateway.pipeline.judge", "gateway.serve.supervisor", "policies.classified", "policies.official_sender",
    "policies.opaque", "policies.sender_identity", "policies.signed_documents", "policies.typography",
)  # fmt: skip
_STDERR = 2


class WarmCli:
    """Client of the server."""

    def __init__(self) -> None:
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.support.warm_cli", str(theirs.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=ROOT)
        theirs.close()
        atexit.register(self.close)

    def close(self) -> None:
        self._door.close()
        self._process.wait()

    def begin(self, module: str, arguments: list[str], *streams: IO[bytes], cwd: Path = ROOT) -> IO[bytes]:
        """Run `main` of a module with three streams; return what tells process id and, at its end, exit code."""
        ours, theirs = os.pipe()
        request = json.dumps({"module": module, "arguments": arguments, "cwd": str(cwd)}).encode(
            "utf-8", "surrogatepass"
        )
        socket.send_fds(self._door, [request], [*(stream.fileno() for stream in streams), theirs])
        os.close(theirs)
        return os.fdopen(ours, "rb")

    async def run(self, arguments: list[str], *, cwd: Path, stdin: bytes, timeout: float) -> tuple[int, bytes, bytes]:
        """Run a command; return exit code, standard output, standard error. TimeoutError; the command is then killed."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            status = self.begin("gateway.cli", ["gateway", *arguments], given, out, err, cwd=cwd)
            told, runner = asyncio.StreamReader(), 0
            transport, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(told), status
            )
            try:
                async with asyncio.timeout(timeout):
                    runner = int(await told.readline())
                    code = int(await told.readline())
            except TimeoutError:
                if runner:
                    os.kill(runner, signal.SIGKILL)
                raise
            finally:
                transport.close()
            out.seek(0)
            err.seek(0)
            return code, out.read(), err.read()


warm_cli = functools.cache(WarmCli)
"""The one server of this process."""


def _serve(door: socket.socket) -> None:
    for module in _LOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    while True:
        request, descriptors, _, _ = socket.recv_fds(door, 1 << 20, 4)
        if not request:
            break
        if os.fork() == 0:
            door.close()
            _mind(json.loads(request.decode("utf-8", "surrogatepass")), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        _reap(os.WNOHANG)
    _reap(0)


def _reap(how: int) -> None:
    while True:
        try:
            if os.waitpid(-1, how)[0] == 0:
                return
        except ChildProcessError:
            return


def _mind(request: dict, descriptors: list[int]) -> None:
    """Start the command; report its process id and exit code (negative for a signal)."""
    *streams, status = descriptors
    runner = os.fork()
    if runner == 0:
        os.close(status)
        _run(request, streams)
    os.write(status, b"%d\n" % runner)
    os.write(status, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(runner, 0)[1]))
    os._exit(0)


def _run(request: dict, streams: list[int]) -> None:
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request["cwd"])
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(_STDERR, "w", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = request["arguments"]
    code = 1
    try:
        importlib.import_module(request["module"]).main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
