"""Letters drawn as outlines in Office files, OpenDocument and SVG are read; icons and diagrams are no letters."""

import math

import cv2
import docx
import numpy as np
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import PatternFill
from PIL import Image, ImageDraw, ImageFont
from pptx.util import Emu

from gateway.documents.readers.markup import svg
from gateway.documents.readers.pictures.outlines import Shape, contours, drawn, shape_of
from gateway.documents.readers.pictures.specimen import mosaic
from gateway.model import ReadStatus
from tests.readers.test_joined_pictures import FONT, found
from tests.support.cases import first_quick
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of, members, zipped
from tests.support.opendocument import content, package
from tests.support.reading import unread


def letter_path(letter: str) -> str:
    """Return the outline of a printed letter in a field of 90 by 120, as lines."""
    printed = Image.new("L", (900, 1200), 255)
    ImageDraw.Draw(printed).text((60, 20), letter, 0, ImageFont.truetype(FONT, 860))
    found, _ = cv2.findContours(255 - np.asarray(printed), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    lines = [cv2.approxPolyDP(each, 2, True).reshape(-1, 2) / 10 for each in found]
    return "".join(f"M{' L'.join(f'{x:g} {y:g}' for x, y in line)}Z" for line in lines)


LETTERS = {letter: letter_path(letter) for letter in "MẬTX"}


def word(letters: str) -> str:
    return " ".join(moved_path(LETTERS[letter], 100 * number) for number, letter in enumerate(letters))


def moved_path(path: str, across: float) -> str:
    """Write straight path data anew, moved to the right."""
    parts = []
    for contour in contours(path):
        points = [f"{x + across:g} {y:g}" for x, y in contour]
        parts.append(f"M{points[0]} L{' '.join(points[1:])} Z")
    return " ".join(parts)


def geometry(path: str, width: int) -> str:
    """Return path data as an `a:custGeom`."""
    commands = ""
    for contour in contours(path):
        points = [f'<a:pt x="{x:.0f}" y="{y:.0f}"/>' for x, y in contour]
        commands += (
            f"<a:moveTo>{points[0]}</a:moveTo>"
            + "".join(f"<a:lnTo>{each}</a:lnTo>" for each in points[1:])
            + "<a:close/>"
        )
    return f'<a:custGeom><a:pathLst><a:path w="{width}" h="120">{commands}</a:path></a:pathLst></a:custGeom>'


A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
WP = 'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
WPS = 'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def slide(letters: str) -> bytes:
    deck = pptx.Presentation()
    tree = deck.slides.add_slide(deck.slide_layouts[6]).shapes._spTree
    for number, letter in enumerate(letters):
        xfrm = f'<a:xfrm><a:off x="{Emu(900000 * number)}" y="900000"/><a:ext cx="810000" cy="1080000"/></a:xfrm>'
        tree.append(
            parse_xml(
                f'<p:sp {A} {P}><p:nvSpPr><p:cNvPr id="{number + 9}" name="Freeform {number}"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr>'
                f"<p:spPr>{xfrm}{geometry(LETTERS[letter], 90)}</p:spPr></p:sp>"
            )
        )
    return file_of(deck)


def text(letters: str) -> bytes:
    document = docx.Document()
    document.add_paragraph("Kính gửi phòng Kinh tế")
    run = document.add_paragraph().add_run()._r
    width = 100 * len(letters)
    run.append(
        parse_xml(
            f'<w:drawing {W}><wp:inline {WP}><wp:extent cx="{width * 9000}" cy="1080000"/><wp:docPr id="1" name="Freeform 1"/>'
            f'<a:graphic {A}><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp {WPS}>'
            f'<wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width * 9000}" cy="1080000"/></a:xfrm>{geometry(word(letters), width)}'
            "</wps:spPr></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>"
        )
    )
    return file_of(document)


def sheet(letters: str) -> bytes:
    book = openpyxl.Workbook()
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=1, min_row=1, max_row=2))
    book.active.add_chart(chart, "B2")
    shape = (
        '<xdr:absoluteAnchor><xdr:pos x="0" y="0"/><xdr:ext cx="2700000" cy="1080000"/><xdr:sp><xdr:spPr>'
        f'<a:xfrm {A}><a:off x="0" y="0"/><a:ext cx="2700000" cy="1080000"/></a:xfrm>'
        f"{geometry(word(letters), 100 * len(letters)).replace('<a:custGeom>', f'<a:custGeom {A}>')}"
        "</xdr:spPr></xdr:sp><xdr:clientData/></xdr:absoluteAnchor>"
    )
    space = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
    drawn = f'<xdr:wsDr xmlns:xdr="{space}">{shape}</xdr:wsDr>'
    return zipped(members(file_of(book)) | {"xl/drawings/drawing1.xml": drawn.encode()})


