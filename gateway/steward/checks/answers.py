"""Answers of the self-check: authorisation of senders, rate limit, and the result as views of the mail page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

from gateway.audit.keyed import Keyed
from gateway.audit.record_fields import mail_facts
from gateway.audit.store import Folder
from gateway.model import VIETNAM, Disposition, FindingOutcome, Language
from gateway.pipeline.self_check import PER_HOUR, Checked
from gateway.steward import questions as q
from gateway.steward.accounts.sessions import key_of
from gateway.steward.accounts.tokens import is_program
from gateway.steward.checks.judging import Checks, Mail, Outcome
from gateway.steward.checks.uploads import LIMIT_BYTES, LIMIT_FILES, Upload
from gateway.steward.desk import Desk, pieces
from gateway.steward.explain import MailWords
from gateway.steward.mails import addresses_of
from gateway.steward.questions.refused import refused
from gateway.steward.roles import MAILBOX_ROLES, Person, Role
from gateway.steward.words import say
from gateway.vietnamese.addresses import normal_form, parse_path
from gateway.vietnamese.printed import clean

_HOUR: Final = timedelta(hours=1)
_LIMIT_RECIPIENTS: Final = 100
_LIMIT_SENDERS: Final = 300
"""Longest list of senders in the form."""
_TONES: Final = {Disposition.RELAY: "good", Disposition.TAG: "warn"}


def ask_check(desk: Desk, person: Person, _question: q.AskCheck, _language: Language) -> q.CheckForm:
    """Return the data of the form."""
    left, limit = _left(desk, person)
    return q.CheckForm(
        senders=(_senders(desk, person) or ())[:_LIMIT_SENDERS],
        left=left,
        of=limit,
        limit_bytes=LIMIT_BYTES,
        limit_files=LIMIT_FILES,
    )


def begin_check(desk: Desk, person: Person, question: q.BeginCheck, language: Language) -> q.CheckBegun:
    """Begin an upload for a sender that the person may use; Refused."""
    upload = Upload(
        owner=key_of(desk.token),
        who=person.name,
        sender=_sender(desk, person, question.sender.strip(), language),
        recipients=_recipients(question.recipients, language),
        via="api" if is_program(person) else "page",
        client=desk.client,
    )
    uploads = _checks(desk).uploads
    uploads.expect_room(upload)  # before the log query: a waiting client retries often
    left, limit = _left(desk, person)
    if not left:
        raise refused("invalid", say("check", "no_more", language, limit=limit), retry_s=600)
    return q.CheckBegun(uploads.begin(upload))


def check_piece(desk: Desk, _person: Person, question: q.CheckPiece, language: Language) -> q.Done:
    """Take a chunk of a file."""
    if len(question.octets) > q.PIECE_BYTES:
        raise refused("invalid")
    _checks(desk).uploads.add(
        question.ticket, desk.token, question.file, question.name, question.octets, language=language
    )
    return q.Done()


def end_check(desk: Desk, person: Person, question: q.EndCheck, language: Language) -> q.Answer:
    """Judge the files, or drop them; either way they are deleted with the answer."""
    checks = _checks(desk)
    upload = checks.uploads.take(question.ticket, desk.token)
    try:
        if question.drop:
            return q.Done()
        if not upload.files:
            raise refused("invalid", say("check", "no_file", language))
        desk.rules()  # load the rules in force in this thread
        outcome = checks.judged(upload, desk.gone)
    finally:
        checks.uploads.end(question.ticket)
    left, limit = _left(desk, person)
    return _Result(desk, language, outcome).answer(upload, left, limit)


def get_fixed(desk: Desk, _person: Person, question: q.GetFixed, language: Language) -> Iterator[q.Answer]:
    """Stream a fixed copy of one of the session's or token's checks."""
    name, octets = _checks(desk).fixed(key_of(desk.token), question.reference, question.number)
    path = PurePosixPath(name.replace("\\", "/"))
    yield q.FixedName(clean(f"{path.stem}{say('check', 'fixed_name', language)}{path.suffix}", limit=200))
    yield from pieces(octets)


def _checks(desk: Desk) -> Checks:
    if desk.checks is None:
        raise refused("not_found")
    return desk.checks


def _left(desk: Desk, person: Person) -> tuple[int, int]:
    """Return the checks left in this hour, and the limit per hour."""
    limit = desk.people.tokens.per_hour(person) if is_program(person) else PER_HOUR
    with desk.reader() as reader:
        done = reader.checks_since(person.name, datetime.now(UTC) - _HOUR)
    return max(0, limit - done), limit


def _senders(desk: Desk, person: Person) -> tuple[str, ...] | None:
    """Return the senders that a person may use, the own mailbox first; None for any."""
    if not is_program(person) and not person.roles & MAILBOX_ROLES:
        return None
    own = [person.mailbox] if is_program(person) else [person.name, *sorted(addresses_of(desk, person))]
    directory = desk.directory()
    if directory is not None and (is_program(person) or Role.UNIT_HEAD in person.roles):
        listed, today = directory.mailboxes.values(), datetime.fromtimestamp(desk.people.clock(), VIETNAM).date()
        own += [one.address for one in listed if one.unit in person.units and one.usable(today)]
    return tuple(dict.fromkeys(one for one in own if "@" in one))


def _sender(desk: Desk, person: Person, wanted: str, language: Language) -> str:
    senders = _senders(desk, person)
    if senders is None:
        if wanted and not _is_mailbox(wanted):
            raise refused("invalid", say("check", "address", language, address=clean(wanted, limit=100)))
        return wanted or _nobody(language)
    if not wanted:
        return senders[0] if senders else _nobody(language)
    found = next((one for one in senders if normal_form(one) == normal_form(wanted)), None)
    if found is None:
        raise refused("forbidden", say("check", "not_yours", language, address=clean(wanted, limit=100)))
    return found


def _nobody(language: Language) -> str:
    """Raise Refused: no sender is known."""
    raise refused("invalid", say("check", "no_sender", language))


def _recipients(wanted: tuple[str, ...], language: Language) -> tuple[str, ...]:
    given = tuple(
        dict.fromkeys(one for address in wanted for one in address.replace(";", ",").replace(",", " ").split())
    )
    for address in given:
        if not _is_mailbox(address):
            raise refused("invalid", say("check", "address", language, address=clean(address, limit=100)))
    if len(given) > _LIMIT_RECIPIENTS:
        raise refused("invalid", say("check", "too_many_recipients", language, limit=_LIMIT_RECIPIENTS))
    return given


def _is_mailbox(address: str) -> bool:
    found = parse_path(address)
    return bool(found.mailboxes) and not found.ambiguous and len(address) <= 320


class _Result:
    """Renders an outcome."""

    def __init__(self, desk: Desk, language: Language, outcome: Outcome) -> None:
        self._outcome = outcome
        self._language = language
        self._keyed = Keyed.of(Folder(desk.configuration.data))

    def answer(self, upload: Upload, left: int, limit: int) -> q.CheckResult:
        """Return the result."""
        outcome = self._outcome
        mail: list[q.FileView] = []
        files: dict[int, q.CheckedFile] = {}
        passed: list[str] = []
        for one in outcome.mails:
            words, views = self._views(one)
            passed += words
            self._sort(one, views, files, mail)
        each = [one.checked for one in outcome.mails]
        most_severe = max(one.disposition for one in each)
        confidential = any(one.confidential for one in each)
        return q.CheckResult(
            reference=outcome.reference,
            disposition=most_severe.word,
            result=self._badge(most_severe),
            answers=tuple(
                clean(line, limit=200)
                for one in each
                if one.disposition >= Disposition.HOLD
                for line in one.reply.lines
            ),
            mail=tuple(mail),
            files=tuple(files[number] for number in sorted(files)),
            passed=tuple(dict.fromkeys(passed)),
            marked=any(one.marked for one in each),
            confidential=confidential,
            sender=clean(upload.sender, limit=320),
            recipients=tuple(clean(one, limit=320) for one in each[0].evidence.envelope.forward_paths),
            left=left,
            of=limit,
            policy=clean(each[0].policies.name, limit=100),
            policy_digest=each[0].policies.digest,
        )

    def _views(self, mail: Mail) -> tuple[list[str], tuple[q.FileView, ...]]:
        """Return the passed checks, and the parts with their findings, as on the mail page."""
        checked = mail.checked
        evidence = checked.evidence
        facts = mail_facts(checked.transaction, checked.verdict, evidence, self._keyed)
        words = MailWords(
            checked.policies, self._language, evidence.now, facts, message=evidence.message,
            signatures=evidence.signatures,
        )  # fmt: skip
        judged = tuple(words.judged(found) for found in facts.findings)
        passed = [words.passed(one) for one in judged if one.finding.outcome is FindingOutcome.PASSED]
        return passed, words.files(judged)

    def _sort(
        self, mail: Mail, views: tuple[q.FileView, ...], files: dict[int, q.CheckedFile], others: list[q.FileView]
    ) -> None:
        """Assign views to uploaded files; views of the mail itself go to `others`."""
        checked = mail.checked
        if mail.whole:
            (number,) = mail.files
            files[number] = self._file(number, views, checked.disposition, checked)
            return
        root = checked.evidence.message.root if checked.evidence.message is not None else None
        paths = [part.path for part in root.children] if root is not None else []
        for number, path in zip(mail.files, paths, strict=False):
            own = tuple(one for one in views if one.part.partition("!")[0] == path)
            most_severe = max(
                (
                    judged.effective
                    for judged in checked.verdict.findings
                    if (judged.finding.about.part or "").partition("!")[0] == path
                    and judged.finding.outcome is not FindingOutcome.PASSED
                ),
                default=Disposition.RELAY,
            )
            files[number] = self._file(number, own, most_severe, checked)
        others += [one for one in views if one.findings and one.part.partition("!")[0] not in paths]

    def _file(
        self, number: int, views: tuple[q.FileView, ...], most_severe: Disposition, checked: Checked
    ) -> q.CheckedFile:
        name = clean(self._outcome.names[number], limit=255)
        if checked.confidential or not name:
            name = say("check", "file", self._language, number=number + 1)
        size = self._outcome.fixed.get(number)
        return q.CheckedFile(
            name=name,
            result=self._badge(most_severe),
            views=views,
            fixed=number if size is not None else None,
            fixed_size=size or 0,
        )

    def _badge(self, disposition: Disposition) -> q.Badge:
        words = say("check_results", disposition.word, self._language)
        return q.Badge(words, _TONES.get(disposition, "bad"), disposition.word)
