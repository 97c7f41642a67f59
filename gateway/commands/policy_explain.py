"""`gateway policy explain RULE | CODE | BT-...`: a rule, its value in force and the place that sets it."""

from __future__ import annotations

import contextlib
import inspect
import json
from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path

from gateway.audit import record as r
from gateway.audit.query import AuditReader, unknown
from gateway.audit.record import FindingFacts
from gateway.audit.tally import by_day, days_until
from gateway.engine.compiler import Compiler
from gateway.engine.layers import DECIDED, Layers, read_layers
from gateway.engine.policy import Policy
from gateway.engine.policy_set import PolicySet, day
from gateway.engine.registry import Registry
from gateway.errors import AuditError, UserError
from gateway.model import VIETNAM, Language, Rule
from gateway.model.reference import mistyped, standard
from gateway.pipeline.rulebook import policy_source
from gateway.texts.catalogue import both
from gateway.yaml.file import nearest
from gateway.yaml.values import printable

_DAYS = 30
_LIMIT_DEFAULT = 60


def explain(what: str, policy_name: str, data: Path) -> int:
    """Print the explanation; UserError when nothing is called so."""
    registry = Registry.installed()
    layers = read_layers(policy_source(policy_name), registry, data / DECIDED)
    policies = Compiler(layers, registry).compile()
    found = [
        (policy, rule)
        for policy in policies.policies
        for rule in policy.rules.values()
        if what.casefold() in {rule.code.casefold(), f"{policy.name}.{rule.id}", policy.name, rule.id}
    ]
    if found:
        print("\n\n".join("\n".join(_rule(policy, rule, policies, layers, data)) for policy, rule in found))
        return 0
    print("\n".join(_mail(what, policies, layers, data)))
    return 0


def _rule(policy: Policy, rule: Rule, policies: PolicySet, layers: Layers, data: Path) -> Iterator[str]:
    name = f"{policy.name}.{rule.id}"
    now = datetime.now(VIETNAM)
    texts = {language: policies.catalogue.rules[policy.name, rule.id, language] for language in Language}
    yield f"{rule.code}  {name}: {texts[Language.VI].title} / {texts[Language.EN].title}"
    article = " / ".join(policies.citation(rule.article, language, day(now)) for language in Language)
    yield f"  {both('start', 'explain', 'article')}: {article}"
    action = policy.stance.actions[rule.id]
    words = " / ".join(dict.fromkeys((action.failed.word, action.indeterminate.word)))
    yield f"  {both('start', 'explain', 'disposition')}: {words}{_set_at(layers, 'policies', policy.name, 'rules', rule.id)}"
    yield f"  {both('start', 'explain', 'mode')}: {policy.mode.value}{_set_at(layers, 'policies', policy.name, 'mode')}"
    for language, text in texts.items():
        yield f"  [{language}] {text.message}. {text.fix}. {text.why}".rstrip(". ")
    for line in _looks_at(policy):
        yield f"  {line}"
    yield from _settings(policy, layers)
    for scope in policy.scopes:
        if rule.id in scope.actions or scope.mode is not None:
            effect = scope.mode.value if scope.mode is not None else scope.actions[rule.id].failed.word
            where = ", ".join((*sorted(scope.units), *scope.senders.patterns, *scope.recipients.patterns)) or "*"
            yield f"  {both('start', 'explain', 'scope')}: {printable(where)} -> {effect}"
    for waiver in policy.waivers.get(rule.id, ()):
        yield f"  {both('start', 'explain', 'waiver')}: {waiver.id} ({waiver.expires})"
    with contextlib.suppress(UserError, AuditError):  # a machine without a log explains all the same
        yield f"  {both('start', 'explain', 'met', days=_DAYS, count=_met(data, name, now))}"


def _looks_at(policy: Policy) -> Iterator[str]:
    """Yield what the module says it looks at."""
    document = inspect.getdoc(import_module(policy.module)) or ""
    _, found, rest = document.partition("What:")
    if found:
        yield " ".join(f"What:{rest}".split("Why:")[0].split())


