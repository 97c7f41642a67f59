"""Rows and cells of OpenDocument tables, through groups and repetitions (ODF 1.3 Part 3 §9.1)."""

from __future__ import annotations

from gateway.documents.readers.numerals import whole
from gateway.documents.readers.ooxml.xml import NAMES, Element


def flat_rows(parent: Element, wanted: set[str]) -> list[Element]:
    """Return the rows or cells below, groups opened, nested tables not."""
    found = []
    stack = list(reversed(parent))
    while stack:
        element = stack.pop()
        name = NAMES[element.tag]
        if name in wanted:
            found.append(element)
        elif name.startswith("table:table-") and name not in {"table:table-cell", "table:table-row"}:
            stack.extend(reversed(element))
    return found


def repeat_count(value: str | None) -> int:
    """Return a repetition count, 1 when it is absent or nonsense."""
    return min(1 << 20, whole(value, 1))


def is_blank(cell: Element) -> bool:
    """Return whether a cell has no words."""
    return not any(text.strip() for text in cell.itertext())
