"""Sentences that state the level of their own or an attached paper: suspected, since laws use the same words.

"Văn bản này thuộc bí mật nhà nước độ Tối mật", "Tài liệu gửi kèm có độ Mật.", "Độ mật của Quyết định này là Mật", "Em gửi
anh kế hoạch phòng thủ (MẬT)".
"""

from __future__ import annotations

import re
from typing import Final

from gateway.vietnamese.marks.hits import Hit, Strength
from gateway.vietnamese.marks.name_words import begins_word
from gateway.vietnamese.marks.words import LEVEL_WORDS, Case, Level, Spelling, written_level

_PAPER: Final = "(?:van ban|tai lieu|cong van|ke hoach|bao cao|ho so|thu|tep|file|vat|noi dung|quyet dinh|thong bao|to trinh|phuong an|(?:bc|cv|hs|kh|tl|ttr|vb)(?![a-z]))"
_BETWEEN: Final = rf"(?:,? (?:{_PAPER}|mail|email|gui|kem|theo|dinh|trong|tren|duoc))*"
_IS: Final = "(?:(?:da |duoc |phai |co )*(?P<stamped>(?:dong|mang|co) dau)|thuoc|co|la|chua|(?:duoc )?(?:xep|phan|xac dinh(?: la)?)|mang)"
_DEGREE: Final = (
    r"(?: danh muc| loai(?! mat)| muc| noi dung| thong tin| tai lieu| van ban| cong van| ho so)*(?: bi mat nha nuoc)?(?: tai lieu)?"
    rf"(?P<degree>,? do(?: mat)?| loai)?:? {LEVEL_WORDS}"
)
_PAPER_BEFORE: Final = re.compile(
    r"(?:(?:dinh kem|gui kem|kem theo|nay) la|day la(?: mot)?) (?:tai lieu|van ban|cong van|ho so) $"
)
_KEPT: Final = "(?:quan ly|bao quan|luu giu|luu tru|su dung|bao ve)"
_ORDERED: Final = re.compile(rf"^\W*(?:de nghi |yeu cau )?{_KEPT} theo che do(?: tai lieu| van ban)? {LEVEL_WORDS}\W*$")
"""Words on a document itself, its level in capitals."""
_SENTENCES: Final = (
    re.compile(rf"(?<![a-z]){_PAPER}{_BETWEEN} nay {_IS}{_DEGREE}\W*(?:$|[.,;(])"),
    re.compile(rf"(?<![a-z]){_PAPER} (?:dinh kem|gui kem|kem theo){_BETWEEN} {_IS}{_DEGREE}\W*(?:$|[.;(]|, (?:anh|chi|de nghi))"),
    re.compile(rf"^\W*(?:[a-z ]{{0,20}}(?:luu y|chu y)\W+(?:rang )?)?day la(?: mot)? {_PAPER}{_DEGREE}\W*(?:$|, (?:anh|chi|de nghi|yeu cau|khong|vui long))"),
    re.compile(rf"(?<![a-z]){_PAPER}{_BETWEEN} nay {LEVEL_WORDS}\W*(?:$|[.;(]|(?P<degree>, (?:anh|chi|dung|de nghi|khong)|,? (?:(?:anh|chi) )?(?:nhe|nha|nen)(?![a-z])))"),
    re.compile(rf"(?<![a-z]){_PAPER} nay (?:duoc )?{_KEPT} (?P<degree>theo che do)(?: tai lieu)? {LEVEL_WORDS}\W*$"),
    re.compile(rf"(?<![a-z]){_PAPER} nay (?P<degree>do mat)(?: la|:)? {LEVEL_WORDS}(?![a-z])"),
    re.compile(rf"(?P<degree>do mat) cua {_PAPER} nay(?: la|:) {LEVEL_WORDS}\W*$"),
    re.compile(rf"kem(?: theo)? {_PAPER} nay (?:\d+ )?{_PAPER}(?: thuoc| chua)? bi mat nha nuoc (?P<degree>do) {LEVEL_WORDS}\W*$"),
)  # fmt: skip
_OF_RULES: Final = re.compile(r"(?:^|[\W_])(?:neu|khi|truong hop|doi voi|moi|nhung|voi)(?![a-z])")
"""Words of a rule about documents of a kind."""
_LONGEST: Final = 160
_POINTING: Final = (" nay ", " kem", "day la ")
_POLITE: Final = "em|e|toi|minh|chau|xin|kinh|da|vua|phong|van phong"
_SENDING: Final = rf"^\W*(?:(?:anh|chi|em|a|c) oi\W+)?(?:(?:{_POLITE}|(?!(?:{_POLITE}) )[a-z]+ xin) )*(?:gui|chuyen|trinh|dinh kem|kem theo)(?: la)? "
_BEGINS: Final = re.compile(rf"{_SENDING}|^\W*nho ")
_SENT_SECRET: Final = re.compile(
    rf"{_SENDING}(?:(?P<whom>[^\n]{{0,40}}) )?{_PAPER} (?:thuoc )?(?P<degree>do )?{LEVEL_WORDS}(?P<number> so:? ?\d)?"
    r"(?! (?:phai|bang|qua|thi|di|den|la|va)(?![a-z]))"
)
"""Words saying that what is sent is secret; "gửi văn bản mật phải ..." is a rule."""
_WHOM: Final = re.compile(
    r"(?:(?:anh|chi|em|a|c|e|ban|cac|quy|dong|co|chu|bac|thay|sep|lanh|dao|phong|lai|kem|theo|[A-ZĐ]\w*+)\W*+)++"
)
"""To whom, by whatever name: between "gửi" and "kế hoạch tối mật", so that what is sent is no form or guide for such papers."""
_ENDS: Final = re.compile(r"\W*$|[.,;:(]| (?:ve|cua|de|nhu|kem|a|nhe|nay|ngay)(?![a-z])")
_ASKED: Final = re.compile(
    rf"^\W*nho (?:cac )?(?:anh|chi|em|ban|dong chi|phong)(?![a-z]) (?:[a-z]+ ){{0,5}}{_PAPER} {LEVEL_WORDS} nay(?![a-z])"
)
_OF_THESE: Final = (
    _ASKED,
    re.compile(
        rf"^\W*{_PAPER} {LEVEL_WORDS}, (?:anh|chi|de nghi|yeu cau|khong(?! duoc| ai)|vui long|doc|xem|xoa)(?![a-z])"
    ),
    re.compile(rf"{_SENDING}.{{0,80}}{_PAPER}(?:(?! do ).){{0,60}}, ?do {LEVEL_WORDS}\W*$"),
)
"""What is asked for or said with it: "Tài liệu tối mật, anh xem xong xóa", "Em gửi anh kế hoạch A2, độ Mật"."""
_LOSABLE: Final = re.compile(r"(?:ho so|tai lieu|thu|tep|file|vat|hs|tl) $")
_LEVELS: Final = re.compile(LEVEL_WORDS)
_SENT: Final = re.compile(
    rf"{_SENDING}.{{0,80}}{_PAPER}"
    rf".{{0,60}}[\[(]\s*{LEVEL_WORDS}\s*[\])]\W*$"
)


