"""Child that renders a report: loads fonts, enters the sandbox, reads a page from a pipe and writes a PDF."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from reportlab.graphics.shapes import STATE_DEFAULTS, Drawing, Line, Rect, String
from reportlab.lib.colors import Color, black
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    HRFlowable,
    KeepTogether,
    LongTable,
    PageBreak,
    PageTemplate,
    Spacer,
)
from reportlab.platypus import Paragraph as Words
from reportlab.platypus import Table as Grid

from gateway.documents.wall import sandbox
from gateway.model import Language
from gateway.report.page import Annex, Block, Column, Days, Foot, Head, Heading, Page, Paragraph, Table
from gateway.report.pdf import FACES, FONTS, TIMEOUT_S

_NAMES = dict(zip(FACES, ("Serif", "Serif-Bold", "Serif-Italic", "Serif-BoldItalic"), strict=True))
_WIDTH = 165 * mm
_GREY = Color(0.45, 0.45, 0.45)
_LIMITS = sandbox.SandboxLimits(address_space_bytes=2 << 30, cpu_s=TIMEOUT_S)
_EMBEDDED = ("FONTNAME", (0, 0), (-1, -1), "Serif")
"""Also where every cell has a font of its own: else the file names one that it does not bring."""
_RULED = [
    _EMBEDDED,
    ("GRID", (0, 0), (-1, -1), 0.5, black),
    ("VALIGN", (0, 0), (-1, 0), "MIDDLE"),
    ("VALIGN", (0, 1), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 2.5),
    ("RIGHTPADDING", (0, 0), (-1, -1), 2.5),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
]


def main() -> int:
    """Draw what comes by standard input; returns the exit code."""
    parent = os.getppid()
    for face, name in _NAMES.items():
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"LiberationSerif-{face}.ttf")))
    pdfmetrics.registerFontFamily("Serif", *_NAMES.values())
    STATE_DEFAULTS["fontName"] = "Serif"
    decoder = msgspec.msgpack.Decoder(Page)
    draw(_SAMPLE)  # late imports are made now
    sandbox.enter(_LIMITS, parent=parent)
    drawn = draw(decoder.decode(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(drawn)
    sys.stdout.buffer.flush()
    return 0


def draw(page: Page) -> bytes:
    """Return the PDF of a page whose cells are text."""
    target = io.BytesIO()
    document = BaseDocTemplate(
        target,
        pagesize=A4,
        leftMargin=30 * mm,
        rightMargin=15 * mm,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
        title=page.title,
        author="",
        creator="",
        lang="vi-VN" if page.language is Language.VI else "en-GB",
        initialFontName="Serif",
        invariant=1,
    )
    frame = Frame(
        30 * mm, 20 * mm, _WIDTH, A4[1] - 40 * mm, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
    )
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=_number))
    document.build([flowable for block in page.blocks for flowable in _drawn(block)])
    return target.getvalue()


def _number(canvas: Any, document: Any) -> None:
    if document.page > 1:
        canvas.setFont("Serif", 13)
        canvas.drawCentredString(A4[0] / 2 + 7.5 * mm, A4[1] - 13 * mm, str(document.page))


def _style(size: float = 13, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        "", fontName="Serif", fontSize=size, leading=size * 1.25, textColor=black, splitLongWords=1, **more
    )


_BODY = _style(alignment=TA_JUSTIFY, firstLineIndent=10 * mm, spaceBefore=6)
_FLUSH = _style(size=12, alignment=TA_LEFT, spaceBefore=6)
_HEADING = _style(firstLineIndent=10 * mm, spaceBefore=10, keepWithNext=1)
_CAPTION = _style(alignment=TA_CENTER, spaceBefore=9, spaceAfter=4)
_BEGUN = 60 * mm
"""Room for a caption and the first rows of a table, which may go on over pages."""
_CENTRED, _SMALL_CENTRED, _TITLE = (_style(size, alignment=TA_CENTER) for size in (13, 12, 14))
_LEFT = _style(11)


def _drawn(block: Block) -> Iterator[Flowable]:
    match block:
        case Head():
            yield from _head(block)
        case Heading(text=text):
            yield _words(text, _HEADING, bold=True)
        case Paragraph(indent=False):  # hashes and parameters, which the number of a page would break
            yield KeepTogether([_words(block.text, _FLUSH, italic=block.italic)])
        case Paragraph():
            yield _words(block.text, _BODY, italic=block.italic)
        case Table():
            yield CondPageBreak(_BEGUN)
            yield _words(block.caption, _CAPTION, italic=True)
            yield _table(block)
        case Days():
            yield KeepTogether([_words(block.title, _CAPTION, italic=True), _chart(block)])
        case Annex():
            yield PageBreak()
            yield _words(block.kind, _TITLE, bold=True)
            yield _words(block.subject, _TITLE, bold=True)
            yield _words(block.of, _CENTRED, italic=True)
            yield _rule(40 * mm)
        case Foot():
            yield KeepTogether([Spacer(1, 14), _foot(block)])


def _words(text: str, style: ParagraphStyle, *, bold: bool = False, italic: bool = False) -> Words:
    """Return a paragraph; its text is text, and no markup of reportlab's."""
    marked = escape(text).replace("  ", "\N{NO-BREAK SPACE} ")
    marked = f"<b>{marked}</b>" if bold else marked
    return Words(f"<i>{marked}</i>" if italic else marked, style)


