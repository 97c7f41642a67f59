"""Starts the zygote by exec, waits until it is warm, and replaces it when it dies or the trust store changes."""

from __future__ import annotations

import contextlib
import logging
import mmap
import os
import select
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path
from typing import Final

import msgspec

from gateway.documents.wall.fork import Ready, ZygoteSettings
from gateway.errors import TemporaryError, UserError
from gateway.model import Observer
from gateway.system.interpreter import BARE, own_command
from gateway.texts.catalogue import both, reasons

_LOG: Final = logging.getLogger("gateway.serve.supervisor")
START_TIMEOUT_S: Final = 180.0
_NATIVE: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
"""One thread for native libraries, and of glibc one heap for all threads, so that a child's address space stays small."""
_ORIGIN: Final = struct.Struct("=Q")
_LEAST_LIFE_S: Final = 2.0
"""A zygote that dies sooner than this is not replaced before this much time has passed."""


class ZygoteProcess:
    """One door and the zygote behind it. Start it from the main thread: the kernel ends it with the starting thread."""

    def __init__(
        self,
        *,
        certs: Path | None,
        observing: str = "",
        observers: tuple[Observer, ...] = (),
        probe: str | None = None,
    ) -> None:
        self._certs = certs
        self._observing = observing
        self.observers = observers
        """Policies that a zygote started from now on imports."""
        self._probe = probe
        self.door, self._inner = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process: subprocess.Popen[bytes] | None = None
        self._leaving: list[subprocess.Popen[bytes]] = []
        self._started = 0.0
        self._ready_pipe = -1
        self._life, self._life_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._heard = 0.0
        """Time of the last sign of life of the zygote that was started last."""
        self._origin = mmap.mmap(-1, _ORIGIN.size)
        """Shared with front ends that are forked from here."""
        self.ready = Ready()

    @property
    def pid(self) -> int | None:
        """Process id of the zygote, None before the start and after the end."""
        return self._process.pid if self._process else None

    @property
    def origin(self) -> int:
        """Number of the zygote that was started last, in all processes."""
        return int(_ORIGIN.unpack_from(self._origin)[0])

    def start(self) -> Ready:
        """Start a zygote and wait until it is warm; UserError with its own words when it cannot start."""
        self._spawn()
        return self.wait_ready(START_TIMEOUT_S)

    def wait_ready(self, timeout_s: float) -> Ready:
        """Wait until the zygote that was started last is warm."""
        try:
            poller = select.poll()
            poller.register(self._ready_pipe, select.POLLIN)
            answer = os.read(self._ready_pipe, 1 << 16) if poller.poll(timeout_s * 1000) else b""
        finally:
            os.close(self._ready_pipe)
            self._ready_pipe = -1
        if not answer:
            self._end(self._process, signal.SIGKILL)
            self._process = None
            raise TemporaryError("the worker zygote did not start; its last words are on standard error")
        self.ready = msgspec.json.decode(answer, type=Ready)
        if self.ready.error:
            self._end(self._process, signal.SIGKILL)
            self._process = None
            raise UserError(both("start", "start", "zygote", reason=self.ready.error))
        return self.ready

    def silent_s(self) -> float:
        """Return how long the zygote has given no sign of life; 0 before the first."""
        with contextlib.suppress(BlockingIOError):
            if os.read(self._life, 1 << 16):
                self._heard = time.monotonic()
        return time.monotonic() - self._heard if self._heard else 0.0

    def alive(self) -> bool:
        """Return whether the zygote runs; reaps those that have ended."""
        self._leaving = [process for process in self._leaving if process.poll() is None]
        return self._process is not None and self._process.poll() is None

    def revive(self) -> bool:
        """Start another zygote if the last one died, without waiting until it is warm; True when one was started."""
        if self.alive() or time.monotonic() - self._started < _LEAST_LIFE_S:
            return False
        self.silent_s()  # the last one's sign of life is not the next one's
        try:
            self._spawn()
        except OSError as error:
            _LOG.error("%s", both("start", "fault", "no_process", reason=reasons(error)))
            self._started = time.monotonic()
            return False
        return True

    def renew(self) -> Ready:
        """Start a fresh zygote (new trust store), then let the old one finish what it has; raises as `start`.

        When the new one cannot start, the old one stays.
        """
        old, origin = self._process, self.origin
        try:
            self._spawn()
            ready = self.wait_ready(START_TIMEOUT_S)
        except (TemporaryError, UserError, OSError) as error:
            self._process = old
            _ORIGIN.pack_into(self._origin, 0, origin)
            if isinstance(error, OSError):
                raise TemporaryError(f"the worker zygote cannot be started: {error.strerror}") from error
            raise
        if old is not None:
            old.terminate()
            self._leaving.append(old)
        return ready

    def close(self) -> None:
        """End the zygote and, with it, every child."""
        for process in (*self._leaving, self._process):
            self._end(process, signal.SIGKILL)
        self._process, self._leaving = None, []
        self.door.close()
        self._inner.close()
        for descriptor in (self._life, self._life_end):
            with contextlib.suppress(OSError):  # of one that was closed before
                os.close(descriptor)
        self._life = self._life_end = -1
        if self._ready_pipe >= 0:
            os.close(self._ready_pipe)
            self._ready_pipe = -1

    def _spawn(self) -> None:
        if self._ready_pipe >= 0:
            os.close(self._ready_pipe)
        self._ready_pipe, ready = os.pipe()
        _ORIGIN.pack_into(self._origin, 0, time.monotonic_ns())
        settings = ZygoteSettings(
            origin=self.origin,
            door=self._inner.fileno(),
            ready=ready,
            parent=os.getpid(),
            life=self._life_end,
            certs=str(self._certs) if self._certs else None,
            observing=self._observing,
            observers=self.observers,
            probe=self._probe,
        )
        try:
            # Our own interpreter and our own module; nothing of a mail or a setting is in the words.
            self._process = subprocess.Popen(  # noqa: S603
                own_command("gateway.documents.wall.zygote", msgspec.json.encode(settings).decode()),
                stdin=subprocess.DEVNULL,
                pass_fds=(self._inner.fileno(), ready, self._life_end),
                env={**BARE, **_NATIVE},
            )
        finally:
            os.close(ready)
        self._started, self._heard = time.monotonic(), 0.0

    @staticmethod
    def _end(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
        if process is not None:
            if process.poll() is None:
                process.send_signal(how)
            process.wait()
