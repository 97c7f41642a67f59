"""Mails of the gateway itself: made from words, handed to the next hop with the null reverse-path (RFC 3834)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from gateway.nexthop.hop import NextHop
from gateway.nexthop.replies import HopReply
from gateway.texts.catalogue import product_texts


def notice(
    key: str, *, author: str, recipient: str, hostname: str, now: datetime, fields: Mapping[str, str] | None = None
) -> bytes:
    """Return a mail of `notice.toml` in wire form, Vietnamese above English; base64, so that no line begins with a dot."""
    words = product_texts("notice")[key]
    body = f"{words['vi']['body']}\n{words['en']['body']}"
    for name, value in (fields or {}).items():
        body = body.replace("{" + name + "}", value)
    mail = EmailMessage(policy=SMTP.clone(max_line_length=76))
    mail["From"] = author
    mail["To"] = recipient
    mail["Subject"] = f"{words['vi']['subject']} / {words['en']['subject']}"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{int(now.timestamp() * 1e6):x}.{secrets.token_hex(4)}.notice@{hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body, cte="base64")
    return mail.as_bytes()


async def hand_over(hop: NextHop, recipient: str, content: bytes) -> HopReply:
    """Send a mail to one plain address; return the reply that decided. HopFailedError, HopRefusedError as the hop raises."""
    connection, reply = await hop.mail(lambda _capabilities: b"MAIL FROM:<>")
    try:
        if reply.positive:
            reply = await connection.ask(b"RCPT TO:<" + recipient.encode("ascii") + b">")
        if reply.positive:
            reply = await connection.data(b"", (content,), _at_once)
    finally:
        hop.recycle(connection)
    return reply


async def _at_once() -> None:
    """Let the final dot go."""
