"""Failures of the next hop, each with its enhanced status code and text."""

from __future__ import annotations

from enum import Enum

from gateway.errors import GatewayError, NextHopError
from gateway.nexthop.replies import HopReply
from gateway.vietnamese.printed import clean


class FailureKind(Enum):
    """Why there is no reply of the next hop to pass on. The value is the enhanced status code (RFC 3463)."""

    UNREACHABLE = "4.4.1"
    """Refused, no route, or no connection in time; or the circuit breaker is open."""
    LOST = "4.4.2"
    """The connection was closed or reset."""
    DNS = "4.4.3"
    """Its name could not be resolved."""
    TIMEOUT = "4.4.7"
    """It was silent for too long."""
    PROTOCOL = "4.5.0"
    """It sent what is no reply, or a reply out of place."""
    TLS = "4.7.5"
    """No TLS, or a certificate that does not verify."""
    BUSY = "4.3.2"
    """Our own limit of connections to it is reached."""


class HopFailedError(NextHopError):
    """The next hop is away, silent or talks nonsense. The text is for logs; it holds no bytes of a mail."""

    def __init__(self, kind: FailureKind, detail: str, *, after_final_dot: bool = False) -> None:
        super().__init__(f"next hop: {detail}")
        self.kind = kind
        self.after_final_dot = after_final_dot
        """The final dot had gone out: whether the mail was taken is unknown."""


_LIMIT_WORDS = 200


class HopRefusedError(GatewayError):
    """The next hop refused our connection as such, in its banner or its answer to EHLO; `reply` says how.

    It has seen no mail, so a 5yz says nothing about one (RFC 5321 §3.1, §4.2.1): the client keeps the mail and
    comes again, as Postfix does by `smtp_skip_5xx_greeting`. Passed on as the answer to MAIL it would lose the mail.
    """

    def __init__(self, stage: str, reply: HopReply) -> None:
        words = clean(" ".join(reply.lines), limit=_LIMIT_WORDS)
        super().__init__(f"next hop refused us at {stage} with {reply.code} {words}".rstrip())
        self.reply = reply

    @property
    def permanent(self) -> bool:
        """It takes nothing from us until an administrator removes its objection."""
        return self.reply.code >= 500
