"""Log writer: receives records from all front ends and commits those waiting together (group commit).

It runs in a process of its own (`gateway.audit.process`), where it shares no interpreter lock with an event loop, and
everyone's records share one fsync; or in a thread, for a log that only one process writes. Front ends come through a
door: a datagram that carries the descriptor of a socket (SCM_RIGHTS), which is their channel from then on.

There is no artificial delay: while one group is being synced the next queues in the sockets. The service ends when
the door and all channels are closed, so that queued records survive their sender.
"""

from __future__ import annotations

import logging
import selectors
import socket
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress

from gateway.audit import record as r
from gateway.audit.chain import Entry
from gateway.audit.committer import Committer
from gateway.audit.index import SLICE, Index
from gateway.audit.lives import is_alive, sweep
from gateway.audit.patient import PatientCommitter
from gateway.audit.side_tables import Closed
from gateway.audit.wire import QUESTIONS, READ_BYTES, Answer, Append, Appended, Failed, Question, Recover, Recovery
from gateway.errors import AuditError, KnownReferenceError
from gateway.system.door import Frames, admitted, framed
from gateway.texts.catalogue import both

_LOG = logging.getLogger("gateway.audit")
LIMIT_GROUP = 500
"""Records in one commit, after which no further ones are added."""
LIMIT_UNFOLLOWED = 10_000
"""Records after which the search index follows even though there is no lull, by one slice for as many new ones."""
_LULL_S = 0.02
"""Time without records after which it follows by a whole slice."""
_IDLE_S = 1.0
"""The same for less than a slice."""


