"""One request: states, permitted steps, permitted persons."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from msgspec import Struct

from gateway.audit.mail_record import MailFacts
from gateway.model import Directory
from gateway.steward.roles import Person, Role

OPEN_S: Final = 7 * 24 * 3600
"""Time until an undecided request expires."""


class State(Enum):
    """State of a request."""

    OPEN = "open"
    ENDORSED = "endorsed"
    """The first person is for it."""
    APPROVED = "approved"
    """Both are: its waivers are in force until their last day."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """Nobody decided in time."""
    REVOKED = "revoked"
    """It was approved, and its waivers were taken back, or its mail is not to be sent after all."""
    RELEASING = "releasing"
    """Of a held mail, as the states below: being sent."""
    RELEASED = "released"
    FAILED = "failed"
    """Put off by the next hop, or never sent: a person may have it sent again."""
    UNKNOWN = "unknown"
    """It may have arrived: who has it sent again has asked the next hop."""
    RETURNED = "returned"
    """The next hop does not want it."""


class Step(Enum):
    """Steps that a person may take with a request."""

    ENDORSE = "endorse"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"
    RELEASE = "release"
    """Have an approved mail of the hold store sent again."""


class Decision(Struct, frozen=True, kw_only=True):
    """One step that was taken."""

    step: Step
    who: str
    at: int
    reason: str = ""
    mail: str = ""
    """Official mailbox of the account: two accounts with one mailbox are one person."""


class Request(Struct, frozen=True, kw_only=True):
    """One request as it is kept."""

    id: str
    reference: str
    """Of the refused or held mail."""
    opened_by: str
    opened: int
    reason: str
    owners: tuple[str, ...]
    """Reverse-path, mailbox and login of the mail, in lower case: who can never decide."""
    unit: str = ""
    confidential: bool = False
    sha256: str = ""
    """Digest of the file that was shown again; for a mail whose digests are keyed."""
    rules: tuple[tuple[str, str, str], ...] = ()
    """Policy, rule and code of what stopped the mail."""
    files: tuple[tuple[str, str], ...] = ()
    """Name and digest of each file that is asked for; none of a confidential mail."""
    state: State = State.OPEN
    decisions: tuple[Decision, ...] = ()
    entries: tuple[dict[str, Any], ...] = ()
    """Waivers, as the policy file has them; of an approved request."""
    opened_mail: str = ""
    """Official mailbox of the account that opened it."""
    held: bool = False
    """The mail itself is held: approved, it is sent. Nobody asked for it, and its id is the reference."""
    until: int = 0
    """Expiry of a held mail; 0 for a request, which has its days."""

    @property
    def expires(self) -> int:
        """Time at which it ends undecided."""
        return self.until or self.opened + OPEN_S

    def at(self, now: int) -> State:
        """Return the state at a time: an undecided request expires."""
        waiting = self.state in {State.OPEN, State.ENDORSED}
        return State.EXPIRED if waiting and now >= self.expires else self.state

    def taken(self, step: Step) -> Decision | None:
        """Return who took a step."""
        return next((one for one in self.decisions if one.step is step), None)


def owners_of(mail: MailFacts) -> tuple[str, ...]:
    """Return reverse-path, mailbox and login of a mail, in lower case."""
    return tuple(dict.fromkeys(one.casefold() for one in (mail.reverse_path, mail.mailbox, mail.session.login) if one))


_NEXT: Final = {
    Step.ENDORSE: ({State.OPEN}, State.ENDORSED),
    Step.APPROVE: ({State.ENDORSED}, State.APPROVED),
    Step.REFUSE: ({State.OPEN, State.ENDORSED}, State.REFUSED),
    Step.WITHDRAW: ({State.OPEN, State.ENDORSED}, State.WITHDRAWN),
    Step.REVOKE: ({State.APPROVED, State.FAILED, State.UNKNOWN}, State.REVOKED),
    Step.RELEASE: ({State.APPROVED, State.FAILED, State.UNKNOWN}, State.APPROVED),
}
_DECIDERS: Final = {
    Step.ENDORSE: frozenset({Role.OPERATOR, Role.SECURITY_OFFICER}),
    Step.APPROVE: frozenset({Role.SECURITY_OFFICER}),
    Step.REFUSE: frozenset({Role.OPERATOR, Role.SECURITY_OFFICER}),
    Step.REVOKE: frozenset({Role.OPERATOR, Role.SECURITY_OFFICER}),
    Step.RELEASE: frozenset({Role.SECURITY_OFFICER}),
}
"""A unit head endorses or refuses for the own unit beside them."""


def after(step: Step) -> State:
    """Return the state that a step leads to."""
    return _NEXT[step][1]


def barred(request: Request, step: Step, person: Person, *, directory: Directory | None, now: int) -> str:
    """Return why a person may not take a step now, as a key of the words; empty when allowed.

    Neither who endorses nor who approves is the sender, the login, a delegate of the mailbox, who opened the request, or the
    other one of the two. An account is also the holder of its official mailbox, so two accounts with one mailbox are one person.
    """
    if request.at(now) not in _NEXT[step][0] or (step is Step.RELEASE and not request.held):
        return "state"
    names = _names(directory, person.name, person.mail)
    concerned = not names.isdisjoint(_names(directory, *request.owners, request.opened_by, request.opened_mail))
    if step is Step.WITHDRAW:
        return "" if concerned else "role"
    heads_it = Role.UNIT_HEAD in person.roles and bool(request.unit) and request.unit in person.units
    if not (person.roles & _DECIDERS[step] or (heads_it and step in {Step.ENDORSE, Step.REFUSE})):
        return "role"
    if step is Step.REVOKE:
        return ""
    if concerned or any(_is_delegate(one, request, directory) for one in names):
        return "own"
    first = request.taken(Step.ENDORSE)
    if step is Step.APPROVE and (first is None or names & _names(directory, first.who, first.mail)):
        return "same"
    return ""


def _names(directory: Directory | None, *given: str) -> set[str]:
    """Return the names that identify a person; for any address of a mailbox, the directory's."""
    names = {one.casefold() for one in given if one}
    found = (directory.find(one) for one in tuple(names)) if directory is not None else ()
    return names | {mailbox.address for mailbox in found if mailbox is not None}


def _is_delegate(name: str, request: Request, directory: Directory | None) -> bool:
    """Return whether a person may send in the name of a mailbox that a request is about."""
    own = directory.find(name) if directory is not None else None
    if directory is None or own is None:
        return False
    mailboxes = [mailbox for owner in request.owners if (mailbox := directory.find(owner)) is not None]
    return any(directory.find(one.address) is own for mailbox in mailboxes for one in mailbox.delegates)
