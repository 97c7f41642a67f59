"""Health check of the log writer: a commit without a record, for processes that write none."""

from __future__ import annotations

import socket
import time
from typing import Final

from gateway.audit.wire import ANSWERS, Append, Appended, Failed
from gateway.system.door import Frames, framed, hand_in
from gateway.texts.catalogue import both

_READ_BYTES: Final = 1 << 12


def probe(door: socket.socket, within_s: float) -> str:
    """Return why the log cannot be written, empty when it can; blocks up to the deadline."""
    end = time.monotonic() + within_s
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            hand_in(door, theirs)
        ours.settimeout(within_s)
        ours.sendall(framed(Append([])))
        frames = Frames(ANSWERS)
        while octets := ours.recv(_READ_BYTES):
            for answer in frames.take(octets):
                if isinstance(answer, Appended):
                    return ""
                if isinstance(answer, Failed):
                    return answer.cause
            ours.settimeout(max(0.001, end - time.monotonic()))
    except OSError:  # no writer behind the socket, or no response in time
        pass
    finally:
        ours.close()
    return both("trouble", "line", "unanswered")
