"""Official documents of Decree 30/2020/NĐ-CP: recognised, with kind, number, date, issuer and "Nơi nhận".

A document is official when enough of its components stand where the Decree puts them (Article 8, Annex I): national
name and motto, number and symbol, place and date, name of the kind or "V/v", authority of the signer, recipients. It is
*issued* when the number is filled in, else a *draft*. Forms that citizens fill in bear the national name too, but no
number, no recipients, and are told by their titles; they are working files. The text is read in Unicode whatever
the encoding, from runs of every reader, OCR included (it asks for skeletons, so one wrong accent does no harm).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import Final

from msgspec import Struct

from gateway.model import Document, Origin, Role, Run
from gateway.text.legacy import decode_runs
from gateway.text.mark_layout import needs_decoding
from gateway.text.normal import skeleton, unify_line_breaks


class Kind(Enum):
    """Kind of an administrative document (Decree 30/2020, Article 7) and a few others that carry the same head."""

    CONG_VAN = "công văn"
    NGHI_QUYET = "nghị quyết"
    QUYET_DINH = "quyết định"
    CHI_THI = "chỉ thị"
    QUY_CHE = "quy chế"
    QUY_DINH = "quy định"
    THONG_CAO = "thông cáo"
    THONG_BAO = "thông báo"
    HUONG_DAN = "hướng dẫn"
    CHUONG_TRINH = "chương trình"
    KE_HOACH = "kế hoạch"
    PHUONG_AN = "phương án"
    DE_AN = "đề án"
    DU_AN = "dự án"
    BAO_CAO = "báo cáo"
    BIEN_BAN = "biên bản"
    TO_TRINH = "tờ trình"
    HOP_DONG = "hợp đồng"
    CONG_DIEN = "công điện"
    BAN_GHI_NHO = "bản ghi nhớ"
    BAN_THOA_THUAN = "bản thỏa thuận"
    GIAY_UY_QUYEN = "giấy ủy quyền"
    GIAY_MOI = "giấy mời"
    GIAY_GIOI_THIEU = "giấy giới thiệu"
    GIAY_NGHI_PHEP = "giấy nghỉ phép"
    PHIEU_GUI = "phiếu gửi"
    PHIEU_CHUYEN = "phiếu chuyển"
    PHIEU_BAO = "phiếu báo"
    PHIEU_TRINH = "phiếu trình"
    THU_CONG = "thư công"
    LUAT = "luật"
    NGHI_DINH = "nghị định"
    THONG_TU = "thông tư"


class State(Enum):
    """How far a document has come."""

    ISSUED = "issued"
    """An official document with its number."""
    DRAFT = "draft"
    """The form of an official document, number still blank or called a draft."""
    WORKING = "working"
    """No official document: a working file, a form, a letter."""


class Recognition(Struct, frozen=True, kw_only=True):
    """What was recognised; everything but `state` is best knowledge."""

    state: State
    score: int
    """Number of components found, out of nine."""
    evidence: tuple[str, ...] = ()
    """Codes of the components: `national-name`, `motto`, `number`, `date`, `kind`, `subject-line`, `recipients` ..."""
    kind: Kind | None = None
    number: str = ""
    """As written, for example `7600/QĐ-UBND`; `/QĐ-UBND` while the number is blank."""
    issued_on: date | None = None
    issuer: str = ""
    """Name of the issuing unit in capitals, as the head gives it; empty when not found."""
    recipients: tuple[str, ...] = ()
    """Lines under "Nơi nhận", without dashes."""

    @property
    def official(self) -> bool:
        """Whether it has the form of an official document."""
        return self.state is not State.WORKING


_THRESHOLD: Final = 4
_HEAD_LINES: Final = 70
_SCANNED_ROLES: Final = frozenset(
    {Role.BODY, Role.HEADING, Role.CELL, Role.TEXTBOX, Role.HEADER, Role.STAMP, Role.FIELD}
)
_SKIPPED_ORIGINS: Final = frozenset({Origin.DELETED, Origin.HIDDEN, Origin.REVISION})

_NATIONAL: Final = re.compile(
    r"cong ?hoa ?xa ?hoi ?chu ?nghia ?viet ?nam|c[o0]ng h[o0]a x[a-z] h[o0]i|xa hoi chu nghia viet|dang cong san viet nam"
)
_MOTTO: Final = re.compile(r"d[o0]c ?lap ?\W{0,5} ?tu ?d[o0] ?\W{0,5} ?hanh|tu ?do ?\W{0,5} ?hanh ?phuc")
_NUMBER: Final = re.compile(
    r"(?:^|\t|\s{2,}|\|)\W{0,4}S[ốôoóồỐÔOÓ]\s*[:.;]?\s*(?P<number>[\d .…_\-]{0,16}?[a-z]?)\s*/\s*(?P<symbol>(?:\d{4}\s?/\s?)?[A-ZĐƯƠ][\w&.()]*(?:\s?[-–/]\s?[A-ZĐƯƠ][\w&.()]*)*)",
    re.MULTILINE,
)
_PARTY_NUMBER: Final = re.compile(
    r"(?:^|\t|\s{2,})\W{0,3}S[ốôoóỐÔOÓ]\s*[:.]?\s*(?P<number>\d[\d .]{0,8}|[….\s_]{0,14})\s*[-–]\s*(?P<symbol>[A-ZĐ]{2,4}\s?/\s?[A-ZĐƯƠ][\w\-]*)",
    re.MULTILINE,
)
_BLANK_NUMBER: Final = re.compile(r"\W{0,3}S[ốôoóỐÔOÓ]\s*:\s*[….\s_]*(?:/|$)")
_DATE: Final = re.compile(
    r"(?P<place>[^\W\d_][\w .\-]{1,40})[,.]\s*ng[àa]y\s*(?P<day>\d{1,2}|[\s….\-_/]*)\s*th[áa]ng\s*(?P<month>\d{1,2}|[\s….\-_/]*)\s*n[ăa]m\s*(?P<year>\d{4}|20[\s….\-_]*|[\s….\-_]*)",
    re.IGNORECASE,
)
_SUBJECT_LINE: Final = re.compile(r"^\W*v ?/ ?v\b")
_DEAR: Final = re.compile(r"^\W*kinh (?:gui|chuyen|moi)\b")
_RECIPIENTS: Final = re.compile(r"(?:^|\s{2}|\t)\W*noi nhan\W*(?:$|\s{2,}|-|nhu|\t|tm\.|kt\.|tl\.)")
_FILED: Final = re.compile(r"\bluu ?\W{0,3}(?:vt|van thu|vp|ho so|hc)\b")
_AUTHORITY: Final = re.compile(r"(?:^|\s{2,}|\t)\W{0,3}(?:tm|kt|tl|tuq|q)\. ?[a-z]{2}")
_SIGNER: Final = re.compile(
    r"(?:^|\s{3,}|\t)\W{0,3}(?:pho )?(?:chu tich|giam doc|tong giam doc|truong phong|chanh van phong|bo truong|thu truong|cuc truong"
    r"|chi cuc truong|hieu truong|truong ban|thu tuong|thu tuong chinh phu|bi thu|vu truong|chu tich ubnd|vien truong|chanh thanh tra|tong thu ky|thong doc)\W*$"
)
_BASIS: Final = re.compile(r"^\W*can cu\b")
_DRAFT: Final = re.compile(r"^\W*(?:ban )?du ?thao(?:\W*(?:lan|so)?\W*\d{0,2})?(?:\W*ngay [\d/.]+)?\W*$")
_FORM: Final = re.compile(
    r"^\W*(?:don (?:xin|de nghi|dang ky|cap|yeu cau|khieu nai|to cao|khoi kien|cam ket|trinh bay|du|xac nhan)|to khai|ban khai|giay de nghi|giay dang ky"
    r"|phieu dang ky|phieu khai|ly lich|so yeu ly lich|giay cam ket|ban cam ket|giay khai sinh|mau (?:so|don)\b|giay xac nhan|thu ngo\b|ban kiem diem|ban tu kiem diem)"
)
_FORM_SIGNER: Final = re.compile(
    r"(?:nguoi (?:lam don|viet don|khai|de nghi|yeu cau|dang ky|cam ket)|toi (?:ten la|xin|ten)|ho va ten nguoi (?:yeu cau|khai))"
)

_PARTIES: Final = re.compile(r"^\W*(?:dai dien )?ben (?P<side>[ab])\b")
_PLACEHOLDER: Final = re.compile(
    r"ten (?:co quan|cq|don vi|to chuc)\b[^.]{0,40}\((?:\d{1,2}|chu quan|ban hanh)|quyen han,? chuc vu (?:cua )?nguoi ky|^\W*ten (?:co quan|cq),? ?(?:to chuc|tc)\b"
)
"""What the forms of Annex III write in place of an office: a form or a lesson, not yet anybody's document."""

