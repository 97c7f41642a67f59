"""Questions of the console and answers of the steward, as msgpack on a socket.

Each question goes in an `Asked` with the token of a session; each answer comes in an `Answered` with the same number, long
ones in several. Times are ISO 8601 in UTC with a zone, texts are in the language that was asked for, `tone` is one of `good`,
`warn`, `bad`, `plain`. What a question needs is checked by the steward, never by the console.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from gateway.model import Language
from gateway.steward.roles import Person, Role


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


# Sessions


class Login(Struct, frozen=True, tag="login"):
    """Begin a session of an account. The second factor is a TOTP code or a recovery code; empty before enrolment."""

    name: str
    password: str
    code: str = ""


class SendMailCode(Struct, frozen=True, tag="send_mail_code"):
    """Send a login code to a mailbox. The answer is `Done` whether or not there is such a mailbox."""

    mailbox: str


class MailLogin(Struct, frozen=True, tag="mail_login"):
    """Begin a session of a clerk or unit head with the code that came by mail."""

    mailbox: str
    code: str


class LoggedIn(Struct, frozen=True, tag="logged_in"):
    """A session has begun, or its token was renewed."""

    token: str
    person: Person


class WhoAmI(Struct, frozen=True, tag="who_am_i"):
    """Whose session is it? Answer: `Me`."""


class Me(Struct, frozen=True, tag="me"):
    """The person of the session."""

    person: Person


class Logout(Struct, frozen=True, tag="logout"):
    """End the session."""


class BeginEnrolment(Struct, frozen=True, tag="begin_enrolment"):
    """Ask for a new second factor; it counts only after `ConfirmEnrolment`."""


class Enrolment(Struct, frozen=True, tag="enrolment"):
    """A second factor to be put into an authenticator."""

    uri: str
    """`otpauth://totp/...`"""
    secret: str
    """The same in base32, to be typed."""


class ConfirmEnrolment(Struct, frozen=True, tag="confirm_enrolment"):
    """Prove the new second factor, and replace the one-time password by one's own."""

    code: str
    password: str


class Enrolled(Struct, frozen=True, tag="enrolled"):
    """The second factor counts from now on; the session has a new token."""

    token: str
    person: Person
    recovery_codes: tuple[str, ...]
    """Shown once; only their hashes are kept."""


class ChangePassword(Struct, frozen=True, tag="change_password"):
    """Replace one's own password; asks for a fresh code."""

    old: str
    new: str
    code: str


# Mails


class Badge(Struct, frozen=True):
    """A word with a tone."""

    text: str
    tone: str = "plain"
    key: str = ""
    """What it stands for in the log, for example `reject`."""


class MailRow(Struct, frozen=True, kw_only=True):
    """One line of a list."""

    seq: int
    time: str
    reference: str
    """Empty where the record has none."""
    sender: str
    recipients: tuple[str, ...] = ()
    unit: str = ""
    subject: str | None = None
    """None when it is not kept: a confidential mail."""
    result: Badge
    """What was decided."""
    state: Badge
    """What became of it."""
    codes: tuple[str, ...] = ()
    """Codes of the rules that were met."""
    reasons: tuple[str, ...] = ()
    """Titles of these rules."""
    confidential: bool = False


class Search(Struct, frozen=True, kw_only=True, tag="search"):
    """Find mails. Clerks find their own, unit heads those of their units."""

    text: str = ""
    """Words, `"phrase"`, `tu:`/`from:`, `den:`/`to:`, `tep:`/`file:`, `luat:`/`rule:`, `-word`."""
    since: str = ""
    """Date YYYY-MM-DD as in Viet Nam, inclusive."""
    until: str = ""
    unit: str = ""
    disposition: str = ""
    state: str = ""
    sha256: str = ""
    """Digest of a file: mails that carried it."""
    before: int | None = None
    """Sequence number: older rows than this."""
    after: int | None = None
    """Newer rows than this, the nearest ones."""
    limit: int = 50


class Choice(Struct, frozen=True):
    """A value that a field of the search may have."""

    key: str
    text: str


