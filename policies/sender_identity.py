"""Senders use their own names only (Điều 4.3, Điều 7.3).

What: in an authenticated session the reverse-path, From and Sender are the mailbox of the login or one delegated to it,
and so is the resender (Resent-From, Resent-Sender: RFC 5322 §3.6.6).
So are Reply-To, Author (RFC 9057) and X-Sender as far as they name official mailboxes, and a display name of an office, a
unit or a person of the directory is used by its holders only.
Always: one From with one address, no look-alike of an official domain, no address that two programs read differently.
Why: Điều 4.3 forbids forging mail of another; Điều 7.3 makes the holder answerable for what is sent.
Fix: choose the address of the login, or have the Office record the delegation.
Without login there is no holder to compare with, so only the form is judged. A warning at an address from which no
delivered mail has come yet is a setting (`first_seen`), for what the audit remembers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum
from typing import Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from gateway.model import (
    About,
    Address,
    AddressReading,
    Disposition,
    Evidence,
    Facts,
    Finding,
    FrontEnd,
    Holders,
    Mailbox,
    Message,
    Need,
    Rule,
    in_force,
)
from gateway.vietnamese.addresses import listed, normal_form, parse_path, without_tag
from gateway.vietnamese.homographs import name_keys
from policies._findings import failed, passed
from policies._look_alikes import imitated_domain, imitated_mailbox, shows_official
from policies._senders import (
    DEFAULT_DOMAINS,
    HEADER_NAMES,
    OTHER_NAMES,
    RESENT_NAMES,
    Domain,
    OfficialDomain,
    author_fields,
    is_absent,
    official_domains,
    readings_of,
    today,
)

RULES: Final = (
    Rule(id="reverse_path", code="SID-01", article="7600:4.3", disposition=Disposition.REJECT),
    Rule(id="author", code="SID-02", article="7600:4.3", disposition=Disposition.REJECT),
    Rule(id="sender_field", code="SID-03", article="7600:4.3", disposition=Disposition.REJECT),
    Rule(id="resent", code="SID-12", article="7600:4.3", disposition=Disposition.REJECT),
    Rule(id="reply_to", code="SID-04", article="7600:4.3", disposition=Disposition.TAG),
    Rule(id="several_authors", code="SID-05", article="7600:4.3", disposition=Disposition.REJECT),
    Rule(id="look_alike", code="SID-06", article="7600:4.3", disposition=Disposition.REJECT),
    Rule(id="display_name", code="SID-07", article="7600:4.3", disposition=Disposition.REJECT),
    Rule(id="malformed", code="SID-08", article="7600:5", disposition=Disposition.REJECT),
    Rule(id="inactive", code="SID-09", article="7600:8.2", disposition=Disposition.REJECT),
    Rule(id="other_name", code="SID-13", article="7600:4.3", disposition=Disposition.TAG),
    Rule(id="other_mailbox", code="SID-14", article="7600:4.3", disposition=Disposition.TAG),
    Rule(id="first_seen", code="SID-11", article="7600:4.3", disposition=Disposition.TAG),
    Rule(id="needs_login", code="SID-10", article="7600:4.3", disposition=Disposition.REJECT),
)

NEEDS: Final = frozenset({Need.ENVELOPE, Need.HEADERS})

_SEVERAL: Final = frozenset({"several-addresses", "two-addresses", "group"})
_MISLEADING: Final = frozenset({"display-name-address"})
_REMEDIES: Final = {
    "unquoted-comma": "comma",
    "missing-brackets": "brackets",
    "missing-from": "program",
    **dict.fromkeys(("backslash", "comment", "control-character", "junk-after-address", "unterminated"), "name"),
}
"""Causes that are not fixed by writing the address again, and the key of the words for what fixes them."""
_ASIDE: Final = frozenset({"reply_to", "first_seen", "other_name", "other_mailbox"})
"""Rules on what is beside the sender, who may be right all the same."""
_LOOKS: Final = frozenset({"mixed-script", "domain-mapping", "local-mapping"})


class SenderField(Enum):
    """Position of a sender."""

    REVERSE_PATH = "reverse_path"
    FROM = "from"


class Settings(BaseModel):
    """Settings of the policy; what a finding costs is set by `rules` of the policy file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    official_domains: tuple[OfficialDomain, ...] = Field(default=DEFAULT_DOMAINS, min_length=1)
    login_domain: Domain = "tphcm.gov.vn"
    sub_addresses: bool = True
    resent_fields: bool = True
    trusted_domains: tuple[Domain, ...] = ()
    own_domain_needs_login: bool = False
    login_not_needed_from: tuple[FrontEnd, ...] = (FrontEnd.CHECK,)
    directory_names: bool = True
    first_seen: tuple[SenderField, ...] = ()
    first_seen_after_days: int = Field(default=30, ge=0)


def asks(evidence: Evidence, settings: Settings) -> Iterator[str]:
    """Name the senders whose history the rule `first_seen` wants to know."""
    yield from (address for _, address in _senders(evidence, settings))


