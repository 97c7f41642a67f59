"""Test cases in a policy file: small mails with the expected answer, judged at every load.

Before them every policy runs once on an ordinary mail, so that a module that crashes is a fault of the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from gateway.engine import registry
from gateway.engine.evaluate import evaluate, evaluate_facts
from gateway.engine.layers import Layers
from gateway.engine.observing import findings, observe
from gateway.engine.plain import ascii_form
from gateway.engine.policy_set import PolicySet
from gateway.engine.registry import crash_words, limited
from gateway.engine.reply import reply
from gateway.engine.schema import CaseExpectation, CaseFile, CaseSection
from gateway.errors import ConfigError, Fault
from gateway.mime.addresses import parse_from_field
from gateway.model import (
    VIETNAM,
    Document,
    Envelope,
    Evidence,
    FindingOutcome,
    FrontEnd,
    HeaderField,
    Message,
    Mode,
    Observed,
    Part,
    Run,
    Session,
    Verdict,
)
from gateway.yaml.file import YamlFile, nearest, read_yaml


def case_faults(policies: PolicySet, layers: Layers, now: datetime) -> Iterator[Fault]:
    """Yield a fault for every case of the file that is judged otherwise than it expects."""
    layer = layers.top  # the cases of what it extends hold for that file, not for this one
    for index, case in enumerate(layer.value.tests):
        yield from run_case(case, policies, now, layer, ("tests", index)).faults


@dataclass(frozen=True)
class CaseResult:
    """Result of one case."""

    faults: tuple[Fault, ...]
    met: frozenset[str] = frozenset()
    """`policy.rule` of findings that did not pass."""


def run_case(
    case: CaseSection, policies: PolicySet, now: datetime, file: YamlFile[Any], here: tuple[str | int, ...]
) -> CaseResult:
    """Judge a case; its faults have its place in the file. A policy that fails on it is a fault, too."""
    try:
        if case.facts is None:
            verdict = evaluate(case_evidence(case, now), policies)
        else:
            verdict = evaluate_facts(facts_of(case.facts, policies), policies)
    except (ExceptionGroup, msgspec.ValidationError) as error:
        message = f"ca “{case.name}” không xét được / case “{case.name}” cannot be judged: {crash_words(error)}"
        return CaseResult((file.fault(message, *here),))
    return expected(case.name, case.expect, verdict, policies, now, file, (*here, "expect"))


def run_cases(layers: Layers, policies: PolicySet, now: datetime) -> tuple[list[CaseResult], list[Fault]]:
    """Run the cases of a policy file and of `FILE.tests/*.yaml`; return what came of each, and files that are at fault."""
    own, faults = layers.top, list[Fault]()
    results = [run_case(case, policies, now, own, ("tests", number)) for number, case in enumerate(own.value.tests)]
    folder = Path(f"{own.path}.tests")
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        if path.name.endswith(".expect.yaml"):
            continue
        try:
            file = read_yaml(path, CaseFile)
        except ConfigError as error:
            faults += error.faults
            continue
        cases = enumerate(file.value.tests)
        results += (run_case(case, policies, now, file, ("tests", number)) for number, case in cases)
    return results, faults


def unmet(policies: PolicySet, results: Iterable[CaseResult]) -> Iterator[str]:
    """Yield the rules that no case meets."""
    met = frozenset[str]().union(*(result.met for result in results))
    for policy in policies.policies:
        for rule in policy.rules:
            if f"{policy.name}.{rule}" not in met:
                yield f"{policy.name}.{rule}"


def expected(
    name: str,
    expect: CaseExpectation,
    verdict: Verdict,
    policies: PolicySet,
    now: datetime,
    file: YamlFile[Any],
    here: tuple[str | int, ...],
) -> CaseResult:
    """Hold a verdict against what is expected of it."""
    met = frozenset(
        f"{judged.policy}.{judged.finding.rule}"
        for judged in verdict.findings
        if judged.finding.outcome is not FindingOutcome.PASSED
    )
    faults = [
        file.fault(f"ca “{name}”: {vietnamese} / case “{name}”: {english}", *here, *place)
        for place, vietnamese, english in _differences(expect, verdict, met, policies, now)
    ]
    return CaseResult(tuple(faults), met)


def _differences(
    expect: CaseExpectation, verdict: Verdict, met: frozenset[str], policies: PolicySet, now: datetime
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield the place within `expect` and, in both languages, what is otherwise."""
    got, wanted = verdict.disposition.word, expect.disposition
    listed = ", ".join(sorted(met)) or "-"
    if wanted is not None and got != wanted:
        yield (
            ("disposition",),
            f"cần {wanted}, nhưng là {got} (có: {listed})",
            f"expected {wanted}, got {got} (found: {listed})",
        )
    known = [f"{policy.name}.{rule}" for policy in policies.policies for rule in policy.rules]
    for key, rules in (("findings", expect.findings), ("not_findings", expect.not_findings)):
        for number, rule in enumerate(rules):
            if rule not in known:
                vietnamese, english = nearest(rule, known) or ("", "")
                yield (key, number), f"không có quy tắc “{rule}”{vietnamese}", f"there is no rule “{rule}”{english}"
            elif key == "findings" and rule not in met:
                yield (key, number), f"thiếu {rule} (có: {listed})", f"{rule} not found (found: {listed})"
            elif key == "not_findings" and rule in met:
                yield (key, number), f"không được có {rule}", f"{rule} must not be found"
    for address, wanted in expect.recipients.items():
        for_one = verdict.recipients.get(address)
        shown = for_one.word if for_one is not None else "-"
        if shown != wanted:
            yield (
                ("recipients", address),
                f"{address} cần {wanted}, nhưng là {shown}",
                f"{address}: expected {wanted}, got {shown}",
            )
    if expect.reply:
        answer = " ".join(reply(verdict, policies, reference="", now=now).lines)
        if ascii_form(expect.reply) not in ascii_form(answer):
            yield ("reply",), f"câu trả lời là: {answer}", f"the reply is: {answer}"


