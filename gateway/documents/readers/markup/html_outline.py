"""Pre-scan of a page for selectors that depend on later elements (Selectors 4, section 13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.documents.readers.markup.html_elements import Element
from gateway.documents.readers.markup.html_selectors import Node

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
"""Elements that hold nothing and have no end."""
_LIMIT_LEFT_OPEN = 200
"""Open elements among which an end tag looks for its own."""


def opened(stack: Sequence[_Open] | Sequence[Element], tag: str) -> int | None:
    """Return the position of the element that an end tag closes, None when it closes none."""
    lowest = max(0, len(stack) - _LIMIT_LEFT_OPEN) if tag not in VOID else len(stack) - 1
    return next((position for position in range(len(stack) - 1, lowest, -1) if stack[position].tag == tag), None)


@dataclass(slots=True)
class _Open:
    tag: str
    children: Counter[str] = field(default_factory=Counter)
    filled: bool = False


class Outline:
    """Parser target of lxml that counts children; afterwards it completes the same elements, asked in the same order."""

    def __init__(self) -> None:
        self._stack = [_Open("")]
        self._elements: list[tuple[str, _Open, _Open]] = []
        """Tag, parent and itself."""
        self._next = 0

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        """Open an element."""
        parent, opened = self._stack[-1], _Open(tag.lower())
        parent.children[opened.tag] += 1
        self._elements.append((opened.tag, parent, opened))
        if opened.tag not in VOID:
            self._stack.append(opened)

    def end(self, tag: str) -> None:
        """Close an element and those inside it that were left open."""
        if (position := opened(self._stack, tag.lower())) is not None:
            del self._stack[position:]

    def data(self, _text: str) -> None:
        """Take text."""
        self._stack[-1].filled = True

    def close(self) -> None:
        """End of the text."""

    def complete(self, node: Node) -> None:
        """Give the next element what is behind and inside it."""
        if self._next >= len(self._elements):
            return
        tag, parent, own = self._elements[self._next]
        self._next += 1
        node.siblings, node.siblings_of_type = parent.children.total(), parent.children[tag]
        node.empty = not (own.filled or own.children)
