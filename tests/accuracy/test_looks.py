"""Fonts and colours that our readers give are those that LibreOffice renders; no text of an XML part is missing."""

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from docx import Document as WordDocument
from docx.shared import Pt, RGBColor
from lxml import etree
from openpyxl.styles import Font, PatternFill
from pptx import Presentation
from pptx.dml.color import RGBColor as SlideColour
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.util import Inches

from gateway.documents.readers.base import ReadError
from tests.accuracy import looks
from tests.readers.docx_support import fonts, para, style, styles
from tests.readers.ooxml_support import read_any, solid, word
from tests.support.corpus import CORPUS, needs_corpus
from tests.support.libreoffice import convert, needs_libreoffice
from tests.support.long import LONG
from tests.support.octets import file_of

ZIPPED = re.compile(r"\.(doc[xm]|dot[xm]|xls[xm]|xlt[xm]|pp[ts][xm]|pot[xm]|od[tsp]|ott)$")
_SKIPPED_PARTS = re.compile(r"\.rels$|\[Content_Types\]|META-INF/|_xmlsignatures/|manifest\.rdf|settings\.xml$")
_NO_WORDS = re.compile(
    r"posOffset|align|pctWidth|pctHeight|col|row|colOff|rowOff|formatCode|f|formula\d?|sqref|definedName|binary-data"
    r"|(odd|even|first)(Header|Footer)|created|modified|lastPrinted|creation-date|date|editing-.*|print-date"
)


def office_files() -> list[Path]:
    return sorted(path for path in CORPUS.rglob("*") if ZIPPED.search(path.name) and path.parent.name != "encrypted")


@pytest.mark.slow
@needs_corpus
def test_every_text_node_of_every_part_is_among_the_runs() -> None:
    missing: list[str] = []
    seen = 0
    for path in office_files():
        try:
            document = read_any(path).document
            archive = zipfile.ZipFile(path)
        except (ReadError, zipfile.BadZipFile):
            continue
        if document.status.value in {"limit", "malformed"}:
            continue
        ours = solid("".join(run.text for run in document.runs))
        for name in archive.namelist():
            content = archive.read(name)
            if _SKIPPED_PARTS.search(name) or content.lstrip()[:1] != b"<":
                continue
            for element in etree.fromstring(content).iter("{*}*"):
                for text, owner in ((element.text, element), (element.tail, element.getparent())):
                    if not text or not any(letter.isalpha() for letter in text) or text.lower() in {"true", "false"}:
                        continue
                    seen += 1
                    if not _NO_WORDS.fullmatch(etree.QName(owner).localname) and solid(text) not in ours:
                        missing.append(f"{path.name} {name} {text[:40]!r}")
    assert seen > 5000
    assert not missing


LARGE = ("docx", "doc", "rtf", "xls", "ppt")
"""Formats of which the corpus has much text."""


@needs_libreoffice
@pytest.mark.system
@pytest.mark.slow
@pytest.mark.skipif(not (CORPUS / "vietnam").is_dir(), reason=f"no corpus at {CORPUS}; set GATEWAY_CORPUS")
def test_letters_of_real_documents_look_as_libreoffice_renders_them() -> None:
    found = looks.measure(step=1 if LONG else 3)
    assert set(found) == set(looks.KINDS)
    for kind, one in found.items():
        assert one.matched > (100 if kind not in LARGE else 30_000 if LONG else 5_000), kind
        # What is not matched are dotted lines, superscript numbers and headers repeated on each page.
        assert one.matched > 0.95 * one.letters or kind != "docx"
        least = (0.99 if kind in LARGE else 0.98) * one.matched
        assert one.font > least, (kind, one.fonts_differ)
        assert one.colour > least, (kind, one.colours_differ)
        differences = {*one.fonts_differ, *one.colours_differ}
        assert differences <= set(looks.EXPLAINED), kind


