"""Acts on requests that are in the log and not in the stored requests.

An act is recorded before it is kept. Where a process died or the disk was full between the two, it was not done, and the log
gets the same act once more as not done.
"""

from __future__ import annotations

from typing import Final

from gateway.audit.acts import failed, newest_acts
from gateway.audit.record import Act
from gateway.steward.desk import Desk
from gateway.steward.requests.request import Step

_OPENED: Final = "open_request"
_STEPS: Final = {step.value: step for step in Step}


def correct(desk: Desk, since: int) -> int:
    """Record what was not done of the acts after a place in the log; return the last place. AuditError, UserError."""
    with desk.people.book.changing():  # so that no act is between log and book now
        last, acts = newest_acts(desk.configuration.data, since)
        owed: dict[tuple[str, str, str], Act] = {}
        for act in acts:
            key = (act.what, act.about, act.who)
            if not act.ok:
                owed.pop(key, None)
            elif not _is_kept(desk, act):
                owed[key] = act
        for act in owed.values():
            desk.record(failed(Act(who=act.who, roles=act.roles, what=act.what, about=act.about, client=act.client)))
    return last


def _is_kept(desk: Desk, act: Act) -> bool:
    """Return whether the book has the effect of an act; only acts on requests matter here."""
    step = _STEPS.get(act.what)
    if step is None and act.what != _OPENED:
        return True
    request = desk.people.requests.find(act.about.partition(" ")[0])
    if step is None or request is None:
        return request is not None
    return any((one.step, one.who) == (step, act.who) for one in request.decisions)