_KINDS: Final = {skeleton(kind.value): kind for kind in Kind if kind is not Kind.CONG_VAN}
_KIND_LINE: Final = re.compile(
    rf"^\W*(?P<kind>{'|'.join(sorted(map(re.escape, _KINDS), key=len, reverse=True))})(?P<rest>\W.*|)$"
)
_SYMBOL_KINDS: Final = {
    "NQ": Kind.NGHI_QUYET, "QĐ": Kind.QUYET_DINH, "CT": Kind.CHI_THI, "QC": Kind.QUY_CHE, "QYĐ": Kind.QUY_DINH,
    "TC": Kind.THONG_CAO, "TB": Kind.THONG_BAO, "HD": Kind.HUONG_DAN, "CTR": Kind.CHUONG_TRINH, "KH": Kind.KE_HOACH,
    "PA": Kind.PHUONG_AN, "ĐA": Kind.DE_AN, "DA": Kind.DU_AN, "BC": Kind.BAO_CAO, "BB": Kind.BIEN_BAN,
    "TTR": Kind.TO_TRINH, "HĐ": Kind.HOP_DONG, "CĐ": Kind.CONG_DIEN, "GM": Kind.GIAY_MOI, "GGT": Kind.GIAY_GIOI_THIEU,
    "GUQ": Kind.GIAY_UY_QUYEN, "PG": Kind.PHIEU_GUI, "PC": Kind.PHIEU_CHUYEN, "PB": Kind.PHIEU_BAO,
    "NĐ": Kind.NGHI_DINH, "TT": Kind.THONG_TU, "QH": Kind.LUAT,
}  # fmt: skip
_AGREEMENTS: Final = frozenset({Kind.HOP_DONG, Kind.BAN_GHI_NHO, Kind.BAN_THOA_THUAN})
"""Kinds that private parties write as well, with a number and a director's name; an office's names its recipients. So do
minutes of handing over and the like, which name the parties."""
_UNIT_WORDS: Final = re.compile(
    r"^\W*(?:uy ban|ubnd|hoi dong|so |phong |van phong|bo |cuc |chi cuc|truong |trung tam|cong an|ban |dang uy|quan uy|huyen uy|tinh uy|thanh uy"
    r"|chinh phu|toa an|vien kiem sat|hoi |lien doan|mat tran|uy ban mttq|benh vien|tram |doi |vien |tong cuc|thanh tra|kho bac|ngan hang|cong ty|tap doan|doan |thanh doan|hiep hoi|quoc hoi|thu tuong)"
)


