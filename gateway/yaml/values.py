"""YAML 1.2 text to plain values and their places, from ruamel.yaml's parser events, bounded in every direction.

The core schema of YAML 1.2 only: `no`, `on` and `off` are strings, keys are always strings, dates are strings. Tags are
refused, so a file can never name a Python type. Aliases and `<<` work; what they repeat counts again towards the limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from gateway.errors import ConfigError, Fault
from gateway.texts import catalogue as words
from gateway.texts.catalogue import product_texts

Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | float | bool | None"

LIMIT_NODES = 500_000
"""Values in a file, counted again wherever an alias repeats them."""
LIMIT_ALIASES = 200
LIMIT_DEPTH = 40

# YAML 1.2.2 §10.3.2, the core schema.
_CONSTANTS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]{1,18}\Z")
_BASED = re.compile(r"0(?:o[0-7]{1,20}|x[0-9a-fA-F]{1,16})\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,20}|[0-9]{1,20}(?:\.[0-9]{0,20}|(?=[eE])))(?:[eE][-+]?[0-9]{1,3})?\Z")


@dataclass
class Places:
    """Positions of the values of a file; lines and columns from 1."""

    _keys: dict[int, dict[str | int, tuple[int, int]]] = field(default_factory=dict)
    _values: dict[int, dict[str | int, tuple[int, int]]] = field(default_factory=dict)

    def note(self, container: object, key: str | int, key_place: tuple[int, int], value_place: tuple[int, int]) -> None:
        """Remember the place of an entry of a container."""
        self._keys.setdefault(id(container), {})[key] = key_place
        self._values.setdefault(id(container), {})[key] = value_place

    def key(self, container: object, key: str | int) -> tuple[int, int] | None:
        """Return the place of a key, None when the entry was never noted."""
        return self._keys.get(id(container), {}).get(key)

    def forget(self, container: dict[str, Value] | list[Value], key: str | int) -> None:
        """Take an entry out of a container; later entries of a list keep their places in the file."""
        for table in (self._keys.get(id(container), {}), self._values.get(id(container), {})):
            if isinstance(key, int):
                for number in range(key, len(container) - 1):
                    if number + 1 in table:
                        table[number] = table[number + 1]
            else:
                table.pop(key, None)
        del container[key]  # type: ignore[arg-type]

    def find(self, root: Value, location: Iterable[str | int], *, of_key: bool = False) -> tuple[int, int]:
        """Return the place of a value (or of its key), or of the nearest enclosing entry that the file has.

        Elements that are not in the file (pydantic's union tags) are skipped.
        """
        node, container, last = root, None, None
        place = (1, 1)
        for element in location:
            inside = (isinstance(node, dict) and element in node) or (
                isinstance(node, list) and isinstance(element, int) and 0 <= element < len(node)
            )
            if not inside:
                continue
            container, last = node, element
            place = self._values.get(id(node), {}).get(element, place)
            node = node[element]  # type: ignore[index]
        if of_key and container is not None and last is not None:
            return self.key(container, last) or place
        return place


def parse_values(octets: bytes, *, path: str) -> tuple[Value, Places]:
    """Return the plain values of a YAML (or JSON) file and their places; ConfigError on syntax, duplicates and limits."""
    text = decoded(octets, path=path)
    builder = _Builder(path)
    try:
        value = builder.build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        raise ConfigError(_syntax_fault(error, text, path)) from None
    except ReaderError as error:
        found = f"U+{ord(text[error.position]):04X}" if error.position < len(text) else "-"
        place = at_offset(text, error.position)
        raise ConfigError(Fault(say("file.character", character=found), path, *place)) from None
    except YAMLError as error:
        raise ConfigError(Fault(say("file.syntax", problem=str(error).splitlines()[0]), path, 1, 1)) from None
    if builder.faults:
        raise ConfigError(*builder.faults)
    return value, builder.places


def decoded(octets: bytes, *, path: str) -> str:
    """Return the text of a file without its byte order mark; ConfigError when it is not UTF-8."""
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()  # of what follows the mark
        raise ConfigError(Fault(say("file.not_utf8"), path, *at_offset(before, len(before)))) from None


def at_offset(text: str, position: int) -> tuple[int, int]:
    """Return line and column of a character, from 1."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


class _Builder:
    """Builds plain values from parser events with an explicit stack, so that depth costs no recursion."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.places = Places()
        self.faults: list[Fault] = []
        self._anchors: dict[str, tuple[Value, int]] = {}
        self._nodes = 0
        self._aliases = 0

    def build(self, events: Iterable[Any]) -> Value:
        """Return the value of the only document; faults that leave a value gather in `faults`."""
        root: Value = None
        documents = 0
        # One frame a container: the container, the pending key with its place, its anchor, nodes counted before it.
        stack: list[_Frame] = []
        for event in events:
            place = (event.start_mark.line + 1, event.start_mark.column + 1) if event.start_mark else (1, 1)
            match event:
                case DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise ConfigError(Fault(say("file.several_documents"), self.path, *place))
                case MappingStartEvent() | SequenceStartEvent():
                    self._count(1, place)
                    self._refuse_tag(event, place)
                    if len(stack) >= LIMIT_DEPTH:
                        raise ConfigError(Fault(say("file.depth", limit=LIMIT_DEPTH), self.path, *place))
                    container: dict[str, Value] | list[Value] = {} if isinstance(event, MappingStartEvent) else []
                    if stack:
                        self._add(stack[-1], container, place)
                    else:
                        root = container
                    stack.append(_Frame(container, event.anchor, self._nodes))
                case MappingEndEvent() | SequenceEndEvent():
                    frame = stack.pop()
                    if isinstance(frame.container, dict) and "<<" in frame.container:
                        self._merge(frame.container)
                    if frame.anchor:
                        self._anchors[frame.anchor] = (frame.container, self._nodes - frame.nodes_before + 1)
                case ScalarEvent():
                    self._count(1, place)
                    self._refuse_tag(event, place)
                    text = self._characters(event.value, place)
                    if stack and stack[-1].wants_key:
                        stack[-1].take_key(text, place)
                        continue
                    value = _scalar(text) if event.style is None or event.style == "" else text
                    if event.anchor:
                        self._anchors[event.anchor] = (value, 1)
                    if stack:
                        self._add(stack[-1], value, place)
                    else:
                        root = value
                case AliasEvent():
                    aliased = self._alias(event.anchor, place)
                    if stack:
                        self._add(stack[-1], aliased, place)
                case _:
                    pass
        return root

    def _count(self, nodes: int, place: tuple[int, int]) -> None:
        self._nodes += nodes
        if self._nodes > LIMIT_NODES:
            raise ConfigError(Fault(say("file.nodes", limit=LIMIT_NODES), self.path, *place))

    def _refuse_tag(self, event: Any, place: tuple[int, int]) -> None:
        tag = getattr(event, "tag", None)
        if tag and str(tag) != "!":
            self.faults.append(Fault(say("file.tag", tag=printable(str(tag))), self.path, *place))

    def _characters(self, text: str, place: tuple[int, int]) -> str:
        """Join the pairs of surrogates that JSON escapes beyond U+FFFF are written as; one alone is no character."""
        try:
            return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self.faults.append(Fault(say("file.surrogate"), self.path, *place))
            return ""

    def _alias(self, name: str, place: tuple[int, int]) -> Value:
        self._aliases += 1
        if self._aliases > LIMIT_ALIASES:
            raise ConfigError(Fault(say("file.aliases", limit=LIMIT_ALIASES), self.path, *place))
        if name not in self._anchors:  # unknown, or still open: a value cannot contain itself
            self.faults.append(Fault(say("file.unknown_alias", name=printable(name)), self.path, *place))
            return None
        value, nodes = self._anchors[name]
        self._count(nodes, place)
        return value

    def _add(self, frame: _Frame, value: Value, place: tuple[int, int]) -> None:
        container = frame.container
        if frame.wants_key:
            self.faults.append(Fault(say("file.complex_key"), self.path, *place))
            frame.take_key("", place)
            return
        if isinstance(container, list):
            self.places.note(container, len(container), place, place)
            container.append(value)
            return
        key, key_place = frame.pop_key()
        if key in container:
            line = (self.places.key(container, key) or (0, 0))[0]
            self.faults.append(Fault(say("file.duplicate", key=printable(key), line=line), self.path, *key_place))
            return
        # A block that begins on a later line is best shown by its key.
        self.places.note(container, key, key_place, place if place[0] == key_place[0] else key_place)
        container[key] = value

    def _merge(self, container: dict[str, Value]) -> None:
        """Fill in what `<<` refers to; keys beside it win."""
        place = self.places.key(container, "<<") or (1, 1)
        merged = container.pop("<<")
        for source in merged if isinstance(merged, list) else [merged]:
            if not isinstance(source, dict):
                self.faults.append(Fault(say("file.merge"), self.path, *place))
                return
            self._count(len(source), place)
            for key, value in source.items():
                if key not in container:
                    container[key] = value
                    self.places.note(container, key, place, place)


class _Frame:
    """A container that is being built."""

    __slots__ = ("_key", "_key_place", "anchor", "container", "nodes_before")

    def __init__(self, container: dict[str, Value] | list[Value], anchor: str | None, nodes: int) -> None:
        self.container = container
        self.anchor = anchor
        self.nodes_before = nodes
        self._key: str | None = None
        self._key_place = (1, 1)

    @property
    def wants_key(self) -> bool:
        """Return whether the next node of this mapping is a key."""
        return isinstance(self.container, dict) and self._key is None

    def take_key(self, key: str, place: tuple[int, int]) -> None:
        """Remember the key whose value comes next."""
        self._key, self._key_place = key, place

    def pop_key(self) -> tuple[str, tuple[int, int]]:
        """Return the pending key and its place."""
        key = self._key or ""
        self._key = None
        return key, self._key_place


def _scalar(text: str) -> Value:
    """Resolve a plain scalar by the core schema; numbers too long for the schema stay strings."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INT.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.match(text):
        return float(text)
    return text


def _syntax_fault(error: MarkedYAMLError, text: str, path: str) -> Fault:
    problem = str(error.problem or error.context or "invalid")
    # An open quote is noticed at the end of the file, a missing colon on the next line: their beginnings help.
    at_end = "end of stream" in problem and error.context_mark is not None
    begun = at_end or (error.context_mark is not None and "could not find expected ':'" in problem)
    mark = error.context_mark if begun else error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if at_end or "<stream end>" in problem:
        return Fault(say("file.syntax_quote" if at_end else "file.syntax_bracket"), path, line, column)
    near = text.splitlines()[max(0, line - 2) : line]
    if "\\t" in problem or "\t" in problem or any(one.lstrip(" ").startswith("\N{NO-BREAK SPACE}") for one in near):
        return Fault(say("file.syntax_tab"), path, line, column)
    for found, key in _SYNTAX:
        if match := found.search(problem):
            return Fault(say(f"file.{key}", **match.groupdict()), path, line, column)
    return Fault(say("file.syntax", problem=printable(problem)), path, line, column)


_SYNTAX = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        ("mapping values are not allowed", "syntax_colon"),
        ("could not find expected ':'", "syntax_no_colon"),
        ("found character '(?P<character>.)' that cannot start", "syntax_first_character"),
        ("expected alphabetic or numeric|expected chomping or indentation", "syntax_sign"),
        ("unknown escape character|escape sequence", "syntax_escape"),
        ("expected ',' or|expected the node content", "syntax_flow"),
        ("<block end>, but found '<scalar>'", "syntax_trailing"),
        ("<block end>, but found|sequence entries are not allowed", "syntax_indent"),
    )
)
"""Messages of ruamel.yaml and the key of our words for them; the first that matches is used."""


# --- words ---------------------------------------------------------------------------------------------------------


def has_text(name: str) -> bool:
    """Return whether there are words of that name, `group.name`."""
    group, _, key = name.partition(".")
    return key in product_texts("yaml").get(group, {})


def pair(name: str, /, **fields: object) -> tuple[str, str]:
    """Return a text of `gateway/texts/yaml.toml` in Vietnamese and English with its fields filled."""
    return words.pair("yaml", *name.split(".", 1), **fields)


def say(name: str, /, **fields: object) -> str:
    """Return both languages of a text in one line."""
    return words.both("yaml", *name.split(".", 1), **fields)


def printable(text: str, limit: int = 60) -> str:
    """Return text from a file fit for a terminal: no control or format characters, cut to `limit` characters."""
    clean = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
