"""Documents, subjects and file names that carry a mark: place x disguise x level, each built from runs.

`cases()` yields more than two thousand; `innocent_documents` and `innocent_names` what must pass.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.model import Document, Origin, Role, Run
from tests.text.disguises import FONTLESS_LEGACY, UNICODE, WITH_FONT
from tests.text.letters import KINDS, Layout, letter

LEVELS = {"MẬT": "mat", "TỐI MẬT": "toi_mat", "TUYỆT MẬT": "tuyet_mat"}


@dataclass(frozen=True)
class Case:
    """One thing that carries a mark."""

    name: str
    level: str
    document: Document | None = None
    subject: str | None = None
    filename: str | None = None
    family: str = ""
    """Disguise class, for the table."""
    place: str = ""


Build = Callable[[str, str | None, int], Document]


def _around(mark: tuple[Run, ...], *, seed: int, format_: str = "docx", at: int = 4) -> Document:
    """A letter with the mark's runs put in as blocks of their own."""
    base = letter(seed, list(KINDS)[seed % len(KINDS)], Layout.TABLE).document.runs
    highest = max((run.block for run in mark), default=0) + 1
    before = [run for run in base if run.block < at]
    after = [_shift(run, at + highest) for run in base if run.block >= at]
    middle = [_shift(run, at) for run in mark]
    return Document(part="2", filename="van-ban.docx", format=format_, runs=tuple(before + middle + after))


def _shift(run: Run, by: int) -> Run:
    fields = {name: getattr(run, name) for name in run.__struct_fields__}
    return Run(**(fields | {"block": run.block + by}))


def _run(text: str, font: str | None, **look) -> tuple[Run, ...]:
    return (Run(text=text, block=0, font=font or "Times New Roman", **look),)


def _split(text: str, font: str | None, **look) -> tuple[Run, ...]:
    return tuple(Run(text=c, block=0, font=font or "Times New Roman", **look) for c in text)


def _line(text: str, font: str | None, seed: int, *, box: tuple[float, float, float, float], page: int = 1) -> Document:
    return _around(_run(text, font, page=page, bbox_pt=box), seed=seed, format_="pdf")


