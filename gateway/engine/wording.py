"""Product texts (`gateway/texts/*.toml`): `name.vi` and `name.en`, filled like rule texts."""

from __future__ import annotations

from gateway.model import Language
from gateway.texts.catalogue import said


def say(file: str, table: str, key: str, language: Language, **fields: object) -> str:
    """Return a product text with `{field}` filled; fields must be clean already."""
    return said(file, table, key, language.value, **fields)
