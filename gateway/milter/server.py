"""An asyncio milter server over UNIX and TCP sockets.

State is kept apart by life time: the connection (client, macros of connect and HELO, TLS) until `K` or the end, the
message (envelope, content, macros of MAIL) until it is answered or aborted. Anything unexpected is answered by closing
the connection or by a temporary failure, never by an acceptance.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gateway.errors import CapacityError, UserError
from gateway.milter import protocol
from gateway.milter.engine import MilterAnswer, MilterEngine
from gateway.milter.protocol import Action, Command, ProtocolError, Step
from gateway.model import Disposition, Envelope, FrontEnd, Session, Transaction
from gateway.spool import Spool

PROGRESS_INTERVAL_S = 10.0
_SILENT = {
    b"C": Step.SILENT_CONNECT,
    b"H": Step.SILENT_HELO,
    b"M": Step.SILENT_MAIL,
    b"T": Step.SILENT_DATA,
    b"U": Step.SILENT_UNKNOWN,
    b"N": Step.SILENT_END_OF_HEADERS,
    b"L": Step.SILENT_HEADER,
    b"B": Step.SILENT_BODY,
}


class _Message:
    """What belongs to one message only."""

    def __init__(self, mail: protocol.Mail, spool: Spool) -> None:
        self.mail = mail
        self.spool = spool
        self.forward_paths: list[str] = []
        self.rcpt_parameters: list[tuple[str, ...]] = []
        self.has_headers = False
        self.overflow: CapacityError | None = None

    def write(self, data: bytes) -> None:
        """Keep content; past the limits only the fact is kept, and answered at the end."""
        if self.overflow is None:
            try:
                self.spool.write(data)
            except CapacityError as error:
                self.overflow = error

    def content(self) -> Spool:
        """Return the whole content; raise CapacityError when it did not fit."""
        if self.overflow is not None:
            raise self.overflow
        return self.spool

    def end_headers(self) -> None:
        """Write the empty line between header and body, once."""
        if not self.has_headers:
            self.has_headers = True
            self.write(b"\r\n")


class MilterConnection:
    """One connection of an MTA; serves any number of messages."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        engine: MilterEngine,
        new_spool: Callable[[], Spool],
        new_reference: Callable[[], str],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._engine = engine
        self._new_spool = new_spool
        self._new_reference = new_reference
        self._steps = Step(0)
        self._actions = Action(0)
        self._macros: dict[bytes, dict[str, str]] = {}
        self._client: str | None = None
        self._helo: str | None = None
        self._message: _Message | None = None
        self.busy = False

    async def run(self) -> None:
        """Serve until the MTA quits, breaks the protocol or goes away."""
        decoder = protocol.Decoder()
        quick_acknowledge = _quick_acknowledge(self._writer)
        try:
            while data := await self._reader.read(1 << 18):
                quick_acknowledge()
                for command in decoder.feed(data):
                    if not await self._handle(command):
                        return
        except (ProtocolError, ConnectionError):
            return  # closing the connection makes the MTA fail temporarily
        finally:
            self._drop_message()
            self._writer.close()

    def close(self) -> None:
        """End the connection once what was written has gone out."""
        self._writer.close()

    def abort(self) -> None:
        """End the connection at once; the MTA fails temporarily."""
        self._writer.transport.abort()

    async def _handle(self, command: Command) -> bool:
        """Act on one command; False ends the connection."""
        match command:
            case protocol.OptionNegotiation():
                answer, self._actions, self._steps = protocol.accept_options(command)
                self._writer.write(answer)
            case protocol.Macros(stage, values):
                self._macros[stage] = values
            case protocol.Connect(_, address):
                self._client = address
                self._continue(b"C")
            case protocol.Helo(name):
                self._helo = name
                self._continue(b"H")
            case protocol.Mail():
                self._drop_message()
                self._message = _Message(command, self._new_spool())
                self._continue(b"M")
            case protocol.Rcpt():
                await self._rcpt(command)
            case protocol.Header(name, value):
                self._current().write(self._field(name, value))
                self._continue(b"L")
            case protocol.Body(data):
                self._current().end_headers()
                self._current().write(data)
                self._continue(b"B")
            case protocol.EndOfMessage(data):
                self._current().end_headers()
                if data:
                    self._current().write(data)
                await self._end_of_message()
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
                return False
            case protocol.Plain(kind):
                self._continue(kind)
        return True

    def _field(self, name: bytes, value: bytes) -> bytes:
        """Return a header field as it was on the wire: LF folds back to CRLF, the space after the colon restored."""
        space = b"" if Step.HEADER_LEADING_SPACE in self._steps else b" "
        return name + b":" + space + value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n"

    def _continue(self, command: bytes) -> None:
        if _SILENT[command] not in self._steps:
            self._writer.write(protocol.CONTINUE)

    def _current(self) -> _Message:
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
        for stage in (b"M", b"R", b"T", b"L", b"N", b"B", b"E"):
            self._macros.pop(stage, None)

    def _macro(self, name: str) -> str | None:
        """Return a macro's value, from the latest stage that gave it."""
        for values in reversed(self._macros.values()):
            if values.get(name):
                return values[name]
        return None

    def _session(self) -> Session:
        version, cipher = self._macro("tls_version"), self._macro("cipher")
        return Session(
            front_end=FrontEnd.MILTER,
            client_address=self._client or self._macro("client_addr"),
            helo=self._helo,
            tls=f"{version} {cipher or ''}".strip() if version else None,
            auth_user=self._macro("auth_authen"),
            queue_id=self._macro("i"),
        )

    async def _rcpt(self, command: protocol.Rcpt) -> None:
        message = self._current()
        envelope = Envelope(
            reverse_path=message.mail.reverse_path,
            forward_paths=(command.forward_path,),
            mail_parameters=message.mail.parameters,
            rcpt_parameters=(command.parameters,),
        )
        try:
            refusal = await self._engine.judge_recipient(self._session(), envelope)
        except Exception as error:  # noqa: BLE001 - the front end's wall: our fault is a temporary failure
            refusal = self._engine.internal_error(self._new_reference(), error)
        if refusal is not None:
            self._writer.write(protocol.reply_code(refusal))
            return
        message.forward_paths.append(command.forward_path)
        message.rcpt_parameters.append(command.parameters)
        if Step.SILENT_RCPT not in self._steps:
            self._writer.write(protocol.CONTINUE)

    async def _end_of_message(self) -> None:
        message, reference = self._current(), self._new_reference()
        self.busy = True
        try:
            spool = message.content()
            transaction = Transaction(
                id=reference,
                session=self._session(),
                envelope=Envelope(
                    reverse_path=message.mail.reverse_path,
                    forward_paths=tuple(message.forward_paths),
                    mail_parameters=message.mail.parameters,
                    rcpt_parameters=tuple(message.rcpt_parameters),
                ),
                received_at=datetime.now(UTC),
                size_bytes=spool.size_bytes,
                sha256=spool.sha256,
            )
            judging = asyncio.ensure_future(self._engine.judge_message(transaction, spool))
            self._answer(await self._with_progress(judging))
        except Exception as error:  # noqa: BLE001 - the front end's wall: our fault is a temporary failure
            self._writer.write(protocol.reply_code(self._engine.internal_error(reference, error)))
        finally:
            self.busy = False
            self._end_transaction()

    async def _with_progress(self, judging: asyncio.Future[MilterAnswer]) -> MilterAnswer:
        try:
            while not (await asyncio.wait({judging}, timeout=PROGRESS_INTERVAL_S))[0]:
                self._writer.write(protocol.PROGRESS)
        except asyncio.CancelledError:
            judging.cancel()
            raise
        return judging.result()

    def _answer(self, answer: MilterAnswer) -> None:
        match answer.disposition:
            case Disposition.REJECT | Disposition.DEFER:
                self._writer.write(protocol.reply_code(answer.reply) if answer.reply else protocol.TEMPFAIL)
            case Disposition.HOLD:
                if Action.QUARANTINE not in self._actions:
                    self._writer.write(protocol.TEMPFAIL)  # a mail to be held must not go on
                    return
                self._writer.write(self._edits(answer) + protocol.quarantine(answer.quarantine) + protocol.CONTINUE)
            case Disposition.RELAY | Disposition.TAG:
                self._writer.write(self._edits(answer) + protocol.CONTINUE)

    def _edits(self, answer: MilterAnswer) -> bytes:
        space = " " if Step.HEADER_LEADING_SPACE in self._steps else ""
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


