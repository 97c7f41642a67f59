"""The vocabulary of marks, which is data: the lists of `lexicon.toml`, read once when the package is loaded."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

_LISTS: Final[Mapping[str, Mapping[str, list[str]]]] = tomllib.loads(
    (files("gateway.vietnamese.marks") / "lexicon.toml").read_text("utf-8")
)


def words(table: str, key: str) -> frozenset[str]:
    """Return a list as a set."""
    return frozenset(_LISTS[table][key])


def table(name: str) -> Mapping[str, frozenset[str]]:
    """Return all lists of a table."""
    return {key: frozenset(one) for key, one in _LISTS[name].items()}


def alternatives(table: str, key: str) -> str:
    """Return a list as the alternatives of a regular expression, in its order."""
    return "|".join(re.escape(word).replace("\\ ", " ") for word in _LISTS[table][key])
