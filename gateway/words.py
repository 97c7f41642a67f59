"""Product texts (`gateway/texts/*.toml`): tables of keys with `vi` and `en`, read once, filled without formatting."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_FIELD = re.compile(r"\{(\w+)\}")
_HEAD = re.compile(r"\{\w+\}: ")
_TAIL = re.compile(r": \{\w+\}\Z")


@cache
def product_texts(name: str) -> Mapping[str, Any]:
    """Return one file of product texts by its name without ending."""
    return tomllib.loads((files("gateway") / "texts" / f"{name}.toml").read_text("utf-8"))


def pair(file: str, table: str, key: str, /, **fields: object) -> tuple[str, str]:
    """Return a text in Vietnamese and English with `{field}` filled; fields must be clean already."""
    words = product_texts(file)[table][key]
    return _filled(words["vi"], fields), _filled(words["en"], fields)


def both(file: str, table: str, key: str, /, **fields: object) -> str:
    """Return both languages of a text in one line, Vietnamese first: for administrators' terminals and logs.

    A field before a colon that both begin with (a path), or behind one that both end with (a name), is said once.
    """
    words = product_texts(file)[table][key]
    vietnamese, english = words["vi"], words["en"]
    head = _HEAD.match(vietnamese)
    begin = head[0] if head and english.startswith(head[0]) else ""
    vietnamese, english = vietnamese.removeprefix(begin), english.removeprefix(begin)
    tail = _TAIL.search(vietnamese)
    end = tail[0] if tail and english.endswith(tail[0]) else ""
    return _filled(f"{begin}{vietnamese.removesuffix(end)} / {english.removesuffix(end)}{end}", fields)


def _filled(template: str, fields: Mapping[str, object]) -> str:
    return _FIELD.sub(lambda found: str(fields.get(found[1], "?")), template)