class MilterServer:
    """Listens for MTAs."""

    def __init__(
        self, *, engine: MilterEngine, new_spool: Callable[[], Spool], new_reference: Callable[[], str]
    ) -> None:
        self._engine = engine
        self._new_spool = new_spool
        self._new_reference = new_reference
        self._server: asyncio.Server | None = None
        self._connections: dict[MilterConnection, asyncio.Task[None]] = {}

    async def start_tcp(self, host: str, port: int) -> tuple[str, int]:
        """Listen on a TCP address; return it with the port that was taken."""
        self._server = await asyncio.start_server(self._serve, host, port, reuse_port=True, backlog=1024)
        address = self._server.sockets[0].getsockname()
        return str(address[0]), int(address[1])

    async def start_socket(self, listener: socket.socket) -> None:
        """Listen on a socket that was opened before (several workers on one path, or systemd socket activation)."""
        start = asyncio.start_unix_server if listener.family == socket.AF_UNIX else asyncio.start_server
        self._server = await start(self._serve, sock=listener)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = MilterConnection(
            reader, writer, engine=self._engine, new_spool=self._new_spool, new_reference=self._new_reference
        )
        task = asyncio.current_task()
        assert task is not None
        self._connections[connection] = task
        try:
            await connection.run()
        finally:
            self._connections.pop(connection, None)

    async def drain(self, timeout_s: float) -> None:
        """Stop listening, close idle connections, let messages in hand be answered, close the rest after the limit."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            if not connection.busy:
                connection.close()
        busy = [task for task in self._connections.values() if not task.done()]
        if busy:
            await asyncio.wait(busy, timeout=timeout_s)
        for connection in list(self._connections):
            connection.abort()


def listen_unix(path: Path, *, mode: int = 0o660) -> socket.socket:
    """Return a listening UNIX socket for all worker processes; a stale one of an earlier process is replaced.

    UserError when somebody answers at the path, or when no socket can be made there.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            if listener.connect_ex(str(path)) == 0:
                raise UserError(
                    f"cannot listen on unix:{path}: another program answers there; stop it, or choose another"
                )
            path.unlink()
        listener.bind(str(path))
        path.chmod(mode)
    except OSError as error:
        listener.close()
        words = error.strerror or str(error)
        raise UserError(
            f"cannot listen on unix:{path}: {words}. Its folder must exist and be ours to write in"
        ) from None
    except BaseException:
        listener.close()
        raise
    listener.listen(1024)
    listener.setblocking(False)
    return listener


def _quick_acknowledge(writer: asyncio.StreamWriter) -> Callable[[], None]:
    """Return what re-arms TCP_QUICKACK: unanswered packets and Nagle on the MTA's side cost 40 ms a mail without it."""
    connection = writer.get_extra_info("socket")
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return lambda: None
    return lambda: connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
