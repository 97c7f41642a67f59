"""Subjects and file names that state the level of their paper: "Công văn mật số 15/UBND-NC", "Kế hoạch (độ Mật)".

The same words in another order name what an office does with such papers ("Sổ công văn mật", "Tập huấn soạn thảo văn bản
mật") or what happened to one ("Về việc mất công văn mật số 15"): so a paper must come first, or right behind "gửi".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from gateway.vietnamese.marks.hits import Hit, Strength
from gateway.vietnamese.marks.name_words import FIGURES, MANAGING, NEWS
from gateway.vietnamese.marks.words import LEVEL_WORDS, OF_AN_OFFICE, PAPERS, Case, Level, Spelling, written_level

_SHORT: Final = "(?:bc|bb|ct|cv|kh|kl|nq|pa|qd|tb|ttr|vb)(?![a-z])"
_KIND: Final = f"(?:tai lieu|van ban|ket luan|dien|{PAPERS}|(?:hs|tl)(?![a-z])|{_SHORT})"
_SENDING: Final = rf"(?:(?:em|e|toi|minh|xin|(?:anh|chi|a|c) oi,?|v[/-]v|ve viec) )*(?:kinh )?(?:gui|scan|chuyen(?! (?:muc|de|trang|vien|gia|san|nganh|an)(?![a-z]))|trinh|phat hanh)(?: lai)?(?:(?: (?!{_KIND}|(?:mau|bieu|giao|nhan|quy trinh) )[a-z.]+){{1,4}}[:,]?)?[ :,]+"
_NUMBER: Final = r"(?:so ?:? ?\d|\d+ ?[/-] ?[a-z])"
_SAYS: Final = (
    re.compile(rf"\W*(?:{_SENDING})?{_KIND} {LEVEL_WORDS}[ ,:(]+{_NUMBER}"),
    re.compile(rf"\W*{_SENDING}{_KIND} {LEVEL_WORDS}(?:\W*$|[ ,:(]+(?:hop|phuc vu|cua|ngay|kem|nhe|nha|a)(?![a-z])[^?]*$)"),
    re.compile(rf"\W*{_KIND} {LEVEL_WORDS}[ ,:(]+(?:hop|phuc vu|ngay|trinh|kem(?: theo)? {_KIND})(?![a-z])[^?]*$"),
    re.compile(rf"\W*{_KIND} [^?]*?(?:(?:hoa toc|khan),|(?<![\w/.\-])[a-z]*\d[\w/.\-]*(?: ?[-–—])?) {LEVEL_WORDS}\W*$"),
    re.compile(rf"\W*(?:da )?dong dau {LEVEL_WORDS}\s*[:–—-]\s*(?!huong dan|thong bao){_KIND}"),
    re.compile(rf"\W*(?!dien){_KIND}\W+{LEVEL_WORDS}\W*$"),
    re.compile(rf"\W*{PAPERS} so \d[^?]*[-–,] ?{LEVEL_WORDS}\W*$"),
)  # fmt: skip
"""Forms in which one word in small letters says it."""
_TITLED: Final = re.compile(rf"\W*{LEVEL_WORDS}\W+{PAPERS}(?![a-z])")
_ABOUT: Final = re.compile(
    rf"\W*(?:{_SENDING})?{_KIND} {LEVEL_WORDS} (?:ve|cua|lien quan|doi voi|(?<!tuyet mat )cho|vu|thang|quy|nam|ky|dot)(?![a-z])[^?]*$"
)
_ABOUT_OF_AN_OFFICE: Final = re.compile(rf"\W*(?:{_SENDING})?(?:{OF_AN_OFFICE}|{_SHORT}) mat (?!cho|vu)")
_IDLE: Final = re.compile(f"{NEWS.pattern}|{FIGURES.pattern}", re.IGNORECASE)
_DEGREE: Final = re.compile(rf"(?:[\[(]\s*|\s[-–—]\s*)do:? {LEVEL_WORDS}\s*(?:[\])]|$)")
_LAST_DEGREE: Final = re.compile(
    rf"\W*(?:{_SENDING})?(?!huong dan){_KIND}(?![a-z])(?P<rest>[^?]*?) do:? {LEVEL_WORDS}\W*$"
)
_FIRST_DEGREE: Final = re.compile(
    rf"\W*(?:(?P<secret>bmnn|bi mat nha nuoc)[ ,]*)?do {LEVEL_WORDS}\s*(?P<rest>(?:[:|–—-]|  |(?P<alone>\W*$)).*)"
)
OF_LAWS: Final = re.compile(
    r"danh muc|quy dinh|huong dan|mau |dau |thong ke|luat|tai lieu|van ban|(?<!^)bi mat nha nuoc|(?<!^)bmnn"
    r"|(?:xac dinh|dieu chinh|thay doi|tang|giam|nang|ha|len|xuong|ve|va|ghi|nhan|khong co)$"
)
"""Words beside a degree of titles that treat degrees."""
_OF_STUDIES: Final = re.compile(r"\W*ho so mat\W*$")
"""A column of newspapers and a film, more often than a name of files."""
_LOST: Final = re.compile(rf"\W*(?:{_SENDING})?(?:ho so|danh sach|bien ban|thong bao|tai lieu|hs|tb|bb|tl)(?![a-z])")
"""What people lose and tell of: "tai lieu mat so 3", "thong bao mat so BHXH"."""
_LEVEL: Final = re.compile(LEVEL_WORDS)
_ANY: Final = tuple(Case)


def carried_hit(text: str, plain: str) -> Hit | None:
    """Return the level of the paper that a canonical name says it carries, doubtful; None where several levels are named."""
    plain = plain.replace("_", " ")
    if len(_LEVEL.findall(plain)) - plain.count("bi mat nha nuoc") != 1:
        return None
    for found, enough in _found(text, plain):
        level, spelling, case = written_level(text, found)
        if spelling is Spelling.EXACT and (level is not Level.MAT or case in enough):
            return Hit(level, Strength.SUSPECTED, "token")
    return _unaccented(text, plain)


def _unaccented(text: str, plain: str) -> Hit | None:
    """Return the level of "cong van mat so 15" and "gui anh ke hoach toi mat": without signs "mat" alone is lost as often."""
    if not text.isascii() or _LOST.match(plain):
        return None
    for number, form in enumerate(_SAYS[:3]):
        found = form.match(plain)
        if found is not None and (number == 0 or found["level"] != "mat"):
            return Hit(written_level(text, found)[0], Strength.SUSPECTED, "token", Spelling.ASCII)
    return None


def _found(text: str, plain: str) -> Iterator[tuple[re.Match[str], Collection[Case]]]:
    """Yield what says so, with which writing of one word is enough there: "Độ MẬT - ..." is no label "ĐỘ MẬT - ĐỘ KHẨN"."""
    if not _OF_STUDIES.match(plain):
        yield from ((found, _ANY) for form in _SAYS if (found := form.match(plain)) is not None)
    if (found := _TITLED.match(plain) or (None if _IDLE.search(text) else _ABOUT.match(plain))) is not None:
        titled = found.re is _TITLED and text[found.end("level") :].lstrip(" -–:_")[:1].isupper()
        yield found, _ANY if _ABOUT_OF_AN_OFFICE.match(plain) else (Case.TITLE,) if titled else ()
    capitals = text.isupper()
    if (found := _DEGREE.search(plain)) is not None and not OF_LAWS.search(plain[: found.start()]):
        yield found, _ANY
    last = _LAST_DEGREE.match(plain)
    if last is not None and not (OF_LAWS.search(last["rest"]) or MANAGING.search(text, 0, last.end("rest"))):
        yield last, () if capitals else (Case.CAPITALS, Case.TITLE)
    if (first := _FIRST_DEGREE.match(plain)) is not None and not OF_LAWS.search(first["rest"]):
        named = () if capitals or first["alone"] is not None else (Case.CAPITALS,)
        yield first, _ANY if first["secret"] is not None else named