def _visible_runs(document: Document) -> list[Run]:
    return [run for run in document.runs if run.role in _SCANNED_ROLES and run.origin not in _SKIPPED_ORIGINS]


def _lines(document: Document) -> list[str]:
    """Return the visible lines in Unicode (NFC)."""
    runs = _visible_runs(document)
    texts = [run.text for run in runs]
    if needs_decoding(runs, "".join(texts)):
        texts = [item.text for item in decode_runs(runs)]
    pieces: list[str] = []
    last: int | None = None
    for run, text in zip(runs, texts, strict=True):
        if last is not None and run.block != last:
            pieces.append("\n")
        pieces.append(text)
        last = run.block
    whole = unicodedata.normalize("NFC", unify_line_breaks("".join(pieces)))
    return [line for line in whole.split("\n") if line.strip()]


def recognise(document: Document) -> Recognition:
    """Say what kind of document this is; never fails, an empty or unreadable document is a working file."""
    lines = _lines(document)
    if not lines:
        return Recognition(state=State.WORKING, score=0)
    bare = skeleton("\n".join(lines)).split("\n")
    if len(bare) != len(lines):
        bare = [skeleton(line).replace("\n", " ") for line in lines]
    return _judge(lines, bare, stamped=_stamped_number(document))


def _judge(lines: Sequence[str], bare: Sequence[str], *, stamped: str) -> Recognition:
    head, bare_head = lines[:_HEAD_LINES], bare[:_HEAD_LINES]
    evidence: list[str] = []
    if any(_NATIONAL.search(line) for line in bare_head):
        evidence.append("national-name")
    if any(_MOTTO.search(line) for line in bare_head):
        evidence.append("motto")
    number, symbol, number_line, joint = _number(head)
    number = number or (stamped if symbol else "")
    if symbol:
        evidence.append("number" if number else "blank-number")
    issued_on, dated = _date(head, bare_head)
    if dated:
        evidence.append("date")
    kind, titled = _kind(head, bare_head, symbol)
    if titled:
        evidence.append("kind")
    if any(_SUBJECT_LINE.match(line) for line in bare_head):
        evidence.append("subject-line")
        kind = kind if titled else Kind.CONG_VAN
    recipients = _recipients(lines, bare)
    if recipients is not None:
        evidence.append("recipients")
    if any(_FILED.search(line) for line in bare if "luu" in line):
        evidence.append("filed")
    if any(_AUTHORITY.search(line) or (len(line) < 120 and _SIGNER.search(line)) for line in bare):
        evidence.append("authority")
    if any(_DEAR.match(line) for line in bare_head):
        evidence.append("dear")
    if any(_BASIS.match(line) for line in bare_head):
        evidence.append("basis")
    score = _score(evidence)
    issuer = _issuer(head, bare_head, number_line)
    state = _state(evidence, score, bare, numbered=bool(number))
    parties = kind in _AGREEMENTS or {found["side"] for line in bare if (found := _PARTIES.match(line))} == {"a", "b"}
    if parties and not {"recipients", "filed"} & set(evidence):
        state = State.WORKING
    if state is not State.WORKING and kind is None and "dear" in evidence:
        kind = Kind.CONG_VAN
    shown = f"{number}{joint}{symbol}" if symbol else ""
    return Recognition(
        state=state,
        score=score,
        evidence=tuple(evidence),
        kind=kind,
        number=shown,
        issued_on=issued_on,
        issuer=issuer,
        recipients=recipients or (),
    )