PLACES: dict[str, Build] = {
    "paragraph": lambda t, f, s: _around(_run(t, f), seed=s),
    "paragraph, red": lambda t, f, s: _around(_run(t, f, colour="FF0000", bold=True), seed=s),
    "paragraph after a line that ends in BÍ": lambda t, f, s: _around(
        (Run(text="CÔNG TÁC BẢO VỆ BÍ", block=0), Run(text=t, block=1, font=f or "Times New Roman")), seed=s
    ),
    "heading": lambda t, f, s: _around(_run(t, f, role=Role.HEADING), seed=s),
    "split over runs": lambda t, f, s: _around(_split(t, f), seed=s),
    "page header": lambda t, f, s: _around(_run(t, f, role=Role.HEADER), seed=s),
    "page footer": lambda t, f, s: _around(_run(t, f, role=Role.FOOTER), seed=s),
    "text box": lambda t, f, s: _around(_run(t, f, role=Role.TEXTBOX, boxed=True), seed=s),
    "stamp annotation": lambda t, f, s: _around(_run(t, f, role=Role.STAMP), seed=s),
    "watermark": lambda t, f, s: _around(_run(t, f, role=Role.WATERMARK), seed=s),
    "table cell": lambda t, f, s: _around(_run(t, f, role=Role.CELL, locator="table:1,row:3,column:1"), seed=s),
    "spreadsheet cell": lambda t, f, s: Document(
        part="2", format="xlsx",
        runs=(Run(text=t, block=0, font=f, role=Role.CELL, locator="cell:Sheet1!A1"),
              Run(text="Báo cáo số liệu", block=1, role=Role.CELL, locator="cell:Sheet1!A2"),
              Run(text="125", block=2, role=Role.CELL, locator="cell:Sheet1!B2")),
    ),
    "PDF line, box 10a": lambda t, f, s: _line(t, f, s, box=(90.0, 190.0, 150.0, 206.0)),
    "PDF line, page 3": lambda t, f, s: _line(t, f, s, box=(250.0, 400.0, 330.0, 416.0), page=3),
    "plain text line": lambda t, f, s: Document(
        part="1", format="text", runs=(Run(text=f"Kính gửi anh Toàn,\n{t}\nEm gửi báo cáo tháng 10.\n", font=f),)
    ),
    "document property": lambda t, f, s: _around(_run(t, f, role=Role.PROPERTY, locator="property:Độ mật"), seed=s),
    "sheet name": lambda t, f, s: _around(_run(t, f, role=Role.NAME, locator="sheet:1"), seed=s),
    "comment": lambda t, f, s: _around(_run(t, f, role=Role.COMMENT), seed=s),
    "footnote": lambda t, f, s: _around(_run(t, f, role=Role.NOTE), seed=s),
    "form field": lambda t, f, s: _around(_run(t, f, role=Role.FIELD), seed=s),
    "alternative text": lambda t, f, s: _around(_run(t, f, role=Role.ALT_TEXT), seed=s),
    "tracked deletion": lambda t, f, s: _around(_run(t, f, origin=Origin.DELETED), seed=s),
    "hidden text": lambda t, f, s: _around(_run(t, f, origin=Origin.HIDDEN), seed=s),
    "earlier revision": lambda t, f, s: _around(_run(t, f, origin=Origin.REVISION), seed=s),
    "OCR of a box": lambda t, f, s: Document(
        part="2", format="image", runs=(Run(text=t, role=Role.STAMP, origin=Origin.OCR, page=1),)
    ),
    "label": lambda t, f, s: _around(
        (Run(text="Độ mật: ", block=0, font=f if f and not f.startswith(("A", ".", "V", "B")) else "Times New Roman"), *_run(t, f)), seed=s
    ),
    "label and value in cells": lambda t, f, s: _around(
        (Run(text="Độ mật:", block=0, role=Role.CELL, locator="table:2,row:1,column:1"),
         Run(text=t, block=1, font=f, role=Role.CELL, locator="table:2,row:1,column:2")), seed=s
    ),
}  # fmt: skip

_ALONE_ONLY = (
    "urgency", "repeated", "in quotes", "in brackets", "between", "box drawn", "letter-spaced", "dotted", "dashed",
)  # fmt: skip
"""Disguises that make no sense behind a label or in a name."""


