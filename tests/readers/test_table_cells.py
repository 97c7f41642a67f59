"""A level among the cells of a table is a value there, whatever program wrote the table; a stamp in a frame of its own is a mark."""

import struct
from collections.abc import Callable, Sequence

import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

from gateway.documents.readers.base import Budget, Source, spoken
from gateway.documents.readers.markup import html
from gateway.documents.readers.ole.writer import write_compound
from gateway.documents.readers.pdf import reader as pdf
from gateway.documents.readers.pictures import image
from gateway.documents.readers.powerpoint import ppt
from gateway.model import Document, Role, Run
from gateway.vietnamese.marks import Strength, find_in_document
from gateway.vietnamese.normal import skeleton
from tests.readers import pdfs, scans
from tests.readers.ole_support import atom, container
from tests.readers.test_ppt import shape, slide, text
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of
from tests.text.test_mark_titled import table

ORGANS = (("Cơ quan", "Kết quả"), ("Gan", "Bình thường"), ("Mật", "Bình thường"), ("Tụy", "Bình thường"))
CHAPTERS = (("Bài", "Trang"), ("Giới thiệu", "1"), ("Mật", "2"), ("Kết luận", "3"))
WORKS = (
    ("STT", "NỘI DUNG"),
    ("1", "QUY CHẾ BẢO VỆ BÍ\nMẬT\nNHÀ NƯỚC"),
    ("2", "KHẢO SÁT\nMẬT\nĐỘ DÂN CƯ"),
    ("3", "Sổ giao văn bản\nmật"),
)
MARKED = (("Nội dung", "Ghi chú"), ("Sơ đồ", "Bản 1"), ("TỐI MẬT", "Bản 2"), ("Phương án", "Bản 3"))
Rows = Sequence[Sequence[str]]


def stopped(document: Document) -> bool:
    return any(mark.strength in (Strength.MARKED, Strength.SUSPECTED) for mark in find_in_document(document))


def ruled(canvas: Canvas, rows: Rows, *, cell_by_cell: bool) -> None:
    """Draw a table in the upper third of the page, where the stamp of a letter would be."""
    canvas.setFont("Serif", 12)
    top, heights = 700, [14 * max(words.count("\n") + 1 for words in row) + 6 for row in rows]
    right = 80 + 160 * len(rows[0])
    for row, height in zip(rows, heights, strict=True):
        for column, words in enumerate(row):
            left = 80 + 160 * column
            for number, words_of_line in enumerate(words.split("\n"), 1):
                canvas.drawString(left + 4, top - 14 * number, words_of_line)
            if cell_by_cell:
                for x, y, wide, high in (
                    (left, top, 160, 0.5),
                    (left, top - height, 160, 0.5),
                    (left, top - height, 0.5, height),
                ):
                    canvas.rect(x, y, wide, high, stroke=0, fill=1)
        if not cell_by_cell:
            canvas.line(80, top, right, top)
        top -= height
    for column in range(len(rows[0]) + 1):
        canvas.line(80 + 160 * column, 700, 80 + 160 * column, top)
    canvas.line(80, top, right, top)


def of_pdf(draw: Callable[[Canvas], None]) -> Document:
    return pdf.read(Source(data=pdfs.page(draw), part="1"), Budget()).document


@pytest.mark.parametrize("cell_by_cell", [False, True])
@pytest.mark.parametrize("rows", [ORGANS, WORKS])
def test_a_ruled_table_of_a_pdf_is_read_cell_by_cell(rows: Rows, cell_by_cell: bool) -> None:
    document = of_pdf(lambda canvas: ruled(canvas, rows, cell_by_cell=cell_by_cell))
    cells = [run for run in document.runs if run.role is Role.CELL]
    assert [run.text.strip() for run in cells] == [line for row in rows for words in row for line in words.split("\n")]
    assert cells[-1].locator == f"page:1,table:1,row:{len(rows)},column:{len(rows[0])}"
    assert not stopped(document)


@pytest.mark.parametrize(
    ("lines", "read"),
    [
        ("TUYỆT MẬT, TỐI MẬT,\nMẬT, KHÔNG", "TUYỆT MẬT, TỐI MẬT, MẬT, KHÔNG"),
        ("Số 12\nTỐI MẬT", "Số 12"),
        ("Phòng Kinh tế và Ngân sách\n\nTỐI MẬT", "Phòng Kinh tế và Ngân sách"),
    ],
)
def test_lines_that_fill_their_cell_go_on_in_the_next_one(lines: str, read: str) -> None:
    rows = (("Nội dung", "Ghi chú"), ("Sơ đồ", lines), ("Phương án", "-"))
    document = of_pdf(lambda canvas: ruled(canvas, rows, cell_by_cell=False))
    blocks = {run.block: "".join(one.text for one in document.runs if one.block == run.block) for run in document.runs}
    assert read in blocks.values()
    assert stopped(document) is ("TỐI MẬT" in blocks.values())