def _score(evidence: Sequence[str]) -> int:
    """Count the components; "V/v" and a title are one, "Kính gửi" and "Căn cứ" only support."""
    found = set(evidence)
    counted = [
        bool(found & {"national-name"}),
        bool(found & {"motto"}),
        bool(found & {"number", "blank-number"}),
        bool(found & {"date"}),
        bool(found & {"kind", "subject-line"}),
        bool(found & {"recipients"}),
        bool(found & {"filed"}),
        bool(found & {"authority"}),
        bool(found & {"dear", "basis"}),
    ]
    return sum(counted)


def _state(evidence: Sequence[str], score: int, bare: Sequence[str], *, numbered: bool) -> State:
    found = set(evidence)
    if score < _THRESHOLD:
        return State.WORKING
    has_number = bool(found & {"number", "blank-number"})
    closes = bool(found & {"recipients", "filed", "authority"})
    form = any(_FORM.match(line) for line in bare[:30]) or any(_FORM_SIGNER.search(line) for line in bare)
    if form and not (has_number and closes):
        return State.WORKING
    if "number" not in found and any(len(line) < 120 and _PLACEHOLDER.search(line) for line in bare[:30]):
        return State.WORKING
    named = bool(found & {"kind", "subject-line"})
    if not has_number and not (named and closes and (found >= {"recipients", "authority"} or "date" in found)):
        return State.WORKING  # a contract, a form, a letter: nothing says that an authority issued it
    if not closes and not (has_number and named and found & {"national-name", "motto"}):
        return State.WORKING
    drafted = any(_DRAFT.match(line) for line in bare[:15])
    return State.ISSUED if numbered and not drafted else State.DRAFT


def _stamped_number(document: Document) -> str:
    """Return the number that a signing tool stamped beside "Số:" as a text of its own, empty when there is none."""
    runs = [run for run in _visible_runs(document) if run.page == 1 and run.bbox_pt is not None]
    blank = next((run for run in runs if _BLANK_NUMBER.match(run.text)), None)
    if blank is None or blank.bbox_pt is None:
        return ""
    left, top, right, bottom = blank.bbox_pt
    for run in runs:
        if run.bbox_pt is None or re.fullmatch(r"\s*\d{1,5}[a-z]?\s*", run.text) is None:
            continue
        middle = (run.bbox_pt[1] + run.bbox_pt[3]) / 2
        if top - 8 <= middle <= bottom + 8 and left <= run.bbox_pt[0] <= max(right, left + 120):
            return run.text.strip()
    return ""


