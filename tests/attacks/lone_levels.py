"""Levels in small and mixed letters that stand alone on a line, in official letters of every format."""

from collections.abc import Callable, Iterator

import openpyxl
from docx import Document as WordDocument

from gateway.model import Role
from tests.accuracy import portable, wall
from tests.accuracy.innocents import made
from tests.attacks.check_process import text_mail
from tests.support.octets import file_of

WRITINGS = ("tối mật", "Tối mật", "Tối Mật", "tuyệt mật", "Tuyệt mật", "Tuyệt Mật", "(tuyệt mật)", "- tối mật -", "t ố i  m ậ t", "tố\u200bi m\u200bật", "tối\u00a0mật", "TốI mật")  # fmt: skip
HEAD = ("ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
NUMBER = ("Số: 15/KH-UBND", "Bình Tân, ngày 24 tháng 11 năm 2026")
TITLE = ("KẾ HOẠCH", "Bảo vệ kỳ họp thứ hai của Hội đồng nhân dân quận")
BODY = (
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015; xét đề nghị của Công an quận tại Tờ trình số 12.",
    "Ủy ban nhân dân quận ban hành kế hoạch bảo vệ kỳ họp với lực lượng, phương tiện và thời gian nêu tại phụ lục kèm theo.",
)
END = ("Nơi nhận:", "- Như trên;", "- Lưu: VT.", "CHỦ TỊCH")
LAYOUTS: dict[str, Callable[[str], list[str]]] = {
    "between motto and number": lambda m: [*HEAD, m, *NUMBER, *TITLE, *BODY, *END],
    "below the number": lambda m: [*HEAD, *NUMBER, m, *TITLE, *BODY, *END],
    "above everything": lambda m: [m, *HEAD, *NUMBER, *TITLE, *BODY, *END],
    "below the title": lambda m: [*HEAD, *NUMBER, *TITLE, m, *BODY, *END],
    "above a title without a head": lambda m: [m, *TITLE, *BODY],
    "under a title without a head": lambda m: [TITLE[0], m, *BODY, *END],
}
KINDS = ("docx", "html", "odt", "rtf", "txt", "pdf", "pptx")


def _bodies() -> Iterator[tuple[str, Callable[[str], str]]]:
    yield (
        "under the greeting",
        lambda m: f"Kính gửi anh Toàn,\n\n{m}\n\nEm gửi kế hoạch diễn tập để anh xem trước.\n\nTrân trọng,\nAn\n",
    )
    yield "pasted letter", lambda m: "\n".join((*HEAD, m, *NUMBER, *TITLE, *BODY))
    yield "pasted letter with gaps", lambda m: "\n\n".join((*HEAD, *NUMBER, m, *TITLE, *BODY))


def _page_header(mark: str) -> bytes:
    document = WordDocument()
    document.sections[0].header.paragraphs[0].text = mark
    for line in BODY:
        document.add_paragraph(line)
    return file_of(document)


def _head_table(mark: str) -> bytes:
    document = WordDocument()
    table = document.add_table(2, 2)
    table.cell(0, 0).text = f"{HEAD[0]}\n{NUMBER[0]}"
    table.cell(0, 1).text = f"{HEAD[1]}\n{HEAD[2]}"
    table.cell(1, 0).text = mark
    table.cell(1, 1).text = NUMBER[1]
    for line in (*TITLE, *BODY, *END):
        document.add_paragraph(line)
    return file_of(document)


def _sheet(mark: str) -> bytes:
    book = openpyxl.Workbook()
    for number, line in enumerate((HEAD[0], HEAD[1], mark, NUMBER[0], *TITLE), 1):
        book.active.cell(number, 1, line)
    return file_of(book)


def marked() -> Iterator[tuple[str, bytes]]:
    """Mails with a lone level that stands as a mark."""
    for number, writing in enumerate(WRITINGS):
        for place, layout in LAYOUTS.items():
            lines = [(line, Role.BODY) for line in layout(writing)]
            for kind in (KINDS[(number + shift) % len(KINDS)] for shift in range(2)):
                if kind == "pdf" and not portable.have_font():
                    continue
                if kind == "txt" and place == "below the title" and writing[:1].islower():
                    continue  # nothing tells it from the last words of the title
                yield f"{writing!r} / {place} / {kind}", wall.mail([made(kind, lines)])
        for place, body in _bodies():
            yield f"{writing!r} / {place}", wall.mail([], body=body(writing))
            page = "".join(f"<div>{line}</div>" if line else "<div><br></div>" for line in body(writing).splitlines())
            yield f"{writing!r} / {place}, HTML", text_mail("text/html", page)
        yield f"{writing!r} / page header", wall.mail([("a.docx", _page_header(writing))])
        yield f"{writing!r} / table of the head", wall.mail([("a.docx", _head_table(writing))])
        yield f"{writing!r} / sheet", wall.mail([("a.xlsx", _sheet(writing))])
    for writing in ("mật", "Mật", "(Mật)"):
        for place in ("between motto and number", "below the number"):
            lines = [(line, Role.BODY) for line in LAYOUTS[place](writing)]
            for kind in ("docx", "txt", "html"):
                yield f"{writing!r} / {place} / {kind}", wall.mail([made(kind, lines)])


INNOCENT: dict[str, str] = {
    "poem": "Có những điều anh cất trong tim\ntuyệt mật\nkhông nói cùng ai\nchỉ gió biết\nvà em",
    "poem with gaps": "Có những điều anh cất trong tim\n\ntuyệt mật\n\nkhông nói cùng ai\n\nchỉ gió biết",
    "poem's title": "Tuyệt mật\n\nCó những điều anh cất trong tim\nkhông nói cùng ai\nchỉ gió biết\nvà em",
    "verse in a mail": "Chào anh,\n\nEm gửi bài thơ mới:\n\ntuyệt mật\nkhông nói cùng ai\nchỉ gió biết\nvà em\n",
    "story": "Tuyệt mật\nTruyện ngắn của một người bạn\nChương một\nTrời mưa rất to vào đêm hôm ấy, cả phố không còn ai.",
    "heading in the news": "Theo đại diện công ty, công thức pha chế được giữ kín suốt ba mươi năm qua và chưa từng công bố.\n\nTuyệt mật\n\nChỉ hai người biết đầy đủ công thức, và họ không bao giờ đi chung một chuyến bay, theo quy định nội bộ.",
    "wrapped prose": "Toàn bộ nội dung cuộc trao đổi giữa hai bên được giữ\ntuyệt mật\ntheo thỏa thuận đã ký giữa hai công ty vào tháng trước.",
    "wrapped prose in a letter": "Kính gửi: Ủy ban nhân dân phường\nVề việc giữ thông tin người tố giác\ntuyệt mật\ntheo quy định của pháp luật về tố cáo",
    "question": "Câu 3. Bí mật nhà nước ở mức cao nhất gọi là gì?\nTuyệt mật\nCâu 4. Ai có thẩm quyền ký?\nNgười đứng đầu",
    "answers": "Câu 1. Có mấy độ mật?\nA. Mật\nB. Tối mật\nC. Tuyệt mật\nD. Cả ba",
    "list of levels": "Các độ mật của bí mật nhà nước gồm:\nTuyệt mật\nTối mật\nMật\nTheo Điều 8 của Luật.",
    "list with bullets": "Các độ mật:\n- Tuyệt mật\n- Tối mật\n- Mật",
    "definitions": "Tuyệt mật: là bí mật nhà nước liên quan trực tiếp đến chính trị, quốc phòng.\nTối mật: là bí mật nhà nước liên quan đến tình báo.",
    "exclamation": "Chuyện này nhé:\ntuyệt mật!\nđừng kể cho ai.",
    "lost telephone": "Chào cả phòng,\ntoi mat dien thoai roi\nai goi thi nhan qua mail nhe",
    "honey": "Bảng giá\nMật\nong rừng 250.000\nSữa ong chúa 400.000",
    "gall": "Kết quả siêu âm\nGan: bình thường\nMật\nkhông sỏi, thành mỏng",
}
"""Texts in which the same words alone on a line are no mark."""


def innocent() -> Iterator[tuple[str, bytes]]:
    """Mails with these texts, in the body and as files."""
    for name, text in INNOCENT.items():
        yield f"{name} / body", wall.mail([], body=text)
        lines = [(line, Role.BODY) for line in text.split("\n") if line]
        for kind in ("docx", "txt", "html", "pdf", "odt"):
            if kind == "pdf" and not portable.have_font():
                continue
            file = ("a.txt", text.encode()) if kind == "txt" else made(kind, lines)
            yield f"{name} / {kind}", wall.mail([file])
