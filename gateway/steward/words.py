"""Words of `texts/steward.toml` in the language that was asked for, and times as answers have them."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.model import Language
from gateway.texts.catalogue import said


def say(table: str, key: str, language: Language, **fields: object) -> str:
    """Return a text with `{field}` filled; fields must be clean already."""
    return said("steward", table, key, language.value, **fields)


def moment(seconds: int) -> str:
    """Return seconds since 1970 in ISO 8601; empty for 0, which is never."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
