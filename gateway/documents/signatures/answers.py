"""Answers of one source of revocation data about one certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

SKEW = timedelta(minutes=10)
"""Clocks of authorities may differ from ours by this much."""


@dataclass(frozen=True)
class Answer:
    """Answer of one source about one certificate."""

    revoked: bool
    source: str
    this_update: datetime
    next_update: datetime | None
    reason: str = ""
    effective: datetime | None = None
    """Revocation date, or the earlier invalidity date."""
    reasons: frozenset[str] | None = None
    """Reasons that the source speaks of, None for all."""
