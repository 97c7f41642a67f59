"""The log as the pipeline uses it: typed records in, durable before the call returns.

Each process that writes holds a lock on a file of its own for as long as it lives. At start, mails that a dead process
left between intent and outcome are concluded: *not sent* when the final dot cannot have gone out, else *unknown*. They
are never sent again; the operator sees them and asks the next hop.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import socket
import sqlite3
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

import gateway
from gateway.audit import record as r
from gateway.audit.checkpoint import Signer, last_known_size, write_verifier_key
from gateway.audit.facts import Keyed, finding_facts, mail_facts, session_facts, text
from gateway.audit.index import Index
from gateway.audit.side_tables import Closed, Mark, Opened, Sending
from gateway.audit.store import Folder, Turn, connect_readonly, damaged, immediate, open_checked
from gateway.audit.writer import Entry, Writer, insert, read_head
from gateway.errors import AuditError
from gateway.model import Envelope, Evidence, Reply, Session, Transaction, Verdict

_ENCODER = msgspec.json.Encoder()
_LIMIT_RECENT = 200_000


@dataclass(frozen=True)
class Recovery:
    """What a start concluded about mails that an earlier process left open."""

    unknown: tuple[str, ...] = ()
    """References of mails that may or may not have been delivered."""
    not_sent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Relayed:
    """An identical mail that was relayed before."""

    id: str
    age_s: float


class AuditLog:
    """The audit log of one process. Opened without a running loop, started in it, closed at the end."""

    def __init__(self, folder: Folder, connection: sqlite3.Connection, signer: Signer, keyed: Keyed) -> None:
        self._folder = folder
        self._connection = connection
        self._signer = signer
        self._keyed = keyed
        self._process = secrets.token_hex(4)
        self._writer: Writer | None = None
        self._reader: sqlite3.Connection | None = None
        self._index: Index | None = None
        self._life = -1
        self._keys: dict[str, bytes] = {}
        self._recent: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        """Relay key to time and reference, of all processes, as far as `relayed` was followed."""
        self._followed = 0
        self._prefix = b'"process":"%s",' % self._process.encode()

    @classmethod
    def open(cls, data: Path) -> AuditLog:
        """Open or create the log under a data directory; UserError when it is damaged, shortened or unreadable."""
        folder = Folder(data)
        folder.prepare()
        signer = Signer(folder.secret("audit-ed25519", 32))
        keyed = Keyed(folder.secret("audit-hmac", 32))
        connection = open_checked(folder)
        # Checkpoints before the head: other processes may write both in between.
        noted = connection.execute("SELECT max(size) FROM checkpoint").fetchone()[0] or 0
        known = max(noted, last_known_size(folder))
        head = read_head(connection)
        if known > head.seq:
            connection.close()
            raise damaged(
                folder.database,
                f"có {head.seq} bản ghi, điểm kiểm nói {known} / {head.seq} records, a checkpoint says {known}",
            )
        write_verifier_key(folder, signer)
        return cls(folder, connection, signer, keyed)

    @classmethod
    def check(cls, data: Path) -> None:
        """Open the log, create it when it is not there, and close it again; UserError as `open`."""
        cls.open(data)._connection.close()  # noqa: SLF001 - of our own kind

    @property
    def process(self) -> str:
        """The name under which this process writes."""
        return self._process

    async def start(
        self, *, policy: str = "", policy_digest: str = "", directory_digest: str | None = None
    ) -> Recovery:
        """Conclude what dead processes left open, record the start, and begin to write."""
        self._claim_life()
        recovery = self._recover()
        self._index = Index(self._folder)
        self._writer = Writer(
            folder=self._folder,
            signer=self._signer,
            connection=self._connection,
            loop=asyncio.get_running_loop(),
            idle_task=self._index.follow,
        )
        self._writer.start()
        await self._put(
            r.Start(
                version=gateway.__version__,
                policy=policy,
                policy_digest=policy_digest,
                directory_digest=directory_digest,
                host=text(socket.gethostname(), 80),
            )
        )
        self._reader = connect_readonly(self._folder.database)
        return recovery

    async def close(self) -> None:
        """Record the end, make a last checkpoint and close everything; safe to call twice."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        writer.put(Entry(self._encode(r.Stop()), done))
        with contextlib.suppress(AuditError):
            await done
        await asyncio.to_thread(writer.stop)
        if self._index is not None:
            self._index.close()
        if self._reader is not None:
            self._reader.close()
        writer.close()
        with contextlib.suppress(OSError):
            self._life_path(self._process).unlink()
        os.close(self._life)
        self._life = -1

    # --- what the pipeline records ---------------------------------------------------------------------------------

    async def intent(self, transaction: Transaction, verdict: Verdict, evidence: Evidence | None) -> int:
        """Record that a judged mail is about to be handed on; durable before any of it goes upstream."""
        record = self._intent(transaction, verdict, evidence)
        return await self._put(record, Opened(transaction.id, self._process))

    async def intent_and_sending(self, transaction: Transaction, verdict: Verdict, evidence: Evidence | None) -> int:
        """Record `intent` and `sending` in one commit, for a mail that goes out in one stroke.

        A crash in between then counts as *unknown*, never as *not sent*.
        """
        reference = transaction.id
        intent = self._put(self._intent(transaction, verdict, evidence), Opened(reference, self._process, sending=True))
        sending = self._put(r.Sending(id=reference))
        await asyncio.gather(intent, sending)
        return sending.result()

    def _intent(self, transaction: Transaction, verdict: Verdict, evidence: Evidence | None) -> r.Intent:
        facts = mail_facts(transaction, verdict, evidence, self._keyed)
        envelope, login = transaction.envelope, transaction.session.auth_user
        if login is not None:  # repetitions are recognised for logins only: others cannot be told apart
            if len(self._keys) >= _LIMIT_RECENT:  # mails whose outcome was never told; the oldest go
                del self._keys[next(iter(self._keys))]
            self._keys[transaction.id] = self._relay_key(login, envelope, transaction.sha256)
        return r.Intent(id=transaction.id, mail=facts)

    async def sending(self, reference: str) -> int:
        """Record that the final dot is about to be sent; durable before it is."""
        return await self._put(r.Sending(id=reference), Sending(reference))

    async def outcome(self, reference: str, reply: Reply | None, delivery: r.Delivery | None = None) -> int:
        """Record what became of a mail; durable before our own reply.

        Without `delivery` the code of the next hop's reply says it; without a reply nobody knows.
        """
        if delivery is None:
            delivery = r.Delivery.of_code(reply.code) if reply is not None else r.Delivery.UNKNOWN
        key = self._keys.pop(reference, None)
        return await self._put(
            r.Outcome(
                id=reference,
                delivery=delivery,
                code=reply.code if reply is not None else 0,
                enhanced=reply.enhanced if reply is not None else "",
                text=_first_line(reply),
            ),
            Closed(reference, key if delivery is r.Delivery.RELAYED else None),
        )

    async def refused(self, transaction: Transaction, verdict: Verdict, evidence: Evidence | None, reply: Reply) -> int:
        """Record a mail that was judged and not accepted."""
        return await self._put(
            r.Refused(
                id=transaction.id,
                mail=mail_facts(transaction, verdict, evidence, self._keyed),
                code=reply.code,
                enhanced=reply.enhanced,
                text=_first_line(reply),
            )
        )

    async def recipient_refused(
        self, session: Session, reverse_path: str, recipient: str, verdict: Verdict, reply: Reply, reference: str = ""
    ) -> int:
        """Record a forward-path that a policy refused at RCPT."""
        return await self._put(
            r.RecipientRefused(
                id=reference,
                session=session_facts(session),
                reverse_path=text(reverse_path, 320),
                recipient=text(recipient, 320),
                findings=tuple(finding_facts(judged, guarded=judged.confidential) for judged in verdict.findings[:50]),
                code=reply.code,
                text=_first_line(reply),
                policy_digest=verdict.policy_digest,
            )
        )

    async def auth_failed(self, session: Session, login: str, code: int) -> int:
        """Record a login that the next hop did not accept."""
        return await self._put(r.AuthFailed(session=session_facts(session), login=text(login, 320), code=code))

    async def password_judged(self, session: Session, login: str, *, sound: bool) -> int:
        """Record whether the password of a login is what Điều 6 asks for; returns the record's place in the chain."""
        return await self._put(r.PasswordJudged(session=session_facts(session), login=text(login, 320), sound=sound))

    async def duplicate(self, reference: str, of: str) -> int:
        """Record that a repetition was answered without a second delivery."""
        return await self._put(r.Duplicate(id=reference, of=of))

    async def trouble(self, reference: str, session: Session, reverse_path: str, fault: str) -> int:
        """Record a mail that was answered 451 because of ourselves; `fault` is the kind, never content."""
        return await self._put(
            r.Trouble(
                id=reference, session=session_facts(session), reverse_path=text(reverse_path, 320), fault=text(fault)
            )
        )

    async def reload(self, *, policy: str, policy_digest: str, directory_digest: str | None) -> int:
        """Record that another policy set or directory is in force."""
        return await self._put(r.Reload(policy=policy, policy_digest=policy_digest, directory_digest=directory_digest))

    async def already_relayed(
        self, login: str | None, envelope: Envelope, sha256: str, within_s: float = 900
    ) -> Relayed | None:
        """Return the identical mail that was relayed lately by any process, None when there is none."""
        try:
            self._follow_relayed(within_s)
        except sqlite3.Error as error:
            raise AuditError(f"audit log not readable: {error}") from error
        found = self._recent.get(self._relay_key(login, envelope, sha256))
        age_s = time.time() - found[0] if found is not None else 0.0
        return Relayed(found[1], age_s) if found is not None and age_s <= within_s else None

    # --- inside ----------------------------------------------------------------------------------------------------

    def _relay_key(self, login: str | None, envelope: Envelope, sha256: str) -> bytes:
        return self._keyed.relay_key(login, envelope.reverse_path, envelope.forward_paths, sha256)

    def _follow_relayed(self, within_s: float) -> None:
        """Take over what any process has relayed since the last look; the table grows in order, so this is short."""
        if self._reader is None:
            return
        rows = self._reader.execute(
            "SELECT n, key, time, id FROM relayed WHERE n > ? ORDER BY n", (self._followed,)
        ).fetchall()
        for number, key, moment, reference in rows:
            self._followed = number
            self._recent[key] = (moment, reference)
        oldest = time.time() - within_s
        while self._recent:
            moment = next(iter(self._recent.values()))[0]
            if moment >= oldest and len(self._recent) <= _LIMIT_RECENT:
                break
            self._recent.popitem(last=False)

    def _encode(self, record: r.Record) -> bytes:
        stamp = datetime.now(UTC).isoformat(timespec="microseconds")
        return b'{"time":"%s",%s%s' % (stamp.encode(), self._prefix, _ENCODER.encode(record)[1:])

    def _put(self, record: r.Record, mark: Mark | None = None) -> asyncio.Future[int]:
        """Hand a record to the writer; what is put together in one step of the loop is committed together or fails."""
        if self._writer is None:
            raise AuditError("the audit log is not open")
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._writer.put(Entry(self._encode(record), done, mark))
        return done

    def _life_path(self, process: str) -> Path:
        return self._folder.processes / process

    def _claim_life(self) -> None:
        self._life = os.open(self._life_path(self._process), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._life, fcntl.LOCK_EX)

    def _recover(self) -> Recovery:
        """Conclude mails of processes that are gone, in one transaction of our turn."""
        unknown: list[str] = []
        not_sent: list[str] = []
        try:
            with Turn(self._folder), immediate(self._connection):
                rows = self._connection.execute("SELECT id, process, sending FROM open_mail").fetchall()
                alive = {process: self._is_alive(process) for process in {row[1] for row in rows}}
                group: list[Entry] = []
                for reference, process, sending in rows:
                    if alive[process]:
                        continue
                    delivery = r.Delivery.UNKNOWN if sending else r.Delivery.NOT_SENT
                    (unknown if sending else not_sent).append(reference)
                    outcome = r.Outcome(id=reference, delivery=delivery, recovered=True)
                    group.append(Entry(self._encode(outcome), None, Closed(reference)))
                insert(self._connection, read_head(self._connection), group)
        except (sqlite3.Error, OSError) as error:
            raise AuditError(f"audit log not writable: {error}") from error
        self._sweep()
        return Recovery(tuple(unknown), tuple(not_sent))

    def _is_alive(self, process: str) -> bool:
        if process == self._process:
            return True
        try:
            descriptor = os.open(self._life_path(process), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _sweep(self) -> None:
        """Remove the files of processes that are gone."""
        for path in self._folder.processes.iterdir():
            if not self._is_alive(path.name):
                with contextlib.suppress(OSError):
                    path.unlink()


def _first_line(reply: Reply | None) -> str:
    return text(reply.lines[0], 510) if reply is not None and reply.lines else ""
