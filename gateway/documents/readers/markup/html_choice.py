"""Selection lists of which a page shows one option (HTML Standard §4.10.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_WITHIN: Final = frozenset({"option", "optgroup", "hr"})
"""Elements that neither end such a list nor are shown in it as they are elsewhere."""
_WRITTEN: Final = frozenset({"", "text", "search", "email", "tel", "url", "number", "date"})
"""Types of `input` whose value is written in them."""


def shown_input(attributes: Mapping[str, str]) -> str:
    """Return what an `input` shows among the words: the value that is written in it, or its box, ticked or not."""
    kind = attributes.get("type", "").lower()
    if kind in ("radio", "checkbox"):
        return " ☒ " if "checked" in attributes else " ☐ "
    return f" {attributes.get('value', '')} " if kind in _WRITTEN else ""


def is_offered(attributes: Mapping[str, str]) -> bool:
    """Return whether the value of an `input` is one of several on offer that was not chosen."""
    return attributes.get("type", "").lower() in ("radio", "checkbox") and "checked" not in attributes


class Choice:
    """The options of an open list, and which of them is shown: the last that is selected, else the first that can be."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.options: list[str] = []
        self._selected: int | None = None
        self._first: int | None = None

    @staticmethod
    def is_one(tag: str, attributes: Mapping[str, str]) -> bool:
        """Return whether an element is a list that shows a single option."""
        return tag == "select" and "multiple" not in attributes and attributes.get("size", "") in ("", "0", "1")

    @property
    def shown(self) -> int:
        """Number of the option that is shown."""
        return self._selected if self._selected is not None else self._first or 0

    def takes(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Take the start of an element; False where a browser ends the list, or may show more of it than one option."""
        if tag == "option":
            if "selected" in attributes:
                self._selected = len(self.options)
            elif self._first is None and "disabled" not in attributes:
                self._first = len(self.options)
            self.options.append("")
        return tag in _WITHIN and (tag == "option" or "disabled" not in attributes)

    def text(self, text: str) -> None:
        """Take text of the option that is open."""
        self.options[-1:] = ["".join((*self.options[-1:], text))]
