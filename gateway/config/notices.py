"""The section `notices` of `gateway.yaml`: mails that the gateway itself sends."""

from __future__ import annotations

from datetime import date

from gateway.config.section import Section
from gateway.config.values import MailboxAddress, OptionalMailbox


class Notices(Section):
    """Author, schedule, and recipients of trouble notices."""

    mail_from: OptionalMailbox = ""
    to: tuple[MailboxAddress, ...] = ()
    holidays: tuple[date, ...] = ()
    working_days: tuple[date, ...] = ()
