"""Steps of a person with a request: checked, recorded and stored in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from gateway.model import Language
from gateway.steward.desk import Desk
from gateway.steward.mails import sight_of
from gateway.steward.questions.refused import refused
from gateway.steward.requests.request import Decision, Request, Step, after, barred
from gateway.steward.roles import Person
from gateway.steward.words import say
from gateway.vietnamese.printed import clean

LIMIT_REASON: Final = 500
_SHORTEST_REASON: Final = 3


def taken(
    desk: Desk,
    person: Person,
    name: str,
    step: Step,
    reason: str,
    *,
    language: Language,
    as_it_is: Callable[[Request], Request] = lambda request: request,
    decided: Callable[[Request], Request] = lambda request: request,
) -> Request:
    """Take a step; Refused when the person may not. `as_it_is` brings a request up to date, `decided` completes it."""
    now = int(desk.people.clock())

    def take(kept: Request) -> Request:
        request = as_it_is(kept)
        seen = sees(desk, person, request)
        key = barred(request, step, person, directory=desk.directory(), now=now)
        about = request.id if request.id == request.reference else f"{request.id} {request.reference}"
        if key or not seen:
            desk.act(person, step.value, about=about, reason=reason, ok=False)
            raise refused("forbidden", say("requests", f"barred_{key}", language)) if seen else refused("not_found")
        decision = Decision(step=step, who=person.name, at=now, reason=reason, mail=person.mail)
        changed = decided(replace(request, state=after(step), decisions=(*request.decisions, decision)))
        desk.act(person, step.value, about=about, reason=reason)
        return changed

    changed = desk.people.requests.change(name.strip().upper(), take)
    if changed is None:
        raise refused("not_found")
    return changed


def sees(desk: Desk, person: Person, request: Request) -> bool:
    """Return whether a person may see a request: who sees all mails, the sender, who opened it, the head of the unit."""
    sight = sight_of(desk, person)
    if sight.everybody:
        return sight.confidential or not request.confidential
    own = sight.addresses & {*request.owners, request.opened_by.casefold()}
    return bool(own) or request.unit in sight.units


def reason_of(text: str, language: Language) -> str:
    """Return a reason as it was given; Refused when it is none."""
    reason = clean(text, limit=LIMIT_REASON).strip()
    if len(reason) < _SHORTEST_REASON:
        raise refused("invalid", say("requests", "reason", language))
    return reason
