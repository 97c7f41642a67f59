"""Official documents in unusual dress, and what looks more like one than it is, each as DOCX.

Heads in text boxes, in cells with soft breaks, by blanks and tabulators, in one column, with the number behind the date or
without colon; wards, special zones and units of 2025; the Party, the Youth Union, the Front; drafts without a line for the
number; appendices, lessons, minutes of clubs and companies, vouchers, lists and lesson plans.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import parse_xml

from tests.support.octets import file_of
from tests.text.letters import SENTENCES

NATION = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
OLD_NATION = ("CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập – Tự do – Hạnh phúc")
PARTY = ("ĐẢNG CỘNG SẢN VIỆT NAM",)
DISTRICT = ("ỦY BAN NHÂN DÂN", "QUẬN BÌNH TÂN")
HOME = ("UBND QUẬN BÌNH TÂN", "PHÒNG NỘI VỤ")
TO = ("Nơi nhận:", "- Như trên;", "- TT. UBND quận;", "- Lưu: VT, NV.")
VICE = ("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "", "Trần Thị Bình")
DAY = "Bình Tân, ngày 05 tháng 7 năm 2024"

Block = Callable[[Any], None]


def pair(left: tuple[str, ...], right: tuple[str, ...]) -> Block:
    """Two columns in a table of one row, a paragraph for each line."""

    def put(document: Any) -> None:
        for cell, lines in zip(document.add_table(1, 2).rows[0].cells, (left, right), strict=True):
            for number, text in enumerate(lines):
                paragraph = cell.paragraphs[0] if not number else cell.add_paragraph()
                paragraph.alignment = ALIGN.CENTER
                paragraph.add_run(text)

    return put


def broken(left: tuple[str, ...], right: tuple[str, ...]) -> Block:
    """The same with line breaks inside one paragraph."""
    return pair(("\n".join(left),), ("\n".join(right),))


def rows(*cells: tuple[str, str]) -> Block:
    """A table of two columns and many rows."""

    def put(document: Any) -> None:
        table = document.add_table(len(cells), 2)
        for row, texts in zip(table.rows, cells, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text

    return put


def spaced(*halves: tuple[str, str], by: str = "") -> Block:
    """Two columns by blanks, or by a tabulator."""
    return lines(*(f"{left}{by or ' ' * max(4, 50 - len(left))}{right}" for left, right in halves))


def box(*texts: str) -> Block:
    """A text box."""
    names = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    )
    inside = "".join(f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>' for text in texts)
    drawing = (
        f'<w:r {names}><w:drawing><wp:inline><wp:extent cx="2700000" cy="1400000"/><wp:docPr id="1" name="b"/><a:graphic>'
        '<a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>'
        '<wps:cNvSpPr txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="2700000" cy="1400000"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></wps:spPr>'
        f"<wps:txbx><w:txbxContent>{inside}</w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp></a:graphicData></a:graphic>"
        "</wp:inline></w:drawing></w:r>"
    )

    def put(document: Any) -> None:
        document.add_paragraph()._p.append(parse_xml(drawing))

    return put


def lines(*texts: str) -> Block:
    """Paragraphs, capitals in the middle."""

    def put(document: Any) -> None:
        for text in texts:
            document.add_paragraph(text).alignment = ALIGN.CENTER if text.isupper() else ALIGN.JUSTIFY

    return put


BODY = lines(*SENTENCES[:4])


@dataclass(frozen=True)
class Case:
    """Blocks, and what they make: `kind` is None for what is no official document."""

    blocks: tuple[Block, ...]
    kind: str | None = None
    number: str = ""
    drafted: bool = False


def _usual(
    kind: str, symbol: str, *, unit: tuple[str, ...] = DISTRICT, place: str = DAY, end: tuple[str, ...] = VICE
) -> Case:
    """A letter as the Decree wants it, for units and kinds that differ."""
    title = (lines(kind.upper(), "Về việc phối hợp công tác"),) if kind != "công văn" else ()
    left = (*unit, f"Số: {symbol}", *(("V/v phối hợp công tác",) if kind == "công văn" else ()))
    head = pair(left, (*NATION, place))
    return Case((head, *title, lines("Kính gửi: Các đơn vị"), BODY, pair(TO, end)), kind, symbol.partition("/")[0])


CASES = {
    "rows of a table": Case(
        (rows(("\n".join(DISTRICT), "\n".join(NATION)), ("Số: 125/QĐ-UBND", DAY)), lines("QUYẾT ĐỊNH", "Về việc điều động"), BODY, pair(TO, VICE)),
        "quyết định", "125",
    ),
    "soft breaks": Case(
        (broken((*DISTRICT, "Số: 77/UBND-VX", "V/v khám sức khỏe"), (*NATION, DAY)), lines("Kính gửi: Phòng Y tế"), BODY, broken(TO, VICE)),
        "công văn", "77",
    ),
    "blanks": Case(
        (spaced((HOME[0], NATION[0]), ("VĂN PHÒNG", NATION[1]), ("Số: 6/GM-UBND", DAY)), lines("GIẤY MỜI", "Dự họp giao ban"), BODY,
         spaced(("Nơi nhận:", "CHÁNH VĂN PHÒNG"), ("- Như trên;", ""), ("- Lưu: VT.", "Võ Thị Em"))),
        "giấy mời", "6",
    ),
    "tabulators": Case(
        (spaced((HOME[0], NATION[0]), ("VĂN PHÒNG", NATION[1]), ("Số: 77/GM-VP", DAY), by="\t"), lines("GIẤY MỜI HỌP", "Kính gửi: Ông Lê Quốc Cường"), BODY,
         spaced(("Nơi nhận:", "CHÁNH VĂN PHÒNG"), ("- Như trên;", ""), ("- Lưu: VT.", "Võ Thị Em"), by="\t")),
        "giấy mời", "77",
    ),
    "text boxes": Case(
        (box(*DISTRICT, "Số: 41/UBND-TH", "V/v góp ý dự thảo"), box(*NATION, DAY), lines("Kính gửi: Các phòng, ban"), BODY, box(*TO), box(*VICE)),
        "công văn", "41",
    ),
    "one column": Case(
        (lines(*NATION, "ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN", "Số: 8/BB-HĐTĐ", DAY, "BIÊN BẢN", "Họp Hội đồng thi đua"), BODY, pair(("THƯ KÝ",), ("CHỦ TỌA",)), lines(*TO)),
        "biên bản", "8",
    ),
    "minutes without recipients": Case((pair((*HOME, "Số: 9/BB-PNV"), (*NATION, DAY)), lines("BIÊN BẢN", "Họp xét nâng lương"), BODY, pair(("THƯ KÝ",), ("CHỦ TRÌ",))), "biên bản", "9"),
    "minutes of two units": Case(
        (pair((HOME[0], "VĂN PHÒNG", "Số: 12/BB-VP"), (*NATION, DAY)), lines("BIÊN BẢN", "BÊN A: Văn phòng", "BÊN B: Phòng Nội vụ"), BODY,
         pair(("ĐẠI DIỆN BÊN A",), ("ĐẠI DIỆN BÊN B",)), lines("Nơi nhận:", "- Như trên;", "- Lưu: VT.")),
        "biên bản", "12",
    ),
    "number behind the date": Case(
        (pair(("UBND THÀNH PHỐ", "SỞ NỘI VỤ"), NATION), lines(DAY, "Số: 99/SNV-CC", "V/v thi nâng ngạch", "Kính gửi: UBND quận"), BODY, pair(TO, ("GIÁM ĐỐC",))),
        "công văn", "99",
    ),
    "no blank behind the colon": Case((pair((*DISTRICT, "Số:9/TB-UBND"), (*OLD_NATION, "Bình Tân,ngày 5 tháng 7 năm 2024")), lines("THÔNG BÁO"), BODY, pair(TO, VICE)), "thông báo", "9"),
    "no colon": Case((pair((*HOME, "Số 15 /BC-PNV"), (*NATION, DAY)), lines("BÁO CÁO"), BODY, pair(TO, ("TRƯỞNG PHÒNG",))), "báo cáo", "15"),
    "blanks in the number": Case((pair(("SỞ Y TẾ", "BỆNH VIỆN BÌNH TÂN", "Số : 4 / TB - BVBT"), (NATION[0], NATION[1].upper(), DAY)), lines("THÔNG BÁO"), BODY, pair(TO, ("GIÁM ĐỐC",))), "thông báo", "4"),
    "date with slashes": Case((pair((*DISTRICT, "Số: 33/KH-UBND"), (*NATION, "Bình Tân, ngày 05/7/2024")), lines("KẾ HOẠCH"), BODY, pair(TO, VICE)), "kế hoạch", "33"),
    "number of 2003": Case((pair(("UỶ BAN NHÂN DÂN", "TỈNH BẮC GIANG", "Số: 1024/2003/QĐ-UB"), (*OLD_NATION, "Bắc Giang, ngày 05 tháng 7 năm 2003")), lines("QUYẾT ĐỊNH CỦA UBND TỈNH", "Căn cứ Luật;"), BODY, pair(TO, VICE)), "quyết định", "1024"),
    "a copy": Case((pair((*DISTRICT, "Số: 126/QĐ-UBND"), (*NATION, DAY)), lines("QUYẾT ĐỊNH"), BODY, pair(TO, VICE), pair(("VĂN PHÒNG", "Số: 12/SY-VP"), ("SAO Y", DAY))), "quyết định", "126"),
    "ward named An": _usual("công văn", "101/UBND-KT", unit=("ỦY BAN NHÂN DÂN", "PHƯỜNG AN LẠC"), place="An Lạc, ngày 12 tháng 8 năm 2025"),
    "office of a ward": _usual("tờ trình", "12/TTr-KTHTĐT", unit=("UBND PHƯỜNG BÌNH TRỊ ĐÔNG", "PHÒNG KINH TẾ, HẠ TẦNG VÀ ĐÔ THỊ"), end=("TRƯỞNG PHÒNG",)),
    "service centre": _usual("thông báo", "5/TB-TTPVHCC", unit=("UBND PHƯỜNG TÂN TẠO", "TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG"), end=("GIÁM ĐỐC",)),
    "special zone": _usual("quyết định", "1/QĐ-UBND", unit=("ỦY BAN NHÂN DÂN", "ĐẶC KHU CÔN ĐẢO"), place="Côn Đảo, ngày 01 tháng 7 năm 2025"),
    "council": _usual("nghị quyết", "10/NQ-HĐND", unit=("HỘI ĐỒNG NHÂN DÂN", "QUẬN BÌNH TÂN"), end=("CHỦ TỊCH",)),
    "front": _usual("công văn", "55/MTTQ-BTT", unit=("ỦY BAN MTTQ VIỆT NAM", "QUẬN BÌNH TÂN"), end=("TM. BAN THƯỜNG TRỰC", "CHỦ TỊCH")),
    "plan of a ward named An": _usual("phương án", "3/PA-UBND", unit=("UBND QUẬN BÌNH TÂN", "PHƯỜNG AN LẠC A")),
    "telegram": _usual("công điện", "2/CĐ-UBND", end=("CHỦ TỊCH",)),
    "introduction": _usual("giấy giới thiệu", "21/GGT-VP", unit=(HOME[0], "VĂN PHÒNG"), end=("CHÁNH VĂN PHÒNG",)),
    "covering slip": _usual("phiếu gửi", "3/PG-VP", unit=(HOME[0], "VĂN PHÒNG"), end=("CHÁNH VĂN PHÒNG",)),
    "party letter": Case((pair(("QUẬN ỦY BÌNH TÂN", "*", "Số 123-CV/QU", "V/v học tập"), (*PARTY, DAY)), lines("Kính gửi: Các chi, đảng bộ"), BODY, pair(("Nơi nhận:", "- Như trên,", "- Lưu Văn phòng."), ("T/L BAN THƯỜNG VỤ", "CHÁNH VĂN PHÒNG"))), "công văn", "123-CV"),
    "party resolution": Case((pair(("ĐẢNG BỘ PHƯỜNG AN LẠC", "BAN CHẤP HÀNH", "*", "Số 05-NQ/ĐU"), (*PARTY, DAY)), lines("NGHỊ QUYẾT"), BODY, pair(("Nơi nhận:", "- Thành ủy,", "- Lưu VP."), ("T/M ĐẢNG ỦY", "BÍ THƯ"))), "nghị quyết", "05-NQ"),
    "party draft": Case((pair(("ĐẢNG BỘ QUẬN BÌNH TÂN", "CHI BỘ PHÒNG NỘI VỤ", "*", "Số      -KH/CB"), (*PARTY, "Bình Tân, ngày     tháng 7 năm 2024")), lines("KẾ HOẠCH"), BODY, pair(("Nơi nhận:", "- Đảng ủy,", "- Lưu Chi bộ."), ("T/M CHI BỘ", "BÍ THƯ"))), "kế hoạch", "-KH", drafted=True),
    "youth union": Case((pair(("BCH ĐOÀN QUẬN BÌNH TÂN", "***", "Số: 17-TB/ĐTN"), ("ĐOÀN TNCS HỒ CHÍ MINH", DAY)), lines("THÔNG BÁO"), BODY, pair(("Nơi nhận:", "- Cơ sở Đoàn;", "- Lưu: VP."), ("TM. BAN THƯỜNG VỤ QUẬN ĐOÀN", "BÍ THƯ"))), "thông báo", "17-TB"),
    "draft with dots": Case((lines("DỰ THẢO LẦN 2"), pair((*DISTRICT, "Số: ……/KH-UBND"), (*NATION, "Bình Tân, ngày … tháng … năm 2024")), lines("KẾ HOẠCH"), BODY, pair(TO, VICE)), "kế hoạch", drafted=True),
    "draft with a number": Case((lines("(Dự thảo)"), pair((*DISTRICT, "Số: 12/QĐ-UBND"), (*NATION, DAY)), lines("QUYẾT ĐỊNH"), BODY, pair(TO, VICE)), "quyết định", "12", drafted=True),
    "draft without a line for the number": Case((pair(DISTRICT, (*NATION, "Bình Tân, ngày    tháng   năm 2024")), lines("THÔNG BÁO"), BODY, pair(TO, VICE)), "thông báo", drafted=True),
    "appendix": Case((lines("PHỤ LỤC I", "DANH MỤC NHIỆM VỤ", "(Kèm theo Kế hoạch số 33/KH-UBND ngày 05 tháng 7 năm 2024 của Ủy ban nhân dân quận Bình Tân)"), BODY)),
    "list with a head": Case((pair(HOME, NATION), lines("DANH SÁCH CÁN BỘ ĐỀ NGHỊ KHEN THƯỞNG", "(Kèm theo Tờ trình số 12/TTr-PNV ngày 05 tháng 7 năm 2024 của Phòng Nội vụ)"), BODY)),
    "payroll": Case((pair(HOME, NATION), lines("BẢNG THANH TOÁN TIỀN LƯƠNG THÁNG 7/2024"), rows(("STT", "Họ tên"), ("1", "An")), lines(DAY), pair(("NGƯỜI LẬP",), ("TRƯỞNG PHÒNG",)))),
    "voucher": Case((pair(("Đơn vị: Trường TH An Lạc",), ("Mẫu số: C40-BB", "Số: 12")), lines("PHIẾU THU", "Ngày 5 tháng 7 năm 2024"), pair(("KẾ TOÁN TRƯỞNG",), ("THỦ TRƯỞNG ĐƠN VỊ",)))),
    "statute in full": Case((lines("LUẬT TỔ CHỨC CHÍNH QUYỀN ĐỊA PHƯƠNG", "Căn cứ Hiến pháp nước Cộng hòa xã hội chủ nghĩa Việt Nam;", *(f"Điều {i}. Phạm vi" for i in range(1, 30))),)),
    "translation": Case((pair(("PEOPLE'S COMMITTEE", "No.: 125/QD-UBND"), ("SOCIALIST REPUBLIC OF VIETNAM", "Independence - Freedom - Happiness", "Binh Tan, July 5, 2024")), lines("DECISION", "Pursuant to the Law;"), pair(("Recipients:", "- As above."), ("CHAIRMAN",)))),
    "lesson with a form": Case((lines("CHUYÊN ĐỀ 4: KỸ NĂNG SOẠN THẢO VĂN BẢN"), pair(("TÊN CQ, TC CHỦ QUẢN (1)", "TÊN CƠ QUAN, TỔ CHỨC (2)", "Số: ... (3).../QĐ-...(4)..."), (*NATION, "… (5)…, ngày … tháng … năm …")), lines("QUYẾT ĐỊNH"), pair(("Nơi nhận:", "- Như Điều …;", "- Lưu: VT, … (9)"), ("QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ",)))),
    "lesson by components": Case((lines("TẬP HUẤN NGHỊ ĐỊNH 30/2020/NĐ-CP", f"Quốc hiệu: {NATION[0]}", "Số, ký hiệu: Số: 15/QĐ-UBND", f"Địa danh: {DAY}", "Nơi nhận: - Như trên; - Lưu: VT.", "Chữ ký: TM. ỦY BAN NHÂN DÂN", "Tên loại: QUYẾT ĐỊNH, THÔNG BÁO"),)),
    "lesson plan": Case((pair(("Trường: THCS An Lạc", "Tổ: Toán"), ("Họ và tên giáo viên: Lê Quốc Cường",)), lines("KẾ HOẠCH BÀI DẠY"), BODY)),
    "article with a quotation": Case((lines("Quận Bình Tân xử lý vi phạm", "Ngày 5/7/2024, UBND quận ban hành Công văn số 77/UBND-VX. Nội dung như sau:", "“Kính gửi: Phòng Y tế", SENTENCES[0], "Nơi nhận: Như trên; Lưu: VT.”", "Bạn đọc có ý kiến xin gửi về tòa soạn."),)),
    "newspaper": Case((lines("BÁO NGƯỜI DÂN - Số 125/2024 - Thứ sáu, ngày 5 tháng 7 năm 2024", "TIN TỨC"), BODY)),
    "minutes of a club": Case((lines("CÂU LẠC BỘ CỜ TƯỚNG AN LẠC", *NATION, "BIÊN BẢN HỌP LẦN 3", "An Lạc, ngày 5 tháng 7 năm 2024"), BODY, pair(("THƯ KÝ",), ("CHỦ NHIỆM",)))),
    "minutes of two companies": Case((lines(*NATION, "BIÊN BẢN NGHIỆM THU VÀ BÀN GIAO", "Số: 05/BBNT", "Căn cứ Hợp đồng số 12/2024/HĐKT;", "Hôm nay, tại Bình Tân, ngày 5 tháng 7 năm 2024", "BÊN A: Công ty An Bình", "BÊN B: Công ty Hoa Sen"), pair(("ĐẠI DIỆN BÊN A", "GIÁM ĐỐC"), ("ĐẠI DIỆN BÊN B", "GIÁM ĐỐC")))),
    "labour contract": Case((lines(*NATION, "HỢP ĐỒNG LAO ĐỘNG", "Số: 12/HĐLĐ", "Căn cứ Bộ luật Lao động;", "Điều 1."), pair(("NGƯỜI LAO ĐỘNG",), ("GIÁM ĐỐC",)))),
    "self-criticism": Case((pair(("ĐẢNG BỘ QUẬN BÌNH TÂN", "CHI BỘ PHÒNG NỘI VỤ"), (*PARTY, DAY)), lines("BẢN KIỂM ĐIỂM CÁ NHÂN"), BODY, lines("NGƯỜI TỰ KIỂM ĐIỂM"))),
    "leave": Case((lines(*NATION, "ĐƠN XIN NGHỈ PHÉP", "Kính gửi: Trưởng phòng Nội vụ"), BODY, lines(DAY), pair(("TRƯỞNG PHÒNG",), ("NGƯỜI LÀM ĐƠN",)))),
    "speech": Case((lines("BÁO CÁO THAM LUẬN TẠI HỘI NGHỊ", "Kính thưa các đồng chí!"), BODY, lines("Xin trân trọng cảm ơn!"))),
    "week": Case((lines("LỊCH CÔNG TÁC TUẦN 27", "Từ ngày 1 tháng 7 đến ngày 5 tháng 7 năm 2024"), rows(("Thứ Hai", "Chủ tịch chủ trì"), ("Thứ Ba", "Tiếp công dân")))),
}  # fmt: skip


def saved() -> Iterator[tuple[str, Case, bytes]]:
    """Every case with its file."""
    for number, case in enumerate(CASES.values()):
        document = docx.Document()
        document.styles["Normal"].font.name = "Times New Roman"
        for block in case.blocks:
            block(document)
        yield f"bo-cuc-{number:02d}", case, file_of(document)
