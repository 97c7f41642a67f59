"""Violations of a month: mailbox, rule and digest, once however often tried.

A finding about a file has the digest of that file; of a member of a confidential archive, the archive's; about the mail
itself, the mail's; about a forward-path refused at RCPT, that address. What became of a violation is the most severe of what was
decided on it, but a waiver overrules: the file was found to be right.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import IntEnum

from gateway.audit.record import FindingFacts, MailFacts, RecipientRefused
from gateway.model import FindingOutcome, Mode
from gateway.report.figures import OUTSIDE
from gateway.report.records import MENDED_WITHIN

LIMIT_CASES = 500_000
"""Limit of distinct violations; a month with more is said to be incomplete."""
LIMIT_RECIPIENTS = 2_000_000
"""Of refused mails, kept to see whether they are mended."""
_LIMIT_RECIPIENTS = 1000
"""Of the mails with one violation."""
_LIMIT_LOOKED_AT = 1000
"""Violations of one name and sender, the newest, that one mail is held against."""
_PASSED, _UNTOLD = FindingOutcome.PASSED.value, FindingOutcome.INDETERMINATE.value


class Kind(IntEnum):
    """Outcome of a violation; a greater one overrules."""

    NOTED = 0
    UNTOLD = 1
    RECORDED = 2
    PREVENTED = 3
    WAIVED = 4


def kind_of(finding: FindingFacts) -> Kind | None:
    """Return what a finding is; None when it is nothing to be counted."""
    if finding.outcome == _PASSED or finding.wanted == "relay":
        return None
    if finding.waiver is not None:
        return Kind.WAIVED
    if finding.outcome == _UNTOLD:
        return Kind.UNTOLD
    if finding.wanted == "tag":
        return Kind.NOTED
    return Kind.PREVENTED if finding.mode == Mode.ENFORCE.value else Kind.RECORDED


class Case:
    """One violation."""

    __slots__ = (
        "article", "code", "first", "kind", "last", "login", "mended", "names", "recipients", "reference", "rule", "sender",
        "thing", "unit",
    )  # fmt: skip

    def __init__(
        self, finding: FindingFacts, *, unit: str, sender: str, thing: bytes, reference: str, moment: datetime
    ) -> None:
        """Begin with the first finding of it."""
        self.kind = Kind.NOTED
        self.unit, self.sender, self.thing, self.reference = unit, sender, thing, reference
        self.rule, self.code, self.article = (finding.policy, finding.rule), finding.code, finding.article
        self.login: str | None = None
        self.first = self.last = moment
        self.names: frozenset[str] = frozenset()
        self.recipients: frozenset[str] = frozenset()
        self.mended = False

    @property
    def counts(self) -> tuple[int, ...]:
        """It alone, in the order of the fields of `Violations`."""
        kind = self.kind
        prevented = kind is Kind.PREVENTED
        return (
            prevented,
            kind is Kind.RECORDED,
            kind is Kind.WAIVED,
            kind is Kind.UNTOLD,
            kind is Kind.NOTED,
            prevented and self.mended,
            prevented and bool(self.names),
            (prevented or kind is Kind.RECORDED) and self.login is None,
        )


class Cases:
    """All violations of a month, as its records come by."""

    def __init__(self) -> None:
        self._cases: dict[bytes, Case] = {}
        self._refused: defaultdict[tuple[str, str], list[Case]] = defaultdict(list)
        """By sender and file name, those that a later mail may mend."""
        self._room = LIMIT_RECIPIENTS
        self.beyond = 0
        """Findings beyond the limits: of violations that are not counted apart, or of which it is not seen that they are mended."""

    def __iter__(self) -> Iterator[Case]:
        return iter(self._cases.values())

    def take_mail(self, mail: MailFacts, reference: str, moment: datetime) -> None:
        """Count the findings of a mail."""
        recipients: frozenset[str] | None = None
        for finding, kind, about in _violations(mail):
            recipients = fold_all(mail.recipients) if recipients is None else recipients
            case = self._case(finding, about, mail, reference, moment)
            if case is not None:
                names = frozenset((fold(finding.filename),)) if finding.filename else frozenset()
                self._tried(case, kind, mail.session.login, moment, names, recipients)

    def let_go(self, mail: MailFacts) -> None:
        """Note that a held mail was sent: two persons waived what it was held for."""
        for finding, kind, about in _violations(mail):
            case = self._cases.get(_key(mail.sender, about, finding.policy, finding.rule))
            if kind is Kind.PREVENTED and case is not None:
                case.kind = Kind.WAIVED

    def take_recipient(self, refused: RecipientRefused, moment: datetime) -> None:
        """Count the findings on a forward-path."""
        about = refused.recipient.casefold()
        for finding in refused.findings:
            if (kind := kind_of(finding)) is None:
                continue
            case = self._case(finding, about, refused, refused.id, moment)
            if case is not None:
                self._tried(case, kind, refused.session.login, moment, frozenset(), frozenset())

    def mend(self, mail: MailFacts, names: set[tuple[str, str]], moment: datetime) -> bool:
        """Record a relayed mail; return whether it resends, fixed, what had been refused and not yet fixed.

        `names` are its `sent_names`.
        """
        waiting = [cases for name in names if (cases := self._refused.get(name))]
        if not waiting:
            return False
        recipients = fold_all(mail.recipients)
        met = {(finding.policy, finding.rule) for finding in mail.findings if finding.outcome != _PASSED}
        found = False
        for cases in waiting:
            for case in cases[-_LIMIT_LOOKED_AT:]:
                in_time = case.first < moment <= case.last + MENDED_WITHIN
                if case.mended or not in_time or case.rule in met or recipients.isdisjoint(case.recipients):
                    continue
                case.mended = True
                found = found or case.kind is Kind.PREVENTED
            if found:
                cases[:] = [case for case in cases if not case.mended]
        return found

    def _case(
        self, finding: FindingFacts, about: str, mail: MailFacts | RecipientRefused, reference: str, moment: datetime
    ) -> Case | None:
        key = _key(mail.sender, about, finding.policy, finding.rule)
        case = self._cases.get(key)
        if case is not None:
            return case
        if len(self._cases) >= LIMIT_CASES:
            self.beyond += 1
            return None
        thing, unit = _key(mail.sender, about), mail.unit or OUTSIDE
        case = Case(finding, unit=unit, sender=mail.sender, thing=thing, reference=reference, moment=moment)
        self._cases[key] = case
        return case

    def _tried(
        self,
        case: Case,
        kind: Kind,
        login: str | None,
        moment: datetime,
        names: frozenset[str],
        recipients: frozenset[str],
    ) -> None:
        case.kind = max(case.kind, kind)
        case.login = case.login or login
        if kind is not Kind.PREVENTED:
            return
        if names and not case.names:
            case.first = moment
        case.last = moment
        for name in names - case.names:
            self._refused[case.sender, name].append(case)
        case.names |= names
        if names and len(case.recipients) < _LIMIT_RECIPIENTS:
            if self._room < len(recipients):
                self.beyond += 1
                return
            if not recipients <= case.recipients:
                self._room -= len(recipients)
                case.recipients = case.recipients | recipients if case.recipients else recipients


def sent_names(mail: MailFacts) -> set[tuple[str, str]]:
    """Return sender and file name of each file of a mail."""
    sender = mail.sender
    return {(sender, fold(part.filename)) for part in mail.parts if part.filename}


def fold(name: str) -> str:
    """Return a file name in the form in which two are the same."""
    return (name if name.isascii() else unicodedata.normalize("NFC", name)).casefold()


def fold_all(recipients: Iterable[str]) -> frozenset[str]:
    """Return addresses in the form in which two are the same."""
    return frozenset(address.casefold() for address in recipients)


def _violations(mail: MailFacts) -> Iterator[tuple[FindingFacts, Kind, str]]:
    """Yield what counts of a mail, with the digest of what it is about."""
    digests: dict[str, str] | None = None
    for finding in mail.findings:
        if finding.outcome == _PASSED or (kind := kind_of(finding)) is None:
            continue
        if digests is None:
            digests = {part.path: part.sha256 for part in mail.parts if part.sha256}
        yield finding, kind, _digest(finding.part, digests) or mail.sha256


def _digest(part: str | None, digests: dict[str, str]) -> str | None:
    """Return the digest of a part, or of the nearest container that has one; `2!` means a member without its name."""
    path = part or ""
    while path:
        if not path.endswith("!") and (found := digests.get(path)):
            return found
        path = path.rpartition("!")[0]
    return None


def _key(*words: str) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for word in words:
        octets = word.encode("utf-8", "surrogatepass")
        digest.update(len(octets).to_bytes(4, "big") + octets)
    return digest.digest()
