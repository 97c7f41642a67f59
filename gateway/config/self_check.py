"""The section `self_check` of `gateway.yaml`: the mailbox for mails that are checked and not relayed."""

from __future__ import annotations

from pydantic import field_validator

from gateway.config.section import Section
from gateway.texts.catalogue import both
from gateway.vietnamese.addresses import parse_path


class SelfCheck(Section):
    """The self-check mailbox."""

    address: str = ""

    @field_validator("address")
    @classmethod
    def _mailbox(cls, address: str) -> str:
        if address and (not address.isascii() or not parse_path(address).mailboxes):
            raise ValueError(both("start", "config", "mail_from"))
        return address
