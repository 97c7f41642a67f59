"""One delivery attempt for a held mail: the bytes as sealed, to exactly the recorded recipients.

    sealed file opened, digest matches the record       no record before this
    `release`     durable                               crash after this: not sent
    every recipient accepted, or rejected with 5yz      a 4yz for one recipient defers all
    content                                             only its rejection with 5yz ends a held mail
    `sending`     durable, then the final dot           crash after this: unknown, no automatic retry
    `outcome`     durable
    sealed file removed, unless a retry is possible

The caller holds the lease on the mail.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gateway.audit import failpoints
from gateway.audit import record as r
from gateway.audit.lives import Life
from gateway.audit.record_fields import text
from gateway.audit.side_tables import Closed, Mark, Opened, Sending
from gateway.audit.store import Folder
from gateway.hold.seal import unseal
from gateway.hold.state import HeldMail
from gateway.hold.store import HoldStore
from gateway.hold.way import WayOut, opened
from gateway.nexthop.connection import Connection
from gateway.nexthop.failures import HopFailedError, HopRefusedError
from gateway.nexthop.replies import HopReply
from gateway.smtp.grammar import CommandError, PathCommand, parameters_for, parse_mail, parse_rcpt
from gateway.smtp.replies import from_next_hop
from gateway.spool import Spool

Write = Callable[[r.Record, Mark | None], int]
"""Writes a record and its side table row, durable on return; AuditError."""
_AGAIN: Final = frozenset({r.Delivery.UPSTREAM_DEFERRED, r.Delivery.NOT_SENT, r.Delivery.UNKNOWN})
"""Outcomes after which the sealed file is kept."""


@dataclass(frozen=True)
class Sent:
    """Result of a delivery attempt."""

    delivery: r.Delivery
    reply: HopReply | None = None
    words: str = ""
    """Reason when there is no reply."""
    left_out: tuple[str, ...] = ()


def release(
    held: HeldMail, *, store: HoldStore, identity: Any, way: WayOut, write: Write, by: str, folder: Folder
) -> r.Outcome:
    """Send a held mail and return the recorded outcome.

    SealBrokenError, OSError and UserError before the first record. AuditError later: the next recovery then closes the
    mail, as *unknown* if the final dot may have been sent. OSError also when the file cannot be removed after the outcome.
    """
    octets = unseal(store.read(held.reference), identity, octets_sha256=held.held.octets)
    process = secrets.token_hex(4)
    life = Life(folder, process)
    try:
        failpoints.hit("release.opened")
        write(r.Release(id=held.reference, by=by), Opened(held.reference, process))
        failpoints.hit("release.recorded")

        async def before_dot() -> None:
            await asyncio.to_thread(write, r.Sending(id=held.reference), Sending(held.reference))
            failpoints.hit("release.before_dot")

        sent = asyncio.run(_send(held.held, octets, way, before_dot))
        failpoints.hit("release.answered")
        outcome = _outcome(held.reference, sent)
        write(outcome, Closed(held.reference))
        failpoints.hit("release.concluded")
    finally:
        life.end()
    if outcome.delivery not in _AGAIN:
        store.remove(held.reference)
        failpoints.hit("release.removed")
    return outcome


async def _send(held: r.Held, octets: bytes, way: WayOut, before_dot: Callable[[], Any]) -> Sent:
    try:
        async with opened(way) as connection:
            return await _on(connection, held, octets, before_dot)
    except HopRefusedError as error:
        return Sent(_before_content(error.reply), error.reply)
    except HopFailedError as error:
        delivery = r.Delivery.UNKNOWN if error.after_final_dot else r.Delivery.NOT_SENT
        return Sent(delivery, words=str(error))
    except CommandError as error:  # the outbound server lacks an SMTP extension that the mail needs
        return Sent(r.Delivery.NOT_SENT, words=f"{error.code} {error.enhanced} {error.text}")


async def _on(connection: Connection, held: r.Held, octets: bytes, before_dot: Callable[[], Any]) -> Sent:
    """Send over an open connection."""
    extensions = connection.capabilities.keywords
    if not octets.isascii() and "8BITMIME" not in extensions:
        raise CommandError(554, "5.6.3", "no_8bitmime")
    mail = _command(parse_mail, "FROM", held.reverse_path, held.parameters)
    reply = await connection.ask(f"MAIL FROM:<{mail.path}>{parameters_for(mail, extensions)}".encode())
    if not reply.positive:
        return Sent(_before_content(reply), reply)
    left_out = []
    for address, parameters in held.recipients:
        one = _command(parse_rcpt, "TO", address, parameters)
        reply = await connection.ask(f"RCPT TO:<{one.path}>{parameters_for(one, extensions)}".encode())
        if reply.negative and reply.code < 500:
            return Sent(_before_content(reply), reply)
        if not reply.positive:
            left_out.append(address)
    if len(left_out) == len(held.recipients):
        return Sent(_before_content(reply), reply)
    spool = Spool.from_content(octets)
    reply = await connection.data(b"", spool.wire_chunks(), before_dot)
    return Sent(r.Delivery.of_code(reply.code), reply, left_out=tuple(left_out))


def _before_content(reply: HopReply) -> r.Delivery:
    """Return the outcome of a rejection before the content: it may concern our login, so it never ends a held mail."""
    return r.Delivery.UPSTREAM_DEFERRED if reply.code < 500 else r.Delivery.NOT_SENT


def _command(parse: Callable[[str], PathCommand], word: str, path: str, parameters: tuple[str, ...]) -> PathCommand:
    return parse(" ".join((f"{word}:<{path}>", *parameters)))


def _outcome(reference: str, sent: Sent) -> r.Outcome:
    if sent.reply is None:
        return r.Outcome(id=reference, delivery=sent.delivery, text=text(sent.words))
    reply = from_next_hop(sent.reply.code, sent.reply.lines)
    return r.Outcome(
        id=reference,
        delivery=sent.delivery,
        code=reply.code,
        enhanced=reply.enhanced,
        text=text(reply.lines[0] if reply.lines else "", 510),
        left_out=sent.left_out,
    )
