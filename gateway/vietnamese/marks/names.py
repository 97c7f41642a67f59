"""Secrecy marks in names: subjects, file names, and the short lines of headers, boxes, properties and sheets (S6).

A name is no sentence, so a level in it counts as a token: in brackets, in capitals, or set off by a dash, a colon or
an underscore. The words around it distinguish "MẬT" from "MẬT KHẨU" and "BẢO MẬT". Without diacritics only capitals count,
and only where nothing else is likely: `TUYET_MAT` is certain, `TOI_MAT` and `[MAT]` are doubtful, small letters only
in `tuyet mat` set off ("Toi mat dien thoai" has lost a telephone).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, NamedTuple

from gateway.vietnamese.marks.carried import carried_hit
from gateway.vietnamese.marks.choice import choice_hit, offers
from gateway.vietnamese.marks.hits import Hit, Place, Strength, most_severe
from gateway.vietnamese.marks.name_words import (
    CODES_OF_OTHERS,
    FICTION,
    FIGURES,
    FORBIDDING,
    FRAMED_URGENCY,
    LOST,
    MANAGING,
    NAMED_STAMP,
    OF_THE_GALL,
    WORK_BEFORE,
    are_groceries,
    begins_word,
    is_named,
    is_person,
    is_unaccented_person,
    is_value_of_goods,
)
from gateway.vietnamese.marks.words import (
    CONTINUES,
    GLUED,
    NOUN_BEFORE,
    OF_AN_OFFICE,
    ORGANS,
    PAPERS,
    TRAP_BEFORE,
    Case,
    Level,
    Spelling,
    bare,
    case_of,
    is_slip,
    level_of,
    spelling_of,
)
from gateway.vietnamese.normal import collapse_spacing

_WORD: Final = re.compile(r"[^\W\d_]+")
_AROUND: Final = 400
"""Characters on each side of a level that are looked at; names are shorter, hostile ones repeat a level for ever."""
_LEVEL: Final = re.compile(
    rf"(?<![a-z])(?:(?:tuyet|toi)[\W_]{{0,3}})?mat{GLUED}|(?:tuyetmat|toimat){GLUED}|(?:(?<=khan)|(?<=hoatoc))mat(?![a-z])"
)
_EXTENSION: Final = re.compile(r"(?:\.[A-Za-z0-9]{1,5}){1,2}$")
_OPEN: Final = '[({<«“"【（［『「〔〈《⟨⟦'
_QUOTES: Final = '«<“"'
_CLOSE: Final = '])}>»”"】）］』」〕〉》⟩⟧'
_SET_OFF: Final = re.compile(r"^\s*(?:[:;|/•·+=]|[-–—_]+|\s{2,}|\.(?!\w{1,5}$))|^_")
_REPLY: Final = re.compile(r"^(?:\s*+(?:re|fw|fwd|tl|trả lời|chuyển tiếp)\s*+(?:\[\d+\])?\s*+[:_]\s*+)+", re.IGNORECASE)
_CODE: Final = re.compile(r"(?:[A-ZĐ]{1,5}|\d+)$")
_PAPERS: Final = frozenset(
    {"BC", "BB", "CT", "CV", "HD", "KH", "NQ", "PA", "QD", "QĐ", "TB", "TTR", "TTr", "UBND", "VB", "HDND", "HĐND"}
)
"""Abbreviations in the numbers of papers."""
_PAPER: Final = re.compile(PAPERS.replace(" ", " ?") + "(?![a-z])")
_SAYS_IT: Final = re.compile(OF_AN_OFFICE.replace(" ", " ?") + "(?![a-z])")
_COPY_OF: Final = re.compile(r"^\s*(?:bản sao của|copy of)\s+", re.IGNORECASE)
"""Prefixes of Windows for the name of a copied file."""
_VERSION: Final = re.compile(
    r"(?:[\s_.\-–]{0,3}(?:\(\d{1,3}\)|(?<![^\W_])(?:copy|final|bản sao|(?:bản )?(?:cuối|chốt)|v\.?\d{1,3}|(?:lần|lan|bản|ban) \d{1,3})))+\s*$",
    re.IGNORECASE,
)
"""Words behind a name that say which copy it is, of programs and of people."""
_TAIL: Final = 80
"""Letters at the end of a name among which they are looked for."""
_COUNT: Final = re.compile(
    r"\s*[:=]\s*(?:0*\d{1,4}\s*(?:$|[;,.)\]]|\w*\s*(?:văn bản|tài liệu|công văn|hồ sơ|bản|cuốn|chai|lít|kg|ml)(?!\w))"
    r"|\d+\s?(?:ml|kg|lít|l|g)(?!\w)|(?:không|chưa)(?: có| phát sinh)?\s*(?:$|[;,.)\]]))",
    re.IGNORECASE,
)
"""A level that heads a figure: "Mật: 12 văn bản, Tối mật: không"."""
_FIGURE_BEFORE: Final = re.compile(FIGURES.pattern + r"\s+$", re.IGNORECASE)
_ASKS: Final = re.compile(r"[^,;:–-]*(?:\?|(?<!\w)(?:không|chưa|nào))\s*$", re.IGNORECASE)
_CHANGED: Final = re.compile(r"(?<!\w)từ(?!\w).*(?:xuống|lên|sang|thành)\s", re.IGNORECASE)


class _Token(NamedTuple):
    """A level found in a name with what is around it."""

    start: int
    level: Level
    spelling: Spelling
    case: Case
    before: str
    after: str
    last_word: str
    next_word: str
    bracketed: bool
    quoted: bool
    """What is before it opens a quotation."""
    of_work: bool
    """A film or a book is called so."""
    left_free: bool
    """Nothing before it, or a strong separator."""
    right_free: bool
    slip: bool
    """Its letters are what a slip of the keyboard makes of a level."""


def _tokens(text: str) -> list[_Token]:
    plain = bare(text)
    found = []
    for match in _LEVEL.finditer(plain):
        letters = "".join(_WORD.findall(text[match.start() : match.end()]))
        word = bare(letters)
        if plain[match.start() - 1 : match.start()].isalpha() and spelling_of(word, letters) is not Spelling.EXACT:
            continue  # the end of another word
        before, after = text[max(0, match.start() - _AROUND) : match.start()], text[match.end() : match.end() + _AROUND]
        words_before, words_after = _WORD.findall(before), _WORD.findall(after)
        left, right = before.rstrip(" _"), after.lstrip(" _")
        of_work, quoted = WORK_BEFORE.search(before) is not None, left[-1:] in _QUOTES
        if of_work and quoted:
            continue  # Phim “Tuyệt mật”
        found.append(
            _Token(
                start=match.start(),
                level=level_of(word),
                spelling=spelling_of(word, letters),
                slip=is_slip(word, letters),
                case=case_of(letters),
                before=before,
                after=after,
                last_word=words_before[-1].upper() if words_before else "",
                next_word=words_after[0].upper() if words_after else "",
                bracketed=bool(left) and left[-1] in _OPEN and bool(right) and right[0] in _CLOSE,
                quoted=quoted,
                of_work=of_work,
                left_free=not left.strip(" .") or left[-1] in "-–—:;|/•·+=_]})>»”" or before.endswith(("_", "  ")),
                right_free=not right.strip(" .0123456789") or _SET_OFF.match(after) is not None,
            )
        )
    return found


def _trapped(token: _Token) -> bool:
    """Return whether the words around make it another word; a strong separator between them frees it."""
    before, after = token.before, token.after
    near_left = _WORD.search(before[-12:]) is not None and re.search(r"[^\W\d_][\s_\-.]*$", before) is not None
    separated_left = re.search(r"[:|/\])]\s*$|\s[-–—]\s+$", before) is not None
    if near_left and not separated_left and token.last_word in TRAP_BEFORE | CONTINUES:
        return True
    if token.level is not Level.MAT:
        return False
    capitals = token.case is Case.CAPITALS
    near_right = re.match(r"[\s_\-]*[^\W\d_]", after) is not None
    separated_right = re.match(r"\s*[:|/\])]|\s+[-–—]\s", after) is not None
    of_the_state = re.match(r"[\s_\-]*nhà[\s_\-]+nước", after, re.IGNORECASE) is not None
    return (
        (near_right and not separated_right and (of_the_state or begins_word(after, capitals=capitals)))
        or not ORGANS.isdisjoint((token.last_word, token.next_word))
        or OF_THE_GALL.search(after) is not None
        or are_groceries(_WORD.findall(before + " " + after))
        or is_value_of_goods(before)
        or is_named(before, after, shown="MẬT" if capitals else "Mật")
    )


def _without_camels(text: str) -> str:
    """Part words that are written together with a capital each: `KeHoachTốiMật`."""
    return _WORD.sub(lambda word: _parted(word[0]), text)


def _parted(word: str) -> str:
    cuts = [n for n in range(1, len(word)) if word[n - 1].islower() and word[n].isupper()]
    pieces = [word[start:end] for start, end in pairwise((0, *cuts, len(word)))]
    return " ".join(pieces) if all(piece.istitle() and len(piece) > 1 for piece in pieces) else word


def without_extension(name: str) -> str:
    """Return the name of a file without its suffix."""
    return _EXTENSION.sub("", name)


def name_hit(text: str, place: Place) -> Hit | None:
    """Return the most severe mark that a canonical name carries, None when it carries none."""
    text = collapse_spacing(text)
    if place is Place.FILENAME:
        text = _COPY_OF.sub("", _REPLY.sub("", _without_camels(without_extension(text))))
    elif place is Place.SUBJECT:
        text = _without_camels(_REPLY.sub("", text))
    if place in (Place.SUBJECT, Place.FILENAME):
        text = FRAMED_URGENCY.sub(r"\1\2", text[:-_TAIL] + _VERSION.sub("", text[-_TAIL:]))
    choice = choice_hit(text, bare(text))
    if choice is not None:
        return choice if choice.strength is not Strength.NOTED else None
    hits = [carried_hit(text, bare(text))]
    tokens = _tokens(text)
    levels = len({token.level for token in tokens})
    if levels > 2 or (levels > 1 and _CHANGED.search(text)):
        return None  # all three degrees, or one that becomes another: a title that speaks of them
    offered = offers(bare(text)) if levels > 1 else []
    for token in tokens:
        if any(start <= token.start < end for start, end in offered):
            continue
        hits.append(_exact(token, place) if token.spelling is Spelling.EXACT else _inexact(token, text, place))
    return most_severe(hits)


def _exact(token: _Token, place: Place) -> Hit | None:
    named = place in (Place.SUBJECT, Place.FILENAME)
    if token.bracketed and not (token.level is Level.MAT and token.last_word in ORGANS):
        words = [len(_WORD.findall(side)) for side in (token.before, token.after)]
        if token.quoted and sum(words) > 2 and (min(words) or not named):
            # A title, or a stamp that a sentence names; in capitals it may still be the mark itself.
            if not named or token.case is not Case.CAPITALS or NAMED_STAMP.search(token.before):
                return None
            return Hit(token.level, Strength.SUSPECTED, "bracketed")
        if re.search(r"(?:dấu|đóng|chữ)\s*[\[(\"“«]\s*$", token.before, re.IGNORECASE) and place is not Place.FILENAME:
            return Hit(token.level, Strength.SUSPECTED, "bracketed")
        return Hit(token.level, Strength.SUSPECTED if token.case is Case.SMALL else Strength.MARKED, "bracketed")
    if _trapped(token) or _COUNT.match(token.after) or _is_spoken_of(token):
        return None
    if not named and re.match(r"\s*[:=]\s*\d", token.after):
        return None
    others = _WORD.findall(token.before + " " + token.after)
    alone = not others
    if named and token.case is not Case.CAPITALS and _among_papers(token):
        return Hit(token.level, Strength.SUSPECTED, "token")
    loose = place in (Place.WATERMARK, Place.BOX, Place.EDGE)
    match token.case:
        case Case.CAPITALS:
            return _capitals(token, others, loose=loose)
        case Case.TITLE:
            if alone or (token.left_free and token.right_free):
                sure = token.level is not Level.MAT or loose or alone
                return Hit(token.level, Strength.MARKED if sure else Strength.SUSPECTED, "token")
            if token.level is not Level.MAT and token.right_free and not _prose(token):
                return Hit(token.level, Strength.SUSPECTED, "token")
            return None
        case Case.SMALL:
            if place is Place.WATERMARK and token.left_free and token.right_free:
                return Hit(token.level, Strength.MARKED, "token")
            names_level = token.level is not Level.MAT or alone or _heads_a_paper(token)
            if token.left_free and token.right_free and names_level:
                return Hit(token.level, Strength.SUSPECTED, "token")
            closing = not token.after.strip(" ._0123456789") and token.last_word not in ("GIỮ", "ĐƯỢC", "LÀ")
            spoken = token.level is Level.MAT or _prose(token) or FIGURES.search(token.before)
            return Hit(token.level, Strength.SUSPECTED, "token") if named and closing and not spoken else None


def _is_spoken_of(token: _Token) -> bool:
    """Return whether a name speaks of works and papers of such a kind: a film, information, what is managed."""
    if token.of_work and token.case is not Case.CAPITALS:
        return True
    within = _WORD.search(token.before) is not None and _WORD.search(token.after) is not None
    title = token.case is not Case.CAPITALS and (within or not (token.left_free and token.right_free))
    if token.level is not Level.MAT and title and FICTION.search(token.before + token.after):
        return True
    if token.level is not Level.MAT and _FIGURE_BEFORE.search(token.before) and not token.after.strip(" .!?…"):
        return True
    before = token.before.rstrip(" _")
    noun = _noun_before(before)
    if noun in ("THÔNG TIN", "TIN") and token.level is Level.MAT and token.next_word:
        return True
    return bool(noun) and (FORBIDDING.match(before) or MANAGING.search(before[: -len(noun)])) is not None


def _noun_before(before: str) -> str:
    """Return the noun that a level behind this text would belong to as an adjective."""
    return max((noun for noun in NOUN_BEFORE if before.upper().endswith(noun)), key=len, default="")


def _capitals(token: _Token, others: list[str], *, loose: bool) -> Hit | None:
    """Judge a level in capitals: sure among small letters or set off, doubtful in a title that is all capitals."""
    if token.level is Level.MAT and is_person(token.before, token.after):
        return None
    company = [word for word in others if len(word) > 1]
    title = all(word.isupper() for word in company) and any(len(word) > 4 or not word.isascii() for word in company)
    noun = _noun_before(token.before.rstrip(" _"))
    if noun in ("DẤU", "CHỮ"):
        return None if _ASKS.match(token.after) else Hit(token.level, Strength.SUSPECTED, "token")
    if (token.left_free and token.right_free) or not title:
        return Hit(token.level, Strength.MARKED, "token")
    leading = _WORD.findall(token.before.rstrip(" _")[: -len(noun)]) if noun else []
    if leading:
        return None  # "HƯỚNG DẪN QUẢN LÝ TÀI LIỆU MẬT" speaks of them
    if loose and (token.left_free or token.right_free) and len(company) <= 4:
        return Hit(token.level, Strength.MARKED, "token")
    return Hit(token.level, Strength.SUSPECTED, "token")


_PROSE: Final = re.compile(
    r"(?:độ|danh mục|loại|các|tài liệu|văn bản)(?:[\s,;/]*(?:tuyệt mật|tối mật|mật|và|hoặc|độ))*[\s,;/]*$",
    re.IGNORECASE,
)


def _prose(token: _Token) -> bool:
    return _PROSE.search(token.before) is not None


def _inexact(token: _Token, text: str, place: Place) -> Hit | None:
    if token.case is not Case.CAPITALS:
        plain = token.spelling is Spelling.ASCII and token.level is not Level.MAT
        named = plain and place in (Place.SUBJECT, Place.FILENAME)
        # Nothing else is spelt tuyet mat, while toi mat has lost a telephone.
        set_off = token.level is Level.TUYET_MAT and token.left_free and token.right_free
        framed = token.bracketed and token.before.rstrip(" _")[-1:] in "[(" and not token.of_work
        marked = (named and (set_off or framed or _heads_a_paper(token))) or _closes_a_paper(token, place)
        if token.spelling is Spelling.ASCII and place in (Place.SUBJECT, Place.FILENAME) and _among_papers(token):
            behind = bool(_WORD.search(token.before)) and token.left_free and token.right_free
            marked = marked or framed or (behind and token.level is not Level.MAT)
        return Hit(token.level, Strength.SUSPECTED, "token", token.spelling) if marked else None
    lost = bare(token.next_word).upper() in LOST and re.match(r"[\s_]+[^\W\d_]", token.after)
    if token.spelling is not Spelling.ASCII and lost:
        return None  # TỐI MẤT ĐIỆN: a cut of the power in the evening; TÔI_MẤT_VÍ; CHO TÔI MẬT KHẨU
    if token.spelling is Spelling.NOISY and token.level is not Level.MAT and not _trapped(token):
        return Hit(token.level, Strength.SUSPECTED, "token", token.spelling)
    if token.spelling is Spelling.OTHER_WORD or (token.spelling is Spelling.NOISY and token.level is Level.MAT):
        return _slip(token)
    if token.spelling is not Spelling.ASCII:
        return None
    if token.level is Level.TUYET_MAT:
        return Hit(token.level, Strength.MARKED, "token", token.spelling)
    if token.bracketed:
        return Hit(token.level, Strength.SUSPECTED, "bracketed", token.spelling)
    if token.level is Level.TOI_MAT:
        marked = token.next_word not in LOST
    elif place is Place.SUBJECT:
        marked = _heads_a_paper(token)
    else:
        marked = place in (Place.FILENAME, Place.BOX, Place.EDGE, Place.WATERMARK, Place.PROPERTY) and _coded(
            token, text
        )
    return Hit(token.level, Strength.SUSPECTED, "token", token.spelling) if marked else None


def _slip(token: _Token) -> Hit | None:
    """Judge what a slip of the keyboard makes of a level: [TỐI MẶT], or TỐI MẶT set off; [MẶT] only at the head."""
    if not token.slip:
        return None
    framed = token.bracketed and token.before.rstrip(" _")[-1:] == "["
    if token.level is Level.MAT:
        alone = framed and not _WORD.search(token.before)
    else:
        alone = token.bracketed or (token.left_free and token.right_free)
    return Hit(token.level, Strength.SUSPECTED, "token", token.spelling) if alone else None


def _closes_a_paper(token: _Token, place: Place) -> bool:
    """Return whether a level of two words without signs ends a name that begins with the kind of a paper: "ke hoach toi mat"."""
    if token.spelling is not Spelling.ASCII or token.level is Level.MAT or _WORD.search(token.after):
        return False
    head = " ".join(_WORD.findall(bare(token.before)))
    is_paper = _PAPER.match(head) is not None or head.startswith(("van ban", "tai lieu", "de thi"))
    return is_paper and place in (Place.SUBJECT, Place.FILENAME)


def _among_papers(token: _Token) -> bool:
    """Return whether all other words of a name are abbreviations of papers: KH_(mat), cv-mật-2026."""
    others = [word.upper() for word in _WORD.findall(f"{token.before} {token.after}")]
    return bool(others) and _PAPERS.issuperset(others)


def _heads_a_paper(token: _Token) -> bool:
    """Return whether a level is set off before or behind the kind of a paper: MAT_KeHoach, KeHoach_MAT."""
    head, tail = (" ".join(_WORD.findall(bare(side))) for side in (token.before, token.after))
    if not head and re.match(r"\s*[-_:]", token.after):
        return _PAPER.match(tail) is not None
    if tail or not re.search(r"[-_]\s*$", token.before):
        return False
    accented = token.spelling is Spelling.EXACT  # "Kế hoạch tuần tra - mật", while "Ke hoach don - mat" lost something
    paper = _SAYS_IT.match(head) if accented else _PAPER.fullmatch(head)
    first = token.before.split()[0] if accented else token.before
    abbreviated = first.strip("-_") in _PAPERS and (accented or token.case is Case.CAPITALS)
    return abbreviated or (paper is not None and not token.before.isupper())


def _coded(token: _Token, text: str) -> bool:
    """Return whether ASCII `MAT` closes or is a code: the whole name, or after a number and abbreviations (15-BC-MAT)."""
    if not _WORD.findall(token.before + token.after):
        return not re.search(r"\d", text)
    if _heads_a_paper(token):
        return True
    pieces = [piece for piece in re.split(r"[-_.]", token.before.rstrip("-_.")) if piece]
    if re.match("[-_]", token.after) and re.search(r"\d", token.before + token.after) and _among_papers(token):
        return True
    if token.next_word or not pieces or is_unaccented_person(token.before) or not re.search(r"[-_]$", token.before):
        return False
    return any(piece.isdigit() for piece in pieces) and all(
        _CODE.fullmatch(piece) and piece not in CODES_OF_OTHERS for piece in pieces
    )