def judge(evidence: Facts[None], settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the senders, and say what was compared when all is well."""
    case = _case(evidence, settings)
    findings = list(_reverse_path(case))
    if evidence.message is not None:
        findings += _header(case, evidence.message)
    findings += _first_seen(evidence, settings)
    yield from findings
    if all(finding.rule in _ASIDE for finding in findings):
        login = evidence.session.auth_user
        rule = "malformed" if login is None else "author" if evidence.message is not None else "reverse_path"
        params = {} if login is None else {"login": case.login or ""}
        yield passed(rule, **params)


class _Case(NamedTuple):
    """A mail, and what its senders are compared with."""

    evidence: Evidence
    settings: Settings
    on: date
    officials: frozenset[str]
    """Domains."""
    login: str | None
    """Normal form of the login's mailbox, None without login."""
    mine: frozenset[str]
    """Addresses of that mailbox."""


def _case(evidence: Evidence, settings: Settings) -> _Case:
    on, login = today(evidence), _login(evidence, settings)
    mailbox = evidence.directory.find(login) if evidence.directory is not None and login is not None else None
    own = () if login is None else (login,) if mailbox is None else (login, mailbox.address, *mailbox.aliases)
    return _Case(evidence, settings, on, official_domains(settings.official_domains, on), login, frozenset(own))


def _reverse_path(case: _Case) -> Iterator[Finding]:
    """Judge the envelope; the null reverse-path is everybody's (receipts, bounces)."""
    path = case.evidence.envelope.reverse_path
    if case.login is not None:
        yield from _inactive(case, case.login, field="login")
    if not path:
        return
    reading = parse_path(path)
    yield from _form(case, reading, field="envelope", about=About())
    for address in reading.mailboxes:
        yield from _owned(case, address, rule="reverse_path", field="envelope")
        yield from _inactive(case, address.normal, field="envelope")


def _header(case: _Case, message: Message) -> Iterator[Finding]:
    """Judge From, Sender and Reply-To."""
    readings = author_fields(message)
    authors = [reading for reading in readings if reading.field == "from"]
    count = max(len(authors), sum(len(reading.mailboxes) for reading in authors))
    if not authors:
        yield _malformed("missing-from", "", "From", About(header="From"))
    if count > 1 or any(_SEVERAL & set(reading.ambiguous) for reading in authors):
        yield failed("several_authors", About(header="From"), count=count)
    for reading in readings:
        if is_absent(reading):
            continue
        field = HEADER_NAMES[reading.field]
        yield from _form(case, reading, field=field, about=About(header=field))
        for address in reading.mailboxes:
            match reading.field:
                case "from":
                    yield from _owned(case, address, rule="author", field=field)
                    yield from _inactive(case, address.normal, field=field)
                    yield from _needs_login(case, address, field=field)
                case "sender":
                    yield from _owned(case, address, rule="sender_field", field=field)
                case _:
                    yield from _outside(case, address)
                    yield from _other_mailbox(case, address, field=field)
    for reading in readings_of(message, OTHER_NAMES):
        field = OTHER_NAMES[reading.field]
        for address in reading.mailboxes:
            yield from _other_mailbox(case, address, field=field)
            yield from _other_name(case, address, field=field)
    if case.settings.resent_fields:
        yield from _resent(case, message)


def _resent(case: _Case, message: Message) -> Iterator[Finding]:
    """Judge who is said to have sent the mail on; readers show that name beside the author's."""
    for reading in readings_of(message, RESENT_NAMES):
        if is_absent(reading):
            continue
        field = RESENT_NAMES[reading.field]
        yield from _form(case, reading, field=field, about=About(header=field))
        for address in reading.mailboxes:
            yield from _owned(case, address, rule="resent", field=field)
            yield from _needs_login(case, address, field=field)


def _form(case: _Case, reading: AddressReading, *, field: str, about: About) -> Iterator[Finding]:
    """Judge how an address is written and what it looks like."""
    shown = reading.mailboxes[0].normal if reading.mailboxes else ""
    codes = set(reading.ambiguous) - _SEVERAL
    if codes & _MISLEADING or any(
        shows_official(address, case.officials, case.settings.trusted_domains) for address in reading.mailboxes
    ):
        yield failed("display_name", about, address=shown, field=field)
    if field != "envelope":
        yield from next(filter(None, (list(_other_name(case, one, field=field)) for one in reading.mailboxes)), ())
    likeness = next((look for address in reading.mailboxes if (look := _looks_like(case, address))), None)
    if likeness is not None or codes & _LOOKS:
        yield failed("look_alike", about, address=shown, field=field, like=likeness or "-")
    for code in sorted(codes - _MISLEADING - _LOOKS):
        yield _malformed(code, shown, field, about)


def _malformed(code: str, address: str, field: str, about: About) -> Finding:
    remedy = "address" if field == "envelope" else _REMEDIES.get(code, "address")  # a path has no display name
    return failed("malformed", about, cause=code, address=address or "-", field=field, remedy=remedy)


def _looks_like(case: _Case, address: Address) -> str | None:
    """Return the official domain or mailbox that an address imitates, None when it is official or like none."""
    if listed(case.evidence.directory, address.normal) is not None:
        return None
    return imitated_domain(address, case.officials, case.settings.trusted_domains) or imitated_mailbox(
        address, case.officials
    )


def _login(evidence: Evidence, settings: Settings) -> str | None:
    """Return the normal form of the login's mailbox, None without login."""
    login = evidence.session.auth_user
    if login is None:
        return None
    login = login.rpartition("\\")[2].strip()
    return normal_form(login if "@" in login else f"{login}@{settings.login_domain}")


def _owned(case: _Case, address: Address, *, rule: str, field: str) -> Iterator[Finding]:
    """Compare an address with the login, its aliases and what is delegated to it."""
    if case.login is None:
        return
    wanted = {address.normal, without_tag(address.normal)} if case.settings.sub_addresses else {address.normal}
    if wanted & case.mine:
        return
    mailbox = listed(case.evidence.directory, address.normal)
    if mailbox is not None and _delegated(mailbox, case.mine, case.on):
        return
    about = About() if field == "envelope" else About(header=field)
    yield failed(rule, about, address=address.normal, login=case.login, field=field)


def _other_mailbox(case: _Case, address: Address, *, field: str) -> Iterator[Finding]:
    """Report a field that names an official mailbox which is neither the login's nor of its unit."""
    if address.normal_domain not in case.officials:
        return
    directory = case.evidence.directory
    mine, other = listed(directory, case.login or ""), listed(directory, address.normal)
    if mine is None or other is None or not mine.unit or mine.unit != other.unit:
        yield from _owned(case, address, rule="other_mailbox", field=field)


def _other_name(case: _Case, address: Address, *, field: str) -> Iterator[Finding]:
    if _is_of_another(case, address):
        yield failed("other_name", About(header=field), address=address.normal, field=field)


def _is_of_another(case: _Case, address: Address) -> bool:
    """Return whether a display name is that of an office, a unit or a person of the directory, and the address is no holder's."""
    directory = case.evidence.directory
    if not case.settings.directory_names or directory is None or not directory.names or not address.display_name:
        return False
    inside = case.login is not None or address.normal_domain in case.officials
    mine = case.mine | {address.normal, without_tag(address.normal)}
    for key in name_keys(address.display_name):
        holders = directory.names.get(key)
        if holders is None or (holders.person and not inside):
            continue
        if mine.isdisjoint(holders.addresses) and not _delegated(holders, mine, case.on):
            return True
    return False


def _delegated(whose: Mailbox | Holders, mine: frozenset[str], on: date) -> bool:
    """Return whether a mailbox, or a name, is delegated on that day to one of these addresses."""
    return any(
        delegate.address in mine and in_force(delegate.since, delegate.until, on) for delegate in whose.delegates
    )


def _inactive(case: _Case, address: str, *, field: str) -> Iterator[Finding]:
    """Report a mailbox that is suspended, given up or outside its days."""
    mailbox = listed(case.evidence.directory, address)
    if mailbox is not None and not mailbox.usable(case.on):
        yield failed(
            "inactive",
            About(header="From") if field == "From" else About(),
            address=mailbox.address,
            field=field,
            status=mailbox.status.value,
        )


def _needs_login(case: _Case, address: Address, *, field: str) -> Iterator[Finding]:
    """Refuse an official From, or Resent-From, without proof, when the settings say so."""
    evidence = case.evidence
    if (
        not case.settings.own_domain_needs_login
        or case.login is not None
        or evidence.session.front_end in case.settings.login_not_needed_from
        or address.normal_domain not in case.officials
    ):
        return
    results = evidence.authentication.results if evidence.authentication is not None else ()
    if any(one.result == "pass" and one.domain == address.normal_domain for one in results):
        return
    yield failed("needs_login", About(header=field), address=address.normal)


def _senders(evidence: Evidence, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield field and case-folded address of the senders that the settings speak of."""
    if SenderField.REVERSE_PATH in settings.first_seen and evidence.envelope.reverse_path:
        for address in parse_path(evidence.envelope.reverse_path).mailboxes:
            yield "envelope", address.normal.casefold()
    if SenderField.FROM in settings.first_seen and evidence.message is not None:
        for reading in author_fields(evidence.message):
            if reading.field == "from":
                for address in reading.mailboxes:
                    yield "From", address.normal.casefold()


def _first_seen(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """Warn once at each sender from whom nothing has been delivered yet."""
    history = evidence.history
    if history is None or history.since is None:
        return
    if evidence.now - history.since < timedelta(days=settings.first_seen_after_days):
        return
    listed: set[str] = set()
    for field, address in _senders(evidence, settings):
        if address in history.unmet and address not in listed:
            listed.add(address)
            yield failed(
                "first_seen", About(header="From") if field == "From" else About(), address=address, field=field
            )


def _outside(case: _Case, address: Address) -> Iterator[Finding]:
    """Note a Reply-To that leads an official author's answers out of the official system."""
    theirs = case.login.rpartition("@")[2] if case.login is not None else ""
    if theirs in case.officials and address.normal_domain not in case.officials:
        yield failed("reply_to", About(header="Reply-To"), address=address.normal)
