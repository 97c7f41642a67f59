"""Questions of the console and answers of the steward, as msgpack on a socket.

Each question goes in an `Asked` with the token of a session; each answer comes in an `Answered` with the same number, long
ones in several. Times are ISO 8601 in UTC with a zone, texts are in the language that was asked for, `tone` is one of `good`,
`warn`, `bad`, `plain`. What a question needs is checked by the steward, never by the console.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from gateway.model import Language
from gateway.steward.questions.accounts import (
    AccountRow,
    AccountsView,
    AddAccount,
    AddToken,
    AskAccounts,
    NewToken,
    OneTimePassword,
    ResetSecondFactor,
    RevokeToken,
    SetLocked,
    SetMail,
    SetRoles,
    TokenRow,
)
from gateway.steward.questions.checks import (
    PIECE_BYTES,
    AskCheck,
    BeginCheck,
    CheckBegun,
    CheckedFile,
    CheckedView,
    CheckForm,
    CheckPiece,
    CheckResult,
    EndCheck,
    FixedName,
    GetFixed,
)
from gateway.steward.questions.common import Badge, Bar, Choice, Done, ExportEnd, Piece, Progress, Refusal
from gateway.steward.questions.mails import (
    EventView,
    Explain,
    Explained,
    Export,
    FileView,
    FindingView,
    Found,
    MailRow,
    Search,
    SignatureView,
)
from gateway.steward.questions.policy import (
    AskPolicy,
    ChangedMail,
    LintFault,
    PolicyView,
    PutInForce,
    RuleRow,
    Tried,
    TryPolicy,
    WaiverRow,
)
from gateway.steward.questions.reports import AskReport, GetReport, ReportBlock, ReportView
from gateway.steward.questions.requests import (
    Approve,
    AskRequests,
    Decide,
    GetHeld,
    HeldPart,
    HeldText,
    HeldView,
    OpenRequest,
    QueuedMail,
    ReadHeld,
    Release,
    RequestRow,
    RequestsView,
    StepView,
)
from gateway.steward.questions.sessions import (
    BeginEnrolment,
    ChangePassword,
    ConfirmEnrolment,
    Enrolled,
    Enrolment,
    LoggedIn,
    Login,
    Logout,
    MailLogin,
    Me,
    SendMailCode,
    WhoAmI,
)
from gateway.steward.questions.system import (
    ActRow,
    AskHealth,
    AskLog,
    CheckpointRow,
    Day,
    GetCheckpoint,
    Health,
    HealthLine,
    LogView,
    MarkedCheck,
    Overview,
    OverviewView,
    Verified,
    Verify,
)

__all__ = [
    "PIECE_BYTES",
    "AccountRow",
    "AccountsView",
    "ActRow",
    "AddAccount",
    "AddToken",
    "Answer",
    "Answered",
    "Approve",
    "AskAccounts",
    "AskCheck",
    "AskHealth",
    "AskLog",
    "AskPolicy",
    "AskReport",
    "AskRequests",
    "Asked",
    "Badge",
    "Bar",
    "BeginCheck",
    "BeginEnrolment",
    "ChangePassword",
    "ChangedMail",
    "CheckBegun",
    "CheckForm",
    "CheckPiece",
    "CheckResult",
    "CheckedFile",
    "CheckedView",
    "CheckpointRow",
    "Choice",
    "ConfirmEnrolment",
    "Day",
    "Decide",
    "Done",
    "EndCheck",
    "Enrolled",
    "Enrolment",
    "EventView",
    "Explain",
    "Explained",
    "Export",
    "ExportEnd",
    "FileView",
    "FindingView",
    "FixedName",
    "Found",
    "GetCheckpoint",
    "GetFixed",
    "GetHeld",
    "GetReport",
    "Health",
    "HealthLine",
    "HeldPart",
    "HeldText",
    "HeldView",
    "LintFault",
    "LogView",
    "LoggedIn",
    "Login",
    "Logout",
    "MailLogin",
    "MailRow",
    "MarkedCheck",
    "Me",
    "NewToken",
    "OneTimePassword",
    "OpenRequest",
    "Overview",
    "OverviewView",
    "Piece",
    "PolicyView",
    "Progress",
    "PutInForce",
    "Question",
    "QueuedMail",
    "ReadHeld",
    "Refusal",
    "Release",
    "ReportBlock",
    "ReportView",
    "RequestRow",
    "RequestsView",
    "ResetSecondFactor",
    "RevokeToken",
    "RuleRow",
    "Search",
    "SendMailCode",
    "SetLocked",
    "SetMail",
    "SetRoles",
    "SignatureView",
    "StepView",
    "TokenRow",
    "Tried",
    "TryPolicy",
    "Verified",
    "Verify",
    "WaiverRow",
    "WhoAmI",
]


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
    Login
    | SendMailCode
    | MailLogin
    | WhoAmI
    | Logout
    | BeginEnrolment
    | ConfirmEnrolment
    | ChangePassword
    | Search
    | Export
    | Explain
    | Overview
    | AskHealth
    | AskPolicy
    | TryPolicy
    | PutInForce
    | AskLog
    | Verify
    | GetCheckpoint
    | AskAccounts
    | AddAccount
    | SetRoles
    | ResetSecondFactor
    | SetLocked
    | SetMail
    | AddToken
    | RevokeToken
    | AskRequests
    | OpenRequest
    | Decide
    | Approve
    | Release
    | ReadHeld
    | GetHeld
    | AskReport
    | GetReport
    | AskCheck
    | BeginCheck
    | CheckPiece
    | EndCheck
    | GetFixed
)
Answer: TypeAlias = (
    LoggedIn
    | Me
    | Enrolment
    | Enrolled
    | Found
    | Piece
    | ExportEnd
    | Explained
    | CheckedView
    | OverviewView
    | Health
    | PolicyView
    | Progress
    | Tried
    | LogView
    | Verified
    | AccountsView
    | OneTimePassword
    | NewToken
    | RequestsView
    | HeldText
    | ReportView
    | CheckForm
    | CheckBegun
    | CheckResult
    | FixedName
    | Done
    | Refusal
)
