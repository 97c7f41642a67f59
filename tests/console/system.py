"""A console and a small steward that run until standard input closes: `python -m tests.console.system [JSON]`."""

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
from functools import partial
from pathlib import Path

import msgspec

from gateway.console.process import ConsoleProcess
from gateway.console.settings import ConsoleSettings
from gateway.steward.questions import Answer, Answered, Asked, AskHealth, WhoAmI
from gateway.system.door import DoorProcess, Frames, admitted, framed
from gateway.system.supervised import end_with
from tests.console.answers import answers


def steward(door: socket.socket, parent: int) -> None:
    """Answer with fixed data; what is asked is told on standard error."""
    end_with(parent)
    selector = selectors.DefaultSelector()
    selector.register(door, selectors.EVENT_READ)
    frames: dict[socket.socket, Frames[Asked | int]] = {}
    waiting: list[tuple[socket.socket, int, list[Answer]]] = []
    pings = 0
    while True:
        for key, _ in selector.select():
            if key.fileobj is door:
                for sock in admitted(door, selector):
                    frames[sock] = Frames(msgspec.msgpack.Decoder(Asked | int))
                    selector.register(sock, selectors.EVENT_READ)
                continue
            sock = key.fileobj
            data = sock.recv(1 << 18)
            if not data:
                selector.unregister(sock)
                sock.close()
                continue
            for asked in frames[sock].take(data):
                if isinstance(asked, int):
                    print("left", asked, file=sys.stderr, flush=True)
                    continue
                print("asked", type(asked.question).__name__, file=sys.stderr, flush=True)
                given = answers(asked)
                late = [(sock, asked.number, given)]
                if asked.token == "late" and not isinstance(asked.question, WhoAmI):
                    waiting += late  # until the console has asked three times whether the steward lives
                    continue
                if isinstance(asked.question, AskHealth) and waiting:
                    pings += 1
                    late += waiting if pings % 3 == 0 else ()
                    waiting = [] if pings % 3 == 0 else waiting
                for one, number, these in late:
                    with contextlib.suppress(OSError):
                        for place, answer in enumerate(these):
                            one.sendall(framed(Answered(number, answer, place + 1 == len(these))))


def main() -> None:
    wanted = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    wanted.pop("here", "")
    begin = wanted.pop("begin", "gateway.console.begun")
    for key in ("certificate", "key", "htmx"):
        if key in wanted:
            wanted[key] = Path(wanted[key])
    settings = ConsoleSettings(
        **({"names": ("127.0.0.1", "localhost"), "patience_s": 30.0, "requests_per_s": 1000.0} | wanted),
    )
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    behind = DoorProcess("steward", partial(steward, parent=os.getpid()), lambda: None, ended_by=signal.SIGKILL)
    console = ConsoleProcess([listener], behind.door, settings, lambda: None, begin=begin)
    behind.start()
    console.start()
    with contextlib.suppress(BrokenPipeError):
        print(
            json.dumps({"port": listener.getsockname()[1], "steward": behind.pid, "console": console.pid}),
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
            print(json.dumps({"steward": behind.pid, "console": console.pid}), flush=True)
    finally:
        console.close()
        behind.close()


if __name__ == "__main__":
    main()
