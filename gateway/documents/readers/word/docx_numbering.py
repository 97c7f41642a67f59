"""List labels of Word, counted as Word counts them (ECMA-376 Part 1 §17.9): "Điều 3.", "a)", "TUYỆT MẬT 1".

Bullets give no label: they are symbols, not letters.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from gateway.documents.readers.base import remembered
from gateway.documents.readers.numerals import numeral, speaks, whole
from gateway.documents.readers.ooxml.xml import NAMES, Element, clark
from gateway.documents.readers.word.docx_format import VAL, parse_run_properties

_ABSTRACT, _NUM, _LEVEL = clark("w:abstractNumId"), clark("w:numId"), clark("w:ilvl")
_PLACEHOLDER: Final = re.compile(r"%([1-9])")


class Label(NamedTuple):
    """Label of a list paragraph."""

    text: str
    properties: dict[str, Any]
    """Run properties of the level."""


class _Level(NamedTuple):
    template: str
    kind: str
    start: int
    properties: dict[str, Any]
    suffix: str


_NONE: Final = _Level("", "none", 1, {}, "")


class Numbering:
    """The numbering part of a document and the counters of its lists."""

    def __init__(self, root: Element | None) -> None:
        self._abstract: dict[str, Element] = {}
        self._instances: dict[str, tuple[str, dict[int, Element], dict[int, int]]] = {}
        self._style_links: dict[str, str] = {}
        self._level = remembered(self._load_level)
        self._counters: dict[str, list[int | None]] = {}
        self._started: set[tuple[str, int]] = set()
        for element in root if root is not None else ():
            match NAMES[element.tag]:
                case "w:abstractNum":
                    identifier = element.get(_ABSTRACT, "")
                    self._abstract[identifier] = element
                    for link in element.iterchildren(clark("w:styleLink")):
                        self._style_links[link.get(VAL, "")] = identifier
                case "w:num":
                    self._load_instance(element)
                case _:
                    continue

    def _load_instance(self, element: Element) -> None:
        levels: dict[int, Element] = {}
        starts: dict[int, int] = {}
        for override in element.iterchildren(clark("w:lvlOverride")):
            level = whole(override.get(_LEVEL), 0)
            for setting in override.iterchildren(clark("w:lvl")):
                levels[level] = setting
            for setting in override.iterchildren(clark("w:startOverride")):
                starts[level] = whole(setting.get(VAL), 1)
        abstract = element.find(_ABSTRACT)
        named = "" if abstract is None else abstract.get(VAL, "")
        self._instances[element.get(_NUM, "")] = (named, levels, starts)

    def label(self, number: str, level: str) -> Label | None:
        """Count one paragraph of list `number` at `level`, and return its label; None without letters or digits."""
        instance = self._instances.get(number)
        depth = whole(level, 0)
        if instance is None or not 0 <= depth <= 8:
            return None
        abstract, _, starts = instance
        abstract = self._followed(abstract)
        counters = self._counters.setdefault(abstract, [None] * 9)
        if depth in starts and (number, depth) not in self._started:
            self._started.add((number, depth))
            counters[depth] = starts[depth]
        else:
            before = counters[depth]
            counters[depth] = self._level(number, depth).start if before is None else before + 1
        for deeper in range(depth + 1, 9):
            counters[deeper] = None
        definition = self._level(number, depth)
        if definition.kind in {"bullet", "none"} and not speaks(definition.template):
            return None
        text = _PLACEHOLDER.sub(
            lambda match: self._shown(number, int(match.group(1)) - 1, counters), definition.template
        )
        return Label(text + definition.suffix, definition.properties) if text else None

    def _shown(self, number: str, level: int, counters: list[int | None]) -> str:
        definition = self._level(number, level)
        value = counters[level]
        return numeral(definition.start if value is None else value, definition.kind)

    def _followed(self, abstract: str) -> str:
        """The abstract list that a style link leads to (§17.9.21), at most one step."""
        element = self._abstract.get(abstract)
        link = None if element is None else element.find(clark("w:numStyleLink"))
        return abstract if link is None else self._style_links.get(link.get(VAL, ""), abstract)

    def _load_level(self, number: str, level: int) -> _Level:
        abstract, overrides, _ = self._instances[number]
        element = overrides.get(level)
        if element is None:
            for child in self._abstract.get(self._followed(abstract), ()):
                if NAMES[child.tag] == "w:lvl" and whole(child.get(_LEVEL), 0) == level:
                    element = child
        if element is None:
            return _NONE
        found = {NAMES[child.tag]: child for child in element}
        value = {name: child.get(VAL) for name, child in found.items()}
        properties = parse_run_properties(found["w:rPr"]) if "w:rPr" in found else {}
        suffix = {"space": " ", "nothing": ""}.get(value.get("w:suff") or "tab", "\t")
        start = whole(value.get("w:start"))
        return _Level(value.get("w:lvlText") or "", value.get("w:numFmt") or "decimal", start, properties, suffix)