def _number(head: Sequence[str]) -> tuple[str, str, int, str]:
    """Return number, symbol, line and what joins them of "Số: 15/BC-UBND"; citations inside sentences do not begin a line so."""
    for position, line in enumerate(head):
        for pattern in (_PARTY_NUMBER, _NUMBER):
            found = pattern.search(line[:400])
            if found is None:
                continue
            rest = line[found.end() : found.end() + 30]
            if re.match(r"\s*(?:ngày \d|của|và|quy định|về việc)", rest) and not re.search(
                r"\s{2}", line[: found.end() + 3]
            ):
                continue  # "Số 64/2007/NĐ-CP ngày 10 ..." is a citation that wrapped
            digits = re.sub(r"[^\da-z]", "", found["number"])
            joint = "-" if pattern is _PARTY_NUMBER else "/"
            return digits, re.sub(r"\s", "", found["symbol"]), position, joint
    return "", "", -1, "/"


def _date(head: Sequence[str], bare: Sequence[str]) -> tuple[date | None, bool]:
    for line, plain in zip(head, bare, strict=True):
        if "ngay" not in plain or "thang" not in plain or _BASIS.match(plain) or len(line) > 260:
            continue
        for found in _DATE.finditer(line):
            before = plain[: found.start()].rstrip()
            if re.search(
                r"(?:luat|nghi dinh|quyet dinh|thong tu|to trinh|cong van)\b[^\t]*$",
                before + " " + skeleton(found["place"]),
            ):
                continue
            day, month, year = (re.sub(r"\D", "", found[part]) for part in ("day", "month", "year"))
            try:
                return date(int(year), int(month), int(day)), True
            except ValueError:
                return None, True  # blanks to be filled in, or no real date
    return None, False


def _kind(head: Sequence[str], bare: Sequence[str], symbol: str) -> tuple[Kind | None, bool]:
    for line, plain in zip(head, bare, strict=True):
        found = _KIND_LINE.match(plain)
        if found is None or not _spells(line, _KINDS[found["kind"]]):
            continue
        if not found["rest"].strip(" :.*") and line.strip()[:1].isupper():
            return _KINDS[found["kind"]], True
        letters = [letter for letter in line.strip() if letter.isalpha()]
        title = letters[: len(found["kind"].replace(" ", ""))]
        if all(letter.isupper() for letter in title) and (
            len(found["rest"].strip()) < 3 or "".join(letters).isupper() or len(line) < 90
        ):
            return _KINDS[found["kind"]], True
    first = re.split(r"[-–/]", re.sub(r"^\d{4}/", "", symbol))[0].upper()
    return _SYMBOL_KINDS.get(first), False


def _spells(line: str, kind: Kind) -> bool:
    """Tell whether a line begins with the kind's name as written, but for accents lost or misread in some syllables.

    "PHƯỜNG AN LẠC" begins like "phương án" only when both accents are taken off.
    """
    wanted = kind.value.split()
    written = re.findall(r"[^\W\d_]+", line.lower())[: len(wanted)]
    return line.isascii() or skeleton(line) == line.lower() or any(map(str.__eq__, written, wanted))


def _recipients(lines: Sequence[str], bare: Sequence[str]) -> tuple[str, ...] | None:
    """Return the lines under the first "Nơi nhận", None when there is none."""
    for position, plain in enumerate(bare):
        if "noi nhan" not in plain or _RECIPIENTS.search(plain) is None:
            continue
        found: list[str] = []
        for line in lines[position : position + 30]:
            for piece in re.split(r"\t|\s{3,}", line):
                item = re.match(r"\s*[-–+•*]\s*(?P<name>\S.*)", piece)
                if item is not None:
                    found.append(item["name"].rstrip(" ;.,"))
        return tuple(found[:40])
    return None


def _issuer(head: Sequence[str], bare: Sequence[str], number_line: int) -> str:
    """Return the last unit name in capitals above the number (or among the first lines), joined over its lines."""
    last = number_line if number_line > 0 else min(12, len(head))
    names: list[str] = []
    for line, plain in zip(head[:last], bare[:last], strict=True):
        for piece in re.split(r"\t|\s{2,}", line):
            bare_piece = skeleton(piece)
            letters = "".join(letter for letter in piece if letter.isalpha())
            if len(letters) < 3 or not letters.isupper() or _NATIONAL.search(bare_piece) or _MOTTO.search(bare_piece):
                continue
            names.append(piece.strip(" *-–_"))
        if _KIND_LINE.match(plain):
            break
    units = [index for index, name in enumerate(names) if _UNIT_WORDS.match(skeleton(name) + " ")]
    if not units:
        return names[-1] if names else ""
    return " ".join(names[units[-1] :])
