"""What became of a held mail: read from its records and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from gateway.audit import record as r
from gateway.audit.query import AuditReader, History
from gateway.audit.record import Delivery


class HoldState(Enum):
    """How far a held mail is."""

    PENDING = "pending"
    """Being held: nobody was told yet."""
    VOID = "void"
    """It was never acknowledged."""
    HELD = "held"
    RELEASING = "releasing"
    """Being sent, or a process ended while it was."""
    RELEASED = "released"
    FAILED = "failed"
    """Not taken for now: a person may have it sent again."""
    UNKNOWN = "unknown"
    """It may have arrived. Nothing sends it again but a person who asked the next hop."""
    RETURNED = "returned"
    """The next hop does not want it."""
    REFUSED = "refused"
    EXPIRED = "expired"


KEPT: Final = frozenset({HoldState.HELD, HoldState.RELEASING, HoldState.FAILED, HoldState.UNKNOWN})
"""While a mail is so, its sealed file must be there."""
GONE: Final = frozenset(HoldState) - KEPT - {HoldState.PENDING}
"""When it is so, its sealed file goes."""
_AFTER_RELEASE: Final = {
    Delivery.RELAYED: HoldState.RELEASED, Delivery.UPSTREAM_DEFERRED: HoldState.FAILED,
    Delivery.NOT_SENT: HoldState.FAILED, Delivery.UPSTREAM_REFUSED: HoldState.RETURNED,
    Delivery.UNKNOWN: HoldState.UNKNOWN, Delivery.HOLD_REFUSED: HoldState.REFUSED,
    Delivery.HOLD_EXPIRED: HoldState.EXPIRED,
}  # fmt: skip
_BEFORE: Final = {
    Delivery.HELD: HoldState.HELD, Delivery.HOLD_REFUSED: HoldState.REFUSED, Delivery.HOLD_EXPIRED: HoldState.EXPIRED,
}  # fmt: skip


@dataclass(frozen=True)
class HeldMail:
    """A mail that has, or had, a sealed file."""

    reference: str
    mail: r.MailFacts
    held: r.Held
    state: HoldState
    release: r.Release | None = None
    """The last attempt to send it."""
    outcome: r.Outcome | None = None
    """The last outcome, `held` among them."""

    @property
    def since(self) -> datetime:
        """When it was sealed."""
        return datetime.fromisoformat(self.held.time)

    @property
    def until(self) -> datetime:
        """When it expires."""
        return datetime.fromisoformat(self.held.until)

    @property
    def recipients(self) -> tuple[str, ...]:
        """To whom it may be released."""
        return tuple(address for address, _ in self.held.recipients)


def held_mail(history: History | None) -> HeldMail | None:
    """Return what the records of a reference say of a mail of the hold store, None when it never was in it."""
    mail = history.mail if history is not None else None
    if history is None or mail is None:
        return None
    held: r.Held | None = None
    release: r.Release | None = None
    outcome: r.Outcome | None = None
    state = HoldState.PENDING
    for record in history.records:
        match record:
            case r.Intent(mail=judged):  # another mail may have been given the same reference
                mail, held, release, outcome, state = judged, None, None, None, HoldState.PENDING
            case r.Held():
                held = record
            case r.Release():
                release, state = record, HoldState.RELEASING
            case r.Outcome(delivery=delivery):
                outcome = record
                table = _BEFORE if release is None else _AFTER_RELEASE
                state = table.get(delivery, HoldState.VOID if release is None else state)
            case _:
                pass
    if held is None:
        return None
    return HeldMail(history.reference, mail, held, state, release, outcome)


def look_up(reader: AuditReader, reference: str) -> HeldMail | None:
    """Return a mail of the hold store as the log has it now; None when there is none of that reference."""
    return held_mail(reader.show(reference))
