"""One line of text, judged by its form: stamp line, merged line, headed line, or no mark.

A mark is a matter of layout, not of words: a level alone on its line in capitals, in brackets at the head of a line,
merged by a reader with the number or the motto that stands next to it. Prose that speaks of secrets has none of these
forms. Rule S3 of the detection specification; S4 (broken titles) needs the lines around and is in `mark_around`.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.text.mark_hits import Hit, Look, Place, Strength
from gateway.text.mark_labels import CHECKED
from gateway.text.mark_words import (
    LEVEL_WORDS,
    STAMP,
    URGENCY,
    Case,
    Level,
    Spelling,
    bare,
    case_of,
    level_of,
    spelling_of,
    stamped_level,
    written_level,
)

_UNCHECKED: Final = re.compile(r"^\W*(?:[\u2610\u25a1\u25a2\u25fb\u25ef\u25cb\u2b1c\uf06f\uf0a8]|\[ ?\]|\( ?\))")
_LINE_NUMBER: Final = re.compile(r"^\s*\d{1,5}(?:\t| {2,})")
_TICK: Final = re.compile(r"^[\s\-*•+]*[\[(][xXvV][\])]\s")
_LETTERS: Final = re.compile(r"[^\W\d_]")
_BRACKETED: Final = re.compile(rf"^[\W_]*?[\[(\{{«<“\"]\s*(?:(?:{URGENCY})[\W_]+)?{LEVEL_WORDS}\s*[\])\}}»>”\"]")
_LINE_HEAD: Final = re.compile(
    rf"^[\W_]*(?:(?:hoa toc|thuong khan|khan)[\W_]+)?{LEVEL_WORDS}[\W_]+(?:(?:hoa toc|thuong khan|khan)[\W_]+)?"
    r"(?:so\s*:|so\s+\d|cong hoa xa hoi|doc lap\s*-|uy ban nhan dan|hoi dong nhan dan|u\s?b\s?n\s?d\b|v/v\b|kinh gui\b|ngay \d|ban so\b|trang \d"
    r"|[a-z ]{2,40}, ?ngay\b)"
)
_LINE_TAIL: Final = re.compile(
    rf"(?:\bso\s*:\s*[\d. ]*/[\w\-/.]+|doc lap\s*-\s*tu do\s*-\s*hanh phuc|viet nam|nam \d{{4}})[\W_]+{LEVEL_WORDS}[\W_]*$"
)


def _strong_case(case: Case, look: Look) -> Strength | None:
    """Return what an exactly spelled level alone on its line means, by its case and place."""
    if case is Case.CAPITALS:
        return Strength.MARKED
    match look.place:
        case Place.WATERMARK | Place.PROPERTY:
            return Strength.MARKED
        case Place.BOX | Place.EDGE:
            return Strength.MARKED if case is Case.TITLE else Strength.SUSPECTED
        case Place.ASIDE | Place.SUBJECT | Place.FILENAME:
            return Strength.SUSPECTED
        case Place.BODY | Place.CELL:
            if look.stands_out:
                return Strength.MARKED if case is Case.TITLE else Strength.SUSPECTED
            return Strength.NOTED  # unless the lines around make it a mark (`mark_alone`)


def _weak_spelling(level: Level, spelling: Spelling, case: Case, look: Look) -> Strength | None:
    """Return what a level with wrong or no marks means: more in a stamp or a scan, little in running text."""
    stamped = look.stands_out or look.place in (Place.EDGE, Place.WATERMARK, Place.PROPERTY)
    two_words = level is not Level.MAT
    if case is not Case.CAPITALS and not (look.place is Place.WATERMARK or (look.ocr and look.stands_out)):
        return None
    match spelling:
        case Spelling.NOISY if two_words:
            return Strength.MARKED if stamped and look.ocr else Strength.SUSPECTED
        case Spelling.NOISY:
            return Strength.SUSPECTED if stamped or look.ocr else None
        case Spelling.ASCII if level is Level.TUYET_MAT:
            return Strength.MARKED if stamped else Strength.SUSPECTED
        case Spelling.ASCII if two_words:
            return Strength.SUSPECTED
        case Spelling.ASCII:
            return Strength.SUSPECTED if stamped else None
        case Spelling.OTHER_WORD:
            return Strength.SUSPECTED if look.ocr and look.stands_out else None
        case _:
            return None


def stamp_line(text: str, look: Look) -> Hit | None:
    """Find a level that is all the line says, whatever stands between its letters (S2, S3)."""
    if len(text) > 160:
        return None
    letters = "".join(_LETTERS.findall(_TICK.sub("", text)))
    if not 3 <= len(letters) <= 60:
        return None
    found = STAMP.fullmatch(bare(letters))
    if found is None:
        return None
    word = found["level"]
    level = level_of(word)
    written = letters[found.start("level") : found.end("level")]
    spelling = spelling_of(word, written)
    if spelling is Spelling.OTHER_WORD and not look.ocr:
        return None
    others = {match[0] for match in re.finditer("tuyetmat|toimat|mat", found["after"])} - {word}
    if others or _UNCHECKED.match(text):
        return Hit(level, Strength.NOTED, "options", spelling)
    if any(character.isdigit() for character in _LINE_NUMBER.sub("", text)) and not (
        look.place in (Place.EDGE, Place.WATERMARK) or look.stands_out
    ):
        return None
    if re.search(r":\s*\d", text) and not look.red:
        return None  # a count
    case = case_of(written)
    if re.search(CHECKED, text):
        return Hit(level, Strength.MARKED, "chosen-option", spelling) if spelling is Spelling.EXACT else None
    noun = found["noun"]
    if noun:
        return _with_noun(noun, level, spelling, case, look)
    strength = _strong_case(case, look) if spelling is Spelling.EXACT else _weak_spelling(level, spelling, case, look)
    if strength is None:
        return None
    return Hit(level, strength, "stamp-line", spelling, exposed=True)


def _with_noun(noun: str, level: Level, spelling: Spelling, case: Case, look: Look) -> Hit | None:
    """Judge "TÀI LIỆU MẬT": a mark where a stamp would be, doubtful as a line of text, nothing in a table."""
    if noun in ("do", "muc", "capdo", "loai") and level is Level.MAT:
        return None  # "ĐỘ MẬT" is the head of a label
    if spelling is not Spelling.EXACT or look.place is Place.CELL:
        return None
    if case is Case.SMALL and not look.stands_out and look.place not in (Place.EDGE, Place.WATERMARK, Place.PROPERTY):
        return None
    if case is Case.CAPITALS and (look.stands_out or look.place in (Place.EDGE, Place.WATERMARK, Place.PROPERTY)):
        return Hit(level, Strength.MARKED, "stamp-line", spelling, exposed=True)
    if case is Case.CAPITALS or look.stands_out or look.place in (Place.EDGE, Place.WATERMARK, Place.PROPERTY):
        return Hit(level, Strength.SUSPECTED, "stamp-line", spelling, exposed=True)
    return None


def merged_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find a mark that a reader ran together with what stands beside it: number, motto, place and date; or brackets."""
    if (found := _BRACKETED.match(plain)) is not None:
        level, spelling, case = written_level(text[found.start("level") : found.end("level")])
        rest = plain[found.end() :].strip()
        quoted = found[0].rstrip()[-1:] in '”"'
        if spelling is Spelling.EXACT and case is Case.CAPITALS and not (quoted and rest):
            return Hit(level, Strength.MARKED, "bracketed", spelling)
        if spelling is Spelling.EXACT and case is Case.TITLE and not quoted and rest and look.place is Place.BODY:
            return Hit(level, Strength.SUSPECTED, "bracketed", spelling)
    for pattern in (_LINE_HEAD, _LINE_TAIL):
        found = pattern.search(plain)
        stamped = stamped_level(text[found.start("level") : found.end("level")]) if found is not None else None
        if stamped is not None:
            return Hit(stamped, Strength.MARKED, "merged-line")
    return None


