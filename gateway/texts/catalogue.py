"""Product texts (`gateway/texts/*.toml`): tables of keys with `vi` and `en`, read once, filled without formatting."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from errno import errorcode
from functools import cache
from importlib.resources import files
from typing import Any

_FIELD = re.compile(r"\{(\w+)\}")
_HEAD = re.compile(r"\{\w+\}: ")
_TAIL = re.compile(r": \{(\w+)\}\Z")


@cache
def product_texts(name: str) -> Mapping[str, Any]:
    """Return one file of product texts by its name without ending."""
    return tomllib.loads((files("gateway") / "texts" / f"{name}.toml").read_text("utf-8"))


def filled(template: str, /, **fields: object) -> str:
    """Return a text with `{field}` filled, in one pass: what a value holds is no field."""
    return _FIELD.sub(lambda found: str(fields.get(found[1], "?")), template)


def said(file: str, table: str, key: str, language: str, /, **fields: object) -> str:
    """Return a text in one language, `vi` or `en`, with `{field}` filled; fields must be clean already."""
    return filled(product_texts(file)[table][key][language], **fields)


def pair(file: str, table: str, key: str, /, **fields: object) -> tuple[str, str]:
    """Return a text in both languages with `{field}` filled by clean words; a pair has words for each language."""
    first, second = _in_each(fields)
    return said(file, table, key, "vi", **first), said(file, table, key, "en", **second)


def _in_each(fields: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Return the fields of the Vietnamese and of the English text."""
    first, second = ({k: v[n] if isinstance(v, tuple) else v for k, v in fields.items()} for n in (0, 1))
    return first, second


def both(file: str, table: str, key: str, /, **fields: object) -> str:
    """Return both languages of a text in one line, Vietnamese first: for administrators' terminals and logs.

    A field before a colon that both begin with (a path), or behind one that both end with (a name), is said once. A
    field that is a pair has words of its own in each language.
    """
    words = product_texts(file)[table][key]
    vietnamese, english = words["vi"], words["en"]
    head = _HEAD.match(vietnamese)
    begin = head[0] if head and english.startswith(head[0]) else ""
    vietnamese, english = vietnamese.removeprefix(begin), english.removeprefix(begin)
    tail = _TAIL.search(vietnamese)
    end = tail[0] if tail and english.endswith(tail[0]) and not isinstance(fields.get(tail[1]), tuple) else ""
    first, second = _in_each(fields)
    return (
        f"{filled(begin + vietnamese.removesuffix(end), **first)} / {filled(english.removesuffix(end) + end, **second)}"
    )


def one_language(text: str, language: str) -> str:
    """Return the half in one language, `vi` or `en`, of each line that says the same in both around a slash, as `both` does."""
    return "\n".join(_half(line.split(" / "), language) for line in text.split("\n"))


def _half(pieces: list[str], language: str) -> str:
    """Return the first or second half of the pieces between slashes: a quotation may hold one, and is in either half."""
    middle, odd = divmod(len(pieces), 2)
    return " / ".join(pieces if odd else pieces[:middle] if language == "vi" else pieces[middle:])


def reasons(error: OSError) -> tuple[str, str]:
    """Return what the operating system said in Vietnamese and English; as it says it where we have no words for it."""
    said = error.strerror or str(error)
    known = product_texts("start")["reason"].get(_reason_key(error))
    return (known["vi"], known["en"]) if known is not None else (said, said)


def _reason_key(error: OSError) -> str:
    """Return the key of our words for an error of the system, of TLS (ssl.SSLError) or of name resolution (socket.gaierror)."""
    if (code := getattr(error, "verify_code", 0)) != 0:
        return f"X509_{code}"
    if hasattr(error, "library"):
        return getattr(error, "reason", None) or "PEM"
    return "ETIMEDOUT" if isinstance(error, TimeoutError) else errorcode.get(error.errno or 0, f"EAI{error.errno}")


def reason(error: OSError) -> str:
    """Return what the operating system said in both languages, in one line."""
    return " / ".join(dict.fromkeys(reasons(error)))
