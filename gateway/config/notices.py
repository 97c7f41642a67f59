"""`notices` of `gateway.yaml`: mails of the gateway itself."""

from __future__ import annotations

from datetime import date

from pydantic import field_validator

from gateway.config.section import Section
from gateway.texts.catalogue import both
from gateway.vietnamese.addresses import parse_path


class Notices(Section):
    """Who writes them, and when."""

    mail_from: str = ""
    holidays: tuple[date, ...] = ()

    @field_validator("mail_from")
    @classmethod
    def _author(cls, mail_from: str) -> str:
        return plain_mailbox(mail_from) if mail_from else ""


def plain_mailbox(address: str) -> str:
    """Return an address that notices go out from or to; ValueError for what is none, or has letters that not all servers take."""
    reading = parse_path(address)
    if not reading.mailboxes or reading.ambiguous or not address.isascii():
        raise ValueError(both("start", "config", "mailbox"))
    return address
