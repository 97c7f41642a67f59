"""Stands in for the inspector in the tests of the wall: does what the name of each part says, inside the real sandbox."""

import concurrent.futures.thread
import contextlib
import ctypes
import fcntl
import mmap
import os
import signal
import socket
import struct
import time
from datetime import UTC, datetime

from gateway.documents.wall.child import _end_at, _receive
from gateway.documents.wall.syscalls import ALLOWED, FILTERED, numbers_for
from gateway.documents.wall.wire import Began, Finished, InspectionRequest, Limits, Result, decode_request, encode
from gateway.model import Document, Part, ReadStatus

PROBE = "tests.workers.wall_probe"
STATE = []
QUICK = Limits(part_cpu_s=0.1, cpu_s=20.0, memory_bytes=192 << 20)


def request_for(*names, limits=QUICK, reference="probe", content=b"content"):
    children = tuple(
        Part(path=str(number), declared_type="application/octet-stream", filename=name)
        for number, name in enumerate(names, 1)
    )
    root = Part(path="", declared_type="multipart/mixed", children=children)
    return InspectionRequest(id=reference, root=root, content=content, limits=limits, now=datetime.now(UTC))


def run(job, content):
    with socket.socket(fileno=job) as channel:
        request = decode_request(_receive(channel))
        if request.id == "silent-exit":
            os._exit(0)
        if request.id == "lazy":
            channel.sendall(encode(Finished()))
        for part in request.root.leaves():
            if request.awaited and part.path not in request.awaited:
                continue
            channel.sendall(encode(Began(part.path)))
            _end_at(time.process_time() + request.limits.part_cpu_s)
            said = act(part.filename or "", channel, part, content)
            document = Document(part=part.path, format="probe", status=ReadStatus.OK, reason=said)
            channel.sendall(encode(Result(part=part, documents=(document,))))
        channel.sendall(encode(Finished()))
    return 0


def act(name, channel, part, content):
    match name:
        case "abort":
            os.abort()
        case "segfault":
            ctypes.string_at(0)
        case "memory":
            blocks = []
            while True:
                blocks.append(bytearray(16 << 20))
        case "loop":
            while True:
                pass
        case "hang":
            signal.signal(signal.SIGUSR1, lambda *_: None)  # ends the pause
            signal.pause()
        case "exit":
            os._exit(0)
        case "garbage":
            channel.sendall(struct.pack(">I", 5) + b"junk!" * 3)
            time.sleep(60)
        case "too-large":
            channel.sendall(struct.pack(">I", 1 << 31))
            time.sleep(60)
        case "flood":
            filler = Document(part=part.path, format="x", reason="x" * (1 << 20))
            while True:
                channel.sendall(encode(Result(part=part, documents=(filler,))))
        case "liar":
            stranger = Part(path="99", declared_type="text/plain")
            document = Document(part="99", format="probe")
            channel.sendall(encode(Result(part=stranger, documents=(document,))))
            time.sleep(60)
        case "state":
            STATE.append(1)
            return f"seen:{len(STATE)}"
        case "descriptors":
            return "open:" + ",".join(str(fd) for fd in range(64) if is_open(fd))
        case "threads":
            return f"threads:{threads()}"
        case "foreign-call":
            _syscall(0x40000000 | 39)
        case "newest-call":
            return attempt(lambda: _syscall(0x3FFF))
        case "user":
            return f"uid:{os.geteuid()}"
        case "write-content":
            return attempt(lambda: os.pwrite(content, b"changed", 0))
        case _ if name in FORBIDDEN:
            return attempt(FORBIDDEN[name])
    return "fine"


def is_open(fd):
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def attempt(action):
    """Say which error the kernel answered; `done` when it let the action through."""
    try:
        action()
    except OSError as error:
        return f"errno:{error.errno}"
    return "done"


def _syscall(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)


def _connect_abstract():
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as sock:
        sock.connect("\0anything")


def _numbers():
    return numbers_for(ALLOWED | FILTERED, os.uname().machine)


def _executable_memory():
    if not ctypes.CDLL(None).mmap(None, 4096, 5, 0x22, -1, 0) + 1:
        raise PermissionError(1, "refused")


def _executable_afterwards():
    block = mmap.mmap(-1, 4096)
    _syscall(_numbers()["mprotect"], ctypes.addressof(ctypes.c_char.from_buffer(block)) & ~4095, 4096, 5)


def _own_signals(channel):
    """Have the kernel signal a process of ours whenever something arrives (fcntl(2), F_SETOWN, F_SETSIG)."""
    fcntl.fcntl(channel, 8, os.getppid())


def threads():
    """Run work in threads as a pool of Python does; returns how many answered."""
    with concurrent.futures.ThreadPoolExecutor(4) as workers:
        return len(list(workers.map(lambda number: bytes(number << 20), range(8))))


FORBIDDEN = {
    "executable-memory": _executable_memory,
    "executable-afterwards": _executable_afterwards,
    "owner-of-signals": lambda: _own_signals(0),
    "signal-of-owner": lambda: fcntl.fcntl(0, 10, signal.SIGKILL),
    "asynchronous": lambda: fcntl.fcntl(0, fcntl.F_SETFL, os.O_ASYNC),
    "owner-by-ioctl": lambda: fcntl.ioctl(0, 0x8901, os.getppid()),
    "lease": lambda: fcntl.fcntl(0, 1024, 0),
    "processors": lambda: os.sched_setaffinity(0, {0}),
    "stat-by-name": lambda: os.stat("/etc/passwd"),
    "process-in-namespace": lambda: _syscall(_numbers()["clone"], 0x3D0F00 | 0x40000000, 0, 0, 0, 0),
    "outlive-parent": lambda: _syscall(_numbers()["prctl"], 1, 0, 0, 0, 0),
    "send-to-address": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"x", "\0anything"),
    "send-descriptor": lambda: socket.send_fds(socket.socketpair()[0], [b"x"], [0]),
    "open-file": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "write-file": lambda: os.open("/tmp/gateway-probe", os.O_CREAT | os.O_WRONLY),
    "list-folder": lambda: os.listdir("/"),
    "delete-file": lambda: os.unlink("/tmp/gateway-probe"),
    "reopen-content": lambda: os.open("/proc/self/fd/4", os.O_RDWR),
    "socket-inet": lambda: socket.socket(socket.AF_INET),
    "socket-unix": _connect_abstract,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "fork": _fork,
    "kill-parent": lambda: os.kill(os.getppid(), 0),
    "kill-self": lambda: os.kill(os.getpid(), 0),
    "ptrace-parent": lambda: _syscall(101 if os.uname().machine == "x86_64" else 117, 16, os.getppid(), 0, 0),
    "memfd": lambda: os.memfd_create("x"),
    "limits-of-parent": lambda: __import__("resource").prlimit(os.getppid(), 7, (1, 1)),
    "chmod": lambda: os.chmod("/tmp", 0o777),
    "namespace": lambda: _syscall(272 if os.uname().machine == "x86_64" else 97, 0x10000000),
}
