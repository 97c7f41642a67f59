"""Notices of the result of a held mail, to the login that sent it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from gateway.hold.state import HeldMail
from gateway.notice.book import DAY_S
from gateway.steward.holds import Holds
from gateway.steward.notices.context import Notifier
from gateway.steward.notices.requests import concerned
from gateway.steward.requests.request import Request, State, Step
from gateway.texts.catalogue import pair
from gateway.vietnamese.printed import clean

_KINDS: Final = {
    State.RELEASED: "hold_released", State.RETURNED: "hold_returned", State.EXPIRED: "hold_expired",
    State.REFUSED: "hold_refused", State.REVOKED: "hold_refused", State.WITHDRAWN: "hold_refused",
    State.FAILED: "hold_failed", State.UNKNOWN: "hold_unknown",
}  # fmt: skip
_LATEST_S: Final = 2 * DAY_S
"""Older results are not reported."""


def notify_of_held(notifier: Notifier) -> None:
    """Queue notices of held mails that were sent, could not be sent, or ended without being sent."""
    holds = notifier.desk.holds
    for request in notifier.desk.people.requests.all(notifier.now) if holds is not None else ():
        if holds is not None and request.held:
            _notify(notifier, holds, request)


def _notify(notifier: Notifier, holds: Holds, kept: Request) -> None:
    request = holds.as_it_is(kept)
    key = f"held:{request.id}:{request.state.value}"
    if request.state not in _KINDS or notifier.now - request.expires >= _LATEST_S or notifier.book.has(key):
        return
    held = holds.look(request.reference)
    if held is None or held.outcome is None or notifier.now - _time(held) >= _LATEST_S:
        return
    outcome, decision = held.outcome, request.decisions[-1] if request.decisions else None
    kind = _KINDS[request.state]
    if request.state is State.EXPIRED and request.taken(Step.APPROVE) is not None:
        kind = "hold_unconfirmed"
    left_out = ", ".join(clean(one, limit=320) for one in outcome.left_out)
    for recipient in concerned(notifier, request):
        if request.state is not State.WITHDRAWN or decision is None or decision.who != recipient:
            notifier.notify(
                key,
                kind,
                recipient,
                reference=request.reference,
                answer=clean(f"{outcome.code or ''} {outcome.enhanced} {outcome.text}".strip(), limit=300),
                left_out=pair("steward", "holds", "left_out", who=left_out) if left_out else "",
                reason=decision.reason if decision is not None else "",
            )
    notifier.book.mark(key, kind="held", now=notifier.now)


def _time(held: HeldMail) -> float:
    return datetime.fromisoformat(held.outcome.time).timestamp() if held.outcome is not None else 0.0
