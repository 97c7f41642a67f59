"""AUTH (RFC 4954): reading the client's messages, and replaying them at the next hop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from gateway.nexthop.connection import Connection
from gateway.nexthop.failures import FailureKind, HopFailedError
from gateway.nexthop.replies import Capabilities, HopReply
from gateway.smtp.grammar import CommandError
from gateway.smtp.sasl import Credentials, Mechanism, SaslError, parse_login, parse_plain, parse_xoauth2

Challenge = Callable[[bytes], Awaitable[bytes]]
"""Sends a challenge (base64) to the client and returns its answer (base64); CommandError when it gives up."""

_INITIAL_RESPONSE_LINE_BYTES = 512
"""RFC 4954 §4: an initial response only where the command line stays as short as any."""
_UNKNOWN = (Mechanism.PLAIN, Mechanism.LOGIN)


def offered_mechanisms(capabilities: Capabilities | None) -> tuple[Mechanism, ...]:
    """Return what may be offered: what the next hop offers. While that is unknown, the usual; AUTH then gets 454."""
    if capabilities is None:
        return _UNKNOWN
    return tuple(mechanism for mechanism in Mechanism if mechanism.value in capabilities.auth)


async def read_credentials(argument: bytes, challenge: Challenge) -> Credentials:
    """Return the credentials of an AUTH command, asking for what it does not bring along; CommandError when malformed."""
    words = argument.split()
    if not 1 <= len(words) <= 2:
        raise CommandError(501, "5.5.4", "auth_syntax")
    initial = words[1] if len(words) == 2 else None
    try:
        match words[0].upper():
            case b"PLAIN":
                return parse_plain(initial or await challenge(b""))
            case b"XOAUTH2":
                return parse_xoauth2(initial or await challenge(b""))
            case b"LOGIN":
                user = initial or await challenge(b"VXNlcm5hbWU6")  # "Username:"
                return parse_login(user, await challenge(b"UGFzc3dvcmQ6"))  # "Password:"
            case _:
                raise CommandError(504, "5.5.4", "auth_mechanism")
    except SaslError:
        raise CommandError(501, "5.5.2", "auth_syntax") from None


async def replay(credentials: Credentials, connection: Connection, challenge: Challenge) -> HopReply:
    """Replay the credentials by the same mechanism; return the verdict. CommandError, unsent, if not offered."""
    mechanism = credentials.mechanism
    if mechanism.value not in connection.capabilities.auth:
        raise CommandError(504, "5.5.4", "auth_mechanism")
    responses = list(credentials.responses)
    line = f"AUTH {mechanism.value}".encode()
    if mechanism is not Mechanism.LOGIN and len(line) + len(responses[0]) + 3 <= _INITIAL_RESPONSE_LINE_BYTES:
        line += b" " + responses.pop(0)
    reply = await connection.command(line)
    while reply.code == 334 and responses:
        reply = await connection.command(responses.pop(0))
    if reply.code == 334 and mechanism is Mechanism.XOAUTH2:
        # The next hop says why as a challenge. It has judged by now, so its final reply counts, not the client's answer.
        why, reply = reply.lines[0], await connection.command(b"")
        with suppress(CommandError):
            await challenge(_base64_only(why))
    if reply.code != 235 and not reply.negative:
        connection.abort()
        raise HopFailedError(FailureKind.PROTOCOL, f"{reply.code} in answer to AUTH")
    return reply


def _base64_only(text: str) -> bytes:
    return "".join(c for c in text[:4096] if c.isascii() and (c.isalnum() or c in "+/=")).encode()
