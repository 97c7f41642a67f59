"""Letters put together of lines, bars and squares are read; tables and diagrams, which are full of them, are not drawn."""

import math
import struct
from itertools import groupby

import docx
import pptx
import pytest
from docx.oxml import parse_xml
from PIL import Image, ImageDraw, ImageFont
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.util import Emu, Pt

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.ooxml import plotted
from gateway.documents.readers.pictures import metafile
from gateway.documents.readers.pictures.outlines import BAR, STROKE, cells, without_frames
from gateway.model import ReadStatus
from tests.readers.ooxml_support import NAMESPACES, package, read, relationships, word
from tests.readers.test_joined_pictures import FONT, found
from tests.support.cases import first_quick
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of
from tests.support.opendocument import content
from tests.support.opendocument import package as odf_package
from tests.support.reading import reading_of

Line = tuple[float, float, float, float]
M = [(0, 1, 0, 0), (0, 0, 0.5, 0.6), (0.5, 0.6, 1, 0), (1, 0, 1, 1)]
A = [(0, 1, 0.5, 0), (0.5, 0, 1, 1), (0.2, 0.65, 0.8, 0.65), (0.25, -0.1, 0.5, -0.35), (0.5, -0.35, 0.75, -0.1)]
DOT = [(0.47, 1.15, 0.53, 1.15)]
T = [(0, 0, 1, 0), (0.5, 0, 0.5, 1)]
X = [(0, 0, 1, 1), (0, 1, 1, 0)]


def strokes(*letters: list[Line]) -> list[Line]:
    return [
        (1 + n * 1.4 + left, 1 + top, 1 + n * 1.4 + right, 1 + bottom)
        for n, letter in enumerate(letters)
        for left, top, right, bottom in letter
    ]


MARK, OTHER = strokes(M, A + DOT, T), strokes(X, T, A, X, X)
CHART = [(0, row, 9, row) for row in range(12)] + [(column, 0, column, 11) for column in range(9)]


def slide(lines: list[Line]) -> bytes:
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    for left, top, right, bottom in lines:
        ends = [Emu(round(side * 600_000)) for side in (left, top, right, bottom)]
        shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *ends).line.width = Pt(5)
    return file_of(deck)


def old_word(lines: list[Line]) -> bytes:
    document = docx.Document()
    drawn = "".join(
        f'<v:line from="{left * 40}pt,{top * 40}pt" to="{right * 40}pt,{bottom * 40}pt"/>'
        for left, top, right, bottom in lines
    )
    space = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    document.add_paragraph("Kính gửi phòng Kinh tế").add_run()._r.append(parse_xml(f"<w:pict {space}>{drawn}</w:pict>"))
    return file_of(document)


def open_drawing(lines: list[Line]) -> bytes:
    drawn = "".join(
        f'<draw:line svg:x1="{left}cm" svg:y1="{top}cm" svg:x2="{right}cm" svg:y2="{bottom}cm"/>'
        for left, top, right, bottom in lines
    )
    return odf_package({"content.xml": content(f"<draw:page>{drawn}</draw:page>", kind="drawing")})


def freeforms(lines: list[Line]) -> bytes:
    """Open paths without a filling, as the tool for freeforms makes them; those of level lines have no height."""
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    for left, top, right, bottom in lines:
        ends = [round(side * 600_000) for side in (left, top, right, bottom)]
        path = shapes.build_freeform(*ends[:2])
        path.add_line_segments([(ends[2], ends[3])], close=False)
        path.convert_to_shape().fill.background()
    return file_of(deck)


def open_polylines(lines: list[Line]) -> bytes:
    drawn = "".join(
        f'<draw:polyline svg:x="{min(left, right)}cm" svg:y="{min(top, bottom)}cm" svg:width="{abs(right - left) + 0.01:.3f}cm" '
        f'svg:height="{abs(bottom - top) + 0.01:.3f}cm" svg:viewBox="0 0 1000 1000" '
        f'draw:points="{1000 * (left > right)},{1000 * (top > bottom)} {1000 * (left <= right)},{1000 * (top <= bottom)}"/>'
        for left, top, right, bottom in lines
    )
    return odf_package({"content.xml": content(f"<draw:page>{drawn}</draw:page>", kind="drawing")})


