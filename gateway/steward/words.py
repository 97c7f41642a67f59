"""Words of `texts/steward.toml` in the language that was asked for, and times as answers have them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from gateway.texts.catalogue import said

say = partial(said, "steward")


def moment(seconds: int) -> str:
    """Return seconds since 1970 in ISO 8601; empty for 0, which is never."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