def facts_of(facts: dict[str, Any], policies: PolicySet) -> Observed:
    """Return the facts that a case holds as plain values; msgspec.ValidationError when they are none."""
    kept = msgspec.convert(facts, CaseFacts)
    types = {policy.name: policy.observation for policy in policies.policies}
    seen = {name: msgspec.convert(one, types[name]) for name, one in kept.seen.items() if types.get(name) is not None}
    return Observed(bare=kept.evidence, seen=seen, texts=kept.texts, kept=True)


class CaseFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts of a mail as plain values, in a case."""

    evidence: Evidence
    seen: dict[str, dict[str, Any]] = {}
    texts: dict[str, str] = {}


def trial_faults(policies: PolicySet, layers: Layers, now: datetime) -> Iterator[Fault]:
    """Yield a fault for every policy that fails on an ordinary mail with a document: its code is wrong, not the mail."""
    mail = _ordinary_mail(now)
    for policy in policies.policies:
        try:
            awake = replace(policy, mode=Mode.MONITOR)
            observer = awake.observer
            if observer is not None and type(policy.settings).model_validate_json(observer.settings) != policy.settings:
                raise ValueError("Settings: model_dump_json() and model_validate_json() give other settings")
            with limited(registry.LIMIT_CODE_S):
                strange = [one.rule for one in findings(awake, observe(mail, (awake,))) if one.rule not in policy.rules]
            if strange:
                raise ValueError(f"no rule {strange[0]!r}")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a policy may be third-party code
            yield layers.fault(
                f"“{policy.name}” ({policy.module}) hỏng khi xét một thư thường / fails on an ordinary mail: "
                f"{crash_words(error)}",
                *("policies", policy.name),
            )


def _ordinary_mail(now: datetime) -> Evidence:
    case = {"name": "trial", "from": "an@example.vn", "to": ["binh@example.vn"], "headers": {"Subject": "Báo cáo"}}
    mail = case_evidence(CaseSection.model_validate({**case, "body": "Kính gửi", "expect": {}}), now)
    run = Run(text="Báo cáo tháng", font="Times New Roman", size_pt=14.0, colour="auto", locator="paragraph:1")
    document = Document(part="2", filename="bao-cao.docx", format="docx", runs=(run,))
    return structs.replace(mail, documents=(*mail.documents, document))


def case_evidence(case: CaseSection, now: datetime) -> Evidence:
    """Return the evidence that a case describes: a single text part with the given header fields."""
    headers = {"From": case.reverse_path, **case.headers} if case.reverse_path else case.headers
    fields = tuple(
        HeaderField(name, f"{name}: {value}\r\n".encode("utf-8", "replace"), value, value)
        for name, value in headers.items()
    )
    body = case.body.encode("utf-8", "replace")
    root = Part(
        path="1",
        declared_type="text/plain",
        detected_type="text/plain",
        charset="utf-8",
        length=len(body),
        size_bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
    )
    runs = tuple(
        Run(text=line, block=number, locator=f"line:{number + 1}") for number, line in enumerate(case.body.splitlines())
    )
    moment = now if case.now is None else datetime.combine(case.now, time(12), tzinfo=VIETNAM)
    return Evidence(
        now=moment,
        session=Session(front_end=FrontEnd.SUBMISSION if case.auth_user else FrontEnd.RELAY, auth_user=case.auth_user),
        envelope=Envelope(reverse_path=case.reverse_path, forward_paths=case.forward_paths),
        message=Message(
            fields=fields,
            root=root,
            address_fields=tuple(
                parse_from_field(field.value, field.name.lower())
                for field in fields
                if field.name.lower()
                in {"from", "sender", "reply-to", "author", "x-sender", "resent-from", "resent-sender"}
            ),
        ),
        documents=(Document(part="1", format="text", runs=runs),),
    )
