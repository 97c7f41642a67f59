"""Words of `texts/steward.toml` in the language that was asked for."""

from __future__ import annotations

from gateway.model import Language
from gateway.texts.catalogue import pair


def say(table: str, key: str, language: Language, **fields: object) -> str:
    """Return a text with `{field}` filled; fields must be clean already."""
    vietnamese, english = pair("steward", table, key, **fields)
    return vietnamese if language is Language.VI else english
