"""The answers on requests. Whose mails a person sees is decided in `gateway.steward.mails`, who may decide in `request`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from gateway.audit import record as r
from gateway.audit.keyed import Keyed
from gateway.audit.query import History
from gateway.audit.store import Folder
from gateway.errors import NoWaiverError, UserError
from gateway.model import VIETNAM, Language
from gateway.pipeline.waivers import USUAL_DAYS, Wanted, entries_for
from gateway.steward import questions as q
from gateway.steward.desk import Desk
from gateway.steward.mails import addresses_of, sight_of, titles, visible
from gateway.steward.policy import used_by
from gateway.steward.questions.refused import refused
from gateway.steward.requests.book import new_name
from gateway.steward.requests.decided import put_in_force
from gateway.steward.requests.held import approve_held, decide_held, find, queued, view_of
from gateway.steward.requests.request import Decision, Request, State, Step, barred, owners_of
from gateway.steward.requests.steps import LIMIT_REASON, reason_of, sees, taken
from gateway.steward.roles import Person, Role
from gateway.steward.words import moment, say
from gateway.texts.catalogue import one_language, pair
from gateway.vietnamese.printed import clean

_PREFIX: Final = "WR"
_LONGEST_DAYS: Final = 30
_DIGEST: Final = 12
"""Letters of a digest that are shown."""
_TONES: Final = {
    State.OPEN: "warn", State.ENDORSED: "warn", State.APPROVED: "good", State.REFUSED: "bad", State.WITHDRAWN: "plain",
    State.EXPIRED: "plain", State.REVOKED: "bad", State.RELEASING: "warn", State.RELEASED: "good", State.FAILED: "bad",
    State.UNKNOWN: "bad", State.RETURNED: "bad",
}  # fmt: skip
_ADVANCES: Final = {Step.ENDORSE.value, Step.APPROVE.value, Step.RELEASE.value}
"""Whoever has endorsed may still refuse, but it waits for another."""
_WAITING: Final = frozenset(
    state.value for state in (State.OPEN, State.ENDORSED, State.RELEASING, State.FAILED, State.UNKNOWN)
)


def requests_view(desk: Desk, person: Person, question: q.AskRequests, language: Language) -> q.RequestsView:
    """Return the requests that a person may see, and whether the person may open one about a mail."""
    book, now = desk.people.requests, int(desk.people.clock())
    if desk.holds is not None:
        desk.holds.adopt()
    found = book.of(question.reference) if question.reference else book.all(now)
    seen = [one for one in found if sees(desk, person, one)]
    used = _used(desk, seen)
    rows = [_row(one, desk, person, now, language, used=used.get(one.id, ())) for one in seen]
    mine = tuple(row for row in rows if _ADVANCES & set(row.steps))
    others = [row for row in rows if row not in mine]
    view = q.RequestsView(
        mine=mine,
        waiting=tuple(row for row in others if row.state.key in _WAITING),
        done=tuple(row for row in others if row.state.key not in _WAITING),
        queued=queued(desk, person) if not question.reference else (),
    )
    return _with_way(view, desk, person, question.reference, language) if question.reference else view


def waiting_for(desk: Desk, person: Person) -> int:
    """Return how many requests wait for a person's decision."""
    if desk.accounts is None:
        return 0
    now = int(desk.people.clock())
    seen = (_as_it_is(one, desk) for one in desk.people.requests.waiting(now) if sees(desk, person, one))
    return sum(1 for one in seen if _ADVANCES & set(_steps(one, desk, person, now)))


def _with_way(view: q.RequestsView, desk: Desk, person: Person, reference: str, language: Language) -> q.RequestsView:
    with desk.reader() as reader:
        history = visible(reader, sight_of(desk, person), reference)
        if history is None or not _may_open(desk, person, history) or view.mine or view.waiting:
            return view
        try:
            _entries(desk, history, _wanted(desk, ""))
        except NoWaiverError as fault:
            if fault.key == "ask_file":
                return replace(view, may_open=True, needs_file=True)
            return replace(view, barred=_words(fault, language) if fault.key != "nothing" else "")
    return replace(view, may_open=True)


