"""Has `evaluate` alone: counts the documents of a mail with the word CU-KY, all words of the mail in hand."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from gateway.model import Disposition, Evidence, Finding, FindingOutcome, Need, Rule

RULES = (Rule(id="word", code="OLD-01", article="7600:4.1", disposition=Disposition.TAG),)
NEEDS = frozenset({Need.HEADERS, Need.DOCUMENTS})


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    aloud: bool = False


def evaluate(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    if evidence.message is None:
        return
    found = sum(any("CU-KY" in run.text for run in document.runs) for document in evidence.documents)
    officials = len(evidence.directory.mailboxes) if evidence.directory is not None else -1
    if found:
        yield Finding(rule="word", outcome=FindingOutcome.FAILED, params={"count": found, "officials": officials})
