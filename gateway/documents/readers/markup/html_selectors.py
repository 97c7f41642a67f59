"""CSS selectors against the elements that are open while a page streams by (Selectors 4).

What the style sheets of office and mail programs use: tags, classes, identifiers, attributes, the four combinators,
`:is`, `:where`, `:not`, `:root`, `:link` and the places among siblings, from either end. Those that ask for later elements
(`:last-child`) want a walk ahead, of `html_target`. What depends on the reader (`:hover`) never holds; pseudo-elements
are no elements. Hostile sheets meet bounds of length and steps.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from typing import Final, NamedTuple

from gateway.documents.readers.base import ReadError
from gateway.model import ReadStatus

LIMIT_COMPOUNDS: Final = 100
LIMIT_STEPS: Final = 3_000_000
"""Comparisons of an element with a part of a selector, for a whole page."""
_PASSED_OVER: Final = 8
"""Siblings that are passed over by their names in the time of one comparison."""

_TOKEN: Final = re.compile(
    r"(?P<tag>[a-zA-Z][\w-]*|\*)|(?P<mark>[.#](?:[\w\-\x80-\U0010ffff]|\\(?:[0-9a-fA-F]{1,6}\s?|.))++)"
    r"|\[\s*(?P<name>[\w:-]+)\s*(?:(?P<op>[~|^$*]?=)\s*(?:\"(?P<quoted>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[\w.-]+))\s*(?P<flag>[iIsS]?)\s*)?\]"
    r"|(?P<element>::[\w-]+|:(?:before|after|first-line|first-letter)\b)"
    r"|:(?P<pseudo>[\w-]+)(?:\((?P<argument>[^()]*(?:\([^()]*\)[^()]*)*)\))?"
    r"|\s*(?P<combinator>[>+~])\s*|(?P<blank>\s+)"
)
_LISTING: Final = re.compile(r"[,()\[\]]")
_ESCAPE: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n]?|(.))")
_NAME: Final = re.compile(r"[\w-]+")
_NAMED: Final = re.compile(r"[.#]([\w-]+)")
_OF_NAMES: Final = re.compile(r"[\w\s.#>+~*-]+(?:::?(?:before|after))?\s*")
_NTH: Final = re.compile(r"\s*(?:(?P<step>[+-]?\d{0,6})n)?\s*(?P<offset>[+-]?\s*\d{1,6})?\s*")
Specificity = tuple[int, int, int]


def unescaped(text: str) -> str:
    """Resolve the escapes of CSS (CSS Syntax 3, section 4.3.7)."""

    def letter(match: re.Match[str]) -> str:
        code = int(match[1], 16) if match[1] else 0
        return match[2] if not match[1] else chr(code) if 0 < code < 0x110000 else "\ufffd"

    return _ESCAPE.sub(letter, text) if "\\" in text else text


class Attribute(NamedTuple):
    """`[name op value]`."""

    name: str
    operator: str
    value: str
    folded: bool = False
    """Small letters and capitals are the same."""

    def holds(self, attributes: Mapping[str, str]) -> bool:
        """Return whether an element's attributes fit."""
        found = attributes.get(self.name)
        if found is None:
            return False
        found = found.lower() if self.folded else found
        match self.operator:
            case "":
                return True
            case "=":
                return found == self.value
            case "~=":
                return self.value in found.split()
            case "|=":
                return found == self.value or found.startswith(f"{self.value}-")
            case "^=":
                return bool(self.value) and found.startswith(self.value)
            case "$=":
                return bool(self.value) and found.endswith(self.value)
            case _:
                return bool(self.value) and self.value in found


class Counted(NamedTuple):
    """`:nth-child(an+b)`, `:nth-last-child(an+b)` and the same by type."""

    step: int
    offset: int
    by_type: bool
    from_end: bool = False

    def holds(self, node: Node) -> bool:
        """Return whether the number of an element among its siblings fits; never where those behind it were not counted."""
        number = node.number_of_type if self.by_type else node.number
        if self.from_end:
            siblings = node.siblings_of_type if self.by_type else node.siblings
            if not siblings:
                return False
            number = siblings - number + 1
        distance = number - self.offset
        return distance == 0 if not self.step else distance % self.step == 0 and distance // self.step >= 0