def record(kind: int, *values: int, small: bool = False) -> bytes:
    body = struct.pack(f"<{len(values)}{'h' if small else 'i'}", *values)
    return struct.pack("<II", kind, 8 + len(body)) + body


def enhanced(lines: list[Line], kind: str = "step") -> bytes:
    records = []
    for left, top, right, bottom in ([round(side * 400) for side in line] for line in lines):
        if kind == "step":
            records += [record(27, left, top), record(54, right, bottom)]
        else:
            bounds = struct.pack("<iiiiI", left, top, right, bottom, 2)
            points = struct.pack("<4h", left, top, right, bottom)
            records.append(struct.pack("<II", 87, 8 + len(bounds) + len(points)) + bounds + points)
    body = b"".join([*records, record(14, 0, 16, 20)])
    size = struct.pack("<8i", 0, 0, 2600, 1200, 0, 0, 26000, 12000)
    told = struct.pack("<IIIHHIIIiiii", 0x10000, 88 + len(body), len(records) + 2, 1, 0, 0, 0, 0, 2600, 1200, 260, 120)
    return struct.pack("<II", 1, 88) + size + b" EMF" + told + body


def enhanced_lines(lines: list[Line]) -> bytes:
    return enhanced(lines, "polyline")


def windows(lines: list[Line]) -> bytes:
    records = b""
    for left, top, right, bottom in ([round(side * 400) for side in line] for line in lines):
        records += struct.pack("<IHhh", 5, 0x0214, top, left) + struct.pack("<IHhh", 5, 0x0213, bottom, right)
    return b"\x01\x00\x09\x00" + struct.pack("<HIHIH", 0x300, 0, 1, 5, 0) + records + struct.pack("<IH", 3, 0)


def rich_lines(lines: list[Line]) -> bytes:
    shapes = ""
    for left, top, right, bottom in ([round(side * 900) for side in line] for line in lines):
        box = f"\\shpleft{min(left, right)}\\shptop{min(top, bottom)}\\shpright{max(left, right)}\\shpbottom{max(top, bottom)}"
        flipped = int((right - left) * (bottom - top) < 0)
        kind = f"{{\\sp{{\\sn shapeType}}{{\\sv 20}}}}{{\\sp{{\\sn fFlipV}}{{\\sv {flipped}}}}}"
        shapes += f"{{\\shp{{\\*\\shpinst{box}{kind}}}}}"
    return f"{{\\rtf1\\ansi Kinh gui\\par {shapes}\\par}}".encode()


def old_rich_lines(lines: list[Line]) -> bytes:
    shapes = ""
    for left, top, right, bottom in ([round(side * 900) for side in line] for line in lines):
        low = min(left, right), min(top, bottom)
        ends = f"\\dpptx{left - low[0]}\\dppty{top - low[1]}\\dpptx{right - low[0]}\\dppty{bottom - low[1]}"
        box = f"\\dpx{low[0]}\\dpy{low[1]}\\dpxsize{abs(right - left)}\\dpysize{abs(bottom - top)}"
        shapes += f"{{\\*\\do\\dobxcolumn\\dobypara\\dpline{ends}{box}}}"
    return f"{{\\rtf1\\ansi Kinh gui\\par {shapes}\\par}}".encode()


def plan(lines: list[Line]) -> bytes:
    entities = "".join(
        f"0\nLINE\n8\n0\n10\n{left}\n20\n{-top}\n11\n{right}\n21\n{-bottom}\n" for left, top, right, bottom in lines
    )
    return f"0\nSECTION\n2\nENTITIES\n{entities}0\nENDSEC\n0\nEOF\n".encode()


def charted(lines: list[Line]) -> bytes:
    told = XyChartData()
    for number, (left, top, right, bottom) in enumerate(lines):
        series = told.add_series(f"Chuỗi {number}")
        series.add_data_point(left, -top)
        series.add_data_point(right, -bottom)
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    side = Emu(4_000_000)
    shapes.add_chart(XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, 0, 0, side, side, told)
    return file_of(deck)


