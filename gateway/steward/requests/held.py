"""Answers on held mail: decided like a request, then sent or ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.audit import record as r
from gateway.audit.filter import Filter
from gateway.audit.query import AuditReader
from gateway.errors import GatewayError
from gateway.hold.state import HeldMail, HoldState
from gateway.hold.store import InUseError
from gateway.mime import charsets, parse
from gateway.mime.transfer import decode_body
from gateway.model import VIETNAM, FrontEnd, Language
from gateway.model.reference import standard
from gateway.steward import questions as q
from gateway.steward.desk import Desk, pieces
from gateway.steward.holds import Holds
from gateway.steward.mails import sight_of
from gateway.steward.questions.refused import refused
from gateway.steward.requests.request import Request, State, Step
from gateway.steward.requests.steps import reason_of, sees, taken
from gateway.steward.roles import Person
from gateway.steward.words import say
from gateway.texts.catalogue import one_language
from gateway.vietnamese.printed import clean

ENDING: Final = frozenset({Step.REFUSE, Step.WITHDRAW, Step.REVOKE})
_LIMIT_TEXT: Final = 50_000
_LIMIT_PARTS: Final = 100
_LIMIT_RECIPIENTS: Final = 200
_QUEUED_DAYS: Final = 7
_LIMIT_QUEUED: Final = 50
_FIELDS: Final = ("From", "To", "Cc", "Subject", "Date")


def decide_held(desk: Desk, person: Person, request: Request, step: Step, *, reason: str, language: Language) -> q.Done:
    """Endorse, or end a held mail: refused, withdrawn by its sender, or not sent after all."""
    holds = holds_of(desk)
    with _leased(desk, person, request, language) as held:
        taken(desk, person, request.id, step, reason, language=language, as_it_is=holds.as_it_is)
        if step in ENDING:
            holds.end(held, r.Delivery.HOLD_REFUSED)
    return q.Done(say("holds", step.value, language))


def approve_held(
    desk: Desk, person: Person, request: Request, step: Step, *, reason: str, language: Language
) -> q.Done:
    """Approve a held mail as the second person and have it sent, or have an approved one sent again."""
    holds = holds_of(desk)
    with _leased(desk, person, request, language) as held:
        taken(desk, person, request.id, step, reason, language=language, as_it_is=holds.as_it_is)
        try:
            outcome = holds.release(held, person.name)
        except (GatewayError, OSError) as error:
            outcome = _outcome_after(error, holds, held, language)
    return q.Done(said(outcome, language))


def _outcome_after(error: Exception, holds: Holds, held: HeldMail, language: Language) -> r.Outcome:
    """Return the outcome that a release recorded before its fault; Refused in words of how far it came without one."""
    now = holds.look(held.reference) or held
    if now.outcome is not None and now.outcome != held.outcome:
        return now.outcome
    key = "not_sent_yet" if held.state is HoldState.HELD else r.Delivery.NOT_SENT.value
    if now.release != held.release:
        key = r.Delivery.UNKNOWN.value
    words = clean(one_language(str(error), language), limit=300)
    raise refused("unavailable", say("holds", key, language, reason=words, answer=words)) from None


def release_held(desk: Desk, person: Person, question: q.Release, language: Language) -> q.Answer:
    """Have an approved mail sent again that was deferred, or whose outcome is unknown."""
    reason = reason_of(question.reason, language)
    request = find(desk, question.request)
    if request is None:
        raise refused("not_found")
    return approve_held(desk, person, request, Step.RELEASE, reason=reason, language=language)


def get_held(desk: Desk, person: Person, question: q.GetHeld, language: Language) -> Iterator[q.Answer]:
    """Send the bytes of a held mail; reading it is an act, recorded before anything is opened."""
    yield from pieces(_opened(desk, person, question.reference, "save_held", language))


def read_held(desk: Desk, person: Person, question: q.ReadHeld, language: Language) -> q.HeldText:
    """Show a held mail as plain text: fields, bodies of text, and what else is in it."""
    octets = _opened(desk, person, question.reference, "read_held", language)
    message = parse(octets)
    texts: list[str] = []
    others: list[q.HeldPart] = []
    room = _LIMIT_TEXT
    for part in message.root.leaves():
        if part.declared_type == "text/plain" and part.content_disposition != "attachment" and room > 0:
            text = charsets.decode(decode_body(octets, part).data[: room * 4], part.charset)[:room]
            texts.append("\n".join(clean(line, limit=1000) for line in text.splitlines()))
            room -= len(text)
        elif len(others) < _LIMIT_PARTS:
            others.append(q.HeldPart(clean(part.filename or "-", limit=255), clean(part.declared_type), part.length))
    fields = ((name, message.first(name)) for name in _FIELDS)
    return q.HeldText(
        reference=clean(question.reference),
        fields=tuple((name, clean(field.text, limit=1000)) for name, field in fields if field is not None),
        text="\n\n".join(texts),
        whole=room > 0,
        parts=tuple(others),
    )


def _opened(desk: Desk, person: Person, reference: str, what: str, language: Language) -> bytes:
    holds, request = holds_of(desk), find(desk, reference)
    held = holds.look(request.reference) if request is not None else None
    if held is None or not holds.store.has(held.reference) or held.mail.confidential:
        raise refused("not_found")
    desk.act(person, what, about=held.reference)
    try:
        return holds.octets(held)
    except (GatewayError, OSError) as error:
        raise refused(
            "unavailable",
            say("holds", "not_opened", language, reason=clean(one_language(str(error), language), limit=300)),
        ) from None


def find(desk: Desk, reference: str) -> Request | None:
    """Return the request of a held mail, None when the reference is of something else; Refused without a hold store."""
    found = desk.people.requests.find(standard(reference) or reference.strip().upper())
    return holds_of(desk).as_it_is(found) if found is not None and found.held else None


def holds_of(desk: Desk) -> Holds:
    """Return the hold store; Refused where none is configured."""
    if desk.holds is None:
        raise refused("not_found")
    return desk.holds


@contextmanager
def _leased(desk: Desk, person: Person, request: Request, language: Language) -> Iterator[HeldMail]:
    """Lock a held mail that the person may see for the duration of a step."""
    holds = holds_of(desk)
    if not sees(desk, person, request):
        raise refused("not_found")
    try:
        with holds.leased(request.reference) as held:
            yield held
    except InUseError:
        raise refused("unavailable", say("holds", "busy", language)) from None
    except FileNotFoundError:
        state = say("request_states", request.state.value, language)
        raise refused("forbidden", say("holds", "over", language, state=state, who=_by(request))) from None


def _by(request: Request) -> str:
    """Return when it ended and, where a person did it, who."""
    last = request.decisions[-1] if request.decisions and request.state is not State.EXPIRED else None
    moment = datetime.fromtimestamp(last.at if last is not None else request.until, VIETNAM)
    return ", ".join((*([clean(last.who, limit=320)] if last is not None else []), f"{moment:%H:%M %d/%m/%Y}"))


def said(outcome: r.Outcome, language: Language) -> str:
    """Return what came of sending, with the next hop's answer."""
    answer = clean(f"{outcome.code or ''} {outcome.enhanced} {outcome.text}".strip(), limit=300)
    words = say("holds", outcome.delivery.value, language, answer=answer)
    if outcome.left_out:
        who = ", ".join(clean(one, limit=320) for one in outcome.left_out[:_LIMIT_RECIPIENTS])
        words += " " + say("holds", "left_out", language, who=who)
    return words


