"""Notices of account changes that grant access: to the account and to the other account administrators."""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime
from typing import Final

from gateway.errors import NoticeError
from gateway.model import VIETNAM
from gateway.notice import NoticeBook
from gateway.steward.accounts.book import all_accounts
from gateway.steward.roles import Role
from gateway.texts.catalogue import pair
from gateway.vietnamese.printed import clean

_LOG = logging.getLogger("gateway.steward")
_NOTIFIED: Final = frozenset({"account_add", "account_roles", "account_reset", "account_mail", "account_unlock"})


def notify_of_change(
    book: NoticeBook, connection: sqlite3.Connection, *, seq: int, who: str, what: str, about: str, now: float
) -> None:
    """Queue notices of the change recorded at `seq`; called within its transaction. A NoticeError is logged, not raised."""
    if what not in _NOTIFIED:
        return
    name, _, new = about.partition(": ")
    due = [
        account
        for account in all_accounts(connection)
        if account.mail and not account.locked and account.name != who
        if account.name == name or Role.ACCOUNT_ADMIN in account.roles
    ]
    fields = {
        "who": clean(who, limit=320),
        "what": pair("steward", "changed", what),
        "about": clean(about, limit=320),
        "name": name,
        "when": f"{datetime.fromtimestamp(now, VIETNAM):%H:%M %d/%m/%Y}",
    }
    moved = [new] if what == "account_mail" and new != "-" else []
    for recipient in dict.fromkeys([*(account.mail for account in due), *moved]):
        try:
            book.put(f"account:{seq}:{recipient}", kind="account_changed", recipient=recipient, now=now, fields=fields)
        except NoticeError as error:
            _LOG.error("%s", error)