def inked(lines: list[Line]) -> bytes:
    traces = ""
    for left, top, right, bottom in ([round(side * 900) for side in line] for line in lines):
        step = f"{(right - left) // 2}'{(bottom - top) // 2}"
        traces += f"<trace>{left} {top},'{step},'{step}</trace>"
    space = (
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    )
    drawing = (
        f"<w:p><w:r><w:drawing {space}><wp:inline><wp:extent cx='3000000' cy='1200000'/>"
        "<w14:contentPart r:id='rIdInk'/></wp:inline></w:drawing></w:r></w:p>"
    )
    return package(
        {
            "word/document.xml": f"<w:document {NAMESPACES}><w:body>{drawing}</w:body></w:document>",
            "word/_rels/document.xml.rels": relationships({"rIdInk": ("customXml", "ink/ink1.xml")}),
            "word/ink/ink1.xml": f'<ink xmlns="http://www.w3.org/2003/InkML">{traces}</ink>',
        }
    )


def bars(lines: list[Line]) -> bytes:
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    for left, top, right, bottom in lines:
        length = max(math.hypot(right - left, bottom - top), 0.12)
        at = [
            Emu(round(side * 600_000))
            for side in ((left + right - length) / 2, (top + bottom) / 2 - 0.06, length, 0.12)
        ]
        shapes.add_shape(MSO_SHAPE.FLOWCHART_TERMINATOR, *at).rotation = math.degrees(
            math.atan2(bottom - top, right - left)
        )
    return file_of(deck)


def open_bars(lines: list[Line]) -> bytes:
    shapes = ""
    for left, top, right, bottom in lines:
        length, angle = max(math.hypot(right - left, bottom - top), 0.12), math.atan2(bottom - top, right - left)
        at = left + 0.06 * math.sin(angle), top - 0.06 * math.cos(angle)
        place = f"rotate ({-angle:.6f}) translate ({at[0]:.4f}cm {at[1]:.4f}cm)"
        kind = '<draw:enhanced-geometry draw:type="ooxml-bevel" draw:enhanced-path="M 0 0 L ?f3 0 Z N"/>'
        shapes += f'<draw:custom-shape svg:width="{length:.4f}cm" svg:height="0.12cm" draw:transform="{place}">{kind}</draw:custom-shape>'
    page = f'<draw:page draw:name="1">{shapes}</draw:page>'
    return odf_package({"content.xml": content(page, "", "presentation")})


LINED = [
    *(slide, old_word, open_drawing, enhanced, enhanced_lines, windows),
    *(rich_lines, old_rich_lines, plan, charted, bars, open_bars),
]
MADE = first_quick([*LINED, inked, freeforms, open_polylines])


@pytest.mark.slow
@needs_ocr
@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_letters_of_lines_are_read(made):
    assert found(made(MARK))


@pytest.mark.slow
@needs_ocr
@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_other_letters_of_lines_are_no_mark(made):
    assert not found(made(OTHER))


@pytest.mark.parametrize("made", first_quick(LINED, 3), ids=lambda made: made.__name__)
def test_a_table_of_lines_is_not_drawn(made):
    reading = reading_of(made(CHART))
    assert not [member for member in reading.members if member.relation == "image"]


def printed_dots(word: str) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """Size of a word as it is printed, and column and row of its black dots."""
    font = ImageFont.truetype(FONT, 24)
    printed = Image.new("1", (round(font.getlength(word)) + 8, 40), 1)
    ImageDraw.Draw(printed).text((4, 4), word, 0, font)
    every = [(column, row) for column in range(printed.width) for row in range(printed.height)]
    return printed.size, [dot for dot in every if not printed.getpixel(dot)]


def squares(word: str, kind: MSO_SHAPE = MSO_SHAPE.RECTANGLE) -> bytes:
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    for column, row in printed_dots(word)[1]:
        side = Emu(60_000)
        for turn in (0, 180) if kind is MSO_SHAPE.RIGHT_TRIANGLE else (0,):
            shape = shapes.add_shape(kind, Emu(column * 60_000), Emu(row * 60_000), side, side)
            shape.rotation = turn
    return file_of(deck)


