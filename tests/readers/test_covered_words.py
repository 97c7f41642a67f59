"""Words of which a shape or picture covers a part cannot be told, boxes are read in rows; what else stands near changes nothing."""

import io
import struct

import docx
import pptx
import pytest
import xlsxwriter
from docx.oxml import parse_xml
from PIL import Image
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Emu, Pt

from gateway.documents.readers.base import Budget, ReadError
from gateway.documents.readers.placed import Span, Stage, Thing, line_of
from tests.readers.ole_support import atom, container, record, short, sprm, word_file, workbook
from tests.readers.ole_support import drawn as shape97
from tests.readers.ooxml_support import NAMESPACES
from tests.readers.test_ppt import presentation, text
from tests.readers.test_ppt import slide as slide97
from tests.support.octets import file_of
from tests.support.opendocument import content, package
from tests.support.reading import document_of

SIZE = 28
WORDS = "BẢO MẬT"
FIRST = (0.0, 2.0, 60.0, 34.0)
"""Box of the first word, from the start of its line, in points."""
ASIDE = (300.0, 2.0, 60.0, 34.0)
ALL = (-10.0, 0.0, 400.0, 40.0)
FAR_BELOW = (0.0, 200.0, 60.0, 34.0)
Box = tuple[float, float, float, float]


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (60, 34), "white").save(out, "PNG")
    out.seek(0)
    return out


def letter(words: str, box: Box, *, fill: str = "FFFFFF", behind: bool = False, below: bool = False) -> bytes:
    left, top, width, height = (round(side * 12_700) for side in box)
    filled = f'<a:solidFill><a:srgbClr val="{fill}"/></a:solidFill>' if fill else "<a:noFill/>"
    origin = '<wp:position{0} relativeFrom="{1}"><wp:posOffset>{2}</wp:posOffset></wp:position{0}>'
    top -= round(1.5 * SIZE * 12_700) if below else 0
    drawing = parse_xml(
        f'<w:r {NAMESPACES}><w:drawing><wp:anchor behindDoc="{int(behind)}">{origin.format("H", "column", left)}'
        f'{origin.format("V", "paragraph", top)}<wp:extent cx="{width}" cy="{height}"/><a:graphic><a:graphicData><wps:wsp>'
        f"<wps:spPr>{filled}</wps:spPr></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></w:r>"
    )
    document = docx.Document()
    paragraph = document.add_paragraph()
    paragraph.add_run(words).font.size = docx.shared.Pt(SIZE)
    holder = document.add_paragraph("Kính gửi phòng Kinh tế") if below else paragraph
    holder._p.append(drawing)
    return file_of(document)


def beneath(words: str, box: Box, **more: bool) -> bytes:
    return letter(words, box, below=True, **more)


def slide(words: str, box: Box, *, behind: bool = False, pictured: bool = False, fill: str = "FFFFFF") -> bytes:
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes

    def text() -> None:
        frame = shapes.add_textbox(Emu(900_000), Emu(900_000), Emu(6_000_000), Emu(600_000)).text_frame
        frame.text = words
        frame.paragraphs[0].runs[0].font.size = Pt(SIZE)

    if not behind:
        text()
    at = [Emu(900_000 * (n < 2) + round(side * 12_700)) for n, side in enumerate(box)]
    if pictured:
        shapes.add_picture(picture(), *at)
    else:
        shape = shapes.add_shape(MSO_SHAPE.RECTANGLE, *at)
        shape.fill.solid() if fill else shape.fill.background()
        if fill:
            shape.fill.fore_color.rgb = RGBColor.from_string(fill)
    if behind:
        text()
    return file_of(deck)


def under_picture(words: str, box: Box, **more: bool) -> bytes:
    return slide(words, box, pictured=True, **more)


def sheet(words: str, box: Box, *, pictured: bool = False) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet("Sổ")
    page.set_row(7, 36)
    page.write(7, 3, words, book.add_format({"font_size": SIZE}))
    left, top, width, height = (round(side * 96 / 72) for side in box)
    at = {"x_offset": max(left, 0), "y_offset": max(top, 0)}
    if pictured:
        page.insert_image(7, 3, "a.png", {"image_data": picture(), **at})
    else:
        page.insert_textbox(7, 3, "", {"width": width, "height": height, "fill": {"color": "#FFFFFF"}, **at})
    book.close()
    return out.getvalue()


