"""Connection setup to the next hop: connect, TLS as configured, EHLO. No fallback."""

from __future__ import annotations

import asyncio
import os
import ssl

from gateway.model import NextHopTls
from gateway.nexthop.connection import Connection
from gateway.nexthop.failures import FailureKind, HopFailedError, HopRefusedError
from gateway.nexthop.names import Names
from gateway.nexthop.replies import Capabilities, HopReply
from gateway.nexthop.settings import NextHopSettings
from gateway.system.deadlines import Deadlines


async def connect(
    settings: NextHopSettings, names: Names | None = None, deadlines: Deadlines | None = None
) -> Connection:
    """Return a new connection after EHLO, to the first address that takes it; HopFailedError or HopRefusedError of the last.

    `names` shares name resolution and `deadlines` the timer among concurrent connections.
    """
    names, deadlines = (
        names or Names(settings.host, settings.port, settings.connect_timeout_s),
        deadlines or Deadlines(),
    )
    *before, last = await names.addresses()
    ends = deadlines.loop.time() + settings.connect_timeout_s
    for left, address in zip(range(len(before) + 1, 1, -1), before, strict=True):
        try:
            return await _connected(address, settings, deadlines, within_s=(ends - deadlines.loop.time()) / left)
        except (HopFailedError, HopRefusedError):
            names.avoid(address)
    return await _connected(last, settings, deadlines, within_s=ends - deadlines.loop.time())


async def _connected(address: str, settings: NextHopSettings, deadlines: Deadlines, *, within_s: float) -> Connection:
    connection = Connection(settings, deadlines)
    implicit = settings.tls is NextHopTls.IMPLICIT
    try:
        async with asyncio.timeout(within_s):
            await deadlines.loop.create_connection(
                lambda: connection,
                address,
                settings.port,
                ssl=settings.tls_context if implicit else None,
                server_hostname=(settings.server_name or settings.host) if implicit else None,
            )
            await _be_greeted(connection, settings)
    except TimeoutError as error:
        connection.abort()
        raise HopFailedError(FailureKind.UNREACHABLE, "not ready for mail in time") from error
    except (ssl.SSLError, ssl.CertificateError) as error:
        connection.abort()
        raise HopFailedError(FailureKind.TLS, f"TLS failed: {_reason(error)}") from error
    except OSError as error:
        connection.abort()
        raise HopFailedError(
            FailureKind.UNREACHABLE, f"no connection: {os.strerror(error.errno) if error.errno else error}"
        ) from error
    except BaseException:
        connection.abort()
        raise
    return connection


async def _be_greeted(connection: Connection, settings: NextHopSettings) -> None:
    _accept(await connection.banner(), "banner")
    await greet(connection, settings)
    if settings.tls is NextHopTls.STARTTLS:
        if "STARTTLS" not in connection.capabilities.keywords:
            raise HopFailedError(FailureKind.TLS, "it does not offer STARTTLS")
        try:
            await connection.start_tls()
        except ConnectionError as error:
            raise HopFailedError(FailureKind.TLS, "connection lost in the TLS handshake") from error
        await greet(connection, settings)  # RFC 3207 §4.2: discard what was learned before TLS


async def greet(connection: Connection, settings: NextHopSettings) -> None:
    """Send EHLO and store the capabilities; HopRefusedError when it is refused."""
    reply = await connection.command(b"EHLO " + settings.our_name.encode("ascii"))
    _accept(reply, "EHLO")
    connection.capabilities = Capabilities.parse(reply)


def _accept(reply: HopReply, stage: str) -> None:
    if reply.negative:
        raise HopRefusedError(stage, reply)
    if not reply.positive:
        raise HopFailedError(FailureKind.PROTOCOL, f"{reply.code} at {stage}")


def _reason(error: ssl.SSLError | ssl.CertificateError) -> str:
    return getattr(error, "verify_message", "") or getattr(error, "reason", "") or type(error).__name__