def open_document(letters: str) -> bytes:
    width = 100 * len(letters)
    return package(
        {
            "content.xml": content(
                f'<text:p><draw:path svg:d="{word(letters)}" svg:viewBox="0 0 {width} 120" svg:width="{width / 50}cm" svg:height="2.4cm"'
                ' text:anchor-type="as-char"/></text:p>'
            )
        }
    )


def libreoffice(letters: str) -> bytes:
    """The same as LibreOffice keeps freeforms of Word: the size of its path stands in an attribute of its own."""
    width = 100 * len(letters)
    return package(
        {
            "content.xml": content(
                f'<text:p><draw:custom-shape svg:width="{width / 50}cm" svg:height="2.4cm" text:anchor-type="as-char"><draw:enhanced-geometry'
                f' xmlns:drawooo="http://openoffice.org/2010/draw" drawooo:sub-view-size="{width} 120" svg:viewBox="0 0 0 0"'
                f' draw:type="ooxml-non-primitive" draw:enhanced-path="{word(letters)}"/></draw:custom-shape></text:p>'
            )
        }
    )


def drawing(letters: str) -> bytes:
    parts = "".join(
        f'<g transform="translate({100 * number} 0)"><path d="{LETTERS[letter]}"/></g>'
        for number, letter in enumerate(letters)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 120">{parts}</svg>'.encode()


def used(letters: str) -> bytes:
    stored = "".join(f'<path id="l{number}" d="{LETTERS[letter]}"/>' for number, letter in enumerate(letters))
    shown = "".join(f'<use href="#l{number}" x="{100 * number}"/>' for number in range(len(letters)))
    return f"<html><body><p>Kính gửi</p><svg><defs>{stored}</defs>{shown}</svg></body></html>".encode()


def seen_through(letters: str) -> bytes:
    """Letters of one drawing that another one is clipped to, hidden by, or painted with."""
    stored = "".join(
        f'<{tag} id="l{number}"><path transform="translate({100 * number} 0)" d="{LETTERS[letter]}"/></{tag}>'
        for number, (letter, tag) in enumerate(zip(letters, ("clipPath", "mask", "pattern"), strict=True))
    )
    by = ("clip-path", "mask", "fill")
    shown = "".join(f'<g {name}="url(#l{number})"/>' for number, name in enumerate(by))
    return f"<html><body><svg><defs>{stored}</defs></svg><svg>{shown}</svg></body></html>".encode()


def rich(letters: str) -> bytes:
    points: list[str] = []
    codes: list[str] = []
    for contour in contours(word(letters)):
        points += [f"({x * 10:.0f},{y * 10:.0f})" for x, y in contour]
        codes += ["16384", str(len(contour) - 1), "24577"]
    told = (
        ("pVerticies", f"8;{len(points)};{';'.join(points)}"),
        ("pSegmentInfo", f"2;{len(codes)};{';'.join(codes)}"),
    )
    shape = "".join(f"{{\\sp{{\\sn {name}}}{{\\sv {value}}}}}" for name, value in told)
    return f"{{\\rtf1\\ansi Kinh gui\\par {{\\shp{{\\*\\shpinst {shape}}}}}\\par}}".encode()


def old_word(letters: str) -> bytes:
    commands = ""
    for contour in contours(word(letters)):
        points = [f"{x * 10:.0f},{y * 10:.0f}" for x, y in contour]
        commands += f"m{points[0]}l{','.join(points[1:3])}qx{','.join(points[3:])}x"
    width = 100 * len(letters)
    document = docx.Document()
    document.add_paragraph("Kính gửi phòng Kinh tế").add_run()._r.append(
        parse_xml(
            f'<w:pict {W} xmlns:v="urn:schemas-microsoft-com:vml"><v:shape coordsize="{width * 10},1200" path="{commands}e"'
            f' style="width:{width / 2}pt;height:60pt"/></w:pict>'
        )
    )
    return file_of(document)


def cells(letters: str) -> bytes:
    font = ImageFont.truetype(FONT, 24)
    printed = Image.new("1", (round(font.getlength(letters)) + 8, 40), 1)
    ImageDraw.Draw(printed).text((4, 4), letters, 0, font)
    book = openpyxl.Workbook()
    for column in range(printed.width):
        for row in range(printed.height):
            if not printed.getpixel((column, row)):
                book.active.cell(row + 3, column + 2).fill = PatternFill("solid", fgColor="C00000")
    return file_of(book)


MADE = first_quick([slide, text, drawing, sheet, open_document, libreoffice, used, seen_through, rich, old_word, cells])


@pytest.mark.slow
@needs_ocr
@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_letters_in_outlines_are_read(made):
    assert found(made("MẬT"))


@needs_ocr
@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_other_letters_in_outlines_are_no_mark(made):
    assert not found(made("TXX"))


def test_a_coloured_table_and_its_empty_rows_are_no_word():
    table = {(row, column) for row in range(3, 40) for column in range(6) if row % 2 or column < 2}
    assert mosaic(table) is None or not found(mosaic(table) or b"")
    assert mosaic({(1, column) for column in range(40)}) is None
    assert mosaic({(row, 5) for row in range(4000)}) is None


def test_an_icon_and_a_line_are_not_drawn():
    icon = f'<svg xmlns="http://www.w3.org/2000/svg"><path d="{LETTERS["X"]}"/><path d="{LETTERS["X"]}"/></svg>'
    from lxml import etree

    assert svg.picture_of(etree.fromstring(icon)) is None
    assert drawn([shape_of("M0 0L100 5")]) is None


@pytest.mark.parametrize(
    ("path", "points"),
    [
        ("M0 0h10v10z", [(0, 0), (10, 0), (10, 10)]),
        ("m1 1 2 0 0 2", [(1, 1), (3, 1), (3, 3)]),
        ("M0,0L1e1,.5", [(0, 0), (10, 0.5)]),
        ("M0 0L5 5 broken L9 9", [(0, 0), (5, 5)]),
        ("L5 5", [(0, 0), (5, 5)]),
    ],
)
def test_path_data_is_followed_to_its_first_mistake(path, points):
    assert contours(path) == [points]


def test_curves_and_arcs_end_where_they_say():
    for path in (
        "M0 0C0 9 9 9 9 0",
        "M0 0Q5 9 9 0",
        "M0 0A5 5 0 1 1 9 0",
        "M0 0a5 5 0 019 0",
        "M0 0a5 5 0 11 9 0",
        "M0 0C0 1 2 3 4 5S8 0 9 0",
        "M0 0Q1 2 3 0T9 0",
    ):
        assert contours(path)[0][-1] == pytest.approx((9, 0))


@pytest.mark.parametrize("arc", ["1 1 0 0 0 1e200 1e200", "1 1 1e999 0 0 5 5", "1e-300 1e-150 0 0 0 9 9"])
def test_numbers_beyond_measure_are_no_fault(arc):
    (outline,) = contours(f"M0 0A{arc}L1e999 1e-999 9 9")
    assert all(math.isfinite(side) for point in outline for side in point)
    ends = [[(-1e308, -1e308), (1e308, 1e308), (0.0, 1.0)]]
    assert drawn([Shape(ends, segments=60)]) is None


@pytest.mark.slow
def test_endless_path_data_is_reported():
    assert unread(contours, "M0 0" + "Q1 1 2 2" * 200_000) == (ReadStatus.LIMIT, "outlines")