class Found(Struct, frozen=True, kw_only=True, tag="found"):
    """Rows, newest first."""

    rows: tuple[MailRow, ...] = ()
    older: int | None = None
    """`before` of the next page; None when there is none."""
    newer: int | None = None
    """`after` of the page before; None on the first."""
    units: tuple[str, ...] = ()
    dispositions: tuple[Choice, ...] = ()
    states: tuple[Choice, ...] = ()
    fault: str = ""
    """What cannot be searched for, and why; there are no rows then."""


class Export(Struct, frozen=True, tag="export"):
    """All rows of a search as a file: `csv`, `xlsx` or `jsonl`. Answers: `Piece`, the last `ExportEnd`."""

    search: Search
    format: str


class Piece(Struct, frozen=True, tag="piece"):
    """Octets of a file."""

    octets: bytes


class ExportEnd(Struct, frozen=True, tag="export_end"):
    """The end of an export; the file says on its last line whether it is whole."""

    rows: int
    whole: bool


class Explain(Struct, frozen=True, tag="explain"):
    """Everything about a reference. Answer: `Explained`, or `Refusal` of kind `not_found`."""

    reference: str


class FindingView(Struct, frozen=True, kw_only=True):
    """One finding in words."""

    code: str
    rule: str
    """`policy.rule`."""
    title: str
    message: str
    place: str = ""
    fix: str = ""
    """What to do; empty where a mark stands before it."""
    why: str = ""
    article: str = ""
    outcome: Badge
    effect: Badge
    """What it led to, monitor mode and waivers said."""


class SignatureView(Struct, frozen=True, kw_only=True):
    """One signature, axis by axis."""

    signer: str
    serial: str = ""
    container: str = ""
    axes: tuple[tuple[str, Badge], ...] = ()
    """Name of the axis (integrity, coverage, trust, holder ...) and what was found."""
    problems: tuple[str, ...] = ()


class FileView(Struct, frozen=True, kw_only=True):
    """One attachment, or the mail itself (`name` empty)."""

    part: str
    name: str
    type: str = ""
    size: int | None = None
    sha256: str = ""
    findings: tuple[FindingView, ...] = ()
    signatures: tuple[SignatureView, ...] = ()


class EventView(Struct, frozen=True, kw_only=True):
    """One record about the mail."""

    seq: int
    time: str
    text: str
    detail: str = ""
    hash: str = ""
    """Of the record in the chain, base64 as checkpoints have it."""


class Explained(Struct, frozen=True, kw_only=True, tag="explained"):
    """One mail: what was decided, why, what to do, what became of it."""

    reference: str
    time: str
    result: Badge
    state: Badge
    sender: str
    login: str = ""
    client: str = ""
    unit: str = ""
    recipients: tuple[tuple[str, Badge], ...] = ()
    subject: str | None = None
    confidential: bool = False
    size: int | None = None
    sha256: str = ""
    answer: str = ""
    """The reply that the client got."""
    files: tuple[FileView, ...] = ()
    """Those with findings first, gravest first."""
    passed: tuple[str, ...] = ()
    omitted: int = 0
    events: tuple[EventView, ...] = ()
    policy_digest: str = ""
    directory_digest: str = ""
    today: Badge | None = None
    """What the policy in force would say now, from the facts; None when it is the one that judged."""
    today_note: str = ""
    """Why that cannot be told, or what differs."""
    contact: str = ""
    own: bool = True
    """It is a mail of the person who asks."""


# The state of the system


class Overview(Struct, frozen=True, tag="overview"):
    """The last days at a glance."""

    days: int = 30


class Bar(Struct, frozen=True):
    """One value of a chart."""

    label: str
    value: int
    tone: str = "plain"
    link: str = ""
    """Query string for the search page (`q`, `unit`, `result`), without `?`."""


class Day(Struct, frozen=True):
    """Mails of one day in Viet Nam."""

    date: str
    relayed: int
    tagged: int
    refused: int
    deferred: int