@dataclass(slots=True, eq=False)
class Compound:
    """Conditions on one element; each is equal to itself alone."""

    tag: str = "*"
    marks: frozenset[str] = frozenset()
    """Classes with `.`, identifiers with `#`."""
    attributes: tuple[Attribute, ...] = ()
    counted: tuple[Counted, ...] = ()
    any_of: tuple[tuple[Compound, ...], ...] = ()
    none_of: tuple[Compound, ...] = ()
    is_root: bool = False
    is_empty: bool = False
    combinator: str = ""
    """Combinator with the part to its left: blank, `>`, `+`, `~`; empty for the leftmost."""

    @property
    def is_simple(self) -> bool:
        """Whether tag, class and identifier of the element alone decide."""
        asked = (self.attributes, self.counted, self.any_of, self.none_of, self.is_root, self.is_empty, self.combinator)
        return not any(asked)

    @property
    def looks_ahead(self) -> bool:
        """Whether elements behind the one asked for, or inside it, decide."""
        inner = (*self.none_of, *(each for choice in self.any_of for each in choice))
        return self.is_empty or any(each.from_end for each in self.counted) or any(each.looks_ahead for each in inner)


@dataclass(slots=True)
class Node:
    """An element as selectors see it."""

    tag: str
    attributes: Mapping[str, str]
    parent: Node | None = None
    number: int = 1
    number_of_type: int = 1
    siblings: int = 0
    """Children of its parent, itself included; 0 where the parser did not look ahead. The same by type below."""
    siblings_of_type: int = 0
    empty: bool = False
    """Known to hold neither elements nor text."""
    marks: frozenset[str] = frozenset()
    children: list[Node] = field(default_factory=list)
    """Those so far."""
    known: set[str] = field(default_factory=set)
    """Their classes and identifiers."""
    types: Counter[str] = field(default_factory=Counter)
    followed: dict[Compound, tuple[int | None, int]] = field(default_factory=dict)
    """By the selector before a `~`: the number of the first child that fits, and how many were asked."""

    def child(self, tag: str, attributes: Mapping[str, str]) -> Node:
        """Return a new element inside this one."""
        self.types[tag] += 1
        if self.children:
            self.children[-1].children = []  # nothing asks for those inside a sibling
        node = Node(tag, attributes, self, len(self.children) + 1, self.types[tag], marks=marks_of(attributes))
        self.children.append(node)
        self.known |= node.marks
        return node

    @property
    def nearest(self) -> Node | None:
        """The sibling before it."""
        return self.parent.children[self.number - 2] if self.parent is not None and self.number > 1 else None


def marks_of(attributes: Mapping[str, str]) -> frozenset[str]:
    """Return classes and identifier of an element, with their signs."""
    marks = {f".{name}" for name in attributes.get("class", "").split()}
    if identifier := attributes.get("id", "").strip():
        marks.add(f"#{identifier}")
    return frozenset(marks)


class Selector(NamedTuple):
    """A complex selector, rightmost part first."""

    parts: tuple[Compound, ...]
    specificity: Specificity


class Matcher:
    """Matches selectors against elements, within the steps that a page may take."""

    def __init__(self) -> None:
        self.steps_left = LIMIT_STEPS
        """Comparisons still allowed."""

    def fits(self, selector: Selector, node: Node) -> bool:
        """Return whether a selector fits an element; never, once the steps are used up."""
        return self._fits(selector.parts, 0, node)

    def _fits(self, parts: tuple[Compound, ...], position: int, node: Node) -> bool:
        if not self._is(parts[position], node):
            return False
        match parts[position].combinator:
            case "":
                return True
            case ">":
                return node.parent is not None and self._fits(parts, position + 1, node.parent)
            case "+":
                nearest = node.nearest
                return nearest is not None and self._fits(parts, position + 1, nearest)
            case "~":
                return self._follows(parts, position + 1, node)
            case _:
                above = node.parent
                while above is not None and self.steps_left >= 0:
                    if self._fits(parts, position + 1, above):
                        return True
                    above = above.parent
                return False

    def _follows(self, parts: tuple[Compound, ...], position: int, node: Node) -> bool:
        above, asked = node.parent, parts[position]
        if above is None or not asked.marks <= above.known or not (asked.tag == "*" or above.types[asked.tag]):
            return False
        first, looked = above.followed.get(asked, (None, 0))
        while first is None and looked < node.number - 1:
            other = above.children[looked]
            looked += 1
            self.steps_left -= not looked % _PASSED_OVER
            named = asked.marks <= other.marks and asked.tag in ("*", other.tag)
            if named and self._fits(parts, position, other):
                first = other.number
            if self.steps_left < 0:
                return False
        above.followed[asked] = first, looked
        return first is not None and first < node.number

    def _is(self, part: Compound, node: Node) -> bool:
        self.steps_left -= 1
        if self.steps_left < 0:
            return False
        return (
            part.tag in ("*", node.tag)
            and part.marks <= node.marks
            and all(attribute.holds(node.attributes) for attribute in part.attributes)
            and all(each.holds(node) for each in part.counted)
            and not any(self._is(other, node) for other in part.none_of)
            and all(any(self._is(other, node) for other in choice) for choice in part.any_of)
            and (not part.is_root or node.tag == "html")
            and (not part.is_empty or node.empty)
        )


