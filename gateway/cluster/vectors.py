"""Entry words as a tsvector and phrases as a tsquery, with own folding and tokens instead of a dictionary.

A vector has up to four columns, distinguished by the weights A to D; each has its own range of positions, so no phrase
spans two columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from gateway.audit.conditions import Phrase

_WORDS: Final = re.compile(r"[^\W_]+")
_WEIGHTS: Final = "ABCD"
_ROOM: Final = 4_000
"""Positions of a column; PostgreSQL has 16,383. Words beyond are found, but not in phrases."""
_LIMIT_WORD: Final = 200
"""Characters; PostgreSQL accepts words of 2,046 bytes."""
_LIMIT_LETTERS: Final = 25_000
"""Characters of a column; a vector may have 1 MiB. Words beyond are not found; addresses are, by their tags."""


def words_of(*columns: str) -> list[str]:
    """Return the words of up to four columns, separated by spaces."""
    return [_parted(text) if text else "" for text in columns]


@lru_cache(maxsize=4096)  # addresses and units repeat
def _parted(text: str) -> str:
    return " ".join(_WORDS.findall(text[:_LIMIT_LETTERS]))


def vector(columns: str) -> str:
    """Return SQL that makes a tsvector of an array of columns of space-separated words."""
    return f"""coalesce((
    SELECT string_agg(format('%%L:%%s%%s', left(w.word, {_LIMIT_WORD}),
      least(w.place, {_ROOM - 1}) + (c.number - 1) * {_ROOM}, substr('{_WEIGHTS}', c.number::int, 1)), ' ')
    FROM unnest({columns}) WITH ORDINALITY AS c (words, number),
      unnest(string_to_array(c.words, ' ')) WITH ORDINALITY AS w (word, place) WHERE w.word <> ''
  ), '')::tsvector"""  # noqa: S608 - our own words


def query(phrase: Phrase, columns: Sequence[str]) -> str:
    """Return a phrase as a tsquery over the columns it shares with a vector; empty when it shares none."""
    weights = "".join(_WEIGHTS[number] for number, name in enumerate(columns) if name in phrase.columns)
    if not weights:
        return ""
    words = [word[:_LIMIT_WORD] for word in phrase.words]
    stars = [""] * (len(words) - 1) + ["*" if phrase.begins else ""]
    return " <-> ".join(f"'{word}':{star}{weights}" for word, star in zip(words, stars, strict=True))
