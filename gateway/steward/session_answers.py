"""Answers on one's own session: login, enrolment, password."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Final

from msgspec.structs import replace

from gateway.audit.record import Act
from gateway.model import Language
from gateway.steward import questions as q
from gateway.steward.accounts.book import Kind, put_credential
from gateway.steward.accounts.codes import digest_of, new_recovery_codes, new_secret, step_of, uri_of, use_step
from gateway.steward.accounts.hashes import fit, hashed
from gateway.steward.accounts.sessions import Session, end_all, end_one, is_there, key_of
from gateway.steward.desk import Desk
from gateway.steward.questions.refused import Refused, refused
from gateway.steward.requests.answers import waiting_for
from gateway.steward.roles import Person
from gateway.steward.words import say

_LONGEST_ADDRESS: Final = 320


def log_in(desk: Desk, _nobody: Person, question: q.Login, _language: Language) -> q.Answer:
    """Begin a session of an account."""
    return _begun(desk, desk.people.logins.log_in(question.name, question.password, question.code, desk.client))


def send_mail_code(desk: Desk, _nobody: Person, question: q.SendMailCode, _language: Language) -> q.Answer:
    """Send a code; the answer is the same whether or not there is such a mailbox."""
    mailbox = desk.people.mailbox(question.mailbox[:_LONGEST_ADDRESS])
    desk.people.mail_codes.ask(mailbox.address if mailbox is not None else None, desk.client)
    return q.Done()


def mail_login(desk: Desk, _nobody: Person, question: q.MailLogin, _language: Language) -> q.Answer:
    """Begin a session of a mailbox."""
    people = desk.people
    people.addresses.check(desk.client)
    mailbox = people.mailbox(question.mailbox[:_LONGEST_ADDRESS])
    name = mailbox.address if mailbox is not None else ""
    try:
        people.mail_codes.redeem(name or None, question.code)
    except Refused:
        about = "locks_address" if people.addresses.count(desk.client) else ""
        desk.record(Act(who=name, what="mail_login", about=about, client=desk.client, ok=False))
        raise
    with people.book.changing() as connection:
        token = people.sessions.begin(connection, name, mailbox=True)
        desk.record(Act(who=name, what="mail_login", client=desk.client))
    return _begun(desk, token)


def _begun(desk: Desk, token: str) -> q.LoggedIn:
    """Return a new session; the one that the browser came with ends."""
    people = desk.people
    if desk.token:
        with people.book.changing() as connection:
            end_one(connection, key_of(desk.token))
    return q.LoggedIn(token, people.person(people.session(token)))


def who_am_i(desk: Desk, person: Person, _question: q.WhoAmI, _language: Language) -> q.Answer:
    """Return the person of a session, and how many decisions await that person."""
    named = replace(person, units=tuple(map(desk.unit_name, person.units)))
    return q.Me(named, waiting_for(desk, person) if not person.must_enrol else 0)


def log_out(desk: Desk, _person: Person, _question: q.Logout, _language: Language) -> q.Answer:
    """End the session."""
    with desk.people.book.changing() as connection:
        end_one(connection, key_of(desk.token))
    return q.Done()


def begin_enrolment(desk: Desk, person: Person, _question: q.BeginEnrolment, _language: Language) -> q.Answer:
    """Show a new second factor; an enrolled person gets another only after a reset."""
    _must_enrol(person)
    secret = new_secret()
    with desk.people.book.changing() as connection:
        connection.execute("UPDATE session SET pending = ? WHERE token = ?", (secret, key_of(desk.token)))
    return q.Enrolment(uri_of(secret, person.name), secret)


def confirm_enrolment(desk: Desk, person: Person, question: q.ConfirmEnrolment, language: Language) -> q.Answer:
    """Make the second factor count that was shown in this session; its right code proves it."""
    _must_enrol(person)
    people, session, now = desk.people, desk.people.session(desk.token), desk.people.clock()
    if not session.pending:
        raise refused("invalid", say("login", "no_pending", language))
    if not fit(question.password, person.name):
        raise refused("invalid", say("login", "password_rule", language))
    step = step_of(session.pending, question.code, now)
    if step is None:
        raise refused("bad_code")
    kept, recovery = hashed(question.password), new_recovery_codes()
    with people.book.changing() as connection:
        if not is_there(connection, session.key):
            raise refused("no_session")
        if not use_step(connection, person.name, step, now):
            raise refused("bad_code")
        put_credential(connection, person.name, Kind.ONE_TIME, ())
        put_credential(connection, person.name, Kind.PASSWORD, [kept])
        put_credential(connection, person.name, Kind.TOTP, [session.pending])
        put_credential(connection, person.name, Kind.RECOVERY, [digest_of(code) for code in recovery])
        token = _only_session(desk, connection, session)
        desk.act(person, "enrol")
    return q.Enrolled(token, people.person(people.session(token)), recovery)


def change_password(desk: Desk, person: Person, question: q.ChangePassword, language: Language) -> q.Answer:
    """Replace one's own password; all other sessions end, and this one gets a new token."""
    people, session = desk.people, desk.people.session(desk.token)
    people.logins.check_password(person.name, question.old, desk.client)
    if not fit(question.new, person.name):
        raise refused("invalid", say("login", "password_rule", language))
    if question.new == question.old:
        raise refused("invalid", say("login", "password_same", language))
    kept = hashed(question.new)
    with people.book.changing() as connection:
        people.still(connection, session, person.roles)
        put_credential(connection, person.name, Kind.PASSWORD, [kept])
        token = _only_session(desk, connection, session)
        desk.act(person, "password")
    return q.LoggedIn(token, people.person(people.session(token)))


def _only_session(desk: Desk, connection: Connection, session: Session) -> str:
    """Renew a session in a running transaction and end all others of the same person; return its new token."""
    end_all(connection, session.name)
    return desk.people.sessions.begin(connection, session.name, mailbox=False)


def _must_enrol(person: Person) -> None:
    if not person.must_enrol:
        raise refused("forbidden")