def _settings(policy: Policy, layers: Layers) -> Iterator[str]:
    """Yield the settings that differ from their defaults, with their places, then all others, long values cut."""
    plain = policy.settings.model_dump(mode="json", by_alias=True)
    others = []
    for name, field in type(policy.settings).model_fields.items():
        value = getattr(policy.settings, name)
        if value == field.get_default(call_default_factory=True):
            shown = json.dumps(plain[name], ensure_ascii=False)
            others.append(
                f"{name} = {printable(shown if len(shown) <= _LIMIT_DEFAULT else shown[:_LIMIT_DEFAULT] + '…')}"
            )
            continue
        file, place = layers.settings_place(policy.name, name)
        shown = json.dumps(plain[name], ensure_ascii=False)[:200]
        yield f"  {name}: {printable(shown)}  ({file.fault('', *place, name).place})"
    if others:
        yield f"  {both('start', 'explain', 'defaults')}: {', '.join(others)}"


def _set_at(layers: Layers, *location: str) -> str:
    """Return where a value was set last, as ` (file:line:column)`; empty when it is the rule's own."""
    place = layers.set_at(*location)
    return f"  ({place})" if place else ""


def _met(data: Path, rule: str, now: datetime) -> int:
    days = days_until(now, _DAYS)
    with AuditReader.open(data) as reader, reader.index() as index:
        return sum(one[f"rule:{rule}"] for one in by_day(index, days[0], days[-1]).values())


def _mail(reference: str, policies: PolicySet, layers: Layers, data: Path) -> Iterator[str]:
    """Yield every finding on a recorded mail with the values that decided."""
    judged = list(_judged(reference, data))
    if not judged and (standard(reference) or mistyped(reference)):
        raise UserError(" / ".join(unknown(reference)))
    if not judged:
        known = [f"{policy.name}.{rule}" for policy in policies.policies for rule in policy.rules]
        vietnamese, english = nearest(reference, known) or ("", "")
        shown = printable(reference)
        raise UserError(
            f"không có quy tắc hay thư nào là “{shown}”{vietnamese} / no rule and no mail “{shown}”{english}"
        )
    for answer, digest, findings in judged:
        yield f"{reference}: {printable(answer)}"
        if digest != policies.digest:
            yield both("start", "explain", "other_set", digest=digest[:12])
        for finding in sorted(findings, key=lambda one: one.outcome == "passed"):
            yield from _finding(finding, layers)


def _judged(reference: str, data: Path) -> Iterator[tuple[str, str, tuple[FindingFacts, ...]]]:
    """Yield answer, policy digest and findings of each judgement under a reference: of the mail, and of recipients at RCPT."""
    try:
        with AuditReader.open(data) as reader:
            history = reader.show(reference)
    except UserError:
        if reference.upper().startswith("BT-"):
            raise
        return  # anything but a reference may be a misspelt rule, for which no log is needed
    if history is None:
        return
    found = False
    for record in history.records:
        if isinstance(record, r.Intent | r.Refused):
            yield record.mail.disposition, record.mail.policy_digest, record.mail.findings
        elif isinstance(record, r.RecipientRefused):
            yield f"{record.recipient} {record.code}", record.policy_digest, record.findings
        else:
            continue
        found = True
    if not found:
        raise UserError(both("start", "explain", "not_judged", reference=printable(reference)))


def _finding(finding: FindingFacts, layers: Layers) -> Iterator[str]:
    place = ", ".join(
        one for one in (finding.filename or finding.part or finding.recipient or finding.header, finding.locator) if one
    )
    yield f"{finding.code}  {finding.policy}.{finding.rule}: {finding.outcome} -> {finding.effective}  {printable(place)}".rstrip()
    if finding.params:
        yield "  " + ", ".join(f"{name}={printable(str(value))}" for name, value in finding.params.items())
    if finding.outcome != "passed":
        where = _set_at(layers, "policies", finding.policy, "rules", finding.rule)
        yield f"  {both('start', 'explain', 'wanted')}: {finding.wanted}, {finding.mode}{where}" + (
            f", {finding.waiver}" if finding.waiver else ""
        )
