"""Notices of the result of a request, to its opener and to the login of its mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from gateway.notice import mailbox_of
from gateway.notice.book import DAY_S
from gateway.steward.accounts.book import find_account
from gateway.steward.notices.context import Notifier
from gateway.steward.requests.request import OPEN_S, Request, State, Step

_STEPS: Final = {
    State.APPROVED: Step.APPROVE,
    State.REFUSED: Step.REFUSE,
    State.WITHDRAWN: Step.WITHDRAW,
    State.REVOKED: Step.REVOKE,
}
_LATEST_S: Final = 2 * DAY_S
"""Older decisions are not reported."""
_SETTLED_S: Final = 90
"""Longer than an approval takes to come into force or to be rolled back."""


def notify_of_requests(notifier: Notifier) -> None:
    """Queue notices of requests decided or expired in the last two days."""
    for request in notifier.desk.people.requests.all(notifier.now):
        state = request.at(int(notifier.now))
        if state in {State.OPEN, State.ENDORSED} or request.held:
            continue
        decision = request.taken(_STEPS[state]) if state in _STEPS else None
        since = decision.at if decision is not None else request.opened + OPEN_S
        settled_s = _SETTLED_S if state is State.APPROVED else 0
        if not settled_s <= notifier.now - since < _LATEST_S:
            continue
        key = f"request:{request.id}:{state.value}"
        if notifier.book.has(key):
            continue
        for recipient in concerned(notifier, request):
            if decision is None or state is not State.WITHDRAWN or decision.who != recipient:
                notifier.notify(
                    key,
                    f"request_{state.value}",
                    recipient,
                    id=request.id,
                    reference=request.reference,
                    until=_day(request),
                    # A reason about a confidential mail may disclose its content.
                    reason=decision.reason if decision is not None and not request.confidential else "",
                    link=notifier.page(f"/t/{request.reference}"),
                )
        notifier.book.mark(key, kind="request", now=notifier.now)


def concerned(notifier: Notifier, request: Request) -> tuple[str, ...]:
    """Return the mailboxes of a request's opener and of its mail's login; never an unauthenticated reverse-path."""
    return tuple(dict.fromkeys(one for one in (_opener(notifier, request), _login(notifier, request)) if one))


def _opener(notifier: Notifier, request: Request) -> str:
    people = notifier.desk.people
    if "@" in request.opened_by:
        mailbox = people.mailbox(request.opened_by)
        return mailbox_of(mailbox.address, "") if mailbox is not None else ""
    with people.book.reading() as connection:
        account = find_account(connection, request.opened_by)
    return account.mail if account is not None and not account.locked else ""


def _login(notifier: Notifier, request: Request) -> str:
    with notifier.desk.reader() as reader:
        history = reader.show(request.reference)
    login = history.mail.session.login if history is not None and history.mail is not None else ""
    address = mailbox_of(login or "", notifier.desk.configuration.passwords.login_domain)
    known = notifier.desk.people.mailbox(address) if address else None
    return mailbox_of(known.address, "") if known is not None else address.lower()


def _day(request: Request) -> str:
    days: Iterator[date] = (date.fromisoformat(str(entry["expires"])) for entry in request.entries)
    return next((f"{day:%d/%m/%Y}" for day in days), "")
