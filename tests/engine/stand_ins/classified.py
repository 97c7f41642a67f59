"""A subject or document line with the word SECRET is marked; MAYBE is suspected."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from gateway.model import About, Disposition, Evidence, Finding, FindingOutcome, Need, Rule

RULES = (
    Rule(id="marked", code="CLS-01", article="7600:4.1", disposition=Disposition.REJECT),
    Rule(id="suspected", code="CLS-02", article="7600:4.1", disposition=Disposition.REJECT),
)
NEEDS = frozenset({Need.HEADERS, Need.DOCUMENTS})


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def evaluate(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    if evidence.message is None:
        return
    for document in evidence.documents:
        seen = False
        for run in document.runs:
            for word, rule in (("SECRET", "marked"), ("MAYBE", "suspected")):
                if word in run.text:
                    seen = True
                    yield Finding(
                        rule=rule,
                        outcome=FindingOutcome.FAILED if rule == "marked" else FindingOutcome.INDETERMINATE,
                        about=About(part=document.part, filename=document.filename),
                        locator=run.locator,
                        params={"level": "mat", "words": run.text},
                    )
        if not seen:
            yield Finding(rule="marked", outcome=FindingOutcome.PASSED, about=About(part=document.part))
