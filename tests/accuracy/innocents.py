"""Official texts and pages that carry no mark, though many speak of secrecy: generated in every format, and real ones.

Each says what it is in its name; the count of those that are stopped is the false-positive rate.
"""

import io
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path

import openpyxl
from docx import Document as WordDocument
from odf import text
from odf.opendocument import OpenDocumentText
from pptx import Presentation
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from gateway.model import Role
from tests.accuracy import portable, rich_text, texts, word
from tests.accuracy.shapes import Writing, xml
from tests.support.corpus import CORPUS
from tests.support.libreoffice import convert
from tests.support.octets import file_of, written
from tests.text.mark_matrix import innocent_documents

ROOT = Path(__file__).resolve().parents[2]
DECISION = CORPUS.parent / "regulation" / "decision-7600-qd-ubnd-2023.txt"
KINDS = ("docx", "docx table", "pdf", "html", "odt", "rtf", "xlsx", "pptx", "txt", "eml", "csv")

_LOOK_ALIKES = ("MAT", "MÁT", "MẮT", "MẶT")
"""Alone in a heading that becomes an outline entry, or in a page's thumbnail read by OCR, these are rightly suspected."""

File = tuple[str, bytes]
"""Name and octets."""
Lines = list[tuple[str, Role]]


def letters(count: int) -> Iterator[tuple[str, File]]:
    """Generated letters with innocent uses of every word of secrecy, in a format each."""
    for number, (name, document) in enumerate(innocent_documents(count)):
        lines = [(run.text, run.role) for run in document.runs]
        kind = KINDS[number % len(KINDS)]
        if kind == "pdf" and not portable.have_font():
            kind = "docx"
        yield f"{name} as {kind}", made(kind, lines)


def made(kind: str, lines: Lines) -> File:
    """The lines as a file of a format."""
    plain = [line for line, _ in lines]
    match kind:
        case "docx":
            return "cong-van.docx", _word(lines)
        case "docx table":
            cells = "".join(f"<w:tc>{word.para(word.runs(Writing((line,))))}</w:tc>" for line in plain)
            return "cong-van.docx", word.package(f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>{word.para('')}")
        case "pdf":
            return "cong-van.pdf", _pdf(plain)
        case "html":
            rows = "".join(f"<p>{escape(line)}</p>" for line in plain)
            return "cong-van.html", f'<html><meta charset="utf-8"><body>{rows}</body></html>'.encode()
        case "odt":
            document = OpenDocumentText()
            for line in plain:
                document.text.addElement(text.P(text=line))
            return "cong-van.odt", written(document.write)
        case "rtf":
            return "cong-van.rtf", rich_text.document(
                "".join(f"\\pard {rich_text.runs(Writing((line,)))}\\par\n" for line in plain)
            )
        case "xlsx":
            return "bang.xlsx", _sheet(plain)
        case "pptx":
            return "trinh-chieu.pptx", _slides(plain)
        case "txt":
            return "cong-van.txt", "\r\n".join(plain).encode()
        case "csv":
            return "bang.csv", "\r\n".join(
                f'{number},"{line.replace(chr(34), chr(34) * 2)}"' for number, line in enumerate(plain)
            ).encode()
        case _:
            return "thu.eml", texts.message(subject="Báo cáo công tác bảo vệ bí mật nhà nước", body="\n".join(plain))


def _word(lines: Lines) -> bytes:
    """Letters by python-docx, with headers, footnote-like paragraphs and tables where the text had them."""
    document = WordDocument()
    for line, role in lines:
        if role is Role.HEADER:
            document.sections[0].header.add_paragraph(line)
        elif role is Role.CELL:
            document.add_table(1, 1).cell(0, 0).text = line
        elif role is Role.HEADING:
            document.add_heading(line, 2)
        else:
            document.add_paragraph(line)
    return file_of(document)


def _pdf(lines: list[str]) -> bytes:
    """Lines wrapped at the width of a page, as a printer driver breaks them."""
    portable.base()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=True)
    height = 0.0
    for line in lines:
        for piece in _wrapped(line, 425):
            if height < 60:
                if height:
                    canvas.showPage()
                height = 780
                canvas.setFont("Serif", 13)
            canvas.drawString(85, height, piece)
            height -= 19
    canvas.save()
    return out.getvalue()


def _wrapped(line: str, width: float) -> Iterator[str]:
    piece = ""
    for item in line.split():
        if piece and pdfmetrics.stringWidth(f"{piece} {item}", "Serif", 13) > width:
            yield piece
            piece = item
        else:
            piece = f"{piece} {item}".strip()
    yield piece


def _sheet(lines: list[str]) -> bytes:
    book = openpyxl.Workbook()
    for number, line in enumerate(lines, 1):
        cell = book.active.cell(number, 1 + number % 3, line)
        cell.data_type = "s"
    return file_of(book)


def _slides(lines: list[str]) -> bytes:
    deck = Presentation()
    for start in range(0, len(lines), 12):
        page = deck.slides.add_slide(deck.slide_layouts[1])
        page.shapes.title.text = lines[start]
        page.placeholders[1].text = "\n".join(lines[start + 1 : start + 12])
    return file_of(deck)


