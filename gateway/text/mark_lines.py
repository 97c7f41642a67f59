"""One line of text, judged by its form: stamp line, label, auxiliary stamp, or no mark.

A mark is a matter of layout, not of words: a level alone on its line in capitals, beside a label, in brackets at the
head of a line, merged by a reader with the number or the motto that stands next to it. Prose that speaks of secrets
has none of these forms. Rules S3, S5 and S7 of the detection specification; S4 (broken titles) needs the lines around
and is in `marks`.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

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
)
from gateway.text.normal import run_together


class Place(Enum):
    """Where a line stands, as far as that changes what its words mean."""

    BODY = "body"
    CELL = "cell"
    EDGE = "edge"
    """Page header or footer."""
    BOX = "box"
    """Stamp, text box, frame."""
    WATERMARK = "watermark"
    PROPERTY = "property"
    """Document property, sheet name, layer, bookmark."""
    ASIDE = "aside"
    """Comment, note, form field, alternative text."""
    SUBJECT = "subject"
    FILENAME = "filename"


class Strength(Enum):
    """How sure a mark is."""

    NOTED = "noted"
    """Worth recording, not acting on: circulation stamps, column heads, options nobody chose."""
    SUSPECTED = "suspected"
    MARKED = "marked"

    @property
    def rank(self) -> int:
        """Order of certainty."""
        return ("noted", "suspected", "marked").index(self.value)


class Hit(NamedTuple):
    """What a line was found to say."""

    level: Level
    strength: Strength
    form: str
    """Evidence code of the form: `stamp-line`, `label`, `bracketed`, `auxiliary` ..."""
    spelling: Spelling = Spelling.EXACT
    exposed: bool = False
    """A bare `MẬT` that a broken title could have left: the lines around must be asked."""


class Look(NamedTuple):
    """What is known of the letters of a line beside their words."""

    place: Place
    red: bool = False
    boxed: bool = False
    in_window: bool = False
    """In box 10a of Decree 30/2020, where the stamp belongs."""
    ocr: bool = False

    @property
    def stands_out(self) -> bool:
        """Whether the letters look or stand like a stamp, wherever they are."""
        return self.red or self.boxed or self.in_window or self.place is Place.BOX


_UNCHECKED: Final = re.compile(r"^\W*(?:[\u2610\u25a1\u25a2\u25fb\u25ef\u25cb\u2b1c\uf06f\uf0a8]|\[ ?\]|\( ?\))")
_CHECKED: Final = r"[\u2611\u2612\u2713\u2714\u2717\u2718\u25a0\u25cf\u25c9\u2b1b\uf0fe\uf052\uf0fc]|\[[xXvV\u2713]\]|\([xXvV\u2713]\)"
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
_LABEL: Final = re.compile(
    r"(?:(?:dau )?chi )?(?:muc |cap )?(?<![a-z])do (?:bao )?mat(?![a-z])|(?<![a-z])muc (?:do )?(?:bao )?mat(?![a-z])"
    r"|phan loai (?:do )?(?:bao )?mat(?![a-z])|(?P<open>phan loai(?: tai lieu| van ban| thong tin)?|(?:security )?classification)(?![a-z])|(?<![a-z])do[_-]mat(?![a-z])|(?<![a-z])domat(?![a-z])"
)
_LABEL_TAIL: Final = re.compile(
    r"(?:\s*\([^)\n]{0,60}\)|\s+(?:cua|van ban|tai lieu|ho so)(?: [a-z]+){0,4})?[\"'”’\])}>]{0,2}[ \xa0]*(?P<mark>[:=\uff1a]+|->|\bla\b|\t| [-–] |\.{2,}|…+|\|)?"
)
_OPTION: Final = re.compile(rf"{LEVEL_WORDS}|(?<![a-z])(?P<open>thuong|khong mat|khong|cong khai|binh thuong)(?![a-z])")
_AFTER_VALUE: Final = re.compile(
    r"\s*(?:$|[\n\t;,.)\]|}\"'”’»!?<]|\s[-–]|\s\s|\s*\(|\s*do (?:khan|bao mat)|\s*(?:thoi han|muc do|so (?:ky hieu|van ban|ban)?:|ngay|do khan|han ))"
)
_RECALL: Final = re.compile(r"^[\W_\d]*tai lieu thu hoi\s*(?:$|[.;:!)\]]|sau (?:hoi nghi|cuoc hop|hop|khi)|\(|[-–])")
_ENVELOPE: Final = re.compile(r"^[\W_]*chi nguoi co ten (?:moi )?duoc (?:phep )?(?:boc|mo) (?:phong )?bi[\W_]*$")
_COPY: Final = re.compile(r"^[\W_]*ban sao (?:tai lieu )?bi mat nha nuoc[\W_]*$")
_PERIOD: Final = re.compile(
    r"^[\W_]*(?:gia han )?thoi han bao ve bi mat nha nuoc\s*[:\-–]\s*(?:\d|(?:tu|den|het)\b[^\n]{0,12}\d|(?:tu|den) ngay)"
)
_DECLASSIFIED: Final = re.compile(r"^[\W_]*(?:da )?giai mat[\W_]*(?:$|\n|tu\s*:?\s*(?:ngay )?[\d.…]|ngay \d|ke tu)")
_CHANGED: Final = re.compile(r"^[\W_]*(?:dieu chinh|tang|giam) do mat[\W_]*(?:$|\n|tu\s*:)")
_CIRCULATION: Final = re.compile(r"^[\W_]*(?:xem xong tra lai|luu hanh noi bo)[\W_]*$")


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
    if re.search(_CHECKED, text):
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


def _exact_capitals(text: str, found: re.Match[str]) -> bool:
    written = "".join(_LETTERS.findall(text[found.start("level") : found.end("level")]))
    word = bare(written)
    return spelling_of(word, written) is Spelling.EXACT and case_of(written) is Case.CAPITALS


def _level_at(text: str, found: re.Match[str]) -> tuple[Level, Spelling, Case]:
    written = "".join(_LETTERS.findall(text[found.start("level") : found.end("level")]))
    word = bare(written)
    return level_of(word), spelling_of(word, written), case_of(written)


def merged_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find a mark that a reader ran together with what stands beside it: number, motto, place and date; or brackets."""
    if (found := _BRACKETED.match(plain)) is not None:
        level, spelling, case = _level_at(text, found)
        rest = plain[found.end() :].strip()
        quoted = found[0].rstrip()[-1:] in '”"'
        if spelling is Spelling.EXACT and case is Case.CAPITALS and not (quoted and rest):
            return Hit(level, Strength.MARKED, "bracketed", spelling)
        if spelling is Spelling.EXACT and case is Case.TITLE and not quoted and rest and look.place is Place.BODY:
            return Hit(level, Strength.SUSPECTED, "bracketed", spelling)
    for pattern in (_LINE_HEAD, _LINE_TAIL):
        found = pattern.search(plain)
        if found is not None and _exact_capitals(text, found):
            return Hit(_level_at(text, found)[0], Strength.MARKED, "merged-line")
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
    if tail is not None and text.isupper() and _exact_capitals(text, tail) and len(re.findall("[a-z]{2,}", plain)) > 2:
        return Hit(_level_at(text, tail)[0], Strength.SUSPECTED, "headed-line")
    found = _DASHED.match(plain)
    if found is None:
        return None
    group = "level" if found["level"] else "tail"
    written = "".join(_LETTERS.findall(text[found.start(group) : found.end(group)]))
    word = bare(written)
    if spelling_of(word, written) is not Spelling.EXACT or case_of(written) is not Case.CAPITALS:
        return None
    company = found["rest"] or found["head"] or ""
    if group == "level" and re.match(r"[\W_]*\d", company):
        return None  # a count: "MẬT: 05 văn bản"
    if (
        re.search(r"(?<![a-z])(?:tuyet mat|toi mat|mat|thuong)(?![a-z])", company)
        or len(re.findall("[a-z]{2,}", company)) < 2
    ):
        return None
    return Hit(level_of(word), Strength.SUSPECTED, "headed-line")


