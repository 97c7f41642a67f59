"""Explanation of one mail: decision, place, reason, remedy, outcome.

The words are those of the reply: of the policy set's catalogue, on the day of the mail. Of a mail with a secrecy finding
nothing is said that its author chose.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, zip_longest
from typing import Final

from gateway.audit import record as r
from gateway.audit.query import AuditReader, History
from gateway.audit.render import event_words, words_of
from gateway.audit.replay import KeptMail, kept_mail
from gateway.audit.rows import became, row_of
from gateway.engine.attachments import Attachments
from gateway.engine.catalogue import Disclosure, Wording
from gateway.engine.guard import MARKED
from gateway.engine.places import place_words
from gateway.engine.policy_set import PolicySet, day
from gateway.engine.reply import advised, article_words
from gateway.engine.what_if import Indeterminate, judge_again
from gateway.model import About, Disposition, Finding, FindingOutcome, JudgedFinding, Language, Message, Mode, Signature
from gateway.pipeline.what_if import waived, with_waived
from gateway.steward import questions as q
from gateway.steward.checks.recorded import recorded
from gateway.steward.desk import Desk
from gateway.steward.mails import addresses_of, result_badge, sight_of, state_badge, visible
from gateway.steward.questions.refused import refused
from gateway.steward.roles import Person
from gateway.texts.catalogue import product_texts, said
from gateway.vietnamese.printed import clean

_LIMIT_REFERENCE: Final = 100
_LIMIT_EVENTS: Final = 200
_LIMIT_RECIPIENTS: Final = 1000
_LIMIT_TEXT: Final = 2000
_OUTCOME_TONES: Final = {"passed": "good", "failed": "bad", "indeterminate": "warn"}
_AXIS_TONES: Final = {
    "intact": "good", "broken": "bad", "whole": "good", "partial": "bad", "none": "good", "allowed": "good",
    "forbidden": "bad", "trusted": "good", "untrusted": "bad", "good": "good", "revoked": "bad",
    "organisation": "plain", "person": "plain",
}  # fmt: skip


def explain(desk: Desk, person: Person, question: q.Explain, language: Language) -> q.Explained | q.CheckedView:
    """Explain a mail, or a self-check; another person's is not found, like one that does not exist. Opening another person's is an act."""
    sight = sight_of(desk, person)
    with desk.reader() as reader:
        history = visible(reader, sight, question.reference[:_LIMIT_REFERENCE])
        if history is None:
            raise refused("not_found")
        check = history.records[0]
        own = check.who == person.name if isinstance(check, r.Checked) else _is_own(history, addresses_of(desk, person))
        if not own:
            desk.act(person, "open_mail", about=history.reference)
        if isinstance(check, r.Checked):
            return recorded(reader, check, desk.policies(), language, own=own)
        return _Explainer(desk, reader, history, language).explained(own=own)


def _is_own(history: History, addresses: frozenset[str]) -> bool:
    for record in history.records:
        match record:
            case r.Intent() | r.Refused() | r.RecipientRefused():
                about = r.judged(record)
                senders = (about.reverse_path, about.mailbox, about.session.login)
            case r.ContentRefused() | r.Trouble():
                senders = (record.reverse_path, None, record.session.login)
            case _:
                continue
        return any(one is not None and one.casefold() in addresses for one in senders)
    return False


@dataclass(frozen=True)
class _Explainer:
    desk: Desk
    reader: AuditReader
    history: History
    language: Language

    def explained(self, *, own: bool) -> q.Explained:
        records, language = self.history.records, self.language
        about = _about(records)
        row = row_of(about)
        mail, session = self.history.mail, getattr(about, "session", None)
        session = mail.session if mail is not None else session
        policies = self.desk.policies()
        kept = self._kept(about, policies)
        bare = kept.observed.bare if kept is not None and kept.observed is not None else None
        words = MailWords(
            policies,
            language,
            datetime.fromisoformat(about.time),
            mail,
            message=bare.message if bare is not None else None,
            signatures=bare.signatures if bare is not None else (),
        )
        found = r.judged(about).findings if isinstance(about, r.JudgedRecord) else ()
        findings = tuple(words.judged(one) for one in found)
        today, note = _today(about, kept, policies, language) if kept is not None else (None, "")
        refused = [record for record in records if isinstance(record, r.RecipientRefused)]
        recipients = {**dict.fromkeys(row.recipients, row.disposition), **(mail.recipients if mail is not None else {})}
        recipients |= {one.recipient: "reject" for one in refused}
        return q.Explained(
            reference=clean(self.history.reference),
            time=about.time,
            result=result_badge(row.disposition, row.would_be, language),
            state=state_badge(became(records[records.index(about) + 1 :], row.state), language),
            sender=clean(row.sender, limit=320),
            login=clean(session.login or "", limit=320) if session is not None else "",
            client=clean(session.client or "", limit=64) if session is not None else "",
            unit=self.desk.unit_name(row.unit),
            recipients=tuple(
                (clean(address, limit=320), result_badge(disposition, "", language))
                for address, disposition in islice(recipients.items(), _LIMIT_RECIPIENTS)
            ),
            subject=clean(row.subject, limit=300) if row.subject is not None and not row.confidential else None,
            confidential=row.confidential,
            size=mail.size if mail is not None else getattr(about, "size", None),
            sha256=mail.sha256 if mail is not None else "",
            answer=self._answer(),
            files=words.files(findings),
            passed=tuple(words.passed(one) for one in findings if one.finding.outcome is FindingOutcome.PASSED),
            omitted=mail.omitted if mail is not None else 0,
            events=tuple(self._events(confidential=row.confidential)),
            policy_digest=(mail.policy_digest if mail is not None else getattr(about, "policy_digest", "")),
            directory_digest=(mail.directory_digest or "") if mail is not None else "",
            today=today,
            today_note=note,
            contact=clean(policies.contact_line(language, words.on, self.history.reference), limit=400)
            if row.disposition in {"hold", "defer", "reject"}
            else "",
            own=own,
        )

    def _answer(self) -> str:
        """Return the reply that the client got, as far as the log has it; of a confidential mail its codes only."""
        answer, held = "", False
        mail = self.history.mail
        for record in self.history.records:
            held = held and not isinstance(record, r.Intent)
            if held:  # the next hop's reply to a release is no answer to the client
                continue
            if isinstance(record, r.Refused | r.RecipientRefused | r.ContentRefused | r.Outcome) and record.code:
                guarded = isinstance(record, r.Outcome) and mail is not None and mail.confidential
                text = "" if guarded else clean(record.text, limit=600)
                answer = " ".join(one for one in (str(record.code), clean(record.enhanced), text) if one)
                held = isinstance(record, r.Outcome) and record.delivery is r.Delivery.HELD
        return answer

    def _events(self, *, confidential: bool) -> Iterator[q.EventView]:
        for record in self.history.records[:_LIMIT_EVENTS]:
            text, detail = event_words(record, self.language)
            if confidential and isinstance(record, r.Outcome):  # the text is another server's
                detail = f"{words_of('state', record.delivery.value, self.language)} {record.code or ''}".strip()
            link = base64.b64encode(self.reader.link(record.seq)).decode()
            yield q.EventView(seq=record.seq, time=record.time, text=text, detail=detail, hash=link)

    def _kept(self, about: r.AnyRecord, policies: PolicySet) -> KeptMail | None:
        if not isinstance(about, r.JudgedRecord):
            return None
        types = {policy.name: policy.observation for policy in policies.policies}
        data = self.desk.configuration.data
        kept = kept_mail(data, about, types)
        return replace(kept, observed=with_waived(kept, waived(data, policies)))


def _about(records: tuple[r.AnyRecord, ...]) -> r.AnyRecord:
    """Return the record that a history is about: of a mail its judgement, else the first."""
    judged = (record for record in records if isinstance(record, r.Intent | r.Refused))
    return next(judged, records[0])


def _today(about: r.AnyRecord, kept: KeptMail, policies: PolicySet, language: Language) -> tuple[q.Badge | None, str]:
    """Return what the policy set in force says of a mail, and what differs or why it cannot be determined."""
    if kept.policy_digest == policies.digest:
        return None, ""
    if kept.observed is None:
        return None, said("start", "indeterminate", kept.reason, language)
    try:
        verdict = judge_again(kept.observed, policies)
    except ExceptionGroup:
        return None, said("answers", "explain", "today_fault", language)
    if isinstance(verdict, Indeterminate):
        return None, said("start", "indeterminate", verdict.reason, language)
    found = verdict.disposition.word
    badge = result_badge(found, "", language)
    if found == row_of(about).disposition:
        return badge, said("answers", "explain", "today_same", language)
    rules = sorted({one.code for one in verdict.findings if one.effective is not Disposition.RELAY})
    return badge, said("answers", "explain", "today_differs", language, rules=", ".join(rules) or found)


class MailWords:
    """The words of one mail's findings, parts and signatures."""

    def __init__(
        self,
        policies: PolicySet,
        language: Language,
        moment: datetime,
        mail: r.MailFacts | None,
        *,
        message: Message | None,
        signatures: tuple[Signature, ...],
    ) -> None:
        self._policies = policies
        self._language = language
        self._moment = moment
        self._mail = mail
        self._attachments = Attachments(message)
        self._signatures = signatures
        self.on = day(moment)
        self._guarded = mail is not None and mail.confidential
        self._wording = Wording(
            language=language,
            disclosure=Disclosure.GUARDED if self._guarded else Disclosure.FULL,
            names=policies.names_on(language, self.on),
            limit_name=200,
        )

    def judged(self, found: r.FindingFacts) -> JudgedFinding:
        """Return a recorded finding as it was judged."""
        outcome = FindingOutcome(found.outcome)
        finding = Finding(
            rule=found.rule,
            outcome=outcome,
            about=About(part=found.part, filename=found.filename, recipient=found.recipient, header=found.header),
            locator=found.locator,
            params=found.params,
        )
        policy = self._policies.policy(found.policy)
        secret = found.policy == "classified" or (policy is not None and found.rule in policy.confidential_rules)
        return JudgedFinding(
            policy=found.policy,
            code=found.code,
            article=found.article,
            finding=self._attachments.placed(finding),
            wanted=Disposition.parse(found.wanted),
            mode=Mode(found.mode),
            effective=Disposition.parse(found.effective),
            waiver=found.waiver,
            confidential=secret,
            marked=secret and found.rule == MARKED and outcome is FindingOutcome.FAILED,
        )

    def passed(self, one: JudgedFinding) -> str:
        """Return what was in order."""
        message = self._policies.catalogue.message(one.policy, one.finding, self._wording)
        return clean(f"{one.code} {message}", limit=_LIMIT_TEXT)

    def files(self, findings: tuple[JudgedFinding, ...]) -> tuple[q.FileView, ...]:
        """Return the mail and its parts with what was found in each, the most severe first, then those without."""
        found = [one for one in findings if one.finding.outcome is not FindingOutcome.PASSED]
        views: dict[str, list[q.FindingView]] = {}
        for one in found:
            view = self._view(one, advised=advised(one, found))
            shown = views.setdefault(one.finding.about.part or "", [])
            if view not in shown:  # of two signatures the same may have to be said
                shown.append(view)
        signatures: dict[str, list[q.SignatureView]] = {}
        parts: dict[str, r.PartFacts] = {}
        if self._mail is not None:
            facts = self._signatures if len(self._signatures) == len(self._mail.signatures) else ()
            for recorded, seen in zip_longest(self._mail.signatures, facts):
                signatures.setdefault(recorded.part, []).append(self._signature(recorded, seen))
            parts = {part.path: part for part in self._mail.parts}
        paths = dict.fromkeys((*views, *signatures, *parts))
        return tuple(self._file(path, parts.get(path), views, signatures) for path in paths)

    def _file(
        self,
        path: str,
        part: r.PartFacts | None,
        views: Mapping[str, list[q.FindingView]],
        signatures: Mapping[str, list[q.SignatureView]],
    ) -> q.FileView:
        return q.FileView(
            part=clean(path, limit=300),
            name=self._name(path, part),
            type=clean(part.type or "", limit=100) if part is not None else "",
            size=part.size if part is not None else None,
            sha256=(part.sha256 or "") if part is not None else "",
            findings=tuple(views.get(path, ())),
            signatures=tuple(signatures.get(path, ())),
        )

    def _name(self, path: str, part: r.PartFacts | None) -> str:
        """Return the name of a file; of a confidential mail only which one it is."""
        if not path:
            return ""
        if part is not None and part.filename and not self._guarded:
            return clean(part.filename, limit=255)
        open_ = Finding(rule="", outcome=FindingOutcome.FAILED, about=About(part=path))
        number = self._attachments.placed(open_).about.attachment
        if number:
            return said("answers", "explain", "attachment", self._language, number=number)
        return said("answers", "explain", "withheld" if self._guarded else "unnamed", self._language)

    def _view(self, one: JudgedFinding, *, advised: bool) -> q.FindingView:
        catalogue, language, finding = self._policies.catalogue, self._language, one.finding
        outcome = finding.outcome.value
        return q.FindingView(
            code=clean(one.code),
            rule=clean(f"{one.policy}.{finding.rule}"),
            title=clean(catalogue.title(one.policy, finding.rule, language), limit=200),
            message=clean(catalogue.message(one.policy, finding, self._wording), limit=_LIMIT_TEXT),
            place=place_words(finding.locator, language, self._wording.disclosure) if finding.locator else "",
            fix=clean(catalogue.fix(one.policy, finding, self._wording), limit=_LIMIT_TEXT) if advised else "",
            why=clean(catalogue.why(one.policy, finding, self._wording), limit=_LIMIT_TEXT),
            article=clean(article_words(one, self._policies, language, self._moment), limit=300),
            outcome=q.Badge(said("reply", "outcome", outcome, language), _OUTCOME_TONES[outcome], outcome),
            effect=self._effect(one),
        )

    def _effect(self, one: JudgedFinding) -> q.Badge:
        language = self._language
        if one.waiver is not None:
            return q.Badge(said("reply", "label", "waived", language, waiver=clean(one.waiver)), "warn", "waived")
        if one.mode is not Mode.ENFORCE:
            wanted = said("reply", "disposition", one.wanted.word, language)
            return q.Badge(said("reply", "label", "monitor", language, wanted=wanted), "warn", one.mode.value)
        return result_badge(one.effective.word, "", language)

    def _signature(self, one: r.SignatureFacts, seen: Signature | None) -> q.SignatureView:
        axes = [
            (said("verify", "line", "integrity", self._language), one.integrity),
            (said("answers", "explain", "coverage", self._language), one.coverage),
            (said("answers", "explain", "changes", self._language), one.changes),
            (said("verify", "line", "trust", self._language), one.trust),
            (said("answers", "explain", "holder", self._language), one.holder_kind),
        ]
        if seen is not None:
            axes.insert(4, (said("verify", "line", "revocation", self._language), seen.revocation.value))
        return q.SignatureView(
            signer="" if self._guarded else clean(one.signer or "", limit=300),
            serial="" if self._guarded else clean(one.serial, limit=100),
            container=clean(one.container),
            axes=tuple((name, self._axis(value)) for name, value in axes if value),
            problems=tuple(self._known("note", problem) for problem in one.problems),
        )

    def _axis(self, value: str) -> q.Badge:
        return q.Badge(self._known("value", value), _AXIS_TONES.get(value, "warn"), clean(value))

    def _known(self, table: str, key: str) -> str:
        words = product_texts("verify")[table].get(key)
        return str(words[self._language]) if words is not None else clean(key)
