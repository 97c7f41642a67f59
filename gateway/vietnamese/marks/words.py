"""Words of secrecy marks: levels, urgency, accompanying words, and exactness of spelling.

Everything works on a *bare* string: the canonical text with each letter replaced by its ASCII base in lower case, one
for one, so that a regular expression over bare letters finds the place and the canonical letters at that place say
whether it is the word itself (`MẬT`), the word without its marks (`MAT`), the word as a scanner reads it (`MÂT`), or
another word (`MẶT`, `MẤT`).
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, IntEnum
from functools import lru_cache
from typing import Final

from gateway.vietnamese.marks.lexicon import words
from gateway.vietnamese.repertoire import octets, shown, table


class Level(Enum):
    """Degree of secrecy (Law on Protection of State Secrets)."""

    MAT = "mat"
    TOI_MAT = "toi_mat"
    TUYET_MAT = "tuyet_mat"
    UNSPECIFIED = "unspecified"
    """A stamp that only classified papers bear, without its degree."""

    @property
    def rank(self) -> int:
        """Order of severity; an unspecified degree ranks lowest."""
        return ("unspecified", "mat", "toi_mat", "tuyet_mat").index(self.value)


class Case(Enum):
    """Spelling of a word."""

    CAPITALS = "capitals"
    TITLE = "title"
    SMALL = "small"


class Spelling(IntEnum):
    """Exactness with which letters spell a level, best last."""

    OTHER_WORD = 0
    """Right bare letters, but marks of another Vietnamese word: mặt, mất, mắt."""
    ASCII = 1
    """No marks at all."""
    NOISY = 2
    """Marks nearly right, as OCR or a hasty typist leaves them: MÂT, MẠT, TÓI MẬT."""
    EXACT = 3


@lru_cache(maxsize=4096)
def _bare_letter(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    if letter in "đĐ":
        return "d"
    base = unicodedata.normalize("NFD", letter)[0].lower()
    return base if len(base) == 1 else letter


_BARE: Final = table(_bare_letter)


def bare(canonical: str) -> str:
    """Return the ASCII bases of canonical text in lower case, one character for each character."""
    if canonical.isascii():
        return canonical.lower()
    if (common := octets(canonical)) is not None:
        return shown(common, _BARE)
    return "".join(map(_bare_letter, canonical))


_LEVELS: Final = {"mat": Level.MAT, "toimat": Level.TOI_MAT, "tuyetmat": Level.TUYET_MAT}
_EXACT: Final = {"mat": "MẬT", "toimat": "TỐIMẬT", "tuyetmat": "TUYỆTMẬT"}
_NOISE: Final = re.compile("(?:T[ÔÓỒỔỖỘỚỜỞ]I|TỐI|TOI|T[OÔỐ][ÍỊ]|TUY[ÊẾẸỂỀỄÉ]T|TUYỆT|TUYET)?M[ÂẠẦẨẪẤẬA]T")
_LETTERS: Final = re.compile(r"[^\W\d_]")
_SINGLE_NOISE: Final = frozenset({"MÂT", "MẠT", "MẦT", "MẪT", "MẨT"})


def level_of(bare_letters: str) -> Level:
    """Return the level that the bare letters `mat`, `toimat` or `tuyetmat` name."""
    return _LEVELS[bare_letters]


def spelling_of(bare_letters: str, letters: str) -> Spelling:
    """Say how exactly `letters` (canonical, no blanks) spell the level whose bare letters are given."""
    capitals = letters.upper()
    if capitals == _EXACT[bare_letters]:
        return Spelling.EXACT
    if capitals.isascii():
        return Spelling.ASCII
    if bare_letters == "tuyetmat" and capitals.startswith("TUYỆT"):
        return Spelling.NOISY  # mặt, mắt, mất: no word begins so
    if bare_letters == "mat":
        return Spelling.NOISY if capitals in _SINGLE_NOISE else Spelling.OTHER_WORD
    if capitals[-3:] in ("MẬT", *_SINGLE_NOISE) or capitals[:-3] in ("TUYỆT", "TỐI"):
        return Spelling.NOISY if _NOISE.fullmatch(capitals) else Spelling.OTHER_WORD
    return Spelling.OTHER_WORD


def is_slip(bare_letters: str, letters: str) -> bool:
    """Return whether `letters` are another word that a slip of the keyboard makes of a level: MẶT, TỐI MẤT (`aw`, `s` for `aa`, `j`)."""
    capitals = letters.upper()
    if bare_letters == "mat":
        return capitals == "MẶT" or capitals in _SINGLE_NOISE
    return spelling_of(bare_letters, letters) is Spelling.OTHER_WORD and capitals[-3:] in (
        "MẶT",
        "MẤT",
        "MẮT",
        *_SINGLE_NOISE,
    )


def written_level(text: str, found: re.Match[str], group: str | int = "level") -> tuple[Level, Spelling, Case]:
    """Return level, spelling and case of a group of a match, by the letters of the canonical text there; signs between them do not count."""
    letters = "".join(_LETTERS.findall(text[found.start(group) : found.end(group)]))
    word = bare(letters)
    return level_of(word), spelling_of(word, letters), case_of(letters)


def stamped_level(text: str, found: re.Match[str], group: str | int = "level") -> Level | None:
    """Return the level that a group of a match names in capitals with all its marks, as a stamp does."""
    level, spelling, case = written_level(text, found, group)
    return level if spelling is Spelling.EXACT and case is Case.CAPITALS else None


def case_of(letters: str) -> Case:
    """Say how a word or two are written; a case mixed on purpose ("mẬT") counts as capitals."""
    if letters.islower():
        return Case.SMALL
    if letters.isupper():
        return Case.CAPITALS
    first, rest = letters[0], letters[1:]
    capitals = sum(letter.isupper() for letter in rest)
    second_word = len(letters) > 3 and letters[-3].isupper()
    if first.isupper() and (capitals == 0 or (capitals == 1 and second_word)):
        return Case.TITLE
    return Case.CAPITALS


PAPERS: Final = (
    "(?:ke hoach|bao cao|to trinh|quyet dinh|cong van|thong bao|chi thi|nghi quyet|huong dan|phuong an|de an|bien ban|cong dien"
    "|danh sach|ho so|phu luc)"
)
"""Kinds of papers that can be marked, as their titles begin."""
OF_AN_OFFICE: Final = f"(?!ho so|huong dan|danh sach){PAPERS}"
"""Those of which "mật" in small letters says it: "Báo cáo mật về ...", while "Hồ sơ mật" is a film too, and honey is listed."""
URGENCY: Final = "hoatochengio|hoatoc|thuongkhan|khan"
URGENCY_WORDS: Final = "hoa toc hen gio|hoa toc|thuong khan|khan"
"""The same as words of a bare line."""
_WHERE: Final = (
    rf"(?:(?!{URGENCY}|(?:top)?secret|confidential|khong|cam|(?:chi)?luuhanh|xemxong|chidanh|duthao|(?:tailieu)?thuhoi"
    r"|(?:tuyet|toi)?mat)[a-z]){2,40}"
)
"""Among whom a paper goes round: whatever may follow ends it, so that a line has one reading."""
COMPANY: Final = (
    "duthao(?:lan)?|topsecret|secret|confidential|(?:khong(?:duoc)?|cam)(?:sao(?:chup|chep)?|phobien|chuyentiep|phattan)|(?:chi)?luuhanhnoibo"
    f"|(?:chi)?luuhanhtrong{_WHERE}|xemxongtralai|chidanhcholanhdao|(?:tailieu)?thuhoi(?:sau(?:hoinghi|cuochop|hop))?"
)
_OF_THE_STATE: Final = "(?:tailieu|vanban|hoso)?(?:thuoc(?:danhmuc)?|chua)?(?:bimatnhanuoc|bmnn)(?:thuoc)?(?:do)?"
_OTHER_PAPERS: Final = "ban(?:goc|chinh|luu|sao)?|congdien|nghiquyet|bienban|danhsach|phuluc|chithi|thongbao|quyetdinh|giaymoi|dean|dethi|solieu|sodo|bando|tl|vb|cv|kh|bc"
SELDOM: Final = re.compile(f"{_OF_THE_STATE}|{_OTHER_PAPERS}")
"""Nouns that are before a level in a title as often as in a mark."""
NOUNS: Final = (
    f"(?:da)?(?:ky)?dongdau|{_OF_THE_STATE}|(?:tailieu|vanban)(?:thuoc)?do|tailieu|vanban|congvan|hoso|thongtin|noidung|baocao|kehoach"
    f"|phuongan|totrinh|{_OTHER_PAPERS}|dau|loai|muc|capdo|do"
)
STAMP: Final = re.compile(
    rf"(?P<before>(?:{URGENCY}|{COMPANY})*)(?P<noun>{NOUNS})?(?P<level>tuyetmat|toimat|mat)"
    rf"(?P<after>(?:{URGENCY}|{COMPANY}|(?:da)?dongdau|tuyetmat|toimat|mat)*)"
)
"""A whole line, only its bare letters: a level, perhaps with urgency beside it or a noun before it."""

GLUED: Final = rf"(?:(?![a-z])|(?=(?:tuyetmat|toimat|mat|{URGENCY}){{1,3}}(?![a-z])))"
"""Behind a level: no letter, or a stamp that runs together with it (`TỐIMẬTKHẨN`)."""
LEVEL_WORDS: Final = r"(?P<level>(?:(?:tuyet|toi)[\W_]{0,3})?(?<![a-z])mat(?![a-z])|tuyetmat(?![a-z])|toimat(?![a-z]))"
"""One level as words of a bare line."""

TRAP_BEFORE: Final = frozenset(word.upper() for word in words("another_word", "before"))

NOUN_BEFORE: Final = words("papers", "nouns")

ORGANS: Final = words("goods", "organs")

CONTINUES: Final = words("papers", "continues")
