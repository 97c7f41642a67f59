"""Rules of secrecy marks, one row each: source, examples found, and look-alikes not found.

A mark names its rule as a code of its evidence, which `gateway check --json` and the audit show. The logic of layout is in the modules that
`gateway.vietnamese.marks` lists; the tests of these rows and `docs/marks.md` are made from them. `EXEMPTIONS` are the rules that
unmake a mark: each has a text that is let go and its nearest neighbour that is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Where(Enum):
    """Places of the texts of a row."""

    TEXT = "text"
    """Lines of a document or of the body of a mail."""
    SUBJECT = "subject"
    FILENAME = "filename"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A form in which a mark is found."""

    id: str
    """The code that evidence has."""
    part: str
    """Part of the specification (`PARTS`) that the modules cite."""
    says: str
    source: str
    where: Where = Where.TEXT
    found: tuple[str, ...]
    """Texts that it finds; a line break parts lines."""
    others: tuple[str, ...] = ()
    """Texts of nearly the same form that are no mark and are not even suspected."""
    noted: bool = False
    """It is recorded only: nothing is stopped for it."""


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """A reason why the word of a level is none."""

    id: str
    says: str
    where: Where = Where.TEXT
    let_go: tuple[str, ...]
    kept: tuple[str, ...]
    """Neighbours that stay marks or suspected."""


PARTS: Final = {
    "S1": "Everything visible, hidden or deleted in a document is searched: text, headers, boxes, watermarks, properties, "
    "comments, names, hidden and deleted text, earlier revisions, what was read in pictures",
    "S2": "A level is recognised in every form: legacy encodings, spaced letters, look-alikes, escapes, typing errors",
    "S3": "A level alone on its line, in brackets at its beginning, or merged with the text beside the stamp",
    "S4": "Context of neighbouring lines: a level over two lines, one in small letters, a broken title, the title of a paper",
    "S5": "A label of secrecy and its value",
    "S6": "Names: subjects, file names, sheets, properties",
    "S7": "Stamps that only classified papers have",
    "S8": "Stamps that end secrecy, and those of circulation",
    "S9": "Lists, tables and options that name all levels are no mark",
}
"""The specification by its parts, as docstrings cite them."""
_LAW: Final = "Law on the protection of state secrets 2018, art. 8; Circular 24/2020/TT-BCA"
_STAMPS: Final = "Circular 24/2020/TT-BCA, annex of stamps"
_LETTER: Final = "Decree 30/2020/NĐ-CP, annex I, box 10a"
_NAMES: Final = "Decision 7600/QĐ-UBND, art. 4.1"