def _structural() -> Iterator[tuple[str, str, Document]]:
    """Marks whose letters or words stand in blocks of their own."""
    for seed, (mark, level) in enumerate(LEVELS.items()):
        words = mark.split(" ")
        letters = list(mark.replace(" ", ""))
        for place, role in (
            ("text boxes", Role.TEXTBOX),
            ("cells", Role.CELL),
            ("paragraphs", Role.BODY),
            ("headers", Role.HEADER),
        ):
            yield (
                f"letters in {place} of their own",
                level,
                _around(tuple(Run(text=c, block=i, role=role) for i, c in enumerate(letters)), seed=seed),
            )
            yield (
                f"words in {place} of their own",
                level,
                _around(tuple(Run(text=w, block=i, role=role) for i, w in enumerate(words)), seed=seed),
            )
        yield "two lines of one box", level, _around(_run("\n".join(words), None, role=Role.TEXTBOX), seed=seed)
        yield (
            "letters below each other in one box",
            level,
            _around(_run("\n".join(letters), None, role=Role.TEXTBOX), seed=seed),
        )
        yield "letters in text boxes apart", level, Document(
            part="2", format="docx",
            runs=tuple(Run(text=t, block=i, role=r) for i, (t, r) in enumerate(
                pair for c in letters for pair in ((c, Role.TEXTBOX), ("Đoạn văn bản ở giữa, dài hơn một chữ.", Role.BODY))
            )),
        )  # fmt: skip
        shuffled = list(enumerate(letters))
        random.Random(seed).shuffle(shuffled)
        yield "glyphs out of order, placed by position", level, Document(
            part="2", format="pdf",
            runs=tuple(Run(text=c, block=i, page=1, bbox_pt=(100.0 + 12 * n, 200.0, 110.0 + 12 * n, 214.0)) for i, (n, c) in enumerate(shuffled)),
        )  # fmt: skip
        yield "column of a sheet", level, Document(
            part="2", format="xlsx",
            runs=tuple(run for i, c in enumerate(letters) for run in (
                Run(text=c, block=2 * i, role=Role.CELL, locator=f"cell:S!A{i + 1}"),
                Run(text=f"Số liệu {i}", block=2 * i + 1, role=Role.CELL, locator=f"cell:S!B{i + 1}"))),
        )  # fmt: skip
        for text in (f"{mark} Số: 15/BC-UBND", f"Số: 15/BC-UBND {mark}", f"{mark} CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
                     f"{mark}          Bình Tân, ngày 3 tháng 5 năm 2024", f"{mark} Bình Tân, ngày 3 tháng 5 năm 2024",
                     f"UBND QUẬN BÌNH TÂN\t{mark}"):  # fmt: skip
            yield "merged with its neighbour by the reader", level, _around(_run(text, None), seed=seed, format_="pdf")
        for text in (f"[{mark}] Kế hoạch bảo vệ kỳ họp", f"Độ khẩn: Thường; Độ mật: {mark.capitalize()}", f"Mức độ mật: {mark.lower()}",
                     f"Dấu chỉ độ mật: {mark}", f"Độ mật của văn bản: {mark.capitalize()}\nĐộ khẩn: Hỏa tốc", f"Độ mật: ☑ {mark.capitalize()}  ☐ Thường",
                     f"ĐỘ MẬT = {mark}"):  # fmt: skip
            yield "label or brackets in a line", level, _around(_run(text, None), seed=seed)
        yield "title case, red", level, _around(_run(mark.capitalize(), None, colour="FF0000"), seed=seed)
        yield "title case, framed paragraph", level, _around(_run(mark.capitalize(), None, boxed=True), seed=seed)
        yield "header with page number", level, _around(_run(f"{mark}\tTrang 1/5", None, role=Role.HEADER), seed=seed)
        yield (
            "header with unit",
            level,
            _around(_run(f"UBND QUẬN BÌNH TÂN - {mark}", None, role=Role.HEADER), seed=seed),
        )
        yield (
            "watermark with words",
            level,
            _around(_run(f"{mark} - KHÔNG SAO CHỤP", None, role=Role.WATERMARK), seed=seed),
        )
        yield "watermark in small letters", level, _around(_run(mark.lower(), None, role=Role.WATERMARK), seed=seed)
        yield "noun before it, boxed", level, _around(_run(f"TÀI LIỆU {mark}", None, role=Role.TEXTBOX), seed=seed)
        yield (
            "file name quoted in the text",
            level,
            _around(_run(f"Subject: [{mark}] Kế hoạch diễn tập", None), seed=seed),
        )
    for text in ("TÀI LIỆU THU HỒI", "Tài liệu thu hồi sau hội nghị", "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ", "BẢN SAO BÍ MẬT NHÀ NƯỚC",
                 "Thời hạn bảo vệ bí mật nhà nước: 10 năm", "GIA HẠN THỜI HẠN BẢO VỆ BÍ MẬT NHÀ NƯỚC: từ ngày 01/01/2024 đến ngày 01/01/2034"):  # fmt: skip
        yield "auxiliary stamp", "unspecified", _around(_run(text, None, role=Role.STAMP), seed=1)


