"""Stamps that only classified papers bear, those that end secrecy, and circulation stamps (S7, S8)."""

from __future__ import annotations

import re
from typing import Final

from gateway.vietnamese.marks.hits import Hit, Look, Strength
from gateway.vietnamese.marks.words import Level

_GAP: Final = r"[\W_]{0,8}"


def _spaced(words: str) -> str:
    """Return the pattern of bare words whose letters may be apart, in another line too, or run together."""
    return _GAP.join(letter for letter in words if letter != " ")


_MAT: Final = rf"{_spaced('mat')}[\W_]{{1,8}}"
_STATE_SECRET: Final = f"{_spaced('bi')}{_GAP}{_MAT}{_spaced('nha nuoc')}"
_RECALLED: Final = f"{_spaced('tai lieu')}{_GAP}(?:{_MAT})?{_spaced('thu hoi')}"
_ADDRESSEE: Final = _spaced("chi nguoi co ten")
_KEPT: Final = f"(?:{_spaced('gia han')}{_GAP})?{_spaced('thoi han bao ve')}{_GAP}(?:{_STATE_SECRET}|{_spaced('bmnn')})"
_COPIED: Final = f"{_spaced('ban sao')}{_GAP}(?:{_spaced('tai lieu')}{_GAP})?{_STATE_SECRET}"
_HOW_COPIED: Final = f"(?:{_spaced('ban')}{_GAP})?(?:{_spaced('sao y')}|{_spaced('sao luc')}|{_spaced('trich sao')}){_GAP}{_STATE_SECRET}"
_DEGREE_CHANGED: Final = f"(?:{_spaced('dieu chinh')}{_GAP}{_spaced('do')}|(?:{_spaced('tang')}|{_spaced('giam')})(?:{_GAP}{_spaced('do')})?){_GAP}{_spaced('mat')}"
_CIRCULATED: Final = f"{_spaced('xem xong tra lai')}|{_spaced('luu hanh noi bo')}"
STAMP_HEAD: Final = re.compile(
    rf"\n[^a-z\n]*+(?:{_RECALLED}|{_ADDRESSEE}|{_KEPT}|{_COPIED}|{_DEGREE_CHANGED}|{_CIRCULATED})(?![a-z])"
)
"""A line of a skeleton that begins as one of these stamps does; the stamp may go on in the next lines."""

_LETTERS: Final = re.compile(r"[^\W\d_]")
_RECALL: Final = re.compile(
    rf"^[\W_\d]*{_RECALLED}(?:[\W_]*$|\s*(?:[.;:!)\]]|sau (?:hoi nghi|cuoc hop|hop|khi)|\(|[-–]))"
)
_ENVELOPE: Final = re.compile(
    rf"^[\W_]*{_ADDRESSEE}{_GAP}(?:{_spaced('moi')}{_GAP})?{_spaced('duoc')}{_GAP}(?:{_spaced('phep')}{_GAP})?"
    rf"(?:{_spaced('boc')}|{_spaced('mo')}){_GAP}(?:{_spaced('phong')}{_GAP})?{_spaced('bi')}(?:{_GAP}{_spaced('thu')})?[\W_]*$"
)
_COPY: Final = re.compile(rf"^(?:[\W_]*{_spaced('ban sao so')}[\W_\d]*)?[\W_]*{_COPIED}[\W_]*$")
_COPY_OF_A_KIND: Final = re.compile(rf"^[\W_]*{_HOW_COPIED}[\W_]*$")
_CHANGED_FROM: Final = re.compile(rf"^[\W_]*{_DEGREE_CHANGED}[\W_]*tu\s*+:?\s*+(?:ngay\s*+)?[\d/.…\s]*\d[\W_]*+$")
_PERIOD: Final = re.compile(
    rf"^[\W_]*{_KEPT}\s*(?:[:\-–]\s*(?:\d|(?:tu|den|het)\b[^\n]{{0,12}}\d|(?:tu|den) ngay)"
    r"|(?P<bare>(?:tu|den)(?: ngay\s*[\d.…]|\s*\d{1,2}/\d)|\d{1,3} nam\W*$))"
)
_OF_THE_LAW: Final = re.compile(r"doi voi|do mat|(?:toi|tuyet) mat")
"""Words of a statute about the period; a stamp states it of one document."""
_DECLASSIFIED: Final = re.compile(r"^[\W_]*(?:da )?giai mat[\W_]*(?:$|\n|tu\s*:?\s*(?:ngay )?[\d.…]|ngay \d|ke tu)")
_CHANGED: Final = re.compile(r"^[\W_]*(?:dieu chinh|tang|giam) do mat[\W_]*(?:$|\n|tu\s*:)")
_CIRCULATION: Final = re.compile(rf"^[\W_]*(?:{_CIRCULATED})[\W_]*$")
_COPYING: Final = re.compile(r"(?:khong )?(?:duoc (?:phep )?|(?<=khong ))sao,? ?(?:va )?chup")
_RECIPIENTS: Final = re.compile(r"(?:^|\n)\W*noi nhan\W{0,3}[:\n]")
_OF_RULES: Final = re.compile(
    r"bi mat nha nuoc|tai lieu|duoc(?: phep)?\W{1,3}(?:hay|hoac)?\W{0,2}khong duoc|khong duoc(?: phep)? (?:hay|hoac)"
)
"""Words of a rule about copying, or of a form that leaves the choice."""
_BLANKS: Final = re.compile(r"[ \xa0]{2,}")
_LONGEST: Final = 200
_LONGEST_PERIOD: Final = 110
_SURE: Final = Hit(Level.UNSPECIFIED, Strength.MARKED, "auxiliary")
_DOUBTFUL: Final = _SURE._replace(strength=Strength.SUSPECTED)


