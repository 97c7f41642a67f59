"""Verdict to SMTP reply: one self-contained line first, ASCII, at most 510 octets a line (RFC 5321 §4.5.3.1.5).

    550 5.7.1 [BT-7F3K2Q9X] tep "x.docx": .... Lam gi tiep (QD 7600/QD-UBND, Dieu 9.4c). / English words

Mail clients often show only the first line, so it names the severest finding, its place and the way out. Further
findings follow on lines of their own. A mail with a secrecy finding is never described by its subject or file names.
"""

from __future__ import annotations

from datetime import datetime

from gateway.engine.catalogue import Disclosure, Language, Wording
from gateway.engine.places import default_words
from gateway.engine.plain import ascii_form, clean, cut_ascii
from gateway.engine.policy_set import PolicySet, day
from gateway.engine.wording import say
from gateway.model import Disposition, FindingOutcome, JudgedFinding, Reply, Verdict
from gateway.words import product_texts

LIMIT_LINE = 510
"""Octets of a reply line without CRLF."""
_LIMIT_FURTHER = 4
"""Further findings with a line of their own; beyond it they are counted."""


def ordered(verdict: Verdict) -> tuple[JudgedFinding, ...]:
    """Return the findings that did not pass, the severest first, secrecy first among equals."""
    open_findings = [judged for judged in verdict.findings if judged.finding.outcome is not FindingOutcome.PASSED]

    def severity(judged: JudgedFinding) -> tuple[int, int, bool, bool]:
        return (
            -judged.effective,
            -judged.wanted,
            not judged.confidential,
            judged.finding.outcome is FindingOutcome.INDETERMINATE,
        )

    return tuple(sorted(open_findings, key=severity))


def is_confidential(verdict: Verdict) -> bool:
    """Return whether any finding speaks of a possible secret, so that nothing of the mail may be kept or quoted."""
    return any(judged.confidential for judged in verdict.findings)


def disclosure_of(verdict: Verdict) -> Disclosure:
    """Return how much of the mail texts for other people may quote."""
    return Disclosure.GUARDED if is_confidential(verdict) else Disclosure.FULL


def reply(verdict: Verdict, policies: PolicySet, *, reference: str, now: datetime) -> Reply:
    """Return the reply that a verdict means when nothing else happens to the mail.

    For `relay` and `tag` the next hop's own reply stands; this one is what `check` shows in its place.
    """
    code, enhanced = _codes(verdict)
    budget = LIMIT_LINE - len(f"{code} {enhanced} ")
    tag = f"[{ascii_form(clean(reference))}] " if reference else ""
    acting = tuple(judged for judged in ordered(verdict) if judged.effective is verdict.disposition)
    if verdict.disposition in {Disposition.RELAY, Disposition.TAG, Disposition.HOLD} or not acting:
        word = verdict.disposition.word
        words = f"{say('reply', 'reply', word, Language.VI)} / {say('reply', 'reply', word, Language.EN)}"
        return Reply(code=code, enhanced=enhanced, lines=(cut_ascii(tag + ascii_form(words), budget),))
    disclosure = disclosure_of(verdict)
    lines = [_main_line(acting[0], policies, now, disclosure, tag=tag, budget=budget)]
    further = [judged for judged in ordered(verdict)[1:] if judged.effective >= Disposition.HOLD]
    # "Sign it and send it again" beside "do not send it by any channel" would be taken as the way out.
    marked = acting[0].confidential and acting[0].finding.outcome is FindingOutcome.FAILED
    seen = {lines[0]}
    for judged in further[:_LIMIT_FURTHER]:
        advised = judged.confidential or not marked
        line = _further_line(judged, policies, now, disclosure, budget=budget, advised=advised)
        if line not in seen:
            seen.add(line)
            lines.append(line)
    left = len(further) - _LIMIT_FURTHER
    if left > 0:
        fields = {"count": left, "ref": reference or "-"}
        vietnamese, english = (say("reply", "reply", "more", language, **fields) for language in Language)
        lines.append(cut_ascii(ascii_form(f"{vietnamese} / {english}"), budget))
    contact = policies.contact_line(Language.VI, day(now))
    if contact:
        lines.append(cut_ascii(ascii_form(f"{say('reply', 'label', 'contact', Language.VI)}: {contact}"), budget))
    return Reply(code=code, enhanced=enhanced, lines=tuple(lines))


