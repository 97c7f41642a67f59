"""One policy of a set: mode, dispositions, scopes and waivers as compiled from YAML."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from types import ModuleType
from typing import Any, Self

from pydantic import BaseModel

from gateway.engine.schema import Dated
from gateway.model import (
    Directory,
    Disposition,
    Document,
    Evidence,
    Facts,
    Finding,
    FindingOutcome,
    Mode,
    Need,
    Observer,
    Rule,
)
from gateway.texts.catalogue import both
from gateway.vietnamese.addresses import listed, normal_form, ways_to_write
from gateway.vietnamese.unit_names import fold_unit


@dataclass(frozen=True, slots=True)
class Action:
    """Disposition that a rule asks for when it did not pass."""

    failed: Disposition
    indeterminate: Disposition

    def wanted(self, outcome: FindingOutcome) -> Disposition:
        """Return the disposition for an outcome."""
        match outcome:
            case FindingOutcome.PASSED:
                return Disposition.RELAY
            case FindingOutcome.FAILED:
                return self.failed
            case FindingOutcome.INDETERMINATE:
                return self.indeterminate


@dataclass(frozen=True, slots=True)
class Stance:
    """Action of a policy on one mail, or on one recipient of it."""

    mode: Mode
    actions: Mapping[str, Action]


_NO_LETTER = re.compile(r"[\s,;<>()]")


class Addresses:
    """A set of address patterns: exact, `@domain`, or with `*`; in any spelling of patterns and addresses."""

    __slots__ = ("_pattern", "patterns")

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        globs = (f"*{pattern}" if pattern.startswith("@") else pattern for pattern in self.patterns)
        self._pattern = re.compile("|".join(fnmatch.translate(_literal(_normal(glob))) for glob in globs) or r"(?!)")

    def __bool__(self) -> bool:
        return bool(self.patterns)

    @property
    def hopeless(self) -> tuple[str, ...]:
        """The patterns that no address can be: without `@` and `*`, with blanks or signs of a list, without a domain or with two."""
        return tuple(
            pattern
            for pattern in self.patterns
            if not ("@" in pattern or "*" in pattern)
            or pattern.endswith("@")
            or pattern.count("@") > 1
            or _NO_LETTER.search(pattern)
        )

    def match(self, address: str, directory: Directory | None) -> bool:
        """Return whether a mailbox is one of them, by any of its addresses."""
        address = address[:320]
        return any(self._pattern.match(one.casefold()) for one in {address, *ways_to_write(address, directory)})


def _normal(glob: str) -> str:
    """Return a pattern in the form of the addresses that it is compared with; a domain with `*` stays as it is."""
    local, at, domain = unicodedata.normalize("NFC", glob).rpartition("@")
    if domain and "*" not in domain:
        domain = normal_form(f"x@{domain}").rpartition("@")[2]
    return f"{local}{at}{domain}".casefold()


def _literal(glob: str) -> str:
    """Leave only `*` special: `?` and `[` are letters of an address."""
    return glob.replace("[", "[[]").replace("?", "[?]")


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope, compiled."""

    days: Dated
    units: Mapping[str, str]
    """Names by what they are compared by."""
    senders: Addresses
    recipients: Addresses
    mode: Mode | None
    actions: Mapping[str, Action]

    def of_mail(self, evidence: Evidence, on: date) -> bool:
        """Return whether the conditions hold that do not depend on a recipient."""
        sender, directory = evidence.envelope.reverse_path, evidence.directory
        if not self.days.holds(on) or (self.senders and not (sender and self.senders.match(sender, directory))):
            return False
        mailbox = listed(directory, normal_form(sender)) if self.units else None
        return not self.units or (mailbox is not None and fold_unit(mailbox.unit) in self.units)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A waiver, compiled."""

    id: str
    rule: str
    sha256: str | None
    sender: Addresses | None
    recipient: Addresses | None
    expires: date


@dataclass(frozen=True, kw_only=True)
class Code:
    """Code of a policy: what its module holds by the contract of docs/writing-a-policy.md."""

    name: str
    module: str
    rules: Mapping[str, Rule]
    needs: frozenset[Need]
    look: Callable[[Document, Any], Any] | None
    """Reads the words of one document and keeps none."""
    look_type: Any
    """`Look` of the module, what `look` returns; None without one."""
    observe: Callable[[Any, Any], Any] | None
    """Reads the words of a header, with what `look` made of the documents (`Looked`); without `look`, of the evidence."""
    observation: Any
    """`Observation` of the module, what `observe` returns; None without one."""
    judge: Callable[[Facts[Any], Any], Iterable[Finding]] | None
    """Judges the facts; None in a policy that has only `evaluate`."""
    evaluate: Callable[[Evidence, Any], Iterable[Finding]] | None
    """Judges the evidence itself, in a policy without `judge`; it is not asked again about a kept mail."""
    asks: Callable[[Evidence, Any], Iterable[str]] | None
    """Names the senders whose history it wants to know, as addresses; None never does."""

    @classmethod
    def of(cls, name: str, module: ModuleType, **more: Any) -> Self:
        """Return the code of a module that keeps the contract, with the further fields of a subclass."""
        return cls(
            name=name,
            module=module.__name__,
            rules={rule.id: rule for rule in module.RULES},
            needs=frozenset(module.NEEDS),
            look=getattr(module, "look", None),
            look_type=getattr(module, "Look", None),
            observe=getattr(module, "observe", None),
            observation=getattr(module, "Observation", None),
            judge=getattr(module, "judge", None),
            evaluate=getattr(module, "evaluate", None) if not hasattr(module, "judge") else None,
            asks=getattr(module, "asks", None),
            **more,
        )

    def code(self) -> dict[str, Any]:
        """Return the fields of the code alone, for another class that has them."""
        return {one.name: getattr(self, one.name) for one in fields(Code)}


@dataclass(frozen=True, kw_only=True)
class Observing(Code):
    """A policy with its settings, as far as it reads words."""

    settings: Any
    foreign: bool
    """It is not of this product: it judges where it observes, for its code may not hold up a front end."""
    text_digest: str = ""
    """Of the settings that `observe` heeds, empty when it heeds none: under other ones a kept observation does not hold."""

    @property
    def idle(self) -> bool:
        """Return whether it never judges."""
        return False

    @property
    def sleeps(self) -> bool:
        """Return whether it does not run. A shipped policy observes while it is off, so that a trial can judge by it."""
        return self.idle and self.foreign


@dataclass(frozen=True, kw_only=True)
class Policy(Observing):
    """One policy of a set."""

    settings: BaseModel
    mode: Mode
    confidential_rules: frozenset[str]
    """Rules whose findings speak of a possible state secret."""
    stance: Stance
    """Action where no scope says otherwise."""
    scopes: tuple[Scope, ...]
    waivers: Mapping[str, tuple[Waiver, ...]]
    """By rule."""

    @property
    def observer(self) -> Observer | None:
        """The part of this policy that the reading process needs; None when it reads no words and is ours."""
        judges = not self.idle and (self.evaluate is not None or self.foreign)
        if self.sleeps or (self.observe is None and not judges):
            return None
        return Observer(
            name=self.name,
            module=self.module,
            settings=self.settings.model_dump_json(by_alias=True),
            whole=self.look is None and (self.observe is not None or self.evaluate is not None),
            foreign=self.foreign,
        )

    @property
    def idle(self) -> bool:
        """Return whether it never runs: off, and no scope turns it on."""
        return self.mode is Mode.OFF and all(scope.mode in {None, Mode.OFF} for scope in self.scopes)

    def blamed(self, error: Exception) -> Exception:
        """Return what its code raised, with its name (`gateway.errors.blame`)."""
        error.add_note(both("trouble", "line", "failed", policy=f"{self.name} ({self.module})"))
        return error

    def stances(self, evidence: Evidence, on: date) -> tuple[Stance, Mapping[str, Stance]]:
        """Return how it acts on a mail in general, and on single recipients where that differs."""
        general, mode, actions = self.stance, self.stance.mode, self.stance.actions
        single: dict[str, tuple[Mode, Mapping[str, Action]]] = {}
        for scope in self.scopes:
            if not scope.of_mail(evidence, on):
                continue
            if not scope.recipients:
                mode, actions = scope.mode or mode, {**actions, **scope.actions}
                single = {
                    address: (scope.mode or old_mode, {**old_actions, **scope.actions})
                    for address, (old_mode, old_actions) in single.items()
                }
                general = Stance(mode, actions)
                continue
            for address in evidence.envelope.forward_paths:
                if scope.recipients.match(address, evidence.directory):
                    old_mode, old_actions = single.get(address, (mode, actions))
                    single[address] = (scope.mode or old_mode, {**old_actions, **scope.actions})
        return general, {address: Stance(*parts) for address, parts in single.items()}
