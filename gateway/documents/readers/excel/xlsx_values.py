"""Displayed text of a cell: number formats (ECMA-376 Part 1 §18.8.30).

Numbers need not look exactly as in Excel; words must not be lost. A format's letters stand where it puts them, and a format
whose section is empty hides the value.
"""

from __future__ import annotations

import operator
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]|(?P<general>General)'
    r"|(?P<number>[#0?.,%]+(?:[eE][+-]0+)?)|(?P<text>@)|(?P<half>AM/PM|A/P)|(?P<date>[dD]+|[mM]+|[yY]+|[hH]+|[sS]+)|(?P<other>.)",
    re.DOTALL,
)
_CONDITION: Final = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d{1,15}(?:\.\d{1,9})?)")
HOLDS: Final = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
    "!=": operator.ne,
}  # fmt: skip
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial date has no time zone
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001


_COLOUR: Final = re.compile(r"\[(black|blue|cyan|green|magenta|red|white|yellow)\]", re.IGNORECASE)
_COLOURS: Final = {
    "black": "000000", "blue": "0000FF", "cyan": "00FFFF", "green": "00FF00", "magenta": "FF00FF", "red": "FF0000",
    "white": "FFFFFF", "yellow": "FFFF00",
}  # fmt: skip


class _Token(NamedTuple):
    """A piece of a section: `literal`, `number`, `general`, `text`, `date` or `half` of the day, and its letters."""

    kind: str
    letters: str


class _Section(NamedTuple):
    tokens: tuple[_Token, ...]
    condition: tuple[str, float] | None = None
    plain: bool = False
    """A number and nothing else."""


class Shown(NamedTuple):
    """Text of a cell as shown."""

    text: str
    hidden: bool = False


def show_number(value: str, code: str, *, since_1904: bool = False) -> Shown:
    """Return what a number shows under a format code."""
    if not code or code == "General":
        return Shown(_plain(value))
    try:
        number = float(value)
    except ValueError:
        return Shown(value)
    sections = _sections(code)
    section = _section_of(number, sections)
    if section.plain and number > 0:
        return Shown(_plain(value))
    if len(sections) > 1 and number < 0 and section is not sections[0]:
        number, value = -number, value.strip().lstrip("-")
    return _shown(_number_words(number, value, section, since_1904=since_1904))


def format_words(code: str) -> list[str]:
    """Return the letters that each section of a format code may put beside any value, a month shown as M."""
    shown = (
        "".join(
            "M" if token.letters.lower() == "mmmmm" else token.letters if token.kind == "literal" else ""
            for token in one.tokens
        )
        for one in _sections(code)
    )
    return [words for words in shown if any(letter.isalpha() for letter in words)]


def show_text(value: str, code: str) -> Shown:
    """Return what a text shows under a format code: the fourth section, or the only one when it has an `@`."""
    if not code or code in {"General", "@"}:
        return Shown(value)
    sections = _sections(code)
    if len(sections) >= 4:
        return _shown(_text_words(value, sections[3]))
    if len(sections) == 1 and "@" in code:
        return _shown(_text_words(value, sections[0]))
    return Shown(value)


@lru_cache(maxsize=4096)
def text_colour(code: str) -> str | None:
    """Return the colour that a format code gives texts, from the section that they are shown by; None when it gives none."""
    parts = _split(code[:4096])
    part = parts[3] if len(parts) >= 4 else parts[0] if len(parts) == 1 and "@" in code else ""
    found = _COLOUR.search(part)
    return _COLOURS[found[1].lower()] if found else None


def _shown(text: str) -> Shown:
    return Shown(text, hidden=not text.strip())


def _section_of(number: float, sections: tuple[_Section, ...]) -> _Section:
    """Return the section that shows a number: by the conditions, or by its sign."""
    if sections[0].condition or (len(sections) > 1 and sections[1].condition):
        for one in sections[:3]:
            if one.condition is None or HOLDS[one.condition[0]](number, one.condition[1]):
                return one
        return sections[min(2, len(sections) - 1)]
    if number > 0 or len(sections) < 2 or (number == 0 and len(sections) < 3):
        return sections[0]
    return sections[1 if number < 0 else 2]


