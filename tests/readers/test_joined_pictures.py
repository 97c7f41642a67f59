"""Pictures as a page shows them: cut in pieces, a letter each, mirrored; and pictures that are none of one another."""

import base64
import io
import struct

import docx
import numpy as np
import openpyxl
import pptx
import pytest
from docx.shared import Cm
from openpyxl.drawing.image import Image as SheetImage
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps, ImageStat
from pptx.util import Cm as SlideCm

from gateway.documents.readers.base import Budget, Member, Source
from gateway.documents.readers.pictures import image
from gateway.documents.readers.pictures import joined as joining
from gateway.documents.readers.pictures.joined import LIMIT_PIECES, Pictures, Turn
from gateway.documents.readers.sniff import sniff
from gateway.documents.readers.text_art import with_text_art
from gateway.vietnamese.marks import find_in_document
from tests.readers.ole_support import atom, container, sprm, word_file
from tests.readers.scans import FONT_DIR
from tests.support.cases import first_quick
from tests.support.ocr import needs_ocr
from tests.support.octets import file_of
from tests.support.opendocument import content, package, style
from tests.support.reading import reading_of

FONT = str(FONT_DIR / "liberation/LiberationSerif-Bold.ttf")


def drawn(text: str, size: tuple[int, int] = (640, 300), at: tuple[int, int] = (90, 50)) -> Image.Image:
    page = Image.new("RGB", size, "white")
    ImageDraw.Draw(page).text(at, text, "black", ImageFont.truetype(FONT, 150))
    return page


def png(page: Image.Image) -> bytes:
    return file_of(page, "PNG")