def test_a_level_of_two_words_in_a_ruled_table_is_a_mark() -> None:
    assert stopped(of_pdf(lambda canvas: ruled(canvas, MARKED, cell_by_cell=False)))


def test_a_stamp_in_a_frame_of_its_own_is_no_cell_even_over_a_table() -> None:
    def draw(canvas: Canvas) -> None:
        ruled(canvas, WORKS, cell_by_cell=False)
        for ends in ((100, 735, 160, 735), (100, 713, 160, 713), (100, 735, 100, 713), (160, 735, 160, 713)):
            canvas.line(*ends)
        canvas.drawString(115, 719, "MẬT")

    document = of_pdf(draw)
    assert next(run.role for run in document.runs if run.text.strip() == "MẬT") is Role.BODY
    assert stopped(document)


def page_of(rows: Rows, bordered: Callable[[str], bool]) -> Document:
    frame = ' style="border:1px solid red"'
    cells = "".join(
        "<tr>" + "".join(f"<td{frame if bordered(words) else ''}>{words}</td>" for words in row) + "</tr>"
        for row in rows
    )
    data = f'<meta charset="utf-8"><table>{cells}</table>'.encode()
    return html.read(Source(data=data, part="1"), Budget()).document


def test_borders_of_all_cells_of_a_page_are_no_frame_but_that_of_a_single_one_is() -> None:
    assert not stopped(page_of(ORGANS, lambda _: True))
    assert stopped(page_of(ORGANS, lambda words: words == "Mật"))
    assert stopped(page_of(MARKED, lambda _: True))


def of_slide(rows: Rows, *, is_table: bool) -> Document:
    cells = [shape(text(words, kind=4)) for row in rows for words in row]
    described = atom(0xF122, struct.pack("<HI", 0x39F, 1), instance=1)
    group = container(0xF004, described if is_table else b"")
    stream = slide(container(0xF003, group, *cells))
    return ppt.read(Source(data=write_compound({("PowerPoint Document",): stream}), part="1"), Budget()).document


def test_a_table_of_an_old_slide_is_no_set_of_text_boxes() -> None:
    assert not stopped(of_slide(CHAPTERS, is_table=True))
    assert stopped(of_slide(CHAPTERS, is_table=False))
    assert not stopped(of_slide(ORGANS, is_table=False))
    assert stopped(of_slide(MARKED, is_table=True))


@pytest.mark.parametrize(
    ("head", "innocent"),
    [("Tên", True), ("Họ và tên", True), ("TÊN HỌC SINH", True), ("Loại", False), ("Tên tài liệu", False)],
)
def test_a_column_of_names_is_not_read_downwards(head: str, innocent: bool) -> None:
    rows = (("STT", head, "Điểm"), ("1", "Tuyệt", "9,0"), ("2", "MẬT", "6,5"))
    assert stopped(table(*rows)) is not innocent


def test_numbered_levels_in_a_box_are_a_list() -> None:
    def box(*lines: str) -> Document:
        return Document(
            part="1",
            format="ppt",
            runs=tuple(Run(text=line, block=n, role=Role.TEXTBOX) for n, line in enumerate(lines)),
        )

    assert not stopped(box("Câu 3. Độ nào được bảo vệ 30 năm?", "A. Mật", "B. Tối mật", "C. Tuyệt mật"))
    assert stopped(box("Phương án", "A. Tuyệt mật"))


@pytest.mark.parametrize(("end", "innocent"), [("Confidential (Mật).", True), ("MẬT", False)])
def test_the_last_words_of_a_sentence_are_no_stamp(end: str, innocent: bool) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Serif", 12)
        canvas.drawString(80, 700, "Phân loại tại Việt Nam: Top Secret (Tuyệt mật), Secret (Tối mật),")
        canvas.drawString(80, 684, end)

    assert stopped(of_pdf(draw)) is not innocent


@needs_ocr
@pytest.mark.parametrize(("said", "read"), [("Họp tổ dân phố. Tối mật độ cao.", False), ("Họp tổ dân phố.", True)])
def test_a_thumbnail_shows_only_what_its_document_does_not(said: str, read: bool) -> None:
    page = Image.new("RGB", (361, 472), "white")
    font = ImageFont.truetype(str(scans.FONT_DIR / "liberation/LiberationSans-Bold.ttf"), 24)
    ImageDraw.Draw(page).text((60, 80), "TỐI MẬT", font=font, fill=(20, 20, 20))
    budget = Budget(said=frozenset(skeleton(spoken([Run(text=said, block=0)])).split()))
    document = image.read(Source(data=file_of(page, "PNG"), part="1", relation="thumbnail"), budget).document
    assert stopped(document) is read
