"""Cases inside a policy file: small mails with the expected answer, judged whenever the file is loaded.

Before them every policy runs once on an ordinary mail, so that a module that crashes is a fault of the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, time

from msgspec import structs

from gateway.engine.evaluate import evaluate
from gateway.engine.layers import Layers
from gateway.engine.observing import findings, observe
from gateway.engine.policy_set import PolicySet
from gateway.engine.registry import crash_words
from gateway.engine.schema import CaseSection
from gateway.errors import Fault
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
    Part,
    Run,
    Session,
)


def case_faults(policies: PolicySet, layers: Layers, now: datetime) -> Iterator[Fault]:
    """Yield a fault for every case of the file that is judged otherwise than it expects."""
    layer = layers.top  # the cases of what it extends hold for that file, not for this one
    for index, case in enumerate(layer.value.tests):
        verdict = evaluate(case_evidence(case, now), policies)
        here = ("tests", index)
        expected = case.expect.disposition
        if expected is not None and verdict.disposition.word != expected:
            yield layer.fault(
                f"ca “{case.name}”: cần {expected}, nhưng là {verdict.disposition.word} / "
                f"case “{case.name}”: expected {expected}, got {verdict.disposition.word}",
                *(*here, "expect", "disposition"),
            )
        found = {
            f"{judged.policy}.{judged.finding.rule}"
            for judged in verdict.findings
            if judged.finding.outcome is not FindingOutcome.PASSED
        }
        for number, wanted in enumerate(case.expect.findings):
            if wanted not in found:
                listed = ", ".join(sorted(found)) or "-"
                yield layer.fault(
                    f"ca “{case.name}”: thiếu {wanted} (có: {listed}) / "
                    f"case “{case.name}”: {wanted} not found (found: {listed})",
                    *(*here, "expect", "findings", number),
                )


def trial_faults(policies: PolicySet, layers: Layers, now: datetime) -> Iterator[Fault]:
    """Yield a fault for every policy that fails on an ordinary mail with a document: its code is wrong, not the mail."""
    mail = _ordinary_mail(now)
    for policy in policies.policies:
        try:
            for finding in findings(policy, observe(mail, (policy,))):
                if finding.rule not in policy.rules:
                    raise ValueError(f"no rule {finding.rule!r}")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a policy is somebody's code
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
                if field.name.lower() in {"from", "sender", "reply-to", "resent-from", "resent-sender"}
            ),
        ),
        documents=(Document(part="1", format="text", runs=runs),),
    )