def forms() -> Iterator[tuple[str, File]]:
    """Files that name all levels without carrying one: registers, forms to tick, the menus of templates."""
    options = "".join(
        f'<w:listItem w:displayText="{level}" w:value="{n}"/>'
        for n, level in enumerate(("Thường", "Mật", "Tối mật", "Tuyệt mật"))
    )
    menu = word.para(
        f"<w:r><w:t>Độ mật: </w:t></w:r><w:sdt><w:sdtPr><w:dropDownList>{options}</w:dropDownList></w:sdtPr>"
        "<w:sdtContent><w:r><w:t>Chọn</w:t></w:r></w:sdtContent></w:sdt>"
    )
    yield "menu of a Word template", ("mau.docx", word.package(menu))
    boxes = "Độ mật:  ☐ Mật   ☐ Tối mật   ☐ Tuyệt mật"
    yield "boxes to tick", ("mau.docx", word.package(word.para(word.runs(Writing((boxes,))))))
    for upper in (False, True):
        heads = ["STT", "Số, ký hiệu", "Trích yếu", "Độ mật", "Mật", "Tối mật", "Tuyệt mật", "Ghi chú"]
        heads = [head.upper() for head in heads] if upper else heads
        for kind in ("docx", "xlsx", "html", "csv", "rtf"):
            yield f"register as {kind}", _register(kind, heads)


def _register(kind: str, heads: list[str]) -> File:
    rows = [
        heads,
        ["1", "15/BC-UBND", "Báo cáo tháng", "Thường", "0", "0", "0", ""],
        ["", "Tổng cộng", "", "", "3", "1", "0", ""],
    ]
    match kind:
        case "docx":
            table = "".join(
                "<w:tr>" + "".join(f"<w:tc>{word.para(word.runs(Writing((cell,))))}</w:tc>" for cell in row) + "</w:tr>"
                for row in rows
            )
            return "so.docx", word.package(f"<w:tbl>{table}</w:tbl>{word.para('')}")
        case "xlsx":
            book = openpyxl.Workbook()
            for row in rows:
                book.active.append(row)
            return "so.xlsx", file_of(book)
        case "html":
            table = "".join("<tr>" + "".join(f"<td>{xml(cell)}</td>" for cell in row) + "</tr>" for row in rows)
            return "so.html", f'<html><meta charset="utf-8"><table>{table}</table></html>'.encode()
        case "csv":
            return "so.csv", "\r\n".join(";".join(row) for row in rows).encode("utf-8-sig")
        case _:
            table = "".join(
                "\\trowd" + "".join(f"\\cellx{900 * n}" for n in range(1, 9))
                + "".join(f"\\pard\\intbl {rich_text.runs(Writing((cell,)))}\\cell" for cell in row) + "\\row\n" for row in rows
            )  # fmt: skip
            return "so.rtf", rich_text.document(table)


def decision() -> Iterator[tuple[str, File]]:
    """Decision 7600 itself, which quotes the levels again and again, in every format."""
    if not DECISION.is_file():
        return
    lines: Lines = [(line, Role.BODY) for line in DECISION.read_text("utf-8").splitlines() if line.strip()]
    for kind in KINDS:
        if kind != "pdf" or portable.have_font():
            yield f"Decision 7600 as {kind}", made(kind, lines)


def real() -> Iterator[tuple[str, File]]:
    """Public documents of Vietnamese offices; none of them is marked."""
    for path in sorted((CORPUS / "vietnam").glob("*")):
        if (
            path.suffix.lower() in {".docx", ".pdf", ".rtf", ".doc", ".xls", ".ppt", ".txt", ".png", ".jpg", ".tif"}
            and path.stat().st_size < 6 << 20
        ):
            yield f"corpus: {path.name}", (path.name, path.read_bytes())


def exported(folder: Path, count: int = 12) -> Iterator[tuple[str, File]]:
    """Generated letters exported by LibreOffice to PDF, and saved by it in the old formats."""
    if shutil.which("soffice") is None:
        return
    sources = []
    for number, (_, document) in enumerate(innocent_documents(count)):
        kind = ("docx", "docx", "xlsx", "pptx")[number % 4]
        name, data = made(kind, [(run.text, run.role) for run in document.runs if run.text not in _LOOK_ALIKES])
        path = folder / f"{number:02d}-{name}"
        path.write_bytes(data)
        sources.append(path)
    saved = {"docx": ("pdf", "doc", "rtf", "odt"), "xlsx": ("pdf", "xls", "ods"), "pptx": ("pdf", "ppt", "odp")}
    for kind, targets in saved.items():
        group = [path for path in sources if path.suffix == f".{kind}"]
        for target in targets:
            convert(group, target, folder)
    for path in sorted(folder.iterdir()):
        if path.suffix[1:] in {"pdf", "doc", "rtf", "odt", "xls", "ods", "ppt", "odp"}:
            yield f"LibreOffice: {path.name}", (path.name, path.read_bytes())
