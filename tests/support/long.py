"""Long runs: `GATEWAY_LONG=1`, set by `make accuracy` and `make cluster`."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

LONG = bool(os.environ.get("GATEWAY_LONG"))


def sample(rows: Sequence[T], step: int = 3) -> Sequence[T]:
    """All rows in a long run, else every `step`-th: each step has to share no factor with what alternates in the rows."""
    return rows if LONG else rows[::step]
