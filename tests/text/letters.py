"""Official letters of every kind, made from parts: what Decree 30/2020 prescribes, in the layouts that readers give.

Names of people and numbers are invented from lists; nothing here comes from a real document.
"""

import random
from dataclasses import dataclass
from enum import Enum

from gateway.model import Document, Role, Run

KINDS = {
    "công văn": "", "quyết định": "QĐ", "thông báo": "TB", "báo cáo": "BC", "kế hoạch": "KH", "tờ trình": "TTr",
    "giấy mời": "GM", "biên bản": "BB", "chỉ thị": "CT", "hướng dẫn": "HD", "chương trình": "CTr", "nghị quyết": "NQ",
    "công điện": "CĐ", "giấy giới thiệu": "GGT", "phương án": "PA", "quy chế": "QC",
}  # fmt: skip
UNITS = (
    ("ỦY BAN NHÂN DÂN\nTHÀNH PHỐ HỒ CHÍ MINH", "ỦY BAN NHÂN DÂN\nQUẬN BÌNH TÂN", "UBND", "Bình Tân", "CHỦ TỊCH"),
    ("ỦY BAN NHÂN DÂN\nQUẬN BÌNH TÂN", "PHÒNG NỘI VỤ", "NV", "Bình Tân", "TRƯỞNG PHÒNG"),
    ("UBND PHƯỜNG AN LẠC", "TRƯỜNG TIỂU HỌC AN LẠC 1", "THAL1", "An Lạc", "HIỆU TRƯỞNG"),
    ("UBND TỈNH BÌNH THUẬN", "SỞ XÂY DỰNG", "SXD", "Bình Thuận", "GIÁM ĐỐC"),
    ("UBND QUẬN BÌNH TÂN", "TRUNG TÂM Y TẾ", "TTYT", "Bình Tân", "GIÁM ĐỐC"),
    ("BỘ TÀI CHÍNH", "CỤC THUẾ TP. HỒ CHÍ MINH", "CT", "TP. Hồ Chí Minh", "CỤC TRƯỞNG"),
    ("CÔNG AN TP. HỒ CHÍ MINH", "CÔNG AN PHƯỜNG TÂN TẠO", "CAP", "Tân Tạo", "TRƯỞNG CÔNG AN PHƯỜNG"),
)
SUBJECTS = (
    "tăng cường công tác phòng cháy, chữa cháy trong mùa khô",
    "triển khai chương trình chuyển đổi số năm 2024",
    "tổ chức hội nghị cán bộ, công chức, viên chức",
    "rà soát hộ nghèo, hộ cận nghèo trên địa bàn",
    "lấy ý kiến dự thảo quy chế làm việc",
    "kiểm tra công tác cải cách hành chính",
    "chi trả trợ cấp xã hội tháng 10",
    "vệ sinh môi trường tại các tuyến đường",
)
SENTENCES = (
    "Thực hiện chỉ đạo của cấp trên, đơn vị đã xây dựng kế hoạch và phân công nhiệm vụ cụ thể cho từng bộ phận.",
    "Đề nghị các cơ quan, đơn vị nghiêm túc triển khai và báo cáo kết quả trước ngày 25 hằng tháng.",
    "Trong tháng, đơn vị tiếp nhận 125 hồ sơ, giải quyết đúng hạn 120 hồ sơ, đạt tỷ lệ 96%.",
    "Kinh phí thực hiện từ nguồn ngân sách được giao và các nguồn hợp pháp khác theo quy định.",
    "Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, đề nghị phản ánh kịp thời để được hướng dẫn.",
    "Giao Văn phòng theo dõi, đôn đốc việc thực hiện và tổng hợp báo cáo lãnh đạo xem xét.",
    "Thời gian: 08 giờ 00, ngày 15 tháng 11 năm 2023 (thứ Tư); địa điểm: Hội trường tầng 2.",
)
CELLS = (
    "Họ và tên", "Ngày sinh", "Địa chỉ", "Ghi chú", "Chức vụ", "Đơn vị", "Tổng cộng", "Kế toán trưởng",
    "Người lập biểu", "Tiền lương", "Phụ cấp", "Bảo hiểm xã hội", "Giới tính", "Dân tộc", "Hệ số", "Số thửa",
    "Loại đất", "Hà Nội", "Lê Quốc Cường", "Đỗ Thị Ánh",
)  # fmt: skip
"""What stands in the short cells of an office's tables."""
PEOPLE = ("Nguyễn Văn An", "Trần Thị Bình", "Lê Quốc Cường", "Phạm Minh Dũng", "Võ Thị Em")


