"""Mail from `@bad.example` to an office address is refused for that recipient; envelope only."""

import time
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from gateway.model import About, Disposition, Evidence, Finding, FindingOutcome, Need, Rule

RULES = (
    Rule(id="unofficial", code="SND-01", article="7600:8.3", disposition=Disposition.REJECT),
    Rule(id="form", code="SND-02", article="7600:5", disposition=Disposition.TAG),
)
NEEDS = frozenset({Need.ENVELOPE})


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    office: str = Field(default="office@gov.example", description="the office")
    limit: int = Field(default=3, ge=1, description="a number")


def evaluate(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    sender = evidence.envelope.reverse_path
    for address in evidence.envelope.forward_paths:
        if address.casefold() == settings.office:
            bad = sender.endswith("@bad.example")
            outcome = FindingOutcome.FAILED if bad else FindingOutcome.PASSED
            yield Finding(rule="unofficial", outcome=outcome, about=About(recipient=address), params={"sender": sender})
    if sender.startswith("odd"):
        yield Finding(rule="form", outcome=FindingOutcome.FAILED, params={"sender": sender})
    if sender == "crash@bad.example":
        raise RuntimeError("policy bug")
    while sender in {"spin@bad.example", "sleep@bad.example"}:
        if sender.startswith("sleep"):
            time.sleep(60)
    if sender == "wrong@bad.example":
        yield Finding(rule="nonsense", outcome=FindingOutcome.FAILED)
