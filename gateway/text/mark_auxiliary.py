"""Stamps that only classified papers bear, those that end secrecy, and circulation stamps (S7, S8)."""

from __future__ import annotations

import re
from typing import Final

from gateway.text.mark_hits import Hit, Look, Place, Strength
from gateway.text.mark_words import Level

_LETTERS: Final = re.compile(r"[^\W\d_]")
_BLANKS: Final = re.compile(r"[ \xa0]{2,}")
_RECALL: Final = re.compile(r"^[\W_\d]*tai lieu thu hoi\s*(?:$|[.;:!)\]]|sau (?:hoi nghi|cuoc hop|hop|khi)|\(|[-–])")
_ENVELOPE: Final = re.compile(r"^[\W_]*chi nguoi co ten (?:moi )?duoc (?:phep )?(?:boc|mo) (?:phong )?bi[\W_]*$")
_COPY: Final = re.compile(r"^[\W_]*ban sao (?:tai lieu )?bi mat nha nuoc[\W_]*$")
_PERIOD: Final = re.compile(
    r"^[\W_]*(?:gia han )?thoi han bao ve bi mat nha nuoc\s*[:\-–]\s*(?:\d|(?:tu|den|het)\b[^\n]{0,12}\d|(?:tu|den) ngay)"
)
_DECLASSIFIED: Final = re.compile(r"^[\W_]*(?:da )?giai mat[\W_]*(?:$|\n|tu\s*:?\s*(?:ngay )?[\d.…]|ngay \d|ke tu)")
_CHANGED: Final = re.compile(r"^[\W_]*(?:dieu chinh|tang|giam) do mat[\W_]*(?:$|\n|tu\s*:)")
_CIRCULATION: Final = re.compile(r"^[\W_]*(?:xem xong tra lai|luu hanh noi bo)[\W_]*$")
_COPYING: Final = re.compile(r"(?:khong )?duoc (?:phep )?sao,? ?(?:va )?chup")


def auxiliary_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find the stamps that only classified papers bear, those that end secrecy, and circulation stamps (S7, S8)."""
    plain = _BLANKS.sub(" ", plain)
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


def copying_line(whole: str) -> int | None:
    """Return the line of a bare text that permits or forbids to copy under "Nơi nhận", as only state-secret papers do."""
    if "chup" not in whole:
        return None
    recipients = -1
    while (recipients := whole.find("noi nhan", recipients + 1)) >= 0:
        copying = _COPYING.search(whole, recipients, recipients + 900)
        if copying is None:
            continue
        # Bounded looks, for all of a document can be one line.
        edge = max(0, copying.start() - 201)
        start, end = (
            whole.rfind("\n", edge, copying.start()) + 1,
            whole.find("\n", copying.end(), copying.end() + 201),
        )
        sentence = whole[start or edge : end if end >= 0 else copying.end() + 201]
        if len(sentence) <= 200 and "bi mat nha nuoc" not in sentence and "tai lieu" not in sentence:
            return whole.count("\n", 0, copying.start())
    return None
