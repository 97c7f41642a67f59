"""Search for marks in one document: candidates, limits, report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, takewhile
from typing import Final, TypeVar

from msgspec import Struct

from gateway.model import Document, Origin, Role
from gateway.vietnamese.legacy_tables import Charset
from gateway.vietnamese.marks.alone import around_line, stands_as_mark, stands_for_stamp
from gateway.vietnamese.marks.around import (
    LABEL,
    goes_on_in_brackets,
    headed,
    label_across,
    unbroken,
    valued,
    with_lines_around,
)
from gateway.vietnamese.marks.auxiliary import auxiliary_line, copying_line
from gateway.vietnamese.marks.candidates import candidates
from gateway.vietnamese.marks.choice import begins_black
from gateway.vietnamese.marks.code import coded_hit
from gateway.vietnamese.marks.damage import DAMAGED, damaged
from gateway.vietnamese.marks.evidence import SPELLING_CODES, UNJUDGED, Mark, look_codes, most_severe_first
from gateway.vietnamese.marks.hits import Hit, Look, Place, Strength
from gateway.vietnamese.marks.judge import is_prose, line_hit
from gateway.vietnamese.marks.layout import Layout, Line
from gateway.vietnamese.marks.lines import NUMBERED, SLIP, stamp_line
from gateway.vietnamese.marks.lists import (
    beside_empty_boxes,
    is_checklist,
    is_in_column,
    is_in_register,
    names_people,
    without_lists,
)
from gateway.vietnamese.marks.name_words import is_within_word
from gateway.vietnamese.marks.pieces import scattered
from gateway.vietnamese.marks.readings import MIXED, TYPED, disguise, readings
from gateway.vietnamese.marks.scanned import scanned_stamp
from gateway.vietnamese.marks.sieve import is_clear
from gateway.vietnamese.marks.titled import titled_across
from gateway.vietnamese.marks.words import Case, Level, Spelling, bare, case_of
from gateway.vietnamese.marks.work import Work
from gateway.vietnamese.normal import canonical, pieces, run_together, skeleton, without_filler


class MarkSettings(Struct, frozen=True):
    """Settings of an office beside the rules."""

    extra_marks: tuple[str, ...] = ()
    """Further stamp texts that count as marks of an unspecified level."""
    exempt_phrases: tuple[str, ...] = ()
    """Lines that contain one of these phrases are no marks."""


_Where = TypeVar("_Where")
_MOST_MARKS: Final = 24
_LONGEST_LINE: Final = 3000
"""Letters of a line that are judged together."""
_OF_A_SPLIT: Final = 240
_OF_A_READING: Final = 200
_OF_SURROUNDINGS: Final = 120
"""Costs in letters of judging a level over several lines, another reading of a line, and the lines around."""
_LONGEST_STAMP: Final = 120
_LONGEST_STAMP_LINE: Final = 60
_STAMP_LINES: Final = 6
"""Letters of an auxiliary stamp over several lines and of one of these; lines it takes, empty ones too."""
_OF_A_WORD: Final = 16
"""Lines that the letters of tuyệt and what is between them take."""
_LETTERS_BESIDE: Final = 8
"""Lines of a letter each beside a level that may be of its word."""
_RECLAIMED: Final = re.compile(
    r"\W*(?:dat|no|tai san|thue|von|tien|xe|vat tu|giay|san pham|hang|con dau|the|chung)(?![a-z])"
)
_GRAVER: Final = {
    Level.UNSPECIFIED: ("mat",),
    Level.MAT: ("toi", "tuy", "giaimat"),
    Level.TOI_MAT: ("tuy", "giaimat"),
    Level.TUYET_MAT: ("giaimat",),
}
_PERSON: Final = re.compile(
    r"property:(?:author|creator|last-?author|lastmodifiedby|manager|initial-creator|from|to|cc|sender|reply-to|artist|xpauthor)$",
    re.IGNORECASE,
)
"""Properties that name a person."""
_BULLETS: Final = frozenset("-+*")
_SENTENCE_END: Final = re.compile(r"[.!?,;:…]\W*$")


class Search:
    """One search through one document."""

    def __init__(self, document: Document, settings: MarkSettings, work: Work) -> None:
        self.layout = Layout(document)
        self.settings = settings
        self.work = work
        self.unjudged = False
        """Whether lines that could be a mark were left, because too many were judged already."""
        self._marked = self._seen = 0
        self._most_severe = Level.UNSPECIFIED
        self._marked_blocks: set[int] = set()
        self.found: list[tuple[Line, Hit, tuple[str, ...]]] = []
        self.exempt = tuple(bare(canonical(phrase)) for phrase in settings.exempt_phrases if phrase.strip())
        self.extra = (
            {run_together(bare(canonical(mark))): mark for mark in settings.extra_marks} if settings.extra_marks else {}
        )

    def run(self) -> tuple[Mark, ...]:
        """Return the marks found, the most severe first."""
        layout = self.layout
        whole = skeleton(layout.whole, parted=True)
        found = candidates(layout, whole)
        if self.extra:
            found.lines.update(self._extra_lines())
        as_written = not (found.legacy or self.extra)
        scanned = any(run.origin is Origin.OCR for run in layout.runs)
        for number in sorted(found.lines):
            line = layout.lines[number]
            if as_written:
                plain = skeleton(without_filler(line), parted=True)
                if (is_clear(line) and not scanned) or is_prose(plain, layout.place_of(number)):
                    continue
            if self._is_enough() and not self._may_be_graver(skeleton(line, parted=True)):
                if not self._goes_on(0):
                    break
                continue
            if not self._goes_on(len(line)):
                break
            self._judge(number)
        self._each(self._judge_stamp_of_lines, found.heads)
        self._each(self._judge_split, found.split)
        if scanned:
            self._judge_scanned()
        self._each(self._judge_window, scattered(layout))
        if (copying := copying_line(whole)) is not None and copying < len(layout.lines):
            hit = Hit(Level.UNSPECIFIED, Strength.SUSPECTED, "copying")
            self.found.append((layout.line(copying), hit, ()))
        return self._marks()

    def _each(self, judge: Callable[[_Where], None], places: Iterable[_Where]) -> None:
        """Judge levels over several lines until enough is found or too much was looked at."""
        for place in places:
            if self._is_enough() or not self._goes_on(_OF_A_SPLIT):
                break
            judge(place)

    def _goes_on(self, letters: int) -> bool:
        """Return whether one more line is judged, since not too much was looked at."""
        if not self.work.take(letters):
            self.unjudged = True
            return False
        return True

    def _is_enough(self) -> bool:
        """Return whether as many marks are certain as are reported at most."""
        self._note_found()
        return self._marked >= _MOST_MARKS

    def _may_be_graver(self, plain: str) -> bool:
        """Return whether a bare line may say more than what is certain already: a higher level, or that it was lifted."""
        letters = run_together(plain)
        return any(word in letters for word in _GRAVER[self._most_severe])

    def _note_found(self) -> None:
        """Count what was found since the last call."""
        for line, hit, _ in self.found[self._seen :]:
            self._marked_blocks.add(line.block)
            if hit.strength is Strength.MARKED:
                self._marked += 1
                self._most_severe = max(self._most_severe, hit.level, key=lambda level: level.rank)
        self._seen = len(self.found)

    def _extra_lines(self) -> Iterator[int]:
        for number, line in enumerate(self.layout.lines):
            if len(line) <= 200 and run_together(skeleton(line)) in self.extra:
                yield number

    def _judge(self, number: int) -> None:
        layout = self.layout
        line = layout.line(number)
        look = line.look
        short = len(layout.blocks[line.block]) <= 240
        parts = pieces(without_filler(line.text), _LONGEST_LINE)
        found = [self._hit_in(part, look, short_block=short) for part in parts]
        hit, codes, text, shown = max(found, key=lambda one: (-1, 0) if one[0] is None else one[0].gravity)
        if hit is None:
            if line.runs[-1].bbox_pt is not None and len(text) <= LABEL:
                self.work.spend(4 * len(layout.at_height_of(line.runs[-1])))
            hit, codes = label_across(layout, line, text)
        if hit is None or not hit.strength.rank:
            hit = headed(layout, line, text) or hit or titled_across(layout, line, text)
        if hit is None or self._is_exempt(text):
            return
        if hit.form == "label" and (hit := unbroken(layout, line, hit, shown)) is None:
            return
        if hit.form == "bracketed" and goes_on_in_brackets(layout, line, shown):
            return
        if hit.level is Level.MAT and not shown.isupper() and _PERSON.match(line.runs[0].locator):
            return  # a person's name
        if hit.form == "stamp-line" and begins_black(shown) and beside_empty_boxes(layout, line):
            hit = Hit(hit.level, Strength.MARKED, "chosen-option", hit.spelling)
        elif hit.form == "chosen-option" and is_checklist(layout, line, hit.level):
            hit = hit._replace(strength=Strength.NOTED, form="list")
        if hit.form in (SLIP, NUMBERED) and hit.strength is Strength.NOTED:
            around = around_line(self.layout, line.number, in_cell=line.place is Place.CELL)
            is_stamp = stands_for_stamp(around, phrase=hit.form != SLIP)
            hit = hit._replace(strength=Strength.SUSPECTED) if is_stamp else None
        elif hit.strength is Strength.NOTED and hit.form == "stamp-line":
            hit = self._alone(line, hit, shown)
        if hit is not None and hit.exposed:
            self.work.spend(_OF_SURROUNDINGS)
            hit = with_lines_around(layout, line, hit, look, shown)
        if hit is not None:
            self.found.append((line, hit, codes))

    def _hit_in(self, raw: str, look: Look, *, short_block: bool) -> tuple[Hit | None, tuple[str, ...], str, str]:
        """Return the hit of a line or of a piece of it, what it was disguised by, its text, and the reading that it is in."""
        text = shown = canonical(raw)
        hit = line_hit(text, look, short_block=short_block)
        codes = disguise(raw) if hit is not None else ()
        for other, charset, code in chain(damaged(text), readings(raw)):
            self.work.spend(_OF_A_READING)
            second = line_hit(canonical(other), look, short_block=short_block)
            if second is None or second.spelling is not Spelling.EXACT:
                continue
            shown = canonical(other)
            if (charset is Charset.VPS or code in (DAMAGED, MIXED, TYPED)) and second.strength is Strength.MARKED:
                second = second._replace(strength=Strength.SUSPECTED)
            if hit is None or second.strength.rank > hit.strength.rank:
                hit, codes = second, (code,)
        extra = self._extra_hit(text, look)
        if extra is not None and (hit is None or hit.strength is not Strength.MARKED):
            hit = extra
        if hit is None or hit.strength is Strength.NOTED:
            hit = coded_hit(raw) or hit
        return hit, codes, text, shown

    def _alone(self, line: Line, hit: Hit, shown: str) -> Hit | None:
        """Judge a level in small letters by what is around it; a capital that is no mark stays noted."""
        letters = "".join(character for character in shown if character.isalpha())
        case = case_of(letters) if letters else Case.SMALL
        if (labelled := valued(self.layout, line, shown)) is not None:
            return labelled
        if is_in_register(self.layout, line):
            return hit if case is Case.TITLE else None
        if line.place is Place.CELL and line.runs[0].origin is Origin.OCR:
            # On a scan only rows of three and more parts are cells: a value among others, whatever is above the table.
            return hit if case is Case.TITLE else None
        around = around_line(self.layout, line.number, in_cell=line.place is Place.CELL)
        bullet = shown.lstrip()[:1]
        item = bullet in _BULLETS and any(line.startswith(bullet) for line in (*around.above[:1], *around.below[:1]))
        if item or (_SENTENCE_END.search(shown) and not stands_for_stamp(around)):
            return hit if case is Case.TITLE else None
        if stands_as_mark(hit.level, case, around) or self._is_written_apart(line, hit, case):
            return hit._replace(strength=Strength.SUSPECTED, form="lone-line")
        return hit if case is Case.TITLE else None

    def _is_written_apart(self, line: Line, hit: Hit, case: Case) -> bool:
        """Return whether a level in small letters is by itself on a scan, as people write it on a page."""
        apart, larger = self.layout.stands_apart(line)
        # So short a word as Mật is also what Tesseract makes of Mệt and Mạt.
        return hit.level is not Level.MAT and apart and (larger or case is Case.TITLE)

    def _extra_hit(self, text: str, look: Look) -> Hit | None:
        if not self.extra or run_together(bare(text)) not in self.extra:
            return None
        letters = "".join(character for character in text if character.isalpha())
        if letters.isupper() or look.stands_out or look.place is not Place.BODY:
            return Hit(Level.UNSPECIFIED, Strength.MARKED, "extra-mark")
        return None

    def _is_exempt(self, text: str) -> bool:
        plain = bare(text)
        return any(phrase in plain for phrase in self.exempt)

    def _judge_split(self, span: tuple[int, int]) -> None:
        """Read letters in lines or blocks of their own, from the first to the last, as one word."""
        (first, last), layout = span, self.layout
        lines = layout.lines
        if last - first > 8 or any(len(layout.bare_line(n)) > 14 for n in range(first, last + 1)):
            return
        line = layout.line(last)
        look = layout.line(first).look
        start = begin = first
        best: Hit | None = None
        while start >= max(0, first - _OF_A_WORD):
            if start < first and len(layout.bare_line(start)) > 6:
                break
            text = canonical(" ".join(lines[start : last + 1]))
            hit = stamp_line(text, look)
            if hit is not None and hit.spelling is Spelling.EXACT and hit.strength is not Strength.NOTED:
                best, begin = hit, start
            start -= 1
        if best is None:
            return
        before = (lines[n] for n in layout.beside(begin, -1, _LETTERS_BESIDE if best.level is Level.MAT else 0))
        behind = (lines[n] for n in layout.beside(last, 1, _LETTERS_BESIDE))
        if is_within_word(before, takewhile(lambda line: len(line.strip()) <= 2, behind)):
            return  # B, Ả, O, M, Ậ, T, or M, Ậ, T, K, H, Ẩ, U
        if not (self._is_exempt(" ".join(lines[first : last + 1])) or is_in_column(layout, line)):
            self.found.append((line, best, ("split-blocks",)))

    def _judge_stamp_of_lines(self, first: int) -> None:
        """Read an auxiliary stamp that goes on in the next lines: "CHỈ NGƯỜI CÓ TÊN" above "MỚI ĐƯỢC BÓC BÌ"."""
        layout = self.layout
        look = layout.line(first).look
        text, number = layout.lines[first], first
        shown = canonical(text[:_LONGEST_STAMP])
        if auxiliary_line(shown, bare(shown), look) is not None:
            return
        while len(text) <= _LONGEST_STAMP:
            below = layout.adjacent(number, 1)
            if below is None or below > first + _STAMP_LINES or len(layout.lines[below]) > _LONGEST_STAMP_LINE:
                return
            number = below
            text = f"{text} {layout.lines[below]}"
            shown = canonical(text)
            hit = auxiliary_line(shown, bare(shown), look)
            if hit is not None:
                if (
                    hit.strength is not Strength.NOTED
                    and not self._goes_on_below(number)
                    and not self._is_exempt(shown)
                ):
                    self.found.append((layout.line(first), hit, ("split-blocks",)))
                return

    def _goes_on_below(self, number: int) -> bool:
        """Return whether a title goes on under "TÀI LIỆU THU HỒI": the land, the debt, the goods that are reclaimed."""
        below = self.layout.adjacent(number, 1)
        return below is not None and _RECLAIMED.match(self.layout.bare_line(below)) is not None

    def _judge_scanned(self) -> None:
        """Look at every box that OCR read, whatever it read, and at lines that miss a letter of a mark of two words."""
        layout = self.layout
        for block, text in enumerate(layout.blocks):
            if len(text) > 40:
                continue
            run = layout.first_run(block)
            if run.origin is not Origin.OCR:
                continue
            boxed = run.role is Role.STAMP or bool(run.boxed)
            if not boxed and not text.isupper():
                continue
            number = layout.first_line(block)
            hit = scanned_stamp(canonical(text), boxed=boxed)
            self._note_found()
            if hit is not None and block not in self._marked_blocks:
                self.found.append((layout.line(number), hit, ("ocr-noise",)))

    def _judge_window(self, window: Sequence[tuple[int, str]]) -> None:
        layout = self.layout
        first = layout.line(layout.first_line(window[0][0]))
        text = canonical(" ".join(piece for _, piece in window))
        hit = stamp_line(text, first.look)
        if hit is None or hit.spelling is not Spelling.EXACT or hit.strength is Strength.NOTED:
            return
        blocks = {n for n, _ in window}
        last = layout.line(layout.first_line(window[-1][0]))
        if len(blocks) > 1 and (names_people(layout, first) or is_in_column(layout, last)):
            return
        if not window[-1][1] and hit.strength is Strength.MARKED:
            hit = hit._replace(strength=Strength.SUSPECTED)  # the order of the letters was not seen
        self._note_found()
        if self._marked_blocks.isdisjoint(blocks):
            self.found.append((first, hit, ("split-blocks",)))

    def _marks(self) -> tuple[Mark, ...]:
        self.found = without_lists(self.found)
        declassified = any(hit.form == "declassified" for _, hit, _ in self.found)
        marks = []
        for line, hit, codes in self.found:
            strength = hit.strength
            evidence = (hit.form, *SPELLING_CODES.get(hit.spelling, ()), *codes, *look_codes(line))
            if declassified and strength is Strength.MARKED:
                strength, evidence = Strength.SUSPECTED, (*evidence, "declassified")
            run = line.runs[0]
            marks.append(Mark(hit.level, strength, tuple(dict.fromkeys(evidence)), run.locator, run.page))
        if self.unjudged:
            marks.append(Mark(Level.UNSPECIFIED, Strength.SUSPECTED, (UNJUDGED,)))
        return most_severe_first(marks)[:_MOST_MARKS]
