"""Answers on accounts. The person who changes one must hold the role until the change is durable."""

from __future__ import annotations

import sqlite3
from typing import Final

from gateway.model import Language
from gateway.steward import questions as q
from gateway.steward.accounts import manage
from gateway.steward.accounts.book import all_accounts
from gateway.steward.accounts.manage import AccountFaultError, Sign
from gateway.steward.accounts.tokens import listed_unit
from gateway.steward.desk import Desk
from gateway.steward.notices.accounts import notify_of_change
from gateway.steward.roles import Person, Role
from gateway.steward.words import moment

ADMINISTRATORS: Final = frozenset({Role.ACCOUNT_ADMIN})


def accounts_view(desk: Desk, _person: Person, _question: q.AskAccounts, _language: Language) -> q.Answer:
    """Return all accounts and tokens."""
    book, directory = desk.people.book, desk.directory()
    units = {one.unit for one in directory.mailboxes.values()} if directory is not None else set[str]()
    with book.reading() as connection:
        accounts, sessions = all_accounts(connection), desk.people.sessions.counts(connection)
    return q.AccountsView(
        tuple(
            q.AccountRow(
                name=account.name,
                display=account.display,
                roles=tuple(sorted(account.roles, key=lambda role: role.value)),
                enrolled=account.enrolled,
                locked=account.locked,
                mail=account.mail,
                last_login=moment(account.last_login),
                sessions=sessions.get(account.name, 0),
            )
            for account in accounts
        ),
        tokens=tuple(
            q.TokenRow(
                name=one.name,
                mailbox=one.mailbox,
                unit=desk.unit_name(one.unit),
                per_hour=one.per_hour,
                made=moment(one.made),
                until=moment(one.until),
                used=moment(one.used),
                over=one.until <= desk.people.clock(),
            )
            for one in desk.people.tokens.all()
        ),
        units=tuple(sorted({desk.unit_name(unit) for unit in units} - {""})),
    )


def add_account(desk: Desk, person: Person, question: q.AddAccount, _language: Language) -> q.Answer:
    """Make an account."""
    password = manage.add(
        desk.people.book,
        question.name,
        question.display,
        question.roles,
        now=desk.people.clock(),
        sign=_signed(desk, person, ""),
        mail=_mail(desk, question.mail),
    )
    return q.OneTimePassword(question.name, password)


def set_mail(desk: Desk, person: Person, question: q.SetMail, _language: Language) -> q.Answer:
    """Say where the notices of an account go, and whose mail its holder does not decide about."""
    _not_oneself(person, question.name)
    sign = _signed(desk, person, question.reason)
    manage.set_mail(desk.people.book, question.name, _mail(desk, question.mail), sign=sign)
    return q.Done()


def set_roles(desk: Desk, person: Person, question: q.SetRoles, _language: Language) -> q.Answer:
    """Give an account other roles."""
    _not_oneself(person, question.name)
    manage.set_roles(desk.people.book, question.name, question.roles, sign=_signed(desk, person, question.reason))
    return q.Done()


def reset_second_factor(desk: Desk, person: Person, question: q.ResetSecondFactor, _language: Language) -> q.Answer:
    """Reset an account whose holder lost the phone."""
    _not_oneself(person, question.name)
    sign = _signed(desk, person, question.reason)
    password = manage.reset_second_factor(desk.people.book, question.name, now=desk.people.clock(), sign=sign)
    return q.OneTimePassword(question.name, password)


def set_locked(desk: Desk, person: Person, question: q.SetLocked, _language: Language) -> q.Answer:
    """Lock an account or open it."""
    _not_oneself(person, question.name)
    sign = _signed(desk, person, question.reason)
    manage.set_locked(desk.people.book, question.name, locked=question.locked, sign=sign)
    return q.Done()


def add_token(desk: Desk, person: Person, question: q.AddToken, _language: Language) -> q.Answer:
    """Make a token for a program."""
    token = desk.people.tokens.add(
        question.name,
        mailbox=_mail(desk, question.mailbox),
        unit=listed_unit(question.unit, desk.directory()),
        per_hour=question.per_hour,
        days=question.days,
        sign=_signed(desk, person, question.reason),
    )
    return q.NewToken(question.name, token)


def revoke_token(desk: Desk, person: Person, question: q.RevokeToken, _language: Language) -> q.Answer:
    """End a token."""
    desk.people.tokens.revoke(question.name, sign=_signed(desk, person, question.reason))
    return q.Done()


def _mail(desk: Desk, address: str) -> str:
    return manage.official_mailbox(address, desk.directory(), desk.configuration.passwords.login_domain)


def _signed(desk: Desk, person: Person, reason: str) -> Sign:
    """Return what ends a change: a last look at who makes it, and the record."""
    session = desk.people.session(desk.token)

    def sign(connection: sqlite3.Connection, what: str, about: str) -> None:
        desk.people.still(connection, session, ADMINISTRATORS)
        seq = desk.act(person, what, about=about, reason=reason)
        if desk.notices is not None:
            now = desk.people.clock()
            notify_of_change(desk.notices, connection, seq=seq, who=person.name, what=what, about=about, now=now)

    return sign


def _not_oneself(person: Person, name: str) -> None:
    if name == person.name:
        raise AccountFaultError("oneself")
