"""State of the open elements of a page and of the tables around them."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.documents.readers.markup.html_selectors import Node
from gateway.documents.readers.markup.html_style import Look
from gateway.model import Role


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
