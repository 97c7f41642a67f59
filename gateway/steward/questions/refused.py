"""Exceptions by which a question is refused."""

from __future__ import annotations

from gateway.steward.questions.common import Refusal


class Refused(Exception):  # noqa: N818 - no fault: an answer
    """The question is answered with a refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.kind, refusal.words)
        self.refusal = refusal


def refused(kind: str, words: str = "", *, retry_s: int = 0) -> Refused:
    """Return what is raised to answer with a refusal."""
    return Refused(Refusal(kind=kind, words=words, retry_s=retry_s))