def spaced_circles(word: str) -> bytes:
    _, dots = printed_dots(word)
    drawn = "".join(
        f'<draw:circle svg:x="{x * 0.35:.3f}cm" svg:y="{y * 0.35:.3f}cm" svg:width="0.34cm" svg:height="0.34cm"/>'
        for x, y in dots
    )
    return odf_package({"content.xml": content(f"<draw:page>{drawn}</draw:page>", kind="drawing")})


def triangles(word: str) -> bytes:
    return squares(word, MSO_SHAPE.RIGHT_TRIANGLE)


def columns(word: str) -> bytes:
    """A chart of stacked columns, in which every second piece is left open."""
    (width, height), dots = printed_dots(word)
    black = set(dots)
    every = []
    for column in range(width):
        inked = [(column, height - 1 - row) in black for row in range(height)]
        pieces = [(each, len(list(group))) for each, group in groupby(inked)]
        every.append([length for _, length in ([(False, 0)] if pieces[0][0] else []) + pieces])
    told = CategoryChartData()
    told.categories = range(width)
    for level in range(max(map(len, every))):
        told.add_series(str(level), [pieces[level] if level < len(pieces) else 0 for pieces in every])
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    chart = shapes.add_chart(XL_CHART_TYPE.COLUMN_STACKED, 0, 0, Emu(6_000_000), Emu(3_000_000), told).chart
    for series in list(chart.plots[0].series)[::2]:
        series.format.fill.background()
    return file_of(deck)


@pytest.mark.slow
@needs_ocr
@pytest.mark.parametrize("made", [squares, spaced_circles, triangles, columns], ids=lambda made: made.__name__)
def test_letters_of_squares_triangles_and_columns_are_read_and_other_words_are_no_mark(made):
    assert found(made("MẬT"))
    assert not found(made("KẾT"))


def test_a_usual_chart_of_columns_is_not_drawn():
    told = CategoryChartData()
    told.categories = ["Thu", "Chi"]
    for name in ("Quý 1", "Quý 2"):
        told.add_series(name, [3, 4])
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_chart(
        XL_CHART_TYPE.COLUMN_STACKED, 0, 0, Emu(9_000), Emu(9_000), told
    )
    out = file_of(deck)
    reading = reading_of(out)
    assert not [member for member in reading.members if member.name.startswith("drawn")]


@pytest.mark.parametrize(
    ("limit", "made"), [("_LIMIT_POINTS", charted([(0, 0, 9, 9), (9, 0, 0, 9)])), ("_LIMIT_BARS", columns("MẬT"))]
)
def test_more_points_of_a_chart_than_are_drawn_are_reported(monkeypatch, limit: str, made: bytes):
    monkeypatch.setattr(plotted, limit, 3)
    assert "look-picture" in {item.kind for item in reading_of(made).document.active_content}


def test_slanting_lines_distinguish_letters_from_frames():
    flat = STROKE._replace(outline=[[(0, 0), (9, 0)]])
    assert without_frames([flat] * 40) == []
    assert len(without_frames([flat] * 4 + [STROKE] * 6)) == 10
    assert len(cells([BAR, BAR._replace(outline=[[(2, 0), (3, 0), (3, 1), (2, 1)]])])) == 2
    assert cells([STROKE]) == set()


def test_a_damaged_metafile_is_damaged_and_a_hostile_count_is_no_work():
    from gateway.documents.readers.base import ReadError

    data = enhanced(MARK)
    hostile = struct.pack("<IIiiiiIIi", 8, 36, 0, 0, 9, 9, 2**32 - 1, 2**32 - 1, 0)
    with pytest.raises(ReadError):
        metafile.read(Source(data=data[:88] + hostile + data[88:], part="1"), Budget())


def test_a_form_with_a_line_in_each_of_its_paragraphs_is_read_in_full() -> None:
    shapes = [
        f'<w:r><w:pict><v:line from="0pt,10pt" to="80pt,10pt"/></w:pict></w:r><w:r><w:t>Mục {n}</w:t></w:r>'
        for n in range(300)
    ]
    assert read(word("".join(f"<w:p>{shape}</w:p>" for shape in shapes))).document.status is ReadStatus.OK
