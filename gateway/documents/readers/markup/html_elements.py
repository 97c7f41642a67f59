"""State of the open elements of a page and of the tables around them."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.documents.readers.markup.html_selectors import Node
from gateway.documents.readers.markup.html_style import Look
from gateway.model import Role

_WIDEST = 100
"""Columns that a cell takes at most, and in which cells go down."""


@dataclass(slots=True)
class Element:
    """An open element."""

    tag: str
    look: Look
    role: Role | None
    table: tuple[int, int, int] | None
    """Table number, row and column that text in this element belongs to."""
    node: Node | None = None
    after: str = ""
    """Words that a style sheet puts behind what is in it."""
    painted: bool = False
    """Has a colour of its own behind it, and nothing in it so far."""
    parted: str = ""
    """Separation of its words from those around it."""
    items: int = 0
    """Number of the last item of a list."""
    number: int = 0
    """Of all elements."""
    closed: Look | None = None
    """Look of a summary whose details are not shown."""


@dataclass(slots=True)
class Table:
    """A table and the cell that was opened last."""

    number: int
    row: int = 0
    column: int = 0
    """Last column of the cell."""
    covered: dict[int, int] = field(default_factory=dict)
    """Last row that a cell above goes down to, by column."""

    def open_row(self) -> None:
        """Begin the next row."""
        self.row, self.column = self.row + 1, 0

    def open_cell(self, wide: int, high: int) -> int:
        """Return the column of the next cell, beside those that go down from the rows above."""
        column = self.column + 1
        while self.covered.get(column, 0) >= max(self.row, 1):
            column += 1
        self.column = column + max(min(wide, _WIDEST), 1) - 1
        if high > 1 and self.column <= _WIDEST:
            self.covered.update(dict.fromkeys(range(column, self.column + 1), self.row + high - 1))
        return column