SUBJECTS = ("[{m}] Kế hoạch diễn tập", "Kế hoạch diễn tập - {m}", "{m}: Kế hoạch diễn tập", "Re: Fwd: ({m}) Báo cáo tháng", "Báo cáo {m} tháng 10",
            "Tài liệu ({m}) gửi anh Toàn", "{m} - Phương án bảo vệ", "Fwd: Kế hoạch {m}")  # fmt: skip
FILENAMES = ("{m}.docx", "Báo cáo số 15 ({m}).pdf", "15-BC-{m}.docx", "[{m}] kế hoạch.xlsx", "Ke hoach_{m}_2024.docx", "hồ sơ/{m}/phụ lục.docx",
             "Kế hoạch diễn tập {m}.docx", "{m}_KH2024.zip")  # fmt: skip
_NAME_DISGUISES = ("plain", "decomposed", "zero width", "cyrillic", "full width", "mathematical bold", "no-break space", "soft hyphen",
                   "VNI without font", "TCVN3 without font", "decimal references", "tone behind shape")  # fmt: skip


def cases() -> Iterator[Case]:
    """Every case of the matrix."""
    every = {**UNICODE, **FONTLESS_LEGACY}
    written, seed = {family: (None, write) for family, write in every.items()} | WITH_FONT, 0
    for place, build in PLACES.items():
        for family, (font, write) in written.items():
            if place.startswith("label") and family.startswith(_ALONE_ONLY):
                continue
            if font and place in ("plain text line", "OCR of a box"):
                continue  # these have no fonts
            for mark, level in LEVELS.items():
                seed += 1
                document = build(write(mark), font, seed % 97)
                yield Case(f"{place} / {family} / {mark}", level, document=document, family=family, place=place)
    for family, level, document in _structural():
        yield Case(f"layout / {family} / {level}", level, document=document, family=family, place="layout")
    for family in _NAME_DISGUISES:
        for mark, level in LEVELS.items():
            text = every[family](mark)
            for place, field, patterns in (("subject", "subject", SUBJECTS), ("file name", "filename", FILENAMES)):
                for pattern in patterns:
                    name = {field: pattern.format(m=text)}
                    yield Case(f"{place} / {family} / {pattern}", level, **name, family=family, place=place)


