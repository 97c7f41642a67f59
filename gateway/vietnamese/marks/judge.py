"""All forms of a mark tried on one line, and the context of a level alone on its line (S3, S4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.vietnamese.marks.alone import is_inventory
from gateway.vietnamese.marks.auxiliary import auxiliary_line
from gateway.vietnamese.marks.choice import choice_hit
from gateway.vietnamese.marks.code import may_be_coded
from gateway.vietnamese.marks.hits import Hit, Look, Place, most_severe
from gateway.vietnamese.marks.labels import has_label, label_line
from gateway.vietnamese.marks.lexicon import words
from gateway.vietnamese.marks.lines import NUMBERED, merged_line, stamp_line
from gateway.vietnamese.marks.name_words import begins_word, is_person
from gateway.vietnamese.marks.names import name_hit
from gateway.vietnamese.marks.said import may_be_said, said_of_this
from gateway.vietnamese.marks.scanned import scanned_stamp
from gateway.vietnamese.marks.titles import headed_line
from gateway.vietnamese.marks.words import CONTINUES, NOUN_BEFORE, NOUNS, TRAP_BEFORE, Level, bare
from gateway.vietnamese.normal import run_together

_PROSE_LABEL: Final = re.compile(
    r"(?:do|muc|cap|loai)[\W_]{1,3}(?:bao[\W_]{1,3})?mat|domat|do (?:toi|tuyet) mat|thu hoi|(?<![a-z])m +a +t(?![a-z])"
)
_PROSE_EDGE: Final = re.compile(
    r"^[\W_]*+(?:[a-z ]{0,14}[\W_]++)?(?:tuyet|toi)?[\W_]*mat[\W_]|mat[\W_]*$|[\[(\{]\W*(?:(?:tuyet|toi)\W)?mat\W*[\])\}]"
)
_CARRIED_NAME: Final = re.compile(
    r"^[\W_]*(?:subject|tieu de|chu de|re|fwd?|(?:(?:file|tep|tai lieu|van ban) )?(?:dinh|gui) kem|kem theo|tap tin|attachments?|file|ten tep)\s*:",
    re.IGNORECASE,
)
_NOUN: Final = re.compile(rf"(?:{NOUNS})(?=mat|toimat|tuyetmat|thuong|khongmat)")
_COLUMNS: Final = 3
"""Parts of a line from which on it is the row of a table."""
_LONG_LINE: Final = 40
"""Letters from which on a line is read as a sentence unless it begins or ends like a mark."""
SIBLINGS: Final = words("papers", "siblings")


def value_of(letters: str) -> str:
    """Return the letters of a line without a noun before the level: the heads "văn bản mật" and "văn bản thường" are siblings."""
    return _NOUN.sub("", letters)


def line_hit(text: str, look: Look, *, short_block: bool) -> Hit | None:
    """Return the most severe hit of one canonical line."""
    return most_severe(_line_hits(text, bare(text), look, short_block=short_block))


def _line_hits(text: str, plain: str, look: Look, *, short_block: bool) -> Iterator[Hit | None]:
    choice = choice_hit(text, plain)
    if choice is not None:
        yield choice
        return
    whole = stamp_line(text, look)
    yield whole
    little = whole is None or (whole.form == NUMBERED and not whole.strength.rank)
    if little and re.search(r"\t| {3,}|[|│]", text):
        yield from _segments(text, look)
    yield label_line(text, plain, look)
    yield auxiliary_line(text, plain, look)
    yield merged_line(text, plain, look)
    yield headed_line(text, plain, look)
    yield said_of_this(text, plain)
    carried = _CARRIED_NAME.match(plain)
    if little and len(text) <= 200 and not has_label(plain) and (short_block or carried):
        if look.place in (Place.EDGE, Place.BOX, Place.WATERMARK, Place.PROPERTY):
            yield name_hit(text, look.place)
        elif carried:
            yield name_hit(text[carried.end() :], Place.SUBJECT)
    if look.ocr and look.stands_out and look.place is Place.BOX:
        yield scanned_stamp(text)


def _segments(text: str, look: Look) -> Iterator[Hit | None]:
    """Judge the parts of a line that wide gaps separate; a part that its neighbour completes is no mark."""
    parts = [part for part in re.split(r"\t+| {3,}|[|│]", text) if part.strip()]
    for position, part in enumerate(parts):
        hit = stamp_line(part, look) or auxiliary_line(part, bare(part), look)
        if hit is None:
            continue
        before = parts[position - 1] if position else ""
        after = parts[position + 1] if position + 1 < len(parts) else ""
        others = {value_of(run_together(bare(other))) for other in parts} & SIBLINGS
        if ends_trapped(before) or starts_trapped(after) or len(others) > 1:
            continue
        if hit.level is Level.MAT and is_person(f"{before.strip()} ", ""):
            continue
        own = run_together(bare(part))
        beside = [other for other in (bare(other).strip() for other in parts if other is not part) if other]
        if hit.level is Level.MAT and value_of(own) != own and is_inventory(beside):
            continue
        yield hit if hit.strength.rank or len(parts) < _COLUMNS else hit._replace(form="list")


def ends_trapped(text: str) -> bool:
    """Return whether a line breaks where "MẬT" would go on: after BÍ, BẢO, ĐỘ, VĂN BẢN ... in capitals, or a comma."""
    words = re.findall(r"[^\W\d_]+", text)[-2:]
    if not words or not words[-1].isupper():
        return False
    if re.search(r"[,]\s*$", text):
        return True
    if not re.search(r"[^\W\d_][\s\-–]*$", text):
        return False
    return words[-1] in TRAP_BEFORE | CONTINUES or words[-1] in NOUN_BEFORE or " ".join(words) in NOUN_BEFORE


def ends_sentence_before(text: str) -> bool:
    """Return whether a line in small letters breaks where "mật" would go on: after bí, bảo, độ, tuyệt, văn bản."""
    words = [word.upper() for word in re.findall(r"[^\W\d_]+", text)]
    if len(words) < 2 or not re.search(r"[^\W\d_]\s*$", text) or text.isupper():
        return False
    return words[-1] in TRAP_BEFORE | CONTINUES | {"TUYỆT", "TỐI"} or " ".join(words[-2:]) in NOUN_BEFORE


def starts_trapped(text: str) -> bool:
    """Return whether a line goes on where "MẬT" broke off: NHÀ NƯỚC, KHẨU, ĐỘ, MÃ in capitals, and not ĐỘ KHẨN."""
    if not text.lstrip()[:2].isupper():
        return False
    if re.match(r"[\W_]*nha nuoc(?![a-z])", bare(text)) is not None:
        return True
    return re.match(r"[\W_]*(?:khau|do|ma|vu|thiet)(?![a-z])", bare(text)) is not None and begins_word(
        text, capitals=True
    )


def is_prose(plain: str, place: Place) -> bool:
    """Return whether a bare line is a sentence without any form of a mark: the usual case, so asked first."""
    if not place.is_text or len(plain) <= _LONG_LINE:
        return False
    if len(run_together(plain)) <= _LONG_LINE or _PROSE_EDGE.search(plain[:400]) or _CARRIED_NAME.match(plain):
        return False
    if may_be_coded(plain) or may_be_said(plain):
        return False
    return not (_PROSE_LABEL.search(plain) or "bi mat" in plain[:80])