def word_matrix() -> bytes:
    """Styles against direct formatting, themes, tables and shading, with words that say where they come from."""
    sheet = styles(
        style("Normal", fonts(ascii="NormalFont", hAnsi="NormalFont"), default=True),
        style("Child", fonts(ascii="ChildFont", hAnsi="ChildFont") + '<w:color w:val="008000"/>', base="Normal"),
        style("Grand", "<w:b/>", base="Child"),
        style("Chars", fonts(ascii="CharFont", hAnsi="CharFont"), kind="character"),
        '<w:style w:type="table" w:styleId="T"><w:name w:val="T"/><w:rPr><w:color w:val="0000FF"/></w:rPr>'
        '<w:tblStylePr w:type="firstRow"><w:rPr><w:color w:val="FF00FF"/></w:rPr></w:tblStylePr></w:style>',
        defaults=fonts(ascii="DefaultFont", hAnsi="DefaultFont") + '<w:color w:val="404040"/>',
    )
    pieces = [para(f"normal{i} chữ") for i in range(3)]
    for name in ("Child", "Grand"):
        setting = f'<w:pStyle w:val="{name}"/>'
        pieces += [
            para(f"style{name} văn", paragraph=setting),
            para(f"chars{name} bản", run='<w:rStyle w:val="Chars"/>', paragraph=setting),
            para(
                f"direct{name} một",
                run=fonts(ascii="DirectFont", hAnsi="DirectFont") + '<w:color w:val="C00000"/>',
                paragraph=setting,
            ),
            para(f"mixed{name} hai", run='<w:rStyle w:val="Chars"/><w:color w:val="112233"/>', paragraph=setting),
        ]
    pieces += [
        para("shaded ba", run='<w:shd w:val="clear" w:fill="000000"/><w:color w:val="auto"/>'),
        para("light bốn", run='<w:shd w:val="clear" w:fill="FFFF00"/><w:color w:val="auto"/>'),
        para("auto năm", run='<w:color w:val="auto"/>'),
    ]
    rows = "".join(f"<w:tr><w:tc>{para(text)}</w:tc></w:tr>" for text in ("headcell sáu", "bodycell bảy"))
    table = f'<w:tbl><w:tblPr><w:tblStyle w:val="T"/><w:tblLook w:firstRow="1"/></w:tblPr><w:tblGrid><w:gridCol w:w="5000"/></w:tblGrid>{rows}</w:tbl>'
    return word("".join(pieces) + table + para("end"), word__styles_xml=sheet)


def python_docx_matrix() -> bytes:
    document = WordDocument()
    for size, name, colour in ((13, "Times New Roman", None), (14, "Arial", "FF0000"), (11, "VNI-Times", "0000FF")):
        paragraph = document.add_paragraph()
        run = paragraph.add_run(f"pythondocx {name} đoạn {size}")
        run.font.name, run.font.size = name, Pt(size)
        run._r.rPr.rFonts.set("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}hAnsi", name)
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)
    document.add_heading("Heading kiểu", level=1)
    document.add_table(2, 2, style="Light Grid Accent 1").cell(0, 0).text = "tablestyle ô"
    return file_of(document)


def sheet_matrix() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row, (name, colour, fill) in enumerate(
        (("Times New Roman", "FF000000", None), ("Arial", "FFC00000", None), ("Tahoma", "FFFFFFFF", "FF1F4E78")), 1
    ):
        cell = sheet.cell(row, 1, f"cell{row} {name} chữ")
        cell.font = Font(name=name, color=colour, bold=row == 2)
        if fill:
            cell.fill = PatternFill("solid", fgColor=fill)
    sheet.column_dimensions["A"].width = 60
    return file_of(book)


def slide_matrix() -> bytes:
    deck = Presentation()
    page = deck.slides.add_slide(deck.slide_layouts[1])
    page.shapes.title.text = "titletext tựa"
    page.placeholders[1].text = "bodytext thân"
    box = page.shapes.add_textbox(0, Inches(5), Inches(5), Inches(1)).text_frame.paragraphs[0]
    for index, (name, colour) in enumerate(
        (("Arial", SlideColour(0xC0, 0, 0)), ("Times New Roman", SlideColour(0, 0, 0)))
    ):
        run = box.add_run()
        run.text = f" boxrun{index} chữ"
        run.font.name, run.font.color.rgb = name, colour
    themed = box.add_run()
    themed.text = " themed màu"
    themed.font.color.theme_color = MSO_THEME_COLOR.ACCENT_2
    shape = page.shapes.add_shape(1, Inches(5), Inches(5), Inches(3), Inches(1))
    shape.text_frame.text = "shapeink mực"
    return file_of(deck)


@needs_libreoffice
@pytest.mark.system
@pytest.mark.slow
def test_generated_documents_of_three_producers_agree_with_libreoffice(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    for name, data in {
        "raw.docx": word_matrix(), "pydocx.docx": python_docx_matrix(), "sheet.xlsx": sheet_matrix(), "deck.pptx": slide_matrix(),
    }.items():  # fmt: skip
        (made / name).write_bytes(data)
    # LibreOffice is the third producer, and the only one of OpenDocument.
    convert([made / "raw.docx", made / "pydocx.docx"], "odt", made)
    convert([made / "sheet.xlsx"], "ods", made)
    convert([made / "deck.pptx"], "odp", made)
    for path in sorted(made.glob("*.*")):
        if path.suffix not in {".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp"}:
            continue
        total = looks.agreement([path])
        print(path.name, total)
        assert total.matched > 0.85 * total.letters > 0, path.name
        assert total.font == total.matched, (path.name, total.examples)
        assert total.colour == total.matched, (path.name, total.colours_differ)