def sheet_picture(words: str, box: Box) -> bytes:
    return sheet(words, box, pictured=True)


STYLES = (
    '<style:style style:name="W" style:family="graphic"><style:graphic-properties draw:fill="{fill}" draw:fill-color="#ffffff" '
    'style:run-through="{through}"/></style:style>'
    f'<style:style style:name="T" style:family="text"><style:text-properties fo:font-size="{SIZE}pt"/></style:style>'
)


def drawn(box: Box, at: tuple[float, float] = (0.0, 0.0), *, name: str = "custom-shape", words: str = "") -> str:
    left, top, width, height = box
    said = f'<text:p><text:span text:style-name="T">{words}</text:span></text:p>'
    return (
        f'<draw:{name} draw:style-name="{"T" if words else "W"}" text:anchor-type="char" svg:x="{left + at[0]}pt" '
        f'svg:y="{top + at[1]}pt" svg:width="{width}pt" svg:height="{height}pt">{said}</draw:{name}>'
    )


def open_text(words: str, box: Box, *, fill: str = "solid", behind: bool = False) -> bytes:
    style = STYLES.format(fill=fill or "none", through="background" if behind else "foreground")
    body = f'<text:p><text:span text:style-name="T">{words}</text:span>{drawn(box)}</text:p>'
    return package({"content.xml": content(body, style)})


def open_slide(words: str, box: Box, *, fill: str = "solid", behind: bool = False) -> bytes:
    shapes = [drawn((0.0, 0.0, 480.0, 40.0), (70, 70), words=words), drawn(box, (70, 70))]
    page = f'<draw:page draw:name="1">{"".join(reversed(shapes) if behind else shapes)}</draw:page>'
    return package(
        {"content.xml": content(page, STYLES.format(fill=fill or "none", through="foreground"), "presentation")}
    )


def open_sheet(words: str, box: Box, *, in_cell: bool = True) -> bytes:
    shape = drawn(box, name="rect")
    held = f'{shape if in_cell else ""}<text:p><text:span text:style-name="T">{words}</text:span></text:p>'
    cell = f'<table:table-row><table:table-cell office:value-type="string">{held}</table:table-cell></table:table-row>'
    over = "" if in_cell else f"<table:shapes>{shape}</table:shapes>"
    body = f'<table:table table:name="A">{over}{cell}</table:table>'
    return package({"content.xml": content(body, STYLES.format(fill="solid", through=""), "spreadsheet")})


def over_sheet(words: str, box: Box) -> bytes:
    return open_sheet(words, box, in_cell=False)


def rich_text(words: str, box: Box, *, behind: bool = False, fill: str = "1") -> bytes:
    left, top, width, height = (round(20 * side) for side in box)
    told = "".join(f"\\u{ord(letter)}?" for letter in words)
    ends = f"\\shpleft{left}\\shptop{top}\\shpright{left + width}\\shpbottom{top + height}\\shpfblwtxt{int(behind)}"
    kind = "{\\sp{\\sn shapeType}{\\sv 1}}{\\sp{\\sn fFilled}{\\sv " + (fill or "0") + "}}"
    shape = "{\\shp{\\*\\shpinst" + ends + "\\shpbypara\\shpbxcolumn" + kind + "}}"
    return ("{\\rtf1\\ansi " + shape + f"{{\\fs{2 * SIZE} {told}}}\\par}}").encode()


def on_slide(words: str, box: Box, filled: bool, number: int = 2, *, group: bytes = b"", child: bool = False) -> bytes:
    """A shape of PowerPoint 97 with its words in letters of 28 points, aligned to the left."""
    left, top, width, height = (round(8 * side) for side in box)
    ends = (left, top, left + width, top + height)
    anchor = (
        atom(0xF00F, struct.pack("<4i", *ends)) if child else atom(0xF010, struct.pack("<4h", top, left, *ends[2:]))
    )
    styles = struct.pack("<IHIH", len(words) + 1, 0, 1 << 11, 0) + struct.pack("<IIH", len(words) + 1, 1 << 17, SIZE)
    said = container(0xF00D, text(words, kind=4, styles=styles)) if words else b""
    return shape97(number, anchor, said, filled=filled, group=group)


