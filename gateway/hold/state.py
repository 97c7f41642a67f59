"""State of a held mail, derived from its audit records only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from gateway.audit import record as r
from gateway.audit.query import AuditReader, History
from gateway.audit.record import Delivery


class HoldState(Enum):
    """State of a held mail."""

    PENDING = "pending"
    """Being held: not acknowledged yet."""
    VOID = "void"
    """Never acknowledged."""
    HELD = "held"
    RELEASING = "releasing"
    """Being sent, or interrupted while being sent."""
    RELEASED = "released"
    FAILED = "failed"
    """Temporarily rejected or not sent: a person may retry."""
    UNKNOWN = "unknown"
    """Delivery unknown: only a person retries, after asking the next hop."""
    RETURNED = "returned"
    """Permanently rejected by the next hop."""
    REFUSED = "refused"
    EXPIRED = "expired"


KEPT: Final = frozenset({HoldState.HELD, HoldState.RELEASING, HoldState.FAILED, HoldState.UNKNOWN})
"""States that need the sealed file."""
GONE: Final = frozenset(HoldState) - KEPT - {HoldState.PENDING}
"""States in which the sealed file is removed."""
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
    """A mail with a sealed file, now or earlier."""

    reference: str
    mail: r.MailFacts
    held: r.Held
    state: HoldState
    release: r.Release | None = None
    """Last delivery attempt."""
    outcome: r.Outcome | None = None
    """Last outcome, `held` included."""

    @property
    def since(self) -> datetime:
        """Time of sealing."""
        return datetime.fromisoformat(self.held.time)

    @property
    def until(self) -> datetime:
        """Expiry."""
        return datetime.fromisoformat(self.held.until)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Recipients at release."""
        return tuple(address for address, _ in self.held.recipients)


def held_mail(history: History | None) -> HeldMail | None:
    """Derive a held mail from the records of a reference; None when it was never in the hold store."""
    mail = history.mail if history is not None else None
    if history is None or mail is None:
        return None
    held: r.Held | None = None
    release: r.Release | None = None
    outcome: r.Outcome | None = None
    state = HoldState.PENDING
    for record in history.records:
        match record:
            case r.Intent(mail=judged):  # a reference can be reused by another mail
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
    """Return a held mail in its current state; None for an unknown reference."""
    return held_mail(reader.show(reference))
