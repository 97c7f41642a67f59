"""Is mail judged and recorded? Asked without a session, so the answer has no detail."""

from __future__ import annotations

from gateway.model import Language
from gateway.steward import questions as q
from gateway.steward.desk import Desk
from gateway.steward.roles import Person


def health(desk: Desk, _nobody: Person, _question: q.AskHealth, _language: Language) -> q.Answer:
    """Return whether the writer of the log answers and the first listener accepts."""
    return q.Health(desk.alive())