def old_slide(words: str, box: Box, *, fill: str = "1", behind: bool = False) -> bytes:
    shapes = [on_slide(words, (70, 70, 480, 40), False), on_slide("", (70 + box[0], 70 + box[1], *box[2:]), bool(fill))]
    return presentation([slide97(container(0xF003, *(reversed(shapes) if behind else shapes)))])


def grouped_slide(words: str, box: Box) -> bytes:
    """The cover counts in tenths of the units that its group stands in."""
    around = (70.0, 70.0, 480.0, 480.0)
    group = on_slide("", around, False, group=struct.pack("<4i", 0, 0, 38_400, 38_400))
    cover = on_slide("", tuple(10 * side for side in box), True, child=True)  # type: ignore[arg-type]
    return presentation([slide97(container(0xF003, on_slide(words, around, False), container(0xF003, group, cover)))])


def old_sheet(words: str, box: Box, *, kind: int = 30) -> bytes:
    """A shape over the cell D8, whose letters have the usual 12 points."""
    (left, top, width, height), ends = (12 / SIZE * max(side, 0) for side in box), []
    for at in (left, left + width):
        for first, usual, parts, side in ((3, 48, 1024, at), (7, 15, 256, top + height * (at > left))):
            ends += [first + int(side // usual), round(side % usual / usual * parts)]
    anchor = atom(0xF010, struct.pack("<H8H", 0, *ends))
    objects = record(0x5D, struct.pack("<HHHH", 0x15, 0x12, kind, 1) + bytes(14))
    shape = container(0xF002, shape97(1025, anchor, atom(0xF011, b""), filled=True))
    cell = record(0x204, struct.pack("<HHH", 7, 3, 0) + short(words, octets=2))
    return workbook([("A", 0, (cell, record(0xEC, shape), objects))])


def spa(number: int, box: Box, *, flags: int) -> bytes:
    left, top, width, height = (round(20 * side) for side in box)
    return struct.pack("<I4iHI", number, left, top, left + width, top + height, flags, 0)


def old_letter(words: str, box: Box, *, fill: str = "1", behind: bool = False) -> bytes:
    flags = 2 << 1 | 2 << 3 | 3 << 5 | behind << 14
    drawing = container(0xF002, container(0xF003, shape97(1026, filled=bool(fill))))
    tables = {
        "shapes": struct.pack("<II", 0, 1) + spa(1026, box, flags=flags),
        "drawings": container(0xF000) + b"\0" + drawing,
    }
    size = sprm(0x4A43, struct.pack("<H", 2 * SIZE))
    return word_file([("\x08", sprm(0x0855, b"\1")), (words + "\r", size)], tables=tables)


def cannot_be_told(data: bytes) -> bool:
    return any(active.kind == "look-clipped" for active in document_of(data).active_content)


MADE = [
    letter, beneath, slide, under_picture, sheet, sheet_picture, open_text, open_slide, open_sheet, over_sheet, rich_text,
    old_slide, grouped_slide, old_sheet, old_letter,
]  # fmt: skip


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_a_word_under_a_shape_is_cannot_tell(made):
    assert cannot_be_told(made(WORDS, FIRST))


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_a_shape_beside_or_far_below_a_line_or_over_other_words_changes_nothing(made):
    assert not cannot_be_told(made(WORDS, ASIDE))
    assert not cannot_be_told(made("KẾ HOẠCH CẬP NHẬT", FIRST))
    assert made is beneath or not cannot_be_told(made(WORDS, FAR_BELOW))


@pytest.mark.slow
@pytest.mark.parametrize(
    "made", [letter, slide, open_text, open_slide, rich_text, old_slide, old_letter], ids=lambda made: made.__name__
)
def test_a_shape_behind_the_text_without_filling_or_over_all_of_it_changes_nothing(made):
    assert not cannot_be_told(made(WORDS, FIRST, behind=True))
    assert not cannot_be_told(made(WORDS, FIRST, fill=""))
    assert not cannot_be_told(made(WORDS, ALL))


def boxes(spelled: str, between: str = "KHNRKHNRK", *, apart: int = 900_000) -> str:
    """Words of a slide with a box a letter, each followed by another one that stands lower."""
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    for number, pair in enumerate(zip(spelled, between, strict=False)):
        for row, letter_of in enumerate(pair):
            at = (Emu(900_000 + 450_000 * number), Emu(900_000 + apart * row))
            shapes.add_textbox(*at, Emu(400_000), Emu(500_000)).text_frame.text = letter_of
    return " ".join(run.text for run in document_of(file_of(deck)).runs)


def spread(spelled: str, between: str = "KHNRKHNRK") -> list[tuple[str, Box]]:
    """The same boxes with their places."""
    pairs = zip(spelled, between, strict=False)
    return [(one, (40.0 * n, 60.0 * row, 30.0, 30.0)) for n, pair in enumerate(pairs) for row, one in enumerate(pair)]


def slide_boxes(spelled: str) -> bytes:
    shapes = [on_slide(one, box, False) for one, box in spread(spelled)]
    return presentation([slide97(container(0xF003, *shapes))])


def letter_boxes(spelled: str) -> bytes:
    """Boxes of Word 97: what they say is a story of its own, whose table names their shapes."""
    told, count = spread(spelled), 2 * len(spelled)
    numbers = range(1026, 1026 + count)
    places = b"".join(spa(number, box, flags=2 << 1 | 2 << 3) for number, (_, box) in zip(numbers, told, strict=True))
    ends = struct.pack(f"<{count + 1}I", *range(0, 2 * count + 1, 2))
    shapes = container(0xF002, container(0xF003, *(shape97(number, filled=False) for number in numbers)))
    tables = {
        "shapes": struct.pack(f"<{count + 1}I", *range(count + 1)) + places,
        "drawings": container(0xF000) + b"\0" + shapes,
        "textbox": ends + b"".join(bytes(14) + struct.pack("<II", number, 0) for number in numbers),
    }
    body = "\x08" * count + "\r"
    said = "".join(one + "\r" for one, _ in told)
    counts = (len(body), 0, 0, 0, 0, 0, len(said), 0)
    return word_file([(body, sprm(0x0855, b"\1")), (said, b"")], counts=counts, tables=tables)


def rich_boxes(spelled: str) -> bytes:
    shapes = ""
    for one, box in spread(spelled):
        left, top, width, height = (round(20 * side) for side in box)
        ends = f"\\shpleft{left}\\shptop{top}\\shpright{left + width}\\shpbottom{top + height}\\shpbypara\\shpbxcolumn"
        name = "{\\sp{\\sn wzName}{\\sv Hình 1}}"
        shapes += "{\\shp{\\*\\shpinst" + ends + name + f"{{\\shptxt \\u{ord(one)}?\\par}}}}}}"
    return ("{\\rtf1\\ansi " + shapes + "x\\par}").encode()


def test_letters_in_boxes_are_read_in_the_row_that_they_stand_in():
    assert "TỐIMẬT" in boxes("TỐIMẬT")


@pytest.mark.parametrize("made", [slide_boxes, letter_boxes, rich_boxes], ids=lambda made: made.__name__)
def test_boxes_of_old_formats_are_read_in_their_rows_too(made):
    assert "TỐIMẬT" in [run.text for run in document_of(made("TỐIMẬT")).runs]
    assert not any("MẬT" in run.text for run in document_of(made("NHẬTKÝ")).runs)


def test_controls_over_the_cells_of_a_sheet_cover_nothing():
    """The arrow of a filter lies over the end of its cell."""
    assert not cannot_be_told(old_sheet(WORDS, FIRST, kind=20))


@pytest.mark.parametrize("spelled", ["MẬTKHẨU", "NHẬTKÝ", "CẬP"])
def test_boxes_that_spell_other_words_or_stand_in_one_row_with_others_are_no_level(spelled):
    assert "MẬT" not in boxes(spelled)
    assert "MẬT" not in boxes("MẬT", apart=0)


def test_thousands_of_boxes_on_one_page_end_with_the_time():
    stage, budget = Stage(), Budget(part_cpu_s=0.2)
    for number in range(20_000):
        stage.on_page(
            "slide:1", Thing(Span(number * 1000.0, 0.0, 100.0, 20.0), opaque=True, lines=[line_of("MẬT", 12)])
        )
    with pytest.raises(ReadError, match="cpu"):
        stage.covered([], budget.check_time)
