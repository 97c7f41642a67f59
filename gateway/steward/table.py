"""Table of questions: allowed roles and answering function. `gateway console roles` prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final, TypeAlias, get_args

from msgspec import Struct

from gateway.model import Language
from gateway.steward import account_answers as accounts
from gateway.steward import questions as q
from gateway.steward import reports
from gateway.steward import session_answers as sessions
from gateway.steward.candidate import export_trial, put_in_force, try_policy
from gateway.steward.checks import answers as checks
from gateway.steward.desk import Desk
from gateway.steward.explain import explain
from gateway.steward.log import get_checkpoint, log_view, verify
from gateway.steward.mails import export, search
from gateway.steward.overview import health, overview
from gateway.steward.policy import policy_view
from gateway.steward.requests import answers as requests
from gateway.steward.requests import held
from gateway.steward.roles import MAILBOX_ROLES, Person, Role

Function: TypeAlias = Callable[[Desk, Person, Any, Language], q.Answer | Iterator[q.Answer]]


class Effort(Enum):
    """Class of time an answer may take; of each class only so many are made at a time."""

    LIFE = "life"
    """At once, whatever else is asked."""
    MOMENT = "moment"
    """A look at accounts or the state."""
    LOGIN = "login"
    """Something with a password."""
    QUERY = "query"
    """Two seconds."""
    CHECK = "check"
    """Files are judged: so many at a time in all."""
    LONG = "long"
    """Takes minutes and reports progress."""


class Asker(Enum):
    """Persons who may ask, beside the roles."""

    ANYBODY = "anybody"
    """Without a session."""
    ANY_SESSION = "any_session"
    """Also of an account without a second factor, and whatever the roles."""
    ROLE = "role"
    """Somebody with one of the roles, and a second factor where it is an account."""


class Row(Struct, frozen=True, kw_only=True):
    """One question."""

    answer: Function
    roles: frozenset[Role] = frozenset()
    """Any of them will do."""
    asker: Asker = Asker.ROLE
    effort: Effort = Effort.QUERY
    program: bool = False
    """Also a program with a token of its own may ask."""
    fresh: bool = False
    """The question's `code` must be a fresh one of the second factor."""
    reads: bool = False
    """Ends as soon as the caller has left; an act is carried through."""


STAFF: Final = frozenset(Role) - MAILBOX_ROLES
"""Of accounts."""
_READERS: Final = STAFF - {Role.ACCOUNT_ADMIN}
_ALL_BUT_ACCOUNTS: Final = _READERS | MAILBOX_ROLES
_POLICY: Final = frozenset({Role.POLICY_ADMIN})
_AUDITOR: Final = frozenset({Role.AUDITOR})
_ACCOUNTS: Final = accounts.ADMINISTRATORS
_REPORTS: Final = reports.READERS | {Role.UNIT_HEAD}

