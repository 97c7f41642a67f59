"""The cascade of a page's style sheets: which declarations apply to an element, weak before strong (CSS Cascade 4).

Sheets of the page, inline declarations and the attributes of old HTML; `!important` and specificity decide. A page is
judged as a screen shows it: what only printers, narrow or dark screens get does not apply. Sheets from outside are not fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from gateway.documents.readers.base import ReadError
from gateway.documents.readers.markup.html_declarations import (
    COMMENT,
    Declarations,
    Motion,
    parse_declarations,
    put,
    worked_out,
)
from gateway.documents.readers.markup.html_selectors import (
    Matcher,
    Node,
    Selector,
    Specificity,
    listed,
    marks_of,
    parse_selectors,
    possible,
    unescaped,
)
from gateway.documents.readers.markup.html_shown import CUT
from gateway.model import ReadStatus

LIMIT_RULES: Final = 50_000
LIMIT_SHEET: Final = 8 << 20
"""Letters; pages saved with their fonts have millions."""

_LAYER: Final = re.compile(r"\s*layer\b(?:\(\s*([^()]{0,400}?)\s*\))?", re.IGNORECASE)
_EDGE: Final = re.compile(r"[{};]")
_GROUPS: Final = ("@media", "@supports", "@layer", "@container", "@document", "@scope")
_NOT_SHOWN: Final = re.compile(
    r"\bprint\b|\bnot\b|\bspeech\b|max-(?:device-)?width|width\s*<|color-scheme\s*:\s*dark|forced-colors|-ms-high-contrast"
)
_CONTENT: Final = re.compile(r"(?<![\w-])(?:content|(mso-(?:first-|even-)?(?:header|footer)-data))\s*:", re.IGNORECASE)
"""Words on the page, and the headers and footers of a sheet that Excel saved as a page."""
_HEADER_CODE: Final = re.compile(r"(&[LCR])|&(?:\"[^\"]{0,200}\"|K[0-9A-Fa-f]{6}|\d{1,3}|[A-Za-z&])")
_CONTENT_ITEM: Final = re.compile(
    r"\s*(?:\"((?:[^\"\\]|\\.)*+)\"|'((?:[^'\\]|\\.)*+)'|attr\(\s*([\w-]{1,100})[^)]{0,100}\)|[\w-]{1,40}(?:\([^()]{0,200}\))?)"
)
_INNER = r"\((?:[^()]++|\((?:[^()]++|\([^()]*+\))*+\))*+\)"
_NOT: Final = re.compile(f":not{_INNER}")
_PART: Final = re.compile(r"::?first-l|:(?:has|lang|dir|-webkit-any|-moz-any)\(|:nth-[a-z-]*child\([^()]*\bof\b")
"""Beginning of what is not resolved here: first letters, what depends on elements inside or on languages."""
_WHOLE_PART: Final = re.compile(rf"::?first-l[a-z]++|:[a-z-]++{_INNER}")
_CUT: Final = Declarations({CUT: "yes"}, {})
_HIDING: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:|opacity\s*:\s*0|font(?:-size)?\s*:\s*[01](?:p[xt]|r?em)?(?![.\d])|color\s*:\s*(?:transparent|#fff|white)"
)
_FAMILY: Final = re.compile(r"font-family\s*:\s*([^;}]{1,100})", re.IGNORECASE)
_MADE: Final = re.compile(r"(.*?)::?(before|after)", re.IGNORECASE | re.DOTALL)
"""An element whose beginning or end gets words."""
_IMPLIED: Final = ("*", "html", "head", "body", "tbody", "colgroup")
"""Elements that a page has without their tags."""
_FOUR_DIGITS: Final = re.compile(r"\\([0-9a-fA-F]{4})")
"""An escape as Excel writes it: always of four digits, whatever follows."""
_VARIABLE: Final = re.compile(r"var\(\s*(--[\w-]{1,100})\s*(?:,([^()]{0,200}))?\)")


_UNLAYERED: Final = 1 << 30
_Layer = tuple[int, ...]
"""Numbers of nested layers; what is in a layer and in none of its inner ones comes after those."""
_NO_LAYER: Final[_Layer] = (_UNLAYERED,)
_LIMIT_LAYERS: Final = 100
"""Layers one in another."""
_LIMIT_NESTED: Final = 20
"""Custom properties that are one in another."""
_LIMIT_PUT_IN: Final = 2000
"""Custom properties that are put into one value, long ones several times."""
_LIMIT_LETTERS: Final = 64 << 20
"""Letters of the values of a page that custom properties are put into, each of which costs `_LEAST`."""
_LEAST: Final = 64


class _Rule(NamedTuple):
    specificity: Specificity
    order: int
    selector: Selector
    declarations: Declarations
    layer: _Layer


class _Layers:
    """Cascade layers in the order of their first mention (CSS Cascade 5, section 6.4)."""

    def __init__(self) -> None:
        self._known: dict[_Layer, dict[str, int]] = {}
        self._nameless = 0
        self.too_deep = False
        """Some are deeper in each other than is looked at."""

    def inside(self, outer: _Layer, names: str) -> _Layer:
        """Return the layer of a name, parts joined by dots, inside another; an empty name is a layer of its own."""
        if not names:
            self._nameless += 1
            names = f" {self._nameless}"
        for name in names.split("."):
            if len(outer) > _LIMIT_LAYERS:
                self.too_deep = True
                break
            known = self._known.setdefault(outer, {})
            outer = (*outer[:-1], known.setdefault(name.strip(), len(known)), _UNLAYERED)
        return outer


class Sheet:
    """Rules of the style sheets of a page."""

    def __init__(self) -> None:
        self._rules: dict[str, list[_Rule]] = {}
        self._made: dict[str, dict[str, list[_Rule]]] = {"before": {}, "after": {}}
        self._quotes: list[str] = []
        self.own_fonts: list[tuple[str, str]] = []
        """Families whose fonts the page brings, and their declarations."""
        self._count = 0
        self._left_out = False
        self._matcher = Matcher()
        self._variables: dict[str, str] = {}
        self._put_in = 0
        self._letters = 0
        self._layers = _Layers()
        self._motion = Motion()
        self.contextual = False
        """Some rule asks for more than tag, class and identifier of the element itself."""
        self.looks_ahead = False
        """Some rule asks for elements behind the one that it styles."""
        self.numbers_by_letters = False
        """Some counter is written with letters."""
        self._generated: list[tuple[str, list[Selector]]] = []
        """Words that `content:` puts on the page, and for which elements; none when that is not known."""
        self._seen = set(_IMPLIED)
        """Tags, classes and identifiers of the page, without the case that old pages do not mind."""
        self.shown_attributes: set[str] = set()
        """Attributes whose values `content: attr()` puts on the page."""

    def add(self, text: str, conditions: Iterable[str] = (), page: frozenset[str] | None = None) -> None:
        """Add the rules of one sheet; each condition is that of a `media` attribute or of an `@import`.

        `page` are the `names_in` the page, by which rules for none of its elements are left out.
        """
        group = (True, _NO_LAYER)
        for condition in conditions:
            layered = _LAYER.match(condition)
            layer = self._layers.inside(group[1], layered[1] or "") if layered else group[1]
            group = (group[0] and _is_shown("@media" + condition[layered.end() if layered else 0 :].lower()), layer)
        for prelude, body, shown, layer in _rules(COMMENT.sub(" ", text[:LIMIT_SHEET]), self._layers, group):
            if prelude.lower().startswith("@font-face"):
                if "data:" in body:
                    family = _FAMILY.search(body)
                    self.own_fonts.append(((family[1] if family else "").strip(" \"'").lower(), body))
                continue
            asked = possible(prelude, page) if shown and page is not None else prelude
            try:
                if asked:
                    self._add(asked, body, layer, shown=shown)
            except ReadError:
                self._left_out = True

    def _add(self, prelude: str, body: str, layer: _Layer, *, shown: bool) -> None:
        if shown:
            self._motion.add(prelude, body)
        declarations = parse_declarations(body)
        if prelude.startswith("@property"):
            self._variables.setdefault(prelude[9:].strip(), declarations.usual.get("initial-value", ""))
        if shown and prelude[:1] != "@" and _HIDING.search(body) and ("{" in body or _PART.search(prelude)):
            for selector in parse_selectors(_widened(prelude)):
                self._keep(selector, _CUT, layer, self._rules)
        made = [found for one in listed(prelude) if (found := _MADE.fullmatch(one.strip()))] if shown else []
        asked = [(found[2].lower(), one) for found in made for one in parse_selectors(found[1].strip() or "*")]
        known = [one for _, one in asked] if len(asked) == len(made) else []
        self._generated += ((words, known) for words in self._words_in(body, letters=not made))
        if not shown or prelude.startswith("@"):
            return
        self._quotes = _strings_of(declarations.usual.get("quotes", "")) or self._quotes
        for side, selector in asked:
            self._keep(selector, declarations, layer, self._made[side])
        for name, value in declarations.usual.items() | declarations.important.items():
            if name.startswith("--"):
                self._variables[name] = value
        for one in listed(prelude):
            for selector in parse_selectors(one) if _PART.search(one) is None else ():
                self._keep(selector, declarations, layer, self._rules)

    def _keep(
        self, selector: Selector, declarations: Declarations, layer: _Layer, rules: dict[str, list[_Rule]]
    ) -> None:
        if self._count >= LIMIT_RULES:
            raise ReadError(ReadStatus.LIMIT, "html-styles")
        self._count += 1
        last = selector.parts[0]
        key = min(last.marks) if last.marks else last.tag
        rules.setdefault(key, []).append(_Rule(selector.specificity, self._count, selector, declarations, layer))
        self.contextual = self.contextual or not last.is_simple
        self.looks_ahead = self.looks_ahead or any(part.looks_ahead for part in selector.parts)

    def _words_in(self, declarations: str, *, letters: bool) -> Iterator[str]:
        """Yield the words of `content:`, which may be several strings in a row (CSS Generated Content 3).

        Words count by themselves, too: a margin may separate them from what follows. Single letters, unless
        `letters`, count only where the page puts them.
        """
        for start in _CONTENT.finditer(declarations):
            words: list[str] = []
            position = start.end()
            ahead = declarations[position : position + 400].partition(";")[0].lower()
            self.numbers_by_letters |= "counter" in ahead and any(kind in ahead for kind in ("alpha", "latin"))
            while item := _CONTENT_ITEM.match(declarations, position):
                position = item.end()
                string = item[1] or item[2] or ""
                words.append(unescaped(_FOUR_DIGITS.sub(r"\\\1 ", string) if start[1] else string))
                if item[3]:
                    self.shown_attributes.add(item[3].lower())
            said = "".join(words)
            if start[1]:
                said = _HEADER_CODE.sub(lambda code: "\n" if code[1] else "", said)
            if letters or len(said) > 1:
                yield from said.split("\n") if start[1] else [said]

    def generated(self) -> Iterator[str]:
        """Yield the words that style sheets put on the page, but those for elements of a kind that it has nowhere."""
        for words, asked in self._generated:
            lasts = [selector.parts[0] for selector in asked]
            if not asked or any({*map(str.lower, last.marks), last.tag} <= self._seen for last in lasts):
                yield words

    @property
    def is_partial(self) -> bool:
        """Whether some rules were left out, or elements not compared with them."""
        return self._left_out or self._layers.too_deep or self._matcher.steps_left < 0

    @property
    def makes_words(self) -> bool:
        """Whether some rule puts words before or behind an element."""
        return any(self._made.values())

    def made(self, node: Node) -> tuple[str, str]:
        """Return the words that style sheets put before and behind what is in an element."""
        self._seen.update(map(str.lower, node.marks), (node.tag,))
        return self._words(node, "before"), self._words(node, "after")

    def _words(self, node: Node, side: str) -> str:
        rules = self._matching(node, self._made[side])
        rules.sort(key=lambda rule: rule.layer)
        content = "open-quote" if side == "before" and node.tag == "q" else "close-quote" if node.tag == "q" else ""
        for weight in (0, 1):
            values = [value for rule in rules if (value := rule.declarations[weight].get("content")) is not None]
            content = values[-1] if values else content
        content = self._resolved(content, {})
        words: list[str] = []
        position = 0
        while item := _CONTENT_ITEM.match(content, position):
            position = item.end()
            if item[3]:
                fallback = "".join(_strings_of(item[0].partition(",")[2]))
                words.append(node.attributes.get(item[3].lower(), fallback))
            elif (kind := item[0].strip().lower()) in ("open-quote", "close-quote"):
                words += self._quotes[kind == "close-quote" :][:1]
            else:
                words.append(unescaped(item[1] or item[2] or ""))
        return "".join(words)

    def declarations(self, node: Node, attributes: Mapping[str, str], inline: str) -> dict[str, str]:
        """Return what applies to an element; `attributes` are the declarations of its attributes, the weakest of all."""
        rules = self._matching(node, self._rules)
        own = parse_declarations(inline) if inline else None
        for name, value in own.usual.items() if own and "--" in inline else ():
            if name.startswith("--"):
                self._variables.setdefault(name, value)
        if not rules and own is None:
            return dict(attributes)
        result = dict(attributes)
        for weight in (0, 1):
            # Of what is important the first layer wins, of all else the last.
            rules.sort(key=lambda rule: rule.layer, reverse=bool(weight))
            for source in (*(rule.declarations for rule in rules), *((own,) if own else ())):
                for name, value in source[weight].items():
                    put(result, name, value)
        result |= self._motion.at_rest(result)
        return {name: self._resolved(value, result) for name, value in result.items()}

    def _matching(self, node: Node, rules: dict[str, list[_Rule]]) -> list[_Rule]:
        if not rules or self._matcher.steps_left < 0:
            return []
        found = [
            rule
            for key in ("*", node.tag, *node.marks)
            for rule in rules.get(key, ())
            if self._matcher.fits(rule.selector, node)
        ]
        found.sort(key=lambda rule: rule[:2])
        return found

    def _resolved(self, value: str, own: Mapping[str, str], around: tuple[str, ...] = ()) -> str:
        """Put the values of custom properties in (CSS Variables 1), one a name; what refers to itself has none."""
        if not around:
            self._put_in = 0

        def put(match: re.Match[str]) -> str:
            name = match[1]
            meant = "" if name in around else own.get(name) or self._variables.get(name) or ""
            self._put_in += 1 + len(meant) // 4096
            if self._put_in > _LIMIT_PUT_IN or len(around) > _LIMIT_NESTED or self._letters > _LIMIT_LETTERS:
                self._left_out = True
                return ""
            result = self._resolved(meant, own, (*around, name)) if meant else (match[2] or "").strip()
            self._letters += _LEAST + len(result)
            return result

        before, times = "", 0
        while "var(" in value and value != before:
            times += 1
            if times > _LIMIT_NESTED:
                self._left_out = True
                break
            before, value = value, _VARIABLE.sub(put, value)
            self._letters += len(value)
        return worked_out(value) if "calc(" in value.lower() else value


def _strings_of(value: str) -> list[str]:
    return [unescaped(item[1] or item[2] or "") for item in _CONTENT_ITEM.finditer(value) if item[1] or item[2]]


def _widened(selectors: str) -> str:
    """Return selectors that hold for at least the elements of some of which a part is not resolved here."""
    without = _NOT.sub(lambda found: _any(found) if _PART.search(found[0]) else found[0], selectors)
    wide = _WHOLE_PART.sub(lambda found: _any(found) if _PART.match(found[0]) else found[0], without)
    return "*" if _PART.search(wide) else wide


def _any(found: re.Match[str]) -> str:
    """Return what holds for any element in place of a condition."""
    return "" if re.fullmatch(r"[\w\-)\]*]", found.string[max(0, found.start() - 1) : found.start()]) else "*"


def alone(tag: str, attributes: Mapping[str, str]) -> Node:
    """Return an element without its context, for sheets whose rules need no more."""
    return Node(tag, attributes, marks=marks_of(attributes))


def _rules(text: str, layers: _Layers, group: tuple[bool, _Layer]) -> Iterator[tuple[str, str, bool, _Layer]]:
    """Yield selector list, body, whether a screen shows it, and layer of every rule, those inside groups included."""
    groups = [group]
    start = 0
    edges = _EDGE.finditer(text)
    for edge in edges:
        prelude = text[start : edge.start()].strip()
        sign, start = edge[0], edge.end()
        if sign == "}":
            if len(groups) > 1:
                groups.pop()
            continue
        if sign == ";":
            if prelude.lower().startswith("@layer"):
                for name in prelude[6:4000].split(","):
                    layers.inside(groups[-1][1], name.strip())
            continue
        if prelude.lower().startswith(_GROUPS):
            shown, layer = groups[-1]
            if prelude.lower().startswith("@layer"):
                layer = layers.inside(layer, prelude[6:].strip())
            groups.append((shown and _is_shown(prelude.lower()), layer))
            continue
        end, inner = len(text), start
        depth = 1
        for other in edges:
            depth += (other[0] == "{") - (other[0] == "}")
            if not depth:
                end, start = other.start(), other.end()
                break
        else:
            start = len(text)
        yield prelude, text[inner:end], *groups[-1]


def _is_shown(prelude: str) -> bool:
    """Return whether a screen of usual width in usual colours gets what a group of rules says."""
    if not prelude.startswith("@media"):
        return True
    return any(_NOT_SHOWN.search(query) is None for query in prelude.removeprefix("@media").split(","))