_BRACKET_TAIL: Final = re.compile(rf"[\[(]\s*{LEVEL_WORDS}\s*[\])][\W_]*$")
_DASHED: Final = re.compile(
    rf"^[\W_]*{LEVEL_WORDS}\s*(?::|[-–—|])\s*(?P<rest>[^\n]+)$|^(?P<head>[^\n]*[^\W\d_][^\n]*?)\s+[-–—|]\s*{LEVEL_WORDS.replace('<level>', '<tail>')}[\W_]*$"
)


def headed_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find "MẬT: Kế hoạch ..." and "Kế hoạch ... - MẬT" in a short line of text: doubtful, since titles quote too."""
    if len(text) > 160 or look.place not in (Place.BODY, Place.ASIDE):
        return None
    tail = _BRACKET_TAIL.search(plain)
    if tail is not None and text.isupper() and len(re.findall("[a-z]{2,}", plain)) > 2:
        stamped = stamped_level(text[tail.start("level") : tail.end("level")])
        if stamped is not None:
            return Hit(stamped, Strength.SUSPECTED, "headed-line")
    found = _DASHED.match(plain)
    if found is None:
        return None
    group = "level" if found["level"] else "tail"
    stamped = stamped_level(text[found.start(group) : found.end(group)])
    if stamped is None:
        return None
    company = found["rest"] or found["head"] or ""
    if stamped is Level.MAT and re.search(r"(?<![a-z])gan\W*$|^\W*tuy(?![a-z])", company):
        return None  # the gall beside the liver
    if group == "level" and re.match(r"[\W_]*\d", company):
        return None  # a count: "MẬT: 05 văn bản"
    if (
        re.search(r"(?<![a-z])(?:tuyet mat|toi mat|mat|thuong)(?![a-z])", company)
        or len(re.findall("[a-z]{2,}", company)) < 2
    ):
        return None
    return Hit(stamped, Strength.SUSPECTED, "headed-line")
