"""Source locations in a directory file: line and column of a mailbox or one of its keys, found only for faults.

A file of 200,000 mailboxes is read by fast parsers that keep no positions; the place of a fault is looked up afterwards.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Protocol

from gateway.errors import ConfigError
from gateway.yaml import values
from gateway.yaml.values import Value, at_offset

Step = str | int


class Places(Protocol):
    """Finds lines and columns (from 1) in one source."""

    def find(self, path: tuple[Step, ...]) -> tuple[int, int]:
        """Return the place of a value, or of the nearest thing around it; (0, 0) when unknown."""


class YamlPlaces:
    """Places in YAML, which the careful reader notes; it reads the text when the first fault asks for a place."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _read(self) -> tuple[Value, values.Places] | None:
        try:
            return values.parse_values(self._text.encode("utf-8", "replace"), path="")
        except ConfigError:
            return None

    def find(self, path: tuple[Step, ...]) -> tuple[int, int]:
        """Return the place of a value, or of the nearest thing around it."""
        if self._read is None:
            return 0, 0
        root, places = self._read
        return places.find(root, path, of_key=True)


class JsonPlaces:
    """Places in JSON: the array is stepped through by the decoder, so the millionth entry is found in no time."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._reached: dict[int, tuple[int, int]] = {}
        """By the place of an array: the entry that was last found in it, and where it begins."""

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
        line, column = at_offset(self._text, start)
        within = YamlPlaces(self._text[start:end]).find(path[2:])  # JSON is YAML, and one entry is short
        if within <= (1, 1):
            return line, column
        return line + within[0] - 1, within[1] + (column - 1 if within[0] == 1 else 0)

    def _entry(self, array: int, number: int) -> tuple[int, int]:
        """Return where an entry of the array begins and ends."""
        decoder = json.JSONDecoder()
        first, position = self._reached.get(array, (0, self._text.find("[", array) + 1))
        if first > number:
            first, position = 0, self._text.find("[", array) + 1
        start = position
        for _ in range(first, number + 1):
            match = re.compile(r"[\s,]*").match(self._text, position)
            start = match.end() if match else position
            try:
                position = decoder.raw_decode(self._text, start)[1]
            except json.JSONDecodeError:
                break
        self._reached[array] = (number, start)
        return start, max(position, start)
