"""One connection of an MTA: protocol commands in, envelope and content to the engine, its answer out.

State is kept apart by life time: the connection (client, macros of connect and HELO, TLS) until `K` or the end, the
message (envelope, content, macros of MAIL) until it is answered or aborted. Anything unexpected is answered by closing
the connection or by a temporary failure, never by an acceptance.

Commands that need no answer are handled as they come in. RCPT and the end of a message are judged in a task; until it
has answered, nothing more is read. An MTA that goes away meanwhile takes its task with it: there is nobody to answer.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import cast

from gateway.milter import protocol
from gateway.milter.engine import MilterAnswer, MilterEngine
from gateway.milter.message import Message
from gateway.milter.protocol import Action, Command, ProtocolError, Step
from gateway.model import Disposition, Envelope, FrontEnd, Language, Reply, ReplyCharset, Session, Transaction
from gateway.spool import Spool
from gateway.system.deadlines import Deadline, Deadlines
from gateway.system.tasks import begun
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.milter")
PROGRESS_INTERVAL_S = 2.0
MTA_GONE = "mta-gone"
"""Why a judgement was cancelled, for its record."""
_MESSAGE_STAGES = (b"M", b"R", b"T", b"L", b"N", b"B", b"E")
_SILENT = {
    b"C": Step.SILENT_CONNECT, b"H": Step.SILENT_HELO, b"M": Step.SILENT_MAIL, b"T": Step.SILENT_DATA,
    b"U": Step.SILENT_UNKNOWN, b"N": Step.SILENT_END_OF_HEADERS, b"L": Step.SILENT_HEADER, b"B": Step.SILENT_BODY,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MilterSettings:
    """Dependencies of every connection."""

    engine: MilterEngine
    new_spool: Callable[[], Spool]
    new_reference: Callable[[], str]
    message_bytes: int = 35 << 20
    """The largest content that is judged; a larger one is permanently rejected, as on the gateway's own listeners."""
    deadline_s: float = 45.0
    """From the end of a message to our answer, below what mail clients wait (about 60 s)."""
    languages: tuple[Language, ...] = (Language.VI,)
    charset: ReplyCharset = ReplyCharset.AUTO
    refused_now: Callable[[Envelope], Reply | None] = lambda _: None
    """Returns the temporary failure for a mail that cannot be taken at the moment, whatever it holds."""


