"""`notices` of `gateway.yaml`: mails of the gateway itself."""

from __future__ import annotations

from datetime import date

from gateway.config.section import Section
from gateway.config.values import MailboxAddress


class Notices(Section):
    """Who writes them, and when."""

    mail_from: MailboxAddress = ""
    holidays: tuple[date, ...] = ()
