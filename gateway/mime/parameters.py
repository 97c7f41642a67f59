"""Content-Type and Content-Disposition to value and parameters (RFC 2045 §5.1, RFC 2183, RFC 2231).

Every reading is kept: a parameter that occurs twice, or plain and encoded, yields all its values in order, and the
faults name what two programs could read differently. Nothing here raises for any input.
"""

from __future__ import annotations

import re

from msgspec import Struct

from gateway.mime import charsets
from gateway.mime.limits import DEFAULT, Limits
from gateway.mime.words import has_encoded_word, header_text

_GAP = re.compile(r"[;\s]*")
_NAME = re.compile(r"[^=;\s\"]*")
_EQUALS = re.compile(r"\s*=\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"[^;]*")
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)
_SECTION = re.compile(r"([^*]+)\*(?:(0|[1-9]\d{0,3})(\*?))?")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_SPECIAL_IN_TOKEN = re.compile(r"[\s()<>@,\"\\\[\]]")


class Parameter(Struct, frozen=True):
    """One reading of one parameter."""

    name: str
    """Lower case, without the stars of RFC 2231."""
    value: str
    """Decoded text."""
    raw: str
    """As written, without quotes and backslashes."""
    extended: bool = False
    """Written in the encoded form `name*=` or `name*0*=`."""


class Structured(Struct, frozen=True):
    """A structured field body."""

    value: str
    """Lower case, `text/plain` or `attachment`; empty when there is none."""
    parameters: tuple[Parameter, ...] = ()
    faults: tuple[str, ...] = ()
    """Stable codes: `comment`, `duplicate`, `conflict:<name>`, `order`, `gap`, `unquoted`, `unterminated`, `limit`,
    `junk`, `charset` for one that is not known."""

    def all(self, name: str) -> tuple[Parameter, ...]:
        """Return every reading of the parameter."""
        return tuple(parameter for parameter in self.parameters if parameter.name == name)

    def get(self, name: str) -> str | None:
        """Return the reading that most mail clients prefer: the encoded form, else the first plain one."""
        found = self.all(name)
        return next((parameter.value for parameter in found if parameter.extended), found[0].value if found else None)


_Sections = list[tuple[int, str, bool]]
"""Number, text and whether it is encoded, of each section of one RFC 2231 continuation in the order written."""


def parse(text: str, limits: Limits = DEFAULT) -> Structured:
    """Return the reading of an unfolded field body."""
    head, semicolon, rest = text.partition(";")
    faults: list[str] = []
    if "(" in head:
        faults.append("comment")
        head = head.partition("(")[0]
    found: list[Parameter] = []
    pieces: dict[str, _Sections] = {}
    position = 0
    while semicolon:
        position = _end(_GAP, rest, position)
        if position >= len(rest):
            break
        if len(found) + sum(map(len, pieces.values())) >= limits.parameters:
            faults.append("limit")
            break
        name, value, position = _take(rest, position, faults)
        if name is None:
            continue
        section = _SECTION.fullmatch(name)
        if section is None:
            found.append(Parameter(name, header_text(value) if "=?" in value else value, value))
        elif section[2] is None:
            found.append(Parameter(section[1], _extended(value, faults), value, extended=True))
        else:
            pieces.setdefault(section[1], []).append((int(section[2]), value, bool(section[3])))
    found += [_join(name, sections, faults) for name, sections in pieces.items()]
    faults += _conflicts(found)
    return Structured(head.strip().lower(), tuple(found), tuple(dict.fromkeys(faults)))


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Return where `pattern` ends when matched at `position`; the pattern matches the empty string."""
    match = pattern.match(text, position)
    return match.end() if match else position


def _take(text: str, position: int, faults: list[str]) -> tuple[str | None, str, int]:
    """Read one `name=value`; the name is None when there is no parameter."""
    name_end = _end(_NAME, text, position)
    name = text[position:name_end].lower()
    equals = _EQUALS.match(text, name_end)
    if equals is None or not name:
        # A word without `=`, a comment or a stray quote; skip to the next semicolon.
        end = _end(_BARE, text, max(name_end, position + 1))
        junk = text[position:end].strip()
        faults.append("comment" if junk.startswith("(") else "junk")
        return None, "", end
    position = equals.end()
    if text[position : position + 1] == '"':
        quoted = _QUOTED.match(text, position)
        if quoted is None:
            faults.append("unterminated")
            return name, text[position + 1 :].strip(), len(text)
        end = _end(_BARE, text, quoted.end())
        trailer = text[quoted.end() : end].strip()
        if trailer:
            faults.append(_comment(name, quoted[1]) if trailer.startswith("(") else "junk")
        return name, _BACKSLASH.sub(r"\1", quoted[1]), end
    end = _end(_BARE, text, position)
    value = text[position:end].strip()
    if _SPECIAL_IN_TOKEN.search(value):
        word = value.partition(" (")[0]
        faults.append(_comment(name, word) if word != value else f"unquoted:{name}")
        value = word if name == "charset" else value
    return name, value, end


def _comment(name: str, value: str) -> str:
    """Return the fault of a comment behind a value; a charset that reads ASCII as ASCII is distinguished."""
    return "comment:charset" if name == "charset" and charsets.keeps_ascii(value) else "comment"


def _extended(value: str, faults: list[str]) -> str:
    """Decode a value in the encoded form, which begins with its charset."""
    label, _, rest = value.split("'", 2) if value.count("'") >= 2 else ("", "", value)
    return _decoded(_octets(rest), label, faults)


def _octets(value: str) -> bytes:
    return _PERCENT.sub(lambda octet: bytes.fromhex(octet[1].decode()), value.encode("utf-8"))


def _decoded(data: bytes, label: str, faults: list[str]) -> str:
    text = charsets.decode(data, label or None)
    if "\ufffd" in text and label and charsets.codec_of(label) is None:
        faults.append("charset")
    return text


def _join(name: str, written: _Sections, faults: list[str]) -> Parameter:
    """Put the sections of a continuation together, by number as RFC 2231 §3 says."""
    numbers = [number for number, _, _ in written]
    if numbers != sorted(set(numbers)):
        faults.append(f"order:{name}")
    elif sorted(numbers) != list(range(len(numbers))):
        faults.append(f"gap:{name}")
    sections = sorted(written, key=lambda section: section[0])
    raw = "".join(value for _, value, _ in sections)
    label = ""
    if sections[0][2] and sections[0][1].count("'") >= 2:
        label, _, rest = sections[0][1].split("'", 2)
        sections[0] = (sections[0][0], rest, True)
    data = bytearray()
    for _, value, encoded in sections:
        data += _octets(value) if encoded else value.encode("utf-8")
    text = _decoded(bytes(data), label, faults)
    # Some clients cut an RFC 2047 word into sections instead of encoding it by RFC 2231.
    return Parameter(name, header_text(text) if has_encoded_word(text) else text, raw, extended=True)


def _conflicts(found: list[Parameter]) -> list[str]:
    """Name the parameters whose readings differ."""
    first: dict[str, str] = {}
    return [
        f"conflict:{parameter.name}"
        for parameter in found
        if first.setdefault(parameter.name, parameter.value) != parameter.value
    ]
