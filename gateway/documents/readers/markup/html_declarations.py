"""Declarations of CSS and the values that a browser works out: `calc()` (CSS Values 4, section 10), and where animations come to rest (CSS Animations 1)."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from gateway.documents.readers.markup.html_selectors import unescaped
from gateway.documents.readers.markup.html_style import INHERITED, parse_colour

COMMENT: Final = re.compile(r"/\*.*?(?:\*/|$)|<!--|-->", re.DOTALL)
_ANIMATION: Final = re.compile(r"@(?:-\w+-)?keyframes\s+[\"']?([^\s\"']{1,100})", re.IGNORECASE)
_ENDS: Final = (
    re.compile(r"\bfrom\b|(?<![\d.])0(?:\.0*)?%", re.IGNORECASE),
    re.compile(r"\bto\b|\b100(?:\.0*)?%", re.IGNORECASE),
)
_HELD: Final = re.compile(r"\b(forwards|both|infinite)\b|\bpaused\b|(?<![\d.])\d{3,9}(?:\.\d*)?s\b", re.IGNORECASE)
"""An animation that comes to rest in its last frame, or does not leave its first one: stopped, or of minutes."""
_TERM = r"(?<![\d.])(-?(?:\d++(?:\.\d++)?|\.\d++))([a-z%]{0,5}+)"
_PRODUCT, _SUM = re.compile(rf"{_TERM}\s*([*/])\s*{_TERM}"), re.compile(rf"{_TERM}\s+([-+])\s+{_TERM}")
_OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
_MOST_NESTED = 10
_INNERMOST = re.compile(r"(?:\bcalc|(?<![\w-]))\(([^()]{0,200})\)", re.IGNORECASE)


class Declarations(NamedTuple):
    """Property to value, as written and marked `!important`."""

    usual: Mapping[str, str]
    important: Mapping[str, str]


@lru_cache(maxsize=4096)
def parse_declarations(text: str) -> Declarations:
    """Return the declarations of a list that mean something; later ones win."""
    usual: dict[str, str] = {}
    important: dict[str, str] = {}
    for item in (COMMENT.sub(" ", text) if "/*" in text else text).split(";"):
        name, colon, value = item.partition(":")
        if not colon:
            continue
        name, value = unescaped(name), value.strip()
        value = value if '"' in value or "'" in value else unescaped(value)
        target = usual
        if value.lower().endswith("!important"):
            value, target = value[:-10].strip(), important
        name = name.strip()
        name = name if name.startswith("--") else name.lower()
        if _means_something(name, value):
            put(target, name, value)
    return Declarations(usual, important)


def put(target: dict[str, str], name: str, value: str) -> None:
    """Set a property as the last one: `font` after `font-family` means something else than before it."""
    target.pop(name, None)
    target[name] = value


def _means_something(name: str, value: str) -> bool:
    """Return whether a browser knows the value; of two declarations the known one applies."""
    if name == "color":
        lower = value.lower()
        return lower in INHERITED or "(" in lower or parse_colour(lower) is not None
    return bool(value)


class Motion:
    """Animations of the style sheets of a page."""

    def __init__(self) -> None:
        self._frames: dict[str, list[Mapping[str, str]]] = {}
        """Declarations of the first and of the last frame, by name."""

    def add(self, prelude: str, body: str) -> None:
        """Take a rule, if it is an animation."""
        if (name := _ANIMATION.match(prelude)) is not None:
            frames = [frame.rpartition("{") for frame in body.split("}")]
            ends = (";".join(style for at, _, style in frames if end.search(at)) for end in _ENDS)
            self._frames[name[1]] = [parse_declarations(style).usual for style in ends]

    def at_rest(self, declarations: Mapping[str, str]) -> dict[str, str]:
        """Return what the frame says in which an element stays, nothing where it comes back to what it is."""
        values = (value for name, value in declarations.items() if name.startswith(("animation", "-webkit-animation")))
        animation = " ".join(values) if self._frames else ""
        if (held := _HELD.search(animation)) is None:
            return {}
        which = held[1] is not None
        shown = (self._frames[name][which] for name in re.split(r"[\s,]+", animation) if name in self._frames)
        return {name: value for frame in shown for name, value in frame.items()}


def worked_out(value: str) -> str:
    """Return a value with its `calc()` done, but for sums of different units (CSS Values 4, section 10)."""
    before = ""
    for _ in range(_MOST_NESTED):
        if value == before:
            break
        before, value = value, _INNERMOST.sub(_done, value)
    return value


def _done(calculation: re.Match[str]) -> str:
    text = calculation[1].strip()
    for operation in (_PRODUCT, _SUM):
        before = ""
        while text != before:
            before, text = text, operation.sub(_result, text, count=1)
    return text if re.fullmatch(_TERM, text) else calculation[0]


def _result(operation: re.Match[str]) -> str:
    left, unit, sign, right, other = operation.groups()
    if unit != other if sign in "+-" else unit and other if sign == "*" else other or not float(right):
        return operation[0]
    return f"{_OPERATIONS[sign](float(left), float(right)):.4f}{unit or other}"
