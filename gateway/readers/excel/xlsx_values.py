"""What a cell shows for its value: number formats and formulas, as far as letters are concerned (ECMA-376 Part 1 §18.8.30).

Numbers need not look exactly as in Excel; words must not be lost. A format's literals are shown around the value, dates
are written day first, and a format whose section is empty hides the value.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r'"([^"]*)"|\\(.)|_.|\*.|\[([^\]]*)\]|(General)|([#0?.,%]+(?:[eE][+-]0+)?)|(@)|(.)', re.DOTALL
)
_DATE: Final = re.compile(r"[dyhsDYHS]|[mM]{1,5}")
_LITERAL: Final = re.compile(r'"((?:[^"]|"")*)"|\b(?:UNICHAR|CHAR)\s*\(\s*(\d{1,7})\s*\)', re.IGNORECASE)
_JOINED: Final = re.compile(r"\s*&\s*")
_BEGINNING: Final = re.compile(r"(?:\w+:)?=\s*")
_COMPARED: Final = re.compile(r"[=<>]\s*$")
_COMPARING: Final = re.compile(r"\s*[=<>]")
_DDE: Final = re.compile(r"(?i)^\s*[=+\-@]?\s*[\w.]+\s*\|\s*'?[^!]*!|\bDDE(?:AUTO)?\b")
_FETCH: Final = re.compile(r"(?i)\b(WEBSERVICE|RTD|REGISTER\.ID|CALL)\s*\(")
_LIMIT: Final = 1 << 16
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial date has no time zone
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001


_COLOUR: Final = re.compile(r"\[(black|blue|cyan|green|magenta|red|white|yellow)\]", re.IGNORECASE)
_COLOURS: Final = {
    "black": "000000", "blue": "0000FF", "cyan": "00FFFF", "green": "00FF00", "magenta": "FF00FF", "red": "FF0000",
    "white": "FFFFFF", "yellow": "FFFF00",
}  # fmt: skip


class _Section(NamedTuple):
    before: str
    after: str
    shows_value: bool
    date: bool
    time: bool
    percent: bool


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
    index = 0 if number > 0 or len(sections) < 2 else (1 if number < 0 else min(2, len(sections) - 1))
    if number == 0 and len(sections) < 3:
        index = 0
    return _shown(_number_words(number, value, sections[index], since_1904=since_1904), sections[index])


def show_text(value: str, code: str) -> Shown:
    """Return what a text shows under a format code: the fourth section, or the only one when it has an `@`."""
    if not code or code in {"General", "@"}:
        return Shown(value)
    sections = _sections(code)
    if len(sections) >= 4:
        return _shown(value, sections[3])
    if len(sections) == 1 and "@" in code:
        return _shown(value, sections[0])
    return Shown(value)


@lru_cache(maxsize=4096)
def text_colour(code: str) -> str | None:
    """Return the colour that a format code gives texts, from the section that they are shown by; None when it gives none."""
    parts = _split(code[:4096])
    part = parts[3] if len(parts) >= 4 else parts[0] if len(parts) == 1 and "@" in code else ""
    found = _COLOUR.search(part)
    return _COLOURS[found[1].lower()] if found else None


def _shown(value: str, section: _Section) -> Shown:
    text = section.before + (value if section.shows_value else "") + section.after
    return Shown(text or value, hidden=not text.strip())


def _number_words(number: float, value: str, section: _Section, *, since_1904: bool) -> str:
    if section.date or section.time:
        try:
            moment = (_EPOCH_1904 if since_1904 else _EPOCH) + timedelta(days=number)
        except (OverflowError, ValueError):
            return value
        pattern = " ".join(part for part, wanted in (("%d/%m/%Y", section.date), ("%H:%M", section.time)) if wanted)
        return moment.strftime(pattern) if moment.year >= 1000 else value
    if section.percent:
        return f"{_plain(repr(number * 100))}%"
    return _plain(value)


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
    before: list[str] = []
    after: list[str] = []
    shows = date = time = percent = False
    for match in _TOKEN.finditer(code):
        quoted, escaped, bracket, general, digits, text, other = match.groups()
        literal = quoted if quoted is not None else escaped
        if bracket is not None:
            if bracket.startswith("$"):
                literal = bracket[1:].partition("-")[0]
            elif bracket.lower() in {"h", "hh", "m", "mm", "s", "ss"}:
                shows = time = True
        if general or text:
            shows = True
        elif digits is not None:
            shows = True
            percent = percent or "%" in digits
        elif other is not None:
            if other in "dDyY":
                shows = date = True
            elif other in "hHsS":
                shows = time = True
            elif other in "mM":
                shows = True
                date = date or not time
            else:
                literal = other
        if literal:
            (after if shows else before).append(literal)
    words_before, words_after = "".join(before), "".join(after)
    if date or time:
        # Separators inside a date are no words.
        words_after = words_after if any(letter.isalpha() for letter in words_after) else ""
    return _Section(words_before, words_after, shows, date, time, percent)


def formula_words(formula: str) -> str:
    """Return the literals of a formula, letters made by UNICHAR and CHAR among them.

    The first line has them all joined in order, as a formula that hides a word would join them. When some are arguments
    of their own, as the words that HYPERLINK shows for an address, each of these follows in a line; what the formula
    only compares with it never shows.
    """
    formula = formula[:_LIMIT]
    words: list[str] = []
    lines: list[str] = []
    end, parted = 0, False
    for match in _LITERAL.finditer(formula):
        literal, number = match.groups()
        word = literal.replace('""', '"') if literal is not None else chr(int(number)) if int(number) < 0x110000 else ""
        between = formula[end : match.start()]
        words.append(word)
        if lines and _JOINED.fullmatch(between):
            lines[-1] += word
        else:
            parted = parted or bool(lines)
            compared = _COMPARED.search(between) or _COMPARING.match(formula, match.end())
            lines.append("" if compared and not _BEGINNING.fullmatch(between) else word)
        end = match.end()
    joined = "".join(words)
    return "\n".join(dict.fromkeys((joined, *filter(None, lines)))) if parted else joined


def formula_kind(formula: str) -> str | None:
    """Return the kind of active content that a formula is, None for a harmless one."""
    if ("|" in formula or "DDE" in formula.upper()) and _DDE.search(formula[:_LIMIT]):
        return "dde"
    return "external-object" if "(" in formula and _FETCH.search(formula[:_LIMIT]) else None
