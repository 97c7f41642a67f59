"""What the lines around a hit say: a label and its value, a level over two lines, a broken title, a column of a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from gateway.text.mark_choice import begins_ticked, begins_with_empty_box
from gateway.text.mark_code import other_levels
from gateway.text.mark_hits import Hit, Look, Place, Strength
from gateway.text.mark_judge import SIBLINGS, ends_trapped, starts_trapped
from gateway.text.mark_labels import label_line
from gateway.text.mark_layout import Layout, Line
from gateway.text.mark_lines import is_item, stamp_line
from gateway.text.mark_pieces import cell_key, same_row
from gateway.text.mark_words import Level, Spelling, bare
from gateway.text.normal import canonical, run_together

Found = tuple[Line, Hit, tuple[str, ...]]
"""A line, what it says, and codes of how that was hidden."""
_ITEM: Final = re.compile(r"\s*(?P<quote>[\"'`])[^\n]*(?P=quote)\s*,\s*$")
"""One item of a list in code or data, whose comma is none of a sentence."""
_LEVELS: Final = frozenset({"mat", "toimat", "tuyetmat"})
_VALUES: Final = _LEVELS | frozenset({"thuong", "khongmat", "congkhai", "khongdongdau"})


def label_across(layout: Layout, line: Line, text: str) -> tuple[Hit | None, tuple[str, ...]]:
    """Read a label and its value from two lines or cells: "Độ mật:" and, next to it, "Tối mật"."""
    value = layout.adjacent(line.number, 1)
    label = text.rstrip()
    if value is None or len(label) > 60:
        return None, ()
    other = layout.line(value)
    same_block = other.block == line.block
    if not (
        label.endswith(":") or (line.place is other.place and line.place in (Place.CELL, Place.ASIDE, Place.PROPERTY))
    ):
        return None, ()
    if not same_block and not same_row(line.runs[0], other.runs[0]):
        return None, ()
    shown = canonical(other.text).text
    following = layout.adjacent(value, 1)
    if following is not None and run_together(layout.bare_line(following)) in SIBLINGS - {
        "khan",
        "hoatoc",
        "thuongkhan",
    }:
        return None, ()
    joined = label.rstrip(": ") + ": " + shown.strip()
    hit = label_line(joined, bare(joined), line.look)
    if hit is None or hit.strength is Strength.NOTED or hit.spelling is not Spelling.EXACT:
        return None, ()
    return hit, ("split-blocks",)


def with_lines_around(layout: Layout, line: Line, hit: Hit, look: Look, shown: str) -> Hit | None:
    """Join "TUYỆT" above "MẬT", drop the end of a broken title, and tell column heads and lists (S4, S9).

    `shown` is the line as it was read, whatever its letters are in the file.
    """
    above, below = layout.adjacent(line.number, -1), layout.adjacent(line.number, 1)
    upper = canonical(layout.lines[above]).text if above is not None else ""
    word = run_together(bare(upper))
    if hit.level is Level.MAT and word in ("tuyet", "toi") and (_close(layout, line.number, above) or look.stands_out):
        joined = stamp_line(f"{upper} {canonical(line.text).text}", look)
        if joined is not None and joined.level is not Level.MAT:
            hit = joined._replace(form="stamp-line")
            above = layout.adjacent(above, -1) if above is not None else None
            upper = canonical(layout.lines[above]).text if above is not None else ""
    if not look.stands_out and hit.strength.rank and line.place in (Place.BODY, Place.CELL, Place.ASIDE):
        item = _ITEM.match(upper)
        in_a_row = item is not None and shown.lstrip().startswith(item["quote"])
        if above is not None and not in_a_row and ends_trapped(upper) and layout.may_continue(line.number, above):
            return None
        if (
            below is not None
            and starts_trapped(canonical(layout.lines[below]).text)
            and layout.may_continue(line.number, below)
        ):
            return None
    if hit.form == "numbered-line" and hit.level is Level.MAT and _is_of_a_list(layout, line):
        return hit._replace(strength=Strength.NOTED, form="list")
    if hit.form == "literal":
        near = (bare(layout.lines[n][:2000]) for step in (-1, 1) for n in layout.beside(line.number, step, 3))
        return hit._replace(strength=Strength.NOTED, form="options") if other_levels(near, hit) else hit
    siblings = _siblings(layout, line)
    own = run_together(layout.bare_line(line.number))
    siblings.discard(own)
    capitals = "".join(c for c in shown if c.isalpha()).isupper()
    if len(siblings) >= (2 if capitals else 1) and not look.red:
        return hit._replace(strength=Strength.NOTED, form="list")
    return hit


def _is_of_a_list(layout: Layout, line: Line) -> bool:
    """Tell whether a line beside a numbered one is numbered too: sugar, honey, milk."""
    near = (layout.adjacent(line.number, step) for step in (-1, 1))
    return any(other is not None and is_item(canonical(layout.lines[other][:40]).text) for other in near)


def is_checklist(layout: Layout, line: Line) -> bool:
    """Tell whether another level beside a ticked one is ticked too: the points of a slide, not a choice."""
    near = [n for step in (-1, 1) for n in layout.beside(line.number, step, 3)]
    own = run_together(layout.bare_line(line.number))
    words = {n: run_together(layout.bare_line(n)) for n in near}
    return any(begins_ticked(layout.lines[n]) for n, word in words.items() if word in _LEVELS and word != own)


def without_list(found: Sequence[Found]) -> list[Found]:
    """Return what was found, numbered lines of several levels only noted: the headings of a text that treats them all."""
    levels = {hit.level for _, hit, _ in found if hit.form == "numbered-line"}
    if len(levels) < 2:
        return list(found)
    return [
        (line, hit._replace(strength=Strength.NOTED, form="list") if hit.form == "numbered-line" else hit, codes)
        for line, hit, codes in found
    ]


def beside_empty_boxes(layout: Layout, line: Line) -> bool:
    """Tell whether a line that begins with a black circle or square is the one of several options that is chosen."""
    near = [n for step in (-1, 1) for n in layout.beside(line.number, step, 3)]
    return any(begins_with_empty_box(canonical(layout.lines[n][:40]).text) for n in near)


def _siblings(layout: Layout, line: Line) -> set[str]:
    """Return the other levels and column heads that stand next to a line."""
    around = [*layout.neighbours(line.number, -1, 4), *layout.neighbours(line.number, 1, 4)]
    if line.place is not Place.CELL:
        words = {run_together(layout.bare_line(n)) for n in around}
        return words & (SIBLINGS - {"khan", "hoatoc", "thuongkhan", "stt", "cong"})
    own = cell_key(line.runs[0])
    found: set[str] = set()
    for number in around:
        word = run_together(layout.bare_line(number))
        other = cell_key(layout.line(number).runs[0]) if word in SIBLINGS else None
        if own is None or other is None or own[2] == other[2]:
            found.add(word)
        elif word in _LEVELS or own[1] == other[1]:
            # Below each other stand the values of a list; what heads a column belongs to its own row.
            found.update({word} & _VALUES)
    return found & SIBLINGS


def _close(layout: Layout, number: int, other: int | None) -> bool:
    """Tell whether two lines stand together on the page, as far as that is known."""
    if other is None or abs(other - number) > 2:
        return False
    first, second = layout.line(number).runs[0], layout.line(other).runs[0]
    return first.role is second.role and first.page == second.page
