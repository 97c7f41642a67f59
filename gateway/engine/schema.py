"""Schema of a policy file. Descriptions of its keys are in `gateway/texts/policy.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.model import Disposition, Mode, in_force
from gateway.yaml.file import IDENTIFIER, SHA256_HEX

DispositionWord = Annotated[Literal["relay", "tag", "hold", "defer", "reject"], Field(title="Disposition")]


class Section(BaseModel):
    """Base of all parts of the file: unknown keys are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Dated(Section):
    """Something that holds between two days, both included."""

    since: date | None = Field(default=None, alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError("“until” trước “from” / “until” is before “from”")
        return self

    def holds(self, on: date) -> bool:
        """Return whether it holds on a day."""
        return in_force(self.since, self.until, on)


class Words(Dated):
    """A name or citation in both languages, with the days on which it is right."""

    vi: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)


def _as_list(value: object) -> object:
    return value if value is None or isinstance(value, list | tuple) else [value]


DatedWords = Annotated[tuple[Words, ...], BeforeValidator(_as_list, json_schema_input_type=Words | tuple[Words, ...])]
"""One wording, or several with their days; the last that holds on the day is used."""


class RuleAction(Section):
    """Disposition that a rule asks for; `reject` alone means both."""

    failed: DispositionWord
    indeterminate: DispositionWord

    def of(self) -> tuple[Disposition, Disposition]:
        """Return both dispositions."""
        return Disposition.parse(self.failed), Disposition.parse(self.indeterminate)


def _both(value: object) -> object:
    return value if isinstance(value, dict) else {"failed": value, "indeterminate": value}


Action = Annotated[RuleAction, BeforeValidator(_both, json_schema_input_type=DispositionWord | RuleAction)]


class ScopeSection(Dated):
    """Condition under which a policy acts differently. Every condition that is given must hold; later scopes win."""

    units: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    mode: Mode | None = None
    rules: dict[str, Action] = {}
    reason: str = Field(default="", max_length=500)


class PolicySection(Section):
    """One policy."""

    mode: Mode | None = None
    module: str | None = None
    rules: dict[str, Action] = {}
    settings: dict[str, Any] = {}
    scopes: tuple[ScopeSection, ...] = ()

    def levels(self) -> Iterator[tuple[tuple[str | int, ...], PolicySection | ScopeSection]]:
        """Yield what sets modes and actions, with its place in the section: itself, then each scope."""
        yield (), self
        yield from ((("scopes", index), scope) for index, scope in enumerate(self.scopes))


class WaiverSection(Section):
    """A decision that one rule does not count for one file, sender or recipient, until a day."""

    id: str = Field(min_length=1, max_length=64, pattern=IDENTIFIER)
    policy: str
    rule: str
    sha256: str | None = Field(default=None, pattern=SHA256_HEX)
    sender: str | None = None
    recipient: str | None = None
    reason: str = Field(min_length=3, max_length=500)
    approved_by: str = Field(min_length=2, max_length=200)
    expires: date

    @model_validator(mode="after")
    def _aimed(self) -> Self:
        if self.sha256 is None and self.sender is None and self.recipient is None:
            raise ValueError(
                "miễn trừ phải nêu sha256, sender hoặc recipient / a waiver needs sha256, sender or recipient"
            )
        return self


class CaseExpectation(Section):
    """Expected outcome of a case."""

    disposition: DispositionWord | None = None
    findings: tuple[str, ...] = ()
    not_findings: tuple[str, ...] = ()
    recipients: dict[str, DispositionWord] = {}
    reply: str = Field(default="", max_length=500)


class CaseSection(Section):
    """A mail in a few words, judged whenever the file is loaded."""

    name: str = Field(min_length=1, max_length=200)
    reverse_path: str = Field(default="", alias="from")
    forward_paths: tuple[str, ...] = Field(default=(), alias="to")
    auth_user: str | None = None
    headers: dict[str, str] = {}
    body: str = ""
    now: date | None = None
    facts: dict[str, Any] | None = None
    expect: CaseExpectation


class CaseFile(Section):
    """A file of cases beside a policy file (`FILE.tests/*.yaml`), for `gateway policy test`."""

    tests: tuple[CaseSection, ...] = ()


class MailExpectation(Section):
    """Expected outcome of a mail `NAME.eml` beside a policy file (`NAME.expect.yaml`)."""

    reverse_path: str | None = Field(default=None, alias="from")
    forward_paths: tuple[str, ...] = Field(default=(), alias="to")
    auth_user: str | None = None
    now: date | None = None
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
    extends: str | None = None
    names: dict[str, DatedWords] = {}
    citations: dict[str, DatedWords] = {}
    contact: DatedWords = ()
    settings: dict[str, Any] = {}
    policies: dict[str, PolicySection] = {}
    waivers: tuple[WaiverSection, ...] = ()
    tests: tuple[CaseSection, ...] = ()
