"""One line of text, judged by its form: stamp line, merged line, headed line, or no mark.

A mark is a matter of layout, not of words: a level alone on its line in capitals, in brackets at the head of a line,
merged by a reader with the number or the motto that is next to it. Prose that speaks of secrets has none of these
forms. Rule S3 of the detection specification; S4 (broken titles) needs the lines around and is in `around`.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.vietnamese.marks.choice import begins_with_empty_box
from gateway.vietnamese.marks.hits import Hit, Look, Place, Strength
from gateway.vietnamese.marks.words import (
    LEVEL_WORDS,
    PAPERS,
    SELDOM,
    STAMP,
    URGENCY,
    Case,
    Level,
    Spelling,
    bare,
    case_of,
    is_slip,
    level_of,
    spelling_of,
    stamped_level,
    written_level,
)

_LONGEST: Final = 160
_WIDE: Final = re.compile(r"[^\w:]{4,}")
_LINE_NUMBER: Final = re.compile(r"^\s*\d{1,5}(?:\t| {2,})")
_ITEM: Final = re.compile(r"^\s*[(\[]?(?:\d{1,3}[a-z]?|[ivx]{1,4}|[a-z])(?:[.)\]]+|/(?![a-z]))\s*(?=\D)")
"""The number of an item of a list, or of a box of the form (10a), in a bare line."""
_NUMBER: Final = re.compile(r"[\d.)\]]|(?<=[tT])[\s/(–—-]+[A-EIVX]{1,2}\W*$")
_PAGE_AHEAD: Final = re.compile(r"\s*(?:trang\s*)?\d{1,4}(?:\s*/\s*\d{1,4})?[\s|–—-]+(?=[^\W\d_])")
_PAGE_BEHIND: Final = re.compile(
    r"(?<![:=])[\s|/–—-]+(?:trang\s*)?(?:\d{1,4}\s*/\s*\d{1,4}|\(?\d\)?|0\d|(?:19|20)\d\d|\d{1,2}([/.-])\d{1,2}\1\d{2,4}"
    r"|\(?(?:[a-e]|i{1,3}|iv|vi?|x)\)?|(?P<copies>\(?\d{1,3} (?:ban|(?P<years>nam))\)?))\W*$"
)
_ITEM_LENGTH: Final = 12
_ENVELOPE: Final = re.compile(
    r"^\W*(?P<ahead>[abc])\s*[-–—]\s*(?=[mt])|(?<=t)\s*(?:[-–—]\s*|\()(?P<behind>[abc])\)?\W*$"
)
_ENVELOPES: Final = {"a": Level.TUYET_MAT, "b": Level.TOI_MAT, "c": Level.MAT}
"""The letter that the outer envelope bears for each level (Circular 24/2020/TT-BCA)."""
_AHEAD: Final = re.compile(r"^[\s\-*•+]*(?:[\[(][xv][\])]\s|(?:lưu|chú) ý\s*:)", re.IGNORECASE)
_DEFINED: Final = re.compile(r"[\W_]*(?:toi|tuyet)_?mat[\"'`]?\s*[:=]", re.IGNORECASE | re.ASCII)
"""A level as the name of a value in code and data, which says how levels are shown."""
_LETTERS: Final = re.compile(r"[^\W\d_]")
SLIP: Final = "misspelt-line"
"""Form of a slip of the keyboard for a level: TỐI MẶT anywhere, MẶT in the place of the stamp."""
NUMBERED: Final = "numbered-line"
_NO_WORD: Final = "MÂT"
"""No word of Vietnamese: the dot is drawn, set by a format or written in the next line, if it is not forgotten."""
_APART: Final = re.compile(r"(?:T +U +Y +Ệ +T +|T +Ố +I +)?M +Ậ +T(?![^\W_])")
_LETTER_BEFORE: Final = re.compile(r"(?<![^\W_])[^\W\d_][\W_]*$|[^\W_]$")
_LETTER_BEHIND: Final = re.compile(r"[\W_]*[^\W\d_](?![^\W_])")
TITLED: Final = "titled-line"
"""Form of a level behind a noun, of which the lines around must be asked: a stamp, or the heading of a text about them."""
_BRACKETED: Final = re.compile(
    rf"^[\W_]*?[\[(\{{«<“\"【『「〔〈《⟨⟦]\s*(?:(?:{URGENCY})[\W_]+)?{LEVEL_WORDS}\s*[\])\}}»>”\"】』」〕〉》⟩⟧]"
)
_LINE_HEAD: Final = re.compile(
    rf"^[\W_]*(?:(?:hoa toc|thuong khan|khan)[\W_]+)?{LEVEL_WORDS}[\W_]+(?:(?:hoa toc|thuong khan|khan)[\W_]+)?"
    r"(?:so\s*:|so\s+\d|cong hoa xa hoi|doc lap\s*-|dang (?:cong san|bo|uy)\b|(?:thanh|tinh|quan|huyen) uy\b|uy ban nhan dan|hoi dong nhan dan|u\s?b\s?n\s?d\b|v/v\b|kinh gui\b|ngay \d|ban so\b|trang \d"
    rf"|\d{{1,2}}[.)/] {PAPERS}(?![a-z])"
    r"|[a-z ]{2,40}, ?ngay\b)"
)
_LINE_TAIL: Final = re.compile(
    rf"(?:\bso\s*+:?\s*+[\d. ]*+/[\w\-/.]+|^\W*ban so\W{{0,3}}\d{{1,4}}|doc lap\s*-\s*tu do\s*-\s*hanh phuc|viet nam|nam \d{{4}})[\W_]+{LEVEL_WORDS}[\W_]*$"
)

_NUMBER_OF_PAPER: Final = r"(?:so\s*+:?\s*+[\d. ]*+[/-][\w\-/.]+|ban so\W{0,3}\d{1,4})"
_WITH_NUMBER: Final = re.compile(
    rf"^\W*{_NUMBER_OF_PAPER}(?P<apart>[\W_]+){LEVEL_WORDS}[\W_]*$"
    rf"|^\W*{LEVEL_WORDS.replace('<level>', '<head>')}[\W_]+{_NUMBER_OF_PAPER}\W*$"
)
"""The number of a paper, or of a copy, and its level, in letters of any size."""


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
            return Strength.NOTED  # unless the lines around make it a mark (`alone`)


def _weak_spelling(level: Level, spelling: Spelling, case: Case, look: Look) -> Strength | None:
    """Return what a level with wrong or no marks means: more in a stamp or a scan, little in running text."""
    stamped = look.is_stamped
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
    """Find a level that is all the line says, whatever is between its letters (S2, S3).

    Behind the number of a list, or beside that of a page, a year or a copy, it is doubtful: lists and tables of all levels are numbered.
    """
    if len(text) > _LONGEST:
        text = _WIDE.sub("   ", text)  # letters set far apart
    if len(text) > _LONGEST:
        return None
    hit = _level_alone(text, look)
    if hit is not None:
        return hit
    bare_text = bare(text)
    if (code := _ENVELOPE.search(bare_text)) is not None:
        rest = text[code.end() :] if code["ahead"] else text[: code.start()]
        hit = _level_alone(rest, look, numbered=True)
        if hit is not None and hit.level is _ENVELOPES[code["ahead"] or code["behind"]]:
            # "C - Mật" may answer a question, and "Mật (C)" is written on envelopes only.
            stamped = code["behind"] and hit.form == "stamp-line" and not rest.islower()
            least = Strength.SUSPECTED if stamped else hit.strength
            return hit._replace(form=NUMBERED, strength=min(least, Strength.SUSPECTED, key=lambda s: s.rank))
    if _NUMBER.search(text) is None:
        return None
    item = _ITEM.match(bare_text)
    page = item or _PAGE_AHEAD.match(bare_text)
    start = page.end() if page is not None else 0
    behind = None if page is not None else _PAGE_BEHIND.search(bare_text)
    if not start and behind is None:
        return None
    hit = _level_alone(text[start : behind.start() if behind is not None else len(text)], look, numbered=True)
    copies = behind is not None and behind["copies"]
    if hit is None or hit.form != "stamp-line":
        return None
    if behind is not None and behind["years"] and not text[: behind.start()].isupper():
        return None  # "Tuyệt mật - 30 năm" says what the law does
    if hit.level is Level.MAT and not (item or copies):
        return hit._replace(form=NUMBERED, strength=Strength.NOTED)  # "MẬT 2023", unless it stands for the stamp
    form = "stamp-line" if copies else NUMBERED
    return hit._replace(form=form, strength=min(hit.strength, Strength.SUSPECTED, key=lambda s: s.rank))


def is_item(text: str) -> bool:
    """Return whether a line begins with the number of an item."""
    return _ITEM.match(bare(text[:_ITEM_LENGTH])) is not None


def without_number(bare_line: str) -> str:
    """Return a bare line without the number of an item that it begins with."""
    return _ITEM.sub("", bare_line, count=1)


def _level_alone(text: str, look: Look, *, numbered: bool = False) -> Hit | None:
    if _DEFINED.match(text) is not None:
        return None  # TOI_MAT = 'Tối mật', "toiMat": "Tối mật"
    letters = "".join(_LETTERS.findall(_AHEAD.sub("", text)))
    if not 3 <= len(letters) <= 60:
        return None
    found = STAMP.fullmatch(bare(letters))
    if found is None:
        return None
    word = found["level"]
    level = level_of(word)
    written = letters[found.start("level") : found.end("level")]
    spelling = spelling_of(word, written)
    if spelling is Spelling.OTHER_WORD and not look.ocr and not is_slip(word, written):
        return None
    others = {match[0] for match in re.finditer("tuyetmat|toimat|mat", found["after"])} - {word}
    if others or begins_with_empty_box(text):
        return Hit(level, Strength.NOTED, "options", spelling)
    figures = any(character.isdigit() for character in _LINE_NUMBER.sub("", text))
    stamped = look.red or look.boxed or look.place is Place.BOX or (look.in_window and not is_item(text))
    if figures and not (look.place in (Place.EDGE, Place.WATERMARK) or stamped):
        return None
    if figures and spelling is Spelling.ASCII and level is Level.MAT:
        return None  # the code of something: "MAT-2026"
    if re.search(r":\s*0+(?!\d)" if look.red else r":\s*\d", text):
        return None  # a count
    case = case_of(written)
    noun = found["noun"]
    if noun == "ban" and letters[found.start("noun") : found.end("noun")].upper() != "BẢN":
        return None  # BÁN MẬT, BẠN MẬT
    if noun and (numbered or (figures and (case is not Case.CAPITALS or _ITEM.match(bare(text))))):
        return None  # the heading of a list, "I. TÀI LIỆU MẬT", or a count, "Văn bản mật   3"
    if noun:
        before = letters[found.start("noun") : found.end("noun")]
        larger = (case is Case.CAPITALS and not before.isupper()) or (case is Case.TITLE and before.islower())
        return _with_noun(noun, level, spelling, case, look, unlike=larger and ":" not in text)
    strength = _strong_case(case, look) if spelling is Spelling.EXACT else _weak_spelling(level, spelling, case, look)
    unsure = spelling is Spelling.ASCII or is_slip(word, written)
    if strength is None and case is Case.CAPITALS and not figures and unsure:
        return Hit(
            level,
            Strength.SUSPECTED
            if level is not Level.MAT or look.red or look.in_window or written == _NO_WORD
            else Strength.NOTED,
            SLIP,
            spelling,
        )
    if strength is None:
        return None
    return Hit(level, strength, "stamp-line", spelling, exposed=True)


def _with_noun(noun: str, level: Level, spelling: Spelling, case: Case, look: Look, *, unlike: bool) -> Hit | None:
    """Judge "TÀI LIỆU MẬT": a mark where a stamp would be, doubtful as a line of text, elsewhere what is around decides.

    `unlike` says that the level is in larger letters than the noun.
    """
    if noun in ("do", "muc", "capdo", "loai") and level is Level.MAT and not unlike:
        return None  # "ĐỘ MẬT" is the head of a label, "Độ MẬT" and "độ Mật" are filled in
    if spelling is not Spelling.EXACT:
        return None
    if noun == "thongtin" and level is Level.MAT and not (look.red or look.boxed) and look.place.is_text:
        # What a contract calls its secrets, unless the lines around are the head of a letter (`alone`).
        return Hit(level, Strength.NOTED, "stamp-line") if case is Case.CAPITALS else None
    if look.is_stamped and (look.place is not Place.CELL or case is Case.CAPITALS):
        sure = Strength.MARKED if case is Case.CAPITALS else Strength.SUSPECTED
        return Hit(level, sure, "stamp-line", spelling, exposed=True)
    if case is not Case.CAPITALS:
        return Hit(level, Strength.NOTED, TITLED, spelling, exposed=True)
    in_question = SELDOM.fullmatch(noun) is not None or (look.place is Place.CELL and level is Level.MAT)
    return Hit(level, Strength.SUSPECTED, TITLED if in_question else "stamp-line", spelling, exposed=True)


def merged_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find a mark that a reader ran together with what is beside it: number, motto, place and date; or brackets."""
    if (found := _BRACKETED.match(plain)) is not None and _DEFINED.match(text) is None:
        level, spelling, case = written_level(text, found)
        rest = plain[found.end() :].strip()
        quoted = found[0].rstrip()[-1:] in '”"'
        if spelling is Spelling.EXACT and case is Case.CAPITALS and not (quoted and rest):
            return Hit(level, Strength.MARKED, "bracketed", spelling)
        titled = rest and look.place is Place.BODY
        framed = level is not Level.MAT and found[0].rstrip()[-1:] != ")"
        if spelling is Spelling.ASCII and case is Case.CAPITALS and framed:
            return Hit(level, Strength.SUSPECTED, "bracketed", spelling)
        if spelling is Spelling.EXACT and case is Case.TITLE and not quoted and (titled or framed):
            return Hit(level, Strength.SUSPECTED, "bracketed", spelling)
    for pattern in (_LINE_HEAD, _LINE_TAIL):
        found = pattern.search(plain)
        stamped = stamped_level(text, found) if found is not None else None
        if stamped is not None:
            return Hit(stamped, Strength.MARKED, "merged-line")
    if (found := _WITH_NUMBER.match(plain) if len(text) <= _LONGEST else None) is not None:
        group = "level" if found["level"] else "head"
        level, spelling, case = written_level(text, found, group)
        meant = level is not Level.MAT or case is not Case.SMALL or (found["apart"] or " ").strip()
        if spelling is Spelling.EXACT and meant:
            return Hit(level, Strength.SUSPECTED, "merged-line")
    return _set_apart(text)


def _set_apart(text: str) -> Hit | None:
    """Find a level whose letters are apart beside other words: in a margin, a frame, a column of its own."""
    found = _APART.search(text)
    if found is None or _LETTER_BEFORE.search(text[: found.start()]) or _LETTER_BEHIND.match(text[found.end() :]):
        return None  # B Ả O M Ậ T, M Ậ T K H Ẩ U
    return Hit(written_level(text, found, 0)[0], Strength.SUSPECTED, "merged-line")
