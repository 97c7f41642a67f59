"""Checks of both fuzzers of the milter protocol, on any octets.

1. The decoder gives commands or its own ProtocolError, and the same ones however the octets are cut.
2. A connection answers or closes; nothing else comes out of it, and its engine decides on every message that it lets pass.
"""

import asyncio
import struct

from gateway.milter.connection import MilterConnection, MilterSettings
from gateway.milter.engine import MilterAnswer
from gateway.milter.protocol import Command, Decoder, ProtocolError, packet
from gateway.model import Disposition, Reply
from gateway.spool import ByteBudget, Spool, SpoolSettings
from gateway.system.deadlines import Deadlines

ANSWERS = frozenset(b"Ocytimqps")
LIMIT_BYTES = 1 << 16
BROKEN = "broken"


def commands(data: bytes, step: int | None = None) -> list[Command | str]:
    """Decode in pieces of `step` octets; a breach of the protocol ends the list with `BROKEN`."""
    decoder, read = Decoder(limit_bytes=LIMIT_BYTES), []
    step = step or max(1, len(data))
    try:
        for start in range(0, len(data), step):
            read.extend(decoder.feed(data[start : start + step]))
    except ProtocolError:
        read.append(BROKEN)
    return read


class Transport:
    """What the connection writes, and whether it closed."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.closed = self.paused = False

    def write(self, data: bytes) -> None:
        assert not self.closed, "written after the end"
        self.written += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def get_extra_info(self, name: str) -> None:
        return None


class Engine:
    """Refuses addresses with `x`; counts what it let pass."""

    def __init__(self) -> None:
        self.passed = 0

    async def judge_recipient(self, session, envelope):
        await asyncio.sleep(0)
        return Reply(code=550, enhanced="5.7.1", lines=("x",)) if "x" in envelope.forward_paths[0] else None

    async def judge_message(self, transaction, spool, *, holds, tags):
        await asyncio.sleep(0)
        assert len(spool.content()) == transaction.size_bytes
        self.passed += 1
        return MilterAnswer(disposition=Disposition.TAG, insert=(("X-Seen", "1"),))

    async def refuse_overflow(self, reference, session, envelope, *, size_bytes, limit_bytes, parts):
        assert size_bytes > 0
        return Reply(code=452, enhanced="4.3.1", lines=(reference,))

    def deadline_passed(self, transaction):
        raise AssertionError("no time has passed")

    def internal_error(self, reference, error):
        assert not isinstance(error, AssertionError), error
        return Reply(code=451, enhanced="4.3.0", lines=(str(reference),))


async def hold(data: bytes, step: int) -> tuple[bytes, Engine, Transport]:
    """Let a connection have these octets in pieces; return what it wrote."""
    engine, budget = Engine(), ByteBudget(LIMIT_BYTES)
    settings = MilterSettings(
        engine=engine, new_spool=lambda: Spool(SpoolSettings(), budget), new_reference=lambda: "BT-1"
    )
    open_ones: set[MilterConnection] = set()
    connection, transport = MilterConnection(settings, open_ones, Deadlines()), Transport()
    connection.connection_made(transport)
    for start in range(0, len(data), step):
        while transport.paused and not transport.closed:
            await asyncio.sleep(0)
        if transport.closed:
            break
        connection.data_received(data[start : start + step])
    while connection.work is not None:
        await asyncio.sleep(0)
    transport.closed = True
    connection.connection_lost(None)
    assert not open_ones
    assert budget.used_bytes == 0, "content was kept"
    return bytes(transport.written), engine, transport


def check_answers(written: bytes, engine: Engine) -> None:
    """All that was written is packets of known kinds; every edit belongs to a message that the engine let pass."""
    position, inserted = 0, 0
    while position < len(written):
        (length,) = struct.unpack_from(">I", written, position)
        assert length >= 1
        assert written[position + 4] in ANSWERS, written[position : position + 20]
        inserted += written[position + 4] == ord("i")
        position += 4 + length
    assert position == len(written)
    assert inserted <= engine.passed


def check(data: bytes) -> None:
    """Raise AssertionError, or whatever went through, when `data` is met otherwise than promised above."""
    whole = commands(data)
    assert commands(data, 1) == whole
    assert commands(data, 7) == whole

    async def both() -> None:
        first, engine, _ = await hold(data, max(1, len(data)))
        check_answers(first, engine)
        second, engine, _ = await hold(data, 3)
        check_answers(second, engine)
        assert first == second

    asyncio.run(both())


def negotiation(steps: int = 0x1FFFFF) -> bytes:
    """Return an MTA's offer."""
    return packet(b"O", struct.pack(">III", 6, 0x1FF, steps))
