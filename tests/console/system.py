"""A console and a small steward that run until standard input closes: `python -m tests.console.system [JSON]`."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import selectors
import signal
import socket
import sys
from ipaddress import ip_network
from pathlib import Path

import msgspec

from gateway.console import process
from gateway.console.app import Console
from gateway.console.process import ConsoleProcess
from gateway.console.settings import ConsoleSettings
from gateway.steward.questions import Answered, Asked
from gateway.system.door import DoorProcess, Frames, admitted, framed
from tests.console.answers import answers


def steward(door: socket.socket) -> None:
    """Answer with fixed data; what is asked is told on standard error."""
    selector = selectors.DefaultSelector()
    selector.register(door, selectors.EVENT_READ)
    frames: dict[socket.socket, Frames[Asked]] = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is door:
                for sock in admitted(door, selector):
                    frames[sock] = Frames(msgspec.msgpack.Decoder(Asked))
                    selector.register(sock, selectors.EVENT_READ)
                continue
            sock = key.fileobj
            data = sock.recv(1 << 18)
            if not data:
                selector.unregister(sock)
                sock.close()
                continue
            for asked in frames[sock].take(data):
                print("asked", type(asked.question).__name__, file=sys.stderr, flush=True)
                given = answers(asked)
                with contextlib.suppress(OSError):
                    for number, answer in enumerate(given):
                        sock.sendall(framed(Answered(asked.number, answer, number + 1 == len(given))))


class Probing(Console):
    """A console that is asked what it may still do."""

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http" or scope["path"] != "/probe":
            await super().__call__(scope, receive, send)
            return
        body = json.dumps(probed()).encode()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]}
        )
        await send({"type": "http.response.body", "body": body})


def probed() -> dict[str, object]:
    libc = ctypes.CDLL(None, use_errno=True)

    def by_libc(name: str, *arguments: object) -> None:
        if getattr(libc, name)(*arguments) < 0:
            raise OSError(ctypes.get_errno(), name)

    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    attempts = {
        "open": lambda: os.open("/etc/hostname", os.O_RDONLY),
        "create": lambda: os.open("/tmp/console-probe", os.O_CREAT | os.O_WRONLY),
        "memfd": lambda: os.memfd_create("x"),
        "listdir": lambda: os.listdir("/"),
        "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "connect": lambda: pair[0].connect("/run/systemd/journal/socket"),
        "sendmsg": lambda: pair[0].sendmsg([b"x"], [], 0, "/run/systemd/journal/socket"),
        "bind": lambda: pair[0].bind("/tmp/console-probe"),
        "execve": lambda: os.execv("/bin/true", ["true"]),
        "fork": os.fork,
        "kill": lambda: os.kill(os.getppid(), 0),
        "ptrace": lambda: by_libc("ptrace", 16, os.getppid(), 0, 0),
        "setuid": lambda: os.setuid(0),
    }
    results: dict[str, object] = {"uid": os.getuid()}
    for name, attempt in attempts.items():
        try:
            attempt()
            results[name] = "done"
        except OSError as error:
            results[name] = errno.errorcode[error.errno]
    return results


def main() -> None:
    wanted = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    wanted.pop("here", "")
    if wanted.pop("probe", False):
        process.Console = Probing
    networks = tuple(ip_network(each) for each in wanted.pop("networks", ()))
    for key in ("certificate", "key", "htmx"):
        if key in wanted:
            wanted[key] = Path(wanted[key])
    settings = ConsoleSettings(
        **({"names": ("127.0.0.1", "localhost"), "patience_s": 30.0, "requests_per_s": 1000.0} | wanted),
        networks=networks,
    )
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    behind = DoorProcess("steward", steward, lambda: None, ended_by=signal.SIGKILL)
    console = ConsoleProcess([listener], behind.door, settings, lambda: None)
    behind.start()
    console.start()
    with contextlib.suppress(BrokenPipeError):
        print(
            json.dumps({"port": listener.getsockname()[1], "steward": behind._pid, "console": console._process._pid}),
            flush=True,
        )
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    try:
        while True:
            if selector.select(0.1) and not sys.stdin.readline():
                return
            if not (behind.supervise() | console.supervise()):
                continue
            print(json.dumps({"steward": behind._pid, "console": console._process._pid}), flush=True)
    finally:
        console.close()
        behind.close()


if __name__ == "__main__":
    main()
