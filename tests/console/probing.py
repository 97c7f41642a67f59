"""A console that is asked, from within, what it may still do."""

import ctypes
import errno
import json
import os
import socket

from gateway.console import begun
from gateway.console.app import Console


def main(words: str) -> None:
    begun.main(words, Probing)


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
