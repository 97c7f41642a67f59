"""Report as a Word document by Annex I of Decree 30/2020/NĐ-CP: A4, Times New Roman 13, black, page numbers on top.

Number, date and signature are left for the office.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.section import WD_SECTION_START
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from gateway.model import Language
from gateway.report.page import Annex, Block, Column, Days, Foot, Head, Heading, Page, Paragraph, Table, plain

_FONT = "Times New Roman"
_SIZE, _TABLE_SIZE, _SMALL_SIZE = 13, 12, 11
_CENTRE, _LEFT, _RIGHT, _BOTH = (
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)


def docx(page: Page) -> bytes:
    """Return a report as DOCX."""
    document = Document()
    _styles(document, page)
    _paper(document)
    for block in page.blocks:
        _block(document, block, page.language)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _styles(document: Any, page: Page) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(_SIZE)
    style.font.color.rgb = RGBColor(0, 0, 0)
    style.paragraph_format.space_after = Pt(0)
    for fonts in document.styles.element.iter(qn("w:rFonts")):  # the template's defaults name fonts of its theme
        for name in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{name}"), _FONT)
            fonts.attrib.pop(qn(f"w:{name}Theme" if name != "cs" else "w:cstheme"), None)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "vi-VN" if page.language is Language.VI else "en-GB")
    package = document.part.package  # the template has a thumbnail of another page
    for key in [key for key, one in package.rels.items() if one.reltype.endswith("/thumbnail")]:
        del package.rels[key]
    properties = document.core_properties
    properties.title, properties.author, properties.comments, properties.last_modified_by = page.title, "", "", ""
    properties.created = properties.modified = datetime.fromisoformat(page.made).replace(tzinfo=None)
    properties.language = page.language


def _paper(document: Any) -> None:
    section = document.sections[0]
    section.start_type = WD_SECTION_START.NEW_PAGE
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = _CENTRE
    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", "PAGE"), ("separate", ""), ("text", "2"), ("end", "")):
        if kind == "text":
            run._r.append(_element("w:t", text))  # noqa: SLF001 - python-docx has no fields
        elif kind:
            character = _element("w:fldChar")
            character.set(qn("w:fldCharType"), kind)
            run._r.append(character)  # noqa: SLF001
        else:
            run._r.append(_element("w:instrText", text))  # noqa: SLF001


def _block(document: Any, block: Block, language: Language) -> None:
    match block:
        case Head():
            _head(document, block)
        case Heading(text=text):
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.space_before = Pt(10)
            paragraph.paragraph_format.first_line_indent = Mm(10)
            paragraph.paragraph_format.keep_with_next = True
            paragraph.add_run(text).bold = True
        case Paragraph():
            paragraph = document.add_paragraph()
            paragraph.alignment = _BOTH if block.indent else _LEFT
            paragraph.paragraph_format.space_before = Pt(6)
            paragraph.paragraph_format.first_line_indent = Mm(10) if block.indent else None
            paragraph.add_run(block.text).italic = block.italic or None
        case Table():
            _table(document, block, language)
        case Foot():
            _foot(document, block)
        case Annex():
            _annex(document, block)
        case Days():
            pass  # a document that is signed has the sum; the workbook has the days


def _head(document: Any, head: Head) -> None:
    frame = _frame(document, (70, 95))
    left, right = frame.rows[0].cells
    _line(left.paragraphs[0], head.above, size=12)
    _line(left.add_paragraph(), head.office, bold=True, rule=18)
    _line(right.paragraphs[0], head.nation, bold=True, size=12)
    _line(right.add_paragraph(), head.motto, bold=True, rule=16)
    below = frame.add_row().cells
    _line(below[0].paragraphs[0], head.number)
    _line(below[1].paragraphs[0], head.date, italic=True)
    title = document.add_paragraph()
    title.paragraph_format.space_before = Pt(18)
    _line(title, head.kind, bold=True, size=14)
    _line(document.add_paragraph(), head.subject, bold=True, size=14, rule=62)
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _foot(document: Any, foot: Foot) -> None:
    document.add_paragraph()
    frame = _frame(document, (75, 90))
    for row in frame.rows:
        _unsplit(row)
    left, right = frame.rows[0].cells
    run = left.paragraphs[0].add_run(foot.to)
    run.bold = run.italic = True
    run.font.size = Pt(12)
    for number, recipient in enumerate(foot.recipients, 1):
        end = "" if number == len(foot.recipients) else ";"
        left.add_paragraph().add_run(f"- {recipient}{end}").font.size = Pt(11)
    _line(right.paragraphs[0], foot.signer, bold=True)


def _annex(document: Any, annex: Annex) -> None:
    title = document.add_paragraph()
    title.paragraph_format.page_break_before = True
    _line(title, annex.kind, bold=True, size=14)
    _line(document.add_paragraph(), annex.subject, bold=True, size=14)
    _line(document.add_paragraph(), annex.of, italic=True, rule=62)


def _frame(document: Any, widths: Sequence[int]) -> Any:
    """Return a table of one row without rules, which sets its cells side by side."""
    frame = document.add_table(rows=1, cols=len(widths))
    frame.autofit = False
    for column, width in zip(frame.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    return frame


def _line(
    paragraph: Any, text: str, *, bold: bool = False, italic: bool = False, size: float = _SIZE, rule: int = 0
) -> None:
    """Put centred words into a paragraph; `rule` draws a line below them, indented by so many millimetres."""
    paragraph.alignment = _CENTRE
    run = paragraph.add_run(text)
    run.bold, run.italic = bold or None, italic or None
    run.font.size = Pt(size)
    if rule:
        _ruled(paragraph, rule)


def _ruled(paragraph: Any, indent_mm: int) -> None:
    """Draw a line below a paragraph: the border of an empty paragraph, whose indents leave its width."""
    line = copy.deepcopy(paragraph._p)  # noqa: SLF001
    for child in list(line):
        line.remove(child)
    paragraph._p.addnext(line)  # noqa: SLF001
    below = type(paragraph)(line, paragraph._parent)  # noqa: SLF001
    below.paragraph_format.left_indent = below.paragraph_format.right_indent = Mm(indent_mm)
    below.paragraph_format.line_spacing = Pt(4)
    below.paragraph_format.space_before = Pt(3)
    borders, top = _element("w:pBdr"), _element("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    properties = line.get_or_add_pPr()
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _table(document: Any, block: Table, language: Language) -> None:
    caption = document.add_paragraph()
    caption.paragraph_format.space_before = Pt(8)
    caption.paragraph_format.space_after = Pt(3)
    caption.paragraph_format.keep_with_next = True
    caption.alignment = _CENTRE
    caption.add_run(block.caption).italic = True
    table = document.add_table(rows=1, cols=len(block.columns))
    table.style = document.styles["Table Grid"]
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    _margins(table)
    size = _TABLE_SIZE if len(block.columns) <= 9 else _SMALL_SIZE
    head = table.rows[0]
    for column, cell, grid in zip(block.columns, head.cells, table.columns, strict=True):
        cell.width = grid.width = Mm(column.width)
        _cell(cell, column.title, alignment=_CENTRE, size=size, bold=True)
    _repeated(head)
    _unsplit(head)
    rows = plain(block.rows, language)
    model: Any = _model_row(table, block.columns, size)
    for number, row in enumerate(rows):
        made = copy.deepcopy(model)
        for text, words in zip(made.iter(qn("w:t")), row, strict=True):
            text.text = words
        if block.total and number == len(rows) - 1:
            for properties in made.iter(qn("w:rPr")):
                properties.insert_element_before(_element("w:b"), "w:sz")
        table._tbl.append(made)  # noqa: SLF001


def _model_row(table: Any, columns: Sequence[Column], size: float) -> Any:
    """Return a row to be copied: thousands of cells made one by one by python-docx take minutes."""
    row = table.add_row()
    _unsplit(row)
    for column, cell in zip(columns, row.cells, strict=True):
        cell.width = Mm(column.width)
        _cell(cell, " ", alignment=_LEFT if column.text else _RIGHT, size=size)
    element = row._tr  # noqa: SLF001
    element.getparent().remove(element)
    for text in element.iter(qn("w:t")):
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element


def _cell(cell: Any, text: str, *, alignment: WD_ALIGN_PARAGRAPH, size: float, bold: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = alignment
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold or None


def _margins(table: Any) -> None:
    margins = _element("w:tblCellMar")
    for side in ("left", "right"):
        margin = _element(f"w:{side}")
        margin.set(qn("w:w"), "57")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)  # noqa: SLF001


def _repeated(row: Any) -> None:
    """Repeat a row on top of each page of the table."""
    row._tr.get_or_add_trPr().append(_element("w:tblHeader"))  # noqa: SLF001


def _unsplit(row: Any) -> None:
    """Keep a row on one page."""
    row._tr.get_or_add_trPr().insert(0, _element("w:cantSplit"))  # noqa: SLF001


def _element(name: str, text: str = "") -> Any:
    element = OxmlElement(name)
    if text:
        element.text = text
    return element
