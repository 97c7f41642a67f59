"""Verdict to SMTP reply: self-contained lines of at most 160 characters, at most 700 in total.

    550-5.7.1 "x.docx" có mật khẩu nên không kiểm tra được. Bỏ mật khẩu rồi gửi lại. [BT-7F3K2Q9XM4D6H]
    550-5.7.1 Căn cứ: QĐ 7600/QĐ-UBND, Điều 4.1.
    550-5.7.1 Word, Excel: Tệp > Thông tin > Bảo vệ > Mã hóa bằng mật khẩu, xóa ô mật khẩu.
    550 5.7.1 Mã tra cứu BT-7F3K2Q9XM4D6H. Cần hỗ trợ: người phụ trách CNTT của đơn vị.

Some mail programs show the first line only, so it names the most severe fault, the file and the way out. Then come what was
seen, how to fix it, further faults as far as there is room (the others are counted), the reference and who helps. A
mail with a secrecy finding is never described by its subject or file names, and no way out follows a mark.

The lines hold Vietnamese as it is written; a front end takes the diacritics off where a client may not get UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from gateway.engine.catalogue import Disclosure, Wording
from gateway.engine.places import default_words
from gateway.engine.plain import cut
from gateway.engine.policy_set import PolicySet, day
from gateway.model import Disposition, FindingOutcome, JudgedFinding, Language, Reply, Verdict
from gateway.texts.catalogue import product_texts, said
from gateway.vietnamese.latin import to_ascii
from gateway.vietnamese.printed import clean

LIMIT_LINE = 160
"""Characters of a line with its codes: what a message window shows without wrapping twice."""
LIMIT_REPLY = 700
"""Characters of all lines with their codes."""
_NAME_LIMITS = (60, 40, 28, 20)
"""Characters of a file name: the first that lets the first line keep the way out."""


def ordered(verdict: Verdict) -> tuple[JudgedFinding, ...]:
    """Return the findings that did not pass, the most severe first."""
    faults = tuple([judged for judged in verdict.findings if judged.finding.outcome is not FindingOutcome.PASSED])
    return replace(verdict, findings=faults).most_severe_first() if faults else ()


def advised(judged: JudgedFinding, found: Sequence[JudgedFinding]) -> bool:
    """Return whether to say what to do about one of the `ordered` findings: not where its rule asks for nothing or it is waived, nor after a mark."""
    return judged.waiver is None and judged.wanted > Disposition.RELAY and (judged.marked or not found[0].marked)


def disclosure_of(verdict: Verdict) -> Disclosure:
    """Return how much of the mail texts for other people may quote."""
    return Disclosure.GUARDED if verdict.confidential else Disclosure.FULL


def reply(
    verdict: Verdict,
    policies: PolicySet,
    *,
    reference: str,
    now: datetime,
    languages: tuple[Language, ...] = (Language.VI,),
) -> Reply:
    """Return the reply that a verdict means when nothing else happens to the mail.

    For `relay` and `tag` the client gets the next hop's own reply; this one is what `check` shows in its place.
    """
    code, enhanced = _codes(verdict)
    room = LIMIT_LINE - len(f"{code} {enhanced} ")
    faults = tuple(judged for judged in ordered(verdict) if judged.effective >= Disposition.DEFER)
    if not faults or faults[0].effective is not verdict.disposition:
        tag = _tag(reference)
        lines = tuple(said("reply", "reply", verdict.disposition.word, language) + tag for language in languages)
        return Reply(code=code, enhanced=enhanced, lines=lines)
    speakers = [
        _Speaker(policies, replace(_wording(policies, language, now), disclosure=disclosure_of(verdict)), now, room)
        for language in languages
    ]
    # "Sign it and send it again" beside "do not send it by any channel" would be taken as the way out.
    lead = faults[0]
    others = () if lead.marked else faults[1:]
    spaces = LIMIT_REPLY - sum(len(f"{code} {enhanced} {speaker.first(lead, reference)}") for speaker in speakers)
    pages = [_Page(speaker.first(lead, reference)) for speaker in speakers]
    spaces -= len(f"{code} {enhanced} {speakers[0].closing(reference, lead, left=len(others))}")
    for page, speaker in zip(pages, speakers, strict=True):
        for number, line in enumerate((speaker.how(lead), speaker.seen(lead))):
            if line and len(f"{code} {enhanced} {line}") <= spaces:
                spaces -= len(f"{code} {enhanced} {line}")
                page.details[number] = line
    shown, left = speakers[0].keys(lead), 0
    for judged in others:
        line, keys = speakers[0].first(judged, ""), speakers[0].keys(judged)
        if keys & shown:
            continue
        shown |= keys
        if lead.confidential or left or len(f"{code} {enhanced} {line}") > spaces:
            left += 1
            continue
        spaces -= len(f"{code} {enhanced} {line}")
        pages[0].further.append(line)
    lines = tuple(line for page in pages for line in page.lines())
    return Reply(code=code, enhanced=enhanced, lines=(*lines, speakers[0].closing(reference, lead, left=left)))


@dataclass
class _Page:
    """The lines in one language: what is wrong and the way out; how, and what was seen; further faults."""

    first: str

    def __post_init__(self) -> None:
        self.details: dict[int, str] = {}
        self.further: list[str] = []

    def lines(self) -> Iterable[str]:
        """Return what there is, as it is read: what was seen comes before how to fix it."""
        return (self.first, *(self.details[number] for number in (1, 0) if number in self.details), *self.further)


class _Speaker:
    """The lines about findings in one language."""

    def __init__(self, policies: PolicySet, wording: Wording, now: datetime, room: int) -> None:
        self._policies = policies
        self._wording = wording
        self._now = now
        self._room = room

    def first(self, judged: JudgedFinding, reference: str) -> str:
        """Return what is wrong with which file and the way out in one line, the reference behind it where it fits."""
        way_out = self._fix(judged)[0]
        line = ""
        for limit in _NAME_LIMITS:
            fault = _sentence(self._fault(judged, replace(self._wording, limit_name=limit)))
            line = f"{fault}. {_sentence(way_out)}." if way_out else f"{fault}."
            if _width(line) <= self._room:
                break
        else:
            room = max(self._room - _width(way_out) - len("....  ."), self._room // 3)
            line = f"{cut(fault, room)} {_sentence(way_out)}."
        tag = _tag(reference)
        return line + tag if _width(line + tag) <= self._room else cut(line, self._room)

    def seen(self, judged: JudgedFinding) -> str:
        """Return where it is, what was seen, and the article."""
        seen = self._policies.catalogue.seen(judged.policy, judged.finding, self._wording)
        article = article_words(judged, self._policies, self._language, self._now)
        ground = f"{self._say('label', 'article')}: {article}."
        seen = _sentence(cut(seen, self._room - len(ground) - len(". ")))
        held = judged.wanted is Disposition.HOLD and judged.effective is Disposition.REJECT
        line = " ".join(part for part in (f"{seen}." if seen else "", ground) if part)
        words = self._say("reply", "no_hold") if held else ""
        return f"{line} {words}" if words and len(line) + 1 + len(words) <= self._room else line

    def how(self, judged: JudgedFinding) -> str:
        """Return how the way out is taken; empty when the first line says all."""
        how = _sentence(self._fix(judged)[1])
        return f"{cut(how, self._room - 1)}." if how else ""

    def keys(self, judged: JudgedFinding) -> set[str]:
        """Return what makes a fault the same as another for the sender: its line, or a file with what to do about it."""
        part, fix = judged.finding.about.part, " ".join(self._fix(judged)).strip()
        return {self.first(judged, ""), *((f"{part}: {fix}",) if part and fix else ())}

    def closing(self, reference: str, lead: JudgedFinding, *, left: int) -> str:
        """Return how many faults were not shown, the reference, and who helps."""
        contact = "" if lead.marked else self._policies.contact_line(self._language, day(self._now), reference)
        parts = [
            self._say("reply", "more", count=left) if left else "",
            f"{self._say('label', 'reference')} {clean(reference)}" if reference else "",
            f"{self._say('label', 'contact')}: {contact}" if contact else "",
        ]
        return cut(". ".join(part for part in parts if part) or self._say("reply", "reject"), self._room - 1) + "."

    @property
    def _language(self) -> Language:
        return self._wording.language

    def _fault(self, judged: JudgedFinding, wording: Wording) -> str:
        fault = self._policies.catalogue.fault(judged.policy, judged.finding, wording)
        return fault or default_words("unknown", wording.language)

    def _fix(self, judged: JudgedFinding) -> tuple[str, str]:
        """Return the way out in short, and how."""
        fix = self._policies.catalogue.fix(judged.policy, judged.finding, self._wording)
        short, _, how = fix.partition(". ")
        return short.rstrip(". "), how

    def _say(self, table: str, key: str, **fields: object) -> str:
        return said("reply", table, key, self._language, **fields)


def _wording(policies: PolicySet, language: Language, now: datetime) -> Wording:
    return Wording(language=language, names=policies.names_on(language, day(now)))


def _tag(reference: str) -> str:
    return f" [{to_ascii(clean(reference))}]" if reference else ""


def _width(text: str) -> int:
    """Return how long text is in the longer of its two forms: `…` is three characters in ASCII."""
    return max(len(text), len(to_ascii(text)))


def _sentence(text: str) -> str:
    """Return text that begins with a capital and has no full stop."""
    return text[:1].upper() + text[1:].rstrip(". ")


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


def article_words(judged: JudgedFinding, policies: PolicySet, language: Language, now: datetime) -> str:
    """Return the citation of a finding's rule in a language, as it is right on the day."""
    policy = policies.policy(judged.policy)
    rule = policy.rules.get(judged.finding.rule) if policy is not None else None
    return policies.citation(rule.article if rule is not None else judged.article, language, day(now))
