"""Product texts (`gateway/texts/*.toml`): tables of keys with `vi` and `en`, read once, filled without formatting."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_FIELD = re.compile(r"\{(\w+)\}")


@cache
def product_texts(name: str) -> Mapping[str, Any]:
    """Return one file of product texts by its name without ending."""
    return tomllib.loads((files("gateway") / "texts" / f"{name}.toml").read_text("utf-8"))


def pair(file: str, table: str, key: str, /, **fields: object) -> tuple[str, str]:
    """Return a text in Vietnamese and English with `{field}` filled; fields must be clean already."""
    words = product_texts(file)[table][key]

    def fill(template: str) -> str:
        return _FIELD.sub(lambda found: str(fields.get(found[1], "?")), template)

    return fill(words["vi"]), fill(words["en"])


def both(file: str, table: str, key: str, /, **fields: object) -> str:
    """Return both languages of a text in one line, Vietnamese first: for administrators' terminals and logs."""
    return " / ".join(pair(file, table, key, **fields))
