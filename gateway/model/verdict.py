"""Rules, findings and verdicts."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum

from msgspec import Struct


class Disposition(IntEnum):
    """Decision about a mail; the most severe wins."""

    RELAY = 0
    TAG = 1
    """Relay with a header field that says so, and record."""
    HOLD = 2
    DEFER = 3
    REJECT = 4

    @property
    def word(self) -> str:
        """The word used in YAML, JSON and the audit."""
        return _WORDS[self]

    @classmethod
    def parse(cls, word: str) -> Disposition:
        """Return the disposition of a word; ValueError when there is none."""
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(word) from None


_WORDS = [disposition.name.lower() for disposition in Disposition]
"""By number."""


class Language(StrEnum):
    """The languages of messages to people."""

    VI = "vi"
    EN = "en"


class ReplyCharset(Enum):
    """In which letters a front end answers."""

    ASCII = "ascii"
    """Vietnamese without diacritics (RFC 5321 §4.2)."""
    UTF8 = "utf-8"
    AUTO = "auto"
    """UTF-8 to mail programs, which log in, and to whoever asked for SMTPUTF8 (RFC 6531 §3.7.4.1); ASCII to servers."""


class Mode(Enum):
    """Effect of a policy."""

    OFF = "off"
    MONITOR = "monitor"
    """Judged and recorded, never acted on."""
    ENFORCE = "enforce"


class Need(Enum):
    """Evidence that a policy looks at."""

    ENVELOPE = "envelope"
    HEADERS = "headers"
    DOCUMENTS = "documents"
    SIGNATURES = "signatures"


class FindingOutcome(Enum):
    """Three answers, never two."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


class Rule(Struct, frozen=True, kw_only=True):
    """One statement of a policy. Its words are in the catalogue under `policy.id`."""

    id: str
    """Name within the policy: `marked`, `suspected` ..."""
    code: str
    """Short code shown to people: `CLS-01` ..."""
    article: str
    """Key of the citation in the policy file: `7600:4.1` ..."""
    disposition: Disposition
    """Disposition that the rule asks for when it did not pass, unless the policy file sets another."""


class About(Struct, frozen=True, kw_only=True):
    """Subject of a finding; at most one of `recipient` and `header` is set."""

    part: str | None = None
    filename: str | None = None
    recipient: str | None = None
    header: str | None = None
    inside: str | None = None
    """Name of the attachment that a file is in, when it is not the attachment itself. A policy leaves it to the engine."""
    attachment: int | None = None
    """Number of the attachment, counted from 1; 0 for the mail itself; None when not known. A policy leaves it
    to the engine."""
    member: bool = False
    """It is one of the files that the attachment, an archive or a kept mail, holds. A policy leaves it to the engine."""


class Finding(Struct, frozen=True, kw_only=True):
    """A finding of a policy."""

    rule: str
    """`Rule.id`."""
    outcome: FindingOutcome
    about: About = About()
    locator: str = ""
    """Same tokens as `Run.locator`."""
    params: dict[str, str | int | float] = {}
    """Values for the catalogue's text, and for tools (`level`, `font`, `share_percent` ...)."""


class JudgedFinding(Struct, frozen=True, kw_only=True):
    """A finding with what it asked for and what became of that."""

    policy: str
    code: str
    article: str
    """Citation in words, for example `QĐ 7600/QĐ-UBND, Điều 4.1`."""
    finding: Finding
    wanted: Disposition
    mode: Mode
    effective: Disposition
    """`wanted`, or RELAY in monitor mode or under a waiver."""
    waiver: str | None = None
    """Id of the waiver that let it pass."""
    confidential: bool = False
    """It speaks of a possible state secret: neither words nor subject nor file name of the mail may be kept or quoted."""
    marked: bool = False
    """It is a mark beyond doubt: nothing may be advised that would let the mail go."""


class Verdict(Struct, frozen=True, kw_only=True):
    """The judgement on one mail by one policy set."""

    disposition: Disposition
    findings: tuple[JudgedFinding, ...]
    policy_digest: str
    """SHA-256 of the policy set."""
    directory_digest: str | None = None
    recipients: dict[str, Disposition] = {}

    @property
    def confidential(self) -> bool:
        """Return whether a finding is about a possible state secret, so that nothing of the mail may be kept or quoted."""
        return any(judged.confidential for judged in self.findings)

    def most_severe_first(self) -> tuple[JudgedFinding, ...]:
        """Return the findings, the most severe first.

        By what is done and was asked for, a mark before a suspicion of one, what failed before what is unknown;
        then in the order of the policies in the policy file and their rules in the policy (by article and gravity).
        """
        policies = {judged.policy: number for number, judged in reversed(tuple(enumerate(self.findings)))}

        def gravity(judged: JudgedFinding) -> tuple[object, ...]:
            outcome = judged.finding.outcome
            return (
                outcome is FindingOutcome.PASSED,
                -judged.effective,
                -judged.wanted,
                not judged.marked,
                not judged.confidential,
                outcome is FindingOutcome.INDETERMINATE,
                policies[judged.policy],
                judged.code,
            )

        return tuple(sorted(self.findings, key=gravity))


class Reply(Struct, frozen=True, kw_only=True):
    """An SMTP reply (RFC 5321 §4.2) with enhanced status code (RFC 3463)."""

    code: int
    enhanced: str
    """`5.7.1`, or empty when the reply carries none."""
    lines: tuple[str, ...]
    """Text, at least one line; the front end makes it ASCII where the client may not take UTF-8."""
