"""Lists, tables and headings in which a level is one value among others, and no mark (S9)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from gateway.model import Role, Run
from gateway.vietnamese.marks.choice import begins_ticked, begins_with_empty_box
from gateway.vietnamese.marks.hits import Hit, Place, Strength
from gateway.vietnamese.marks.judge import SIBLINGS, value_of
from gateway.vietnamese.marks.labels import has_label
from gateway.vietnamese.marks.layout import Layout, Line, cell_key
from gateway.vietnamese.marks.lexicon import alternatives
from gateway.vietnamese.marks.lines import TITLED, is_item, without_number
from gateway.vietnamese.marks.name_words import GOODS_AND_ORGANS, goes_on_below, is_person
from gateway.vietnamese.marks.pieces import column_head, same_row
from gateway.vietnamese.marks.words import Case, Level, Spelling, bare, case_of
from gateway.vietnamese.normal import canonical, run_together

Found = tuple[Line, Hit, tuple[str, ...]]
"""A line, what it says, and codes of how that was hidden."""
_NAMES: Final = re.compile(r"(?:ho\b.{0,12}\b)?ten(?: dem| goi| hoc sinh| sinh vien| can bo| nhan vien)?")
_LEVELS: Final = frozenset({"mat", "toimat", "tuyetmat"})
_WORDS: Final = re.compile(r"[^\W_]+")
_SIGN: Final = re.compile(r"[^\w\s]+")
_OF_A_STAMP: Final = frozenset({"tuyet", "toi", "mat", "khan", "thuong", "khong", "stt"})
_COLUMN, _LEAST = 6, 2
"""Lines on each side of a name among which so many other names are."""
_NEAR_PT, _LINE_PT = 130.0, 24.0  # reach of a column of levels, and height of a line of print
_OF_HONEY: Final = re.compile(
    r"\W*(?:\d[\d.,]* ?)?(?:(?:lit|ml|chai|hu|lo)\W*$|(?:ten hang|(?:ten )?san pham|mat hang)\W*$|thanh (?:mong|day)(?![a-z])|khong (?:soi|gian)(?![a-z]))"
)
"""Cells in one row with MẬT that make it honey or the gall."""
_ORGAN: Final = re.compile(
    rf"[\W_]*(?:mật\W+|(?:\d{{1,2}}|[ivx]{{1,4}})[.)]\s*)?({alternatives('goods', 'examined')})\s*(?:[-:,.\t(]|\s{{2}}|$)",
    re.IGNORECASE,
)
_FINDINGS: Final = 6
"""An organ at the head of a line that says what was found of it, and lines on each side that are looked at."""
_CELL_TICK: Final = re.compile(r"[xXvV\u2611\u2612\u2705\u2713\u2714\u2717\u2718]|TRUE")
_ROW: Final = 8
"""Lines on each side among which the other cells of a row are looked for."""
_VALUES: Final = _LEVELS | frozenset({"thuong", "khongmat", "congkhai", "khongdongdau"})
_REGISTER: Final = 20
"""Rows above and below a level in which the head of its column and other levels are looked for."""
_BELOW: Final = 40
"""Letters of the line below that tell whether it goes on."""
_RAISED: Final = frozenset({"tối", "tuyệt"})
_BEFORE_MAT: Final = _RAISED | {"bảo", "bí"}
BEHIND_MAT: Final = frozenset({"KHẨU", "ONG", "ĐỘ"})
_HEADINGS: Final = frozenset({"stamp-line", "lone-line", "numbered-line", "list", TITLED})


def is_of_a_list(layout: Layout, line: Line) -> bool:
    """Return whether a line beside a numbered one is numbered too: sugar, honey, milk."""
    near = (layout.adjacent(line.number, step) for step in (-1, 1))
    return any(other is not None and is_item(canonical(layout.lines[other][:40])) for other in near)


def is_checklist(layout: Layout, line: Line, level: Level) -> bool:
    """Return whether a ticked level is no choice: another one is ticked too, as points of a slide, or it is honey or the gall."""
    near = [n for step in (-1, 1) for n in layout.beside(line.number, step, 3)]
    own = run_together(layout.bare_line(line.number))
    words = {n: run_together(layout.bare_line(n)) for n in near}
    if any(begins_ticked(layout.lines[n]) for n, word in words.items() if word in _LEVELS and word != own):
        return True
    options = map(run_together, _SIGN.split(bare(layout.lines[line.number])))
    return level is Level.MAT and not GOODS_AND_ORGANS.isdisjoint((*words.values(), *options))


def without_lists(found: Sequence[Found]) -> list[Found]:
    """Return what was found, the headings of a text that treats several levels only noted.

    Numbered lines of two levels are such headings, and lines of all three levels, each as often as the others, of which
    none looks like a stamp.
    """
    numbered = {hit.level for _, hit, _ in found if hit.form == "numbered-line"}
    headings = [hit.level for line, hit, _ in found if _may_be_heading(line, hit)]
    counts = {headings.count(level) for level in Level if level is not Level.UNSPECIFIED}
    titled = {hit.level for line, hit, _ in found if hit.form == TITLED and _may_be_heading(line, hit)}
    forms = {"numbered-line"} if len(numbered) > 1 else set()
    if len(titled) > 1:
        forms.add(TITLED)
    forms |= _HEADINGS if len(counts) == 1 and 0 not in counts else set()
    listed = _in_columns([(line, hit.level) for line, hit, _ in found if hit.form in _HEADINGS])
    return [
        (
            line,
            hit._replace(strength=Strength.NOTED, form="list")
            if line.number in listed or (hit.form in forms and _may_be_heading(line, hit))
            else hit,
            codes,
        )
        for line, hit, codes in found
    ]


def _in_columns(found: Sequence[tuple[Line, Level]]) -> set[int]:
    """Return the numbers of lines in print that are below one another on a page and say several levels, none as a stamp does."""
    plain = [(line.runs[0], line.number, level) for line, level in found if not (line.look.red or line.look.boxed)]
    placed = [(run, number, level) for run, number, level in plain if 0 < _height(run) < _LINE_PT]
    listed = set()
    for run, number, _ in placed:
        near = [
            one for one in placed if one[0].page == run.page and _below(one[0], run) and _apart(one[0], run) < _NEAR_PT
        ]
        if len({level for *_, level in near}) > 1 and _rows([one for one, *_ in near]) > _LEAST:
            listed.add(number)
    return listed


def _height(run: Run) -> float:
    return run.bbox_pt[3] - run.bbox_pt[1] if run.bbox_pt is not None else 0.0


def _apart(first: Run, second: Run) -> float:
    return abs(first.bbox_pt[1] - second.bbox_pt[1]) if first.bbox_pt and second.bbox_pt else 0.0


def _rows(runs: Sequence[Run]) -> int:
    """Return how many rows runs are in; what was read twice of one place is one."""
    rows, bottom = 0, 0.0
    for top, end in sorted((run.bbox_pt[1], run.bbox_pt[3]) for run in runs if run.bbox_pt is not None):
        if top + (end - top) / 3 >= bottom:
            rows, bottom = rows + 1, end
    return rows


def _may_be_heading(line: Line, hit: Hit) -> bool:
    return (
        hit.form in _HEADINGS
        and (line.place.is_text or (line.place is Place.BOX and hit.form == "numbered-line"))
        and hit.spelling is Spelling.EXACT
        and not (line.look.red or line.look.boxed or (line.look.in_window and hit.form != "numbered-line"))
    )


def beside_empty_boxes(layout: Layout, line: Line) -> bool:
    """Return whether a line that begins with a black circle or square is the one of several options that is chosen."""
    near = [n for step in (-1, 1) for n in layout.beside(line.number, step, 3)]
    return any(begins_with_empty_box(canonical(layout.lines[n][:40])) for n in near)


def siblings(layout: Layout, line: Line) -> set[str]:
    """Return the other levels and column heads that are next to a line."""
    around = layout.near(line, 4)
    if line.place is not Place.CELL:
        words = {option_at(layout, n) for n in around}
        return words & (SIBLINGS - {"khan", "hoatoc", "thuongkhan", "stt", "cong"}) - {option_at(layout, line.number)}
    own = cell_key(line.runs[0])
    found: set[str] = set()
    for number in around:
        word = option_at(layout, number)
        other = cell_key(layout.line(number).runs[0]) if word in SIBLINGS else None
        if own is None or other is None or own[2] == other[2]:
            found.add(word)
        elif word in _LEVELS or own[1] == other[1]:
            # Below each other are the values of a list; what heads a column belongs to its own row.
            found.update({word} & _VALUES)
    return found & SIBLINGS - {option_at(layout, line.number)}


def option_at(layout: Layout, number: int) -> str:
    """Return the letters of a line that may be one of several options, without its number and noun: "b) Văn bản mật"."""
    return value_of(run_together(without_number(layout.bare_line(number))))


def begins_with_noun(text: str) -> bool:
    """Return whether a line says what is mật: documents, files."""
    letters = run_together(bare(text))
    return value_of(letters) != letters


def is_another_word(layout: Layout, line: Line, upper: str) -> bool:
    """Return whether "MẬT" alone is the last word of a name, goods among others, or an organ among what was found of several.

    `upper` is the line or cell before it.
    """
    above = layout.adjacent(line.number, -1)
    if above is not None and is_person(f"{upper.strip()} ", "") and _beside(layout.line(above).runs[0], line.runs[0]):
        return True
    if line.place is Place.CELL and any(map(_OF_HONEY.match, row_mates(layout, line))):
        return True
    own = cell_key(line.runs[0])
    for number in layout.near(line, 4):
        if run_together(layout.bare_line(number)) in GOODS_AND_ORGANS:
            other = cell_key(layout.line(number).runs[0])
            if own is None or other is None or own[1] == other[1] or own[2] == other[2]:
                return True
    return _is_examined(layout, line)


def _is_examined(layout: Layout, line: Line) -> bool:
    """Return whether lines around say what was found of organs, one of them right beside this line: no stamp on such a paper."""
    above, below = ([line.number, *layout.beside(line.number, step, _FINDINGS)] for step in (-1, 1))
    organs = {
        n: organ[1].casefold()
        for n in (*above, *below)
        if (organ := _ORGAN.match(canonical(layout.lines[n][:_BELOW]))) is not None
    }
    return len(set(organs.values())) > 1 and not organs.keys().isdisjoint((*above[:3], *below[:3]))


def is_box_of_goods(layout: Layout, line: Line) -> bool:
    """Return whether boxes beside a box name goods or organs, as labels of a slide do."""
    near = map(layout.line, layout.near(line, 4))
    return any(each.place is Place.BOX and run_together(bare(each.text)) in GOODS_AND_ORGANS for each in near)


def word_before(layout: Layout, line: Line) -> str | None:
    """Return the word alone in the cell before or above MẬT, in like letters, that makes one phrase with it."""
    own = cell_key(line.runs[0])
    if own is None:
        return None
    for number in layout.beside(line.number, -1, _ROW):
        word = canonical(layout.lines[number][:_ROW]).strip().casefold()
        run = layout.line(number).runs[0] if word in _BEFORE_MAT else None
        if run is None or (run.colour, run.size_pt) != (line.runs[0].colour, line.runs[0].size_pt):
            continue
        apart = names_people(layout, line) if word in _RAISED else layout.lines[number].isupper() != line.text.isupper()
        above = None if apart else (own[0], own[1], own[2] - 1)
        if cell_key(run) in ((own[0], own[1] - 1, own[2]), above):
            return word
    return None


def begins_phrase(layout: Layout, line: Line, below: int | None) -> bool:
    """Return whether MẬT begins a phrase that goes on in the line below it, or with the word alone in the cell below or behind it."""
    sheet, column, row = cell_key(line.runs[0]) or ("", 0, 0)
    cells = (layout.cells.get(key) for key in ((sheet, column, row + 1), (sheet, column + 1, row)))
    if any(cell is not None and canonical(layout.lines[cell][:_BELOW]).strip() in BEHIND_MAT for cell in cells):
        return True
    return below is not None and goes_on_below(canonical(layout.lines[below][:_BELOW]))


def names_people(layout: Layout, line: Line) -> bool:
    """Return whether a line is in a column of a table that is headed "Tên", "Họ và tên"; a note on a cell is in none."""
    head = column_head(layout, line.block) if line.place is not Place.ASIDE else None
    return (
        head is not None
        and head != line.block
        and _NAMES.fullmatch(layout.bare_line(layout.first_line(head))) is not None
    )


def is_in_register(layout: Layout, line: Line) -> bool:
    """Return whether a level is one of several in a column of a table that is headed by a label: Độ mật over Mật and Mật."""
    sheet, column, row = cell_key(line.runs[0]) or ("", 0, 0)
    near = {down: layout.cells.get((sheet, column, row + down)) for down in range(-_REGISTER, _REGISTER + 1) if down}
    words = {down: layout.bare_line(number) for down, number in near.items() if number is not None}
    return any(down < 0 and has_label(word) for down, word in words.items()) and not _VALUES.isdisjoint(
        map(run_together, words.values())
    )


def is_in_column(layout: Layout, line: Line) -> bool:
    """Return whether a level with one capital is in a column of other words with one: the names of a list, as on a scan."""
    if case_of("".join(filter(str.isalpha, line.text)) or " ") is not Case.TITLE:
        return False
    near = [n for step in (-1, 1) for n in layout.neighbours(line.number, step, _COLUMN)]
    words = [(n, _WORDS.findall(layout.lines[n])) for n in near]
    others = [n for n, found in words if len(found) == 1 and found[0].istitle() and bare(found[0]) not in _OF_A_STAMP]
    return sum(_below(layout.line(n).runs[0], line.runs[0]) for n in others) >= _LEAST


def _below(first: Run, second: Run) -> bool:
    """Return whether two runs are below one another on a page."""
    one, other = first.bbox_pt, second.bbox_pt
    return one is not None and other is not None and one[0] < other[2] and other[0] < one[2]


def is_ticked_in_table(layout: Layout, line: Line) -> bool:
    """Return whether the cell before, behind or below a level is the one that is ticked among those of the other levels.

    A second row or column of ticks makes it a table of what may be done with each of them.
    """
    own = cell_key(line.runs[0])
    if own is None:
        return False

    def is_ticked(key: tuple[str, int, int], right: int, down: int) -> bool:
        number = layout.cells.get((key[0], key[1] + right, key[2] + down))
        return number is not None and _CELL_TICK.fullmatch(layout.lines[number].strip()) is not None

    sides = [(right, down) for right, down in ((-1, 0), (1, 0), (0, 1)) if is_ticked(own, right, down)]
    around = range(-_ROW, _ROW + 1) if sides else ()
    near = ((own[0], own[1] + across, own[2] + down) for down in around for across in around if across or down)
    cells = ((key, layout.cells[key]) for key in near if key in layout.cells)
    others = [key for key, number in cells if run_together(layout.bare_line(number)) in _VALUES]
    for right, down in sides:
        alone = not is_ticked(own, 2 * right, 2 * down) and not any(
            is_ticked(key, far * right, far * down) for key in others for far in (1, 2)
        )
        if alone and any(right < 0 or key[2 - down] != own[2 - down] for key in others):
            return True
    return False


def row_mates(layout: Layout, line: Line) -> list[str]:
    """Return the bare lines of what is in one row with a line: other cells, other text at its height."""
    mates = []
    for step in (-1, 1):
        for number in layout.beside(line.number, step, _ROW):
            other = layout.line(number)
            if other.block != line.block and _beside(other.runs[0], line.runs[0], either_way=True):
                mates.append(layout.bare_line(number))
    return mates


def _beside(first: Run, second: Run, *, either_way: bool = False) -> bool:
    """Return whether two runs are in one row of a table, the second behind the first, or at one height of a page."""
    if first.role is Role.CELL and second.role is Role.CELL:
        left, right = cell_key(first), cell_key(second)
        if either_way:
            return left is not None and right is not None and (left[0], left[2]) == (right[0], right[2])
        return same_row(first, second)
    if first.bbox_pt is None or second.bbox_pt is None or first.page != second.page:
        return False
    _, top, _, bottom = first.bbox_pt
    middle = (second.bbox_pt[1] + second.bbox_pt[3]) / 2
    return min(top, bottom) < middle < max(top, bottom)
