"""Values that a sender controls, made fit to stand in a line of ours: no control characters, bounded, quoted."""

from __future__ import annotations

import re
import unicodedata

from gateway.text.latin import to_ascii

_INNER_QUOTES = str.maketrans({"“": "'", "”": "'", '"': "'"})
_TOKEN = re.compile(r"[A-Za-z0-9@._+%-]{1,64}\Z")
_SPACES = re.compile(r"\s+")
_LIMIT_INPUT = 4096


def clean(text: str, *, limit: int = 80) -> str:
    """Return text in one line without control, format or surrogate characters, at most `limit` characters.

    Direction overrides and zero-width letters go, because they change what a reader sees (Unicode TR 36).
    """
    text = text[:_LIMIT_INPUT]
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = "".join(_visible(character) for character in text)
    text = _SPACES.sub(" ", text).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


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


def clean_filename(name: str, *, limit: int = 60) -> str:
    """Return a file name fit for a line; a long one loses its middle, so that its type stays in sight."""
    whole = clean(name, limit=_LIMIT_INPUT)
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
