"""Locator tokens (`page:1,top-left`, `cell:Sheet2!B3`) to words; tokens are described at `Run.locator`."""

from __future__ import annotations

import re
from enum import Enum

from gateway.engine.plain import quote_unless_token
from gateway.model import Language
from gateway.texts.catalogue import product_texts, said
from gateway.vietnamese.printed import clean

_NAMED = re.compile(r"([a-z][a-z_-]{1,20}):(.*)\Z", re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,7}(?:-[0-9]{1,7})?\Z")
_CELL = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]{1,7}(?::\$?[A-Z]{1,3}\$?[0-9]{1,7})?\Z")


class Disclosure(Enum):
    """Reader of a text."""

    FULL = "full"
    """Somebody who has the mail before them: names from the mail may be quoted."""
    GUARDED = "guarded"
    """A reply, a log or a notice about a mail with a secrecy finding: nothing that its author chose is quoted."""


class Token:
    """One token of a locator; a flag has no value."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: str | None) -> None:
        self.name = name
        self.value = value


def parse_locator(locator: str) -> tuple[Token, ...]:
    """Return the tokens of a locator; a comma inside a sheet or property name does not split it."""
    tokens: list[Token] = []
    flags = product_texts("places")["flag"]
    for piece in locator[:500].split(",")[:12]:
        named = _NAMED.match(piece)
        if named is not None:
            tokens.append(Token(named[1], named[2]))
        elif piece.strip() in flags:
            tokens.append(Token(piece.strip(), None))
        elif tokens and tokens[-1].value is not None:
            tokens[-1].value = f"{tokens[-1].value},{piece}"
        elif piece.strip():
            tokens.append(Token("", piece))
    return tuple(tokens)


def place_words(locator: str, language: Language, disclosure: Disclosure = Disclosure.FULL) -> str:
    """Return the words of a locator, empty for an empty one (and, when guarded, for one made of names only)."""
    words = (_token_words(token, language, disclosure) for token in parse_locator(locator))
    return ", ".join(word for word in words if word)


def _token_words(token: Token, language: Language, disclosure: Disclosure) -> str:
    if token.value is None:
        return said("places", "flag", token.name, language)
    value = clean(token.value, limit=50) if disclosure is Disclosure.FULL else _guarded_value(token.value)
    if token.name not in product_texts("places")["locator"]:
        label = token.name if disclosure is Disclosure.FULL else ""
        return f"{label} {quote_unless_token(value)}".strip() if value else label
    shown = value if _NUMBER.match(value) or _CELL.match(value) else quote_unless_token(value) if value else ""
    if token.name == "cell" and "!" in value:
        sheet, _, cell = value.rpartition("!")
        shown = f"{cell} ({said('places', 'locator', 'sheet', language, value=quote_unless_token(sheet))})"
    return said("places", "locator", token.name, language, value=shown).strip()


def _guarded_value(value: str) -> str:
    cell = value.rpartition("!")[2]
    if _CELL.match(cell):
        return cell
    return value if _NUMBER.match(value) else ""


def default_words(name: str, language: Language) -> str:
    """Return the words for something that a finding does not name (`[default]` of places.toml)."""
    return str(product_texts("places")["default"][name][language])