INNOCENT_LINES = (
    "MẬT KHẨU", "MẬT KHẨU: Abc@12345", "BÍ MẬT NHÀ NƯỚC", "BẢO MẬT", "BẢO MẬT THÔNG TIN", "MẬT ĐỘ DÂN SỐ", "MẬT ĐỘ XÂY DỰNG", "MẬT MÃ", "KỸ THUẬT MẬT MÃ", "GIẢI PHÁP BẢO MẬT",
    "BÁO CÁO CÔNG TÁC BẢO VỆ BÍ MẬT NHÀ NƯỚC NĂM 2023", "I. BÍ MẬT NHÀ NƯỚC ĐỘ TUYỆT MẬT", "II. BÍ MẬT NHÀ NƯỚC ĐỘ TỐI MẬT", "DANH MỤC BÍ MẬT NHÀ NƯỚC ĐỘ MẬT",
    "DANH MỤC TÀI LIỆU MẬT, TỐI MẬT, TUYỆT MẬT CỦA CƠ QUAN", "HƯỚNG DẪN QUẢN LÝ VĂN BẢN MẬT", "CHẾ ĐỘ MẬT KHẨU", "MẬT ONG", "SẢN XUẤT MẬT ONG", "MẬT VỤ", "SỎI MẬT", "TÚI MẬT", "VIÊM ĐƯỜNG MẬT",
    "MẶT TRẬN TỔ QUỐC", "MẶT BẰNG", "GIẤY BÁO MẤT", "MẮT", "MẶT", "MÁT", "MAT", "Mật ong rừng", "Mật độ xây dựng tối đa 60%", "Mật khẩu phải được đổi lần đầu đăng nhập.",
    "Nuôi ong lấy mật tại phường Tân Tạo", "Hai cơ quan phối hợp mật thiết", "không khí thân mật, cởi mở", "thông tin được giữ tuyệt mật", "Tuyệt mật thông tin người tố giác.",
    "Độ mật: Thường", "Độ mật: Không", "Độ mật: Không mật", "Độ mật:", "Độ mật: ...................", "Độ mật: Mật/Tối mật/Tuyệt mật (gạch bỏ nội dung không phù hợp)",
    "Độ mật: ☐ Mật ☐ Tối mật ☐ Tuyệt mật", "Độ mật: □ Thường □ Mật □ Tối mật", "Dấu chỉ độ mật được đóng vào ô số 10a Mục IV Phần I Phụ lục này", "Mức độ khẩn, độ mật",
    "Điều 8. Phân loại bí mật nhà nước: a) Bí mật nhà nước độ Tuyệt mật; b) Bí mật nhà nước độ Tối mật; c) Bí mật nhà nước độ Mật.",
    "Việc xác định độ mật là trách nhiệm của người soạn thảo.", "Văn bản có độ mật là Tối mật phải do người có thẩm quyền ký.", "dấu “TUYỆT MẬT” được khắc theo mẫu quy định",
    "Mẫu dấu chữ “Mật”: hình chữ nhật, kích thước 20mm x 8mm", "Sử dụng thư điện tử để gửi các tài liệu, văn bản mật, tối mật hoặc tuyệt mật", "HỎA TỐC", "THƯỢNG KHẨN", "KHẨN", "SAO Y", "LƯU HÀNH NỘI BỘ",
    "Thời hạn bảo vệ bí mật nhà nước được tính từ ngày xác định độ mật", "1. Thời hạn bảo vệ bí mật nhà nước như sau:", "Tài liệu thu hồi đất của các hộ dân", "TÀI LIỆU THU HỒI ĐẤT",
    "Nghiêm cấm sao, chụp tài liệu bí mật nhà nước khi chưa được phép", "Việc giải mật được thực hiện theo quy định", "Điều 22. Giải mật", "Ban Cơ yếu Chính phủ cấp chứng thư số; khóa bí mật lưu trong USB Token",
    "The MAT file format", "Format: MAT", "Tiền mặt", "VẮNG MẶT", "HỌP MẶT CÁN BỘ HƯU TRÍ", "BỀ MẶT", "Căn cứ Luật Bảo vệ bí mật nhà nước ngày 15 tháng 11 năm 2018;", "- Mật: 12 văn bản; Tối mật: 03 văn bản", "Mật: 12",
    "chỉ danh mật", "Số văn bản mật ghi liên tục với số văn bản không mật cùng tên loại", "lượng mật tiết ra mỗi ngày", "Thuốc lợi mật", "cây mật nhân", "MẬT ĐỘ GIAO THÔNG - MẬT ĐỘ DÂN CƯ", "chứng chỉ An toàn và Bảo mật",
    "BẢO MẬT - AN TOÀN - TIN CẬY", "bí mật kinh doanh, bí mật công tác", "CƠ MẬT VIỆN", "Cơ quan mật vụ", "Mật ước 1858", "Tối mắt tối mũi", "Tôi mất thẻ nhân viên", "TÔI MẤT CMND",
)  # fmt: skip
INNOCENT_SUBJECTS = (
    "Hướng dẫn bảo mật tài khoản thư công vụ", "MẬT KHẨU MỚI HỘP THƯ", "Re: BẢO MẬT - cập nhật phần mềm", "Báo cáo công tác bảo vệ bí mật nhà nước năm 2023", "BÁO CÁO CÔNG TÁC BẢO VỆ BÍ MẬT NHÀ NƯỚC",
    "Toi mat dien thoai", "TOI MAT DIEN THOAI", "Don bao mat CCCD", "V/v mật độ xây dựng", "Tập huấn an toàn, bảo mật thông tin", "Đổi mật khẩu hộp thư", "Họp mặt cuối năm", "Kế hoạch nuôi ong lấy mật",
    "Luật Bảo vệ bí mật nhà nước 2018", "Danh mục bí mật nhà nước độ Tuyệt mật, Tối mật", "Triển khai chữ ký số, mật mã", "Thông báo mất điện", "Mat bang tong the", "MAT BANG TONG THE", "Giấy báo mất",
    "Hội thảo mật ong Tây Nguyên", "Gửi anh danh sách vắng mặt", "Re: Mật khẩu wifi", "Quản lý văn bản mật trên hệ thống", "HƯỚNG DẪN QUẢN LÝ, SỬ DỤNG TÀI LIỆU MẬT TẠI CƠ QUAN", "Kiểm tra công tác bảo mật", "Khám sỏi mật", "Giữ tuyệt mật nguồn tin",
)  # fmt: skip
INNOCENT_FILENAMES = (
    "KE HOACH BAO MAT 2024.pdf", "Don bao MAT CCCD.pdf", "mat bang tong the.dwg", "Bieu do mat do dan so.xlsx", "MẬT_KHẨU_wifi.txt", "Phiếu khám sức khỏe - sỏi mật.pdf", "bao-mat.docx", "BAO-MAT-2024.pdf", "CO-MAT.xlsx",
    "DANH-SACH-VANG-MAT.xlsx", "MAT-TRAN.docx", "MAT_BANG_TANG_1.dwg", "BC-HOP-MAT-2024.docx", "Luật BVBMNN 2018.pdf", "Quy chế bảo mật.docx", "mật độ.xlsx", "Danh mục bí mật nhà nước độ tuyệt mật.pdf", "format.docx", "ultimat.pdf",
    "KeHoachBaoMat.pdf", "toi mat vi.txt", "giay to bi mat.jpg", "Tiền mặt tháng 10.xlsx", "So quy TIEN MAT.xlsx", "MẬT ONG.docx", "Báo cáo mật độ dân số.docx", "KHAM-MAT-2024.pdf", "bí mật nhà nước.pdf", "BÍ MẬT NHÀ NƯỚC.pdf", "Bảo vệ BÍ MẬT.docx",
)  # fmt: skip


