"""Texts of `texts/steward.toml` in the requested language, and formats of times."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from gateway.texts.catalogue import said

say = partial(said, "steward")


def moment(seconds: int) -> str:
    """Return seconds since 1970 in ISO 8601; empty for 0, which is never."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
