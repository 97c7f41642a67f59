"""Kinds of official documents, by the title that a document bears or the symbol of its number (Decree 30/2020/NĐ-CP, Article 7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import Final

from gateway.vietnamese.normal import skeleton


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
    GIAY_PHEP = "giấy phép"
    GIAY_TRIEU_TAP = "giấy triệu tập"
    KET_LUAN = "kết luận"
    LUAT = "luật"
    BO_LUAT = "bộ luật"
    PHAP_LENH = "pháp lệnh"
    LENH = "lệnh"
    NGHI_DINH = "nghị định"
    THONG_TU = "thông tư"
    THONG_TU_LIEN_TICH = "thông tư liên tịch"


_UNTITLED: Final = frozenset({Kind.CONG_VAN, Kind.KET_LUAN, Kind.LENH})
"""Kinds without a title, or whose name heads a part of any text: only the symbol identifies them."""
_KINDS: Final = {skeleton(kind.value): kind for kind in Kind if kind not in _UNTITLED}
_WORD: Final = re.compile(r"[^\W\d_]+")
_KIND_LINE: Final = re.compile(
    rf"^\W*(?P<kind>{'|'.join(sorted(map(re.escape, _KINDS), key=len, reverse=True))})(?P<rest>\W.*|)$"
)
_SYMBOL_KINDS: Final = {
    "NQ": Kind.NGHI_QUYET, "QĐ": Kind.QUYET_DINH, "CT": Kind.CHI_THI, "QC": Kind.QUY_CHE, "QYĐ": Kind.QUY_DINH,
    "TC": Kind.THONG_CAO, "TB": Kind.THONG_BAO, "HD": Kind.HUONG_DAN, "CTR": Kind.CHUONG_TRINH, "KH": Kind.KE_HOACH,
    "PA": Kind.PHUONG_AN, "ĐA": Kind.DE_AN, "DA": Kind.DU_AN, "BC": Kind.BAO_CAO, "BB": Kind.BIEN_BAN,
    "TTR": Kind.TO_TRINH, "HĐ": Kind.HOP_DONG, "CĐ": Kind.CONG_DIEN, "GM": Kind.GIAY_MOI, "GGT": Kind.GIAY_GIOI_THIEU,
    "GUQ": Kind.GIAY_UY_QUYEN, "PG": Kind.PHIEU_GUI, "PC": Kind.PHIEU_CHUYEN, "PB": Kind.PHIEU_BAO,
    "NĐ": Kind.NGHI_DINH, "TT": Kind.THONG_TU, "TTLT": Kind.THONG_TU_LIEN_TICH, "QH": Kind.LUAT, "L": Kind.LENH,
    "KL": Kind.KET_LUAN, "GP": Kind.GIAY_PHEP, "GPXD": Kind.GIAY_PHEP, "GTT": Kind.GIAY_TRIEU_TAP,
}  # fmt: skip


def kind_of(head: Sequence[str], bare: Sequence[str], symbol: str) -> tuple[Kind | None, bool]:
    """Return the kind that the title of a head says, else the symbol, and whether a title says it; `bare` are skeletons."""
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
    first = re.split(r"[-–/]", re.sub(r"^\d{4}/", "", symbol))[0].upper().rstrip("0123456789")
    return _SYMBOL_KINDS.get(first), False


def _spells(line: str, kind: Kind) -> bool:
    """Return whether a line begins with the kind's name as written, but for accents lost or misread in some syllables.

    "PHƯỜNG AN LẠC" begins like "phương án" only when both accents are taken off.
    """
    wanted = kind.value.split()
    written = _WORD.findall(line.lower())[: len(wanted)]
    return line.isascii() or skeleton(line) == line.lower() or any(map(str.__eq__, written, wanted))


def is_title(bare: str) -> bool:
    """Return whether a line, as its skeleton, begins with the name of a kind."""
    return _KIND_LINE.match(bare) is not None
