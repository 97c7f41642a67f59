"""Words that stand beside a level in subjects and names of files, and what they make of it."""

from __future__ import annotations

import re
from typing import Final

from gateway.text.marks.words import bare

_BEGUN: Final = frozenset({
    "KHẨU", "MÃ", "ĐỘ", "THIẾT", "VỤ", "ONG", "NGỌT", "HOA", "ƯỚC", "THÁM", "THƯ", "NGHỊ", "ĐÀM", "TÔNG", "NGỮ", "HIỆU",
    "GẤU", "HEO", "LỢN", "CÁ", "VỊT", "BÒ", "RẮN", "MÍA", "DỪA", "RỪNG", "RỈ", "LỆNH", "SƠN", "VÂN", "CẬT", "THẤT", "GIÁO",
    "PHÁI", "TỊCH", "CHÚ", "CHIẾU", "DỤ", "SỚ", "TẤU", "SỨ", "GIÁN", "CÁO", "MƯU", "ĐẠO", "PHỤC", "ĐỘC", "NHÂN", "NGUYÊN",
    "TƯƠI", "VÀNG", "ĐẮNG", "LOÃNG", "TRÀ", "CHỈ", "BÁO", "DANH", "HỘI", "HÀM", "KẾ", "KHU", "TRUYỀN",
    "HẠNH", "TÍCH", "PHÁP", "NGHĨA", "NGÔN", "HÀNH",
})  # fmt: skip
"""Words that "mật" begins with them: mật khẩu, mật độ, mật mã, mật thiết; Mật Sơn."""
_COMMON: Final = frozenset({"KHẨU", "MÃ", "ĐỘ", "ONG", "THƯ", "VỤ"})
_ELSE: Final = {
    "CHỈ": {"THỊ", "ĐẠO", "HUY", "TIÊU", "ĐỊNH", "SỐ", "DẪN"}, "BÁO": {"CÁO", "ĐỘNG", "CHÍ", "TIN", "GIÁ"},
    "DANH": {"SÁCH", "MỤC", "BẠ", "HIỆU", "DỰ"}, "HỘI": {"NGHỊ", "ĐỒNG", "Ý", "THẢO", "VIÊN", "HỌP", "ĐÀM"},
    "NGHỊ": {"QUYẾT", "ĐỊNH", "VIỆN"}, "KẾ": {"HOẠCH", "TOÁN"},
    "KHU": {"VỰC", "CÔNG", "QUÂN", "PHÒNG", "KINH", "TÁI", "ĐÔ", "PHỐ", "DÂN"}, "TRUYỀN": {"ĐẠT", "THÔNG", "HÌNH", "TIN"},
    "NHÂN": {"SỰ", "DÂN", "LỰC", "THÂN", "VIÊN", "KHẨU", "QUYỀN"}, "NGUYÊN": {"NHÂN", "TẮC", "TRẠNG", "LIỆU"},
    "CÁ": {"NHÂN"}, "GIÁO": {"DỤC", "ÁN", "VIÊN", "PHẬN", "XỨ"}, "CÁO": {"TRẠNG", "BUỘC"}, "PHÁI": {"ĐOÀN"},
    "ĐÀM": {"PHÁN"}, "VỤ": {"VIỆC", "ÁN"}, "PHỤC": {"VỤ", "HỒI", "KÍCH"}, "ĐỘC": {"LẬP", "QUYỀN", "HẠI"}, "TỊCH": {"THU"},
    "SƠN": {"LA", "TÂY", "TRÀ"}, "VÂN": {"ĐỒN", "TAY"}, "CHÚ": {"TRỌNG", "Ý", "THÍCH"}, "HOA": {"KỲ", "LƯ"},
    "PHÁP": {"LỆNH", "LUẬT", "LÝ", "CHẾ"}, "HÀNH": {"CHÍNH", "ĐỘNG", "QUÂN", "LANG", "VI", "TRÌNH"},
    "NGHĨA": {"VỤ", "TRANG", "QUÂN"}, "TÍCH": {"HỢP", "CỰC"}, "ĐẠO": {"TIN", "CÔNG", "ĐỨC", "CAO", "PHẬT", "LUẬT"},
    "SỨ": {"QUÁN", "MỆNH", "ĐOÀN"}, "HIỆU": {"QUẢ", "LỰC", "TRƯỞNG", "CHỈNH"}, "RỪNG": {"PHÒNG", "ĐẶC"},
    "VÀNG": {"BẠC", "MIẾNG"}, "THẤT": {"THOÁT", "LẠC", "NGHIỆP"}, "ĐỘ": {"KHẨN", "MẬT", "TUỔI"},
    "MÃ": {"HỒ", "SỐ", "VĂN", "TÀI", "ĐỊNH"}, "LỆNH": {"BẮT", "ĐIỀU", "KHÁM", "ĐỘNG"}, "THƯ": {"MỜI", "KÝ", "TRIỆU"},
    "GIÁN": {"ĐIỆP", "ĐOẠN"},
}  # fmt: skip
"""What these words begin themselves behind a stamp: MẬT - BÁO CÁO, MẬT - NHÂN SỰ."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_FIRST_WORDS: Final = re.compile(r"[\W_]*?([^\W\d_]+)(?:[\s_\-]+([^\W\d_]+))?")


def begins_word(after: str, *, capitals: bool) -> bool:
    """Tell whether what follows makes "mật" the beginning of another word: mật khẩu, mật thất, Mật Sơn; no title of a paper.

    `capitals` says how "mật" is written: small letters behind "MẬT" make few words with it.
    """
    found = _FIRST_WORDS.match(after)
    if found is None or found[1].upper() not in _BEGUN:
        return False
    if capitals and not found[1].isupper() and found[1].upper() not in _COMMON:
        return False
    second = found[2] or ""
    if capitals and found[1].isupper() and not second.isupper():
        return True
    return second.upper() not in _ELSE.get(found[1].upper(), ())


def goes_on_below(below: str) -> bool:
    """Tell whether a line in capitals goes on with a word that "MẬT" above it began: KHẨU ĐĂNG NHẬP, ĐỘ DÂN SỐ."""
    found = _WORD.search(below)
    return found is not None and found[0] in ("KHẨU", "ĐỘ", "MÃ", "ONG") and begins_word(below, capitals=True)


def begins_letters(letters: str) -> bool:
    """Tell whether letters without blanks behind "mật" begin as a common word with it does: K, H, Ẩ, U one by one."""
    capitals = letters.upper()
    return any(
        capitals.startswith(word) and not any(capitals.startswith(word + other) for other in _ELSE.get(word, ()))
        for word in _COMMON
    )


PLACES: Final = frozenset({
    "PHƯỜNG", "XÃ", "PHỐ", "THÔN", "LÀNG", "ẤP", "XÓM", "CHÙA", "ĐÌNH", "ĐỀN", "NÚI", "ĐÈO", "DỐC", "SUỐI", "HÒN", "BÃI", "MŨI",
    "CẦU", "CHỢ", "KÊNH", "RẠCH",
})  # fmt: skip
"""What a place is whose name "Mật" is, or begins."""
_TITLES: Final = frozenset({"ÔNG", "BÀ", "ANH", "CHỊ", "CÔ", "CHÚ", "BÁC", "DÌ", "CẬU", "BÉ", "EM", "THẦY"})


def is_named(before: str, after: str, *, shown: str) -> bool:
    """Tell whether the words around make `shown` ("MẬT", "Mật") a name: xã Mật Sơn, and nothing but CẦU MẬT or ÔNG MẬT."""
    words = _WORD.findall(before)
    last = words[-1] if words else ""
    if not re.search(r"[^\W\d_][ _]+$", before) or last.isupper() != shown.isupper():
        return False
    if last.upper() in PLACES and re.match(r"[ _]+[^\W\d_]", after):
        return True
    return len(words) == 1 and not _WORD.search(after) and last.upper() in PLACES | _TITLES


LOST: Final = frozenset({
    "DIEN", "VI", "XE", "GIAY", "CMND", "CCCD", "THE", "TIEN", "SO", "HO", "CHIA", "LAPTOP", "MAY", "THUONG", "CON", "DO",
    "BANG", "GPLX", "PASSPORT", "HOCHIEU", "VE", "BALO", "TUI", "TICH", "NGU",
})  # fmt: skip
"""What people lose: TOI MAT VI is "tôi mất ví"."""
CODES_OF_OTHERS: Final = frozenset({
    "BAO", "CO", "HOP", "VANG", "RA", "BE", "TIEN", "KHAM", "GAP", "BI", "THAN", "TRO", "NGOAI", "CHONG", "CAT", "DUNG",
    "THAY", "MOT", "HAI", "SAN", "DA", "GIAI", "DO",
})  # fmt: skip
"""Short words without their marks that make `MAT` another word: BAO-MAT, HOP-MAT, TIEN-MAT."""
GROCERIES: Final = frozenset({
    "ĐƯỜNG", "SỮA", "ONG", "MÍA", "BÁNH", "KẸO", "TRÀ", "CHÈ", "BƠ", "BỘT", "GẠO", "MUỐI", "DẦU", "MẮM", "NẾP", "TRỨNG",
    "RƯỢU", "CÀ", "PHÊ", "MỨT", "PHẤN", "HOA", "NHÃN", "QUẾ", "GỪNG", "TỎI", "CHANH", "SÁP", "NGHỆ",
})  # fmt: skip
"""Goods among which "mật" is honey or molasses, whatever sign stands between them."""
GOODS_AND_ORGANS: Final = frozenset({
    "duong", "sua", "banhkeo", "banh", "keo", "gao", "muoi", "phanhoa", "sapong", "sap", "matong", "matmia", "trung", "ruou", "caphe",
    "nuocmam", "dauan", "gan", "tuy", "lach", "than", "daday", "tuimat", "phoi", "ruot", "gantuy", "ongmat", "duongmat",
})  # fmt: skip
"""Bare lines and cells beside which "mật" is honey or the gall."""
WORKS: Final = frozenset({"PHIM", "TRUYỆN", "CUỐN", "KỊCH", "VỞ", "GAME", "CHƠI", "HÁT", "SHOW"})
"""What is called “Tuyệt mật” on a ticket or a cover."""
FIGURES: Final = re.compile(
    r"(?<!\w)(?:chuyến|bí quyết|công thức|món quà|bữa tiệc|sinh nhật|câu chuyện|chuyện|hò hẹn|tình yêu|giải mã|phim|truyện)(?!\w)",
    re.IGNORECASE,
)
"""What is "tuyệt mật" only in a manner of speaking."""
MANAGING: Final = re.compile(
    r"(?<!\w)(?:quản lý|sử dụng|soạn thảo|tiêu hủy|tiêu huỷ|thống kê|bảo quản|lưu trữ|đăng ký|giao nhận|rà soát|xử lý|phân loại"
    r"|khái niệm|quy định về|hướng dẫn về|kỹ năng|nghiệp vụ|công tác|sổ|danh mục|mẫu|khắc|chèn)(?: các| những| nhóm| loại)*\s*$",
    re.IGNORECASE,
)
"""What an office does with papers of such a kind, before their name."""
OF_THE_GALL: Final = re.compile(
    r"(?<!\w)(?:sỏi|túi mật|ống mật|polyp|thành (?:mỏng|dày)|không giãn)(?!\w)", re.IGNORECASE
)
"""What is found when the gall is looked at."""
FORBIDDING: Final = re.compile(
    r"\W*(?:tuyệt đối không|không được|không|nghiêm cấm|cấm)\s+(?:gửi|soạn|in|chụp|mang|chuyển|đưa)(?!\w)",
    re.IGNORECASE,
)
"""How a rule begins that says what must not be done with such papers."""
NAMED_STAMP: Final = re.compile(r"(?:dấu|đóng|chữ|độ)\s*[\[(\"“«]\s*$", re.IGNORECASE)

_SURNAMES: Final = (
    "NGUYỄN|TRẦN|LÊ|PHẠM|HUỲNH|HOÀNG|PHAN|VŨ|VÕ|ĐẶNG|BÙI|ĐỖ|HỒ|NGÔ|DƯƠNG|LÝ|ĐINH|TRỊNH|MAI|ĐOÀN|LÂM|TÔ|TẠ|TRƯƠNG|LƯƠNG"
    "|ĐÀO|HÀ|CAO|CHU|KIỀU|LƯU|MẠC|NGHIÊM|NINH|PHÙNG|QUÁCH|TĂNG|THÁI|TỐNG|TRIỆU|VƯƠNG|LẠI|KHUẤT|DOÃN|THẠCH|ĐẬU|HỨA|LA|ÂU"
)
_MIDDLE: Final = (
    "VĂN|THỊ|ĐÌNH|ĐỨC|HỮU|XUÂN|NGỌC|QUANG|THANH|VIẾT|DUY|TRỌNG|BÁ|THẾ|MINH|HỒNG|KIM|MỸ|BÍCH|TUYẾT|CÔNG|TUẤN|TẤN|TIẾN|DIỆU"
    "|KHÁNH|NHƯ|MẠNH|HÙNG|NHẬT|SỸ|SĨ|HUY|THÚY|THỦY|LỆ"
)
_FULL: Final = re.compile(rf"(?:^|[\W_])(?:{_SURNAMES})(?:[ _]+(?:{_MIDDLE})){{1,2}}[ _]+$")
_LONG: Final = re.compile(rf"(?:^|[^\w])(?:{_SURNAMES})[ _]+(?:{_MIDDLE})[ _]+\w+[ _]+$")
_UNACCENTED: Final = re.compile(
    rf"(?:^|[\W_])(?:{bare(_SURNAMES).upper()})(?:[\W_]+(?:{bare(_MIDDLE).upper()})){{1,2}}[\W_]+$"
)
_SHORT: Final = re.compile(
    rf"(?:^[\W\d]*|[-–:,|\t]\s*|(?:ÔNG|BÀ|ANH|CHỊ|CÔ|CHÚ|BÁC|ĐỒNG CHÍ|Đ/C)\s+)(?:{_SURNAMES})\s+$"
)


def is_unaccented_person(before: str) -> bool:
    """Tell whether "MAT" without diacritics is the last word of somebody's name: TRAN-THI-MAT."""
    return _UNACCENTED.search(before) is not None


def is_person(before: str, after: str) -> bool:
    """Tell whether "MẬT" is the last word of somebody's name: behind a surname and a middle name, or a surname alone."""
    before = before.upper()
    ends = not re.search(r"[^\W\d_]", after)
    if _FULL.search(before):
        return ends or re.match(r"\s*[-–,;:(_|]|\s", after) is not None
    ends = ends or after[:1] == "\t"
    return ends and (_LONG.search(before) or _SHORT.search(before)) is not None


_COMMERCE: Final = frozenset({
    "GIÁ", "MUA", "BÁN", "SỈ", "LẺ", "THÁNG", "NĂM", "BÁO", "THỊ", "TRƯỜNG", "HÀNG", "VÀ", "CÁC", "SẢN", "PHẨM", "XUẤT",
    "NHẬP", "KHẨU", "CHÀO", "ĐƠN", "QUÀ", "TẾT", "CỬA", "ĐẠI", "LÝ",
})  # fmt: skip


def are_groceries(words: list[str]) -> bool:
    """Tell whether the other words of a name are goods among which "mật" is honey, and words of trade."""
    capitals = {word.upper() for word in words}
    return not GROCERIES.isdisjoint(capitals) and capitals <= GROCERIES | _COMMERCE