class Layout(Enum):
    """How a reader hands the head of a letter over."""

    TABLE = "table"
    """Cells of a two-column table, each line a block (docx)."""
    MERGED = "merged"
    """Left and right column of one height in one line, wide gap between (PDF, `pdftotext -layout`)."""
    SINGLE = "single"
    """Merged with a single space (PDF readers that join by baseline)."""
    PLAIN = "plain"
    """One component a line, as typed in plain text."""


@dataclass(frozen=True)
class Letter:
    """A generated letter with what it is."""

    document: Document
    kind: str
    number: str
    symbol: str
    drafted: bool
    recipients: tuple[str, ...]


def head_pairs(parent: str, unit: str, number: str, symbol: str, place: str, day: str) -> list[tuple[str, str]]:
    """The rows of the two columns."""
    left = [*parent.split("\n"), *unit.split("\n"), f"Số: {number}/{symbol}"]
    right = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "", f"{place}, {day}"]
    size = max(len(left), len(right))
    left[-1:-1] = [""] * (size - len(left))
    right[-1:-1] = [""] * (size - len(right))
    return list(zip(left, right, strict=True))


def head_lines(pairs: list[tuple[str, str]], layout: Layout) -> list[str]:
    """The head as the lines that a reader of this layout gives."""
    match layout:
        case Layout.TABLE | Layout.PLAIN:
            return [line for line, _ in pairs if line] + [line for _, line in pairs if line]
        case Layout.MERGED:
            return [f"{left:<40}{right}".rstrip() for left, right in pairs]
        case Layout.SINGLE:
            return [f"{left} {right}".strip() for left, right in pairs]


def letter(seed: int, kind: str, layout: Layout, *, drafted: bool = False, font: str = "Times New Roman") -> Letter:
    """One letter of a kind; the same seed gives the same letter."""
    dice = random.Random(seed)
    parent, unit, code, place, title = dice.choice(UNITS)
    number = "" if drafted else str(dice.randint(1, 4000))
    shown_number = dice.choice(["", "      ", "....."]) if drafted else number
    symbol = f"{KINDS[kind]}-{code}" if KINDS[kind] else f"{code}-{dice.choice(['VP', 'TH', 'NV'])}"
    day = f"ngày {dice.randint(1, 28):02d} tháng {dice.randint(1, 12)} năm 20{dice.randint(20, 26)}"
    if drafted:
        day = f"ngày     tháng {dice.randint(1, 12)} năm 2024"
    subject = dice.choice(SUBJECTS)
    lines = head_lines(head_pairs(parent, unit, shown_number, symbol, place, day), layout)
    if kind == "công văn":
        lines += [f"V/v {subject}", "Kính gửi: Các phòng, ban chuyên môn."]
    else:
        lines += [kind.upper(), f"Về việc {subject}"]
        if kind in ("quyết định", "nghị quyết"):
            lines += [
                "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
                "Điều 1. Ban hành kèm theo.",
            ]
        elif kind in ("giấy mời", "tờ trình", "giấy giới thiệu"):
            lines += [f"Kính gửi: {unit.title().replace(chr(10), ' ')}"]
    body = [dice.choice(SENTENCES) for _ in range(dice.randint(4, 12))]
    lines += body
    to = ("Như trên", "Thường trực Quận ủy", f"Lưu: VT, {code} ({dice.choice(['Toàn', 'Hoa', 'Minh'])})")
    authority = f"{dice.choice(['TM. ỦY BAN NHÂN DÂN', 'KT. ' + title, 'TL. CHỦ TỊCH', title])}"
    signer = dice.choice(PEOPLE)
    recipients = ["Nơi nhận:", *(f"- {name};" for name in to[:-1]), f"- {to[-1]}."]
    if layout is Layout.MERGED:
        right = [authority, "", "", signer]
        lines += [f"{a:<45}{b}".rstrip() for a, b in zip(recipients, right + [""] * 9, strict=False)]
    else:
        lines += [*recipients, authority, signer]
    role = Role.CELL if layout is Layout.TABLE else Role.BODY
    head = len(head_pairs(parent, unit, shown_number, symbol, place, day)) * 2
    runs = tuple(
        Run(
            text=line,
            block=index,
            font=font,
            colour="auto",
            size_pt=13.0,
            role=role if index < head else Role.BODY,
            page=1,
        )
        for index, line in enumerate(lines)
    )
    formats = {Layout.TABLE: "docx", Layout.PLAIN: "text"}
    document = Document(part="2", filename="van-ban.docx", format=formats.get(layout, "pdf"), runs=runs)
    return Letter(document, kind, number, symbol, drafted, to)


