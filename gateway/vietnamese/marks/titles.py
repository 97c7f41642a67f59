"""A level in one line with the title of a paper: suspected, since titles of lists and laws quote levels.

"MẬT: Kế hoạch ...", "Kế hoạch ... - MẬT", "Kế hoạch ... (TỐI MẬT)", "TỐI MẬT Kế hoạch ...".
"""

from __future__ import annotations

import re
from typing import Final

from gateway.vietnamese.marks.carried import OF_LAWS
from gateway.vietnamese.marks.hits import Hit, Look, Place, Strength
from gateway.vietnamese.marks.name_words import OF_THE_GALL, are_groceries
from gateway.vietnamese.marks.words import LEVEL_WORDS, PAPERS, Case, Level, Spelling, stamped_level, written_level

_TAIL_WORDS: Final = LEVEL_WORDS.replace("<level>", "<tail>")
_BRACKET_TAIL: Final = re.compile(rf"(?P<open>[\[(])\s*(?:dau |(?P<degree>do ))?{LEVEL_WORDS}\s*[\])][\W_]*$")
_DASHED: Final = re.compile(
    rf"^[\W_]*{LEVEL_WORDS}\s*(?::|[-–—|])\s*(?P<rest>[^\n]+)$"
    rf"|^(?P<head>[^\n]*[^\W\d_][^\n]*?)(?:\s+[-–—|/]|(?P<comma>,))\s*{_TAIL_WORDS}[\W_]*$"
)
_NOUN_AND_TITLE: Final = re.compile(
    rf"^[\W_]*(?:tai lieu|van ban|ho so) {LEVEL_WORDS}\s*[:\-–—]\s*(?:{PAPERS}|phuong an|de an)(?![a-z])"
)
_BEFORE_TITLE: Final = re.compile(rf"^[\W_]*{LEVEL_WORDS}[ \xa0]+(?={PAPERS})")
_AFTER_TITLE: Final = re.compile(rf"^[\W_]*{PAPERS} [^\n]*?\s{LEVEL_WORDS}[\W_]*$")
_NOUN_ENDS: Final = re.compile(
    r"(?<![a-z])(?:do|muc|cap|loai|tin|dau|nuoc|thuoc|la|va|hoac|(?:tai|so) lieu|van ban|cong van|ho so|vat)\W*$"
)
_TITLE: Final = re.compile(
    rf"^[\W_\d]*(?:{PAPERS}|ban do|so do|de thi|tai lieu|ket luan|du thao|de cuong|ban ve|chuong trinh|bang|bieu|thong ke|tong hop|so lieu|v/v|ve viec)(?![a-z])"
)
_LEVEL_AND_TITLE: Final = re.compile(rf"^[\W_]*{LEVEL_WORDS}{_TITLE.pattern[1:]}")
_NUMBERED: Final = re.compile(
    rf"^[\W_]*(?:tai lieu|van ban|dien|ban|{PAPERS}) {LEVEL_WORDS} so\s*:?\s*\d[\w/.\-]*[\W_]*$"
)
"""CÔNG VĂN MẬT SỐ 15/UBND-NC"""
_NAMES_LEVELS: Final = re.compile(r"(?<![a-z])(?:tuyet mat|toi mat|mat|thuong)(?![a-z])")
_OF_PAPERS: Final = re.compile(
    rf"(?<![a-z])(?:{PAPERS}|phuong an|de an|chuong trinh|du thao|so|dien|bien che|nhan su|luc luong|dia ban|muc tieu)(?![a-z])"
)
"""Words of papers in the rest of a line, which no headline of a newspaper is."""
HEADLINE: Final = "headline"
"""Form of a level that heads a line in capitals of no paper: a mark in a letter, a headline over the prose of a newspaper."""
_LONGEST: Final = 160


