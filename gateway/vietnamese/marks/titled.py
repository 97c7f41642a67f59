"""A level behind its noun, alone on a line: TÀI LIỆU MẬT, BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT.

At the head of a paper that is its mark. The same words are the end of a longer title, the head of a part of a law or of a
course, a column, a row of an inventory: there the lines before and behind go on, or other cells are beside.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.vietnamese.marks.alone import (
    around_line,
    belongs_to_head,
    is_inventory,
    is_of_a_letter,
    stands_as_mark,
    stands_in_head,
)
from gateway.vietnamese.marks.hits import Hit, Place, Strength
from gateway.vietnamese.marks.layout import Layout, Line
from gateway.vietnamese.marks.lines import TITLED, stamp_line
from gateway.vietnamese.marks.lists import begins_with_noun, row_mates
from gateway.vietnamese.marks.words import LEVEL_WORDS, Case, Level, bare, written_level
from gateway.vietnamese.normal import canonical, run_together

_GOES_ON: Final = re.compile(
    r"(?:danh muc|quan ly|quy dinh|quy che|bao ve|xac dinh|thong ke|dang ky|phan loai|mau|cong tac|su dung|soan thao|giao nhan|gui|nhan"
    r"|chup|sao|huy|tham quyen|luu tru|kiem tra|kiem ke|noi dung|khai niem|ban giao|chuyen giao|quy trinh|xu ly|ky nang|tieu huy|thu hoi|cung cap|khai thac|van chuyen|cat giu|ve|cac|cua|thuoc|voi)(?: bi mat nha nuoc)?\W*$"
)
"""Last words of a title that goes on with "tài liệu mật" or "độ Tối mật"."""
_CHAPTER: Final = re.compile(r"^\W*(?:chuong|muc|phan|bai|chuyen de|cau|tiet) (?:[\divx]+|thu [a-z]+)\W*$")
_SPEAKS: Final = re.compile(
    r"\W*(?:la|neu|gom|bao gom|phai|duoc|co thoi han|thoi han|trong|tren|linh vuc|thuoc linh vuc|cua|va|khai niem|so luong|do|dieu \d+)(?![a-z])"
)
"""First words of a text about the subject of its heading."""
_LEVEL: Final = re.compile(LEVEL_WORDS)
_HEAD_LINES: Final = 3
_BARE_SECRET: Final = frozenset({"bimatnhanuoc", "tailieubimatnhanuoc", "bmnn"})
_BARE_NOUNS: Final = frozenset({"tailieu", "hoso", "vanban", "congvan"})


def titled_across(layout: Layout, line: Line, text: str) -> Hit | None:
    """Read "ĐỘ MẬT" under "BÍ MẬT NHÀ NƯỚC", and "MẬT" under "HỒ SƠ", as one line."""
    own = run_together(layout.bare_line(line.number))
    above = layout.adjacent(line.number, -1) if own in ("domat", "mat", "toimat", "tuyetmat") else None
    wanted = _BARE_SECRET if own == "domat" else _BARE_NOUNS
    if above is None or run_together(layout.bare_line(above)) not in wanted or not text.isupper():
        return None
    if line.place is Place.PROPERTY or layout.place_of(above) is not line.place:
        return None  # a property by that name, behind the value of another
    return stamp_line(f"{canonical(layout.lines[above])} {text}", line.look)


def titled(layout: Layout, line: Line, hit: Hit, shown: str) -> Hit | None:
    """Judge a level behind a noun by what is around it; None where a longer title ends or a text goes on."""
    around = around_line(layout, line.number, in_cell=line.place is Place.CELL)
    above = layout.adjacent(line.number, -1)
    if above is not None and run_together(layout.bare_line(above)) in _BARE_SECRET | _BARE_NOUNS:
        above = layout.adjacent(above, -1)
        hit = hit._replace(exposed=False)
    before = canonical(layout.lines[above]) if above is not None else ""
    if before and _GOES_ON.search(layout.bare_line(above or 0)) and not _is_lower(before, shown):
        return None
    own, below = layout.bare_line(line.number).strip(), around.below[0].strip() if around.below else ""
    chapter = above is not None and _CHAPTER.match(layout.bare_line(above)) is not None
    if chapter or (own and below.startswith(f"{own} ")):
        return hit._replace(strength=Strength.NOTED, form="list")
    mates = row_mates(layout, line) if hit.level is Level.MAT else []
    # At the head of a page the name of a firm may be beside a stamp; a table has no such freedom.
    free = line.place is not Place.CELL and len(around.above) <= _HEAD_LINES
    letterhead = sum(stands_in_head(mate) for mate in mates) > 1
    if is_inventory(mates) if free else not letterhead and any(not belongs_to_head(mate) for mate in mates):
        return hit._replace(strength=Strength.NOTED, form="list")
    if hit.form != TITLED:
        return hit
    if around.below and _SPEAKS.match(around.below[0]):
        return None
    case = _case(shown)
    if case is not Case.CAPITALS:
        small = stands_as_mark(hit.level, case, around._replace(titled=True))
        return hit._replace(strength=Strength.SUSPECTED) if small else None
    heads = len(around.above) <= _HEAD_LINES or is_of_a_letter(around)
    return hit if heads else hit._replace(strength=Strength.NOTED, form="list")


def _case(shown: str) -> Case:
    """Return how the level in a line is written, whatever the noun before it is: the last one, for "Bí mật" is a noun."""
    found = list(_LEVEL.finditer(bare(shown)))
    return written_level(shown, found[-1])[2] if found else Case.CAPITALS


def may_be_titled(hit: Hit, shown: str) -> bool:
    """Return whether a hit is a level behind a noun."""
    return hit.form in (TITLED, "stamp-line") and begins_with_noun(shown)


def _is_lower(before: str, shown: str) -> bool:
    """Return whether a line in small letters is before one in capitals, so that no title goes on."""
    return shown.isupper() and not before.isupper()
