"""Letters raised or lowered to another row are read in their rows; superscripts and ordinals change no word."""

import io

import docx
import pptx
import pytest
import xlsxwriter
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from pptx.util import Emu

from gateway.documents.readers.rows import in_rows
from gateway.model import Run
from gateway.vietnamese.marks import find_in_document
from tests.readers.ole_support import sprm, word_file
from tests.support.octets import file_of
from tests.support.opendocument import content, package
from tests.support.reading import document_of

Pieces = list[tuple[str, float]]
"""Text, and how high it stands, in parts of the size of its letters."""
HIDDEN: Pieces = [("M", 0), ("K", 1), ("Ậ", 0), ("H", 1), ("T", 0)]
TWO_ROWS: Pieces = [("M", 0), ("K", 1), ("Ậ", 0), ("H", -1), ("T", 0), ("N", 1)]
BESIDE: Pieces = [("Phòng họp M", 0), ("x", 0.33), ("Ậ", 0), ("x", 0.33), ("T", 0), ("z", 0.33)]
INNOCENT: list[Pieces] = [
    [("Mật độ 120 người/km", 0), ("2", 0.33), (", cập nhật lần 1", 0), ("st", 0.3)],
    [("bảo mật", 0), ("1", 0.33), (" theo quy định, khí CO", 0), ("2", -0.25)],
    [("M", -0.08), ("ật độ giao thông", 0)],
]
SIZE = 20


def letter(pieces: Pieces) -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph()
    for text, height in pieces:
        run = paragraph.add_run(text)
        run.font.size = Pt(SIZE)
        place = OxmlElement("w:position")
        place.set(qn("w:val"), str(round(2 * SIZE * height)))
        run._r.get_or_add_rPr().append(place)
    return file_of(document)


def slide(pieces: Pieces) -> bytes:
    deck = pptx.Presentation()
    shapes = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    paragraph = shapes.add_textbox(Emu(9), Emu(9), Emu(9_000_000), Emu(900_000)).text_frame.paragraphs[0]
    for text, height in pieces:
        run = paragraph.add_run()
        run.text = text
        run.font._element.set("baseline", str(round(100_000 * height)))
    return file_of(deck)


def open_text(pieces: Pieces) -> bytes:
    styles = "".join(
        f'<style:style style:name="T{number}" style:family="text"><style:text-properties fo:font-size="{SIZE}pt" '
        f'style:text-position="{round(100 * height)}% 100%"/></style:style>'
        for number, (_, height) in enumerate(pieces)
    )
    spans = "".join(f'<text:span text:style-name="T{n}">{text}</text:span>' for n, (text, _) in enumerate(pieces))
    return package({"content.xml": content(f"<text:p>{spans}</text:p>", styles)})


def rich_text(pieces: Pieces) -> bytes:
    told = "".join(
        f"{{\\fs{2 * SIZE}\\{'up' if height >= 0 else 'dn'}{abs(round(2 * SIZE * height))} "
        + "".join(f"\\u{ord(each)}?" for each in text)
        + "}"
        for text, height in pieces
    )
    return ("{\\rtf1\\ansi " + told + "\\par}").encode()


def rows(data: bytes) -> list[str]:
    """Rows of the first paragraph."""
    runs = document_of(data).runs
    return "".join(run.text for run in runs if run.block == runs[0].block).split("\n")


@pytest.mark.slow
@pytest.mark.parametrize("made", [letter, slide, open_text, rich_text], ids=lambda made: made.__name__)
def test_letters_of_another_row_are_read_in_it(made):
    assert rows(made(HIDDEN))[:2] == ["KH", "MẬT"]
    assert rows(made(TWO_ROWS))[:3] == ["KN", "MẬT", "H"]
    assert rows(made(BESIDE))[:2] == ["xxz", "Phòng họp MẬT"]


@pytest.mark.parametrize("made", [letter, slide, open_text, rich_text], ids=lambda made: made.__name__)
@pytest.mark.parametrize("pieces", INNOCENT, ids=range(len(INNOCENT)))
def test_superscripts_ordinals_and_initials_stay_in_their_line(made, pieces):
    assert rows(made(pieces))[0] == "".join(text for text, _ in pieces)


def test_superscripts_of_a_cell_part_no_word():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    large, high = book.add_format({"font_size": 30}), book.add_format({"font_script": 1})
    book.add_worksheet("S").write_rich_string(0, 0, large, "M", high, "x", large, "Ậ", high, "x", large, "T")
    book.close()
    assert "xx\nMẬT" in "".join(run.text for run in document_of(out.getvalue()).runs)


