"""Sender-controlled values made safe for one line: no control characters, bounded, quoted."""

from __future__ import annotations

import re

from gateway.vietnamese.latin import to_ascii
from gateway.vietnamese.printed import LIMIT_INPUT, clean

_INNER_QUOTES = str.maketrans({"“": "'", "”": "'", '"': "'"})
_TOKEN = re.compile(r"[A-Za-z0-9@._+%-]{1,64}\Z")


def clean_filename(name: str, *, limit: int = 60) -> str:
    """Return a file name fit for a line; a long one loses its middle, so that its type stays in sight."""
    whole = clean(name, limit=LIMIT_INPUT)
    if len(whole) <= limit:
        return whole
    tail = min(16, limit // 3)
    return whole[: limit - tail - 1].rstrip() + "…" + whole[-tail:]


def quote(text: str) -> str:
    """Return cleaned text in quotation marks, which it cannot close itself."""
    inner = text.translate(_INNER_QUOTES)
    return f"“{inner}”"


def quote_unless_token(text: str) -> str:
    """Return cleaned text, quoted unless it is a plain token such as an address or a code."""
    return text if _TOKEN.match(text) else quote(text)


def ascii_form(text: str) -> str:
    """Return text in ASCII for an SMTP reply: tone and vowel marks gone, đ as d, what has no likeness as `?`.

    The result holds no control characters, so it cannot end a reply line.
    """
    text = to_ascii(text)
    if not text.isprintable():
        text = "".join(letter if " " <= letter <= "~" else " " for letter in text)
    return text


def cut(text: str, limit: int) -> str:
    """Return text of at most `limit` characters, cut at a space where one is near and ended by `...`."""
    if len(text) <= limit:
        return text
    if limit <= 3:
        return text[: max(limit, 0)]
    head = text[: limit - 3]
    space = head.rfind(" ", max(0, limit - 40))
    return (head[:space] if space > 0 else head).rstrip(" ;,.(") + "..."
