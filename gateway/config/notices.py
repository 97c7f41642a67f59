"""`notices` of `gateway.yaml`: mails of the gateway itself."""

from __future__ import annotations

from datetime import date

from gateway.config.section import Section
from gateway.config.values import MailboxAddress


class Notices(Section):
    """Who writes them, when, and who hears of troubles."""

    mail_from: MailboxAddress = ""
    to: tuple[MailboxAddress, ...] = ()
    holidays: tuple[date, ...] = ()