def _text_words(value: str, section: _Section) -> str:
    return "".join(
        value if token.kind in {"text", "general"} else token.letters if token.kind == "literal" else ""
        for token in section.tokens
    )


def _number_words(number: float, value: str, section: _Section, *, since_1904: bool) -> str:
    moment: datetime | None = None
    if any(token.kind in {"date", "half"} for token in section.tokens):
        try:
            moment = (_EPOCH_1904 if since_1904 else _EPOCH) + timedelta(days=number)
        except (OverflowError, ValueError):
            return value
    numbers = [position for position, token in enumerate(section.tokens) if token.kind == "number"]
    words: list[str] = []
    for position, (kind, letters) in enumerate(section.tokens):
        match kind:
            case "literal":
                words.append(letters)
            case "general" | "text":
                words.append(_plain(value))
            case "number":
                # Digits fill the places from the right; one group of places is enough to say them.
                if position == numbers[-1] and (number or letters.strip("#?,.")) and moment is None:
                    words.append(f"{_plain(repr(number * 100))}%" if "%" in letters else _plain(value))
                elif moment is not None:
                    words.append(letters.strip("0#?%"))
            case _:
                words.append(_moment_words(section.tokens, position, moment))
    return "".join(words)


def _moment_words(tokens: tuple[_Token, ...], position: int, moment: datetime | None) -> str:
    """Return what the letters of a date or time show, names in English."""
    if moment is None:
        return ""
    letters = tokens[position].letters
    if tokens[position].kind == "half":
        half = "AM" if moment.hour < 12 else "PM"
        return half if len(letters) > 3 else half[0]
    kind, length = letters[0].lower(), len(letters)
    match kind:
        case "y":
            return f"{moment.year:04}" if length > 2 else f"{moment.year % 100:02}"
        case "d" if length > 2:
            name = _DAYS[moment.weekday()]
            return name[:3] if length == 3 else name
        case "m" if not _is_minute(tokens, position):
            if length > 2:
                name = _MONTHS[moment.month - 1]
                return name[: {3: 3, 5: 1}.get(length, len(name))]
            value = moment.month
        case _:
            value = {"d": moment.day, "h": moment.hour, "m": moment.minute, "s": moment.second}[kind]
    return f"{value:02}" if length > 1 else str(value)


def _is_minute(tokens: tuple[_Token, ...], position: int) -> bool:
    """Return whether an `m` means minutes: after hours or before seconds (ECMA-376 Part 1 §18.8.31)."""
    before = [token.letters[0].lower() for token in tokens[:position] if token.kind == "date"]
    behind = [token.letters[0].lower() for token in tokens[position + 1 :] if token.kind == "date"]
    return len(tokens[position].letters) <= 2 and (before[-1:] == ["h"] or behind[:1] == ["s"])


def _plain(value: str) -> str:
    if len(value) < 12:
        return value.removesuffix(".0")
    try:
        return f"{float(value):.15g}"
    except ValueError:
        return value


@lru_cache(maxsize=4096)
def _sections(code: str) -> tuple[_Section, ...]:
    return tuple(_section(part) for part in _split(code[:4096]))


def _split(code: str) -> list[str]:
    parts: list[str] = []
    current: list[str] = []
    quoted = False
    for letter in code:
        if letter == '"':
            quoted = not quoted
        if letter == ";" and not quoted:
            parts.append("".join(current))
            current = []
        else:
            current.append(letter)
    return [*parts, "".join(current)]


def _section(code: str) -> _Section:
    tokens: list[_Token] = []
    condition: tuple[str, float] | None = None
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup
        if kind is None:
            continue  # a blank as wide as a letter, or a letter that fills the cell
        letters = match[kind]
        if kind == "bracket":
            if found := _CONDITION.fullmatch(letters.strip()):
                condition = found[1], float(found[2])
            elif letters.startswith("$"):
                tokens.append(_Token("literal", letters[1:].partition("-")[0]))
            elif letters.lower() in {"h", "hh", "m", "mm", "s", "ss"}:
                tokens.append(_Token("date", letters))
        else:
            tokens.append(_Token("literal" if kind in {"quoted", "escaped", "other"} else kind, letters))
    plain = len(tokens) == 1 and tokens[0].kind == "number" and "%" not in tokens[0].letters
    return _Section(tuple(tokens), condition, plain)