RULES: Final = (
    Rule(
        id="stamp-line", part="S3", says="A line of nothing but a level, in capitals, whatever is between its letters", source=_LETTER,
        found=("TUYỆT MẬT", "TỐI MẬT", "MẬT", "Độ MẬT", "T Ố I   M Ậ T", "TUYỆT\nMẬT", "TUYỆ\nT MẬT", "TỐI MẬT - HỎA TỐC"),
        others=("BẢO MẬT", "MẬT KHẨU", "Mật", "ĐỘ MẬT", "bảo vệ\nbí mật nhà nước"),
    ),
    Rule(
        id="numbered-line", part="S3", says="The same after an item number, or beside a page, year or copy number: suspected", source=_LAW,
        found=("1. TỐI MẬT", "A - TUYỆT MẬT", "TỐI MẬT 2023", "TỐI MẬT A", "Mật (C)"), others=("I. TÀI LIỆU MẬT", "MẬT 2023", "MẬT A", "C - Mật", "mật (c)"),
    ),
    Rule(
        id="bracketed", part="S3", says="A level in brackets at the beginning of a line", source=_LETTER,
        found=("[TUYỆT MẬT] Kế hoạch bảo vệ kỳ họp", "[TOI MAT] Ke hoach dien tap"),
        others=("(bảo mật) hướng dẫn đổi mật khẩu", "[TOI MAT DIEN] Thong bao"),
    ),
    Rule(
        id="merged-line", part="S3", says="A level merged with the number, motto or date beside it", source=_LETTER,
        found=("TỐI MẬT Số: 15/KH-UBND", "Số: 12/BC-UBND (Tối mật)", "Bản số: 02 - TỐI MẬT", "Độc lập - Tự do - Hạnh phúc MẬT", "M Ậ T Thực hiện kế hoạch công tác năm 2026"),
        others=("Số: 15/KH-BMNN", "Bản số: 02", "B Ả O M Ậ T thông tin", "M Ậ T K H Ẩ U của tôi"),
    ),
    Rule(
        id="titled-line", part="S4", says="A level behind a noun, alone on its line: the context decides", source=_LAW,
        found=("ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN\nTài liệu tối mật\nSố: 15/KH-UBND", "ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN\nBẢN MẬT\nSố: 15/KH-UBND"),
        others=("Tài liệu Tối mật", "Tài liệu mật là gì?", "ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN\nBÁN MẬT\nSố: 15/KH-UBND"),
    ),
    Rule(
        id="misspelt-line", part="S2", says="A mistyped level", source=_LETTER,
        found=("TỐI MẶT", "MÂT"), others=("RỬA MẶT",),
    ),
    Rule(
        id="lone-line", part="S4", says="A level in small letters alone on its line, in a letter or a plan", source=_LETTER,
        found=(
            "ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN\nTối mật\nSố: 15/KH-UBND\nKế hoạch\nvề việc tuần tra",
            "ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN\nSố: 15/UBND-NC\nTHÔNG TIN MẬT\nKính gửi: Các phòng, ban",
            "ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN\nSố: 15/UBND-NC\nPhân loại: mật\nKính gửi: Các phòng, ban",
        ),
        others=("Đáp án:\nTối mật", "HỢP ĐỒNG DỊCH VỤ\nTHÔNG TIN MẬT\nLà mọi thông tin do Bên A cung cấp"),
    ),
    Rule(
        id="label", part="S5", says="The label of secrecy with its value, in any case", source=_LAW,
        found=("Độ mật: Tối mật", "Mức độ mật: TUYỆT MẬT", "Độ mật: A", "Mức độ bí mật: Mật", "Ghi chú: TỐI MẬT", "Độ mật MẬT", "Độ: Mật", "Cấp: MẬT", "Loại: Mật", "Loại văn bản: Mật", "Phân loại: Mật"),
        others=("Độ mật: thường", "Độ mật:", "Mức độ bí mật: cao", "Ghi chú: mật ong", "xác định độ mật Mật", "Độ: C", "Đo: Mật", "Danh mục: Tối mật", "Loại: mật", "Loại: mật ong", "Loại hàng: Mật", "Loài: Mật"),
    ),
    Rule(
        id="options", part="S9", says="A list of levels to choose from", source=_LAW, noted=True,
        found=("Độ mật: ☐ Tuyệt mật ☐ Tối mật ☐ Mật",),
    ),
    Rule(
        id="chosen-option", part="S5", says="A list of levels of which one is chosen", source=_LAW,
        found=("Độ mật: ☐ Tuyệt mật ☒ Tối mật ☐ Mật",),
    ),
    Rule(
        id="list", part="S9", says="A level among the values of a table or a list", source=_LAW, noted=True,
        found=("TUYỆT MẬT\nTỐI MẬT\nMẬT\nTHƯỜNG",),
    ),
    Rule(
        id="auxiliary", part="S7", says="A stamp that only classified papers have: recall, envelope, copy, period", source=_STAMPS,
        found=("TÀI LIỆU THU HỒI", "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ", "BẢN SAO BÍ MẬT NHÀ NƯỚC"),
        others=("BÍ MẬT NHÀ NƯỚC", "Thu hồi tài liệu cũ", "Chỉ người có tên trong danh sách được vào"),
    ),
    Rule(
        id="copying", part="S7", says="A restriction on copying below the recipients", source=_STAMPS,
        found=("Nơi nhận:\n- Như trên;\n- Lưu: VT.\nKhông được phép sao, chụp", "Nơi nhận:\n- Như trên;\nKHÔNG SAO, CHỤP"),
        others=("Không được phép sao, chụp tài liệu trong phòng họp",),
    ),
    Rule(id="declassified", part="S8", says="The stamp that ends secrecy", source=_STAMPS, noted=True, found=("GIẢI MẬT",)),
    Rule(
        id="circulation", part="S8", says="Stamps of circulation", source=_STAMPS, noted=True,
        found=("LƯU HÀNH NỘI BỘ", "XEM XONG TRẢ LẠI"),
    ),
    Rule(
        id="headed-line", part="S4", says="A level in one line with the title of a paper, or a sentence that states it: suspected", source=_LAW,
        found=(
            "TỐI MẬT: Kế hoạch phòng thủ khu vực", "Kế hoạch phòng thủ khu vực (TỐI MẬT)",
            "Văn bản này thuộc bí mật nhà nước độ Tối mật.", "Văn bản này được xác định độ Tối mật.", "Công văn này được đóng dấu MẬT.", "Đây là tài liệu mật", "Tài liệu này thuộc loại mật", "Em gửi anh kế hoạch mật.",
        ),
        others=(
            "Nếu văn bản này thuộc bí mật nhà nước độ Tối mật thì không gửi qua mạng.", "Văn bản đóng dấu MẬT phải gửi qua cơ yếu.",
            "Đây là tài liệu mật của năm 1945.", "Tài liệu này thuộc loại mật mã", "Em gửi anh mẫu văn bản mật.",
        ),
    ),
    Rule(
        id="literal", part="S3", says="A level as a value in data or code", source=_NAMES, found=('ten = "TỐI MẬT"', "<p>TỐI MẬT</p>"),
        others=('"chu_de": "bảo mật"',),
    ),
    Rule(
        id="token", part="S6", says="A level separated in a name, in capitals or between dashes", source=_NAMES, where=Where.SUBJECT,
        found=("KH phòng thủ - TỐI MẬT", "TUYET MAT - ke hoach", "Tối mật: kế hoạch A2", "ke hoach toi mat", "Báo cáo mật về biên giới", "KH phòng thủ - mật", "CV-MAT"),
        others=("Hướng dẫn bảo mật", "Toi mat dien thoai", "bao cao toi mat dien thoai", "Báo cáo mật của CIA", "Danh sách quà - mật", "BC-MAT-HANG"),
    ),
    Rule(
        id="bracketed", part="S6", says="A level in brackets in a name", source=_NAMES, where=Where.FILENAME,
        found=("[MẬT] ke hoach.docx", "ke hoach (Tối mật).pdf"), others=("[bao mat] huong dan.docx", "bảo mật (1).docx"),
    ),
    Rule(
        id="token", part="S6", says="A level in small letters beside only numbers and abbreviations of papers: suspected", source=_NAMES,
        where=Where.FILENAME, found=("cv-mật-2026.docx", "KH_(mat).docx", "cv_toimat_01.pdf"),
        others=("cv-mật ong-2026.docx", "KH_mat.docx", "giay to (mat).docx", "toi mat cv.docx"),
    ),
)  # fmt: skip
"""Every form, in the order of the guide."""