class HealthLine(Struct, frozen=True, kw_only=True):
    """One thing that is well or not, with its remedy."""

    name: str
    state: Badge
    detail: str = ""
    """In the words of `gateway doctor`, which say what helps."""
    remedy: str = ""


class OverviewView(Struct, frozen=True, kw_only=True, tag="overview_view"):
    """Figures and health."""

    days: tuple[Day, ...] = ()
    mails: int = 0
    octets: int = 0
    mailboxes: int = 0
    """That sent something."""
    refused: int = 0
    tagged: int = 0
    untold: int = 0
    """Mails with a finding *cannot tell*."""
    troubles: int = 0
    rules: tuple[Bar, ...] = ()
    """Rules that were met, most often first."""
    units: tuple[Bar, ...] = ()
    """Units with the most refusals."""
    health: tuple[HealthLine, ...] = ()


class AskHealth(Struct, frozen=True, tag="ask_health"):
    """Is all well? Without a session; `Health` tells no detail."""


class Health(Struct, frozen=True, tag="health"):
    """Whether mail is judged and recorded."""

    good: bool


# Policy


class AskPolicy(Struct, frozen=True, tag="ask_policy"):
    """The policy in force. Answer: `PolicyView`."""


class RuleRow(Struct, frozen=True, kw_only=True):
    """One rule."""

    code: str
    rule: str
    title: str
    policy: str
    mode: Badge
    dispositions: tuple[Badge, ...] = ()
    """What a violation, and what *cannot tell* leads to; one where that is the same."""
    source: str = ""
    """file:line where that was set."""
    article: str = ""
    count: int = 0
    """Mails that met it in 30 days."""


class WaiverRow(Struct, frozen=True, kw_only=True):
    """One exception."""

    name: str
    rule: str
    about: str
    until: str = ""
    reason: str = ""
    state: Badge


class PolicyView(Struct, frozen=True, kw_only=True, tag="policy_view"):
    """What is in force."""

    name: str
    digest: str
    since: str = ""
    by: str = ""
    """Who put it in force, where an act says so."""
    text: str = ""
    """The policy file as it stands; empty for a preset."""
    path: str = ""
    rules: tuple[RuleRow, ...] = ()
    waivers: tuple[WaiverRow, ...] = ()
    editable: bool = False
    """`console.policy_edit`: it may be put in force here."""
    commands: tuple[str, ...] = ()
    """What to type on the machine instead."""


class TryPolicy(Struct, frozen=True, kw_only=True, tag="try_policy"):
    """Lint a candidate, run its tests, and replay the kept facts. Answers: `Progress`, the last `Tried`."""

    text: str
    since_days: int = 30


class Progress(Struct, frozen=True, tag="progress"):
    """How far a long answer is."""

    words: str
    done: int
    total: int


class LintFault(Struct, frozen=True):
    """One fault or warning of a candidate, at its line."""

    line: int
    column: int
    text: str
    tone: str = "bad"


class ChangedMail(Struct, frozen=True, kw_only=True):
    """A mail that the candidate answers otherwise."""

    reference: str
    time: str
    sender: str
    unit: str = ""
    rules: tuple[str, ...] = ()
    before: Badge
    after: Badge


class Tried(Struct, frozen=True, kw_only=True, tag="tried"):
    """What a candidate would do."""

    faults: tuple[LintFault, ...] = ()
    digest: str = ""
    """Empty when it does not compile."""
    tests: int = 0
    tests_failed: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()
    """Rules that no test meets."""
    changes: tuple[str, ...] = ()
    """Settings that differ, as `policy diff` says them."""
    mails: int = 0
    first: str = ""
    last: str = ""
    same: int = 0
    refused: int = 0
    """Newly refused."""
    tagged: int = 0
    admitted: int = 0
    other: int = 0
    untold: tuple[Bar, ...] = ()
    faulty: int = 0
    by_rule: tuple[Bar, ...] = ()
    by_unit: tuple[Bar, ...] = ()
    changed: tuple[ChangedMail, ...] = ()
    """The worst first, at most 200."""
    whole: bool = True
    """False when time ended the replay: the figures are of the part seen."""


