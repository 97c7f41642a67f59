"""Where in a directory file something stands: line and column of a mailbox or one of its keys, found only for faults.

A file of 200,000 mailboxes is read by fast parsers that keep no positions; the place of a fault is looked up afterwards.
"""

from __future__ import annotations

import json
import re
from typing import Protocol

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

Step = str | int
_PATH = re.compile(r"\.([a-z_]+)|\[(\d+|\.\.\.)\]")


class Places(Protocol):
    """Finds lines and columns (from 1) in one source."""

    def find(self, path: tuple[Step, ...]) -> tuple[int, int]:
        """Return the place of a value, or of the nearest thing around it; (0, 0) when unknown."""


def at_offset(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of a character."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class YamlPlaces:
    """Places in YAML, by the marks of its nodes."""

    def __init__(self, text: str) -> None:
        try:
            self._root: Node | None = YAML(pure=True).compose(text)
        except YAMLError:
            self._root = None

    def find(self, path: tuple[Step, ...]) -> tuple[int, int]:
        """Return the place of a value, or of the nearest thing around it."""
        node = self._root
        if node is None:
            return 0, 0
        mark = node.start_mark
        for step in path:
            if isinstance(node, MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == step), None)
                if pair is None:
                    break
                mark, node = pair[0].start_mark, pair[1]
            elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                mark = node.start_mark
            else:
                break
        return mark.line + 1, mark.column + 1


class JsonPlaces:
    """Places in JSON: the array is stepped through by the decoder, so the millionth entry is found in no time."""

    def __init__(self, text: str) -> None:
        self._text = text

    def find(self, path: tuple[Step, ...]) -> tuple[int, int]:
        """Return the place of a key of an entry, or of the entry, or of the array."""
        if not path:
            return 1, 1
        head = re.search(rf'"{re.escape(str(path[0]))}"\s*:\s*', self._text)
        if head is None:
            return 1, 1
        if len(path) == 1 or not isinstance(path[1], int):
            return at_offset(self._text, head.start())
        start, end = self._entry(head.end(), path[1])
        key = next((step for step in reversed(path[2:]) if isinstance(step, str)), None)
        if key is not None:
            found = self._text.find(f'"{key}"', start, end)
            start = found if found >= 0 else start
        return at_offset(self._text, start)

    def _entry(self, array: int, number: int) -> tuple[int, int]:
        """Return where an entry of the array begins and ends."""
        decoder = json.JSONDecoder()
        position = start = self._text.find("[", array) + 1
        for _ in range(number + 1):
            match = re.compile(r"[\s,]*").match(self._text, position)
            start = match.end() if match else position
            try:
                position = decoder.raw_decode(self._text, start)[1]
            except json.JSONDecodeError:
                break
        return start, max(position, start)


def path_of(message: str) -> tuple[Step, ...]:
    """Return the path that a msgspec message ends with, ``... - at `$.mailboxes[3].address` ``."""
    _, _, place = message.rpartition("`$")
    return tuple(
        match[1] or (0 if match[2] == "..." else int(match[2]))
        for match in _PATH.finditer(place)
        if match[1] or match[2]
    )