def innocent_documents(count: int) -> Iterator[tuple[str, Document]]:
    """Official letters that speak of mật in every way that is no mark, set as paragraphs, headings, cells and lines."""
    for seed in range(count):
        dice = random.Random(seed)
        layout = list(Layout)[seed % 4]
        base = letter(seed, list(KINDS)[seed % len(KINDS)], layout).document
        lines = dice.sample([t for t in INNOCENT_LINES if t != "MAT" or seed % 7 < 4], 14)
        first = max(run.block for run in base.runs) + 1
        role = (Role.BODY, Role.HEADING, Role.CELL, Role.BODY, Role.HEADER, Role.TEXTBOX, Role.NOTE)[seed % 7]
        extra = [Run(text=t, block=first + i, role=role, font="Times New Roman") for i, t in enumerate(lines)]
        if seed % 3 == 0:
            row = ("STT", "Loại văn bản", "Tổng số", "Thường", "Mật", "Tối mật", "Tuyệt mật")
            if seed % 2:
                row = tuple(head.upper() for head in row)
            table = [*row, "1", "Công văn đi", "125", "120", "4", "1", "0"]
            extra += [
                Run(
                    text=t, block=first + 40 + i, role=Role.CELL, locator=f"table:9,row:{i // 7 + 1},column:{i % 7 + 1}"
                )
                for i, t in enumerate(table)
            ]
        yield (
            f"letter {seed}",
            Document(part="2", filename=base.filename, format=base.format, runs=(*base.runs, *extra)),
        )
