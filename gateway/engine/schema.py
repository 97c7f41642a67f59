"""The shape of a policy file (`gateway policy schema` prints it as JSON Schema)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from gateway.model import Disposition, Mode
from gateway.yaml.file import IDENTIFIER, SHA256_HEX

DispositionWord = Literal["relay", "tag", "hold", "defer", "reject"]
_ADDRESSES = "addresses; `*` stands for any letters, `@domain` for every address of a domain"


class Section(BaseModel):
    """Base of all parts of the file: unknown keys are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Dated(Section):
    """Something that holds between two days, both included."""

    since: date | None = Field(default=None, alias="from", description="first day, for example 2025-07-01")
    until: date | None = Field(default=None, description="last day")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError("“until” trước “from” / “until” is before “from”")
        return self

    def holds(self, on: date) -> bool:
        """Return whether it holds on a day."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


class Words(Dated):
    """A name or citation in both languages, with the days on which it is right."""

    vi: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


DatedWords = Annotated[tuple[Words, ...], BeforeValidator(_as_list)]
"""One wording, or several with their days; the last that holds on the day is used."""


class RuleAction(Section):
    """What a rule asks for; `reject` alone means both."""

    failed: DispositionWord = Field(description="when the rule is broken")
    indeterminate: DispositionWord = Field(description="when it cannot be told")

    def of(self) -> tuple[Disposition, Disposition]:
        """Return both dispositions."""
        return Disposition.parse(self.failed), Disposition.parse(self.indeterminate)


def _both(value: object) -> object:
    return value if isinstance(value, dict) else {"failed": value, "indeterminate": value}


_WORDS_SCHEMA = {"enum": ["relay", "tag", "hold", "defer", "reject"]}
Action = Annotated[
    RuleAction,
    BeforeValidator(_both),
    WithJsonSchema(
        {
            "anyOf": [
                _WORDS_SCHEMA,
                {
                    "type": "object",
                    "properties": {"failed": _WORDS_SCHEMA, "indeterminate": _WORDS_SCHEMA},
                    "required": ["failed", "indeterminate"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class ScopeSection(Dated):
    """Where or when a policy acts differently. Every condition that is given must hold; later scopes win."""

    units: tuple[str, ...] = Field(default=(), description="units of the directory to which the reverse-path belongs")
    senders: tuple[str, ...] = Field(default=(), description=f"reverse-paths: {_ADDRESSES}")
    recipients: tuple[str, ...] = Field(default=(), description=f"forward-paths, each by itself: {_ADDRESSES}")
    mode: Mode | None = None
    rules: dict[str, Action] = {}
    reason: str = Field(default="", max_length=500, description="why; shown by `gateway policy lint`")


class PolicySection(Section):
    """One policy."""

    mode: Mode | None = Field(default=None, description="off, monitor (judged and recorded only) or enforce")
    module: str | None = Field(default=None, description="Python module of a policy that no package registers")
    rules: dict[str, Action] = Field(default={}, description="rule: disposition, where it is not the rule's own")
    settings: dict[str, Any] = Field(default={}, description="settings of the policy")
    scopes: tuple[ScopeSection, ...] = ()


class WaiverSection(Section):
    """A decision that one rule does not count for one file, sender or recipient, until a day."""

    id: str = Field(min_length=1, max_length=64, pattern=IDENTIFIER)
    policy: str
    rule: str
    sha256: str | None = Field(default=None, pattern=SHA256_HEX, description="of the exact file, in hex")
    sender: str | None = Field(default=None, description="reverse-path; `*` and `@domain` as in scopes")
    recipient: str | None = Field(default=None, description="forward-path; `*` and `@domain` as in scopes")
    reason: str = Field(min_length=3, max_length=500)
    approved_by: str = Field(min_length=2, max_length=200)
    expires: date = Field(description="last day")

    @model_validator(mode="after")
    def _aimed(self) -> Self:
        if self.sha256 is None and self.sender is None and self.recipient is None:
            raise ValueError(
                "miễn trừ phải nêu sha256, sender hoặc recipient / a waiver needs sha256, sender or recipient"
            )
        return self


class CaseExpectation(Section):
    """What a case must lead to."""

    disposition: DispositionWord | None = None
    findings: tuple[str, ...] = Field(default=(), description="policy.rule of findings that must be there, not passed")
    not_findings: tuple[str, ...] = Field(default=(), description="policy.rule of findings that must not be there")
    recipients: dict[str, DispositionWord] = Field(default={}, description="disposition of single forward-paths")
    reply: str = Field(default="", max_length=500, description="text that the reply must hold, diacritics aside")


class CaseSection(Section):
    """A mail in a few words, judged whenever the file is loaded."""

    name: str = Field(min_length=1, max_length=200)
    reverse_path: str = Field(default="", alias="from", description="empty for the null reverse-path")
    forward_paths: tuple[str, ...] = Field(default=(), alias="to")
    auth_user: str | None = None
    headers: dict[str, str] = Field(default={}, description="header fields; From defaults to the reverse-path")
    body: str = ""
    now: date | None = Field(default=None, description="day of judgement; today when unset")
    facts: dict[str, Any] | None = Field(
        default=None, description="facts of a past mail as `gateway policy case` prints them, in place of all above"
    )
    expect: CaseExpectation


class CaseFile(Section):
    """A file of cases beside a policy file (`FILE.tests/*.yaml`), for `gateway policy test`."""

    tests: tuple[CaseSection, ...] = ()


class MailExpectation(Section):
    """What a mail `NAME.eml` beside a policy file must lead to (`NAME.expect.yaml`)."""

    reverse_path: str | None = Field(default=None, alias="from", description="the From field's address when unset")
    forward_paths: tuple[str, ...] = Field(default=(), alias="to")
    auth_user: str | None = None
    now: date | None = Field(default=None, description="day of judgement; today when unset")
    expect: CaseExpectation


def _number(value: object) -> object:
    """Refuse `true`, which Python takes for 1."""
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "not a number")
    return value


class PolicyFile(Section):
    """The whole file."""

    version: Annotated[Literal[1], BeforeValidator(_number)]
    name: str = Field(min_length=1, max_length=64, pattern=IDENTIFIER)
    description: str = Field(default="", max_length=2000)
    extends: str | None = Field(default=None, description="a preset's name or another file; this file changes it")
    names: dict[str, DatedWords] = Field(default={}, description="{office}, {authority} ... in texts")
    citations: dict[str, DatedWords] = Field(
        default={}, description="words for `7600` (a document) or `7600:4.1` (one article of it)"
    )
    contact: DatedWords = Field(default=(), description="last line of every explanation: whom to ask")
    settings: dict[str, Any] = Field(
        default={}, description="settings of every policy that has them, such as official_domains; its own come first"
    )
    policies: dict[str, PolicySection] = {}
    waivers: tuple[WaiverSection, ...] = ()
    tests: tuple[CaseSection, ...] = ()
