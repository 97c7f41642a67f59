"""A level in small letters alone on its line: a mark in an official letter, a word in a poem or story.

`tối mật` between the motto and the number of a letter, under a greeting or above the title of a plan says what the
stamp says. The same words are a heading in a news page, a verse, an answer in a quiz. What is around decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from gateway.vietnamese.marks.layout import Layout
from gateway.vietnamese.marks.lexicon import alternatives
from gateway.vietnamese.marks.words import PAPERS, URGENCY_WORDS, Case, Level, bare

NEAR: Final = 6
"""Lines on each side that are looked at."""
_MOTTO_NUMBER_DATE: Final = (
    r"cong ?hoa ?xa ?hoi ?chu ?nghia|doc ?lap\W{0,5}tu ?do\W{0,5}hanh|^\W*so\s*:?\s*[\d.…\s]*/[a-z0-9\-/.]+"
    r"|^\W*(?:[a-z .]{2,40},)? ?ngay [\d.…\s]{1,8} ?thang [\d.…\s]{1,8} ?nam"
)
_NUMBER_AND_MOTTO: Final = re.compile(_MOTTO_NUMBER_DATE)
_LETTERHEAD: Final = re.compile(rf"{_MOTTO_NUMBER_DATE}|^\W*kinh gui\b|\bluu ?\W{{0,3}}vt\b|^\W*noi nhan\s*:")
_UNIT: Final = re.compile(
    r"^\W*(?:uy ban nhan dan|ubnd|hoi dong nhan dan|hdnd|so [a-z]{2,}|phong [a-z]{2,}|cong an|bo chi huy|ban chi huy|van phong|chi cuc|cuc|bo [a-z]{2,})\b"
)
_TITLE: Final = re.compile(rf"^\W*(?:{PAPERS}|chuong trinh|quy che|quy dinh|giay moi|tai lieu)\b")
_PROTECTS: Final = re.compile(r"(?:^\W*phong (?:chong|ngua)\b.*|bao ve|quan ly|lo|lot|ve)\W*$")
"""How the line above "bí mật nhà nước" ends that goes on with it."""
_GREETING: Final = re.compile(r"^\W*(?:kinh (?:gui|thua|chao)|than gui|gui|chao|dear|hi|thua)\b.{0,80}[,:!.]?\s*$")
_CLOSING: Final = re.compile(r"^\W*(?:tran trong|kinh thu|kinh chao|than men|em cam on|cam on|regards|best regards)\b")
_BEFORE: Final = bare(f"{alternatives('another_word', 'before')}|{alternatives('papers', 'nouns')}")
_SUBJECT: Final = re.compile(rf"\W*(?:v/v|ve viec)(?![a-z]).*(?<![a-z])(?:{_BEFORE})\W*$")
"""A subject that "mật" in the next line goes on with."""
_ASKS: Final = re.compile(r"[?:]\s*$")
_QUIZ: Final = re.compile(r"^\W*(?:cau|dap an|dap|tra loi|[a-d])\s*[\d.):]")
_ITEM: Final = re.compile(r"^\W*(?:\d{1,2}|[ivx]{1,4}|[a-z])[.)]\s")
_DEFINES: Final = re.compile(r"^\W*(?:la|nghia la|co nghia|gom|bao gom)(?![a-z])")
"""First words of a text that says what its heading means."""
_COPIES: Final = re.compile(rf"^\W*(?:(?:ban so|so ban|so trang)\W|trang \d|(?:{URGENCY_WORDS})\W*$)")
_FIRST: Final = 3
"""Lines that may be above a mark at the head of a text without a letterhead."""
_BARE_TITLE: Final = 24
_SHORT: Final = 60
_PROSE: Final = 110
_LONG: Final = 80


class Around(NamedTuple):
    """Lines around a lone level: bare, not empty, the nearest first."""

    above: Sequence[str]
    below: Sequence[str]
    joined_above: bool = False
    """No gap parts it from the line above, so that a sentence may go on."""
    below_small: bool = False
    """The line below begins in small letters."""
    in_cell: bool = False
    titled: bool = False
    """It says what is secret: "Tài liệu mật"; then it may be under a title too."""


def belongs_to_head(line: str) -> bool:
    """Return whether a bare line belongs to the head of an official letter: motto, number, date, unit, title, copies, urgency."""
    return any(pattern.search(line) for pattern in (_LETTERHEAD, _UNIT, _TITLE, _COPIES))


def stands_in_head(line: str) -> bool:
    """Return whether a bare line is the motto, the number or the date of a letter, whose head most often is a table."""
    return _NUMBER_AND_MOTTO.search(line) is not None


def is_inventory(beside: Sequence[str]) -> bool:
    """Return whether the bare words in one row with "TÀI LIỆU MẬT" make it a row of a list: figures, or several cells."""
    others = [words for words in beside if not belongs_to_head(words)]
    return len(others) > 1 or any(re.search(r"\d", words) for words in others)


def is_of_a_letter(around: Around) -> bool:
    """Return whether lines around are of the head of an official letter."""
    return any(_LETTERHEAD.search(line) for line in (*around.above, *around.below))


def heads_an_article(around: Around) -> bool:
    """Return whether a line is over the prose of a newspaper: sentences below, and nothing of a letter or a plan around."""
    near = (*around.above, *around.below)
    if any(
        belongs_to_head(line) or _GREETING.match(line) or _CLOSING.match(line) or _ITEM.match(line) for line in near
    ):
        return False
    prose = " ".join(around.below[:4])
    return len(prose) >= _PROSE and re.search(r"[.!?](?:\W|$)", prose) is not None


def stands_for_stamp(around: Around, *, phrase: bool = False) -> bool:
    """Return whether a line is where the stamp belongs, at the head of an official letter, and ends none of its lines.

    A phrase or a number that ends titles and names of units too is right under motto, number or date, or a whole name.
    """
    above = around.above[0] if around.above else ""
    if above and not (belongs_to_head(above) or is_closed(above)):
        return False
    near = (*around.above, *around.below)
    heads = sum(_NUMBER_AND_MOTTO.search(line) is not None for line in near)
    if phrase and not _NUMBER_AND_MOTTO.search(above):
        return heads >= 2 and (not above or (_UNIT.match(above) is not None and not _PROTECTS.search(above)))
    return heads >= 2 or (heads == 1 and any(_UNIT.match(line) or _TITLE.match(line) for line in near))


def around_line(layout: Layout, number: int, *, in_cell: bool) -> Around:
    """Return what is around a line of a document."""
    above, below = (list(layout.beside(number, step, NEAR)) for step in (-1, 1))
    return Around(
        above=[layout.bare_line(n) for n in above],
        below=[layout.bare_line(n) for n in below],
        joined_above=bool(above) and layout.adjoins(number, above[0]),
        below_small=bool(below) and layout.lines[below[0]].lstrip(" \t\"“'(")[:1].islower(),
        in_cell=in_cell,
    )


def stands_as_mark(level: Level, case: Case, around: Around) -> bool:
    """Return whether a lone level in small or title letters is a mark by the lines around it."""
    above, below = around.above, around.below
    if (above and (_ASKS.search(above[0]) or _QUIZ.match(above[0]))) or (below and _DEFINES.match(below[0])):
        return False
    # A sentence may go on: into the line itself when nothing parts them, and through it when it is small all along.
    joined = around.joined_above or bool(above and _SUBJECT.match(above[0]))
    goes_on = (joined and case is Case.SMALL) or around.below_small
    if goes_on and around.in_cell and joined:
        return False  # the lines of one cell
    if above and goes_on and not is_closed(above[0]):
        return False
    near = [*above[:NEAR], *below[:NEAR]]
    heads = sum(_LETTERHEAD.search(line) is not None for line in near)
    units = sum(_UNIT.match(line) is not None for line in near)
    titles = sum(
        _TITLE.match(line) is not None and len(line) <= _LONG
        for line in (*(above[:2] if around.titled else ()), *below[:3])
    )
    if heads >= 2 or (heads and (units or titles)) or (units and titles):
        return True
    if level is Level.MAT or around.in_cell:
        return False
    written = any(_GREETING.match(line) for line in above[:2]) and len(above) <= _FIRST
    if written or (titles and len(above) <= _FIRST):
        return True
    if _is_verse(above, below):
        return False
    # Under a head of some kind, or a paragraph of its own between prose; with a capital that may be a heading.
    return bool(heads) or (case is Case.SMALL and any(len(line) >= _LONG for line in (*above[:1], *below[:1])))


def is_closed(line: str) -> bool:
    """Return whether a sentence cannot go on behind a line: it ends, or it is a part of a letter's head."""
    if _GREETING.match(line) or _LETTERHEAD.search(line) or _UNIT.match(line):
        return True
    if _TITLE.match(line) and len(line) <= _BARE_TITLE:
        return True
    return re.search(r"[.!;)\d]\W*$", line) is not None


def _is_verse(above: Sequence[str], below: Sequence[str]) -> bool:
    """Return whether most lines around are as short as verses, without figures, labels or the forms of a letter."""
    around = [*above[:3], *below[:3]]
    verses = [
        line for line in around
        if len(line) <= _SHORT and not re.search(r"[\d/:@]", line) and not _GREETING.match(line) and not _CLOSING.match(line)
    ]  # fmt: skip
    return len(verses) >= max(2, len(around) - 1)