def may_be_said(plain: str) -> bool:
    """Return whether a bare line may state the level of a paper: it is about this one, or begins by sending something."""
    if len(plain) > _LONGEST:
        return False
    return any(words in plain for words in _POINTING) or _BEGINS.match(plain) is not None


def said_of_this(text: str, plain: str) -> Hit | None:
    """Find a sentence that states the level of its own paper, or of the file of a mail."""
    if len(text) > _LONGEST:
        return None
    for sentence in _SENTENCES if any(words in plain for words in _POINTING) else ():
        found = sentence.search(plain)
        if found is None or _OF_RULES.search(plain, max(0, found.start() - 30), found.start()):
            continue
        level, spelling, _ = written_level(text, found)
        paper = _PAPER_BEFORE.search(plain, 0, found.start("level")) is not None
        named = found["degree"] or found.groupdict().get("stamped") or paper
        if spelling is Spelling.EXACT and (level is not Level.MAT or named):
            # "Thông tin trong thư này là mật" is under mails of every kind
            return Hit(level, Strength.SUSPECTED, "headed-line")
    for form in _OF_THESE:
        if (found := form.match(plain)) is not None:
            level, spelling, case = written_level(text, found)
            meant = form is _ASKED or level is not Level.MAT or case is not Case.SMALL
            if spelling is Spelling.EXACT and meant:
                return Hit(level, Strength.SUSPECTED, "headed-line")
    sent = _ORDERED.match(plain) or (_SENT.match(plain) if text.rstrip()[-1:] in ")].," else None)
    if sent is None:
        return _sent_secret(text, plain)
    level, spelling, case = written_level(text, sent)
    stamped = spelling is Spelling.EXACT and case is Case.CAPITALS
    return Hit(level, Strength.SUSPECTED, "headed-line") if stamped else None


def _sent_secret(text: str, plain: str) -> Hit | None:
    """Find that a secret paper is sent: "Em gửi anh văn bản TỐI MẬT", "Gửi anh công văn mật số 15"."""
    found = _SENT_SECRET.match(plain)
    if found is None or len(_LEVELS.findall(plain.replace("bi mat nha nuoc", ""))) != 1:
        return None
    level, spelling, case = written_level(text, found)
    whom = "".join(t if t.isupper() else p for t, p in zip(text, plain, strict=True))[slice(*found.span("whom"))]
    is_sent = not found["degree"] and _WHOM.fullmatch(whom) and _ENDS.match(plain, found.end("level"))
    meant = is_sent or found["number"] or case is Case.CAPITALS or (found["degree"] and case is Case.TITLE)
    spelled = spelling is Spelling.EXACT or (text.isascii() and _surely(found) and (is_sent or found["number"]))
    if not (spelled and meant) or text.isupper():
        return None
    if level is Level.MAT and begins_word(text[found.end("level") :], capitals=case is Case.CAPITALS):
        return None
    return Hit(level, Strength.SUSPECTED, "headed-line")


def _surely(found: re.Match[str]) -> bool:
    """Return whether a level without diacritics is not "mất": by a number, or as "toi mat" behind the noun of a paper."""
    return found["number"] is not None or (
        found["level"] != "mat" and not _LOSABLE.search(found.string, 0, found.start("level"))
    )
