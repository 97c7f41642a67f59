"""Passwords: argon2id (RFC 9106) with 64 MiB and three passes, one at a time; under load at idle priority."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from gateway.identity.passwords import meets_article_6

SHORTEST: Final = 12
LONGEST: Final = 256
_TURN: Final = threading.Lock()
"""Held while a password is hashed, here or in the process for a rush: the memory is needed once."""
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 << 10, parallelism=1)
_RUSH: Final = 4
"""Tries within so many seconds that are a rush."""
_RUSH_S: Final = 5.0
_PATIENT: Final = """
import ctypes, os, sys
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
hasher = PasswordHasher()
for line in sys.stdin.buffer:
    kept, password = (bytes.fromhex(word).decode() for word in line.decode().split(" "))
    try:
        good = hasher.verify(kept, password)
    except (Argon2Error, InvalidHashError):
        good = False
    try:
        os.write(1, b"1" if good else b"0")
    except BrokenPipeError:  # the steward has ended
        break
"""
"""A process that runs only when no other wants the processor; a thread would not get its priority back."""


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    with _TURN:
        return _HASHER.hash(password)


class Verifier:
    """Compares passwords; an unknown name takes as long."""

    def __init__(self) -> None:
        self._nobodys = hashed(secrets.token_urlsafe(32))
        self._lock = threading.Lock()
        self._tries: deque[float] = deque(maxlen=_RUSH)
        self._patient: subprocess.Popen[bytes] | None = None

    def holds(self, kept: str | None, password: str) -> bool:
        """Return whether a password is the kept one; never when none is kept. OSError when there is no process for a rush."""
        with self._lock:
            now = time.monotonic()
            rush = len(self._tries) == _RUSH and now - self._tries[0] < _RUSH_S
            self._tries.append(now)
        try:
            given = (kept or self._nobodys, password[:LONGEST].encode().decode())
            return (self._in_a_rush(*given) if rush else _verified(*given)) and kept is not None
        except (Argon2Error, InvalidHashError, UnicodeEncodeError):
            return False

    def _in_a_rush(self, kept: str, password: str) -> bool:
        with _TURN:
            if self._patient is None or self._patient.poll() is not None:
                self._patient = subprocess.Popen(  # noqa: S603 - our own program
                    (sys.executable, "-I", "-c", _PATIENT), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
                )
            assert self._patient.stdin is not None
            assert self._patient.stdout is not None
            self._patient.stdin.write(b"%b %b\n" % (kept.encode().hex().encode(), password.encode().hex().encode()))
            answer = self._patient.stdout.read(1)
            if not answer:
                raise OSError("the process that compares passwords ended")
            return answer == b"1"


def _verified(kept: str, password: str) -> bool:
    with _TURN:
        return _HASHER.verify(kept, password)


def fit(password: str, name: str) -> bool:
    """Return whether a person may choose this password: the rule of Điều 6.1, at least twelve characters, not the name."""
    return (
        SHORTEST <= len(password) <= LONGEST
        and meets_article_6(password)
        and name.casefold() not in password.casefold()
        and password.isprintable()
    )