def test_a_part_of_the_word_that_is_raised_to_the_line_above_is_cannot_tell():
    def told(first: Pieces, second: Pieces) -> bool:
        parted = "{}\\par{}".format(*(rich_text(each).decode()[len("{\\rtf1\\ansi ") : -6] for each in (first, second)))
        return any(
            active.kind == "look-clipped"
            for active in document_of(f"{{\\rtf1\\ansi {parted}\\par}}".encode()).active_content
        )

    assert told([("Phòng họp    M", 0)], [("       ", 0), ("ẬT", 1.2)])
    assert not told([("Phòng họp    M", 0)], [("       ", 0), ("ẬT", 0)])
    assert not told([("Cập nhật", 0)], [("       ", 0), ("(xem phụ lục)", 1.2)])


def dropped_docx(first: str, rest: str) -> bytes:
    document = docx.Document()
    frame = OxmlElement("w:framePr")
    frame.set(qn("w:dropCap"), "drop")
    document.add_paragraph(first)._p.get_or_add_pPr().append(frame)
    document.add_paragraph(rest)
    return file_of(document)


def hidden_end(first: str, rest: str) -> bytes:
    """Two paragraphs that run on, since the mark between them is hidden."""
    document = docx.Document()
    look = OxmlElement("w:rPr")
    look.append(OxmlElement("w:vanish"))
    document.add_paragraph(first)._p.get_or_add_pPr().append(look)
    document.add_paragraph(rest)
    return file_of(document)


def dropped_rtf(first: str, rest: str) -> bytes:
    told = ("".join(f"\\u{ord(each)}?" for each in words) for words in (first, rest))
    return "{{\\rtf1\\ansi \\pard\\dropcapli3\\dropcapt1 {}\\par\\pard {}\\par}}".format(*told).encode()


def dropped_doc(first: str, rest: str) -> bytes:
    """All of it has the properties of a drop capital, of which two follow one another."""
    return word_file([(f"{first}\r{rest}\r", b"")], papx=b"\0\0" + sprm(0x442C, b"\x19\0"))


@pytest.mark.parametrize("made", [dropped_docx, hidden_end, dropped_rtf, dropped_doc], ids=lambda made: made.__name__)
def test_a_drop_capital_begins_the_line_beside_it(made):
    document = document_of(made("T", "ỐI MẬT"))
    assert ("".join(run.text for run in document.runs[:2]), document.runs[0].block) == (
        "TỐI MẬT",
        document.runs[1].block,
    )
    assert find_in_document(document)
    assert not find_in_document(document_of(made("M", "ật độ giao thông trên các tuyến đường")))


def lines_docx(words: str, line_pt: int) -> bytes:
    document = docx.Document()
    for part in words.split("\n"):
        document.add_paragraph(part).paragraph_format.line_spacing = Pt(line_pt)
    return file_of(document)


def lines_rtf(words: str, line_pt: int) -> bytes:
    told = "".join("\\par " if each == "\n" else f"\\u{ord(each)}?" for each in words)
    return f"{{\\rtf1\\ansi \\pard\\sl-{20 * line_pt}\\slmult0 {told}\\par}}".encode()


def lines_doc(words: str, line_pt: int) -> bytes:
    spacing = sprm(0x6412, (-20 * line_pt).to_bytes(2, "little", signed=True) + b"\0\0")
    return word_file([(words.replace("\n", "\r") + "\r", b"")], papx=b"\0\0" + spacing)


def lines_odt(words: str, line_pt: int) -> bytes:
    style = (
        '<style:style style:name="E" style:family="paragraph">'
        f'<style:paragraph-properties fo:line-height="{line_pt}pt"/></style:style>'
    )
    body = "".join(f'<text:p text:style-name="E">{part}</text:p>' for part in words.split("\n"))
    return package({"content.xml": content(body, style)})


@pytest.mark.parametrize("made", [lines_docx, lines_rtf, lines_doc, lines_odt], ids=lambda made: made.__name__)
def test_lines_printed_over_one_another_are_cannot_tell(made):
    def told(words: str, line_pt: int) -> bool:
        return any(active.kind == "look-clipped" for active in document_of(made(words, line_pt)).active_content)

    assert told("T\n    ỐI MẬT", 1)
    assert not told("T\n    ỐI MẬT", 18)
    assert not told("Kế hoạch\ncông tác năm", 1)


def test_paragraphs_after_others_start_over():
    plain = document_of(word_file([("BẢO\rMẬT\r", b"")])).runs
    assert len({run.block for run in plain}) == 2


def test_lines_without_the_letter_stay_as_they_are():
    runs = [Run(text=text, block=1) for text in ("H", "2", "O")]
    assert list(in_rows(runs, {1: -0.8})) == runs
