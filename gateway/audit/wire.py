"""Messages between a front end and the writer of the log: length-prefixed msgpack.

Questions are answered in their order, so an answer needs no number.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from gateway.audit.chain import Entry

_LENGTH = struct.Struct("!I")
READ_BYTES = 1 << 16


class Append(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """Records to be written in one commit, all or none."""

    entries: list[Entry]


class Recover(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Conclude what processes that are gone left open."""

    process: str
    """Who asks, and in whose name the outcomes are recorded."""


class Appended(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """The records are durable."""

    first: int
    """Sequence number of the first."""


class Recovery(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """What a start concluded about mails that an earlier process left open."""

    unknown: tuple[str, ...] = ()
    """References of mails that may or may not have been delivered."""
    not_sent: tuple[str, ...] = ()


class Failed(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Nothing was written."""

    cause: str


Question: TypeAlias = Append | Recover
Answer: TypeAlias = Appended | Recovery | Failed

_ENCODER = msgspec.msgpack.Encoder()
_QUESTIONS: msgspec.msgpack.Decoder[Question] = msgspec.msgpack.Decoder(Question)
_ANSWERS: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def encode(value: Question | Answer) -> bytes:
    """Return a value as it goes over the socket."""
    payload = _ENCODER.encode(value)
    return _LENGTH.pack(len(payload)) + payload


class Frames:
    """Octets from a socket, cut into values."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def questions(self, data: bytes) -> Iterator[Question]:
        """Yield the questions that these octets complete."""
        return map(_QUESTIONS.decode, self._payloads(data))

    def answers(self, data: bytes) -> Iterator[Answer]:
        """Yield the answers that these octets complete."""
        return map(_ANSWERS.decode, self._payloads(data))

    def _payloads(self, data: bytes) -> Iterator[bytes]:
        octets = self._octets
        octets += data
        begin = 0
        while len(octets) >= begin + _LENGTH.size:
            end = begin + _LENGTH.size + _LENGTH.unpack_from(octets, begin)[0]
            if len(octets) < end:
                break
            yield bytes(octets[begin + _LENGTH.size : end])
            begin = end
        del octets[:begin]
