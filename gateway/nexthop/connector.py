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
    """Return a new connection after EHLO; HopFailedError or HopRefusedError.

    `names` shares name resolution and `deadlines` the timer among concurrent connections.
    """
    names = names or Names(settings.host, settings.port, settings.connect_timeout_s)
    addresses = await names.addresses()
    connection = Connection(settings, deadlines or Deadlines())
    try:
        async with asyncio.timeout(settings.connect_timeout_s):
            await _open(connection, settings, names, addresses)
            await _be_greeted(connection, settings)
    except TimeoutError:
        connection.abort()
        raise HopFailedError(FailureKind.UNREACHABLE, "not ready for mail in time") from None
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


async def _open(connection: Connection, settings: NextHopSettings, names: Names, addresses: tuple[str, ...]) -> None:
    """Connect to the first reachable address, each within its share of the time; OSError of the last when none is."""
    implicit = settings.tls is NextHopTls.IMPLICIT
    share_s = settings.connect_timeout_s / len(addresses)
    for number, address in enumerate(addresses, start=1):
        try:
            async with asyncio.timeout(share_s if number < len(addresses) else None):
                await asyncio.get_running_loop().create_connection(
                    lambda: connection,
                    address,
                    settings.port,
                    ssl=settings.tls_context if implicit else None,
                    server_hostname=(settings.server_name or settings.host) if implicit else None,
                )
        except ssl.SSLError:
            raise
        except OSError:  # TimeoutError is one
            names.avoid(address)
            if number == len(addresses):
                raise
        else:
            return


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