def open_request(desk: Desk, person: Person, question: q.OpenRequest, language: Language) -> q.Done:
    """Open a request about a refused mail: its sender does, or an operator for him."""
    reason = reason_of(question.reason, language)
    with desk.reader() as reader:
        history = visible(reader, sight_of(desk, person), question.reference)
    if history is None:
        raise refused("not_found")
    if not _may_open(desk, person, history):
        desk.act(person, "open_request", about=history.reference, reason=reason, ok=False)
        raise refused("forbidden")
    try:
        entries = _entries(desk, history, _wanted(desk, question.sha256.strip().lower()))
    except NoWaiverError as fault:
        raise refused("invalid", _words(fault, language)) from None
    now, mail = int(desk.people.clock()), history.mail
    assert mail is not None  # entries are about files of a mail
    request = Request(
        id=new_name(),
        reference=history.reference,
        opened_by=person.name,
        opened_mail=person.mail,
        opened=now,
        reason=reason,
        owners=owners_of(mail),
        unit=mail.unit or "",
        confidential=mail.confidential,
        sha256=question.sha256.strip().lower() if mail.confidential else "",
        rules=tuple(dict.fromkeys((one.policy, one.rule, one.code) for one in mail.findings if _is_in(one, entries))),
        files=_files(mail, entries),
    )

    def none_waits(others: tuple[Request, ...]) -> None:
        if any(one.at(now) in {State.OPEN, State.ENDORSED} for one in others):
            raise refused("invalid", say("requests", "waits", language))

    def sign() -> None:
        desk.act(person, "open_request", about=f"{request.id} {request.reference}", reason=reason)

    desk.people.requests.open(request, sign, barred=none_waits)
    return q.Done(say("requests", "opened", language, id=request.id))


def decide(desk: Desk, person: Person, question: q.Decide, language: Language) -> q.Answer:
    """Endorse, refuse, withdraw or revoke."""
    steps = {step.value: step for step in Step if step not in {Step.APPROVE, Step.RELEASE}}
    step = steps.get(question.step)
    if step is None:
        raise refused("invalid", say("requests", "step", language))
    if step is Step.ENDORSE and not question.read:
        raise refused("invalid", say("requests", "read", language))
    reason = reason_of(question.reason, language)
    if (held := find(desk, question.request)) is not None:
        return decide_held(desk, person, held, step, reason=reason, language=language)
    taken(desk, person, question.request, step, reason, language=language)
    if step is Step.REVOKE:
        _have_in_force(desk, language)
    return q.Done(say("requests", step.value, language))


def approve(desk: Desk, person: Person, question: q.Approve, language: Language) -> q.Answer:
    """Decide as the second person; the waivers are in force with the answer, or nothing was decided."""
    if not question.read:
        raise refused("invalid", say("requests", "read", language))
    reason, until = reason_of(question.reason, language), _until(question.until, language)
    if (held := find(desk, question.request)) is not None:
        return approve_held(desk, person, held, Step.APPROVE, reason=reason, language=language)

    def waive(request: Request) -> Request:
        return replace(request, entries=_waivers(desk, request, until, language))

    request = taken(desk, person, question.request, Step.APPROVE, reason, language=language, decided=waive)
    try:
        _have_in_force(desk, language)
    except BaseException:
        desk.people.requests.change(request.id, _undone)
        desk.act(person, Step.APPROVE.value, about=f"{request.id} {request.reference}", reason=reason, ok=False)
        raise
    return q.Done(say("requests", "approve", language, until=f"{until:%d/%m/%Y}"))


def _waivers(desk: Desk, request: Request, until: date, language: Language) -> tuple[dict[str, object], ...]:
    """Return the waivers of a request that both persons are for."""
    who = [decision.who for decision in request.decisions if decision.step in {Step.ENDORSE, Step.APPROVE}]
    wanted = Wanted(
        until=until,
        reason=request.reason,
        approved_by=", ".join(who),
        sha256=request.sha256,
        prefix=f"{_PREFIX}-{request.id.removeprefix('YC-')}",
    )
    with desk.reader() as reader:
        history = reader.show(request.reference)
    try:
        if history is None:
            raise refused("not_found")
        entries = _entries(desk, history, wanted)
        known = {(policy.name, rule) for policy in desk.policies().policies for rule in policy.rules}
        gone = [f"{one['policy']}.{one['rule']}" for one in entries if (one["policy"], one["rule"]) not in known]
        if gone:
            raise refused("invalid", say("requests", "rule_gone", language, rule=", ".join(gone)))
        return tuple(entry | {"expires": until.isoformat()} for entry in entries)
    except NoWaiverError as fault:
        raise refused("invalid", _words(fault, language)) from None


def _undone(request: Request) -> Request:
    if request.state is not State.APPROVED:
        return request  # revoked meanwhile
    kept = tuple(one for one in request.decisions if one.step is not Step.APPROVE)
    return replace(request, state=State.ENDORSED, decisions=kept, entries=())


def _have_in_force(desk: Desk, language: Language) -> None:
    try:
        done = put_in_force(desk.configuration, desk.people.requests.approved)
    except (OSError, UserError) as error:
        raise refused(
            "unavailable",
            say("requests", "not_written", language, reason=clean(one_language(str(error), language), limit=300)),
        ) from None
    if not done:
        raise refused("unavailable", say("requests", "not_in_force", language))


def settle(desk: Desk) -> None:
    """Write what was decided before a fault kept it from the file; the log of the steward says what cannot be."""
    put_in_force(desk.configuration, desk.people.requests.approved)


