"""Context of a hit in the lines around it: a label and its value, a level over two lines, a broken title, a column of a list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from gateway.model import Run
from gateway.vietnamese.marks.alone import around_line, belongs_to_head, heads_an_article, is_closed, is_of_a_letter
from gateway.vietnamese.marks.choice import begins_with_empty_box
from gateway.vietnamese.marks.code import names_goods, other_levels
from gateway.vietnamese.marks.hits import Hit, Look, Place, Strength, most_severe
from gateway.vietnamese.marks.judge import SIBLINGS, ends_sentence_before, ends_trapped, starts_trapped
from gateway.vietnamese.marks.labels import has_label, label_line
from gateway.vietnamese.marks.layout import Box, Layout, Line, cell_key
from gateway.vietnamese.marks.lines import stamp_line
from gateway.vietnamese.marks.lists import (
    BEHIND_MAT,
    begins_phrase,
    begins_with_noun,
    is_another_word,
    is_box_of_goods,
    is_in_column,
    is_of_a_list,
    is_ticked_in_table,
    names_people,
    option_at,
    siblings,
    word_before,
)
from gateway.vietnamese.marks.pieces import is_in_line, same_row
from gateway.vietnamese.marks.titled import may_be_titled, titled, titled_across
from gateway.vietnamese.marks.titles import HEADLINE
from gateway.vietnamese.marks.words import Level, Spelling, bare
from gateway.vietnamese.normal import canonical, run_together

_LONE_LABEL: Final = re.compile(r"\W*(?:muc |cap )?do (?:bao |bi )?mat\W*")
_IS_LABEL: Final = re.compile(r"[^\n.,;!?]{1,40}")
"""Label and value in lines of their own, as a page that shows them in columns is pasted, and as forms of web pages are printed."""
_NAMES_STAMP: Final = re.compile(r"(?<!\w)(?:(?:đóng|dấu|chữ|độ)(?:\s+(?:TUYỆT|TỐI))?)\s*$")
"""Last words of a line whose sentence goes on with the name of a stamp in capitals."""
_BROKEN: Final = re.compile(r"(?<![a-z])(?:bao|bi)[^a-z]{0,2}$")
"""Last words of a line that breaks within BẢO MẬT or BÍ MẬT."""
_SYLLABLES: Final = ("bao", "bi")
"""All that a line says above MẬT which is one word with it, in any format: a phrase of which each word is a line."""
_BRACKETS: Final = re.compile(r"\s*\([^()]{1,20}\)\s*(?P<rest>\S)")
_ENDS_SENTENCE: Final = re.compile(r"[.,;]\s*$")
_ENUMERATES: Final = re.compile(r"(?:[,;/]|(?<![a-z])(?:va|hoac|hay))\s*(?:(?:tuyet|toi)\W*)?$")
_LISTS: Final = re.compile(r"mat\s*[,;/]\s*(?:va |hoac )?(?:tuyet|toi)\W*$")
"""A list of levels that breaks within one: "Tuyệt mật, Tối"."""
_NEXT_LEVEL: Final = re.compile(r"\W*(?:(?:tuyet|toi)\s+)?mat(?:\W*$|\s*[.,;/]|\s+(?:va|hoac|hay)(?![a-z]))")
"""End of a line that breaks within an enumeration of levels, and beginning of the line below, where it goes on."""
_URGENCY: Final = {"khan", "hoatoc", "thuongkhan"}
_WORD: Final = 6
_SENTENCE: Final = 30
"""Letters from which on a line is one of a sentence."""
_GAPS: Final = re.compile(r"[ \xa0]*[|\t]\s*|[ \xa0]{2,}")
_RULE: Final = re.compile(r"[\s|+:=_\-\u2500-\u257f]*")
_LONGEST_ROW: Final = 200
"""What parts the columns of a table in plain text, a line that is a rule of it, and letters of its head."""
_EMPTY: Final = 2
"""Empty cells below the head of a column that may be merged with it."""
_ROW, _PITCH, _REACH = 3.0, 2.5, 12.0
"""Heights of a head within which the row below it begins, distances of these two in which another row may follow, and
heights in which both are looked for."""
LABEL: Final = 60
"""Letters of the longest line that may be a label."""
_ITEM: Final = re.compile(r"\s*(?P<quote>[\"'`])[^\n]*(?P=quote)\s*,\s*$")
"""One item of a list in code or data, whose comma is none of a sentence."""


def headed(layout: Layout, line: Line, text: str) -> Hit | None:
    """Read the label at the head of a column of a table with the one value below it: a form; several values are a register."""
    if len(text) > _LONGEST_ROW or not has_label(bare(text)):
        return None
    own = cell_key(line.runs[0])
    if own is None and line.runs[0].bbox_pt is None:
        return _headed_in_text(layout, line)
    if len(text) > LABEL:
        return None
    if own is not None:
        value, other = _column_of_table(layout, *own)
    else:
        value, other = _column_on_page(layout, line.runs[-1])
    if value is None or other is not None:
        return None
    hit = _labelled(text, canonical(layout.lines[value]), line.look)
    return hit._replace(strength=Strength.SUSPECTED) if hit is not None and hit.strength.rank else None


def _headed_in_text(layout: Layout, line: Line) -> Hit | None:
    """Read the head of a column of a table in plain text with the value below it: `| Số | Độ mật |` over `| 12 | Mật |`."""
    below = [n for n in layout.beside(line.number, 1, 3) if not _RULE.fullmatch(layout.lines[n])]
    heads, *rows = (_GAPS.split(layout.lines[n].strip(" \t|")) for n in (line.number, *below[:2]))
    if len(heads) < 2 or [len(row) == len(heads) for row in rows] not in ([True], [True, False]):
        return None
    hits = (_labelled(canonical(head), canonical(value), line.look) for head, value in zip(heads, rows[0], strict=True))
    hit = most_severe(hit for hit in hits if hit is not None and hit.strength.rank)
    return hit._replace(strength=Strength.SUSPECTED) if hit is not None else None


def _column_of_table(layout: Layout, table: str, column: int, row: int) -> tuple[int | None, int | None]:
    """Return the next cell with words below one, which may be merged with empty ones, and that in the next row or so far below."""
    downs = [down for down in range(1, 2 * _EMPTY + 2) if (table, column, row + down) in layout.cells]
    if not downs or downs[0] > _EMPTY + 1:
        return None, None
    value, *others = (layout.cells[table, column, row + down] for down in downs)
    return value, others[0] if others and downs[1] <= 2 * downs[0] else None


def _column_on_page(layout: Layout, head: Run) -> tuple[int | None, int | None]:
    """Return the next two lines below the head of a column that no rules enclose; none where nothing is beside head or value."""
    if head.bbox_pt is None:
        return None, None
    left, top, right, bottom = head.bbox_pt
    reach = replace(head, bbox_pt=(left, top, right, bottom + _REACH * (bottom - top)))
    boxes = {n: box for n in layout.at_height_of(reach) if (box := layout.line(n).runs[0].bbox_pt) is not None}
    column = sorted((box[1], n) for n, box in boxes.items() if box[1] >= bottom and box[0] < right and left < box[2])
    if not column or column[0][0] > bottom + _ROW * (bottom - top):
        return None, None
    (start, value), *others = column
    if not all(_has_cells_beside(row, boxes.values()) for row in (head.bbox_pt, boxes[value])):
        return None, None
    rows = (n for at, n in others if at - start < _PITCH * (start - top))
    return value, next((n for n in rows if _has_cells_beside(boxes[n], boxes.values())), None)


def _has_cells_beside(row: Box, boxes: Iterable[Box]) -> bool:
    """Return whether other words are at the height of words, neither above nor below them."""
    return any(row[1] < box[3] and box[1] < row[3] and not (box[0] < row[2] and row[0] < box[2]) for box in boxes)


def valued(layout: Layout, line: Line, text: str) -> Hit | None:
    """Read a level in small letters, the last cell of a row, with the label in the cell before it: Phân loại | Mật."""
    sheet, column, row = cell_key(line.runs[0]) or ("", 0, 0)
    before = (layout.cells.get((sheet, column - back, row)) for back in range(1, _EMPTY + 2))
    label = next((number for number in before if number is not None), None)
    if label is None or len(layout.lines[label]) > LABEL or (sheet, column + 1, row) in layout.cells:
        return None
    hit = _labelled(canonical(layout.lines[label]), text, line.look)
    return hit if hit is not None and hit.strength.rank else None


def _labelled(label: str, value: str, look: Look) -> Hit | None:
    joined = f"{label.strip().rstrip(': ')}: {value.strip()}"
    return label_line(joined, bare(joined), look)


def label_across(layout: Layout, line: Line, text: str) -> tuple[Hit | None, tuple[str, ...]]:
    """Read a label and its value from two lines or cells: "Độ mật:" and, next to it, "Tối mật"."""
    label = text.rstrip()
    if len(label) > LABEL:
        return None, ()
    across = _across(layout, line) if line.runs[-1].bbox_pt is not None and has_label(bare(label)) else None
    value = across if across is not None else layout.adjacent(line.number, 1)
    if value is None:
        return None, ()
    other = layout.line(value)
    same_block = other.block == line.block
    below = across is None and line.place is other.place and is_in_line(line.runs[-1], other.runs[0])
    lone = below and _LONE_LABEL.fullmatch(bare(label)) is not None
    if not (
        label.endswith(":")
        or lone
        or (
            line.place is other.place
            and (line.place in (Place.CELL, Place.ASIDE, Place.PROPERTY) or _on_one_line(line.runs[-1], other.runs[0]))
        )
    ):
        return None, ()
    own, its = cell_key(line.runs[0]), cell_key(other.runs[0])
    if not (same_block or (own is not None and own == its) or same_row(line.runs[0], other.runs[0])):
        return None, ()
    shown = canonical(other.text)
    following = layout.adjacent(value, 1)
    if following is not None and is_in_line(other.runs[0], layout.line(following).runs[0]):
        word, box = option_at(layout, following), begins_with_empty_box(layout.lines[following])
        if word in SIBLINGS - _URGENCY or (box and not word):
            return None, ()
    hit = _labelled(label, shown, line.look)
    if hit is None or hit.strength is Strength.NOTED or hit.spelling is not Spelling.EXACT:
        return None, ()
    if lone and line.place is Place.BODY and not label.endswith(":"):
        lower = layout.lines[following].strip() if following is not None else ""
        ends = not lower and line.runs[-1].bbox_pt is None
        if not (ends or _IS_LABEL.fullmatch(lower) or belongs_to_head(bare(lower))):
            return None, ()  # the heading of a text that says what each level is
        hit = hit._replace(strength=min(hit.strength, Strength.SUSPECTED, key=lambda strength: strength.rank))
    return hit, ("split-blocks",)


def _across(layout: Layout, line: Line) -> int | None:
    """Return the nearest line to the right of one on its page, in whatever order columns were read; None beside several levels."""
    near = layout.at_height_of(line.runs[-1])
    right = [n for n in sorted(near) if _on_one_line(line.runs[-1], layout.line(n).runs[0])]
    if sum(run_together(layout.bare_line(n)) in SIBLINGS for n in right) > 1:
        return None
    return min(right, key=lambda n: (layout.line(n).runs[0].bbox_pt or (0.0,))[0], default=None)


def _on_one_line(left: Run, right: Run) -> bool:
    """Return whether words are to the right of others on one line of a page: cells of a sheet that is printed without rules."""
    one, other = left.bbox_pt, right.bbox_pt
    if one is None or other is None or left.page != right.page:
        return False
    return one[2] < other[0] and other[1] < one[3] and one[1] < other[3]


def goes_on_in_brackets(layout: Layout, line: Line, shown: str) -> bool:
    """Return whether a level in round brackets goes on with the sentence of the line above: "... và Confidential", "(Mật). Đối với"."""
    above = layout.adjacent(line.number, -1)
    found = _BRACKETS.match(shown)
    if found is None or above is None or not layout.adjoins(line.number, above):
        return False
    upper = layout.lines[above].rstrip()
    prose = len(upper) >= _SENTENCE and not upper.isupper() and not is_closed(layout.bare_line(above))
    return prose and (found["rest"] in tuple(".,;:") or found["rest"].islower())


def unbroken(layout: Layout, line: Line, hit: Hit, text: str) -> Hit | None:
    """Return what a label says with the line below it, where an enumeration of levels goes on there."""
    below = layout.adjacent(line.number, 1)
    if below is None or _ENUMERATES.search(bare(text)) is None:
        return hit
    lower = canonical(layout.lines[below])
    if _NEXT_LEVEL.match(bare(lower)) is None:
        return hit
    whole = f"{text.rstrip()} {lower}"
    return label_line(whole, bare(whole), line.look)


def with_lines_around(layout: Layout, line: Line, hit: Hit, look: Look, shown: str) -> Hit | None:
    """Join "TUYỆT" above "MẬT", drop the end of a broken title, and tell column heads and lists (S4, S9).

    `shown` is the line as it was read, whatever its letters are in the file.
    """
    above, below = layout.adjacent(line.number, -1), layout.adjacent(line.number, 1)
    if not (look.red or look.boxed) and is_in_column(layout, line):
        return None
    upper = canonical(layout.lines[above]) if above is not None else ""
    word, together = run_together(bare(upper)), _close(layout, line.number, above) or look.stands_out
    if hit.level is Level.MAT and (before := word_before(layout, line)) is not None:
        if before not in ("tối", "tuyệt"):
            return None
        upper, word, together = before, run_together(bare(before)), True
    if hit.level is Level.MAT and word in ("tuyet", "toi") and together:
        joined = stamp_line(f"{upper} {canonical(line.text)}", look)
        if joined is not None and joined.level is not Level.MAT:
            hit = joined._replace(form="stamp-line")
            above = layout.adjacent(above, -1) if above is not None else None
            upper = canonical(layout.lines[above]) if above is not None else ""
    goes_on = above is not None and not (look.red or look.boxed) and layout.may_continue(line.number, above)
    if goes_on and _ends_what_is_said(line, look, shown, upper):
        return None
    if hit.form == HEADLINE:
        printed = not look.stands_out and heads_an_article(around_line(layout, line.number, in_cell=False))
        return hit._replace(strength=Strength.NOTED if printed else hit.strength, form="headed-line")
    if not look.stands_out and line.place.is_text:
        across = titled_across(layout, line, shown) if hit.form == "stamp-line" else None
        if across is not None or may_be_titled(hit, shown):
            judged = titled(layout, line, across or hit, shown)
            if judged is None or not judged.strength.rank or not judged.exposed:
                return judged
            hit = judged
    alike = above is not None and _is_alike(layout.line(above), line)
    box_above, box_below = (_in_one_box(layout, line, other) for other in (above, below))
    alike |= box_below
    if (alike or not (look.red or look.boxed)) and hit.strength.rank and (line.place.is_text or box_above or box_below):
        item = _ITEM.match(upper)
        in_a_row = item is not None and shown.lstrip().startswith(item["quote"])
        broken = ends_trapped(upper) if not look.stands_out else _BROKEN.search(bare(upper)) is not None
        goes_on = above is not None and (
            (alike and line.place is Place.BODY and word in _SYLLABLES) or layout.may_continue(line.number, above)
        )
        if goes_on and broken and not in_a_row:
            return None
        if (
            below is not None
            and starts_trapped(canonical(layout.lines[below]))
            and layout.may_continue(line.number, below)
        ):
            return None
    starts = hit.level is Level.MAT and hit.strength.rank and (box_below or not look.stands_out)
    if starts and _begins_below(layout, line, below):
        return None
    return _in_lists(layout, line, hit, look, shown, upper)


def _begins_below(layout: Layout, line: Line, below: int | None) -> bool:
    """Return whether MẬT is the first word of what goes on in the line below: MẬT over ONG."""
    if not begins_phrase(layout, line, below):
        return False
    lower = layout.line(below) if below is not None else None
    if lower is not None and line.place is Place.BODY and lower.text.strip() in BEHIND_MAT and _is_alike(line, lower):
        return True
    return not is_of_a_letter(around_line(layout, line.number, in_cell=False))


def _ends_what_is_said(line: Line, look: Look, shown: str, upper: str) -> bool:
    """Return whether a line ends the sentence or the list of the line above, or is the example of a stamp that this one names."""
    if _LISTS.search(bare(upper)) is not None:
        return True
    in_column = look.in_window and (
        (shown.islower() and ends_sentence_before(upper))
        or (len(upper) >= _SENTENCE and not shown.isupper() and _ENDS_SENTENCE.search(shown) is not None)
    )
    named = len(upper) >= _SENTENCE or "mẫu dấu" in upper.lower()
    return in_column or (line.place is Place.BODY and named and _NAMES_STAMP.search(upper) is not None)


def _in_lists(layout: Layout, line: Line, hit: Hit, look: Look, shown: str, upper: str) -> Hit | None:
    """Judge a mark by the other levels, goods and people named around it: lists, options and other words (S9)."""
    if hit.form == "numbered-line" and hit.level is Level.MAT and is_of_a_list(layout, line):
        return hit._replace(strength=Strength.NOTED, form="list")
    if hit.form in ("literal", "label"):
        near = [bare(layout.lines[n][:2000]) for step in (-1, 1) for n in layout.beside(line.number, step, 3)]
        goods = hit.level is Level.MAT and names_goods([*near, bare(line.text[:2000])])
        others = hit.form == "literal" and other_levels(near, hit)
        return hit._replace(strength=Strength.NOTED, form="options") if goods or others else hit
    if look.red:
        return hit
    capitals = "".join(c for c in shown if c.isalpha()).isupper() and not begins_with_noun(shown)
    if line.place is Place.CELL and is_ticked_in_table(layout, line):
        return hit._replace(strength=Strength.MARKED, form="chosen-option")
    if len(siblings(layout, line)) >= (2 if capitals else 1):
        return hit._replace(strength=Strength.NOTED, form="list")
    if hit.level is Level.MAT and line.place is Place.BOX and not look.in_window:
        return None if is_box_of_goods(layout, line) else hit
    alone = hit.level is Level.MAT and hit.strength.rank and not look.stands_out
    return None if alone and (is_another_word(layout, line, upper) or names_people(layout, line)) else hit


def _is_alike(upper: Line, lower: Line) -> bool:
    """Return whether two lines that are shown in one colour and size are words of one phrase: BẢO above MẬT on a poster."""
    last, first = upper.runs[-1], lower.runs[0]
    alike = (last.colour, last.size_pt) == (first.colour, first.size_pt) and (last.boxed or not first.boxed)
    return alike and min(len(upper.text), len(last.text)) <= _WORD


def _in_one_box(layout: Layout, line: Line, other: int | None) -> bool:
    """Return whether a line of a text box and the one above or below it are alike: lines of a poster, none stamped on it."""
    if other is None or line.place is not Place.BOX or not layout.may_continue(line.number, other):
        return False
    upper, lower = sorted((line, layout.line(other)), key=lambda one: one.number)
    return _is_alike(upper, lower)


def _close(layout: Layout, number: int, other: int | None) -> bool:
    """Return whether two lines are together on the page, as far as that is known."""
    if other is None or abs(other - number) > 2:
        return False
    first, second = layout.line(number).runs[0], layout.line(other).runs[0]
    return first.role is second.role and first.page == second.page
