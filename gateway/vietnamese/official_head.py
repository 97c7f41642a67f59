"""Head and foot of an official document: number, place and date, issuing unit, recipients (Annex I of Decree 30/2020).

Lines come as written, in Unicode, and beside them as skeletons, so that a wrong accent does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import zip_longest
from typing import Final, NamedTuple

from gateway.vietnamese.normal import skeleton
from gateway.vietnamese.official_kinds import is_title

NATIONAL: Final = re.compile(
    r"cong ?hoa ?xa ?hoi ?chu ?nghia ?viet ?nam|c[o0]ng h[o0]a x[a-z] h[o0]i|xa hoi chu nghia viet|dang cong san viet nam"
)
MOTTO: Final = re.compile(r"d[o0]c ?lap ?\W{0,5} ?tu ?d[o0] ?\W{0,5} ?hanh|tu ?do ?\W{0,5} ?hanh ?phuc")
NATIONAL_HAS: Final = ("nghia viet", "nghiaviet", "cong san viet", "ng hoa x", "ng h0a x")
MOTTO_HAS: Final = ("tu do", "tudo", "tu d0", "tud0")
"""What `NATIONAL` and `MOTTO` find holds one of these; a look for them takes a fifth of the search."""
_NUMBER: Final = re.compile(
    r"(?:^|\t|\s{2,}|\|)\W{0,4}(?:S[ốôoóồỐÔOÓ]\s*+[:.;]?|(?i:(?:bộ luật|luật|pháp lệnh|nghị quyết)\s+số\s*+:))\s*+(?P<number>[\d .…_\-]{0,16}?[a-z]?)\s*+/\s*+(?P<symbol>(?:\d{4}\s?/\s?)?[A-ZĐƯƠ][\w&.()]*(?:\s?[-–/]\s?[A-ZĐƯƠ][\w&.()]*)*)",
    re.MULTILINE,
)
_LABEL: Final = re.compile(r"\W{0,4}S[ốôoóồỐÔOÓ]\s{0,9}:?\s{0,9}")
_PARTY_NUMBER: Final = re.compile(
    r"(?:^|\t|\s{2,})\W{0,3}S[ốôoóỐÔOÓ]\s*+[:.]?\s*+(?P<number>\d[\d .]{0,8}|[….\s_]{0,14})\s*+[-–]\s*+(?P<symbol>[A-ZĐ]{2,4}\s?/\s?[A-ZĐƯƠ][\w\-]*)",
    re.MULTILINE,
)
_DATE: Final = re.compile(
    r"(?P<place>[^\W\d_][\w .\-]{1,40})[,.]\s*ng[àa]y\s*+(?P<day>\d{1,2}|[\s….\-_/]*+)\s*+th[áa]ng\s*+(?P<month>\d{1,2}|[\s….\-_/]*+)\s*+n[ăa]m\s*+(?P<year>\d{4}|20[\s….\-_]*|[\s….\-_]*)",
    re.IGNORECASE,
)
_RECIPIENTS: Final = re.compile(r"(?:^|\s{2}|\t)\W*noi nhan\W*(?:$|\s{2,}|-|nhu|\t|tm\.|kt\.|tl\.)")
BASIS: Final = re.compile(r"^\W*can cu\b")
_CITED: Final = re.compile(r"\s*(?:ngày \d|của|và|quy định|về việc)")
_OF_ANOTHER: Final = re.compile(r"(?:luat|nghi dinh|quyet dinh|thong tu|to trinh|cong van)\b[^\t]*$")
_NO_NUMBER, _NO_DIGIT = re.compile(r"[^\da-z]"), re.compile(r"\D")
_UNIT_WORDS: Final = re.compile(
    r"^\W*(?:uy ban|ubnd|hoi dong|so |phong |van phong|bo |cuc |chi cuc|truong |trung tam|cong an|ban |dang uy|quan uy|huyen uy|tinh uy|thanh uy"
    r"|chinh phu|toa an|vien kiem sat|hoi |lien doan|mat tran|uy ban mttq|benh vien|tram |doi |vien |tong cuc|thanh tra|kho bac|ngan hang|cong ty|tap doan|doan |thanh doan|hiep hoi|quoc hoi|thu tuong)"
)


class Number(NamedTuple):
    """Number and symbol as the head writes them."""

    digits: str = ""
    """Empty while the number is blank."""
    symbol: str = ""
    line: int = -1
    joint: str = "/"
    """Separator of the two: a slash, in documents of the Party a hyphen."""


def search_columns(pattern: re.Pattern[str], line: str) -> re.Match[str] | None:
    """Return what `pattern.search` does, for a pattern that begins a line or a column: behind `|`, a tab or two blanks."""
    columns = "  " in line or "|" in line or not line.isprintable()
    return pattern.search(line) if columns else pattern.match(line)


def number_of(head: Sequence[str]) -> Number:
    """Return the parts of "Số: 15/BC-UBND"; citations inside sentences do not begin a line so."""
    for position, (own, below) in enumerate(zip_longest(head, head[1:], fillvalue="")):
        line = f"{own.rstrip()} {below}" if _LABEL.fullmatch(own) else own  # two cells of a table
        for pattern in (_PARTY_NUMBER, _NUMBER):
            found = search_columns(pattern, line[:400])
            if found is None:
                continue
            rest = line[found.end() : found.end() + 30]
            if _CITED.match(rest) and not re.search(r"\s{2}", line[: found.end() + 3]):
                continue  # "Số 64/2007/NĐ-CP ngày 10 ..." is a citation that wrapped
            digits = _NO_NUMBER.sub("", found["number"])
            joint = "-" if pattern is _PARTY_NUMBER else "/"
            return Number(digits, "".join(found["symbol"].split()), position, joint)
    return Number()


def date_of(head: Sequence[str], bare: Sequence[str]) -> tuple[date | None, bool]:
    """Return the date behind a place, None where blanks are to be filled in, and whether there is such a line."""
    for line, plain in zip(head, bare, strict=True):
        if "ngay" not in plain or "thang" not in plain or BASIS.match(plain) or len(line) > 260:
            continue
        for found in _DATE.finditer(line):
            before = plain[: found.start()].rstrip()
            if _OF_ANOTHER.search(before + " " + skeleton(found["place"])):
                continue
            day, month, year = (_NO_DIGIT.sub("", found[part]) for part in ("day", "month", "year"))
            try:
                return date(int(year), int(month), int(day)), True
            except ValueError:
                return None, True  # blanks to be filled in, or no real date
    return None, False


def has_recipients(bare: Sequence[str]) -> bool:
    """Return whether a line heads the recipients: "Nơi nhận"."""
    return any("noi nhan" in plain and _RECIPIENTS.search(plain) for plain in bare)


def issuer_of(head: Sequence[str], bare: Sequence[str], number_line: int) -> str:
    """Return the last unit name in capitals above the number (or among the first lines), joined over its lines."""
    last = number_line if number_line > 0 else min(12, len(head))
    names: list[str] = []
    for line, plain in zip(head[:last], bare[:last], strict=True):
        for piece in re.split(r"\t|\s{2,}", line):
            if not piece.isupper() or sum(map(str.isalpha, piece)) < 3:
                continue
            bare_piece = skeleton(piece)
            if NATIONAL.search(bare_piece) or MOTTO.search(bare_piece):
                continue
            names.append(piece.strip(" *-–_"))
        if is_title(plain):
            break
    units = [index for index, name in enumerate(names) if _UNIT_WORDS.match(skeleton(name) + " ")]
    if not units:
        return names[-1] if names else ""
    return " ".join(names[units[-1] :])
