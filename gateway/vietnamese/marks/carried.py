"""Subjects and names of files that say the paper they carry is secret: "Công văn mật số 15/UBND-NC", "Kế hoạch (độ Mật)".

The same words in another order name what an office does with such papers ("Sổ công văn mật", "Tập huấn soạn thảo văn bản
mật") or what happened to one ("Về việc mất công văn mật số 15"): so a paper must come first, or right behind "gửi".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.vietnamese.marks.hits import Hit, Strength
from gateway.vietnamese.marks.words import LEVEL_WORDS, PAPERS, Case, Level, Spelling, written_level

_KIND: Final = f"(?:tai lieu|van ban|cv|dien|{PAPERS})"
_SENDING: Final = rf"(?:(?:em|toi|xin|v[/-]v|ve viec) )*(?:kinh )?(?:gui|chuyen(?! (?:muc|de|trang|vien|gia|san|nganh|an)(?![a-z]))|trinh|phat hanh)(?: lai)?(?:(?: (?!{_KIND})[a-z.]+){{1,4}}[:,]?)?[ :,]+"
_NUMBER: Final = r"(?:so ?:? ?\d|\d+ ?[/-] ?[a-z])"
_FORMS: Final = (
    re.compile(rf"\W*(?:{_SENDING})?{_KIND} {LEVEL_WORDS}[ ,:(]+{_NUMBER}"),
    re.compile(rf"\W*{_SENDING}{_KIND} {LEVEL_WORDS}(?:\W*$|[ ,:(]+(?:hop|phuc vu|cua|ngay|kem)(?![a-z])[^?]*$)"),
    re.compile(rf"\W*{_KIND} {LEVEL_WORDS}[ ,:(]+(?:hop|phuc vu|ngay|trinh)(?![a-z])[^?]*$"),
    re.compile(rf"\W*(?:tai lieu|van ban|{PAPERS})\W+{LEVEL_WORDS}\W*$"),
    re.compile(rf"\W*{PAPERS} so \d[^?]*[-–,] ?{LEVEL_WORDS}\W*$"),
    re.compile(rf"\W*{LEVEL_WORDS}\W+{PAPERS}(?![a-z])"),
)  # fmt: skip
_DEGREES: Final = (
    re.compile(rf"(?:[\[(]\s*|\s[-–—]\s*)do:? {LEVEL_WORDS}\s*(?:[\])]|$)"),
    re.compile(rf"\W*(?:(?P<secret>bmnn|bi mat nha nuoc)[ ,]*)?do {LEVEL_WORDS}\s*(?:[:|–—-]|  |(?P<alone>\W*$))"),
)
OF_LAWS: Final = re.compile(
    r"danh muc|quy dinh|huong dan|mau |dau |thong ke|luat|tai lieu|van ban|(?<!^)bi mat nha nuoc|(?<!^)bmnn"
)
"""Words beside a degree of titles that treat degrees."""
_OF_STUDIES: Final = re.compile(r"\W*ho so mat\W*$")
"""A column of newspapers and a film, more often than a name of files."""
_LEVEL: Final = re.compile(LEVEL_WORDS)


def carried_hit(text: str, plain: str) -> Hit | None:
    """Return the level of the paper that a canonical name says it carries, doubtful; None where several levels are named."""
    plain = plain.replace("_", " ")
    if len(_LEVEL.findall(plain)) - plain.count("bi mat nha nuoc") != 1:
        return None
    for found, titled in _found(plain):
        level, spelling, case = written_level(text[found.start("level") : found.end("level")])
        if spelling is not Spelling.EXACT:
            continue
        if titled or level is not Level.MAT or _names_degree(found, case, text):
            return Hit(level, Strength.SUSPECTED, "token")
    return None


def _found(plain: str) -> Iterator[tuple[re.Match[str], bool]]:
    """Yield what says so, with whether one small word is enough there."""
    for number, form in enumerate(_FORMS):
        found = form.match(plain)
        if found is not None and not _OF_STUDIES.match(plain):
            yield found, number < len(_FORMS) - 1
    for number, degree in enumerate(_DEGREES):
        found = degree.search(plain) if not number else degree.match(plain)
        if found is None:
            continue
        others = plain[: found.start()] if not number else plain[found.end() :]
        if not OF_LAWS.search(others):
            yield found, not number


def _names_degree(found: re.Match[str], case: Case, text: str) -> bool:
    """Return whether "Độ MẬT - ..." or "BMNN độ Mật: ..." is meant, and no label "ĐỘ MẬT - ĐỘ KHẨN"."""
    groups = found.groupdict()
    if "secret" not in groups:
        return False
    return groups["secret"] is not None or (case is Case.CAPITALS and not text.isupper() and groups["alone"] is None)
