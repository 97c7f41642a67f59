"""Labels of secrecy and their values: "Độ mật: Tối mật", in any case; a list of options is no mark (S5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gateway.vietnamese.marks.choice import EMPTY, OPTION, choice_hit, listed
from gateway.vietnamese.marks.hits import Hit, Look, Place, Strength, most_severe
from gateway.vietnamese.marks.words import Level, Spelling, written_level
from gateway.vietnamese.normal import run_together

_OF_SECRECY: Final = (
    r"(?:(?:dau )?chi )?(?:muc |cap )?(?<![a-z])do (?:bao |bi )?mat(?![a-z])|(?<![a-z])muc (?:do )?(?:bao |bi )?mat(?![a-z])"
    r"|phan loai (?:do )?(?:bao |bi )?mat(?![a-z])|(?<![a-z])(?:muc|cap|ten|ma)?[_.-]?do[_.-]?mat(?:[_-]?(?:text|name|ten))?(?![a-z])|(?<![a-z])(?:(?:security|secrecy|secret)[ _-]?level|confidentiality)(?![a-z])"
)
_PAPER: Final = "(?: (?:tai lieu|van ban|thong tin|ho so|cong van|vb))"
_OF_ANYTHING: Final = rf"(?:phan loai{_PAPER}?|(?:security )?classifi(?:cation|ed))(?![a-z])"
_LABEL: Final = re.compile(
    rf"{_OF_SECRECY}|(?<![a-z])(?:dau|che do|(?:cap|nhan|hang|bac|tinh chat)(?: bao| bi)?) mat(?![a-z])|(?<![a-z])mat cap(?![a-z])"
    r"|bi mat nha nuoc,? do(?=\s*:)|(?P<degree>(?<![a-z])(?:do|cap|muc)(?=\s*:))"
    rf"|(?P<open>{_OF_ANYTHING}|(?<![a-z])(?:loai mat|(?:muc do|cap do|tinh chat)(?: van ban| tai lieu)?|che do(?: su dung| bao quan)?(?! bao mat| mat))(?![a-z])"
    rf"|(?<![a-z])(?:nhan|phan cap|dong dau|ghi chu|trang thai|tinh trang|loai{_PAPER}?|bi mat nha nuoc|bmnn)(?=\s*:))"
)
_SPOKEN: Final = re.compile(f"{_OF_SECRECY}|{_OF_ANYTHING}")
_BESIDE: Final = (
    r"\s*\([^)\n]{0,60}\)|\s*[*\u2020]{1,3}|\s?[1-9](?=\s*:)|\s*(?:/|,| va|-)\s*(?:(?:muc )?do )?khan"
    r"|\s+(?:cua|van ban|tai lieu|ho so|de xuat|de nghi|du kien|hien tai|da xac dinh|xac dinh|da duyet|duoc (?:phe )?duyet|duoc xac dinh)(?: [a-z]+){0,4}"
)
"""Words allowed between a label and its colon."""
_LABEL_TAIL: Final = re.compile(
    rf"(?:{_BESIDE}){{0,3}}[\"'”’\])}}>]{{0,2}}[ \xa0]*"
    r"(?P<mark>[:=\uff1a]+|->|\bla\b|\t| [-–] |\.{2,}|…+|\||(?P<weak>[-=]*>+|[\u2190-\u21ff\u2794-\u27be\u25b6\u25ba»]|[-–—](?=\s)|(?P<bracket>[\[(“\"«])"
    r"|(?P<none>(?<=\s)(?=(?:(?:tuyet|toi)[\W_]{0,3})?mat\W*$))))"
)
_MARK: Final = re.compile(r"[^\w\s.,;!?]|\.\.|\t|\bla\b|(?:tuyet|toi|mat)[\W_]{0,3}mat\W*$")
"""Necessary condition for a line to be a label with its value."""
_AHEAD: Final = re.compile(r"(?:[\W_]|\d{1,2}[.)]|(?:de xuat|de nghi|xac dinh|thong tin)(?![a-z]))*")
"""A label without a colon: words allowed before it; its value ends the line."""
_WITH_URGENCY: Final = re.compile(r"do khan\s*(?:/|,|va|-)\s*(?:muc )?do mat|do mat\s*(?:/|,|va|-)\s*(?:muc )?do khan")
_CODE_AHEAD: Final = re.compile(r"[\W_]*[a-z0-9]{1,2}\s?[-–—.):(][\W_]*")
_URGENCY_AHEAD: Final = re.compile(r"\s*(?:thuong khan|thuong|khan|hoa toc)\s*[/,;\-–]\s*")
_AFTER_VALUE: Final = re.compile(
    r"\s*(?:$|[\n\t;,.)\]|}\"'”’»!?<*_~/]|\s[-–]|\s\s|\s*\(|\s*do (?:khan|bao mat)|\s*(?:thoi han|muc do|so (?:ky hieu|van ban|ban)?:|ban so(?![a-z])|ngay|do khan|han ))"
)

_ENDS: Final = re.compile(r"[\W_]*(?i:mật)[\W_]*(?:\n|$)")
"""A value that ends its line."""
_SHORT: Final = {"do": "độ", "cap": "cấp", "muc": "mức", "loai": "loại"}
"""Labels that other words look like: `đo`, `cáp`, `mục`, `loài`."""
_CODES: Final = {"A": Level.TUYET_MAT, "B": Level.TOI_MAT, "C": Level.MAT, "M": Level.MAT, "TM": Level.TOI_MAT}
_CODED: Final = re.compile(r"[ \t\xa0]*[\[(\"“]?(?P<code>[ABCM]|TM)[\])\"”]?[ \t\xa0.]*(?:\n|;|$)")


def has_label(plain: str) -> bool:
    """Return whether a bare line has a label of secrecy, filled in or not."""
    return _SPOKEN.search(plain) is not None


def label_line(text: str, plain: str, look: Look) -> Hit | None:
    """Find "Độ mật: Tối mật" in any case, and distinguish a filled label from one that lists its options (S5)."""
    return most_severe(_labels(text, plain, look)) if _MARK.search(plain) is not None else None


def _labels(text: str, plain: str, look: Look) -> Iterator[Hit]:
    for label in _LABEL.finditer(plain):
        tail = _LABEL_TAIL.match(plain, label.end())
        if tail is None:
            continue
        if tail["mark"] == "la" and plain[: label.start()].strip(' \t-–•*+"“') and look.place is not Place.PROPERTY:
            continue  # prose: "... có độ mật là Mật"
        hit = _label_value(text, plain, label.start(), tail.end())
        spoken = text[label.start() : label.end()]  # a key of data, "do-mat", has numbers and letters of its own
        if (
            hit is None
            and not (label["open"] or label["degree"])
            and "bao mat" not in label[0]
            and not spoken.isascii()
        ):
            hit = _coded_value(text, tail.end())
        if hit is None:
            continue
        if _SHORT.get(label[0], spoken.casefold()) != spoken.casefold():
            continue
        if (tail["weak"] is not None or label["degree"]) and not _stands_alone(plain, label.start(), tail.end()):
            continue
        if tail["bracket"] in ("“", '"', "«") and not text[tail.end() :].isupper():
            continue  # a heading that names what it treats: Độ mật “Tuyệt mật”
        value = text[tail.end() :].strip()
        shown = value.isupper() or (value.istitle() and not plain[: label.start()].strip())
        if tail["none"] is not None and hit.level is Level.MAT and not shown:
            continue  # "xác định độ mật mật", while a page that is pasted has "Độ mật Mật"
        doubtful = tail["bracket"] or tail["none"] is not None or label["degree"]
        if doubtful and hit.strength is Strength.MARKED:
            hit = hit._replace(strength=Strength.SUSPECTED)
        if label["open"] and hit.strength is not Strength.MARKED:
            continue
        if label["open"] and hit.level is Level.MAT:
            ends = _ENDS.match(text, tail.end())
            if ends is None:
                continue  # "phân loại: mật ong" sorts honey
            alone = not ends[0].islower() and _stands_alone(plain, label.start(), tail.end())
            # In small letters it may be honey still, unless the lines around are the head of a letter (`alone`).
            sure = ends[0].isupper() or alone
            strength, form = (Strength.SUSPECTED, "label") if sure else (Strength.NOTED, "stamp-line")
            hit = hit._replace(strength=strength, form=form, exposed=sure and not ends[0].isupper())
        yield hit


def _stands_alone(plain: str, label: int, value: int) -> bool:
    """Return whether a label and its value are all that a line says, as they must be where no colon joins them."""
    start, end = plain.rfind("\n", 0, label) + 1, plain.find("\n", value)
    found = OPTION.search(plain, value)
    return (
        _AHEAD.fullmatch(plain, start, label) is not None
        and found is not None
        and re.fullmatch(r"[\W_]*", plain[found.end() : end if end >= 0 else len(plain)]) is not None
    )


def _coded_value(text: str, value: int) -> Hit | None:
    """Read the letter of an envelope (A, B, C) or an abbreviation as the value that it stands for."""
    found = _CODED.match(text, value)
    return Hit(_CODES[found["code"]], Strength.SUSPECTED, "label") if found is not None else None


def _label_value(text: str, plain: str, label: int, start: int) -> Hit | None:
    end = min((position for position in (plain.find("\n", start),) if position >= 0), default=len(plain))
    # The value may be on the next line of the same block when nothing else is on this one.
    if not plain[start:end].strip(" \t.:"):
        start = end
        end = plain.find("\n", end + 1) if plain.find("\n", end + 1) >= 0 else len(plain)
    end = min(end, start + 160)
    if _WITH_URGENCY.search(plain, max(0, label - 20), start) and (urgency := _URGENCY_AHEAD.match(plain, start, end)):
        start = urgency.end()
    window = plain[start:end]
    options = list(OPTION.finditer(window))
    if not options:
        return None
    choice = choice_hit(text[start:end], window)
    if choice is not None:
        return choice._replace(form="label") if choice.strength is not Strength.NOTED else choice
    first = options[0]
    lead = window[: first.start()]
    if first["level"] is None or (re.search(r"[a-z0-9]", lead) and _CODE_AHEAD.fullmatch(lead) is None):
        return None
    level, spelling, _ = written_level(text[start:end], first)
    if spelling is Spelling.OTHER_WORD and level is Level.MAT:
        return None
    value_end = first.end()
    for option in options[1:]:
        if not listed(window[value_end : option.start()]):
            break
        if run_together(option[0]) != run_together(first[0]):
            return Hit(level, Strength.NOTED, "options", spelling)
        value_end = option.end()  # one level several times
    if re.search(EMPTY, text[start : start + first.end() + 4]):
        return Hit(level, Strength.NOTED, "options", spelling)
    if not _AFTER_VALUE.match(window, value_end):
        return None
    if spelling is Spelling.EXACT:
        return Hit(level, Strength.MARKED, "label", spelling)
    return Hit(level, Strength.SUSPECTED, "label", spelling)