def headed_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find a level before or behind a title, in a short line of text."""
    if len(text) > _LONGEST or look.place not in (Place.BODY, Place.ASIDE, Place.CELL):
        return None
    hit = _in_brackets(text, plain) if "(" in plain or "[" in plain else None
    if look.place is Place.CELL:
        # The subject under the number of a letter, the title of a sheet.
        return hit or (_dashed(text, plain) if _TITLE.match(plain) or _LEVEL_AND_TITLE.match(plain) else None)
    return hit or _before_title(text, plain) or _behind_title(text, plain) or _dashed(text, plain)


def _in_brackets(text: str, plain: str) -> Hit | None:
    """Find the level in brackets that ends a title, in capitals or in square brackets."""
    tail = _BRACKET_TAIL.search(plain)
    if tail is None or _NAMES_LEVELS.search(plain, 0, tail.start()):
        return None
    title = _TITLE.match(plain) is not None
    if not title and not (text.isupper() and len(re.findall("[a-z]{2,}", plain)) > 2):
        return None
    level, spelling, case = written_level(text, tail)
    labelled = tail["open"] == "[" or not OF_LAWS.search(plain, 0, tail.start())
    stamped = case is Case.CAPITALS or (labelled and case is Case.TITLE and title)
    if spelling is not Spelling.EXACT or not stamped:
        return None
    return Hit(level, Strength.SUSPECTED, "headed-line")


def _before_title(text: str, plain: str) -> Hit | None:
    """Find a level right before the kind of a paper: nothing else reads so, `MẬT` in capitals before small letters."""
    found = _NOUN_AND_TITLE.match(plain) or _NUMBERED.match(plain)
    if found is not None and (noun := stamped_level(text, found)) is not None:
        return Hit(noun, Strength.SUSPECTED, "headed-line")
    found = _BEFORE_TITLE.match(plain)
    if found is None or _NAMES_LEVELS.search(plain, found.end()):
        return None
    level, spelling, case = written_level(text, found)
    begins = text[found.end() :][:1].isupper()
    if spelling is not Spelling.EXACT or not (
        (case is Case.CAPITALS and (begins or level is not Level.MAT)) or (case is Case.TITLE and begins)
    ):
        return None
    return Hit(level, Strength.SUSPECTED, "headed-line", exposed=True)


def _behind_title(text: str, plain: str) -> Hit | None:
    """Find a level of two words that ends a title in capitals and belongs to no noun of it: honey and secrets of others are MẬT."""
    found = _AFTER_TITLE.match(plain) if text.isupper() else None
    if (
        found is None
        or _NAMES_LEVELS.search(plain, 0, found.start("level"))
        or _NOUN_ENDS.search(plain[: found.start("level")])
    ):
        return None
    stamped = stamped_level(text, found)
    return Hit(stamped, Strength.SUSPECTED, "headed-line") if stamped not in (None, Level.MAT) else None


def _dashed(text: str, plain: str) -> Hit | None:
    found = _DASHED.match(plain)
    if found is None:
        return None
    group = "level" if found["level"] else "tail"
    stamped = stamped_level(text, found, group)
    if stamped is None:
        return None
    if found["comma"] and (stamped is Level.MAT or _TITLE.match(plain) is None):
        return None  # goods and organs are listed so
    company = found["rest"] or found["head"] or ""
    words = text[found.start("rest") :] if found["rest"] else text[: found.end("head")]
    if stamped is Level.MAT and (
        re.search(r"(?<![a-z])gan\W*$|^\W*tuy(?![a-z])", company)
        or OF_THE_GALL.search(words)
        or are_groceries(re.findall(r"[^\W\d_]+", words))
    ):
        return None  # the gall beside the liver, honey beside sugar
    if group == "level" and re.match(r"[\W_]*\d", company):
        return None  # a count: "MẬT: 05 văn bản"
    if _NAMES_LEVELS.search(company) or len(re.findall("[a-z]{2,}", company)) < 2:
        return None
    headline = group == "level" and words.isupper() and _OF_PAPERS.search(company) is None
    return Hit(stamped, Strength.SUSPECTED, HEADLINE if headline else "headed-line", exposed=headline)
