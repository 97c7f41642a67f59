"""Escapes sender-controlled text for a line, a cell or JSON: nothing moves a cursor or reverses text.

Every way out goes through here: replies, header fields, lists, exports, the log. Controls of a terminal (ESC, C1), marks of
direction and letters without width change what a reader sees (Unicode TR 36).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

LIMIT_INPUT = 4096
_FORMULA = re.compile(r"(^|;)(\s*)(?=[=+@＝＋－＠]|-(?!\s*(?:;|\Z)))")
"""Where a formula may begin, which a dash alone is not; behind a semicolon too, for where that parts cells in the reader's country."""
_NOT_ASCII = re.compile(r"[^ -~\n]")


def clean(text: str, *, limit: int = 80) -> str:
    """Return text in one line without control, format or surrogate characters, at most `limit` characters."""
    text = text[:LIMIT_INPUT]
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = " ".join(visible(text).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def visible(text: str) -> str:
    """Return text with a blank for each control character, nothing for marks of format, and a sign for what is no letter."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    match unicodedata.category(character):
        case "Cf":
            return ""
        case "Cs" | "Co" | "Cn":
            return "\N{REPLACEMENT CHARACTER}"
        case _:
            return " "


def cell(text: str) -> str:
    """Return text for a cell of a table, which no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return _FORMULA.sub(r"\1\2'", visible(text).strip())


def printed_json(value: object, *, default: Callable[[object], Any] | None = None, indent: int | None = None) -> str:
    """Return JSON: letters as they are, for people read it; what does not print, escaped. One line without `indent`."""
    return _NOT_ASCII.sub(_escaped, json.dumps(value, ensure_ascii=False, default=default, indent=indent))


def _escaped(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]