def has_label(plain: str) -> bool:
    """Tell whether a bare line has a label of secrecy, filled in or not."""
    return _LABEL.search(plain) is not None


def label_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find "Độ mật: Tối mật" in any case, and tell a filled label from one that lists its options (S5)."""
    best: Hit | None = None
    for label in _LABEL.finditer(plain):
        tail = _LABEL_TAIL.match(plain, label.end())
        if tail is None or tail["mark"] is None:
            continue
        if tail["mark"] == "la" and plain[: label.start()].strip(' \t-–•*+"“') and look.place is not Place.PROPERTY:
            continue  # prose: "... có độ mật là Mật"
        exact_label = (
            bare(text[label.start() : label.end()]) == plain[label.start() : label.end()]
            and not text[label.start() : label.end()].isascii()
        )
        hit = _label_value(text, plain, tail.end())
        if hit is None:
            continue
        if label["open"] and (hit.level is Level.MAT or hit.strength is not Strength.MARKED):
            continue  # "phân loại: mật ong" sorts honey
        if not exact_label and hit.strength is Strength.MARKED:
            hit = hit._replace(strength=Strength.SUSPECTED) if hit.spelling is not Spelling.EXACT else hit
        if best is None or hit.strength.rank > best.strength.rank:
            best = hit
    return best


def _label_value(text: str, plain: str, start: int) -> Hit | None:
    end = min((position for position in (plain.find("\n", start),) if position >= 0), default=len(plain))
    # The value may stand on the next line of the same block when nothing else is on this one.
    if not plain[start:end].strip(" \t.:"):
        start = end
        end = plain.find("\n", end + 1) if plain.find("\n", end + 1) >= 0 else len(plain)
    end = min(end, start + 160)
    window = plain[start:end]
    options = list(_OPTION.finditer(window))
    if not options:
        return None
    checked = [
        found
        for found in options
        if found["level"] and re.search(rf"(?:{_CHECKED})\s*$", text[start : start + found.start()])
    ]
    if checked:
        found = checked[0]
        level, spelling, _ = _span_level(text, start, found)
        return Hit(level, Strength.MARKED, "label", spelling) if spelling is Spelling.EXACT else None
    first = options[0]
    lead = window[: first.start()]
    if first["level"] is None or re.search(r"[a-z0-9]", lead):
        return None
    levels = [found for found in options if found["level"]]
    level, spelling, _ = _span_level(text, start, first)
    if len(options) > 1 and _listed(window[first.end() : options[1].start()]):
        return Hit(level, Strength.NOTED, "options", spelling)
    if re.search(
        r"[\u2610\u25a1\u25a2\u25fb\u25ef\u25cb\u2b1c\uf06f\uf0a8]|\[ ?\]", text[start : start + first.end() + 4]
    ):
        return Hit(level, Strength.NOTED, "options", spelling)
    if not _AFTER_VALUE.match(window, first.end()):
        return None
    if spelling is Spelling.EXACT:
        return Hit(level, Strength.MARKED, "label", spelling)
    if spelling in (Spelling.ASCII, Spelling.NOISY) and levels:
        return Hit(level, Strength.SUSPECTED, "label", spelling)
    return None


def _span_level(text: str, start: int, found: re.Match[str]) -> tuple[Level, Spelling, Case]:
    written = "".join(_LETTERS.findall(text[start + found.start("level") : start + found.end("level")]))
    word = bare(written)
    return level_of(word), spelling_of(word, written), case_of(written)


def _listed(between: str) -> bool:
    """Tell whether what stands between two values makes them options: a slash, a comma, "hoặc", a box."""
    return (
        len(between) <= 12
        and re.fullmatch(
            r"[\s/,;|+\-–()\[\]\u2010-\u2027\u2500-\u25ff\u2600-\u27bf\uf000-\uf0ff]*(?:hoac|va|hay)?[\s\[\]()\u2500-\u27bf\uf000-\uf0ff]*",
            between,
        )
        is not None
    )


def auxiliary_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find the stamps that only classified papers bear, those that end secrecy, and circulation stamps (S7, S8)."""
    letters = "".join(_LETTERS.findall(text[:200]))
    capitals = letters.isupper()
    accented = not letters.isascii()
    stamped = look.stands_out or look.place in (Place.EDGE, Place.WATERMARK, Place.PROPERTY)
    if not accented and not (stamped and look.ocr):
        return None
    if _RECALL.match(plain) and (stamped or "".join(_LETTERS.findall(text))[:13].isupper()):
        return Hit(Level.UNSPECIFIED, Strength.MARKED, "auxiliary")
    if _ENVELOPE.match(plain):
        return Hit(Level.UNSPECIFIED, Strength.MARKED if capitals or stamped else Strength.SUSPECTED, "auxiliary")
    if _COPY.match(plain) and (capitals or stamped):
        return Hit(Level.UNSPECIFIED, Strength.MARKED, "auxiliary")
    if _PERIOD.match(plain) and len(text) <= 110:
        return Hit(Level.UNSPECIFIED, Strength.MARKED, "auxiliary")
    if _DECLASSIFIED.match(plain) and len(letters) <= 40 and (capitals or letters[:7].isupper() or stamped):
        return Hit(Level.UNSPECIFIED, Strength.SUSPECTED, "declassified")
    if _CHANGED.match(plain) and stamped:
        return Hit(Level.UNSPECIFIED, Strength.SUSPECTED, "auxiliary")
    if _CIRCULATION.match(plain) and (capitals or stamped):
        return Hit(Level.UNSPECIFIED, Strength.NOTED, "circulation")
    return None