FORMS = (
    "ĐƠN XIN XÁC NHẬN TÌNH TRẠNG HÔN NHÂN", "TỜ KHAI ĐĂNG KÝ KHAI SINH", "ĐƠN ĐỀ NGHỊ CẤP GIẤY PHÉP XÂY DỰNG",
    "GIẤY ĐỀ NGHỊ THANH TOÁN", "BẢN CAM KẾT", "SƠ YẾU LÝ LỊCH", "PHIẾU ĐĂNG KÝ THAM GIA", "ĐƠN KHIẾU NẠI",
    "HỢP ĐỒNG THUÊ NHÀ", "LÝ LỊCH CỦA NGƯỜI XIN VÀO ĐẢNG",
)  # fmt: skip
WORKING = (
    ("Danh sách dự họp", "1. Nguyễn Văn An - Văn phòng", "2. Trần Thị Bình - Phòng Nội vụ", "Tổng cộng: 02 người"),
    (
        "Ghi chép cuộc họp giao ban",
        "Anh An báo cáo tiến độ.",
        "Chị Bình đề nghị bổ sung kinh phí.",
        "Kết thúc lúc 10 giờ.",
    ),
    ("Kính gửi anh Toàn,", "Em gửi bảng tổng hợp số liệu tháng 10.", "Trân trọng,", "Lê Quốc Cường"),
    ("LỊCH CÔNG TÁC TUẦN 45", "Thứ hai: Họp giao ban", "Thứ ba: Tiếp công dân", "Thứ tư: Kiểm tra phường"),
    ("STT\tHọ và tên\tSố tiền", "1\tNguyễn Văn An\t1.200.000", "2\tTrần Thị Bình\t900.000"),
    (
        "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;",
        "Tài liệu tập huấn nội bộ.",
    ),
)


def not_official(seed: int) -> Document:
    """A form that a citizen fills, or a working file."""
    dice = random.Random(seed)
    if seed % 2:
        lines = [
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", dice.choice(FORMS),
            "Kính gửi: Ủy ban nhân dân phường An Lạc", f"Tôi tên là: {dice.choice(PEOPLE)}", "Sinh ngày: 01/02/1990",
            "Tôi làm đơn này kính đề nghị xem xét, giải quyết.", f"An Lạc, ngày {dice.randint(1, 28)} tháng 5 năm 2024",
            "Người làm đơn", "(Ký, ghi rõ họ tên)", dice.choice(PEOPLE),
        ]  # fmt: skip
    else:
        lines = list(dice.choice(WORKING)) + [dice.choice(SENTENCES) for _ in range(3)]
    return Document(
        part="2", filename="tep.docx", format="docx", runs=tuple(Run(text=t, block=i) for i, t in enumerate(lines))
    )
