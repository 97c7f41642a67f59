"""Messages between a front end and the writer of the log (`gateway.system.door`).

Requests are answered in order, so an answer needs no number.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from gateway.audit.chain import Entry

READ_BYTES = 1 << 16


class Append(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """Records to be written in one commit, all or none."""

    entries: list[Entry]


class Recover(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Conclude open mails of dead processes."""

    process: str
    """The requesting process, recorded as writer of the outcomes."""


class Appended(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """The records are durable."""

    first: int
    """Sequence number of the first."""


class Recovery(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Outcomes concluded for open mails of dead processes."""

    unknown: tuple[str, ...] = ()
    """References of mails that may or may not have been delivered."""
    not_sent: tuple[str, ...] = ()


class Failed(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Nothing was written."""

    cause: str
    known: bool = False
    """A mail has the reference of another mail in flight."""


Question: TypeAlias = Append | Recover
Answer: TypeAlias = Appended | Recovery | Failed

QUESTIONS: msgspec.msgpack.Decoder[Question] = msgspec.msgpack.Decoder(Question)
ANSWERS: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
