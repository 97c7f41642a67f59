"""Words of which a shape or picture covers a part cannot be told, boxes are read in rows; what else stands near changes nothing."""

from __future__ import annotations

import io

import docx
import pptx
import pytest
import xlsxwriter
from docx.oxml import parse_xml
from PIL import Image
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Emu, Pt

from gateway.documents.readers.base import Budget, Source
from gateway.documents.readers.registry import reader_for
from gateway.documents.readers.sniff import sniff
from tests.readers.ooxml_support import NAMESPACES
from tests.readers.test_odf import content, package

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
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


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
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


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


def cannot_be_told(data: bytes) -> bool:
    kind = sniff(data).primary
    document = reader_for(kind)(Source(data=data, part="1", detected_type=kind), Budget()).document  # type: ignore[misc]
    return any(active.kind == "look-clipped" for active in document.active_content)


MADE = [
    letter, beneath, slide, under_picture, sheet, sheet_picture, open_text, open_slide, open_sheet, over_sheet, rich_text,
]  # fmt: skip


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_a_word_under_a_shape_cannot_be_told(made):
    assert cannot_be_told(made(WORDS, FIRST))


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_a_shape_beside_or_far_below_a_line_or_over_other_words_changes_nothing(made):
    assert not cannot_be_told(made(WORDS, ASIDE))
    assert not cannot_be_told(made("KẾ HOẠCH CẬP NHẬT", FIRST))
    assert made is beneath or not cannot_be_told(made(WORDS, FAR_BELOW))


@pytest.mark.parametrize("made", [letter, slide, open_text, open_slide, rich_text], ids=lambda made: made.__name__)
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
    out = io.BytesIO()
    deck.save(out)
    data = out.getvalue()
    kind = sniff(data).primary
    document = reader_for(kind)(Source(data=data, part="1", detected_type=kind), Budget()).document  # type: ignore[misc]
    return " ".join(run.text for run in document.runs)


def test_letters_in_boxes_are_read_in_the_row_that_they_stand_in():
    assert "TỐIMẬT" in boxes("TỐIMẬT")


@pytest.mark.parametrize("spelled", ["MẬTKHẨU", "NHẬTKÝ", "CẬP"])
def test_boxes_that_spell_other_words_or_stand_in_one_row_with_others_are_no_level(spelled):
    assert "MẬT" not in boxes(spelled)
    assert "MẬT" not in boxes("MẬT", apart=0)