_NOISE_TARGETS: Final = (("tuyetmat", 2), ("toimat", 1), ("mat", 1))
_STAMPS_OF_OTHERS: Final = (
    "khan", "hoatoc", "thuongkhan", "den", "congvanden", "saoy", "saoluc", "banchinh", "bansao", "trichsao", "duthao", "gap",
)  # fmt: skip
_DIGITS_AS_LETTERS: Final = str.maketrans("01457|!", "oiastii")


def _distance(left: str, right: str, limit: int) -> int:
    """Return the edit distance, or `limit` + 1 when it is greater."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def scanned_stamp(text: str) -> Hit | None:
    """Find what OCR made of a secrecy stamp that it did not read exactly; only for words from a stamp-like box."""
    squeezed = run_together(bare(text).translate(_DIGITS_AS_LETTERS))
    if not 2 <= len(squeezed) <= 12:
        return None
    for target, limit in _NOISE_TARGETS:
        distance = _distance(squeezed, target, limit)
        if distance > limit or (target == "mat" and len(squeezed) < 3):
            continue
        if any(_distance(squeezed, other, distance) <= distance for other in _STAMPS_OF_OTHERS):
            return None
        return Hit(level_of(target), Strength.SUSPECTED, "stamp-line", Spelling.NOISY)
    return None