def _entries(desk: Desk, history: History, wanted: Wanted) -> list[dict[str, object]]:
    """Return the waivers for a mail, each for one exact file; NoWaiverError where there is no such way."""
    entries = entries_for(history, wanted, Keyed.of(Folder(desk.configuration.data)))
    if any(not {"sha256", "sender"} <= entry.keys() for entry in entries):
        raise NoWaiverError("sender", *pair("steward", "requests", "sender"))
    return entries


def _wanted(desk: Desk, sha256: str) -> Wanted:
    today = datetime.fromtimestamp(desk.people.clock(), VIETNAM).date()
    return Wanted(until=today, reason="-", approved_by="-", sha256=sha256, prefix=_PREFIX)


def _may_open(desk: Desk, person: Person, history: History) -> bool:
    """Return whether a person may ask for a mail: the sender, or an operator."""
    mail = history.mail
    if mail is None or not any(isinstance(record, r.Refused) for record in history.records):
        return False
    return Role.OPERATOR in person.roles or not addresses_of(desk, person).isdisjoint(owners_of(mail))


def _is_in(found: r.FindingFacts, entries: list[dict[str, object]]) -> bool:
    return any((found.policy, found.rule) == (entry["policy"], entry["rule"]) for entry in entries)


def _files(mail: r.MailFacts, entries: list[dict[str, object]]) -> tuple[tuple[str, str], ...]:
    """Return name and digest of each file that entries waive; none of a confidential mail."""
    waived = {one["sha256"] for one in entries} if not mail.confidential else set()
    found = ((one.filename or one.path, one.sha256) for one in mail.parts if one.sha256 and one.sha256 in waived)
    return tuple(dict.fromkeys(found))


def _used(desk: Desk, requests: list[Request]) -> dict[str, tuple[q.Bar, ...]]:
    """Return how many mails each waiver of approved requests let pass, by request; one that none did is left out."""
    approved = [one for one in requests if one.state is State.APPROVED and one.entries]
    found: dict[str, tuple[q.Bar, ...]] = {}
    if approved:
        with desk.reader() as reader:
            for one in approved:
                bars = (used_by(reader, str(entry["id"])) for entry in one.entries)
                found[one.id] = tuple(bar for bar in bars if bar.value)
    return found


def _row(
    kept: Request, desk: Desk, person: Person, now: int, language: Language, *, used: tuple[q.Bar, ...]
) -> q.RequestRow:
    request = _as_it_is(kept, desk)
    first, second = request.taken(Step.ENDORSE), request.taken(Step.APPROVE) or request.taken(Step.REFUSE)
    state, title = request.at(now), titles(desk.policies(), language)
    shown = "used" if used else state.value
    return q.RequestRow(
        id=request.id,
        reference=clean(request.reference),
        time=moment(request.opened),
        expires=moment(request.expires),
        sender=clean(request.owners[0], limit=320) if request.owners else "",
        unit=desk.unit_name(request.unit),
        opened_by=clean(request.opened_by, limit=320),
        reason=clean(request.reason, limit=LIMIT_REASON),
        codes=tuple(code for _, _, code in request.rules),
        titles=tuple(title(policy, rule) for policy, rule, _ in request.rules),
        confidential=request.confidential,
        files=tuple(f"{clean(name, limit=255)} (sha256 {digest[:_DIGEST]}…)" for name, digest in request.files),
        state=q.Badge(say("request_states", shown, language), _TONES[state], shown),
        first=_step(first),
        second=_step(second),
        steps=_steps(request, desk, person, now),
        until=str(request.entries[0]["expires"]) if request.entries else "",
        held=view_of(desk, request, language),
        used=used,
    )


def _as_it_is(kept: Request, desk: Desk) -> Request:
    return desk.holds.as_it_is(kept) if kept.held and desk.holds is not None else kept


def _steps(request: Request, desk: Desk, person: Person, now: int) -> tuple[str, ...]:
    if request.held and desk.holds is None:
        return ()  # `hold.release` was taken out of gateway.yaml
    directory = desk.directory()
    return tuple(step.value for step in Step if not barred(request, step, person, directory=directory, now=now))


def _step(decision: Decision | None) -> q.StepView | None:
    if decision is None:
        return None
    return q.StepView(clean(decision.who, limit=320), moment(decision.at), clean(decision.reason, limit=LIMIT_REASON))


def _until(text: str, language: Language) -> date:
    today = datetime.now(VIETNAM).date()
    if not text.strip():
        return today + timedelta(days=USUAL_DAYS)
    try:
        until = date.fromisoformat(text.strip())
    except ValueError:
        until = today - timedelta(days=1)
    if not today <= until <= today + timedelta(days=_LONGEST_DAYS):
        raise refused("invalid", say("requests", "until", language, days=_LONGEST_DAYS))
    return until


def _words(fault: NoWaiverError, language: Language) -> str:
    """Return why there is no waiver; on the console a file is dropped, not named on a command line."""
    if fault.key in {"ask_file", "other_file"}:
        return say("requests", fault.key, language)
    return fault.words[language is not Language.VI]
