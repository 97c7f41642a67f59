"""Large documents to read, and what others do with them."""

import io
import shutil
from pathlib import Path

import docx
import openpyxl
from docx.shared import Pt, RGBColor
from docx.text.run import Run as WordRun
from openpyxl.styles import Font
from reportlab.pdfgen.canvas import Canvas

from tests.accuracy import portable
from tests.accuracy.shapes import LETTER
from tests.support.libreoffice import convert
from tests.support.octets import file_of


def pdf_pages(count: int) -> bytes:
    """A PDF of text pages in Vietnamese with an embedded font."""
    portable.base()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=True)
    for page in range(count):
        canvas.setFont("Serif", 13)
        for line in range(38):
            canvas.drawString(85, 790 - 19 * line, LETTER[(page + line) % len(LETTER)][:76])
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def office_pdf(folder: Path) -> bytes | None:
    """The Word document as LibreOffice prints it: about 100 pages, a text object for every change of spacing or font."""
    soffice = shutil.which("soffice")
    if soffice is None:
        return None
    source = folder / "a.docx"
    source.write_bytes(word_pages(80))
    convert([source], "pdf", folder)
    made = folder / "a.pdf"
    return made.read_bytes() if made.exists() else None


def word_pages(count: int) -> bytes:
    """A Word document of about that many pages, with styles, direct formatting and tables."""
    document = docx.Document()
    for page in range(count):
        document.add_heading(LETTER[page % len(LETTER)], 2)
        for line in range(14):
            paragraph = document.add_paragraph()
            for number, piece in enumerate(LETTER[(page + line) % len(LETTER)].split(",")):
                run = paragraph.add_run(piece)
                if number % 2:
                    run.font.name, run.font.size, run.font.color.rgb = "Times New Roman", Pt(13), RGBColor(0, 0, 0)
        table = document.add_table(4, 3)
        for row in table.rows:
            for cell in row.cells:
                cell.text = "125 hồ sơ"
    return file_of(document)


def sheet_rows(count: int) -> bytes:
    """A workbook with that many rows of ten cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    fonts = [Font(name="Times New Roman", size=12), Font(name="Arial", color="FFC00000")]
    for row in range(1, count + 1):
        for column in range(1, 11):
            cell = sheet.cell(row, column, f"Hồ sơ {row}-{column}" if column % 2 else row * column)
            cell.font = fonts[column % 2]
    return file_of(book)


def python_docx_walk(data: bytes) -> int:
    """Text, font, size and colour of every run, looked up along the styles as python-docx lets one do it."""
    document = docx.Document(io.BytesIO(data))
    total = 0
    paragraphs = list(document.paragraphs)
    for table in document.tables:
        for row in table.rows:
            for cell in row.cells:
                paragraphs += cell.paragraphs
    for paragraph in paragraphs:
        for run in paragraph.runs:
            total += len(run.text) + len(str(_look(run, paragraph)))
    return total


def _look(run: WordRun, paragraph: object) -> tuple[object, object, object]:
    name, size, colour = run.font.name, run.font.size, run.font.color.rgb
    for first in (run.style, paragraph.style):  # type: ignore[attr-defined]
        style = first
        while style is not None and (name is None or size is None or colour is None):
            name = name or style.font.name
            size = size or style.font.size
            colour = colour or style.font.color.rgb
            style = style.base_style
    return name, size, colour


def openpyxl_walk(data: bytes) -> int:
    """What every cell shows and how: value, number format, font, size, colour, fill, and whether it is hidden."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    total = 0
    for sheet in book.worksheets:
        hidden = {name for name, column in sheet.column_dimensions.items() if column.hidden}
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is None:
                    continue
                font, fill = cell.font, cell.fill
                colour = font.color.rgb if font.color is not None else ""
                shown = cell.number_format if not isinstance(cell.value, str) else ""
                unseen = cell.column_letter in hidden or sheet.row_dimensions[cell.row].hidden
                total += len(
                    f"{cell.value}{shown}{font.name}{font.sz}{colour}{fill.fill_type}{fill.fgColor.rgb}{unseen}"
                )
    return total