def auxiliary_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find the stamps that only classified papers bear, those that end secrecy, and circulation stamps (S7, S8).

    A stamp may be written over several lines, and its letters apart.
    """
    letters = "".join(_LETTERS.findall(text[:_LONGEST]))
    capitals = letters.isupper()
    accented = not letters.isascii()
    stamped = look.is_stamped
    if not accented and not (stamped and look.ocr):
        return None
    plain = _BLANKS.sub(" ", plain[:_LONGEST])
    large = capitals or stamped
    freed = len(letters) <= 40 and (large or letters[:7].isupper())
    for pattern, fits, hit in (
        (_RECALL, stamped or letters[: len("TÀILIỆUTHUHỒI")].isupper(), _SURE),
        (_ENVELOPE, True, _SURE if large else _DOUBTFUL),
        (_COPY, large, _SURE),
        (_COPY_OF_A_KIND, capitals, _DOUBTFUL),
        (_CHANGED_FROM, letters[: len("GIẢMMẬT")].isupper(), _DOUBTFUL),
        (_DECLASSIFIED, freed, Hit(Level.UNSPECIFIED, Strength.NOTED, "declassified")),
        (_CHANGED, stamped and (capitals or look.stands_out), _DOUBTFUL),
        (_CIRCULATION, large, Hit(Level.UNSPECIFIED, Strength.NOTED, "circulation")),
    ):
        if fits and pattern.match(plain):
            return hit
    period = _PERIOD.match(plain)
    if (
        period
        and len(text) <= _LONGEST_PERIOD
        and (letters[:12].isupper() or not period["bare"])
        and not _OF_THE_LAW.search(plain, period.end())
    ):
        return _SURE
    return None


def copying_line(whole: str) -> int | None:
    """Return the line of a bare text that permits or forbids to copy under "Nơi nhận", as only state-secret papers do."""
    if "chup" not in whole:
        return None
    for recipients in _RECIPIENTS.finditer(whole):
        copying = _COPYING.search(whole, recipients.end(), recipients.end() + 900)
        if copying is None:
            continue
        # Bounded looks, for all of a document can be one line.
        edge = max(0, copying.start() - 201)
        start, end = (
            whole.rfind("\n", edge, copying.start()) + 1,
            whole.find("\n", copying.end(), copying.end() + 201),
        )
        sentence = whole[start or edge : end if end >= 0 else copying.end() + 201]
        if len(sentence) <= 200 and not _OF_RULES.search(sentence):
            return whole.count("\n", 0, copying.start())
    return None