class PutInForce(Struct, frozen=True, tag="put_in_force"):
    """Write a candidate as the policy file and reload; asks for a fresh code."""

    text: str
    code: str
    reason: str


# The log


class AskLog(Struct, frozen=True, tag="ask_log"):
    """State of the log, its checkpoints and the latest acts. Answer: `LogView`."""

    before: int | None = None
    """Acts older than this sequence number."""


class ActRow(Struct, frozen=True, kw_only=True):
    """What somebody did at the console."""

    seq: int
    time: str
    who: str
    roles: str
    what: str
    about: str = ""
    reason: str = ""
    client: str = ""
    result: Badge


class CheckpointRow(Struct, frozen=True):
    """A signed checkpoint that can be downloaded."""

    name: str
    time: str
    records: int


class LogView(Struct, frozen=True, kw_only=True, tag="log_view"):
    """The log."""

    first: int = 0
    last: int = 0
    octets: int = 0
    verified: str = ""
    """When it was last verified here; empty: not since the start."""
    verdict: Badge | None = None
    checkpoints: tuple[CheckpointRow, ...] = ()
    """The newest first, at most 50."""
    acts: tuple[ActRow, ...] = ()
    older: int | None = None


class Verify(Struct, frozen=True, tag="verify"):
    """Verify the whole log. Answers: `Progress`, the last `Verified`."""


class Verified(Struct, frozen=True, tag="verified"):
    """The result, in the words of `gateway audit verify`."""

    good: bool
    text: str


class GetCheckpoint(Struct, frozen=True, tag="get_checkpoint"):
    """One checkpoint as a file. Answer: `Piece`."""

    name: str


# Accounts


class AskAccounts(Struct, frozen=True, tag="ask_accounts"):
    """All accounts. Answer: `AccountsView`."""


class AccountRow(Struct, frozen=True, kw_only=True):
    """One account."""

    name: str
    display: str
    roles: tuple[Role, ...]
    enrolled: bool
    locked: bool
    last_login: str = ""
    sessions: int = 0


class AccountsView(Struct, frozen=True, tag="accounts_view"):
    """Accounts, and which roles there are."""

    accounts: tuple[AccountRow, ...]


class AddAccount(Struct, frozen=True, kw_only=True, tag="add_account"):
    """Make an account; asks for a fresh code. Answer: `OneTimePassword`."""

    name: str
    display: str
    roles: tuple[Role, ...]
    code: str


class OneTimePassword(Struct, frozen=True, tag="one_time_password"):
    """Shown once; it ends with the enrolment."""

    name: str
    password: str


class SetRoles(Struct, frozen=True, kw_only=True, tag="set_roles"):
    """Give an account exactly these roles; its sessions end."""

    name: str
    roles: tuple[Role, ...]
    code: str
    reason: str = ""


class ResetSecondFactor(Struct, frozen=True, kw_only=True, tag="reset_second_factor"):
    """After a lost phone: a one-time password and a new enrolment; sessions end. Answer: `OneTimePassword`."""

    name: str
    code: str
    reason: str = ""


class SetLocked(Struct, frozen=True, kw_only=True, tag="set_locked"):
    """Lock an account and end its sessions, or open it again."""

    name: str
    locked: bool
    code: str
    reason: str = ""


# Requests to let a refused file pass


class AskRequests(Struct, frozen=True, tag="ask_requests"):
    """The requests that somebody may see, or those about one mail. Answer: `RequestsView`."""

    reference: str = ""


class StepView(Struct, frozen=True):
    """What somebody decided."""

    who: str
    time: str
    reason: str = ""


class RequestRow(Struct, frozen=True, kw_only=True):
    """One request."""

    id: str
    reference: str
    time: str
    expires: str
    """When it ends undecided."""
    sender: str
    unit: str = ""
    opened_by: str
    reason: str
    codes: tuple[str, ...] = ()
    """Of the rules that stopped the mail."""
    titles: tuple[str, ...] = ()
    confidential: bool = False
    state: Badge
    first: StepView | None = None
    second: StepView | None = None
    steps: tuple[str, ...] = ()
    """What the person who asks may do: `endorse`, `approve`, `refuse`, `withdraw`, `revoke`."""
    until: str = ""
    """Last day of its waivers, YYYY-MM-DD."""


