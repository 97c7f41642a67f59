"""Beginning and ending a session."""

from __future__ import annotations

from msgspec import Struct

from gateway.steward.roles import Person


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
    """The person of the session. Answer: `Me`."""


class Me(Struct, frozen=True, tag="me"):
    """The person of the session."""

    person: Person
    waiting: int = 0
    """Requests, held mails among them, that the person may decide."""


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
