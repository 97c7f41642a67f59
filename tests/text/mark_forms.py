"""Forms of marks and of what only looks like one, by class: the line, and the places in which it must stop or pass.

The matrix asks whether a plain mark is found in every place and disguise; these ask which lines are marks at all.
"""

import textwrap
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.model import Document, Origin, Role, Run
from gateway.vietnamese.marks import Mark, Strength, find_in_document, find_in_filename, find_in_subject

HEAD = (
    "ỦY BAN NHÂN DÂN QUẬN BÌNH TÂN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Số: 15/KH-UBND",
    "Bình Tân, ngày 24 tháng 11 năm 2026",
)  # fmt: skip
TAIL = (
    "KẾ HOẠCH", "Bảo vệ kỳ họp thứ hai của Hội đồng nhân dân quận",
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015; xét đề nghị của Công an quận tại Tờ trình số 12.",
    "Nơi nhận:", "- Như trên;", "- Lưu: VT.", "CHỦ TỊCH",
)  # fmt: skip


def _letter(text: str, format_: str = "docx", **look: object) -> Document:
    """An official letter with the lines of a text between its head and its title."""
    lines = [(line, {}) for line in HEAD] + [(line, look) for line in text.split("\n")] + [(line, {}) for line in TAIL]
    return Document(
        part="2", format=format_, runs=tuple(Run(text=t, block=n, **own) for n, (t, own) in enumerate(lines))
    )


def _one_block(text: str, role: Role, locator: str = "") -> Document:
    """The same letter with the text as one block of a role."""
    runs = [Run(text=line, block=n) for n, line in enumerate((*HEAD, *TAIL))]
    return Document(part="2", format="docx", runs=(*runs, Run(text=text, block=len(runs), role=role, locator=locator)))


def _mail(text: str) -> Document:
    body = f"Kính gửi anh Toàn,\n\n{text}\n\nEm gửi báo cáo để anh xem trước, có gì anh trao đổi lại giúp em.\n\nTrân trọng,\nAn\n"
    return Document(part="1", format="text", runs=tuple(Run(text=t, block=n) for n, t in enumerate(body.split("\n"))))


def _cell(text: str) -> Document:
    rows = (("STT", "Nội dung", "Ghi chú"), ("1", text, "Đã gửi"), ("2", "Báo cáo tháng 10", "Đã gửi"))
    cells = [(row, column, words) for row, line in enumerate(rows, 1) for column, words in enumerate(line, 1)]
    runs = [
        Run(text=t, block=n, role=Role.CELL, locator=f"table:1,row:{r},column:{c}") for n, (r, c, t) in enumerate(cells)
    ]
    return Document(part="2", format="docx", runs=tuple(runs))


PLACES: dict[str, Callable[[str], tuple[Mark, ...]]] = {
    "subject": lambda text: find_in_subject(text.replace("\n", " ")),
    "file name": lambda text: find_in_filename(text.replace("\n", " ") + ".docx"),
    "mail": lambda text: find_in_document(_mail(text)),
    "paragraph": lambda text: find_in_document(_letter(text)),
    "heading": lambda text: find_in_document(_letter(text, role=Role.HEADING)),
    "PDF line": lambda text: find_in_document(_letter(text, "pdf")),
    "cell": lambda text: find_in_document(_cell(text)),
    "header": lambda text: find_in_document(_one_block(text, Role.HEADER)),
    "text box": lambda text: find_in_document(_one_block(text, Role.TEXTBOX)),
    "comment": lambda text: find_in_document(_one_block(text, Role.COMMENT)),
}
NAMES = ("subject", "file name")
LINES = ("mail", "paragraph", "heading", "PDF line", "comment")
TEXTS = (*LINES, "cell", "header", "text box")
EVERYWHERE = (*NAMES, *TEXTS)


class Form(NamedTuple):
    """Lines of one class, and the places they are tried in."""

    name: str
    places: tuple[str, ...]
    lines: tuple[str, ...]


def cases(forms: tuple[Form, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield class, place and line of each case."""
    for form in forms:
        for place in form.places:
            for line in form.lines:
                yield form.name, place, line


def is_stopped(place: str, line: str) -> bool:
    """Return whether a line in a place stops the mail."""
    return any(mark.strength is not Strength.NOTED for mark in PLACES[place](line))


def as_documents(text: str) -> Iterator[tuple[str, Document]]:
    """Yield a text as readers give it: as lines of several formats, under a letterhead, and as the rows of a table."""
    lines = text.split("\n")
    yield "text", Document(part="1", format="text", runs=(Run(text=text),))
    for name, shown in (("paragraphs", lines), ("letter", [*HEAD, *lines, *TAIL[3:]])):
        yield name, Document(part="2", format="docx", runs=tuple(Run(text=t, block=n) for n, t in enumerate(shown)))
    headings = tuple(Run(text=t, block=n, role=Role.HEADING) for n, t in enumerate(lines))
    yield "headings", Document(part="2", format="docx", runs=headings)
    yield "PDF lines", Document(part="2", format="pdf", runs=tuple(Run(text=t, block=n) for n, t in enumerate(lines)))
    scan = tuple(Run(text=t, block=n, origin=Origin.OCR, page=1) for n, t in enumerate(lines))
    yield "scan", Document(part="2", format="pdf", runs=scan)
    cells = [(r, c, t) for r, line in enumerate(lines, 1) for c, t in enumerate(line.split("\t"), 1) if t]
    for format_, locate in (("docx", "table:1,row:{0},column:{1}"), ("xlsx", "cell:S!{2}{0}")):
        runs = [
            Run(text=t, block=n, role=Role.CELL, locator=locate.format(r, c, chr(64 + c)))
            for n, (r, c, t) in enumerate(cells)
        ]
        yield f"{format_} cells", Document(part="2", format=format_, runs=tuple(runs))
    for name, page, top in (("PDF cells", 2, 0.0), ("PDF cells at the place of the stamp", 1, 110.0)):
        if page == 1 and "\t" not in text:
            continue  # words below one another there may be stamped
        runs = [
            Run(
                text=t,
                block=n,
                page=page,
                bbox_pt=(90.0 * c, top + 20.0 * r, 90.0 * c + 6 * len(t), top + 20.0 * r + 12),
            )
            for n, (r, c, t) in enumerate(cells)
        ]
        yield name, Document(part="2", format="pdf", runs=tuple(runs))
    for width in (40, 60):
        wrapped = [piece for line in lines for piece in textwrap.wrap(line.replace("\t", "   "), width) or [""]]
        yield (
            f"PDF of {width} columns",
            Document(part="2", format="pdf", runs=tuple(Run(text=t, block=n) for n, t in enumerate(wrapped))),
        )
        yield f"text of {width} columns", Document(part="1", format="text", runs=(Run(text="\n".join(wrapped)),))