class MilterConnection(asyncio.Protocol):
    """Serves any number of messages, one after the other."""

    def __init__(self, settings: MilterSettings, connections: set[MilterConnection], deadlines: Deadlines) -> None:
        self._settings = settings
        self._connections = connections
        self._deadlines = deadlines
        self._transport: asyncio.Transport
        self._quick_acknowledge: socket.socket | None = None
        self._decoder = protocol.Decoder()
        self._steps = Step(0)
        self._actions = Action(0)
        self._answered = frozenset(_SILENT)
        """Commands that the MTA wants answered before they are judged."""
        self._space = b" "
        """Space between the colon and the value of a header field."""
        self._macros: dict[bytes, bytes] = {}
        self._client: str | None = None
        self._helo: str | None = None
        self._message: Message | None = None
        self._leaving = False
        self._choked = False
        """The MTA does not take our answers."""
        self.work: asyncio.Task[None] | None = None
        """The message that is being judged."""

    # The event loop's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by their class
        self._connections.add(self)
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family in {socket.AF_INET, socket.AF_INET6}:
            self._quick_acknowledge = connection

    def data_received(self, data: bytes) -> None:
        """Act on what came, up to the first command that has to be judged."""
        if self._quick_acknowledge is not None:
            # Unanswered packets and Nagle on the MTA's side cost 40 ms a mail without it; it holds for one packet.
            self._quick_acknowledge.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self._decoder.push(data)
        if self.work is None:
            self._go_on()
        else:
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        """Take nothing more from an MTA that does not take our answers."""
        self._choked = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self._choked = False
        self._read_again()

    def connection_lost(self, _: Exception | None) -> None:
        """Forget everything; a judgement under way is not answered."""
        self._connections.discard(self)
        if self.work is not None:
            self.work.cancel(MTA_GONE)  # the message goes with it
        else:
            self._drop_message()

    def leave(self) -> None:
        """End the connection: at once when it is idle, else once the message in flight is answered."""
        self._leaving = True
        if self.work is None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once; the MTA fails temporarily."""
        self._transport.abort()

    # Commands

    def _go_on(self) -> None:
        try:
            while self.work is None and not self._transport.is_closing():
                command = self._decoder.pop()
                if command is None:
                    return
                self._handle(command)
        except ProtocolError:
            self._transport.close()  # makes the MTA fail temporarily

    def _handle(self, command: Command) -> None:
        match command:  # the frequent ones first
            case protocol.Macros(stage, strings):
                self._macros[stage] = strings
            case protocol.Header(name, value):
                self._current().write(self._field(name, value), more=True)
                self._continue(b"L")
            case protocol.Plain(b"N"):
                self._current().end_headers()
                self._continue(b"N")
            case protocol.Plain(b"A"):
                self._end_transaction()
            case protocol.Plain(b"K"):
                self._drop_message()
                self._macros.clear()
                self._client = self._helo = None
            case protocol.Plain(b"Q"):
                self._transport.close()
            case protocol.Plain(kind):
                self._continue(kind)
            case protocol.Body(data):
                message = self._current()
                message.end_headers()
                message.write(data)
                skips = message.overflow and Step.SKIP in self._steps
                self._continue(b"B", protocol.SKIP if skips else protocol.CONTINUE)
            case protocol.EndOfMessage(data):
                message = self._current()
                message.end_headers()
                message.write(data)
                self._begin(self._end_of_message(message))
            case protocol.Mail():
                self._drop_message()
                self._message = Message(command, self._settings.new_spool(), limit_bytes=self._settings.message_bytes)
                self._continue(b"M")
            case protocol.Rcpt():
                self._begin(self._rcpt(self._current(), command))
            case protocol.Connect(_, address):
                self._client = address
                self._continue(b"C")
            case protocol.Helo(name):
                self._helo = name
                self._continue(b"H")
            case protocol.OptionNegotiation():
                answer, self._actions, self._steps = protocol.accept_options(command)
                _warn_missing(protocol.WANTED_ACTIONS & ~self._actions)
                self._answered = frozenset(kind for kind, silent in _SILENT.items() if silent not in self._steps)
                self._space = b"" if Step.HEADER_LEADING_SPACE in self._steps else b" "
                self._transport.write(answer)

    def _field(self, name: bytes, value: bytes) -> bytes:
        """Return a header field as it was on the wire: LF folds back to CRLF, the space after the colon restored."""
        if b"\n" in value:
            value = value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return b"%b:%b%b\r\n" % (name, self._space, value)

    def _continue(self, command: bytes, answer: bytes = protocol.CONTINUE) -> None:
        if command in self._answered:
            self._transport.write(answer)

    def _current(self) -> Message:
        if self._message is None:
            raise ProtocolError("content outside a message")
        return self._message

    def _drop_message(self) -> None:
        if self._message is not None:
            self._message.spool.close()
            self._message = None

    def _end_transaction(self) -> None:
        """Forget the message and the macros that belong to it; the connection stays."""
        self._drop_message()
        for stage in _MESSAGE_STAGES:
            self._macros.pop(stage, None)

    def _session(self) -> Session:
        macro = protocol.macros(reversed(self._macros.values())).get
        version = macro("tls_version")
        return Session(
            front_end=FrontEnd.MILTER,
            client_address=self._client or macro("client_addr"),
            helo=self._helo,
            tls=f"{version} {macro('cipher', '')}".strip() if version else None,
            auth_user=macro("auth_authen"),
            queue_id=macro("i"),
            languages=self._settings.languages,
        )

    # What is judged

    def _begin(self, work: Coroutine[None, None, bytes]) -> None:
        """Judge something; where that has to wait, nothing more is read until its answer has gone out."""
        task = begun(self._answer_with(work))
        if not task.done():
            self.work = task

    async def _answer_with(self, work: Coroutine[None, None, bytes]) -> None:
        try:
            self._transport.write(await work)
        except BaseException:
            self._transport.abort()  # no answer, so no acceptance either
            self._drop_message()
            raise
        finally:
            waited, self.work = self.work is not None, None
        if self._leaving:
            self._transport.close()
        elif waited:
            self._go_on()
            self._read_again()

    def _read_again(self) -> None:
        if self.work is None and not self._choked and not self._transport.is_closing():
            self._transport.resume_reading()

    async def _rcpt(self, message: Message, command: protocol.Rcpt) -> bytes:
        envelope, engine = message.envelope(command), self._settings.engine
        # MAIL is not answered (`SILENT_MAIL`); the first that is comes before the content as well.
        if (late := self._settings.refused_now(envelope)) is not None:
            return self._reply(late)
        try:
            refusal = await engine.judge_recipient(self._session(), envelope)
        except Exception as error:  # noqa: BLE001 - the front end's wall: our fault is a temporary failure
            refusal = engine.internal_error(self._settings.new_reference(), error)
        if refusal is not None:
            return self._reply(refusal)
        message.recipients.append(command)
        return protocol.CONTINUE

    async def _end_of_message(self, message: Message) -> bytes:
        reference, engine = self._settings.new_reference(), self._settings.engine
        session, envelope, spool = self._session(), message.envelope(*message.recipients), message.spool
        try:
            if message.overflow:
                refused = await engine.refuse_overflow(
                    reference,
                    session,
                    envelope,
                    size_bytes=message.size_bytes,
                    parts=message.parts,
                    limit_bytes=self._settings.message_bytes if message.too_big else None,
                )
                return self._reply(refused)
            transaction = Transaction(
                id=reference,
                session=session,
                envelope=envelope,
                received_at=datetime.now(UTC),
                size_bytes=spool.size_bytes,
                sha256=spool.sha256,
            )
            answer = await self._judged(transaction, spool)
        except Exception as error:  # noqa: BLE001 - the front end's wall: our fault is a temporary failure
            return self._reply(engine.internal_error(reference, error))
        finally:
            self._end_transaction()
        return self._reply(answer) if isinstance(answer, Reply) else self._packets(answer)

    async def _judged(self, transaction: Transaction, spool: Spool) -> MilterAnswer | Reply:
        """Return the engine's answer, or a temporary failure at the deadline; progress is reported meanwhile."""
        engine, late = self._settings.engine, Deadline(self._deadlines, self._too_late)
        self._progress = Deadline(self._deadlines, self._tell)
        self._progress.within(PROGRESS_INTERVAL_S)
        late.within(self._settings.deadline_s)
        try:
            holds, tags = Action.QUARANTINE in self._actions, Action.ADD_HEADER in self._actions
            return await engine.judge_message(transaction, spool, holds=holds, tags=tags)
        except asyncio.CancelledError:
            if late.at < math.inf:
                raise
            return engine.deadline_passed(transaction)
        finally:
            late.end()
            self._progress.end()

    def _too_late(self) -> None:
        """Stop judging; only a record that cannot be written lasts longer, then the MTA's own limit holds."""
        self._progress.end()
        if self.work is not None:
            self.work.cancel()

    def _tell(self) -> None:
        self._transport.write(protocol.PROGRESS)
        self._progress.within(PROGRESS_INTERVAL_S)

    def _packets(self, answer: MilterAnswer) -> bytes:
        """Return the replies to the MTA."""
        match answer.disposition:
            case Disposition.REJECT | Disposition.DEFER:
                return self._reply(answer.reply) if answer.reply else protocol.TEMPFAIL
            case Disposition.HOLD:
                return self._edits(answer) + protocol.quarantine(answer.quarantine) + protocol.CONTINUE
            case Disposition.RELAY | Disposition.TAG:
                return self._edits(answer) + protocol.CONTINUE

    def _reply(self, reply: Reply) -> bytes:
        """Return a reply for the MTA, which passes it to servers and mail programs alike."""
        return protocol.reply_code(reply, utf8=self._settings.charset is ReplyCharset.UTF8)

    def _edits(self, answer: MilterAnswer) -> bytes:
        space = "" if self._space else " "
        removed = b"".join(
            protocol.remove_header(name, occurrence)
            for name, occurrence in sorted(answer.remove, key=lambda item: -item[1])
            if Action.CHANGE_HEADER in self._actions
        )
        inserted = b"".join(
            protocol.insert_header(0, name, space + value)
            for name, value in reversed(answer.insert)
            if Action.ADD_HEADER in self._actions
        )
        return removed + inserted


@cache  # once a process for each set: an MTA offers the same at every connection
def _warn_missing(actions: Action) -> None:
    """Warn the administrator of what the MTA does not let us do."""
    for action in actions:
        _LOG.warning("%s", both("start", "milter", str(action.name).lower()))