TABLE: Final[dict[type[Struct], Row]] = {
    # Sessions
    q.AskHealth: Row(asker=Asker.ANYBODY, answer=health, effort=Effort.LIFE),
    q.Login: Row(asker=Asker.ANYBODY, answer=sessions.log_in, effort=Effort.LOGIN),
    q.SendMailCode: Row(asker=Asker.ANYBODY, answer=sessions.send_mail_code, effort=Effort.MOMENT),
    q.MailLogin: Row(asker=Asker.ANYBODY, answer=sessions.mail_login, effort=Effort.MOMENT),
    q.WhoAmI: Row(asker=Asker.ANY_SESSION, answer=sessions.who_am_i, effort=Effort.MOMENT),
    q.Logout: Row(asker=Asker.ANY_SESSION, answer=sessions.log_out, effort=Effort.MOMENT),
    q.BeginEnrolment: Row(asker=Asker.ANY_SESSION, answer=sessions.begin_enrolment, effort=Effort.MOMENT),
    q.ConfirmEnrolment: Row(asker=Asker.ANY_SESSION, answer=sessions.confirm_enrolment, effort=Effort.LOGIN),
    q.ChangePassword: Row(roles=STAFF, answer=sessions.change_password, effort=Effort.LOGIN, fresh=True),
    # Accounts
    q.AskAccounts: Row(roles=_ACCOUNTS | _AUDITOR, answer=accounts.accounts_view, effort=Effort.MOMENT),
    q.AddAccount: Row(roles=_ACCOUNTS, answer=accounts.add_account, effort=Effort.LOGIN, fresh=True),
    q.SetMail: Row(roles=_ACCOUNTS, answer=accounts.set_mail, effort=Effort.MOMENT, fresh=True),
    q.SetRoles: Row(roles=_ACCOUNTS, answer=accounts.set_roles, effort=Effort.MOMENT, fresh=True),
    q.ResetSecondFactor: Row(roles=_ACCOUNTS, answer=accounts.reset_second_factor, effort=Effort.LOGIN, fresh=True),
    q.AddToken: Row(roles=_ACCOUNTS, answer=accounts.add_token, effort=Effort.MOMENT, fresh=True),
    q.RevokeToken: Row(roles=_ACCOUNTS, answer=accounts.revoke_token, effort=Effort.MOMENT, fresh=True),
    q.SetLocked: Row(roles=_ACCOUNTS, answer=accounts.set_locked, effort=Effort.MOMENT, fresh=True),
    # Mails: of everybody's for those who are trusted with them, else one's own.
    q.Search: Row(roles=_ALL_BUT_ACCOUNTS, answer=search, reads=True),
    q.Explain: Row(roles=_ALL_BUT_ACCOUNTS, answer=explain, reads=True),
    q.Export: Row(roles=_READERS, answer=export, effort=Effort.LONG, reads=True),
    q.Overview: Row(roles=_READERS, answer=overview, reads=True),
    # Policy
    q.AskPolicy: Row(roles=_READERS, answer=policy_view, reads=True),
    q.TryPolicy: Row(roles=_POLICY, answer=try_policy, effort=Effort.LONG, reads=True),
    q.ExportTrial: Row(roles=_POLICY, answer=export_trial, effort=Effort.LONG, reads=True),
    q.PutInForce: Row(roles=_POLICY, answer=put_in_force, effort=Effort.LONG, fresh=True),
    # Requests: the right to decide is checked again at the decision.
    q.AskRequests: Row(roles=_ALL_BUT_ACCOUNTS, answer=requests.requests_view, reads=True),
    q.OpenRequest: Row(roles=MAILBOX_ROLES | {Role.OPERATOR}, answer=requests.open_request),
    q.Decide: Row(
        roles=MAILBOX_ROLES | {Role.OPERATOR, Role.SECURITY_OFFICER}, answer=requests.decide, effort=Effort.LONG
    ),
    q.Approve: Row(roles=frozenset({Role.SECURITY_OFFICER}), answer=requests.approve, effort=Effort.LONG, fresh=True),
    # Held mail: its content is for the security officer alone, and each look is an act.
    q.Release: Row(roles=frozenset({Role.SECURITY_OFFICER}), answer=held.release_held, effort=Effort.LONG, fresh=True),
    q.ReadHeld: Row(roles=frozenset({Role.SECURITY_OFFICER}), answer=held.read_held, reads=True),
    q.GetHeld: Row(roles=frozenset({Role.SECURITY_OFFICER}), answer=held.get_held, effort=Effort.LONG, reads=True),
    # Reports: of all units for those who are trusted with them, else of one's own.
    q.AskReport: Row(roles=_REPORTS, answer=reports.report_view, effort=Effort.LONG, reads=True),
    q.GetReport: Row(roles=_REPORTS, answer=reports.get_report, effort=Effort.LONG, reads=True),
    # Self-check: in whose name is looked at again where it is answered.
    q.AskCheck: Row(roles=_ALL_BUT_ACCOUNTS, answer=checks.ask_check, program=True),
    q.BeginCheck: Row(roles=_ALL_BUT_ACCOUNTS, answer=checks.begin_check, program=True),
    q.CheckPiece: Row(roles=_ALL_BUT_ACCOUNTS, answer=checks.check_piece, effort=Effort.MOMENT, program=True),
    q.EndCheck: Row(roles=_ALL_BUT_ACCOUNTS, answer=checks.end_check, effort=Effort.CHECK, program=True, reads=True),
    q.GetFixed: Row(roles=_ALL_BUT_ACCOUNTS, answer=checks.get_fixed, effort=Effort.LONG, program=True, reads=True),
    # The log
    q.AskLog: Row(
        roles=frozenset({Role.AUDITOR, Role.SECURITY_OFFICER, Role.ACCOUNT_ADMIN}), answer=log_view, reads=True
    ),
    q.Verify: Row(roles=_AUDITOR, answer=verify, effort=Effort.LONG, reads=True),
    q.GetCheckpoint: Row(roles=_AUDITOR | {Role.SECURITY_OFFICER}, answer=get_checkpoint),
}


_WITHOUT: Final = frozenset(get_args(q.Question)) - TABLE.keys()
if _WITHOUT:
    raise TypeError(f"questions without a row: {sorted(kind.__name__ for kind in _WITHOUT)}")


def may(person: Person, question: type[Struct]) -> bool:
    """Return whether a person with a session may ask a question: the one place that decides it."""
    row = TABLE.get(question)
    match row.asker if row is not None else None:
        case Asker.ANYBODY | Asker.ANY_SESSION:
            return True
        case Asker.ROLE:
            return row is not None and not person.must_enrol and not row.roles.isdisjoint(person.roles)
        case None:
            return False


def tags_of(person: Person) -> frozenset[str]:
    """Return the tags of the questions that a person may ask."""
    return frozenset(str(kind.__struct_config__.tag) for kind in TABLE if may(person, kind))
