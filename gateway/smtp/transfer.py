"""One mail from its final dot to the reply: the engine under its deadline.

A disconnecting client interrupts neither the judgement nor the relay between final dot and reply: its session is
`busy`. The engine's exceptions become replies here only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from msgspec import Struct

from gateway.errors import CapacityError, PermanentError, TemporaryError
from gateway.model import Reply, Transaction
from gateway.nexthop.connection import Connection
from gateway.nexthop.failures import FailureKind, HopFailedError
from gateway.smtp.engine import EventKind
from gateway.smtp.replies import from_next_hop, texts_in
from gateway.smtp.shared import Shared
from gateway.spool import Spool
from gateway.system.deadlines import Deadline


class DeadlineError(TemporaryError):
    """The deadline passed before the final dot was sent to the next hop; nothing was delivered."""


class LiveRelay:
    """The `Relay` of the engine: one transaction on a connection to the next hop."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._begun = False
        self.committed = False
        """The final dot is being sent: no cancelling from here on."""
        self.expired = False
        self.answered = False
        """The next hop gave its final reply."""

    async def send(
        self, prepend: bytes, chunks: Iterable[bytes], before_final_dot: Callable[[], Awaitable[None]]
    ) -> Reply:
        """Relay the mail and return the next hop's final reply."""
        if self._begun:
            raise RuntimeError("a relay sends once")
        if prepend and (not prepend.endswith(b"\r\n") or prepend.startswith(b".") or b"\r\n." in prepend):
            raise ValueError("what is prepended must be whole header lines")
        if self.expired:
            raise DeadlineError("deadline passed")
        self._begun = True

        async def gate() -> None:
            await before_final_dot()
            if self.expired:
                raise DeadlineError("deadline passed")
            self.committed = True

        try:
            reply = await self._connection.data(prepend, chunks, gate)
        except asyncio.CancelledError:
            if not self.committed:
                raise
            # Only the end of a drain cancels here. Delivery is unknown, and must be recorded as such.
            failure = HopFailedError(FailureKind.LOST, "cancelled after the final dot", after_final_dot=True)
            raise failure from None
        self.answered = True
        return from_next_hop(reply.code, reply.lines)

    def expire(self) -> bool:
        """The deadline passed: abort the connection and return True unless the final dot has been sent."""
        if self.committed:
            return False
        self.expired = True
        if self._begun:
            self._connection.abort()
        return True


class Mail(Struct, frozen=True):
    """Input of the engine."""

    transaction: Transaction
    spool: Spool
    relay: LiveRelay
    ended_at: float
    """Loop time of the client's final dot."""


async def run_engine(shared: Shared, mail: Mail) -> Reply:
    """Return the reply for a mail in every case; closes the spool."""
    task = asyncio.current_task()
    assert task is not None

    def at_deadline() -> None:
        if mail.relay.expire():
            task.cancel()

    deadline = Deadline(shared.deadlines, at_deadline)
    deadline.set(mail.ended_at + shared.settings.limits.deadline_s)
    reference = mail.transaction.id
    client = mail.transaction.session.client_address

    def reply(code: int, enhanced: str, key: str, **values: str) -> Reply:
        return texts_in(mail.transaction.session.languages).reply(code, enhanced, key, **values)

    try:
        return await shared.engine.process(mail.transaction, mail.spool, mail.relay)
    except asyncio.CancelledError:
        if not mail.relay.expired:
            raise
        task.uncancel()
        return shared.engine.deadline_passed(mail.transaction)
    except DeadlineError:
        return shared.engine.deadline_passed(mail.transaction)
    except HopFailedError as failure:
        return shared.hop_failed(failure, client, texts_in(mail.transaction.session.languages))
    except CapacityError:
        return reply(452, "4.3.1", "full")
    except TemporaryError as error:
        shared.on_internal_error(reference, error)
        return reply(451, "4.3.0", "temporary", reference=reference)
    except PermanentError as error:
        shared.on_internal_error(reference, error)
        return reply(554, "5.3.0", "permanent", reference=reference)
    except Exception as error:  # noqa: BLE001  our bugs are 451 to the client, without their text
        shared.on_internal_error(reference, error)
        return reply(451, "4.3.0", "internal", reference=reference)
    finally:
        deadline.end()
        mail.spool.close()
        if mail.relay.answered:
            shared.report(EventKind.NEXT_HOP_ANSWERED, client)
