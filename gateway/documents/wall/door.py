"""Job socket between front ends and zygote: one SOCK_SEQPACKET pair that carries jobs with their descriptors.

Every front-end process holds the same sending end, so no connection has to be set up for each; the supervisor keeps the
receiving end too, so that jobs wait in the kernel while a dead zygote is replaced. A job is one datagram with a small
msgpack struct and two or three descriptors:

1. the child's end of the job socket, on which request and frames travel;
2. the writing end of the status pipe, on which the zygote reports how the child ended, and whose closing by the parent
   tells the zygote that the caller is gone;
3. the message's content, read only, when the request does not hold it.
"""

from __future__ import annotations

import array
import os
import socket
import struct
from typing import Final

import msgspec
from msgspec import Struct

DATAGRAM_LIMIT: Final = 4096
_ANCILLARY_LIMIT: Final = socket.CMSG_SPACE(8 * array.array("i").itemsize)
_STATUS: Final = struct.Struct("=iqdB")


class Job(Struct, frozen=True, kw_only=True):
    """Description of a job for the zygote, which never sees the request itself."""

    idle_s: float
    """A child that takes no processor time for so long is killed: it waits for something that will not come."""
    memory_bytes: int
    """Address space beyond the zygote's own."""
    cpu_s: int
    patient: bool = False
    """Its child runs only when no other process wants the processor."""


class Ended(Struct, frozen=True, kw_only=True):
    """End of a child, as the kernel reported it to the zygote."""

    exit_code: int
    """As `os.waitstatus_to_exitcode`: negative for a signal."""
    peak_memory_kib: int
    cpu_s: float
    """Processor time that it took."""
    killed: bool
    """By the zygote: it stood still, or the parent had gone."""

    def pack(self) -> bytes:
        """Return the bytes for the status pipe."""
        return _STATUS.pack(self.exit_code, self.peak_memory_kib, self.cpu_s, self.killed)

    @classmethod
    def unpack(cls, data: bytes) -> Ended | None:
        """Return the status of the pipe's bytes, None when the zygote died before."""
        if len(data) != _STATUS.size:
            return None
        exit_code, memory, cpu_s, killed = _STATUS.unpack(data)
        return cls(exit_code=exit_code, peak_memory_kib=memory, cpu_s=cpu_s, killed=bool(killed))


def send_job(door: socket.socket, job: Job, descriptors: tuple[int, ...]) -> None:
    """Put a job through the door; BlockingIOError when the door's buffer is full, OSError when its other end is closed."""
    payload = msgspec.msgpack.encode(job)
    rights = array.array("i", descriptors)
    door.sendmsg([payload], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)], socket.MSG_DONTWAIT)


_decoder = msgspec.msgpack.Decoder(Job)


def receive_job(door: socket.socket, *, wait: bool = False) -> tuple[Job, list[int]] | None:
    """Take a job; None for a stray datagram, EOFError when all senders left, BlockingIOError if not to `wait`."""
    patience = 0 if wait else socket.MSG_DONTWAIT
    data, ancillary, flags, _ = door.recvmsg(DATAGRAM_LIMIT, _ANCILLARY_LIMIT, patience | socket.MSG_CMSG_CLOEXEC)
    descriptors: list[int] = []
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            rights = array.array("i")
            rights.frombytes(value[: len(value) - len(value) % rights.itemsize])
            descriptors.extend(rights)
    if not data and not descriptors:
        # An empty datagram looks the same as the end; a sender of ours never sends one.
        raise EOFError
    try:
        job = _decoder.decode(data)
    except msgspec.DecodeError:
        job = None
    whole = not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) and 1 <= len(descriptors) <= 3
    if job is not None and whole and job.idle_s > 0 and job.memory_bytes >= 0 and job.cpu_s >= 0:
        return job, descriptors
    for descriptor in descriptors:
        os.close(descriptor)
    return None