class _Channel:
    """One front end."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._frames = Frames(QUESTIONS)

    def read(self) -> list[Question] | None:
        """Return the pending requests; None at end of stream."""
        try:
            data = self.sock.recv(READ_BYTES)
        except BlockingIOError:
            return []
        except OSError:
            return None
        return list(self._frames.take(data)) if data else None

    def answer(self, answers: list[Answer]) -> None:
        """Send answers; a front end that cannot receive a few bytes is stuck, and its answers are dropped."""
        octets = b"".join(map(framed, answers))
        with suppress(OSError):  # the next read detects a closed channel
            try:
                taken = self.sock.send(octets)
            except BlockingIOError:
                taken = 0
            if taken < len(octets):
                self.sock.shutdown(socket.SHUT_RDWR)


class AuditService:
    """Serves the front ends of one log until all have exited."""

    def __init__(
        self, committer: Committer | PatientCommitter, door: socket.socket, beat: Callable[[], None] = lambda: None
    ) -> None:
        """Prepare; `beat` is called in each round, as a sign of life."""
        self._beat = beat
        self._committer = committer
        self._door = door
        self._index = Index(committer.folder)
        self._selector = selectors.DefaultSelector()
        self._channels: set[_Channel] = set()
        self._appends: deque[tuple[_Channel, Append]] = deque()
        self._recovers: list[tuple[_Channel, Recover]] = []
        self._unfollowed = 0
        """Records written since the index last caught up."""

    def run(self) -> None:
        """Serve; returns when the door and all channels are closed, after a last checkpoint."""
        self._door.setblocking(False)
        self._selector.register(self._door, selectors.EVENT_READ)
        with closing(self._selector), closing(self._committer), closing(self._index):
            try:
                self._serve()
            finally:
                for channel in self._channels:
                    channel.sock.close()
            self._committer.checkpoint()
            self._name_open_mails()

    def _name_open_mails(self) -> None:
        """Log the mails without an outcome whose process is gone: none after a clean stop."""
        with suppress(AuditError):
            folder = self._committer.folder
            left = [name for name, process, _ in self._committer.open_mails() if not is_alive(folder, process)]
            if left:
                _LOG.error("%s", both("audit", "fault", "left_open", count=len(left), references=" ".join(left[:50])))

    def _serve(self) -> None:
        behind = False
        while self._selector.get_map():
            self._beat()
            lull_s = _LULL_S if self._unfollowed >= SLICE else 0 if behind else _IDLE_S
            ready = self._selector.select(lull_s)
            for key, _ in ready:
                self._receive(key.data)
            self._append()
            if self._recovers:
                self._recover()
            self._committer.tidy()
            if not ready or self._unfollowed > LIMIT_UNFOLLOWED:
                behind = self._index.follow()
                self._unfollowed = max(0, self._unfollowed - SLICE) if behind else 0

    # Sockets

    def _receive(self, channel: _Channel | None) -> bool:
        """Read from a channel or the door; False when there was nothing."""
        if channel is None:
            self._admit()
            return True
        questions = channel.read()
        if questions is None:
            self._selector.unregister(channel.sock)
            self._channels.remove(channel)
            channel.sock.close()
            return False
        for question in questions:
            match question:
                case Append():
                    self._appends.append((channel, question))
                case Recover():
                    self._recovers.append((channel, question))
        return bool(questions)

    def _admit(self) -> None:
        """Take the channel of a new front end; no more come once all ends of the door are closed."""
        for sock in admitted(self._door, self._selector):
            channel = _Channel(sock)
            self._channels.add(channel)
            self._selector.register(channel.sock, selectors.EVENT_READ, channel)

    # The log

    def _append(self) -> None:
        """Write all pending records."""
        while self._appends:
            group: list[tuple[_Channel, Append]] = []
            entries: list[Entry] = []
            while self._appends and len(entries) < LIMIT_GROUP:
                channel, append = self._appends.popleft()
                group.append((channel, append))
                entries += append.entries
            try:
                self._answer(group, self._written(entries))
            except KnownReferenceError:  # caused by one of them: commit each separately
                for one in group:
                    self._answer([one], self._written_alone(one[1].entries))

    def _written(self, entries: list[Entry]) -> int | Failed:
        """Commit records; return the first one's number, or why there is none. KnownReferenceError."""
        try:
            first = self._committer.commit(entries)
        except KnownReferenceError:
            raise
        except AuditError as error:
            return Failed(str(error))
        self._unfollowed += len(entries)
        return first

    def _written_alone(self, entries: list[Entry]) -> int | Failed:
        try:
            return self._written(entries)
        except KnownReferenceError as error:
            return Failed(str(error), known=True)

    def _answer(self, group: list[tuple[_Channel, Append]], result: int | Failed) -> None:
        """Answer a group, with one write a channel."""
        answers: dict[_Channel, list[Answer]] = {}
        offset = 0
        for channel, append in group:
            answer = result if isinstance(result, Failed) else Appended(result + offset)
            answers.setdefault(channel, []).append(answer)
            offset += len(append.entries)
        for channel, batch in answers.items():
            channel.answer(batch)

    def _recover(self) -> None:
        """Conclude open mails of dead processes, once all their queued records are written."""
        for channel in list(self._channels):
            while self._receive(channel):
                pass
        self._append()
        asked, self._recovers = self._recovers, []
        for channel, question in asked:
            try:
                channel.answer([conclude(self._committer, question.process)])
            except AuditError as error:
                channel.answer([Failed(str(error))])


def conclude(committer: Committer | PatientCommitter, process: str) -> Recovery:
    """Record the outcome of open mails of dead processes; they are never sent again. AuditError when that fails.

    *Not sent* when the final dot cannot have gone out, else *unknown*: the operator checks those with the next hop.
    """
    rows = committer.open_mails()
    alive = {name: is_alive(committer.folder, name) for name in {row[1] for row in rows}}
    left = [(reference, sending) for reference, name, sending in rows if not alive[name]]
    entries = [
        Entry(
            r.body(
                r.Outcome(
                    id=reference, delivery=r.Delivery.UNKNOWN if sending else r.Delivery.NOT_SENT, recovered=True
                ),
                process,
            ),
            Closed(reference),
        )
        for reference, sending in left
    ]
    for begin in range(0, len(entries), LIMIT_GROUP):
        committer.commit(entries[begin : begin + LIMIT_GROUP])
    sweep(committer.folder)
    return Recovery(
        unknown=tuple(reference for reference, sending in left if sending),
        not_sent=tuple(reference for reference, sending in left if not sending),
    )
