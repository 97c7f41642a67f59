"""Text written in the old charsets as their fonts store it, and a piece of it read by its font."""

from __future__ import annotations

import unicodedata
from functools import cache

from gateway.model import Run
from gateway.vietnamese.legacy import Decoded, decode_runs
from gateway.vietnamese.legacy_tables import TABLES, Charset


def decode(text: str, font: str | None = None) -> Decoded:
    """Return one piece of text in Unicode, read by its font and its words."""
    (read,) = decode_runs([Run(text=text, font=font)])
    return read


@cache
def _encoding_table(charset: Charset) -> dict[str, str]:
    """Return letter to legacy form; of several forms the shortest, then the one in one case, stands."""
    table: dict[str, str] = {}
    for form, letter in TABLES[charset].items():
        known = table.get(letter)
        tidy = form == (form.upper() if letter.isupper() else form.lower())
        if known is None or (tidy and len(form) <= len(known)):
            table[letter] = form
    return table


def encode(text: str, charset: Charset) -> str:
    """Write Unicode text in the characters of a legacy charset, the way its fonts store it."""
    if charset is Charset.UNICODE:
        return text
    table = _encoding_table(charset)
    return "".join(table.get(letter, letter) for letter in unicodedata.normalize("NFC", text))
