"""Product texts (`gateway/texts/*.toml`): `name.vi` and `name.en`, filled like rule texts."""

from __future__ import annotations

from gateway.model import Language
from gateway.texts.catalogue import product_texts


def say(file: str, table: str, key: str, language: Language, **fields: object) -> str:
    """Return a product text with `{field}` filled; fields must be clean already."""
    text: str = product_texts(file)[table][key][language.value]
    for field, value in fields.items():
        text = text.replace("{" + field + "}", str(value))
    return text