EXEMPTIONS: Final = (
    Exemption(
        id="another-word", says="Part of another word", let_go=("BẢO MẬT", "MẬT KHẨU", "CƠ MẬT"), kept=("TỐI MẬT",)
    ),
    Exemption(
        id="broken-title", says="A title broken before the word", let_go=("QUY CHẾ BẢO VỆ BÍ\nMẬT NHÀ NƯỚC",), kept=("KẾ HOẠCH\nTỐI MẬT",)
    ),
    Exemption(
        id="person", says="The name of a person", where=Where.SUBJECT, let_go=("Hồ sơ NGUYỄN THỊ MẬT", "LÊ VĂN MẬT"),
        kept=("Hồ sơ - MẬT",),
    ),
    Exemption(
        id="goods", says="Honey and molasses among goods", where=Where.SUBJECT, let_go=("ĐƯỜNG - MẬT - SỮA",), kept=("KẾ HOẠCH - MẬT",)
    ),
    Exemption(id="gall", says="The gall", where=Where.SUBJECT, let_go=("GAN, MẬT, TỤY",), kept=("GỬI ANH, TỐI MẬT",)),
    Exemption(
        id="works", says="Films, stories and figures of speech", where=Where.SUBJECT,
        let_go=("Phim “Tuyệt mật”", "Chuyến đi tuyệt mật"), kept=("Kế hoạch “Tuyệt mật”",),
    ),
    Exemption(
        id="count", says="A level that heads a figure", where=Where.SUBJECT, let_go=("Mật: 12 văn bản",), kept=("Tối mật: kế hoạch",)
    ),
    Exemption(
        id="regulation", says="Handling of such papers, or a prohibition", where=Where.SUBJECT,
        let_go=("Quản lý tài liệu mật", "Không được gửi văn bản Tối mật"), kept=("Gửi anh văn bản TỐI MẬT",),
    ),
    Exemption(
        id="lost", says="Loss or darkness", where=Where.SUBJECT, let_go=("TỐI MẤT ĐIỆN",), kept=("TỐI MẤT",)
    ),
)  # fmt: skip
"""Reasons why nothing is found, in the order of the guide."""

IDS: Final = frozenset(rule.id for rule in RULES) | {"extra-mark", "unjudged"}
"""Codes that name a rule: those of the rows, a mark that the policy adds, and lines that were too many to be judged."""


def rule_of(evidence: Iterable[str]) -> str:
    """Return the rule that codes of evidence name, empty when they name none."""
    return next((code for code in evidence if code in IDS), "")
