"""Product texts (`gateway/texts/*.toml`): `name.vi` and `name.en`, filled like rule texts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.engine.places import Language


@cache
def product_texts(name: str) -> Mapping[str, Any]:
    """Return one file of product texts by its name without ending."""
    return tomllib.loads((files("gateway") / "texts" / f"{name}.toml").read_text("utf-8"))


def say(file: str, table: str, key: str, language: Language, **fields: object) -> str:
    """Return a product text with `{field}` filled; fields must be clean already."""
    text: str = product_texts(file)[table][key][language.value]
    for field, value in fields.items():
        text = text.replace("{" + field + "}", str(value))
    return text
