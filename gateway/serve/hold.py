"""Hold store of the configuration: folder, key, and keeper of a front end."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from gateway.audit import AuditLog
from gateway.audit import record as r
from gateway.config.sections import Configuration
from gateway.errors import UserError
from gateway.hold.keeping import Keeper, NotHeldError
from gateway.hold.seal import identity_of, public_of, recipient_of
from gateway.hold.store import HoldStore, Limits
from gateway.hold.way import password_of
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


def check_secrets(configuration: Configuration) -> None:
    """Raise UserError when the private key does not open sealed mail, or the password of released mail cannot be read."""
    hold, way = configuration.hold, way_out(configuration)
    if way is None or hold.identity is None:
        return
    with configuration.at("hold", "identity"):
        _try_aside(partial(_check_key, hold.identity, hold.recipient))
    with configuration.at("hold", "release", "password_file"):
        _try_aside(partial(password_of, way))


def _try_aside(check: Callable[[], object]) -> None:
    """Make a check in a child, to keep a secret out of here; UserError as it says."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            check()
        except Exception as error:  # noqa: BLE001 - the child must not return into the supervisor's code
            os.write(writer, (str(error) if isinstance(error, UserError) else type(error).__name__).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as report:
        fault = report.read()
    status = os.waitpid(pid, 0)[1]
    if fault or status:
        raise UserError(fault or str(os.waitstatus_to_exitcode(status)))


def _check_key(identity: Path, recipient: str) -> None:
    if public_of(identity_of(identity)) != recipient:
        raise UserError(both("hold", "key", "pair", path=identity))


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