def _codes(verdict: Verdict) -> tuple[int, str]:
    match verdict.disposition:
        case Disposition.RELAY | Disposition.TAG | Disposition.HOLD:
            return 250, "2.0.0"
        case Disposition.DEFER:
            return 451, "4.3.0"
        case Disposition.REJECT:
            first = next(judged for judged in ordered(verdict) if judged.effective is Disposition.REJECT)
            return 550, enhanced_code(first.policy, first.finding.rule)


def enhanced_code(policy: str, rule: str) -> str:
    """Return the enhanced status code of a refusal by a rule."""
    table: dict[str, str] = product_texts("reply")["enhanced"]
    return table.get(f"{policy}.{rule}") or table.get(policy) or "5.7.1"


def _main_line(
    judged: JudgedFinding, policies: PolicySet, now: datetime, disclosure: Disclosure, *, tag: str, budget: int
) -> str:
    vietnamese = _sentence(judged, policies, now, Language.VI, disclosure)
    english = _sentence(judged, policies, now, Language.EN, disclosure)
    article = ascii_form(policies.citation(_article_key(judged, policies), Language.VI, day(now)))
    room = budget - len(tag) - len(article) - len(" ().")
    line = f"{tag}{cut_ascii(vietnamese[0], room)}"
    rest = budget - len(line) - len(article) - len("; . ().")
    if vietnamese[1] and rest > 20:
        line = f"{line.rstrip('. ')}. {cut_ascii(vietnamese[1], rest).rstrip('. ')}"
    line = f"{line.rstrip('. ')} ({article})."
    for words in (f"{english[0].rstrip('. ')}. {english[1]}" if english[1] else english[0], english[0]):
        if len(line) + len(" / ") + len(words) <= budget:
            return f"{line} / {words}"
    left = budget - len(line) - len(" / ")
    return f"{line} / {cut_ascii(english[0], left)}" if left >= 40 else line


def _further_line(
    judged: JudgedFinding, policies: PolicySet, now: datetime, disclosure: Disclosure, *, budget: int, advised: bool
) -> str:
    """Return a line on a finding beside the first; without its fix where none must be advised."""
    message, fix = _sentence(judged, policies, now, Language.VI, disclosure)
    fix = fix if advised else ""
    article = ascii_form(policies.citation(_article_key(judged, policies), Language.VI, day(now)))
    head = f"{ascii_form(clean(judged.code, limit=20))}: "
    room = budget - len(head) - len(article) - len(" ().")
    body = f"{message.rstrip('. ')}. {fix}" if fix else message
    return f"{head}{cut_ascii(body, room).rstrip('. ')} ({article})."


def _sentence(
    judged: JudgedFinding, policies: PolicySet, now: datetime, language: Language, disclosure: Disclosure
) -> tuple[str, str]:
    """Return message and fix of a finding in ASCII."""
    wording = Wording(language=language, disclosure=disclosure, names=policies.names_on(language, day(now)))
    message = policies.catalogue.message(judged.policy, judged.finding, wording)
    fix = policies.catalogue.fix(judged.policy, judged.finding, wording)
    message = message or default_words("unknown", language)
    return _capital(ascii_form(message)), ascii_form(fix)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _article_key(judged: JudgedFinding, policies: PolicySet) -> str:
    policy = policies.policy(judged.policy)
    rule = policy.rules.get(judged.finding.rule) if policy is not None else None
    return rule.article if rule is not None else judged.article


def article_words(judged: JudgedFinding, policies: PolicySet, language: Language, now: datetime) -> str:
    """Return the citation of a finding's rule in a language, as it is right on the day."""
    return policies.citation(_article_key(judged, policies), language, day(now))