def view_of(desk: Desk, request: Request, language: Language) -> q.HeldView | None:
    """Return what a list shows of a held mail beside its decisions; None of a request."""
    if not request.held or desk.holds is None:
        return None
    held = desk.holds.look(request.reference)
    if held is None:
        return None
    outcome = held.outcome if held.release is not None else None
    left = (held.until - datetime.fromtimestamp(desk.people.clock(), UTC)).days + 1
    return q.HeldView(
        size=held.mail.size,
        recipients=tuple(clean(one, limit=320) for one in held.recipients[:_LIMIT_RECIPIENTS]),
        days_left=max(0, left),
        answer=said(outcome, language) if outcome is not None else "",
        content=desk.holds.store.has(held.reference),
    )


def queued(desk: Desk, person: Person) -> tuple[q.QueuedMail, ...]:
    """Return the mails of the last week that an MTA was asked to hold, newest first: they are in its queue."""
    since = datetime.fromtimestamp(desk.people.clock(), UTC) - timedelta(days=_QUEUED_DAYS)
    wanted = Filter(state=r.Delivery.HELD.value, since=since, limit=_LIMIT_QUEUED, sight=sight_of(desk, person))
    with desk.reader() as reader:
        return tuple(filter(None, (_queued(reader, row.reference) for row in reader.find(wanted))))


def _queued(reader: AuditReader, reference: str) -> q.QueuedMail | None:
    history = reader.show(reference)
    mail = history.mail if history is not None else None
    if history is None or mail is None or mail.session.front_end != FrontEnd.MILTER.value:
        return None
    return q.QueuedMail(
        reference=clean(reference),
        time=history.records[0].time,
        sender=clean(mail.reverse_path, limit=320),
        queue_id=clean(mail.session.queue_id or "", limit=64),
    )