def halves(page: Image.Image, *, across: bool = True) -> list[Image.Image]:
    width, height = page.size
    if across:
        return [page.crop((0, 0, width // 2, height)), page.crop((width // 2, 0, width, height))]
    return [page.crop((0, 0, width, height // 2)), page.crop((0, height // 2, width, height))]


def letters(word: str) -> list[Image.Image]:
    return [drawn(letter, (200, 260), (25, 30)) for letter in word]


def found(data: bytes) -> bool:
    """Whether a mark is read in a document or a picture that its reader hands on."""
    reading = with_text_art(reading_of(data))
    documents = [reading.document]
    documents += [
        image.read(Source(data=member.data, part=member.name, relation="image"), Budget()).document
        for member in reading.members
        if sniff(member.data).primary.startswith("image/") and member.relation == "image"
    ]
    return any(find_in_document(document) for document in documents)


def word(rows: list[list[Image.Image]]) -> bytes:
    document = docx.Document()
    document.add_paragraph("Kính gửi phòng Kinh tế")
    for row in rows:
        run = document.add_paragraph().add_run()
        for page in row:
            run.add_picture(io.BytesIO(png(page)), width=Cm(page.width / 60))
    document.add_paragraph("Trân trọng")
    return file_of(document)


def slides(
    pieces: list[tuple[Image.Image, float, float]], *, mirrored: bool = False, upside_down: bool = False
) -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    for page, left, top in pieces:
        size = SlideCm(page.width / 60)
        picture = slide.shapes.add_picture(io.BytesIO(png(page)), SlideCm(left), SlideCm(top), width=size)
        if mirrored:
            picture._element.spPr.xfrm.set("flipH", "1")
        if upside_down:
            picture._element.spPr.xfrm.set("flipV", "1")
    return file_of(deck)


def group_of_slide(pieces: list[Image.Image], **turned: str) -> bytes:
    """Pictures side by side in a group that is flipped or turned itself."""
    deck = pptx.Presentation()
    group = deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_group_shape()
    left = SlideCm(3)
    for page in pieces:
        left += group.shapes.add_picture(io.BytesIO(png(page)), left, SlideCm(3), width=SlideCm(page.width / 60)).width
    for name, value in turned.items():
        group._element.grpSpPr.xfrm.set(name, value)
    return file_of(deck)


def sheet(pieces: list[tuple[Image.Image, str]]) -> bytes:
    book = openpyxl.Workbook()
    for page, cell in pieces:
        book.active.add_image(SheetImage(io.BytesIO(png(page))), cell)
    return file_of(book)


def rich(pieces: list[Image.Image]) -> bytes:
    groups = "".join(f"{{\\pict\\pngblip {png(page).hex()}}}" for page in pieces)
    return f"{{\\rtf1\\ansi Kinh gui\\par {groups}\\par Tran trong\\par}}".encode()


def rich_shapes(pieces: list[Image.Image], *, grouped: bool = False) -> bytes:
    """Pictures of shapes that stand side by side, the right one first in the file; of a group in its own units."""
    shapes, left = "", 0
    for page in pieces:
        edges = {"left": left, "top": 900, "right": left + page.width, "bottom": 900 + page.height}
        left += page.width
        told = "".join(f"\\shp{side}{at}" for side, at in edges.items())
        inside = "".join(f"{{\\sp{{\\sn rel{side.title()}}}{{\\sv {at}}}}}" for side, at in edges.items())
        pib = f"{{\\sp{{\\sn pib}}{{\\sv {{\\pict\\pngblip {png(page).hex()}}}}}}}"
        shapes = f"{{\\shp{{\\*\\shpinst{inside if grouped else told}{pib}}}}}\\par Kinh gui\\par " + shapes
    group = "{\\shpgrp{\\*\\shpinst\\shpleft0\\shptop0\\shpright900\\shpbottom400"
    return f"{{\\rtf1\\ansi {group + shapes + '}}' if grouped else shapes}}}".encode()


def text_document(pieces: list[Image.Image], look: str = "") -> bytes:
    frames = "".join(
        f'<draw:frame draw:style-name="g" text:anchor-type="as-char" svg:width="{page.width / 60}cm" svg:height="{page.height / 60}cm">'
        f'<draw:image xlink:href="Pictures/{number}.png"/></draw:frame>'
        for number, page in enumerate(pieces)
    )
    body = content(f"<text:p>{frames}</text:p>", style("g", look, family="graphic", kind="graphic"))
    return package({"content.xml": body} | {f"Pictures/{number}.png": png(page) for number, page in enumerate(pieces)})


def old_document(pieces: list[Image.Image], properties: bytes = b"") -> bytes:
    """A Word 97 file whose pictures stand in a line (PICF and FBSE: MS-DOC 2.9.190, MS-ODRAW 2.2.32)."""
    text, data = [("Kính gửi phòng Kinh tế\r", b"")], b""
    for page in pieces:
        text.append(("\x01", sprm(0x6A03, struct.pack("<I", len(data))) + sprm(0x0855, b"\1")))
        described = (
            container(0xF004, atom(0xF00A, struct.pack("<II", 1, 0), instance=75), properties) if properties else b""
        )
        entry = described + atom(0xF007, bytes(36) + atom(0xF01E, bytes(17) + png(page), instance=0x6E0), instance=6)
        head = struct.pack("<IHH20x4H", 68 + len(entry), 68, 0x64, page.width * 9, page.height * 9, 1000, 1000)
        data += head.ljust(68, b"\0") + entry
    return word_file([*text, ("\rTrân trọng\r", b"")], streams={("Data",): data})


@needs_ocr
@pytest.mark.parametrize(
    "made",
    first_quick(
        [
            lambda: word([halves(drawn("MẬT"))]),
            lambda: word([[half] for half in halves(drawn("MẬT"), across=False)]),
            lambda: word([letters("MẬT")]),
            lambda: word([[letter] for letter in letters("MẬT")]),
            lambda: slides([(page, 3 + 5.34 * n, 3) for n, page in enumerate(halves(drawn("MẬT")))]),
            lambda: slides([(page, 9 - 3.4 * n, 3) for n, page in enumerate(reversed(letters("MẬT")))][::-1]),
            lambda: slides([(ImageOps.mirror(drawn("MẬT")), 3, 3)], mirrored=True),
            lambda: group_of_slide(halves(ImageOps.mirror(drawn("MẬT"))), flipH="1"),
            lambda: group_of_slide(halves(drawn("MẬT").rotate(180)), rot="10800000"),
            lambda: sheet([(page, cell) for page, cell in zip(halves(drawn("MẬT")), ("B2", "G2"), strict=True)]),
            lambda: rich(letters("MẬT")),
            lambda: rich_shapes(halves(drawn("MẬT"))),
            lambda: rich_shapes(halves(drawn("MẬT")), grouped=True),
            lambda: text_document(halves(drawn("MẬT"))),
            lambda: old_document(halves(drawn("MẬT"))),
        ],
    ),
    ids=[
        "halves",
        "upper and lower",
        "letters",
        "column",
        "slide",
        "slide letters",
        "mirrored",
        "mirrored group",
        "turned group",
        "sheet",
        "rtf",
        "rtf shapes",
        "rtf group",
        "odt",
        "doc",
    ],
)
def test_a_mark_in_pieces_is_read_as_it_is_shown(made):
    assert found(made())


@needs_ocr
@pytest.mark.parametrize(
    "made",
    first_quick(
        [
            lambda: word([letters("ABC")]),
            lambda: old_document(letters("ABC")),
            lambda: rich_shapes(letters("ABC")),
            lambda: group_of_slide(letters("TẬM"), rot="0"),
            lambda: word([[drawn("Hình 1"), drawn("Hình 2")]]),
            lambda: slides([(letters("M")[0], 1, 1), (letters("Ậ")[0], 14, 9), (letters("T")[0], 20, 1)]),
        ]
    ),
    ids=["other letters", "in an old file", "in shapes", "in a group", "figures", "far apart"],
)
def test_other_pictures_are_no_mark(made):
    assert not found(made())


def rich_picture(page: Image.Image, look: str) -> bytes:
    return f"{{\\rtf1\\ansi {{\\pict{look}\\picwgoal10000\\pichgoal3000\\pngblip {png(page).hex()}}}\\par}}".encode()


BAO_MAT = drawn("BẢO MẬT", (1000, 300), (20, 50))
CUT_OFF = {
    "rtf": r"\piccropl3900",
    "rtf shape": r"{\*\picprop{\sp{\sn cropFromLeft}{\sv 25559}}}",
    "odf": 'fo:clip="rect(0cm, 0cm, 0cm, 10.4cm)"',
}


def cut_off(kind: str, look: str) -> bytes:
    return text_document([BAO_MAT], look) if kind == "odf" else rich_picture(BAO_MAT, look)


@pytest.mark.parametrize("kind", CUT_OFF)
def test_of_a_picture_what_is_not_cut_off_is_shown_alone(kind):
    pictures = [member.data for member in with_text_art(reading_of(cut_off(kind, CUT_OFF[kind]))).members]
    assert pictures[:-1] == [png(BAO_MAT)]
    left_over = BAO_MAT.crop((390, 0, 1000, 300)).resize((1000, 300))
    with Image.open(io.BytesIO(pictures[-1])) as shown:
        assert ImageStat.Stat(ImageChops.difference(shown.convert("L"), left_over.convert("L"))).mean[0] < 6


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize("kind", CUT_OFF)
def test_what_is_not_cut_off_of_a_picture_is_a_mark(kind):
    assert [found(cut_off(kind, look)) for look in (CUT_OFF[kind], "")] == [True, False]


@needs_ocr
@pytest.mark.parametrize("is_mark", [True, False])
@pytest.mark.parametrize("kind", ["odf", "rtf", "doc"])
def test_a_pale_picture_is_read_where_its_document_darkens_it(kind, is_mark):
    pale = drawn("MẬT", (700, 300), (60, 50)).convert("L").point(lambda shade: 246 + shade * 9 // 255).convert("RGB")
    match kind:
        case "odf":
            data = text_document([pale], 'draw:contrast="80%"' * is_mark)
        case "rtf":
            data = rich_picture(pale, r"{\*\picprop{\sp{\sn pictureBrightness}{\sv -9830}}}" * is_mark)
        case _:
            data = old_document(
                [pale], atom(0xF00B, struct.pack("<HiHi", 0x4104, 1, 0x0109, -9830), instance=2) * is_mark
            )
    assert found(data) is is_mark


def joined(pictures: Pictures) -> list[Member]:
    return pictures.members(Budget())


def test_one_picture_and_the_same_picture_again_are_not_put_together():
    pictures = Pictures()
    for _ in range(9):
        pictures.flow(png(drawn("A")), 1, 0)
    assert joined(pictures) == []


def test_a_picture_behind_other_words_is_no_neighbour():
    pictures = Pictures()
    for number, page in enumerate(letters("MẬT")):
        pictures.flow(png(page), 1, number)
    assert joined(pictures) == []


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """So many sets are put together."""
    monkeypatch.setattr(joining, "LIMIT_JOINED", 5)
    return joining.LIMIT_JOINED


def test_too_many_sets_are_reported(few: int):
    pictures = Pictures()
    for number in range(few + 1):
        pictures.place(png(drawn(str(number))), number, (0, 0, 9, 9), Turn(mirrored=True))
    assert len(joined(pictures)) == few
    assert pictures.incomplete


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "incomplete"), [("photograph", False), ("page", True)])
def test_of_many_sets_only_photographs_may_be_left_out(kind: str, few: int, *, incomplete: bool):
    chance, pictures = np.random.default_rng(3), Pictures()
    for number in range(few + 5):
        for half in range(2):
            shown = drawn(f"{number}{half}") if kind == "page" else noise(chance)
            pictures.flow(png(shown), 1, number)
    assert len(joined(pictures)) >= few
    assert pictures.incomplete is incomplete


def noise(chance: np.random.Generator) -> Image.Image:
    return Image.fromarray(chance.integers(0, 255, (12, 16, 3), np.uint8)).resize((160, 120))


def test_many_pictures_in_running_text_are_taken():
    pictures, dot = Pictures(), png(Image.new("RGB", (8, 8)))
    for number in range(LIMIT_PIECES + 100):
        pictures.flow(dot, number, number)
    assert joined(pictures) == []
    assert not pictures.incomplete


def test_a_broken_piece_stops_nothing():
    pictures = Pictures()
    pictures.flow(b"\x89PNG\r\n\x1a\n broken", 1, 0)
    pictures.flow(png(drawn("A")), 1, 0)
    assert joined(pictures) == []


def widths(data: bytes) -> list[float]:
    """How wide a document says that it shows its pictures, in inches."""
    budget = Budget()
    reading_of(data, budget=budget)
    return sorted(budget.shown_inches.values())


def test_readers_say_how_wide_a_picture_is_shown_at_most() -> None:
    document = docx.Document()
    for width in (2.54, 7.62, 5.08):
        document.add_paragraph().add_run().add_picture(io.BytesIO(png(drawn("LOGO"))), width=Cm(width))
    assert widths(file_of(document)) == [pytest.approx(3.0)]


def test_of_a_picture_that_is_cut_or_turned_nobody_knows_the_width() -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    for number, word_ in enumerate(("A", "B", "C")):
        shape = slide.shapes.add_picture(
            io.BytesIO(png(drawn(word_))), SlideCm(1), SlideCm(1 + 5 * number), SlideCm(2.54)
        )
        shape.crop_left = 0.5 if number == 1 else 0.0
        shape.rotation = 90 if number == 2 else 0
    assert widths(file_of(deck)) == [pytest.approx(1.0), float("inf"), float("inf")]


@pytest.mark.parametrize(
    ("before", "behind", "reported"),
    [("M", "T", True), ("MẬ", "", True), ("", "ẬT", True), ("M", "", True), ("Mẫu ", "", False), ("BẮT", "", False)],
)
def test_letters_beside_a_picture_that_may_be_the_rest_of_a_mark_is_reported(before: str, behind: str, reported: bool):
    page = docx.Document()
    line = page.add_paragraph(before)
    line.add_run().add_picture(io.BytesIO(png(drawn("x", (200, 260), (25, 30)))), Cm(1))
    line.add_run(behind)
    out = file_of(page)
    kinds = {each.kind for each in reading_of(out).document.active_content}
    assert ("look-picture" in kinds) is reported


@pytest.mark.parametrize(("words", "reported"), [("MẬ", True), ("ẬT", True), ("MẤT", False)])
def test_part_of_a_mark_in_a_page_with_pictures_is_reported(words: str, reported: bool):
    address = base64.b64encode(png(drawn("x", (200, 260), (25, 30)))).decode()
    page = f'<!DOCTYPE html><html><p>{words}<img src="data:image/png;base64,{address}"></p></html>'
    assert ("look-picture" in {each.kind for each in reading_of(page.encode()).document.active_content}) is reported


@pytest.mark.parametrize(("leftwards", "order"), [(False, [0.0, 200.0]), (True, [200.0, 0.0])])
def test_pictures_of_a_row_from_right_to_left_stand_leftwards(leftwards: bool, order: list[float]):
    pictures = Pictures()
    for letter in letters("MT"):
        pictures.flow(png(letter), "row", 0, (200.0, 260.0), leftwards=leftwards)
    (pieces,) = pictures._flowing()
    assert [next(p.box[0] for p in pieces if p.data == png(letter)) for letter in letters("MT")] == order