def _rule(width: float) -> HRFlowable:
    return HRFlowable(width=width, thickness=0.7, color=black, spaceBefore=3, spaceAfter=5, hAlign="CENTER")


def _head(head: Head) -> Iterator[Flowable]:
    left = [_words(head.above, _SMALL_CENTRED), _words(head.office, _CENTRED, bold=True), _rule(30 * mm)]
    right = [_words(head.nation, _SMALL_CENTRED, bold=True), _words(head.motto, _CENTRED, bold=True), _rule(62 * mm)]
    below = [_words(head.number, _CENTRED), _words(head.date, _CENTRED, italic=True)]
    yield Grid([[left, right], below], colWidths=[70 * mm, 95 * mm], style=_plain())
    yield Spacer(1, 16)
    yield _words(head.kind, _TITLE, bold=True)
    yield _words(head.subject, _TITLE, bold=True)
    yield _rule(40 * mm)
    yield Spacer(1, 8)


def _foot(foot: Foot) -> Grid:
    last = len(foot.recipients) - 1
    left = [_words(foot.to, _style(12), bold=True, italic=True)]
    left += [_words(f"- {one}{'' if place == last else ';'}", _LEFT) for place, one in enumerate(foot.recipients)]
    return Grid(
        [[left, [_words(foot.signer, _CENTRED, bold=True), Spacer(1, 30 * mm)]]],
        colWidths=[75 * mm, 90 * mm],
        style=_plain(),
    )


def _plain() -> list[Any]:
    sides = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
    return [
        _EMBEDDED,
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("ALIGN", (0, 0), (-1, -1), "CENTER"),
        *((side, (0, 0), (-1, -1), 1) for side in sides),
    ]


def _table(block: Table) -> LongTable:
    size = 12 if len(block.columns) <= 9 else 11
    head, words, numbers = (_style(size, alignment=one) for one in (TA_CENTER, TA_LEFT, TA_RIGHT))

    def cell(column: Column, text: str, *, bold: bool) -> Words:
        return _words(text, words if column.text else numbers, bold=bold)

    rows: list[list[Words]] = [[_words(column.title, head, bold=True) for column in block.columns]]
    for number, row in enumerate(block.rows, 1):
        bold = block.total and number == len(block.rows)
        rows.append([cell(column, str(text), bold=bold) for column, text in zip(block.columns, row, strict=True)])
    widths = [column.width * mm for column in block.columns]
    scale = min(1.0, _WIDTH / sum(widths))
    return LongTable(rows, colWidths=[width * scale for width in widths], repeatRows=1, style=_RULED)


def _chart(days: Days) -> Drawing:
    """Return bars, one a day, with their numbers above and the days below."""
    height, top = 40 * mm, max(1, *days.values)
    drawing = Drawing(_WIDTH, height + 14 * mm)
    step = _WIDTH / len(days.values)
    for place, value in enumerate(days.values):
        left, tall = place * step, height * value / top
        drawing.add(Rect(left + 0.15 * step, 6 * mm, 0.7 * step, tall, fillColor=_GREY, strokeColor=None))
        drawing.add(_label(left + step / 2, 2 * mm, str(place + 1)))
        if value:
            drawing.add(
                _label(left + step / 2, 7 * mm + tall, str(value), size=min(9.0, 1.75 * step / len(str(value))))
            )
    drawing.add(Line(0, 6 * mm, _WIDTH, 6 * mm, strokeColor=black, strokeWidth=0.5))
    return drawing


def _label(x: float, y: float, text: str, *, size: float = 9.0) -> String:
    return String(x, y, text, fontName="Serif", fontSize=size, textAnchor="middle", fillColor=black)


_SAMPLE = Page(
    title="mẫu",
    language=Language.VI,
    made="",
    blocks=(
        Head(above="Ậ", office="Ậ", nation="Ậ", motto="Ậ", number="Số", date="ngày", kind="BÁO CÁO", subject="Ậ"),
        Heading("Ậ"),
        Paragraph("Ậ & <b>", italic=True),
        Paragraph("ắ" * 200, indent=False),
        Table(
            key="",
            title="",
            caption="Ậ",
            columns=(Column("Ậ", 99, text=True), Column("1", 9)),
            rows=(("Ậ", "1"),) * 60,
            total=True,
        ),
        Days(title="Ậ", day="", mails="", values=(0, 1)),
        Foot(to="Ậ", recipients=("Ậ",), signer="Ậ"),
        Annex(kind="Ậ", subject="Ậ", of="Ậ"),
    ),
)
