"""The file names that a part's header gives it (RFC 2183, RFC 2045 `name`, RFC 2231, RFC 2047, raw 8-bit).

One name is shown to people, every candidate is kept for the rules: a name that only one reader sees still counts.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

from gateway.mime import charsets
from gateway.mime.parameters import Structured

_REPLACED = re.compile(r"[?_�]")
_NOT_ALNUM = re.compile(r"[^a-z0-9]+")
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})\s*$")


class Names(Struct, frozen=True):
    """The names of one part."""

    shown: str | None
    candidates: tuple[str, ...]
    conflict: bool
    """Two readers could show names that mean different files."""


def names_of(types: list[Structured], dispositions: list[Structured], raw_fields: list[bytes]) -> Names:
    """Return the names in Content-Disposition (first choice) and Content-Type."""
    preferred = [parameter for structured in dispositions for parameter in structured.all("filename")]
    preferred += [parameter for structured in types for parameter in structured.all("name")]
    if not preferred:
        return Names(None, (), conflict=False)
    best = next(
        (parameter for parameter in preferred if parameter.extended and parameter.name == "filename"), preferred[0]
    )
    decoded = list(dict.fromkeys(_tidy(parameter.value) for parameter in (best, *preferred)))
    # `Báo cáo` beside `Báo cáo.docx` is one name, and the ending is what opens it.
    bare = _fold(decoded[0])
    decoded.sort(key=lambda name: not (_extension(name) and _fold(_stem(name)) == bare))
    candidates = decoded + [_tidy(parameter.raw) for parameter in preferred if parameter.raw != parameter.value]
    candidates += _eight_bit_readings(raw_fields)
    return Names(
        decoded[0] or None,
        tuple(name for name in dict.fromkeys(candidates) if name),
        conflict=any(_differ(decoded[0], other) for other in decoded[1:]),
    )


def _tidy(name: str) -> str:
    """Return the name in NFC without controls and the white space around it."""
    if name.isascii() and name.isprintable():
        return name.strip()
    return unicodedata.normalize("NFC", "".join(" " if ord(letter) < 32 else letter for letter in name)).strip()


def _eight_bit_readings(raw_fields: list[bytes]) -> list[str]:
    """Return what raw 8-bit names could mean: Windows-1258, and Windows-1252 in which TCVN3 and VNI stay visible."""
    names = []
    for raw in raw_fields:
        if charsets.is_utf8(raw):
            continue
        for match in re.finditer(rb"name\s*=\s*(?:\"([^\"\r\n]*)\"|([^;\"\r\n]*))", raw, re.IGNORECASE):
            data = match[1] or match[2] or b""
            names += [_tidy(text) for text in (charsets.vietnamese(data), charsets.western(data)) if text]
    return names


def _differ(one: str, other: str) -> bool:
    """Return whether two names are more than a name and its plain ASCII stand-in."""
    if _extension(one) != _extension(other):
        return bool(_extension(other)) or _fold(_stem(one)) != _fold(other)
    folded = sorted((_fold(one), _fold(other)), key=len)
    if folded[0] == folded[1]:
        return False
    # `B?o c?o.pdf` or `B_o c_o.pdf` beside `Báo cáo.pdf`: what is left is in the full name in order.
    if _REPLACED.search(one) or _REPLACED.search(other) or not folded[0]:
        letters = iter(folded[1])
        return not all(letter in letters for letter in folded[0])
    return True


def _extension(name: str) -> str:
    match = _EXTENSION.search(name)
    return match[1].lower() if match else ""


def _stem(name: str) -> str:
    """Return a name without its ending."""
    return _EXTENSION.sub("", name)


def _fold(name: str) -> str:
    """Return the letters and digits of a name without marks, lower case."""
    plain = unicodedata.normalize("NFKD", name.lower().replace("đ", "d"))
    return _NOT_ALNUM.sub("", plain)
