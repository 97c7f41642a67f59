"""Hold store of the configuration: folder, key, and keeper of a front end."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path

from gateway.audit import AuditLog
from gateway.audit import record as r
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.hold.keeping import Keeper, NotHeldError
from gateway.hold.seal import identity_of, public_of, recipient_of
from gateway.hold.store import HoldStore, Limits
from gateway.model import VIETNAM
from gateway.nexthop.replies import HopReply
from gateway.notice import Notices, mailbox_of
from gateway.serve.app import way_out
from gateway.texts.catalogue import both, reasons

_LOG = logging.getLogger("gateway.hold")


def check_hold(configuration: Configuration) -> None:
    """Check the settings and make the folder of the hold store; UserError when mail could not be held.

    With `hold` off, remaining held mail is neither sent nor expires: logged as a warning.
    """
    if configuration.hold.release is None:
        if left := HoldStore(configuration.data).files():
            _LOG.warning("%s", both("hold", "store", "left", count=len(left)))
        return
    way_out(configuration)
    with configuration.at("hold", "recipient"):
        recipient_of(configuration.hold.recipient)
    store = HoldStore(configuration.data)
    try:
        store.prepare()
    except OSError as error:
        raise UserError(both("hold", "store", "folder", path=store.folder, reason=reasons(error))) from None


def check_key(configuration: Configuration) -> None:
    """Raise UserError when the private key does not open sealed mail; tried in a child, to keep the key out of here."""
    hold = configuration.hold
    if hold.release is None or hold.identity is None:
        return
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, _fault_of_key(hold.identity, hold.recipient).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as report:
        fault = report.read()
    if os.waitpid(pid, 0)[1] or fault:
        with configuration.at("hold", "identity"):
            raise UserError(fault or both("hold", "key", "identity", path=hold.identity))


def _fault_of_key(identity: Path, recipient: str) -> str:
    try:
        good = public_of(identity_of(identity)) == recipient
    except UserError as error:
        return str(error)
    return "" if good else both("hold", "key", "pair", path=identity)


def keeper_of(configuration: Configuration, audit: AuditLog, notices: Notices) -> Keeper | None:
    """Return the keeper of this process, None without a hold store."""
    hold = configuration.hold
    if hold.release is None:
        return None
    domain = configuration.passwords.login_domain

    async def notify(mailbox: str, held: r.Held) -> HopReply:
        until = datetime.fromisoformat(held.until).astimezone(VIETNAM)
        reply = await notices.send("held", mailbox, reference=held.id, until=f"{until:%H:%M %d/%m/%Y}")
        if reply is None:
            raise NotHeldError(both("hold", "store", "too_many", mailbox=mailbox))
        return reply

    return Keeper(
        HoldStore(configuration.data),
        audit,
        recipient=recipient_of(hold.recipient),
        limits=Limits(mails=hold.mails, bytes=hold.bytes),
        days=hold.days,
        mailbox_of=lambda login: mailbox_of(login, domain),
        may_notify=notices.may_send,
        notify=notify,
    )