@lru_cache(maxsize=4096)
def parse_selectors(text: str) -> tuple[Selector, ...]:
    """Return the selectors of a list; those that can never hold, or are not understood, are left out.

    LIMIT `html-styles` for one of more elements than any honest one names.
    """
    return tuple(selector for one in listed(text) if (selector := _parse(one)) is not None)


def names_in(page: str) -> frozenset[str]:
    """Return whatever may be a class or an identifier in a page, in small letters."""
    return frozenset(_NAME.findall(unescape(page.replace("\0", "")).lower()))


def possible(selectors: str, page: frozenset[str]) -> str:
    """Return those of a list that may hold for an element of a page, by the classes and identifiers that they name."""
    return ",".join(
        one
        for one in listed(selectors)
        if _OF_NAMES.fullmatch(one) is None or page.issuperset(_NAMED.findall(one.lower()))
    )


def listed(text: str) -> list[str]:
    """Split a list of selectors at the commas outside brackets."""
    pieces: list[str] = []
    depth = start = 0
    for sign in _LISTING.finditer(text):
        depth += (sign[0] in "([") - (sign[0] in ")]")
        if sign[0] == "," and depth <= 0:
            pieces.append(text[start : sign.start()])
            start = sign.end()
    return [*pieces, text[start:]]


def _parse(text: str, *, simple: bool = False) -> Selector | None:
    parts: list[Compound] = []
    current, ids, classes, tags = Compound(), 0, 0, 0
    position, text = 0, text.strip()
    if not text:
        return None
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match["element"]:
            return None
        if len(parts) >= LIMIT_COMPOUNDS:
            raise ReadError(ReadStatus.LIMIT, "html-styles")
        position = match.end()
        if combinator := match["combinator"] or (" " if match["blank"] else ""):
            if simple:
                return None
            parts.append(current)
            current = Compound(combinator=combinator)
            continue
        if match["pseudo"]:
            added = _pseudo(current, match["pseudo"].lower(), match["argument"] or "")
            if added is None:
                return None
            ids, classes, tags = ids + added[0], classes + added[1], tags + added[2]
        elif match["tag"]:
            current.tag = match["tag"].lower()
            tags += match["tag"] != "*"
        elif match["mark"]:
            current.marks |= {unescaped(match["mark"])}
            ids, classes = ids + (match["mark"][0] == "#"), classes + (match["mark"][0] == ".")
        else:
            value = match["quoted"] or match["single"] or match["bare"] or ""
            folded = match["flag"] in ("i", "I")
            value = value.lower() if folded else value
            current.attributes += (Attribute(match["name"].lower(), match["op"] or "", value, folded),)
            classes += 1
    parts.append(current)
    return Selector(tuple(reversed(parts)), (ids, classes, tags))


def _pseudo(part: Compound, name: str, argument: str) -> Specificity | None:
    """Put a pseudo-class into a part; None when it never holds here."""
    by_type = name.endswith("-of-type")
    match name:
        case "root" | "scope":
            part.is_root = True
        case "defined" | "read-only":
            pass  # as all elements of a page are, but fields to be filled in
        case "link" | "any-link":
            part.attributes += (Attribute("href", "", ""),)
        case "empty":
            part.is_empty = True
        case "first-child" | "first-of-type" | "last-child" | "last-of-type":
            part.counted += (Counted(0, 1, by_type, name.startswith("last")),)
        case "only-child" | "only-of-type":
            part.counted += (Counted(0, 1, by_type), Counted(0, 1, by_type, from_end=True))
        case "nth-child" | "nth-of-type" | "nth-last-child" | "nth-last-of-type":
            counted = _nth(argument.lower(), by_type=by_type)
            if counted is None:
                return None
            part.counted += (counted._replace(from_end="last" in name),)
        case "is" | "where" | "matches" | "not":
            inner = [selector for one in listed(argument) if (selector := _parse(one, simple=True)) is not None]
            if name == "not":
                part.none_of += tuple(selector.parts[0] for selector in inner)
            elif inner:
                part.any_of += (tuple(selector.parts[0] for selector in inner),)
            else:
                return None
            return (
                (0, 0, 0) if name == "where" else max((selector.specificity for selector in inner), default=(0, 0, 0))
            )
        case _:
            return None
    return (0, 1, 0)


def _nth(argument: str, *, by_type: bool) -> Counted | None:
    words = {"odd": "2n+1", "even": "2n"}
    match = _NTH.fullmatch(words.get(argument.strip(), argument))
    if match is None or not argument.strip():
        return None
    step = match["step"]
    offset = int(re.sub(r"\s", "", match["offset"] or "0"))
    return Counted(0 if step is None else int(f"{step}1" if step in ("", "+", "-") else step), offset, by_type)