class RequestsView(Struct, frozen=True, kw_only=True, tag="requests_view"):
    """Requests: what waits for the person, what waits for others, and what is done."""

    mine: tuple[RequestRow, ...] = ()
    waiting: tuple[RequestRow, ...] = ()
    done: tuple[RequestRow, ...] = ()
    may_open: bool = False
    """A request about the mail that was asked for may be opened now."""
    needs_file: bool = False
    """For it the refused file must be shown again: the log holds keyed digests only."""
    barred: str = ""
    """Why none may be opened, in words; empty where nobody could want one."""


class OpenRequest(Struct, frozen=True, kw_only=True, tag="open_request"):
    """Ask that a refused mail may pass when it is sent again."""

    reference: str
    reason: str
    sha256: str = ""
    """Of the refused file, where it must be shown again."""


class Decide(Struct, frozen=True, kw_only=True, tag="decide"):
    """Endorse, refuse, withdraw or revoke."""

    request: str
    step: str
    reason: str
    read: bool = False
    """The person has read the paper or the file; who endorses must have."""


class Approve(Struct, frozen=True, kw_only=True, tag="approve"):
    """Decide as the second person; asks for a fresh code. The waivers are in force with the answer."""

    request: str
    reason: str
    code: str
    read: bool = False
    until: str = ""
    """Last day YYYY-MM-DD, at most 30 days from now; empty for a week."""


# Monthly reports


class AskReport(Struct, frozen=True, tag="ask_report"):
    """The report of a month, YYYY-MM; of the current one when empty. Unit heads get theirs. Answer: `ReportView`."""

    month: str = ""
    unit: str = ""
    """Id of a unit; all of them when empty."""


class ReportBlock(Struct, frozen=True, kw_only=True):
    """A piece of the report: `heading`, `text` or `table`."""

    kind: str
    text: str = ""
    """Caption of a table."""
    columns: tuple[tuple[str, bool], ...] = ()
    """Title, and whether words stand in it rather than numbers."""
    rows: tuple[tuple[str, ...], ...] = ()
    total: bool = False
    """The last row is the sum."""


class ReportView(Struct, frozen=True, kw_only=True, tag="report_view"):
    """A report as it is read."""

    title: str
    month: str
    months: tuple[str, ...]
    """That may be asked for, the newest first."""
    unit: str = ""
    units: tuple[Choice, ...] = ()
    every_unit: bool = False
    """The report of all units may be asked for."""
    blocks: tuple[ReportBlock, ...] = ()
    gaps: tuple[str, ...] = ()
    """What the numbers do not hold."""


class GetReport(Struct, frozen=True, tag="get_report"):
    """The same as a file: `docx`, `xlsx`, `pdf`, `csv` or `json`. Answers: `Piece`, the last `ExportEnd`."""

    month: str
    unit: str
    form: str


# Common answers


class Done(Struct, frozen=True, tag="done"):
    """It was done and, where it is an act, recorded."""

    words: str = ""


class Refusal(Struct, frozen=True, kw_only=True, tag="refusal"):
    """It was not."""

    kind: str
    """`no_session`, `forbidden`, `not_found`, `bad_login`, `locked`, `bad_code`, `too_many`, `too_long` (a query over its
    time), `invalid` (the words say what), `unavailable` (our own fault)."""
    words: str = ""
    """For people, in their language; the console has its own words for a kind when this is empty."""
    retry_s: int = 0


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
    | AskRequests
    | OpenRequest
    | Decide
    | Approve
    | AskReport
    | GetReport
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
    | OverviewView
    | Health
    | PolicyView
    | Progress
    | Tried
    | LogView
    | Verified
    | AccountsView
    | OneTimePassword
    | RequestsView
    | ReportView
    | Done
    | Refusal
)
