"""Questions of the console and answers of the steward, as msgpack on a socket.

Each question goes in an `Asked` with the token of a session; each answer comes in an `Answered` with the same number, long
ones in several. Times are ISO 8601 in UTC with a zone, texts are in the language that was asked for, `tone` is one of `good`,
`warn`, `bad`, `plain`. What a question needs is checked by the steward, never by the console.
"""

# ruff: noqa: F403, F405 - what the modules hold is what crosses the wall
from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from gateway.model import Language
from gateway.steward.questions.accounts import *
from gateway.steward.questions.checks import *
from gateway.steward.questions.common import *
from gateway.steward.questions.mails import *
from gateway.steward.questions.policy import *
from gateway.steward.questions.reports import *
from gateway.steward.questions.requests import *
from gateway.steward.questions.sessions import *
from gateway.steward.questions.system import *


class Asked(Struct, frozen=True):
    """A question with who asks it."""

    number: int
    token: str
    """Of the session, as the cookie has it; empty without one."""
    client: str
    """Address of the browser."""
    language: Language
    question: Question


class Answered(Struct, frozen=True):
    """An answer; `last` is False while more of it follow."""

    number: int
    answer: Answer
    last: bool = True


Question: TypeAlias = (
    Login | SendMailCode | MailLogin | WhoAmI | Logout | BeginEnrolment | ConfirmEnrolment | ChangePassword | Search
    | Export | Explain | Overview | AskHealth | AskPolicy | TryPolicy | ExportTrial | PutInForce | AskLog | Verify
    | GetCheckpoint | AskAccounts | AddAccount | SetRoles | ResetSecondFactor | SetLocked | SetMail | AddToken
    | RevokeToken | AskRequests | OpenRequest | Decide | Approve | Release | ReadHeld | GetHeld | AskReport
    | GetReport | AskCheck | BeginCheck | CheckPiece | EndCheck | GetFixed
)  # fmt: skip
Answer: TypeAlias = (
    LoggedIn | Me | Enrolment | Enrolled | Found | Piece | ExportEnd | Explained | CheckedView | OverviewView
    | Health | PolicyView | Progress | Tried | LogView | Verified | AccountsView | OneTimePassword | NewToken
    | RequestsView | HeldText | ReportView | CheckForm | CheckBegun | CheckResult | FixedName | Done | Refusal
)  # fmt: skip
