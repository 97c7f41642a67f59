"""Outbound server for released mail: login, and a connection test."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.errors import UserError
from gateway.nexthop.connection import Connection
from gateway.nexthop.connector import connect
from gateway.nexthop.failures import FailureKind, HopFailedError, HopRefusedError
from gateway.nexthop.replies import HopReply
from gateway.nexthop.settings import NextHopSettings
from gateway.smtp.authentication import replay
from gateway.smtp.sasl import parse_login, parse_plain
from gateway.texts.catalogue import both, reasons

_LIMIT_PASSWORD_BYTES: Final = 4096
_LIMIT_ANSWER: Final = 300


@dataclass(frozen=True)
class WayOut:
    """Server and login for released mail."""

    settings: NextHopSettings
    login: str = ""
    password_file: Path | None = None


@dataclass(frozen=True)
class Tried:
    """Result of a test of the outbound server."""

    stage: str
    """Last stage: `connect`, `auth`, `mail`, or `good`."""
    answer: str
    """The server's reply, or the connection error; for people."""


@asynccontextmanager
async def opened(way: WayOut) -> AsyncIterator[Connection]:
    """Connect and log in; HopFailedError, HopRefusedError, UserError when the password cannot be read."""
    password = password_of(way)
    connection = await connect(way.settings)
    try:
        if way.login:
            reply = await _log_in(connection, way.login, password)
            if not reply.positive:
                raise HopRefusedError("AUTH", reply)
        yield connection
    finally:
        connection.quit()


async def _log_in(connection: Connection, login: str, password: str) -> HopReply:
    """AUTH PLAIN, or AUTH LOGIN when the server offers no PLAIN."""
    if "PLAIN" in connection.capabilities.auth:
        credentials = parse_plain(b64encode(f"\0{login}\0{password}".encode()))
    elif "LOGIN" in connection.capabilities.auth:
        credentials = parse_login(b64encode(login.encode()), b64encode(password.encode()))
    else:
        raise HopFailedError(FailureKind.PROTOCOL, "it offers neither AUTH PLAIN nor AUTH LOGIN")
    return await replay(credentials, connection, _no_challenge)


async def _no_challenge(_: bytes) -> bytes:
    return b""


def password_of(way: WayOut) -> str:
    """Return the password, empty without a login; UserError when it cannot be read or is none."""
    if way.password_file is None:
        return ""
    try:
        octets = way.password_file.read_bytes()[:_LIMIT_PASSWORD_BYTES]
        password = octets.decode("utf-8").rstrip("\r\n")
    except OSError as error:
        raise UserError(both("hold", "way", "password", path=way.password_file, reason=reasons(error))) from None
    except UnicodeDecodeError:
        raise UserError(both("hold", "way", "password", path=way.password_file, reason="UTF-8")) from None
    if not password or "\0" in password or "\n" in password:
        raise UserError(both("hold", "way", "password_lines", path=way.password_file))
    return password


def try_out(way: WayOut, reverse_path: str) -> Tried:
    """Connect, log in, MAIL FROM with an official reverse-path, RSET; UserError. Not within an event loop."""
    return asyncio.run(_tried(way, reverse_path))


async def _tried(way: WayOut, reverse_path: str) -> Tried:
    stage = "connect"
    try:
        async with opened(way) as connection:
            stage = "mail"
            reply = await connection.ask(f"MAIL FROM:<{reverse_path}>".encode())
            if reply.positive:
                await connection.reset()
                stage = "good"
            return Tried(stage, str(reply)[:_LIMIT_ANSWER])
    except HopRefusedError as error:
        return Tried("auth" if "at AUTH" in str(error) else stage, str(error.reply)[:_LIMIT_ANSWER])
    except HopFailedError as error:
        return Tried(stage, str(error).removeprefix("next hop: "))
