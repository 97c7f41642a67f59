"""Notice in wire form, and its submission to the next hop (RFC 3834: null reverse-path, Auto-Submitted)."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

from gateway.config.sections import Configuration
from gateway.nexthop.hop import NextHop
from gateway.nexthop.replies import HopReply
from gateway.texts.catalogue import pair, product_texts
from gateway.vietnamese.addresses import parse_path

_POLICY: Final = SMTP.clone(max_line_length=76)
_LEFT_OUT: Final = "\0"


@dataclass(frozen=True)
class Attachment:
    """An attached file."""

    name: str
    media_type: str
    octets: bytes


@dataclass(frozen=True)
class Author:
    """From address and host name of notices."""

    mailbox: str
    hostname: str

    @classmethod
    def of(cls, configuration: Configuration, hostname: str) -> Author:
        """Return the author of the configuration."""
        return cls(configuration.notices.mail_from or f"gateway@{hostname}", hostname)

    def writes(
        self,
        kind: str,
        recipient: str,
        now: float,
        fields: Mapping[str, object],
        *,
        identity: str = "",
        attachment: Attachment | None = None,
    ) -> bytes:
        """Render a kind of `notice.toml` in wire form, Vietnamese above English; base64, so that no line begins with a dot.

        A pair as field holds the text of each language; a line with an empty field is omitted. The same `identity` gives the
        same Message-ID. KeyError for an unknown kind.
        """
        answers = product_texts("notice")[kind].get("answers", False)
        filled = {name: _LEFT_OUT if value in ("", ("", "")) else value for name, value in fields.items()}
        subject, body = (pair("notice", kind, part, **filled) for part in ("subject", "body"))
        identity = sha256(identity.encode()).hexdigest()[:24] if identity else secrets.token_hex(12)
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self.mailbox
        mail["To"] = recipient
        mail["Subject"] = " ".join(" / ".join(subject).split())
        mail["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
        mail["Message-ID"] = f"<{identity}.notice@{self.hostname}>"
        mail["Auto-Submitted"] = "auto-replied" if answers else "auto-generated"
        lines = (line for text in body for line in f"{text}\n".splitlines(keepends=True) if _LEFT_OUT not in line)
        mail.set_content("".join(lines), cte="base64")
        if attachment is not None:
            main, _, sub = attachment.media_type.partition("/")
            mail.add_attachment(attachment.octets, maintype=main, subtype=sub, filename=attachment.name)
        return mail.as_bytes()


def mailbox_of(login: str, login_domain: str) -> str:
    """Return the mailbox of an authenticated login; empty when it is no plain ASCII address."""
    address = login if "@" in login else f"{login}@{login_domain}"
    path = parse_path(address)
    return address if path.mailboxes and not path.ambiguous and address.isascii() else ""


async def _at_once() -> None:
    """Send the final dot without delay."""


async def hand_over(
    hop: NextHop, recipient: str, content: bytes, before_dot: Callable[[], Awaitable[None]] = _at_once
) -> HopReply:
    """Send a mail to one plain address; return the deciding reply. HopFailedError, HopRefusedError of the hop.

    `before_dot` is awaited before the final dot; when it raises, the mail is not sent.
    """
    connection, reply = await hop.mail(lambda _capabilities: b"MAIL FROM:<>")
    try:
        if reply.positive:
            reply = await connection.ask(b"RCPT TO:<" + recipient.encode("ascii") + b">")
        if reply.positive:
            reply = await connection.data(b"", (content,), before_dot)
    finally:
        hop.recycle(connection)
    return reply
