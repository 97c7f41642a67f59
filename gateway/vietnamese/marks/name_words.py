"""Words beside a level in subjects and file names, and their effect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import Final

from gateway.vietnamese.marks.lexicon import alternatives, table, words
from gateway.vietnamese.marks.words import TRAP_BEFORE, bare
from gateway.vietnamese.normal import canonical

_BEGUN: Final = words("another_word", "begun")
_COMMON: Final = words("another_word", "common")
_ELSE, _ONLY = table("begins"), table("begun_with")
_WORD: Final = re.compile(r"[^\W\d_]+")
_FIRST_WORDS: Final = re.compile(r"[\W_]*?([^\W\d_]+)(?:[\s_\-]+([^\W\d_]+))?")


def begins_word(after: str, *, capitals: bool) -> bool:
    """Return whether what follows makes "mật" the beginning of another word: mật khẩu, mật thất, Mật Sơn; no title of a paper.

    `capitals` says how "mật" is written: small letters behind "MẬT" make few words with it.
    """
    found = _FIRST_WORDS.match(after)
    if found is None or found[1].upper() not in _BEGUN:
        return False
    if capitals and not found[1].isupper() and found[1].upper() not in _COMMON:
        return False
    second = found[2] or ""
    if found[1].upper() in _ONLY:
        return second.upper() in _ONLY[found[1].upper()]
    if capitals and found[1].isupper() and not second.isupper():
        return True
    return second.upper() not in _ELSE.get(found[1].upper(), ())


def goes_on_below(below: str) -> bool:
    """Return whether a line in capitals goes on with a word that "MẬT" above it began: KHẨU ĐĂNG NHẬP, ĐỘ DÂN SỐ."""
    found = _WORD.search(below)
    return found is not None and found[0] in ("KHẨU", "ĐỘ", "MÃ", "ONG") and begins_word(below, capitals=True)


def is_within_word(before: Iterable[str], behind: Iterable[str]) -> bool:
    """Return whether pieces around "mật" spell a common word with it: letters before it, B, Ả, O; K, H, Ẩ, U behind.

    Those before it are given from right to left.
    """
    ahead = _letters(takewhile(lambda piece: len(piece.strip()) <= _LETTER, before))[::-1].upper()
    capitals = _letters(behind).upper()
    return ahead.endswith(tuple(TRAP_BEFORE)) or any(
        capitals.startswith(word) and not any(capitals.startswith(word + other) for other in _ELSE.get(word, ()))
        for word in _COMMON
    )


def _letters(pieces: Iterable[str]) -> str:
    return "".join(letter for piece in pieces for letter in canonical(piece) if letter.isalpha())


_LETTER: Final = 2
PLACES: Final = words("names", "places")
_TITLES: Final = words("names", "titles")
_NAME_BEHIND: Final = re.compile(r"[ _]+(?!(?:hỏa tốc|hoả tốc|thượng khẩn|khẩn|ngày|số)(?!\w))[^\W\d_]", re.IGNORECASE)
_HOLDER: Final = re.compile(
    r"(?:tài khoản|(?:tên|chủ) tk|thụ hưởng)\s*:\s*(?!hồ sơ|tài liệu|văn bản)(?:[^\W\d_]+ ){1,5}$", re.IGNORECASE
)
"""Who holds an account: "Chủ tài khoản: HKD THƯ "."""


def is_named(before: str, after: str, *, shown: str) -> bool:
    """Return whether the words around make `shown` ("MẬT", "Mật") a name: xã Mật Sơn, and nothing but CẦU MẬT or ÔNG MẬT."""
    words = _WORD.findall(before)
    last = words[-1] if words else ""
    if not re.search(r"[^\W\d_][ _]+$", before) or last.isupper() != shown.isupper():
        return False
    if (last.upper() in PLACES and _NAME_BEHIND.match(after)) or _HOLDER.search(before):
        return True
    alone = len(words) == 1 or last.upper() in ("ÔNG", "BÀ")
    return alone and not _WORD.search(after) and last.upper() in PLACES | _TITLES


LOST: Final = words("another_word", "lost")
CODES_OF_OTHERS: Final = words("another_word", "codes")
GROCERIES: Final = words("goods", "groceries")
GOODS_AND_ORGANS: Final = words("goods", "bare")
WORK_BEFORE: Final = re.compile(rf"(?<!\w)(?:{alternatives('speech', 'works')})[\W\d_]*$", re.IGNORECASE)
FICTION: Final = re.compile(rf"(?<!\w)(?:{alternatives('speech', 'fiction')})(?!\w)", re.IGNORECASE)
NEWS: Final = re.compile(rf"(?<!\w)(?:{alternatives('speech', 'news')})(?!\w)|{FICTION.pattern}", re.IGNORECASE)
FIGURES: Final = re.compile(rf"(?<!\w)(?:{alternatives('speech', 'figures')})(?!\w)", re.IGNORECASE)
MANAGING: Final = re.compile(
    rf"(?<!\w)(?:{alternatives('speech', 'managing')})(?: các| những| nhóm| loại)*\s*$", re.IGNORECASE
)
OF_THE_GALL: Final = re.compile(rf"(?<!\w)(?:{alternatives('goods', 'gall')})(?!\w)", re.IGNORECASE)
FORBIDDING: Final = re.compile(
    rf"\W*(?:{alternatives('speech', 'forbidding')})\s+(?:{alternatives('speech', 'forbidden')})(?!\w)", re.IGNORECASE
)
_URGENCY: Final = "(?:hỏa tốc(?: hẹn giờ)?|thượng khẩn|khẩn)"
FRAMED_URGENCY: Final = re.compile(
    rf"^([\W_]*[\[(]\s*)(?:{_URGENCY}\s*[-–—,;/+]\s*)?((?:tuyệt |tối )?mật)(?:\s*[-–—,;/+]\s*{_URGENCY})?(?=\s*[\])])",
    re.IGNORECASE,
)
"""A level and its urgency in the brackets that head a name: [Hỏa tốc - Mật]."""
NAMED_STAMP: Final = re.compile(r"(?:dấu|đóng|chữ|độ)\s*[\[(\"“«]\s*$", re.IGNORECASE)

_SURNAMES: Final = alternatives("names", "surnames")
_MIDDLE: Final = alternatives("names", "middle")
_FULL: Final = re.compile(rf"(?:^|[\W_])(?:{_SURNAMES})(?:[ _]+(?:{_MIDDLE})){{1,2}}[ _]+$")
_LONG: Final = re.compile(rf"(?:^|[^\w])(?:{_SURNAMES})[ _]+(?:{_MIDDLE})[ _]+\w+[ _]+$")
_UNACCENTED: Final = re.compile(
    rf"(?:^|[\W_])(?:{bare(_SURNAMES).upper()})(?:[\W_]+(?:{bare(_MIDDLE).upper()})){{1,2}}[\W_]+$"
)
_SHORT: Final = re.compile(
    rf"(?:^[\W\d]*|[-–:,|\t]\s*|(?:ÔNG|BÀ|ANH|CHỊ|CÔ|CHÚ|BÁC|ĐỒNG CHÍ|Đ/C)\s+)(?:{_SURNAMES})\s+$"
)


def is_unaccented_person(before: str) -> bool:
    """Return whether "MAT" without diacritics is the last word of a person's name: TRAN-THI-MAT."""
    return _UNACCENTED.search(before) is not None


def is_person(before: str, after: str) -> bool:
    """Return whether "MẬT" is the last word of a person's name: behind a surname and a middle name, or a surname alone."""
    before = before.upper()
    ends = not re.search(r"[^\W\d_]", after)
    if _FULL.search(before):
        return ends or re.match(r"\s*[-–,;:(_|]|\s", after) is not None
    ends = ends or after[:1] == "\t"
    return ends and (_LONG.search(before) or _SHORT.search(before)) is not None


_COMMERCE: Final = words("goods", "trade")
_LABELS: Final = words("goods", "labels")


def are_groceries(words: list[str]) -> bool:
    """Return whether the other words of a name are goods among which "mật" is honey, and words of trade."""
    capitals = {word.upper() for word in words}
    return not GROCERIES.isdisjoint(capitals) and capitals <= GROCERIES | _COMMERCE


def is_value_of_goods(before: str) -> bool:
    """Return whether the label before a level is one of trade: "Sản phẩm: Mật"."""
    words = [word.upper() for word in _WORD.findall(before)]
    return before.rstrip().endswith(":") and bool(words) and words[-1] in _LABELS and _COMMERCE.issuperset(words)
